/* irc_out.c - what is said to an IRC client, and the labels of its answers
 *
 * Every line ends up in qf_irc_put(), and is made by finish(), so that no text
 * of whoever it be can begin another line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/list.h"
#include "irc_state.h"

enum {
	TAGGED_BYTES = 8192, /* of a line's tags */
	MADE_TIME = 1,
	MADE_TAGS = 2,
	MADE_ACCOUNT = 4,
	MADE_LINES = 8, /* several lines in a batch of their own */
};

bool qf_irc_has(const struct qf_irc *irc, uint32_t caps)
{
	return (irc->caps & caps) == caps;
}

const char *qf_irc_nick(const struct qf_irc *irc)
{
	return irc->guest ? irc->guest->nick : "*";
}

static void mark_due(struct qf_irc *irc)
{
	if (irc->due)
		return;
	irc->due = true;
	qf_hall_is_due(irc->hall, irc->conn);
}

/* Something was added to what it is owed. */
static void look_at_owed(struct qf_irc *irc)
{
	if (irc->out.own.bad || irc->reply.bad)
		irc->hall->carry->bad = true;
	mark_due(irc);
	if (qf_owed_bytes(&irc->out) > QF_IRC_OWED_MAX ||
	    irc->reply.len > QF_IRC_OWED_MAX) {
		qf_buf_clear(&irc->reply);
		irc->labelled = false;
		qf_owed_clear(&irc->out);
		qf_irc_close(irc, "too much waits to be read");
	}
}

void qf_irc_put(struct qf_irc *irc, struct qf_bytes lines, bool reply)
{
	if (irc->over)
		return;
	if (reply && irc->labelled)
		qf_put_raw(&irc->reply, lines.at, lines.len);
	else
		qf_owed_put(&irc->out, lines);
	look_at_owed(irc);
}

/* What was put from `start` on is one line: cut to fit, nothing in it that
 * would end it, and ended. */
static void finish(struct qf_buf *to, size_t start)
{
	size_t len = to->len - start;

	if (to->bad)
		return;
	len = qf_irc_fit(qf_bytes(to->at + start, len), QF_IRC_LINE_BYTES - 2);
	for (size_t i = start; i < start + len; i++)
		if (to->at[i] == '\r' || to->at[i] == '\n' || !to->at[i])
			to->at[i] = ' ';
	to->len = start + len;
	qf_put_raw(to, "\r\n", 2);
}

static void put_text(struct qf_buf *to, const char *text)
{
	qf_put_raw(to, text, strlen(text));
}

static void put_args(struct qf_buf *to, const char *format, va_list args)
{
	char text[2 * QF_IRC_LINE_BYTES];
	int len = vsnprintf(text, sizeof text, format, args);

	if (len > (int)sizeof text - 1)
		len = (int)sizeof text - 1;
	if (len > 0)
		qf_put_raw(to, text, (size_t)len);
}

static void put_line(struct qf_irc *irc, struct qf_buf *line)
{
	finish(line, 0);
	qf_irc_put(irc, qf_buf_bytes(line), true);
	qf_buf_fini(line);
}

void qf_irc_say(struct qf_irc *irc, const char *format, ...)
{
	struct qf_buf line;
	va_list args;

	qf_buf_init(&line, 0);
	va_start(args, format);
	put_args(&line, format, args);
	va_end(args);
	put_line(irc, &line);
}

void qf_irc_numeric(struct qf_irc *irc, int number, const char *format, ...)
{
	struct qf_buf line;
	char head[200];
	va_list args;

	snprintf(head, sizeof head, ":%s %03d %s ", irc->hall->server, number,
	         qf_irc_nick(irc));
	qf_buf_init(&line, 0);
	put_text(&line, head);
	va_start(args, format);
	put_args(&line, format, args);
	va_end(args);
	put_line(irc, &line);
}

void qf_irc_fail(struct qf_irc *irc, const char *format, ...)
{
	struct qf_buf line;
	va_list args;

	qf_buf_init(&line, 0);
	put_text(&line, ":");
	put_text(&line, irc->hall->server);
	put_text(&line, " FAIL ");
	va_start(args, format);
	put_args(&line, format, args);
	va_end(args);
	put_line(irc, &line);
}

void qf_irc_need_more(struct qf_irc *irc, const char *command)
{
	qf_irc_numeric(irc, 461, "%s :Not enough parameters", command);
}

void qf_irc_batch_ref(struct qf_irc *irc, char out[24])
{
	snprintf(out, 24, "q%llu", (unsigned long long)++irc->batches);
}

void qf_irc_time(uint64_t ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, 32 - len, ".%03uZ", (unsigned)(ms % 1000));
}

bool qf_irc_time_read(const char *text, uint64_t *ms)
{
	struct tm tm = { 0 }, same;
	unsigned parts = 0;
	time_t seconds;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest != text + strlen("2026-01-01T00:00:00"))
		return false;
	if (*rest == '.') {
		char digits[4] = "000";

		rest++;
		for (size_t i = 0; *rest >= '0' && *rest <= '9'; i++, rest++)
			if (i < 3)
				digits[i] = *rest;
		parts = (unsigned)atoi(digits);
	}
	if (strcmp(rest, "Z"))
		return false;
	same = tm;
	seconds = timegm(&same);
	/* A date that is none is another one. */
	if (same.tm_mday != tm.tm_mday || same.tm_hour != tm.tm_hour)
		return false;
	*ms = seconds < 0 ? 0 : (uint64_t)seconds * 1000 + parts;
	return *ms <= QF_STAMP_MS_MAX;
}

/* Labels */

void qf_irc_label_begin(struct qf_irc *irc, const char *label)
{
	qf_text_set(irc->hall, &irc->label, *label ? label : NULL);
	irc->labelled = irc->label;
	irc->one_batch = false;
}

/* The line with one more tag before its others. */
static void put_tagged(struct qf_irc *irc, const char *tag, const char *value,
                       struct qf_bytes line)
{
	struct qf_buf to;

	qf_buf_init(&to, 0);
	put_text(&to, "@");
	put_text(&to, tag);
	put_text(&to, "=");
	qf_irc_escape(value, &to);
	if (line.len && line.at[0] == '@') {
		put_text(&to, ";");
		line.at++;
		line.len--;
	} else {
		put_text(&to, " ");
	}
	qf_put_raw(&to, line.at, line.len);
	qf_irc_put(irc, qf_buf_bytes(&to), false);
	qf_buf_fini(&to);
}

static struct qf_bytes next_line(struct qf_bytes *rest)
{
	const uint8_t *end = memchr(rest->at, '\n', rest->len);
	size_t len = end ? (size_t)(end - rest->at) + 1 : rest->len;
	struct qf_bytes line = qf_bytes(rest->at, len);

	rest->at += len;
	rest->len -= len;
	return line;
}

static void put_batched(struct qf_irc *irc, struct qf_bytes lines)
{
	char ref[24], text[QF_IRC_LINE_BYTES];

	qf_irc_batch_ref(irc, ref);
	snprintf(text, sizeof text, ":%s BATCH +%s labeled-response\r\n",
	         irc->hall->server, ref);
	put_tagged(irc, "label", irc->label, qf_bytes(text, strlen(text)));
	while (lines.len) {
		struct qf_bytes line = next_line(&lines);

		/* What is in a batch of its own stays there. */
		if (line.len > 7 && !memcmp(line.at, "@batch=", 7))
			qf_irc_put(irc, line, false);
		else
			put_tagged(irc, "batch", ref, line);
	}
	snprintf(text, sizeof text, ":%s BATCH -%s\r\n", irc->hall->server,
	         ref);
	qf_irc_put(irc, qf_bytes(text, strlen(text)), false);
}

/* labeled-response: nothing is an ACK, one line has the label itself, and more
 * are a batch that has it. */
void qf_irc_label_end(struct qf_irc *irc)
{
	struct qf_buf reply = irc->reply;
	struct qf_bytes rest = qf_buf_bytes(&reply), first;
	char ack[120];

	if (!irc->labelled)
		return;
	irc->labelled = false;
	qf_buf_init(&irc->reply, 0);
	if (!rest.len) {
		snprintf(ack, sizeof ack, ":%s ACK\r\n", irc->hall->server);
		rest = qf_bytes(ack, strlen(ack));
	}
	first = next_line(&rest);
	if (!rest.len || irc->one_batch) {
		put_tagged(irc, "label", irc->label, first);
		if (rest.len)
			qf_irc_put(irc, rest, false);
	} else {
		put_batched(irc, qf_buf_bytes(&reply));
	}
	qf_buf_fini(&reply);
}

/* Sayings */

void qf_saying_fini(struct qf_saying *s)
{
	for (size_t i = 0; i < sizeof s->made / sizeof *s->made; i++)
		qf_buf_fini(&s->made[i]);
}

struct tagging {
	struct qf_buf *to;
	bool any;
};

static void add_tag(struct tagging *t, const char *name, const char *value)
{
	put_text(t->to, t->any ? ";" : "@");
	t->any = true;
	put_text(t->to, name);
	if (!value)
		return;
	put_text(t->to, "=");
	qf_irc_escape(value, t->to);
}

/* first: of several lines, only the first has the id. */
static void put_tags(const struct qf_saying *s, unsigned how, bool first,
                     bool goes_on, const char *batch, struct qf_buf *to)
{
	struct tagging t = { .to = to };
	char at[32];

	if (batch)
		add_tag(&t, "batch", batch);
	if (goes_on)
		add_tag(&t, "draft/multiline-concat", NULL);
	if (how & MADE_TIME && s->ms) {
		qf_irc_time(s->ms, at);
		add_tag(&t, "time", at);
	}
	if (how & MADE_ACCOUNT && s->account && *s->account)
		add_tag(&t, "account", s->account);
	if (how & MADE_TAGS && s->msgid && first)
		add_tag(&t, "msgid", s->msgid);
	if (how & MADE_TAGS && s->bot)
		add_tag(&t, "bot", NULL);
	if (how & MADE_TAGS && s->tags && *s->tags) {
		put_text(to, t.any ? ";" : "@");
		t.any = true;
		put_text(to, s->tags);
	}
	if (t.any)
		put_text(to, " ");
}

/* A text of one word that would be one byte too long has no colon. */
static bool has_colon(const struct qf_saying *s)
{
	return !s->talk || !s->text || (s->joins && *s->joins) ||
	       !qf_irc_is_word(s->text) ||
	       strlen(s->mask) + strlen(s->command) + strlen(s->text) + 6 !=
	               QF_IRC_LINE_BYTES + 1;
}

static size_t head_bytes(const struct qf_saying *s)
{
	return strlen(s->mask) + strlen(s->command) + 5 + /* ": " " " CR LF */
	       has_colon(s);
}

static void put_one(const struct qf_saying *s, struct qf_bytes text,
                    struct qf_buf *to)
{
	size_t start = to->len;

	put_text(to, ":");
	put_text(to, s->mask);
	put_text(to, " ");
	put_text(to, s->command);
	if (s->text) {
		put_text(to, has_colon(s) ? " :" : " ");
		qf_put_raw(to, text.at, text.len);
	}
	finish(to, start);
}

/* A text that is cut into lines. Where a line goes on in the next may be what
 * any node says, so the list is read once, and only as far as it ascends. */
struct cutting {
	const struct qf_saying *s;
	size_t at, end;
	size_t room;
	const char *joins; /* those after `join` */
	size_t join;       /* the first after `at`; SIZE_MAX: there is none */
};

static void next_join(struct cutting *c)
{
	char *end;

	while (c->join <= c->at) {
		size_t join = c->joins ? strtoul(c->joins, &end, 10) : 0;

		if (!c->joins || end == c->joins || join < c->join) {
			c->join = SIZE_MAX;
			return;
		}
		c->join = join;
		c->joins = end + (*end == ',');
	}
}

static struct cutting cut_begin(const struct qf_saying *s)
{
	return (struct cutting){ .s = s,
		                 .end = strlen(s->text),
		                 .room = QF_IRC_LINE_BYTES - head_bytes(s),
		                 .joins = s->joins };
}

/* The next line; it ends at a newline, where a line was joined to the one
 * before, or where it would not fit. */
static struct qf_bytes cut(struct cutting *c, bool *goes_on)
{
	const char *from = c->s->text + c->at;
	size_t len = c->end - c->at, fit;
	const char *newline;

	*goes_on = c->at && from[-1] != '\n';
	next_join(c);
	if (c->join - c->at < len)
		len = c->join - c->at;
	newline = memchr(from, '\n', len < c->room + 1 ? len : c->room + 1);
	if (newline)
		len = (size_t)(newline - from);
	fit = qf_irc_fit(qf_bytes(from, len), c->room);
	if (!fit && len)
		fit = len; /* no room for a character: finish() cuts */
	c->at += fit;
	if (fit == len && from[fit] == '\n')
		c->at++;
	return qf_bytes(from, fit);
}

static bool is_one_line(const struct qf_saying *s)
{
	return !s->talk || !s->text ||
	       (!(s->joins && *s->joins) && !strchr(s->text, '\n') &&
	        head_bytes(s) + strlen(s->text) <= QF_IRC_LINE_BYTES);
}

/* Line by line, for a client that knows no batches of lines. */
static void make_lines(const struct qf_saying *s, unsigned how,
                       const char *batch, struct qf_buf *to)
{
	struct cutting c = cut_begin(s);
	bool first = true, goes_on;

	while (c.at < c.end) {
		struct qf_bytes text = cut(&c, &goes_on);

		if (!text.len)
			continue;
		put_tags(s, how, first, false, batch, to);
		put_one(s, text, to);
		first = false;
	}
}

static void make_batch(struct qf_irc *irc, const struct qf_saying *s,
                       unsigned how, const char *batch, struct qf_buf *to)
{
	struct qf_saying inner = { .mask = s->mask,
		                   .command = s->command,
		                   .text = s->text };
	const char *target = strchr(s->command, ' ');
	struct cutting c = cut_begin(s);
	size_t start;
	char ref[24];
	bool goes_on;

	qf_irc_batch_ref(irc, ref);
	put_tags(s, how, true, false, batch, to);
	start = to->len;
	put_text(to, ":");
	put_text(to, s->mask);
	put_text(to, " BATCH +");
	put_text(to, ref);
	put_text(to, " draft/multiline");
	put_text(to, target);
	finish(to, start);
	do {
		struct qf_bytes text = cut(&c, &goes_on);

		put_tags(&inner, 0, true, goes_on, ref, to);
		put_one(s, text, to);
	} while (c.at < c.end);
	if (batch)
		put_tags(&(struct qf_saying){ 0 }, 0, true, false, batch, to);
	start = to->len;
	put_text(to, ":");
	put_text(to, irc->hall->server);
	put_text(to, " BATCH -");
	put_text(to, ref);
	finish(to, start);
}

static unsigned how_for(const struct qf_irc *irc)
{
	return (qf_irc_has(irc, QF_IRC_CAP_TIME) ? MADE_TIME : 0) |
	       (qf_irc_has(irc, QF_IRC_CAP_TAGS) ? MADE_TAGS : 0) |
	       (qf_irc_has(irc, QF_IRC_CAP_ACCOUNT_TAG) ? MADE_ACCOUNT : 0);
}

bool qf_saying_is_line(struct qf_saying *s)
{
	if (!s->measured)
		s->one_line = is_one_line(s);
	s->measured = true;
	return s->one_line;
}

static void make(struct qf_irc *irc, struct qf_saying *s, unsigned how,
                 const char *batch, struct qf_buf *to)
{
	if (qf_saying_is_line(s)) {
		put_tags(s, how, true, false, batch, to);
		put_one(s, qf_bytes(s->text, s->text ? strlen(s->text) : 0),
		        to);
	} else if (how & MADE_LINES) {
		make_batch(irc, s, how, batch, to);
	} else {
		make_lines(s, how, batch, to);
	}
}

void qf_irc_give(struct qf_irc *irc, struct qf_saying *s, const char *batch,
                 bool reply)
{
	unsigned how = how_for(irc);
	bool lines = !qf_saying_is_line(s) &&
	             qf_irc_has(irc, QF_IRC_CAP_MULTILINE | QF_IRC_CAP_BATCH);
	struct qf_buf own, *made = &s->made[how];

	if (!batch && !lines) {
		if (!made->len)
			make(irc, s, how, NULL, made);
		qf_irc_put(irc, qf_buf_bytes(made), reply);
		return;
	}
	qf_buf_init(&own, 0);
	make(irc, s, how | (lines ? MADE_LINES : 0), batch, &own);
	if (reply && lines && !batch && !irc->reply.len)
		irc->one_batch = true;
	qf_irc_put(irc, qf_buf_bytes(&own), reply);
	qf_buf_fini(&own);
}

static void make_all(struct qf_irc *irc, struct qf_saying *const *all,
                     size_t count, unsigned how, struct qf_stretch *out)
{
	struct qf_hall *h = irc->hall;
	struct qf_buf *to = &h->making;

	qf_buf_clear(to);
	for (size_t i = 0; i < count; i++)
		make(irc, all[i], how, NULL, to);
	if (to->bad || !qf_sheet_write(&h->sheets[how], qf_buf_bytes(to), out))
		h->carry->bad = true;
}

void qf_irc_give_all(struct qf_irc *irc, struct qf_saying *const *all,
                     size_t count, struct qf_stretch made[QF_SAYING_WAYS])
{
	unsigned how = how_for(irc);
	struct qf_stretch *place = &made[how];

	if (!place->sheet)
		make_all(irc, all, count, how, place);
	if (!place->sheet || irc->over)
		return;
	qf_owed_put_stretch(&irc->out, place);
	look_at_owed(irc);
}
