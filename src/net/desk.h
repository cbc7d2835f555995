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

#include <uv.h>

#include "core/carry.h"
#include "core/wire.h"
#include "tls.h"

enum {
	QF_READ_BYTES = 65536,
	QF_WRITE_BYTES = 262144, /* about what is pulled for one write */
	QF_ASKS_MAX = 256,       /* with more waiting, sockets are not read */
};

struct qf_socket; /* socket.h */

struct qf_desk {
	uv_loop_t *loop; /* borrowed */
	unsigned worker;
	const struct qf_tls *tls; /* borrowed */
	struct qf_hello hello;    /* its name is the one below */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_carry carry;

	struct qf_socket **seats; /* by the low 16 bits of conn; may be NULL */
	size_t seat_count;
	size_t seat_cap;
	size_t sockets;  /* seats taken */
	uint64_t opened; /* connections ever */

	qf_conn *touched; /* each once, may have gone since */
	size_t touched_count;
	size_t touched_cap;
	bool all_touched;
	bool paused; /* some socket was not read because of QF_ASKS_MAX */
	size_t held; /* the worker's: so many of the carry's asks, from the
	              * first, could not be moved on */
	struct qf_call *calls; /* call.h: dials being carried out */

	char in[QF_READ_BYTES];
	struct qf_buf plain;
	struct qf_buf wire;
};

void qf_desk_init(struct qf_desk *d, uv_loop_t *loop, unsigned worker,
                  const struct qf_tls *tls);
/* What links that come up from now on say of us. */
void qf_desk_name(struct qf_desk *d, const char *name, uint16_t port);
/* All sockets are gone. */
void qf_desk_fini(struct qf_desk *d);

/* Give s its conn and its seat. QF_E_NOMEM, QF_E_LIMIT. */
int qf_desk_sit(struct qf_desk *d, struct qf_socket *s);
void qf_desk_rise(struct qf_desk *d, struct qf_socket *s);
struct qf_socket *qf_desk_find(const struct qf_desk *d, qf_conn conn);

void qf_desk_touch(struct qf_desk *d, struct qf_socket *s);
/* Serve all that were touched. */
void qf_desk_turn(struct qf_desk *d);
/* Something is left for another turn, now. */
bool qf_desk_restless(const struct qf_desk *d);
/* So much waits for the core that nothing more should be read. */
bool qf_desk_full(const struct qf_desk *d);
qf_conn qf_desk_asker(const struct qf_ask *ask);
/* The connection is going: what it asked and still waits here is taken back.
 * What the core must learn of it stays. */
void qf_desk_recall(struct qf_desk *d, struct qf_socket *s);

#endif
