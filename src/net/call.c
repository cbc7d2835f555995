/* call.c - one dial, carried out: look up, connect, hand over
 *
 * A step is something to wait for: a lookup, or a socket that connects. libuv
 * wants a handle for each and time to close it, so the next step begins when
 * the handle of the last is closed.
 */
#include "call.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lookup.h"

enum next {
	NEXT_ADDRESS, /* try it, or give up when there is none */
	NEXT_HAND,    /* fd is connected */
	NEXT_NOTHING, /* cancelled */
};

struct qf_call {
	struct qf_desk *desk;
	struct qf_call *next_call; /* of the desk */
	struct qf_dialled dialled;
	const struct qf_call_kind *kind;
	uv_poll_t poll;
	uv_timer_t timer; /* ends the step */
	enum next next;

	struct qf_lookup *lookup; /* while it is the step */
	int fd;                   /* that connects, or -1 */
	struct qf_sockaddr found[QF_LOOKUP_MAX];
	size_t count;
	size_t tried;
	const char *why; /* the last try failed */
};

static const char *words_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused: nobody listens there";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return "unreachable: no way leads there from here";
	case ETIMEDOUT:
		return "no answer within 5 s";
	case EMFILE:
	case ENFILE:
		return "too many connections are open here";
	case EACCES:
	case EPERM:
		return "this machine does not let us connect there";
	default:
		return strerrordesc_np(error);
	}
}

static const char *words_of_lookup(int error)
{
	switch (error) {
	case EAI_NONAME:
	case EAI_NODATA:
		return "there is no such name";
	case EAI_AGAIN:
		return "nobody here can say what that name means just now";
	default:
		return gai_strerror(error);
	}
}

static void on_freed(uv_handle_t *timer)
{
	free(timer->data);
}

static void finish(struct qf_call *c)
{
	struct qf_call **at = &c->desk->calls;

	while (*at != c)
		at = &(*at)->next_call;
	*at = c->next_call;
	uv_close((uv_handle_t *)&c->timer, on_freed);
}

static void link_failed(struct qf_desk *desk, const struct qf_dialled *dialled,
                        const char *why)
{
	struct qf_event *ev = qf_carry_tell(&desk->carry, QF_EV_DIAL_FAILED, 0);

	if (!ev)
		return;
	ev->number = dialled->number;
	ev->text = strdup(why);
}

const struct qf_call_kind qf_call_link = { qf_link_open, link_failed };

static void give_up(struct qf_call *c)
{
	c->kind->failed(c->desk, &c->dialled,
	                c->why ? c->why : words_of(EHOSTUNREACH));
	finish(c);
}

static void hand_over(struct qf_call *c)
{
	if (!c->kind->connected(c->desk, c->fd, &c->dialled)) {
		finish(c);
		return;
	}
	close(c->fd);
	c->why = words_of(EMFILE);
	give_up(c);
}

/* Step: wait for fd to become readable or writable, up to QF_DIAL_MS. */

static void try_next(struct qf_call *c);

static void on_step_closed(uv_handle_t *poll)
{
	struct qf_call *c = poll->data;

	qf_lookup_unref(c->lookup);
	c->lookup = NULL;
	if (c->next == NEXT_HAND) {
		hand_over(c);
		return;
	}
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->next == NEXT_ADDRESS)
		try_next(c);
	else
		finish(c);
}

static void end_step(struct qf_call *c, enum next next)
{
	if (uv_is_closing((uv_handle_t *)&c->poll)) {
		if (next == NEXT_NOTHING)
			c->next = next;
		return;
	}
	c->next = next;
	uv_timer_stop(&c->timer);
	uv_close((uv_handle_t *)&c->poll, on_step_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	struct qf_call *c = timer->data;

	c->why = c->lookup ? words_of_lookup(EAI_AGAIN) : words_of(ETIMEDOUT);
	end_step(c, NEXT_ADDRESS);
}

static void begin_step(struct qf_call *c, int fd, int events, uv_poll_cb then)
{
	uv_poll_init(c->desk->loop, &c->poll, fd);
	c->poll.data = c;
	uv_poll_start(&c->poll, events, then);
	uv_update_time(c->desk->loop);
	uv_timer_start(&c->timer, on_timeout, QF_DIAL_MS, 0);
}

static void on_connected(uv_poll_t *poll, int status, int events)
{
	struct qf_call *c = poll->data;
	int error = 0;
	socklen_t len = sizeof error;

	/* The socket knows more than a status that says "error". */
	(void)status;
	(void)events;
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		c->why = words_of(error);
	end_step(c, error ? NEXT_ADDRESS : NEXT_HAND);
}

static int start_connecting(const struct qf_sockaddr *to)
{
	int flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(to->at.ss_family, flags, 0);
	int error;

	if (fd < 0)
		return -1;
	if (!connect(fd, (const struct sockaddr *)&to->at, to->len) ||
	    errno == EINPROGRESS)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void try_next(struct qf_call *c)
{
	while (c->tried < c->count) {
		c->fd = start_connecting(&c->found[c->tried++]);
		if (c->fd >= 0) {
			begin_step(c, c->fd, UV_WRITABLE, on_connected);
			return;
		}
		c->why = words_of(errno);
	}
	give_up(c);
}

static void on_found(uv_poll_t *poll, int status, int events)
{
	struct qf_call *c = poll->data;

	(void)status;
	(void)events;
	qf_bell_answer(&c->lookup->done);
	if (c->lookup->error)
		c->why = words_of_lookup(c->lookup->error);
	c->count = c->lookup->count;
	memcpy(c->found, c->lookup->found, sizeof c->found);
	end_step(c, NEXT_ADDRESS);
}

void qf_call_start(struct qf_desk *desk, const struct qf_dialled *dialled,
                   const struct qf_call_kind *kind)
{
	struct qf_call *c = calloc(1, sizeof *c);

	if (!c) {
		desk->carry.bad = true;
		return;
	}
	c->desk = desk;
	c->dialled = *dialled;
	c->kind = kind;
	c->fd = -1;
	c->next_call = desk->calls;
	desk->calls = c;
	uv_timer_init(desk->loop, &c->timer);
	c->timer.data = c;
	if (qf_address_numeric(&dialled->address, &c->found[0])) {
		c->count = 1;
		try_next(c);
		return;
	}
	c->lookup = qf_lookup_new(&dialled->address);
	if (c->lookup) {
		begin_step(c, c->lookup->done.fd, UV_READABLE, on_found);
		return;
	}
	c->why = words_of(EMFILE);
	give_up(c);
}

void qf_call_cancel_all(struct qf_desk *desk)
{
	for (struct qf_call *c = desk->calls; c; c = c->next_call)
		end_step(c, NEXT_NOTHING);
}
