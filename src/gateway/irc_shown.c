/* irc_shown.c - how an envelope reads: who spoke, by which name, and the words
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "irc_state.h"

enum { TAG_STRINGS = 5 }; /* all, those shown, and three of our own */

#define ACTION_BEGINS "\1ACTION "

static void add(char **at, struct qf_bytes part)
{
	if (part.len)
		memcpy(*at, part.at, part.len);
	*at += part.len;
}

static const char *put(char **at, struct qf_bytes text)
{
	const char *out = *at;

	add(at, text);
	*(*at)++ = '\0';
	return out;
}

static const char *put_tag(char **at, const char *tags, const char *name)
{
	char value[256] = "";

	qf_irc_tag(tags, name, value, sizeof value);
	return put(at, qf_bytes(value, strlen(value)));
}

/* Names are no proof: what a node says is shown so that it cannot be taken for
 * somebody else who is here. */
static void name_far(struct qf_shown *s, struct qf_hall *h,
                     const struct qf_key *author, const char *name,
                     const char *guest)
{
	const struct qf_hall_person *p = qf_hall_person(h, author);
	char short_key[QF_SHORT_CHARS + 1], nick[QF_USER_NAME_BYTES_MAX + 1];

	qf_key_short(author, short_key);
	qf_nick_show(*guest ? guest : name, nick, sizeof nick);
	if (*guest || qf_hall_named(h, nick) ||
	    (!p && qf_hall_is_persons(h, nick)))
		snprintf(s->nick, sizeof s->nick, "%s·%s", nick, short_key);
	else
		snprintf(s->nick, sizeof s->nick, "%s",
		         p && !strcmp(p->name, name) ? p->nick : nick);
	snprintf(s->mask, sizeof s->mask, "%.160s!%s@%s.quickfi", s->nick,
	         *guest ? "guest" : "node", short_key);
}

static void name_guest(struct qf_shown *s, struct qf_hall *h, const char *name)
{
	const struct qf_hall_person *p;

	s->ours = true;
	s->guest = qf_hall_named(h, name);
	if (s->guest && s->lsn <= s->guest->named_lsn)
		s->guest = NULL;
	if (s->guest && !strcmp(s->guest->nick, name)) {
		strcpy(s->nick, name);
		qf_hall_mask(h, s->guest, s->mask);
		return;
	}
	p = qf_hall_visitor_called(h, name);
	if (p) {
		strcpy(s->nick, p->nick);
		qf_hall_person_mask(p, s->mask);
		return;
	}
	qf_nick_show(name, s->nick, QF_NICK_BYTES_MAX + 1);
	snprintf(s->mask, sizeof s->mask, "%.64s!guest@%s", s->nick, h->host);
}

static void name_self(struct qf_shown *s, struct qf_hall *h, const char *name)
{
	const struct qf_hall_person *p = qf_hall_person(h, &h->key);

	if (p && !strcmp(p->name, name))
		strcpy(s->nick, p->nick);
	else
		qf_nick_show(name, s->nick, QF_USER_NAME_BYTES_MAX + 1);
	snprintf(s->mask, sizeof s->mask, "%.160s!node@%s", s->nick, h->host);
}

/* What its author is called, as long as the wire allows; a zero byte ends it.
 */
static void read_name(struct qf_bytes name, char *out)
{
	size_t len = name.len ? strnlen((const char *)name.at, name.len) : 0;

	if (len)
		memcpy(out, name.at, len);
	out[len] = '\0';
}

static void name_speaker(struct qf_shown *s, struct qf_hall *h,
                         const struct qf_body *body)
{
	char name[QF_USER_NAME_BYTES_MAX + 1];

	read_name(body->name, name);
	read_name(body->guest, s->by.guest);
	if (!s->near)
		name_far(s, h, &s->by.author, name, s->by.guest);
	else if (*s->by.guest)
		name_guest(s, h, s->by.guest);
	else
		name_self(s, h, name);
}

static bool is_known_type(uint8_t type)
{
	return type == QF_TYPE_TEXT || type == QF_TYPE_ACTION ||
	       type == QF_TYPE_NOTICE || type == QF_TYPE_TOPIC ||
	       type == QF_TYPE_TAGS || type == QF_TYPE_REDACT;
}

static const char *put_spoken(char **at, uint8_t type, struct qf_bytes text)
{
	const char *out = *at;

	if (type != QF_TYPE_ACTION)
		return put(at, text);
	add(at, qf_bytes(ACTION_BEGINS, strlen(ACTION_BEGINS)));
	add(at, text);
	put(at, qf_bytes("\1", 1));
	return out;
}

static void put_tags(char **at, struct qf_bytes tags, struct qf_shown *s)
{
	const char *all = put(at, tags);
	struct qf_buf shown;

	qf_buf_init(&shown, 0);
	qf_irc_client_tags(all, &shown);
	s->tags = put(at, qf_buf_bytes(&shown));
	qf_buf_fini(&shown);
	s->from_id = put_tag(at, all, "from");
	s->to_id = put_tag(at, all, "to");
	s->joins = put_tag(at, all, "joins");
}

/* For all strings of a body: nothing of its tags is longer than they are. */
static size_t words_bytes(const struct qf_body *body)
{
	return strlen(ACTION_BEGINS "\1") + body->text.len + 1 + body->to.len +
	       1 + TAG_STRINGS * (body->tags.len + 1);
}

static bool show(struct qf_shown *s, struct qf_hall *h,
                 const struct qf_envelope *e, uint64_t lsn,
                 const struct qf_body *body)
{
	char *words = malloc(words_bytes(body)), *at = words;

	if (!words) {
		h->carry->bad = true;
		return false;
	}
	*s = (struct qf_shown){
		.type = e->head.type,
		.hlc = qf_clock_shown(e->head.hlc, e->seen_ms, h->now.wall_ms),
		.id = e->id,
		.lsn = lsn,
		.by.author = e->head.author,
		.near = qf_key_equal(&e->head.author, &h->key),
		.words = words,
	};
	name_speaker(s, h, body);
	qf_hash_text(&e->id, s->msgid);
	s->text = put_spoken(&at, s->type, body->text);
	s->to = put(&at, body->to);
	put_tags(&at, body->tags, s);
	if (s->near && !strncmp(s->from_id, "a:", 2))
		s->account = s->from_id + 2;
	return true;
}

bool qf_shown_init(struct qf_shown *s, struct qf_hall *h,
                   const struct qf_carried *room, const struct qf_envelope *e,
                   uint64_t lsn)
{
	struct qf_bytes sealed = qf_envelope_body(e);
	struct qf_body body;
	struct qf_buf open;
	bool good;

	if (!is_known_type(e->head.type))
		return false;
	qf_buf_init(&open, 0);
	good = !room->direct || qf_direct_open(&room->direct->body_key,
	                                       room->direct->key_id, e, &open);
	good = good && qf_body_decode(&body, room->direct ? qf_buf_bytes(&open)
	                                                  : sealed);
	/* What has no name in a room of two is for the person of this node. */
	good = good && (!room->direct || body.to.len || body.guest.len);
	good = good && show(s, h, e, lsn, &body);
	qf_buf_fini(&open);
	return good;
}

void qf_shown_fini(struct qf_shown *s)
{
	free(s->words);
}

static const char *verb_of(uint8_t type)
{
	switch (type) {
	case QF_TYPE_NOTICE:
		return "NOTICE";
	case QF_TYPE_TOPIC:
		return "TOPIC";
	case QF_TYPE_TAGS:
		return "TAGMSG";
	default:
		return "PRIVMSG";
	}
}

void qf_shown_saying(const struct qf_shown *s, const char *target,
                     char *command, size_t cap, struct qf_saying *out)
{
	snprintf(command, cap, "%s %s", verb_of(s->type), target);
	*out = (struct qf_saying){
		.mask = s->mask,
		.command = command,
		.text = s->type == QF_TYPE_TAGS ? NULL : s->text,
		.msgid = s->msgid,
		.tags = s->tags,
		.joins = s->joins,
		.ms = s->hlc >> 16,
		.talk = s->type != QF_TYPE_TOPIC,
		.account = s->account,
		.bot = s->guest && s->guest->bot,
	};
}
