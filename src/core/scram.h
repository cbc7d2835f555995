/* scram.h - passwords as SCRAM-SHA-256 keeps and proves them
 *
 * RFC 5802 and 7677. What is kept of a password is a salt and two keys, from
 * which nobody can log in; who has the password proves it without sending it.
 *
 * Pure: the salt comes from the caller.
 */
#ifndef QF_SCRAM_H
#define QF_SCRAM_H

#include "bytes.h"

enum {
	QF_SCRAM_KEY_BYTES = 32,
	QF_SCRAM_SALT_BYTES = 16,
	QF_SCRAM_ROUNDS = 4096, /* the least of RFC 7677 */
	QF_SCRAM_TEXT_BYTES = 160,
	QF_PASSWORD_BYTES_MAX = 300,
};

struct qf_scram {
	uint8_t salt[QF_SCRAM_SALT_BYTES];
	uint8_t stored[QF_SCRAM_KEY_BYTES];
	uint8_t server[QF_SCRAM_KEY_BYTES];
};

void qf_scram_init(struct qf_scram *s, const uint8_t salt[QF_SCRAM_SALT_BYTES],
                   struct qf_bytes password);
bool qf_scram_is(const struct qf_scram *s, struct qf_bytes password);
/* The proof that a client sends for all that was said (AuthMessage). */
bool qf_scram_proven(const struct qf_scram *s, const char *said,
                     const uint8_t proof[QF_SCRAM_KEY_BYTES]);
/* By which the client sees that we know the password's keys. */
void qf_scram_sign(const struct qf_scram *s, const char *said,
                   uint8_t out[QF_SCRAM_KEY_BYTES]);
/* "salt stored server" in base64, and back. */
void qf_scram_text(const struct qf_scram *s, char out[QF_SCRAM_TEXT_BYTES]);
bool qf_scram_from_text(struct qf_scram *s, const char *text);

/* Base64 with padding. The buffer has room for (len + 2) / 3 * 4 + 1. */
void qf_base64(char *out, size_t cap, struct qf_bytes from);
/* False: it is none, or too long. */
bool qf_base64_read(const char *text, uint8_t *out, size_t cap, size_t *len);

#endif
