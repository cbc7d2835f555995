/* orders.c - what can be asked of a conversation with a slash: one table */
#include "orders.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "complete.h"
#include "print.h"

enum { PORT_MAX = 65535, LAST_LINES = 20, CHOICES_MAX = 1024 };

static bool is(struct qf_bytes a, char c)
{
	return a.len && *a.at == c;
}

static struct qf_bytes word(const struct qf_slash_words *w, size_t i)
{
	return i < w->count ? w->at[i] : qf_bytes("", 0);
}

/* A request with no fields. */
static void ask_plain(struct qf_chat *c, qf_asked_take *take, const char *verb)
{
	qf_request_plain(&c->stream->out,
	                 qf_chat_ask(c, take, qf_bytes("", 0), 0), verb);
}

/* A request with one field, as it was typed. */
static void ask_field(struct qf_chat *c, qf_asked_take *take, const char *verb,
                      const char *field, struct qf_bytes value)
{
	uint64_t id = qf_chat_ask(c, take, value, 0);

	qf_chat_asked(
		c, qf_request_field(&c->stream->out, id, verb, field, value));
}

/* Links */

/* 0: it is none, and that was said. */
static uint16_t read_port(struct qf_chat *c, struct qf_bytes text)
{
	unsigned long port = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9') {
			qf_screen_say(&c->screen,
			              "Please input a port number.");
			return 0;
		}
		if (port <= PORT_MAX)
			port = 10 * port + (text.at[i] - '0');
	}
	if (port >= 1 && port <= PORT_MAX)
		return (uint16_t)port;
	qf_screen_say(&c->screen,
	              "Please input a port number between 1 and 65535.");
	return 0;
}

static bool begins_with(const struct qf_slash_words *w, const char *flag)
{
	return w->count && w->at[0].len == strlen(flag) &&
	       !memcmp(w->at[0].at, flag, strlen(flag));
}

/* Whether it is about what speaks the original's protocol. */
static bool is_classic(const struct qf_slash_words *w)
{
	return begins_with(w, "--classic");
}

/* Classics are guests of the room that one speaks to, if all may enter it. */
static const char *classic_room(const struct qf_chat *c)
{
	const struct qf_rooms_room *room = c->rooms.current;

	return room && *room->name == '#' ? room->name : "#lobby";
}

static void host_classics(struct qf_chat *c, struct qf_bytes word)
{
	uint16_t port = read_port(c, word);

	if (port)
		qf_request_classic_host(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_quietly, qf_bytes("", 0), 0),
			port, classic_room(c));
}

/* A word less is meant when the first is --classic. */
static bool is_too_much(struct qf_chat *c, const struct qf_slash_words *w,
                        size_t max)
{
	if (w->count <= max)
		return false;
	qf_screen_say(&c->screen, "that is too much, from %.*s",
	              (int)w->at[max].len, (const char *)w->at[max].at);
	return true;
}

static void host_nodes(struct qf_chat *c, const struct qf_slash_words *w)
{
	uint16_t port = w->count ? read_port(c, w->at[0]) : QF_PORT_DEFAULT;

	if (port)
		qf_request_host(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_quietly, qf_bytes("", 0), 0),
			port);
}

static void host_irc(struct qf_chat *c, struct qf_bytes word)
{
	uint16_t port = word.len ? read_port(c, word) : QF_PORT_IRC;

	if (port)
		qf_request_irc_host(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_quietly, qf_bytes("", 0), 0),
			port);
}

static void run_host(struct qf_chat *c, const struct qf_slash_words *w)
{
	if (is_classic(w))
		host_classics(c, word(w, 1));
	else if (begins_with(w, "--irc"))
		host_irc(c, word(w, 1));
	else if (!is_too_much(c, w, 1))
		host_nodes(c, w);
}

/* What looks like a number of either kind has to be one. */
static bool host_is_good(const char *host)
{
	char plain[QF_HOST_BYTES_MAX + 1];
	struct in6_addr binary;

	if (strchr(host, ':')) {
		snprintf(plain, sizeof plain, "%.*s", (int)strcspn(host, "%"),
		         host);
		return inet_pton(AF_INET6, plain, &binary) == 1;
	}
	if (host[strspn(host, "0123456789.")] == '\0')
		return inet_pton(AF_INET, host, &binary) == 1;
	return true;
}

static void connect_to(struct qf_chat *c, struct qf_bytes host, uint16_t port,
                       bool classic)
{
	struct qf_address address = { .port = port };

	/* [::1] is ::1. */
	if (is(host, '[') && host.at[host.len - 1] == ']')
		host = qf_bytes(host.at + 1, host.len - 2);
	snprintf(address.host, sizeof address.host, "%.*s", (int)host.len,
	         (const char *)host.at);
	if (!host.len || host.len > QF_HOST_BYTES_MAX ||
	    !host_is_good(address.host)) {
		qf_screen_say(&c->screen, "Please input a valid ip address.");
		return;
	}
	if (classic)
		qf_request_classic_call(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_quietly, host, port), &address,
			classic_room(c));
	else
		qf_request_connect(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_connect, host, port),
			&address);
}

/* "1.2.3.4:7001" or "[::1]:7001": where the port begins, or NULL. Who types an
 * IPv6 address without brackets means no port. */
static const uint8_t *find_port(struct qf_bytes host)
{
	const uint8_t *colon = host.len ? memrchr(host.at, ':', host.len)
	                                : NULL;

	if (!colon || colon == host.at)
		return NULL;
	if (is(host, '['))
		return colon[-1] == ']' ? colon + 1 : NULL;
	return memchr(host.at, ':', host.len) == colon ? colon + 1 : NULL;
}

static void connect_to_word(struct qf_chat *c, struct qf_bytes host,
                            bool classic)
{
	const uint8_t *at = find_port(host);
	uint16_t port = QF_PORT_DEFAULT;

	if (at) {
		port = read_port(
			c, qf_bytes(at, (size_t)(host.at + host.len - at)));
		host.len = (size_t)(at - 1 - host.at);
	}
	if (port)
		connect_to(c, host, port, classic);
}

static void run_connect(struct qf_chat *c, const struct qf_slash_words *w)
{
	bool classic = is_classic(w);
	struct qf_bytes host = word(w, classic);
	uint16_t port;

	if (is_too_much(c, w, 2 + classic))
		return;
	if (w->count > 1u + classic) {
		port = read_port(c, w->at[1 + classic]);
		if (port)
			connect_to(c, host, port, classic);
	} else if (classic || memchr(host.at, '.', host.len) ||
	           memchr(host.at, ':', host.len)) {
		connect_to_word(c, host, classic);
	} else {
		ask_field(c, qf_answer_connect_name, "connect", "who", host);
	}
}

static void run_disconnect(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	ask_plain(c, qf_answer_disconnect, "disconnect");
}

/* Rooms */

static void run_join(struct qf_chat *c, const struct qf_slash_words *w)
{
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_rooms_room *room = qf_rooms_find(&c->rooms, w->at[0]);

	if (!is(w->at[0], '#') || w->at[0].len >= sizeof name) {
		qf_screen_say(&c->screen,
		              "a room begins with # and has 1 to 63 more "
		              "bytes: /join #lobby");
		return;
	}
	snprintf(name, sizeof name, "%.*s", (int)w->at[0].len,
	         (const char *)w->at[0].at);
	if (!room)
		room = qf_rooms_read(&c->rooms, c->stream, name,
		                     QF_CHAT_PAST_LINES);
	if (!room) {
		qf_screen_say(&c->screen, "that would be too many rooms");
		return;
	}
	c->rooms.current = room;
	qf_chat_come_in(c, name);
}

static void run_part(struct qf_chat *c, const struct qf_slash_words *w)
{
	struct qf_rooms_room *room = c->rooms.current;
	uint64_t id;

	if (w->count)
		room = qf_rooms_find(&c->rooms, w->at[0]);
	if (!room || !room->reads || *room->name != '#') {
		qf_screen_say(&c->screen, "you are not in that room; /rooms "
		                          "tells where you are");
		return;
	}
	/* In this order: what is left is not followed. */
	qf_request_room(&c->stream->out, qf_stream_id(c->stream), "unfollow",
	                room->name);
	id = qf_chat_ask(c, qf_answer_part,
	                 qf_bytes(room->name, strlen(room->name)), 0);
	qf_request_room(&c->stream->out, id, "part", room->name);
}

static void run_rooms(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	ask_plain(c, qf_answer_rooms, "status");
}

static void run_history(struct qf_chat *c, const struct qf_slash_words *w)
{
	struct qf_rooms_room *room = c->rooms.current;
	char number[8] = "";
	uint64_t lines = LAST_LINES;
	uint64_t id;

	if (w->count) {
		snprintf(number, sizeof number, "%.*s", (int)w->at[0].len,
		         (const char *)w->at[0].at);
		lines = strtoull(number, NULL, 10);
		if (w->at[0].len > 6 || !lines ||
		    number[strspn(number, "0123456789")]) {
			qf_screen_say(&c->screen,
			              "N is a number from 1 to 999999: "
			              "/history [N]");
			return;
		}
	}
	if (!room) {
		qf_screen_say(&c->screen, "you are in no room: /join #lobby");
		return;
	}
	id = qf_chat_ask(c, qf_answer_history,
	                 qf_bytes(room->name, strlen(room->name)), 0);
	qf_request_last(&c->stream->out, id, "history", room->name, lines);
}

/* People */

static void run_names(struct qf_chat *c, const struct qf_slash_words *w)
{
	if (w->count)
		ask_field(c, qf_answer_names, "who", "room", w->at[0]);
	else
		ask_plain(c, qf_answer_names, "who");
}

static void run_map(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	ask_plain(c, qf_answer_map, "map");
}

static void run_doctor(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	qf_screen_say(&c->screen, "looking, for some seconds");
	ask_plain(c, qf_answer_doctor, "doctor");
}

static void run_whois(struct qf_chat *c, const struct qf_slash_words *w)
{
	qf_request_plain(&c->stream->out,
	                 qf_chat_ask(c, qf_answer_whois, w->at[0], 0), "who");
}

static void run_contacts(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	ask_plain(c, qf_answer_contacts, "contacts");
}

static void run_qr(struct qf_chat *c, const struct qf_slash_words *w)
{
	const struct qf_rooms_room *room = c->rooms.current;
	bool open = room && *room->name == '#';

	(void)w;
	qf_request_room(&c->stream->out,
	                qf_chat_ask(c, qf_answer_links, qf_bytes("", 0), 0),
	                "invite", open ? room->name : "#lobby");
}

static void run_guests(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	ask_plain(c, qf_answer_guests, "guests");
}

static void run_remove(struct qf_chat *c, const struct qf_slash_words *w)
{
	ask_field(c, qf_answer_quietly, "remove", "guest", w->at[0]);
}

static void run_page(struct qf_chat *c, const struct qf_slash_words *w)
{
	ask_field(c, qf_answer_page, "page", "state", w->at[0]);
}

static void run_forget(struct qf_chat *c, const struct qf_slash_words *w)
{
	ask_field(c, qf_answer_forget, "forget", "who", w->at[0]);
}

static void run_name(struct qf_chat *c, const struct qf_slash_words *w)
{
	if (memchr(w->at[0].at, ' ', w->at[0].len))
		qf_screen_say(&c->screen,
		              "Invalid username. No spaces allowed.");
	else
		ask_field(c, qf_answer_quietly, "name", "name", w->at[0]);
}

static void run_away(struct qf_chat *c, const struct qf_slash_words *w)
{
	if (w->count)
		ask_field(c, qf_answer_away, "away", "why", w->at[0]);
	else
		ask_plain(c, qf_answer_away, "away");
}

static void run_back(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	ask_plain(c, qf_answer_back, "back");
}

/* Saying */

static void run_me(struct qf_chat *c, const struct qf_slash_words *w)
{
	struct qf_saying_way way = { .request = qf_request_act };

	if (c->rooms.current)
		way.whom = c->rooms.current->name;
	qf_chat_say(c, &way, w->at[0]);
}

/* A name that was just taken is known here before it is to the node, so a
 * person whom it means is named by the key. What a guest may be meant by,
 * "zoe@ana", is for the node to judge. */
static void run_msg(struct qf_chat *c, const struct qf_slash_words *w)
{
	const struct qf_known_person *p = NULL;
	char whom[QF_USER_NAME_BYTES_MAX + 16];

	if (!memchr(w->at[0].at, '@', w->at[0].len))
		p = qf_known_meant(&c->known, w->at[0]);
	snprintf(whom, sizeof whom, "%.*s", (int)w->at[0].len,
	         (const char *)w->at[0].at);
	qf_chat_say(
		c, &(struct qf_saying_way){ qf_request_msg, p ? p->key : whom },
		w->at[1]);
}

/* The rest */

static void help_of(struct qf_chat *c, const struct qf_slash *s)
{
	char usage[64];

	snprintf(usage, sizeof usage, "/%s %s", s->name, s->arguments);
	qf_screen_say(&c->screen, "%-28s %s", usage, s->help);
	if (!*s->others)
		return;
	qf_screen_say(&c->screen, "%-28s %s %s", "", "also", s->others);
}

static void run_help(struct qf_chat *c, const struct qf_slash_words *w)
{
	char why[QF_SLASH_WHY_BYTES];
	const struct qf_slash *s;
	struct qf_bytes name = word(w, 0);

	if (!name.len) {
		for (size_t i = 0; i < qf_order_count; i++)
			help_of(c, &qf_orders[i]);
		qf_screen_say(&c->screen,
		              "any beginning that no other has will do; // "
		              "says a line that begins with a slash");
		return;
	}
	if (is(name, '/'))
		name = qf_bytes(name.at + 1, name.len - 1);
	s = qf_slash_find(qf_orders, qf_order_count, name, why);
	if (s)
		help_of(c, s);
	else
		qf_screen_say(&c->screen, "%s", why);
}

static void run_quit(struct qf_chat *c, const struct qf_slash_words *w)
{
	(void)w;
	c->all_read = true;
}

/* clang-format off */
const struct qf_slash qf_orders[] = {
	{ "host", "", "[--classic | --irc] [PORT]", 0, 2, false,
	  "wait for others on this port, for classic programs, or for IRC "
	  "clients", run_host },
	{ "connect", "", "[--classic] HOST [PORT] | NAME", 1, 3, false,
	  "link with a node, a contact, or a classic program", run_connect },
	{ "disconnect", "d", "", 0, 0, false,
	  "close all links until /connect or /host", run_disconnect },
	{ "changeUsername", "nick", "NAME", 1, 1, true,
	  "be called so from now on", run_name },
	{ "join", "j", "#ROOM", 1, 1, false,
	  "enter a room, and speak there", run_join },
	{ "part", "leave", "[#ROOM]", 0, 1, false,
	  "leave this room, or another", run_part },
	{ "rooms", "list", "", 0, 0, false,
	  "the rooms that you are in, or guests of this node, with their "
	  "messages", run_rooms },
	{ "names", "who", "[#ROOM]", 0, 1, false,
	  "who is here, or in a room", run_names },
	{ "whois", "", "NAME", 1, 1, false,
	  "all that is known of somebody", run_whois },
	{ "map", "", "", 0, 0, false,
	  "who is linked with whom", run_map },
	{ "doctor", "", "", 0, 0, false,
	  "why nobody is found here, and what helps", run_doctor },
	{ "history", "", "[N]", 0, 1, false,
	  "the last N lines of this room", run_history },
	{ "contacts", "", "", 0, 0, false,
	  "whom you have met", run_contacts },
	{ "forget", "", "NAME", 1, 1, false,
	  "forget somebody's key and address", run_forget },
	{ "qr", "invite", "", 0, 0, false,
	  "links for phones into this room, as QR codes", run_qr },
	{ "guests", "", "", 0, 0, false,
	  "who came by such a link", run_guests },
	{ "kick", "", "NAME", 1, 1, false,
	  "send a guest away", run_remove },
	{ "page", "", "open|closed|off", 1, 1, false,
	  "let guests in, only those who were, or none", run_page },
	{ "me", "emote", "TEXT", 1, 1, true,
	  "say what you do: \"* ana waves\"", run_me },
	{ "msg", "m query", "NAME TEXT", 2, 2, true,
	  "say something that only one person can read", run_msg },
	{ "away", "", "[TEXT]", 0, 1, true,
	  "tell others that you are away, and why", run_away },
	{ "back", "", "", 0, 0, false,
	  "tell others that you are here again", run_back },
	{ "help", "", "[COMMAND]", 0, 1, false,
	  "what each command does", run_help },
	{ "quit", "exit q", "", 0, 0, false,
	  "leave", run_quit },
};
/* clang-format on */

const size_t qf_order_count = sizeof qf_orders / sizeof *qf_orders;

static void refuse(struct qf_chat *c, const char *why)
{
	FILE *to = qf_screen_system(&c->screen);

	qf_print_word(to, qf_bytes(why, strlen(why)));
	putc('\n', to);
}

void qf_orders_run(struct qf_chat *c, struct qf_bytes line)
{
	char why[QF_SLASH_WHY_BYTES];
	struct qf_slash_words words;
	const struct qf_slash *s;

	s = qf_slash_find(qf_orders, qf_order_count, qf_slash_word(&line), why);
	if (s && qf_slash_split(s, line, &words, why))
		s->run(c, &words);
	else
		refuse(c, why);
}

/* What Tab does */

struct choices {
	const char *at[CHOICES_MAX];
	size_t count;
};

static void choose_commands(struct choices *all)
{
	for (size_t i = 0; i < qf_order_count; i++)
		all->at[all->count++] = qf_orders[i].name;
}

static void choose_rooms(const struct qf_chat *c, struct choices *all)
{
	for (size_t i = 0; i < c->rooms.count && all->count < CHOICES_MAX; i++)
		if (*c->rooms.list[i]->name == '#')
			all->at[all->count++] = c->rooms.list[i]->name;
}

static void choose_names(const struct qf_chat *c, struct choices *all)
{
	for (size_t i = 0; i < c->known.count && all->count < CHOICES_MAX; i++)
		all->at[all->count++] = c->known.people[i].name;
}

static void show_choices(struct qf_chat *c, const struct choices *all,
                         struct qf_bytes part)
{
	FILE *to = qf_screen_system(&c->screen);

	for (size_t i = 0; i < all->count; i++) {
		if (!qf_complete_begins(all->at[i], part))
			continue;
		qf_print_word(to, qf_bytes(all->at[i], strlen(all->at[i])));
		putc(' ', to);
	}
	putc('\n', to);
}

void qf_orders_complete(void *ctx, struct qf_bytes before, struct qf_buf *more)
{
	struct qf_chat *c = ctx;
	struct choices all = { .count = 0 };
	struct qf_bytes part = before;
	const char *behind = " ";
	size_t matches;
	bool first;

	while (part.len && memchr(part.at, ' ', part.len))
		part = qf_bytes(part.at + 1, part.len - 1);
	first = part.len == before.len;
	if (first && is(part, '/')) {
		part = qf_bytes(part.at + 1, part.len - 1);
		choose_commands(&all);
	} else if (is(part, '#')) {
		choose_rooms(c, &all);
	} else if (part.len) {
		choose_names(c, &all);
		behind = first ? ": " : " ";
	}
	matches = qf_complete(part, all.at, all.count, more);
	if (matches == 1)
		qf_put_raw(more, behind, strlen(behind));
	else if (matches > 1 && !more->len)
		show_choices(c, &all, part);
}
