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
	qf_mesh_init(&s->mesh, &me, SEED);
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
