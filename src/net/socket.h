/* socket.h - a connected socket on a worker's loop: a link's or a client's
 *
 * Reading can be paused. Writing takes all, but is meant for who asks first
 * whether it is idle: what is pulled only when the last write is done needs no
 * queue here.
 *
 * Life: init with a descriptor; the kind's functions are called from the loop;
 * qf_socket_close() ends that, and once the socket is closed, free is called.
 *
 * Threads: the worker's.
 */
#ifndef QF_SOCKET_H
#define QF_SOCKET_H

#include "desk.h"

struct qf_socket;

struct qf_socket_kind {
	void (*bytes)(struct qf_socket *s, struct qf_bytes in);
	/* No more will come, or nothing more can be written. */
	void (*lost)(struct qf_socket *s, const char *why);
	/* Once a turn, if it was touched: say what is due. */
	void (*turn)(struct qf_socket *s);
	/* What the core or a reader has for it; the caller releases it. */
	void (*told)(struct qf_socket *s, struct qf_effect *fx);
	void (*got)(struct qf_socket *s, struct qf_read *read);
	/* The worker is about to end: finish, soon. */
	void (*leave)(struct qf_socket *s);
	/* Shut at once, whatever is in flight. */
	void (*close)(struct qf_socket *s);
	void (*free)(struct qf_socket *s);
};

struct qf_socket {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	const struct qf_socket_kind *kind;
	struct qf_desk *desk;
	qf_conn conn;

	bool touched; /* the desk's */
	bool reading;
	bool closed;   /* nothing more is heard of it */
	unsigned held; /* the worker's: asks of it that wait at the desk */
	unsigned asks; /* the worker's: moved on, and not yet answered */

	int failed; /* a write did: an error of libuv */
	bool busy;  /* a write is in flight */
	bool shut;  /* the other side was told that we shall write no more */
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct qf_buf flight; /* its bytes */
	struct qf_buf later;  /* written meanwhile */
};

/* Takes a connected socket of the internet (or, local, of this machine) and
 * sits down at the desk. On an error the descriptor is still the caller's and
 * the socket is nothing. */
int qf_socket_init(struct qf_socket *s, const struct qf_socket_kind *kind,
                   struct qf_desk *desk, int fd, bool local);
/* Nothing of it is heard from now on; free comes when the socket is closed. */
void qf_socket_close(struct qf_socket *s);

void qf_socket_read(struct qf_socket *s, bool want);
bool qf_socket_idle(const struct qf_socket *s);
void qf_socket_write(struct qf_socket *s, struct qf_bytes out);
/* When all is written the other side learns that no more will come. */
void qf_socket_shut(struct qf_socket *s);
void qf_socket_turn(struct qf_socket *s);
int qf_socket_fd(const struct qf_socket *s);

#endif
