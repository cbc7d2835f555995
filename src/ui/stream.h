/* stream.h - a client of the API over a descriptor, through ends of nodes
 *
 * Requests go out and replies come in by one poll loop, which also watches the
 * command's input and the signal to stop. When the node goes away the stream
 * tries for QF_AGAIN_MS to reach the next one; then it is renewed, and whoever
 * asked something that was not answered asks again, with the same nonces.
 *
 * Memory: the caller owns the struct. A reply's strings live until its fini,
 * its line until the next wait.
 */
#ifndef QF_STREAM_H
#define QF_STREAM_H

#include "gateway/reply.h"

enum { QF_AGAIN_MS = 10000 };

#define QF_NEVER UINT64_MAX

/* One try to reach a node. QF_OK: *fd is a connection, the stream's to close;
 * *own: the node is in this process. QF_E_AGAIN: it may work soon. Others are
 * for good, and `why` gets a sentence either way. */
struct qf_reach {
	int (*try)(void *ctx, int *fd, bool *own, char *why, size_t cap);
	void *ctx;
};

enum qf_stream_event {
	QF_STREAM_REPLY,   /* the caller finishes it */
	QF_STREAM_INPUT,   /* the input is readable */
	QF_STREAM_RENEWED, /* another node answers from here on */
	QF_STREAM_TIMEOUT,
	QF_STREAM_STOPPED, /* a signal said so */
	QF_STREAM_LOST,    /* no node any more, `why` says why */
};

struct qf_stream {
	struct qf_reach reach;
	int stop_fd; /* readable: stop; -1: none */
	int fd;      /* -1: between two nodes */
	bool own;    /* the node is in this process */
	uint64_t lost_ms;
	struct qf_buf in;
	size_t used; /* of it, by replies that were given */
	size_t seen; /* of it, without a newline */
	struct qf_buf out;
	uint64_t last_id;
	char why[512]; /* or, of a node that was reached, which it is; or "" */
};

/* QF_OK: reached a node. Tries as long as it would after an end. */
int qf_stream_open(struct qf_stream *s, const struct qf_reach *reach,
                   int stop_fd);
void qf_stream_close(struct qf_stream *s);

/* An id for the next request; requests are appended to s->out. */
uint64_t qf_stream_id(struct qf_stream *s);
/* Until something has happened or the time has come. input_fd -1: none;
 * deadline_ms is of qf_stream_now(), QF_NEVER: none. */
enum qf_stream_event qf_stream_wait(struct qf_stream *s, int input_fd,
                                    uint64_t deadline_ms,
                                    struct qf_reply *reply);
/* Milliseconds since some moment. */
uint64_t qf_stream_now(void);

#endif
