/* test_penalty.c - who is refused after an offence, and for how long */
#include "test.h"

#include "core/penalty.h"

enum { MINUTE_MS = 60000, SECOND_MS = 1000 };

static struct qf_key key(uint8_t n)
{
	return (struct qf_key){ { n, 1 } };
}

static struct qf_place place(uint16_t n)
{
	return (struct qf_place){ { (uint8_t)n, (uint8_t)(n >> 8) } };
}

static void offend(struct qf_penalties *p, uint8_t k, uint16_t at,
                   uint64_t now_ms)
{
	struct qf_key who = key(k);
	struct qf_place where = place(at);

	qf_penalty_add(p, &who, &where, now_ms);
}

static uint64_t left(struct qf_penalties *p, uint8_t k, uint64_t now_ms)
{
	struct qf_key who = key(k);

	return qf_penalty_left(p, &who, now_ms);
}

/* When a handshake may begin; UINT64_MAX: never. */
static uint64_t turn(struct qf_penalties *p, uint16_t at, uint64_t now_ms)
{
	struct qf_place where = place(at);
	uint64_t at_ms;

	return qf_penalty_turn(p, &where, now_ms, &at_ms) ? at_ms : UINT64_MAX;
}

TEST(penalty, a_key_is_refused_for_a_second_and_then_for_twice_as_long)
{
	struct qf_penalties p = { 0 };
	uint64_t now_ms = 5000;

	assert_int_equal(left(&p, 1, now_ms), 0);
	for (uint64_t ms = SECOND_MS; ms <= 512 * SECOND_MS; ms *= 2) {
		offend(&p, 1, 1, now_ms);
		assert_int_equal(left(&p, 1, now_ms), ms);
		assert_int_equal(left(&p, 1, now_ms + ms - 1), 1);
		assert_int_equal(left(&p, 1, now_ms + ms), 0);
		now_ms += ms;
	}
	for (int i = 0; i < 100; i++)
		offend(&p, 1, 1, now_ms);
	assert_int_equal(left(&p, 1, now_ms), 10 * MINUTE_MS);
	assert_int_equal(left(&p, 2, now_ms), 0);
}

TEST(penalty, ten_quiet_minutes_make_up_for_all)
{
	struct qf_penalties p = { 0 };

	offend(&p, 1, 1, 0);
	offend(&p, 1, 1, 0);
	offend(&p, 1, 1, 2 * SECOND_MS + 10 * MINUTE_MS - 1);
	assert_int_equal(left(&p, 1, 2 * SECOND_MS + 10 * MINUTE_MS - 1),
	                 4 * SECOND_MS);
	offend(&p, 1, 1, 60 * MINUTE_MS);
	assert_int_equal(left(&p, 1, 60 * MINUTE_MS), SECOND_MS);
}

TEST(penalty, handshakes_take_turns_where_somebody_offended)
{
	struct qf_penalties p = { 0 };

	for (int i = 0; i < 100; i++)
		assert_int_equal(turn(&p, 7, 1000), 1000);
	offend(&p, 1, 7, 1000);
	assert_int_equal(turn(&p, 7, 1000), 1000);
	assert_int_equal(turn(&p, 7, 1000), 2000);
	assert_int_equal(turn(&p, 7, 1100), 3000);
	assert_int_equal(turn(&p, 8, 1100), 1100);
	assert_int_equal(turn(&p, 7, 1600), 4000);
	assert_int_equal(turn(&p, 7, 9000), 9000);
	assert_int_equal(turn(&p, 7, 1000 + 10 * MINUTE_MS),
	                 1000 + 10 * MINUTE_MS);
	assert_int_equal(turn(&p, 7, 1000 + 10 * MINUTE_MS),
	                 1000 + 10 * MINUTE_MS);
}

TEST(penalty, who_would_wait_too_long_is_told_at_once)
{
	struct qf_penalties p = { 0 };

	offend(&p, 1, 7, 0);
	for (uint64_t ms = 0; ms <= QF_QUEUE_MS; ms += SECOND_MS)
		assert_int_equal(turn(&p, 7, 0), ms);
	assert_true(turn(&p, 7, 0) == UINT64_MAX);
	assert_int_equal(turn(&p, 7, SECOND_MS), QF_QUEUE_MS + SECOND_MS);
}

TEST(penalty, keys_made_for_one_offence_each_do_not_drive_out_who_offends_often)
{
	struct qf_penalties p = { 0 };

	for (int i = 0; i < 10; i++)
		offend(&p, 0, 0, 0);
	for (uint16_t i = 1; i <= 3 * QF_OFFENDERS_MAX; i++) {
		struct qf_key who = { { 9, (uint8_t)i, (uint8_t)(i >> 8) } };
		struct qf_place where = place(i);

		qf_penalty_add(&p, &who, &where, i);
		assert_true(qf_penalty_left(&p, &who, i));
	}
	assert_int_equal(p.keys.count, QF_OFFENDERS_MAX);
	assert_int_equal(p.places.count, QF_OFFENDERS_MAX);
	assert_int_equal(left(&p, 0, 1000), 511 * SECOND_MS);
}
