/* test_peerbook.c - addresses to dial, how long to wait, whom to expect */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "core/peerbook.h"

enum { SEED = 7 };

static const struct qf_key ana = { { 'a' } };
static const struct qf_key bob = { { 'b' } };

static struct qf_address address_of(const char *host)
{
	struct qf_address a = { .port = QF_PORT_DEFAULT };

	snprintf(a.host, sizeof a.host, "%s", host);
	return a;
}

static struct qf_dial *add(struct qf_peerbook *b, const char *host,
                           const struct qf_key *expected)
{
	struct qf_address a = address_of(host);
	struct qf_dial *d = qf_peerbook_add(b, &a, expected, 0);

	assert_non_null(d);
	return d;
}

/* The only dial that is due, or NULL. */
static struct qf_dial *due(struct qf_peerbook *b, uint64_t now_ms)
{
	struct qf_dial *d = qf_peerbook_due(b, now_ms);

	assert_null(qf_peerbook_due(b, now_ms));
	return d;
}

TEST(peerbook, an_address_is_due_at_once_and_only_once)
{
	struct qf_peerbook b;
	struct qf_dial *d;

	qf_peerbook_init(&b, SEED);
	assert_true(qf_peerbook_wake(&b) == UINT64_MAX);
	d = add(&b, "10.0.0.1", NULL);
	assert_int_equal(qf_peerbook_wake(&b), 0);
	assert_ptr_equal(due(&b, 0), d);
	assert_int_equal(d->state, QF_DIAL_TRYING);
	assert_true(qf_peerbook_wake(&b) == UINT64_MAX);
	qf_peerbook_fini(&b);
}

TEST(peerbook, the_same_address_and_expectation_are_kept_once)
{
	struct qf_peerbook b;
	struct qf_address other_port = address_of("hub");

	qf_peerbook_init(&b, SEED);
	add(&b, "hub", NULL);
	add(&b, "Hub", NULL);
	assert_int_equal(b.count, 1);
	add(&b, "hub", &ana);
	add(&b, "HUB", &ana);
	assert_int_equal(b.count, 2);
	add(&b, "hub", &bob);
	assert_int_equal(b.count, 3);
	other_port.port++;
	assert_non_null(qf_peerbook_add(&b, &other_port, NULL, 0));
	assert_int_equal(b.count, 4);
	qf_peerbook_fini(&b);
}

TEST(peerbook, a_dial_is_found_by_its_number_which_is_never_used_again)
{
	struct qf_peerbook b;
	uint64_t first;

	qf_peerbook_init(&b, SEED);
	first = add(&b, "hub", &ana)->number;
	assert_string_equal(qf_peerbook_find(&b, first)->address.host, "hub");
	assert_int_equal(qf_peerbook_forget(&b, &ana), 1);
	assert_null(qf_peerbook_find(&b, first));
	assert_int_not_equal(add(&b, "hub", &ana)->number, first);
	qf_peerbook_fini(&b);
}

TEST(peerbook, a_failed_dial_waits_up_to_twice_as_long_each_time)
{
	struct qf_peerbook b;
	struct qf_dial *d;
	uint64_t now_ms = 0, may_ms = QF_REDIAL_MIN_MS;
	uint64_t waited_ms, longest_ms = 0;

	qf_peerbook_init(&b, SEED);
	d = add(&b, "hub", NULL);
	for (int i = 0; i < 20; i++) {
		assert_ptr_equal(due(&b, now_ms), d);
		qf_peerbook_failed(&b, d, now_ms);
		assert_int_equal(d->state, QF_DIAL_WAITING);
		assert_in_range(d->due_ms, now_ms, now_ms + may_ms);
		assert_int_equal(qf_peerbook_wake(&b), d->due_ms);
		waited_ms = d->due_ms - now_ms;
		longest_ms = waited_ms > longest_ms ? waited_ms : longest_ms;
		now_ms = d->due_ms;
		may_ms = may_ms * 2 < QF_REDIAL_MAX_MS ? may_ms * 2
		                                       : QF_REDIAL_MAX_MS;
	}
	assert_in_range(longest_ms, QF_REDIAL_MAX_MS / 2, QF_REDIAL_MAX_MS);
	qf_peerbook_fini(&b);
}

/* Full jitter, so that neighbours do not all dial a hub that comes back. */
TEST(peerbook, waits_are_spread_over_all_the_time_that_they_may_take)
{
	struct qf_peerbook b;
	struct qf_dial *d;
	unsigned early = 0, late = 0;

	qf_peerbook_init(&b, SEED);
	d = add(&b, "hub", NULL);
	for (int i = 0; i < 1000; i++) {
		qf_peerbook_lost(&b, d, 0);
		early += d->due_ms < QF_REDIAL_MIN_MS / 4;
		late += d->due_ms >= QF_REDIAL_MIN_MS / 4 * 3;
	}
	assert_in_range(early, 200, 300);
	assert_in_range(late, 200, 300);
	qf_peerbook_fini(&b);
}

TEST(peerbook, a_link_resets_the_wait)
{
	struct qf_peerbook b;
	struct qf_dial *d;

	qf_peerbook_init(&b, SEED);
	d = add(&b, "hub", NULL);
	for (int i = 0; i < 10; i++)
		qf_peerbook_failed(&b, d, 0);
	d->heard = true;
	qf_dial_linked(d, &ana);
	assert_int_equal(d->state, QF_DIAL_LINKED);
	assert_memory_equal(d->key.b, ana.b, sizeof ana.b);
	assert_false(d->heard);
	assert_true(qf_peerbook_wake(&b) == UINT64_MAX);
	qf_peerbook_lost(&b, d, 1000);
	assert_in_range(d->due_ms, 1000, 1000 + QF_REDIAL_MIN_MS);
	qf_peerbook_fini(&b);
}

TEST(peerbook, whoever_rests_because_of_a_key_dials_when_it_is_lost)
{
	struct qf_peerbook b;
	struct qf_dial *first, *second;

	qf_peerbook_init(&b, SEED);
	add(&b, "one", NULL);
	add(&b, "two", NULL);
	first = &b.dials[0];
	second = &b.dials[1];
	qf_dial_rest(first, &ana);
	qf_dial_rest(second, &bob);
	assert_null(due(&b, 1000));
	qf_peerbook_lost_key(&b, &ana, 1000);
	assert_int_equal(first->state, QF_DIAL_WAITING);
	assert_in_range(first->due_ms, 1000, 1000 + QF_REDIAL_MIN_MS);
	assert_int_equal(second->state, QF_DIAL_RESTING);
	qf_peerbook_fini(&b);
}

TEST(peerbook, when_something_stirs_all_that_wait_dial_now)
{
	struct qf_peerbook b;
	struct qf_dial *waiting, *linked;

	qf_peerbook_init(&b, SEED);
	add(&b, "one", NULL);
	add(&b, "two", NULL);
	waiting = &b.dials[0];
	linked = &b.dials[1];
	for (int i = 0; i < 10; i++)
		qf_peerbook_failed(&b, waiting, 100000);
	qf_dial_linked(linked, &ana);
	qf_peerbook_stir(&b, 5000);
	assert_ptr_equal(due(&b, 5000), waiting);
	assert_int_equal(linked->state, QF_DIAL_LINKED);
	qf_peerbook_failed(&b, waiting, 5000);
	assert_in_range(waiting->due_ms, 5000, 5000 + QF_REDIAL_MIN_MS);
	qf_peerbook_fini(&b);
}

TEST(peerbook, to_forget_a_key_is_to_forget_where_it_was_expected_or_found)
{
	struct qf_peerbook b;

	qf_peerbook_init(&b, SEED);
	add(&b, "expects", &ana);
	add(&b, "expects another", &bob);
	add(&b, "found", NULL);
	add(&b, "rests", NULL);
	add(&b, "never reached", NULL);
	qf_dial_linked(&b.dials[2], &ana);
	qf_dial_rest(&b.dials[3], &ana);
	assert_int_equal(qf_peerbook_forget(&b, &ana), 3);
	assert_int_equal(b.count, 2);
	assert_string_equal(b.dials[0].address.host, "expects another");
	assert_string_equal(b.dials[1].address.host, "never reached");
	assert_int_equal(qf_peerbook_forget(&b, &ana), 0);
	qf_peerbook_fini(&b);
}

TEST(peerbook, a_full_book_takes_no_more_but_finds_what_it_has)
{
	struct qf_address a = address_of("hub");
	struct qf_peerbook b;

	qf_peerbook_init(&b, SEED);
	for (a.port = 1; a.port <= QF_PEERS_MAX; a.port++)
		assert_non_null(qf_peerbook_add(&b, &a, NULL, 0));
	assert_null(qf_peerbook_add(&b, &a, NULL, 0));
	a.port = 1;
	assert_ptr_equal(qf_peerbook_add(&b, &a, NULL, 0), &b.dials[0]);
	qf_peerbook_fini(&b);
}
