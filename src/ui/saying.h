/* saying.h - what is said, until all of it is stored
 *
 * Each line carries a nonce of 16 random bytes, so that it can be said again
 * to the next node when this one goes before it has answered, and is stored
 * once all the same. At most QF_SAYING_MAX are on their way.
 *
 * Memory: the caller owns the struct.
 */
#ifndef QF_SAYING_H
#define QF_SAYING_H

#include "stream.h"

enum { QF_SAYING_MAX = 64, QF_SAYING_MS = 30000 };

/* One line on its way. */
struct qf_saying_line {
	uint64_t re;
	uint64_t number; /* the caller's */
	uint64_t said_ms;
	struct qf_shared *request;
};

struct qf_saying {
	struct qf_stream *stream;
	const char *room; /* borrowed; NULL: whoever says has joined */
	uint64_t join;    /* the request to join that is out */
	bool joined;
	struct qf_saying_line lines[QF_SAYING_MAX]; /* oldest first */
	size_t count;
};

/* Where a line goes, as reply.h has it: qf_request_say() into a room,
 * qf_request_act() as an action, qf_request_msg() to one person. */
struct qf_saying_way {
	int (*request)(struct qf_buf *to, uint64_t id, const char *whom,
	               struct qf_bytes text, const struct qf_nonce *nonce);
	const char *whom; /* the room or the person */
};

enum qf_saying_word {
	QF_SAYING_NOT_OURS,
	QF_SAYING_PASS,
	QF_SAYING_JOINED,
	QF_SAYING_STORED,  /* line `number`, and the reply has its id */
	QF_SAYING_QUEUED,  /* line `number`: kept, and not yet signed */
	QF_SAYING_REFUSED, /* line `number`, and the reply says why */
	QF_SAYING_NO_ROOM, /* joining was refused, and the reply says why */
};

/* Asks to join the room, if there is one, at once. */
void qf_saying_begin(struct qf_saying *w, struct qf_stream *stream,
                     const char *room);
void qf_saying_end(struct qf_saying *w);
/* There is room for one more. QF_E_MALFORMED: not text; QF_E_LIMIT: too long;
 * QF_E_IO: no random bytes; QF_E_NOMEM. Then nothing was said. */
int qf_saying_say(struct qf_saying *w, const struct qf_saying_way *way,
                  struct qf_bytes text, uint64_t number);
enum qf_saying_word qf_saying_take(struct qf_saying *w,
                                   const struct qf_reply *reply,
                                   uint64_t *number);
/* The stream was renewed. */
void qf_saying_renew(struct qf_saying *w);
/* When the oldest line has been on its way for QF_SAYING_MS. */
uint64_t qf_saying_deadline(const struct qf_saying *w);

#endif
