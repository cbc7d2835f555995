/* reconcile.h - two sets find their difference: range-based set reconciliation
 *
 * A. Meyer, "Range-Based Set Reconciliation" (SRDS 2023), with fingerprints
 * keyed per link (sync.md 1.3 and 1.4): fp(range) = sum mod 2^64 of
 * SipHash-2-4(k, id); short id = SipHash-2-4(k2, id). Each side works on one
 * immutable snapshot from beginning to end.
 *
 * The initiator sends qf_reconcile_begin(); each later frame answers the one
 * before. What the other side lacks comes out as ranges of ranks in our own
 * snapshot, what we lack as the short ids it listed; nothing comes out twice.
 * A frame that leaves nothing open is an empty payload: who would send one
 * sends it and is done, who receives one is done and answers no more.
 *
 * Bounds: a frame has at most QF_RECON_BYTES_MAX; what does not fit comes in a
 * later one. A peer that makes no progress runs out of its budget of frames
 * (2 * ceil(log16 n) + 6, and one for each 256 bytes exchanged), which is an
 * error like any malformed frame.
 */
#ifndef QF_RECONCILE_H
#define QF_RECONCILE_H

#include "bound.h"

enum {
	QF_RECON_BRANCH = 16,
	QF_RECON_LIST_MAX = 64,
	/* What one LIST may teach. */
	QF_RECON_FOUND_MIN = 2 * QF_RECON_LIST_MAX + 1,
};

/* Ranks [from, to) of our snapshot that the peer lacks. `whole` says that the
 * peer has nothing at all between the first and the last of them, so they can
 * be named by their bounds (sync.md, amendment 5). */
struct qf_lack {
	size_t from;
	size_t to;
	bool whole;
};

struct qf_short_index; /* reconcile.c */

struct qf_reconcile {
	struct qf_snapshot *mine; /* one reference */
	uint8_t sum_key[16];
	uint8_t short_key[16];
	uint64_t *sums;                /* prefix sums, count + 1 */
	struct qf_short_index *shorts; /* built when first asked for */
	size_t scanned;     /* keys of ours compared with LISTs so far */
	struct qf_buf kept; /* ranges that came and are not answered yet */
	uint64_t frames;    /* received so far */
	uint64_t bytes;     /* both ways so far */
	bool done;
};

/* What one received frame taught. Memory belongs to the struct and is reused
 * by the next answer. */
struct qf_found {
	struct qf_lack *theirs; /* ascending, disjoint */
	size_t their_count;
	size_t their_cap;
	uint64_t *wanted; /* short ids that we lack */
	size_t wanted_count;
	size_t wanted_cap;
};

/* Takes its own reference to the snapshot. key: qf_room_recon_key(). */
int qf_reconcile_init(struct qf_reconcile *r, struct qf_snapshot *mine,
                      const struct qf_hash *key);
void qf_reconcile_fini(struct qf_reconcile *r);
/* Append the first payload. */
int qf_reconcile_begin(struct qf_reconcile *r, struct qf_buf *out);
/* Read a payload, append the answer, fill in `found`. max_found bounds how
 * much may be found in this step (their_count + wanted_count), though never
 * below QF_RECON_FOUND_MIN; the rest comes later. After it, r->done says that
 * nothing is open: the answer is empty, and is sent if `in` was not empty.
 * After an error, QF_E_MALFORMED (the peer broke the rules) or QF_E_NOMEM,
 * only fini may follow. */
int qf_reconcile_answer(struct qf_reconcile *r, struct qf_bytes in,
                        size_t max_found, struct qf_buf *out,
                        struct qf_found *found);
/* The short id of a key of ours, and the rank of a short id, or -1. The first
 * call of the latter builds an index in O(n). */
uint64_t qf_reconcile_short(const struct qf_reconcile *r, size_t rank);
int64_t qf_reconcile_rank(struct qf_reconcile *r, uint64_t short_id);

void qf_found_init(struct qf_found *f);
void qf_found_fini(struct qf_found *f);

#endif
