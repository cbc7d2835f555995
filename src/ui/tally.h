/* tally.h - on how many other nodes each line that we said is kept
 *
 * News tells the copies of one line at a time, and of the newest few thousand
 * only. But who has a line has all of the room before it, so a line has at
 * least as many copies as any that was stored after it. How many nodes could
 * have copies is told by news of links, once a status has said where they
 * begin. A line that is queued has none, and is counted as a line once news
 * says that it is stored.
 *
 * Memory: the caller owns the struct.
 */
#ifndef QF_TALLY_H
#define QF_TALLY_H

#include "gateway/reply.h"

enum { QF_TALLY_ID_BYTES = 52 };

struct qf_tally_line {
	char id[QF_TALLY_ID_BYTES];
	uint64_t lsn;
	uint64_t copies; /* never rises from one line to the next */
};

struct qf_tally {
	struct qf_tally_line *lines; /* ascending by lsn */
	size_t count;
	size_t cap;
	size_t next;      /* where the next news is looked for first */
	uint64_t *drafts; /* the numbers of what is queued */
	size_t draft_count;
	size_t draft_cap;
	bool links_known;
	uint64_t links;
};

void qf_tally_fini(struct qf_tally *t);
/* A line was stored. QF_E_NOMEM: it is not counted. */
int qf_tally_stored(struct qf_tally *t, const struct qf_reply *stored);
/* A line was queued. QF_E_NOMEM: it is not counted. */
int qf_tally_queued(struct qf_tally *t, const struct qf_reply *queued);
/* How many lines were said, and not refused. */
size_t qf_tally_count(const struct qf_tally *t);
/* News or a status. True: it was about a line of ours: its copies, or that what
 * was queued is stored. */
bool qf_tally_take(struct qf_tally *t, const struct qf_reply *reply);
/* All that are linked have all of it. */
bool qf_tally_linked_have_all(const struct qf_tally *t);
/* Every line has at least so many copies. */
uint64_t qf_tally_least(const struct qf_tally *t);
/* How many lines have fewer copies than that. */
size_t qf_tally_below(const struct qf_tally *t, uint64_t copies);

#endif
