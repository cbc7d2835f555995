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
	void *ctx;
	void (*accepted)(void *ctx, int fd, bool local); /* takes fd */
	void (*starving)(void *ctx, const char *why);
};

/* Takes a listening socket. The caller sets ctx and the two functions before
 * the loop runs again. NULL: out of memory, and fd is closed. */
struct qf_listener *qf_listener_open(uv_loop_t *loop, int fd, bool local);
/* Accepts who waits already, then is gone. NULL is fine. */
void qf_listener_close(struct qf_listener *l);

#endif
