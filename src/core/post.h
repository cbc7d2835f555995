/* post.h - committed envelopes on their way to everyone, encoded once
 *
 * A post holds the envelopes of one (commit, room, root, source link),
 * ascending in lsn, and the bytes of the MSG that carries them. It is
 * immutable, counted by reference, and shared by all workers and links.
 */
#ifndef QF_POST_H
#define QF_POST_H

#include "envelope.h"

struct qf_posted {
	struct qf_envelope *envelope; /* one reference */
	uint64_t lsn;
};

struct qf_post {
	atomic_uint refs;
	struct qf_room_id room;
	uint64_t prev_lsn; /* the room's last before this post */
	uint64_t last_lsn;
	uint64_t source;           /* link it came by, 0: own */
	bool backlog;              /* see push.h */
	struct qf_shared *payload; /* of the MSG frame, after the handle */
	size_t count;
	struct qf_posted items[];
};

/* Takes no reference from the caller's envelopes: it makes its own. They are
 * of one batch (qf_batch_fit). NULL: out of memory. */
struct qf_post *qf_post_new(const struct qf_room_id *room, uint64_t prev_lsn,
                            uint64_t source, const struct qf_posted *items,
                            size_t count);
struct qf_post *qf_post_ref(struct qf_post *p);
void qf_post_unref(struct qf_post *p); /* NULL is fine */

#endif
