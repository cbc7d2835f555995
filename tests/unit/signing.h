/* signing.h - envelopes signed below one root, as a commit signs them */
#ifndef QF_SIGNING_H
#define QF_SIGNING_H

#include <assert.h>
#include <string.h>

#include "core/envelope.h"

/* Fill in the proofs of n envelopes: leaf i is envelope i. */
static inline void sign_commit(const struct qf_identity *author,
                               struct qf_envelope *const *envelopes, size_t n)
{
	struct qf_hash ids[QF_BATCH_LEAVES_MAX];
	struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];
	struct qf_hash root;
	uint8_t sig[QF_SIG_BYTES];

	assert(n >= 1 && n <= QF_BATCH_LEAVES_MAX);
	for (size_t i = 0; i < n; i++) {
		ids[i] = envelopes[i]->id;
		proofs[i] = &envelopes[i]->proof;
	}
	qf_merkle_prove(ids, n, proofs, &root);
	qf_identity_sign(author, &root, sig);
	for (size_t i = 0; i < n; i++)
		memcpy(proofs[i]->sig, sig, sizeof sig);
}

#endif
