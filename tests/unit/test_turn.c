/* test_turn.c - who reconciles a room, and how long others wait */
#include "test.h"

#include "core/turn.h"

enum { ANA = 1, BOB, CID };

static void ask(struct qf_turn *t, qf_conn conn, uint64_t now_ms)
{
	assert_int_equal(qf_turn_ask(t, conn, true, now_ms), QF_OK);
}

static void expect_next(struct qf_turn *t, uint64_t now_ms, qf_conn conn)
{
	assert_int_equal(qf_turn_next(t, now_ms), conn);
}

TEST(turn, whoever_asks_first_goes_at_once_and_others_in_their_order)
{
	struct qf_turn t = { 0 };

	expect_next(&t, 0, 0);
	ask(&t, ANA, 0);
	ask(&t, BOB, 1);
	ask(&t, CID, 2);
	expect_next(&t, 2, ANA);
	expect_next(&t, 2, 0);
	qf_turn_over(&t, ANA);
	expect_next(&t, 3, BOB);
	expect_next(&t, 3, 0);
	qf_turn_over(&t, BOB);
	expect_next(&t, 4, CID);
	qf_turn_over(&t, CID);
	expect_next(&t, 5, 0);
	qf_turn_fini(&t);
}

TEST(turn, each_waits_five_seconds_at_most)
{
	struct qf_turn t = { 0 };

	ask(&t, ANA, 0);
	expect_next(&t, 0, ANA);
	ask(&t, BOB, 100);
	ask(&t, CID, 2000);
	expect_next(&t, 100 + QF_TURN_MS - 1, 0);
	expect_next(&t, 100 + QF_TURN_MS, BOB);
	expect_next(&t, 100 + QF_TURN_MS, 0);
	expect_next(&t, 2000 + QF_TURN_MS, CID);
	qf_turn_fini(&t);
}

TEST(turn, whoever_was_overtaken_frees_nothing_when_it_ends)
{
	struct qf_turn t = { 0 };

	ask(&t, ANA, 0);
	expect_next(&t, 0, ANA);
	ask(&t, BOB, 0);
	expect_next(&t, QF_TURN_MS, BOB);
	ask(&t, CID, QF_TURN_MS);
	qf_turn_over(&t, ANA);
	expect_next(&t, QF_TURN_MS, 0);
	qf_turn_over(&t, BOB);
	expect_next(&t, QF_TURN_MS, CID);
	qf_turn_fini(&t);
}

TEST(turn, whoever_is_gone_leaves_the_line)
{
	struct qf_turn t = { 0 };

	ask(&t, ANA, 0);
	expect_next(&t, 0, ANA);
	ask(&t, BOB, 0);
	ask(&t, CID, 0);
	qf_turn_over(&t, BOB);
	expect_next(&t, 1, 0);
	qf_turn_over(&t, ANA);
	expect_next(&t, 1, CID);
	qf_turn_over(&t, ANA); /* it never stood there again */
	expect_next(&t, 1, 0);
	qf_turn_fini(&t);
}

TEST(turn, whoever_sums_up_waits_and_holds_nothing)
{
	struct qf_turn t = { 0 };

	ask(&t, ANA, 0);
	expect_next(&t, 0, ANA);
	assert_int_equal(qf_turn_ask(&t, BOB, false, 0), QF_OK);
	ask(&t, CID, 0);
	expect_next(&t, 0, 0);
	qf_turn_over(&t, ANA);
	expect_next(&t, 1, BOB);
	expect_next(&t, 1, CID);
	assert_true(qf_turn_busy(&t, BOB, 1));
	qf_turn_fini(&t);
}

TEST(turn, it_is_busy_for_others_while_the_holder_takes_no_longer_than_it_may)
{
	struct qf_turn t = { 0 };

	assert_false(qf_turn_busy(&t, ANA, 0));
	ask(&t, ANA, 10);
	assert_false(qf_turn_busy(&t, BOB, 10));
	expect_next(&t, 20, ANA);
	assert_false(qf_turn_busy(&t, ANA, 20));
	assert_true(qf_turn_busy(&t, BOB, 20 + QF_TURN_MS - 1));
	assert_false(qf_turn_busy(&t, BOB, 20 + QF_TURN_MS));
	qf_turn_over(&t, ANA);
	assert_false(qf_turn_busy(&t, BOB, 21));
	qf_turn_fini(&t);
}

TEST(turn, it_wakes_when_the_oldest_has_waited_enough)
{
	struct qf_turn t = { 0 };

	assert_true(qf_turn_wake(&t) == UINT64_MAX);
	ask(&t, ANA, 10);
	expect_next(&t, 10, ANA);
	assert_true(qf_turn_wake(&t) == UINT64_MAX);
	ask(&t, BOB, 20);
	ask(&t, CID, 30);
	assert_int_equal(qf_turn_wake(&t), 20 + QF_TURN_MS);
	qf_turn_over(&t, BOB);
	assert_int_equal(qf_turn_wake(&t), 30 + QF_TURN_MS);
	qf_turn_fini(&t);
}
