/* irc.c - one connection of an IRC client: bytes, lines, and their order
 *
 * The happy path of a line: it is cut from what came, parsed, and done
 * (irc_commands.c). What it asks of the core is pending; while something is,
 * the next line waits, unless both are messages. When nothing is pending and
 * no step of the command is left, its label is answered and the next line is
 * taken.
 *
 * A client can fail: what is no line is answered and passed over; one that
 * reads too slowly, says nothing for too long or never registers is closed.
 */
#include "irc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "core/list.h"
#include "irc_state.h"

enum { IN_BYTES = 32 * 1024 }; /* typed ahead, above which nothing is read */

static bool is_local(const char *from)
{
	return !strcmp(from, "::1") || !strncmp(from, "127.", 4);
}

static bool is_trusted(const struct qf_hall *h, const char *from)
{
	for (size_t i = 0; i < h->trusted_count; i++)
		if (!strcmp(h->trusted[i], from))
			return true;
	return is_local(from);
}

/* Of the lines, which are in the order of conn, the first that is not below. */
static size_t place_of(const struct qf_hall *h, qf_conn conn)
{
	size_t from = 0, to = h->line_count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (h->lines[mid]->conn < conn)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct qf_irc *qf_irc_line(const struct qf_hall *h, qf_conn conn)
{
	size_t i = place_of(h, conn);

	return i < h->line_count && h->lines[i]->conn == conn ? h->lines[i]
	                                                      : NULL;
}

/* There is room. */
static void sit(struct qf_hall *h, struct qf_irc *irc)
{
	size_t i = place_of(h, irc->conn);

	memmove(&h->lines[i + 1], &h->lines[i],
	        (h->line_count++ - i) * sizeof(struct qf_irc *));
	h->lines[i] = irc;
}

static void rise(struct qf_hall *h, const struct qf_irc *irc)
{
	size_t i = place_of(h, irc->conn);

	memmove(&h->lines[i], &h->lines[i + 1],
	        (--h->line_count - i) * sizeof(struct qf_irc *));
}

struct qf_irc *qf_irc_new(struct qf_hall *h, const struct qf_irc_options *o)
{
	struct qf_irc *irc = calloc(1, sizeof *irc);

	if (!irc || !(irc->entrant = calloc(1, sizeof *irc->entrant)) ||
	    !qf_list_room(&h->lines, h->line_count, &h->line_cap,
	                  sizeof *h->lines)) {
		free(irc ? irc->entrant : NULL);
		free(irc);
		return NULL;
	}
	irc->conn = o->conn;
	sit(h, irc);
	irc->hall = h;
	irc->secure = o->secure;
	snprintf(irc->entrant->from, sizeof irc->entrant->from, "%s", o->from);
	if (o->proven) {
		irc->proven = true;
		irc->proof = *o->proven;
	}
	irc->trusted = is_trusted(h, o->from);
	irc->begun_ms = irc->heard_ms = h->now.mono_ms;
	irc->counted = true;
	atomic_fetch_add(h->unknown, 1);
	if (!h->asked)
		qf_accounts_ask(h);
	if (h->no_plain && !o->secure && !is_local(o->from))
		qf_irc_close(irc, "this node takes no plain text from other "
		                  "machines; connect to the same port with "
		                  "TLS");
	return irc;
}

static void count_known(struct qf_irc *irc)
{
	if (irc->counted)
		atomic_fetch_sub(irc->hall->unknown, 1);
	irc->counted = false;
}

void qf_irc_part_with(struct qf_irc *irc)
{
	struct qf_irc **at = irc->guest ? &irc->guest->irc : NULL;

	if (!at)
		return;
	while (*at != irc)
		at = &(*at)->beside;
	*at = irc->beside;
	irc->beside = NULL;
	irc->guest = NULL;
}

void qf_irc_free(struct qf_irc *irc)
{
	struct qf_hall *h;

	if (!irc)
		return;
	h = irc->hall;
	count_known(irc);
	qf_irc_part_with(irc);
	rise(h, irc);
	for (size_t i = 0; i < irc->step_count; i++)
		free(irc->steps[i]);
	for (size_t i = 0; i < irc->watched_count; i++)
		free(irc->watched[i]);
	qf_irc_history_free(irc);
	qf_irc_sasl_free(irc);
	qf_irc_lines_free(irc);
	free(irc->entrant);
	free(irc->steps);
	free(irc->watched);
	free(irc->pending);
	free(irc->pong);
	free(irc->label);
	free(irc->account);
	qf_buf_fini(&irc->in);
	qf_owed_clear(&irc->out);
	qf_buf_fini(&irc->reply);
	free(irc);
}

/* What is asked */

struct qf_irc_pending *qf_irc_ask(struct qf_irc *irc,
                                  void (*then)(struct qf_irc *,
                                               struct qf_irc_pending *,
                                               struct qf_answer *))
{
	struct qf_irc_pending *p;

	if (!qf_list_room(&irc->pending, irc->pending_count, &irc->pending_cap,
	                  sizeof *irc->pending)) {
		irc->hall->carry->bad = true;
		return NULL;
	}
	p = &irc->pending[irc->pending_count++];
	*p = (struct qf_irc_pending){ .number = ++irc->last_number,
		                      .then = then };
	return p;
}

struct qf_command *qf_irc_command(struct qf_irc *irc, enum qf_command_kind kind,
                                  uint64_t number)
{
	struct qf_carry *carry = irc->hall->carry;
	struct qf_event *ev = qf_carry_tell(carry, QF_EV_COMMAND, irc->conn);
	struct qf_command *c = ev ? calloc(1, sizeof *c) : NULL;

	if (!c) {
		carry->bad = true;
		return NULL;
	}
	c->kind = kind;
	c->request = number;
	ev->command = c;
	return c;
}

void qf_irc_tell(struct qf_irc *irc, const struct qf_tell *t,
                 void (*then)(struct qf_irc *, struct qf_irc_pending *,
                              struct qf_answer *))
{
	struct qf_irc_pending *p = qf_irc_ask(irc, then);
	struct qf_tell dated = *t;

	if (!p)
		return;
	if (!dated.ms)
		dated.ms = irc->hall->now.wall_ms;
	qf_tell_send(irc->hall->carry, &dated, irc->conn, 0, p->number);
}

void qf_irc_settle(struct qf_irc *irc,
                   void (*then)(struct qf_irc *, struct qf_irc_pending *,
                                struct qf_answer *))
{
	struct qf_irc_pending *p = qf_irc_ask(irc, then);

	if (p)
		qf_irc_command(irc, QF_CMD_SETTLE, p->number);
}

void qf_irc_step(struct qf_irc *irc, const char *format, ...)
{
	char *line = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&line, format, args);
	va_end(args);
	if (len < 0 || !qf_list_room(&irc->steps, irc->step_count,
	                             &irc->step_cap, sizeof *irc->steps)) {
		irc->hall->carry->bad = true;
		return;
	}
	irc->steps[irc->step_count++] = line;
}

/* Lines */

static bool is_busy(const struct qf_irc *irc)
{
	return irc->pending_count > irc->talks || irc->history ||
	       irc->flushes || !irc->hall->ready;
}

static void do_step(struct qf_irc *irc)
{
	char *line = irc->steps[0];
	struct qf_irc_line l;

	irc->step_count--;
	memmove(irc->steps, irc->steps + 1,
	        irc->step_count * sizeof *irc->steps);
	if (qf_irc_line_parse(&l, qf_bytes(line, strlen(line))) == QF_IRC_GOOD)
		qf_irc_do(irc, &l);
	free(line);
}

/* Go on with the command; true: it is done. */
static bool end_command(struct qf_irc *irc)
{
	while (!irc->over && !is_busy(irc) && irc->step_count)
		do_step(irc);
	if (is_busy(irc) || (irc->labelled && irc->pending_count))
		return false;
	if (irc->acting)
		qf_irc_label_end(irc);
	irc->acting = false;
	return true;
}

/* Messages follow each other; anything else, and what has a label, waits. While
 * nothing can be stored, a PING does not, or the client would think that the
 * node is lost. */
static bool may_begin(const struct qf_irc *irc, const struct qf_irc_line *l)
{
	char label[2];

	if (!irc->talks)
		return true;
	if (irc->labelled || qf_irc_tag(l->tags, "label", label, sizeof label))
		return false;
	if (irc->hall->trouble && !strcmp(l->command, "PING"))
		return true;
	return irc->talks < QF_IRC_TALKS_MAX && qf_irc_is_talk(l);
}

static void refuse_line(struct qf_irc *irc, enum qf_irc_fault fault,
                        const struct qf_irc_line *l)
{
	if (fault == QF_IRC_LONG)
		qf_irc_numeric(irc, 417, ":Input line was too long");
	else
		qf_irc_fail(irc,
		            "%s INVALID_UTF8 :Message rejected: it is not "
		            "UTF-8 text",
		            l->command[0] ? l->command : "*");
}

static void begin_command(struct qf_irc *irc, struct qf_irc_line *l,
                          enum qf_irc_fault fault)
{
	char label[QF_IRC_LABEL_BYTES + 1] = "";

	if (qf_irc_has(irc, QF_IRC_CAP_LABELS))
		qf_irc_tag(l->tags, "label", label, sizeof label);
	irc->acting = true;
	qf_irc_label_begin(irc, label);
	if (fault != QF_IRC_GOOD)
		refuse_line(irc, fault, l);
	else if (!qf_irc_take_line(irc, l))
		qf_irc_do(irc, l);
}

/* Each line costs some time, and so much of it may be owed: whoever types
 * faster is read more slowly. True: the next line has to wait. */
static bool is_too_fast(struct qf_irc *irc)
{
	uint64_t now = irc->hall->now.mono_ms;

	if (irc->trusted || !irc->hall->line_ms)
		return false;
	if (irc->paid_ms < now)
		irc->paid_ms = now;
	if (irc->paid_ms > now + QF_IRC_BURST_MS)
		return true;
	irc->paid_ms += irc->hall->line_ms;
	return false;
}

/* False: it has to wait. */
static bool do_line(struct qf_irc *irc, struct qf_bytes line)
{
	struct qf_irc_line l;
	enum qf_irc_fault fault = qf_irc_line_parse(&l, line);

	if (fault == QF_IRC_BLANK)
		return true;
	if (fault == QF_IRC_GOOD ? !may_begin(irc, &l) : irc->talks)
		return false;
	begin_command(irc, &l, fault);
	return true;
}

/* The rest of a line that is longer than any may be is passed over. */
static void skip_long(struct qf_irc *irc)
{
	if (!irc->skipping)
		qf_irc_numeric(irc, 417, ":Input line was too long");
	irc->skipping = true;
	qf_buf_clear(&irc->in);
	irc->seen = 0;
}

static void read_lines(struct qf_irc *irc)
{
	size_t used = 0;

	while (!irc->over && end_command(irc) && irc->in.len > irc->seen) {
		const uint8_t *line = irc->in.at + used;
		const uint8_t *newline = memchr(irc->in.at + irc->seen, '\n',
		                                irc->in.len - irc->seen);
		size_t len = newline ? (size_t)(newline - line)
		                     : irc->in.len - used;

		if (!newline && len > QF_IRC_TYPED_BYTES) {
			skip_long(irc);
			return;
		}
		if (!newline) {
			irc->seen = irc->in.len;
			break;
		}
		if (!irc->skipping &&
		    (is_too_fast(irc) || !do_line(irc, qf_bytes(line, len))))
			break;
		irc->skipping = false;
		used += len + 1;
		irc->seen = used;
	}
	if (irc->lost && irc->in.len == irc->seen && end_command(irc) &&
	    !irc->talks)
		qf_irc_end(irc, "Connection closed");
	if (irc->over)
		used = irc->in.len;
	qf_buf_drop_front(&irc->in, used);
	irc->seen = irc->seen > used ? irc->seen - used : 0;
	if (!irc->in.len)
		qf_buf_fini(&irc->in);
}

void qf_irc_go_on(struct qf_irc *irc)
{
	read_lines(irc);
}

void qf_irc_bytes(struct qf_irc *irc, struct qf_bytes in)
{
	irc->heard_ms = irc->hall->now.mono_ms;
	irc->pinged = false;
	if (irc->over)
		return;
	qf_put_raw(&irc->in, in.at, in.len);
	if (irc->in.bad)
		irc->hall->carry->bad = true;
	read_lines(irc);
}

bool qf_irc_reads(const struct qf_irc *irc)
{
	return !irc->over && irc->in.len < IN_BYTES &&
	       qf_owed_bytes(&irc->out) < QF_IRC_OWED_MAX / 4;
}

/* What comes back */

/* An idle guest keeps no list. */
static void forget_pending(struct qf_irc *irc)
{
	free(irc->pending);
	irc->pending = NULL;
	irc->pending_cap = 0;
}

static void drop_pending(struct qf_irc *irc, size_t i)
{
	irc->talks -= irc->pending[i].talk;
	irc->pending_count--;
	memmove(&irc->pending[i], &irc->pending[i + 1],
	        (irc->pending_count - i) * sizeof *irc->pending);
	if (!irc->pending_count)
		forget_pending(irc);
}

/* The first of a room of two keys is answered before this worker has the
 * room's tail: it is done when it has come back as a post, so that its label
 * goes with the echo. */
static bool must_be_read(struct qf_irc *irc, struct qf_irc_pending *p,
                         const struct qf_answer *a)
{
	const struct qf_hall_room *r;

	if (p->then != qf_irc_was_said || p->echoed || !a->lsn ||
	    a->kind != QF_ANS_STORED || p->target[0] == '#')
		return false;
	r = qf_hall_room_by_id(irc->hall, &a->room);
	if (r && r->cursor >= a->lsn)
		return false;
	p->unread = a->lsn;
	p->room = a->room;
	irc->hall->awaits_posts = true;
	return true;
}

static void answered(struct qf_irc *irc, struct qf_answer *a)
{
	for (size_t i = 0; i < irc->pending_count; i++) {
		struct qf_irc_pending p = irc->pending[i];

		if (p.number != a->request)
			continue;
		if (must_be_read(irc, &irc->pending[i], a))
			return;
		drop_pending(irc, i);
		if (p.then)
			p.then(irc, &p, a);
		return;
	}
}

bool qf_irc_has_read(struct qf_irc *irc, const struct qf_room_id *room,
                     uint64_t lsn)
{
	bool goes_on = false, waits = false;

	for (size_t i = irc->pending_count; i--;) {
		const struct qf_irc_pending *p = &irc->pending[i];

		if (!p->unread)
			continue;
		if (p->unread > lsn || !qf_room_id_equal(&p->room, room)) {
			waits = true;
			continue;
		}
		drop_pending(irc, i);
		goes_on = true;
	}
	if (goes_on)
		read_lines(irc);
	return waits;
}

void qf_irc_told(struct qf_irc *irc, struct qf_effect *fx)
{
	if (fx->kind == QF_FX_ANSWER)
		answered(irc, fx->answer);
	else if (fx->kind == QF_FX_PAIR)
		qf_irc_history_pair(irc, fx);
	else if (fx->kind == QF_FX_DROP)
		qf_irc_close(irc, fx->text ? fx->text : "closed");
	read_lines(irc);
}

void qf_irc_got(struct qf_irc *irc, struct qf_read *read)
{
	qf_irc_history_got(irc, read);
	read_lines(irc);
}

struct qf_bytes qf_irc_owed(const struct qf_irc *irc, struct qf_buf *to)
{
	return qf_owed_all(&irc->out, to);
}

void qf_irc_pulled(struct qf_irc *irc)
{
	irc->due = false;
	qf_owed_clear(&irc->out);
}

/* The end */

bool qf_irc_over(const struct qf_irc *irc)
{
	return irc->over && !qf_owed_bytes(&irc->out);
}

void qf_irc_lost(struct qf_irc *irc)
{
	irc->lost = true;
	read_lines(irc);
}

static void tell_quit(struct qf_irc *irc, const char *why)
{
	struct qf_tell t = { .kind = QF_TELL_QUIT,
		             .count = 1,
		             .words = { why },
		             .ms = irc->hall->now.wall_ms };

	if (irc->told_quit || (!irc->guest && !irc->claiming))
		return;
	irc->told_quit = true;
	qf_tell_send(irc->hall->carry, &t, irc->conn, 0, ++irc->last_number);
}

void qf_irc_close(struct qf_irc *irc, const char *why)
{
	if (irc->over)
		return;
	qf_irc_label_end(irc);
	qf_irc_say(irc, "ERROR :Closing link: %s", why);
	tell_quit(irc, why);
	count_known(irc);
	irc->over = true;
}

void qf_irc_leave(struct qf_irc *irc)
{
	qf_irc_close(irc, "this node is stopping");
}

void qf_irc_end(struct qf_irc *irc, const char *why)
{
	tell_quit(irc, why);
	count_known(irc);
	irc->over = true;
}

uint64_t qf_irc_tick(struct qf_irc *irc)
{
	uint64_t now = irc->hall->now.mono_ms;

	qf_hall_forget_silent(irc->hall);
	if (irc->over)
		return UINT64_MAX;
	if (irc->paid_ms > now + QF_IRC_BURST_MS)
		return irc->paid_ms - QF_IRC_BURST_MS;
	if (irc->in.len)
		read_lines(irc);
	if (!irc->guest) {
		if (now >= irc->begun_ms + QF_IRC_GREETING_MS)
			qf_irc_close(irc, "registration took too long");
		return irc->begun_ms + QF_IRC_GREETING_MS;
	}
	if (irc->pinged) {
		if (now >= irc->heard_ms + QF_IRC_PING_MS + QF_IRC_SILENT_MS)
			qf_irc_close(irc, "Ping timeout");
		return irc->heard_ms + QF_IRC_PING_MS + QF_IRC_SILENT_MS;
	}
	if (now >= irc->heard_ms + QF_IRC_PING_MS) {
		irc->pinged = true;
		qf_irc_say(irc, "PING :%s", irc->hall->server);
		return irc->heard_ms + QF_IRC_PING_MS + QF_IRC_SILENT_MS;
	}
	return irc->heard_ms + QF_IRC_PING_MS;
}
