/* test_sightings.c - nodes seen nearby, and which are worth telling */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "core/sightings.h"

enum { SEED = 7 };

static struct qf_hint hint_of(uint32_t number)
{
	struct qf_hint hint = { { 0 } };

	memcpy(hint.b, &number, sizeof number);
	return hint;
}

static bool see(struct qf_sightings *s, uint32_t hint, const char *host,
                uint64_t now_ms)
{
	struct qf_address address = { .port = QF_PORT_DEFAULT };
	struct qf_hint whose = hint_of(hint);

	snprintf(address.host, sizeof address.host, "%s", host);
	return qf_sightings_take(s, &whose, &address, now_ms);
}

TEST(sightings, the_first_is_told_and_then_less_and_less_often)
{
	struct qf_sightings s;
	unsigned told = 0;

	assert_true(qf_sightings_init(&s, SEED));
	for (uint64_t now = 1000; now < 601000; now += 1000)
		told += see(&s, 1, "10.0.0.1", now);
	/* 1, 2, 4 ... 60 s apart. */
	assert_in_range(told, 12, 17);
	qf_sightings_fini(&s);
}

TEST(sightings, whoever_is_back_after_a_silence_is_told_at_once)
{
	struct qf_sightings s;

	assert_true(qf_sightings_init(&s, SEED));
	for (uint64_t now = 1000; now <= 60000; now += 1000)
		see(&s, 1, "10.0.0.1", now);
	assert_true(see(&s, 1, "10.0.0.1", 66000));
	qf_sightings_fini(&s);
}

TEST(sightings, a_second_address_of_the_same_node_waits_a_second)
{
	struct qf_sightings s;

	assert_true(qf_sightings_init(&s, SEED));
	assert_true(see(&s, 1, "10.0.0.1", 1000));
	assert_false(see(&s, 1, "fe80::1%eth0", 1001));
	assert_true(see(&s, 2, "10.0.0.2", 1001));
	assert_true(see(&s, 1, "fe80::1%eth0", 2001));
	qf_sightings_fini(&s);
}

TEST(sightings, on_another_network_all_are_new)
{
	struct qf_sightings s;

	assert_true(qf_sightings_init(&s, SEED));
	assert_true(see(&s, 1, "10.0.0.1", 1000));
	assert_false(see(&s, 1, "10.0.0.1", 1100));
	qf_sightings_clear(&s);
	assert_true(see(&s, 1, "10.0.0.1", 1200));
	qf_sightings_fini(&s);
}

TEST(sightings, one_host_that_claims_to_be_many_keeps_others_out_of_nothing)
{
	struct qf_sightings s;

	assert_true(qf_sightings_init(&s, SEED));
	for (uint32_t i = 0; i < 10000; i++)
		see(&s, 100 + i, "10.0.0.66", 1000 + i / 10);
	assert_int_equal(s.count, QF_SIGHTINGS_A_HOST);
	assert_true(see(&s, 1, "10.0.0.1", 3000));
	qf_sightings_fini(&s);
}

TEST(sightings,
     ten_thousand_hosts_fill_the_table_and_the_real_one_comes_through)
{
	struct qf_sightings s;
	unsigned told = 0;
	char host[20];
	bool real = false;

	assert_true(qf_sightings_init(&s, SEED));
	for (uint32_t i = 0; i < 10000; i++) {
		snprintf(host, sizeof host, "10.1.%u.%u", i / 250, i % 250);
		told += see(&s, 100 + i, host, 1000 + i / 10);
	}
	assert_int_equal(s.count, QF_SIGHTINGS_MAX);
	/* 64 at first, and 64 in the second that it lasted. */
	assert_in_range(told, 64, 130);
	for (uint64_t now = 2000; now < 5000 && !real; now += 1000)
		real = see(&s, 1, "10.0.0.1", now);
	assert_true(real);
	qf_sightings_fini(&s);
}
