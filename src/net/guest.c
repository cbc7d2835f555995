/* guest.c - who came by the port with an IRC client */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/irc.h"
#include "host.h"
#include "sockaddr.h"

enum { LINGER_MS = 2000 };

struct qf_guest_line {
	struct qf_irc *irc;
	uint64_t until_ms; /* it is over, and may read until then; 0: not yet */
	bool leaving;      /* it need not be given time */
};

static struct qf_guest_line *line_of(struct qf_socket *s)
{
	return s->owner;
}

static void close_guest(struct qf_socket *s)
{
	if (s->closed)
		return;
	qf_irc_end(line_of(s)->irc, "Connection closed");
	qf_socket_close(s);
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	s->desk->hall->now = qf_host_now();
	qf_irc_bytes(line_of(s)->irc, in);
	qf_desk_touch(s->desk, s);
}

/* The end of the input is not yet the end of the guest. */
static void lost(struct qf_socket *s, const char *why)
{
	(void)why;
	if (s->failed) {
		close_guest(s);
		return;
	}
	line_of(s)->leaving = true;
	qf_irc_lost(line_of(s)->irc);
	qf_desk_touch(s->desk, s);
}

/* The last words are given time to be read. */
static void say_goodbye(struct qf_socket *s)
{
	struct qf_guest_line *line = line_of(s);

	if (!line->until_ms) {
		line->until_ms = qf_host_mono_ms() + LINGER_MS;
		qf_socket_end(s);
	}
	if (qf_socket_idle(s) && line->leaving)
		close_guest(s);
	else if (qf_socket_idle(s))
		qf_socket_shut(s);
	qf_socket_ring(s, line->until_ms);
}

static void turn(struct qf_socket *s)
{
	struct qf_guest_line *line = line_of(s);
	struct qf_desk *d = s->desk;

	if (qf_socket_idle(s)) {
		qf_buf_clear(&d->plain);
		qf_socket_write(s, qf_irc_owed(line->irc, &d->plain));
		qf_irc_pulled(line->irc);
		if (d->plain.bad)
			d->carry.bad = true;
	}
	if (qf_irc_over(line->irc)) {
		say_goodbye(s);
	} else {
		qf_socket_ring(s, qf_irc_tick(line->irc));
	}
	qf_socket_read(s, !line->leaving &&
	                          (qf_irc_over(line->irc) ||
	                           (!s->held && qf_irc_reads(line->irc))));
}

static void ring(struct qf_socket *s)
{
	struct qf_guest_line *line = line_of(s);

	if (line->until_ms && qf_host_mono_ms() >= line->until_ms)
		close_guest(s);
}

static void told(struct qf_socket *s, struct qf_effect *fx)
{
	qf_irc_told(line_of(s)->irc, fx);
	qf_desk_touch(s->desk, s);
}

static void got(struct qf_socket *s, struct qf_read *read)
{
	qf_irc_got(line_of(s)->irc, read);
	qf_desk_touch(s->desk, s);
}

static void leave(struct qf_socket *s)
{
	line_of(s)->leaving = true;
	qf_irc_leave(line_of(s)->irc);
	qf_desk_touch(s->desk, s);
}

static void free_guest(void *owner)
{
	struct qf_guest_line *line = owner;

	qf_irc_free(line->irc);
	free(line);
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

void qf_guest_adopt(struct qf_socket *s, struct qf_bytes first)
{
	struct qf_guest_line *line = calloc(1, sizeof *line);
	struct qf_irc_options options = { .conn = s->conn, .secure = s->tls };
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	struct qf_address from = { 0 };
	struct qf_key cert;

	if (!line) {
		s->desk->carry.bad = true;
		return;
	}
	if (!getpeername(qf_socket_fd(s), (struct sockaddr *)&at, &len))
		qf_address_of((struct sockaddr *)&at, &from);
	options.from = from.host;
	if (s->tls && qf_channel_cert(s->tls, &cert))
		options.proven = &cert;
	s->desk->hall->now = qf_host_now();
	line->irc = qf_irc_new(s->desk->hall, &options);
	if (!line->irc) {
		s->desk->carry.bad = true;
		free(line);
		return;
	}
	qf_socket_become(s, &kind, line);
	qf_irc_bytes(line->irc, first);
}

void qf_guests_touch(struct qf_desk *d)
{
	qf_conn conn;

	d->hall->now = qf_host_now();
	while ((conn = qf_hall_due(d->hall))) {
		struct qf_socket *s = qf_desk_find(d, conn);

		if (s)
			qf_desk_touch(d, s);
	}
}
