/* tail.c - the commands tail and history: a room's last lines, what comes */
#include <stdio.h>

#include "commands.h"
#include "lines.h"
#include "reading.h"

struct tailing {
	struct qf_stream *stream;
	struct qf_reading reading;
	struct qf_lines lines;
	bool over;
};

static enum qf_outcome take(struct tailing *t, const struct qf_reply *reply)
{
	switch (qf_reading_take(&t->reading, reply)) {
	case QF_READING_LINE:
		if (!qf_lines_show(&t->lines, reply))
			return QF_DISK;
		break;
	case QF_READING_END:
		t->over = true;
		break;
	case QF_READING_REFUSED:
		return qf_complain_error(reply);
	default:
		break;
	}
	return QF_GOOD;
}

static enum qf_outcome read_room(struct tailing *t)
{
	enum qf_outcome end = QF_GOOD;
	struct qf_reply reply;

	while (!end && !t->over) {
		switch (qf_stream_wait(t->stream, -1, QF_NEVER, &reply)) {
		case QF_STREAM_REPLY:
			end = take(t, &reply);
			qf_reply_fini(&reply);
			break;
		case QF_STREAM_RENEWED:
			qf_reading_renew(&t->reading);
			break;
		case QF_STREAM_LOST:
			end = qf_complain_lost(t->stream->why);
			break;
		default:
			t->over = true;
		}
	}
	return end;
}

enum qf_outcome qf_tail_run(struct qf_stream *s, const char *room,
                            uint64_t last, bool follow, bool json)
{
	struct tailing t = { .stream = s,
		             .lines = { .to = stdout, .json = json } };
	enum qf_outcome end;

	qf_reading_begin(&t.reading, s, room, last, follow);
	end = read_room(&t);
	qf_reading_end(&t.reading);
	return end;
}
