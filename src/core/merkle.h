/* merkle.h - one signature for a whole commit: roots, paths and multiproofs
 *
 * A leaf is an envelope id; an inner node is BLAKE2b-256 (pers "QF1node") of
 * left||right; an odd node at the end of a level is promoted unchanged. At
 * most QF_BATCH_LEAVES_MAX leaves. A lone envelope is its own root and has an
 * empty path. (A binary hash tree as in RFC 6962, with promotion and without
 * its leaf prefix: ids are hashes already, under another personalisation.)
 *
 * The proof of one envelope is stored beside it; the proof of several below
 * one root is a multiproof: the hashes that cannot be computed from the leaves
 * that are there, level by level from the bottom, left to right.
 *
 * A root binds the ids below it, not their places: one proof can be restated
 * for another shape (the last of three leaves is also the second of two), so
 * nothing may be concluded from leaf and leaves.
 */
#ifndef QF_MERKLE_H
#define QF_MERKLE_H

#include "bytes.h"
#include "identity.h"
#include "limits.h"

/* Why one id is signed. Invariant: leaf < leaves, 1 <= leaves <= 256, path_len
 * is what that shape demands. */
struct qf_proof {
	uint16_t leaf;
	uint16_t leaves;
	uint8_t path_len;
	struct qf_hash path[QF_PATH_MAX]; /* bottom first */
	uint8_t sig[QF_SIG_BYTES];
};

/* The root and, in one pass, paths for all n leaves: each proof's leaf, leaves
 * and path are set. */
void qf_merkle_prove(const struct qf_hash *ids, size_t n,
                     struct qf_proof *const *proofs, struct qf_hash *root);
/* The root that a path leads to; false if the shape is impossible. */
bool qf_merkle_climb(const struct qf_proof *proof, const struct qf_hash *id,
                     struct qf_hash *root);
/* How long the path of that leaf is; -1 if there is no such leaf. */
int qf_merkle_path_len(unsigned leaf, unsigned leaves);

/* The multiproof of n leaves (ascending by leaf, same leaves and signature,
 * already known to lead to one root), appended as raw hashes. */
void qf_multiproof_put(struct qf_buf *to, const struct qf_proof *const *proofs,
                       size_t n);
/* Read a multiproof and compute its root; leaf numbers ascending. On success
 * the path of each of the n leaves is filled into proofs[i] when proofs is not
 * NULL (leaf, leaves, path; not sig), so each can be kept and passed on alone.
 * False: not enough or impossible. */
bool qf_multiproof_get(struct qf_cursor *c, unsigned leaves,
                       const uint16_t *leaf, const struct qf_hash *ids,
                       size_t n, struct qf_hash *root,
                       struct qf_proof *const *proofs);
/* How many hashes the multiproof of these leaves has. */
size_t qf_multiproof_count(unsigned leaves, const uint16_t *leaf, size_t n);

#endif
