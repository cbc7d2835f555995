/* irc_story.c - how a hall changes, and what is relayed of that
 *
 * Each kind of telling is one function: it changes the hall in the same way on
 * every worker, and tells those of this worker whom it concerns. What answers
 * a guest's own command is told it as part of the reply.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "irc_state.h"

/* Who somebody is */

static void set_flags(struct qf_hall *h, struct qf_guest *g, uint8_t flags)
{
	h->invisible_count -= g->invisible;
	g->bot = flags & QF_TELL_BOT;
	g->invisible = flags & QF_TELL_INVISIBLE;
	g->no_ctcp = flags & QF_TELL_NO_CTCP;
	h->invisible_count += g->invisible;
}

static void put_at(struct qf_hall *h, struct qf_guest *g, qf_conn conn)
{
	struct qf_irc *irc = qf_conn_worker(conn) == h->worker
	                             ? qf_irc_line(h, conn)
	                             : NULL;

	if (!irc)
		return;
	irc->guest = g;
	irc->beside = g->irc;
	g->irc = irc;
}

/* Somebody has the name, and whoever claims it has shown to be the same. */
static void claim_too(struct qf_hall *h, struct qf_guest *g, qf_conn conn,
                      const struct qf_tell *t)
{
	if (!g->account || !qf_nick_equal(g->account, t->words[4]) ||
	    g->conns == QF_CONNS_MAX)
		return;
	g->secure = g->secure && t->flags & QF_TELL_SECURE;
	qf_hall_attach(h, g, conn);
	put_at(h, g, conn);
}

/* An account's name is its owner's, whoever has taken it meanwhile. */
static bool is_persons(const struct qf_hall *h, const char *nick,
                       const char *account)
{
	return qf_hall_is_persons(h, nick) &&
	       !(account && qf_nick_equal(account, nick));
}

static void claim(struct qf_hall *h, qf_conn conn, const struct qf_tell *t)
{
	struct qf_guest *g;
	char mask[QF_MASK_BYTES];

	if (t->count < 5 || qf_hall_guest(h, conn))
		return;
	g = qf_hall_named(h, t->words[0]);
	if (g) {
		claim_too(h, g, conn, t);
		return;
	}
	if (is_persons(h, t->words[0], t->words[4]))
		return;
	g = qf_hall_add(h, conn, t->words[0]);
	if (!g)
		return;
	qf_text_set(h, &g->user, t->words[1]);
	qf_text_set(h, &g->real, t->words[2]);
	qf_text_set(h, &g->from, t->words[3]);
	qf_text_set(h, &g->account, *t->words[4] ? t->words[4] : NULL);
	g->secure = t->flags & QF_TELL_SECURE;
	g->since_ms = t->ms;
	g->named_lsn = h->newest_lsn;
	qf_hall_yield(h, g->nick);
	put_at(h, g, conn);
	qf_hall_mask(h, g, mask);
	qf_irc_tell_watchers(h, g->nick, mask);
}

static void change_nick(struct qf_hall *h, struct qf_guest *g,
                        const struct qf_tell *t)
{
	const char *nick = t->words[0];
	const struct qf_guest *has = qf_hall_named(h, nick);
	char command[QF_NICK_BYTES_MAX + 8], mask[QF_MASK_BYTES];
	bool other = has != g;
	struct qf_relay r;
	char *old;

	if (has ? other : is_persons(h, nick, g->account))
		return;
	old = strdup(g->nick);
	qf_relay_init(&r, h, g, t->ms);
	snprintf(command, sizeof command, "NICK");
	r.saying.command = command;
	r.saying.text = nick;
	qf_hall_rename(h, g, nick);
	if (other) {
		g->named_lsn = h->newest_lsn;
		qf_hall_yield(h, nick);
	}
	qf_relay_known(&r);
	qf_relay_give(&r, g);
	qf_hall_mask(h, g, mask);
	if (other && old) {
		qf_irc_tell_watchers(h, old, NULL);
		qf_irc_tell_watchers(h, nick, mask);
	}
	free(old);
	qf_relay_fini(&r);
}

/* Nobody reads on where a guest without an account was. */
static void forget_markers(struct qf_hall *h, const struct qf_guest *g)
{
	char begin[QF_NICK_BYTES_MAX + 26];

	if (g->account)
		return;
	qf_irc_id(g, begin);
	strcat(begin, "\n");
	qf_hall_unmark(h, begin);
}

static void quit(struct qf_hall *h, struct qf_guest *g, const struct qf_tell *t)
{
	struct qf_irc *irc = qf_irc_line(h, h->telling);
	struct qf_relay r;

	qf_hall_detach(h, g, h->telling);
	if (irc)
		qf_irc_part_with(irc);
	if (g->conns)
		return;
	qf_relay_init(&r, h, g, t->ms);
	r.saying.command = "QUIT";
	r.saying.text = t->words[0];
	qf_relay_known(&r);
	qf_irc_tell_watchers(h, g->nick, NULL);
	qf_relay_fini(&r);
	forget_markers(h, g);
	qf_hall_remove(h, g);
}

static void away(struct qf_hall *h, struct qf_guest *g, const struct qf_tell *t)
{
	struct qf_relay r;
	bool same = !g->away && !*t->words[0];

	qf_text_set(h, &g->away, *t->words[0] ? t->words[0] : NULL);
	if (same)
		return;
	qf_relay_init(&r, h, g, t->ms);
	r.caps = QF_IRC_CAP_AWAY_NOTIFY;
	r.saying.command = "AWAY";
	r.saying.text = g->away;
	qf_relay_known(&r);
	qf_relay_watching(&r, g->nick);
	qf_relay_fini(&r);
}

static void setname(struct qf_hall *h, struct qf_guest *g,
                    const struct qf_tell *t)
{
	struct qf_relay r;

	qf_text_set(h, &g->real, t->words[0]);
	qf_relay_init(&r, h, g, t->ms);
	r.caps = QF_IRC_CAP_SETNAME;
	r.saying.command = "SETNAME";
	r.saying.text = g->real;
	qf_relay_known(&r);
	qf_relay_give(&r, g);
	qf_relay_watching(&r, g->nick);
	qf_relay_fini(&r);
}

static void account(struct qf_hall *h, struct qf_guest *g,
                    const struct qf_tell *t)
{
	struct qf_relay r;

	qf_text_set(h, &g->account, *t->words[0] ? t->words[0] : NULL);
	qf_relay_init(&r, h, g, t->ms);
	r.caps = QF_IRC_CAP_ACCOUNT_NOTIFY;
	r.saying.command = g->account ? "ACCOUNT" : "ACCOUNT *";
	r.saying.text = g->account;
	qf_relay_known(&r);
	qf_relay_give(&r, g);
	qf_relay_watching(&r, g->nick);
	qf_relay_fini(&r);
}

/* Rooms */

/* The first time that a worker hears of a room it asks for its pair: posts
 * come from then on, and what stands in its past is read. */
static void follow(struct qf_hall *h, struct qf_hall_room *r)
{
	struct qf_event *ev;

	if (r->following)
		return;
	r->following = true;
	ev = qf_carry_tell(h->carry, QF_EV_FOLLOW, h->conn);
	if (ev)
		ev->room = r->id;
}

/* Our person has left a room that guests are in: it is kept for them. The
 * worker of the first one asks. */
static void keep_room(struct qf_hall *h, const struct qf_hall_room *r)
{
	const struct qf_guest *first = r->member_count ? r->members[0] : NULL;
	struct qf_command *c;
	struct qf_event *ev;

	if (!first || qf_conn_worker(first->conn) != h->worker)
		return;
	ev = qf_carry_tell(h->carry, QF_EV_COMMAND, h->conn);
	c = ev ? calloc(1, sizeof *c) : NULL;
	if (!c || !(c->room = strdup(r->folded)) ||
	    !(c->guest = strdup(first->nick)))
		h->carry->bad = true;
	if (!c)
		return;
	c->kind = QF_CMD_JOIN;
	c->request = ++h->last_number;
	ev->command = c;
}

static void join(struct qf_hall *h, struct qf_guest *g, const struct qf_tell *t)
{
	struct qf_hall_room *room = qf_hall_open(h, t->words[0]);
	const struct qf_carried *carried;
	struct qf_relay r;

	if (!room || qf_hall_is_in(g, room))
		return;
	carried = qf_carry_find(h->carry, &room->id);
	if (!room->since_ms)
		room->since_ms = t->ms;
	follow(h, room);
	qf_hall_enter(h, g, room);
	if (carried && carried->left)
		keep_room(h, room);
	qf_relay_init(&r, h, g, t->ms);
	qf_relay_join(&r, room, g->real);
	qf_relay_fini(&r);
	for (struct qf_irc *irc = g->irc; irc; irc = irc->beside)
		if (irc->conn != h->telling)
			qf_irc_entered(irc, room);
	if (!g->away)
		return;
	qf_relay_init(&r, h, g, t->ms);
	r.caps = QF_IRC_CAP_AWAY_NOTIFY;
	r.saying.command = "AWAY";
	r.saying.text = g->away;
	qf_relay_room(&r, room, g);
	qf_relay_fini(&r);
}

static void part(struct qf_hall *h, struct qf_guest *g, const struct qf_tell *t)
{
	struct qf_hall_room *room = qf_hall_room(h, t->words[0]);
	char command[QF_ROOM_NAME_BYTES_MAX + 8];
	struct qf_relay r;

	if (!room || !qf_hall_is_in(g, room))
		return;
	qf_relay_init(&r, h, g, t->ms);
	snprintf(command, sizeof command, "PART %s", room->name);
	r.saying.command = command;
	r.saying.text = t->count > 1 && *t->words[1] ? t->words[1] : NULL;
	qf_relay_room(&r, room, NULL);
	qf_relay_fini(&r);
	qf_hall_leave(g, room);
}

/* Words between guests that are not kept */

static void tags(struct qf_hall *h, struct qf_guest *g, const struct qf_tell *t)
{
	struct qf_hall_room *room = NULL;
	struct qf_guest *to = NULL;
	char command[QF_ROOM_NAME_BYTES_MAX + 16];
	struct qf_relay r;

	if (t->count < 3)
		return;
	if (t->words[0][0] == '#')
		room = qf_hall_room(h, t->words[0]);
	else
		to = qf_hall_named(h, t->words[0]);
	qf_relay_init(&r, h, g, t->ms);
	r.caps = QF_IRC_CAP_TAGS;
	snprintf(command, sizeof command, "TAGMSG %s", t->words[0]);
	r.saying.command = command;
	r.saying.tags = t->words[1];
	r.saying.msgid = t->words[2];
	for (struct qf_irc *irc = g->irc; irc; irc = irc->beside)
		if (irc->conn == h->telling ? qf_irc_has(irc, QF_IRC_CAP_ECHO)
		                            : to != g)
			qf_relay_line(&r, irc);
	for (struct qf_irc *irc = to ? to->irc : NULL; irc; irc = irc->beside)
		if (qf_irc_has(irc, r.caps))
			qf_irc_give(irc, &r.saying, NULL, false);
	if (room)
		qf_relay_room(&r, room, g);
	qf_relay_fini(&r);
}

static void invite(struct qf_hall *h, struct qf_guest *g,
                   const struct qf_tell *t)
{
	struct qf_guest *to = qf_hall_named(h, t->words[0]);
	struct qf_hall_room *room;
	char command[QF_ROOM_NAME_BYTES_MAX + QF_NICK_BYTES_MAX + 16];
	struct qf_relay r;

	if (t->count < 2 || !to)
		return;
	room = qf_hall_room(h, t->words[1]);
	qf_relay_init(&r, h, g, t->ms);
	snprintf(command, sizeof command, "INVITE %s %s", to->nick,
	         t->words[1]);
	r.saying.command = command;
	qf_relay_give(&r, to);
	r.caps = QF_IRC_CAP_INVITE_NOTIFY;
	for (size_t i = 0; room && i < room->member_count; i++)
		if (room->members[i] != g && room->members[i] != to)
			qf_relay_give(&r, room->members[i]);
	qf_relay_fini(&r);
}

/* Read markers: all connections of one reader are told. */
static void mark(struct qf_hall *h, qf_conn conn, const struct qf_tell *t)
{
	char at[32], whose[256], line[400];

	if (t->count >= 2 && !t->number)
		qf_hall_unmark(h, t->words[1]);
	if (t->count < 2 || !qf_hall_mark(h, t->words[1], t->number))
		return;
	qf_irc_time(t->number, at);
	snprintf(line, sizeof line, ":%s MARKREAD %.160s timestamp=%s\r\n",
	         h->server, t->words[0], at);
	for (size_t i = 0; i < h->line_count; i++) {
		struct qf_irc *irc = h->lines[i];

		if (!irc->guest || !qf_irc_has(irc, QF_IRC_CAP_READ_MARKER))
			continue;
		qf_irc_reader(irc, t->words[0], whose, sizeof whose);
		if (!strcmp(whose, t->words[1]) && irc->conn != conn)
			qf_irc_put(irc, qf_bytes(line, strlen(line)), false);
	}
}

/* A barrier is answered when all that was due before has been written. */
static void barrier(struct qf_hall *h, qf_conn conn, const struct qf_tell *t)
{
	if (!qf_list_room(&h->flush, h->flush_count, &h->flush_cap,
	                  sizeof *h->flush) ||
	    !qf_list_room(&h->flush_number, h->flush_count,
	                  &h->flush_number_cap, sizeof *h->flush_number)) {
		h->carry->bad = true;
		return;
	}
	h->flush[h->flush_count] = conn;
	h->flush_number[h->flush_count++] = t->number;
}

/* A room that this worker has only just heard of gives its posts when its pair
 * has come. */
static bool is_behind(const struct qf_hall *h)
{
	for (size_t i = 0; i < h->room_count; i++) {
		const struct qf_hall_room *r = h->rooms[i];

		if ((r->reading && r->cursor >= r->quiet_lsn) ||
		    (r->following && !r->loaded))
			return true;
	}
	return false;
}

void qf_hall_flushed(struct qf_hall *h)
{
	if (!h->flush_count || is_behind(h))
		return;
	for (size_t i = 0; i < h->flush_count; i++) {
		struct qf_tell t = { .kind = QF_TELL_FLUSHED,
			             .number = h->flush_number[i] };
		struct qf_irc *irc = qf_irc_line(h, h->flush[i]);

		if (irc)
			qf_irc_flushed(irc, t.number);
		else
			qf_tell_send(h->carry, &t, h->conn, h->flush[i],
			             ++h->last_number);
	}
	h->flush_count = 0;
}

/* From the core */

static void told_guest(struct qf_hall *h, struct qf_guest *g,
                       const struct qf_tell *t)
{
	static void (*const how[])(struct qf_hall *, struct qf_guest *,
	                           const struct qf_tell *) = {
		[QF_TELL_NICK] = change_nick, [QF_TELL_QUIT] = quit,
		[QF_TELL_JOIN] = join,        [QF_TELL_PART] = part,
		[QF_TELL_AWAY] = away,        [QF_TELL_SETNAME] = setname,
		[QF_TELL_ACCOUNT] = account,  [QF_TELL_TAGS] = tags,
		[QF_TELL_INVITE] = invite,
	};

	if (t->kind == QF_TELL_MODE)
		set_flags(h, g, t->flags);
	else if (t->count && (size_t)t->kind < sizeof how / sizeof *how &&
	         how[t->kind])
		how[t->kind](h, g, t);
}

static void told(struct qf_hall *h, qf_conn conn,
                 const struct qf_shared *payload, qf_conn to)
{
	struct qf_guest *g = qf_hall_guest(h, conn);
	struct qf_irc *irc;
	struct qf_tell t;

	h->telling = conn;
	if (!qf_tell_read(&t, payload))
		return;
	switch (t.kind) {
	case QF_TELL_CLAIM:
		claim(h, conn, &t);
		break;
	case QF_TELL_BARRIER:
		barrier(h, conn, &t);
		break;
	case QF_TELL_FLUSHED:
		irc = qf_irc_line(h, to);
		if (irc)
			qf_irc_flushed(irc, t.number);
		break;
	case QF_TELL_MARK:
		mark(h, conn, &t);
		break;
	default:
		if (g)
			told_guest(h, g, &t);
	}
}

/* Nothing can be stored, or it can again. */
static void change_trouble(struct qf_hall *h, const char *why)
{
	qf_text_set(h, &h->trouble, why);
	for (size_t i = 0; i < h->line_count; i++)
		qf_irc_troubled(h->lines[i]);
}

void qf_hall_told(struct qf_hall *h, struct qf_effect *fx)
{
	const struct qf_hall_room *r;

	switch (fx->kind) {
	case QF_FX_TELL:
		told(h, fx->conn, fx->payload, fx->number);
		break;
	case QF_FX_MARKS:
		qf_hall_mark_all(h,
		                 qf_bytes(fx->payload->at, fx->payload->len));
		break;
	case QF_FX_NEWS:
		if (fx->news->kind == QF_NEWS_PERSON)
			qf_hall_person_news(h, fx->news);
		else if (fx->news->kind == QF_NEWS_TROUBLE)
			change_trouble(h, fx->news->text);
		else if (fx->news->kind == QF_NEWS_TROUBLE_OVER)
			change_trouble(h, NULL);
		break;
	case QF_FX_SELF:
		if (!h->begun_ms)
			h->begun_ms = h->now.wall_ms;
		qf_hall_self_told(h, fx);
		qf_hall_check_ready(h);
		break;
	case QF_FX_VISITOR:
		qf_hall_visitor_told(h, fx);
		break;
	case QF_FX_UNROOM:
		r = qf_hall_room_by_id(h, &fx->room);
		if (r)
			keep_room(h, r);
		qf_hall_lost_room(h, &fx->room);
		break;
	case QF_FX_PAIR:
		if (fx->conn == h->conn)
			qf_hall_paired(h, fx);
		break;
	default:
		break;
	}
}
