/* irc_marker.c - how far somebody has read: MARKREAD */
#include <stdio.h>
#include <string.h>

#include "irc_state.h"

void qf_irc_reader(const struct qf_irc *irc, const char *target, char *out,
                   size_t cap)
{
	char id[QF_NICK_BYTES_MAX + 24], folded[QF_ROOM_NAME_BYTES_MAX + 80];

	qf_irc_id(irc->guest, id);
	if (qf_name_fold(qf_bytes(target, strlen(target)), folded,
	                 sizeof folded))
		folded[0] = '\0';
	snprintf(out, cap, "%s\n%s", id, folded);
}

static void give_marker(struct qf_irc *irc, const char *target)
{
	char whose[256], at[32] = "*";
	uint64_t ms;

	qf_irc_reader(irc, target, whose, sizeof whose);
	ms = qf_hall_marker(irc->hall, whose);
	if (ms)
		qf_irc_time(ms, at);
	qf_irc_say(irc, ":%s MARKREAD %s %s%s", irc->hall->server, target,
	           ms ? "timestamp=" : "", at);
}

static void marked(struct qf_irc *irc, struct qf_irc_pending *p,
                   struct qf_answer *a)
{
	(void)a;
	if (irc->guest)
		give_marker(irc, p->target);
}

void qf_irc_markread(struct qf_irc *irc, struct qf_irc_line *l)
{
	struct qf_tell t = { .kind = QF_TELL_MARK, .count = 2 };
	char whose[QF_READER_BYTES_MAX + 1];
	struct qf_irc_pending *p;

	if (!l->count || !*l->params[0]) {
		qf_irc_fail(irc, "MARKREAD NEED_MORE_PARAMS :Missing "
		                 "parameters");
		return;
	}
	if (l->count == 1) {
		give_marker(irc, l->params[0]);
		return;
	}
	if (strncmp(l->params[1], "timestamp=", 10) ||
	    !qf_irc_time_read(l->params[1] + 10, &t.number)) {
		qf_irc_fail(irc,
		            "MARKREAD INVALID_PARAMS %s :Invalid "
		            "timestamp",
		            l->params[0]);
		return;
	}
	if (!t.number) /* that would forget */
		t.number = 1;
	qf_irc_reader(irc, l->params[0], whose, sizeof whose);
	t.words[0] = l->params[0];
	t.words[1] = whose;
	if (!qf_hall_may_mark(irc->hall, whose)) {
		qf_irc_fail(irc,
		            "MARKREAD INTERNAL_ERROR %s :Too many markers "
		            "are kept here",
		            l->params[0]);
		return;
	}
	p = qf_irc_ask(irc, marked);
	if (!p)
		return;
	qf_irc_cut(p->target, sizeof p->target, l->params[0]);
	if (irc->guest->account)
		qf_tell_keep(irc->hall->carry, &t, irc->conn, p->number);
	else
		qf_tell_send(irc->hall->carry, &t, irc->conn, 0, p->number);
}
