/* api_whom.c - which guest of this node a private message may be for */
#include "api_whom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irc.h"

bool qf_api_whom(const struct qf_hall *h, struct qf_command *c)
{
	char name[QF_API_WHOM_BYTES_MAX + 1];
	const struct qf_guest *g;

	if (!h)
		return true;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(c->who, "@"), c->who);
	g = qf_hall_named(h, name);
	if (!g)
		return true;
	c->near = strdup(g->nick);
	c->tags = qf_irc_to_tags(g);
	return c->near && c->tags;
}
