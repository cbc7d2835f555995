/* own.h - which lines of a room were typed on this screen
 *
 * A screen does not repeat what was typed on it, but shows what other programs
 * said through the same node, and so under the same key. Which is which, only
 * the ids tell, and an id becomes known with "stored", before or after the
 * line itself comes. So a line under our key waits while something is on its
 * way.
 *
 * Memory: the caller owns the struct.
 */
#ifndef QF_OWN_H
#define QF_OWN_H

#include "gateway/reply.h"

enum { QF_OWN_STORED_MAX = 1024, QF_OWN_HELD_MAX = 64, QF_OWN_ID_BYTES = 52 };

struct qf_own_id {
	char at[QF_OWN_ID_BYTES];
};

struct qf_own_line {
	struct qf_own_id id;
	struct qf_shared *line; /* as it came */
};

struct qf_own {
	/* Stored, but not seen in the room yet: the newest, in a ring. */
	struct qf_own_id stored[QF_OWN_STORED_MAX];
	size_t next;
	/* Seen, and not known yet whose it is; oldest first. */
	struct qf_own_line held[QF_OWN_HELD_MAX];
	size_t held_count;
};

void qf_own_fini(struct qf_own *o);
/* A line that was typed here has this id. */
void qf_own_stored(struct qf_own *o, struct qf_bytes id);
/* A line under our key has come. True: it was typed here. */
bool qf_own_is(struct qf_own *o, struct qf_bytes id);
/* It may have been; keep it. False: no room or no memory. */
bool qf_own_hold(struct qf_own *o, const struct qf_reply *line);
/* The oldest that is held, now the caller's, or NULL. For when nothing is on
 * its way any more: then it was not typed here. */
struct qf_shared *qf_own_release(struct qf_own *o);

#endif
