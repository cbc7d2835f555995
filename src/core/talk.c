/* talk.c - one room on one link: from the matched tag to the even tail */
#include "talk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

enum {
	NAMED_A_FRAME = 1024, /* entries of one HAVE or WANT */
	READ_COUNT = 1024,    /* few batches are cut at the end of a read */
	READ_BYTES = 256 * 1024,
};

struct qf_talk *qf_talk_new(struct qf_session *s, struct qf_carried *room)
{
	struct qf_talk *t = calloc(1, sizeof *t);
	struct qf_event *ev;

	if (!t)
		return NULL;
	t->session = s;
	t->room = room;
	t->mine = s->next_handle++;
	qf_carry_follow(room, &t->follower, s->conn);
	ev = qf_carry_tell(s->carry, QF_EV_FOLLOW, s->conn);
	if (ev)
		ev->room = room->id;
	return t;
}

/* The snapshot and all that hangs on it. */
static void let_go(struct qf_talk *t)
{
	if (t->has_recon)
		qf_reconcile_fini(&t->recon);
	t->has_recon = false;
	qf_snapshot_unref(t->snapshot);
	t->snapshot = NULL;
}

void qf_talk_free(struct qf_talk *t)
{
	if (!t)
		return;
	qf_carry_unfollow(&t->follower);
	let_go(t);
	qf_buf_fini(&t->deferred);
	free(t->owed);
	free(t->asked);
	free(t);
}

struct qf_talk *qf_talk_of_theirs(const struct qf_session *s, uint64_t handle)
{
	for (size_t i = 0; i < s->talk_count; i++)
		if (s->talks[i]->heard_open && s->talks[i]->theirs == handle)
			return s->talks[i];
	return NULL;
}

struct qf_talk *qf_talk_of_msg(const struct qf_session *s, struct qf_cursor *c,
                               uint8_t *flags)
{
	struct qf_talk *t;

	*flags = qf_get_u8(c);
	t = qf_talk_of_theirs(s, qf_get_varint(c));
	if (c->bad ||
	    *flags & ~(QF_MSG_ANSWERS | QF_MSG_ASKS_ACK | QF_MSG_LIVE))
		return NULL;
	return t;
}

static bool settled(const struct qf_talk *t)
{
	return t->phase == QF_TALK_EVEN && !t->named_left &&
	       t->owed_first == t->owed_count;
}

static struct qf_event *tell_turn(struct qf_talk *t, enum qf_event_kind kind)
{
	struct qf_event *ev = qf_carry_tell(t->session->carry, kind,
	                                    t->session->conn);

	if (ev)
		ev->room = t->room->id;
	return ev;
}

/* Its turn to reconcile, or (1) to sum up. */
static void ask_turn(struct qf_talk *t, uint64_t number)
{
	struct qf_event *ev = tell_turn(t, QF_EV_TURN_ASKED);

	if (ev)
		ev->number = number;
}

/* Every range is closed. What we asked for may still be on its way. */
static void even(struct qf_talk *t)
{
	t->phase = QF_TALK_EVEN;
	if (settled(t))
		let_go(t);
	if (t->has_turn)
		t->turn_ends_at = t->session->carried;
	qf_talk_stored(t);
}

/* Both summaries are known. */
static void compare(struct qf_talk *t)
{
	t->phase = QF_TALK_WAITING;
	if (t->their_count == t->snapshot->count &&
	    !memcmp(t->their_root.b, t->my_root.b, sizeof t->my_root.b))
		even(t);
	else if (t->session->client)
		ask_turn(t, 0);
}

/* All that was put off or passed over is in it, but for what the core has told
 * of (tail.h) since it made it. */
static void take_snapshot(struct qf_talk *t, struct qf_effect *fx)
{
	qf_snapshot_unref(t->snapshot);
	t->snapshot = fx->snapshot;
	fx->snapshot = NULL;
	t->summed = t->snapshot->lsn;
	t->stale = t->passed > t->summed;
}

static void sum_up(struct qf_talk *t)
{
	struct qf_session *s = t->session;
	struct qf_open open = { .handle = t->mine };

	qf_snapshot_digest(t->snapshot, &t->my_root);
	open.count = t->snapshot->count;
	open.root = t->my_root;
	/* The tag as the peer offered it. */
	qf_room_tag(&t->room->tag_key, s->exporter, s->client ? 1 : 0,
	            &open.tag);
	qf_open_put(&s->control, &open);
	t->phase = QF_TALK_OPENED;
}

void qf_talk_pair(struct qf_talk *t, struct qf_effect *fx)
{
	struct qf_session *s = t->session;

	assert(t->phase == QF_TALK_FOLLOWING);
	take_snapshot(t, fx);
	t->cursor = t->snapshot->lsn;
	s->settle_ms = s->now_ms + QF_SETTLE_MS;
	sum_up(t);
	if (t->lazy)
		qf_number_put(&s->control, QF_FRAME_PRUNE, t->mine);
	if (t->heard_open)
		compare(t);
}

void qf_talk_passed_over(struct qf_talk *t, uint64_t lsn)
{
	if (lsn > t->passed)
		t->passed = lsn;
	if (lsn > t->summed)
		t->stale = true;
}

void qf_talk_again(struct qf_talk *t)
{
	if (!settled(t) || !(t->stale || t->reopened) || t->asks_again ||
	    t->has_turn)
		return;
	t->asks_again = true;
	ask_turn(t, 1);
}

/* Another round. What is live goes on from where it is. */
static void open_again(struct qf_talk *t, struct qf_effect *fx)
{
	t->asks_again = false;
	take_snapshot(t, fx);
	sum_up(t);
	if (t->reopened)
		compare(t);
	t->reopened = false;
}

void qf_talk_open(struct qf_talk *t, const struct qf_open *open)
{
	bool again = t->heard_open;

	if (again &&
	    (open->handle != t->theirs || t->reopened ||
	     t->phase == QF_TALK_FOLLOWING || t->phase == QF_TALK_WAITING)) {
		qf_session_blame(t->session, "a room was opened twice");
		return;
	}
	t->heard_open = true;
	t->theirs = open->handle;
	t->their_count = open->count;
	t->their_root = open->root;
	if (t->phase == QF_TALK_OPENED)
		compare(t);
	else
		t->reopened = again;
}

static bool start(struct qf_talk *t)
{
	struct qf_session *s = t->session;
	struct qf_hash key;

	qf_room_recon_key(&t->room->id, s->exporter, &key);
	if (qf_reconcile_init(&t->recon, t->snapshot, &key)) {
		s->carry->bad = true;
		return false;
	}
	t->has_recon = true;
	t->phase = QF_TALK_RECONCILING;
	t->pushed = t->pushed_bytes = 0;
	return true;
}

static size_t begin_recon(struct qf_talk *t)
{
	size_t mark = qf_frame_begin(&t->session->control, QF_FRAME_RECON);

	qf_put_varint(&t->session->control, t->mine);
	return mark;
}

/* The front of the list, once it is half of it. */
static void drop_paid(struct qf_talk *t)
{
	size_t left = t->owed_count - t->owed_first;

	if (!t->owed_first || t->owed_first < left)
		return;
	memmove(t->owed, t->owed + t->owed_first, left * sizeof *t->owed);
	t->owed_first = 0;
	t->owed_count = left;
}

static void owe(struct qf_talk *t, size_t from, size_t to, bool answers)
{
	struct qf_owed *last;

	drop_paid(t);
	last = t->owed_count ? &t->owed[t->owed_count - 1] : NULL;
	t->owed_left += to - from;
	if (last && last->to == from && last->answers == answers) {
		last->to = to;
		return;
	}
	if (last && from < last->to)
		t->owed_mixed = true;
	if (!qf_list_room(&t->owed, t->owed_count, &t->owed_cap,
	                  sizeof *t->owed)) {
		t->session->carry->bad = true;
		return;
	}
	t->owed[t->owed_count++] = (struct qf_owed){ from, to, answers };
}

/* Name ranges of ours; the peer says what of them it wants. */
static void name(struct qf_talk *t, const struct qf_lack *lacks, size_t n)
{
	struct qf_named *named = calloc(n ? n : 1, sizeof *named);

	if (!named) {
		t->session->carry->bad = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		named[i].range = true;
		named[i].from = qf_bound_at(t->snapshot, lacks[i].from);
		named[i].to = qf_bound_at(t->snapshot, lacks[i].to);
		named[i].count = lacks[i].to - lacks[i].from;
		t->named_left += named[i].count;
	}
	for (size_t i = 0; i < n; i += NAMED_A_FRAME)
		qf_named_put(&t->session->control, QF_FRAME_HAVE, t->mine,
		             named + i,
		             n - i < NAMED_A_FRAME ? n - i : NAMED_A_FRAME);
	free(named);
}

/* Little is pushed straight away, what is more is named. */
static void give(struct qf_talk *t, const struct qf_found *found)
{
	size_t i;

	for (i = 0; i < found->their_count; i++) {
		const struct qf_lack *lack = &found->theirs[i];
		size_t count = lack->to - lack->from;

		if (t->pushed + count > QF_PUSH_COUNT_MAX)
			break;
		t->pushed += count;
		owe(t, lack->from, lack->to, false);
	}
	if (i < found->their_count)
		name(t, found->theirs + i, found->their_count - i);
}

static void want_listed(struct qf_talk *t, const struct qf_found *found)
{
	struct qf_named named[NAMED_A_FRAME];

	for (size_t i = 0; i < found->wanted_count;) {
		size_t n = 0;

		while (n < NAMED_A_FRAME && i < found->wanted_count)
			named[n++] = (struct qf_named){
				.short_id = found->wanted[i++], .count = 1
			};
		qf_named_put(&t->session->control, QF_FRAME_WANT, t->mine,
		             named, n);
		t->wanted_left += n;
	}
}

static void answer(struct qf_talk *t, struct qf_bytes payload)
{
	struct qf_session *s = t->session;
	size_t budget = QF_OWED_MAX - (t->owed_count - t->owed_first);
	struct qf_found found;
	struct qf_buf out;
	int err;

	qf_found_init(&found);
	qf_buf_init(&out, QF_RECON_BYTES_MAX);
	err = qf_reconcile_answer(&t->recon, payload, budget, &out, &found);
	if (err == QF_E_NOMEM || out.bad) {
		s->carry->bad = true;
	} else if (err) {
		qf_session_blame(s, "malformed reconciliation");
	} else {
		want_listed(t, &found);
		give(t, &found);
		if (out.len || payload.len) {
			size_t mark = begin_recon(t);

			qf_put_raw(&s->control, out.at, out.len);
			qf_frame_end(&s->control, mark);
		}
		if (t->recon.done)
			even(t);
	}
	qf_buf_fini(&out);
	qf_found_fini(&found);
}

/* What a peer may want of our lists is bounded by answering only when most of
 * what it wanted before is on its way. */
static bool owes_much(const struct qf_talk *t)
{
	return t->owed_count - t->owed_first > QF_OWED_MAX / 2;
}

static void defer(struct qf_talk *t, struct qf_bytes payload)
{
	if (t->has_deferred) {
		qf_session_blame(t->session, "reconciliation out of turn");
		return;
	}
	t->has_deferred = true;
	qf_put_raw(&t->deferred, payload.at, payload.len);
	if (t->deferred.bad)
		t->session->carry->bad = true;
}

/* The peer begins: our turn as well, for what it has comes here, too. */
static void defer_until_turn(struct qf_talk *t, struct qf_bytes payload)
{
	if (!t->has_deferred)
		ask_turn(t, 0);
	defer(t, payload);
}

/* Another link is at it. */
static void put_off(struct qf_talk *t)
{
	t->phase = QF_TALK_EVEN;
	t->stale = true;
	let_go(t);
}

static void refuse(struct qf_talk *t)
{
	qf_number_put(&t->session->control, QF_FRAME_LATER, t->mine);
	t->has_deferred = false;
	qf_buf_clear(&t->deferred);
	put_off(t);
}

void qf_talk_later(struct qf_talk *t)
{
	if (t->phase != QF_TALK_RECONCILING || !t->session->client) {
		qf_session_blame(t->session, "LATER out of turn");
		return;
	}
	t->has_turn = false;
	tell_turn(t, QF_EV_TURN_OVER);
	put_off(t);
}

static void answer_deferred(struct qf_talk *t)
{
	t->has_deferred = false;
	answer(t, qf_buf_bytes(&t->deferred));
	qf_buf_clear(&t->deferred);
}

/* The snapshot that comes with it is newer than that of the pair. All
 * that we sum up from now on is of this one, so the cursor may go there, too:
 * every envelope is still in the snapshot or above it. */
static void reconcile(struct qf_talk *t, struct qf_effect *fx)
{
	size_t mark;

	take_snapshot(t, fx);
	t->cursor = t->snapshot->lsn > t->cursor ? t->snapshot->lsn : t->cursor;
	t->has_turn = true;
	t->turn_ends_at = UINT64_MAX;
	if (!start(t))
		return;
	if (!t->session->client) {
		answer_deferred(t);
		return;
	}
	mark = begin_recon(t);
	if (qf_reconcile_begin(&t->recon, &t->session->control))
		t->session->carry->bad = true;
	qf_frame_end(&t->session->control, mark);
}

void qf_talk_turn(struct qf_talk *t, struct qf_effect *fx)
{
	assert(t->phase == QF_TALK_WAITING || t->asks_again);
	if (!fx->snapshot)
		refuse(t);
	else if (t->asks_again)
		open_again(t, fx);
	else
		reconcile(t, fx);
}

void qf_talk_recon(struct qf_talk *t, struct qf_bytes payload)
{
	if (t->phase == QF_TALK_WAITING && !t->session->client)
		defer_until_turn(t, payload);
	else if (t->phase == QF_TALK_RECONCILING && owes_much(t))
		defer(t, payload);
	else if (t->phase == QF_TALK_RECONCILING)
		answer(t, payload);
	else if (t->phase != QF_TALK_EVEN || payload.len)
		qf_session_blame(t->session, "reconciliation out of turn");
}

/* The other end does not know our handle before it has our OPEN. */
static void prune(struct qf_talk *t)
{
	t->lazy = true;
	if (t->phase >= QF_TALK_OPENED)
		qf_number_put(&t->session->control, QF_FRAME_PRUNE, t->mine);
}

static void graft(struct qf_talk *t, const struct qf_effect *fx)
{
	if (t->phase < QF_TALK_OPENED)
		return;
	t->lazy = false;
	qf_ids_put(&t->session->control, QF_FRAME_GRAFT, t->mine, fx->keys,
	           fx->key_count);
}

static void send_asked(struct qf_talk *t, const struct qf_effect *fx)
{
	if (t->asked_count + fx->key_count > QF_OWED_MAX) {
		qf_session_blame(t->session, "asks much and reads little");
		return;
	}
	for (size_t i = 0; i < fx->key_count; i++) {
		if (!qf_list_room(&t->asked, t->asked_count, &t->asked_cap,
		                  sizeof *t->asked)) {
			t->session->carry->bad = true;
			return;
		}
		t->asked[t->asked_count++] = fx->keys[i].lsn;
	}
}

void qf_talk_told(struct qf_talk *t, const struct qf_effect *fx)
{
	if (fx->kind == QF_FX_PRUNE)
		prune(t);
	else if (fx->kind == QF_FX_GRAFT)
		graft(t, fx);
	else
		send_asked(t, fx);
}

static bool expect_named(struct qf_talk *t, const struct qf_named *named,
                         size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (named[i].count > UINT64_MAX - t->wanted_left)
			return false;
		t->wanted_left += named[i].count;
	}
	return true;
}

void qf_talk_have(struct qf_talk *t, const struct qf_named *named, size_t n)
{
	struct qf_named *wanted;

	if (t->phase < QF_TALK_RECONCILING) {
		qf_session_blame(t->session, "something named out of turn");
		return;
	}
	if (!expect_named(t, named, n)) {
		qf_session_blame(t->session, "more named than there can be");
		return;
	}
	wanted = malloc((n ? n : 1) * sizeof *wanted);
	if (!wanted) {
		t->session->carry->bad = true;
		return;
	}
	memcpy(wanted, named, n * sizeof *wanted);
	for (size_t i = 0; i < n; i++)
		if (wanted[i].range)
			wanted[i].count = 0;
	qf_named_put(&t->session->control, QF_FRAME_WANT, t->mine, wanted, n);
	free(wanted);
}

static bool owe_wanted(struct qf_talk *t, const struct qf_named *w)
{
	int64_t rank;
	size_t from, to;

	if (t->owed_count - t->owed_first > 2 * QF_OWED_MAX || !t->has_recon)
		return false;
	if (!w->range) {
		rank = qf_reconcile_rank(&t->recon, w->short_id);
		if (rank < 0)
			return false;
		owe(t, (size_t)rank, (size_t)rank + 1, true);
		return true;
	}
	from = qf_bound_rank(t->snapshot, &w->from);
	to = qf_bound_rank(t->snapshot, &w->to);
	if (from >= to || to - from > t->named_left)
		return false;
	t->named_left -= to - from;
	owe(t, from, to, true);
	return true;
}

void qf_talk_want(struct qf_talk *t, const struct qf_named *named, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!owe_wanted(t, &named[i])) {
			qf_session_blame(t->session,
			                 "something wanted that was not "
			                 "named");
			return;
		}
}

bool qf_talk_is_backlog(const struct qf_talk *t, uint8_t flags)
{
	return flags & QF_MSG_ANSWERS ||
	       (!(flags & QF_MSG_LIVE) && t->wanted_left);
}

void qf_talk_arrived(struct qf_talk *t, size_t count, bool answers)
{
	if (answers)
		t->wanted_left -= count < t->wanted_left ? count
		                                         : t->wanted_left;
	/* What is live comes for ever, and is nothing that the turn brought. */
	if (answers && t->has_turn && t->phase == QF_TALK_EVEN)
		t->turn_ends_at = t->session->carried;
}

/* The next in line begins with what we got: when it is stored, not before. */
void qf_talk_stored(struct qf_talk *t)
{
	if (!t->has_turn || t->phase != QF_TALK_EVEN || t->wanted_left ||
	    t->session->stored < t->turn_ends_at)
		return;
	t->has_turn = false;
	tell_turn(t, QF_EV_TURN_OVER);
}

static struct qf_read *read_new(struct qf_talk *t, enum qf_read_kind kind)
{
	struct qf_read *r = calloc(1, sizeof *r);

	if (r)
		r->lsns = calloc(READ_COUNT, sizeof *r->lsns);
	if (!r || !r->lsns) {
		free(r);
		t->session->carry->bad = true;
		return NULL;
	}
	r->kind = kind;
	r->conn = t->session->conn;
	r->number = t->mine;
	r->room = t->room->id;
	r->bytes_max = READ_BYTES;
	return r;
}

static int compare_owed(const void *a, const void *b)
{
	const struct qf_owed *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* While no read is out, for what it brings pays the first of them. */
static void put_in_order(struct qf_talk *t)
{
	if (t->owed_mixed)
		qsort(t->owed + t->owed_first, t->owed_count - t->owed_first,
		      sizeof *t->owed, compare_owed);
	t->owed_mixed = false;
}

/* More may become known that belongs before what is owed by now. */
static bool gathers(const struct qf_talk *t)
{
	return (t->phase < QF_TALK_EVEN || t->named_left) && !owes_much(t);
}

/* Pushed bodies turned out large: name the rest instead. */
static void stop_pushing(struct qf_talk *t)
{
	size_t kept = t->owed_first;

	for (size_t i = t->owed_first; i < t->owed_count; i++) {
		struct qf_owed o = t->owed[i];

		if (o.answers) {
			t->owed[kept++] = o;
			continue;
		}
		t->owed_left -= o.to - o.from;
		name(t, &(struct qf_lack){ .from = o.from, .to = o.to }, 1);
	}
	t->owed_count = kept;
}

static struct qf_read *read_owed(struct qf_talk *t)
{
	struct qf_read *r = read_new(t, QF_READ_LSNS);
	bool answers;

	if (!r)
		return NULL;
	put_in_order(t);
	answers = t->owed[t->owed_first].answers;
	if (!answers)
		r->bytes_max = QF_PUSH_BYTES_MAX - t->pushed_bytes;
	for (size_t i = t->owed_first; i < t->owed_count; i++) {
		const struct qf_owed *o = &t->owed[i];

		if (o->answers != answers)
			break;
		for (size_t k = o->from; k < o->to; k++) {
			if (r->count == READ_COUNT)
				return r;
			r->lsns[r->count++] =
				qf_snapshot_at(t->snapshot, k)->lsn;
		}
	}
	return r;
}

static struct qf_read *read_asked(struct qf_talk *t)
{
	struct qf_read *r = read_new(t, QF_READ_LSNS);

	if (!r)
		return NULL;
	while (r->count < t->asked_count && r->count < READ_COUNT) {
		r->lsns[r->count] = t->asked[r->count];
		r->count++;
	}
	return r;
}

struct qf_read *qf_talk_next_read(struct qf_talk *t)
{
	const struct qf_post *post;
	struct qf_read *r;

	t->reads_asked = t->asked_count;
	if (t->asked_count)
		return read_asked(t);
	if (t->pushed_bytes >= QF_PUSH_BYTES_MAX)
		stop_pushing(t);
	if (t->owed_first < t->owed_count && !gathers(t))
		return read_owed(t);
	if (!qf_talk_flows(t) ||
	    qf_tail_next(&t->room->tail, t->cursor, &post) != QF_TAIL_BEHIND)
		return NULL;
	if (t->cursor < qf_tail_backlog(&t->room->tail)) {
		t->cursor = qf_tail_known(&t->room->tail);
		qf_talk_passed_over(t, t->cursor);
		return NULL;
	}
	r = read_new(t, QF_READ_AFTER);
	if (r) {
		r->after = t->cursor;
		r->count = READ_COUNT;
	}
	return r;
}

static void pay(struct qf_talk *t, const struct qf_read *read)
{
	size_t left = read->got;

	t->owed_left -= left;
	t->ready_answers = t->owed[t->owed_first].answers;
	for (size_t i = 0; i < read->got && !t->ready_answers; i++)
		t->pushed_bytes += read->envelopes[i]->head.body_len;
	while (left) {
		struct qf_owed *o = &t->owed[t->owed_first];
		size_t count = o->to - o->from;

		if (count > left) {
			o->from += left;
			return;
		}
		left -= count;
		t->owed_first++;
	}
}

static void sent_asked(struct qf_talk *t, size_t count)
{
	t->asked_count -= count;
	memmove(t->asked, t->asked + count, t->asked_count * sizeof *t->asked);
}

void qf_talk_fetched(struct qf_talk *t, const struct qf_read *read)
{
	if (read->kind == QF_READ_AFTER || t->reads_asked)
		t->ready_answers = false;
	if (read->kind == QF_READ_AFTER)
		t->cursor = read->got ? read->lsns[read->got - 1]
		                      : qf_tail_known(&t->room->tail);
	else if (t->reads_asked)
		sent_asked(t, read->got);
	else
		pay(t, read);
	if (t->has_deferred && t->phase == QF_TALK_RECONCILING && !owes_much(t))
		answer_deferred(t);
	if (settled(t))
		let_go(t);
}

/* What is live waits for what is older: for a moment until that is known, and
 * then until it is sent, unless there is much of it. */
bool qf_talk_flows(const struct qf_talk *t)
{
	if (t->phase < QF_TALK_OPENED)
		return false;
	if (t->phase < QF_TALK_EVEN)
		return t->session->now_ms >= t->session->settle_ms;
	return settled(t) || t->owed_left + t->named_left > QF_OLDER_MAX;
}

bool qf_talk_even(const struct qf_talk *t)
{
	return settled(t) && !t->stale;
}
