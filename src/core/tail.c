/* tail.c - a room's newest posts on one worker, and where a reader stands */
#include "tail.h"

#include <stdlib.h>

#include "err.h"

struct qf_told *qf_told_new(void)
{
	struct qf_told *t = calloc(1, sizeof *t);

	if (t)
		atomic_init(&t->refs, 1);
	return t;
}

struct qf_told *qf_told_ref(struct qf_told *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void qf_told_unref(struct qf_told *t)
{
	if (t &&
	    atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
		free(t);
}

void qf_tail_init(struct qf_tail *t, uint64_t lsn, struct qf_told *told)
{
	*t = (struct qf_tail){ .last_lsn = lsn, .told = told };
}

void qf_tail_shift(struct qf_tail *t)
{
	struct qf_post *oldest = t->ring[t->first];

	t->bytes -= oldest->payload->len;
	t->first = (t->first + 1) % QF_RING_FRAMES_MAX;
	t->count--;
	qf_post_unref(oldest);
	if (t->count)
		return;
	free(t->ring);
	t->ring = NULL;
	t->first = 0;
}

void qf_tail_fini(struct qf_tail *t)
{
	while (t->count)
		qf_tail_shift(t);
	qf_told_unref(t->told);
	*t = (struct qf_tail){ 0 };
}

static struct qf_post *at(const struct qf_tail *t, size_t i)
{
	return t->ring[(t->first + i) % QF_RING_FRAMES_MAX];
}

int qf_tail_push(struct qf_tail *t, struct qf_post *post)
{
	while (t->count && (t->count == QF_RING_FRAMES_MAX ||
	                    t->bytes + post->payload->len > QF_RING_BYTES_MAX))
		qf_tail_shift(t);
	if (!t->ring) {
		t->ring = calloc(QF_RING_FRAMES_MAX, sizeof(struct qf_post *));
		if (!t->ring) {
			qf_post_unref(post);
			return QF_E_NOMEM;
		}
	}
	t->ring[(t->first + t->count++) % QF_RING_FRAMES_MAX] = post;
	t->bytes += post->payload->len;
	t->last_lsn = post->last_lsn;
	return QF_OK;
}

uint64_t qf_tail_known(const struct qf_tail *t)
{
	uint64_t told = atomic_load_explicit(&t->told->lsn,
	                                     memory_order_acquire);

	return told > t->last_lsn ? told : t->last_lsn;
}

uint64_t qf_tail_backlog(const struct qf_tail *t)
{
	return atomic_load_explicit(&t->told->backlog, memory_order_acquire);
}

/* The first post that ends above the cursor; posts ascend. Nearly all readers
 * are near the end, so it is looked for from there, in growing strides. */
static size_t first_above(const struct qf_tail *t, uint64_t cursor)
{
	size_t low = 0, high = t->count, stride = 1;

	while (stride <= high && at(t, high - stride)->last_lsn > cursor) {
		high -= stride;
		stride *= 2;
	}
	if (stride <= high)
		low = high - stride + 1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at(t, middle)->last_lsn > cursor)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

enum qf_tail_state qf_tail_next(const struct qf_tail *t, uint64_t cursor,
                                const struct qf_post **post)
{
	size_t i;

	if (cursor >= qf_tail_known(t))
		return QF_TAIL_EVEN;
	i = first_above(t, cursor);
	if (i == t->count || at(t, i)->prev_lsn > cursor)
		return QF_TAIL_BEHIND;
	*post = at(t, i);
	return QF_TAIL_NEXT;
}
