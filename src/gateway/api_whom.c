/* api_whom.c - which guest of this node a private message may be for */
#include "api_whom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irc_state.h"

/* A guest who is here, or will come again. */
struct near {
	const char *name; /* NULL: nobody */
	char id[QF_NICK_BYTES_MAX + 24];
	bool absent;
};

static struct near find_near(const struct qf_hall *h, const char *name)
{
	const struct qf_guest *g = qf_hall_named(h, name);
	const struct qf_hall_person *p = g ? NULL
	                                   : qf_hall_person_named(h, name);
	const struct qf_hall_absent *a = g || p ? NULL
	                                        : qf_hall_absent(h, name);
	struct near n = { 0 };

	if (g) {
		n.name = g->nick;
		qf_irc_id(g, n.id);
	} else if (p && p->visitor && p->way == QF_VISITOR_PAGE) {
		n.name = p->name;
		qf_viewer_id(&p->mark, n.id);
	} else if (a) {
		n.name = a->name;
		n.absent = true;
		qf_viewer_id(&a->mark, n.id);
	}
	return n;
}

bool qf_api_whom(const struct qf_hall *h, const struct qf_viewer *by,
                 struct qf_command *c)
{
	const char *from = by ? by->id : NULL;
	char name[QF_API_WHOM_BYTES_MAX + 1];
	struct near near = { 0 };

	if (from && !(c->tags = qf_irc_whose_tags(from, NULL)))
		return false;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(c->who, "@"), c->who);
	if (h)
		near = find_near(h, name);
	if (!near.name)
		return true;
	c->near = strdup(near.name);
	c->near_tags = qf_irc_whose_tags(from, near.id);
	c->near_absent = near.absent;
	return c->near && c->near_tags;
}
