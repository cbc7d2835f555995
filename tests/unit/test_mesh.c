/* test_mesh.c - with whom a node has links */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "core/mesh.h"

enum { SEED = 7, MANY = 400 };

static const struct qf_hash lobby = { { 1 } };
static const struct qf_hash den = { { 2 } };

/* One node's view of others, all in one room unless the story says more. */
struct scene {
	struct qf_mesh mesh;
	struct qf_mesh_peer peers[MANY];
	size_t count;
	uint64_t now_ms;
};

static struct qf_key key_of(size_t who)
{
	return (struct qf_key){ { (uint8_t)(who >> 8), (uint8_t)who, 'k' } };
}

static void scene_init(struct scene *s, size_t others)
{
	struct qf_key me = key_of(0);

	*s = (struct scene){ .count = others, .now_ms = 1000 };
	qf_mesh_init(&s->mesh, &me, false, SEED);
	for (size_t i = 0; i < others; i++)
		s->peers[i] = (struct qf_mesh_peer){ .key = key_of(i + 1),
			                             .rooms = 1,
			                             .answers = true };
}

static void look(struct scene *s)
{
	qf_mesh_look(&s->mesh, s->peers, s->count, &lobby, 1, s->now_ms);
}

static size_t wanted(const struct scene *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->peers[i].wanted;
	return n;
}

static size_t extra(const struct scene *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->peers[i].is_extra;
	return n;
}

/* Whatever is wanted is dialled and comes up. */
static void link_wanted(struct scene *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct qf_mesh_peer *p = &s->peers[i];

		if (!p->wanted || p->linked)
			continue;
		p->linked = p->dialled = true;
		p->degree++;
	}
}

static size_t linked(const struct scene *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->peers[i].linked;
	return n;
}

TEST(mesh, up_to_six_link_with_all_others)
{
	struct scene s;

	scene_init(&s, 5);
	look(&s);
	assert_int_equal(wanted(&s), 5);
	s.peers[3].answers = false;
	look(&s);
	assert_int_equal(wanted(&s), 5);
}

TEST(mesh, of_more_a_successor_and_some_by_chance_are_wanted)
{
	struct scene s;

	/* With ourselves 101: no more than four, that are enough for repair. */
	scene_init(&s, 100);
	look(&s);
	assert_int_equal(wanted(&s), QF_MESH_LOW);
	look(&s);
	assert_int_equal(wanted(&s), QF_MESH_LOW);
	link_wanted(&s);
	look(&s);
	assert_int_equal(linked(&s), QF_MESH_LOW);
	assert_int_equal(wanted(&s), 1);
}

TEST(mesh, all_successors_make_one_ring)
{
	static struct scene s;
	bool seen[20] = { false };
	size_t at = 0;

	for (size_t step = 0; step < 20; step++) {
		assert_false(seen[at]);
		seen[at] = true;
		scene_init(&s, 20);
		s.peers[at].rooms = 0;
		s.peers[at].key = key_of(20);
		s.mesh.me = key_of(at);
		for (size_t i = 0; i < 20; i++)
			s.peers[i].key = key_of(i);
		for (size_t i = 0; i < 20; i++) {
			s.peers[i].linked = i != at;
			s.peers[i].rooms = i != at;
		}
		look(&s);
		assert_int_equal(wanted(&s), 1);
		for (size_t i = 0; i < 20; i++)
			if (s.peers[i].wanted)
				at = i;
	}
	assert_int_equal(at, 0);
}

TEST(mesh, whoever_has_enough_links_dials_only_its_successor)
{
	struct scene s;
	size_t by_others = 0;

	scene_init(&s, 100);
	for (size_t i = 0; i < s.count && by_others < QF_MESH_TARGET; i++) {
		s.peers[i].linked = true;
		by_others++;
	}
	look(&s);
	assert_int_equal(wanted(&s), 1);
}

TEST(mesh, whoever_does_not_answer_is_passed_over)
{
	struct scene s;

	scene_init(&s, 100);
	look(&s);
	for (size_t i = 0; i < s.count; i++)
		s.peers[i].answers = !s.peers[i].wanted;
	look(&s);
	assert_int_equal(wanted(&s), QF_MESH_LOW);
	for (size_t i = 0; i < s.count; i++)
		assert_true(!s.peers[i].wanted || s.peers[i].answers);
}

TEST(mesh, whoever_is_tried_for_too_long_makes_way_for_another)
{
	struct scene s;
	struct qf_mesh_try first;

	scene_init(&s, 100);
	look(&s);
	first = s.mesh.tries[0];
	assert_int_equal(qf_mesh_wake(&s.mesh), s.now_ms + QF_MESH_TRY_MS);
	s.now_ms += QF_MESH_TRY_MS - 1;
	look(&s);
	assert_memory_equal(&s.mesh.tries[0], &first, sizeof first);
	s.now_ms++;
	look(&s);
	assert_int_equal(wanted(&s), QF_MESH_LOW);
	assert_int_equal(s.mesh.tries[0].since_ms, s.now_ms);
}

TEST(mesh, nobody_is_dialled_by_chance_who_has_many_links)
{
	struct scene s;

	scene_init(&s, 100);
	for (size_t i = 0; i < s.count; i++)
		s.peers[i].degree = i < 97 ? QF_MESH_HIGH : 0;
	look(&s);
	for (size_t i = 0; i < s.mesh.try_count; i++)
		assert_true(s.mesh.tries[i].key.b[1] > 97);
}

TEST(mesh, a_link_counts_in_every_room_that_it_shares)
{
	const struct qf_hash tags[] = { lobby, den };
	struct scene s;

	scene_init(&s, 100);
	for (size_t i = 0; i < s.count; i++)
		s.peers[i].rooms = 3;
	for (size_t i = 0; i < 6; i++)
		s.peers[i].linked = true;
	qf_mesh_look(&s.mesh, s.peers, s.count, tags, 2, s.now_ms);
	/* Two rings, so there may be two successors. */
	assert_in_range(wanted(&s), 1, 2);
	assert_int_equal(s.mesh.try_count, 0);
}

TEST(mesh, of_too_many_links_one_of_chance_goes_at_a_time)
{
	struct scene s;

	scene_init(&s, 100);
	for (size_t i = 0; i < QF_MESH_HIGH + 2; i++) {
		s.peers[i].linked = s.peers[i].dialled = true;
		s.peers[i].degree = QF_MESH_LOW + 1;
	}
	look(&s);
	assert_int_equal(extra(&s), 1);
	/* What a person asked for, and what the other end needs, stays. */
	for (size_t i = 0; i < QF_MESH_HIGH + 2; i++) {
		s.peers[i].dialled = i % 2;
		s.peers[i].degree = i % 2 ? QF_MESH_LOW : QF_MESH_LOW + 1;
	}
	look(&s);
	assert_int_equal(extra(&s), 0);
}

TEST(mesh, now_and_then_a_link_of_chance_is_swapped)
{
	struct scene s;

	scene_init(&s, 100);
	look(&s);
	link_wanted(&s);
	for (size_t i = 0; i < s.count; i++)
		s.peers[i].degree = QF_MESH_TARGET;
	look(&s);
	assert_int_equal(extra(&s), 0);
	assert_in_range(qf_mesh_wake(&s.mesh), s.now_ms + QF_MESH_SWAP_MS / 2,
	                s.now_ms + QF_MESH_SWAP_MS * 3 / 2);
	s.now_ms = qf_mesh_wake(&s.mesh);
	look(&s);
	assert_int_equal(extra(&s), 1);
	for (size_t i = 0; i < s.count; i++)
		if (s.peers[i].is_extra)
			s.peers[i].linked = s.peers[i].dialled = false;
	look(&s);
	link_wanted(&s);
	look(&s);
	assert_int_equal(linked(&s), QF_MESH_LOW);
	for (size_t i = 0; i < s.count; i++)
		if (qf_key_equal(&s.peers[i].key, &s.mesh.swapped))
			assert_false(s.peers[i].linked);
}

/* Hubs. */

enum { HUB = 50, MATE = 60, STRANGERS = 8 };

static struct qf_mesh_peer *add_hub(struct scene *s, size_t who)
{
	s->peers[who].is_hub = true;
	return &s->peers[who];
}

static size_t believed(const struct scene *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->peers[i].is_believed;
	return n;
}

/* Looks, and dials, until nothing is waited for. */
static void settle(struct scene *s)
{
	look(s);
	link_wanted(s);
	s->now_ms += s->count * QF_MESH_HUB_EACH_MS;
	look(s);
	link_wanted(s);
	look(s);
}

TEST(mesh, where_a_hub_is_it_and_the_ring_will_do)
{
	struct scene s;
	struct qf_mesh_peer *hub;

	scene_init(&s, 100);
	hub = add_hub(&s, HUB);
	settle(&s);
	assert_true(hub->linked && hub->is_believed);
	assert_int_equal(linked(&s), QF_MESH_OFF + 1);
	/* Others that it holds do not make it one too many. */
	hub->degree = 1000;
	look(&s);
	assert_true(hub->wanted);
	assert_int_equal(extra(&s), 0);
}

TEST(mesh, whoever_dials_a_hub_that_came_waits_by_chance)
{
	static struct scene s;
	size_t early = 0;
	uint64_t last_ms = 0;

	for (size_t who = 0; who < 100; who++) {
		uint64_t wake;

		scene_init(&s, MANY);
		qf_mesh_init(&s.mesh, &(struct qf_key){ { 9 } }, false, who);
		add_hub(&s, HUB);
		look(&s);
		wake = s.mesh.hubs[0].since_ms;
		assert_in_range(wake, s.now_ms,
		                s.now_ms + MANY * QF_MESH_HUB_EACH_MS);
		early += wake < s.now_ms + MANY * QF_MESH_HUB_EACH_MS / 2;
		if (wake > last_ms)
			last_ms = wake;
		if (wake > s.now_ms)
			assert_int_equal(qf_mesh_wake(&s.mesh), wake);
		assert_int_equal(s.mesh.try_count + 1, QF_MESH_OFF);
		s.now_ms = wake;
		look(&s);
		assert_true(s.peers[HUB].wanted);
	}
	assert_in_range(early, 30, 70);
	assert_true(last_ms > MANY * QF_MESH_HUB_EACH_MS * 3 / 4);
}

TEST(mesh, a_hub_that_does_not_come_up_is_as_good_as_none)
{
	struct scene s;

	scene_init(&s, 100);
	add_hub(&s, HUB);
	look(&s);
	assert_int_equal(wanted(&s) - s.peers[HUB].wanted, QF_MESH_OFF);
	for (size_t i = 0; i < s.count; i++)
		s.peers[i].linked |= i != HUB && s.peers[i].wanted;
	s.now_ms = s.mesh.hubs[0].since_ms + QF_MESH_TRY_MS;
	look(&s);
	link_wanted(&s);
	s.peers[HUB].linked = false;
	look(&s);
	assert_true(s.peers[HUB].wanted);
	assert_in_range(linked(&s), QF_MESH_LOW, QF_MESH_TARGET);
	assert_true(qf_mesh_wake(&s.mesh) > s.now_ms);
}

TEST(mesh, a_hub_that_is_lost_makes_way_for_links_of_chance)
{
	struct scene s;
	struct qf_mesh_peer *hub;

	scene_init(&s, 100);
	hub = add_hub(&s, HUB);
	settle(&s);
	hub->linked = hub->answers = false;
	look(&s);
	assert_false(hub->is_believed);
	link_wanted(&s);
	look(&s);
	assert_int_equal(linked(&s), QF_MESH_LOW);
	/* It comes back, and they go to it again. */
	hub->answers = true;
	settle(&s);
	assert_true(hub->linked);
}

TEST(mesh, links_that_are_over_go_when_a_hub_has_been_there_for_a_while)
{
	struct scene s;

	scene_init(&s, 100);
	look(&s);
	for (size_t i = 0; i < s.count && linked(&s) < QF_MESH_TARGET; i++)
		s.peers[i].linked = s.peers[i].dialled = true;
	for (size_t i = 0; i < s.count; i++)
		s.peers[i].degree = QF_MESH_TARGET;
	look(&s);
	add_hub(&s, HUB);
	settle(&s);
	assert_true(s.peers[HUB].linked);
	assert_int_equal(extra(&s), 0);
	while (qf_mesh_wake(&s.mesh) < 2 * QF_MESH_SWAP_MS / 3) {
		size_t before = linked(&s);

		s.now_ms = qf_mesh_wake(&s.mesh);
		look(&s);
		assert_in_range(extra(&s), 0, 1);
		for (size_t i = 0; i < s.count; i++)
			if (s.peers[i].is_extra)
				s.peers[i].linked = false;
		assert_true(before - linked(&s) <= 1);
		look(&s);
		link_wanted(&s);
	}
	assert_int_equal(linked(&s), QF_MESH_OFF + 1);
}

TEST(mesh, whatever_many_hubs_say_two_are_believed_and_known_ones_first)
{
	struct scene s;

	scene_init(&s, 100);
	for (size_t i = 0; i < s.count; i++)
		add_hub(&s, i);
	look(&s);
	assert_int_equal(believed(&s), QF_MESH_HUBS);
	s.peers[HUB].standing = 1;
	s.peers[MATE].standing = 2;
	look(&s);
	assert_int_equal(believed(&s), QF_MESH_HUBS);
	assert_true(s.peers[HUB].is_believed && s.peers[MATE].is_believed);
	s.peers[STRANGERS].standing = s.peers[STRANGERS + 1].standing = 2;
	look(&s);
	assert_false(s.peers[HUB].is_believed);
	/* Whatever they do, others are linked with too. */
	settle(&s);
	assert_int_equal(linked(&s) - believed(&s), QF_MESH_OFF);
}

TEST(mesh, all_who_know_none_of_them_believe_the_same_hubs)
{
	struct scene a, b;

	scene_init(&a, 100);
	scene_init(&b, 100);
	qf_mesh_init(&b.mesh, &(struct qf_key){ { 9 } }, false, SEED + 1);
	for (size_t i = 0; i < STRANGERS; i++) {
		add_hub(&a, i);
		add_hub(&b, i);
	}
	look(&a);
	look(&b);
	assert_int_equal(believed(&a), QF_MESH_HUBS);
	for (size_t i = 0; i < STRANGERS; i++)
		assert_int_equal(a.peers[i].is_believed,
		                 b.peers[i].is_believed);
}

TEST(mesh, hubs_link_with_each_other_and_drop_nobody)
{
	struct scene s;

	scene_init(&s, 100);
	s.mesh.is_hub = true;
	for (size_t i = 0; i < QF_MESH_HUBS_OF_HUB; i++)
		add_hub(&s, i);
	settle(&s);
	for (size_t i = 0; i < QF_MESH_HUBS_OF_HUB; i++)
		assert_true(s.peers[i].linked);
	for (size_t i = 0; i < s.count; i++) {
		s.peers[i].linked = s.peers[i].dialled = true;
		s.peers[i].degree = QF_MESH_TARGET;
	}
	look(&s);
	assert_int_equal(extra(&s), 0);
	s.now_ms += 2 * QF_MESH_SWAP_MS;
	look(&s);
	assert_int_equal(extra(&s), 0);
}
