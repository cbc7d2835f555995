/* classic.c - one connection that speaks the original program's protocol */
#include "classic.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classic_frame.h"
#include "classic_line.h"
#include "classic_room.h"
#include "core/ascii.h"

enum {
	NUMBER_MIN = 20, /* of a base and of an exponent */
	NUMBER_SPAN = 81,
	PRIME_MIN = 1009,
	PRIME_SPAN = 8000,
	NUMBERS = 3,       /* a host's: base, prime, A */
	PACE_MS = 1,       /* a frame takes, */
	PACE_BYTES = 2000, /* and one more for so many bytes */
	BURST_MS = 4,      /* after a silence so much may go at once, */
	SMALL_BYTES = 512, /* of frames so small that nothing cuts them */
	NOTES_BYTES_MAX = 2048,
	WHY_BYTES = 100,
	GUEST_BYTES = QF_CLASSIC_NAME_BYTES_MAX + sizeof QF_CLASSIC_MARK,
};

enum state { GREETING, NAMING, ENTERING, LIVE, OVER };

#define CAN(state) (1u << (state))

/* Who may follow whom. Anything else is our bug, never the other side's. */
static const unsigned follows[] = {
	[GREETING] = CAN(NAMING) | CAN(OVER),
	[NAMING] = CAN(ENTERING) | CAN(OVER),
	[ENTERING] = CAN(LIVE) | CAN(OVER),
	[LIVE] = CAN(OVER),
	[OVER] = 0,
};

struct qf_classic {
	enum state state;
	struct qf_classic_options is;
	char room_name[QF_ROOM_NAME_BYTES_MAX + 1];
	char why[WHY_BYTES];
	uint64_t until_ms; /* to be LIVE */

	unsigned numbers[NUMBERS]; /* that came */
	size_t number_count;
	unsigned exponent;
	unsigned prime;
	struct qf_classic_key key;

	char own[QF_CLASSIC_NAME_CHARS_MAX + 1]; /* what it may call us */
	struct qf_buf in;
	struct qf_buf out;   /* fields and flags, to go out whole */
	struct qf_buf notes; /* sentences for it, each with its zero */
	struct qf_buf piece;
	struct qf_classic_line line;
	uint64_t next_ms; /* no frame before */
	bool more;        /* a frame was pulled, so there may be another */

	uint64_t last_number;
	uint64_t name_number; /* of the name that was asked for, or 0 */
	bool entered;
	char wanted[QF_CLASSIC_NAME_BYTES_MAX + 1]; /* how it calls itself */
	char guest[GUEST_BYTES];                    /* "NAME (classic)" */
	struct qf_key self;
	size_t says; /* on their way to disk */
	struct qf_classic_room room;
	bool has_room;
};

static void become(struct qf_classic *c, enum state next)
{
	assert(follows[c->state] & CAN(next));
	c->state = next;
}

static void end(struct qf_classic *c, const char *why)
{
	if (c->state == OVER)
		return;
	become(c, OVER);
	snprintf(c->why, sizeof c->why, "%s", why);
	c->in.len = 0;
	c->more = false;
}

void qf_classic_leave(struct qf_classic *c, const char *why)
{
	if (c->state != OVER)
		qf_put_raw(&c->out, "-001", 4);
	end(c, why);
}

/* The greeting. */

static bool is_prime(unsigned n)
{
	for (unsigned i = 2; i * i <= n; i++)
		if (n % i == 0)
			return false;
	return true;
}

/* What a host says first: base, prime, A. */
static void greet(struct qf_classic *c)
{
	uint64_t random = c->is.random;
	unsigned base = NUMBER_MIN + (unsigned)(random >> 8) % NUMBER_SPAN;

	c->prime = PRIME_MIN + (unsigned)(random >> 32) % (PRIME_SPAN - 10);
	while (!is_prime(c->prime))
		c->prime++;
	qf_classic_put_number(&c->out, base);
	qf_classic_put_number(&c->out, c->prime);
	qf_classic_put_number(&c->out,
	                      qf_classic_power(base, c->exponent, c->prime));
}

/* "Self" is what everyone is called who has not chosen a name. */
static void put_name(struct qf_classic *c)
{
	static const char no_name[] = "Self";

	if (!strcmp(c->own, no_name))
		strcat(c->own, "_");
	qf_classic_put_field(&c->out, c->own);
}

static void answer_host(struct qf_classic *c)
{
	unsigned base = c->numbers[0];

	c->prime = c->numbers[1];
	qf_classic_put_number(&c->out,
	                      qf_classic_power(base, c->exponent, c->prime));
}

static void take_number(struct qf_classic *c, unsigned number)
{
	bool host = c->is.role == QF_CLASSIC_HOST;

	c->numbers[c->number_count++] = number;
	if (c->number_count < (host ? 1 : NUMBERS))
		return;
	if (!host && c->numbers[1] < 2) {
		qf_classic_leave(c, "its prime makes no secret");
		return;
	}
	if (!host)
		answer_host(c);
	qf_classic_key(&c->key,
	               qf_classic_power(number, c->exponent, c->prime));
	put_name(c);
	become(c, NAMING);
}

/* What it asks of the core. */

static struct qf_command *command(struct qf_classic *c,
                                  enum qf_command_kind kind, const char *text)
{
	struct qf_event *ev = qf_carry_tell(c->is.carry, QF_EV_COMMAND,
	                                    c->is.conn);
	struct qf_command *cmd = calloc(1, sizeof *cmd);

	if (!ev || !cmd) {
		c->is.carry->bad = true;
		free(cmd);
		return NULL;
	}
	cmd->kind = kind;
	cmd->request = ++c->last_number;
	cmd->room = strdup(c->room_name);
	cmd->text = strdup(text);
	if (!cmd->room || !cmd->text)
		c->is.carry->bad = true;
	ev->command = cmd;
	return cmd;
}

static void ask_name(struct qf_classic *c, const char *wanted)
{
	struct qf_command *cmd = command(c, QF_CMD_CLASSIC, wanted);

	snprintf(c->wanted, sizeof c->wanted, "%.*s", QF_CLASSIC_NAME_BYTES_MAX,
	         wanted);
	if (!cmd)
		return;
	cmd->address = c->is.address;
	c->name_number = cmd->request;
}

static void say(struct qf_classic *c, uint8_t type, const char *text)
{
	struct qf_command *cmd = command(c, QF_CMD_SAY, text);

	if (!cmd)
		return;
	cmd->type = type;
	cmd->guest = strdup(c->guest);
	if (!cmd->guest)
		c->is.carry->bad = true;
	c->says++;
}

/* What it says. */

/* Names and lines may hold anything: it is made printable here, so that a zero
 * cuts nothing off. */
static void plain(struct qf_bytes from, char *out, size_t cap)
{
	struct qf_buf text;
	size_t len;

	qf_buf_init(&text, 0);
	qf_ascii_put(&text, from);
	len = text.len < cap - 1 ? text.len : cap - 1;
	if (len)
		memcpy(out, text.at, len);
	out[len] = '\0';
	qf_buf_fini(&text);
}

/* A host of ours that is called after its room would bring back all that we
 * bring it, for ever. */
static bool is_ours(const struct qf_classic *c, const char *name)
{
	return c->is.role == QF_CLASSIC_CLIENT && name[0] == '#';
}

static void take_name(struct qf_classic *c, struct qf_bytes name)
{
	char wanted[QF_CLASSIC_NAME_CHARS_MAX + 1];

	if (name.len == 4 && !memcmp(name.at, "Self", 4))
		name = qf_bytes(c->is.address.host, strlen(c->is.address.host));
	plain(name, wanted, sizeof wanted);
	if (is_ours(c, wanted)) {
		qf_classic_leave(c, "it is a QuickFi too: connect to it as "
		                    "to one");
		return;
	}
	become(c, ENTERING);
	c->has_room = true;
	qf_classic_room_init(&c->room, c->room_name, c->is.conn,
	                     ++c->last_number, c->is.carry);
	ask_name(c, wanted);
}

static void take_item(struct qf_classic *c, const struct qf_classic_item *item)
{
	char raw[QF_CLASSIC_CHARS_MAX + 1];
	char text[QF_CLASSIC_CHARS_MAX + 1];
	size_t len = qf_classic_read_bits(&c->key, item->bits, raw);

	plain(qf_bytes(raw, len), text, sizeof text);
	switch (item->say) {
	case QF_CLASSIC_TEXT:
		if (*text)
			say(c, QF_TYPE_TEXT, text);
		break;
	case QF_CLASSIC_RENAME:
		ask_name(c, text);
		break;
	case QF_CLASSIC_LEAVE:
		end(c, "it left");
		break;
	case QF_CLASSIC_OTHER:
		break;
	}
}

static enum qf_classic_got take_one(struct qf_classic *c, struct qf_bytes *in)
{
	struct qf_classic_item item;
	struct qf_bytes name;
	enum qf_classic_got got;
	unsigned number = 0;

	switch (c->state) {
	case GREETING:
		got = qf_classic_get_number(in, &number);
		if (got == QF_CLASSIC_GOT)
			take_number(c, number);
		return got;
	case NAMING:
		got = qf_classic_get_name(in, &name);
		if (got == QF_CLASSIC_GOT)
			take_name(c, name);
		return got;
	default:
		got = qf_classic_get_item(in, &item);
		if (got == QF_CLASSIC_GOT)
			take_item(c, &item);
		return got;
	}
}

bool qf_classic_reads(const struct qf_classic *c)
{
	return c->state != OVER && !c->name_number &&
	       c->says < QF_CLASSIC_SAYS_MAX;
}

static void read_all(struct qf_classic *c)
{
	struct qf_bytes in = qf_buf_bytes(&c->in);
	enum qf_classic_got got = QF_CLASSIC_GOT;

	while (got == QF_CLASSIC_GOT && qf_classic_reads(c))
		got = take_one(c, &in);
	if (got == QF_CLASSIC_BAD)
		qf_classic_leave(c, "what it sends is out of step");
	if (c->state != OVER)
		qf_buf_drop_front(&c->in, c->in.len - in.len);
}

void qf_classic_bytes(struct qf_classic *c, struct qf_bytes in)
{
	if (c->state == OVER)
		return;
	qf_put_raw(&c->in, in.at, in.len);
	if (c->in.bad)
		c->is.carry->bad = true;
	read_all(c);
}

/* What it is told. */

__attribute__((format(printf, 2, 3))) static void note(struct qf_classic *c,
                                                       const char *format, ...)
{
	char text[400];
	va_list args;

	if (c->notes.len > NOTES_BYTES_MAX)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	qf_put_raw(&c->notes, text, strlen(text) + 1);
}

static void welcome(struct qf_classic *c, const char *name)
{
	if (c->is.role == QF_CLASSIC_HOST)
		note(c,
		     "Welcome to the QuickFi! You are %s, a guest of %s. "
		     "Nothing here is private: others on the network can "
		     "read all that you see and write.",
		     name, c->room_name);
}

static void named(struct qf_classic *c, const struct qf_answer *a)
{
	char guest[GUEST_BYTES];

	c->name_number = 0;
	if (a->kind != QF_ANS_CLASSIC) {
		qf_classic_leave(c, a->text ? a->text : "it was refused");
		return;
	}
	snprintf(guest, sizeof guest, "%s" QF_CLASSIC_MARK, a->text);
	if (!c->entered)
		welcome(c, a->text);
	else if (strcmp(guest, c->guest) != 0)
		say(c, QF_TYPE_RENAME, guest);
	/* It shows itself by the name that it chose, and no other way there is
	 * to correct that. */
	if (strcmp(a->text, c->wanted) != 0)
		note(c, "%s cannot be had as a name here: you are %s",
		     c->wanted, a->text);
	c->entered = true;
	c->self = a->key;
	strcpy(c->guest, guest);
}

static void said(struct qf_classic *c, const struct qf_answer *a)
{
	c->says--;
	if (a->kind == QF_ANS_REFUSED)
		note(c, "not said: %s", a->text ? a->text : "");
}

static void look_at_room(struct qf_classic *c)
{
	if (c->room.state == QF_CLASSIC_CLOSED)
		qf_classic_leave(c, "the room cannot be entered");
	else if (c->state == ENTERING && c->entered &&
	         c->room.state == QF_CLASSIC_LIVE)
		become(c, LIVE);
}

static void told_answer(struct qf_classic *c, const struct qf_answer *a)
{
	if (a->request == c->room.number)
		qf_classic_room_joined(&c->room, a);
	else if (a->request == c->name_number)
		named(c, a);
	else
		said(c, a);
}

void qf_classic_told(struct qf_classic *c, struct qf_effect *fx)
{
	if (c->state == OVER || !c->has_room)
		return;
	if (fx->kind == QF_FX_ANSWER)
		told_answer(c, fx->answer);
	else if (fx->kind == QF_FX_PAIR)
		qf_classic_room_paired(&c->room, fx->snapshot);
	else if (fx->kind == QF_FX_DROP)
		qf_classic_leave(c, fx->text ? fx->text : "");
	look_at_room(c);
	read_all(c);
}

void qf_classic_got(struct qf_classic *c, struct qf_read *read)
{
	if (c->state == OVER)
		return;
	qf_classic_room_got(&c->room, read);
	look_at_room(c);
}

static bool is_its_own(const struct qf_classic *c, const struct qf_envelope *e)
{
	size_t len = strlen(c->guest);
	struct qf_body body;

	return qf_key_equal(&e->head.author, &c->self) &&
	       qf_body_decode(&body, qf_envelope_body(e)) &&
	       body.guest.len == len && !memcmp(body.guest.at, c->guest, len);
}

/* To a host we go by our own name, so that is what we change. */
static void pass_rename_on(struct qf_classic *c, const struct qf_envelope *e)
{
	struct qf_body body;

	if (c->is.role == QF_CLASSIC_HOST || e->head.type != QF_TYPE_RENAME ||
	    !qf_key_equal(&e->head.author, &c->self) ||
	    !qf_body_decode(&body, qf_envelope_body(e)) || body.guest.len)
		return;
	qf_buf_clear(&c->piece);
	qf_ascii_put(&c->piece, body.text);
	qf_put_raw(&c->out, "-002", 4);
	qf_classic_put_frame(&c->out, &c->key, qf_buf_bytes(&c->piece));
}

/* The next of the room becomes the line. False: nothing is due. */
static bool next_line(struct qf_classic *c)
{
	const struct qf_envelope *e;

	while ((e = qf_classic_room_next(&c->room))) {
		bool plainly = c->is.role == QF_CLASSIC_CLIENT &&
		               qf_key_equal(&e->head.author, &c->self);

		if (is_its_own(c, e))
			continue;
		/* It may be refused without a sign, so it is said too. */
		pass_rename_on(c, e);
		if (qf_classic_line_of(&c->line, e, plainly))
			return true;
	}
	return false;
}

static bool next_note(struct qf_classic *c)
{
	if (!c->notes.len)
		return false;
	qf_classic_line_note(&c->line, (const char *)c->notes.at);
	qf_buf_drop_front(&c->notes, strlen((const char *)c->notes.at) + 1);
	return true;
}

/* Paced at 0.2 ms for 20 letters and 5 ms for 1,400 all arrive at the original;
 * poured in without a pause, its reader is out of step after a thousand of the
 * former or 25 of the latter (measured). */
static void keep_pace(struct qf_classic *c, size_t bytes, uint64_t now_ms)
{
	uint64_t from_ms = now_ms;

	if (bytes <= SMALL_BYTES)
		from_ms = now_ms > BURST_MS ? now_ms - BURST_MS : 0;
	if (c->next_ms > from_ms)
		from_ms = c->next_ms;
	c->next_ms = from_ms + PACE_MS + bytes / PACE_BYTES;
}

static void put_frame(struct qf_classic *c, struct qf_buf *to, uint64_t now_ms)
{
	size_t before = to->len;

	c->more = false;
	if (!c->out.len && !c->line.due && !next_note(c) && !next_line(c))
		return;
	if (c->out.len) {
		qf_put_raw(to, c->out.at, c->out.len);
		qf_buf_clear(&c->out);
	} else {
		qf_buf_clear(&c->piece);
		qf_classic_line_next(&c->line, &c->piece);
		qf_classic_put_frame(to, &c->key, qf_buf_bytes(&c->piece));
	}
	c->more = true;
	keep_pace(c, to->len - before, now_ms);
}

void qf_classic_pull(struct qf_classic *c, struct qf_buf *to, uint64_t now_ms)
{
	if (c->state < LIVE && now_ms >= c->until_ms)
		qf_classic_leave(c, "it did not say who it is");
	if (c->state == LIVE) {
		if (now_ms >= c->next_ms)
			put_frame(c, to, now_ms);
	} else {
		qf_put_raw(to, c->out.at, c->out.len);
		qf_buf_clear(&c->out);
	}
	if (c->piece.bad || c->notes.bad || c->out.bad || to->bad)
		c->is.carry->bad = true;
}

uint64_t qf_classic_wake(const struct qf_classic *c)
{
	if (c->state < LIVE)
		return c->until_ms;
	return c->more ? c->next_ms : UINT64_MAX;
}

struct qf_classic *qf_classic_new(const struct qf_classic_options *options)
{
	struct qf_classic *c = calloc(1, sizeof *c);
	const char *own = options->role == QF_CLASSIC_HOST ? options->room
	                                                   : options->name;

	if (!c)
		return NULL;
	c->is = *options;
	memccpy(c->room_name, options->room, 0, sizeof c->room_name - 1);
	c->until_ms = options->now_ms + QF_CLASSIC_GREETING_MS;
	c->exponent = NUMBER_MIN +
	              (unsigned)(options->random & 0xff) % NUMBER_SPAN;
	plain(qf_bytes(own, strlen(own)), c->own, sizeof c->own - 1);
	if (options->role == QF_CLASSIC_HOST)
		greet(c);
	return c;
}

void qf_classic_free(struct qf_classic *c)
{
	if (!c)
		return;
	if (c->has_room)
		qf_classic_room_fini(&c->room);
	qf_classic_line_fini(&c->line);
	qf_buf_fini(&c->in);
	qf_buf_fini(&c->out);
	qf_buf_fini(&c->notes);
	qf_buf_fini(&c->piece);
	free(c);
}

bool qf_classic_over(const struct qf_classic *c)
{
	return c->state == OVER && !c->out.len;
}

bool qf_classic_entered(const struct qf_classic *c)
{
	return c->entered;
}

const char *qf_classic_why(const struct qf_classic *c)
{
	return c->why;
}
