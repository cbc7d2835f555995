/* test_sweep.c - the addresses of our own networks, one after the other */
#include "test.h"

#include <arpa/inet.h>

#include "net/sweep.h"

static struct qf_interface net_of(const char *address, const char *mask)
{
	struct qf_interface i = { .index = 1, .family = AF_INET };

	inet_pton(AF_INET, address, &i.v4);
	inet_pton(AF_INET, mask, &i.mask);
	return i;
}

/* The first, the last and how many. */
static size_t all_of(struct qf_interfaces *from, char first[16], char last[16])
{
	struct qf_sweep s;
	struct in_addr at;
	size_t count = 0;

	qf_sweep_begin(&s, from);
	for (; qf_sweep_next(&s, &at); count++)
		inet_ntop(AF_INET, &at, count ? last : first, 16);
	return count;
}

TEST(sweep, it_names_each_neighbour_but_not_ourselves)
{
	struct qf_interfaces all = { .count = 1 };
	char first[16], last[16];

	all.list[0] = net_of("10.0.0.1", "255.255.255.0");
	assert_int_equal(all_of(&all, first, last), 253);
	assert_string_equal(first, "10.0.0.2");
	assert_string_equal(last, "10.0.0.254");
	all.list[0] = net_of("10.0.0.6", "255.255.255.252");
	assert_int_equal(all_of(&all, first, last), 1);
	assert_string_equal(first, "10.0.0.5");
}

TEST(sweep, of_a_large_network_it_names_what_is_around_us)
{
	struct qf_interfaces all = { .count = 1 };
	char first[16], last[16];

	all.list[0] = net_of("10.7.8.9", "255.0.0.0");
	assert_int_equal(all_of(&all, first, last), 253);
	assert_string_equal(first, "10.7.8.1");
	assert_string_equal(last, "10.7.8.254");
}

TEST(sweep, what_has_no_neighbours_is_left_out)
{
	struct qf_interfaces all = { .count = 4 };
	char first[16], last[16];

	all.list[0] = net_of("127.0.0.1", "255.0.0.0");
	all.list[0].loopback = true;
	all.list[1] = net_of("10.8.0.2", "255.255.255.0");
	all.list[1].tunnel = true;
	all.list[2] = net_of("10.0.0.1", "255.255.255.255");
	all.list[3] = net_of("10.0.0.1", "255.255.255.254");
	assert_int_equal(all_of(&all, first, last), 0);
}

TEST(sweep, two_addresses_of_one_network_are_one_network)
{
	struct qf_interfaces all = { .count = 2 };
	char first[16], last[16];

	all.list[0] = net_of("10.0.0.1", "255.255.255.0");
	all.list[1] = net_of("10.0.0.2", "255.255.255.0");
	assert_int_equal(all_of(&all, first, last), 253);
}

TEST(sweep, an_address_that_is_gone_is_a_loss_and_a_new_one_is_not)
{
	struct qf_interfaces one = { .count = 1 }, two = { .count = 2 };

	one.list[0] = two.list[1] = net_of("10.0.0.1", "255.255.255.0");
	two.list[0] = net_of("10.0.0.2", "255.255.255.0");
	assert_true(qf_interfaces_lost(&two, &one));
	assert_false(qf_interfaces_lost(&one, &two));
	assert_false(qf_interfaces_lost(&two, &two));
}
