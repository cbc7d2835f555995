/* test_overlay.c - a thousand meshes over networks that are cut and vanish
 *
 * Each node is a mesh (core/mesh.h) and knows who is in its part of the graph,
 * as presence would tell it, and for some rounds who was. In a round, a tenth
 * of a second, each looks once. Whoever can be reached is linked with in the
 * same round; a dial that fails puts the other aside for a while. What is sent
 * goes by every link, each with a delay of its own.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mesh.h"
#include "sim/spread.h"

enum {
	NODES_MAX = 1000,
	ROUND_MS = 100,
	GRACE_ROUNDS = 6, /* until who cannot be reached is said to be lost */
	ASIDE_ROUNDS = 20,
	DELAY_MIN_US = 500,
	DELAY_MAX_US = 3000,
	WORK_US = 1000, /* at each node on the way */
};

struct place {
	struct qf_mesh mesh;
	struct qf_key key;
	bool up;
	unsigned lans; /* a bit each */
	bool isolated; /* hears nobody of its network that is isolated too */
	bool is_hub;
	size_t part; /* of the graph, as the last round found it */
	unsigned degree;
};

struct overlay {
	uint64_t random;
	uint64_t now_ms;
	size_t count;
	unsigned round;
	unsigned hub_dials;      /* in this round */
	unsigned hub_dials_most; /* in one */
	struct place places[NODES_MAX];
	bool dialled[NODES_MAX][NODES_MAX];   /* by the first */
	unsigned seen[NODES_MAX][NODES_MAX];  /* the round, from 1 */
	unsigned aside[NODES_MAX][NODES_MAX]; /* until that round */
	struct qf_mesh_peer peers[NODES_MAX];
	size_t who[NODES_MAX]; /* they are */
};

static const struct qf_hash lobby = { { 1 } };

static uint64_t chance(struct overlay *o, uint64_t below)
{
	o->random ^= o->random << 13;
	o->random ^= o->random >> 7;
	o->random ^= o->random << 17;
	return o->random % below;
}

static bool linked(const struct overlay *o, size_t a, size_t b)
{
	return o->dialled[a][b] || o->dialled[b][a];
}

static bool can_reach(const struct overlay *o, size_t a, size_t b)
{
	const struct place *x = &o->places[a], *y = &o->places[b];

	return x->up && y->up && x->lans & y->lans &&
	       !(x->isolated && y->isolated);
}

static struct overlay *overlay_new(uint64_t seed, size_t count)
{
	struct overlay *o = calloc(1, sizeof *o);

	assert_non_null(o);
	o->random = seed;
	o->count = count;
	for (size_t i = 0; i < count; i++) {
		struct place *p = &o->places[i];

		for (size_t k = 0; k < sizeof p->key.b; k++)
			p->key.b[k] = (uint8_t)chance(o, 256);
		p->up = true;
		p->lans = 1;
		qf_mesh_init(&p->mesh, &p->key, false, chance(o, UINT64_MAX));
	}
	return o;
}

/* Each knows one address of somebody who was there before. */
static void know_one(struct overlay *o)
{
	for (size_t i = 1; i < o->count; i++) {
		size_t other = chance(o, i);

		while (!can_reach(o, i, other))
			other = (other + 1) % i;
		o->dialled[i][other] = true;
	}
}

static void mark_part(struct overlay *o, size_t from, size_t part)
{
	size_t *queue = o->who, first = 0, last = 0;

	queue[last++] = from;
	o->places[from].part = part;
	while (first < last) {
		size_t at = queue[first++];

		for (size_t i = 0; i < o->count; i++) {
			if (!o->places[i].up || o->places[i].part ||
			    !linked(o, at, i))
				continue;
			o->places[i].part = part;
			queue[last++] = i;
		}
	}
}

/* How many parts there are. */
static size_t find_parts(struct overlay *o)
{
	size_t parts = 0;

	for (size_t i = 0; i < o->count; i++)
		o->places[i].part = 0;
	for (size_t i = 0; i < o->count; i++)
		if (o->places[i].up && !o->places[i].part)
			mark_part(o, i, ++parts);
	return parts;
}

static void count_degrees(struct overlay *o)
{
	for (size_t i = 0; i < o->count; i++) {
		o->places[i].degree = 0;
		for (size_t k = 0; k < o->count; k++)
			o->places[i].degree += o->places[k].up &&
			                       linked(o, i, k);
	}
}

static size_t see(struct overlay *o, size_t me)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++) {
		if (i != me && o->places[i].up &&
		    o->places[i].part == o->places[me].part)
			o->seen[me][i] = o->round;
		if (!o->seen[me][i] || o->seen[me][i] + GRACE_ROUNDS < o->round)
			continue;
		o->peers[n] = (struct qf_mesh_peer){
			.key = o->places[i].key,
			.rooms = 1,
			.degree = o->places[i].degree,
			.linked = linked(o, me, i),
			.dialled = o->dialled[me][i],
			.answers = o->aside[me][i] <= o->round,
			.is_hub = o->places[i].is_hub,
		};
		o->who[n++] = i;
	}
	return n;
}

static void look(struct overlay *o, size_t me)
{
	size_t n = see(o, me);

	qf_mesh_look(&o->places[me].mesh, o->peers, n, &lobby, 1, o->now_ms);
	for (size_t i = 0; i < n; i++) {
		size_t other = o->who[i];

		if (o->peers[i].is_extra)
			o->dialled[me][other] = false;
		if (!o->peers[i].wanted || o->peers[i].linked)
			continue;
		o->hub_dials += o->places[other].is_hub;
		if (can_reach(o, me, other))
			o->dialled[me][other] = true;
		else
			o->aside[me][other] = o->round + ASIDE_ROUNDS;
	}
}

static void make_hub(struct overlay *o, size_t who)
{
	struct place *p = &o->places[who];

	p->is_hub = true;
	qf_mesh_init(&p->mesh, &p->key, true, chance(o, UINT64_MAX));
}

/* Rounds of any length, of which a tenth of a second is what the rest is
 * counted in. */
static size_t run_long(struct overlay *o, unsigned rounds, unsigned ms)
{
	while (rounds--) {
		o->round++;
		o->now_ms += ms;
		o->hub_dials = 0;
		find_parts(o);
		count_degrees(o);
		for (size_t i = 0; i < o->count; i++)
			if (o->places[i].up)
				look(o, i);
		if (o->hub_dials > o->hub_dials_most)
			o->hub_dials_most = o->hub_dials;
	}
	count_degrees(o);
	return find_parts(o);
}

static size_t run(struct overlay *o, unsigned rounds)
{
	return run_long(o, rounds, ROUND_MS);
}

static void vanish(struct overlay *o, size_t who)
{
	o->places[who].up = false;
	for (size_t i = 0; i < o->count; i++)
		o->dialled[who][i] = o->dialled[i][who] = false;
}

static unsigned degree_max(const struct overlay *o)
{
	unsigned max = 0;

	for (size_t i = 0; i < o->count; i++)
		if (o->places[i].up && o->places[i].degree > max)
			max = o->places[i].degree;
	return max;
}

static unsigned degree_min(const struct overlay *o)
{
	unsigned min = NODES_MAX;

	for (size_t i = 0; i < o->count; i++)
		if (o->places[i].up && o->places[i].degree < min)
			min = o->places[i].degree;
	return min;
}

/* When the last of all has what `from` said, in microseconds. */
static uint64_t last_delivery(struct overlay *o, size_t from)
{
	static uint64_t at_us[NODES_MAX];
	static bool done[NODES_MAX];
	uint64_t last = 0;

	memset(done, 0, sizeof done);
	for (size_t i = 0; i < o->count; i++)
		at_us[i] = i == from ? 0 : UINT64_MAX;
	for (;;) {
		size_t next = o->count;

		for (size_t i = 0; i < o->count; i++)
			if (!done[i] && at_us[i] != UINT64_MAX &&
			    (next == o->count || at_us[i] < at_us[next]))
				next = i;
		if (next == o->count)
			return last;
		done[next] = true;
		last = at_us[next];
		for (size_t i = 0; i < o->count; i++) {
			uint64_t there = last + WORK_US + DELAY_MIN_US +
			                 chance(o, DELAY_MAX_US - DELAY_MIN_US);

			if (linked(o, next, i) && there < at_us[i])
				at_us[i] = there;
		}
	}
}

static void tell_figures(struct overlay *o)
{
	print_message("# %zu nodes: %u to %u links, the last has a line after "
	              "%.1f ms\n",
	              o->count, degree_min(o), degree_max(o),
	              (double)last_delivery(o, 0) / 1000);
}

TEST(overlay, who_knows_one_address_is_in_a_mesh_within_two_seconds)
{
	static const size_t counts[] = { 6, 10, 30, 100 };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct overlay *o = overlay_new(7 + i, counts[i]);

		know_one(o);
		assert_int_equal(run(o, 2000 / ROUND_MS), 1);
		tell_figures(o);
		assert_in_range(degree_min(o), counts[i] == 6 ? 5 : 4, 20);
		free(o);
	}
}

TEST(overlay, a_thousand_are_served_soon_and_so_are_all_who_survive)
{
	struct overlay *o = overlay_new(1, NODES_MAX);
	unsigned rounds = 0;

	know_one(o);
	assert_int_equal(run(o, 6), 1);
	tell_figures(o);
	assert_in_range(degree_max(o), QF_MESH_TARGET, 20);
	assert_in_range(last_delivery(o, 1), 1, 40000);
	for (size_t i = 0; i < o->count; i++)
		if (chance(o, 10) < 3)
			vanish(o, i);
	while (run(o, 1) > 1 || degree_min(o) < QF_MESH_LOW)
		assert_true(++rounds < 60000 / ROUND_MS);
	print_message("# 30 %% have vanished: repaired after %u ms\n",
	              rounds * ROUND_MS);
	free(o);
}

TEST(overlay, three_networks_hold_together_by_those_who_are_on_two)
{
	struct overlay *o = overlay_new(5, 300);

	for (size_t i = 0; i < o->count; i++)
		o->places[i].lans = 1u << i % 3;
	o->places[0].lans = 1 | 2;
	o->places[1].lans = 2 | 4;
	o->places[2].lans = 4;
	know_one(o);
	assert_int_equal(run(o, 20), 1);
	/* Whoever is on both sides is not all that its network hangs on. */
	assert_in_range(degree_min(o), QF_MESH_LOW, 20);
	vanish(o, 1);
	assert_int_equal(run(o, 20), 2);
	free(o);
}

TEST(overlay, one_who_hears_all_relays_for_those_who_are_isolated)
{
	struct overlay *o = overlay_new(9, 30);

	for (size_t i = 1; i < o->count; i++)
		o->places[i].isolated = true;
	know_one(o);
	assert_int_equal(run(o, 30), 1);
	for (size_t i = 1; i < o->count; i++)
		assert_int_equal(o->places[i].degree, 1);
	free(o);
}

TEST(overlay, whoever_comes_and_goes_leaves_one_whole)
{
	struct overlay *o = overlay_new(11, 100);

	know_one(o);
	run(o, 10);
	for (unsigned i = 0; i < 200; i++) {
		size_t who = 1 + chance(o, o->count - 1), other = who;

		if (o->places[who].up) {
			vanish(o, who);
		} else {
			while (!o->places[other].up)
				other = chance(o, o->count);
			o->places[who].up = true;
			o->dialled[who][other] = true;
		}
		run(o, 1);
	}
	assert_int_equal(run(o, 60), 1);
	assert_in_range(degree_min(o), QF_MESH_LOW, 20);
	free(o);
}

/* Lines over its links. */

static void put_links(const struct overlay *o, struct spread *s)
{
	for (unsigned a = 0; a < o->count; a++)
		for (unsigned b = 0; b < a; b++)
			spread_link(s, a, b, linked(o, a, b));
}

/* A node that is up. */
static unsigned somebody(struct overlay *o)
{
	size_t i = chance(o, o->count);

	while (!o->places[i].up)
		i = (i + 1) % o->count;
	return (unsigned)i;
}

/* Lines by anybody; the longest that one took to the last, in us. */
static uint64_t say_lines(struct overlay *o, struct spread *s, unsigned lines)
{
	uint64_t longest = 0;

	while (lines--) {
		uint64_t began = s->now_us;

		spread_say(s, somebody(o));
		spread_run_ms(s, 1000);
		if (s->last_us - began > longest)
			longest = s->last_us - began;
	}
	return longest;
}

static void settle(struct overlay *o, size_t count)
{
	enum { BEFORE = 40, LINES = 40 };
	struct spread *s = spread_new(count);
	double receivers = (double)(count - 1) * LINES;
	uint64_t longest;
	double copies;

	put_links(o, s);
	say_lines(o, s, BEFORE);
	assert_true(spread_is_everywhere(s));
	s->copies = s->names = s->grafts = 0;
	longest = say_lines(o, s, LINES);
	assert_true(spread_is_everywhere(s));
	copies = (double)s->copies / receivers;
	print_message("# %zu nodes: %.3f copies and %.1f names a receiver, "
	              "the last has a line after %.1f ms at most\n",
	              count, copies, (double)s->names / receivers,
	              (double)longest / 1000);
	assert_true(copies >= 1 && copies <= 1.1);
	assert_in_range(longest, 1, count == NODES_MAX ? 40000 : 30000);
	spread_free(s);
}

TEST(overlay, each_line_comes_once_whoever_says_it)
{
	static const size_t counts[] = { 10, 100, NODES_MAX };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct overlay *o = overlay_new(21 + i, counts[i]);

		know_one(o);
		assert_int_equal(run(o, 20), 1);
		settle(o, counts[i]);
		free(o);
	}
}

/* Nobody is told that they are gone: their links are silent, until what was
 * sent on them has not arrived for 8 s. */
TEST(overlay, all_are_equal_again_after_a_third_has_vanished)
{
	enum { SILENT_S = 8, SECONDS = 24 };
	struct overlay *o = overlay_new(31, NODES_MAX);
	struct spread *s = spread_new(NODES_MAX);
	bool gone[NODES_MAX] = { false };
	unsigned second, served = 0;

	know_one(o);
	assert_int_equal(run(o, 20), 1);
	put_links(o, s);
	say_lines(o, s, 40);
	for (size_t i = 0; i < o->count; i++) {
		gone[i] = chance(o, 10) < 3;
		s->node[i].up = !gone[i];
	}
	for (second = 0; second < SECONDS; second++) {
		unsigned who = somebody(o);

		while (gone[who])
			who = somebody(o);
		if (second == SILENT_S)
			for (size_t i = 0; i < o->count; i++)
				if (gone[i])
					vanish(o, i);
		if (second >= SILENT_S) {
			run(o, 1);
			put_links(o, s);
		}
		spread_say(s, who);
		spread_run_ms(s, 1000);
		if (!spread_is_everywhere(s))
			served = second + 1;
	}
	print_message("# 30 %% vanish unseen: every line has come everywhere "
	              "in its second after %u s, %llu were asked for\n",
	              served, (unsigned long long)s->grafts);
	assert_true(s->grafts);
	assert_true(spread_is_everywhere(s));
	assert_in_range(served, 0, SECONDS - 4);
	spread_free(s);
	free(o);
}

/* Hubs. A look of a thousand costs a thousand times a thousand hashes, so the
 * rounds are longer here. */

enum {
	HUB = 3,
	LONG_MS = 400,
	SHED_ROUNDS = 6,
	/* Dials of a hub in a round; by their pace a third of it. */
	HERD = 3 * LONG_MS / QF_MESH_HUB_EACH_MS,
};

/* The hub's links, and those of others that lead elsewhere, on the average. */
static void tell_star(const struct overlay *o)
{
	double links = 0;

	for (size_t i = 0; i < o->count; i++)
		for (size_t k = 0; k < i; k++)
			links += linked(o, i, k) && !o->places[i].is_hub &&
			         !o->places[k].is_hub;
	print_message("# %zu nodes: the hub has %u links, the others %.2f "
	              "beside it, and at most %u dialled it at once\n",
	              o->count, o->places[HUB].degree,
	              2 * links / (double)(o->count - 1), o->hub_dials_most);
}

static size_t held(const struct overlay *o, size_t hub)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		n += linked(o, hub, i);
	return n;
}

static size_t up_count(const struct overlay *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		n += o->places[i].up;
	return n;
}

/* It is there, and all come to it, but not all at once. */
static void gather(struct overlay *o)
{
	unsigned most_ms = (unsigned)o->count * QF_MESH_HUB_EACH_MS;

	o->hub_dials_most = 0;
	assert_int_equal(run_long(o, 6 + most_ms / LONG_MS, LONG_MS), 1);
	assert_int_equal(held(o, HUB), up_count(o) - 1);
	assert_in_range(o->hub_dials_most, 1, HERD);
}

/* All have come to it, and what is over has been given up. */
static struct overlay *star_new(uint64_t seed, size_t count)
{
	struct overlay *o = overlay_new(seed, count);

	make_hub(o, HUB);
	know_one(o);
	gather(o);
	assert_int_equal(run_long(o, SHED_ROUNDS, 2 * QF_MESH_SHED_MS), 1);
	assert_int_equal(held(o, HUB), count - 1);
	assert_in_range(degree_min(o), QF_MESH_OFF, QF_MESH_TARGET);
	tell_star(o);
	return o;
}

/* Some vanish, and after so many seconds that is noticed. Meanwhile there is a
 * line each second; how many pass until each comes everywhere within its own.
 */
static unsigned go_on_without(struct overlay *o, struct spread *s,
                              const bool *gone, unsigned told_s)
{
	enum { BUSY_S = 3 };
	unsigned served = 0;

	for (size_t i = 0; i < o->count; i++)
		s->node[i].up = !gone[i];
	for (unsigned second = 0; second < told_s + 2 * BUSY_S; second++) {
		unsigned who = somebody(o);

		while (gone[who])
			who = somebody(o);
		for (size_t i = 0; i < o->count && second == told_s; i++)
			if (gone[i])
				vanish(o, i);
		/* Later there is little to do. */
		if (second >= told_s)
			run_long(o, second < told_s + BUSY_S ? 3 : 1, LONG_MS);
		put_links(o, s);
		spread_say(s, who);
		spread_run_ms(s, 1000);
		if (!spread_is_everywhere(s))
			served = second + 1;
	}
	assert_true(spread_is_everywhere(s));
	assert_in_range(degree_min(o), QF_MESH_LOW, 20);
	return served;
}

static void come_back(struct overlay *o, struct spread *s)
{
	o->dialled[HUB][somebody(o)] = true;
	o->places[HUB].up = s->node[HUB].up = true;
	for (size_t i = 0; i < o->count; i++)
		o->aside[i][HUB] = 0;
	gather(o);
	put_links(o, s);
	spread_run_ms(s, 1000);
	assert_true(spread_is_everywhere(s));
}

TEST(overlay, a_hub_gives_each_line_once_and_is_missed_by_nobody)
{
	static const size_t counts[] = { 10, 100, NODES_MAX };
	static const bool gone[NODES_MAX] = { [HUB] = true };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct overlay *o = star_new(41 + i, counts[i]);
		struct spread *s = spread_new(counts[i]);
		unsigned served;

		settle(o, counts[i]);
		put_links(o, s);
		say_lines(o, s, 20);
		served = go_on_without(o, s, gone, 0);
		print_message("# it is killed: after %u s each line comes "
		              "everywhere in its second\n",
		              served);
		assert_in_range(served, 0, 3);
		come_back(o, s);
		spread_free(s);
		free(o);
	}
}

/* Nobody is told, as where a machine loses its power. */
TEST(overlay, a_hub_and_a_third_of_all_vanish_and_the_rest_is_whole_again)
{
	enum { COUNT = 200, SILENT_S = 8 };
	struct overlay *o = star_new(51, COUNT);
	struct spread *s = spread_new(COUNT);
	bool gone[COUNT] = { [HUB] = true };
	unsigned served;

	for (size_t i = 0; i < COUNT; i++)
		gone[i] |= chance(o, 10) < 3;
	put_links(o, s);
	say_lines(o, s, 20);
	served = go_on_without(o, s, gone, SILENT_S);
	print_message("# the hub and 30 %% vanish unseen: after %u s\n",
	              served);
	assert_in_range(served, 0, SILENT_S + 3);
	come_back(o, s);
	spread_free(s);
	free(o);
}

/* It says that it is one, and takes whatever it is given. */
TEST(overlay, a_hub_that_passes_nothing_on_holds_nobody_up)
{
	enum { LINES = 40, COUNT = 100 };
	struct overlay *o = star_new(61, COUNT);
	struct spread *s = spread_new(COUNT);
	uint64_t longest;

	s->node[HUB].swallows = true;
	put_links(o, s);
	say_lines(o, s, LINES);
	longest = say_lines(o, s, LINES);
	print_message("# a hub that passes nothing on: the last has a line "
	              "after %.1f ms at most\n",
	              (double)longest / 1000);
	for (unsigned i = 0; i < COUNT; i++)
		for (unsigned k = 0; k < s->lines; k++)
			assert_true(i == HUB || s->node[i].has[k]);
	spread_free(s);
	free(o);
}

TEST(overlay, of_many_hubs_two_hold_all_and_the_rest_are_members)
{
	enum { HUBS = 20, COUNT = 100 };
	struct overlay *o = overlay_new(71, COUNT);
	size_t holders = 0;

	for (size_t i = 0; i < HUBS; i++)
		make_hub(o, i);
	know_one(o);
	assert_int_equal(run(o, 20), 1);
	assert_int_equal(run_long(o, SHED_ROUNDS, 2 * QF_MESH_SHED_MS), 1);
	for (size_t i = 0; i < HUBS; i++)
		holders += held(o, i) >= COUNT - HUBS;
	assert_int_equal(holders, QF_MESH_HUBS);
	settle(o, COUNT);
	free(o);
}
