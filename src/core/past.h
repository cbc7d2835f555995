/* past.h - what a room holds, in the order in which people are shown it
 *
 * That is the order of the set, but for what is stamped further ahead of the
 * room's time than a clock may be (QF_MERGE_AHEAD_MS). In the set that lies
 * above all that is said from now on, until its time has come; people are
 * shown it where it came: above what this node had then and below what it had
 * not (sync.md 2, rule 4). What of that came more than QF_PAST_EARLY_LSNS lsns
 * ago is shown as the oldest of all, so that no member can make this dear.
 *
 * Threads: one thread's. Making one is O(1) where no clock is ahead, otherwise
 * a walk through what is, and through what came since.
 */
#ifndef QF_PAST_H
#define QF_PAST_H

#include "keyset.h"

enum { QF_PAST_EARLY_LSNS = 65536 };

struct qf_early; /* past.c */

struct qf_past {
	struct qf_snapshot *snapshot; /* one reference */
	size_t timely;                /* ranks below it are not ahead */
	struct qf_early *early;       /* in the order in which they are shown */
	size_t early_count;
};

/* Takes the snapshot either way. room_ms: what time it is in the room, Unix;
 * 0: nobody knows, and nothing is ahead. QF_E_NOMEM: there is nothing in it,
 * which is as good as fini. */
int qf_past_init(struct qf_past *p, struct qf_snapshot *snapshot,
                 uint64_t room_ms);
void qf_past_fini(struct qf_past *p); /* zeroes are fine, and left */

static inline size_t qf_past_count(const struct qf_past *p)
{
	return p->snapshot ? p->snapshot->count : 0;
}

/* By place, 0 is the oldest; place < count. */
const struct qf_setkey *qf_past_at(const struct qf_past *p, size_t place);
/* The first place of content that is not stamped before ms; count if none.
 * What is ahead and shown just there is behind it, or with `above` before. */
size_t qf_past_lower(const struct qf_past *p, uint64_t ms, bool above);

#endif
