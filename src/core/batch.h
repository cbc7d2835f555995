/* batch.h - several envelopes of one root as the payload of one MSG frame
 *
 * docs/wire.md 5. What can be derived is not sent: room (the handle), author
 * (once), body hash (from the body), seq and prev of consecutive envelopes.
 *
 *   32 bytes  author
 *   u8        leaves below the root, minus 1
 *   u8        envelopes here, minus 1
 *   64 bytes  signature of the root
 *   then each envelope, ascending by leaf:
 *     varint    leaves skipped since the one before it, or from leaf 0
 *     u8        shape, see below; other bits are zero
 *     u8, u8    class, type
 *     u64       hlc, if shape has 4; otherwise a varint to be added to the hlc
 *               of the one before it (0 at the first)
 *     varint    seq, if shape has 1
 *     16 bytes  prev, if shape has 1; otherwise seq and prev say that it
 *               follows the one before it in this frame
 *     16 bytes  key_id, if shape has 2; otherwise it is zero
 *     varint    length of the body, and the body
 *   then the multiproof (merkle.h), and the end
 *
 * Each envelope has one form: 1 unless it follows the one before it, 2 unless
 * key_id is zero, 4 if the varint would be negative or longer than 8 bytes.
 */
#ifndef QF_BATCH_H
#define QF_BATCH_H

#include "envelope.h"

/* Hashes whose signature was checked: roots, so that a batch which travels in
 * several frames costs one check, and what is said of presence, which comes by
 * many links. Each has one place, by its first bits; the newer takes it. One
 * table a worker. */
struct qf_checked {
	struct qf_hash root;
	struct qf_key author;
	uint8_t sig[QF_SIG_BYTES];
};

struct qf_roots {
	struct qf_checked *places; /* QF_ROOTS_MAX; NULL until the first */
	uint64_t checks; /* signatures, ever, of HERE frames too: what takes
	                  * long */
};

void qf_roots_fini(struct qf_roots *r);
/* It was checked. Without memory nothing is remembered and the next frame
 * costs a check. */
void qf_roots_add(struct qf_roots *r, const struct qf_checked *what);
/* The author signed it: that is remembered, or costs a check. */
bool qf_roots_signed(struct qf_roots *r, const struct qf_checked *what);

/* How many of n envelopes, from the first, go into one frame: same author,
 * same signature and leaf count, leaves ascending, within QF_BATCH_BYTES_MAX
 * (one envelope always fits). */
size_t qf_batch_fit(struct qf_envelope *const *envelopes, size_t n);
/* Append what follows flags and handle in a MSG. The envelopes are proven and
 * of one batch (qf_batch_fit). */
void qf_batch_put(struct qf_buf *to, struct qf_envelope *const *envelopes,
                  size_t n);

struct qf_batch {
	size_t count;
	struct qf_envelope *envelopes[QF_BATCH_LEAVES_MAX];
};

/* Read to the end, rebuild and verify; each envelope gets a proof of its own.
 * The caller owns the references in `out`.
 * QF_E_MALFORMED: bad bytes; QF_E_DENIED: the signature is not the author's;
 * QF_E_NOMEM. After each of these `out` is empty. */
int qf_batch_get(struct qf_cursor *c, const struct qf_room_id *room,
                 struct qf_roots *roots, struct qf_batch *out);
void qf_batch_clear(struct qf_batch *b);
/* For whoever keeps the roots: what qf_batch_get() would find to be signed, if
 * it would. Touches nothing else, so any thread may. */
bool qf_batch_check(struct qf_cursor *c, const struct qf_room_id *room,
                    struct qf_checked *out);

#endif
