/* classic_code.c - what the original program calls encryption */
#include "classic_code.h"

#include <assert.h>
#include <stdio.h>

unsigned qf_classic_power(unsigned base, unsigned exponent, unsigned prime)
{
	unsigned power = 1 % prime;

	for (base %= prime; exponent; exponent >>= 1) {
		if (exponent & 1)
			power = power * base % prime;
		base = base * base % prime;
	}
	return power;
}

void qf_classic_key(struct qf_classic_key *key, unsigned secret)
{
	size_t count = 1;

	assert(secret <= QF_CLASSIC_NUMBER_MAX);
	while (secret >> count)
		count++;
	key->count = count;
	for (size_t i = 0; i < count; i++)
		key->bits[i] = secret >> (count - 1 - i) & 1;
}

void qf_classic_put_frame(struct qf_buf *to, const struct qf_classic_key *key,
                          struct qf_bytes text)
{
	size_t bits = text.len * QF_CLASSIC_CHAR_BITS;
	size_t at = 0;
	char length[8];
	uint8_t *out;

	assert(text.len <= QF_CLASSIC_CHARS_MAX);
	snprintf(length, sizeof length, "%04zu", bits);
	qf_put_raw(to, length, 4);
	out = qf_buf_room(to, bits);
	if (!out)
		return;
	to->len += bits;
	for (size_t i = 0; i < text.len; i++)
		for (int bit = QF_CLASSIC_CHAR_BITS - 1; bit >= 0; bit--) {
			*out++ = '0' +
			         ((text.at[i] >> bit & 1) ^ key->bits[at]);
			at = at + 1 == key->count ? 0 : at + 1;
		}
}

size_t qf_classic_read_bits(const struct qf_classic_key *key,
                            struct qf_bytes bits, char *out)
{
	size_t count = bits.len / QF_CLASSIC_CHAR_BITS;
	const uint8_t *in = bits.at;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned c = 0;

		for (int bit = 0; bit < QF_CLASSIC_CHAR_BITS; bit++) {
			c = c << 1 | ((*in++ & 1u) ^ key->bits[at]);
			at = at + 1 == key->count ? 0 : at + 1;
		}
		out[i] = (char)c;
	}
	return count;
}
