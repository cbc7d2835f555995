/* test_copies.c - on how many other nodes an own envelope is stored */
#include "test.h"

#include <string.h>

#include "core/copies.h"
#include "core/err.h"

static const struct qf_key ana = { { 'a' } };
static const struct qf_key bob = { { 'b' } };

/* The id of the own envelope at lsn. */
static struct qf_hash id_at(uint64_t lsn)
{
	return (struct qf_hash){ { (uint8_t)lsn, (uint8_t)(lsn >> 8) } };
}

static void watch(struct qf_copies *c, uint64_t lsn)
{
	struct qf_hash id = id_at(lsn);

	assert_int_equal(qf_copies_watch(c, &id, lsn), QF_OK);
}

static void progress(struct qf_copies *c, const struct qf_key *peer,
                     uint64_t lsn)
{
	assert_int_equal(qf_copies_progress(c, peer, lsn), QF_OK);
}

static void expect_changed(struct qf_copies *c, uint64_t lsn, uint32_t copies)
{
	const struct qf_watched *w = qf_copies_take_changed(c);
	struct qf_hash id = id_at(lsn);

	assert_non_null(w);
	assert_int_equal(w->lsn, lsn);
	assert_memory_equal(w->id.b, id.b, sizeof id.b);
	assert_int_equal(w->copies, copies);
}

static void expect_no_change(struct qf_copies *c)
{
	assert_null(qf_copies_take_changed(c));
	assert_false(c->changed);
}

TEST(copies, what_a_peer_passes_gains_a_copy_and_is_told_once)
{
	struct qf_copies c = { 0 };

	watch(&c, 3);
	watch(&c, 5);
	watch(&c, 9);
	expect_no_change(&c);
	progress(&c, &ana, 5);
	assert_true(c.changed);
	expect_changed(&c, 3, 1);
	expect_changed(&c, 5, 1);
	expect_no_change(&c);
	progress(&c, &ana, 9);
	expect_changed(&c, 9, 1);
	expect_no_change(&c);
	qf_copies_fini(&c);
}

TEST(copies, each_peer_counts_once_however_often_it_says_so)
{
	struct qf_copies c = { 0 };

	watch(&c, 3);
	progress(&c, &ana, 3);
	progress(&c, &ana, 3);
	progress(&c, &ana, 7);
	expect_changed(&c, 3, 1);
	progress(&c, &bob, 4);
	expect_changed(&c, 3, 2);
	expect_no_change(&c);
	qf_copies_fini(&c);
}

TEST(copies, a_peer_never_goes_back)
{
	struct qf_copies c = { 0 };

	watch(&c, 3);
	progress(&c, &ana, 8);
	progress(&c, &ana, 2); /* an older link's word, come late */
	progress(&c, &ana, 8);
	expect_changed(&c, 3, 1);
	expect_no_change(&c);
	qf_copies_fini(&c);
}

TEST(copies, what_is_said_later_counts_from_later_words)
{
	struct qf_copies c = { 0 };

	progress(&c, &ana, 5);
	expect_no_change(&c);
	watch(&c, 6);
	progress(&c, &ana, 5);
	expect_no_change(&c);
	progress(&c, &ana, 6);
	expect_changed(&c, 6, 1);
	qf_copies_fini(&c);
}

TEST(copies, the_oldest_are_no_longer_counted_when_there_are_too_many)
{
	struct qf_copies c = { 0 };
	uint64_t last = QF_COPIES_WATCHED_MAX + 10;
	uint64_t first;

	for (uint64_t lsn = 1; lsn <= last; lsn++)
		watch(&c, lsn);
	assert_true(c.watched_count <= QF_COPIES_WATCHED_MAX);
	first = c.watched[0].lsn;
	assert_true(first > 10);
	assert_int_equal(c.watched[c.watched_count - 1].lsn, last);
	progress(&c, &ana, first);
	expect_changed(&c, first, 1);
	expect_no_change(&c);
	qf_copies_fini(&c);
}

enum { STRANGERS = QF_COPIES_PEERS_MAX + 100 };

/* They all have all up to there. */
static void crowd(struct qf_copies *c, uint64_t lsn)
{
	for (uint64_t i = 1; i <= STRANGERS; i++) {
		struct qf_key key = { { 's' } };

		memcpy(key.b + 1, &i, sizeof i);
		progress(c, &key, lsn);
	}
}

TEST(copies, strangers_have_a_bound_and_nobody_counts_twice)
{
	struct qf_copies c = { 0 };

	progress(&c, &bob, 1);
	watch(&c, 3);
	progress(&c, &ana, 3);
	expect_changed(&c, 3, 1);
	crowd(&c, 2);
	expect_no_change(&c);
	assert_int_equal(c.peer_count, QF_COPIES_PEERS_MAX);
	progress(&c, &bob, 3); /* made room, and is back */
	expect_changed(&c, 3, 2);
	crowd(&c, 3);
	progress(&c, &bob, 3);
	while (qf_copies_take_changed(&c))
		continue;
	assert_true(c.watched[0].copies <= STRANGERS + 2);
	watch(&c, 4);
	progress(&c, &ana, 4);
	progress(&c, &bob, 4);
	expect_changed(&c, 4, 2);
	expect_no_change(&c);
	qf_copies_fini(&c);
}
