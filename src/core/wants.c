/* wants.c - what peers have named and is not here yet */
#include "wants.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "list.h"

void qf_wants_init(struct qf_wants *w, uint64_t seed)
{
	*w = (struct qf_wants){ .due_ms = UINT64_MAX };
	qf_idmap_init(&w->by_id, seed);
}

void qf_wants_fini(struct qf_wants *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->list[i].offers);
	free(w->list);
	free(w->namers);
	qf_idmap_fini(&w->by_id);
}

static struct qf_namer *namer(struct qf_wants *w, uint64_t conn)
{
	for (size_t i = 0; i < w->namer_count; i++)
		if (w->namers[i].conn == conn)
			return &w->namers[i];
	return NULL;
}

int qf_wants_heard(struct qf_wants *w, uint64_t conn, uint64_t n)
{
	struct qf_namer *of = namer(w, conn);

	if (!of) {
		if (!qf_list_room(&w->namers, w->namer_count, &w->namer_cap,
		                  sizeof *w->namers))
			return QF_E_NOMEM;
		of = &w->namers[w->namer_count++];
		*of = (struct qf_namer){ .conn = conn };
	}
	of->heard = n;
	of->stale = true;
	return of->open > QF_WANTS_EACH_MAX ? QF_E_LIMIT : QF_OK;
}

static struct qf_want *find(const struct qf_wants *w, const struct qf_hash *id)
{
	uint64_t at;

	return qf_idmap_get(&w->by_id, id->b, &at) ? &w->list[at] : NULL;
}

static struct qf_want *begin(struct qf_wants *w, const struct qf_room_id *room,
                             const struct qf_setkey *key, uint64_t due_ms)
{
	struct qf_want *want;

	if (!qf_list_room(&w->list, w->count, &w->cap, sizeof *w->list) ||
	    qf_idmap_set(&w->by_id, key->id.b, w->count))
		return NULL;
	want = &w->list[w->count++];
	*want = (struct qf_want){ .room = *room,
		                  .key = *key,
		                  .due_ms = due_ms };
	if (due_ms < w->due_ms)
		w->due_ms = due_ms;
	return want;
}

static struct qf_offer *offer_of(const struct qf_want *want, uint64_t conn)
{
	for (size_t i = 0; i < want->count; i++)
		if (want->offers[i].conn == conn)
			return &want->offers[i];
	return NULL;
}

int qf_wants_add(struct qf_wants *w, const struct qf_room_id *room,
                 const struct qf_setkey *key, uint64_t conn, uint64_t number,
                 uint64_t due_ms)
{
	struct qf_namer *of = namer(w, conn);
	struct qf_want *want = find(w, &key->id);

	if (!want)
		want = begin(w, room, key, due_ms);
	if (!want)
		return QF_E_NOMEM;
	if (offer_of(want, conn))
		return QF_OK;
	if (!qf_list_room(&want->offers, want->count, &want->cap,
	                  sizeof *want->offers))
		return QF_E_NOMEM;
	want->offers[want->count++] = (struct qf_offer){ .conn = conn,
		                                         .number = number };
	if (of)
		of->open++;
	return QF_OK;
}

static void drop(struct qf_wants *w, struct qf_want *want)
{
	struct qf_want *last = &w->list[--w->count];

	qf_idmap_remove(&w->by_id, want->key.id.b);
	free(want->offers);
	if (want == last)
		return;
	*want = *last;
	/* It is there already, so nothing is allocated. */
	qf_idmap_set(&w->by_id, want->key.id.b, (uint64_t)(want - w->list));
}

void qf_wants_here(struct qf_wants *w, const struct qf_hash *id)
{
	struct qf_want *want = w->count ? find(w, id) : NULL;

	if (!want)
		return;
	for (size_t i = 0; i < want->count; i++) {
		struct qf_namer *of = namer(w, want->offers[i].conn);

		if (!of)
			continue;
		of->open--;
		of->stale = true;
	}
	drop(w, want);
}

bool qf_wants_begun(const struct qf_wants *w, const uint8_t *id, size_t len)
{
	for (size_t i = 0; i < w->count; i++)
		if (!memcmp(w->list[i].key.id.b, id, len))
			return true;
	return false;
}

void qf_wants_forget(struct qf_wants *w, uint64_t conn)
{
	struct qf_namer *of = namer(w, conn);

	if (!of)
		return;
	*of = w->namers[--w->namer_count];
	for (size_t i = w->count; i-- > 0;) {
		struct qf_want *want = &w->list[i];
		struct qf_offer *offer = offer_of(want, conn);

		if (!offer)
			continue;
		*offer = want->offers[--want->count];
		if (!want->count)
			drop(w, want);
	}
}

/* Whoever was asked least; the first that named it comes first. */
static struct qf_offer *next_offer(const struct qf_want *want)
{
	struct qf_offer *next = &want->offers[0];

	for (size_t i = 1; i < want->count; i++)
		if (want->offers[i].asked < next->asked)
			next = &want->offers[i];
	return next;
}

struct qf_want *qf_wants_next(struct qf_wants *w, uint64_t now_ms,
                              struct qf_offer **offer)
{
	uint64_t due_ms = UINT64_MAX;

	if (now_ms < w->due_ms)
		return NULL;
	for (size_t i = 0; i < w->count; i++) {
		struct qf_want *want = &w->list[i];

		if (want->due_ms <= now_ms) {
			*offer = next_offer(want);
			want->due_ms = now_ms +
			               (QF_WANT_AGAIN_MS << (*offer)->asked);
			(*offer)->asked++;
			return want;
		}
		if (want->due_ms < due_ms)
			due_ms = want->due_ms;
	}
	w->due_ms = due_ms;
	return NULL;
}

static uint64_t had(const struct qf_wants *w, const struct qf_namer *of)
{
	uint64_t had = of->heard;

	for (size_t i = 0; of->open && i < w->count; i++) {
		const struct qf_offer *o = offer_of(&w->list[i], of->conn);

		if (o && o->number <= had)
			had = o->number - 1;
	}
	return had;
}

const struct qf_namer *qf_wants_had(struct qf_wants *w)
{
	for (size_t i = 0; i < w->namer_count; i++) {
		struct qf_namer *of = &w->namers[i];
		uint64_t before = of->had;

		if (!of->stale)
			continue;
		of->stale = false;
		of->had = had(w, of);
		if (of->had > before)
			return of;
	}
	return NULL;
}
