/* test_cipher.c - OpenSSL and libsodium say the same to a page */
#include <string.h>

#include "net/cipher.h"
#include "test.h"

TEST(cipher, a_message_is_the_same_whoever_seals_it)
{
	static uint8_t text[QF_NOISE_BYTES_MAX - QF_NOISE_TAG_BYTES];
	static const size_t lens[] = { 0, 1, 400, sizeof text };
	struct qf_noise a = { .out.key.b = { 1, 2, 3 } }, b = a;
	struct qf_noise_cipher cipher;
	struct qf_buf by_us, by_it;

	(void)state;
	qf_cipher_init(&cipher);
	assert_non_null(cipher.seal);
	qf_buf_init(&by_us, 0);
	qf_buf_init(&by_it, 0);
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		qf_noise_seal(&a, NULL, qf_bytes(text, lens[i]), &by_us);
		qf_noise_seal(&b, &cipher, qf_bytes(text, lens[i]), &by_it);
	}
	assert_false(by_it.bad);
	assert_int_equal(a.out.count, b.out.count);
	assert_int_equal(by_us.len, by_it.len);
	assert_memory_equal(by_us.at, by_it.at, by_us.len);
	qf_buf_fini(&by_us);
	qf_buf_fini(&by_it);
	qf_cipher_fini(&cipher);
}

static bool refuse(void *ctx, const struct qf_noise_key *key,
                   const uint8_t *nonce, struct qf_bytes plain, uint8_t *to)
{
	(void)ctx;
	(void)key;
	(void)nonce;
	(void)plain;
	(void)to;
	return false;
}

TEST(cipher, what_cannot_be_sealed_is_not_sent)
{
	struct qf_noise_cipher cipher = { .seal = refuse };
	struct qf_noise n = { 0 };
	struct qf_buf out;

	(void)state;
	qf_buf_init(&out, 0);
	qf_noise_seal(&n, &cipher, qf_bytes("x", 1), &out);
	assert_true(out.bad);
	assert_int_equal(out.len, 0);
	qf_buf_fini(&out);
}
