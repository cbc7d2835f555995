/* noise.h - an encrypted stream to whoever was given a secret: Noise
 *
 * Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b, the side that answers (revision 34 of
 * the specification). Who begins knows our static key and the secret, so one
 * message each way is enough: after it both have keys that nobody who listens
 * can learn, even if the secret becomes known later. It proves that they have
 * the secret, and nothing else about them.
 *
 * What follows is cut into messages of at most QF_NOISE_BYTES_MAX; each is
 * whole and in its order, or is refused.
 *
 * Memory: the caller owns the struct; fini wipes it.
 */
#ifndef QF_NOISE_H
#define QF_NOISE_H

#include "bytes.h"

enum {
	QF_NOISE_KEY_BYTES = 32,
	QF_NOISE_NONCE_BYTES = 12,
	QF_NOISE_TAG_BYTES = 16,
	QF_NOISE_BYTES_MAX = 65535, /* of a message, with its tag */
};

struct qf_noise_key {
	uint8_t b[QF_NOISE_KEY_BYTES];
};

/* One direction. */
struct qf_noise_way {
	struct qf_noise_key key;
	uint64_t count; /* messages so far */
};

struct qf_noise {
	struct qf_noise_way in;
	struct qf_noise_way out;
};

/* Who encrypts in libsodium's stead, if somebody can do it faster. */
struct qf_noise_cipher {
	void *ctx;
	/* ChaCha20-Poly1305 (RFC 8439), the tag after the rest. False: it could
	 * not. NULL: nobody does. */
	bool (*seal)(void *ctx, const struct qf_noise_key *key,
	             const uint8_t *nonce, struct qf_bytes plain, uint8_t *to);
};

/* What the answering side brings: `once` is random, and is never used again. */
struct qf_noise_answer {
	struct qf_bytes prologue;
	struct qf_noise_key secret; /* of our static key */
	struct qf_noise_key shared; /* what they were given */
	struct qf_noise_key once;
	struct qf_bytes payload;
};

void qf_noise_public(const struct qf_noise_key *secret,
                     struct qf_noise_key *out);
/* Read the first message and append its payload to `payload` and our answer to
 * `out`. False: it was not made with that secret for that key, or a buffer is
 * bad; then the struct is nothing. */
bool qf_noise_begin(struct qf_noise *n, const struct qf_noise_answer *a,
                    struct qf_bytes first, struct qf_buf *payload,
                    struct qf_buf *out);
void qf_noise_fini(struct qf_noise *n);
/* Append what the message says. False: it is not the next one of theirs, which
 * may still come. */
bool qf_noise_open(struct qf_noise *n, struct qf_bytes message,
                   struct qf_buf *plain);
/* Append it as one message; it has at most QF_NOISE_BYTES_MAX with its tag.
 * `by` may be NULL. */
void qf_noise_seal(struct qf_noise *n, const struct qf_noise_cipher *by,
                   struct qf_bytes plain, struct qf_buf *out);

#endif
