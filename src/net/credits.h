/* credits.h - how much a worker may have asked of the core at one time
 *
 * An event that the core will answer takes a credit, and its answer gives it
 * back, so the answers on their way are bounded whatever peers and clients do.
 * A connection that goes gives back all of its credits; an answer that comes
 * to it later finds none.
 *
 * Threads: one worker's.
 */
#ifndef QF_CREDITS_H
#define QF_CREDITS_H

#include "core/step.h"

enum { QF_CREDITS_MAX = 1024 };

struct qf_credit {
	qf_conn conn;
	uint64_t number;
	size_t bytes;
	uint16_t next; /* in its list */
};

/* Places are counted from 1, and 0 is none, so it begins as zeroes. */
struct qf_credits {
	size_t count;
	size_t bytes;
	size_t bytes_max; /* one may pass it, so that any fits alone */
	uint16_t used;    /* places above were never taken */
	uint16_t given;   /* a list of those that were given back */
	uint16_t buckets[QF_CREDITS_MAX]; /* lists of the taken, by conn */
	struct qf_credit taken[QF_CREDITS_MAX];
};

/* False: there is none left. */
bool qf_credits_take(struct qf_credits *c, qf_conn conn, uint64_t number,
                     size_t bytes);
/* Those of conn with first <= number <= last come back; how many. */
size_t qf_credits_give(struct qf_credits *c, qf_conn conn, uint64_t first,
                       uint64_t last);

#endif
