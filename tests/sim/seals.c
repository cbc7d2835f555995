/* seals.c - signatures of simulated nodes: real, or cheap ones */
#include "sim/seals.h"

#include <string.h>

bool seals_cheap;

void __real_qf_identity_sign(const struct qf_identity *id,
                             const struct qf_hash *root,
                             uint8_t sig[QF_SIG_BYTES]);
void __wrap_qf_identity_sign(const struct qf_identity *id,
                             const struct qf_hash *root,
                             uint8_t sig[QF_SIG_BYTES]);
bool __real_qf_key_verify(const struct qf_key *key, const struct qf_hash *root,
                          const uint8_t sig[QF_SIG_BYTES]);
bool __wrap_qf_key_verify(const struct qf_key *key, const struct qf_hash *root,
                          const uint8_t sig[QF_SIG_BYTES]);

static void cheap(const struct qf_key *key, const struct qf_hash *root,
                  uint8_t sig[QF_SIG_BYTES])
{
	uint8_t signed_bytes[QF_KEY_BYTES + QF_HASH_BYTES];
	struct qf_hash hash;

	memcpy(signed_bytes, key, sizeof *key);
	memcpy(signed_bytes + sizeof *key, root, sizeof *root);
	qf_hash_data(&hash, "simseal", signed_bytes, sizeof signed_bytes);
	memcpy(sig, &hash, sizeof hash);
	memcpy(sig + sizeof hash, &hash, sizeof hash);
}

void __wrap_qf_identity_sign(const struct qf_identity *id,
                             const struct qf_hash *root,
                             uint8_t sig[QF_SIG_BYTES])
{
	if (seals_cheap)
		cheap(&id->key, root, sig);
	else
		__real_qf_identity_sign(id, root, sig);
}

bool __wrap_qf_key_verify(const struct qf_key *key, const struct qf_hash *root,
                          const uint8_t sig[QF_SIG_BYTES])
{
	uint8_t right[QF_SIG_BYTES];

	if (!seals_cheap)
		return __real_qf_key_verify(key, root, sig);
	cheap(key, root, right);
	return !memcmp(sig, right, sizeof right);
}
