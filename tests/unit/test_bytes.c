/* test_bytes.c - cursors stick to their error, buffers to their maximum */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "hex.h"

TEST(bytes, integers_are_big_endian_both_ways)
{
	struct qf_buf b;
	struct qf_cursor c;

	qf_buf_init(&b, 0);
	qf_put_u8(&b, 0x01);
	qf_put_u16(&b, 0x0203);
	qf_put_u32(&b, 0x04050607);
	qf_put_u64(&b, 0x08090a0b0c0d0e0f);
	assert_hex(b.at, b.len, "0102030405060708090a0b0c0d0e0f");

	c = qf_cursor(qf_buf_bytes(&b));
	assert_int_equal(qf_get_u8(&c), 0x01);
	assert_int_equal(qf_get_u16(&c), 0x0203);
	assert_int_equal(qf_get_u32(&c), 0x04050607);
	assert_int_equal(qf_get_u64(&c), 0x08090a0b0c0d0e0f);
	assert_true(qf_cursor_done(&c));
	qf_buf_fini(&b);
}

static const struct {
	uint64_t value;
	const char *hex;
} varints[] = {
	{ 0, "00" },
	{ 1, "01" },
	{ 127, "7f" },
	{ 128, "8001" },
	{ 300, "ac02" },
	{ 16383, "ff7f" },
	{ 16384, "808001" },
	{ UINT32_MAX, "ffffffff0f" },
	{ (UINT64_C(1) << 63) - 1, "ffffffffffffffff7f" },
	{ UINT64_C(1) << 63, "80808080808080808001" },
	{ UINT64_MAX, "ffffffffffffffffff01" },
};

TEST(bytes, varints_have_one_form_each)
{
	for (size_t i = 0; i < sizeof varints / sizeof *varints; i++) {
		struct qf_buf b;
		struct qf_cursor c;

		qf_buf_init(&b, 0);
		qf_put_varint(&b, varints[i].value);
		assert_hex(b.at, b.len, varints[i].hex);
		assert_int_equal(b.len, qf_varint_size(varints[i].value));

		c = qf_cursor(qf_buf_bytes(&b));
		assert_true(qf_get_varint(&c) == varints[i].value);
		assert_true(qf_cursor_done(&c));
		qf_buf_fini(&b);
	}
}

static const char *const bad_varints[] = {
	"",
	"80",
	"ffff",
	"8000",                     /* 0 in two bytes */
	"ff00",                     /* 127 in two bytes */
	"80808080808080808000",     /* 0 in ten */
	"ffffffffffffffffff02",     /* bit 64 */
	"ffffffffffffffffff7f",     /* bits 64 to 69 */
	"ffffffffffffffffff81",     /* goes on after ten */
	"8080808080808080808001",   /* eleven bytes */
	"ffffffffffffffffffffffff", /* never ends */
};

TEST(bytes, other_varints_are_refused)
{
	for (size_t i = 0; i < sizeof bad_varints / sizeof *bad_varints; i++) {
		uint8_t in[16];
		size_t len = hex_read(in, sizeof in, bad_varints[i]);
		struct qf_cursor c = qf_cursor(qf_bytes(in, len));

		assert_true(qf_get_varint(&c) == 0);
		assert_true(c.bad);
	}
}

TEST(bytes, a_cursor_error_sticks)
{
	static const uint8_t in[] = { 1, 2, 3 };
	struct qf_cursor c = qf_cursor(qf_bytes(in, sizeof in));
	uint8_t raw[2] = { 9, 9 };

	assert_int_equal(qf_get_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(qf_cursor_left(&c), 0);
	assert_int_equal(qf_get_u8(&c), 0);
	qf_get_raw(&c, raw, sizeof raw);
	assert_hex(raw, sizeof raw, "0000");
	assert_int_equal(qf_get_span(&c, 1).len, 0);
	assert_int_equal(qf_get_bytes(&c, 9).len, 0);
	assert_false(qf_cursor_done(&c));
}

TEST(bytes, an_empty_cursor_is_done)
{
	struct qf_cursor c = qf_cursor(qf_bytes(NULL, 0));

	assert_true(qf_cursor_done(&c));
	qf_get_raw(&c, NULL, 0);
	assert_int_equal(qf_get_span(&c, 0).len, 0);
	assert_true(qf_cursor_done(&c));
	qf_get_u8(&c);
	assert_false(qf_cursor_done(&c));
}

TEST(bytes, a_cursor_with_bytes_left_is_not_done)
{
	static const uint8_t in[] = { 1, 2, 3 };
	struct qf_cursor c = qf_cursor(qf_bytes(in, sizeof in));

	assert_int_equal(qf_get_u16(&c), 0x0102);
	assert_int_equal(qf_cursor_left(&c), 1);
	assert_false(qf_cursor_done(&c));
	assert_false(c.bad);
}

TEST(bytes, counted_bytes_are_borrowed_up_to_a_maximum)
{
	static const uint8_t in[] = { 3, 'a', 'b', 'c' };
	struct qf_cursor c = qf_cursor(qf_bytes(in, sizeof in));
	struct qf_bytes got = qf_get_bytes(&c, 3);

	assert_ptr_equal(got.at, in + 1);
	assert_int_equal(got.len, 3);
	assert_true(qf_cursor_done(&c));

	c = qf_cursor(qf_bytes(in, sizeof in));
	assert_int_equal(qf_get_bytes(&c, 2).len, 0);
	assert_true(c.bad);

	c = qf_cursor(qf_bytes(in, sizeof in - 1));
	assert_int_equal(qf_get_bytes(&c, 3).len, 0);
	assert_true(c.bad);
}

TEST(bytes, a_length_near_2_to_64_is_only_too_long)
{
	uint8_t in[10];
	size_t len = hex_read(in, sizeof in, "ffffffffffffffffff01");
	struct qf_cursor c = qf_cursor(qf_bytes(in, len));

	assert_int_equal(qf_get_bytes(&c, SIZE_MAX).len, 0);
	assert_true(c.bad);
}

TEST(bytes, a_buffer_keeps_to_its_maximum)
{
	struct qf_buf b;

	qf_buf_init(&b, 4);
	qf_put_u32(&b, 1);
	assert_false(b.bad);
	qf_put_u8(&b, 1);
	assert_true(b.bad);
	assert_int_equal(b.len, 4);

	qf_buf_clear(&b);
	assert_false(b.bad);
	qf_put_raw(&b, "abc", 3);
	qf_put_u16(&b, 1);
	assert_true(b.bad);
	qf_put_u8(&b, 1); /* would fit, but the error sticks */
	assert_hex(b.at, b.len, "616263");
	qf_buf_fini(&b);
}

TEST(bytes, room_for_more_than_memory_holds_is_an_error)
{
	struct qf_buf b;

	qf_buf_init(&b, 0);
	qf_put_u8(&b, 1);
	assert_null(qf_buf_room(&b, SIZE_MAX));
	assert_true(b.bad);
	assert_int_equal(b.len, 1);
	qf_buf_fini(&b);
}

TEST(bytes, room_is_filled_by_the_caller)
{
	struct qf_buf b;
	uint8_t *to;

	qf_buf_init(&b, 0);
	to = qf_buf_room(&b, 1000);
	assert_non_null(to);
	memset(to, 7, 1000);
	b.len += 1000;
	assert_int_equal(qf_buf_bytes(&b).len, 1000);
	assert_non_null(qf_buf_room(&b, 0));
	qf_buf_fini(&b);
	assert_null(b.at);
}

TEST(bytes, a_buffer_can_lose_its_front)
{
	struct qf_buf b;

	qf_buf_init(&b, 0);
	qf_buf_drop_front(&b, 0);
	qf_put_raw(&b, "abcdef", 6);
	qf_buf_drop_front(&b, 2);
	assert_hex(b.at, b.len, "63646566");
	qf_buf_drop_front(&b, 4);
	assert_int_equal(b.len, 0);
	qf_put_raw(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	qf_buf_fini(&b);
}

TEST(bytes, a_big_buffer_survives_its_growth)
{
	enum { COUNT = 100000 };
	struct qf_buf b;
	struct qf_cursor c;

	qf_buf_init(&b, 0);
	for (uint32_t i = 0; i < COUNT; i++)
		qf_put_bytes(&b, qf_bytes(&i, i % 5));
	assert_false(b.bad);
	c = qf_cursor(qf_buf_bytes(&b));
	for (uint32_t i = 0; i < COUNT; i++) {
		uint8_t want[8] = { 0 };
		struct qf_bytes got = qf_get_bytes(&c, 4);

		assert_int_equal(got.len, i % 5);
		memcpy(want, &i, got.len);
		if (got.len)
			assert_memory_equal(got.at, want, got.len);
	}
	assert_true(qf_cursor_done(&c));
	qf_buf_fini(&b);
}

TEST(bytes, a_shared_run_lives_until_its_last_reference)
{
	struct qf_shared *s = qf_shared_new("abc", 3);

	assert_ptr_equal(qf_shared_ref(s), s);
	qf_shared_unref(s);
	assert_hex(s->at, s->len, "616263");
	qf_shared_unref(s);
	qf_shared_unref(NULL);

	s = qf_shared_new(NULL, 0);
	assert_int_equal(s->len, 0);
	qf_shared_unref(s);
	assert_null(qf_shared_new(NULL, SIZE_MAX));
}
