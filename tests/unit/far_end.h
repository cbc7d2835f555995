/* far_end.h - the far end of a stream: one node, and then the next
 *
 * Each is the other end of a socket pair. The test says what the newest node
 * says, reads what it was asked, and lets it go.
 */
#ifndef QF_FAR_END_H
#define QF_FAR_END_H

#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ui/stream.h"

enum { FAR_NODES_MAX = 4 };

struct far_end {
	int fds[FAR_NODES_MAX];
	int count;
	int failures; /* before the next is reached */
	bool none;    /* no more, for good */
};

static inline int far_reach(void *ctx, int *fd, bool *own, char *why,
                            size_t cap)
{
	struct far_end *n = ctx;
	int ends[2];

	snprintf(why, cap, "no node");
	if (n->none)
		return QF_E_IO;
	if (n->failures) {
		n->failures--;
		return QF_E_AGAIN;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	*fd = ends[0];
	n->fds[n->count++] = ends[1];
	*own = n->count > 1;
	return QF_OK;
}

static inline void far_begin(struct qf_stream *s, struct far_end *n)
{
	struct qf_reach r = { far_reach, n };

	*n = (struct far_end){ 0 };
	assert_int_equal(qf_stream_open(s, &r, -1), QF_OK);
}

static inline void far_finish(struct qf_stream *s, struct far_end *n)
{
	qf_stream_close(s);
	for (int i = 0; i < n->count; i++)
		if (n->fds[i] >= 0)
			close(n->fds[i]);
}

/* The newest node says that. */
static inline void far_say(struct far_end *n, const char *text)
{
	int fd = n->fds[n->count - 1];

	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
}

static inline void far_go(struct far_end *n)
{
	close(n->fds[n->count - 1]);
	n->fds[n->count - 1] = -1;
}

static inline void assert_event(struct qf_stream *s, enum qf_stream_event event)
{
	struct qf_reply reply;

	assert_int_equal(qf_stream_wait(s, -1, QF_NEVER, &reply), event);
	if (event == QF_STREAM_REPLY)
		qf_reply_fini(&reply);
}

/* Everything that the newest node has been asked; the stream is idle. */
static inline const char *far_asked(struct qf_stream *s, struct far_end *n)
{
	static char text[4096];
	struct qf_reply reply;
	ssize_t len;

	assert_int_equal(qf_stream_wait(s, -1, 0, &reply), QF_STREAM_TIMEOUT);
	len = recv(n->fds[n->count - 1], text, sizeof text - 1, MSG_DONTWAIT);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

#endif
