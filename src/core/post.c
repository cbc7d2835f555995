/* post.c - committed envelopes on their way to everyone, encoded once */
#include "post.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "batch.h"

static struct qf_shared *encode(const struct qf_posted *items, size_t count)
{
	struct qf_envelope *envelopes[QF_BATCH_LEAVES_MAX];
	struct qf_shared *payload = NULL;
	struct qf_buf to;

	for (size_t i = 0; i < count; i++)
		envelopes[i] = items[i].envelope;
	qf_buf_init(&to, QF_FRAME_BYTES_MAX);
	qf_batch_put(&to, envelopes, count);
	if (!to.bad)
		payload = qf_shared_new(to.at, to.len);
	qf_buf_fini(&to);
	return payload;
}

struct qf_post *qf_post_new(const struct qf_room_id *room, uint64_t prev_lsn,
                            uint64_t source, const struct qf_posted *items,
                            size_t count)
{
	struct qf_post *p;

	assert(count >= 1 && count <= QF_BATCH_LEAVES_MAX);
	p = malloc(sizeof *p + count * sizeof *items);
	if (!p)
		return NULL;
	p->payload = encode(items, count);
	if (!p->payload) {
		free(p);
		return NULL;
	}
	atomic_init(&p->refs, 1);
	p->room = *room;
	p->prev_lsn = prev_lsn;
	p->source = source;
	p->backlog = false;
	p->count = count;
	p->last_lsn = prev_lsn;
	for (size_t i = 0; i < count; i++) {
		assert(items[i].lsn > p->last_lsn);
		p->last_lsn = items[i].lsn;
		p->items[i] = items[i];
		qf_envelope_ref(items[i].envelope);
	}
	return p;
}

struct qf_post *qf_post_ref(struct qf_post *p)
{
	/* As in qf_shared_ref(): the caller's own reference is order enough. */
	unsigned before = atomic_fetch_add_explicit(&p->refs, 1,
	                                            memory_order_relaxed);

	assert(before && before < UINT_MAX);
	return p;
}

void qf_post_unref(struct qf_post *p)
{
	unsigned before;

	if (!p)
		return;
	before = atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel);
	assert(before);
	if (before != 1)
		return;
	for (size_t i = 0; i < p->count; i++)
		qf_envelope_unref(p->items[i].envelope);
	qf_shared_unref(p->payload);
	free(p);
}
