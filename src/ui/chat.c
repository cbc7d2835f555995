/* chat.c - the screen in line mode: what is typed is said, the rest shown
 *
 * The happy path: greet, print the room's last lines, then each line of
 * standard input is said and each line of others printed as "name: text". The
 * program's own sentences begin with "System: ", a name that nobody can have.
 * At the end of the input it waits until all is stored; if the node is in this
 * process, links have GRACE_MS to take what is new.
 *
 * When the node goes, the next one goes on where it ended, and that may be
 * this process. What is not stored in time is said, and ends with QF_NOT_YET.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asking.h"
#include "commands.h"
#include "input.h"
#include "lines.h"
#include "notices.h"
#include "own.h"
#include "print.h"
#include "reading.h"
#include "saying.h"
#include "tally.h"

#define SYSTEM "System: "

enum { PAST_LINES = 10, GRACE_MS = 2000, KEY_BYTES_MAX = 64 };

struct chat {
	struct qf_stream *stream;
	struct qf_reading reading;
	struct qf_saying saying;
	struct qf_input input;
	struct qf_own own;
	struct qf_tally tally;
	char key[KEY_BYTES_MAX]; /* of this node */
	bool live;               /* the past is printed, input is taken */
	bool all_read;           /* or /quit was typed */
	uint64_t grace_ms;
};

static void show_system(const char *sentence)
{
	printf(SYSTEM "%s\n", sentence);
}

static void show_held(struct chat *c)
{
	struct qf_shared *line;
	struct qf_reply reply;

	while ((line = qf_own_release(&c->own))) {
		if (!qf_reply_parse(&reply, qf_bytes(line->at, line->len))) {
			qf_lines_said(stdout, &reply);
			qf_reply_fini(&reply);
		}
		qf_shared_unref(line);
	}
}

/* Guests of our node speak under its key too. */
static bool may_be_own(const struct chat *c, const struct qf_reply *line)
{
	return c->live && line->kind == QF_REPLY_TEXT && !line->guest.len &&
	       qf_reply_is(line->key, c->key);
}

static void take_line(struct chat *c, const struct qf_reply *line)
{
	if (may_be_own(c, line) &&
	    (qf_own_is(&c->own, line->id) ||
	     (c->saying.count && qf_own_hold(&c->own, line))))
		return;
	qf_lines_said(stdout, line);
}

static void take_stored(struct chat *c, const struct qf_reply *stored)
{
	qf_own_stored(&c->own, stored->id);
	if (qf_tally_stored(&c->tally, stored))
		show_system("out of memory: copies are not counted");
}

static enum qf_outcome take_saying(struct chat *c, const struct qf_reply *reply)
{
	uint64_t number;

	switch (qf_saying_take(&c->saying, reply, &number)) {
	case QF_SAYING_STORED:
		take_stored(c, reply);
		break;
	case QF_SAYING_REFUSED:
		printf(SYSTEM "not sent: ");
		qf_print_word(stdout, reply->say);
		putchar('\n');
		break;
	case QF_SAYING_NO_ROOM:
		return qf_complain_error(reply);
	case QF_SAYING_NOT_OURS:
		qf_tally_take(&c->tally, reply);
		qf_notice_news(stdout, SYSTEM, reply);
		if (reply->kind == QF_REPLY_LINKED)
			c->grace_ms = qf_stream_now() + GRACE_MS;
		break;
	default:
		break;
	}
	return QF_GOOD;
}

static enum qf_outcome take(struct chat *c, const struct qf_reply *reply)
{
	enum qf_outcome end = QF_GOOD;

	switch (qf_reading_take(&c->reading, reply)) {
	case QF_READING_LINE:
		take_line(c, reply);
		break;
	case QF_READING_LIVE:
		c->live = true;
		break;
	case QF_READING_REFUSED:
		return qf_complain_error(reply);
	case QF_READING_NOT_OURS:
		end = take_saying(c, reply);
		break;
	default:
		break;
	}
	if (!c->saying.count)
		show_held(c);
	return qf_print_done(stdout) ? end : QF_DISK;
}

static void say(struct chat *c, struct qf_bytes text)
{
	switch (qf_saying_say(&c->saying, text, c->input.number)) {
	case QF_OK:
		break;
	case QF_E_MALFORMED:
		show_system("not sent: that is not text in UTF-8");
		break;
	case QF_E_LIMIT:
		show_system("not sent: a message has at most 65,000 bytes");
		break;
	default:
		show_system("not sent: out of memory or of random bytes");
	}
}

/* One slash begins a command, two a line that begins with one. */
static void take_typed(struct chat *c, struct qf_bytes line)
{
	if (!line.len)
		return;
	if (line.at[0] != '/') {
		say(c, line);
	} else if (line.len > 1 && line.at[1] == '/') {
		say(c, qf_bytes(line.at + 1, line.len - 1));
	} else if (qf_reply_is(line, "/quit")) {
		c->all_read = true;
	} else {
		printf(SYSTEM "there is no command ");
		qf_print_word(stdout, line);
		printf(". /quit leaves, and // begins a line with a slash\n");
	}
}

static void take_all_typed(struct chat *c)
{
	struct qf_bytes line;

	while (!c->all_read && c->saying.count < QF_SAYING_MAX) {
		switch (qf_input_next(&c->input, &line)) {
		case QF_INPUT_LINE:
			take_typed(c, line);
			break;
		case QF_INPUT_LONG:
			show_system("not sent: a message has at most 65,000 "
				    "bytes");
			break;
		case QF_INPUT_END:
			c->all_read = true;
			break;
		case QF_INPUT_WAIT:
			return;
		}
	}
}

static void go_on(struct chat *c)
{
	show_system(c->stream->own
			    ? "the node has ended, and this screen is it now"
			    : "the node has ended, and another goes on");
	qf_request_plain(&c->stream->out, qf_stream_id(c->stream), "watch");
	qf_reading_renew(&c->reading);
	qf_saying_renew(&c->saying);
}

/* One thing that happens; QF_GOOD: go on. */
static enum qf_outcome step(struct chat *c, uint64_t deadline_ms, bool *over)
{
	bool takes = c->live && !c->all_read && c->saying.count < QF_SAYING_MAX;
	enum qf_outcome end = QF_GOOD;
	struct qf_reply reply;

	switch (qf_stream_wait(c->stream, takes ? c->input.fd : -1, deadline_ms,
			       &reply)) {
	case QF_STREAM_REPLY:
		end = take(c, &reply);
		qf_reply_fini(&reply);
		break;
	case QF_STREAM_INPUT:
		if (qf_input_read(&c->input)) {
			qf_complain("standard input: %s", strerror(errno));
			end = QF_DISK;
		}
		break;
	case QF_STREAM_RENEWED:
		go_on(c);
		break;
	case QF_STREAM_LOST:
		end = qf_complain_lost(c->stream->why);
		break;
	default:
		*over = true;
	}
	take_all_typed(c);
	return end;
}

/* Until the input has ended and all of it is stored, or a signal says so. */
static enum qf_outcome talk(struct chat *c)
{
	enum qf_outcome end = QF_GOOD;
	bool over = false;

	while (!end && !over && (!c->all_read || c->saying.count))
		end = step(c,
			   c->all_read ? qf_saying_deadline(&c->saying)
				       : QF_NEVER,
			   &over);
	for (size_t i = 0; i < c->saying.count; i++)
		qf_complain("line %llu is not stored",
			    (unsigned long long)c->saying.lines[i].number);
	return end || !c->saying.count ? end : QF_NOT_YET;
}

/* Our node goes with us: let who is linked take what is new. */
static void give_grace(struct chat *c)
{
	enum qf_outcome end = QF_GOOD;
	bool over = false;

	qf_request_plain(&c->stream->out, qf_stream_id(c->stream), "status");
	c->grace_ms = qf_stream_now() + GRACE_MS;
	while (!end && !over && !qf_tally_linked_have_all(&c->tally))
		end = step(c, c->grace_ms, &over);
}

static void greet(struct chat *c, const struct qf_reply *status,
		  uint64_t wanted_port)
{
	snprintf(c->key, sizeof c->key, "%.*s", (int)status->key.len,
		 (const char *)status->key.at);
	qf_notice_status(stdout, SYSTEM, status, wanted_port);
	for (size_t i = 0; i < status->link_count; i++)
		qf_notice_link(stdout, SYSTEM, &status->links[i]);
	if (!status->link_count)
		show_system("nobody else is linked yet");
	qf_print_done(stdout);
}

static enum qf_outcome begin(struct chat *c, const char *room,
			     uint64_t wanted_port)
{
	struct qf_reply status;
	enum qf_outcome end;

	/* What the status does not tell comes as news after it. */
	qf_request_plain(&c->stream->out, qf_stream_id(c->stream), "watch");
	end = qf_ask_plain(c->stream, "status", &status);
	if (end)
		return end;
	greet(c, &status, wanted_port);
	qf_reply_fini(&status);
	qf_reading_begin(&c->reading, c->stream, room, PAST_LINES, true);
	qf_saying_begin(&c->saying, c->stream, room);
	return QF_GOOD;
}

enum qf_outcome qf_chat_run(struct qf_stream *s, const char *room,
			    uint64_t wanted_port)
{
	struct chat c = { .stream = s };
	enum qf_outcome end = begin(&c, room, wanted_port);

	if (end)
		return end;
	qf_input_init(&c.input, STDIN_FILENO);
	end = talk(&c);
	if (!end && c.tally.count && s->own)
		give_grace(&c);
	qf_reading_end(&c.reading);
	qf_saying_end(&c.saying);
	qf_own_fini(&c.own);
	qf_tally_fini(&c.tally);
	qf_input_fini(&c.input);
	return end;
}
