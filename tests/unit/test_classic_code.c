/* test_classic_code.c - secrets, keys and bits of the original's protocol */
#include "test.h"

#include <string.h>

#include "gateway/classic_code.h"

static const struct {
	unsigned secret;
	const char *key, *text, *frame;
} vectors[] = {
	{ 1, "1", "Hi", "001401101110010110" },
	{ 2, "10", "Hi", "001400111011000011" },
	{ 1234, "10011010010", "Hello",
	  "003500001011110001000010110010100100101" },
	{ 8999, "10001100100111", "a b~", "00280100111000011101001001011001" },
	{ 422, "110100110", "", "0000" },
	{ 44, "101100", "Yo", "001400000001011101" },
	{ 44, "101100", "Hi!", "0021001000110110111000100" },
	{ 44, "101100", "Bob", "0021001101110111010000111" },
};

TEST(classic_code, a_secret_is_what_both_make_of_their_numbers)
{
	/* base 50, prime 7919: A is 7493, B is 1406, and the secret is 44. */
	unsigned found = 0;

	for (unsigned a = 20; a <= 100; a++) {
		if (qf_classic_power(50, a, 7919) != 7493)
			continue;
		assert_int_equal(qf_classic_power(1406, a, 7919), 44);
		found++;
	}
	assert_int_equal(found, 1);
	assert_int_equal(qf_classic_power(0, 20, 1009), 0);
	assert_int_equal(qf_classic_power(9999, 0, 9999), 1);
	assert_int_equal(qf_classic_power(9998, 100, 9999), 1);
	assert_int_equal(qf_classic_power(5, 5, 1), 0);
}

TEST(classic_code, a_key_has_no_leading_zeros)
{
	struct qf_classic_key key;

	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		qf_classic_key(&key, vectors[i].secret);
		assert_int_equal(key.count, strlen(vectors[i].key));
		for (size_t k = 0; k < key.count; k++)
			assert_int_equal(key.bits[k], vectors[i].key[k] - '0');
	}
	qf_classic_key(&key, 0);
	assert_int_equal(key.count, 1);
	assert_int_equal(key.bits[0], 0);
}

TEST(classic_code, texts_become_the_frames_of_the_original_and_come_back)
{
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const char *text = vectors[i].text, *frame = vectors[i].frame;
		struct qf_classic_key key;
		char back[16] = "";
		struct qf_buf out;

		qf_classic_key(&key, vectors[i].secret);
		qf_buf_init(&out, 0);
		qf_classic_put_frame(&out, &key, qf_bytes(text, strlen(text)));
		assert_int_equal(out.len, strlen(frame));
		assert_memory_equal(out.at, frame, out.len);
		assert_int_equal(qf_classic_read_bits(
					 &key,
					 qf_bytes(frame + 4, strlen(frame) - 4),
					 back),
		                 strlen(text));
		assert_memory_equal(back, text, strlen(text));
		qf_buf_fini(&out);
	}
}

TEST(classic_code, all_seven_bits_are_carried)
{
	static const char bits[] = "01111110000001";
	struct qf_classic_key key;
	char text[2];

	qf_classic_key(&key, 4096);
	assert_int_equal(key.count, 13);
	assert_int_equal(qf_classic_read_bits(&key, qf_bytes(bits, 14), text),
	                 2);
	assert_memory_equal(text, "\x7f\0", 2);
}

TEST(classic_code, a_wider_character_is_read_as_the_original_reads_it)
{
	static const char frame[] = "0036010100111010001000111110000010000100";
	struct qf_classic_key key;
	char text[8];

	qf_classic_key(&key, 592);
	assert_int_equal(
		qf_classic_read_bits(&key, qf_bytes(frame + 4, 36), text), 5);
	assert_memory_equal(text, "caftP", 5);
}

TEST(classic_code, the_longest_frame_has_ten_thousand_bytes)
{
	char text[QF_CLASSIC_CHARS_MAX], back[QF_CLASSIC_CHARS_MAX];
	struct qf_classic_key key;
	struct qf_buf out;

	memset(text, 'x', sizeof text);
	qf_classic_key(&key, 8999);
	qf_buf_init(&out, 0);
	qf_classic_put_frame(&out, &key, qf_bytes(text, sizeof text));
	assert_int_equal(out.len, 10000);
	assert_memory_equal(out.at, "9996", 4);
	assert_int_equal(
		qf_classic_read_bits(&key, qf_bytes(out.at + 4, 9996), back),
		sizeof back);
	assert_memory_equal(back, text, sizeof back);
	qf_buf_fini(&out);
}
