/* classic_code.h - what the original program calls encryption: a key of 14 bits
 *
 * The original Python QuickFi agrees on a secret by Diffie and Hellman's way,
 * with a prime of four digits. A character becomes seven binary digits, and the
 * digits are XORed with those of the secret, over and over. It hides a text
 * from a glance and from nothing else.
 */
#ifndef QF_CLASSIC_CODE_H
#define QF_CLASSIC_CODE_H

#include "core/bytes.h"

enum {
	QF_CLASSIC_CHAR_BITS = 7,
	QF_CLASSIC_CHARS_MAX = 1428, /* of one frame */
	QF_CLASSIC_BITS_MAX = 9996,
	QF_CLASSIC_KEY_BITS = 14,
	QF_CLASSIC_NUMBER_MAX = 9999, /* of a prime, and all below it */
};

struct qf_classic_key {
	uint8_t bits[QF_CLASSIC_KEY_BITS];
	size_t count; /* without leading zeros; 0 has one digit */
};

/* base^exponent mod prime; the prime is 1 to QF_CLASSIC_NUMBER_MAX. */
unsigned qf_classic_power(unsigned base, unsigned exponent, unsigned prime);
/* The secret is at most QF_CLASSIC_NUMBER_MAX. */
void qf_classic_key(struct qf_classic_key *key, unsigned secret);
/* A frame: the length and the bits. The text is of seven-bit characters, at
 * most QF_CLASSIC_CHARS_MAX. */
void qf_classic_put_frame(struct qf_buf *to, const struct qf_classic_key *key,
                          struct qf_bytes text);
/* What bits say: of seven each a character, what is left over is dropped. Room
 * for bits.len / 7 characters. How many there are. */
size_t qf_classic_read_bits(const struct qf_classic_key *key,
                            struct qf_bytes bits, char *out);

#endif
