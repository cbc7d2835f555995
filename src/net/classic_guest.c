/* classic_guest.c - a socket that speaks the original program's protocol */
#include "classic_guest.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host.h"
#include "pulse.h"

enum { KEEPALIVE_S = 20, KEEPALIVES = 3 };

struct guest {
	struct qf_socket *socket;
	struct qf_classic *classic;
	enum qf_classic_role role;
	struct qf_address from;
	struct qf_pulse pulse;
	uint64_t busy_ms; /* a write is in flight since then; 0: none is */
};

static struct guest *guest_of(struct qf_socket *s)
{
	return s->owner;
}

void qf_classic_tell_lost(struct qf_desk *desk,
                          const struct qf_address *address, const char *why)
{
	struct qf_event *ev = qf_carry_tell(&desk->carry, QF_EV_CLASSIC_LOST,
	                                    0);

	if (!ev)
		return;
	ev->address = *address;
	ev->text = strdup(why);
}

static void close_guest(struct qf_socket *s)
{
	struct guest *g = guest_of(s);

	if (s->closed)
		return;
	qf_desk_recall(s->desk, s);
	qf_carry_tell(&s->desk->carry, QF_EV_CLIENT_DOWN, s->conn);
	if (g->role == QF_CLASSIC_CLIENT && !qf_classic_entered(g->classic))
		qf_classic_tell_lost(s->desk, &g->from,
		                     qf_classic_why(g->classic));
	qf_socket_close(s);
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	qf_classic_bytes(guest_of(s)->classic, in);
	qf_desk_touch(s->desk, s);
}

/* Its end is told by the end of its bytes as well as by a word. */
static void lost(struct qf_socket *s, const char *why)
{
	qf_classic_leave(guest_of(s)->classic, why);
	close_guest(s);
}

static void speak(struct guest *g, uint64_t now_ms)
{
	struct qf_socket *s = g->socket;
	struct qf_buf *plain = &s->desk->plain;

	qf_buf_clear(plain);
	qf_classic_pull(g->classic, plain, now_ms);
	if (plain->len)
		qf_pulse_send(&g->pulse, qf_socket_fd(s), now_ms);
	qf_socket_write(s, qf_buf_bytes(plain));
	qf_buf_clear(plain);
}

/* False: what is in flight will not arrive. */
static bool flows(struct guest *g, uint64_t now_ms)
{
	struct qf_socket *s = g->socket;
	bool idle = qf_socket_idle(s);

	if (idle)
		g->busy_ms = 0;
	else if (!g->busy_ms)
		g->busy_ms = now_ms;
	return !qf_pulse_lost(&g->pulse, qf_socket_fd(s), !idle, now_ms) &&
	       (idle || now_ms < g->busy_ms + QF_CLASSIC_STUCK_MS);
}

static uint64_t wake_ms(const struct guest *g)
{
	uint64_t wake = qf_pulse_wake(&g->pulse);
	uint64_t then = g->busy_ms ? g->busy_ms + QF_CLASSIC_STUCK_MS
	                           : qf_classic_wake(g->classic);

	return then < wake ? then : wake;
}

static void turn(struct qf_socket *s)
{
	struct guest *g = guest_of(s);
	uint64_t now_ms = qf_host_mono_ms();

	if (!flows(g, now_ms)) {
		lost(s, "it takes nothing any more");
		return;
	}
	if (qf_socket_idle(s))
		speak(g, now_ms);
	if (!qf_socket_idle(s) && !g->busy_ms)
		g->busy_ms = now_ms;
	if (qf_socket_idle(s) && qf_classic_over(g->classic)) {
		close_guest(s);
		return;
	}
	qf_socket_read(s, !s->held && qf_classic_reads(g->classic));
	qf_socket_ring(s, wake_ms(g));
}

/* The turn that follows does what is due. */
static void ring(struct qf_socket *s)
{
	(void)s;
}

static void told(struct qf_socket *s, struct qf_effect *fx)
{
	qf_classic_told(guest_of(s)->classic, fx);
	qf_desk_touch(s->desk, s);
}

static void got(struct qf_socket *s, struct qf_read *read)
{
	qf_classic_got(guest_of(s)->classic, read);
	qf_desk_touch(s->desk, s);
}

static void leave(struct qf_socket *s)
{
	qf_classic_leave(guest_of(s)->classic, "this node is stopping");
	qf_desk_touch(s->desk, s);
}

static void free_guest(void *owner)
{
	struct guest *g = owner;

	qf_classic_free(g->classic);
	free(g);
}

static const struct qf_socket_kind kind = {
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.ring = ring,
	.told = told,
	.got = got,
	.leave = leave,
	.close = close_guest,
	.free = free_guest,
};

/* One whose machine went away says nothing, and has nothing to acknowledge. */
static void keep_alive(int fd)
{
	int on = 1, seconds = KEEPALIVE_S, count = KEEPALIVES;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

int qf_classic_guest_open(struct qf_desk *desk, int fd,
                          enum qf_classic_role role, const char *room,
                          const struct qf_address *from)
{
	struct guest *g = calloc(1, sizeof *g);
	struct qf_classic_options options = {
		.role = role,
		.carry = &desk->carry,
		.room = room,
		.name = desk->name,
		.address = *from,
		.random = qf_host_random(),
		.now_ms = qf_host_mono_ms(),
	};
	int rc;

	if (!g)
		return QF_E_NOMEM;
	keep_alive(fd);
	rc = qf_socket_new(&g->socket, desk, fd, false);
	if (rc) {
		free(g);
		return rc;
	}
	g->role = role;
	g->from = *from;
	options.conn = g->socket->conn;
	g->classic = qf_classic_new(&options);
	if (!g->classic)
		desk->carry.bad = true;
	qf_socket_become(g->socket, &kind, g);
	return QF_OK;
}
