/* test_earlier.c - who comes late is counted, once, and after a pause */
#include "test.h"
#include "ui/earlier.h"

enum { T = 1000000 };

TEST(earlier, lines_in_order_are_not_spoken_of)
{
	struct qf_earlier e = { 0 };
	char words[QF_EARLIER_BYTES];

	for (uint64_t i = 0; i < 5; i++)
		qf_earlier_line(&e, T + i, true, i);
	/* Two who typed at the same time. */
	qf_earlier_line(&e, T + 4 - QF_EARLIER_MS, true, 6);
	assert_true(qf_earlier_wake(&e) == UINT64_MAX);
	assert_false(qf_earlier_look(&e, 10000, words));
}

TEST(earlier, late_ones_are_counted_until_it_is_quiet)
{
	struct qf_earlier e = { 0 };
	char words[QF_EARLIER_BYTES];

	qf_earlier_line(&e, T, true, 0);
	for (uint64_t i = 0; i < 3; i++)
		qf_earlier_line(&e, T - QF_EARLIER_MS - 1 - i, true, i * 400);
	assert_int_equal(qf_earlier_wake(&e), 800 + QF_EARLIER_QUIET_MS);
	assert_false(qf_earlier_look(&e, 800, words));
	assert_true(qf_earlier_look(&e, 800 + QF_EARLIER_QUIET_MS, words));
	assert_string_equal(words, "3 earlier messages arrived");
	assert_false(qf_earlier_look(&e, 5000, words));
	qf_earlier_line(&e, 0, true, 6000);
	assert_true(qf_earlier_look(&e, 7000, words));
	assert_string_equal(words, "1 earlier message arrived");
}

TEST(earlier, the_past_is_never_late)
{
	struct qf_earlier e = { 0 };

	qf_earlier_line(&e, T, false, 0);
	qf_earlier_line(&e, 1, false, 0);
	assert_true(qf_earlier_wake(&e) == UINT64_MAX);
}
