/* test_http.c - what browsers ask, and what nobody may */
#include <stdio.h>
#include <string.h>

#include "gateway/http.h"
#include "test.h"

static int status_of(const char *text, struct qf_http_request *r)
{
	return qf_http_read(r, qf_bytes(text, strlen(text)));
}

static int status(const char *text)
{
	struct qf_http_request r;

	return status_of(text, &r);
}

static bool ours(const char *host)
{
	return qf_http_host_is_ours(qf_bytes(host, strlen(host)));
}

#define HOST "Host: 10.0.0.1:9999\r\n"

TEST(http, a_request_is_read_when_its_head_is_whole)
{
	const char *text = "GET /app.js HTTP/1.1\r\n" HOST
			   "If-None-Match: \"x\"\r\n\r\nGET /more";
	struct qf_http_request r;
	size_t whole = strlen(text) - strlen("GET /more");

	(void)state;
	for (size_t len = 0; len < whole; len++)
		assert_int_equal(qf_http_read(&r, qf_bytes(text, len)), 100);
	assert_int_equal(status_of(text, &r), 0);
	assert_int_equal(r.bytes, whole);
	assert_int_equal(r.method, QF_HTTP_GET);
	assert_true(qf_http_is(r.target, "/app.js"));
	assert_true(qf_http_is(r.host, "10.0.0.1:9999"));
	assert_true(qf_http_is(r.etag, "\"x\""));
	assert_false(r.websocket);
	assert_false(r.close);
}

TEST(http, what_could_be_read_in_two_ways_is_refused)
{
	static const struct {
		int status;
		const char *text;
	} cases[] = {
		{ 400, "GET / HTTP/1.1\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost : 10.0.0.1\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\n" HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n" },
		{ 505, "GET /\r\n" HOST "\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST
		       "Transfer-Encoding: chunked\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\n"
		       "Content-Length: 0\r\n\r\n" },
		{ 413, "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" },
		{ 413,
		  "POST / HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n" },
		{ 400,
		  "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n" },
		{ 400,
		  "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n" },
		{ 413,
		  "POST / HTTP/1.1\r\n" HOST "Content-Length: 000001\r\n\r\n" },
		{ 100,
		  "POST / HTTP/1.1\r\n" HOST "Content-Length: 65535\r\n\r\n" },
		{ 400, "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
		       "Content-Length: 0\r\n\r\n" },
		{ 505, "GET / HTTP/1.0\r\n" HOST "\r\n" },
		{ 400, "NICK ana\r\n\r\n" },
		{ 0, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(status(cases[i].text), cases[i].status);
}

TEST(http, the_body_of_a_post_is_read_with_it)
{
	const char *text = "POST / HTTP/1.1\r\n" HOST
			   "Content-Length: 5\r\n\r\nhelloGET /more";
	struct qf_http_request r;
	size_t whole = strlen(text) - strlen("GET /more");

	(void)state;
	for (size_t len = 0; len < whole; len++)
		assert_int_equal(qf_http_read(&r, qf_bytes(text, len)), 100);
	assert_int_equal(status_of(text, &r), 0);
	assert_int_equal(r.method, QF_HTTP_POST);
	assert_int_equal(r.bytes, whole);
	assert_int_equal(r.body.len, 5);
	assert_memory_equal(r.body.at, "hello", 5);
}

TEST(http, a_head_that_is_too_long_is_refused)
{
	static char text[QF_HTTP_HEAD_BYTES_MAX + 64];
	struct qf_http_request r;

	(void)state;
	memset(text, 'a', sizeof text);
	assert_int_equal(
		qf_http_read(&r, qf_bytes(text, QF_HTTP_HEAD_BYTES_MAX)), 431);
	memcpy(text + sizeof text - 4, "\r\n\r\n", 4);
	assert_int_equal(qf_http_read(&r, qf_bytes(text, sizeof text)), 431);
}

TEST(http, a_name_that_others_can_give_us_is_not_ours)
{
	(void)state;
	assert_true(ours("127.0.0.1:9999"));
	assert_true(ours("192.168.1.7"));
	assert_true(ours("[fe80::1]:9999"));
	assert_true(ours("[::1]"));
	assert_true(ours("localhost:9999"));
	assert_true(ours("Ana.local:9999"));
	assert_false(ours("evil.example:9999"));
	assert_false(ours("127.0.0.1.evil.example"));
	assert_false(ours("localhost.evil.example"));
	assert_false(ours("a;b.local"));
	assert_false(ours("127.0.0.1:"));
	assert_false(ours("127.0.0.1:99a"));
	assert_false(ours("[::1"));
	assert_false(ours(".local"));
	assert_false(ours(""));
}

TEST(http, only_our_own_page_may_open_a_websocket)
{
	static const char head[] =
		"GET /guest HTTP/1.1\r\nHost: 10.0.0.1:9999\r\n"
		"Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
	static const struct {
		const char *origin;
		bool plain, secure;
	} cases[] = {
		{ "Origin: http://10.0.0.1:9999\r\n", true, false },
		{ "Origin: https://10.0.0.1:9999\r\n", false, true },
		{ "Origin: http://10.0.0.1\r\n", false, false },
		{ "Origin: http://evil.example\r\n", false, false },
		{ "Origin: null\r\n", false, false },
		{ "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct qf_http_request r;
		char text[512];

		snprintf(text, sizeof text, "%s%s\r\n", head, cases[i].origin);
		assert_int_equal(status_of(text, &r), 0);
		assert_true(r.websocket);
		assert_int_equal(qf_http_same_origin(&r, false),
		                 cases[i].plain);
		assert_int_equal(qf_http_same_origin(&r, true),
		                 cases[i].secure);
	}
}
