/* test_bound.c - places between keys, and how few bytes say them */
#include "test.h"

#include "core/bound.h"
#include "keys.h"

/* A set from an array, which need not be in order. */
static struct qf_snapshot *set_of(const struct qf_setkey *keys, size_t n)
{
	struct qf_keyset set;
	struct qf_snapshot *s;

	qf_keyset_init(&set);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(qf_keyset_add(&set, &keys[i]), 1);
	s = qf_snapshot_new(&set, 1);
	qf_keyset_fini(&set);
	return s;
}

/* Put and get again; the bytes that it took. */
static size_t assert_travels(struct qf_bound b, struct qf_bound before)
{
	struct qf_bound put_last = before, get_last = before, got;
	struct qf_cursor c;
	struct qf_buf buf;
	size_t len;

	qf_buf_init(&buf, 0);
	qf_bound_put(&buf, &b, &put_last);
	c = qf_cursor(qf_buf_bytes(&buf));
	assert_true(qf_bound_get(&c, &got, &get_last));
	assert_true(qf_cursor_done(&c));
	assert_int_equal(qf_bound_compare(&got, &b), 0);
	assert_int_equal(got.id_len, b.id_len);
	assert_int_equal(qf_bound_compare(&put_last, &b), 0);
	assert_int_equal(qf_bound_compare(&get_last, &b), 0);
	len = buf.len;
	qf_buf_fini(&buf);
	return len;
}

static void assert_refused(const void *bytes, size_t len, struct qf_bound last)
{
	struct qf_cursor c = qf_cursor(qf_bytes(bytes, len));
	struct qf_bound b;

	assert_false(qf_bound_get(&c, &b, &last));
	assert_true(c.bad);
}

/* Each rank has a bound of its own, and they all travel in a row. */
static void assert_separates(const struct qf_snapshot *s)
{
	struct qf_bound last = { 0 };

	for (size_t rank = 0; rank <= s->count; rank++) {
		struct qf_bound b = qf_bound_at(s, rank);

		assert_int_equal(qf_bound_rank(s, &b), rank);
		assert_travels(b, last);
		last = b;
	}
}

TEST(bound, each_rank_has_a_bound_among_minutes)
{
	struct qf_snapshot *s = minutes(0, 1000, 0);

	assert_separates(s);
	qf_snapshot_unref(s);
}

TEST(bound, each_rank_has_a_bound_among_equal_stamps)
{
	struct qf_setkey keys[300];
	struct qf_snapshot *s;

	for (uint32_t i = 0; i < 300; i++)
		keys[i] = key_at(i % 3, i);
	s = set_of(keys, 300);
	assert_separates(s);
	qf_snapshot_unref(s);
}

TEST(bound, each_rank_has_a_bound_at_the_edges_of_everything)
{
	struct qf_setkey keys[] = {
		{ .class = 0, .hlc = 0, .id = { { 0 } } },
		{ .class = 0, .hlc = 0, .id = { { [31] = 1 } } },
		{ .class = 0, .hlc = UINT64_MAX - 1, .id = { { 0 } } },
		{ .class = 0, .hlc = UINT64_MAX, .id = { { 0xff } } },
		{ .class = 1, .hlc = 0, .id = { { 0 } } },
		{ .class = 1, .hlc = 1, .id = { { 0 } } },
		{ .class = 1, .hlc = UINT64_C(1) << 63, .id = { { 7 } } },
		{ .class = 1, .hlc = UINT64_C(1) << 63, .id = { { 8 } } },
		{ .class = 1, .hlc = UINT64_MAX, .id = { { 0 } } },
		{ .class = 1, .hlc = UINT64_MAX, .id = { { [31] = 1 } } },
		{ .class = 0xfe, .hlc = UINT64_MAX, .id = { { 0xff } } },
	};
	struct qf_snapshot *s = set_of(keys, sizeof keys / sizeof keys[0]);

	assert_separates(s);
	qf_snapshot_unref(s);
}

TEST(bound, the_ends_of_a_set_are_the_ends_of_everything)
{
	struct qf_snapshot *s = minutes(5, 6, 0);
	struct qf_bound zero = { 0 };
	struct qf_bound first = qf_bound_at(s, 0), last = qf_bound_at(s, 1);

	assert_int_equal(qf_bound_compare(&first, &zero), 0);
	assert_int_equal(last.class, QF_BOUND_END);
	qf_snapshot_unref(s);
}

TEST(bound, of_a_gap_in_time_only_the_zeros_are_kept)
{
	struct qf_setkey keys[] = { key_at(0x123455, 1), key_at(0x1234ff, 2) };
	struct qf_snapshot *s = set_of(keys, 2);
	struct qf_bound b = qf_bound_at(s, 1);

	assert_int_equal(b.hlc, 0x123480);
	assert_int_equal(b.id_len, 0);
	qf_snapshot_unref(s);
}

TEST(bound, of_an_id_only_what_differs_is_kept)
{
	struct qf_setkey a = { .class = 1, .hlc = 9, .id = { { 1, 2, 3, 4 } } };
	struct qf_setkey b = { .class = 1, .hlc = 9, .id = { { 1, 2, 5, 6 } } };
	struct qf_setkey both[] = { a, b };
	struct qf_snapshot *s = set_of(both, 2);
	struct qf_bound bound = qf_bound_at(s, 1);

	assert_int_equal(bound.id_len, 3);
	assert_memory_equal(bound.id.b, "\1\2\5\0\0", 5);
	qf_snapshot_unref(s);
}

TEST(bound, between_minutes_it_takes_two_bytes)
{
	struct qf_snapshot *s = minutes(0, 100, 0);

	for (size_t rank = 2; rank < 100; rank++)
		assert_in_range(assert_travels(qf_bound_at(s, rank),
		                               qf_bound_at(s, rank - 1)),
		                2, 2);
	qf_snapshot_unref(s);
}

TEST(bound, the_end_takes_one_byte)
{
	struct qf_bound zero = { 0 }, end = { .class = QF_BOUND_END };

	assert_int_equal(assert_travels(end, zero), 1);
	assert_int_equal(assert_travels(end, end), 1);
}

TEST(bound, any_order_travels)
{
	struct qf_bound bounds[] = {
		{ 0 },
		{ .class = 1, .hlc = 5 },
		{ .class = 1, .hlc = 5, .id_len = 2, .id = { { 3, 4 } } },
		{ .class = 1, .hlc = 6 },
		{ .class = 0, .hlc = UINT64_MAX },
		{ .class = 1, .hlc = UINT64_C(1) << 63, .id_len = 32 },
		{ .class = QF_BOUND_END },
	};
	size_t n = sizeof bounds / sizeof bounds[0];

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			assert_travels(bounds[i], bounds[j]);
}

TEST(bound, malformed_ones_are_refused)
{
	struct qf_bound zero = { 0 };
	struct qf_bound high = { .class = 1, .hlc = UINT64_MAX };

	assert_refused("", 0, zero);
	assert_refused("\x00", 1, zero);             /* no number */
	assert_refused("\x00\x80\x00", 3, zero);     /* a longer form */
	assert_refused("\x00\x01", 2, high);         /* over 64 bits */
	assert_refused("\x3e\x04", 2, zero);         /* over 64 bits */
	assert_refused("\x3f\x01", 2, zero);         /* 63 zeros */
	assert_refused("\x80\xff\x00", 3, zero);     /* the end, too long */
	assert_refused("\x40\x01\x00", 3, zero);     /* an id of no bytes */
	assert_refused("\x40\x01\x21", 3, zero);     /* of more than 32 */
	assert_refused("\x40\x01\x02\x07", 4, zero); /* of two, one is there */
	assert_refused("\x80", 1, zero);             /* no class */
}
