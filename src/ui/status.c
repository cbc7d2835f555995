/* status.c - the command status: who this node is, its rooms and its links */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "findings.h"
#include "known.h"
#include "lines.h"
#include "notices.h"
#include "print.h"

enum { S_PER_MINUTE = 60, S_PER_HOUR = 3600, S_PER_DAY = 86400 };

enum { US_PER_MS = 1000, FILES_FEW = 4096 };

static void show_room(const struct qf_reply_room *r)
{
	printf("  ");
	qf_print_word(stdout, r->room);
	printf("  %llu message%s%s\n", (unsigned long long)r->count,
	       r->count == 1 ? "" : "s",
	       r->for_guests ? ", kept for guests" : "");
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

static void show_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	size_t unit = 0;
	double n = (double)bytes;

	for (; n >= 1000 && unit < sizeof units / sizeof *units - 1; unit++)
		n /= 1000;
	printf(" %.*f %s", unit ? 1 : 0, n, units[unit]);
}

/* Whether it brings new lines, or only names them. */
static const char *kind_of(const struct qf_reply_link *l)
{
	if (!l->lazy)
		return "eager";
	return l->lazy < l->rooms ? "eager in some rooms, lazy in others"
	                          : "lazy";
}

static void show_link(const struct qf_reply_link *l)
{
	printf("  ");
	qf_known_print(NULL, stdout, l->key, l->key_short, l->name);
	printf("  %s ", l->outbound ? "at" : "from");
	qf_print_word(stdout, l->address);
	if (l->port)
		printf(" port %llu", (unsigned long long)l->port);
	printf(", for ");
	show_span(l->seconds);
	if (l->over.len) {
		printf(", over ");
		qf_print_word(stdout, l->over);
	}
	if (l->hub)
		printf(", a hub");
	printf("\n    ");
	qf_print_word(stdout, l->words);
	printf("\n    %s; in", kind_of(l));
	show_bytes(l->bytes_in);
	printf(", out");
	show_bytes(l->bytes_out);
	printf(", %llu envelope%s, %llu of them repeated\n",
	       (unsigned long long)l->envelopes, l->envelopes == 1 ? "" : "s",
	       (unsigned long long)l->repeated);
}

/* Of all that came, how often each new line did. */
static void show_copies(const struct qf_reply *s)
{
	uint64_t new = s->envelopes - s->repeated;

	if (new && s->repeated < s->envelopes)
		printf("each new line came %.2f times\n",
		       (double)s->envelopes / (double)new);
}

static void show_column(uint64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	size_t unit = 0;
	double n = (double)bytes;

	for (; n >= 1000 && unit < sizeof units / sizeof *units - 1; unit++)
		n /= 1000;
	printf("  %*.*f %-2s", 6, unit ? 1 : 0, n, units[unit]);
}

static void show_worker(size_t number, const struct qf_reply_worker *w)
{
	printf("  %6zu  %11llu  %6llu  %10llu", number,
	       (unsigned long long)w->connections,
	       (unsigned long long)(w->asks + w->to_core + w->from_core),
	       (unsigned long long)w->delivered);
	show_column(w->bytes_in);
	show_column(w->bytes_out);
	printf("  %6.1f ms\n", (double)w->lag_us / US_PER_MS);
}

static void show_workers(const struct qf_reply *s)
{
	if (!s->worker_count)
		return;
	printf("  thread  connections  queued   delivered         in        "
	       "out        lag\n");
	for (size_t i = 0; i < s->worker_count; i++)
		show_worker(i, &s->workers[i]);
	if (s->files_max && s->files_max < FILES_FEW)
		printf("at most %llu connections: this system lets it open no "
		       "more (ulimit -n)\n",
		       (unsigned long long)s->files_max);
}

/* An empty list becomes a diagnosis. */
static void show_nobody(const struct qf_reply *s)
{
	if (s->finding.say.len) {
		qf_finding_alone(stdout, &s->finding, "");
		putchar('\n');
		return;
	}
	printf("linked with nobody");
	if (!s->listening_port)
		printf(", because this node neither listens nor looks for "
		       "others\n");
	else if (s->peers_known)
		printf("; %llu known node%s cannot be reached just now. "
		       "quickfi doctor says why\n",
		       (unsigned long long)s->peers_known,
		       s->peers_known == 1 ? "" : "s");
	else
		printf(". quickfi doctor says why; or try quickfi connect "
		       "ADDRESS with the address of another node\n");
}

/* A clock that is right is no news. */
static void show_clock(const struct qf_reply *s)
{
	if (s->clock_wrong)
		printf("this machine's clock is not set\n");
	for (size_t i = 0; i < s->room_count; i++) {
		const struct qf_reply_room *r = &s->rooms[i];

		if (!r->say.len)
			continue;
		qf_print_word(stdout, r->room);
		printf(": ");
		qf_print_word(stdout, r->say);
		putchar('\n');
	}
	if (s->drafts)
		printf("%llu queued until the time is known\n",
		       (unsigned long long)s->drafts);
}

static void show_irc(const struct qf_reply *s)
{
	for (size_t i = 0; i < s->irc_count; i++)
		printf("%s%llu", i ? ", " : "for IRC clients also on port ",
		       (unsigned long long)s->irc[i].port);
	if (s->irc_count)
		putchar('\n');
}

static bool show(const struct qf_reply *s)
{
	qf_notice_status(stdout, "", s, 0);
	show_irc(s);
	printf(s->room_count ? "rooms\n" : "in no room yet\n");
	for (size_t i = 0; i < s->room_count; i++)
		show_room(&s->rooms[i]);
	if (s->link_count)
		printf("linked with\n");
	else
		show_nobody(s);
	for (size_t i = 0; i < s->link_count; i++)
		show_link(&s->links[i]);
	show_copies(s);
	show_clock(s);
	show_workers(s);
	if (s->waiting)
		printf("%llu waiting to be stored\n",
		       (unsigned long long)s->waiting);
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
