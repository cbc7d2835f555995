/* scram.c - passwords as SCRAM-SHA-256 keeps and proves them */
#include "scram.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { MAC_BYTES = crypto_auth_hmacsha256_BYTES };

_Static_assert((int)MAC_BYTES == (int)QF_SCRAM_KEY_BYTES, "of SHA-256");

static void mac(struct qf_bytes key, const void *data, size_t len,
                uint8_t out[MAC_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key.at, key.len);
	crypto_auth_hmacsha256_update(&state, data, len);
	crypto_auth_hmacsha256_final(&state, out);
}

/* PBKDF2 (RFC 8018) for as many bytes as the hash has: one block. */
static void stretch(struct qf_bytes password,
                    const uint8_t salt[QF_SCRAM_SALT_BYTES],
                    uint8_t out[MAC_BYTES])
{
	static const uint8_t first_block[4] = { 0, 0, 0, 1 };
	uint8_t block[QF_SCRAM_SALT_BYTES + sizeof first_block];
	uint8_t last[MAC_BYTES];

	memcpy(block, salt, QF_SCRAM_SALT_BYTES);
	memcpy(block + QF_SCRAM_SALT_BYTES, first_block, sizeof first_block);
	mac(password, block, sizeof block, last);
	memcpy(out, last, MAC_BYTES);
	for (int i = 1; i < QF_SCRAM_ROUNDS; i++) {
		mac(password, last, sizeof last, last);
		for (int k = 0; k < MAC_BYTES; k++)
			out[k] ^= last[k];
	}
}

void qf_scram_init(struct qf_scram *s, const uint8_t salt[QF_SCRAM_SALT_BYTES],
                   struct qf_bytes password)
{
	uint8_t salted[MAC_BYTES], client[MAC_BYTES];

	memcpy(s->salt, salt, QF_SCRAM_SALT_BYTES);
	stretch(password, salt, salted);
	mac(qf_bytes(salted, sizeof salted), "Client Key", 10, client);
	mac(qf_bytes(salted, sizeof salted), "Server Key", 10, s->server);
	crypto_hash_sha256(s->stored, client, sizeof client);
	sodium_memzero(salted, sizeof salted);
	sodium_memzero(client, sizeof client);
}

bool qf_scram_is(const struct qf_scram *s, struct qf_bytes password)
{
	struct qf_scram other;

	qf_scram_init(&other, s->salt, password);
	return !sodium_memcmp(other.stored, s->stored, sizeof s->stored);
}

bool qf_scram_proven(const struct qf_scram *s, const char *said,
                     const uint8_t proof[QF_SCRAM_KEY_BYTES])
{
	uint8_t client[MAC_BYTES], stored[MAC_BYTES];

	mac(qf_bytes(s->stored, sizeof s->stored), said, strlen(said), client);
	for (int i = 0; i < MAC_BYTES; i++)
		client[i] ^= proof[i];
	crypto_hash_sha256(stored, client, sizeof client);
	return !sodium_memcmp(stored, s->stored, sizeof stored);
}

void qf_scram_sign(const struct qf_scram *s, const char *said,
                   uint8_t out[QF_SCRAM_KEY_BYTES])
{
	mac(qf_bytes(s->server, sizeof s->server), said, strlen(said), out);
}

void qf_base64(char *out, size_t cap, struct qf_bytes from)
{
	sodium_bin2base64(out, cap, from.at, from.len,
	                  sodium_base64_VARIANT_ORIGINAL);
}

bool qf_base64_read(const char *text, uint8_t *out, size_t cap, size_t *len)
{
	return !sodium_base642bin(out, cap, text, strlen(text), NULL, len, NULL,
	                          sodium_base64_VARIANT_ORIGINAL);
}

void qf_scram_text(const struct qf_scram *s, char out[QF_SCRAM_TEXT_BYTES])
{
	char salt[32], stored[48], server[48];

	qf_base64(salt, sizeof salt, qf_bytes(s->salt, sizeof s->salt));
	qf_base64(stored, sizeof stored, qf_bytes(s->stored, sizeof s->stored));
	qf_base64(server, sizeof server, qf_bytes(s->server, sizeof s->server));
	snprintf(out, QF_SCRAM_TEXT_BYTES, "%s %s %s", salt, stored, server);
}

static bool read_word(const char **text, uint8_t *out, size_t bytes)
{
	char word[64];
	size_t len = strcspn(*text, " "), got;

	if (len >= sizeof word)
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len + ((*text)[len] == ' ');
	return qf_base64_read(word, out, bytes, &got) && got == bytes;
}

bool qf_scram_from_text(struct qf_scram *s, const char *text)
{
	return read_word(&text, s->salt, sizeof s->salt) &&
	       read_word(&text, s->stored, sizeof s->stored) &&
	       read_word(&text, s->server, sizeof s->server) && !*text;
}
