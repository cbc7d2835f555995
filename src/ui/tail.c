/* tail.c - the commands tail and history: a room's last lines, what comes
 *
 * People read the lines with names that tell two of one name apart. So who is
 * here is asked first, and what will be printed of the past is read once
 * before, for its names alone: the first of two is to be marked as well. Who
 * comes later is known from their first line on.
 */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "reading.h"

struct tailing {
	struct qf_stream *stream;
	struct qf_reading reading;
	struct qf_known known;
	struct qf_lines lines;
	bool names_only;
	bool over;
};

/* A guest's line has the name of the node that it speaks through. */
static void meet(struct tailing *t, const struct qf_reply *line)
{
	char old[QF_USER_NAME_BYTES_MAX + 1];

	qf_known_put(&t->known, line->key, line->key_short, line->name,
	             t->reading.live && !line->guest.len, old);
}

static enum qf_outcome take(struct tailing *t, const struct qf_reply *reply)
{
	switch (qf_reading_take(&t->reading, reply)) {
	case QF_READING_LINE:
		if (!t->lines.json)
			meet(t, reply);
		if (!t->names_only && !qf_lines_show(&t->lines, reply))
			return QF_DISK;
		break;
	case QF_READING_END:
		t->over = true;
		break;
	case QF_READING_REFUSED:
		t->over = true;
		return t->names_only ? QF_GOOD : qf_complain_error(reply);
	default:
		break;
	}
	return QF_GOOD;
}

static enum qf_outcome read_lines(struct tailing *t)
{
	uint64_t silent_ms = qf_stream_now() + QF_SILENT_MS;
	enum qf_outcome end = QF_GOOD;
	struct qf_reply reply;

	while (!end && !t->over) {
		switch (qf_stream_wait(t->stream, -1, silent_ms, &reply)) {
		case QF_STREAM_TIMEOUT:
			qf_complain_silent(t->stream);
			silent_ms = QF_NEVER;
			break;
		case QF_STREAM_REPLY:
			silent_ms = QF_NEVER;
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

static enum qf_outcome read_room(struct tailing *t, const char *room,
                                 uint64_t last, bool follow)
{
	enum qf_outcome end;

	t->over = false;
	qf_reading_begin(&t->reading, t->stream, room, last, follow);
	end = read_lines(t);
	qf_reading_end(&t->reading);
	return end;
}

/* A room that is refused here is refused again, and then that is said. */
static enum qf_outcome learn_names(struct tailing *t, const char *room,
                                   uint64_t last)
{
	struct qf_reply who;
	enum qf_outcome end = qf_ask_plain(t->stream, "who", &who);

	if (end)
		return end;
	qf_known_put_all(&t->known, &who);
	qf_reply_fini(&who);
	t->names_only = true;
	end = last ? read_room(t, room, last, false) : QF_GOOD;
	t->names_only = false;
	return end;
}

enum qf_outcome qf_tail_run(struct qf_stream *s, const char *room,
                            uint64_t last, bool follow, bool json)
{
	struct tailing t = { .stream = s,
		             .lines = { .to = stdout, .json = json } };
	enum qf_outcome end = QF_GOOD;

	t.lines.known = &t.known;
	if (!json)
		end = learn_names(&t, room, last);
	if (!end)
		end = read_room(&t, room, last, follow);
	qf_known_fini(&t.known);
	return end;
}
