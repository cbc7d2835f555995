/* identity.c - signing, verifying, and keys as people read and type them */
#include "identity.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "words.h"

enum {
	SIGNED_PREFIX_BYTES = 6,
	SIGNED_BYTES = SIGNED_PREFIX_BYTES + QF_HASH_BYTES,
	BASE32_BITS = 5,
};

static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

void qf_hash_data(struct qf_hash *out, const char *pers, const void *data,
                  size_t len)
{
	uint8_t padded[crypto_generichash_blake2b_PERSONALBYTES] = { 0 };
	size_t pers_len = strlen(pers);
	int rc;

	assert(pers_len <= sizeof padded);
	memcpy(padded, pers, pers_len);
	rc = crypto_generichash_blake2b_salt_personal(
		out->b, sizeof out->b, data, len, NULL, 0, NULL, padded);
	assert(!rc);
}

bool qf_identity_ready(void)
{
	return sodium_init() >= 0;
}

void qf_identity_init(struct qf_identity *id, const uint8_t seed[QF_SEED_BYTES])
{
	int rc = crypto_sign_seed_keypair(id->key.b, id->secret, seed);

	assert(!rc);
	memcpy(id->seed, seed, sizeof id->seed);
}

void qf_identity_fini(struct qf_identity *id)
{
	sodium_memzero(id, sizeof *id);
}

static void signed_bytes(const struct qf_hash *root, uint8_t out[SIGNED_BYTES])
{
	memcpy(out, "QF1sig", SIGNED_PREFIX_BYTES);
	memcpy(out + SIGNED_PREFIX_BYTES, root->b, sizeof root->b);
}

void qf_identity_sign(const struct qf_identity *id, const struct qf_hash *root,
                      uint8_t sig[QF_SIG_BYTES])
{
	uint8_t bytes[SIGNED_BYTES];
	int rc;

	signed_bytes(root, bytes);
	rc = crypto_sign_detached(sig, NULL, bytes, sizeof bytes, id->secret);
	assert(!rc);
}

bool qf_key_verify(const struct qf_key *key, const struct qf_hash *root,
                   const uint8_t sig[QF_SIG_BYTES])
{
	uint8_t bytes[SIGNED_BYTES];

	signed_bytes(root, bytes);
	return !crypto_sign_verify_detached(sig, bytes, sizeof bytes, key->b);
}

bool qf_key_equal(const struct qf_key *a, const struct qf_key *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

/* The first `chars` characters; past its end the data goes on in zeroes. */
static void base32_encode(const uint8_t *data, size_t len, char *out,
                          size_t chars)
{
	for (size_t i = 0; i < chars; i++) {
		size_t bit = i * BASE32_BITS;
		size_t at = bit / 8;
		unsigned pair = data[at] << 8;

		if (at + 1 < len)
			pair |= data[at + 1];
		out[i] = base32[pair >> (16 - BASE32_BITS - bit % 8) & 31];
	}
	out[chars] = '\0';
}

static bool base32_decode(uint8_t out[QF_HASH_BYTES], const char *text)
{
	unsigned held = 0; /* bits not yet written, the lowest `bits` of it */
	unsigned bits = 0;
	size_t len = 0;

	if (strlen(text) != QF_KEY_TEXT_BYTES - 1)
		return false;
	for (; *text; text++) {
		const char *digit = strchr(base32, *text);

		if (!digit)
			return false;
		held = (held << BASE32_BITS | (unsigned)(digit - base32)) &
		       0xfff;
		bits += BASE32_BITS;
		if (bits >= 8) {
			bits -= 8;
			out[len++] = (uint8_t)(held >> bits);
		}
	}
	/* The last bits are padding: one key has one text. */
	return !(held & ((1u << bits) - 1));
}

static void finger(const struct qf_key *key, struct qf_hash *out)
{
	qf_hash_data(out, "QF1finger", key->b, sizeof key->b);
}

void qf_key_short(const struct qf_key *key, char out[QF_SHORT_CHARS + 1])
{
	struct qf_hash hash;

	finger(key, &hash);
	base32_encode(hash.b, sizeof hash.b, out, QF_SHORT_CHARS);
}

void qf_key_words(const struct qf_key *key, char out[QF_WORDS_BYTES_MAX])
{
	struct qf_hash hash;
	char *end = out;

	finger(key, &hash);
	for (int i = 0; i < QF_WORDS; i++) {
		if (i)
			*end++ = '-';
		end = stpcpy(end, words[hash.b[i]]);
	}
}

void qf_key_text(const struct qf_key *key, char out[QF_KEY_TEXT_BYTES])
{
	base32_encode(key->b, sizeof key->b, out, QF_KEY_TEXT_BYTES - 1);
}

bool qf_key_from_text(struct qf_key *key, const char *text)
{
	return base32_decode(key->b, text);
}

void qf_hash_text(const struct qf_hash *h, char out[QF_KEY_TEXT_BYTES])
{
	base32_encode(h->b, sizeof h->b, out, QF_KEY_TEXT_BYTES - 1);
}

bool qf_hash_from_text(struct qf_hash *h, const char *text)
{
	return base32_decode(h->b, text);
}

void qf_key_hint(const struct qf_key *key, struct qf_hint *out)
{
	struct qf_hash hash;

	qf_hash_data(&hash, "QF1hint", key->b, sizeof key->b);
	memcpy(out->b, hash.b, sizeof out->b);
}

bool qf_hint_equal(const struct qf_hint *a, const struct qf_hint *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

static const char hex[] = "0123456789abcdef";

void qf_hint_text(const struct qf_hint *hint, char out[QF_HINT_TEXT_BYTES])
{
	for (size_t i = 0; i < sizeof hint->b; i++) {
		out[2 * i] = hex[hint->b[i] >> 4];
		out[2 * i + 1] = hex[hint->b[i] & 15];
	}
	out[QF_HINT_TEXT_BYTES - 1] = '\0';
}

bool qf_hint_from_text(struct qf_hint *hint, const char *text)
{
	if (strlen(text) != QF_HINT_TEXT_BYTES - 1 ||
	    strspn(text, hex) != QF_HINT_TEXT_BYTES - 1)
		return false;
	for (size_t i = 0; i < sizeof hint->b; i++)
		hint->b[i] = (uint8_t)((strchr(hex, text[2 * i]) - hex) << 4 |
		                       (strchr(hex, text[2 * i + 1]) - hex));
	return true;
}
