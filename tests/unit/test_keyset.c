/* test_keyset.c - a room as an ordered set, and snapshots that stand still */
#include "test.h"

#include "core/envelope.h"
#include "core/keyset.h"
#include "keys.h"

enum { MANY = 5000 };

static void add(struct qf_keyset *set, struct qf_setkey key)
{
	assert_int_equal(qf_keyset_add(set, &key), 1);
}

/* All of 0 to MANY - 1, in an order that jumps about. */
static uint32_t scattered(uint32_t i)
{
	return (uint32_t)((uint64_t)i * 2741 % MANY); /* coprime */
}

static void assert_minutes(const struct qf_snapshot *s, uint32_t count)
{
	assert_int_equal(s->count, count);
	for (uint32_t i = 0; i < count; i++) {
		struct qf_setkey key = key_of_minute(i);

		assert_int_equal(qf_setkey_compare(qf_snapshot_at(s, i), &key),
		                 0);
	}
}

TEST(keyset, order_is_by_class_then_hlc_then_id)
{
	struct qf_setkey rising[] = {
		{ .class = 0, .hlc = UINT64_MAX, .id = { { 0xff } } },
		{ .class = 1, .hlc = 0, .id = { { 1 } } },
		{ .class = 1, .hlc = 7, .id = { { 0 } } },
		{ .class = 1, .hlc = 7, .id = { { 0, 1 } } },
		{ .class = 1, .hlc = 7, .id = { { 1 } } },
		{ .class = 1, .hlc = UINT64_MAX, .id = { { 0 } } },
	};
	int n = sizeof rising / sizeof rising[0];

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			int c = qf_setkey_compare(&rising[i], &rising[j]);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
}

TEST(keyset, where_the_store_has_it_is_no_part_of_a_key)
{
	struct qf_setkey a = key_at(5, 1), b = a;

	b.lsn = 77;
	assert_int_equal(qf_setkey_compare(&a, &b), 0);
}

TEST(keyset, a_key_comes_from_an_envelope)
{
	struct qf_header head = {
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.hlc = 99,
		.seq = 1,
	};
	struct qf_envelope *e = qf_envelope_new(&head, qf_bytes("hi", 2));
	struct qf_setkey key = qf_setkey_of(e, 12);

	assert_int_equal(key.class, QF_CLASS_CONTENT);
	assert_int_equal(key.hlc, 99);
	assert_int_equal(key.lsn, 12);
	assert_memory_equal(&key.id, &e->id, sizeof e->id);
	qf_envelope_unref(e);
}

TEST(keyset, adding_tells_the_new_from_the_known)
{
	struct qf_setkey a = key_at(5, 1), b = key_at(5, 2);
	struct qf_keyset set;

	qf_keyset_init(&set);
	assert_false(qf_keyset_has(&set, &a));
	assert_int_equal(qf_keyset_add(&set, &b), 1);
	assert_int_equal(qf_keyset_add(&set, &a), 1);
	assert_int_equal(qf_keyset_add(&set, &a), 0);
	assert_int_equal(qf_keyset_add(&set, &b), 0);
	assert_int_equal(set.count, 2);
	assert_true(qf_keyset_has(&set, &a));
	qf_keyset_fini(&set);
	assert_int_equal(set.count, 0);
}

TEST(keyset, keys_added_in_any_order_come_out_in_order)
{
	struct qf_keyset set;
	struct qf_snapshot *s;

	qf_keyset_init(&set);
	for (uint32_t i = 0; i < MANY; i++)
		add(&set, key_of_minute(scattered(i)));
	for (uint32_t i = 0; i < MANY; i++) {
		struct qf_setkey key = key_of_minute(i);

		assert_true(qf_keyset_has(&set, &key));
		assert_int_equal(qf_keyset_add(&set, &key), 0);
	}
	s = qf_snapshot_new(&set, 1);
	assert_minutes(s, MANY);
	qf_snapshot_unref(s);
	qf_keyset_fini(&set);
}

TEST(keyset, no_block_is_longer_than_its_maximum)
{
	struct qf_keyset set;
	struct qf_snapshot *s;

	qf_keyset_init(&set);
	for (uint32_t i = MANY; i-- > 0;)
		add(&set, key_of_minute(i));
	s = qf_snapshot_new(&set, 1);
	for (size_t i = 0; i < s->block_count; i++)
		assert_in_range(s->starts[i + 1] - s->starts[i], 1,
		                QF_BLOCK_KEYS);
	qf_snapshot_unref(s);
	qf_keyset_fini(&set);
}

TEST(keyset, runs_cover_a_snapshot_once)
{
	struct qf_snapshot *s = minutes(0, MANY, 0);
	size_t len;

	for (size_t rank = 0; rank < s->count; rank += len) {
		const struct qf_setkey *run = qf_snapshot_run(s, rank, &len);

		assert_in_range(len, 1, s->count - rank);
		for (size_t i = 0; i < len; i++)
			assert_ptr_equal(run + i, qf_snapshot_at(s, rank + i));
	}
	qf_snapshot_unref(s);
}

TEST(keyset, lower_finds_the_first_key_that_is_not_below)
{
	struct qf_setkey beginning = { 0 };
	struct qf_setkey end = { .class = 2 };
	struct qf_snapshot *s = minutes(0, MANY, 0);

	assert_int_equal(qf_snapshot_lower(s, &beginning), 0);
	assert_int_equal(qf_snapshot_lower(s, &end), MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		struct qf_setkey key = key_of_minute(i);

		assert_int_equal(qf_snapshot_lower(s, &key), i);
		key.hlc++;
		assert_int_equal(qf_snapshot_lower(s, &key), i + 1);
	}
	qf_snapshot_unref(s);
}

TEST(keyset, nothing_has_a_snapshot_too)
{
	struct qf_setkey key = key_at(1, 1);
	struct qf_snapshot *s = minutes(0, 0, 0);

	assert_int_equal(s->count, 0);
	assert_int_equal(qf_snapshot_lower(s, &key), 0);
	qf_snapshot_unref(s);
	qf_snapshot_unref(NULL);
}

TEST(keyset, a_snapshot_stands_still_while_its_set_grows_at_the_end)
{
	struct qf_keyset set;
	struct qf_snapshot *taken[600];

	qf_keyset_init(&set);
	for (uint32_t i = 0; i < 600; i++) {
		taken[i] = qf_snapshot_new(&set, i);
		add(&set, key_of_minute(i));
	}
	for (uint32_t i = 0; i < 600; i++) {
		assert_minutes(taken[i], i);
		assert_int_equal(taken[i]->lsn, i);
		qf_snapshot_unref(taken[i]);
	}
	qf_keyset_fini(&set);
}

TEST(keyset, a_snapshot_stands_still_while_its_set_grows_in_the_middle)
{
	struct qf_keyset set;
	struct qf_snapshot *before, *after;

	qf_keyset_init(&set);
	for (uint32_t i = 0; i < 1000; i++)
		add(&set, key_of_minute(i));
	before = qf_snapshot_new(&set, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		struct qf_setkey key = key_of_minute(i);

		key.hlc++;
		add(&set, key);
	}
	after = qf_snapshot_new(&set, 2);
	qf_keyset_fini(&set);
	assert_minutes(before, 1000);
	assert_int_equal(after->count, 2000);
	for (size_t i = 1; i < after->count; i++)
		assert_true(qf_setkey_compare(qf_snapshot_at(after, i - 1),
		                              qf_snapshot_at(after, i)) < 0);
	qf_snapshot_unref(before);
	qf_snapshot_unref(after);
}

TEST(keyset, the_last_reference_frees_a_snapshot)
{
	struct qf_snapshot *s = minutes(0, 300, 0);

	assert_ptr_equal(qf_snapshot_ref(s), s);
	qf_snapshot_unref(s);
	assert_minutes(s, 300);
	qf_snapshot_unref(s);
}

/* The digest by hand: a part is the hash of what was put into it. */
static struct qf_hash close_part(struct qf_buf *part)
{
	struct qf_hash h;

	qf_hash_data(&h, "QF1root", part->at, part->len);
	qf_buf_clear(part);
	return h;
}

static void put_key(struct qf_buf *bucket, const struct qf_setkey *key)
{
	qf_put_u64(bucket, key->hlc);
	qf_put_raw(bucket, key->id.b, sizeof key->id.b);
}

static void put_bucket(struct qf_buf *day, uint32_t number,
                       struct qf_buf *bucket)
{
	struct qf_hash h = close_part(bucket);

	qf_put_u32(day, number);
	qf_put_raw(day, h.b, sizeof h.b);
}

static void put_day(struct qf_buf *root, uint8_t class, uint32_t number,
                    struct qf_buf *day)
{
	struct qf_hash h = close_part(day);

	qf_put_u8(root, class);
	qf_put_u32(root, number);
	qf_put_raw(root, h.b, sizeof h.b);
}

/* Midnight does not fall on the edge of a bucket: the bucket that it cuts is
 * in both days. */
TEST(keyset, the_digest_is_made_of_days_and_buckets)
{
	const uint64_t midnight = UINT64_C(20000) * 86400000;
	const uint32_t bucket_number = (uint32_t)(midnight >> 16);
	struct qf_setkey control = key_at(midnight << 16, 1);
	struct qf_setkey early = key_at((midnight - 1) << 16, 2);
	struct qf_setkey late = key_at(midnight << 16, 3);
	struct qf_setkey later = key_at((midnight << 16) + 1, 4);
	struct qf_setkey next = key_at((midnight + 65536) << 16, 5);
	struct qf_buf root, day, bucket;
	struct qf_hash expected, digest;
	struct qf_keyset set;
	struct qf_snapshot *s;

	control.class = QF_CLASS_CONTROL;
	assert_int_equal((midnight - 1) >> 16, bucket_number);
	qf_buf_init(&root, 0);
	qf_buf_init(&day, 0);
	qf_buf_init(&bucket, 0);

	put_key(&bucket, &control);
	put_bucket(&day, bucket_number, &bucket);
	put_day(&root, QF_CLASS_CONTROL, 20000, &day);
	put_key(&bucket, &early);
	put_bucket(&day, bucket_number, &bucket);
	put_day(&root, QF_CLASS_CONTENT, 19999, &day);
	put_key(&bucket, &late);
	put_key(&bucket, &later);
	put_bucket(&day, bucket_number, &bucket);
	put_key(&bucket, &next);
	put_bucket(&day, bucket_number + 1, &bucket);
	put_day(&root, QF_CLASS_CONTENT, 20000, &day);
	expected = close_part(&root);

	qf_keyset_init(&set);
	add(&set, next);
	add(&set, later);
	add(&set, late);
	add(&set, early);
	add(&set, control);
	s = qf_snapshot_new(&set, 1);
	qf_snapshot_digest(s, &digest);
	assert_memory_equal(&digest, &expected, sizeof digest);

	qf_snapshot_unref(s);
	qf_keyset_fini(&set);
	qf_buf_fini(&root);
	qf_buf_fini(&day);
	qf_buf_fini(&bucket);
}

TEST(keyset, the_digest_of_nothing_is_the_hash_of_nothing)
{
	struct qf_snapshot *s = minutes(0, 0, 0);
	struct qf_hash expected, digest;

	qf_hash_data(&expected, "QF1root", "", 0);
	qf_snapshot_digest(s, &digest);
	assert_memory_equal(&digest, &expected, sizeof digest);
	qf_snapshot_unref(s);
}

TEST(keyset, the_digest_knows_nothing_of_blocks)
{
	struct qf_snapshot *grown = minutes(0, MANY, 0), *mixed;
	struct qf_hash a, b;
	struct qf_keyset set;

	qf_keyset_init(&set);
	for (uint32_t i = 0; i < MANY; i++)
		add(&set, key_of_minute(scattered(i)));
	mixed = qf_snapshot_new(&set, 1);
	assert_int_not_equal(mixed->block_count, grown->block_count);
	qf_snapshot_digest(grown, &a);
	qf_snapshot_digest(mixed, &b);
	assert_memory_equal(&a, &b, sizeof a);
	qf_snapshot_unref(grown);
	qf_snapshot_unref(mixed);
	qf_keyset_fini(&set);
}
