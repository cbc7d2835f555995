/* who.c - the command who: everyone who is here, near or through others */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "findings.h"
#include "known.h"
#include "lines.h"
#include "print.h"

static void show_person(const struct qf_known *known,
                        const struct qf_reply_person *p)
{
	qf_known_print(known, stdout, p->key, p->key_short, p->name);
	fputs(p->self     ? "  is you"
	      : p->linked ? "  is linked with this node"
	                  : "  is here",
	      stdout);
	if (!p->self && (!p->linked || p->over.len)) {
		putchar(' ');
		qf_known_print_way(known, stdout, p);
	}
	if (p->hub)
		fputs(", a hub", stdout);
	if (p->port) {
		fputs(", listens at ", stdout);
		qf_print_word(stdout, p->address);
		printf(" port %llu", (unsigned long long)p->port);
	}
	if (p->away)
		fputs(p->why.len ? ", away: " : ", away", stdout);
	qf_print_word(stdout, p->why);
	fputs("\n    ", stdout);
	qf_print_word(stdout, p->words);
	putchar('\n');
}

static void show_classic(const struct qf_reply_classic *c)
{
	qf_print_word(stdout, c->name);
	fputs(" (classic)  is a guest of ", stdout);
	qf_print_word(stdout, c->room);
	fputs(", from ", stdout);
	qf_print_word(stdout, c->address);
	fputs("\n    not private: its key is 14 bits long\n", stdout);
}

static void complain_alone(const struct qf_reply_finding *why)
{
	fputs("quickfi: ", stderr);
	qf_finding_alone(stderr, why, "quickfi doctor");
	putc('\n', stderr);
}

static bool show(const struct qf_reply *who)
{
	struct qf_known known = { 0 };

	qf_known_put_all(&known, who);
	for (size_t i = 0; i < who->person_count; i++)
		show_person(&known, &who->people[i]);
	for (size_t i = 0; i < who->classic_count; i++)
		show_classic(&who->classics[i]);
	qf_known_fini(&known);
	return qf_print_done(stdout);
}

/* Who is in a room is known of rooms that this node is not in, too. */
static bool is_unknown(const struct qf_reply *who, const char *room)
{
	return room && !who->person_count && !who->classic_count;
}

static enum qf_outcome tell(const struct qf_stream *s,
                            const struct qf_reply *who, const char *room,
                            bool json)
{
	if (is_unknown(who, room)) {
		qf_complain("this node is not in that room, and nobody is "
		            "known to be; the option --join ROOM joins one");
		return QF_NO_INPUT;
	}
	if (s->own)
		qf_complain("no node is running here, so nobody is near");
	else if (who->person_count < 2 && !room)
		complain_alone(&who->finding);
	return (json ? qf_lines_raw(stdout, who) : show(who)) ? QF_GOOD
	                                                      : QF_DISK;
}

enum qf_outcome qf_who_run(struct qf_stream *s, const char *room, bool json)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply who;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	if (room)
		qf_request_room(&request, id, "who", room);
	else
		qf_request_plain(&request, id, "who");
	end = qf_ask(s, id, &request, &who);
	qf_buf_fini(&request);
	if (end)
		return end;
	end = tell(s, &who, room, json);
	qf_reply_fini(&who);
	return end;
}
