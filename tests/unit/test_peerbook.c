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

TEST(peerbook, a_sign_of_life_brings_the_dials_of_that_key_forward)
{
	struct qf_peerbook b;
	struct qf_dial *hers, *his;

	qf_peerbook_init(&b, SEED);
	add(&b, "one", &ana);
	add(&b, "two", &bob);
	hers = qf_peerbook_due(&b, 1000);
	his = qf_peerbook_due(&b, 1000);
	for (int i = 0; i < 10; i++) {
		qf_peerbook_failed(&b, hers, 100000);
		qf_peerbook_failed(&b, his, 100000);
	}
	hers->due_ms = his->due_ms = 150000;
	qf_peerbook_stir(&b, &ana, 101000);
	assert_ptr_equal(due(&b, 101000), hers);
	assert_null(due(&b, 101000));
	qf_peerbook_failed(&b, hers, 101000);
	assert_in_range(hers->due_ms, 101000, 101000 + QF_REDIAL_MIN_MS);
	qf_peerbook_fini(&b);
}

TEST(peerbook, many_signs_of_life_make_no_storm_of_dials)
{
	struct qf_peerbook b;
	struct qf_dial *d;
	unsigned tries = 0;

	qf_peerbook_init(&b, SEED);
	add(&b, "one", &ana);
	for (uint64_t now = 1000; now < 11000; now += 10) {
		qf_peerbook_stir(&b, &ana, now);
		d = due(&b, now);
		if (!d)
			continue;
		tries++;
		qf_peerbook_failed(&b, d, now);
		d->due_ms = now + QF_REDIAL_MAX_MS;
	}
	assert_int_equal(tries, 10000 / QF_REDIAL_MIN_MS);
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

/* QF_PEERS_MAX addresses, one by one; returns the next. */
static struct qf_address fill(struct qf_peerbook *b, bool asked)
{
	struct qf_address a = address_of("hub");

	for (a.port = 1; a.port <= QF_PEERS_MAX; a.port++) {
		struct qf_dial *d = qf_peerbook_add(b, &a, NULL, 0);

		assert_non_null(d);
		d->asked = asked;
	}
	return a;
}

TEST(peerbook, a_full_book_takes_no_more_but_finds_what_it_has)
{
	struct qf_address a;
	struct qf_peerbook b;

	qf_peerbook_init(&b, SEED);
	a = fill(&b, true);
	assert_null(qf_peerbook_add(&b, &a, NULL, 0));
	a.port = 1;
	assert_ptr_equal(qf_peerbook_add(&b, &a, NULL, 0), &b.dials[0]);
	qf_peerbook_fini(&b);
}

TEST(peerbook, of_those_found_who_never_answer_make_room_for_others)
{
	struct qf_address a = address_of("hub");
	struct qf_hint hint = { { 1 } };
	struct qf_peerbook b;
	struct qf_dial *d;

	qf_peerbook_init(&b, SEED);
	add(&b, "typed", NULL);
	for (a.port = 1; a.port <= QF_FOUND_MAX; a.port++)
		assert_non_null(qf_peerbook_found(&b, &a, &hint, 0));
	assert_null(qf_peerbook_found(&b, &a, &hint, 0));
	for (uint64_t now = 1; now <= 1 + QF_FOUND_MAX; now++)
		assert_non_null(qf_peerbook_due(&b, now));
	for (size_t i = 0; i < b.count; i++)
		qf_peerbook_failed(&b, &b.dials[i], 1000);
	d = qf_peerbook_found(&b, &a, &hint, 5000);
	assert_non_null(d);
	assert_true(d->found && d->quiet);
	a.port = 1;
	for (size_t i = 1; i < b.count; i++)
		assert_int_not_equal(b.dials[i].address.port, a.port);
	qf_peerbook_fini(&b);
}

TEST(peerbook, what_was_typed_stays_typed_when_it_is_found)
{
	struct qf_address a = address_of("hub");
	struct qf_hint hint = { { 1 } };
	struct qf_peerbook b;

	qf_peerbook_init(&b, SEED);
	add(&b, "hub", NULL);
	assert_false(qf_peerbook_found(&b, &a, &hint, 0)->quiet);
	assert_int_equal(b.count, 1);
	qf_peerbook_fini(&b);
}

TEST(peerbook, the_worst_that_nobody_asked_for_makes_room_in_a_full_book)
{
	struct qf_peerbook b;
	struct qf_address a;

	qf_peerbook_init(&b, SEED);
	a = fill(&b, false);
	b.dials[5].asked = true;
	b.dials[5].fails = 9;
	b.dials[6].wanted = true;
	b.dials[6].fails = 9;
	b.dials[7].worked = true;
	b.dials[7].fails = 9;
	b.dials[8].fails = 2;
	b.dials[9].fails = 1;
	b.dials[10].known = true;
	b.dials[10].fails = 9;
	assert_non_null(qf_peerbook_add(&b, &a, NULL, 0));
	assert_int_equal(b.count, QF_PEERS_MAX);
	for (size_t i = 0; i < b.count; i++)
		assert_int_not_equal(b.dials[i].fails, 2);
	qf_peerbook_fini(&b);
}

TEST(peerbook, whoever_behaved_best_is_dialled_first)
{
	struct qf_peerbook b;

	qf_peerbook_init(&b, SEED);
	add(&b, "failed twice", NULL)->fails = 2;
	add(&b, "failed once", NULL)->fails = 1;
	add(&b, "worked", NULL)->fails = 3;
	b.dials[2].worked = true;
	assert_string_equal(qf_peerbook_due(&b, 0)->address.host, "worked");
	assert_string_equal(qf_peerbook_due(&b, 0)->address.host,
	                    "failed once");
	assert_string_equal(qf_peerbook_due(&b, 0)->address.host,
	                    "failed twice");
	qf_peerbook_fini(&b);
}

TEST(peerbook, what_was_learned_and_never_of_use_is_forgotten)
{
	struct qf_peerbook b;

	qf_peerbook_init(&b, SEED);
	add(&b, "learned", &ana)->quiet = true;
	add(&b, "wanted", &ana)->quiet = true;
	b.dials[1].wanted = true;
	add(&b, "worked", &ana)->quiet = true;
	b.dials[2].worked = true;
	add(&b, "asked", &bob)->quiet = true;
	b.dials[3].asked = true;
	add(&b, "trying", &bob)->quiet = true;
	b.dials[4].state = QF_DIAL_TRYING;
	add(&b, "remembered", &bob);
	qf_peerbook_sift(&b);
	assert_int_equal(b.count, 5);
	assert_string_equal(b.dials[0].address.host, "wanted");
	qf_peerbook_fini(&b);
}
