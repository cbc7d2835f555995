/* test_wants.c - what was named and is not here is asked of one after the other
 */
#include "test.h"

#include <string.h>

#include "core/err.h"
#include "core/wants.h"

enum { ANA = 1, BOB };

static const struct qf_room_id room = { { 7 } };

static struct qf_setkey line(uint8_t i)
{
	return (struct qf_setkey){ .class = 1, .hlc = i, .id = { { i } } };
}

static void name(struct qf_wants *w, uint8_t i, uint64_t conn, uint64_t number,
                 uint64_t due_ms)
{
	struct qf_setkey key = line(i);

	assert_int_equal(qf_wants_heard(w, conn, number), QF_OK);
	assert_int_equal(qf_wants_add(w, &room, &key, conn, number, due_ms),
	                 QF_OK);
}

static void here(struct qf_wants *w, uint8_t i)
{
	struct qf_setkey key = line(i);

	qf_wants_here(w, &key.id);
}

static void expect_had(struct qf_wants *w, uint64_t conn, uint64_t had)
{
	const struct qf_namer *of = qf_wants_had(w);

	assert_non_null(of);
	assert_int_equal(of->conn, conn);
	assert_int_equal(of->had, had);
}

static void expect_asked(struct qf_wants *w, uint64_t now_ms, uint8_t i,
                         uint64_t conn)
{
	struct qf_offer *offer;
	struct qf_want *want = qf_wants_next(w, now_ms, &offer);

	assert_non_null(want);
	assert_int_equal(want->key.id.b[0], i);
	assert_int_equal(offer->namer->conn, conn);
}

static void expect_nothing(struct qf_wants *w, uint64_t now_ms)
{
	struct qf_offer *offer;

	assert_null(qf_wants_next(w, now_ms, &offer));
}

TEST(wants, what_does_not_come_is_asked_of_one_after_the_other)
{
	struct qf_wants w;

	qf_wants_init(&w, 1);
	name(&w, 9, ANA, 1, 150);
	name(&w, 9, BOB, 1, 160);
	assert_int_equal(qf_wants_wake(&w), 150);
	expect_nothing(&w, 149);
	expect_asked(&w, 150, 9, ANA);
	expect_nothing(&w, 150);
	assert_int_equal(qf_wants_wake(&w), 150 + QF_WANT_AGAIN_MS);
	expect_asked(&w, 1150, 9, BOB);
	expect_asked(&w, 2150, 9, ANA);
	expect_nothing(&w, 2150 + 2 * QF_WANT_AGAIN_MS - 1);
	expect_asked(&w, 2150 + 2 * QF_WANT_AGAIN_MS, 9, BOB);
	qf_wants_fini(&w);
}

TEST(wants, what_came_is_not_asked_for_and_its_namers_are_told)
{
	struct qf_wants w;

	qf_wants_init(&w, 1);
	name(&w, 8, ANA, 1, 150);
	name(&w, 9, ANA, 2, 150);
	name(&w, 9, BOB, 1, 150);
	assert_null(qf_wants_had(&w));
	here(&w, 9);
	expect_had(&w, BOB, 1);
	assert_null(qf_wants_had(&w));
	here(&w, 8);
	expect_had(&w, ANA, 2);
	here(&w, 8);
	assert_null(qf_wants_had(&w));
	expect_nothing(&w, 10000);
	assert_true(qf_wants_wake(&w) == UINT64_MAX);
	qf_wants_fini(&w);
}

TEST(wants, names_of_what_is_here_count_at_once)
{
	struct qf_wants w;

	qf_wants_init(&w, 1);
	assert_int_equal(qf_wants_heard(&w, ANA, 3), QF_OK);
	expect_had(&w, ANA, 3);
	qf_wants_fini(&w);
}

TEST(wants, a_link_that_is_gone_is_not_asked)
{
	struct qf_wants w;

	qf_wants_init(&w, 1);
	name(&w, 7, ANA, 1, 150);
	name(&w, 8, ANA, 2, 150);
	name(&w, 8, BOB, 1, 150);
	qf_wants_forget(&w, ANA);
	assert_int_equal(w.count, 1);
	expect_asked(&w, 150, 8, BOB);
	here(&w, 8);
	expect_had(&w, BOB, 1);
	qf_wants_fini(&w);
}

TEST(wants, a_link_cannot_name_for_ever_what_does_not_come)
{
	struct qf_setkey key = line(0);
	struct qf_wants w;
	uint64_t n = 0;

	qf_wants_init(&w, 1);
	while (qf_wants_heard(&w, ANA, ++n) == QF_OK) {
		assert_in_range(n, 1, QF_WANTS_EACH_MAX + 1);
		memcpy(key.id.b, &n, sizeof n);
		assert_int_equal(qf_wants_add(&w, &room, &key, ANA, n, 150),
		                 QF_OK);
	}
	assert_int_equal(n, QF_WANTS_EACH_MAX + 2);
	assert_int_equal(qf_wants_heard(&w, BOB, 1), QF_OK);
	qf_wants_fini(&w);
}

/* As many as a link may give, all different. */
static void name_much(struct qf_wants *w, uint64_t conn, uint64_t due_ms)
{
	struct qf_setkey key = line(0);

	assert_int_equal(qf_wants_heard(w, conn, QF_WANTS_EACH_MAX), QF_OK);
	for (uint64_t n = 1; n <= QF_WANTS_EACH_MAX; n++) {
		memcpy(key.id.b, &n, sizeof n);
		memcpy(key.id.b + sizeof n, &conn, sizeof conn);
		assert_int_equal(qf_wants_add(w, &room, &key, conn, n, due_ms),
		                 QF_OK);
	}
}

TEST(wants, of_what_is_due_together_the_first_named_is_asked_first)
{
	struct qf_wants w;

	qf_wants_init(&w, 1);
	name(&w, 5, ANA, 1, 150);
	name(&w, 9, ANA, 2, 150);
	name(&w, 7, ANA, 3, 150);
	name(&w, 8, BOB, 1, 140);
	name(&w, 6, BOB, 2, 151);
	here(&w, 5);
	expect_asked(&w, 150, 8, BOB);
	expect_asked(&w, 150, 9, ANA);
	expect_asked(&w, 150, 7, ANA);
	expect_nothing(&w, 150);
	assert_int_equal(qf_wants_wake(&w), 151);
	qf_wants_fini(&w);
}

TEST(wants, what_is_on_its_way_is_asked_of_nobody)
{
	struct qf_offer *offer;
	struct qf_want *want;
	struct qf_wants w;

	qf_wants_init(&w, 1);
	name(&w, 9, ANA, 1, 150);
	name(&w, 9, BOB, 1, 150);
	want = qf_wants_next(&w, 150, &offer);
	assert_non_null(want);
	qf_wants_defer(&w, want, offer, 300);
	assert_int_equal(qf_wants_wake(&w), 300);
	expect_asked(&w, 300, 9, ANA);
	qf_wants_fini(&w);
}

TEST(wants, a_beginning_is_known_while_any_id_that_has_it_is_named)
{
	struct qf_setkey a = line(7), b = line(7);
	struct qf_wants w;

	a.id.b[QF_PREV_BYTES] = 1;
	qf_wants_init(&w, 1);
	assert_int_equal(qf_wants_heard(&w, ANA, 2), QF_OK);
	assert_int_equal(qf_wants_add(&w, &room, &a, ANA, 1, 150), QF_OK);
	assert_int_equal(qf_wants_add(&w, &room, &b, ANA, 2, 150), QF_OK);
	qf_wants_here(&w, &a.id);
	assert_true(qf_wants_begun(&w, b.id.b));
	qf_wants_here(&w, &b.id);
	assert_false(qf_wants_begun(&w, b.id.b));
	qf_wants_fini(&w);
}

/* A look at every name for each that is asked would take minutes. */
TEST(wants, a_full_table_is_asked_for_in_one_pass)
{
	enum { LINKS = QF_WANTS_MAX / QF_WANTS_EACH_MAX };
	struct qf_offer *offer;
	struct qf_wants w;
	size_t asked = 0;

	qf_wants_init(&w, 1);
	for (uint64_t conn = 1; conn <= LINKS; conn++)
		name_much(&w, conn, 150 + conn);
	assert_null(qf_wants_excess(&w));
	while (qf_wants_next(&w, 1000, &offer))
		asked++;
	assert_int_equal(asked, QF_WANTS_MAX);
	while (qf_wants_had(&w))
		;
	for (uint64_t conn = 1; conn <= LINKS; conn++)
		qf_wants_forget(&w, conn);
	assert_int_equal(w.count, 0);
	qf_wants_fini(&w);
}

TEST(wants, who_named_most_has_to_go_when_the_table_is_full)
{
	enum { LINKS = QF_WANTS_MAX / QF_WANTS_EACH_MAX, LATE = LINKS + 1 };
	const struct qf_namer *of;
	struct qf_wants w;

	qf_wants_init(&w, 1);
	name(&w, 1, LATE, 1, 150);
	for (uint64_t conn = 1; conn <= LINKS; conn++)
		name_much(&w, conn, 150);
	of = qf_wants_excess(&w);
	assert_non_null(of);
	assert_int_not_equal(of->conn, LATE);
	assert_int_equal(qf_wants_heard(&w, of->conn, 5000), QF_E_LIMIT);
	assert_int_equal(w.open, QF_WANTS_MAX + 1 - QF_WANTS_EACH_MAX);
	assert_null(qf_wants_excess(&w));
	name(&w, 2, LATE, 2, 150);
	/* Nothing of what it named is said to be here. */
	while ((of = qf_wants_had(&w)))
		fail();
	qf_wants_fini(&w);
}
