/* desk.h - what all connections of one worker share
 *
 * Who is connected (by conn), which of them may have something to say, the
 * carry of the core's protocol objects, and buffers that are only used while
 * one of them is being served.
 *
 * A connection that was fed something, or that may be owed something, is
 * touched; once a turn of the loop all that were touched are served, so what
 * is due to one goes out in one write.
 *
 * Threads: one worker's.
 */
#ifndef QF_DESK_H
#define QF_DESK_H

#include <sys/queue.h>
#include <uv.h>

#include "alarms.h"
#include "checks.h"
#include "core/carry.h"
#include "core/noise.h"
#include "core/penalty.h"
#include "core/wire.h"
#include "tls.h"

enum {
	QF_READ_BYTES = 16384, /* in one turn of one socket */
	/* Signatures in one turn, about 3 ms: whoever brings more waits for the
	 * next, so that others need not. */
	QF_CHECKS_A_TURN = 64,
	QF_WRITE_BYTES = 262144, /* about what is pulled for one write */
	QF_ASKS_MAX = 512,       /* with more waiting, sockets are not read */
	QF_SHAKES_MAX = 8,       /* steps of handshakes in one turn */
};

struct qf_link;       /* link.h */
struct qf_socket;     /* socket.h */
struct qf_hall;       /* gateway/irc.h */
struct qf_web_shared; /* gateway/web.h */

/* Who is told of things together. */
enum qf_crowd {
	QF_CROWD_OTHERS, /* of nothing */
	QF_CROWD_LINKS,
	QF_CROWD_CLIENTS,
	QF_CROWDS
};

struct qf_desk {
	uv_loop_t *loop; /* borrowed */
	unsigned worker;
	const struct qf_tls *tls; /* borrowed */
	struct qf_hello hello;    /* its name is the one below */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_carry carry;
	struct qf_penalties penalties;
	struct qf_page page;       /* who may come in by it */
	struct qf_aids aids;       /* who may help, this worker among them */
	struct qf_hall *hall;      /* of who came by IRC: owned */
	struct qf_web_shared *web; /* owned; NULL: no browser came yet */
	struct qf_noise_cipher cipher; /* of browsers */

	struct qf_socket **seats; /* by the low 16 bits of conn; may be NULL */
	size_t seat_count;
	size_t seat_cap;
	size_t sockets;                      /* seats taken */
	uint64_t opened;                     /* connections ever */
	struct qf_socket *crowds[QF_CROWDS]; /* lists, newest first */

	qf_conn *touched; /* each once, may have gone since */
	size_t touched_count;
	size_t touched_cap;
	bool all_touched;
	bool paused;     /* some socket is not read until `held` is less */
	size_t held;     /* the worker's: so many of the carry's asks, from the
	                  * first, could not be moved on */
	uint64_t turn;   /* of the loop, from 1 */
	unsigned shakes; /* steps of handshakes in this turn */
	uint64_t checks_before; /* of the carry's roots, when it began */
	TAILQ_HEAD(qf_line, qf_link) line; /* link.h: whose frames wait */
	size_t line_length;
	uint64_t bytes_in; /* ever, as they cross the network */
	uint64_t bytes_out;
	struct qf_alarms alarms;
	struct qf_call *calls; /* call.h: dials being carried out */

	char in[QF_READ_BYTES];
	struct qf_buf heard; /* decrypted */
	struct qf_buf plain; /* to be said */
	struct qf_buf wire;  /* encrypted */
};

void qf_desk_init(struct qf_desk *d, uv_loop_t *loop, unsigned worker,
                  const struct qf_tls *tls, const struct qf_aids *aids);
/* What links that come up from now on say of us. */
void qf_desk_name(struct qf_desk *d, const char *name, uint16_t port);
/* All sockets are gone, and the loop still runs. */
void qf_desk_close(struct qf_desk *d);
/* After that. */
void qf_desk_fini(struct qf_desk *d);

/* Give s its conn and its seat. QF_E_NOMEM, QF_E_LIMIT. */
int qf_desk_sit(struct qf_desk *d, struct qf_socket *s);
void qf_desk_rise(struct qf_desk *d, struct qf_socket *s);
/* It belongs to that crowd now, and to no other. */
void qf_desk_gather(struct qf_desk *d, struct qf_socket *s,
                    enum qf_crowd crowd);
struct qf_socket *qf_desk_find(const struct qf_desk *d, qf_conn conn);

void qf_desk_touch(struct qf_desk *d, struct qf_socket *s);
/* Whoever follows the room; NULL is a room that nobody does. */
void qf_desk_touch_room(struct qf_desk *d, const struct qf_carried *room);
/* Whoever follows a room in which more is told of than was posted. */
void qf_desk_touch_behind(struct qf_desk *d);
/* Serve all that were touched. */
void qf_desk_turn(struct qf_desk *d);
/* Something is left for another turn, now. */
bool qf_desk_restless(const struct qf_desk *d);
/* So many more signatures may be checked in this turn. */
uint64_t qf_desk_checks_left(const struct qf_desk *d);
/* Somebody's frames wait, and there is room for what they ask. */
bool qf_desk_may_feed(const struct qf_desk *d);
/* So much waits for the core that nothing more should be read. */
bool qf_desk_full(const struct qf_desk *d);
qf_conn qf_desk_asker(const struct qf_ask *ask);
/* The connection is going: what it asked and still waits here is taken back.
 * What it brought and what the core must learn of it stay. */
void qf_desk_recall(struct qf_desk *d, struct qf_socket *s);

#endif
