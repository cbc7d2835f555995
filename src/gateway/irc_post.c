/* irc_post.c - what is relayed of a room's posts
 *
 * A worker has one cursor a room: whatever was posted above it is given to all
 * members of this worker at once, in the order of lsn. What the tail has lost
 * is read from the store first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "api.h"
#include "core/list.h"
#include "core/past.h"
#include "irc_state.h"

enum {
	PAST_COUNT = 256, /* of a room's past, for who said what */
	PAGE_COUNT = 256,
	PAGE_BYTES = 512 * 1024,
	NUMBER_PAST = 1, /* what a read of the hall's is for */
	NUMBER_LIVE = 2,
	NUMBER_STANDING = 3,
	RUN_MAX = 32,    /* lines told as one */
	AGAIN_MS = 1000, /* after a read that failed */
};

/* What an author does not want to be shown any more. Whether it was theirs to
 * take back is seen when it is to be shown: it may be older than what is
 * remembered, or not here yet. */
static void claim_key(const struct qf_hash *id, const struct qf_speaker *by,
                      struct qf_hash *out)
{
	uint8_t claim[QF_HASH_BYTES + sizeof *by];

	memcpy(claim, id->b, QF_HASH_BYTES);
	memcpy(claim + QF_HASH_BYTES, by, sizeof *by);
	qf_hash_data(out, "QF1gone", claim, sizeof claim);
}

bool qf_is_gone(const struct qf_hall_room *r, const struct qf_shown *s)
{
	struct qf_hash key;
	uint64_t none;

	if (!r->gone.count)
		return false;
	claim_key(&s->id, &s->by, &key);
	return qf_idmap_get(&r->gone, key.b, &none);
}

/* "REDACT target id :why" for those who asked for it. The text is the id, and
 * perhaps a space and why. */
static void init_redact(const struct qf_shown *s, const char *target,
                        char *command, size_t cap, struct qf_saying *out)
{
	char id[QF_KEY_TEXT_BYTES];

	snprintf(id, sizeof id, "%s", s->text);
	qf_shown_saying(s, target, command, cap, out);
	snprintf(command, cap, "REDACT %s %s", target, id);
	out->text = strlen(s->text) > strlen(id) + 1 ? s->text + strlen(id) + 1
	                                             : NULL;
}

/* False: it was not theirs to take back, or too long ago for anyone to be told
 * of it now. */
static bool note_gone(struct qf_hall *h, struct qf_hall_room *r,
                      const struct qf_shown *s)
{
	char id[QF_KEY_TEXT_BYTES];
	struct qf_hash hash, key;

	snprintf(id, sizeof id, "%s", s->text);
	if (!qf_hash_from_text(&hash, id))
		return false;
	claim_key(&hash, &s->by, &key);
	if (qf_idmap_set(&r->gone, key.b, 1))
		h->carry->bad = true;
	return qf_spoken_by(&r->spoken, &hash, &s->by);
}

/* False: there is a newer one. */
static bool note_topic(struct qf_hall *h, struct qf_hall_room *r,
                       const struct qf_shown *s)
{
	if (s->hlc < r->topic_hlc)
		return false;
	r->topic_hlc = s->hlc;
	qf_text_set(h, &r->topic, *s->text ? s->text : NULL);
	qf_text_set(h, &r->topic_by, s->mask);
	return true;
}

static void note_line(struct qf_hall *h, struct qf_hall_room *r,
                      const struct qf_shown *s, uint64_t tenure)
{
	struct qf_speech speech = {
		.lsn = s->lsn,
		.tenure = tenure,
		.by_account = s->account &&
		              qf_nick_equal(s->account, s->by.guest),
	};

	if (s->hlc >> 16 > r->newest_ms)
		r->newest_ms = s->hlc >> 16;
	if (qf_spoken_note(&r->spoken, &s->id, &s->by, &speech))
		h->carry->bad = true;
}

/* tenure: of the guest who says it now, or 0. False: nobody is to hear of it.
 */
static bool note(struct qf_hall *h, struct qf_hall_room *r,
                 const struct qf_shown *s, uint64_t tenure)
{
	if (s->type == QF_TYPE_REDACT)
		return note_gone(h, r, s);
	if (s->type == QF_TYPE_TOPIC)
		return note_topic(h, r, s);
	if (s->type != QF_TYPE_TAGS)
		note_line(h, r, s, tenure);
	return !qf_is_gone(r, s);
}

/* To whom it goes */

static uint32_t needs(uint8_t type)
{
	return type == QF_TYPE_TAGS     ? QF_IRC_CAP_TAGS
	       : type == QF_TYPE_REDACT ? QF_IRC_CAP_REDACTION
	                                : 0;
}

static void init_saying(const struct qf_shown *s, const char *target,
                        char *command, size_t cap, struct qf_saying *out)
{
	if (s->type == QF_TYPE_REDACT)
		init_redact(s, target, command, cap, out);
	else
		qf_shown_saying(s, target, command, cap, out);
}

/* A topic and what is taken back everyone hears of, who did it too. */
static bool wants_echo(const struct qf_irc *irc, uint8_t type)
{
	return type == QF_TYPE_TOPIC || type == QF_TYPE_REDACT ||
	       qf_irc_has(irc, QF_IRC_CAP_ECHO);
}

static struct qf_irc *said_at(const struct qf_shown *s,
                              const struct qf_room_id *room, const char *to,
                              uint64_t lsn, struct qf_irc_pending **p)
{
	struct qf_irc *irc = s->ours && s->guest ? s->guest->irc : NULL;

	for (; irc; irc = irc->beside) {
		*p = qf_irc_said(irc, room, to, lsn);
		if (*p)
			return irc;
	}
	return NULL;
}

/* The connection that said it here and now, and its pending. The cursor stands
 * at the post. */
static struct qf_irc *speaker_of(const struct qf_shown *s,
                                 const struct qf_hall_room *r, const char *to,
                                 struct qf_irc_pending **p)
{
	struct qf_irc *irc = said_at(s, &r->id, to, r->cursor, p);

	if (!irc)
		irc = said_at(s, &r->id, to, 0, p);
	if (irc)
		(*p)->echoed = true;
	return irc;
}

/* Lines of one room that follow each other, and are told as one to whoever
 * spoke none of them. */
struct run {
	struct run_line {
		struct qf_shown shown;
		char command[QF_ROOM_NAME_BYTES_MAX + 16];
		struct qf_saying saying;
		struct qf_irc *speaker; /* here, or NULL */
	} lines[RUN_MAX];
	size_t count;
};

/* False: it is not for a run. */
static bool join_run(struct run *run, const struct qf_hall_room *r,
                     struct qf_shown *s)
{
	struct run_line *l = &run->lines[run->count];
	struct qf_irc_pending *p;

	if (needs(s->type) || s->type == QF_TYPE_TOPIC)
		return false;
	l->shown = *s;
	qf_shown_saying(&l->shown, r->name, l->command, sizeof l->command,
	                &l->saying);
	/* What points into the struct itself moved with it. */
	l->saying.mask = l->shown.mask;
	l->saying.msgid = l->shown.msgid;
	if (!qf_saying_is_line(&l->saying))
		return false;
	l->speaker = speaker_of(&l->shown, r, "", &p);
	run->count++;
	return true;
}

static void give_speaker(struct run *run, struct qf_irc *irc)
{
	for (size_t i = 0; i < run->count; i++) {
		struct run_line *l = &run->lines[i];
		bool own = l->speaker == irc;

		if (!own || wants_echo(irc, l->shown.type))
			qf_irc_give(irc, &l->saying, NULL, own);
	}
}

static void end_run(struct run *run, struct qf_hall_room *r)
{
	struct qf_saying *all[RUN_MAX];
	struct qf_stretch made[QF_SAYING_WAYS] = { 0 };

	for (size_t i = 0; i < run->count; i++) {
		all[i] = &run->lines[i].saying;
		if (run->lines[i].speaker)
			run->lines[i].speaker->speaks = true;
	}
	for (size_t i = 0; run->count && i < r->member_count; i++) {
		struct qf_irc *irc = r->members[i]->irc;

		for (; irc; irc = irc->beside)
			if (irc->speaks)
				give_speaker(run, irc);
			else
				qf_irc_give_all(irc, all, run->count, made);
	}
	for (size_t i = 0; i < run->count; i++) {
		if (run->lines[i].speaker)
			run->lines[i].speaker->speaks = false;
		qf_saying_fini(&run->lines[i].saying);
		qf_shown_fini(&run->lines[i].shown);
	}
	for (size_t i = 0; i < QF_SAYING_WAYS; i++)
		qf_stretch_drop(&made[i]);
	run->count = 0;
}

static void give_room(struct qf_hall *h, struct qf_hall_room *r,
                      struct qf_shown *s)
{
	char command[2 * QF_ROOM_NAME_BYTES_MAX + 80];
	struct qf_saying saying;
	struct qf_irc_pending *p;
	struct qf_irc *speaker = speaker_of(s, r, "", &p);

	(void)h;
	init_saying(s, r->name, command, sizeof command, &saying);
	for (size_t i = 0; i < r->member_count; i++) {
		struct qf_irc *irc = r->members[i]->irc;

		for (; irc; irc = irc->beside)
			if (qf_irc_has(irc, needs(s->type)) &&
			    (irc != speaker || wants_echo(irc, s->type)))
				qf_irc_give(irc, &saying, NULL, irc == speaker);
	}
	qf_saying_fini(&saying);
}

static void give_one(struct qf_irc *irc, const struct qf_shown *s,
                     const char *target, bool reply)
{
	char command[2 * QF_ROOM_NAME_BYTES_MAX + 80];
	struct qf_saying saying;

	if (!qf_irc_has(irc, needs(s->type)))
		return;
	init_saying(s, target, command, sizeof command, &saying);
	qf_irc_give(irc, &saying, NULL, reply);
	qf_saying_fini(&saying);
}

static bool is_unwanted(const struct qf_guest *g, const struct qf_shown *s)
{
	return g->no_ctcp && s->text[0] == '\1' &&
	       strncmp(s->text, "\1ACTION ", 8);
}

/* To whoever said it, on all its connections. What somebody says to itself
 * comes to the others once, as what was said to it. */
static void echo_whisper(const struct qf_shown *s, struct qf_irc *speaker,
                         const struct qf_guest *to, const char *target)
{
	const struct qf_guest *g = s->ours ? s->guest : NULL;

	for (struct qf_irc *irc = g ? g->irc : NULL; irc; irc = irc->beside)
		if (wants_echo(irc, s->type) &&
		    (irc == speaker || to != g || (!speaker && g->conns == 1)))
			give_one(irc, s, target, irc == speaker);
}

static bool is_id(const struct qf_guest *g, const char *id)
{
	char own[QF_NICK_BYTES_MAX + 24];

	qf_irc_id(g, own);
	return !strcmp(own, id);
}

/* Whom it is for, by whatever name now, if this node said for whom; what others
 * say is for whoever has the name. */
static struct qf_guest *guest_meant(const struct qf_hall *h,
                                    const struct qf_shown *s)
{
	struct qf_guest *g = *s->to ? qf_hall_named(h, s->to) : NULL;

	if (!s->near || !*s->to_id || (g && is_id(g, s->to_id)))
		return g;
	for (size_t i = 0; i < h->guest_count; i++)
		if (is_id(h->guests[i], s->to_id))
			return h->guests[i];
	return NULL;
}

/* The same for guests of the page. */
static struct qf_hall_person *visitor_meant(const struct qf_hall *h,
                                            const struct qf_shown *s)
{
	struct qf_hall_person *p;
	struct qf_hash mark;

	if (s->near)
		return qf_viewer_mark(s->to_id, &mark)
		               ? qf_hall_visitor_marked(h, &mark)
		               : NULL;
	p = *s->to ? qf_hall_person_named(h, s->to) : NULL;
	return p && p->visitor ? p : NULL;
}

static struct qf_hall_person *visitor_speaking(const struct qf_hall *h,
                                               const struct qf_shown *s)
{
	struct qf_hash mark;

	return s->near && qf_viewer_mark(s->from_id, &mark)
	               ? qf_hall_visitor_marked(h, &mark)
	               : NULL;
}

static void give_visitors(struct qf_hall *h, const struct qf_carried *room,
                          const struct qf_shown *s, const struct qf_envelope *e)
{
	struct qf_hall_person *by = visitor_speaking(h, s);
	struct qf_hall_person *to = visitor_meant(h, s);

	if (by && by->api) {
		qf_api_whisper(by->api, room, e, s->lsn);
		qf_hall_is_due(h, by->visitor);
	}
	if (to && to->api && to != by) {
		qf_api_whisper(to->api, room, e, s->lsn);
		qf_hall_is_due(h, to->visitor);
	}
}

static void give_whisper(struct qf_hall *h, const struct qf_hall_room *r,
                         const struct qf_carried *room, struct qf_shown *s)
{
	bool to_us = qf_key_equal(&room->direct->other, &h->key) || !s->near;
	struct qf_guest *to = to_us ? guest_meant(h, s) : NULL;
	const struct qf_hall_person *p = qf_hall_person(h,
	                                                &room->direct->other);
	char whom[QF_NICK_BYTES_MAX + QF_USER_NAME_BYTES_MAX + 8];
	char short_key[QF_SHORT_CHARS + 1];
	struct qf_irc_pending *pending;
	struct qf_irc *speaker;
	char typed[sizeof whom];

	qf_key_short(&room->direct->other, short_key);
	if (*s->to && !to_us)
		snprintf(whom, sizeof whom, "%.64s·%s", s->to, short_key);
	else
		snprintf(whom, sizeof whom, "%s",
		         *s->to ? s->to
		         : p    ? p->nick
		                : short_key);
	speaker = speaker_of(s, r, whom, &pending);
	snprintf(typed, sizeof typed, "%s", speaker ? pending->target : whom);
	echo_whisper(s, speaker, to, to ? to->nick : typed);
	if (!to || is_unwanted(to, s))
		return;
	for (struct qf_irc *irc = to->irc; irc; irc = irc->beside)
		give_one(irc, s, to->nick, false);
}

static void note_account(struct qf_hall *h, const struct qf_carried *room,
                         const struct qf_envelope *e, uint64_t lsn)
{
	struct qf_body body;
	struct qf_buf open;

	qf_buf_init(&open, 0);
	if (qf_direct_open(&room->direct->body_key, room->direct->key_id, e,
	                   &open) &&
	    qf_body_decode(&body, qf_buf_bytes(&open)))
		qf_account_note(h, &body, e->head.hlc, lsn);
	qf_buf_fini(&open);
}

/* The cursor stands at this envelope. What was there when the node began has
 * been told to whom it was for. */
static void give(struct qf_hall *h, struct qf_hall_room *r,
                 const struct qf_carried *room, const struct qf_envelope *e,
                 struct run *run)
{
	bool is_old = r->cursor <= r->quiet_lsn;
	struct qf_shown s;

	if (r->cursor > h->newest_lsn)
		h->newest_lsn = r->cursor;
	if (r->own && e->head.type == QF_TYPE_ACCOUNT)
		note_account(h, room, e, r->cursor);
	if (!qf_shown_init(&s, h, room, e, r->cursor))
		return;
	if (!note(h, r, &s, s.guest ? s.guest->tenure : 0) || is_old) {
		qf_shown_fini(&s);
		return;
	}
	if (!room->direct && !s.near && *s.by.guest)
		qf_hall_heard(h, &r->id, &s.by, s.hlc >> 16);
	if (!room->direct && join_run(run, r, &s)) {
		if (run->count == RUN_MAX)
			end_run(run, r);
		return;
	}
	end_run(run, r);
	if (room->direct) {
		give_whisper(h, r, room, &s);
		give_visitors(h, room, &s, e);
	} else {
		give_room(h, r, &s);
	}
	qf_shown_fini(&s);
}

/* Where a room stands */

static void ask_read(struct qf_hall *h, struct qf_hall_room *r,
                     enum qf_read_kind kind, uint64_t number, uint64_t after,
                     uint64_t *lsns, size_t count)
{
	struct qf_read *read = calloc(1, sizeof *read);

	if (!read) {
		h->carry->bad = true;
		free(lsns);
		return;
	}
	read->kind = kind;
	read->conn = h->conn;
	read->number = number;
	read->room = r->id;
	read->after = after;
	read->lsns = lsns;
	read->count = count;
	read->bytes_max = PAGE_BYTES;
	r->reading = true;
	qf_carry_read(h->carry, read);
}

static void give_post(struct qf_hall *h, struct qf_hall_room *r,
                      const struct qf_carried *room, const struct qf_post *post)
{
	struct run run;

	run.count = 0;
	for (size_t i = 0; i < post->count; i++) {
		if (post->items[i].lsn <= r->cursor)
			continue;
		r->cursor = post->items[i].lsn;
		give(h, r, room, post->items[i].envelope, &run);
	}
	end_run(&run, r);
}

static void has_read(struct qf_hall *h, const struct qf_room_id *room,
                     uint64_t lsn)
{
	bool awaits = false;

	for (size_t i = 0; h->awaits_posts && i < h->line_count; i++)
		awaits |= qf_irc_has_read(h->lines[i], room, lsn);
	h->awaits_posts = awaits;
}

static void give_tail(struct qf_hall *h, struct qf_hall_room *r,
                      const struct qf_carried *room)
{
	const struct qf_post *post;

	while (!r->reading && room->has_tail) {
		switch (qf_tail_next(&room->tail, r->cursor, &post)) {
		case QF_TAIL_NEXT:
			give_post(h, r, room, post);
			break;
		case QF_TAIL_BEHIND:
			r->known = qf_tail_known(&room->tail);
			ask_read(h, r, QF_READ_AFTER, NUMBER_LIVE, r->cursor,
			         NULL, PAGE_COUNT);
			break;
		case QF_TAIL_EVEN:
			return;
		}
	}
}

static void give_posts(struct qf_hall *h, struct qf_hall_room *r,
                       const struct qf_carried *room)
{
	give_tail(h, r, room);
	has_read(h, &r->id, r->cursor);
}

void qf_hall_lost_room(struct qf_hall *h, const struct qf_room_id *room)
{
	has_read(h, room, UINT64_MAX);
}

/* Rooms of two keys are followed as soon as they are heard of: somebody may be
 * spoken to in them. */
static struct qf_hall_room *whisper_room(struct qf_hall *h,
                                         const struct qf_carried *room)
{
	struct qf_hall_room *r = qf_hall_room_by_id(h, &room->id);
	struct qf_event *ev;

	if (r || !room->direct)
		return r;
	r = qf_hall_new_room(h, &room->id, room->name);
	if (!r)
		return NULL;
	r->following = true;
	r->own = qf_key_equal(&room->direct->other, &h->key);
	/* What was there when the node began is told of before its name. */
	r->fresh = h->name[0];
	ev = qf_carry_tell(h->carry, QF_EV_FOLLOW, h->conn);
	if (ev)
		ev->room = r->id;
	return r;
}

static void give_new(struct qf_hall *h, const struct qf_carried *room)
{
	struct qf_hall_room *r = room ? whisper_room(h, room) : NULL;

	if (r && r->following)
		give_posts(h, r, room);
}

void qf_hall_posted(struct qf_hall *h, const struct qf_room_id *id)
{
	if (id)
		give_new(h, qf_carry_find(h->carry, id));
	for (size_t i = 0; i < h->carry->room_count && !id; i++)
		give_new(h, h->carry->rooms[i]);
}

uint64_t qf_hall_catch_up(struct qf_hall *h)
{
	uint64_t next;

	if (h->again_ms && h->now.mono_ms >= h->again_ms) {
		h->again_ms = 0;
		qf_hall_posted(h, NULL);
	}
	next = qf_hall_move_people(h);
	return h->again_ms && h->again_ms < next ? h->again_ms : next;
}

void qf_hall_check_ready(struct qf_hall *h)
{
	if (h->ready || !qf_accounts_ready(h))
		return;
	h->ready = true;
	for (size_t i = 0; i < h->line_count; i++)
		qf_irc_go_on(h->lines[i]);
}

static void loaded(struct qf_hall *h, struct qf_hall_room *r)
{
	r->loaded = true;
	qf_hall_check_ready(h);
	for (size_t i = 0; i < h->line_count; i++)
		qf_irc_loaded(h->lines[i], r);
}

static void ask_past(struct qf_hall *h, struct qf_hall_room *r,
                     const uint64_t *lsns, size_t count)
{
	uint64_t *copy = calloc(count, sizeof *copy);

	if (!copy) {
		h->carry->bad = true;
		return;
	}
	memcpy(copy, lsns, count * sizeof *copy);
	ask_read(h, r, QF_READ_LSNS, NUMBER_PAST, 0, copy, count);
}

static void read_past(struct qf_hall *h, struct qf_hall_room *r,
                      struct qf_effect *fx)
{
	uint64_t lsns[PAST_COUNT];
	struct qf_past past;
	size_t all, count;

	if (qf_past_init(&past, fx->snapshot, fx->room_ms))
		h->carry->bad = true;
	fx->snapshot = NULL;
	all = qf_past_count(&past);
	count = all < PAST_COUNT ? all : PAST_COUNT;
	for (size_t i = 0; i < count; i++)
		lsns[i] = qf_past_at(&past, all - count + i)->lsn;
	r->older = count < all;
	ask_past(h, r, lsns, count);
	qf_past_fini(&past);
}

void qf_hall_paired(struct qf_hall *h, struct qf_effect *fx)
{
	struct qf_hall_room *r = qf_hall_room_by_id(h, &fx->room);
	const struct qf_carried *room = qf_carry_find(h->carry, &fx->room);

	if (fx->number > h->newest_lsn)
		h->newest_lsn = fx->number;
	if (!r || !room)
		return;
	if (!fx->snapshot) {
		qf_hall_lost_room(h, &r->id);
		loaded(h, r);
		return;
	}
	/* Accounts may stand anywhere in our own room, so all of it is read. */
	if (r->own && !r->fresh) {
		r->quiet_lsn = fx->snapshot->lsn;
		if (!fx->snapshot->count)
			loaded(h, r);
		give_posts(h, r, room);
		return;
	}
	/* The tail may have begun before, for somebody else. */
	if (r->cursor < fx->snapshot->lsn && !r->fresh)
		r->cursor = fx->snapshot->lsn;
	if (r->fresh) {
		give_posts(h, r, room);
		loaded(h, r);
	} else if (fx->snapshot->count) {
		read_past(h, r, fx);
	} else {
		loaded(h, r);
	}
}

static void note_all(struct qf_hall *h, struct qf_hall_room *r,
                     const struct qf_carried *room, const struct qf_read *read)
{
	for (size_t i = 0; i < read->got; i++) {
		struct qf_shown s;

		if (!qf_shown_init(&s, h, room, read->envelopes[i],
		                   read->lsns[i]))
			continue;
		note(h, r, &s, 0);
		qf_shown_fini(&s);
	}
}

static void ask_standing(struct qf_hall *h, struct qf_hall_room *r,
                         uint64_t after)
{
	ask_read(h, r, QF_READ_STANDING, NUMBER_STANDING, after, NULL,
	         PAGE_COUNT);
}

/* A read gives what fits. When the newest are known: what else says how the
 * room is to be shown? */
static void got_past(struct qf_hall *h, struct qf_hall_room *r,
                     const struct qf_carried *room, const struct qf_read *read)
{
	note_all(h, r, room, read);
	if (read->got && read->got < read->count)
		ask_past(h, r, read->lsns + read->got, read->count - read->got);
	else if (r->older)
		ask_standing(h, r, 0);
	else
		loaded(h, r);
}

static void got_standing(struct qf_hall *h, struct qf_hall_room *r,
                         const struct qf_carried *room,
                         const struct qf_read *read)
{
	note_all(h, r, room, read);
	if (read->got)
		ask_standing(h, r, read->lsns[read->got - 1]);
	else
		loaded(h, r);
}

static void got_live(struct qf_hall *h, struct qf_hall_room *r,
                     const struct qf_carried *room, const struct qf_read *read)
{
	struct run run;

	run.count = 0;
	for (size_t i = 0; i < read->got; i++) {
		r->cursor = read->lsns[i];
		give(h, r, room, read->envelopes[i], &run);
	}
	end_run(&run, r);
	if (!read->got && r->known > r->cursor)
		r->cursor = r->known;
	if (r->own && !r->loaded && r->cursor >= r->quiet_lsn)
		loaded(h, r);
}

void qf_hall_got(struct qf_hall *h, struct qf_read *read)
{
	struct qf_hall_room *r = qf_hall_room_by_id(h, &read->room);
	const struct qf_carried *room = qf_carry_find(h->carry, &read->room);

	if (!r || !room)
		return;
	r->reading = false;
	if (read->err && read->number == NUMBER_LIVE) {
		/* Nobody waits for what cannot be read now. */
		qf_hall_lost_room(h, &r->id);
		h->again_ms = h->now.mono_ms + AGAIN_MS;
		return;
	}
	if (read->number == NUMBER_PAST)
		got_past(h, r, room, read);
	else if (read->number == NUMBER_STANDING)
		got_standing(h, r, room, read);
	else
		got_live(h, r, room, read);
	give_posts(h, r, room);
}
