/* irc_people.c - who does not come by IRC, as guests see them come and go
 *
 * A node says in which rooms its person is; of the one of our own, the core
 * does. Guests of this worker who are in
 * one of them are told what they would be told of a guest, and nobody else is.
 *
 * When two halves of a network meet, thousands come at once, each into many
 * rooms. That must not fill what a guest may be owed: where guests see persons
 * follows what nodes say at a pace, and what was not so for long enough is not
 * told. NAMES and WHO agree with what guests were told.
 *
 * No node says which guests it has. One of another node is seen in a room from
 * its first line there on, until it was silent for long, or its node is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classic_line.h"
#include "irc_state.h"

enum {
	LINE_MS = 1,     /* what a JOIN, an AWAY with it, or a PART costs, */
	BURST_MS = 2000, /* and what may be owed for them */
	SILENT_MS = 3600 * 1000,
	LOOK_MS = 60 * 1000, /* how often the silent are looked for */
};

static void begin(struct qf_relay *r, struct qf_hall *h,
                  const struct qf_hall_person *p, const char *command)
{
	h->telling = 0; /* it answers nobody */
	*r = (struct qf_relay){ .hall = h };
	qf_hall_person_mask(p, r->mask);
	r->saying.mask = r->mask;
	r->saying.command = command;
	r->saying.ms = h->now.wall_ms;
}

/* Whoever is in a room with the person. */
static void give_known(struct qf_relay *r, const struct qf_hall_person *p)
{
	const struct qf_hall *h = r->hall;

	qf_relay_begin(r);
	for (size_t i = 0; i < h->room_count; i++)
		if (qf_hall_is_among(p->rooms, h->rooms[i]))
			qf_relay_once(r, h->rooms[i]);
}

/* Rooms */

static void pay(struct qf_hall *h, const struct qf_relay *r)
{
	if (h->moved_ms < h->now.mono_ms)
		h->moved_ms = h->now.mono_ms;
	if (r->given)
		h->moved_ms += LINE_MS;
}

static bool may_move(const struct qf_hall *h)
{
	return h->moved_ms <= h->now.mono_ms + BURST_MS;
}

static void enter(struct qf_hall *h, const struct qf_hall_person *p,
                  const struct qf_hall_room *room)
{
	struct qf_relay r;

	begin(&r, h, p, NULL);
	qf_relay_join(&r, room, p->name);
	pay(h, &r);
	qf_relay_fini(&r);
	if (!p->away)
		return;
	begin(&r, h, p, "AWAY");
	r.caps = QF_IRC_CAP_AWAY_NOTIFY;
	r.saying.text = p->away;
	qf_relay_room(&r, room, NULL);
	pay(h, &r);
	qf_relay_fini(&r);
}

static void leave(struct qf_hall *h, const struct qf_hall_person *p,
                  const struct qf_hall_room *room)
{
	char command[QF_ROOM_NAME_BYTES_MAX + 8];
	struct qf_relay r;

	snprintf(command, sizeof command, "PART %s", room->name);
	begin(&r, h, p, command);
	qf_relay_room(&r, room, NULL);
	pay(h, &r);
	qf_relay_fini(&r);
}

static void move(struct qf_hall *h, struct qf_hall_person *p)
{
	struct qf_shared *before = p->rooms ? qf_shared_ref(p->rooms) : NULL;

	qf_hall_see(h, p, p->said);
	for (size_t i = 0; i < h->room_count; i++) {
		const struct qf_hall_room *room = h->rooms[i];
		bool was = qf_hall_is_among(before, room);
		bool is = qf_hall_is_among(p->rooms, room);

		if (is && !was)
			enter(h, p, room);
		else if (was && !is)
			leave(h, p, room);
	}
	qf_shared_unref(before);
}

/* In turn, so that nobody who moves all the time keeps others back. */
uint64_t qf_hall_move_people(struct qf_hall *h)
{
	for (size_t left = h->people_due ? h->person_count : 0; left; left--) {
		struct qf_hall_person *p;

		if (!may_move(h))
			return h->moved_ms - BURST_MS / 2;
		p = &h->persons[h->people_at++ % h->person_count];
		if (p->rooms != p->said)
			move(h, p);
	}
	h->people_due = false;
	return UINT64_MAX;
}

static void is_said(struct qf_hall *h, struct qf_hall_person *p,
                    struct qf_shared *rooms)
{
	qf_shared_unref(p->said);
	p->said = rooms ? qf_shared_ref(rooms) : NULL;
	if (!h->people_due && may_move(h))
		move(h, p);
	else
		h->people_due = true;
}

/* Who somebody is */

static void renamed(struct qf_hall *h, struct qf_hall_person *p,
                    const char *name)
{
	char old[sizeof p->nick], mask[QF_MASK_BYTES];
	struct qf_relay r;

	strcpy(old, p->nick);
	begin(&r, h, p, "NICK");
	if (p->visitor)
		qf_hall_meet_visitor(h, p->visitor, NULL, name);
	else
		qf_hall_meet(h, &p->key, name);
	r.saying.text = p->nick;
	if (strcmp(old, p->nick) != 0)
		give_known(&r, p);
	if (!qf_nick_equal(old, p->nick)) {
		qf_irc_tell_watchers(h, old, NULL);
		qf_hall_person_mask(p, mask);
		qf_irc_tell_watchers(h, p->nick, mask);
	}
	qf_relay_fini(&r);
}

void qf_hall_yield(struct qf_hall *h, const char *nick)
{
	struct qf_hall_person *p = qf_hall_person_named(h, nick);
	char name[sizeof p->name];
	qf_conn telling = h->telling;

	if (!p)
		return;
	strcpy(name, p->name);
	renamed(h, p, name);
	h->telling = telling;
}

/* True: that is another than it was. */
static bool set_away(struct qf_hall *h, struct qf_hall_person *p, bool away,
                     const char *why)
{
	const char *text = !away ? NULL : why && *why ? why : "away";
	bool same = text && p->away ? !strcmp(text, p->away)
	                            : !text && !p->away;

	if (!same)
		qf_text_set(h, &p->away, text);
	return !same;
}

static void tell_away(struct qf_hall *h, const struct qf_hall_person *p)
{
	struct qf_relay r;

	begin(&r, h, p, "AWAY");
	r.caps = QF_IRC_CAP_AWAY_NOTIFY;
	r.saying.text = p->away;
	give_known(&r, p);
	qf_relay_watching(&r, p->nick);
	qf_relay_fini(&r);
}

static void tell_online(struct qf_hall *h, const struct qf_hall_person *p)
{
	char mask[QF_MASK_BYTES];

	qf_hall_person_mask(p, mask);
	qf_irc_tell_watchers(h, p->nick, mask);
}

static void came(struct qf_hall *h, const struct qf_news *n)
{
	struct qf_hall_person *p = qf_hall_meet(h, &n->key, n->name);

	if (!p)
		return;
	tell_online(h, p);
	set_away(h, p, n->away, n->text);
	is_said(h, p, n->rooms);
}

void qf_hall_self_told(struct qf_hall *h, const struct qf_effect *fx)
{
	struct qf_hall_person *p = qf_hall_person(h, &h->key);
	const char *name = fx->text ? fx->text : "";

	qf_hall_name(h, name);
	if (p && strcmp(p->name, name) != 0) {
		renamed(h, p, name);
	} else if (!p) {
		p = qf_hall_meet(h, &h->key, name);
		if (p)
			tell_online(h, p);
	}
	if (!p)
		return;
	if (set_away(h, p, fx->away, fx->away))
		tell_away(h, p);
	is_said(h, p, fx->payload);
}

static void went(struct qf_hall *h, struct qf_hall_person *p, const char *why)
{
	struct qf_relay r;

	begin(&r, h, p, "QUIT");
	r.saying.text = why;
	give_known(&r, p);
	qf_relay_fini(&r);
	qf_irc_tell_watchers(h, p->nick, NULL);
	qf_hall_part(h, p);
}

/* Visitors */

static int compare_rooms(const void *a, const void *b)
{
	return memcmp(a, b, QF_HERE_ROOM_BYTES);
}

/* Where it was, and that room; NULL: out of memory. */
static struct qf_shared *with_room(const struct qf_shared *rooms,
                                   const struct qf_room_id *room)
{
	size_t len = rooms ? rooms->len : 0;
	uint8_t *all = malloc(len + QF_HERE_ROOM_BYTES);
	struct qf_shared *out;

	if (!all)
		return NULL;
	if (len)
		memcpy(all, rooms->at, len);
	memcpy(all + len, room->b, QF_HERE_ROOM_BYTES);
	len += QF_HERE_ROOM_BYTES;
	qsort(all, len / QF_HERE_ROOM_BYTES, QF_HERE_ROOM_BYTES, compare_rooms);
	out = qf_shared_new(all, len);
	free(all);
	return out;
}

static bool is_in(const struct qf_hall_person *p, const struct qf_room_id *room)
{
	return p->said &&
	       bsearch(room->b, p->said->at, p->said->len / QF_HERE_ROOM_BYTES,
	               QF_HERE_ROOM_BYTES, compare_rooms);
}

static void visit(struct qf_hall *h, struct qf_hall_person *p,
                  const struct qf_room_id *room)
{
	static const struct qf_room_id nowhere;
	struct qf_shared *rooms;

	if (qf_room_id_equal(room, &nowhere) || is_in(p, room))
		return;
	rooms = with_room(p->said, room);
	if (rooms)
		is_said(h, p, rooms);
	else
		h->carry->bad = true;
	qf_shared_unref(rooms);
}

void qf_hall_visitor_told(struct qf_hall *h, const struct qf_effect *fx)
{
	enum qf_visitor_way way = (enum qf_visitor_way)fx->number;
	struct qf_hall_person *p = qf_hall_visitor(h, fx->conn);
	char name[QF_USER_NAME_BYTES_MAX + 1];

	if (!fx->text) {
		if (p)
			went(h, p, "left");
		return;
	}
	/* As its lines have it. */
	snprintf(name, sizeof name, "%s%s", fx->text,
	         way == QF_VISITOR_CLASSIC ? QF_CLASSIC_MARK : "");
	if (p && strcmp(p->name, name) != 0) {
		renamed(h, p, name);
	} else if (!p) {
		p = qf_hall_meet_visitor(
			h, fx->conn, way == QF_VISITOR_PAGE ? &fx->hash : NULL,
			name);
		if (!p)
			return;
		tell_online(h, p);
	}
	visit(h, p, &fx->room);
}

/* Guests of other nodes */

void qf_hall_forget_silent(struct qf_hall *h)
{
	if (h->now.mono_ms - h->heard_ms < LOOK_MS)
		return;
	h->heard_ms = h->now.mono_ms;
	for (size_t i = h->person_count; i-- > 0;) {
		struct qf_hall_person *p = &h->persons[i];

		if (p->far && h->now.mono_ms - p->heard_ms >= SILENT_MS)
			went(h, p, "silent for an hour");
	}
}

/* Of the node that has most guests the one who has been silent longest goes. */
static void make_place(struct qf_hall *h)
{
	const struct qf_hall_person *most = NULL;
	struct qf_hall_person *silent = NULL;

	if (h->far_count < QF_HALL_FAR_MAX)
		return;
	for (size_t i = 0; i < h->person_count; i++)
		if (!most || h->persons[i].far_count > most->far_count)
			most = &h->persons[i];
	for (size_t i = 0; i < h->person_count; i++) {
		struct qf_hall_person *p = &h->persons[i];

		if (p->far && qf_key_equal(&p->key, &most->key) &&
		    (!silent || p->heard_ms < silent->heard_ms))
			silent = p;
	}
	if (silent)
		went(h, silent, "others speak more");
}

void qf_hall_heard(struct qf_hall *h, const struct qf_room_id *room,
                   const struct qf_speaker *by, uint64_t said_ms)
{
	uint64_t age_ms = h->now.wall_ms > said_ms ? h->now.wall_ms - said_ms
	                                           : 0;
	struct qf_hall_person *p;

	qf_hall_forget_silent(h);
	/* What comes late may be of somebody who is gone. */
	if (age_ms >= SILENT_MS || !qf_hall_person(h, &by->author))
		return;
	p = qf_hall_far(h, &by->author, by->guest);
	if (!p) {
		make_place(h);
		p = qf_hall_meet_far(h, &by->author, by->guest);
		if (!p)
			return;
		tell_online(h, p);
	}
	p->heard_ms = h->now.mono_ms > age_ms ? h->now.mono_ms - age_ms : 0;
	visit(h, p, room);
}

/* And with it all who are there by it. */
static void node_went(struct qf_hall *h, const struct qf_key *node,
                      const char *why)
{
	for (size_t i = h->person_count; i-- > 0;)
		if (qf_key_equal(&h->persons[i].key, node))
			went(h, &h->persons[i], why);
}

void qf_hall_person_news(struct qf_hall *h, const struct qf_news *n)
{
	struct qf_hall_person *p = qf_hall_person(h, &n->key);

	if (n->change == QF_CHANGE_CAME)
		came(h, n);
	if (!p)
		return;
	switch (n->change) {
	case QF_CHANGE_CAME:
		break;
	case QF_CHANGE_LEFT:
		node_went(h, &n->key, "left");
		break;
	case QF_CHANGE_LOST:
		node_went(h, &n->key, "lost");
		break;
	case QF_CHANGE_RENAMED:
		renamed(h, p, n->name);
		break;
	case QF_CHANGE_AWAY:
	case QF_CHANGE_BACK:
		set_away(h, p, n->change == QF_CHANGE_AWAY, n->text);
		tell_away(h, p);
		break;
	case QF_CHANGE_ROOMS:
		is_said(h, p, n->rooms);
		break;
	}
}
