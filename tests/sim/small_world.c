/* small_world.c - every story of two nodes and three envelopes, told once
 *
 * sync.md 1.5 over the real code. `ana` is stepped: each queue between her
 * threads holds two, and core, store, worker and reader move one at a time.
 * `bob` is atomic: what comes to him runs to its end. They are linked, each has
 * some of three envelopes, and while they reconcile each may say one line, the
 * link may be cut once and made again, and one commit may fail: at any moment,
 * in every order. Whenever nothing more can happen by itself, both must have
 * the same, with all that either said was stored, and nothing may be stuck.
 *
 * The search is breadth first, so the story of a violation is a shortest one.
 * A state is the memory of the whole process (arena.h), kept as its difference
 * from the start; two states are one if state.h says so.
 *
 * usage: small_world [violated]    with the word, a violation is what is wanted
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/node_state.h"
#include "core/talk.h"
#include "sim/arena.h"
#include "sim/law.h"
#include "sim/state.h"

#define ROOM "#lobby"

enum {
	IDS = 3,
	SETS = 1 << IDS,
	LINE_BYTES = 64,
	MOVES_MAX = 64,
	SEEN_SLOTS = 1 << 26,
};

#define LAYER_BYTES (UINT64_C(8) << 30)
#define STATES_MAX  (UINT64_C(1) << 26)

/* What may still happen to them. */
struct budget {
	uint8_t lines[2];
	uint8_t failures[2];
	uint8_t cuts;
	uint8_t stalls;
	bool stalled;
};

enum move_kind {
	MOVE_ACT,   /* of the world: act */
	MOVE_SAY,   /* host says its line */
	MOVE_LOSE,  /* host loses the link */
	MOVE_LINK,  /* it is made again */
	MOVE_RETRY, /* host tries its failed commit again */
	MOVE_STALL, /* ana's socket takes nothing */
	MOVE_GO_ON, /* it does again */
};

struct move {
	enum move_kind kind;
	bool fails; /* the commit that it leads to */
	struct host *host;
	struct act act;
};

struct moves {
	struct move list[MOVES_MAX];
	size_t count;
	bool by_itself; /* some of them need nobody's doing */
};

/* A state in a layer, followed by its lines, each a u32 number and its bytes.
 */
struct record {
	uint32_t number;
	uint32_t used; /* of the arena */
	uint32_t lines;
	struct budget left;
};

struct layer {
	uint8_t *at;
	size_t bytes;
	size_t count;
};

/* How a state was reached. */
struct step {
	uint32_t from;
	uint8_t kind; /* of move, or MOVE_RETRY + 1 + that of the act */
	uint8_t host;
};

struct search {
	uint8_t *base; /* the start's memory */
	size_t high;   /* of the arena, written since it was put back */
	struct layer layers[2];
	struct state_id *seen;
	uint64_t seen_count;
	struct step *steps;
	uint64_t states;
	uint64_t transitions;
	uint64_t quiescent;
	bool ana_dials;
	const char *violated; /* NULL: it held so far */
};

/* Signatures cost more than all else, and are not what is checked: a hash
 * under the public key does. Libsodium's own are not linked then. */

int crypto_sign_detached(unsigned char *sig, unsigned long long *len,
			 const unsigned char *m, unsigned long long m_len,
			 const unsigned char *secret)
{
	(void)len;
	return crypto_generichash(sig, QF_SIG_BYTES, m, m_len,
				  secret + QF_SEED_BYTES, QF_KEY_BYTES);
}

int crypto_sign_verify_detached(const unsigned char *sig,
				const unsigned char *m,
				unsigned long long m_len,
				const unsigned char *key)
{
	unsigned char good[QF_SIG_BYTES];

	crypto_generichash(good, sizeof good, m, m_len, key, QF_KEY_BYTES);
	return memcmp(good, sig, sizeof good) ? -1 : 0;
}

/* The beginning. */

/* Envelope i of the three, of an author of its own. */
static struct qf_envelope *envelope(unsigned i)
{
	struct qf_identity author;
	struct qf_header head = {
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.hlc = (uint64_t)(i + 1) * 1000 << 16,
		.seq = 1,
	};
	struct qf_envelope *e;

	qf_identity_init(&author,
			 (const uint8_t[QF_SEED_BYTES]){ 'i', (uint8_t)i });
	head.author = author.key;
	qf_room_id_open(&head.room, ROOM);
	e = qf_envelope_new(&head, (struct qf_bytes){ 0 });
	e->proof.leaves = 1;
	qf_identity_sign(&author, &e->id, e->proof.sig);
	return e;
}

/* Her people have a worker of their own, his share one with the link. */
static void begin_host(struct world *w, const char *name, unsigned workers,
		       unsigned set)
{
	struct host *h = world_host(w, name, workers);

	world_join(h, ROOM);
	host_crash(h, false);
	h->listens = false;
	for (unsigned i = 0; i < IDS; i++) {
		struct qf_envelope *e = envelope(i);

		if (set & 1u << i)
			disk_plant(&h->disk, e);
		qf_envelope_unref(e);
	}
	host_boot(h);
}

/* The second link has the keys of the first, or it would lead to states of its
 * own. ACKs, which depend on the time, are left to other tests. */
static void link_them(struct world *w, bool ana_dials)
{
	struct cable *c;

	w->cables_made = 0;
	c = world_link(&w->hosts[!ana_dials], &w->hosts[ana_dials]);
	for (int i = 0; i < 2; i++)
		c->ends[i].session.asked_ack_ms = w->now_ms;
}

static struct world *begin(unsigned anas, unsigned bobs, bool ana_dials)
{
	struct world_options o = world_defaults(1);
	struct world *w;

	o.queue = 2;
	o.credits = 2;
	o.asks = 2;
	o.keeps = 2;
	o.latency_ms = 0;
	w = world_new(&o);
	w->now_ms = QF_ACK_MS / 2;
	begin_host(w, "ana", 2, anas);
	begin_host(w, "bob", 1, bobs);
	w->said_count = 0;
	w->hosts[0].steps = true;
	link_them(w, ana_dials);
	return w;
}

/* What may happen. */

static void add(struct moves *to, struct move m)
{
	assert(to->count < MOVES_MAX);
	to->list[to->count++] = m;
}

/* Whether a commit may come of it. */
static bool may_commit(const struct move *m)
{
	if (m->kind == MOVE_ACT && m->host->steps)
		return m->act.kind == ACT_STORE;
	return m->host && !m->host->steps;
}

static void add_failing(struct moves *to, const struct world *w,
			struct budget left)
{
	size_t n = to->count;

	for (size_t i = 0; i < n; i++) {
		struct move m = to->list[i];

		m.fails = true;
		if (may_commit(&m) && left.failures[m.host - w->hosts])
			add(to, m);
	}
}

static struct end *end_of(const struct world *w, unsigned host)
{
	struct cable *c = w->cables.count ? fifo_at(&w->cables, 0) : NULL;
	struct end *e;

	if (!c)
		return NULL;
	e = &c->ends[c->ends[0].worker->host != &w->hosts[host]];
	return e->over ? NULL : e;
}

/* What one of them does by itself. */
static void host_moves(struct world *w, unsigned host, struct moves *out)
{
	struct host *h = &w->hosts[host];
	struct acts acts;

	acts.count = 0;
	host_acts(h, &acts);
	if (w->cables.count)
		cable_acts(fifo_at(&w->cables, 0), &acts);
	for (size_t i = 0; i < acts.count; i++)
		if (acts.list[i].host == h && acts.list[i].kind != ACT_PULL)
			add(out,
			    (struct move){ .host = h, .act = acts.list[i] });
	if (h->retry_ms)
		add(out, (struct move){ .kind = MOVE_RETRY, .host = h });
}

/* And what may be done to it. */
static void fate_moves(struct world *w, unsigned host, struct budget left,
		       struct moves *out)
{
	struct host *h = &w->hosts[host];
	struct end *e = end_of(w, host);

	if (left.lines[host])
		add(out, (struct move){ .kind = MOVE_SAY, .host = h });
	if (e && (left.cuts || e->other->over))
		add(out, (struct move){ .kind = MOVE_LOSE, .host = h });
	if (e && h->steps && left.stalls)
		add(out, (struct move){ .kind = MOVE_STALL, .host = h });
}

/* The core neither puts anything into the room by it nor looks at the room. */
static bool touches_no_room(const struct qf_event *ev)
{
	return ev->kind == QF_EV_LINK_UP || ev->kind == QF_EV_LINK_HELLO ||
	       ev->kind == QF_EV_LINK_DOWN || ev->kind == QF_EV_TURN_OVER ||
	       ev->kind == QF_EV_PROGRESS;
}

static size_t posts_waiting(const struct worker *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->effects.count; i++) {
		const struct qf_effect *fx = fifo_at(&w->effects, i);

		n += fx->kind == QF_FX_POST;
	}
	return n;
}

/* Whether the posts of the next commit fit, however fast the worker is. */
static bool posts_fit(const struct host *h)
{
	const struct qf_event *ev = fifo_at(&h->commits, 0);

	return posts_waiting(&h->workers[0]) + ev->keep_count <=
	       h->world->options.queue;
}

/* Moves of the core that make all others wait. */
static bool find_enough_of_core(struct world *w, struct budget left,
				struct moves *out)
{
	struct host *ana = &w->hosts[0];
	struct worker *worker = &ana->workers[0];
	struct move take = {
		.host = ana,
		.act = { .kind = ACT_EVENT, .host = ana, .worker = worker }
	};
	bool store_rests = !ana->keeps.count && !ana->retry_ms;

	if (!worker->events.count)
		return false;
	if (touches_no_room(fifo_at(&worker->events, 0)) &&
	    ana->keeps.count < w->options.keeps) {
		add(out, take);
		return true;
	}
	if (!store_rests || (ana->commits.count && !posts_fit(ana)))
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
	struct end *bobs = end_of(w, 1);

	out->count = 0;
	if (find_enough_of_core(w, left, out))
		return true;
	if (!bobs || !bobs->in.count)
		return false;
	host_moves(w, 1, out);
	fate_moves(w, 1, left, out);
	add_failing(out, w, left);
	return true;
}

static void find_moves(struct world *w, struct budget left, struct moves *out)
{
	out->by_itself = true;
	if (find_enough(w, left, out))
		return;
	out->count = 0;
	host_moves(w, 0, out);
	host_moves(w, 1, out);
	if (!w->cables.count)
		add(out, (struct move){ .kind = MOVE_LINK });
	if (left.stalled)
		add(out,
		    (struct move){ .kind = MOVE_GO_ON, .host = &w->hosts[0] });
	out->by_itself = out->count;
	fate_moves(w, 0, left, out);
	fate_moves(w, 1, left, out);
	add_failing(out, w, left);
}

/* What is for people is no part of the story. */
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

/* Her socket takes what is due at once, as long as it takes anything. */
static void pull(struct world *w)
{
	struct end *e = end_of(w, 0);

	if (e && end_pulls(e))
		world_act(w, &(struct act){ .kind = ACT_PULL,
					    .host = &w->hosts[0],
					    .worker = e->worker,
					    .end = e });
}

/* A worker that wakes takes all that the core has for it. */
static void act(struct world *w, const struct act *a)
{
	do
		world_act(w, a);
	while (a->kind == ACT_EFFECT && a->worker->effects.count);
}

/* The core hears it from a worker that has no part in the story, so it comes
 * between any other two events. */
static void say(struct world *w, struct host *h)
{
	struct worker *desk = host_desk(h);

	world_say(h, ROOM, h->name);
	if (h->steps)
		world_act(w, &(struct act){ .kind = ACT_EVENT,
					    .host = h,
					    .worker = desk });
}

static void carry_out(struct search *s, struct world *w, const struct move *m,
		      struct budget *left)
{
	struct end *e;

	switch (m->kind) {
	case MOVE_ACT:
		act(w, &m->act);
		break;
	case MOVE_SAY:
		left->lines[m->host - w->hosts]--;
		say(w, m->host);
		break;
	case MOVE_LOSE:
		e = end_of(w, (unsigned)(m->host - w->hosts));
		left->cuts = 0;
		world_act(w, &(struct act){ .kind = ACT_NOTICE,
					    .host = m->host,
					    .worker = e->worker,
					    .end = e });
		break;
	case MOVE_LINK:
		link_them(w, s->ana_dials);
		break;
	case MOVE_RETRY:
		m->host->retry_ms = 0;
		host_settle(m->host);
		break;
	case MOVE_STALL:
		left->stalls = 0;
		left->stalled = true;
		break;
	case MOVE_GO_ON:
		left->stalled = false;
		break;
	}
	serve_people(&w->hosts[0]);
	if (!end_of(w, 0))
		left->stalled = false;
	if (!left->stalled)
		pull(w);
}

/* False: it led to no commit that could fail, so it is no move of its own. */
static bool move(struct search *s, struct world *w, const struct move *m,
		 struct budget *left)
{
	if (!m->fails) {
		carry_out(s, w, m, left);
		return true;
	}
	m->host->disk.failing = 1;
	left->failures[m->host - w->hosts]--;
	carry_out(s, w, m, left);
	return !m->host->disk.failing;
}

/* What must hold. */

static bool worker_quiet(const struct worker *w)
{
	return !w->carry.ask_count && !w->effects.count &&
	       w->credits == w->host->world->options.credits;
}

static bool end_quiet(const struct end *e)
{
	const struct qf_session *s = &e->session;

	return !e->over && s->state == QF_SESSION_LIVE && s->talk_count == 1 &&
	       qf_talk_even(s->talks[0]);
}

static const char *stuck(const struct world *w)
{
	const struct cable *c = fifo_at(&w->cables, 0);

	for (int i = 0; i < 2; i++) {
		const struct host *h = &w->hosts[i];

		if (h->node->pending.count || h->keeps.count)
			return "an envelope is stuck";
		if (!worker_quiet(&h->workers[0]))
			return "a worker is stuck";
		if (!end_quiet(&c->ends[i]))
			return "the talk is stuck";
	}
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].state != SAID_STORED)
			return "a line was not stored";
	return NULL;
}

static void check_quiescent(struct search *s, struct world *w)
{
	s->quiescent++;
	law_healed(w);
	s->violated = w->wrong[0] ? strdup(w->wrong) : stuck(w);
}

/* Memory, there and back. */

static void put_back(struct search *s, const struct record *r)
{
	uint8_t *arena = arena_base();
	const uint8_t *at = (const uint8_t *)(r + 1);

	memcpy(arena, s->base, s->high);
	for (uint32_t i = 0; i < r->lines; i++) {
		uint32_t line;

		memcpy(&line, at, sizeof line);
		memcpy(arena + (size_t)line * LINE_BYTES, at + sizeof line,
		       LINE_BYTES);
		at += sizeof line + LINE_BYTES;
	}
	if (r->used > s->high)
		s->high = r->used;
}

static void remember(struct search *s, struct layer *to, uint32_t number,
		     struct budget left)
{
	struct record *r = (struct record *)(to->at + to->bytes);
	const uint8_t *arena = arena_base();
	uint8_t *at = (uint8_t *)(r + 1);
	size_t used = arena_used();

	*r = (struct record){ .number = number,
			      .used = (uint32_t)used,
			      .left = left };
	for (size_t i = 0; i < used; i += LINE_BYTES) {
		uint32_t line = (uint32_t)(i / LINE_BYTES);

		if (!memcmp(arena + i, s->base + i, LINE_BYTES))
			continue;
		memcpy(at, &line, sizeof line);
		memcpy(at + sizeof line, arena + i, LINE_BYTES);
		at += sizeof line + LINE_BYTES;
		r->lines++;
	}
	if (used > s->high)
		s->high = used;
	to->bytes = (size_t)(at - to->at + 7) / 8 * 8;
	to->count++;
	assert(to->bytes < LAYER_BYTES);
}

/* False: it was seen before. */
static bool is_new(struct search *s, struct state_id id)
{
	size_t i = id.half[0] & (SEEN_SLOTS - 1);

	while (s->seen[i].half[0] || s->seen[i].half[1]) {
		if (!memcmp(&s->seen[i], &id, sizeof id))
			return false;
		i = (i + 1) & (SEEN_SLOTS - 1);
	}
	s->seen[i] = id;
	s->seen_count++;
	assert(s->seen_count < SEEN_SLOTS / 4 * 3);
	return true;
}

static void reach(struct search *s, struct world *w, struct layer *to,
		  uint32_t from, const struct move *m, struct budget left)
{
	struct step *step;

	if (!is_new(s, state_of(w, &left, sizeof left)))
		return;
	step = &s->steps[s->states];
	step->from = from;
	step->kind = (uint8_t)(m->kind == MOVE_ACT
				       ? MOVE_GO_ON + 1 + m->act.kind
				       : m->kind);
	step->host = (uint8_t)(m->host ? m->host - w->hosts : 2);
	remember(s, to, (uint32_t)s->states++, left);
	assert(s->states < STATES_MAX);
}

static const char *const names[] = {
	"?",
	"says its line",
	"loses the link",
	"made again",
	"tries to commit again",
	"stalls",
	"goes on",
	"core hears of a commit",
	"store commits",
	"core takes an event",
	"worker takes an effect",
	"reader reads",
	"worker takes what was read",
	"socket takes what is due",
	"frame arrives",
	"notices that the other is gone",
};

static unsigned tell_story(const struct search *s, uint32_t number)
{
	const struct step *step = &s->steps[number];
	unsigned length;

	if (step->from == number)
		return 0;
	length = tell_story(s, step->from) + 1;
	printf("%4u %s: %s\n", length,
	       step->host == 0   ? "ana"
	       : step->host == 1 ? "bob"
				 : "link",
	       names[step->kind]);
	return length;
}

/* All that follows from one state. False: the law was broken. */
static bool expand(struct search *s, struct world *w, const struct record *r,
		   struct layer *to)
{
	static struct moves moves;

	put_back(s, r);
	find_moves(w, r->left, &moves);
	if (!moves.by_itself)
		check_quiescent(s, w);
	for (size_t i = 0; i < moves.count && !s->violated; i++) {
		struct budget left = r->left;

		put_back(s, r);
		s->transitions++;
		if (!move(s, w, &moves.list[i], &left))
			continue;
		if (w->wrong[0])
			s->violated = strdup(w->wrong);
		reach(s, w, to, r->number, &moves.list[i], left);
	}
	if (s->violated) {
		printf("violated: %s, after\n", s->violated);
		printf("%u steps\n", tell_story(s, r->number));
	}
	return !s->violated;
}

static bool expand_layer(struct search *s, struct world *w,
			 const struct layer *from, struct layer *to)
{
	const uint8_t *at = from->at;

	to->bytes = to->count = 0;
	for (size_t i = 0; i < from->count; i++) {
		const struct record *r = (const struct record *)at;

		if (!expand(s, w, r, to))
			return false;
		at += (sizeof *r + r->lines * (sizeof(uint32_t) + LINE_BYTES) +
		       7) /
		      8 * 8;
	}
	return true;
}

static bool search_from(struct search *s, struct world *w)
{
	struct budget all = { { 1, 1 }, { 1, 0 }, 1, 1, false };
	struct layer *from = &s->layers[0], *to = &s->layers[1];
	size_t widest = 0;

	s->high = (arena_used() + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
	memcpy(s->base, arena_base(), s->high);
	s->steps[s->states].from = (uint32_t)s->states;
	from->bytes = from->count = 0;
	remember(s, from, (uint32_t)s->states++, all);
	while (from->count) {
		struct layer *done = from;

		if (!expand_layer(s, w, from, to))
			return false;
		if (getenv("P"))
			fprintf(stderr,
				"layer %zu bytes %zu states %llu trans %llu\n",
				to->count, to->bytes,
				(unsigned long long)s->states,
				(unsigned long long)s->transitions);
		if (to->bytes > widest)
			widest = to->bytes;
		from = to;
		to = done;
	}
	fprintf(stderr, "used %zu widest %zu states %llu trans %llu\n", s->high,
		widest, (unsigned long long)s->states,
		(unsigned long long)s->transitions);
	return true;
}

int main(int argc, char **argv)
{
	static char out[1 << 16];
	static struct search s;
	bool wanted = argc > 1 && !strcmp(argv[1], "violated");
	uint8_t *before;
	size_t before_used;
	time_t began = time(NULL);
	bool holds = true;

	setvbuf(stdout, out, _IOLBF, sizeof out);
	if (sodium_init() < 0)
		return 2;
	s.base = arena_outside(1 << 26);
	s.layers[0].at = arena_outside(LAYER_BYTES);
	s.layers[1].at = arena_outside(LAYER_BYTES);
	s.seen = arena_outside(SEEN_SLOTS * sizeof *s.seen);
	s.steps = arena_outside(STATES_MAX * sizeof *s.steps);
	before = arena_outside(1 << 26);
	before_used = arena_used();
	memcpy(before, arena_base(), before_used);

	for (unsigned i = 0; i < SETS * SETS * 2 && holds; i++) {
		memcpy(arena_base(), before, before_used);
		s.ana_dials = i % 2;
		holds = search_from(
			&s, begin(i / 2 % SETS, i / 2 / SETS, s.ana_dials));
	}
	printf("%llu states, %llu transitions, %llu quiescent, %llu s: %s\n",
	       (unsigned long long)s.states, (unsigned long long)s.transitions,
	       (unsigned long long)s.quiescent,
	       (unsigned long long)(time(NULL) - began),
	       holds ? "holds" : "violated");
	return holds == wanted;
}
