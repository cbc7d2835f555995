/* test_worlds.c - whatever happens to a network, it heals and has lost nothing
 *
 * Each seed is a world of two to five machines, some of them stepped by chance
 * inside, with queues of any size. People talk while links are cut and muted,
 * machines crash, stores fail and clocks are wrong. Then all is repaired, and
 * the law must hold (law.h).
 *
 * SEED=17 tells that one story alone.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/node_state.h"
#include "sim/law.h"
#include "sim/world.h"

enum { WORLDS = 300, ROUNDS_MAX = 60, NONCES_MAX = 4096, ROOMS = 3 };

static const char *const rooms[ROOMS] = { "#lobby", "#two", "#three" };

struct tale {
	struct world *w;
	uint64_t lines; /* said with a nonce each, from 1 */
	size_t asked[NONCES_MAX];
	struct host *by[NONCES_MAX];
	unsigned room[NONCES_MAX];
};

static uint64_t chance(struct tale *t, uint64_t below)
{
	return world_random(t->w, below);
}

static size_t size_of_chance(struct tale *t, size_t few, size_t many)
{
	return chance(t, 2) ? few + chance(t, few) : many;
}

static struct world *some_world(struct tale *t, uint64_t seed)
{
	struct world_options o = world_defaults(seed);
	struct world *w = t->w = world_new(&o);
	unsigned hosts = 2 + (unsigned)chance(t, 4);
	char name[16];

	w->options.queue = size_of_chance(t, 2, 1024);
	w->options.credits = size_of_chance(t, 2, 256);
	w->options.asks = size_of_chance(t, 2, 256);
	w->options.keeps = size_of_chance(t, 2, 4096);
	w->options.batch = size_of_chance(t, 1, 1024);
	w->options.window = size_of_chance(t, 1, 256 * 1024);
	w->options.latency_ms = chance(t, 50);
	for (unsigned i = 0; i < hosts; i++) {
		struct host *h;

		snprintf(name, sizeof name, "host%u", i);
		h = world_host(w, name, 1 + (unsigned)chance(t, 3));
		h->steps = chance(t, 2);
		if (chance(t, 4) == 0)
			h->clock_ms = (int64_t)chance(t, 10000000) - 5000000;
		for (int r = 0; r < ROOMS; r++)
			if (r == 0 || chance(t, 2))
				world_join(h, rooms[r]);
	}
	return w;
}

static struct host *some_host(struct tale *t)
{
	return &t->w->hosts[chance(t, t->w->host_count)];
}

/* Each line once, however often it is asked for. */
static void say_line(struct tale *t, uint64_t line)
{
	char text[32];

	snprintf(text, sizeof text, "line %llu", (unsigned long long)line);
	t->asked[line] = world_say_once(t->by[line], rooms[t->room[line]], text,
	                                line);
}

static void say_some(struct tale *t, struct host *h)
{
	unsigned room = (unsigned)chance(t, ROOMS);

	for (uint64_t n = 1 + chance(t, 20); n > 0 && h->up; n--) {
		if (t->lines + 1 == NONCES_MAX)
			return;
		t->lines++;
		t->by[t->lines] = h;
		t->room[t->lines] = room;
		say_line(t, t->lines);
	}
}

static void repeat_some(struct tale *t)
{
	uint64_t line;

	if (!t->lines)
		return;
	line = 1 + chance(t, t->lines);
	if (t->by[line]->up)
		say_line(t, line);
}

static void crash_or_boot(struct tale *t, struct host *h)
{
	if (h->up)
		world_crash(h, chance(t, 2));
	else
		host_boot(h);
}

static void mute_some(struct tale *t)
{
	struct cable *c;

	if (!t->w->cables.count)
		return;
	c = fifo_at(&t->w->cables, chance(t, t->w->cables.count));
	if (chance(t, 2))
		world_cut(c);
	else
		c->ends[chance(t, 2)].muted = true;
}

static void something_happens(struct tale *t)
{
	struct host *h = some_host(t), *other = some_host(t);

	switch (chance(t, 10)) {
	case 0:
		crash_or_boot(t, h);
		break;
	case 1:
		h->disk.failing = (unsigned)chance(t, 5);
		break;
	case 2:
		mute_some(t);
		break;
	case 3:
		world_part(h, other, chance(t, 2));
		break;
	case 4:
	case 5:
		if (h->up)
			world_connect(h, other);
		break;
	case 6:
		if (h->up)
			world_join(h, rooms[chance(t, ROOMS)]);
		break;
	case 7:
		repeat_some(t);
		break;
	default:
		if (h->up)
			say_some(t, h);
	}
	if (chance(t, 3))
		world_run_ms(t->w,
		             chance(t, 2) ? chance(t, 20) : chance(t, 3000));
}

static void repair(struct tale *t)
{
	struct world *w = t->w;

	memset(w->apart, 0, sizeof w->apart);
	for (unsigned i = 0; i < w->host_count; i++) {
		struct host *h = &w->hosts[i];

		h->disk.failing = 0;
		if (!h->up)
			host_boot(h);
		for (int r = 0; r < ROOMS; r++)
			world_join(h, rooms[r]);
		if (i > 0)
			world_connect(h, &w->hosts[i - 1]);
	}
	/* Whoever was not answered asks again. */
	for (uint64_t line = 1; line <= t->lines; line++)
		if (world_said(w, t->asked[line])->state == SAID_LOST)
			say_line(t, line);
	world_run_ms(w, 180000);
}

static bool is_quiet(const struct worker *w)
{
	return !w->carry.ask_count && !w->events.count && !w->effects.count &&
	       !w->asked.count && !w->read.count &&
	       w->credits == w->host->world->options.credits;
}

/* Nothing is stuck, and every client has been answered. */
static void check_quiet(struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++) {
		struct host *h = &w->hosts[i];

		if (h->keeps.count || h->commits.count ||
		    h->node->pending.count)
			law_broken(w, "something is stuck in %s", h->name);
		if (!h->node->link_count)
			law_broken(w, "%s has no link", h->name);
		for (unsigned k = 0; k < h->worker_count; k++)
			if (!is_quiet(&h->workers[k]))
				law_broken(w, "a worker of %s is stuck",
				           h->name);
	}
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].state == SAID_ASKED)
			law_broken(w, "a client was never answered");
}

static int compare_keeps(const void *a, const void *b)
{
	const struct qf_envelope *x = (*(struct qf_keep *const *)a)->envelope;
	const struct qf_envelope *y = (*(struct qf_keep *const *)b)->envelope;

	return memcmp(&x->head.body_hash, &y->head.body_hash,
	              sizeof x->head.body_hash);
}

/* No line was said twice. */
static void check_lines(struct world *w)
{
	struct disk *d = &w->hosts[0].disk;
	const struct qf_keep **keeps = calloc(d->count + 1, sizeof *keeps);
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_ENVELOPE)
			keeps[n++] = &d->log[i];
	qsort(keeps, n, sizeof *keeps, compare_keeps);
	for (size_t i = 1; i < n; i++)
		if (!compare_keeps(&keeps[i - 1], &keeps[i]))
			law_broken(w, "a line was said twice");
	free(keeps);
}

static void tell(uint64_t seed)
{
	struct tale *t = calloc(1, sizeof *t);
	struct world *w = some_world(t, seed);

	for (uint64_t rounds = chance(t, ROUNDS_MAX); rounds > 0; rounds--)
		something_happens(t);
	repair(t);
	check_quiet(w);
	check_lines(w);
	law_healed(w);
	if (w->wrong[0])
		fail_msg("seed %llu: %s", (unsigned long long)seed, w->wrong);
	world_free(w);
	free(t);
}

TEST(worlds, heal_and_have_lost_nothing)
{
	const char *one = getenv("SEED");

	if (one) {
		tell(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= WORLDS; seed++)
		tell(seed);
}
