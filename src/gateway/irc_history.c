/* irc_history.c - what was said before: CHATHISTORY, and the last lines of a
 * room that was joined
 *
 * The happy path: the core is asked for the room's pair; its past (past.h) says
 * between which places the wanted lines lie; pages of envelopes are read
 * from one end or the other until enough of them may be shown; then all are
 * given, oldest first, as one batch.
 *
 * It can end early: the store cannot be read, or the room is not known. Then
 * the batch holds what there is. At most QF_IRC_HISTORY_MAX lines are held.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/past.h"
#include "irc_state.h"

enum {
	PAGE_COUNT = 64,
	PAGE_BYTES = 256 * 1024,
	SCAN_MAX = 50000, /* envelopes looked at for one answer */
};

enum verb { LATEST, BEFORE, AFTER, BETWEEN, AROUND, TARGETS };

static const char *const verbs[] = {
	[LATEST] = "LATEST",   [BEFORE] = "BEFORE", [AFTER] = "AFTER",
	[BETWEEN] = "BETWEEN", [AROUND] = "AROUND", [TARGETS] = "TARGETS",
};

/* "*", "timestamp=..." or "msgid=..." */
struct reference {
	enum { EVERYTHING, STAMP, ID } kind;
	uint64_t ms;
	struct qf_hash id;
};

struct target {
	char name[QF_ROOM_NAME_BYTES_MAX + 80];
	uint64_t ms;
};

/* A line that is to be given; one reference. */
struct found {
	struct qf_envelope *envelope;
	uint64_t lsn;
};

struct qf_irc_history {
	enum verb verb;
	bool replay; /* of a join */
	char target[QF_ROOM_NAME_BYTES_MAX + 80];
	char me[QF_NICK_BYTES_MAX + 24]; /* private: whose; "" in rooms */
	/* What the other is called in what was said to it; "": a person. */
	char other[QF_ROOM_NAME_BYTES_MAX + 80];
	struct qf_key node; /* and whose it is */
	struct reference from, to;
	size_t limit;

	struct qf_room_id room;
	const struct qf_carried *carried;
	struct qf_past past;
	size_t low, high; /* places still to be looked at */
	bool backward;
	size_t centre; /* AROUND: where the second half begins */
	bool second;
	size_t scanned;
	uint64_t lsn;        /* of what is looked at */
	struct found *found; /* in order of place */
	size_t count;
	size_t cap;
	size_t rooms_seen;              /* TARGETS: of the carry's */
	struct target *targets;         /* TARGETS */
	struct qf_idmap target_by_name; /* folded -> index in targets */
	size_t target_count;
	size_t target_cap;
};

void qf_irc_history_free(struct qf_irc *irc)
{
	struct qf_irc_history *y = irc->history;

	if (!y)
		return;
	for (size_t i = 0; i < y->count; i++)
		qf_envelope_unref(y->found[i].envelope);
	qf_past_fini(&y->past);
	free(y->found);
	free(y->targets);
	qf_idmap_fini(&y->target_by_name);
	free(y);
	irc->history = NULL;
}

/* What was asked */

static bool read_reference(const char *text, struct reference *out)
{
	*out = (struct reference){ .kind = EVERYTHING };
	if (!strcmp(text, "*"))
		return true;
	if (!strncmp(text, "timestamp=", 10)) {
		out->kind = STAMP;
		return qf_irc_time_read(text + 10, &out->ms);
	}
	out->kind = ID;
	return !strncmp(text, "msgid=", 6) &&
	       qf_hash_from_text(&out->id, text + 6);
}

static void fail(struct qf_irc *irc, const char *code, const char *context,
                 const char *why)
{
	qf_irc_fail(irc, "CHATHISTORY %s %s%s:%s", code, context,
	            *context ? " " : "", why);
}

/* Where it is kept: a room that the guest is in, or one of two keys. False:
 * there is none, and that was answered. */
static bool find_room(struct qf_irc *irc, struct qf_irc_history *y)
{
	const struct qf_hall *h = irc->hall;
	const struct qf_hall_room *r = qf_hall_room(h, y->target);
	const struct qf_hall_person *p;
	const struct qf_key *other = &h->key, *far;
	char context[200], guest[QF_NICK_BYTES_MAX + 1];

	if (y->target[0] == '#') {
		if (r && qf_hall_is_in(irc->guest, r)) {
			y->room = r->id;
			return true;
		}
		snprintf(context, sizeof context, "%s %s", verbs[y->verb],
		         y->target);
		fail(irc, "INVALID_TARGET", context,
		     "Messages could not be retrieved");
		return false;
	}
	snprintf(y->other, sizeof y->other, "%s", y->target);
	p = qf_hall_named(h, y->target) ? NULL
	                                : qf_hall_person_named(h, y->target);
	far = p && !p->far ? NULL : qf_irc_far_guest(h, y->target, guest);
	if (p && !p->visitor && !p->far) {
		other = &p->key;
		y->other[0] = '\0';
	} else if (far) {
		other = far;
		snprintf(y->other, sizeof y->other, "%s", guest);
	} else if (p) {
		snprintf(y->other, sizeof y->other, "%s", p->name);
	}
	y->node = *other;
	qf_irc_id(irc->guest, y->me);
	for (size_t i = 0; i < h->carry->room_count; i++) {
		const struct qf_carried *c = h->carry->rooms[i];

		if (c->direct && qf_key_equal(&c->direct->other, other))
			y->room = c->id;
	}
	return true;
}

/* Giving */

static bool is_taken_back(const struct qf_irc *irc,
                          const struct qf_irc_history *y,
                          const struct qf_envelope *e)
{
	const struct qf_hall_room *r = qf_hall_room_by_id(irc->hall, &y->room);
	struct qf_shown s;
	bool gone;

	if (!r || !r->gone.count ||
	    !qf_shown_init(&s, irc->hall, y->carried, e, y->lsn))
		return false;
	gone = qf_is_gone(r, &s);
	qf_shown_fini(&s);
	return gone;
}

static bool is_shown(const struct qf_irc *irc, const struct qf_irc_history *y,
                     const struct qf_envelope *e)
{
	uint8_t type = e->head.type;

	if (is_taken_back(irc, y, e))
		return false;
	if (type == QF_TYPE_TOPIC || type == QF_TYPE_TAGS)
		return qf_irc_has(irc, QF_IRC_CAP_PLAYBACK) && !y->replay;
	return type == QF_TYPE_TEXT || type == QF_TYPE_ACTION ||
	       type == QF_TYPE_NOTICE;
}

/* Only what this node said of somebody's id is to be believed: another may
 * have an account of the same name. */
static bool is_me(const struct qf_irc *irc, const struct qf_irc_history *y,
                  const struct qf_shown *s, const char *id)
{
	const char *account = irc->guest->account;

	return s->near && !strcmp(id, y->me) &&
	       (!account || qf_account_had(irc->hall, account, s->lsn));
}

static bool is_by(const struct qf_irc *irc, const struct qf_irc_history *y,
                  const struct qf_shown *s)
{
	return is_me(irc, y, s, s->from_id);
}

/* What another node says is for a name: for its account, or for who had it when
 * that came. */
static bool is_to(const struct qf_irc *irc, const struct qf_irc_history *y,
                  const struct qf_shown *s)
{
	const struct qf_guest *g = irc->guest;

	if (s->near)
		return is_me(irc, y, s, s->to_id);
	return qf_nick_equal(s->to, g->nick) &&
	       qf_irc_had_name(irc->hall, g, s->lsn);
}

/* A person by whatever name it had then. */
static bool is_by_other(const struct qf_irc_history *y,
                        const struct qf_shown *s)
{
	return qf_key_equal(&s->by.author, &y->node) &&
	       (*y->other ? qf_nick_equal(s->by.guest, y->other)
	                  : !*s->by.guest);
}

static bool is_between(const struct qf_irc *irc, const struct qf_irc_history *y,
                       const struct qf_envelope *e)
{
	struct qf_shown s;
	bool good;

	if (!irc->guest || !qf_shown_init(&s, irc->hall, y->carried, e, y->lsn))
		return false;
	good = (is_by(irc, y, &s) &&
	        (*y->other ? qf_nick_equal(s.to, y->other) : !*s.to)) ||
	       (is_to(irc, y, &s) && is_by_other(y, &s));
	qf_shown_fini(&s);
	return good;
}

static void give_one(struct qf_irc *irc, const struct qf_irc_history *y,
                     const struct found *found, const char *batch)
{
	char command[2 * QF_ROOM_NAME_BYTES_MAX + 80];
	const char *target = y->target;
	struct qf_saying saying;
	struct qf_shown s;

	if (!qf_shown_init(&s, irc->hall, y->carried, found->envelope,
	                   found->lsn))
		return;
	if (*y->me && !is_by(irc, y, &s))
		target = irc->guest->nick;
	else if (*y->me && qf_nick_equal(s.to, target))
		target = s.to;
	qf_shown_saying(&s, target, command, sizeof command, &saying);
	qf_irc_give(irc, &saying, batch, true);
	qf_saying_fini(&saying);
	qf_shown_fini(&s);
}

static void give_all(struct qf_irc *irc, struct qf_irc_history *y)
{
	bool batched = qf_irc_has(irc, QF_IRC_CAP_BATCH);
	const char *server = irc->hall->server;
	char ref[24];

	qf_irc_batch_ref(irc, ref);
	if (batched && !(y->replay && !y->count))
		qf_irc_say(irc, ":%s BATCH +%s chathistory %s", server, ref,
		           y->target);
	for (size_t i = 0; i < y->count; i++)
		give_one(irc, y, &y->found[i], batched ? ref : NULL);
	if (batched && !(y->replay && !y->count))
		qf_irc_say(irc, ":%s BATCH -%s", server, ref);
	if (!y->replay)
		irc->one_batch = batched;
}

static int compare_targets(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->ms < y->ms ? -1 : x->ms > y->ms;
}

static void give_targets(struct qf_irc *irc, struct qf_irc_history *y)
{
	const char *server = irc->hall->server;
	uint64_t from = y->from.ms, to = y->to.ms;
	char ref[24], at[32];
	size_t given = 0;

	if (from > to) {
		from = y->to.ms;
		to = y->from.ms;
	}
	if (y->target_count)
		qsort(y->targets, y->target_count, sizeof *y->targets,
		      compare_targets);
	qf_irc_batch_ref(irc, ref);
	irc->one_batch = true;
	qf_irc_say(irc, ":%s BATCH +%s draft/chathistory-targets", server, ref);
	for (size_t i = 0; i < y->target_count && given < y->limit; i++) {
		const struct target *t = &y->targets[i];

		if (t->ms <= from || t->ms >= to)
			continue;
		qf_irc_time(t->ms, at);
		qf_irc_say(irc, "@batch=%s :%s CHATHISTORY TARGETS %s %s", ref,
		           server, t->name, at);
		given++;
	}
	qf_irc_say(irc, ":%s BATCH -%s", server, ref);
}

static void ask_pair(struct qf_irc *irc)
{
	struct qf_event *ev = qf_carry_tell(irc->hall->carry, QF_EV_FOLLOW,
	                                    irc->conn);

	if (ev)
		ev->room = irc->history->room;
}

/* TARGETS: the next room of two keys, if there is one. */
static bool look_further(struct qf_irc *irc)
{
	struct qf_irc_history *y = irc->history;
	const struct qf_carry *carry = irc->hall->carry;

	while (y->rooms_seen < carry->room_count && y->scanned < SCAN_MAX) {
		const struct qf_carried *c = carry->rooms[y->rooms_seen++];

		if (!c->direct)
			continue;
		qf_past_fini(&y->past);
		y->low = 0;
		y->room = c->id;
		ask_pair(irc);
		return true;
	}
	return false;
}

static void end(struct qf_irc *irc)
{
	struct qf_irc_history *y = irc->history;

	if (irc->guest && y->verb == TARGETS && look_further(irc))
		return;
	if (!irc->guest)
		irc->one_batch = false;
	else if (y->verb == TARGETS)
		give_targets(irc, y);
	else
		give_all(irc, y);
	qf_irc_history_free(irc);
}

/* Looking */

static void ask_page(struct qf_irc *irc)
{
	struct qf_irc_history *y = irc->history;
	size_t left = y->high - y->low;
	size_t count = left < PAGE_COUNT ? left : PAGE_COUNT;
	struct qf_read *read = calloc(1, sizeof *read);
	uint64_t *lsns = calloc(count + 1, sizeof *lsns);

	if (!read || !lsns) {
		irc->hall->carry->bad = true;
		free(read);
		free(lsns);
		return;
	}
	/* A read may give fewer, from the first on. */
	for (size_t i = 0; i < count; i++)
		lsns[i] = qf_past_at(&y->past,
		                     y->backward ? y->high - 1 - i : y->low + i)
		                  ->lsn;
	read->kind = QF_READ_LSNS;
	read->conn = irc->conn;
	read->number = ++irc->last_number;
	read->room = y->room;
	read->lsns = lsns;
	read->count = count;
	read->bytes_max = PAGE_BYTES;
	qf_carry_read(irc->hall->carry, read);
}

/* Enough was found, or there is no more on this side. */
static bool is_side_over(const struct qf_irc_history *y)
{
	size_t limit = y->verb == AROUND && !y->second ? y->limit / 2
	                                               : y->limit;

	return y->low >= y->high || y->scanned >= SCAN_MAX ||
	       (y->verb != TARGETS && y->count >= limit);
}

static void go_on(struct qf_irc *irc)
{
	struct qf_irc_history *y = irc->history;

	if (is_side_over(y) && y->verb == AROUND && !y->second) {
		y->second = true;
		y->backward = false;
		y->low = y->centre;
		y->high = qf_past_count(&y->past);
	}
	if (is_side_over(y))
		end(irc);
	else
		ask_page(irc);
}

static bool keep(struct qf_irc *irc, struct qf_envelope *e, bool in_front)
{
	struct qf_irc_history *y = irc->history;

	if (!qf_list_room(&y->found, y->count, &y->cap, sizeof *y->found)) {
		irc->hall->carry->bad = true;
		return false;
	}
	if (in_front)
		memmove(y->found + 1, y->found, y->count * sizeof *y->found);
	y->found[in_front ? 0 : y->count] = (struct found){ qf_envelope_ref(e),
		                                            y->lsn };
	y->count++;
	return true;
}

static void note_target(struct qf_irc *irc, const char *name, uint64_t ms)
{
	struct qf_irc_history *y = irc->history;
	char folded[sizeof y->targets->name];
	struct qf_hash key;
	uint64_t at;

	if (!qf_nick_fold(name, folded, sizeof folded))
		return;
	qf_nick_key(folded, &key);
	if (qf_idmap_get(&y->target_by_name, key.b, &at)) {
		if (ms > y->targets[at].ms)
			y->targets[at].ms = ms;
		return;
	}
	if (!qf_list_room(&y->targets, y->target_count, &y->target_cap,
	                  sizeof *y->targets) ||
	    qf_idmap_set(&y->target_by_name, key.b, y->target_count)) {
		irc->hall->carry->bad = true;
		return;
	}
	snprintf(y->targets[y->target_count].name, sizeof y->targets->name,
	         "%s", name);
	y->targets[y->target_count++].ms = ms;
}

/* Whom a guest of ours wrote to; NULL: somebody of whom nothing is known. */
static const char *written_to(const struct qf_irc *irc,
                              const struct qf_shown *s, char *out, size_t cap)
{
	const struct qf_key *other = &irc->history->carried->direct->other;
	const struct qf_hall_person *p = qf_hall_person(irc->hall, other);
	char short_key[QF_SHORT_CHARS + 1];

	if (!*s->to)
		return p ? p->nick : NULL;
	if (qf_key_equal(other, &irc->hall->key))
		return s->to;
	qf_key_short(other, short_key);
	snprintf(out, cap, "%s·%s", s->to, short_key);
	return out;
}

static void note_private(struct qf_irc *irc, const struct qf_envelope *e)
{
	const struct qf_irc_history *y = irc->history;
	const struct qf_hall *h = irc->hall;
	const struct qf_hall_person *self = qf_hall_person(h, &h->key);
	char far[sizeof y->target];
	const char *name = NULL;
	struct qf_shown s;

	if (!irc->guest || !qf_shown_init(&s, irc->hall, y->carried, e, y->lsn))
		return;
	if (is_by(irc, y, &s))
		name = written_to(irc, &s, far, sizeof far);
	else if (is_to(irc, y, &s))
		name = self && s.near && !*s.by.guest ? self->nick : s.nick;
	if (name)
		note_target(irc, name, s.hlc >> 16);
	qf_shown_fini(&s);
}

/* Of what is ahead, the place alone does not tell that. */
static bool is_within(const struct qf_irc_history *y, uint64_t ms)
{
	const struct reference *low = &y->from, *high = &y->to;

	if (y->verb == BEFORE || (y->verb == BETWEEN && y->backward)) {
		low = &y->to;
		high = &y->from;
	}
	if (y->verb == AROUND || y->verb == TARGETS)
		return true;
	return (low->kind != STAMP || ms > low->ms) &&
	       (high->kind != STAMP || ms < high->ms);
}

static void take(struct qf_irc *irc, struct qf_envelope *e, uint64_t lsn)
{
	struct qf_irc_history *y = irc->history;
	uint64_t hlc = qf_clock_shown(e->head.hlc, e->seen_ms,
	                              irc->hall->now.wall_ms);

	y->scanned++;
	y->lsn = lsn;
	if (!is_within(y, qf_clock_ms(hlc)) || !is_shown(irc, y, e))
		return;
	if (y->verb == TARGETS)
		note_private(irc, e);
	else if (!is_side_over(y) && (!*y->me || is_between(irc, y, e)))
		keep(irc, e, y->backward);
}

/* In the order in which places are looked at; what the store has not found is
 * passed over. */
void qf_irc_history_got(struct qf_irc *irc, struct qf_read *read)
{
	struct qf_irc_history *y = irc->history;
	size_t looked = read->got;

	if (!y)
		return;
	if (read->err || !read->got) {
		end(irc);
		return;
	}
	for (size_t i = 0; i < looked && !is_side_over(y); i++)
		take(irc, read->envelopes[i], read->lsns[i]);
	if (y->backward)
		y->high -= looked;
	else
		y->low += looked;
	go_on(irc);
}

/* No place is referred to. */
#define NOWHERE SIZE_MAX

/* The first place that is not before, or that is after, what is referred to;
 * what is ahead and shown just there lies within (is_within). NOWHERE: no
 * message of the room has that id. */
static size_t place_of(const struct qf_irc_history *y,
                       const struct reference *r, bool after)
{
	size_t count = qf_past_count(&y->past);

	if (r->kind == EVERYTHING)
		return 0;
	if (r->kind == STAMP)
		return qf_past_lower(&y->past, r->ms + after, !after);
	for (size_t i = count; i-- > 0;)
		if (!memcmp(qf_past_at(&y->past, i)->id.b, r->id.b,
		            sizeof r->id.b))
			return i + after;
	return NOWHERE;
}

static void begin_between(struct qf_irc_history *y)
{
	size_t a = place_of(y, &y->from, false);
	size_t b = place_of(y, &y->to, false);

	if (a == NOWHERE || b == NOWHERE) {
		y->high = NOWHERE;
		return;
	}
	y->backward = a > b;
	y->low = place_of(y, y->backward ? &y->to : &y->from, true);
	y->high = y->backward ? a : b;
}

static void begin(struct qf_irc_history *y)
{
	y->high = qf_past_count(&y->past);
	switch (y->verb) {
	case LATEST:
		y->backward = true;
		if (y->from.kind != EVERYTHING)
			y->low = place_of(y, &y->from, true);
		break;
	case BEFORE:
		y->backward = true;
		y->high = place_of(y, &y->from, false);
		break;
	case AFTER:
		y->low = place_of(y, &y->from, true);
		break;
	case BETWEEN:
		begin_between(y);
		break;
	case AROUND:
		y->backward = true;
		y->centre = y->high = place_of(y, &y->from, false);
		break;
	case TARGETS:
		y->backward = true;
		break;
	}
	if (y->low == NOWHERE || y->high == NOWHERE || y->centre == NOWHERE)
		y->low = y->high = y->centre = qf_past_count(&y->past);
}

void qf_irc_history_pair(struct qf_irc *irc, struct qf_effect *fx)
{
	struct qf_irc_history *y = irc->history;

	if (!y || y->past.snapshot || !qf_room_id_equal(&y->room, &fx->room))
		return;
	y->carried = qf_carry_find(irc->hall->carry, &fx->room);
	if (!fx->snapshot || !y->carried) {
		end(irc);
		return;
	}
	if (qf_past_init(&y->past, fx->snapshot, fx->room_ms))
		irc->hall->carry->bad = true;
	fx->snapshot = NULL;
	if (irc->hall->carry->bad)
		return;
	begin(y);
	go_on(irc);
}

/* Asking */

static struct qf_irc_history *new_history(struct qf_irc *irc, enum verb verb,
                                          const char *target, size_t limit)
{
	struct qf_irc_history *y = calloc(1, sizeof *y);
	uint8_t random[QF_HASH_BYTES];
	uint64_t seed;

	if (!y) {
		irc->hall->carry->bad = true;
		return NULL;
	}
	y->verb = verb;
	y->limit = limit;
	qf_irc_cut(y->target, sizeof y->target, target);
	qf_hall_random(irc->hall, random);
	memcpy(&seed, random, sizeof seed);
	qf_idmap_init(&y->target_by_name, seed);
	irc->history = y;
	return y;
}

void qf_irc_replay(struct qf_irc *irc, struct qf_hall_room *r)
{
	struct qf_irc_history *y;

	if (!irc->hall->replay || !qf_irc_has(irc, QF_IRC_CAP_TIME) ||
	    qf_irc_has(irc, QF_IRC_CAP_CHATHISTORY))
		return;
	y = new_history(irc, LATEST, r->name, irc->hall->replay);
	if (!y)
		return;
	y->replay = true;
	y->room = r->id;
	ask_pair(irc);
}

/* Rooms' newest stand in their topmost keys; private ones are looked for. */
static void ask_targets(struct qf_irc *irc)
{
	qf_irc_id(irc->guest, irc->history->me);
	for (size_t i = 0; i < irc->guest->room_count; i++) {
		const struct qf_hall_room *r = irc->guest->rooms[i];

		if (r->newest_ms)
			note_target(irc, r->name, r->newest_ms);
	}
	end(irc);
}

static int verb_of(const char *word)
{
	for (int i = 0; i < (int)(sizeof verbs / sizeof *verbs); i++)
		if (!strcasecmp(word, verbs[i]))
			return i;
	return -1;
}

static bool read_limit(const char *text, size_t *out)
{
	char *rest;
	long n = strtol(text, &rest, 10);

	if (!*text || *rest || n < 0)
		return false;
	*out = n > QF_IRC_HISTORY_MAX ? QF_IRC_HISTORY_MAX : (size_t)n;
	return true;
}

static void targets(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct reference from, to;
	struct qf_irc_history *y;
	size_t limit;

	if (l->count < 4 || !read_reference(l->params[1], &from) ||
	    !read_reference(l->params[2], &to) || from.kind != STAMP ||
	    to.kind != STAMP || !read_limit(l->params[3], &limit)) {
		fail(irc, "INVALID_PARAMS", "TARGETS",
		     "Two timestamps and a "
		     "limit are needed");
		return;
	}
	y = new_history(irc, TARGETS, "", limit);
	if (!y)
		return;
	y->from = from;
	y->to = to;
	ask_targets(irc);
}

void qf_irc_chathistory(struct qf_irc *irc, struct qf_irc_line *l)
{
	static const struct qf_room_id none;
	struct reference from, to = { 0 };
	struct qf_irc_history *y;
	size_t limit = 0, last;
	int verb;

	verb = l->count ? verb_of(l->params[0]) : LATEST;
	if (verb < 0) {
		fail(irc, "INVALID_PARAMS", l->params[0], "Unknown command");
		return;
	}
	if (l->count < 4) {
		fail(irc, "NEED_MORE_PARAMS", l->count ? l->params[0] : "",
		     "Not enough parameters");
		return;
	}
	if (verb == TARGETS) {
		targets(irc, l);
		return;
	}
	last = verb == BETWEEN ? 4 : 3;
	if (l->count <= last) {
		fail(irc, "NEED_MORE_PARAMS", verbs[verb],
		     "Not enough parameters");
		return;
	}
	if (!read_reference(l->params[2], &from) ||
	    (verb == BETWEEN && !read_reference(l->params[3], &to)) ||
	    !read_limit(l->params[last], &limit) ||
	    (verb != LATEST && from.kind == EVERYTHING) ||
	    (verb == BETWEEN && to.kind == EVERYTHING)) {
		fail(irc, "INVALID_PARAMS", verbs[verb], "Invalid parameters");
		return;
	}
	y = new_history(irc, (enum verb)verb, l->params[1], limit);
	if (!y)
		return;
	y->from = from;
	y->to = to;
	if (!find_room(irc, y))
		qf_irc_history_free(irc);
	else if (qf_room_id_equal(&y->room, &none))
		end(irc);
	else
		ask_pair(irc);
}
