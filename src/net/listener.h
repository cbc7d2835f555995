/* listener.h - accepts who comes, on the loop of one worker
 *
 * When the process has no descriptor left, whoever comes waits in the kernel's
 * queue: nothing is accepted for REST_MS, and that is said once.
 */
#ifndef QF_LISTENER_H
#define QF_LISTENER_H

#include <uv.h>

#include <stdbool.h>

struct qf_listener {
	uv_poll_t poll;
	uv_timer_t rest;
	int fd;
	bool local;
	bool starved; /* and it was said */
	bool open;
	void *ctx;
	void (*accepted)(void *ctx, int fd, bool local); /* takes fd */
	void (*starving)(void *ctx, const char *why);
};

/* ctx and the two functions are set. Takes a listening socket. */
void qf_listener_open(struct qf_listener *l, uv_loop_t *loop, int fd,
		      bool local);
void qf_listener_close(struct qf_listener *l);

#endif
