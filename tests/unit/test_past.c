/* test_past.c - a clock that is ahead buries nothing */
#include "core/err.h"
#include "core/past.h"
#include "keys.h"
#include "test.h"

enum { MINUTE_MS = 60000, YEAR_MINUTES = 525600, NOBODY = 0 };

#define BEGIN_MS UINT64_C(1700000000000) /* minute 0 of key_of_minute() */

/* Lines with lsn 1, 2, 3...: the minute in which each says it was said. */
static struct qf_past past_of(const uint32_t *said, size_t count,
                              uint64_t room_ms)
{
	struct qf_keyset set;
	struct qf_past past;

	qf_keyset_init(&set);
	for (size_t i = 0; i < count; i++) {
		struct qf_setkey key = key_of_minute(said[i]);

		key.lsn = i + 1;
		assert_int_equal(qf_keyset_add(&set, &key), 1);
	}
	assert_int_equal(
		qf_past_init(&past, qf_snapshot_new(&set, count), room_ms),
		QF_OK);
	qf_keyset_fini(&set);
	return past;
}

static void assert_shown(const struct qf_past *past, const uint64_t *lsns,
                         size_t count)
{
	assert_int_equal(qf_past_count(past), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(qf_past_at(past, i)->lsn, lsns[i]);
}

static uint64_t minute(uint32_t n)
{
	return BEGIN_MS + (uint64_t)n * MINUTE_MS;
}

TEST(past, where_no_clock_is_ahead_it_is_the_set)
{
	struct qf_past past = past_of((uint32_t[]){ 2, 0, 1, 12 }, 4,
	                              minute(2));

	assert_shown(&past, (uint64_t[]){ 2, 3, 1, 4 }, 4);
	assert_int_equal(qf_past_lower(&past, minute(1), false), 1);
	assert_int_equal(qf_past_lower(&past, minute(1), true), 1);
	assert_int_equal(qf_past_lower(&past, minute(13), false), 4);
	qf_past_fini(&past);
}

TEST(past, what_is_ahead_is_shown_where_it_came)
{
	uint32_t said[] = { 0, 1, YEAR_MINUTES + 7, 2, YEAR_MINUTES, 3, 4 };
	struct qf_past past = past_of(said, 7, minute(4));

	assert_shown(&past, (uint64_t[]){ 1, 2, 3, 4, 5, 6, 7 }, 7);
	qf_past_fini(&past);
}

TEST(past, what_came_late_and_is_older_stays_above_it)
{
	uint32_t said[] = { 5, YEAR_MINUTES, 1, 2, 6 };
	struct qf_past past = past_of(said, 5, minute(6));

	assert_shown(&past, (uint64_t[]){ 3, 4, 1, 2, 5 }, 5);
	qf_past_fini(&past);
}

TEST(past, what_is_ahead_may_be_first_last_or_all_there_is)
{
	uint32_t ahead = YEAR_MINUTES;
	struct qf_past past = past_of((uint32_t[]){ ahead, 0 }, 2, minute(0));

	assert_shown(&past, (uint64_t[]){ 1, 2 }, 2);
	qf_past_fini(&past);
	past = past_of((uint32_t[]){ 0, ahead }, 2, minute(0));
	assert_shown(&past, (uint64_t[]){ 1, 2 }, 2);
	qf_past_fini(&past);
	past = past_of((uint32_t[]){ ahead + 1, ahead }, 2, minute(0));
	assert_shown(&past, (uint64_t[]){ 1, 2 }, 2);
	assert_int_equal(qf_past_lower(&past, minute(0), false), 0);
	assert_int_equal(qf_past_lower(&past, minute(0), true), 2);
	qf_past_fini(&past);
}

TEST(past, when_its_time_has_come_it_takes_its_place)
{
	uint32_t said[] = { 0, 100, 1, 89 };
	struct qf_past past = past_of(said, 4, minute(89));

	assert_shown(&past, (uint64_t[]){ 1, 2, 3, 4 }, 4);
	qf_past_fini(&past);
	past = past_of(said, 4, minute(90));
	assert_shown(&past, (uint64_t[]){ 1, 3, 4, 2 }, 4);
	qf_past_fini(&past);
}

TEST(past, without_a_time_nothing_is_ahead)
{
	struct qf_past past = past_of((uint32_t[]){ YEAR_MINUTES, 0 }, 2,
	                              NOBODY);

	assert_shown(&past, (uint64_t[]){ 2, 1 }, 2);
	qf_past_fini(&past);
	past = past_of((uint32_t[]){ YEAR_MINUTES, 0 }, 2, UINT64_MAX);
	assert_shown(&past, (uint64_t[]){ 2, 1 }, 2);
	qf_past_fini(&past);
}

TEST(past, a_time_has_what_is_shown_there_on_either_side)
{
	uint32_t said[] = { 0, 1, YEAR_MINUTES, YEAR_MINUTES + 1, 2 };
	struct qf_past past = past_of(said, 5, minute(2));

	assert_int_equal(qf_past_lower(&past, minute(1), false), 1);
	assert_int_equal(qf_past_lower(&past, minute(1), true), 1);
	assert_int_equal(qf_past_lower(&past, minute(1) + 1, false), 2);
	assert_int_equal(qf_past_lower(&past, minute(1) + 1, true), 4);
	assert_int_equal(qf_past_lower(&past, minute(3), false), 5);
	qf_past_fini(&past);
}

TEST(past, what_is_ahead_for_long_becomes_the_oldest)
{
	enum { MANY = QF_PAST_EARLY_LSNS + 2 };
	uint32_t *said = calloc(MANY, sizeof *said);
	struct qf_past past;

	assert_non_null(said);
	for (uint32_t i = 0; i < MANY; i++)
		said[i] = i;
	said[1] = said[2] = said[MANY - 1] = 2 * YEAR_MINUTES;
	said[2]++;
	said[MANY - 1] += 2;
	past = past_of(said, MANY, minute(MANY));
	assert_int_equal(qf_past_at(&past, 0)->lsn, 2);
	assert_int_equal(qf_past_at(&past, 1)->lsn, 1);
	assert_int_equal(qf_past_at(&past, 2)->lsn, 3);
	assert_int_equal(qf_past_at(&past, MANY - 1)->lsn, MANY);
	qf_past_fini(&past);
	free(said);
}
