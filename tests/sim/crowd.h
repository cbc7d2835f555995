/* crowd.h - nodes that know of nothing but presence, and links between them
 *
 * Time is virtual, chance is seeded, and each link delivers in order after its
 * own delay. A link has a dialling and an accepting end, each of which learns
 * for itself when it is there and when it is not: between the two a link may be
 * half open, and what is sent on it is lost.
 *
 * What a node tells people is followed: nobody may come who is here, or leave
 * who is not.
 */
#ifndef QF_CROWD_H
#define QF_CROWD_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/list.h"
#include "core/presence.h"

enum {
	CROWD_MAX = 64,
	CROWD_LINKS_MAX = 2048,
	CROWD_KINDS = QF_PARCEL_WANT + 1,
	CROWD_CHANGES = QF_CHANGE_ROOMS + 1,
	CROWD_DELAY_MS = 5,
};

static const uint64_t crowd_wall_ms = 1700000000000;

struct crowd_node {
	struct qf_identity id;
	struct qf_presence presence;
	bool up;
	bool left;
	int64_t clock_ms; /* how much its clock is wrong */
	unsigned told[CROWD_CHANGES];
	bool believes[CROWD_MAX];
	uint64_t told_ms[CROWD_MAX]; /* when it was last told of that one */
};

struct crowd_link {
	size_t end[2]; /* who dialled, who accepted */
	bool knows[2]; /* that it is there */
	bool carries;
	uint64_t delay_ms;
};

enum crowd_what { CROWD_PAYLOAD, CROWD_UP, CROWD_DOWN };

struct crowd_event {
	uint64_t due_ms;
	uint64_t number; /* of two at the same time the first comes first */
	enum crowd_what what;
	size_t link;
	size_t end; /* where it happens */
	struct qf_shared *payload;
};

struct crowd {
	uint64_t now_ms;
	uint64_t random;
	unsigned loss; /* of 1,000 payloads */
	size_t count;
	struct crowd_node nodes[CROWD_MAX];
	size_t link_count;
	struct crowd_link links[CROWD_LINKS_MAX];
	struct crowd_event *events; /* a heap, the first is due first */
	size_t event_count;
	size_t event_cap;
	uint64_t event_number;
	unsigned payloads[CROWD_KINDS]; /* sent, each link counts */
	size_t payload_bytes;
	unsigned records; /* in them */
	unsigned reports;
};

static inline uint64_t crowd_random(struct crowd *w, uint64_t below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random % below;
}

static inline bool crowd_before(const struct crowd_event *a,
                                const struct crowd_event *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms
	                              : a->number < b->number;
}

static inline void crowd_event_add(struct crowd *w, struct crowd_event ev)
{
	size_t i = w->event_count;

	assert_true(
		qf_list_room(&w->events, i, &w->event_cap, sizeof *w->events));
	w->event_count++;
	ev.number = w->event_number++;
	while (i && crowd_before(&ev, &w->events[(i - 1) / 2])) {
		w->events[i] = w->events[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->events[i] = ev;
}

static inline struct crowd_event crowd_event_take(struct crowd *w)
{
	struct crowd_event first = w->events[0];
	struct crowd_event last = w->events[--w->event_count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < w->event_count) {
		if (child + 1 < w->event_count &&
		    crowd_before(&w->events[child + 1], &w->events[child]))
			child++;
		if (!crowd_before(&w->events[child], &last))
			break;
		w->events[i] = w->events[child];
		i = child;
	}
	w->events[i] = last;
	return first;
}

static inline size_t crowd_who(const struct crowd *w, const struct qf_key *key)
{
	for (size_t i = 0; i < w->count; i++)
		if (qf_key_equal(&w->nodes[i].id.key, key))
			return i;
	fail_msg("a key of nobody's");
	return 0;
}

static inline struct qf_here crowd_here(const char *name)
{
	return (struct qf_here){ .state = QF_HERE_HERE,
		                 .port = 9999,
		                 .name = qf_bytes(name, strlen(name)) };
}

static inline uint64_t crowd_wall(const struct crowd *w, size_t who)
{
	return (uint64_t)((int64_t)(crowd_wall_ms + w->now_ms) +
	                  w->nodes[who].clock_ms);
}

/* A node with that number's key begins, or begins again. */
static inline void crowd_start(struct crowd *w, size_t who)
{
	struct crowd_node *n = &w->nodes[who];
	char name[24];
	struct qf_here mine;

	assert_false(n->up);
	snprintf(name, sizeof name, "n%zu", who);
	mine = crowd_here(name);
	n->up = true;
	n->left = false;
	memset(n->believes, 0, sizeof n->believes);
	assert_int_equal(qf_presence_init(&n->presence, &n->id, &mine, 7,
	                                  w->now_ms, crowd_wall(w, who)),
	                 QF_OK);
}

static inline struct crowd *crowd_new(uint64_t seed, size_t count)
{
	struct crowd *w = calloc(1, sizeof *w);

	assert_non_null(w);
	assert_true(count <= CROWD_MAX);
	w->random = seed * 2654435769 + 1;
	w->now_ms = 100000;
	w->count = count;
	for (size_t i = 0; i < count; i++) {
		qf_identity_init(&w->nodes[i].id,
		                 (uint8_t[QF_SEED_BYTES]){ (uint8_t)i, 1 });
		crowd_start(w, i);
	}
	return w;
}

static inline void crowd_free(struct crowd *w)
{
	for (size_t i = 0; i < w->event_count; i++)
		qf_shared_unref(w->events[i].payload);
	free(w->events);
	for (size_t i = 0; i < w->count; i++)
		if (w->nodes[i].up)
			qf_presence_fini(&w->nodes[i].presence);
	free(w);
}

/* What nodes say. */

static inline void crowd_count(struct crowd *w, const struct qf_shared *payload)
{
	struct qf_cursor c = qf_cursor(qf_bytes(payload->at, payload->len));
	uint8_t kind = qf_get_u8(&c);
	struct qf_here h;
	struct qf_gone g;

	assert_in_range(kind, QF_PARCEL_NEWS, QF_PARCEL_WANT);
	assert_true(payload->len <= QF_PARCEL_BYTES_MAX);
	w->payloads[kind]++;
	w->payload_bytes += payload->len;
	while (kind == QF_PARCEL_NEWS && qf_cursor_left(&c)) {
		if (qf_get_u8(&c) == QF_ITEM_HERE) {
			qf_here_get(&c, &h);
			w->records++;
		} else {
			qf_gone_get(&c, &g);
			w->reports++;
		}
	}
	assert_false(c.bad);
}

static inline bool crowd_is_for(const struct crowd *w,
                                const struct qf_parcel *parcel, size_t link,
                                size_t from)
{
	const struct crowd_link *l = &w->links[link];
	size_t other = l->end[l->end[0] == from];
	bool named = qf_key_equal(&parcel->key, &w->nodes[other].id.key);

	switch (parcel->to) {
	case QF_PARCEL_TO_ONE:
		return named;
	case QF_PARCEL_TO_OTHERS:
		return !named;
	case QF_PARCEL_TO_DIALLERS:
		return l->end[1] == from;
	}
	return false;
}

static inline void crowd_send(struct crowd *w, size_t from,
                              const struct qf_parcel *parcel)
{
	for (size_t i = 0; i < w->link_count; i++) {
		const struct crowd_link *l = &w->links[i];
		size_t me = l->end[1] == from;

		if (l->end[me] != from || !l->knows[me] ||
		    !crowd_is_for(w, parcel, i, from))
			continue;
		crowd_count(w, parcel->payload);
		if (crowd_random(w, 1000) < w->loss)
			continue;
		crowd_event_add(
			w, (struct crowd_event){
				   .due_ms = w->now_ms + l->delay_ms,
				   .link = i,
				   .end = !me,
				   .payload = qf_shared_ref(parcel->payload) });
	}
	qf_shared_unref(parcel->payload);
}

static inline void crowd_told(struct crowd *w, struct crowd_node *n,
                              const struct qf_change *change)
{
	size_t who = crowd_who(w, &change->person->key);

	n->told[change->kind]++;
	n->told_ms[who] = w->now_ms;
	if (change->kind == QF_CHANGE_CAME) {
		assert_false(n->believes[who]);
		n->believes[who] = true;
	} else {
		assert_true(n->believes[who]);
		n->believes[who] = change->kind != QF_CHANGE_LEFT &&
		                   change->kind != QF_CHANGE_LOST;
	}
}

/* After anything that happened to a node. */
static inline void crowd_tick(struct crowd *w, size_t who)
{
	struct crowd_node *n = &w->nodes[who];
	struct qf_change change;
	struct qf_parcel parcel;

	if (!n->up)
		return;
	qf_presence_tick(&n->presence, w->now_ms, crowd_wall(w, who));
	assert_false(n->presence.bad);
	while (qf_presence_next(&n->presence, &parcel))
		crowd_send(w, who, &parcel);
	while (qf_presence_change(&n->presence, &change))
		crowd_told(w, n, &change);
	assert_true(qf_presence_wake(&n->presence) > w->now_ms);
}

/* What happens to links. */

static inline void crowd_learn(struct crowd *w, const struct crowd_event *ev)
{
	struct crowd_link *l = &w->links[ev->link];
	struct crowd_node *n = &w->nodes[l->end[ev->end]];
	const struct qf_key *peer = &w->nodes[l->end[!ev->end]].id.key;
	bool up = ev->what == CROWD_UP;

	if (!n->up || l->knows[ev->end] == up || (up && !l->carries))
		return;
	l->knows[ev->end] = up;
	if (up)
		qf_presence_link_up(&n->presence, peer, !ev->end, w->now_ms);
	else
		qf_presence_link_down(&n->presence, peer, !ev->end);
}

static inline void crowd_deliver(struct crowd *w, const struct crowd_event *ev)
{
	struct crowd_link *l = &w->links[ev->link];
	struct crowd_node *n = &w->nodes[l->end[ev->end]];
	const struct qf_key *peer = &w->nodes[l->end[!ev->end]].id.key;

	/* Checked elsewhere; here it would take most of the time. */
	if (l->carries && l->knows[ev->end])
		assert_int_equal(qf_presence_take(&n->presence, peer,
		                                  qf_bytes(ev->payload->at,
		                                           ev->payload->len),
		                                  true, w->now_ms),
		                 QF_OK);
	qf_shared_unref(ev->payload);
}

static inline void crowd_happen(struct crowd *w, const struct crowd_event *ev)
{
	if (ev->what == CROWD_PAYLOAD)
		crowd_deliver(w, ev);
	else
		crowd_learn(w, ev);
	crowd_tick(w, w->links[ev->link].end[ev->end]);
}

static inline size_t crowd_next_awake(const struct crowd *w, uint64_t *due_ms)
{
	size_t who = 0;

	*due_ms = UINT64_MAX;
	for (size_t i = 0; i < w->count; i++) {
		uint64_t wake = w->nodes[i].up ? qf_presence_wake(
							 &w->nodes[i].presence)
		                               : UINT64_MAX;

		if (wake < *due_ms) {
			*due_ms = wake;
			who = i;
		}
	}
	return who;
}

static inline void crowd_run(struct crowd *w, uint64_t ms)
{
	uint64_t until = w->now_ms + ms;

	for (;;) {
		uint64_t wake, event = UINT64_MAX;
		size_t who = crowd_next_awake(w, &wake);

		if (w->event_count)
			event = w->events[0].due_ms;
		if (wake > until && event > until)
			break;
		if (event <= wake) {
			struct crowd_event ev = crowd_event_take(w);

			w->now_ms = event > w->now_ms ? event : w->now_ms;
			crowd_happen(w, &ev);
		} else {
			w->now_ms = wake > w->now_ms ? wake : w->now_ms;
			crowd_tick(w, who);
		}
	}
	w->now_ms = until;
}

/* What the story does. */

/* The link's number. The accepting end learns of it within the delay. */
static inline size_t crowd_link(struct crowd *w, size_t dialler,
                                size_t acceptor)
{
	size_t link = w->link_count++;
	struct crowd_event up = { .what = CROWD_UP, .link = link };

	assert_true(w->link_count <= CROWD_LINKS_MAX);
	w->links[link] = (struct crowd_link){ .end = { dialler, acceptor },
		                              .carries = true,
		                              .delay_ms = CROWD_DELAY_MS };
	up.due_ms = w->now_ms;
	crowd_event_add(w, up);
	up.due_ms += crowd_random(w, CROWD_DELAY_MS);
	up.end = 1;
	crowd_event_add(w, up);
	return link;
}

/* Its ends learn of it after so long. */
static inline void crowd_cut(struct crowd *w, size_t link, uint64_t dialler_ms,
                             uint64_t acceptor_ms)
{
	struct crowd_event down = { .what = CROWD_DOWN, .link = link };

	w->links[link].carries = false;
	down.due_ms = w->now_ms + dialler_ms;
	crowd_event_add(w, down);
	down.due_ms = w->now_ms + acceptor_ms;
	down.end = 1;
	crowd_event_add(w, down);
}

/* The node is no more; whoever had a link with it learns that within so long.
 */
static inline void crowd_kill(struct crowd *w, size_t who, uint64_t within_ms)
{
	for (size_t i = 0; i < w->link_count; i++) {
		struct crowd_link *l = &w->links[i];
		size_t me = l->end[1] == who;

		if (l->end[me] != who || !l->carries)
			continue;
		l->knows[me] = false;
		crowd_cut(w, i, crowd_random(w, within_ms + 1),
		          crowd_random(w, within_ms + 1));
	}
	for (size_t i = 0; i < w->link_count; i++)
		if (w->links[i].end[0] == who || w->links[i].end[1] == who)
			w->links[i].knows[w->links[i].end[1] == who] = false;
	qf_presence_fini(&w->nodes[who].presence);
	w->nodes[who].up = false;
}

static inline void crowd_say(struct crowd *w, size_t who,
                             const struct qf_here *mine)
{
	qf_presence_self(&w->nodes[who].presence, mine);
	crowd_tick(w, who);
}

static inline void crowd_rename(struct crowd *w, size_t who, const char *name)
{
	struct qf_here mine = crowd_here(name);

	crowd_say(w, who, &mine);
}

/* It says so, and then ends. */
static inline void crowd_leave(struct crowd *w, size_t who)
{
	struct qf_here mine = w->nodes[who].presence.mine;

	mine.state = QF_HERE_LEFT;
	crowd_say(w, who, &mine);
	w->nodes[who].left = true;
}

/* The law. */

static inline size_t crowd_root(const size_t *up, size_t i)
{
	while (up[i] != i)
		i = up[i];
	return i;
}

static inline bool crowd_sees(const struct crowd *w, size_t who, size_t whom)
{
	const struct qf_person *p = qf_presence_find(&w->nodes[who].presence,
	                                             &w->nodes[whom].id.key);
	bool shown = p && p->shown;

	assert_int_equal(shown, w->nodes[who].believes[whom]);
	return shown;
}

/* Everyone sees exactly those whom links lead to. False: someone does not. */
static inline bool crowd_agrees(const struct crowd *w)
{
	size_t up[CROWD_MAX];

	for (size_t i = 0; i < w->count; i++)
		up[i] = i;
	for (size_t i = 0; i < w->link_count; i++) {
		const struct crowd_link *l = &w->links[i];

		if (l->carries && l->knows[0] && l->knows[1] &&
		    !w->nodes[l->end[0]].left && !w->nodes[l->end[1]].left)
			up[crowd_root(up, l->end[0])] = crowd_root(up,
			                                           l->end[1]);
	}
	for (size_t i = 0; i < w->count; i++)
		for (size_t k = 0; w->nodes[i].up && k < w->count; k++) {
			bool can = w->nodes[k].up && !w->nodes[k].left &&
			           crowd_root(up, i) == crowd_root(up, k);

			if (i != k && !w->nodes[i].left &&
			    crowd_sees(w, i, k) != can)
				return false;
		}
	return true;
}

static inline void crowd_forget_counts(struct crowd *w)
{
	memset(w->payloads, 0, sizeof w->payloads);
	w->payload_bytes = w->records = w->reports = 0;
	for (size_t i = 0; i < w->count; i++)
		memset(w->nodes[i].told, 0, sizeof w->nodes[i].told);
}

/* 0 - 1 - 2 - ..., each dialled by the one after it or, by chance, before. */
static inline void crowd_chain(struct crowd *w)
{
	for (size_t i = 1; i < w->count; i++)
		if (crowd_random(w, 2))
			crowd_link(w, i, i - 1);
		else
			crowd_link(w, i - 1, i);
}

#endif
