/* test_address.c - addresses as people write them, and as sockets have them */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/sockaddr.h"

static void expect(const char *text, const char *host, unsigned port)
{
	struct qf_address a;
	char why[128] = "";

	if (!qf_address_parse(text, &a, why, sizeof why))
		fail_msg("%s was refused: %s", text, why);
	assert_string_equal(a.host, host);
	assert_int_equal(a.port, port);
}

static void expect_refused(const char *text, const char *reason)
{
	struct qf_address a;
	char why[128] = "";

	if (qf_address_parse(text, &a, why, sizeof why))
		fail_msg("%s was accepted", text);
	if (!strstr(why, reason))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, why, reason);
}

TEST(address, a_host_alone_has_the_default_port)
{
	expect("ana-laptop.local", "ana-laptop.local", QF_PORT_DEFAULT);
	expect("10.77.0.1", "10.77.0.1", QF_PORT_DEFAULT);
	expect("fe80::1%wlan0", "fe80::1%wlan0", QF_PORT_DEFAULT);
	expect("::1", "::1", QF_PORT_DEFAULT);
	expect("[::1]", "::1", QF_PORT_DEFAULT);
}

TEST(address, a_port_follows_the_last_colon)
{
	expect("ana:1", "ana", 1);
	expect("10.77.0.1:65535", "10.77.0.1", 65535);
	expect("[2001:db8::7]:9998", "2001:db8::7", 9998);
}

TEST(address, a_bad_port_is_said)
{
	expect_refused("ana:", "port");
	expect_refused("ana:0", "port");
	expect_refused("ana:65536", "port");
	expect_refused("ana:99999999999", "port");
	expect_refused("ana:12a", "port");
	expect_refused("ana:-1", "port");
	expect_refused("[::1]:", "port");
}

TEST(address, what_is_no_host_is_refused)
{
	char long_name[400];

	expect_refused("", "no host");
	expect_refused(":9999", "no host");
	expect_refused("ana laptop", "character");
	expect_refused("ana/etc", "character");
	expect_refused("ana\n", "character");
	expect_refused("[::1", "an address is");
	expect_refused("[::1]9999", "an address is");
	expect_refused("[ana]:1", "an address is");
	expect_refused("1:2:3", "an address is");
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = 0;
	expect_refused(long_name, "too long");
	long_name[260] = 0;
	expect_refused(long_name, "too long");
	long_name[255] = 0;
	expect(long_name, long_name, QF_PORT_DEFAULT);
}

TEST(address, numbers_become_a_socket_address_and_back)
{
	static const char *const hosts[] = { "127.0.0.1", "::1",
		                             "2001:db8::7" };

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct qf_address a = { .port = 9999 }, back;
		struct qf_sockaddr s;

		strcpy(a.host, hosts[i]);
		assert_true(qf_address_numeric(&a, &s));
		qf_address_of((struct sockaddr *)&s.at, &back);
		assert_string_equal(back.host, hosts[i]);
		assert_int_equal(back.port, 9999);
	}
}

TEST(address, a_name_is_no_socket_address)
{
	struct qf_address a = { .host = "localhost", .port = 9999 };
	struct qf_sockaddr s;

	assert_false(qf_address_numeric(&a, &s));
}

TEST(address, ipv4_inside_ipv6_is_shown_as_ipv4)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6,
		                     .sin6_port = htons(4711) };
	struct qf_address a;

	inet_pton(AF_INET6, "::ffff:10.77.0.1", &from.sin6_addr);
	qf_address_of((struct sockaddr *)&from, &a);
	assert_string_equal(a.host, "10.77.0.1");
	assert_int_equal(a.port, 4711);
}
