/* hearing.c - who comes and goes and what they say, as a conversation shows it
 */
#include "hearing.h"

#include <string.h>

#include "lines.h"
#include "print.h"

#define SYSTEM "System: "

static bool is_me(const struct qf_chat *c, struct qf_bytes key)
{
	return qf_reply_is(key, c->key);
}

void qf_hearing_meet(struct qf_chat *c, struct qf_bytes key,
                     struct qf_bytes key_short, struct qf_bytes name)
{
	char old[QF_USER_NAME_BYTES_MAX + 1];
	FILE *to = c->screen.page;

	if (!name.len ||
	    !qf_known_put(&c->known, key, key_short, name, true, old))
		return;
	if (is_me(c, key)) {
		fputs(SYSTEM "Username is being changed to ", to);
	} else {
		fputs(SYSTEM "User ", to);
		qf_known_print(&c->known, to, key, key_short,
		               qf_bytes(old, strlen(old)));
		fputs(" has changed their username to ", to);
	}
	qf_known_print(&c->known, to, key, key_short, name);
	putc('\n', to);
}

void qf_hearing_person(struct qf_chat *c, const struct qf_reply *news,
                       const char *what)
{
	FILE *to = c->screen.page;

	qf_hearing_meet(c, news->key, news->key_short, news->name);
	fputs(SYSTEM, to);
	qf_known_print(&c->known, to, news->key, news->key_short, news->name);
	fputs(what, to);
	if (news->kind == QF_REPLY_AWAY && news->why.len) {
		fputs(": ", to);
		qf_print_word(to, news->why);
	}
	putc('\n', to);
}

/* What people say */

void qf_hearing_with(struct qf_chat *c, struct qf_bytes key)
{
	const struct qf_known_person *p = qf_known_find(&c->known, key);
	const struct qf_known *among = p ? &c->known : &c->contacts;

	if (!p)
		p = qf_known_find(among, key);
	if (p)
		qf_known_print(among, c->screen.page, key,
		               qf_bytes(p->key_short, strlen(p->key_short)),
		               qf_bytes(p->name, strlen(p->name)));
	else
		qf_print_word(c->screen.page, key);
}

/* Who of that node, if it is not its person. */
static void print_guest(FILE *to, struct qf_bytes guest)
{
	if (!guest.len)
		return;
	qf_print_word(to, guest);
	putc('@', to);
}

/* Where it was said, unless that is where we are. */
static void show_place(struct qf_chat *c, const struct qf_rooms_room *room,
                       const struct qf_reply *line)
{
	FILE *to = c->screen.page;

	if (line->direct) {
		putc('@', to);
		print_guest(to, line->to.len ? line->to : line->guest);
		qf_hearing_with(c, line->with);
	} else if (room == c->rooms.current) {
		return;
	} else {
		qf_print_word(to, line->room);
	}
	putc(' ', to);
}

static void show_line(struct qf_chat *c, struct qf_rooms_room *room,
                      const struct qf_reply *line)
{
	char old[QF_USER_NAME_BYTES_MAX + 1];

	if (room->settled && !line->guest.len)
		qf_hearing_meet(c, line->key, line->key_short, line->name);
	else
		qf_known_put(&c->known, line->key, line->key_short, line->name,
		             false, old);
	/* That was said to everyone by meeting them. */
	if (room->settled && line->kind == QF_REPLY_RENAME && !line->guest.len)
		return;
	qf_earlier_line(&room->earlier, qf_lines_ms(line), room->settled,
	                qf_stream_now());
	show_place(c, room, line);
	qf_lines_said(c->screen.page, &c->known, line);
}

void qf_hearing_release(struct qf_chat *c)
{
	struct qf_shared *line;
	struct qf_reply reply;

	while ((line = qf_own_release(&c->own))) {
		if (!qf_reply_parse(&reply, qf_bytes(line->at, line->len))) {
			struct qf_rooms_room *room = qf_rooms_find(&c->rooms,
			                                           reply.room);

			show_line(c, room ? room : c->rooms.list[0], &reply);
			qf_reply_fini(&reply);
		}
		qf_shared_unref(line);
	}
}

/* A pipe does not repeat what came through it. Guests of our node speak under
 * its key too. */
static bool may_be_own(const struct qf_chat *c,
                       const struct qf_rooms_room *room,
                       const struct qf_reply *line)
{
	return !c->at_terminal && room->settled &&
	       line->kind == QF_REPLY_TEXT && !line->guest.len &&
	       is_me(c, line->key);
}

void qf_hearing_line(struct qf_chat *c, struct qf_rooms_room *room,
                     const struct qf_reply *line)
{
	if (may_be_own(c, room, line) &&
	    (qf_own_is(&c->own, line->id) ||
	     (c->saying.count && qf_own_hold(&c->own, line))))
		return;
	show_line(c, room, line);
}
