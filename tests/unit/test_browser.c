/* test_browser.c - how long a browser that stops reading is waited for
 *
 * The clock is the test's.
 */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "net/browser.h"
#include "net/host.h"

#define GET  "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"
#define LAST "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n"

enum {
	KERNEL_BYTES = 4096, /* that it takes for who does not read */
	ASKED = 200,         /* with what each answer says of itself, a lot */
	STEP_MS = 20000,
	STEPS_MAX = 20,
	SIP_BYTES = 16384,
};

static uint64_t clock_ms;

uint64_t qf_host_mono_ms(void)
{
	return clock_ms;
}

uint64_t qf_host_random(void)
{
	return 4;
}

/* A browser on a worker's desk; the far end of its socket is the test's. */
struct visit {
	uv_loop_t loop;
	struct qf_tls tls;
	struct qf_aid aid;
	struct qf_desk desk;
	qf_conn conn;
	int far;
};

static struct qf_socket *browser_of(const struct visit *v)
{
	return qf_desk_find(&v->desk, v->conn);
}

static void turn(struct visit *v)
{
	uv_run(&v->loop, UV_RUN_NOWAIT);
	qf_desk_turn(&v->desk);
}

static void begin(struct visit *v)
{
	static struct qf_aids aids;
	struct qf_socket *s;
	int ends[2], size = KERNEL_BYTES;

	*v = (struct visit){ 0 };
	clock_ms = 1000;
	aids = (struct qf_aids){ &v->aid, 1 };
	assert_int_equal(uv_loop_init(&v->loop), 0);
	qf_desk_init(&v->desk, &v->loop, 0, &v->tls, &aids);
	qf_page_init(&v->desk.page, (uint8_t[QF_SEED_BYTES]){ 1 });
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	assert_int_equal(qf_socket_new(&s, &v->desk, ends[0], true), QF_OK);
	assert_int_equal(qf_browser_adopt(s, (struct qf_bytes){ 0 }), QF_OK);
	v->conn = s->conn;
	v->far = ends[1];
	turn(v);
}

static void end(struct visit *v)
{
	if (browser_of(v))
		qf_socket_close(browser_of(v));
	close(v->far);
	uv_run(&v->loop, UV_RUN_NOWAIT);
	qf_desk_close(&v->desk);
	uv_run(&v->loop, UV_RUN_DEFAULT);
	qf_desk_fini(&v->desk);
	assert_int_equal(uv_loop_close(&v->loop), 0);
}

static void ask(struct visit *v, int count, const char *last)
{
	struct qf_buf all = { 0 };

	while (count--)
		qf_put_raw(&all, GET, strlen(GET));
	qf_put_raw(&all, last, strlen(last));
	assert_int_equal(write(v->far, all.at, all.len), all.len);
	qf_buf_fini(&all);
	turn(v);
	assert_false(qf_socket_idle(browser_of(v)));
}

/* A step of the clock, in which what is due rings; false: it was closed. */
static bool goes_on(struct visit *v)
{
	struct qf_alarms *a = &v->desk.alarms;
	struct qf_socket *s = browser_of(v);

	clock_ms += STEP_MS;
	if (s->alarm && a->heap[s->alarm - 1].at_ms <= clock_ms) {
		qf_alarms_drop(a, s);
		s->kind->ring(s);
		qf_desk_touch(&v->desk, s);
	}
	turn(v);
	turn(v);
	return browser_of(v);
}

static void sip(struct visit *v)
{
	char bytes[SIP_BYTES];

	assert_true(read(v->far, bytes, sizeof bytes) > 0);
}

TEST(browser, one_that_takes_nothing_is_closed)
{
	struct visit v;
	int steps = 0;

	begin(&v);
	ask(&v, ASKED, GET);
	while (steps < STEPS_MAX && goes_on(&v))
		steps++;
	assert_in_range(steps, 1, 4);
	end(&v);
}

TEST(browser, one_that_takes_little_at_a_time_is_served_on)
{
	struct visit v;

	begin(&v);
	ask(&v, ASKED, GET);
	for (int i = 0; i < STEPS_MAX; i++) {
		sip(&v);
		ask(&v, 0, GET);
		assert_true(goes_on(&v));
	}
	end(&v);
}

TEST(browser, what_is_due_at_the_end_must_be_taken_in_time)
{
	struct visit v;
	int steps = 0;

	begin(&v);
	ask(&v, ASKED, LAST);
	for (sip(&v); steps < STEPS_MAX && goes_on(&v); sip(&v))
		steps++;
	assert_in_range(steps, 1, 4);
	end(&v);
}
