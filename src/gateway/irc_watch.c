/* irc_watch.c - MONITOR: names that an IRC client waits for */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "irc_state.h"

enum { LIST_BYTES = 380 };

bool qf_irc_watches(const struct qf_irc *irc, const char *nick)
{
	for (size_t i = 0; i < irc->watched_count; i++)
		if (qf_nick_equal(irc->watched[i], nick))
			return true;
	return false;
}

void qf_irc_tell_watchers(struct qf_hall *h, const char *nick, const char *mask)
{
	for (size_t i = 0; i < h->line_count; i++) {
		struct qf_irc *irc = h->lines[i];
		char text[QF_MASK_BYTES + 160];

		if (!irc->guest || !irc->watched_count ||
		    !qf_irc_watches(irc, nick))
			continue;
		snprintf(text, sizeof text, ":%s %d %s :%s\r\n", h->server,
		         mask ? 730 : 731, irc->guest->nick,
		         mask ? mask : nick);
		qf_irc_put(irc, qf_bytes(text, strlen(text)), false);
	}
}

/* The mask of whoever has that name; false: nobody has. */
static bool find(const struct qf_irc *irc, const char *nick,
                 char out[QF_MASK_BYTES])
{
	const struct qf_guest *g = qf_hall_named(irc->hall, nick);
	const struct qf_hall_person *p;

	if (g) {
		qf_hall_mask(irc->hall, g, out);
		return true;
	}
	p = qf_hall_person_named(irc->hall, nick);
	if (!p)
		return false;
	qf_hall_person_mask(p, out);
	return true;
}

struct list {
	struct qf_irc *irc;
	int number;
	char text[LIST_BYTES + QF_MASK_BYTES + 2];
};

static void give(struct list *list)
{
	if (list->text[0])
		qf_irc_numeric(list->irc, list->number, ":%s", list->text);
	list->text[0] = '\0';
}

static void add(struct list *list, const char *word)
{
	size_t len = strlen(list->text);

	if (len + strlen(word) > LIST_BYTES) {
		give(list);
		len = 0;
	}
	snprintf(list->text + len, sizeof list->text - len, "%s%s",
	         len ? "," : "", word);
}

static void tell_state(struct qf_irc *irc, char *const *names, size_t count)
{
	struct list here = { .irc = irc, .number = 730 };
	struct list gone = { .irc = irc, .number = 731 };
	char mask[QF_MASK_BYTES];

	for (size_t i = 0; i < count; i++) {
		if (find(irc, names[i], mask))
			add(&here, mask);
		else
			add(&gone, names[i]);
	}
	give(&here);
	give(&gone);
}

/* False: no more will do. */
static bool watch(struct qf_irc *irc, const char *nick)
{
	if (qf_irc_watches(irc, nick))
		return true;
	if (irc->watched_count == QF_IRC_WATCHED_MAX)
		return false;
	if (!qf_list_room(&irc->watched, irc->watched_count, &irc->watched_cap,
	                  sizeof *irc->watched)) {
		irc->hall->carry->bad = true;
		return true;
	}
	irc->watched[irc->watched_count] = strdup(nick);
	if (irc->watched[irc->watched_count])
		irc->watched_count++;
	else
		irc->hall->carry->bad = true;
	return true;
}

static void unwatch(struct qf_irc *irc, const char *nick)
{
	for (size_t i = 0; i < irc->watched_count; i++) {
		if (!qf_nick_equal(irc->watched[i], nick))
			continue;
		free(irc->watched[i]);
		irc->watched[i] = irc->watched[--irc->watched_count];
		return;
	}
}

static void watch_list(struct qf_irc *irc, char *names)
{
	for (char *next, *one = names; one; one = next) {
		next = strchr(one, ',');
		if (next)
			*next++ = '\0';
		if (!*one)
			continue;
		if (!qf_nick_is_good(one) &&
		    !qf_hall_person_named(irc->hall, one)) {
			/* No such name can ever be had. */
			tell_state(irc, &one, 1);
		} else if (watch(irc, one)) {
			tell_state(irc, &one, 1);
		} else {
			qf_irc_numeric(irc, 734,
			               "%d %s%s%s :Monitor list is full",
			               QF_IRC_WATCHED_MAX, one, next ? "," : "",
			               next ? next : "");
			return;
		}
	}
}

static void unwatch_list(struct qf_irc *irc, char *names)
{
	for (char *next, *one = names; one; one = next) {
		next = strchr(one, ',');
		if (next)
			*next++ = '\0';
		unwatch(irc, one);
	}
}

static void list_watched(struct qf_irc *irc)
{
	struct list list = { .irc = irc, .number = 732 };

	for (size_t i = 0; i < irc->watched_count; i++)
		add(&list, irc->watched[i]);
	give(&list);
	qf_irc_numeric(irc, 733, ":End of MONITOR list");
}

void qf_irc_monitor(struct qf_irc *irc, struct qf_irc_line *l)
{
	char what = l->params[0][0];

	if ((what == '+' || what == '-') && l->count < 2) {
		qf_irc_need_more(irc, "MONITOR");
	} else if (what == '+') {
		watch_list(irc, l->params[1]);
	} else if (what == '-') {
		unwatch_list(irc, l->params[1]);
	} else if (what == 'C' || what == 'c') {
		while (irc->watched_count)
			free(irc->watched[--irc->watched_count]);
	} else if (what == 'L' || what == 'l') {
		list_watched(irc);
	} else if (what == 'S' || what == 's') {
		tell_state(irc, irc->watched, irc->watched_count);
	} else {
		qf_irc_numeric(irc, 400, "MONITOR :+, -, C, L or S");
	}
}
