/* noise.c - the side of Noise that begins, as a browser does it (core/noise.h)
 */
#include "noise.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

#define PROTOCOL "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b"

enum { HASH_BYTES = NOISE_HASH_BYTES, BLOCK_BYTES = 128, KEYS_MAX = 3 };

static void hash_two(uint8_t out[HASH_BYTES], const void *a, size_t a_len,
                     const void *b, size_t b_len)
{
	crypto_generichash_blake2b_state state;

	crypto_generichash_blake2b_init(&state, NULL, 0, HASH_BYTES);
	crypto_generichash_blake2b_update(&state, a, a_len);
	crypto_generichash_blake2b_update(&state, b, b_len);
	crypto_generichash_blake2b_final(&state, out, HASH_BYTES);
}

static void mac(uint8_t out[HASH_BYTES], const uint8_t key[HASH_BYTES],
                const void *data, size_t len)
{
	uint8_t pad[BLOCK_BYTES], middle[HASH_BYTES];

	memset(pad, 0x36, sizeof pad);
	for (size_t i = 0; i < HASH_BYTES; i++)
		pad[i] ^= key[i];
	hash_two(middle, pad, sizeof pad, data, len);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash_two(out, pad, sizeof pad, middle, sizeof middle);
}

static void derive(const uint8_t chain[HASH_BYTES], const void *from,
                   size_t len, uint8_t out[][HASH_BYTES], uint8_t count)
{
	uint8_t key[HASH_BYTES], data[HASH_BYTES + 1];

	mac(key, chain, from, len);
	for (uint8_t i = 0; i < count; i++) {
		if (i)
			memcpy(data, out[i - 1], HASH_BYTES);
		data[i ? HASH_BYTES : 0] = i + 1;
		mac(out[i], key, data, i ? sizeof data : 1);
	}
}

/* Mixed into the chain; the key that comes of it, and what is hashed with a
 * shared secret. */
static void mix(uint8_t chain[HASH_BYTES], const struct qf_noise_key *key,
                uint8_t rest[][HASH_BYTES], uint8_t count)
{
	uint8_t out[KEYS_MAX][HASH_BYTES];

	derive(chain, key->b, sizeof key->b, out, count);
	memcpy(chain, out[0], HASH_BYTES);
	memcpy(rest, out[1], (count - 1u) * HASH_BYTES);
}

void noise_begin(struct noise_first *f, const char *prologue,
                 const struct qf_noise_key *theirs,
                 const struct qf_noise_key *shared, struct qf_buf *out)
{
	uint8_t hash[HASH_BYTES] = PROTOCOL, rest[2][HASH_BYTES];
	uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };
	uint8_t tag[QF_NOISE_TAG_BYTES];
	struct qf_noise_key ours, both;

	memcpy(f->chain, hash, HASH_BYTES);
	hash_two(hash, hash, HASH_BYTES, prologue, strlen(prologue));
	hash_two(hash, hash, HASH_BYTES, theirs->b, sizeof theirs->b);
	mix(f->chain, shared, rest, 3);
	hash_two(hash, hash, HASH_BYTES, rest[0], HASH_BYTES);
	randombytes_buf(f->once.b, sizeof f->once.b);
	qf_noise_public(&f->once, &ours);
	hash_two(hash, hash, HASH_BYTES, ours.b, sizeof ours.b);
	mix(f->chain, &ours, rest, 2);
	if (crypto_scalarmult(both.b, f->once.b, theirs->b))
		out->bad = true;
	mix(f->chain, &both, rest, 2);
	crypto_aead_chacha20poly1305_ietf_encrypt(
		tag, NULL, NULL, 0, hash, HASH_BYTES, NULL, nonce, rest[0]);
	qf_put_raw(out, ours.b, sizeof ours.b);
	qf_put_raw(out, tag, sizeof tag);
}

void noise_finish(const struct noise_first *f, struct qf_bytes answer,
                  struct qf_noise *out)
{
	uint8_t chain[HASH_BYTES], rest[2][HASH_BYTES];
	struct qf_noise_key back = { 0 }, both;

	memcpy(chain, f->chain, HASH_BYTES);
	if (answer.len >= sizeof back.b)
		memcpy(back.b, answer.at, sizeof back.b);
	mix(chain, &back, rest, 2);
	if (crypto_scalarmult(both.b, f->once.b, back.b))
		memset(both.b, 0, sizeof both.b);
	mix(chain, &both, rest, 2);
	derive(chain, NULL, 0, rest, 2);
	*out = (struct qf_noise){ 0 };
	memcpy(out->out.key.b, rest[0], sizeof out->out.key.b);
	memcpy(out->in.key.b, rest[1], sizeof out->in.key.b);
}

EVP_CIPHER_CTX *noise_opener_new(void)
{
	EVP_CIPHER_CTX *opener = EVP_CIPHER_CTX_new();

	if (opener && EVP_DecryptInit_ex(opener, EVP_chacha20_poly1305(), NULL,
	                                 NULL, NULL) == 1)
		return opener;
	EVP_CIPHER_CTX_free(opener);
	return NULL;
}

bool noise_open(EVP_CIPHER_CTX *opener, struct qf_noise *n,
                struct qf_bytes sealed, struct qf_buf *plain)
{
	uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };
	uint64_t count = htole64(n->in.count++);
	uint8_t *to = qf_buf_room(plain, sealed.len);
	uint8_t tag[QF_NOISE_TAG_BYTES];
	int len = 0, end = 0, text;

	memcpy(nonce + sizeof nonce - sizeof count, &count, sizeof count);
	if (!to || sealed.len < sizeof tag)
		return false;
	text = (int)(sealed.len - sizeof tag);
	memcpy(tag, sealed.at + text, sizeof tag);
	if (EVP_DecryptInit_ex(opener, NULL, NULL, n->in.key.b, nonce) != 1 ||
	    EVP_DecryptUpdate(opener, to, &len, sealed.at, text) != 1 ||
	    EVP_CIPHER_CTX_ctrl(opener, EVP_CTRL_AEAD_SET_TAG, sizeof tag,
	                        tag) != 1 ||
	    EVP_DecryptFinal_ex(opener, to + len, &end) != 1)
		return false;
	plain->len += (size_t)text;
	return true;
}
