/* viewer.c - who looks at a room of two keys, and what in it is theirs */
#include "viewer.h"

#include <stdio.h>
#include <string.h>

#include "irc_line.h"
#include "nick.h"

#define PAGE "p:"

void qf_viewer_id(const struct qf_hash *mark, char out[QF_VIEWER_ID_BYTES])
{
	char text[QF_KEY_TEXT_BYTES];

	qf_hash_text(mark, text);
	snprintf(out, QF_VIEWER_ID_BYTES, PAGE "%s", text);
}

bool qf_viewer_mark(const char *id, struct qf_hash *out)
{
	return !strncmp(id, PAGE, strlen(PAGE)) &&
	       qf_hash_from_text(out, id + strlen(PAGE));
}

static bool is_for_person(const struct qf_direct *direct,
                          const struct qf_key *author,
                          const struct qf_body *body)
{
	if (qf_key_equal(author, &direct->me) && !body->guest.len)
		return true;
	return qf_key_equal(author, &direct->other) && !body->to.len;
}

static bool is_called(const struct qf_viewer *v, struct qf_bytes name)
{
	char text[QF_GUEST_ID_BYTES_MAX + 1];

	if (!name.len || name.len >= sizeof text)
		return false;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	return qf_nick_equal(v->name, text);
}

/* Only this node is believed. */
static bool is_tagged(const struct qf_viewer *v, const struct qf_direct *direct,
                      const struct qf_key *author, const struct qf_body *body,
                      const char *name)
{
	char tags[QF_CLIENT_TAGS_BYTES_MAX + 1], id[QF_VIEWER_ID_BYTES + 1];

	if (!qf_key_equal(author, &direct->me) || body->tags.len >= sizeof tags)
		return false;
	if (body->tags.len)
		memcpy(tags, body->tags.at, body->tags.len);
	tags[body->tags.len] = '\0';
	return qf_irc_tag(tags, name, id, sizeof id) && !strcmp(id, v->id);
}

bool qf_viewer_said(const struct qf_viewer *v, const struct qf_direct *direct,
                    const struct qf_key *author, const struct qf_body *body)
{
	return is_tagged(v, direct, author, body, "from");
}

bool qf_viewer_sees(const struct qf_viewer *v, const struct qf_direct *direct,
                    const struct qf_key *author, const struct qf_body *body,
                    uint64_t lsn)
{
	if (!v)
		return is_for_person(direct, author, body);
	if (!qf_key_equal(author, &direct->me))
		return lsn > v->named_lsn && is_called(v, body->to);
	return qf_viewer_said(v, direct, author, body) ||
	       is_tagged(v, direct, author, body, "to");
}
