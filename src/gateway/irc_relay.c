/* irc_relay.c - one line for several guests, each as it may be told it */
#include <stdio.h>

#include "irc_state.h"

void qf_relay_init(struct qf_relay *r, struct qf_hall *h,
                   const struct qf_guest *g, uint64_t ms)
{
	*r = (struct qf_relay){ .hall = h, .by = g };
	qf_hall_mask(h, g, r->mask);
	r->saying.mask = r->mask;
	r->saying.account = g->account;
	r->saying.bot = g->bot;
	r->saying.ms = ms;
}

void qf_relay_fini(struct qf_relay *r)
{
	qf_saying_fini(&r->saying);
}

void qf_relay_line(struct qf_relay *r, struct qf_irc *irc)
{
	if (!qf_irc_has(irc, r->caps))
		return;
	qf_irc_give(irc, &r->saying, NULL, irc->conn == r->hall->telling);
	r->given++;
}

void qf_relay_give(struct qf_relay *r, const struct qf_guest *to)
{
	for (struct qf_irc *irc = to->irc; irc; irc = irc->beside)
		qf_relay_line(r, irc);
}

void qf_relay_room(struct qf_relay *r, const struct qf_hall_room *room,
                   const struct qf_guest *except)
{
	for (size_t i = 0; i < room->member_count; i++)
		if (room->members[i] != except)
			qf_relay_give(r, room->members[i]);
}

void qf_relay_join(struct qf_relay *r, const struct qf_hall_room *room,
                   const char *real)
{
	const char *account = r->saying.account;
	char plain[QF_ROOM_NAME_BYTES_MAX + 8];
	char extended[QF_ROOM_NAME_BYTES_MAX + QF_NICK_BYTES_MAX + 16];
	struct qf_relay more = *r;

	snprintf(plain, sizeof plain, "JOIN %s", room->name);
	snprintf(extended, sizeof extended, "JOIN %s %s", room->name,
	         account ? account : "*");
	r->saying.command = plain;
	more.saying.command = extended;
	more.saying.text = real;
	more.saying.mask = more.mask;
	for (size_t i = 0; i < room->member_count; i++) {
		struct qf_irc *irc = room->members[i]->irc;

		for (; irc; irc = irc->beside)
			qf_relay_line(qf_irc_has(irc, QF_IRC_CAP_EXTENDED_JOIN)
			                      ? &more
			                      : r,
			              irc);
	}
	r->given += more.given;
	qf_relay_fini(&more);
}

void qf_relay_begin(struct qf_relay *r)
{
	r->hall->mark++;
}

void qf_relay_once(struct qf_relay *r, const struct qf_hall_room *room)
{
	for (size_t i = 0; i < room->member_count; i++) {
		struct qf_guest *to = room->members[i];

		if (to->mark == r->hall->mark || to == r->by)
			continue;
		to->mark = r->hall->mark;
		qf_relay_give(r, to);
	}
}

void qf_relay_known(struct qf_relay *r)
{
	qf_relay_begin(r);
	for (size_t i = 0; i < r->by->room_count; i++)
		qf_relay_once(r, r->by->rooms[i]);
}

void qf_relay_watching(struct qf_relay *r, const char *nick)
{
	for (size_t i = 0; i < r->hall->line_count; i++) {
		struct qf_irc *irc = r->hall->lines[i];

		if (irc->guest && irc->guest != r->by &&
		    irc->guest->mark != r->hall->mark &&
		    qf_irc_has(irc, r->caps | QF_IRC_CAP_EXTENDED_MONITOR) &&
		    qf_irc_watches(irc, nick))
			qf_irc_give(irc, &r->saying, NULL, false);
	}
}
