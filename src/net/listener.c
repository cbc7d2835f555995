/* listener.c - accepts who comes, on the loop of one worker */
#include "listener.h"

#include <errno.h>
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

static void accept_some(uv_poll_t *poll, int status, int events)
{
	struct qf_listener *l = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < TURN_MAX; i++) {
		int fd = accept4(l->fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			l->starved = false;
			l->accepted(l->ctx, fd, l->local);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			starve(l, errno);
		/* Whoever hung up before it was accepted is the next one's
		 * reason to look again. */
		return;
	}
}

void qf_listener_open(struct qf_listener *l, uv_loop_t *loop, int fd,
		      bool local)
{
	l->fd = fd;
	l->local = local;
	l->open = true;
	uv_poll_init(loop, &l->poll, fd);
	uv_timer_init(loop, &l->rest);
	l->poll.data = l;
	l->rest.data = l;
	uv_poll_start(&l->poll, UV_READABLE, accept_some);
}

static void on_closed(uv_handle_t *poll)
{
	struct qf_listener *l = poll->data;

	close(l->fd);
}

void qf_listener_close(struct qf_listener *l)
{
	if (!l->open)
		return;
	l->open = false;
	uv_close((uv_handle_t *)&l->rest, NULL);
	uv_close((uv_handle_t *)&l->poll, on_closed);
}
