/* spread.h - lines on their way over the links of many nodes, as core/push.h
 * and core/wants.h have it
 *
 * Links have delays of their own; what one carries keeps its order. A node
 * takes WORK_US to pass something on. Two ends of a new link give each other
 * what the other lacks, as a reconciliation does. A link to a node that has
 * vanished swallows what is sent until it is left.
 */
#ifndef QF_SPREAD_H
#define QF_SPREAD_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/push.h"
#include "core/wants.h"

enum {
	SPREAD_NODES_MAX = 1000,
	SPREAD_LINES_MAX = 256,
	SPREAD_DELAY_MIN_US = 500,
	SPREAD_DELAY_MAX_US = 3000,
	SPREAD_WORK_US = 1000, /* at each node on the way */
};

enum spread_kind {
	SPREAD_MSG,  /* pushed as it came */
	SPREAD_SENT, /* asked for, or found missing */
	SPREAD_IHAVE,
	SPREAD_GRAFT,
	SPREAD_PRUNE,
	SPREAD_TIMER,
};

struct spread_event {
	uint64_t at_us;
	uint64_t order;
	enum spread_kind kind;
	unsigned from, to; /* nodes */
	unsigned line;
};

struct spread_node {
	bool up;
	bool swallows; /* passes nothing on, names nothing, gives nothing */
	bool has[SPREAD_LINES_MAX];
	struct qf_push push; /* conns are numbers of nodes, from 1 */
	struct qf_wants wants;
	uint64_t named[SPREAD_NODES_MAX]; /* by each other */
};

struct spread {
	uint64_t now_us;
	uint64_t order;
	struct spread_event *heap;
	size_t count, cap;
	size_t nodes;
	struct spread_node *node;
	unsigned lines;
	uint64_t copies; /* of lines, that came to somebody */
	uint64_t names;
	uint64_t grafts;
	uint64_t last_us; /* when somebody got something new */
};

static const struct qf_room_id spread_room;

static inline struct spread *spread_new(size_t nodes)
{
	struct spread *s = calloc(1, sizeof *s);

	assert(s && nodes <= SPREAD_NODES_MAX);
	s->nodes = nodes;
	s->node = calloc(nodes, sizeof *s->node);
	assert(s->node);
	for (size_t i = 0; i < nodes; i++) {
		s->node[i].up = true;
		qf_wants_init(&s->node[i].wants, i);
	}
	return s;
}

static inline void spread_free(struct spread *s)
{
	for (size_t i = 0; i < s->nodes; i++) {
		qf_push_fini(&s->node[i].push);
		qf_wants_fini(&s->node[i].wants);
	}
	free(s->node);
	free(s->heap);
	free(s);
}

static inline bool spread_before(const struct spread_event *a,
                                 const struct spread_event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static inline void spread_put(struct spread *s, struct spread_event e)
{
	size_t i = s->count++;

	if (s->count > s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->heap = realloc(s->heap, s->cap * sizeof *s->heap);
		assert(s->heap);
	}
	e.order = s->order++;
	for (; i && spread_before(&e, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = e;
}

static inline struct spread_event spread_take(struct spread *s)
{
	struct spread_event first = s->heap[0], last = s->heap[--s->count];
	size_t i = 0, child;

	for (; (child = 2 * i + 1) < s->count; i = child) {
		if (child + 1 < s->count &&
		    spread_before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!spread_before(&s->heap[child], &last))
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = last;
	return first;
}

/* The same both ways, and always. */
static inline uint64_t spread_delay_us(unsigned a, unsigned b)
{
	uint64_t x = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;

	x *= UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 29;
	return SPREAD_DELAY_MIN_US +
	       x % (SPREAD_DELAY_MAX_US - SPREAD_DELAY_MIN_US + 1);
}

static inline void spread_send(struct spread *s, unsigned from, unsigned to,
                               enum spread_kind kind, unsigned line,
                               uint64_t work_us)
{
	spread_put(s, (struct spread_event){ .at_us = s->now_us + work_us +
	                                              spread_delay_us(from, to),
	                                     .kind = kind,
	                                     .from = from,
	                                     .to = to,
	                                     .line = line });
}

static inline struct qf_setkey spread_key(unsigned line)
{
	struct qf_setkey key = { .class = 1, .hlc = line };

	memcpy(key.id.b, &line, sizeof line);
	return key;
}

/* It is committed there: on to all links but the one that brought it. */
static inline void spread_commit(struct spread *s, unsigned at, unsigned source,
                                 unsigned line)
{
	struct spread_node *n = &s->node[at];
	struct qf_setkey key = spread_key(line);

	n->has[line] = true;
	s->last_us = s->now_us;
	qf_wants_here(&n->wants, &key.id);
	for (size_t i = 0; i < n->push.count && !n->swallows; i++) {
		unsigned to = (unsigned)n->push.links[i].conn - 1;

		if (to != source)
			spread_send(s, at, to,
			            n->push.links[i].lazy ? SPREAD_IHAVE
			                                  : SPREAD_MSG,
			            line, SPREAD_WORK_US);
	}
}

static inline void spread_say(struct spread *s, unsigned at)
{
	assert(s->lines < SPREAD_LINES_MAX);
	spread_commit(s, at, at, s->lines++);
}

static inline void spread_came(struct spread *s, const struct spread_event *e)
{
	struct spread_node *n = &s->node[e->to];

	s->copies++;
	if (!n->has[e->line])
		spread_commit(s, e->to, e->from, e->line);
	else if (e->kind == SPREAD_MSG && qf_push_prune(&n->push, e->from + 1))
		spread_send(s, e->to, e->from, SPREAD_PRUNE, 0, 0);
}

static inline void spread_named(struct spread *s, const struct spread_event *e)
{
	struct spread_node *n = &s->node[e->to];
	struct qf_setkey key = spread_key(e->line);
	uint64_t due_ms = s->now_us / 1000 + QF_WANT_MS +
	                  (e->to * 7 + e->line) % QF_WANT_JITTER_MS;

	s->names++;
	assert(!qf_wants_heard(&n->wants, e->from + 1, ++n->named[e->from]));
	if (n->has[e->line])
		return;
	assert(!qf_wants_add(&n->wants, &spread_room, &key, e->from + 1,
	                     n->named[e->from], due_ms));
	spread_put(s, (struct spread_event){ .at_us = due_ms * 1000,
	                                     .kind = SPREAD_TIMER,
	                                     .to = e->to });
}

static inline void spread_timer(struct spread *s, unsigned at)
{
	struct spread_node *n = &s->node[at];
	struct qf_offer *offer;
	struct qf_want *want;
	uint64_t wake_ms;

	while ((want = qf_wants_next(&n->wants, s->now_us / 1000, &offer))) {
		s->grafts++;
		qf_push_set(&n->push, offer->namer->conn, false);
		spread_send(s, at, (unsigned)offer->namer->conn - 1,
		            SPREAD_GRAFT, (unsigned)want->key.hlc, 0);
	}
	wake_ms = qf_wants_wake(&n->wants);
	if (wake_ms != UINT64_MAX)
		spread_put(s, (struct spread_event){ .at_us = wake_ms * 1000,
		                                     .kind = SPREAD_TIMER,
		                                     .to = at });
}

static inline void spread_act(struct spread *s, const struct spread_event *e)
{
	struct spread_node *n = &s->node[e->to];

	if (!n->up)
		return;
	switch (e->kind) {
	case SPREAD_MSG:
	case SPREAD_SENT:
		spread_came(s, e);
		break;
	case SPREAD_IHAVE:
		spread_named(s, e);
		break;
	case SPREAD_GRAFT:
		qf_push_set(&n->push, e->from + 1, false);
		if (!n->swallows)
			spread_send(s, e->to, e->from, SPREAD_SENT, e->line,
			            SPREAD_WORK_US);
		break;
	case SPREAD_PRUNE:
		qf_push_set(&n->push, e->from + 1, true);
		break;
	default:
		spread_timer(s, e->to);
	}
}

static inline void spread_run_ms(struct spread *s, uint64_t ms)
{
	uint64_t until_us = s->now_us + ms * 1000;

	while (s->count && s->heap[0].at_us <= until_us) {
		struct spread_event e = spread_take(s);

		s->now_us = e.at_us;
		spread_act(s, &e);
	}
	s->now_us = until_us;
}

/* The two have a link from now on, or none any more. */
static inline void spread_link(struct spread *s, unsigned a, unsigned b,
                               bool up)
{
	struct spread_node *x = &s->node[a], *y = &s->node[b];

	if (up == (qf_push_link(&x->push, b + 1) != NULL))
		return;
	if (!up) {
		qf_push_leave(&x->push, b + 1);
		qf_push_leave(&y->push, a + 1);
		qf_wants_forget(&x->wants, b + 1);
		qf_wants_forget(&y->wants, a + 1);
		x->named[b] = y->named[a] = 0;
		return;
	}
	assert(!qf_push_join(&x->push, b + 1) &&
	       !qf_push_join(&y->push, a + 1));
	for (unsigned i = 0; i < s->lines; i++) {
		if (x->has[i] && !y->has[i])
			spread_send(s, a, b, SPREAD_SENT, i,
			            3 * spread_delay_us(a, b));
		if (y->has[i] && !x->has[i])
			spread_send(s, b, a, SPREAD_SENT, i,
			            3 * spread_delay_us(a, b));
	}
}

static inline bool spread_is_everywhere(const struct spread *s)
{
	for (size_t i = 0; i < s->nodes; i++)
		for (unsigned k = 0; s->node[i].up && k < s->lines; k++)
			if (!s->node[i].has[k])
				return false;
	return true;
}

#endif
