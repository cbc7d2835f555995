/* wants.c - what peers have named and is not here yet */
#include "wants.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "limits.h"
#include "list.h"

static void key_of(const void *from, size_t len,
                   uint8_t out[QF_IDMAP_KEY_BYTES])
{
	memset(out, 0, QF_IDMAP_KEY_BYTES);
	memcpy(out, from, len);
}

void qf_wants_init(struct qf_wants *w, uint64_t seed)
{
	*w = (struct qf_wants){ 0 };
	qf_idmap_init(&w->by_id, seed);
	qf_idmap_init(&w->by_begin, seed);
	qf_idmap_init(&w->by_conn, seed);
}

void qf_wants_fini(struct qf_wants *w)
{
	while (w->namer_count)
		qf_wants_forget(w, w->namers[0]->conn);
	free(w->namers);
	free(w->heap);
	qf_idmap_fini(&w->by_id);
	qf_idmap_fini(&w->by_begin);
	qf_idmap_fini(&w->by_conn);
}

/* The heap: none is due before the one at (i - 1) / 2. */

static bool is_sooner(const struct qf_want *a, const struct qf_want *b)
{
	return a->due_ms == b->due_ms ? a->number < b->number
	                              : a->due_ms < b->due_ms;
}

static void put(struct qf_wants *w, size_t i, struct qf_want *want)
{
	w->heap[i] = want;
	want->at = i;
}

static void rise(struct qf_wants *w, struct qf_want *want)
{
	size_t i = want->at;

	for (size_t up; i; i = up) {
		up = (i - 1) / 2;
		if (!is_sooner(want, w->heap[up]))
			break;
		put(w, i, w->heap[up]);
	}
	put(w, i, want);
}

static void sink(struct qf_wants *w, struct qf_want *want)
{
	size_t i = want->at;

	for (size_t down; (down = 2 * i + 1) < w->count; i = down) {
		if (down + 1 < w->count &&
		    is_sooner(w->heap[down + 1], w->heap[down]))
			down++;
		if (!is_sooner(w->heap[down], want))
			break;
		put(w, i, w->heap[down]);
	}
	put(w, i, want);
}

static void set_due(struct qf_wants *w, struct qf_want *want, uint64_t due_ms)
{
	want->due_ms = due_ms;
	rise(w, want);
	sink(w, want);
}

static void leave_heap(struct qf_wants *w, const struct qf_want *want)
{
	struct qf_want *last = w->heap[--w->count];

	if (last == want)
		return;
	last->at = want->at;
	rise(w, last);
	sink(w, last);
}

/* Who named what. */

static struct qf_namer *namer(const struct qf_wants *w, uint64_t conn)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t at;

	key_of(&conn, sizeof conn, key);
	return qf_idmap_get(&w->by_conn, key, &at)
	               ? (struct qf_namer *)(uintptr_t)at
	               : NULL;
}

static struct qf_namer *add_namer(struct qf_wants *w, uint64_t conn)
{
	struct qf_namer *of = calloc(1, sizeof *of);
	uint8_t key[QF_IDMAP_KEY_BYTES];

	key_of(&conn, sizeof conn, key);
	if (!of ||
	    !qf_list_room(&w->namers, w->namer_count, &w->namer_cap,
	                  sizeof *w->namers) ||
	    qf_idmap_set(&w->by_conn, key, (uintptr_t)of)) {
		free(of);
		return NULL;
	}
	of->conn = conn;
	of->at = w->namer_count;
	w->namers[w->namer_count++] = of;
	return of;
}

/* It changes places with whoever is at i. */
static void move_namer(struct qf_wants *w, struct qf_namer *of, size_t i)
{
	struct qf_namer *other = w->namers[i];

	w->namers[of->at] = other;
	other->at = of->at;
	w->namers[i] = of;
	of->at = i;
}

static void set_stale(struct qf_wants *w, struct qf_namer *of)
{
	if (of->at >= w->stale_count)
		move_namer(w, of, w->stale_count++);
}

static void set_fresh(struct qf_wants *w, struct qf_namer *of)
{
	if (of->at < w->stale_count)
		move_namer(w, of, --w->stale_count);
}

int qf_wants_heard(struct qf_wants *w, uint64_t conn, uint64_t n)
{
	struct qf_namer *of = namer(w, conn);

	if (!of)
		of = add_namer(w, conn);
	if (!of)
		return QF_E_NOMEM;
	if (of->shut)
		return QF_E_LIMIT;
	of->heard = n;
	set_stale(w, of);
	return of->open > QF_WANTS_EACH_MAX ? QF_E_LIMIT : QF_OK;
}

static struct qf_want *find(const struct qf_wants *w, const struct qf_hash *id)
{
	uint64_t at;

	return qf_idmap_get(&w->by_id, id->b, &at)
	               ? (struct qf_want *)(uintptr_t)at
	               : NULL;
}

/* One more id begins so, or one less. */
static int count_begin(struct qf_wants *w, const struct qf_hash *id)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t *count;

	key_of(id->b, QF_PREV_BYTES, key);
	count = qf_idmap_at(&w->by_begin, key);
	if (!count)
		return qf_idmap_set(&w->by_begin, key, 1);
	++*count;
	return QF_OK;
}

static void discount_begin(struct qf_wants *w, const struct qf_hash *id)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t *count;

	key_of(id->b, QF_PREV_BYTES, key);
	count = qf_idmap_at(&w->by_begin, key);
	if (!--*count)
		qf_idmap_remove(&w->by_begin, key);
}

bool qf_wants_begun(const struct qf_wants *w,
                    const uint8_t begin[QF_PREV_BYTES])
{
	uint8_t key[QF_IDMAP_KEY_BYTES];

	key_of(begin, QF_PREV_BYTES, key);
	return qf_idmap_at(&w->by_begin, key);
}

static bool index_want(struct qf_wants *w, const struct qf_want *want)
{
	const struct qf_hash *id = &want->key.id;

	if (!qf_list_room(&w->heap, w->count, &w->cap, sizeof *w->heap) ||
	    qf_idmap_set(&w->by_id, id->b, (uintptr_t)want))
		return false;
	if (!count_begin(w, id))
		return true;
	qf_idmap_remove(&w->by_id, id->b);
	return false;
}

static struct qf_want *begin(struct qf_wants *w, const struct qf_room_id *room,
                             const struct qf_setkey *key, uint64_t due_ms)
{
	struct qf_want *want = malloc(sizeof *want);

	if (!want)
		return NULL;
	*want = (struct qf_want){ .room = *room,
		                  .key = *key,
		                  .due_ms = due_ms };
	if (!index_want(w, want)) {
		free(want);
		return NULL;
	}
	want->number = ++w->last_number;
	want->at = w->count++;
	rise(w, want);
	return want;
}

static void drop(struct qf_wants *w, struct qf_want *want)
{
	leave_heap(w, want);
	qf_idmap_remove(&w->by_id, want->key.id.b);
	discount_begin(w, &want->key.id);
	free(want);
}

/* The shorter way: all names of the table together are bounded, so not many
 * links can have named this and much else. */
static struct qf_offer *offer_of(const struct qf_want *want,
                                 const struct qf_namer *of)
{
	struct qf_offer *o;

	if (want->count < of->open)
		for (o = want->first; o && o->namer != of;)
			o = o->next;
	else
		for (o = of->first; o && o->want != want;)
			o = o->after;
	return o;
}

/* Its names come in their order, so it goes to the end. */
static void join_namer(struct qf_namer *of, struct qf_offer *o)
{
	o->before = of->last;
	while (o->before && o->before->number > o->number)
		o->before = o->before->before;
	o->after = o->before ? o->before->after : of->first;
	*(o->before ? &o->before->after : &of->first) = o;
	*(o->after ? &o->after->before : &of->last) = o;
	of->open++;
}

static void leave_namer(const struct qf_offer *o)
{
	struct qf_namer *of = o->namer;

	*(o->before ? &o->before->after : &of->first) = o->after;
	*(o->after ? &o->after->before : &of->last) = o->before;
	of->open--;
}

static void join_want(struct qf_want *want, struct qf_offer *o)
{
	*(want->last ? &want->last->next : &want->first) = o;
	want->last = o;
	want->count++;
}

static void leave_want(const struct qf_offer *o)
{
	struct qf_want *want = o->want;
	struct qf_offer **at = &want->first, *before = NULL;

	while (*at != o) {
		before = *at;
		at = &before->next;
	}
	*at = o->next;
	if (want->last == o)
		want->last = before;
	want->count--;
}

int qf_wants_add(struct qf_wants *w, const struct qf_room_id *room,
                 const struct qf_setkey *key, uint64_t conn, uint64_t number,
                 uint64_t due_ms)
{
	struct qf_namer *of = namer(w, conn);
	struct qf_want *want = find(w, &key->id);
	struct qf_offer *o;

	assert(of);
	if (want && offer_of(want, of))
		return QF_OK;
	o = malloc(sizeof *o);
	if (o && !want)
		want = begin(w, room, key, due_ms);
	if (!o || !want) {
		free(o);
		return QF_E_NOMEM;
	}
	*o = (struct qf_offer){ .namer = of, .want = want, .number = number };
	join_namer(of, o);
	join_want(want, o);
	w->open++;
	return QF_OK;
}

void qf_wants_here(struct qf_wants *w, const struct qf_hash *id)
{
	struct qf_want *want = w->count ? find(w, id) : NULL;
	struct qf_offer *o, *next;

	if (!want)
		return;
	for (o = want->first; o; o = next) {
		next = o->next;
		leave_namer(o);
		set_stale(w, o->namer);
		free(o);
		w->open--;
	}
	drop(w, want);
}

static void take_back(struct qf_wants *w, struct qf_namer *of)
{
	struct qf_offer *o;

	while ((o = of->first)) {
		struct qf_want *want = o->want;

		leave_namer(o);
		leave_want(o);
		free(o);
		w->open--;
		if (!want->count)
			drop(w, want);
	}
}

const struct qf_namer *qf_wants_excess(struct qf_wants *w)
{
	struct qf_namer *most = NULL;

	if (w->open <= QF_WANTS_MAX)
		return NULL;
	for (size_t i = 0; i < w->namer_count; i++)
		if (!most || w->namers[i]->open > most->open)
			most = w->namers[i];
	take_back(w, most);
	set_fresh(w, most);
	most->shut = true;
	return most;
}

void qf_wants_forget(struct qf_wants *w, uint64_t conn)
{
	struct qf_namer *of = namer(w, conn);
	uint8_t key[QF_IDMAP_KEY_BYTES];

	if (!of)
		return;
	take_back(w, of);
	set_fresh(w, of);
	move_namer(w, of, --w->namer_count);
	key_of(&conn, sizeof conn, key);
	qf_idmap_remove(&w->by_conn, key);
	free(of);
}

/* Whoever was asked least; the first that named it comes first. */
static struct qf_offer *next_offer(const struct qf_want *want)
{
	struct qf_offer *next = want->first;

	for (struct qf_offer *o = next->next; o; o = o->next)
		if (o->asked < next->asked)
			next = o;
	return next;
}

struct qf_want *qf_wants_next(struct qf_wants *w, uint64_t now_ms,
                              struct qf_offer **offer)
{
	struct qf_want *want;

	if (now_ms < qf_wants_wake(w))
		return NULL;
	want = w->heap[0];
	*offer = next_offer(want);
	set_due(w, want, now_ms + (QF_WANT_AGAIN_MS << (*offer)->asked));
	(*offer)->asked++;
	return want;
}

void qf_wants_defer(struct qf_wants *w, struct qf_want *want,
                    struct qf_offer *offer, uint64_t due_ms)
{
	offer->asked--;
	set_due(w, want, due_ms);
}

uint64_t qf_wants_wake(const struct qf_wants *w)
{
	return w->count ? w->heap[0]->due_ms : UINT64_MAX;
}

static uint64_t had(const struct qf_namer *of)
{
	return of->first ? of->first->number - 1 : of->heard;
}

const struct qf_namer *qf_wants_had(struct qf_wants *w)
{
	while (w->stale_count) {
		struct qf_namer *of = w->namers[0];
		uint64_t before = of->had;

		set_fresh(w, of);
		of->had = had(of);
		if (of->had > before)
			return of;
	}
	return NULL;
}
