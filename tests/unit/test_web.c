/* test_web.c - a browser's connection: what it gets, and when it is ended */
#include <stdio.h>
#include <string.h>

#include "gateway/web.h"
#include "test.h"

enum { BEGIN_MS = 1000 };

struct visit {
	struct qf_carry carry;
	struct qf_page page;
	struct qf_web_shared *shared;
	struct qf_web *web;
	struct qf_buf out;
};

static void sha1(struct qf_bytes of, uint8_t out[20])
{
	assert_int_equal(of.len, 60);
	memset(out, 0, 20);
}

static void begin(struct visit *v)
{
	struct qf_web_options options = {
		.conn = 1,
		.carry = &v->carry,
		.page = &v->page,
		.sha1 = sha1,
		.now_ms = BEGIN_MS,
	};

	qf_carry_init(&v->carry);
	qf_page_init(&v->page, (uint8_t[QF_SEED_BYTES]){ 1 });
	qf_page_turn(&v->page, (uint8_t[QF_SEED_BYTES]){ 1 }, 0);
	qf_buf_init(&v->out, 0);
	v->shared = options.shared = qf_web_shared_new();
	v->web = qf_web_new(&options);
	assert_non_null(v->web);
}

static void end(struct visit *v)
{
	qf_web_free(v->web);
	qf_web_shared_free(v->shared);
	qf_carry_fini(&v->carry);
	qf_buf_fini(&v->out);
}

static void says(struct visit *v, const char *text, uint64_t at_ms)
{
	qf_web_bytes(v->web, qf_bytes(text, strlen(text)), at_ms);
}

static void answered(struct visit *v, const char *beginning)
{
	qf_buf_clear(&v->out);
	qf_web_pull(v->web, &v->out, 1 << 20);
	assert_true(v->out.len >= strlen(beginning));
	assert_memory_equal(v->out.at, beginning, strlen(beginning));
}

#define HOST "Host: 10.0.0.1\r\n"
#define UPGRADE                                                                \
	"GET /guest HTTP/1.1\r\n" HOST "Origin: http://10.0.0.1\r\n"           \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n"                        \
	"Sec-WebSocket-Version: 13\r\n"                                        \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

#define HEAD        "HEAD / HTTP/1.1\r\n" HOST "\r\n"
#define HELLO       "\x82\x85\0\0\0\0hello"
#define HELLO_BYTES (sizeof HELLO - 1)

TEST(web, several_files_come_over_one_connection)
{
	struct visit v;

	(void)state;
	begin(&v);
	says(&v, "GET / HTTP/1.1\r\n" HOST "\r\nGET /no", BEGIN_MS);
	answered(&v, "HTTP/1.1 200 OK\r\n");
	assert_false(qf_web_over(v.web));
	says(&v, "ne HTTP/1.1\r\n" HOST "\r\n", BEGIN_MS);
	answered(&v, "HTTP/1.1 404 Not Found\r\n");
	assert_true(qf_web_over(v.web));
	end(&v);
}

static size_t count_of(struct visit *v, const char *part)
{
	size_t count = 0;
	const char *at;

	qf_put_u8(&v->out, 0);
	at = (char *)v->out.at;
	while ((at = strstr(at, part))) {
		count++;
		at++;
	}
	return count;
}

/* What is due is at most about what is pulled at once, and one file. */
TEST(web, who_asks_for_much_at_once_gets_it_as_it_is_taken)
{
	enum {
		ASKED = 1000,
		AT_ONCE = 256 * 1024,
		FILE_BYTES_MAX = 128 * 1024
	};
	struct qf_buf all = { 0 };
	struct visit v;
	size_t got = 0;

	(void)state;
	begin(&v);
	for (int i = 0; i < ASKED; i++)
		qf_put_raw(&all, HEAD, strlen(HEAD));
	qf_put_raw(&all, UPGRADE HELLO, strlen(UPGRADE) + HELLO_BYTES);
	qf_web_bytes(v.web, qf_buf_bytes(&all), BEGIN_MS);
	qf_buf_fini(&all);
	while (!qf_web_over(v.web)) {
		assert_false(qf_web_reads(v.web));
		/* However long that takes. */
		qf_web_ring(v.web, qf_web_due(v.web));
		qf_buf_clear(&v.out);
		qf_web_pull(v.web, &v.out, AT_ONCE);
		assert_in_range(v.out.len, 1, AT_ONCE + FILE_BYTES_MAX);
		got += count_of(&v, "HTTP/1.1 200 ");
	}
	assert_int_equal(got, ASKED);
	assert_int_equal(count_of(&v, "HTTP/1.1 101 "), 1);
	end(&v);
}

TEST(web, a_page_that_is_off_shows_nothing)
{
	struct visit v;

	(void)state;
	begin(&v);
	v.page.state = QF_PAGE_OFF;
	says(&v, "GET / HTTP/1.1\r\n" HOST "\r\n", BEGIN_MS);
	answered(&v, "HTTP/1.1 403 Forbidden\r\n");
	end(&v);
}

TEST(web, a_request_that_takes_too_long_is_ended)
{
	struct visit v;

	(void)state;
	begin(&v);
	/* A byte now and then does not help. */
	for (uint64_t ms = 0; ms < QF_WEB_HEAD_MS; ms += 1000)
		says(&v, "G", BEGIN_MS + ms);
	assert_int_equal(qf_web_due(v.web), BEGIN_MS + QF_WEB_HEAD_MS);
	qf_web_ring(v.web, BEGIN_MS + QF_WEB_HEAD_MS - 1);
	assert_true(qf_web_reads(v.web));
	qf_web_ring(v.web, BEGIN_MS + QF_WEB_HEAD_MS);
	answered(&v, "HTTP/1.1 408 Request Timeout\r\n");
	assert_true(qf_web_over(v.web));
	end(&v);
}

#define EVENTS "GET /guest/events HTTP/1.1\r\n" HOST "\r\n"

/* Where the page is told to post. */
static void listen(struct visit *v, char path[64])
{
	const char *at;

	says(v, EVENTS, BEGIN_MS);
	answered(v, "HTTP/1.1 200 OK\r\n");
	qf_put_u8(&v->out, 0);
	at = strstr((char *)v->out.at, "\r\n\r\ndata: ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "\r\n\r\ndata: %63s\n\n", path), 1);
}

static void pass(struct visit *v, const char *message)
{
	struct qf_effect fx = { .kind = QF_FX_PASS, .conn = 1 };

	fx.payload = qf_shared_new(message, strlen(message));
	qf_web_told(v->web, &fx);
	qf_shared_unref(fx.payload);
}

TEST(web, what_is_posted_is_passed_on_and_then_answered)
{
	struct qf_answer done = { .kind = QF_ANS_DONE, .request = 1 };
	struct qf_effect fx = { .kind = QF_FX_ANSWER, .answer = &done };
	char path[64], text[256];
	const struct qf_event *ev;
	struct visit v, w;

	(void)state;
	begin(&v);
	listen(&v, path);
	begin(&w);
	snprintf(text, sizeof text,
	         "POST %s HTTP/1.1\r\n" HOST "Origin: http://10.0.0.1\r\n"
	         "Content-Length: 5\r\n\r\nhello"
	         "GET / HTTP/1.1\r\n" HOST "\r\n",
	         path);
	says(&w, text, BEGIN_MS);
	assert_int_equal(w.carry.ask_count, 1);
	ev = &w.carry.asks[0].event;
	assert_int_equal(ev->command->kind, QF_CMD_PASS);
	assert_int_equal(ev->command->number, 1);
	assert_memory_equal(ev->command->payload->at, "hello", 5);
	assert_false(qf_web_reads(w.web));
	qf_web_pull(w.web, &w.out, 1 << 20);
	qf_web_told(w.web, &fx);
	answered(&w, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(w.carry.ask_count, 1);
	assert_true(qf_web_reads(w.web));
	end(&w);
	end(&v);
}

TEST(web, a_post_of_another_site_or_without_proof_goes_nowhere)
{
	char path[64], text[256];
	struct visit v, w;

	(void)state;
	begin(&v);
	listen(&v, path);
	for (size_t i = 0; i < 3; i++) {
		begin(&w);
		if (i == 1)
			path[strlen(path) - 1] ^= 1;
		snprintf(text, sizeof text,
		         "POST %s HTTP/1.1\r\n" HOST "Origin: http://%s\r\n"
		         "Content-Length: 5\r\n\r\nhello",
		         i == 2 ? "/guest" : path,
		         i == 0 ? "evil.example" : "10.0.0.1");
		says(&w, text, BEGIN_MS);
		answered(&w, i == 0 ? "HTTP/1.1 403 " : "HTTP/1.1 405 ");
		assert_int_equal(w.carry.ask_count, 0);
		end(&w);
	}
	end(&v);
}

TEST(web, events_without_a_secret_or_a_greeting_are_closed)
{
	static const char stranger[] = "event: close\ndata: 4401\n\n";
	static const char away[] = "event: close\ndata: 1001\n\n";
	char path[64];
	struct visit v;

	(void)state;
	begin(&v);
	listen(&v, path);
	pass(&v, "hello");
	answered(&v, stranger);
	assert_true(qf_web_over(v.web));
	end(&v);

	begin(&v);
	listen(&v, path);
	qf_web_ring(v.web, BEGIN_MS + QF_WEB_HEAD_MS);
	answered(&v, away);
	end(&v);
}

TEST(web, a_websocket_that_never_greets_or_has_no_secret_is_closed)
{
	struct visit v;

	(void)state;
	begin(&v);
	says(&v, UPGRADE, BEGIN_MS);
	answered(&v, "HTTP/1.1 101 Switching Protocols\r\n");
	qf_web_ring(v.web, BEGIN_MS + QF_WEB_HEAD_MS);
	answered(&v, "\x88\x02\x03\xe9");
	assert_true(qf_web_over(v.web));
	end(&v);

	begin(&v);
	says(&v, UPGRADE, BEGIN_MS);
	answered(&v, "HTTP/1.1 101 Switching Protocols\r\n");
	qf_web_bytes(v.web, qf_bytes(HELLO, HELLO_BYTES), BEGIN_MS);
	answered(&v, "\x88\x02\x11\x31");
	assert_true(qf_web_over(v.web));
	assert_false(qf_web_talks(v.web));
	end(&v);
}
