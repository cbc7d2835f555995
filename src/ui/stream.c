/* stream.c - a client of the API over a descriptor, through ends of nodes
 *
 * The happy path: requests leave as the node takes them; what it says is cut
 * into lines and read one a call. The node can end: what was half read or not
 * yet sent is dropped, and nodes are tried every PAUSE_MS. The node can say
 * what this program does not understand: that line is passed over.
 */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PAUSE_MS = 50,
	READ_BYTES = 64 * 1024,
	LINE_BYTES_MAX = 64 << 20, /* a status with all links and rooms */
	MS_PER_S = 1000,
	NS_PER_MS = 1000000,
};

enum { NODE, STOP, INPUT, POLLED };

uint64_t qf_stream_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * MS_PER_S + (uint64_t)t.tv_nsec / NS_PER_MS;
}

static bool is_stopped(int stop_fd, int wait_ms)
{
	struct pollfd stop = { .fd = stop_fd, .events = POLLIN };

	return poll(&stop, 1, wait_ms) > 0;
}

int qf_stream_open(struct qf_stream *s, const struct qf_reach *reach,
                   int stop_fd)
{
	uint64_t end_ms = qf_stream_now() + QF_AGAIN_MS;
	int rc;

	*s = (struct qf_stream){ .reach = *reach,
		                 .stop_fd = stop_fd,
		                 .fd = -1 };
	qf_buf_init(&s->in, LINE_BYTES_MAX);
	do {
		rc = reach->try(reach->ctx, &s->fd, &s->own, s->why,
		                sizeof s->why);
	} while (rc == QF_E_AGAIN && qf_stream_now() < end_ms &&
	         !is_stopped(stop_fd, PAUSE_MS));
	return rc;
}

void qf_stream_close(struct qf_stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	qf_buf_fini(&s->in);
	qf_buf_fini(&s->out);
}

uint64_t qf_stream_id(struct qf_stream *s)
{
	return ++s->last_id;
}

static void lose(struct qf_stream *s)
{
	close(s->fd);
	s->fd = -1;
	s->lost_ms = qf_stream_now();
	qf_buf_clear(&s->in);
	qf_buf_clear(&s->out);
	s->used = s->seen = 0;
}

/* The next whole line that is a reply; false: more must be read first. */
static bool next_reply(struct qf_stream *s, struct qf_reply *reply)
{
	while (s->seen < s->in.len) {
		uint8_t *line = s->in.at + s->used;
		uint8_t *newline = memchr(s->in.at + s->seen, '\n',
		                          s->in.len - s->seen);

		if (!newline) {
			s->seen = s->in.len;
			break;
		}
		s->used = s->seen = (size_t)(newline - s->in.at) + 1;
		if (!qf_reply_parse(reply,
		                    qf_bytes(line, (size_t)(newline - line))))
			return true;
	}
	qf_buf_drop_front(&s->in, s->used);
	s->seen -= s->used;
	s->used = 0;
	return false;
}

static void read_some(struct qf_stream *s)
{
	uint8_t *to = qf_buf_room(&s->in, READ_BYTES);
	ssize_t got;

	if (!to) {
		lose(s);
		return;
	}
	got = recv(s->fd, to, READ_BYTES, MSG_DONTWAIT);
	if (got > 0)
		s->in.len += (size_t)got;
	else if (!got || (errno != EAGAIN && errno != EINTR))
		lose(s);
}

static void write_some(struct qf_stream *s)
{
	ssize_t put = send(s->fd, s->out.at, s->out.len,
	                   MSG_DONTWAIT | MSG_NOSIGNAL);

	if (put >= 0)
		qf_buf_drop_front(&s->out, (size_t)put);
	else if (errno != EAGAIN && errno != EINTR)
		/* What it said before it went is still to be read. */
		qf_buf_clear(&s->out);
}

/* Between two nodes: one try. True: *event is what came of it. */
static bool try_again(struct qf_stream *s, enum qf_stream_event *event)
{
	int rc = s->reach.try(s->reach.ctx, &s->fd, &s->own, s->why,
	                      sizeof s->why);

	if (rc == QF_OK)
		*event = QF_STREAM_RENEWED;
	else if (rc != QF_E_AGAIN ||
	         qf_stream_now() - s->lost_ms >= QF_AGAIN_MS)
		*event = QF_STREAM_LOST;
	else if (is_stopped(s->stop_fd, PAUSE_MS))
		*event = QF_STREAM_STOPPED;
	else
		return false;
	return true;
}

static int time_left(uint64_t deadline_ms)
{
	uint64_t now_ms = qf_stream_now();

	if (deadline_ms == QF_NEVER)
		return -1;
	if (deadline_ms <= now_ms)
		return 0;
	return deadline_ms - now_ms > MS_PER_S ? MS_PER_S
	                                       : (int)(deadline_ms - now_ms);
}

/* True: *event says which of them. The node's own traffic is no event. */
static bool poll_all(struct qf_stream *s, int input_fd, uint64_t deadline_ms,
                     enum qf_stream_event *event)
{
	struct pollfd fds[POLLED] = {
		[NODE] = { .fd = s->fd, .events = POLLIN },
		[STOP] = { .fd = s->stop_fd, .events = POLLIN },
		[INPUT] = { .fd = input_fd, .events = POLLIN },
	};

	if (s->out.len)
		fds[NODE].events |= POLLOUT;
	if (poll(fds, POLLED, time_left(deadline_ms)) < 0)
		return false;
	if (fds[NODE].revents & POLLOUT)
		write_some(s);
	if (fds[NODE].revents & (POLLIN | POLLHUP | POLLERR))
		read_some(s);
	*event = fds[STOP].revents ? QF_STREAM_STOPPED : QF_STREAM_INPUT;
	return fds[STOP].revents || fds[INPUT].revents;
}

enum qf_stream_event qf_stream_wait(struct qf_stream *s, int input_fd,
                                    uint64_t deadline_ms,
                                    struct qf_reply *reply)
{
	enum qf_stream_event event;

	for (;;) {
		if (next_reply(s, reply))
			return QF_STREAM_REPLY;
		if (s->fd < 0 && try_again(s, &event))
			return event;
		if (s->fd >= 0 && poll_all(s, input_fd, deadline_ms, &event))
			return event;
		if (time_left(deadline_ms) == 0 && !(s->seen < s->in.len))
			return QF_STREAM_TIMEOUT;
	}
}
