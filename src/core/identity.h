/* identity.h - the Ed25519 key that is a node, and how people read it
 *
 * A key is the 32-byte Ed25519 public key. The secret is the 32-byte seed.
 * Signatures are made over Merkle roots only, domain separated: the signed
 * bytes are "QF1sig" followed by the 32-byte root (docs/wire.md). libsodium's
 * verifier is the definition of a valid signature.
 */
#ifndef QF_IDENTITY_H
#define QF_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	QF_KEY_BYTES = 32,
	QF_SEED_BYTES = 32,
	QF_SIG_BYTES = 64,
	QF_HASH_BYTES = 32,
	QF_SHORT_CHARS = 3,
	QF_WORDS = 8,
	QF_WORDS_BYTES_MAX = QF_WORDS * 10, /* with hyphens and NUL */
	QF_KEY_TEXT_BYTES = 53,             /* base32 of 32 bytes, and NUL */
	QF_HINT_BYTES = 16,
	QF_HINT_TEXT_BYTES = 33, /* hexadecimal, and NUL */
};

struct qf_key {
	uint8_t b[QF_KEY_BYTES];
};

struct qf_hash {
	uint8_t b[QF_HASH_BYTES];
};

/* What a node shows of its key to the whole network: enough to tell that it is
 * known already, of no use to find the key. */
struct qf_hint {
	uint8_t b[QF_HINT_BYTES];
};

/* The secret half; wiped by fini. */
struct qf_identity {
	struct qf_key key;
	uint8_t seed[QF_SEED_BYTES];
	uint8_t secret[64]; /* libsodium's seed and public key */
};

/* BLAKE2b-256 of the data under a personalisation, at most 16 characters. Each
 * kind of thing that is hashed has its own, so none can pass for another. */
void qf_hash_data(struct qf_hash *out, const char *pers, const void *data,
                  size_t len);

/* Once, before anything else of core/ is used. False: there is no randomness
 * to be had, and the process must not go on. */
bool qf_identity_ready(void);
void qf_identity_init(struct qf_identity *id,
                      const uint8_t seed[QF_SEED_BYTES]);
void qf_identity_fini(struct qf_identity *id);
void qf_identity_sign(const struct qf_identity *id, const struct qf_hash *root,
                      uint8_t sig[QF_SIG_BYTES]);
bool qf_key_verify(const struct qf_key *key, const struct qf_hash *root,
                   const uint8_t sig[QF_SIG_BYTES]);
bool qf_key_equal(const struct qf_key *a, const struct qf_key *b);

/* Three characters of lower-case base32 (RFC 4648 alphabet) of
 * BLAKE2b-256(pers "QF1finger", key): tells two anas apart, proves nothing. */
void qf_key_short(const struct qf_key *key, char out[QF_SHORT_CHARS + 1]);
/* The first eight bytes of the same hash, a word each, joined by hyphens: to
 * be compared aloud. */
void qf_key_words(const struct qf_key *key, char out[QF_WORDS_BYTES_MAX]);
/* The whole key, lower-case base32 without padding, and back. */
void qf_key_text(const struct qf_key *key, char out[QF_KEY_TEXT_BYTES]);
bool qf_key_from_text(struct qf_key *key, const char *text);
/* The first 16 bytes of BLAKE2b-256(pers "QF1hint", key). */
void qf_key_hint(const struct qf_key *key, struct qf_hint *out);
/* Lower-case hexadecimal, and back. */
void qf_hint_text(const struct qf_hint *hint, char out[QF_HINT_TEXT_BYTES]);
bool qf_hint_from_text(struct qf_hint *hint, const char *text);
bool qf_hint_equal(const struct qf_hint *a, const struct qf_hint *b);
/* Any 32 bytes as text and back, the same base32: envelope ids, digests. */
void qf_hash_text(const struct qf_hash *h, char out[QF_KEY_TEXT_BYTES]);
bool qf_hash_from_text(struct qf_hash *h, const char *text);

#endif
