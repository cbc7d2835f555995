/* test_stall.c - an answer that does not come is said once */
#include "test.h"

#include "ui/stall.h"

TEST(stall, what_is_answered_soon_is_not_spoken_of)
{
	struct qf_stall s = { 0 };

	assert_int_equal(qf_stall_wake(&s), UINT64_MAX);
	assert_false(qf_stall_look(&s, true, 1000));
	assert_int_equal(qf_stall_wake(&s), 3000);
	assert_false(qf_stall_look(&s, false, 2000));
	assert_int_equal(qf_stall_wake(&s), UINT64_MAX);
	assert_false(qf_stall_look(&s, true, 5000));
	assert_false(qf_stall_look(&s, true, 6999));
}

TEST(stall, what_is_not_is_said_once_each_time)
{
	struct qf_stall s = { 0 };

	for (int i = 0; i < 2; i++) {
		assert_false(qf_stall_look(&s, true, 1000));
		assert_true(qf_stall_look(&s, true, 3000));
		assert_true(s.told);
		assert_int_equal(qf_stall_wake(&s), UINT64_MAX);
		assert_false(qf_stall_look(&s, true, 9000));
		assert_false(qf_stall_look(&s, false, 9001));
	}
}
