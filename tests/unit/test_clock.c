/* test_clock.c - stamps rise, follow the wall and are not dragged ahead */
#include "core/clock.h"
#include "core/limits.h"
#include "test.h"

#define NOW_MS    UINT64_C(1700000000000)
#define STAMP(ms) ((uint64_t)(ms) << 16)

TEST(clock, a_first_stamp_is_the_wall)
{
	assert_true(qf_clock_send(0, NOW_MS) == STAMP(NOW_MS));
	assert_true(qf_clock_ms(qf_clock_send(0, NOW_MS)) == NOW_MS);
}

TEST(clock, each_stamp_has_a_millisecond_of_its_own)
{
	uint64_t last = STAMP(NOW_MS);

	for (int i = 1; i <= QF_STAMP_LEAD_MS; i++) {
		last = qf_clock_send(last, NOW_MS);
		assert_true(last == STAMP(NOW_MS + (uint64_t)i));
	}
	assert_true(qf_clock_send(last, NOW_MS) == last + 1);
	assert_true(qf_clock_send(last, NOW_MS + 1) ==
	            STAMP(NOW_MS + QF_STAMP_LEAD_MS + 1));
}

TEST(clock, stamps_beyond_those_count_up)
{
	uint64_t last = STAMP(NOW_MS + QF_STAMP_LEAD_MS);

	for (int i = 1; i <= 100000; i++) {
		uint64_t next = qf_clock_send(last, NOW_MS);

		assert_true(next == last + 1);
		last = next;
	}
	/* 65,536 in one millisecond carry into the next. */
	assert_true(qf_clock_ms(last) == NOW_MS + QF_STAMP_LEAD_MS + 1);
}

TEST(clock, a_wall_that_goes_back_does_not_take_stamps_along)
{
	uint64_t last = STAMP(NOW_MS) + 7, next = STAMP(NOW_MS + 1);

	assert_true(qf_clock_send(last, 0) == last + 1);
	assert_true(qf_clock_send(last, NOW_MS - 1) == next);
	assert_true(qf_clock_send(last, NOW_MS) == next);
	assert_true(qf_clock_send(last, NOW_MS + 1) == STAMP(NOW_MS + 1));
}

TEST(clock, a_stamp_seen_is_below_the_next_one_sent)
{
	uint64_t seen = STAMP(NOW_MS + 5000) + 3;
	uint64_t last = qf_clock_receive(STAMP(NOW_MS), seen, NOW_MS);

	assert_true(last == seen);
	assert_true(qf_clock_send(last, NOW_MS) == seen + 1);
}

TEST(clock, an_older_stamp_changes_nothing)
{
	uint64_t last = STAMP(NOW_MS);

	assert_true(qf_clock_receive(last, 0, NOW_MS) == last);
	assert_true(qf_clock_receive(last, last - 1, NOW_MS) == last);
	assert_true(qf_clock_receive(last, last, NOW_MS) == last);
}

TEST(clock, ten_minutes_ahead_are_merged_and_no_more)
{
	uint64_t last = STAMP(NOW_MS);
	uint64_t edge = STAMP(NOW_MS + QF_MERGE_AHEAD_MS) + 0xffff;

	assert_true(qf_clock_receive(last, edge, NOW_MS) == edge);
	assert_true(qf_clock_receive(last, edge + 1, NOW_MS) == last);
	assert_true(qf_clock_receive(last, UINT64_MAX, NOW_MS) == last);
}

TEST(clock, a_wall_beyond_48_bits_is_the_last_millisecond)
{
	uint64_t end = STAMP((UINT64_C(1) << 48) - 1);

	assert_true(qf_clock_send(0, UINT64_MAX) == end);
	assert_true(qf_clock_send(end, UINT64_MAX) == end + 1);
	assert_true(qf_clock_receive(0, end, UINT64_MAX) == end);
}

TEST(clock, a_stamp_from_far_ahead_is_shown_when_it_came)
{
	uint64_t edge = STAMP(NOW_MS + QF_MERGE_AHEAD_MS) + 0xffff;

	assert_true(qf_clock_shown(edge, NOW_MS, NOW_MS) == edge);
	assert_true(qf_clock_shown(edge + 1, NOW_MS, NOW_MS) == STAMP(NOW_MS));
	assert_true(qf_clock_shown(UINT64_MAX, NOW_MS, NOW_MS + 5) ==
	            STAMP(NOW_MS));
}

TEST(clock, a_stamp_whose_time_has_come_is_shown_as_it_is)
{
	uint64_t edge = STAMP(NOW_MS + QF_MERGE_AHEAD_MS) + 0xffff;

	assert_true(qf_clock_shown(edge + 1, NOW_MS, NOW_MS + 1) == edge + 1);
	assert_true(qf_clock_shown(edge + 1, 0, NOW_MS) == edge + 1);
}
