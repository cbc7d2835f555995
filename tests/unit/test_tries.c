/* test_tries.c - guesses cost time, whoever makes a new connection for each */
#include <stdio.h>

#include "gateway/tries.h"
#include "test.h"

enum { NOW_MS = 1000000, AT_ONCE = QF_TRIES_OWED_MS / QF_TRY_MS };

static void add(struct qf_tries *t, const char *from, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		assert_true(qf_tries_may(t, from, NOW_MS));
		qf_tries_add(t, from, NOW_MS);
	}
}

TEST(tries, so_many_at_once_and_then_one_by_one)
{
	struct qf_tries t = { 0 };

	add(&t, "10.0.0.1", AT_ONCE);
	assert_false(qf_tries_may(&t, "10.0.0.1", NOW_MS));
	assert_true(qf_tries_may(&t, "10.0.0.2", NOW_MS));
	assert_false(qf_tries_may(&t, "10.0.0.1", NOW_MS));
	assert_true(qf_tries_may(&t, "10.0.0.1", NOW_MS + 1));
	qf_tries_add(&t, "10.0.0.1", NOW_MS + 1);
	assert_false(qf_tries_may(&t, "10.0.0.1", NOW_MS + QF_TRY_MS));
	assert_true(qf_tries_may(&t, "10.0.0.1", NOW_MS + QF_TRY_MS + 1));
}

TEST(tries, a_network_of_ipv6_is_one_place)
{
	struct qf_tries t = { 0 };

	add(&t, "2001:db8::1", AT_ONCE);
	assert_false(qf_tries_may(&t, "2001:db8:0:0:5::9", NOW_MS));
	assert_true(qf_tries_may(&t, "2001:db8:0:1::1", NOW_MS));
}

TEST(tries, who_owes_least_makes_room)
{
	struct qf_tries t = { 0 };
	char from[32];

	add(&t, "10.0.0.1", AT_ONCE);
	for (unsigned i = 0; i < 2 * QF_TRIES_MAX; i++) {
		snprintf(from, sizeof from, "10.1.%u.%u", i / 256, i % 256);
		qf_tries_add(&t, from, NOW_MS);
	}
	assert_int_equal(t.count, QF_TRIES_MAX);
	assert_false(qf_tries_may(&t, "10.0.0.1", NOW_MS));
}
