/* irc_people.c - persons of other nodes, as guests see them come and go */
#include <stdlib.h>
#include <string.h>

#include "irc_state.h"

static void person_line(struct qf_hall *h, const struct qf_hall_person *p,
                        const char *command, const char *text, uint32_t caps)
{
	char mask[QF_MASK_BYTES];
	struct qf_saying s = { .mask = mask,
		               .command = command,
		               .text = text,
		               .ms = h->now.wall_ms };

	qf_hall_person_mask(p, mask);
	for (size_t i = 0; i < h->line_count; i++) {
		struct qf_irc *irc = h->lines[i];

		if (irc->guest && irc->guest->room_count &&
		    qf_irc_has(irc, caps))
			qf_irc_give(irc, &s, NULL, false);
	}
	qf_saying_fini(&s);
}

static void renamed(struct qf_hall *h, struct qf_hall_person *p,
                    const char *name)
{
	struct qf_hall_person before = *p;

	if (!strcmp(p->name, name))
		return;
	qf_hall_meet(h, &p->key, name);
	if (strcmp(before.nick, p->nick))
		person_line(h, &before, "NICK", p->nick, 0);
}

static void set_away(struct qf_hall *h, struct qf_hall_person *p, bool away,
                     const char *why)
{
	const char *text = why && *why ? why : "away";

	qf_text_set(h, &p->away, away ? text : NULL);
}

static struct qf_hall_person *came(struct qf_hall *h, const struct qf_news *n)
{
	struct qf_hall_person *p = qf_hall_meet(h, &n->key, n->name);
	char mask[QF_MASK_BYTES];

	if (!p)
		return NULL;
	qf_hall_person_mask(p, mask);
	qf_irc_tell_watchers(h, p->nick, mask);
	return p;
}

static void went(struct qf_hall *h, struct qf_hall_person *p, const char *why)
{
	person_line(h, p, "QUIT", why, 0);
	qf_irc_tell_watchers(h, p->nick, NULL);
	qf_hall_part(h, p);
}

static void is_in(struct qf_hall_person *p, struct qf_shared *rooms)
{
	qf_shared_unref(p->rooms);
	p->rooms = rooms ? qf_shared_ref(rooms) : NULL;
}

/* News may have been left out (net/helm.c): of anybody that it tells of. */
void qf_hall_person_news(struct qf_hall *h, const struct qf_news *n)
{
	bool gone = n->change == QF_CHANGE_LEFT || n->change == QF_CHANGE_LOST;
	struct qf_hall_person *p = qf_hall_person(h, &n->key);

	if (!p && (gone || !(p = came(h, n))))
		return;
	switch (n->change) {
	case QF_CHANGE_LEFT:
		went(h, p, "left");
		break;
	case QF_CHANGE_LOST:
		went(h, p, "lost");
		break;
	case QF_CHANGE_RENAMED:
		renamed(h, p, n->name);
		break;
	case QF_CHANGE_AWAY:
	case QF_CHANGE_BACK:
		set_away(h, p, n->change == QF_CHANGE_AWAY, n->text);
		person_line(h, p, "AWAY", p->away, QF_IRC_CAP_AWAY_NOTIFY);
		break;
	case QF_CHANGE_CAME:
		renamed(h, p, n->name);
		set_away(h, p, n->away, n->text);
		is_in(p, n->rooms);
		break;
	case QF_CHANGE_ROOMS:
		is_in(p, n->rooms);
		break;
	}
}
