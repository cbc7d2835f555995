/* test_noise.c - Noise, against the vector that others publish */
#include <sodium.h>
#include <string.h>

#include "core/noise.h"
#include "test.h"

/* Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b of cacophony.txt, the vectors that the
 * implementations of Noise share; vectors/noise.json has it whole. */
static const char *const messages[][2] = {
	{ "4c756477696720766f6e204d69736573",
	  "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
	  "32c362f61a0162a93280a9e1c53edb8ce7487fd12a4d1731495a24051a5afca8" },
	{ "4d757272617920526f746862617264",
	  "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
	  "0e8d0924ed6525d4045188c3b225604c254ac2d8d33a8a3b0c7f5eb1975ba4" },
	{ "462e20412e20486179656b",
	  "4781e2a7bef65e0ae3da3508cf44a8b7a92880077b8e73afaef494" },
	{ "4361726c204d656e676572",
	  "f14b1feb6ff970fc3993f1c2383f33fa48138bfc5aa2ee89e40107" },
};

static size_t unhex(uint8_t *out, size_t cap, const char *hex)
{
	size_t len;

	assert_int_equal(
		sodium_hex2bin(out, cap, hex, strlen(hex), NULL, &len, NULL),
		0);
	return len;
}

static struct qf_noise_key key(const char *hex)
{
	struct qf_noise_key k;

	assert_int_equal(unhex(k.b, sizeof k.b, hex), sizeof k.b);
	return k;
}

static void same(const struct qf_buf *buf, const char *hex)
{
	uint8_t wanted[128];
	size_t len = unhex(wanted, sizeof wanted, hex);

	assert_false(buf->bad);
	assert_int_equal(buf->len, len);
	assert_memory_equal(buf->at, wanted, len);
}

static struct qf_noise_answer answer_with(const char *shared)
{
	static uint8_t payload[32];

	return (struct qf_noise_answer){
		.prologue = qf_bytes("John Galt", 9),
		.secret = key("4a3acbfdb163dec651dfa3194dece676"
		              "d437029c62a408b4c5ea9114246e4893"),
		.shared = key(shared),
		.once = key("bbdb4cdbd309f1a1f2e1456967fe288c"
		            "add6f712d65dc7b7793d5e63da6b375b"),
		.payload = qf_bytes(payload, unhex(payload, sizeof payload,
		                                   messages[1][0])),
	};
}

#define SHARED                                                                 \
	"54686973206973206d7920417573747269616e20706572737065637469766521"

TEST(noise, the_answering_side_does_as_the_published_vector)
{
	struct qf_noise_answer a = answer_with(SHARED);
	uint8_t bytes[128];
	struct qf_buf payload, out;
	struct qf_noise n;
	size_t len;

	(void)state;
	qf_buf_init(&payload, 0);
	qf_buf_init(&out, 0);
	len = unhex(bytes, sizeof bytes, messages[0][1]);
	assert_true(
		qf_noise_begin(&n, &a, qf_bytes(bytes, len), &payload, &out));
	same(&payload, messages[0][0]);
	same(&out, messages[1][1]);

	qf_buf_clear(&payload);
	len = unhex(bytes, sizeof bytes, messages[2][1]);
	/* What is none of theirs does not keep the next from being read. */
	assert_false(qf_noise_open(&n, qf_bytes(bytes, len - 1), &payload));
	assert_true(qf_noise_open(&n, qf_bytes(bytes, len), &payload));
	same(&payload, messages[2][0]);

	qf_buf_clear(&out);
	len = unhex(bytes, sizeof bytes, messages[3][0]);
	qf_noise_seal(&n, NULL, qf_bytes(bytes, len), &out);
	same(&out, messages[3][1]);

	/* What came once does not come again. */
	len = unhex(bytes, sizeof bytes, messages[2][1]);
	assert_false(qf_noise_open(&n, qf_bytes(bytes, len), &payload));
	qf_noise_fini(&n);
	qf_buf_fini(&payload);
	qf_buf_fini(&out);
}

TEST(noise, who_has_another_secret_or_a_changed_byte_is_refused)
{
	struct qf_noise_answer a = answer_with(SHARED);
	struct qf_noise_answer other = answer_with(
		"00686973206973206d7920417573747269616e2070657273706563746976"
		"6521");
	uint8_t bytes[128];
	struct qf_buf payload, out;
	struct qf_noise n;
	size_t len = unhex(bytes, sizeof bytes, messages[0][1]);

	(void)state;
	qf_buf_init(&payload, 0);
	qf_buf_init(&out, 0);
	assert_false(qf_noise_begin(&n, &other, qf_bytes(bytes, len), &payload,
	                            &out));
	for (size_t cut = 0; cut < len; cut++)
		assert_false(qf_noise_begin(&n, &a, qf_bytes(bytes, cut),
		                            &payload, &out));
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 4;
		assert_false(qf_noise_begin(&n, &a, qf_bytes(bytes, len),
		                            &payload, &out));
		bytes[i] ^= 4;
	}
	assert_int_equal(payload.len, 0);
	assert_int_equal(out.len, 0);
	qf_buf_fini(&payload);
	qf_buf_fini(&out);
}
