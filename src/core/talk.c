/* talk.c - one room on one link: from the matched tag to the even tail */
#include "talk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

enum {
	NAMED_A_FRAME = 1024, /* entries of one HAVE or WANT */
	READ_COUNT = 256,
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
	let_go(t);
	qf_buf_fini(&t->deferred);
	free(t->owed);
	free(t);
}

static bool settled(const struct qf_talk *t)
{
	return t->phase == QF_TALK_EVEN && !t->named_left &&
	       t->owed_first == t->owed_count;
}

static void tell_turn(struct qf_talk *t, enum qf_event_kind kind)
{
	struct qf_event *ev = qf_carry_tell(t->session->carry, kind,
	                                    t->session->conn);

	if (ev)
		ev->room = t->room->id;
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
		tell_turn(t, QF_EV_TURN_ASKED);
}

void qf_talk_pair(struct qf_talk *t, struct qf_effect *fx)
{
	struct qf_session *s = t->session;
	struct qf_open open = { .handle = t->mine };

	assert(t->phase == QF_TALK_FOLLOWING);
	t->snapshot = fx->snapshot;
	fx->snapshot = NULL;
	t->cursor = t->snapshot->lsn;
	qf_snapshot_digest(t->snapshot, &t->my_root);
	open.count = t->snapshot->count;
	open.root = t->my_root;
	/* The tag as the peer offered it. */
	qf_room_tag(&t->room->tag_key, s->exporter, s->client ? 1 : 0,
	            &open.tag);
	qf_open_put(&s->control, &open);
	t->phase = QF_TALK_OPENED;
	if (t->heard_open)
		compare(t);
}

void qf_talk_open(struct qf_talk *t, const struct qf_open *open)
{
	if (t->heard_open) {
		qf_session_close(t->session, "a room was opened twice");
		return;
	}
	t->heard_open = true;
	t->theirs = open->handle;
	t->their_count = open->count;
	t->their_root = open->root;
	if (t->phase == QF_TALK_OPENED)
		compare(t);
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
	return true;
}

static size_t begin_recon(struct qf_talk *t)
{
	size_t mark = qf_frame_begin(&t->session->control, QF_FRAME_RECON);

	qf_put_varint(&t->session->control, t->mine);
	return mark;
}

/* Our turn: the snapshot that comes with it is newer than that of the pair,
 * and every envelope is still in it or above the cursor. */
void qf_talk_turn(struct qf_talk *t, struct qf_effect *fx)
{
	size_t mark;

	assert(t->phase == QF_TALK_WAITING);
	qf_snapshot_unref(t->snapshot);
	t->snapshot = fx->snapshot;
	fx->snapshot = NULL;
	t->has_turn = true;
	t->turn_ends_at = UINT64_MAX;
	if (!start(t))
		return;
	mark = begin_recon(t);
	if (qf_reconcile_begin(&t->recon, &t->session->control))
		t->session->carry->bad = true;
	qf_frame_end(&t->session->control, mark);
}

static void owe(struct qf_talk *t, size_t from, size_t to, bool answers)
{
	struct qf_owed *last;

	if (t->owed_first == t->owed_count)
		t->owed_first = t->owed_count = 0;
	last = t->owed_count ? &t->owed[t->owed_count - 1] : NULL;
	if (last && last->to == from && last->answers == answers) {
		last->to = to;
		return;
	}
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
		qf_session_close(s, "malformed reconciliation");
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
		qf_session_close(t->session, "reconciliation out of turn");
		return;
	}
	t->has_deferred = true;
	qf_put_raw(&t->deferred, payload.at, payload.len);
	if (t->deferred.bad)
		t->session->carry->bad = true;
}

void qf_talk_recon(struct qf_talk *t, struct qf_bytes payload)
{
	if (t->phase == QF_TALK_WAITING && !t->session->client && !start(t))
		return;
	if (t->phase == QF_TALK_RECONCILING && owes_much(t))
		defer(t, payload);
	else if (t->phase == QF_TALK_RECONCILING)
		answer(t, payload);
	else if (t->phase != QF_TALK_EVEN || payload.len)
		qf_session_close(t->session, "reconciliation out of turn");
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
		qf_session_close(t->session, "something named out of turn");
		return;
	}
	if (!expect_named(t, named, n)) {
		qf_session_close(t->session, "more named than there can be");
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
			qf_session_close(t->session,
			                 "something wanted that was not "
			                 "named");
			return;
		}
}

void qf_talk_arrived(struct qf_talk *t, size_t count, bool answers)
{
	if (answers)
		t->wanted_left -= count < t->wanted_left ? count
		                                         : t->wanted_left;
	if (t->has_turn && t->phase == QF_TALK_EVEN)
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

/* Pushed bodies turned out large: name the rest instead. */
static void stop_pushing(struct qf_talk *t)
{
	while (t->owed_first < t->owed_count &&
	       !t->owed[t->owed_first].answers) {
		const struct qf_owed *o = &t->owed[t->owed_first++];

		name(t, &(struct qf_lack){ .from = o->from, .to = o->to }, 1);
	}
}

static struct qf_read *read_owed(struct qf_talk *t)
{
	bool answers = t->owed[t->owed_first].answers;
	struct qf_read *r = read_new(t, QF_READ_LSNS);

	if (!r)
		return NULL;
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

struct qf_read *qf_talk_next_read(struct qf_talk *t)
{
	const struct qf_post *post;
	struct qf_read *r;

	if (t->pushed_bytes >= QF_PUSH_BYTES_MAX)
		stop_pushing(t);
	if (t->owed_first < t->owed_count)
		return read_owed(t);
	if (t->phase < QF_TALK_OPENED ||
	    qf_tail_next(&t->room->tail, t->cursor, &post) != QF_TAIL_BEHIND)
		return NULL;
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

void qf_talk_fetched(struct qf_talk *t, const struct qf_read *read)
{
	if (read->kind == QF_READ_AFTER)
		t->ready_answers = false;
	if (read->kind == QF_READ_AFTER)
		t->cursor = read->got ? read->lsns[read->got - 1]
		                      : qf_tail_known(&t->room->tail);
	else
		pay(t, read);
	if (t->has_deferred && !owes_much(t)) {
		t->has_deferred = false;
		answer(t, qf_buf_bytes(&t->deferred));
		qf_buf_clear(&t->deferred);
	}
	if (settled(t))
		let_go(t);
}

bool qf_talk_even(const struct qf_talk *t)
{
	return settled(t);
}
