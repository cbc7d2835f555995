/* socket.c - a connected socket on a worker's loop: a link's or a client's */
#include "socket.h"

#include <assert.h>

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

int qf_socket_init(struct qf_socket *s, const struct qf_socket_kind *kind,
                   struct qf_desk *desk, int fd, bool local)
{
	int rc;

	*s = (struct qf_socket){ .kind = kind, .desk = desk };
	qf_buf_init(&s->flight, 0);
	qf_buf_init(&s->later, 0);
	rc = qf_desk_sit(desk, s);
	if (rc)
		return rc;
	/* The descriptor is good, so that only memory can be lacking, and
	 * libuv needs none to take it. */
	rc = attach(s, desk->loop, fd, local);
	assert(!rc);
	s->uv.handle.data = s;
	return QF_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct qf_socket *s = socket_of(handle);

	qf_desk_rise(s->desk, s);
	qf_buf_fini(&s->flight);
	qf_buf_fini(&s->later);
	s->kind->free(s);
}

void qf_socket_close(struct qf_socket *s)
{
	if (s->closed)
		return;
	s->closed = true;
	uv_close(&s->uv.handle, on_closed);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct qf_desk *d = socket_of(handle)->desk;

	(void)suggested;
	/* No room: libuv reads nothing and says so. */
	*buf = uv_buf_init(d->in, qf_desk_full(d) ? 0 : sizeof d->in);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct qf_socket *s = socket_of((uv_handle_t *)stream);

	if (got == UV_ENOBUFS) {
		s->desk->paused = true;
		qf_socket_read(s, false);
	} else if (got < 0) {
		qf_socket_read(s, false);
		s->kind->lost(s, got == UV_EOF ? "it closed the connection"
		                               : uv_strerror((int)got));
	} else if (got > 0) {
		s->kind->bytes(s, qf_bytes(buf->base, (size_t)got));
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
	return !s->busy && !s->failed;
}

static void fail(struct qf_socket *s, int error)
{
	s->failed = error;
	qf_desk_touch(s->desk, s);
}

static void send_flight(struct qf_socket *s);

static void on_written(uv_write_t *write, int error)
{
	struct qf_socket *s = socket_of((uv_handle_t *)write->handle);
	struct qf_buf done = s->flight;

	s->busy = false;
	if (s->closed)
		return;
	if (error) {
		fail(s, error);
		return;
	}
	/* An idle connection keeps no buffer. */
	qf_buf_fini(&done);
	s->flight = s->later;
	qf_buf_init(&s->later, 0);
	if (s->flight.len)
		send_flight(s);
	else
		qf_desk_touch(s->desk, s);
}

static void send_flight(struct qf_socket *s)
{
	uv_buf_t buf = uv_buf_init((char *)s->flight.at,
	                           (unsigned)s->flight.len);
	int rc = uv_write(&s->write, &s->uv.stream, &buf, 1, on_written);

	if (rc)
		fail(s, rc);
	else
		s->busy = true;
}

void qf_socket_write(struct qf_socket *s, struct qf_bytes out)
{
	uv_buf_t buf = uv_buf_init((char *)out.at, (unsigned)out.len);
	int put = 0;

	if (!out.len || s->failed || s->closed)
		return;
	if (s->busy) {
		qf_put_raw(&s->later, out.at, out.len);
		if (s->later.bad)
			fail(s, UV_ENOMEM);
		return;
	}
	put = uv_try_write(&s->uv.stream, &buf, 1);
	if (put == UV_EAGAIN)
		put = 0;
	if (put < 0) {
		fail(s, put);
		return;
	}
	if ((size_t)put == out.len)
		return;
	qf_put_raw(&s->flight, out.at + put, out.len - (size_t)put);
	if (s->flight.bad)
		fail(s, UV_ENOMEM);
	else
		send_flight(s);
}

static void on_shut(uv_shutdown_t *shutdown, int error)
{
	/* If it failed, reading shows it too. */
	(void)shutdown;
	(void)error;
}

void qf_socket_shut(struct qf_socket *s)
{
	if (s->shut || s->closed)
		return;
	s->shut = true;
	uv_shutdown(&s->shutdown, &s->uv.stream, on_shut);
}

void qf_socket_turn(struct qf_socket *s)
{
	if (s->closed)
		return;
	if (s->failed)
		s->kind->lost(s, uv_strerror(s->failed));
	else
		s->kind->turn(s);
}

int qf_socket_fd(const struct qf_socket *s)
{
	uv_os_fd_t fd = -1;

	uv_fileno(&s->uv.handle, &fd);
	return fd;
}
