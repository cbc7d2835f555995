/* api_whom.c - which guest of this node a private message may be for */
#include "api_whom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irc_state.h"

/* Its name, and the id in private history. False: nobody here is called so. */
static bool find_near(const struct qf_hall *h, const char *name,
                      const char **called, char id[QF_NICK_BYTES_MAX + 24])
{
	const struct qf_guest *g = qf_hall_named(h, name);
	const struct qf_hall_person *p = g ? NULL
	                                   : qf_hall_person_named(h, name);

	if (g) {
		*called = g->nick;
		qf_irc_id(g, id);
	} else if (p && p->visitor && p->way == QF_VISITOR_PAGE) {
		*called = p->name;
		qf_viewer_id(&p->mark, id);
	}
	return *called;
}

bool qf_api_whom(const struct qf_hall *h, const struct qf_viewer *by,
                 struct qf_command *c)
{
	const char *from = by ? by->id : NULL, *called = NULL;
	char name[QF_API_WHOM_BYTES_MAX + 1], id[QF_NICK_BYTES_MAX + 24];

	if (from && !(c->tags = qf_irc_whose_tags(from, NULL)))
		return false;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(c->who, "@"), c->who);
	if (!h || !find_near(h, name, &called, id))
		return true;
	c->near = strdup(called);
	c->near_tags = qf_irc_whose_tags(from, id);
	return c->near && c->near_tags;
}
