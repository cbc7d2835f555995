/* test_tally.c - how many other nodes have what we said */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "ui/tally.h"

struct id {
	char text[QF_TALLY_ID_BYTES + 1];
};

static struct id id_of(unsigned n)
{
	struct id id;

	snprintf(id.text, sizeof id.text, "%052u", n);
	return id;
}

static void stored(struct qf_tally *t, unsigned n, uint64_t lsn)
{
	struct id id = id_of(n);
	struct qf_reply r = { .kind = QF_REPLY_STORED,
		              .id = qf_bytes(id.text, QF_TALLY_ID_BYTES),
		              .lsn = lsn };

	assert_int_equal(qf_tally_stored(t, &r), QF_OK);
}

static bool copies(struct qf_tally *t, unsigned n, uint64_t count)
{
	struct id id = id_of(n);
	struct qf_reply r = { .kind = QF_REPLY_COPIES,
		              .id = qf_bytes(id.text, QF_TALLY_ID_BYTES),
		              .n = count };

	return qf_tally_take(t, &r);
}

static void happened(struct qf_tally *t, enum qf_reply_kind kind, size_t links)
{
	struct qf_reply r = { .kind = kind, .link_count = links };

	assert_false(qf_tally_take(t, &r));
}

TEST(tally, of_nothing_everyone_has_all)
{
	struct qf_tally t = { 0 };

	assert_true(qf_tally_least(&t) == UINT64_MAX);
	assert_int_equal(qf_tally_below(&t, 5), 0);
	assert_false(copies(&t, 1, 1));
	qf_tally_fini(&t);
}

TEST(tally, who_has_a_line_has_those_before_it)
{
	struct qf_tally t = { 0 };

	for (unsigned i = 1; i <= 200; i++)
		stored(&t, i, 10 * i);
	assert_int_equal(qf_tally_below(&t, 1), 200);
	assert_true(copies(&t, 150, 2));
	assert_int_equal(qf_tally_below(&t, 1), 50);
	assert_int_equal(qf_tally_below(&t, 2), 50);
	assert_int_equal(qf_tally_below(&t, 3), 200);
	assert_true(copies(&t, 10, 3));
	assert_int_equal(qf_tally_below(&t, 3), 190);
	assert_int_equal(qf_tally_least(&t), 0);
	assert_true(copies(&t, 200, 1));
	assert_int_equal(qf_tally_least(&t), 1);
	assert_false(copies(&t, 201, 9));
	qf_tally_fini(&t);
}

TEST(tally, a_count_does_not_fall)
{
	struct qf_tally t = { 0 };

	stored(&t, 1, 1);
	assert_true(copies(&t, 1, 3));
	assert_true(copies(&t, 1, 1));
	assert_int_equal(qf_tally_least(&t), 3);
	qf_tally_fini(&t);
}

TEST(tally, a_line_that_was_stored_long_ago_takes_its_place)
{
	struct qf_tally t = { 0 };

	stored(&t, 1, 10);
	stored(&t, 2, 30);
	assert_true(copies(&t, 2, 1));
	stored(&t, 3, 20);
	assert_int_equal(qf_tally_below(&t, 1), 0);
	stored(&t, 4, 40);
	assert_int_equal(qf_tally_below(&t, 1), 1);
	qf_tally_fini(&t);
}

TEST(tally, links_are_counted_from_a_status_on)
{
	struct qf_tally t = { 0 };

	stored(&t, 1, 1);
	happened(&t, QF_REPLY_UNLINKED, 0);
	assert_false(qf_tally_linked_have_all(&t));
	happened(&t, QF_REPLY_STATUS, 1);
	assert_false(qf_tally_linked_have_all(&t));
	assert_true(copies(&t, 1, 1));
	assert_true(qf_tally_linked_have_all(&t));
	happened(&t, QF_REPLY_LINKED, 0);
	assert_false(qf_tally_linked_have_all(&t));
	happened(&t, QF_REPLY_UNLINKED, 0);
	assert_true(qf_tally_linked_have_all(&t));
	qf_tally_fini(&t);
}

TEST(tally, what_is_queued_has_no_copies_until_it_is_stored)
{
	struct qf_tally t = { 0 };
	struct id id = id_of(7);
	struct qf_reply queued = { .kind = QF_REPLY_QUEUED, .draft = 3 };
	struct qf_reply news = { .kind = QF_REPLY_STORED,
		                 .id = qf_bytes(id.text, QF_TALLY_ID_BYTES),
		                 .lsn = 1,
		                 .draft = 4 };

	assert_int_equal(qf_tally_queued(&t, &queued), QF_OK);
	assert_int_equal(qf_tally_least(&t), 0);
	assert_int_equal(qf_tally_below(&t, 1), 1);
	assert_false(qf_tally_take(&t, &news)); /* somebody else's */
	news.draft = 3;
	assert_true(qf_tally_take(&t, &news));
	assert_int_equal(qf_tally_count(&t), 1);
	assert_true(copies(&t, 7, 2));
	assert_int_equal(qf_tally_least(&t), 2);
	assert_int_equal(qf_tally_below(&t, 1), 0);
	qf_tally_fini(&t);
}
