/* past.c - what a room holds, in the order in which people are shown it */
#include "past.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "limits.h"

struct qf_early {
	size_t above; /* so many timely ones are shown before it */
	size_t rank;  /* in the snapshot */
	uint64_t lsn;
};

static int compare_lsns(const void *a, const void *b)
{
	const struct qf_early *x = a, *y = b;

	return x->lsn < y->lsn ? -1 : x->lsn > y->lsn;
}

static size_t rank_of(const struct qf_snapshot *s, uint64_t ms)
{
	struct qf_setkey key = { .class = QF_CLASS_CONTENT, .hlc = ms << 16 };

	return qf_snapshot_lower(s, &key);
}

/* From the newest back, each goes below all that came after it. */
static void place(struct qf_past *p)
{
	const struct qf_snapshot *s = p->snapshot;
	size_t oldest = rank_of(s, 0), above = p->timely;

	for (size_t i = p->early_count; i-- > 0;) {
		struct qf_early *e = &p->early[i];

		if (e->lsn + QF_PAST_EARLY_LSNS <= s->lsn)
			above = oldest;
		while (above > oldest &&
		       qf_snapshot_at(s, above - 1)->lsn > e->lsn)
			above--;
		e->above = above;
	}
}

int qf_past_init(struct qf_past *p, struct qf_snapshot *snapshot,
                 uint64_t room_ms)
{
	*p = (struct qf_past){ snapshot, snapshot->count, NULL, 0 };
	if (room_ms && room_ms < QF_STAMP_MS_MAX - QF_MERGE_AHEAD_MS)
		p->timely = rank_of(snapshot, room_ms + QF_MERGE_AHEAD_MS + 1);
	if (p->timely == snapshot->count)
		return QF_OK;
	p->early_count = snapshot->count - p->timely;
	p->early = calloc(p->early_count, sizeof *p->early);
	if (!p->early) {
		qf_past_fini(p);
		return QF_E_NOMEM;
	}
	for (size_t i = 0; i < p->early_count; i++) {
		p->early[i].rank = p->timely + i;
		p->early[i].lsn = qf_snapshot_at(snapshot, p->timely + i)->lsn;
	}
	qsort(p->early, p->early_count, sizeof *p->early, compare_lsns);
	place(p);
	return QF_OK;
}

void qf_past_fini(struct qf_past *p)
{
	qf_snapshot_unref(p->snapshot);
	free(p->early);
	*p = (struct qf_past){ 0 };
}

/* How many of those that are ahead are shown before `place`, or at it. */
static size_t early_until(const struct qf_past *p, size_t place)
{
	size_t low = 0, high = p->early_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->early[middle].above + middle <= place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct qf_setkey *qf_past_at(const struct qf_past *p, size_t place)
{
	size_t early = early_until(p, place);

	if (early && p->early[early - 1].above + early - 1 == place)
		return qf_snapshot_at(p->snapshot, p->early[early - 1].rank);
	return qf_snapshot_at(p->snapshot, place - early);
}

size_t qf_past_lower(const struct qf_past *p, uint64_t ms, bool above)
{
	size_t rank = rank_of(p->snapshot, ms), early = 0;

	if (rank > p->timely)
		rank = p->timely;
	while (early < p->early_count &&
	       (p->early[early].above < rank ||
	        (above && p->early[early].above == rank)))
		early++;
	return rank + early;
}
