/* people.c - what people are told of who came, left and was lost */
#include "people.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

void qf_people_fini(struct qf_people *w)
{
	free(w->changes);
	*w = (struct qf_people){ 0 };
}

static void tell(struct qf_people *w, enum qf_change_kind kind,
                 const struct qf_person *p)
{
	struct qf_change *change;

	if (!qf_list_room(&w->changes, w->count, &w->cap, sizeof *w->changes)) {
		w->bad = true;
		return;
	}
	change = &w->changes[w->count++];
	*change = (struct qf_change){ .kind = kind, .person = p };
	if (kind == QF_CHANGE_RENAMED)
		strcpy(change->old_name, p->told_name);
}

static void note_told(struct qf_person *p)
{
	strcpy(p->told_name, p->name);
	p->told_state = p->here.state;
	p->text_changed = false;
	p->rooms_changed = false;
}

static void tell_details(struct qf_people *w, struct qf_person *p)
{
	enum qf_here_state state = p->here.state;
	bool turned = p->told_state != state;

	if (strcmp(p->told_name, p->name))
		tell(w, QF_CHANGE_RENAMED, p);
	if (state == QF_HERE_AWAY && (turned || p->text_changed))
		tell(w, QF_CHANGE_AWAY, p);
	if (state == QF_HERE_HERE && turned)
		tell(w, QF_CHANGE_BACK, p);
	if (p->rooms_changed)
		tell(w, QF_CHANGE_ROOMS, p);
	note_told(p);
}

static void show(struct qf_people *w, struct qf_person *p)
{
	p->shown = true;
	note_told(p);
	tell(w, QF_CHANGE_CAME, p);
}

static void hide(struct qf_people *w, struct qf_person *p)
{
	p->shown = false;
	p->hidden_version = p->here.version;
	tell(w, p->here.state == QF_HERE_LEFT ? QF_CHANGE_LEFT : QF_CHANGE_LOST,
	     p);
}

static void forget(struct qf_roster *r, struct qf_flood *flood,
                   struct qf_person *p)
{
	qf_flood_forget(flood, p);
	qf_roster_remove(r, p);
}

/* When a person is to be shown, hidden or forgotten; UINT64_MAX: not before
 * something else is known. */
static uint64_t due(const struct qf_person *p)
{
	bool said = p->reachable ? p->here.version > p->hidden_version
	                         : p->here.state == QF_HERE_LEFT;

	if (p->reachable != p->shown)
		return said ? 0 : p->since_ms + QF_PEOPLE_SETTLE_MS;
	return p->shown ? UINT64_MAX : p->since_ms + QF_PEOPLE_FORGET_MS;
}

static void judge(struct qf_people *w, struct qf_person *p, uint64_t now_ms)
{
	if (p->reachable && p->shown)
		tell_details(w, p);
	else if (due(p) > now_ms)
		return;
	else if (p->reachable)
		show(w, p);
	else if (p->shown)
		hide(w, p);
}

uint64_t qf_people_look(struct qf_people *w, struct qf_roster *r,
                        const struct qf_person *me, struct qf_flood *flood,
                        uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;

	qf_roster_reach(r, me, now_ms);
	for (size_t i = r->count; i-- > 0;) {
		struct qf_person *p = r->rows[i].person;

		if (p == me)
			continue;
		judge(w, p, now_ms);
		/* What is still to be told of a loss borrows who was lost. */
		if (due(p) <= now_ms && !w->count)
			forget(r, flood, p);
		else if (due(p) < next)
			next = due(p);
	}
	return next;
}

bool qf_people_make_room(struct qf_roster *r, const struct qf_person *me,
                         struct qf_flood *flood)
{
	struct qf_person *oldest = NULL;

	for (size_t i = 0; i < r->count; i++) {
		struct qf_person *p = r->rows[i].person;

		if (p == me || p->reachable || p->shown)
			continue;
		if (!oldest || p->since_ms < oldest->since_ms)
			oldest = p;
	}
	if (oldest)
		forget(r, flood, oldest);
	return oldest;
}

bool qf_people_next(struct qf_people *w, struct qf_change *out)
{
	if (w->first == w->count) {
		w->first = w->count = 0;
		return false;
	}
	*out = w->changes[w->first++];
	return true;
}
