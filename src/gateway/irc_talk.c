/* irc_talk.c - what a guest says: to a room, to another guest, to a person
 *
 * To a room it is a SAY, to anyone else a MSG: sealed in the room that this
 * node shares with the other's, or with itself for guests of its own. Either
 * way the guest's name is in the body, and what comes back as a post is what
 * everyone is told, the speaker too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "irc_state.h"

enum { ACTION_BYTES = 8 };

static const char action[ACTION_BYTES + 1] = "\1ACTION ";

/* One message that is about to be said. */
struct talk {
	const char *verb;
	const char *target;
	const char *text;
	const char *tags; /* as they came, or NULL */
	const char *joins;
	bool lines; /* it may be longer than a line */
};

static bool is_quiet(const struct talk *t)
{
	return !strcmp(t->verb, "NOTICE");
}

void qf_irc_id(const struct qf_guest *g, char out[QF_NICK_BYTES_MAX + 24])
{
	if (g->account)
		snprintf(out, QF_NICK_BYTES_MAX + 24, "a:%s", g->account);
	else
		snprintf(out, QF_NICK_BYTES_MAX + 24, "c:%llx.%llx",
		         (unsigned long long)g->conn,
		         (unsigned long long)g->since_ms);
}

struct qf_irc_pending *qf_irc_said(struct qf_irc *irc,
                                   const struct qf_room_id *room,
                                   const char *to, uint64_t lsn)
{
	for (size_t i = 0; i < irc->pending_count; i++) {
		struct qf_irc_pending *p = &irc->pending[i];

		if (p->echoed || (!p->talk && !p->then) || p->unread != lsn)
			continue;
		if (*to ? qf_nick_equal(p->target, to)
		        : qf_room_id_equal(&p->room, room))
			return p;
	}
	return NULL;
}

void qf_irc_was_said(struct qf_irc *irc, struct qf_irc_pending *p,
                     struct qf_answer *a)
{
	if (a->kind != QF_ANS_REFUSED || p->quiet)
		return;
	if (p->target[0] == '#')
		qf_irc_numeric(irc, 404, "%s :Cannot send to channel: %s",
		               p->target, a->text ? a->text : "refused");
	else
		qf_irc_numeric(irc, 401, "%s :%s", p->target,
		               a->text ? a->text : "No such nick");
}

void qf_irc_troubled(struct qf_irc *irc)
{
	const char *why = irc->hall->trouble;
	char line[QF_IRC_LINE_BYTES + 1] = "";

	if (!irc->guest || irc->troubled == (why != NULL))
		return;
	if (why && irc->talks)
		snprintf(line, sizeof line,
		         ":%s NOTICE %s :not stored yet: %.160s. It is kept, "
		         "and others get it when it is stored; do not repeat "
		         "it\r\n",
		         irc->hall->server, irc->guest->nick, why);
	else if (!why)
		snprintf(line, sizeof line,
		         ":%s NOTICE %s :what waited is being stored\r\n",
		         irc->hall->server, irc->guest->nick);
	/* At once, and not as part of an answer that has a label. */
	if (*line)
		qf_irc_put(irc, qf_bytes(line, strlen(line)), false);
	irc->troubled = why && irc->talks;
}

static uint8_t type_of(const struct talk *t)
{
	if (!strcmp(t->verb, "TAGMSG"))
		return QF_TYPE_TAGS;
	if (!strcmp(t->verb, "REDACT"))
		return QF_TYPE_REDACT;
	if (is_quiet(t))
		return QF_TYPE_NOTICE;
	return strncmp(t->text, action, ACTION_BYTES) ? QF_TYPE_TEXT
	                                              : QF_TYPE_ACTION;
}

static char *text_of(const struct talk *t, uint8_t type)
{
	size_t len = strlen(t->text);

	if (type != QF_TYPE_ACTION)
		return strdup(t->text);
	len -= ACTION_BYTES;
	if (len && t->text[ACTION_BYTES + len - 1] == '\1')
		len--;
	return len ? strndup(t->text + ACTION_BYTES, len) : strdup(" ");
}

static void put_own(struct qf_buf *to, const char *name, const char *value)
{
	if (to->len)
		qf_put_u8(to, ';');
	qf_put_raw(to, name, strlen(name));
	qf_put_u8(to, '=');
	qf_irc_escape(value, to);
}

/* Clients' tags, and those of our own: by which account it is said, and whose
 * private history it is. */
static char *tags_of(struct qf_irc *irc, const struct talk *t,
                     const char *to_id, bool private)
{
	char id[QF_NICK_BYTES_MAX + 24];
	struct qf_buf tags;
	char *text = NULL;

	qf_buf_init(&tags, QF_CLIENT_TAGS_BYTES_MAX);
	if (t->tags)
		qf_irc_client_tags(t->tags, &tags);
	if (t->joins && *t->joins)
		put_own(&tags, "joins", t->joins);
	if (private || irc->guest->account) {
		qf_irc_id(irc->guest, id);
		put_own(&tags, "from", id);
	}
	if (to_id)
		put_own(&tags, "to", to_id);
	if (!tags.bad)
		text = strndup(tags.len ? (char *)tags.at : "", tags.len);
	if (!text)
		irc->hall->carry->bad = true;
	qf_buf_fini(&tags);
	return text;
}

char *qf_irc_whose_tags(const char *from, const char *to)
{
	struct qf_buf tags;
	char *text = NULL;

	qf_buf_init(&tags, QF_CLIENT_TAGS_BYTES_MAX);
	if (from)
		put_own(&tags, "from", from);
	if (to)
		put_own(&tags, "to", to);
	if (!tags.bad)
		text = strndup(tags.len ? (char *)tags.at : "", tags.len);
	qf_buf_fini(&tags);
	return text;
}

/* A SAY or MSG with what is the same for both. to_id: of the guest here whom it
 * is for, or NULL. */
static struct qf_command *begin(struct qf_irc *irc, const struct talk *t,
                                enum qf_command_kind kind,
                                const struct qf_room_id *room,
                                const char *to_id)
{
	struct qf_irc_pending *p = qf_irc_ask(irc, qf_irc_was_said);
	struct qf_command *c;

	if (!p)
		return NULL;
	p->talk = is_quiet(t) || !strcmp(t->verb, "PRIVMSG");
	irc->talks += p->talk;
	p->quiet = is_quiet(t);
	if (room)
		p->room = *room;
	qf_irc_cut(p->target, sizeof p->target, t->target);
	irc->guest->active_ms = irc->hall->now.wall_ms;
	c = qf_irc_command(irc, kind, p->number);
	if (!c)
		return NULL;
	c->type = type_of(t);
	c->text = text_of(t, c->type);
	c->guest = strdup(irc->guest->nick);
	c->tags = tags_of(irc, t, to_id, kind == QF_CMD_MSG);
	if (!c->text || !c->guest)
		irc->hall->carry->bad = true;
	qf_irc_troubled(irc);
	return c;
}

/* Whether others would have to be shown less than was typed. */
static bool is_too_long(const struct qf_irc *irc, const struct talk *t)
{
	char mask[QF_MASK_BYTES];
	size_t len;

	qf_hall_mask(irc->hall, irc->guest, mask);
	len = strlen(mask) + strlen(t->verb) + strlen(t->target) +
	      strlen(t->text) + 7;
	if (len == QF_IRC_LINE_BYTES + 1 && qf_irc_is_word(t->text))
		len--;
	return !t->lines && len > QF_IRC_LINE_BYTES;
}

/* Nearly always one that the guest is in, by the name that it has. */
static const struct qf_hall_room *room_called(const struct qf_irc *irc,
                                              const char *name)
{
	const struct qf_guest *g = irc->guest;

	for (size_t i = 0; i < g->room_count; i++)
		if (!strcmp(g->rooms[i]->name, name))
			return g->rooms[i];
	return qf_hall_room(irc->hall, name);
}

static void to_room(struct qf_irc *irc, const struct talk *t)
{
	const struct qf_hall_room *r = room_called(irc, t->target);
	struct qf_command *c;

	if (!qf_hall_has_room(irc->hall, t->target)) {
		if (!is_quiet(t))
			qf_irc_numeric(irc, 403, "%s :No such channel",
			               t->target);
		return;
	}
	if (!r || !qf_hall_is_in(irc->guest, r)) {
		if (!is_quiet(t))
			qf_irc_numeric(irc, 404,
			               "%s :Cannot send to channel: join it "
			               "first",
			               r ? r->name : t->target);
		return;
	}
	c = begin(irc, t, QF_CMD_SAY, &r->id, NULL);
	if (c && !(c->room = strdup(r->folded)))
		irc->hall->carry->bad = true;
}

static void tell_away(struct qf_irc *irc, const struct talk *t,
                      const char *nick, const char *why)
{
	if (why && !is_quiet(t) && strcmp(t->verb, "TAGMSG"))
		qf_irc_numeric(irc, 301, "%s :%s", nick, why);
}

static void to_near(struct qf_irc *irc, const struct talk *t, const char *nick,
                    const char *id)
{
	struct qf_command *c = begin(irc, t, QF_CMD_MSG, NULL, id);

	if (c && !(c->to = strdup(nick)))
		irc->hall->carry->bad = true;
}

static void to_guest(struct qf_irc *irc, const struct talk *t,
                     const struct qf_guest *g)
{
	char id[QF_NICK_BYTES_MAX + 24];

	qf_irc_id(g, id);
	to_near(irc, t, g->nick, id);
	tell_away(irc, t, g->nick, g->away);
}

static void to_visitor(struct qf_irc *irc, const struct talk *t,
                       const struct qf_hall_person *p)
{
	char id[QF_VIEWER_ID_BYTES];

	if (p->way == QF_VISITOR_CLASSIC) {
		if (!is_quiet(t))
			qf_irc_numeric(irc, 401,
			               "%s :reads rooms, and nothing that is "
			               "said to it alone",
			               p->nick);
		return;
	}
	qf_viewer_id(&p->mark, id);
	to_near(irc, t, p->name, id);
}

/* A person by the key, or a guest of that node: "bob·k7f". */
static void to_person(struct qf_irc *irc, const struct talk *t,
                      const struct qf_key *key, const char *guest)
{
	struct qf_command *c = begin(irc, t, QF_CMD_MSG, NULL, NULL);
	char text[QF_KEY_TEXT_BYTES];

	if (!c)
		return;
	qf_key_text(key, text);
	c->who = strdup(text);
	c->to = guest ? strdup(guest) : NULL;
	if (!c->who || (guest && !c->to))
		irc->hall->carry->bad = true;
}

/* It is there when the guest comes again. */
static void to_absent(struct qf_irc *irc, const struct talk *t,
                      const struct qf_hall_absent *a)
{
	char id[QF_VIEWER_ID_BYTES];

	qf_viewer_id(&a->mark, id);
	to_near(irc, t, a->name, id);
	tell_away(irc, t, a->name, "not connected; it waits here");
}

const struct qf_key *qf_irc_far_guest(const struct qf_hall *h, const char *nick,
                                      char guest[QF_NICK_BYTES_MAX + 1])
{
	const char *dot = strstr(nick, "·");
	const struct qf_key *key = NULL;
	char short_key[QF_SHORT_CHARS + 1];
	size_t count = 0;

	if (!dot || dot == nick || (size_t)(dot - nick) > QF_NICK_BYTES_MAX)
		return NULL;
	for (size_t i = 0; i < h->person_count; i++) {
		qf_key_short(&h->persons[i].key, short_key);
		if (h->persons[i].far ||
		    strcasecmp(short_key, dot + strlen("·")) ||
		    qf_hall_is_near(h, &h->persons[i]))
			continue;
		key = &h->persons[i].key;
		count++;
	}
	snprintf(guest, QF_NICK_BYTES_MAX + 1, "%.*s", (int)(dot - nick), nick);
	return count == 1 ? key : NULL;
}

static void to_far_guest(struct qf_irc *irc, const struct talk *t)
{
	char guest[QF_NICK_BYTES_MAX + 1];
	const struct qf_key *key = qf_irc_far_guest(irc->hall, t->target,
	                                            guest);

	if (key)
		to_person(irc, t, key, guest);
	else if (!is_quiet(t))
		qf_irc_numeric(irc, 401, "%s :No such nick", t->target);
}

static void to_somebody(struct qf_irc *irc, const struct talk *t)
{
	const struct qf_guest *g = qf_hall_named(irc->hall, t->target);
	const struct qf_hall_absent *absent;
	const struct qf_hall_person *p;

	if (g) {
		to_guest(irc, t, g);
		return;
	}
	p = qf_hall_person_named(irc->hall, t->target);
	absent = p ? NULL : qf_hall_absent(irc->hall, t->target);
	if (absent) {
		to_absent(irc, t, absent);
		return;
	}
	if (!p || p->far) {
		to_far_guest(irc, t);
		return;
	}
	if (p->visitor) {
		to_visitor(irc, t, p);
		return;
	}
	if (qf_hall_is_self(irc->hall, p))
		begin(irc, t, QF_CMD_MSG, NULL, NULL);
	else
		to_person(irc, t, &p->key, NULL);
	tell_away(irc, t, p->nick, p->away);
}

static void say_to(struct qf_irc *irc, const struct talk *t)
{
	if (is_too_long(irc, t)) {
		if (!is_quiet(t))
			qf_irc_numeric(irc, 417, ":Input line was too long");
	} else if (t->target[0] == '#') {
		to_room(irc, t);
	} else {
		to_somebody(irc, t);
	}
}

void qf_irc_say_lines(struct qf_irc *irc, const struct qf_irc_lines *m)
{
	struct talk t = {
		.verb = m->command,
		.target = m->target,
		.text = (char *)m->text.at,
		.tags = (char *)m->tags.at,
		.joins = (char *)m->joins.at,
		.lines = true,
	};

	say_to(irc, &t);
}

static void say_to_each(struct qf_irc *irc, struct talk *t, char *targets)
{
	unsigned count = 0;

	for (char *next, *one = targets; one; one = next) {
		next = strchr(one, ',');
		if (next)
			*next++ = '\0';
		if (!*one)
			continue;
		if (count++ == QF_IRC_TARGETS_MAX) {
			if (!is_quiet(t))
				qf_irc_numeric(irc, 407, "%s :Too many targets",
				               one);
			return;
		}
		t->target = one;
		say_to(irc, t);
	}
}

static void talk(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct talk t = { .verb = l->command, .tags = l->tags };

	if (!qf_irc_has(irc, QF_IRC_CAP_TAGS))
		t.tags = NULL;
	if (!l->count || !l->params[0][0]) {
		if (!is_quiet(&t))
			qf_irc_numeric(irc, 411, ":No recipient given (%s)",
			               l->command);
		return;
	}
	if (l->count < 2 || !l->params[1][0]) {
		if (!is_quiet(&t))
			qf_irc_numeric(irc, 412, ":No text to send");
		return;
	}
	t.text = l->params[1];
	say_to_each(irc, &t, l->params[0]);
}

void qf_irc_privmsg(struct qf_irc *irc, struct qf_irc_line *l)
{
	talk(irc, l);
}

void qf_irc_notice(struct qf_irc *irc, struct qf_irc_line *l)
{
	talk(irc, l);
}

/* TAGMSG: reactions, and what asks to be kept, are said as messages are; the
 * rest, such as that somebody types, is only told to who is here. */

static bool is_kept(const char *tags)
{
	static const char *const kept[] = { "+draft/persist", "+draft/react",
		                            "+draft/unreact" };
	char none[2];

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (qf_irc_tag(tags, kept[i], none, sizeof none))
			return true;
	return false;
}

static void new_id(struct qf_irc *irc, char out[QF_KEY_TEXT_BYTES])
{
	uint64_t parts[3] = { irc->conn, ++irc->last_number,
		              irc->hall->now.wall_ms };
	struct qf_hash id;

	qf_hash_data(&id, "QF1tagmsg", parts, sizeof parts);
	qf_hash_text(&id, out);
}

static void tag_somebody(struct qf_irc *irc, const struct talk *t)
{
	const struct qf_hall_room *r = qf_hall_room(irc->hall, t->target);
	const struct qf_hall_person *p = t->target[0] == '#'
	                                         ? NULL
	                                         : qf_hall_person_named(
							   irc->hall,
							   t->target);
	struct qf_tell tell = { .kind = QF_TELL_TAGS, .count = 3 };
	char id[QF_KEY_TEXT_BYTES], tags[QF_IRC_TAGS_BYTES + 1];
	char far[QF_NICK_BYTES_MAX + 1];
	struct qf_buf list;

	/* Whom nothing would show it, or only when it means no more. */
	if (!qf_hall_named(irc->hall, t->target) &&
	    (p || qf_hall_absent(irc->hall, t->target) ||
	     qf_irc_far_guest(irc->hall, t->target, far)))
		return;
	if (t->target[0] == '#' ? !r || !qf_hall_is_in(irc->guest, r)
	                        : !qf_hall_named(irc->hall, t->target)) {
		say_to(irc, t); /* which says why not */
		return;
	}
	qf_buf_init(&list, 0);
	qf_irc_client_tags(t->tags, &list);
	snprintf(tags, sizeof tags, "%.*s", (int)list.len,
	         list.len ? (char *)list.at : "");
	qf_buf_fini(&list);
	new_id(irc, id);
	tell.words[0] = r ? r->name : t->target;
	tell.words[1] = tags;
	tell.words[2] = id;
	qf_irc_tell(irc, &tell, NULL);
}

void qf_irc_tagmsg(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct talk t = { .verb = l->command, .tags = l->tags, .text = "" };
	unsigned count = 0;

	if (!qf_irc_has(irc, QF_IRC_CAP_TAGS))
		return;
	if (is_kept(l->tags)) {
		say_to_each(irc, &t, l->params[0]);
		return;
	}
	for (char *next, *one = l->params[0]; one; one = next) {
		next = strchr(one, ',');
		if (next)
			*next++ = '\0';
		if (!*one)
			continue;
		if (count++ == QF_IRC_TARGETS_MAX) {
			qf_irc_numeric(irc, 407, "%s :Too many targets", one);
			return;
		}
		t.target = one;
		tag_somebody(irc, &t);
	}
}

/* The room that what is said to `target` is kept in, or NULL: the client is
 * not in it, or nobody has that name. */
static const struct qf_hall_room *room_of(const struct qf_irc *irc,
                                          const char *target)
{
	const struct qf_hall *h = irc->hall;
	char guest[QF_NICK_BYTES_MAX + 1];
	const struct qf_hall_person *p;
	const struct qf_hall_room *r;
	const struct qf_key *other;

	if (target[0] == '#') {
		r = qf_hall_room(h, target);
		return r && qf_hall_is_in(irc->guest, r) ? r : NULL;
	}
	p = qf_hall_person_named(h, target);
	if (qf_hall_named(h, target))
		other = &h->key;
	else if (p && !p->far)
		other = &p->key;
	else
		other = qf_irc_far_guest(h, target, guest);
	for (size_t i = 0; other && i < h->carry->room_count; i++) {
		const struct qf_carried *c = h->carry->rooms[i];

		if (c->direct && qf_key_equal(&c->direct->other, other))
			return qf_hall_room_by_id(h, &c->id);
	}
	return NULL;
}

static bool owns_name(const struct qf_guest *g)
{
	return g->account && qf_nick_equal(g->account, g->nick);
}

bool qf_irc_had_name(const struct qf_hall *h, const struct qf_guest *g,
                     uint64_t lsn)
{
	return lsn > g->named_lsn ||
	       (owns_name(g) && qf_account_had(h, g->account, lsn));
}

static bool has_said(const struct qf_irc *irc, const struct qf_hall_room *r,
                     const struct qf_hash *id)
{
	const struct qf_guest *g = irc->guest;
	struct qf_speaker by = { .author = irc->hall->key };
	const struct qf_speech *speech;

	snprintf(by.guest, sizeof by.guest, "%s", g->nick);
	if (!qf_spoken_by(&r->spoken, id, &by))
		return false;
	speech = qf_spoken_speech(&r->spoken, id);
	return speech->tenure == g->tenure ||
	       (speech->by_account && owns_name(g) &&
	        qf_account_had(irc->hall, g->account, speech->lsn));
}

/* REDACT: who said it may ask that it is not shown any more. */
void qf_irc_redact(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct talk t = { .verb = l->command, .target = l->params[0] };
	const struct qf_hall_room *r = room_of(irc, l->params[0]);
	char text[QF_IRC_LINE_BYTES];
	struct qf_hash id;

	if (!r) {
		qf_irc_fail(irc,
		            "REDACT INVALID_TARGET %s :Nothing of yours is "
		            "there",
		            l->params[0]);
		return;
	}
	if (!qf_hash_from_text(&id, l->params[1]) ||
	    !qf_is_spoken(&r->spoken, &id)) {
		qf_irc_fail(irc,
		            "REDACT UNKNOWN_MSGID %s %s :It is not among the "
		            "latest messages there",
		            l->params[0], l->params[1]);
		return;
	}
	if (!has_said(irc, r, &id)) {
		qf_irc_fail(irc,
		            "REDACT REDACT_FORBIDDEN %s %s :You have not "
		            "said that",
		            l->params[0], l->params[1]);
		return;
	}
	snprintf(text, sizeof text, "%s%s%s", l->params[1],
	         l->count > 2 ? " " : "", l->count > 2 ? l->params[2] : "");
	t.text = text;
	say_to(irc, &t);
}
