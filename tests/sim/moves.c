/* moves.c - what can happen next in the smallest world */
#include "sim/moves.h"

#include <assert.h>
#include <stdio.h>

static void add(struct moves *to, struct move m)
{
	assert(to->count < MOVES_MAX);
	to->list[to->count++] = m;
}

struct end *moves_end(const struct world *w, unsigned host)
{
	struct cable *c = w->cables.count ? fifo_at(&w->cables, 0) : NULL;
	struct end *e;

	if (!c)
		return NULL;
	e = &c->ends[c->ends[0].worker->host != w->hosts[host]];
	return e->over ? NULL : e;
}

/* The second link has the keys of the first, or it would lead to states of its
 * own. ACKs, which depend on the time, are left to other tests. */
void moves_link(struct world *w, bool ana_dials)
{
	struct cable *c;

	w->cables_made = 0;
	c = world_link(w->hosts[!ana_dials], w->hosts[ana_dials]);
	for (int i = 0; i < 2; i++)
		c->ends[i].session.asked_ack_ms = w->now_ms;
}

/* What one of them does by itself. */
static void host_moves(struct world *w, unsigned host, struct moves *out)
{
	struct host *h = w->hosts[host];
	struct acts *acts = &w->acts;

	acts->count = 0;
	host_acts(h, acts);
	if (w->cables.count)
		cable_acts(fifo_at(&w->cables, 0), acts);
	for (size_t i = 0; i < acts->count; i++)
		if (acts->list[i].host == h && acts->list[i].kind != ACT_PULL)
			add(out,
			    (struct move){ .host = h, .act = acts->list[i] });
	if (h->retry_ms)
		add(out, (struct move){ .kind = MOVE_RETRY, .host = h });
}

/* And what may be done to it. Once one end has lost the link, the other may at
 * any time: what was on its way by then may still arrive, or not. */
static void fate_moves(struct world *w, unsigned host, struct budget left,
                       struct moves *out)
{
	struct host *h = w->hosts[host];
	struct end *e = moves_end(w, host);

	if (left.lines[host])
		add(out, (struct move){ .kind = MOVE_SAY, .host = h });
	if (e && (left.cuts || e->other->over))
		add(out, (struct move){ .kind = MOVE_LOSE, .host = h });
	if (e && h->steps && left.stalls)
		add(out, (struct move){ .kind = MOVE_STALL, .host = h });
}

/* Whether a commit may come of it. */
static bool may_commit(const struct move *m)
{
	if (m->kind == MOVE_ACT && m->host->steps)
		return m->act.kind == ACT_STORE;
	return m->host && !m->host->steps;
}

static void add_failing(struct moves *to, struct budget left)
{
	size_t n = to->count;

	for (size_t i = 0; i < n; i++) {
		struct move m = to->list[i];

		m.fails = true;
		if (may_commit(&m) && left.failures[m.host->number])
			add(to, m);
	}
}

/* The core neither puts anything into the room by it nor looks at the room. */
static bool touches_no_room(const struct qf_event *ev)
{
	return ev->kind == QF_EV_LINK_UP || ev->kind == QF_EV_LINK_HELLO ||
	       ev->kind == QF_EV_LINK_DOWN || ev->kind == QF_EV_TURN_OVER ||
	       ev->kind == QF_EV_PROGRESS;
}

/* Whether the posts of the next commit fit, however fast the worker is. */
static bool posts_fit(const struct host *h)
{
	const struct qf_event *ev = fifo_at(&h->commits, 0);

	return worker_posts(&h->workers[0]) + ev->keep_count <=
	       h->world->options.queue;
}

static bool find_enough_of_core(struct world *w, struct budget left,
                                struct moves *out)
{
	struct host *ana = w->hosts[0];
	struct worker *worker = &ana->workers[0];
	struct move take = {
		.host = ana,
		.act = { .kind = ACT_EVENT, .host = ana, .worker = worker }
	};

	if (!worker->events.count || ana->keeps.count >= w->options.keeps)
		return false;
	if (touches_no_room(fifo_at(&worker->events, 0))) {
		add(out, take);
		return true;
	}
	if (ana->keeps.count || ana->retry_ms ||
	    (ana->commits.count && !posts_fit(ana)))
		return false;
	add(out, take);
	if (ana->commits.count)
		add(out, (struct move){ .host = ana,
		                        .act = { .kind = ACT_COMMITTED,
		                                 .host = ana } });
	if (left.lines[0])
		add(out, (struct move){ .kind = MOVE_SAY, .host = ana });
	return true;
}

/* Moves of which the others need not be tried now, since they commute with all
 * that can come before the first of them; each time at least one is by itself,
 * so no state in which nothing is gets lost (persistent sets, Godefroid 1996):
 *
 * - an event that the core takes and that has nothing to do with the room;
 * - all that the core can do, while the store rests, it has an event to take
 *   (what the worker does lines up behind that), and posts fit;
 * - a frame for bob, whom ana reaches only by the frames behind it, with all
 *   that may be done to him. */
static bool find_enough(struct world *w, struct budget left, struct moves *out)
{
	struct end *bobs = moves_end(w, 1);

	if (find_enough_of_core(w, left, out))
		return true;
	if (!bobs || !bobs->in.count)
		return false;
	host_moves(w, 1, out);
	fate_moves(w, 1, left, out);
	add_failing(out, left);
	return true;
}

void moves_find(struct world *w, struct budget left, struct moves *out)
{
	out->count = 0;
	out->by_itself = true;
	if (find_enough(w, left, out))
		return;
	host_moves(w, 0, out);
	host_moves(w, 1, out);
	if (!w->cables.count)
		add(out, (struct move){ .kind = MOVE_LINK });
	if (left.stalled)
		add(out,
		    (struct move){ .kind = MOVE_GO_ON, .host = w->hosts[0] });
	out->by_itself = out->count;
	fate_moves(w, 0, left, out);
	fate_moves(w, 1, left, out);
	add_failing(out, left);
}

static void serve_people(struct host *h)
{
	for (unsigned i = 0; i < h->worker_count; i++) {
		struct worker *w = &h->workers[i];

		for (size_t n = w->effects.count; n > 0; n--) {
			struct qf_effect *fx = fifo_take(&w->effects);

			if (fx->kind == QF_FX_NEWS || w == host_desk(h))
				worker_take(w, fx);
			else
				fifo_put(&w->effects, fx);
		}
	}
}

static bool has_rows(const struct worker *w)
{
	return w->read.count &&
	       ((struct qf_read *)fifo_at(&w->read, 0))->kind == QF_READ_LSNS;
}

static void serve_link(struct world *w, bool stalled)
{
	struct act a = { .host = w->hosts[0],
		         .worker = &w->hosts[0]->workers[0] };

	for (;;) {
		a.end = moves_end(w, 0);
		if (has_rows(a.worker))
			a.kind = ACT_GOT;
		else if (a.end && !stalled && end_pulls(a.end))
			a.kind = ACT_PULL;
		else
			return;
		world_act(w, a);
	}
}

static void act(struct world *w, struct act a)
{
	do
		world_act(w, a);
	while (a.kind == ACT_EFFECT && a.worker->effects.count);
}

/* The core hears it from a worker that has no part in the story, so it comes
 * between any other two events. */
static void say(struct world *w, struct host *h)
{
	world_say(h, SMALL_ROOM, h->name);
	if (h->steps)
		world_act(w, (struct act){ .kind = ACT_EVENT,
		                           .host = h,
		                           .worker = host_desk(h) });
}

static void lose(struct world *w, struct host *h)
{
	struct end *e = moves_end(w, h->number);

	world_act(w, (struct act){ .kind = ACT_NOTICE,
	                           .host = h,
	                           .worker = e->worker,
	                           .end = e });
}

static void make(struct world *w, const struct move *m, struct budget *left)
{
	switch (m->kind) {
	case MOVE_ACT:
		act(w, m->act);
		break;
	case MOVE_SAY:
		left->lines[m->host->number]--;
		say(w, m->host);
		break;
	case MOVE_LOSE:
		left->cuts = 0;
		lose(w, m->host);
		break;
	case MOVE_LINK:
		moves_link(w, left->ana_dials);
		break;
	case MOVE_RETRY:
		m->host->retry_ms = 0;
		host_settle(m->host);
		break;
	case MOVE_STALL:
		left->stalls--;
		left->stalled = true;
		break;
	case MOVE_GO_ON:
		left->stalled = false;
		break;
	}
	serve_people(w->hosts[0]);
	if (!moves_end(w, 0))
		left->stalled = false;
	serve_link(w, left->stalled);
}

bool moves_make(struct world *w, const struct move *m, struct budget *left)
{
	if (!m->fails) {
		make(w, m, left);
		return true;
	}
	m->host->disk.failing = 1;
	left->failures[m->host->number]--;
	make(w, m, left);
	return !m->host->disk.failing;
}

void moves_print(const struct move *m)
{
	static const char *const acts[] = {
		[ACT_COMMITTED] = "core hears of a commit",
		[ACT_STORE] = "store commits",
		[ACT_EVENT] = "core takes an event",
		[ACT_EFFECT] = "worker takes what the core has for it",
		[ACT_READ] = "reader reads",
		[ACT_GOT] = "worker takes what was read",
		[ACT_PULL] = "socket takes what is due",
		[ACT_BYTES] = "frame arrives",
		[ACT_NOTICE] = "sees that the other is gone",
	};
	static const char *const others[] = {
		[MOVE_SAY] = "says a line",
		[MOVE_LOSE] = "loses the link",
		[MOVE_LINK] = "linked again",
		[MOVE_RETRY] = "store tries again",
		[MOVE_STALL] = "socket stalls",
		[MOVE_GO_ON] = "socket goes on",
	};
	const char *what = m->kind == MOVE_ACT ? acts[m->act.kind]
	                                       : others[m->kind];

	printf("    %-4s %s%s\n", m->host ? m->host->name : "both", what,
	       m->fails ? ", but a commit fails" : "");
}
