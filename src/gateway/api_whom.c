/* api_whom.c - whom of this node's guests a private message is for */
#include "api_whom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irc.h"

static bool refuse(struct qf_api_request *r, const char *code, const char *hint)
{
	r->code = code;
	r->hint = hint;
	return false;
}

/* By name, by name and short key, or by key. */
static bool is_this_node(const struct qf_hall *h, const char *who)
{
	char full[QF_USER_NAME_BYTES_MAX + QF_SHORT_CHARS + 4];
	char short_key[QF_SHORT_CHARS + 1];
	struct qf_key key;

	qf_key_short(&h->key, short_key);
	snprintf(full, sizeof full, "%s·%s", h->name, short_key);
	return qf_nick_equal(who, h->name) || qf_nick_equal(who, full) ||
	       (qf_key_from_text(&key, who) && qf_key_equal(&key, &h->key));
}

static bool is_visitor(const struct qf_hall *h, const char *name)
{
	const struct qf_hall_person *p = qf_hall_person_named(h, name);

	return p && p->visitor;
}

/* A person of another node who is called as a guest of ours is. */
static const struct qf_hall_person *namesake(const struct qf_hall *h,
                                             const char *name)
{
	for (size_t i = 0; i < h->person_count; i++)
		if (!qf_hall_is_near(h, &h->persons[i]) &&
		    qf_nick_equal(h->persons[i].name, name))
			return &h->persons[i];
	return NULL;
}

static bool address(struct qf_api_request *r, const struct qf_guest *g)
{
	struct qf_command *c = r->command;

	free(c->who);
	c->who = NULL;
	c->to = strdup(g->nick);
	c->tags = qf_irc_to_tags(g);
	if (c->to && c->tags)
		return true;
	snprintf(r->say, sizeof r->say, "the node is out of memory");
	return refuse(r, "busy", NULL);
}

bool qf_api_whom(const struct qf_hall *h, struct qf_api_request *r)
{
	char name[QF_API_WHOM_BYTES_MAX + 1];
	const struct qf_hall_person *other;
	const struct qf_guest *g;
	bool here;
	char *at;

	snprintf(name, sizeof name, "%s", r->command->who);
	at = strrchr(name, '@');
	here = at && is_this_node(h, at + 1);
	if (here)
		*at = '\0';
	g = qf_hall_named(h, name);
	other = here ? NULL : namesake(h, name);
	if (g && other) {
		snprintf(r->say, sizeof r->say, "%s may be one of: %s@%s, %s",
		         g->nick, g->nick, h->name, other->nick);
		return refuse(r, "ambiguous", "use one of those");
	}
	if (g)
		return address(r, g);
	if (is_visitor(h, name)) {
		snprintf(r->say, sizeof r->say,
		         "%s reads rooms, and nothing that is said to it alone",
		         name);
		return refuse(r, "unknown-person", "say it in a room");
	}
	if (!here)
		return true;
	snprintf(r->say, sizeof r->say, "no guest of this node is called %s",
	         name);
	return refuse(r, "unknown-person", "see who is in the room");
}
