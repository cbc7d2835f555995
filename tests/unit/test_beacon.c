/* test_beacon.c - beacons as bytes, how often, and how many answers */
#include "test.h"

#include <string.h>

#include "core/beacon.h"
#include "core/limits.h"

static const uint8_t vector[QF_BEACON_BYTES] = {
	'Q', 'F', 'b', 1, 1, 0x27, 0x0f, 0,  1,  2,  3,  4,
	5,   6,   7,   8, 9, 10,   11,   12, 13, 14, 15,
};

static struct qf_beacon vector_beacon(void)
{
	struct qf_beacon b = { .kind = QF_BEACON_ASK, .port = 9999 };

	for (uint8_t i = 0; i < sizeof b.hint.b; i++)
		b.hint.b[i] = i;
	return b;
}

static enum qf_beacon_read read_changed(size_t at, uint8_t to)
{
	uint8_t packet[QF_BEACON_BYTES];
	struct qf_beacon b;

	memcpy(packet, vector, sizeof packet);
	packet[at] = to;
	return qf_beacon_get(qf_bytes(packet, sizeof packet), &b);
}

TEST(beacon, it_is_23_bytes_as_the_vector_says)
{
	struct qf_beacon b = vector_beacon(), read;
	uint8_t packet[QF_BEACON_BYTES];

	qf_beacon_put(&b, packet);
	assert_memory_equal(packet, vector, sizeof vector);
	assert_int_equal(qf_beacon_get(qf_bytes(vector, sizeof vector), &read),
	                 QF_BEACON_GOOD);
	assert_int_equal(read.kind, b.kind);
	assert_int_equal(read.port, b.port);
	assert_true(qf_hint_equal(&read.hint, &b.hint));
}

TEST(beacon, what_is_longer_or_shorter_is_not_one)
{
	uint8_t longer[QF_BEACON_BYTES + 1] = { 0 };
	struct qf_beacon b;

	memcpy(longer, vector, sizeof vector);
	for (size_t len = 0; len <= sizeof longer; len++)
		assert_int_equal(qf_beacon_get(qf_bytes(longer, len), &b),
		                 len == sizeof vector ? QF_BEACON_GOOD
		                                      : QF_BEACON_ALIEN);
}

TEST(beacon, another_version_is_told_from_noise)
{
	uint8_t next[5] = { 'Q', 'F', 'b', 2, 99 };
	struct qf_beacon b;

	assert_int_equal(read_changed(0, 'q'), QF_BEACON_ALIEN);
	assert_int_equal(read_changed(3, 2), QF_BEACON_OTHER);
	assert_int_equal(read_changed(4, 2), QF_BEACON_ALIEN);
	assert_int_equal(qf_beacon_get(qf_bytes(next, sizeof next), &b),
	                 QF_BEACON_OTHER);
}

TEST(beacon, only_whoever_asks_need_not_listen)
{
	struct qf_beacon b = vector_beacon();
	uint8_t packet[QF_BEACON_BYTES];

	b.port = 0;
	qf_beacon_put(&b, packet);
	assert_int_equal(qf_beacon_get(qf_bytes(packet, sizeof packet), &b),
	                 QF_BEACON_GOOD);
	packet[4] = QF_BEACON_HERE;
	assert_int_equal(qf_beacon_get(qf_bytes(packet, sizeof packet), &b),
	                 QF_BEACON_ALIEN);
}

/* A network of n nodes, all of which hear each other: after some rounds. */
static uint64_t settled_ms(size_t n)
{
	uint64_t wait_ms = QF_BEACON_MS;

	for (int round = 0; round < 10; round++)
		wait_ms = qf_beacon_wait_ms(n - 1, wait_ms);
	return wait_ms;
}

TEST(beacon, a_network_of_any_size_sends_twenty_a_second)
{
	assert_int_equal(settled_ms(1), 1000);
	assert_int_equal(settled_ms(20), 1000);
	assert_int_equal(settled_ms(100), 5000);
	assert_int_equal(settled_ms(1000), 50000);
	assert_int_equal(settled_ms(100000), QF_BEACON_MAX_MS);
	assert_int_equal(qf_beacon_wait_ms(10, 0), QF_BEACON_MS);
}

TEST(beacon, answers_are_so_many_a_second_whoever_asks)
{
	struct qf_allowance a = { .a_second = 20 };
	unsigned given = 0;

	for (uint64_t now = 100000; now < 110000; now++)
		given += qf_allowance_take(&a, now);
	assert_in_range(given, 200, 220);
}
