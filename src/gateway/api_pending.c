/* api_pending.c - what a client asked of the core, which has not answered yet
 */
#include "api_pending.h"

#include <stdlib.h>
#include <string.h>

#include "core/list.h"

void qf_pendings_fini(struct qf_pendings *p)
{
	free(p->list);
	*p = (struct qf_pendings){ 0 };
}

bool qf_pendings_add(struct qf_pendings *p, uint64_t number,
                     enum qf_command_kind kind, const struct qf_api_request *r)
{
	struct qf_pending *one;

	if (!qf_list_room(&p->list, p->count, &p->cap, sizeof *p->list))
		return false;
	one = &p->list[p->count++];
	*one = (struct qf_pending){ .number = number,
		                    .re = r->re,
		                    .kind = kind };
	strcpy(one->room, r->room);
	strcpy(one->whom, r->whom);
	return true;
}

bool qf_pendings_take(struct qf_pendings *p, uint64_t number,
                      struct qf_pending *out)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->list[i].number != number)
			continue;
		*out = p->list[i];
		p->list[i] = p->list[--p->count];
		return true;
	}
	return false;
}

bool qf_pendings_say(const struct qf_pendings *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == QF_CMD_SAY ||
		    p->list[i].kind == QF_CMD_MSG)
			return true;
	return false;
}
