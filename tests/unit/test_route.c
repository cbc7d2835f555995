/* test_route.c - who comes by the one port, told from first bytes */
#include "test.h"

#include <string.h>

#include "net/route.h"

static struct qf_bytes bytes(const char *text)
{
	return qf_bytes(text, strlen(text));
}

TEST(route, alpn_names_nodes_and_browsers)
{
	assert_int_equal(qf_route_alpn(bytes("quickfi/1")), QF_ROUTE_NODE);
	assert_int_equal(qf_route_alpn(bytes("http/1.1")), QF_ROUTE_WEB);
	assert_int_equal(qf_route_alpn(bytes("irc")), QF_ROUTE_MORE);
	assert_int_equal(qf_route_alpn(bytes("quickfi/12")), QF_ROUTE_MORE);
	assert_int_equal(qf_route_alpn(bytes("")), QF_ROUTE_MORE);
}

TEST(route, the_first_bytes_tell_the_web_from_irc)
{
	static const struct {
		const char *first;
		enum qf_route route;
	} vectors[] = {
		{ "GET / HTTP/1.1\r\n", QF_ROUTE_WEB },
		{ "HEAD /x HTTP/1.0\r\n", QF_ROUTE_WEB },
		{ "POST /", QF_ROUTE_WEB },
		{ "OPTIONS *", QF_ROUTE_WEB },
		{ "GETA", QF_ROUTE_IRC },
		{ "get /", QF_ROUTE_IRC },
		{ "NICK ana\r\n", QF_ROUTE_IRC },
		{ "CAP LS 302\r\n", QF_ROUTE_IRC },
		{ "PING :1\r\n", QF_ROUTE_IRC },
		{ "PONG :1\r\n", QF_ROUTE_IRC },
		{ "\r\n", QF_ROUTE_IRC },
		{ "\xff\x01", QF_ROUTE_IRC },
		{ "", QF_ROUTE_MORE },
		{ "G", QF_ROUTE_MORE },
		{ "P", QF_ROUTE_MORE },
		{ "PO", QF_ROUTE_MORE },
		{ "POST", QF_ROUTE_MORE },
		{ "OPTIONS", QF_ROUTE_MORE },
	};

	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct qf_bytes first = bytes(vectors[i].first);

		assert_int_equal(qf_route_bytes(first, false),
		                 vectors[i].route);
		assert_int_equal(qf_route_bytes(first, true), vectors[i].route);
	}
}

TEST(route, a_handshake_begins_tls_but_not_within_tls)
{
	assert_int_equal(qf_route_bytes(bytes("\x16"), false), QF_ROUTE_TLS);
	assert_int_equal(qf_route_bytes(bytes("\x16\x03\x01"), false),
	                 QF_ROUTE_TLS);
	assert_int_equal(qf_route_bytes(bytes("\x16\x03\x01"), true),
	                 QF_ROUTE_IRC);
}
