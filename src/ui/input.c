/* input.c - lines that come in through a descriptor, one at a time */
#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

void qf_input_init(struct qf_input *i, int fd)
{
	*i = (struct qf_input){ .fd = fd };
}

void qf_input_fini(struct qf_input *i)
{
	qf_buf_fini(&i->in);
}

struct qf_buf *qf_input_more(struct qf_input *i)
{
	qf_buf_drop_front(&i->in, i->used);
	i->used = 0;
	return &i->in;
}

int qf_input_read(struct qf_input *i)
{
	uint8_t *to = qf_buf_room(qf_input_more(i), READ_BYTES);
	ssize_t got;

	if (!to)
		return QF_E_NOMEM;
	got = read(i->fd, to, READ_BYTES);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? QF_OK : QF_E_IO;
	i->in.len += (size_t)got;
	i->ended = !got;
	return QF_OK;
}

struct qf_bytes qf_input_rest(const struct qf_input *i)
{
	return i->in.len ? qf_bytes(i->in.at + i->used, i->in.len - i->used)
	                 : qf_bytes(NULL, 0);
}

/* What is held of a line that is already too long is of no use. */
static void skip_held(struct qf_input *i)
{
	i->skips = true;
	i->used = i->in.len;
}

static enum qf_input_got give(struct qf_input *i, size_t len,
                              struct qf_bytes *line)
{
	const uint8_t *at = i->in.at + i->used;

	if (len && at[len - 1] == '\r')
		len--;
	i->number++;
	*line = qf_bytes(at, len);
	if (!i->skips && len <= QF_TEXT_BYTES_MAX)
		return QF_INPUT_LINE;
	i->skips = false;
	*line = qf_bytes(NULL, 0);
	return QF_INPUT_LONG;
}

enum qf_input_got qf_input_next(struct qf_input *i, struct qf_bytes *line)
{
	size_t left = i->in.len - i->used;
	const uint8_t *newline = NULL;
	enum qf_input_got got;

	if (left)
		newline = memchr(i->in.at + i->used, '\n', left);
	if (newline) {
		size_t len = (size_t)(newline - (i->in.at + i->used));

		got = give(i, len, line);
		i->used += len + 1;
		return got;
	}
	if (i->ended) {
		if (!left && !i->skips)
			return QF_INPUT_END;
		got = give(i, left, line);
		i->used = i->in.len;
		return got;
	}
	if (left > QF_TEXT_BYTES_MAX + 1)
		skip_held(i);
	return QF_INPUT_WAIT;
}
