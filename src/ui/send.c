/* send.c - the command send: a message, or one a line of standard input
 *
 * The happy path: join the room, say up to QF_SAYING_MAX lines at a time, and
 * when all are stored wait for copies. A node in this process ends with the
 * command, so it gives its links GRACE_MS to take what is new, even if nobody
 * asked for copies.
 *
 * Lines can be no text or too long: they are named by number and the rest goes
 * on. A line that is not stored in time, or copies that do not come, end the
 * command with QF_NOT_YET, and what is missing is said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asking.h"
#include "commands.h"
#include "input.h"
#include "leaving.h"
#include "lines.h"
#include "saying.h"
#include "tally.h"

enum { GRACE_MS = 2000, COPIES_MS = 30000 };

struct sending {
	struct qf_stream *stream;
	const struct qf_send_options *options;
	struct qf_saying saying;
	struct qf_input input;
	struct qf_tally tally;
	bool all_read;
	uint64_t empty;     /* lines that were passed over */
	bool refused;       /* a line was, and that was said */
	bool queued;        /* something is, and that was said */
	bool troubled;      /* why nothing is stored was said */
	uint64_t grace_ms;  /* links have until then */
	uint64_t silent_ms; /* a node at work has said something by then */
};

static void refuse(struct sending *s, uint64_t number, const char *why)
{
	if (s->options->word_count)
		qf_complain("the message %s", why);
	else
		qf_complain("line %llu %s", (unsigned long long)number, why);
	s->refused = true;
}

static enum qf_outcome say(struct sending *s, struct qf_bytes text,
                           uint64_t number)
{
	struct qf_saying_way way = { qf_request_say, s->options->room };

	switch (qf_saying_say(&s->saying, &way, text, number)) {
	case QF_OK:
		return QF_GOOD;
	case QF_E_MALFORMED:
		refuse(s, number, "is not text in UTF-8, and was not sent");
		return QF_GOOD;
	case QF_E_LIMIT:
		refuse(s, number,
		       "is longer than the 65,000 bytes of a message, and was "
		       "not sent");
		return QF_GOOD;
	default:
		qf_complain("out of memory or of random bytes");
		return QF_NO_MEMORY;
	}
}

static bool is_blank(struct qf_bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != ' ' && line.at[i] != '\t')
			return false;
	return true;
}

/* The words of the command line, joined by spaces, are one message. */
static enum qf_outcome say_words(struct sending *s)
{
	const struct qf_send_options *o = s->options;
	struct qf_buf text;
	enum qf_outcome end = QF_GOOD;

	qf_buf_init(&text, 0);
	for (size_t i = 0; i < o->word_count; i++) {
		if (i)
			qf_put_u8(&text, ' ');
		qf_put_raw(&text, o->words[i], strlen(o->words[i]));
	}
	s->all_read = true;
	if (text.bad)
		end = QF_NO_MEMORY;
	else if (is_blank(qf_buf_bytes(&text)))
		refuse(s, 1, "is empty, and was not sent");
	else
		end = say(s, qf_buf_bytes(&text), 1);
	qf_buf_fini(&text);
	return end;
}

/* As many lines as have been read and may be on their way. */
static enum qf_outcome say_lines(struct sending *s)
{
	enum qf_outcome end = QF_GOOD;
	struct qf_bytes line;

	while (!end && !s->all_read && s->saying.count < QF_SAYING_MAX) {
		switch (qf_input_next(&s->input, &line)) {
		case QF_INPUT_WAIT:
			return QF_GOOD;
		case QF_INPUT_END:
			s->all_read = true;
			break;
		case QF_INPUT_LONG:
			refuse(s, s->input.number,
			       "is longer than the 65,000 bytes of a message, "
			       "and was not sent");
			break;
		case QF_INPUT_LINE:
			if (is_blank(line))
				s->empty++;
			else
				end = say(s, line, s->input.number);
		}
	}
	return end;
}

static enum qf_outcome say_more(struct sending *s)
{
	if (!s->saying.joined || s->all_read)
		return QF_GOOD;
	return s->options->word_count ? say_words(s) : say_lines(s);
}

static bool takes_input(const struct sending *s)
{
	return s->saying.joined && !s->all_read && !s->options->word_count &&
	       s->saying.count < QF_SAYING_MAX;
}

static enum qf_outcome take_stored(struct sending *s,
                                   const struct qf_reply *reply)
{
	if (qf_tally_stored(&s->tally, reply))
		return QF_NO_MEMORY;
	if (s->options->json && !qf_lines_raw(stdout, reply))
		return QF_DISK;
	return QF_GOOD;
}

/* Kept as well, and signed when the time is known: to repeat it would be to say
 * it twice, so it is no failure. */
static enum qf_outcome take_queued(struct sending *s,
                                   const struct qf_reply *reply)
{
	if (qf_tally_queued(&s->tally, reply))
		return QF_NO_MEMORY;
	if (s->options->json)
		return qf_lines_raw(stdout, reply) ? QF_GOOD : QF_DISK;
	if (!s->queued)
		qf_complain("queued: this machine's clock is not set; it is "
		            "sent when the time is known");
	s->queued = true;
	return QF_GOOD;
}

static void complain_trouble(struct sending *s, struct qf_bytes why)
{
	if (!why.len || s->troubled)
		return;
	qf_complain("not stored yet: %.*s", (int)why.len, (const char *)why.at);
	s->troubled = true;
}

static void take_news(struct sending *s, const struct qf_reply *reply)
{
	if (qf_tally_take(&s->tally, reply) && s->options->copies &&
	    s->options->json)
		qf_lines_raw(stdout, reply);
	if (reply->kind == QF_REPLY_LINKED)
		s->grace_ms = qf_stream_now() + GRACE_MS;
	if (reply->kind == QF_REPLY_TROUBLE)
		complain_trouble(s, reply->say);
	if (reply->kind == QF_REPLY_STATUS)
		complain_trouble(s, reply->trouble);
}

static enum qf_outcome take(struct sending *s, const struct qf_reply *reply)
{
	uint64_t number;

	switch (qf_saying_take(&s->saying, reply, &number)) {
	case QF_SAYING_NO_ROOM:
		return qf_complain_error(reply);
	case QF_SAYING_STORED:
		return take_stored(s, reply);
	case QF_SAYING_QUEUED:
		return take_queued(s, reply);
	case QF_SAYING_REFUSED:
		refuse(s, number, "was refused:");
		qf_complain_error(reply);
		return QF_GOOD;
	case QF_SAYING_NOT_OURS:
		take_news(s, reply);
		return QF_GOOD;
	default:
		return QF_GOOD;
	}
}

/* The trouble of now, and what comes. */
static void watch(struct sending *s)
{
	qf_request_plain(&s->stream->out, qf_stream_id(s->stream), "watch");
	qf_request_plain(&s->stream->out, qf_stream_id(s->stream), "status");
}

static void ask_again(struct sending *s)
{
	watch(s);
	qf_saying_renew(&s->saying);
}

/* One thing that happens; QF_GOOD: go on. */
static enum qf_outcome step(struct sending *s, uint64_t deadline_ms, bool *late)
{
	bool silent = s->silent_ms < deadline_ms;
	struct qf_reply reply;
	enum qf_outcome end;

	*late = false;
	switch (qf_stream_wait(s->stream, takes_input(s) ? s->input.fd : -1,
	                       silent ? s->silent_ms : deadline_ms, &reply)) {
	case QF_STREAM_REPLY:
		s->silent_ms = QF_NEVER;
		end = take(s, &reply);
		qf_reply_fini(&reply);
		return end;
	case QF_STREAM_INPUT:
		if (!qf_input_read(&s->input))
			return QF_GOOD;
		qf_complain("standard input: %s", strerror(errno));
		return QF_DISK;
	case QF_STREAM_RENEWED:
		ask_again(s);
		return QF_GOOD;
	case QF_STREAM_LOST:
		return qf_complain_lost(s->stream->why);
	case QF_STREAM_STOPPED:
		return QF_NOT_YET;
	case QF_STREAM_TIMEOUT:
		*late = !silent;
		if (silent)
			qf_complain_silent(s->stream);
		s->silent_ms = QF_NEVER;
	}
	return QF_GOOD;
}

/* Nothing is said before the room is joined. */
static void complain_unread(const struct sending *s)
{
	if (s->options->word_count)
		qf_complain("the message is not stored: %s could not be "
		            "joined, so the node does not have it",
		            s->options->room);
	else if (!s->input.number)
		qf_complain("nothing was read");
	else
		qf_complain("what comes after line %llu was not read",
		            (unsigned long long)s->input.number);
}

static enum qf_outcome complain_unstored(const struct sending *s)
{
	for (size_t i = 0; i < s->saying.count; i++)
		if (s->options->word_count)
			qf_complain("the message is not stored");
		else
			qf_complain(
				"line %llu is not stored",
				(unsigned long long)s->saying.lines[i].number);
	qf_leaving_complain(&s->saying);
	if (!s->all_read)
		complain_unread(s);
	return QF_NOT_YET;
}

/* Until all is said and stored. */
static enum qf_outcome store_all(struct sending *s)
{
	uint64_t begun_ms = qf_stream_now();
	enum qf_outcome end = QF_GOOD;
	bool late = false;

	while (!end && !late && (!s->all_read || s->saying.count)) {
		uint64_t deadline_ms = s->saying.joined
		                               ? qf_saying_deadline(&s->saying)
		                               : begun_ms + QF_SAYING_MS;

		end = step(s, deadline_ms, &late);
		if (!end)
			end = say_more(s);
	}
	if (late || end == QF_NOT_YET || end == QF_UNAVAILABLE)
		return complain_unstored(s);
	return end;
}

/* Until each line has the copies that were asked for. */
static enum qf_outcome wait_for_copies(struct sending *s)
{
	uint64_t copies = s->options->copies;
	uint64_t deadline_ms = qf_stream_now() + COPIES_MS;
	enum qf_outcome end = QF_GOOD;
	bool late = false;

	while (!end && !late && qf_tally_least(&s->tally) < copies)
		end = step(s, deadline_ms, &late);
	if (qf_tally_least(&s->tally) >= copies)
		return QF_GOOD;
	if (s->tally.draft_count)
		qf_complain("%zu of %zu messages are queued on this disk: the "
		            "time is still not known",
		            s->tally.draft_count, qf_tally_count(&s->tally));
	else
		qf_complain("all is stored here, but %zu of %zu messages on "
		            "fewer than %llu other nodes so far",
		            qf_tally_below(&s->tally, copies),
		            qf_tally_count(&s->tally),
		            (unsigned long long)copies);
	return QF_NOT_YET;
}

/* Where an address was given, a link is waited for. */
static bool links_have_all(const struct sending *s)
{
	return qf_tally_linked_have_all(&s->tally) &&
	       (s->tally.links || !s->options->dials);
}

/* Our node goes with us: let who is linked take what is new. */
static enum qf_outcome give_grace(struct sending *s)
{
	enum qf_outcome end = QF_GOOD;
	bool late = false;

	qf_request_plain(&s->stream->out, qf_stream_id(s->stream), "status");
	s->grace_ms = qf_stream_now() + GRACE_MS;
	while (!end && !late && !links_have_all(s))
		end = step(s, s->grace_ms, &late);
	/* All is stored: what happens now makes nothing worse. */
	return QF_GOOD;
}

/* Where links are counted; who has what may not be known yet. */
static void complain_alone(const struct sending *s)
{
	if (s->tally.links_known && !s->tally.links &&
	    qf_tally_below(&s->tally, 1) && !s->options->json)
		qf_complain("kept only here until another node has it");
}

static enum qf_outcome send_all(struct sending *s)
{
	enum qf_outcome end = store_all(s);
	size_t said = qf_tally_count(&s->tally);

	if (!end && said && s->options->copies)
		end = wait_for_copies(s);
	else if (!end && said && s->stream->own)
		end = give_grace(s);
	if (!end && !s->options->copies)
		complain_alone(s);
	if (s->empty && !s->options->json)
		qf_complain("%llu empty line%s passed over",
		            (unsigned long long)s->empty,
		            s->empty == 1 ? " was" : "s were");
	return end || !s->refused ? end : QF_DATA;
}

enum qf_outcome qf_send_run(struct qf_stream *stream,
                            const struct qf_send_options *options)
{
	struct sending s = { .stream = stream,
		             .options = options,
		             .silent_ms = qf_stream_now() + QF_SILENT_MS };
	enum qf_outcome end;

	qf_input_init(&s.input, STDIN_FILENO);
	watch(&s);
	qf_saying_begin(&s.saying, stream, options->room);
	end = send_all(&s);
	qf_saying_end(&s.saying);
	qf_tally_fini(&s.tally);
	qf_input_fini(&s.input);
	return end;
}
