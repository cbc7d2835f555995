/* noise.c - an encrypted stream to whoever was given a secret: Noise */
#include "noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define PROTOCOL "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b"

enum {
	HASH_BYTES = 64,
	BLOCK_BYTES = 128, /* of BLAKE2b, for HMAC */
	NONCE_BYTES = QF_NOISE_NONCE_BYTES,
	OUTPUTS_MAX = 3,
};

/* Specification 5.2: what both sides know so far, and the key of the moment. */
struct handshake {
	uint8_t chain[HASH_BYTES];
	uint8_t hash[HASH_BYTES];
	struct qf_noise_way way;
};

static void hash_two(uint8_t out[HASH_BYTES], const void *a, size_t a_len,
                     const void *b, size_t b_len)
{
	crypto_generichash_blake2b_state state;

	crypto_generichash_blake2b_init(&state, NULL, 0, HASH_BYTES);
	crypto_generichash_blake2b_update(&state, a, a_len);
	crypto_generichash_blake2b_update(&state, b, b_len);
	crypto_generichash_blake2b_final(&state, out, HASH_BYTES);
}

/* HMAC of RFC 2104; Noise does not use BLAKE2b's own keys. */
static void mac(uint8_t out[HASH_BYTES], const uint8_t key[HASH_BYTES],
                const void *data, size_t len)
{
	uint8_t inner[BLOCK_BYTES], outer[BLOCK_BYTES], middle[HASH_BYTES];

	memset(inner, 0x36, sizeof inner);
	memset(outer, 0x5c, sizeof outer);
	for (size_t i = 0; i < HASH_BYTES; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	hash_two(middle, inner, sizeof inner, data, len);
	hash_two(out, outer, sizeof outer, middle, sizeof middle);
	sodium_memzero(inner, sizeof inner);
	sodium_memzero(outer, sizeof outer);
}

/* 4.3: HKDF, `count` outputs. */
static void derive(const uint8_t chain[HASH_BYTES], const void *from,
                   size_t len, uint8_t out[][HASH_BYTES], uint8_t count)
{
	uint8_t key[HASH_BYTES], data[HASH_BYTES + 1];

	mac(key, chain, from, len);
	data[0] = 1;
	mac(out[0], key, data, 1);
	for (uint8_t i = 1; i < count; i++) {
		memcpy(data, out[i - 1], HASH_BYTES);
		data[HASH_BYTES] = i + 1;
		mac(out[i], key, data, sizeof data);
	}
	sodium_memzero(key, sizeof key);
	sodium_memzero(data, sizeof data);
}

static void mix_hash(struct handshake *h, const void *data, size_t len)
{
	hash_two(h->hash, h->hash, HASH_BYTES, data, len);
}

static void take_key(struct qf_noise_way *way, const uint8_t from[HASH_BYTES])
{
	memcpy(way->key.b, from, sizeof way->key.b);
	way->count = 0;
}

static void mix_key(struct handshake *h, const struct qf_noise_key *key)
{
	uint8_t out[OUTPUTS_MAX][HASH_BYTES];

	derive(h->chain, key->b, sizeof key->b, out, 2);
	memcpy(h->chain, out[0], HASH_BYTES);
	take_key(&h->way, out[1]);
	sodium_memzero(out, sizeof out);
}

static void mix_shared(struct handshake *h, const struct qf_noise_key *shared)
{
	uint8_t out[OUTPUTS_MAX][HASH_BYTES];

	derive(h->chain, shared->b, sizeof shared->b, out, 3);
	memcpy(h->chain, out[0], HASH_BYTES);
	mix_hash(h, out[1], HASH_BYTES);
	take_key(&h->way, out[2]);
	sodium_memzero(out, sizeof out);
}

/* Four zero bytes and the count, little-endian. */
static void make_nonce(uint8_t out[NONCE_BYTES], uint64_t count)
{
	memset(out, 0, NONCE_BYTES);
	for (size_t i = 0; i < sizeof count; i++)
		out[4 + i] = (uint8_t)(count >> 8 * i);
}

static void seal(struct qf_noise_way *way, struct qf_bytes known,
                 struct qf_bytes plain, struct qf_buf *out)
{
	uint8_t nonce[NONCE_BYTES];
	uint8_t *to = qf_buf_room(out, plain.len + QF_NOISE_TAG_BYTES);

	make_nonce(nonce, way->count++);
	if (!to)
		return;
	crypto_aead_chacha20poly1305_ietf_encrypt(to, NULL, plain.at, plain.len,
	                                          known.at, known.len, NULL,
	                                          nonce, way->key.b);
	out->len += plain.len + QF_NOISE_TAG_BYTES;
}

static void seal_by(const struct qf_noise_cipher *by, struct qf_noise_way *way,
                    struct qf_bytes plain, struct qf_buf *out)
{
	uint8_t nonce[NONCE_BYTES];
	uint8_t *to = qf_buf_room(out, plain.len + QF_NOISE_TAG_BYTES);

	make_nonce(nonce, way->count++);
	if (to && by->seal(by->ctx, &way->key, nonce, plain, to))
		out->len += plain.len + QF_NOISE_TAG_BYTES;
	else
		out->bad = true;
}

static bool unseal(struct qf_noise_way *way, struct qf_bytes known,
                   struct qf_bytes sealed, struct qf_buf *plain)
{
	uint8_t nonce[NONCE_BYTES];
	uint8_t *to;

	if (sealed.len < QF_NOISE_TAG_BYTES)
		return false;
	to = qf_buf_room(plain, sealed.len);
	make_nonce(nonce, way->count);
	if (!to || crypto_aead_chacha20poly1305_ietf_decrypt(
			   to, NULL, NULL, sealed.at, sealed.len, known.at,
			   known.len, nonce, way->key.b))
		return false;
	way->count++;
	plain->len += sealed.len - QF_NOISE_TAG_BYTES;
	return true;
}

/* The hash so far is what a payload is bound to. */
static struct qf_bytes so_far(const struct handshake *h,
                              uint8_t copy[HASH_BYTES])
{
	memcpy(copy, h->hash, HASH_BYTES);
	return qf_bytes(copy, HASH_BYTES);
}

static bool mix_dh(struct handshake *h, const struct qf_noise_key *secret,
                   const struct qf_noise_key *theirs)
{
	struct qf_noise_key both;
	bool good = !crypto_scalarmult(both.b, secret->b, theirs->b);

	if (good)
		mix_key(h, &both);
	sodium_memzero(&both, sizeof both);
	return good;
}

static void mix_public(struct handshake *h, const struct qf_noise_key *key)
{
	mix_hash(h, key->b, sizeof key->b);
	/* 9.2: with a shared secret in the pattern, also into the chain. */
	mix_key(h, key);
}

static void begin(struct handshake *h, const struct qf_noise_answer *a)
{
	struct qf_noise_key ours;

	memset(h, 0, sizeof *h);
	memcpy(h->hash, PROTOCOL, strlen(PROTOCOL));
	memcpy(h->chain, h->hash, HASH_BYTES);
	mix_hash(h, a->prologue.at, a->prologue.len);
	qf_noise_public(&a->secret, &ours);
	mix_hash(h, ours.b, sizeof ours.b);
}

/* -> psk, e, es */
static bool read_first(struct handshake *h, const struct qf_noise_answer *a,
                       struct qf_bytes first, struct qf_noise_key *theirs,
                       struct qf_buf *payload)
{
	struct qf_cursor c = qf_cursor(first);
	uint8_t known[HASH_BYTES];
	struct qf_bytes sealed;

	qf_get_raw(&c, theirs->b, sizeof theirs->b);
	sealed = qf_get_span(&c, qf_cursor_left(&c));
	mix_shared(h, &a->shared);
	mix_public(h, theirs);
	if (c.bad || !mix_dh(h, &a->secret, theirs) ||
	    !unseal(&h->way, so_far(h, known), sealed, payload))
		return false;
	mix_hash(h, sealed.at, sealed.len);
	return true;
}

/* <- e, ee */
static bool write_answer(struct handshake *h, const struct qf_noise_answer *a,
                         const struct qf_noise_key *theirs, struct qf_buf *out)
{
	uint8_t known[HASH_BYTES];
	struct qf_noise_key ours;

	qf_noise_public(&a->once, &ours);
	qf_put_raw(out, ours.b, sizeof ours.b);
	mix_public(h, &ours);
	if (!mix_dh(h, &a->once, theirs))
		return false;
	/* Nobody asks for the hash of the whole, so this is not mixed in. */
	seal(&h->way, so_far(h, known), a->payload, out);
	return !out->bad;
}

void qf_noise_public(const struct qf_noise_key *secret,
                     struct qf_noise_key *out)
{
	crypto_scalarmult_base(out->b, secret->b);
}

bool qf_noise_begin(struct qf_noise *n, const struct qf_noise_answer *a,
                    struct qf_bytes first, struct qf_buf *payload,
                    struct qf_buf *out)
{
	uint8_t keys[OUTPUTS_MAX][HASH_BYTES];
	struct qf_noise_key theirs;
	struct handshake h;
	bool good;

	begin(&h, a);
	good = read_first(&h, a, first, &theirs, payload) &&
	       write_answer(&h, a, &theirs, out);
	if (good) {
		derive(h.chain, NULL, 0, keys, 2);
		take_key(&n->in, keys[0]);
		take_key(&n->out, keys[1]);
		sodium_memzero(keys, sizeof keys);
	}
	sodium_memzero(&h, sizeof h);
	return good;
}

void qf_noise_fini(struct qf_noise *n)
{
	sodium_memzero(n, sizeof *n);
}

bool qf_noise_open(struct qf_noise *n, struct qf_bytes message,
                   struct qf_buf *plain)
{
	return unseal(&n->in, (struct qf_bytes){ 0 }, message, plain);
}

void qf_noise_seal(struct qf_noise *n, const struct qf_noise_cipher *by,
                   struct qf_bytes plain, struct qf_buf *out)
{
	assert(plain.len + QF_NOISE_TAG_BYTES <= QF_NOISE_BYTES_MAX);
	if (by && by->seal)
		seal_by(by, &n->out, plain, out);
	else
		seal(&n->out, (struct qf_bytes){ 0 }, plain, out);
}
