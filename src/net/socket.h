/* socket.h - a connection on a worker's loop, in plain text or in TLS
 *
 * Whoever serves it sees plain bytes both ways: whether they are encrypted
 * underneath is the socket's business. Its kind says what it is (a link, a
 * client, a visitor of whom nothing is known yet) and its owner is the kind's
 * own object; both may change while it lives (door.h).
 *
 * Reading can be paused. Writing is meant for who asks first whether it is
 * idle: what is pulled only when the last write is done needs no queue here.
 * Only last words and what TLS says by itself wait behind a write, and with too
 * much of that the socket has failed.
 *
 * Life: new with a descriptor, and become something; the kind's functions are
 * called from the loop; qf_socket_close() ends that, and once the socket is
 * closed, the kind's free is called, and the socket is no more.
 *
 * Threads: the worker's.
 */
#ifndef QF_SOCKET_H
#define QF_SOCKET_H

#include "channel.h"
#include "desk.h"

struct qf_socket;

struct qf_socket_kind {
	enum qf_crowd crowd;
	/* The TLS handshake is done; s->tls says with whom. NULL: the kind
	 * never begins one. */
	void (*secured)(struct qf_socket *s);
	void (*bytes)(struct qf_socket *s, struct qf_bytes in);
	/* No more will come. What we write may still arrive, unless s->gone:
	 * then it is for the second time, if TLS ended before. */
	void (*lost)(struct qf_socket *s, const char *why);
	/* Once a turn, if it was touched: say what is due. */
	void (*turn)(struct qf_socket *s);
	/* The time has come that was asked for with qf_socket_ring(); perhaps
	 * a little early. NULL: the kind never asks. */
	void (*ring)(struct qf_socket *s);
	/* What the core or a reader has for it; the caller releases it. NULL:
	 * the kind asks nothing of them. */
	void (*told)(struct qf_socket *s, struct qf_effect *fx);
	void (*got)(struct qf_socket *s, struct qf_read *read);
	/* The worker is about to end: finish, soon. */
	void (*leave)(struct qf_socket *s);
	/* Shut at once, whatever is in flight. */
	void (*close)(struct qf_socket *s);
	/* Of the owner. */
	void (*free)(void *owner);
};

/* What the kernel did not take at once. */
struct qf_flight {
	uv_write_t write;
	struct qf_buf bytes;
	struct qf_buf later; /* written meanwhile */
};

struct qf_socket {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	const struct qf_socket_kind *kind;
	void *owner; /* the kind's */
	struct qf_desk *desk;
	qf_conn conn;
	struct qf_channel *tls;       /* NULL: plain */
	struct qf_socket *crowd_next; /* the desk's, and what points here */
	struct qf_socket **crowd_at;

	bool touched; /* the desk's */
	bool reading;
	bool shaking;       /* what comes next may be a step of a handshake */
	bool secured;       /* the kind has been told */
	bool over;          /* and that no more will come, too */
	bool gone;          /* the other side hung up, or writing failed */
	bool closed;        /* nothing more is heard of it */
	uint64_t full_turn; /* of the desk, in which it was read enough */
	unsigned held;      /* the worker's: asks of it that wait at the desk */
	unsigned asks;      /* the worker's: moved on, and not yet answered */

	const char *failed; /* why nothing more is written; or NULL */
	bool shut; /* the other side was told that we shall write no more */
	struct qf_flight *flight; /* NULL: nothing is being written */
	size_t alarm; /* alarms.h: its place, from 1; 0: it has none */
};

/* Takes a connected socket of the internet (or, local, of this machine) and
 * sits down at the desk. On an error the descriptor is still the caller's.
 * QF_E_NOMEM, QF_E_LIMIT. */
int qf_socket_new(struct qf_socket **out, struct qf_desk *desk, int fd,
                  bool local);
/* From now on it is of this kind; takes the owner. The caller has taken from
 * the last one what it needs and releases it. */
void qf_socket_become(struct qf_socket *s, const struct qf_socket_kind *kind,
                      void *owner);
/* Nothing of it is heard from now on; free comes when the socket is closed. */
void qf_socket_close(struct qf_socket *s);

/* All that follows is TLS, and these bytes are its first, if any came. */
int qf_socket_secure(struct qf_socket *s, bool client, struct qf_bytes first);
void qf_socket_read(struct qf_socket *s, bool want);
bool qf_socket_idle(const struct qf_socket *s);
/* So many bytes of what was written the kernel has not taken. */
size_t qf_socket_left(const struct qf_socket *s);
void qf_socket_write(struct qf_socket *s, struct qf_bytes out);
/* Say in TLS, if it is TLS, that we shall say no more. */
void qf_socket_end(struct qf_socket *s);
/* What comes from now on is thrown away, and only the end of it is heard. */
void qf_socket_deafen(struct qf_socket *s);
/* When all is written the other side learns that no more will come. */
void qf_socket_shut(struct qf_socket *s);
/* Ring at that time; an earlier one that was asked for stays. */
void qf_socket_ring(struct qf_socket *s, uint64_t at_ms);
/* What its turn needs will be in the cache: itself, and once it is there, its
 * owner. */
void qf_socket_fetch(const struct qf_socket *s);
void qf_socket_fetch_owner(const struct qf_socket *s);
void qf_socket_turn(struct qf_socket *s);
int qf_socket_fd(const struct qf_socket *s);

#endif
