/* plot.c - what fate has in store for a world, settled before it begins */
#include "sim/plot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"

enum { NOTHING = -1, MINUTE_MS = 60000, CROWDED_MS = 20000 };

/* How often each kind of twist comes, and what ends it after how long. An hour
 * of this has 80 crashes, 60 partitions, 40 clocks set, and more than 60 disk
 * errors, a little less while all heals. */
static const struct {
	enum twist_kind kind;
	uint64_t mean_ms;
	int ends; /* with that twist, or NOTHING */
	uint64_t lasts_ms;
} weather[] = {
	{ TWIST_SAY, 1000, NOTHING, 0 },
	{ TWIST_AGAIN, 30000, NOTHING, 0 },
	{ TWIST_JOIN, 60000, NOTHING, 0 },
	{ TWIST_CONNECT, 30000, NOTHING, 0 },
	{ TWIST_CRASH, 45000, TWIST_BOOT, 20000 },
	{ TWIST_PART, MINUTE_MS, TWIST_MEET, 30000 },
	{ TWIST_TEAR, 20000, NOTHING, 0 },
	{ TWIST_MUTE, 60000, NOTHING, 0 },
	{ TWIST_SLOW, 30000, NOTHING, 0 },
	{ TWIST_ERROR, 40000, NOTHING, 0 },
	{ TWIST_FULL, 90000, TWIST_ROOMY, 20000 },
	{ TWIST_CLOCK, 90000, NOTHING, 0 },
	{ TWIST_LEAVE, 90000, TWIST_BOOT, 20000 },
	{ TWIST_HEAL, 240000, NOTHING, 0 },
};

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t plot_roll(uint64_t *dice, uint64_t below)
{
	uint64_t z = *dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return ((z ^ z >> 31) >> 8) % below;
}

static struct twist *add(struct plot *p, struct twist t)
{
	bool fits = qf_list_room(&p->twists, p->count, &p->cap,
	                         sizeof *p->twists);

	assert(fits);
	p->twists[p->count] = t;
	return &p->twists[p->count++];
}

/* Few, or so many that nothing ever waits. */
static size_t some_size(uint64_t *dice, size_t few, size_t many)
{
	return plot_roll(dice, 2) ? few + plot_roll(dice, few) : many;
}

static void make_options(struct plot *p, uint64_t seed, uint64_t *dice)
{
	static const size_t segments[] = { 0, 16, 1448, 16384 };
	struct world_options *o = &p->options;

	*o = world_defaults(seed);
	o->queue = some_size(dice, 2, o->queue);
	o->credits = some_size(dice, 2, o->credits);
	o->asks = some_size(dice, 2, o->asks);
	o->keeps = some_size(dice, 2, o->keeps);
	o->batch = some_size(dice, 1, o->batch);
	o->window = some_size(dice, 1, o->window);
	o->segment = segments[plot_roll(dice, 4)];
	o->latency_ms = plot_roll(dice, 50);
	o->presence = true;
}

static void make_cast(struct plot *p, unsigned nodes, uint64_t *dice)
{
	for (unsigned i = 0; i < nodes; i++) {
		struct role *r = &p->cast[i];

		r->there = true;
		r->steps = plot_roll(dice, 2);
		r->workers = 1 + (unsigned)plot_roll(dice, WORKERS_MAX);
		r->rooms = 1 | (unsigned)plot_roll(dice, 1 << PLOT_ROOMS);
		r->lans = 1;
	}
}

/* The first of them are on two networks each. */
static void make_lans(struct plot *p, uint64_t seed, unsigned nodes)
{
	unsigned lans = (nodes + PLOT_LAN - 1) / PLOT_LAN;

	if (seed % 2)
		p->options.hub_each = PLOT_HUB;
	for (unsigned i = 0; i < nodes; i++) {
		struct role *r = &p->cast[i];

		if (i < 2 * (lans - 1))
			r->lans = 3u << i / 2;
		else
			r->lans = 1u << i % lans;
		r->isolated = r->lans == 1 && i / lans % 2;
	}
}

bool plot_reaches(const struct role *a, const struct role *b)
{
	return a->lans & b->lans && !(a->isolated && b->isolated);
}

/* What a kind of twist needs to know beyond its dice. */
static void detail(struct twist *t, unsigned nodes, bool crowded,
                   uint64_t *dice)
{
	unsigned sides = nodes < PLOT_SIDES ? nodes : PLOT_SIDES;

	if (t->kind == TWIST_SAY)
		t->n = 1 +
		       (crowded ? plot_roll(dice, 1 + plot_roll(dice, 20)) : 0);
	else if (t->kind == TWIST_PART)
		t->n = 1 + plot_roll(dice, (UINT64_C(1) << sides) - 2);
	else if (t->kind == TWIST_ERROR)
		t->n = 1 + plot_roll(dice, 4);
	else if (t->kind == TWIST_SLOW)
		t->n = 1 + plot_roll(dice, 3) * plot_roll(dice, 5000);
}

static void add_twists(struct plot *p, size_t i, unsigned nodes, uint64_t haste,
                       uint64_t lasts_ms, uint64_t *dice)
{
	/* People do not talk faster for that. */
	uint64_t mean_ms = weather[i].mean_ms / (i ? haste : 1);
	uint64_t at_ms = 0;

	while ((at_ms += 1 + plot_roll(dice, 2 * mean_ms)) < lasts_ms) {
		struct twist t = {
			.at_ms = at_ms,
			.kind = weather[i].kind,
			.host = (unsigned)plot_roll(dice, nodes),
			.other = (unsigned)plot_roll(dice, nodes),
			.dice = plot_roll(dice, UINT64_MAX),
		};

		detail(&t, nodes, haste > 1, dice);
		add(p, t);
		if (weather[i].ends == NOTHING)
			continue;
		t.kind = (enum twist_kind)weather[i].ends;
		t.at_ms += 1 +
		           plot_roll(dice, 2 * weather[i].lasts_ms / haste + 1);
		add(p, t);
	}
}

/* One that cannot be trusted at all. */
static void add_jumping_clock(struct plot *p, unsigned host, uint64_t lasts_ms,
                              uint64_t *dice)
{
	for (uint64_t at = MINUTE_MS; at < lasts_ms; at += MINUTE_MS)
		add(p, (struct twist){ .at_ms = at,
		                       .kind = TWIST_CLOCK,
		                       .host = host,
		                       .dice = plot_roll(dice, UINT64_MAX) });
}

static int compare_twists(const void *a, const void *b)
{
	const struct twist *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->dice < y->dice ? -1 : x->dice > y->dice;
}

void plot_make(struct plot *p, uint64_t seed, unsigned nodes, uint64_t lasts_ms)
{
	bool crowded = !lasts_ms;
	uint64_t dice = seed, haste = 1;

	*p = (struct plot){ .count = 0 };
	make_options(p, seed, &dice);
	if (!nodes)
		nodes = 2 + (unsigned)plot_roll(&dice, 5);
	make_cast(p, nodes, &dice);
	if (nodes > PLOT_ONE_LAN)
		make_lans(p, seed, nodes);
	if (crowded) {
		lasts_ms = 1000 + plot_roll(&dice, CROWDED_MS);
		haste = UINT64_C(2) << plot_roll(&dice, 5);
	}
	for (size_t i = 0; i < sizeof weather / sizeof *weather; i++)
		/* Some bugs show only where something does not happen. */
		if (!crowded || i == 0 || plot_roll(&dice, 4))
			add_twists(p, i, nodes, haste, lasts_ms, &dice);
	add_jumping_clock(p, (unsigned)plot_roll(&dice, nodes), lasts_ms,
	                  &dice);
	qsort(p->twists, p->count, sizeof *p->twists, compare_twists);
}

void plot_copy(struct plot *to, const struct plot *from)
{
	*to = *from;
	to->cap = from->count;
	to->twists = calloc(from->count + 1, sizeof *to->twists);
	assert(to->twists);
	for (size_t i = 0; i < from->count; i++)
		to->twists[i] = from->twists[i];
}

void plot_fini(struct plot *p)
{
	free(p->twists);
}

unsigned plot_nodes(const struct plot *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < HOSTS_MAX; i++)
		n += p->cast[i].there;
	return n;
}
