/* test_early.c - what came before the line that its author had said before it
 */
#include "test.h"

#include "core/early.h"
#include "core/err.h"
#include "lines.h"

enum { LINES = 6, LINK = 7, NOW_MS = 1000 };

struct scene {
	struct qf_early early;
	struct qf_wants wants;
	struct lines author;
	struct qf_envelope *said[LINES]; /* number i + 1 */
};

static void begin(struct scene *s)
{
	qf_early_init(&s->early, 1);
	qf_wants_init(&s->wants, 1);
	s->author = lines_of(1, "#lobby");
	for (unsigned i = 0; i < LINES; i++)
		s->said[i] = lines_next(&s->author, 10);
}

static void end(struct scene *s)
{
	for (unsigned i = 0; i < LINES; i++)
		qf_envelope_unref(s->said[i]);
	qf_early_fini(&s->early);
	qf_wants_fini(&s->wants);
}

static bool is_early(struct scene *s, unsigned number, bool live)
{
	return qf_early_is(&s->early, s->said[number - 1], live, &s->wants);
}

static void pass(struct scene *s, unsigned number)
{
	assert_int_equal(qf_early_passed(&s->early, s->said[number - 1]),
	                 QF_OK);
}

static uint64_t wait_for(struct scene *s, unsigned number, uint64_t now_ms)
{
	return qf_early_wait(&s->early, qf_envelope_ref(s->said[number - 1]),
	                     LINK, now_ms);
}

static void name(struct scene *s, unsigned number)
{
	struct qf_setkey key = qf_setkey_of(s->said[number - 1], 0);

	assert_int_equal(qf_wants_heard(&s->wants, LINK, 1), QF_OK);
	assert_int_equal(qf_wants_add(&s->wants, &s->author.room, &key, LINK, 1,
	                              UINT64_MAX),
	                 QF_OK);
}

/* That one goes on, and is kept. */
static void expect_next(struct scene *s, uint64_t now_ms, unsigned number)
{
	struct qf_early_line line;

	assert_true(qf_early_next(&s->early, now_ms, &line));
	assert_int_equal(line.envelope->head.seq, number);
	assert_int_equal(line.source, LINK);
	pass(s, number);
	qf_envelope_unref(line.envelope);
}

static void expect_none(struct scene *s, uint64_t now_ms)
{
	struct qf_early_line line;

	assert_false(qf_early_next(&s->early, now_ms, &line));
}

TEST(early, what_follows_goes_on)
{
	struct scene s;

	begin(&s);
	assert_false(is_early(&s, 1, true));
	pass(&s, 1);
	assert_false(is_early(&s, 2, true));
	pass(&s, 2);
	assert_false(is_early(&s, 1, true)); /* it is late, and only once */
	assert_int_equal(qf_early_wake(&s.early), UINT64_MAX);
	end(&s);
}

TEST(early, a_gap_in_what_is_live_is_waited_for)
{
	struct scene s;

	begin(&s);
	pass(&s, 1);
	assert_true(is_early(&s, 3, true));
	assert_false(is_early(&s, 3, false)); /* a backlog has its own order */
	assert_int_equal(wait_for(&s, 3, NOW_MS), 1);
	assert_int_equal(qf_early_has(&s.early, &s.said[2]->id), 1);
	assert_int_equal(qf_early_has(&s.early, &s.said[3]->id), 0);
	assert_true(is_early(&s, 4, true));
	wait_for(&s, 4, NOW_MS);
	expect_none(&s, NOW_MS);
	pass(&s, 2);
	expect_next(&s, NOW_MS, 3);
	expect_next(&s, NOW_MS, 4);
	expect_none(&s, NOW_MS);
	end(&s);
}

TEST(early, what_is_named_is_waited_for_however_the_next_comes)
{
	struct scene s;

	begin(&s);
	assert_false(is_early(&s, 4, true)); /* nothing is known of it */
	name(&s, 3);
	assert_true(is_early(&s, 4, true));
	assert_true(is_early(&s, 4, false));
	wait_for(&s, 4, NOW_MS);
	/* What follows one that waits does, too. */
	assert_true(is_early(&s, 5, false));
	assert_false(is_early(&s, 3, false));
	pass(&s, 3);
	expect_next(&s, NOW_MS, 4);
	end(&s);
}

TEST(early, it_waits_for_a_moment_only_and_keeps_its_order_then)
{
	struct scene s;

	begin(&s);
	pass(&s, 1);
	wait_for(&s, 6, NOW_MS);
	wait_for(&s, 3, NOW_MS + 10);
	wait_for(&s, 4, NOW_MS + 20);
	assert_int_equal(qf_early_wake(&s.early), NOW_MS + QF_EARLY_MS);
	expect_none(&s, NOW_MS + QF_EARLY_MS - 1);
	expect_next(&s, NOW_MS + QF_EARLY_MS, 3);
	expect_next(&s, NOW_MS + QF_EARLY_MS, 4);
	expect_next(&s, NOW_MS + QF_EARLY_MS, 6);
	expect_none(&s, NOW_MS + QF_EARLY_MS);
	/* What did not come is not waited for again. */
	assert_false(is_early(&s, 2, true));
	end(&s);
}

TEST(early, an_author_that_lost_its_past_is_not_waited_for)
{
	struct scene s;
	struct lines later = lines_of(1, "#lobby");
	struct qf_envelope *first;

	begin(&s);
	pass(&s, 1);
	later.seq = 1000;
	first = lines_next(&later, 10);
	assert_false(qf_early_is(&s.early, first, true, &s.wants));
	qf_envelope_unref(first);
	end(&s);
}

TEST(early, one_room_or_author_says_nothing_of_another)
{
	struct scene s;
	struct lines elsewhere = lines_of(1, "#other");
	struct lines another = lines_of(2, "#lobby");
	struct qf_envelope *e[2];

	begin(&s);
	pass(&s, 1);
	elsewhere.seq = another.seq = 2;
	elsewhere.prev[0] = another.prev[0] = 1;
	e[0] = lines_next(&elsewhere, 10);
	e[1] = lines_next(&another, 10);
	for (int i = 0; i < 2; i++) {
		assert_false(qf_early_is(&s.early, e[i], true, &s.wants));
		qf_envelope_unref(e[i]);
	}
	end(&s);
}

TEST(early, what_finds_no_place_does_not_wait)
{
	struct scene s;

	begin(&s);
	pass(&s, 1);
	for (unsigned i = 0; i < QF_EARLY_MAX; i++) {
		assert_true(is_early(&s, 3, true));
		wait_for(&s, 5, NOW_MS);
	}
	assert_false(is_early(&s, 3, true));
	end(&s);
}
