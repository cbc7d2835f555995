/* tail.h - a room's newest posts on one worker, and where a reader stands
 *
 * Live is a tail by cursor, never a queue that drops. The tail keeps a ring of
 * recent posts; each reader (a session or a gateway's client) has a cursor,
 * the lsn up to which it has been served. A reader that the ring has left
 * behind reads from the store instead.
 *
 * When the way to this worker was full, posts are missing from the ring: the
 * core then only tells "up to lsn N" (`told`, set by the core before it wakes
 * the worker). A post's prev_lsn shows such a gap, and so does `told` when no
 * later post has come.
 *
 * Threads: the worker's, except for `told`.
 */
#ifndef QF_TAIL_H
#define QF_TAIL_H

#include "post.h"

/* Counted by reference: the core's side holds one, the tail another. */
struct qf_told {
	atomic_uint refs;
	_Atomic uint64_t lsn;
	_Atomic uint64_t backlog; /* the newest that a reconciliation found */
};

struct qf_told *qf_told_new(void);
struct qf_told *qf_told_ref(struct qf_told *t);
void qf_told_unref(struct qf_told *t); /* NULL is fine */

struct qf_tail {
	struct qf_post **ring; /* QF_RING_FRAMES_MAX, while there are posts */
	size_t first;          /* index of the oldest */
	size_t count;
	size_t bytes;      /* of their payloads */
	uint64_t last_lsn; /* of the newest post, or where it began */
	struct qf_told *told;
};

enum qf_tail_state {
	QF_TAIL_EVEN,   /* served with all that is known */
	QF_TAIL_NEXT,   /* *post is next (borrowed) */
	QF_TAIL_BEHIND, /* read the store after the cursor */
};

/* Begins at lsn: a pair's, which came by the same way as later posts. */
void qf_tail_init(struct qf_tail *t, uint64_t lsn, struct qf_told *told);
void qf_tail_fini(struct qf_tail *t);
/* Takes the reference. QF_E_NOMEM: it was released; readers will find the
 * gap and read the store. */
int qf_tail_push(struct qf_tail *t, struct qf_post *post);
/* Let the oldest post go; there is one. */
void qf_tail_shift(struct qf_tail *t);
enum qf_tail_state qf_tail_next(const struct qf_tail *t, uint64_t cursor,
                                const struct qf_post **post);
/* The newest lsn that this worker has heard of. */
uint64_t qf_tail_known(const struct qf_tail *t);
/* The newest backlog, whether this worker has heard of it or not. */
uint64_t qf_tail_backlog(const struct qf_tail *t);

#endif
