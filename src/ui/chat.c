/* chat.c - a conversation in line mode: what is typed is said, the rest shown
 *
 * The happy path: greet, print the last lines of #lobby, then each typed line
 * is said in the current room and each line of others printed as "name: text".
 * The program's own sentences begin with "System: ", a name that nobody can
 * have. At a terminal the typed line is cleared, and comes back under one's own
 * name once it is stored. At the end of the input it waits until all is stored;
 * if the node is in this process, links have GRACE_MS to take what is new.
 *
 * What is typed is taken one order at a time: while one waits for its answer
 * the next line stays in the input. When the answer does not come, other orders
 * are taken all the same, but nothing is said before its turn.
 *
 * When the node goes, the next one goes on where it ended, and that may be
 * this process. What is not stored in time is said, and ends with QF_NOT_YET.
 */
#include "chat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "asking.h"
#include "commands.h"
#include "hearing.h"
#include "lines.h"
#include "notices.h"
#include "orders.h"
#include "print.h"

#define SYSTEM "System: "

enum {
	GRACE_MS = 2000,
	BACKLOG_BYTES_MAX = 1 << 20,
	UNANSWERED_MAX = QF_CHAT_ASKED_MAX / 2, /* an order may ask twice */
};

uint64_t qf_chat_ask(struct qf_chat *c, qf_asked_take *take,
                     struct qf_bytes word, uint64_t port)
{
	struct qf_asked *a = &c->asked[c->asked_count++];

	*a = (struct qf_asked){ .re = qf_stream_id(c->stream),
		                .take = take,
		                .port = port };
	snprintf(a->word, sizeof a->word, "%.*s", (int)word.len,
	         (const char *)word.at);
	return a->re;
}

static void say_why_not(struct qf_chat *c, int rc)
{
	c->refused = true;
	if (rc == QF_E_MALFORMED)
		qf_screen_say(&c->screen,
		              "not sent: that is not text in UTF-8");
	else if (rc == QF_E_LIMIT)
		qf_screen_say(&c->screen, "not sent: a message has at most "
		                          "65,000 bytes");
	else
		qf_screen_say(&c->screen,
		              "not sent: out of memory or of random bytes");
}

bool qf_chat_asked(struct qf_chat *c, int rc)
{
	if (!rc)
		return true;
	c->asked_count--;
	say_why_not(c, rc);
	return false;
}

void qf_chat_say(struct qf_chat *c, const struct qf_saying_way *way,
                 struct qf_bytes text)
{
	int rc;

	if (!way->whom) {
		qf_screen_say(&c->screen, "you are in no room: /join #lobby");
		return;
	}
	rc = qf_saying_say(&c->saying, way, text, c->input.number);
	if (rc)
		say_why_not(c, rc);
}

void qf_chat_refused(struct qf_chat *c, const char *before,
                     const struct qf_reply *error)
{
	FILE *to = qf_screen_system(&c->screen);

	fputs(before, to);
	qf_print_word(to, error->say);
	if (error->hint.len) {
		fputs("; ", to);
		qf_print_word(to, error->hint);
	}
	putc('\n', to);
}

/* Rooms */

/* What was waited for in that room alone has not come true. */
void qf_chat_drop(struct qf_chat *c, struct qf_rooms_room *room)
{
	qf_rooms_drop(&c->rooms, room);
	if (!qf_rooms_below(&c->rooms, 1))
		c->marks = (struct qf_marks){ 0 };
	for (size_t i = 0; !c->rooms.current && i < c->rooms.count; i++)
		if (c->rooms.list[i]->reads && *c->rooms.list[i]->name == '#')
			c->rooms.current = c->rooms.list[i];
}

static void take_room_refused(struct qf_chat *c, struct qf_rooms_room *room,
                              const struct qf_reply *error)
{
	qf_chat_refused(c, "", error);
	qf_chat_drop(c, room);
}

/* What became of what was said here */

static void take_stored(struct qf_chat *c, const struct qf_reply *stored)
{
	struct qf_rooms_room *room;

	if (!c->at_terminal)
		qf_own_stored(&c->own, stored->id);
	/* No other node is ever given a room of our key with itself. */
	if (qf_reply_is(stored->with, c->key))
		return;
	room = qf_rooms_stored(&c->rooms, stored);
	if (!room)
		qf_screen_say(&c->screen, "the copies of this line are not "
		                          "counted: out of memory");
	if (!stored->say.len)
		return;
	fputs(SYSTEM, c->screen.page);
	qf_print_word(c->screen.page, stored->say);
	putc('\n', c->screen.page);
	if (room)
		snprintf(room->awaits, sizeof room->awaits, "%.*s",
		         (int)stored->with.len, (const char *)stored->with.at);
}

static void take_copies(struct qf_chat *c, const struct qf_reply *copies)
{
	struct qf_rooms_room *room = qf_rooms_copies(&c->rooms, copies);

	if (!room || !*room->awaits || qf_tally_below(&room->tally, 1))
		return;
	fputs(SYSTEM "reached ", c->screen.page);
	qf_hearing_with(c, qf_bytes(room->awaits, strlen(room->awaits)));
	putc('\n', c->screen.page);
	*room->awaits = '\0';
}

/* Printed above the line being typed, and true then. */
static void look_at_marks(struct qf_chat *c)
{
	char words[QF_MARKS_BYTES];

	if (qf_marks_look(&c->marks, qf_rooms_below(&c->rooms, 1),
	                  qf_rooms_least(&c->rooms), qf_stream_now(), words))
		fprintf(c->screen.page, "%s\n", words);
}

/* Replies */

static void show_listening(struct qf_chat *c, const struct qf_reply *news)
{
	FILE *to = c->screen.page;

	if (!news->port) {
		fputs(SYSTEM "no longer waiting for connections\n", to);
		return;
	}
	fputs(SYSTEM "Waiting for connections on port: ", to);
	qf_notice_port(to, news->address, news->port);
	fputc('\n', to);
}

/* A link that the mesh exchanged for another is no news to people. */
static void show_link(struct qf_chat *c, const struct qf_reply *news)
{
	if (!news->quiet)
		qf_notice_news(c->screen.page, SYSTEM, news);
}

static void take_news(struct qf_chat *c, const struct qf_reply *news)
{
	switch (news->kind) {
	case QF_REPLY_CAME:
		qf_hearing_person(c, news, " is here");
		break;
	case QF_REPLY_LEFT:
		qf_hearing_person(c, news, " has left");
		break;
	case QF_REPLY_LOST:
		qf_hearing_person(c, news, " was lost");
		break;
	case QF_REPLY_AWAY:
		qf_hearing_person(c, news, " is away");
		break;
	case QF_REPLY_BACK:
		qf_hearing_person(c, news, " is back");
		break;
	case QF_REPLY_RENAMED:
		qf_hearing_meet(c, news->key, news->key_short, news->name);
		break;
	case QF_REPLY_SELF:
		qf_hearing_meet(c, qf_bytes(c->key, strlen(c->key)),
		                news->key_short, news->name);
		break;
	case QF_REPLY_LISTENING:
		show_listening(c, news);
		break;
	case QF_REPLY_COPIES:
		take_copies(c, news);
		break;
	case QF_REPLY_LINKED:
		c->links++;
		c->grace_ms = qf_stream_now() + GRACE_MS;
		show_link(c, news);
		break;
	case QF_REPLY_UNLINKED:
		c->links -= c->links > 0;
		show_link(c, news);
		break;
	default:
		qf_notice_news(c->screen.page, SYSTEM, news);
	}
}

/* True: it answered something that was asked with a slash. */
static bool take_answer(struct qf_chat *c, const struct qf_reply *reply)
{
	struct qf_asked asked;
	size_t i = 0;

	while (i < c->asked_count && c->asked[i].re != reply->re)
		i++;
	if (!reply->has_re || i == c->asked_count)
		return false;
	asked = c->asked[i];
	if (!qf_reply_is_line(reply) && reply->kind != QF_REPLY_TROUBLE)
		c->asked[i] = c->asked[--c->asked_count];
	asked.take(c, &asked, reply);
	return true;
}

static void take_saying(struct qf_chat *c, const struct qf_reply *reply)
{
	uint64_t number;

	switch (qf_saying_take(&c->saying, reply, &number)) {
	case QF_SAYING_STORED:
		take_stored(c, reply);
		break;
	case QF_SAYING_QUEUED:
		qf_screen_say(&c->screen,
		              "queued: your clock is not set. It is sent when "
		              "the time is known");
		break;
	case QF_SAYING_REFUSED:
		qf_chat_refused(c, "not sent: ", reply);
		break;
	case QF_SAYING_NOT_OURS:
		if (!take_answer(c, reply))
			take_news(c, reply);
		break;
	default:
		break;
	}
}

static bool take(struct qf_chat *c, const struct qf_reply *reply)
{
	struct qf_rooms_room *room;

	if (c->screen.json && !qf_lines_raw(c->screen.events, reply))
		return false;
	switch (qf_rooms_take(&c->rooms, reply, &room)) {
	case QF_READING_LINE:
		qf_hearing_line(c, room, reply);
		break;
	case QF_READING_REFUSED:
		take_room_refused(c, room, reply);
		break;
	case QF_READING_NOT_OURS:
		take_saying(c, reply);
		break;
	default:
		break;
	}
	if (!c->saying.count)
		qf_hearing_release(c);
	return true;
}

/* What is typed */

/* One slash begins a command, two a line that begins with one. */
static bool is_order(struct qf_bytes line)
{
	return line.len > 1 && line.at[0] == '/' && line.at[1] != '/';
}

static void take_typed(struct qf_chat *c, struct qf_bytes line)
{
	struct qf_saying_way way = { .request = qf_request_say };

	if (!line.len)
		return;
	if (is_order(line) || (*line.at == '/' && line.len == 1)) {
		qf_orders_run(c, qf_bytes(line.at + 1, line.len - 1));
		return;
	}
	if (*line.at == '/')
		line = qf_bytes(line.at + 1, line.len - 1);
	if (c->rooms.current)
		way.whom = c->rooms.current->name;
	qf_chat_say(c, &way, line);
}

/* An answer is waited for, or a room's past. */
static bool is_held(const struct qf_chat *c)
{
	return c->asked_count || !qf_rooms_settled(&c->rooms);
}

static bool takes_more(const struct qf_chat *c)
{
	if (c->all_read || c->saying.count == QF_SAYING_MAX)
		return false;
	return !is_held(c) ||
	       (c->stall.told && c->asked_count < UNANSWERED_MAX &&
	        is_order(qf_input_rest(&c->input)));
}

static void take_all_typed(struct qf_chat *c)
{
	struct qf_bytes line;

	while (takes_more(c)) {
		switch (qf_input_next(&c->input, &line)) {
		case QF_INPUT_LINE:
			take_typed(c, line);
			break;
		case QF_INPUT_LONG:
			say_why_not(c, QF_E_LIMIT);
			break;
		case QF_INPUT_END:
			c->all_read = true;
			break;
		case QF_INPUT_WAIT:
			return;
		}
	}
}

/* At a terminal keys are taken at any time, within reason: they can be seen. */
static int input_fd(const struct qf_chat *c)
{
	if (c->all_read || c->input.ended)
		return -1;
	if (!c->at_terminal && !takes_more(c) && !c->stall.told)
		return -1;
	if (qf_input_rest(&c->input).len >= BACKLOG_BYTES_MAX)
		return -1;
	return c->at_terminal ? c->terminal.fd : c->input.fd;
}

static bool read_typed(struct qf_chat *c)
{
	if (c->at_terminal) {
		qf_terminal_read(&c->terminal);
		return true;
	}
	return !qf_input_read(&c->input);
}

/* Whoever was let in where the node listened is let in again. */
static void take_its_place(struct qf_chat *c)
{
	const struct qf_serve_options *o = c->serves;
	struct qf_bytes none = qf_bytes("", 0);

	if (o->classic_port)
		qf_request_classic_host(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_quietly, none, 0),
			o->classic_port, o->classic_room);
	for (size_t i = 0; i < o->irc_count; i++)
		qf_request_irc_host(&c->stream->out,
		                    qf_chat_ask(c, qf_answer_quietly, none, 0),
		                    o->irc_ports[i]);
	qf_request_plain(&c->stream->out,
	                 qf_chat_ask(c, qf_answer_place, none, 0), "status");
}

static void go_on(struct qf_chat *c)
{
	qf_screen_say(&c->screen,
	              c->stream->own
	                      ? "the node has ended, and this screen is it now"
	                      : "the node has ended, and another goes on");
	qf_request_plain(&c->stream->out, qf_stream_id(c->stream), "watch");
	c->links = 0;
	qf_rooms_renew(&c->rooms);
	qf_saying_renew(&c->saying);
	while (c->asked_count) {
		c->asked_count--;
		qf_screen_say(&c->screen, "it had not answered what you asked "
		                          "for; ask again");
	}
	if (c->stream->own)
		take_its_place(c);
}

/* Showing */

static void open_terminal(struct qf_chat *c)
{
	struct qf_completer completer = { qf_orders_complete, c };

	if (c->screen.json || !qf_terminal_is_there() ||
	    qf_terminal_open(&c->terminal, &c->input, &completer))
		return;
	c->at_terminal = true;
	c->screen.terminal = &c->terminal;
}

static void close_terminal(struct qf_chat *c)
{
	qf_screen_flush(&c->screen);
	if (c->at_terminal)
		qf_terminal_close(&c->terminal);
	c->screen.terminal = NULL;
	c->at_terminal = false;
}

/* Nothing more is typed, and something is waited for. */
static bool is_leaving(const struct qf_chat *c)
{
	if (c->all_read)
		return c->saying.count || c->asked_count;
	return c->input.ended && is_held(c);
}

static uint64_t leaving_deadline(const struct qf_chat *c)
{
	uint64_t said_ms = qf_saying_deadline(&c->saying);
	uint64_t asked_ms = qf_leaving_deadline(&c->leaving);

	if (!is_leaving(c))
		return QF_NEVER;
	return said_ms < asked_ms ? said_ms : asked_ms;
}

static void look_at_stall(struct qf_chat *c)
{
	if (qf_stall_look(&c->stall, is_held(c), qf_stream_now()) &&
	    !is_leaving(c))
		qf_screen_say(&c->screen,
		              "the node has not answered yet; commands are "
		              "taken, and what you say waits");
}

static void look_at_leaving(struct qf_chat *c)
{
	char words[QF_LEAVING_BYTES];

	if (!is_leaving(c))
		c->leaving = (struct qf_leaving){ 0 };
	else if (qf_leaving_look(&c->leaving, &c->saying, qf_stream_now(),
	                         words))
		qf_screen_say(&c->screen, "%s", words);
}

/* Said below the late lines, once no more of them come. */
static void look_at_earlier(struct qf_chat *c)
{
	char words[QF_EARLIER_BYTES];

	for (size_t i = 0; i < c->rooms.count; i++) {
		struct qf_rooms_room *room = c->rooms.list[i];

		if (!qf_earlier_look(&room->earlier, qf_stream_now(), words))
			continue;
		fputs(SYSTEM, c->screen.page);
		if (room != c->rooms.current && *room->name == '#')
			fprintf(c->screen.page, "%s: ", room->name);
		fprintf(c->screen.page, "%s\n", words);
	}
}

static bool show(struct qf_chat *c)
{
	const char *room = c->rooms.current ? c->rooms.current->name : "";
	char prompt[QF_ROOM_NAME_BYTES_MAX + 4];

	look_at_marks(c);
	look_at_earlier(c);
	look_at_stall(c);
	look_at_leaving(c);
	snprintf(prompt, sizeof prompt, "%s> ", room);
	if (c->at_terminal)
		qf_terminal_set_prompt(&c->terminal, prompt);
	if (!qf_screen_flush(&c->screen))
		return false;
	if (c->at_terminal)
		qf_terminal_show(&c->terminal);
	return true;
}

static uint64_t wake(const struct qf_chat *c)
{
	uint64_t wake_ms = qf_marks_wake(&c->marks);

	if (qf_stall_wake(&c->stall) < wake_ms)
		wake_ms = qf_stall_wake(&c->stall);
	if (is_leaving(c) && qf_leaving_wake(&c->leaving) < wake_ms)
		wake_ms = qf_leaving_wake(&c->leaving);
	for (size_t i = 0; i < c->rooms.count; i++)
		if (qf_earlier_wake(&c->rooms.list[i]->earlier) < wake_ms)
			wake_ms = qf_earlier_wake(&c->rooms.list[i]->earlier);
	return wake_ms;
}

/* One thing that happens, before end_ms; QF_GOOD: go on. */
static enum qf_outcome step(struct qf_chat *c, uint64_t end_ms, bool *over)
{
	uint64_t wake_ms = wake(c);
	enum qf_outcome end = QF_GOOD;
	struct qf_reply reply;

	switch (qf_stream_wait(c->stream, input_fd(c),
	                       wake_ms < end_ms ? wake_ms : end_ms, &reply)) {
	case QF_STREAM_REPLY:
		end = take(c, &reply) ? QF_GOOD : QF_DISK;
		qf_reply_fini(&reply);
		break;
	case QF_STREAM_INPUT:
		if (!read_typed(c)) {
			qf_complain("standard input: %s", strerror(errno));
			end = QF_DISK;
		}
		break;
	case QF_STREAM_RENEWED:
		go_on(c);
		break;
	case QF_STREAM_LOST:
		close_terminal(c);
		return qf_complain_lost(c->stream->why);
	case QF_STREAM_TIMEOUT:
		*over = qf_stream_now() >= end_ms;
		break;
	case QF_STREAM_STOPPED:
		*over = true;
	}
	look_at_stall(c);
	take_all_typed(c);
	return show(c) ? end : QF_DISK;
}

/* Until the input has ended and all of it is stored, or a signal says so. */
static enum qf_outcome talk(struct qf_chat *c)
{
	enum qf_outcome end = QF_GOOD;
	bool over = false;

	while (!end && !over && (!c->all_read || is_leaving(c)))
		end = step(c, leaving_deadline(c), &over);
	return end;
}

/* Our node goes with us: let who is linked take what is new. */
static enum qf_outcome give_grace(struct qf_chat *c)
{
	enum qf_outcome end = QF_GOOD;
	bool over = false;

	c->grace_ms = qf_stream_now() + GRACE_MS;
	while (!end && !over &&
	       qf_rooms_below(&c->rooms, c->links ? c->links : 1))
		end = step(c, c->grace_ms, &over);
	return end;
}

static void say_what_is_missing(struct qf_chat *c)
{
	size_t only_here = qf_rooms_below(&c->rooms, 1);

	if (c->stream->own && only_here)
		qf_complain("%zu of your lines are kept only here, and go out "
		            "when you are here again",
		            only_here);
	for (size_t i = 0; i < c->saying.count; i++)
		qf_complain("line %llu is not stored",
		            (unsigned long long)c->saying.lines[i].number);
	qf_leaving_complain(&c->saying);
	if (!is_leaving(c))
		return;
	if (c->asked_count)
		qf_complain("%zu of your commands %s not answered",
		            c->asked_count, c->asked_count == 1 ? "is" : "are");
	if (!c->all_read)
		qf_complain("what comes after line %llu was not read",
		            (unsigned long long)c->input.number);
}

/* Beginning */

static void greet(struct qf_chat *c, const struct qf_reply *status)
{
	FILE *to = c->screen.page;

	snprintf(c->key, sizeof c->key, "%.*s", (int)status->key.len,
	         (const char *)status->key.at);
	c->links = status->link_count;
	qf_notice_status(to, SYSTEM, status, c->serves->wanted_port);
	for (size_t i = 0; i < status->link_count; i++)
		qf_notice_link(to, SYSTEM, &status->links[i]);
	for (size_t i = 0; i < status->unreachable_count; i++)
		qf_notice_unreachable(to, SYSTEM, &status->unreachable[i]);
	if (!status->link_count)
		fputs(SYSTEM "nobody else is linked yet\n", to);
}

void qf_chat_come_in(struct qf_chat *c, const char *room)
{
	qf_request_room(
		&c->stream->out,
		qf_chat_ask(c, qf_answer_join, qf_bytes(room, strlen(room)), 0),
		"join", room);
}

/* What is joined already is read on; and what people say to us alone. */
static void read_rooms(struct qf_chat *c, const char *first,
                       const struct qf_reply *status)
{
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	size_t unread = 0;

	c->rooms.current = qf_rooms_read(&c->rooms, c->stream, first,
	                                 QF_CHAT_PAST_LINES);
	qf_chat_come_in(c, first);
	qf_rooms_read(&c->rooms, c->stream, "@", QF_CHAT_PAST_LINES);
	for (size_t i = 0; i < status->room_count; i++) {
		struct qf_bytes room = status->rooms[i].room;

		if (room.len >= sizeof name || qf_rooms_find(&c->rooms, room))
			continue;
		snprintf(name, sizeof name, "%.*s", (int)room.len,
		         (const char *)room.at);
		unread += !qf_rooms_read(&c->rooms, c->stream, name, 0);
	}
	if (unread)
		qf_screen_say(
			&c->screen,
			"%zu more of your rooms are not shown here, as %d "
			"are the most; /rooms lists all, /part makes room",
			unread, QF_ROOMS_READ_MAX - 1);
}

/* With whom one talked is known by name even when they are not here. */
static enum qf_outcome learn_contacts(struct qf_chat *c)
{
	struct qf_reply contacts;
	enum qf_outcome end = qf_ask_plain(c->stream, "contacts", &contacts);

	if (end)
		return end;
	qf_known_put_contacts(&c->contacts, &contacts);
	qf_reply_fini(&contacts);
	return QF_GOOD;
}

static enum qf_outcome begin(struct qf_chat *c, const char *room)
{
	struct qf_reply status;
	enum qf_outcome end;

	/* What the status does not tell comes as news after it. */
	qf_request_plain(&c->stream->out, qf_stream_id(c->stream), "watch");
	end = qf_ask_plain(c->stream, "status", &status);
	if (end)
		return end;
	greet(c, &status);
	if (c->screen.json)
		qf_lines_raw(c->screen.events, &status);
	qf_saying_begin(&c->saying, c->stream, NULL);
	read_rooms(c, room, &status);
	qf_reply_fini(&status);
	qf_request_plain(&c->stream->out,
	                 qf_chat_ask(c, qf_answer_who, qf_bytes("", 0), 0),
	                 "who");
	return QF_GOOD;
}

static enum qf_outcome run(struct qf_chat *c, const char *room)
{
	enum qf_outcome end = learn_contacts(c);

	if (!end)
		end = begin(c, room);
	if (end)
		return end;
	open_terminal(c);
	/* The first answer may wait for a disk; who types need not. */
	end = show(c) ? talk(c) : QF_DISK;
	if (!end && c->stream->own)
		end = give_grace(c);
	/* Who types has seen it. */
	if (!end && c->refused && !c->at_terminal)
		end = QF_DATA;
	close_terminal(c);
	say_what_is_missing(c);
	return (c->saying.count || is_leaving(c)) && (!end || end == QF_DATA)
	               ? QF_NOT_YET
	               : end;
}

enum qf_outcome qf_chat_run(struct qf_stream *s, const char *room,
                            const struct qf_serve_options *serves)
{
	struct qf_chat c = { .stream = s, .serves = serves };
	enum qf_outcome end;

	if (qf_screen_init(&c.screen, serves->json)) {
		qf_complain("out of memory");
		return QF_NO_MEMORY;
	}
	qf_input_init(&c.input, STDIN_FILENO);
	end = run(&c, room);
	qf_rooms_fini(&c.rooms);
	qf_saying_end(&c.saying);
	qf_own_fini(&c.own);
	qf_known_fini(&c.known);
	qf_known_fini(&c.contacts);
	qf_input_fini(&c.input);
	qf_screen_fini(&c.screen);
	return end;
}
