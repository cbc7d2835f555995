/* status.c - the command status: who this node is, its rooms and its links */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "notices.h"
#include "print.h"

enum { S_PER_MINUTE = 60, S_PER_HOUR = 3600, S_PER_DAY = 86400 };

static void show_room(const struct qf_reply_room *r)
{
	printf("  ");
	qf_print_word(stdout, r->room);
	printf("  %llu message%s\n", (unsigned long long)r->count,
	       r->count == 1 ? "" : "s");
}

static void show_span(uint64_t seconds)
{
	if (seconds < S_PER_MINUTE)
		printf("%llu s", (unsigned long long)seconds);
	else if (seconds < S_PER_HOUR)
		printf("%llu min",
		       (unsigned long long)(seconds / S_PER_MINUTE));
	else if (seconds < S_PER_DAY)
		printf("%llu h", (unsigned long long)(seconds / S_PER_HOUR));
	else
		printf("%llu d", (unsigned long long)(seconds / S_PER_DAY));
}

static void show_link(const struct qf_reply_link *l)
{
	printf("  ");
	qf_print_word(stdout, l->name);
	printf("  %s ", l->outbound ? "at" : "from");
	qf_print_word(stdout, l->address);
	if (l->port)
		printf(" port %llu", (unsigned long long)l->port);
	printf(", for ");
	show_span(l->seconds);
	printf("\n    ");
	qf_print_word(stdout, l->words);
	putchar('\n');
}

/* An empty list becomes a diagnosis. */
static void show_nobody(const struct qf_reply *s)
{
	printf("linked with nobody");
	if (!s->listening_port)
		printf(", because this node neither listens nor looks for "
		       "others\n");
	else if (s->peers_known)
		printf("; %llu known node%s cannot be reached just now\n",
		       (unsigned long long)s->peers_known,
		       s->peers_known == 1 ? "" : "s");
	else
		printf("; try quickfi connect ADDRESS with the address of "
		       "another node\n");
}

static bool show(const struct qf_reply *s)
{
	qf_notice_status(stdout, "", s, 0);
	printf(s->room_count ? "rooms\n" : "in no room yet\n");
	for (size_t i = 0; i < s->room_count; i++)
		show_room(&s->rooms[i]);
	if (s->link_count)
		printf("linked with\n");
	else
		show_nobody(s);
	for (size_t i = 0; i < s->link_count; i++)
		show_link(&s->links[i]);
	if (s->waiting)
		printf("%llu waiting to be stored\n",
		       (unsigned long long)s->waiting);
	if (s->trouble.len) {
		printf("not stored yet: ");
		qf_print_word(stdout, s->trouble);
		putchar('\n');
	}
	return qf_print_done(stdout);
}

enum qf_outcome qf_status_run(struct qf_stream *s, bool json)
{
	struct qf_reply status;
	enum qf_outcome end = qf_ask_plain(s, "status", &status);

	if (end)
		return end;
	if (s->own)
		qf_complain("no node is running here; this is what it "
		            "remembers");
	if (!(json ? qf_lines_raw(stdout, &status) : show(&status)))
		end = QF_DISK;
	qf_reply_fini(&status);
	return end;
}
