/* own.c - which lines of a room were typed on this screen */
#include "own.h"

#include <string.h>

void qf_own_fini(struct qf_own *o)
{
	while (o->held_count)
		qf_shared_unref(o->held[--o->held_count].line);
}

static bool id_of(struct qf_bytes text, struct qf_own_id *id)
{
	if (text.len != sizeof id->at)
		return false;
	memcpy(id->at, text.at, sizeof id->at);
	return true;
}

static bool equal(const struct qf_own_id *a, const struct qf_own_id *b)
{
	return !memcmp(a->at, b->at, sizeof a->at);
}

static struct qf_shared *take_held(struct qf_own *o, size_t i)
{
	struct qf_shared *line = o->held[i].line;

	o->held_count--;
	memmove(&o->held[i], &o->held[i + 1],
	        (o->held_count - i) * sizeof *o->held);
	return line;
}

void qf_own_stored(struct qf_own *o, struct qf_bytes text)
{
	struct qf_own_id id;

	if (!id_of(text, &id))
		return;
	for (size_t i = 0; i < o->held_count; i++) {
		if (!equal(&o->held[i].id, &id))
			continue;
		qf_shared_unref(take_held(o, i));
		return;
	}
	o->stored[o->next] = id;
	o->next = (o->next + 1) % QF_OWN_STORED_MAX;
}

bool qf_own_is(struct qf_own *o, struct qf_bytes text)
{
	struct qf_own_id id;

	if (!id_of(text, &id))
		return false;
	for (size_t i = 0; i < QF_OWN_STORED_MAX; i++) {
		if (!equal(&o->stored[i], &id))
			continue;
		o->stored[i] = (struct qf_own_id){ { 0 } };
		return true;
	}
	return false;
}

bool qf_own_hold(struct qf_own *o, const struct qf_reply *line)
{
	struct qf_own_line *held = &o->held[o->held_count];

	if (o->held_count == QF_OWN_HELD_MAX || !id_of(line->id, &held->id))
		return false;
	held->line = qf_shared_new(line->line.at, line->line.len);
	if (!held->line)
		return false;
	o->held_count++;
	return true;
}

struct qf_shared *qf_own_release(struct qf_own *o)
{
	return o->held_count ? take_held(o, 0) : NULL;
}
