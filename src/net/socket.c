/* socket.c - a connection on a worker's loop, in plain text or in TLS */
#include "socket.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "host.h"

enum {
	CACHE_LINE_BYTES = 64,
	OWNER_BYTES = 320, /* its beginning, where a turn looks first */
	LATER_BYTES_MAX = 64 * 1024, /* of answers that nobody takes */
};

static struct qf_socket *socket_of(const uv_handle_t *handle)
{
	return handle->data;
}

static int attach(struct qf_socket *s, uv_loop_t *loop, int fd, bool local)
{
	int rc;

	if (local) {
		rc = uv_pipe_init(loop, &s->uv.pipe, 0);
		return rc ? rc : uv_pipe_open(&s->uv.pipe, fd);
	}
	rc = uv_tcp_init(loop, &s->uv.tcp);
	if (!rc)
		rc = uv_tcp_open(&s->uv.tcp, fd);
	/* With Nagle's algorithm on, p90 is 5 to 9 ms (measured). */
	if (!rc)
		uv_tcp_nodelay(&s->uv.tcp, 1);
	return rc;
}

int qf_socket_new(struct qf_socket **out, struct qf_desk *desk, int fd,
                  bool local)
{
	struct qf_socket *s = calloc(1, sizeof *s);
	int rc;

	if (!s)
		return QF_E_NOMEM;
	s->desk = desk;
	s->shaking = !local;
	rc = qf_desk_sit(desk, s);
	if (rc) {
		free(s);
		return rc;
	}
	/* The descriptor is good, so that only memory can be lacking, and
	 * libuv needs none to take it. */
	rc = attach(s, desk->loop, fd, local);
	assert(!rc);
	s->uv.handle.data = s;
	*out = s;
	return QF_OK;
}

void qf_socket_become(struct qf_socket *s, const struct qf_socket_kind *kind,
                      void *owner)
{
	s->kind = kind;
	s->owner = owner;
	qf_desk_gather(s->desk, s, kind->crowd);
	qf_desk_touch(s->desk, s);
}

/* An idle connection keeps no buffer. */
static void end_flight(struct qf_socket *s)
{
	if (!s->flight)
		return;
	qf_buf_fini(&s->flight->bytes);
	qf_buf_fini(&s->flight->later);
	free(s->flight);
	s->flight = NULL;
}

static void on_closed(uv_handle_t *handle)
{
	struct qf_socket *s = socket_of(handle);

	qf_desk_rise(s->desk, s);
	end_flight(s);
	s->kind->free(s->owner);
	qf_channel_free(s->tls);
	free(s);
}

void qf_socket_close(struct qf_socket *s)
{
	if (s->closed)
		return;
	qf_socket_read(s, false);
	s->closed = true;
	qf_alarms_drop(&s->desk->alarms, s);
	uv_close(&s->uv.handle, on_closed);
}

/* What comes. */

static void lose(struct qf_socket *s, const char *why)
{
	if (s->over || s->closed)
		return;
	s->over = true;
	s->kind->lost(s, why);
}

static void put_out(struct qf_socket *s, struct qf_bytes out);

/* What TLS has left to be sent: records, answers of the handshake, alerts. */
static void put_wire(struct qf_socket *s)
{
	struct qf_buf *wire = &s->desk->wire;

	if (wire->bad)
		s->desk->carry.bad = true;
	put_out(s, qf_buf_bytes(wire));
	qf_buf_clear(wire);
}

static void take_plain(struct qf_socket *s)
{
	struct qf_buf *heard = &s->desk->heard;

	if (!s->secured && s->tls->shaken) {
		s->secured = true;
		s->shaking = false;
		s->kind->secured(s);
	} else if (heard->len) {
		s->kind->bytes(s, qf_buf_bytes(heard));
	}
	qf_buf_clear(heard);
}

static void take_wire(struct qf_socket *s, struct qf_bytes in)
{
	struct qf_desk *d = s->desk;
	enum qf_channel_got got = QF_CHANNEL_SOME;

	while (got == QF_CHANNEL_SOME && !s->closed && !s->over) {
		got = qf_channel_read(s->tls, &in, &d->heard, &d->wire);
		if (got != QF_CHANNEL_OVER)
			take_plain(s);
	}
	put_wire(s);
	if (got == QF_CHANNEL_OVER)
		lose(s, s->tls->why ? s->tls->why : "out of memory");
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	if (s->over)
		return;
	if (s->tls)
		take_wire(s, in);
	else
		s->kind->bytes(s, in);
}

int qf_socket_secure(struct qf_socket *s, bool client, struct qf_bytes first)
{
	assert(!s->tls);
	s->tls = qf_channel_new(s->desk->tls, client);
	if (!s->tls)
		return QF_E_NOMEM;
	/* A client's hello goes out; a server waits. */
	take_wire(s, first);
	return QF_OK;
}

/* Many who come at once are let in over many turns: a step of a handshake takes
 * as long as a hundred messages. */
static bool may_read(struct qf_socket *s)
{
	struct qf_desk *d = s->desk;

	return !qf_desk_full(d) && s->full_turn != d->turn &&
	       (!s->shaking || d->shakes++ < QF_SHAKES_MAX);
}

/* What a turn has no room for is there in the next one, without a word to the
 * kernel; but when the core is behind, that would be one turn after another. */
static void rest(struct qf_socket *s)
{
	if (!s->desk->held)
		return;
	qf_socket_read(s, false);
	s->desk->paused = true;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct qf_socket *s = socket_of(handle);
	struct qf_desk *d = s->desk;

	(void)suggested;
	/* No room: libuv reads nothing and says so. */
	*buf = uv_buf_init(d->in, may_read(s) ? sizeof d->in : 0);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct qf_socket *s = socket_of((uv_handle_t *)stream);

	if (got == UV_ENOBUFS) {
		rest(s);
	} else if (got < 0) {
		qf_socket_read(s, false);
		s->gone = true;
		s->over = false;
		lose(s, got == UV_EOF ? "it closed the connection"
		                      : uv_strerror((int)got));
	} else if (got > 0) {
		s->desk->bytes_in += (uint64_t)got;
		take_bytes(s, qf_bytes(buf->base, (size_t)got));
		/* More is there, and others have their turn first. */
		if ((size_t)got == sizeof s->desk->in)
			s->full_turn = s->desk->turn;
	}
}

void qf_socket_read(struct qf_socket *s, bool want)
{
	if (s->closed || s->reading == want)
		return;
	s->reading = want;
	if (want)
		uv_read_start(&s->uv.stream, on_room, on_read);
	else
		uv_read_stop(&s->uv.stream);
}

bool qf_socket_idle(const struct qf_socket *s)
{
	return !s->flight && !s->failed;
}

size_t qf_socket_left(const struct qf_socket *s)
{
	if (!s->flight)
		return 0;
	return uv_stream_get_write_queue_size(&s->uv.stream) +
	       s->flight->later.len;
}

static void fail(struct qf_socket *s, const char *why)
{
	s->failed = why;
	s->gone = true;
	qf_desk_touch(s->desk, s);
}

static void send_flight(struct qf_socket *s);

/* Nothing waits to be written, so that libuv need not watch for it. If it
 * fails, reading shows it too. */
static void shut_now(const struct qf_socket *s)
{
	shutdown(qf_socket_fd(s), SHUT_WR);
}

static void on_written(uv_write_t *write, int error)
{
	struct qf_socket *s = socket_of((uv_handle_t *)write->handle);
	struct qf_flight *f = s->flight;

	if (s->closed)
		return;
	if (!error && f->later.len) {
		qf_buf_fini(&f->bytes);
		f->bytes = f->later;
		qf_buf_init(&f->later, 0);
		send_flight(s);
		return;
	}
	end_flight(s);
	if (error)
		fail(s, uv_strerror(error));
	else if (s->shut)
		shut_now(s);
	qf_desk_touch(s->desk, s);
}

static void send_flight(struct qf_socket *s)
{
	struct qf_flight *f = s->flight;
	uv_buf_t buf = uv_buf_init((char *)f->bytes.at, (unsigned)f->bytes.len);
	int rc = uv_write(&f->write, &s->uv.stream, &buf, 1, on_written);

	if (rc) {
		end_flight(s);
		fail(s, uv_strerror(rc));
	}
}

static void begin_flight(struct qf_socket *s, struct qf_bytes out)
{
	s->flight = calloc(1, sizeof *s->flight);
	if (s->flight)
		qf_put_raw(&s->flight->bytes, out.at, out.len);
	if (s->flight && !s->flight->bytes.bad) {
		send_flight(s);
		return;
	}
	end_flight(s);
	fail(s, uv_strerror(UV_ENOMEM));
}

/* TLS answers by itself whoever asks for new keys, as often as it is asked. */
static void put_later(struct qf_socket *s, struct qf_bytes out)
{
	struct qf_buf *later = &s->flight->later;

	qf_put_raw(later, out.at, out.len);
	if (later->bad)
		fail(s, uv_strerror(UV_ENOMEM));
	else if (later->len > LATER_BYTES_MAX)
		fail(s, "it does not take the answers that it asks for");
}

static void put_out(struct qf_socket *s, struct qf_bytes out)
{
	uv_buf_t buf = uv_buf_init((char *)out.at, (unsigned)out.len);
	int put = 0;

	if (!out.len || s->failed || s->closed)
		return;
	s->desk->bytes_out += out.len;
	if (s->flight) {
		put_later(s, out);
		return;
	}
	put = uv_try_write(&s->uv.stream, &buf, 1);
	if (put == UV_EAGAIN)
		put = 0;
	if (put < 0) {
		fail(s, uv_strerror(put));
		return;
	}
	if ((size_t)put == out.len)
		return;
	begin_flight(s, qf_bytes(out.at + put, out.len - (size_t)put));
}

void qf_socket_write(struct qf_socket *s, struct qf_bytes out)
{
	if (!out.len || s->failed || s->closed)
		return;
	if (!s->tls) {
		put_out(s, out);
		return;
	}
	if (!qf_channel_write(s->tls, out, &s->desk->wire))
		fail(s, uv_strerror(UV_EPROTO));
	put_wire(s);
}

void qf_socket_end(struct qf_socket *s)
{
	if (!s->tls)
		return;
	qf_channel_end(s->tls, &s->desk->wire);
	put_wire(s);
}

void qf_socket_deafen(struct qf_socket *s)
{
	s->over = true;
}

void qf_socket_shut(struct qf_socket *s)
{
	if (s->shut || s->closed)
		return;
	s->shut = true;
	if (!s->flight)
		shut_now(s);
}

void qf_socket_ring(struct qf_socket *s, uint64_t at_ms)
{
	if (at_ms != UINT64_MAX && !s->closed)
		qf_alarms_set(&s->desk->alarms, s, at_ms);
}

void qf_socket_fetch(const struct qf_socket *s)
{
	__builtin_prefetch(&s->kind);
	__builtin_prefetch(&s->touched);
}

void qf_socket_fetch_owner(const struct qf_socket *s)
{
	const char *owner = s->owner;

	for (size_t i = 0; i < OWNER_BYTES; i += CACHE_LINE_BYTES)
		__builtin_prefetch(owner + i);
	__builtin_prefetch(s->tls);
}

void qf_socket_turn(struct qf_socket *s)
{
	if (s->closed)
		return;
	if (s->failed)
		s->kind->lost(s, s->failed);
	else
		s->kind->turn(s);
}

int qf_socket_fd(const struct qf_socket *s)
{
	uv_os_fd_t fd = -1;

	uv_fileno(&s->uv.handle, &fd);
	return fd;
}
