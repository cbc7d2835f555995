/* push.c - which links of a room push what is new, and which only name it */
#include "push.h"

#include <stdlib.h>

#include "err.h"
#include "list.h"

void qf_push_fini(struct qf_push *p)
{
	free(p->links);
	*p = (struct qf_push){ 0 };
}

static struct qf_push_link *find(const struct qf_push *p, uint64_t conn)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->links[i].conn == conn)
			return &p->links[i];
	return NULL;
}

const struct qf_push_link *qf_push_link(const struct qf_push *p, uint64_t conn)
{
	return find(p, conn);
}

int qf_push_join(struct qf_push *p, uint64_t conn)
{
	if (find(p, conn))
		return QF_OK;
	if (!qf_list_room(&p->links, p->count, &p->cap, sizeof *p->links))
		return QF_E_NOMEM;
	p->links[p->count++] = (struct qf_push_link){ .conn = conn };
	return QF_OK;
}

void qf_push_leave(struct qf_push *p, uint64_t conn)
{
	struct qf_push_link *l = find(p, conn);

	if (!l)
		return;
	p->lazy -= l->lazy;
	*l = p->links[--p->count];
}

bool qf_push_prune(struct qf_push *p, uint64_t conn)
{
	const struct qf_push_link *l = find(p, conn);

	if (!l || l->lazy || p->count - p->lazy < 2)
		return false;
	qf_push_set(p, conn, true);
	return true;
}

void qf_push_set(struct qf_push *p, uint64_t conn, bool lazy)
{
	struct qf_push_link *l = find(p, conn);

	if (!l || l->lazy == lazy)
		return;
	l->lazy = lazy;
	p->lazy += lazy ? 1 : (size_t)-1;
}
