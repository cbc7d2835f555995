/* lines.c - what was said in a room, as people read it */
#include "lines.h"

#include <time.h>

#include "print.h"

enum { HLC_MS_SHIFT = 16, MS_PER_S = 1000, YEAR = 1000 };

bool qf_lines_raw(FILE *to, const struct qf_reply *reply)
{
	fwrite(reply->line.at, 1, reply->line.len, to);
	putc('\n', to);
	return qf_print_done(to);
}

/* Whoever speaks through a node is what that node says, so it is named too. */
static void print_guest(FILE *to, const struct qf_known *known,
                        const struct qf_reply *reply, struct qf_bytes guest)
{
	qf_print_word(to, guest);
	putc('@', to);
	qf_known_print(known, to, reply->key, reply->key_short, reply->name);
}

/* What it was stands above, if it was shown. */
static void took_back(FILE *to, const struct qf_reply *reply)
{
	fputs(" takes a message back", to);
	if (!reply->why.len)
		return;
	fputs(": ", to);
	qf_print_text(to, reply->why);
}

static void guest_said(FILE *to, const struct qf_known *known,
                       const struct qf_reply *reply, bool says)
{
	bool renames = reply->kind == QF_REPLY_RENAME;

	print_guest(to, known, reply, renames ? reply->old : reply->guest);
	if (renames) {
		fputs(" is now ", to);
		qf_print_word(to, reply->guest);
	} else if (reply->kind == QF_REPLY_TAKEN_BACK) {
		took_back(to, reply);
	} else {
		fputs(says ? ": " : " ", to);
		qf_print_text(to, reply->text);
	}
	putc('\n', to);
}

void qf_lines_said(FILE *to, const struct qf_known *known,
                   const struct qf_reply *reply)
{
	bool says = reply->kind == QF_REPLY_TEXT &&
	            !qf_reply_is(reply->how, "action");

	if (!says)
		fputs("* ", to);
	if (reply->guest.len) {
		guest_said(to, known, reply, says);
		return;
	}
	qf_known_print(known, to, reply->key, reply->key_short,
	               reply->kind == QF_REPLY_RENAME ? reply->old
	                                              : reply->name);
	if (reply->kind == QF_REPLY_RENAME) {
		fputs(" is now ", to);
		qf_known_print(known, to, reply->key, reply->key_short,
		               reply->name);
	} else if (reply->kind == QF_REPLY_TAKEN_BACK) {
		took_back(to, reply);
	} else {
		fputs(says ? ": " : " ", to);
		qf_print_text(to, reply->text);
	}
	putc('\n', to);
}

static void show_day(struct qf_lines *l, const struct tm *tm)
{
	int day = (tm->tm_year + 1) * YEAR + tm->tm_yday;
	char date[64];

	if (day == l->day)
		return;
	l->day = day;
	strftime(date, sizeof date, "%A %Y-%m-%d", tm);
	fprintf(l->to, "-- %s --\n", date);
}

uint64_t qf_lines_ms(const struct qf_reply *reply)
{
	uint64_t ms = reply->hlc >> HLC_MS_SHIFT;

	return reply->seen_ms && reply->seen_ms < ms ? reply->seen_ms : ms;
}

bool qf_lines_show(struct qf_lines *l, const struct qf_reply *reply)
{
	time_t seconds;
	struct tm tm;

	if (l->json)
		return qf_lines_raw(l->to, reply);
	if (l->above_ms < qf_lines_ms(reply))
		l->above_ms = qf_lines_ms(reply);
	seconds = (time_t)(l->above_ms / MS_PER_S);
	localtime_r(&seconds, &tm);
	show_day(l, &tm);
	fprintf(l->to, "%02d:%02d ", tm.tm_hour, tm.tm_min);
	qf_lines_said(l->to, l->known, reply);
	return qf_print_done(l->to);
}
