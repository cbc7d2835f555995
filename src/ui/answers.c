/* answers.c - what the node answers to an order, printed
 *
 * A contact may be called as a machine is. So a single word is asked for as a
 * person first, and if the node knows none, as an address.
 */
#include "answers.h"

#include <string.h>

#include "commands.h"
#include "findings.h"
#include "hearing.h"
#include "lines.h"
#include "notices.h"
#include "orders.h"
#include "picture.h"
#include "print.h"
#include "qr.h"

static struct qf_bytes word_of(const struct qf_asked *a)
{
	return qf_bytes(a->word, strlen(a->word));
}

/* A sentence about the word that was asked about. */
static void say_of(struct qf_chat *c, const char *before,
                   const struct qf_asked *a, const char *behind)
{
	FILE *to = qf_screen_system(&c->screen);

	fputs(before, to);
	qf_print_word(to, word_of(a));
	fprintf(to, "%s\n", behind);
}

/* True: it was done. A refusal is said. */
static bool is_done(struct qf_chat *c, const struct qf_reply *reply)
{
	if (reply->kind == QF_REPLY_ERROR)
		qf_chat_refused(c, "", reply);
	return reply->kind == QF_REPLY_DONE;
}

void qf_answer_quietly(struct qf_chat *c, const struct qf_asked *a,
                       const struct qf_reply *reply)
{
	(void)a;
	is_done(c, reply);
}

void qf_answer_disconnect(struct qf_chat *c, const struct qf_asked *a,
                          const struct qf_reply *reply)
{
	(void)a;
	if (is_done(c, reply))
		qf_screen_say(&c->screen,
		              "Connection closed. What you say is kept, and "
		              "goes out after /connect or /host");
}

/* Where this screen listens, now that it is the node. */
void qf_answer_place(struct qf_chat *c, const struct qf_asked *a,
                     const struct qf_reply *reply)
{
	(void)a;
	if (reply->kind == QF_REPLY_STATUS)
		qf_notice_place(c->screen.page, "System: ", reply,
		                c->serves->wanted_port);
	else
		is_done(c, reply);
}

/* Where reading is refused as well, that was said, and the room is gone. */
void qf_answer_join(struct qf_chat *c, const struct qf_asked *a,
                    const struct qf_reply *reply)
{
	if (qf_rooms_find(&c->rooms, word_of(a)))
		is_done(c, reply);
}

void qf_answer_page(struct qf_chat *c, const struct qf_asked *a,
                    const struct qf_reply *reply)
{
	if (is_done(c, reply))
		say_of(c, "the page for guests is ", a, "");
}

/* They are not brought to others while we are away. */
static void say_left_behind(struct qf_chat *c, const struct qf_rooms_room *room)
{
	size_t only_here = qf_tally_below(&room->tally, 1);

	if (only_here)
		qf_screen_say(&c->screen,
		              "%zu of your lines there %s kept only here; "
		              "/join %s, and %s out to others",
		              only_here, only_here == 1 ? "is" : "are",
		              room->name,
		              only_here == 1 ? "it goes" : "they go");
}

void qf_answer_part(struct qf_chat *c, const struct qf_asked *a,
                    const struct qf_reply *reply)
{
	struct qf_rooms_room *room = qf_rooms_find(&c->rooms, word_of(a));

	if (!is_done(c, reply))
		return;
	say_of(c, "you have left ", a, "");
	if (!room)
		return;
	say_left_behind(c, room);
	qf_chat_drop(c, room);
}

void qf_answer_forget(struct qf_chat *c, const struct qf_asked *a,
                      const struct qf_reply *reply)
{
	if (is_done(c, reply))
		say_of(c, "", a, " is forgotten");
}

void qf_answer_away(struct qf_chat *c, const struct qf_asked *a,
                    const struct qf_reply *reply)
{
	if (is_done(c, reply))
		say_of(c, *a->word ? "you are away: " : "you are away", a, "");
}

void qf_answer_back(struct qf_chat *c, const struct qf_asked *a,
                    const struct qf_reply *reply)
{
	(void)a;
	if (is_done(c, reply))
		qf_screen_say(&c->screen, "you are back");
}

/* People */

static void meet_all(struct qf_chat *c, const struct qf_reply *reply)
{
	for (size_t i = 0; i < reply->person_count; i++) {
		const struct qf_reply_person *p = &reply->people[i];

		qf_hearing_meet(c, p->key, p->key_short, p->name);
	}
}

static void print_person(struct qf_chat *c, FILE *to,
                         const struct qf_reply_person *p)
{
	qf_known_print(&c->known, to, p->key, p->key_short, p->name);
	if (p->self)
		fputs(" (you)", to);
	if (!p->away)
		return;
	fputs(p->why.len ? " (away: " : " (away", to);
	qf_print_word(to, p->why);
	putc(')', to);
}

/* Directly, or by whom: " (over wlan0)", " (through ana)". */
static void print_way(struct qf_chat *c, FILE *to,
                      const struct qf_reply_person *p)
{
	if (p->self || (p->linked && !p->over.len))
		return;
	fputs(" (", to);
	qf_known_print_way(&c->known, to, p);
	putc(')', to);
}

static void print_people(struct qf_chat *c, FILE *to,
                         const struct qf_reply *reply, bool with_self)
{
	const char *comma = "";

	for (size_t i = 0; i < reply->person_count; i++) {
		if (reply->people[i].self && !with_self)
			continue;
		fputs(comma, to);
		comma = ", ";
		print_person(c, to, &reply->people[i]);
		if (with_self)
			print_way(c, to, &reply->people[i]);
	}
	for (size_t i = 0; i < reply->classic_count; i++) {
		fputs(comma, to);
		comma = ", ";
		qf_print_word(to, reply->classics[i].name);
		fputs(" (classic)", to);
	}
	putc('\n', to);
	if (reply->classic_count)
		qf_screen_say(&c->screen,
		              "what a classic reads and writes is not private: "
		              "its key is 14 bits long");
}

/* At the beginning: whoever is here besides us. */
void qf_answer_who(struct qf_chat *c, const struct qf_asked *a,
                   const struct qf_reply *reply)
{
	FILE *to;

	(void)a;
	meet_all(c, reply);
	if (reply->kind != QF_REPLY_PEOPLE ||
	    reply->person_count + reply->classic_count < 2)
		return;
	to = qf_screen_system(&c->screen);
	fputs("here: ", to);
	print_people(c, to, reply, false);
}

void qf_answer_names(struct qf_chat *c, const struct qf_asked *a,
                     const struct qf_reply *reply)
{
	FILE *to;

	if (reply->kind != QF_REPLY_PEOPLE) {
		is_done(c, reply);
		return;
	}
	if (*a->word && !reply->person_count && !reply->classic_count) {
		say_of(c, "nobody is known to be in ", a, "");
		return;
	}
	meet_all(c, reply);
	to = qf_screen_system(&c->screen);
	fputs(*a->word ? "in " : "here", to);
	qf_print_word(to, word_of(a));
	fputs(": ", to);
	print_people(c, to, reply, true);
	if (*a->word || reply->person_count > 1)
		return;
	to = qf_screen_system(&c->screen);
	qf_finding_alone(to, &reply->finding, "/doctor");
	putc('\n', to);
}

static void print_whois(struct qf_chat *c, const struct qf_reply_person *p)
{
	FILE *to = qf_screen_system(&c->screen);

	print_person(c, to, p);
	fputs(p->self ? "" : p->linked ? " is linked with us" : " is here", to);
	if (!p->self && (!p->linked || p->over.len)) {
		putc(' ', to);
		qf_known_print_way(&c->known, to, p);
	}
	if (p->port) {
		fputs(p->self ? " listens at " : ", listens at ", to);
		qf_print_word(to, p->address);
		fprintf(to, " port %llu", (unsigned long long)p->port);
	}
	fputs("; the words of the key are ", to);
	qf_print_word(to, p->words);
	fputs(", the key ", to);
	qf_print_word(to, p->key);
	putc('\n', to);
}

/* Who is not here may be remembered. */
void qf_answer_whois(struct qf_chat *c, const struct qf_asked *a,
                     const struct qf_reply *reply)
{
	bool found = false;

	if (reply->kind != QF_REPLY_PEOPLE) {
		is_done(c, reply);
		return;
	}
	meet_all(c, reply);
	for (size_t i = 0; i < reply->person_count; i++) {
		const struct qf_reply_person *p = &reply->people[i];

		if (!qf_known_is_meant(word_of(a), p->key, p->key_short,
		                       p->name))
			continue;
		print_whois(c, p);
		found = true;
	}
	if (!found)
		qf_request_plain(
			&c->stream->out,
			qf_chat_ask(c, qf_answer_remembered, word_of(a), 0),
			"contacts");
}

/* The network */

void qf_answer_map(struct qf_chat *c, const struct qf_asked *a,
                   const struct qf_reply *reply)
{
	(void)a;
	if (reply->kind != QF_REPLY_MAP) {
		is_done(c, reply);
		return;
	}
	meet_all(c, reply);
	if (!qf_picture_print(c->screen.page, "", reply))
		qf_screen_say(&c->screen, "out of memory");
}

void qf_answer_doctor(struct qf_chat *c, const struct qf_asked *a,
                      const struct qf_reply *reply)
{
	FILE *to;

	(void)a;
	if (reply->kind != QF_REPLY_DOCTOR) {
		is_done(c, reply);
		return;
	}
	for (size_t i = 0; i < reply->finding_count; i++) {
		const struct qf_reply_finding *f = &reply->findings[i];

		to = qf_screen_system(&c->screen);
		qf_finding_say(to, f);
		fputs(" Seen: ", to);
		qf_print_word(to, f->seen);
		fputs(". To do: ", to);
		qf_print_word(to, f->todo);
		putc('\n', to);
	}
	if (reply->finding_count)
		return;
	to = qf_screen_system(&c->screen);
	qf_finding_good(to, reply->nodes, c->links);
	putc('\n', to);
}

/* Contacts */

static void print_contact(struct qf_chat *c, const struct qf_reply_contact *k)
{
	FILE *to = qf_screen_system(&c->screen);

	qf_print_word(to, k->name.len ? k->name : k->key);
	if (k->port) {
		fputs(" at ", to);
		qf_print_word(to, k->address);
		fprintf(to, " port %llu", (unsigned long long)k->port);
	}
	if (k->seen.len) {
		fputs(", last seen ", to);
		qf_print_word(to, k->seen);
	}
	fputs(", the words of the key are ", to);
	qf_print_word(to, k->words);
	putc('\n', to);
}

void qf_answer_contacts(struct qf_chat *c, const struct qf_asked *a,
                        const struct qf_reply *reply)
{
	(void)a;
	if (reply->kind != QF_REPLY_CONTACTS) {
		is_done(c, reply);
		return;
	}
	for (size_t i = 0; i < reply->contact_count; i++)
		print_contact(c, &reply->contacts[i]);
	if (!reply->contact_count)
		qf_screen_say(&c->screen, "nobody is remembered yet; whoever "
		                          "you link with will be");
}

void qf_answer_links(struct qf_chat *c, const struct qf_asked *a,
                     const struct qf_reply *reply)
{
	(void)a;
	if (reply->kind == QF_REPLY_LINKS)
		qf_qr_print(qf_screen_system(&c->screen), reply);
	else
		is_done(c, reply);
}

void qf_answer_guests(struct qf_chat *c, const struct qf_asked *a,
                      const struct qf_reply *reply)
{
	FILE *to;

	(void)a;
	if (reply->kind != QF_REPLY_GUESTS) {
		is_done(c, reply);
		return;
	}
	if (!reply->guest_count)
		qf_screen_say(&c->screen,
		              "no guests are here; /qr shows them the way");
	for (size_t i = 0; i < reply->guest_count; i++) {
		to = qf_screen_system(&c->screen);
		qf_print_word(to, reply->guests[i].name);
		putc('\n', to);
	}
}

void qf_answer_remembered(struct qf_chat *c, const struct qf_asked *a,
                          const struct qf_reply *reply)
{
	bool found = false;

	if (reply->kind != QF_REPLY_CONTACTS) {
		is_done(c, reply);
		return;
	}
	for (size_t i = 0; i < reply->contact_count; i++) {
		const struct qf_reply_contact *k = &reply->contacts[i];

		if (!qf_known_is_meant(word_of(a), k->key, qf_bytes("", 0),
		                       k->name))
			continue;
		if (!found)
			say_of(c, "", a, " is not here, but remembered:");
		print_contact(c, k);
		found = true;
	}
	if (!found)
		say_of(c, "", a,
		       " is not here and not remembered; /names "
		       "tells who is here");
}

/* Rooms */

void qf_answer_rooms(struct qf_chat *c, const struct qf_asked *a,
                     const struct qf_reply *reply)
{
	FILE *to;

	(void)a;
	if (reply->kind != QF_REPLY_STATUS) {
		is_done(c, reply);
		return;
	}
	to = qf_screen_system(&c->screen);
	fputs(reply->room_count ? "rooms: " : "you are in no room", to);
	for (size_t i = 0; i < reply->room_count; i++) {
		fputs(i ? ", " : "", to);
		qf_print_word(to, reply->rooms[i].room);
		fprintf(to, " (%llu%s)",
		        (unsigned long long)reply->rooms[i].count,
		        reply->rooms[i].for_guests ? ", kept for guests" : "");
	}
	putc('\n', to);
}

void qf_answer_history(struct qf_chat *c, const struct qf_asked *a,
                       const struct qf_reply *reply)
{
	struct qf_lines lines = { .to = c->screen.page,
		                  .known = &c->known,
		                  .day = c->history_day,
		                  .above_ms = c->history_above_ms };

	switch (reply->kind) {
	case QF_REPLY_TEXT:
	case QF_REPLY_RENAME:
		qf_lines_show(&lines, reply);
		c->history_day = lines.day;
		c->history_above_ms = lines.above_ms;
		break;
	case QF_REPLY_TAKEN_BACK:
		break; /* nor is the line that it is about given */
	case QF_REPLY_END:
		c->history_day = 0;
		c->history_above_ms = 0;
		say_of(c, "that was ", a, "");
		break;
	default:
		is_done(c, reply);
	}
}

/* Connecting */

static void find_link(struct qf_chat *c, const struct qf_asked *a,
                      const struct qf_reply *reply)
{
	for (size_t i = 0; i < reply->link_count; i++) {
		const struct qf_reply_link *l = &reply->links[i];

		if (!qf_known_is_meant(word_of(a), l->key, l->key_short,
		                       l->name) &&
		    !(qf_reply_is(l->address, a->word) && l->port == a->port))
			continue;
		say_of(c, "you are linked with ", a, " already");
		return;
	}
}

/* Whoever is linked makes no news. */
static void await_link(struct qf_chat *c, const struct qf_asked *a)
{
	qf_request_plain(&c->stream->out,
	                 qf_chat_ask(c, find_link, word_of(a), a->port),
	                 "status");
}

void qf_answer_connect(struct qf_chat *c, const struct qf_asked *a,
                       const struct qf_reply *reply)
{
	if (is_done(c, reply))
		await_link(c, a);
}

static void try_address(struct qf_chat *c, const struct qf_asked *a)
{
	struct qf_address address = { .port = QF_PORT_DEFAULT };

	snprintf(address.host, sizeof address.host, "%s", a->word);
	qf_request_connect(
		&c->stream->out,
		qf_chat_ask(c, qf_answer_connect, word_of(a), address.port),
		&address);
}

void qf_answer_connect_name(struct qf_chat *c, const struct qf_asked *a,
                            const struct qf_reply *reply)
{
	if (reply->kind == QF_REPLY_ERROR &&
	    qf_reply_is(reply->code, "unknown-person"))
		try_address(c, a);
	else if (is_done(c, reply))
		await_link(c, a);
}
