/* listener.c - accepts who comes, on the loop of one worker */
#include "listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TURN_MAX = 64, /* then others have their turn */
	REST_MS = 1000,
};

static void accept_some(uv_poll_t *poll, int status, int events);

static void resume(uv_timer_t *rest)
{
	struct qf_listener *l = rest->data;

	uv_poll_start(&l->poll, UV_READABLE, accept_some);
}

static void starve(struct qf_listener *l, int error)
{
	uv_poll_stop(&l->poll);
	uv_timer_start(&l->rest, resume, REST_MS, 0);
	if (!l->starved)
		l->starving(l->ctx, strerror(error));
	l->starved = true;
}

/* False: nobody waits any more, or nobody can be let in. */
static bool accept_one(struct qf_listener *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		l->starved = false;
		l->accepted(l->ctx, fd, l->local);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM)
		starve(l, errno);
	/* Whoever hung up before it was accepted is the next one's reason to
	 * look again. */
	return false;
}

static void accept_some(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	for (int i = 0; i < TURN_MAX && accept_one(poll->data); i++)
		continue;
}

struct qf_listener *qf_listener_open(uv_loop_t *loop, int fd, bool local)
{
	struct qf_listener *l = calloc(1, sizeof *l);

	if (!l) {
		close(fd);
		return NULL;
	}
	l->fd = fd;
	l->local = local;
	uv_poll_init(loop, &l->poll, fd);
	uv_timer_init(loop, &l->rest);
	l->poll.data = l;
	l->rest.data = l;
	uv_poll_start(&l->poll, UV_READABLE, accept_some);
	return l;
}

static void on_rest_closed(uv_handle_t *rest)
{
	struct qf_listener *l = rest->data;

	close(l->fd);
	free(l);
}

static void on_poll_closed(uv_handle_t *poll)
{
	struct qf_listener *l = poll->data;

	uv_close((uv_handle_t *)&l->rest, on_rest_closed);
}

void qf_listener_close(struct qf_listener *l)
{
	if (!l)
		return;
	for (int i = 0; i < TURN_MAX && accept_one(l); i++)
		continue;
	uv_timer_stop(&l->rest);
	uv_close((uv_handle_t *)&l->poll, on_poll_closed);
}
