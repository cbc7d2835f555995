/* test_socket.c - what waits for a far end that takes nothing */
#include "test.h"

#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "net/socket.h"

enum {
	ROUNDS_MAX = 100,
	KEYS_A_ROUND = 64,
	KERNEL_BYTES = 4096, /* that it takes for who does not read */
};

/* A socket on a worker's desk, and a client of TLS at the far end. */
struct meeting {
	uv_loop_t loop;
	struct qf_tls tls;
	struct qf_aid aid;
	struct qf_desk desk;
	struct qf_socket *socket;
	SSL_CTX *ctx;
	SSL *far;
	int far_fd;
	bool shaken;
	const char *lost; /* why */
	bool freed;
};

static struct meeting *meeting_of(struct qf_socket *s)
{
	return s->owner;
}

static void secured(struct qf_socket *s)
{
	meeting_of(s)->shaken = true;
}

static void bytes(struct qf_socket *s, struct qf_bytes in)
{
	(void)s;
	(void)in;
}

static void lost(struct qf_socket *s, const char *why)
{
	meeting_of(s)->lost = why;
	qf_socket_close(s);
}

static void turn(struct qf_socket *s)
{
	qf_socket_read(s, true);
}

static void released(void *owner)
{
	((struct meeting *)owner)->freed = true;
}

static const struct qf_socket_kind kind = {
	.secured = secured,
	.bytes = bytes,
	.lost = lost,
	.turn = turn,
	.leave = qf_socket_close,
	.close = qf_socket_close,
	.free = released,
};

static void run(struct meeting *m)
{
	uv_run(&m->loop, UV_RUN_NOWAIT);
	qf_desk_turn(&m->desk);
}

static void make_far_end(struct meeting *m, int fd)
{
	m->far_fd = fd;
	m->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(m->ctx, TLS1_3_VERSION);
	m->far = SSL_new(m->ctx);
	SSL_set_fd(m->far, fd);
}

static void begin(struct meeting *m)
{
	static struct qf_aids aids;
	uint8_t seed[QF_SEED_BYTES] = { 1 };
	struct qf_buf pem = { 0 };
	int ends[2], size = KERNEL_BYTES;

	*m = (struct meeting){ 0 };
	aids = (struct qf_aids){ &m->aid, 1 };
	assert_int_equal(qf_tls_make_pem(&pem), QF_OK);
	assert_int_equal(qf_tls_init(&m->tls, seed, qf_buf_bytes(&pem)), QF_OK);
	qf_buf_fini(&pem);
	assert_int_equal(uv_loop_init(&m->loop), 0);
	qf_desk_init(&m->desk, &m->loop, 0, &m->tls, &aids);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	assert_int_equal(qf_socket_new(&m->socket, &m->desk, ends[0], true),
	                 QF_OK);
	qf_socket_become(m->socket, &kind, m);
	assert_int_equal(
		qf_socket_secure(m->socket, false, (struct qf_bytes){ 0 }),
		QF_OK);
	make_far_end(m, ends[1]);
	for (int i = 0; i < ROUNDS_MAX && !m->shaken; i++) {
		SSL_connect(m->far);
		run(m);
	}
	assert_true(m->shaken);
}

static void end(struct meeting *m)
{
	if (!m->freed)
		qf_socket_close(m->socket);
	run(m);
	assert_true(m->freed);
	SSL_free(m->far);
	SSL_CTX_free(m->ctx);
	close(m->far_fd);
	qf_desk_close(&m->desk);
	uv_run(&m->loop, UV_RUN_DEFAULT);
	qf_desk_fini(&m->desk);
	qf_tls_fini(&m->tls);
	assert_int_equal(uv_loop_close(&m->loop), 0);
}

/* Each is to be answered with a new key of ours. */
static void ask_for_keys(struct meeting *m)
{
	for (int i = 0; i < KEYS_A_ROUND; i++) {
		SSL_key_update(m->far, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(m->far);
	}
}

TEST(socket, who_asks_for_keys_without_end_and_takes_none_is_lost)
{
	struct meeting m;

	begin(&m);
	for (int i = 0; i < ROUNDS_MAX && !m.lost; i++) {
		ask_for_keys(&m);
		run(&m);
	}
	assert_non_null(m.lost);
	assert_string_equal(m.lost,
	                    "it does not take the answers that it asks for");
	end(&m);
}

TEST(socket, who_takes_the_keys_that_it_asks_for_may_go_on)
{
	char none;
	struct meeting m;

	begin(&m);
	for (int i = 0; i < ROUNDS_MAX; i++) {
		ask_for_keys(&m);
		run(&m);
		assert_true(SSL_read(m.far, &none, 1) < 0);
	}
	assert_null(m.lost);
	end(&m);
}
