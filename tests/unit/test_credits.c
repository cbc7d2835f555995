/* test_credits.c - what a worker may have asked of the core at one time */
#include "test.h"

#include "net/credits.h"

TEST(credits, an_answer_gives_back_what_it_answers)
{
	static struct qf_credits c;

	assert_true(qf_credits_take(&c, 1, 10, 0));
	assert_true(qf_credits_take(&c, 1, 20, 0));
	assert_true(qf_credits_take(&c, 2, 10, 0));
	assert_int_equal(qf_credits_give(&c, 1, 0, 15), 1);
	assert_int_equal(qf_credits_give(&c, 1, 0, 15), 0);
	assert_int_equal(qf_credits_give(&c, 1, 20, 20), 1);
	assert_int_equal(qf_credits_give(&c, 2, 0, UINT64_MAX), 1);
	assert_int_equal(c.count, 0);
}

TEST(credits, there_is_an_end_to_them)
{
	static struct qf_credits c;

	for (int i = 0; i < QF_CREDITS_MAX; i++)
		assert_true(qf_credits_take(&c, 1, (uint64_t)i, 0));
	assert_false(qf_credits_take(&c, 2, 0, 0));
	assert_int_equal(qf_credits_give(&c, 1, 5, 5), 1);
	assert_true(qf_credits_take(&c, 2, 0, 0));
	assert_false(qf_credits_take(&c, 2, 1, 0));
}

TEST(credits, those_of_many_connections_do_not_mix)
{
	static struct qf_credits c;

	for (unsigned turn = 0; turn < 3; turn++) {
		for (uint64_t i = 0; i < QF_CREDITS_MAX; i++)
			assert_true(qf_credits_take(&c, i % 300, i, 0));
		assert_false(qf_credits_take(&c, 1, 0, 0));
		for (qf_conn conn = 0; conn < 300; conn++) {
			size_t has = QF_CREDITS_MAX / 300 +
			             (conn < QF_CREDITS_MAX % 300);

			assert_int_equal(
				qf_credits_give(&c, conn, conn, conn + 300), 2);
			assert_int_equal(
				qf_credits_give(&c, conn, 0, UINT64_MAX),
				has - 2);
		}
		assert_int_equal(c.count, 0);
	}
}

TEST(credits, bytes_end_too_but_any_one_fits_alone)
{
	static struct qf_credits c = { .bytes_max = 1000 };

	assert_true(qf_credits_take(&c, 1, 1, 5000));
	assert_false(qf_credits_take(&c, 1, 2, 1));
	assert_int_equal(qf_credits_give(&c, 1, 0, 1), 1);
	assert_true(qf_credits_take(&c, 1, 2, 999));
	assert_true(qf_credits_take(&c, 1, 3, 500));
	assert_false(qf_credits_take(&c, 1, 4, 1));
	assert_int_equal(qf_credits_give(&c, 1, 0, 9), 2);
	assert_int_equal(c.bytes, 0);
}
