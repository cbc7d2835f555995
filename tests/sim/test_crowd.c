/* test_crowd.c - whatever happens to links, everyone sees who can be reached
 *
 * The law is crowd_agrees(): once all is quiet, each node sees exactly the
 * others to whom links lead. SEED=17 tells that one story alone.
 */
#include "crowd.h"

enum {
	STORIES = 150,
	STEPS = 40,
	QUIET_MS = 3000,
	DIGESTS_MS = 3 * QF_PRESENCE_DIGEST_MS,
	DEAD_MS = 40000,
};

static void some_links(struct crowd *w)
{
	bool whole = crowd_random(w, 2);
	size_t more = crowd_random(w, w->count + 1);

	for (size_t i = 1; i < w->count; i++)
		if (i == 1 || whole || crowd_random(w, 4))
			crowd_link(w, i, crowd_random(w, i));
	while (more--) {
		size_t a = crowd_random(w, w->count);
		size_t b = crowd_random(w, w->count);

		if (a != b)
			crowd_link(w, a, b);
	}
	for (size_t i = 0; i < w->link_count; i++)
		w->links[i].delay_ms = 1 + crowd_random(w, 20);
}

static struct crowd *some_crowd(uint64_t seed)
{
	struct crowd *w = crowd_new(seed, 2);
	size_t count = 2 + crowd_random(w, crowd_random(w, 4) ? 15 : 59);

	crowd_free(w);
	w = crowd_new(seed, count);
	some_links(w);
	return w;
}

static size_t anyone(struct crowd *w)
{
	return crowd_random(w, w->count);
}

static void cut_some(struct crowd *w)
{
	size_t link = crowd_random(w, w->link_count);
	uint64_t within = crowd_random(w, 2) ? 50 : DEAD_MS;

	if (w->links[link].carries)
		crowd_cut(w, link, crowd_random(w, within),
		          crowd_random(w, within));
}

/* Perhaps while the old link is still believed in by either. */
static void link_some(struct crowd *w)
{
	size_t a = anyone(w), b = anyone(w);

	if (a != b && w->nodes[a].up && w->nodes[b].up &&
	    w->link_count < CROWD_LINKS_MAX)
		crowd_link(w, a, b);
}

static void redial_some(struct crowd *w)
{
	size_t link = crowd_random(w, w->link_count);
	const struct crowd_link *l = &w->links[link];

	cut_some(w);
	if (w->nodes[l->end[0]].up && w->nodes[l->end[1]].up)
		crowd_link(w, l->end[0], l->end[1]);
}

static void kill_some(struct crowd *w)
{
	size_t who = anyone(w);

	if (w->nodes[who].up)
		crowd_kill(w, who, crowd_random(w, 2) ? 50 : DEAD_MS);
}

static void start_some(struct crowd *w)
{
	size_t who = anyone(w);

	if (w->nodes[who].up)
		return;
	w->nodes[who].clock_ms = crowd_random(w, 3)
	                                 ? 0
	                                 : -(int64_t)crowd_random(w, 1 << 30);
	crowd_start(w, who);
	for (size_t i = 0; i < 2; i++) {
		size_t other = anyone(w);

		if (other != who && w->nodes[other].up)
			crowd_link(w, who, other);
	}
}

static void leave_some(struct crowd *w)
{
	size_t who = anyone(w);

	if (w->nodes[who].up && !w->nodes[who].left)
		crowd_leave(w, who);
	if (w->nodes[who].up && crowd_random(w, 2)) {
		crowd_run(w, 20);
		crowd_kill(w, who, 20);
	}
}

static void rename_some(struct crowd *w)
{
	size_t who = anyone(w);
	char name[16];

	snprintf(name, sizeof name, "m%u", (unsigned)crowd_random(w, 1000));
	if (w->nodes[who].up && !w->nodes[who].left)
		crowd_rename(w, who, name);
}

static void step(struct crowd *w)
{
	static void (*const steps[])(struct crowd *) = {
		cut_some,   link_some,  link_some,  redial_some, kill_some,
		start_some, start_some, leave_some, rename_some,
	};
	static const uint64_t pauses[] = { 1, 10, 300, 5000, 60000 };

	steps[crowd_random(w, sizeof steps / sizeof *steps)](w);
	crowd_run(w, crowd_random(w, pauses[crowd_random(w, 5)]));
}

static void tell(uint64_t seed)
{
	struct crowd *w = some_crowd(seed);

	crowd_run(w, QUIET_MS);
	if (!crowd_agrees(w))
		fail_msg("SEED=%d: not after the beginning", (int)seed);
	if (crowd_random(w, 2))
		w->loss = 50;
	for (int i = 0; i < STEPS; i++)
		step(w);
	w->loss = 0;
	crowd_run(w, DEAD_MS + DIGESTS_MS);
	if (!crowd_agrees(w))
		fail_msg("SEED=%d: not in the end", (int)seed);
	crowd_free(w);
}

TEST(crowd, everyone_sees_whom_links_lead_to_whatever_happened)
{
	const char *one = getenv("SEED");

	if (one) {
		tell(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= STORIES; seed++)
		tell(seed);
}

/* 0 - 1 - ... - 6, all has been said. */
static struct crowd *six_hops(uint64_t seed)
{
	struct crowd *w = crowd_new(seed, 7);

	crowd_chain(w);
	crowd_run(w, QUIET_MS);
	assert_true(crowd_agrees(w));
	crowd_forget_counts(w);
	return w;
}

static unsigned told_all(const struct crowd *w, enum qf_change_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->nodes[i].told[kind];
	return n;
}

/* When the last of them was told something of that one. */
static uint64_t told_last(const struct crowd *w, size_t of)
{
	uint64_t last = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->nodes[i].told_ms[of] > last)
			last = w->nodes[i].told_ms[of];
	return last;
}

/* Everyone but that one changes something all the time. */
static void chatter(struct crowd *w, size_t but, uint64_t ms)
{
	char name[16];

	for (uint64_t i = 0; i < ms; i++) {
		size_t who = crowd_random(w, w->count);

		snprintf(name, sizeof name, "c%d", (int)i);
		if (w->nodes[who].up && who != but && crowd_random(w, 8) == 0)
			crowd_rename(w, who, name);
		crowd_run(w, 1);
	}
}

TEST(crowd, a_farewell_is_known_within_a_second_over_six_hops)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct crowd *w = six_hops(seed);
		uint64_t began_ms;

		if (seed % 2) /* the more so while others are busy */
			chatter(w, 0, 3000);
		began_ms = w->now_ms;
		crowd_leave(w, 0);
		if (seed % 2)
			chatter(w, 0, 1000);
		crowd_run(w, 1000);
		assert_int_equal(told_all(w, QF_CHANGE_LEFT), 6);
		assert_true(told_last(w, 0) <= began_ms + 1000);
		crowd_free(w);
	}
}

TEST(crowd, a_loss_is_known_within_a_second_over_six_hops)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct crowd *w = six_hops(seed);
		uint64_t began_ms;

		crowd_link(w, 1, 3); /* around the one that will be lost */
		crowd_run(w, QUIET_MS);
		if (seed % 2)
			chatter(w, 2, 3000);
		began_ms = w->now_ms;
		crowd_kill(w, 2, 0);
		if (seed % 2)
			chatter(w, 2, 1000);
		crowd_run(w, 1000);
		assert_int_equal(told_all(w, QF_CHANGE_LOST), 6);
		assert_true(told_last(w, 2) <= began_ms + 1000);
		crowd_free(w);
	}
}

TEST(crowd, who_comes_sees_all_and_is_seen_within_a_second)
{
	struct crowd *w = crowd_new(1, 8);

	for (size_t i = 1; i < 7; i++)
		crowd_link(w, i, i - 1);
	crowd_run(w, QUIET_MS);
	crowd_link(w, 7, 6);
	crowd_run(w, 200);
	assert_true(crowd_agrees(w));
	crowd_free(w);
}

TEST(crowd, a_quiet_network_costs_a_digest_a_link_each_15_seconds)
{
	struct crowd *w = crowd_new(3, 20);

	some_links(w);
	crowd_chain(w);
	crowd_run(w, 30000);
	crowd_forget_counts(w);
	crowd_run(w, 10 * QF_PRESENCE_DIGEST_MS);
	for (size_t kind = 0; kind < CROWD_KINDS; kind++)
		assert_int_equal(w->payloads[kind], kind == QF_PARCEL_DIGEST
		                                            ? 10 * w->link_count
		                                            : 0);
	assert_int_equal(w->payload_bytes,
	                 10 * w->link_count * (1 + QF_SUM_BYTES));
	crowd_free(w);
}

TEST(crowd, a_change_passes_each_link_at_most_twice)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct crowd *w = crowd_new(seed, 5 + seed * 2);

		crowd_chain(w);
		some_links(w);
		crowd_run(w, 30000);
		crowd_forget_counts(w);
		crowd_rename(w, 1, "another");
		crowd_run(w, 2000);
		assert_int_equal(told_all(w, QF_CHANGE_RENAMED), w->count - 1);
		assert_in_range(w->records, w->count - 1, 2 * w->link_count);
		crowd_free(w);
	}
}

TEST(crowd, a_loss_costs_a_record_or_report_for_each_of_its_links)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct crowd *w = crowd_new(seed, 10);
		size_t links = 0;

		crowd_chain(w);
		for (size_t i = 2; i < 10; i += 2)
			crowd_link(w, 0, i);
		crowd_run(w, 30000);
		for (size_t i = 0; i < w->link_count; i++)
			links += w->links[i].end[0] == 4 ||
			         w->links[i].end[1] == 4;
		crowd_forget_counts(w);
		crowd_kill(w, 4, 0);
		crowd_run(w, 2000);
		assert_true(crowd_agrees(w));
		assert_in_range(w->records + w->reports, links,
		                links * 2 * w->link_count);
		crowd_free(w);
	}
}

TEST(crowd, halves_lose_each_other_and_meet_again)
{
	struct crowd *w = six_hops(5);

	crowd_cut(w, 2, 0, 0);
	crowd_run(w, 1000);
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_LOST), 2 * 3 * 4);
	crowd_run(w, 60000);
	crowd_forget_counts(w);
	crowd_link(w, 6, 0);
	crowd_run(w, 1000);
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_CAME), 2 * 3 * 4);
	assert_int_equal(told_all(w, QF_CHANGE_LOST), 0);
	crowd_free(w);
}

TEST(crowd, who_left_in_one_half_does_not_come_back_in_the_other)
{
	struct crowd *w = six_hops(5);

	crowd_cut(w, 2, 0, 0);
	crowd_run(w, 60000);
	crowd_leave(w, 0);
	crowd_run(w, 20);
	crowd_kill(w, 0, 0);
	crowd_run(w, 60000);
	crowd_forget_counts(w);
	crowd_link(w, 6, 1);
	crowd_run(w, 5000);
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_CAME), 2 * 2 * 4);
	crowd_free(w);
}

TEST(crowd, a_link_that_is_dialled_again_at_once_tells_nothing)
{
	struct crowd *w = six_hops(5);

	for (size_t i = 0; i < 6; i++) {
		crowd_cut(w, i, 0, 0);
		crowd_run(w, 500);
		crowd_link(w, w->links[i].end[0], w->links[i].end[1]);
		crowd_run(w, 2000);
	}
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_LOST), 0);
	assert_int_equal(told_all(w, QF_CHANGE_CAME), 0);
	crowd_free(w);
}

/* Whoever dialled holds the old link for alive and dials a new one. */
TEST(crowd, a_half_open_link_that_is_dialled_again_tells_nothing)
{
	struct crowd *w = six_hops(5);

	for (size_t i = 0; i < 6; i++) {
		crowd_cut(w, i, DEAD_MS, 0);
		crowd_run(w, 300);
		crowd_link(w, w->links[i].end[0], w->links[i].end[1]);
		crowd_run(w, 2000);
	}
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_LOST), 0);
	crowd_run(w, DEAD_MS);
	assert_true(crowd_agrees(w));
	crowd_free(w);
}

/* 2 had dialled 1, and both are no more when 1 begins again. */
TEST(crowd, an_old_claim_brings_nobody_back)
{
	struct crowd *w = crowd_new(1, 3);

	crowd_link(w, 1, 0);
	crowd_link(w, 2, 1);
	crowd_run(w, QUIET_MS);
	assert_true(crowd_agrees(w));
	crowd_kill(w, 1, 0);
	crowd_kill(w, 2, 0);
	crowd_run(w, 60000);
	crowd_forget_counts(w);
	crowd_start(w, 1);
	crowd_link(w, 1, 0);
	crowd_run(w, 60000);
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_CAME), 2);
	crowd_free(w);
}

TEST(crowd, a_clock_that_was_set_back_hides_nobody)
{
	struct crowd *w = crowd_new(1, 3);

	crowd_link(w, 1, 0);
	crowd_link(w, 2, 1);
	crowd_run(w, QUIET_MS);
	crowd_kill(w, 1, 0);
	crowd_run(w, QUIET_MS);
	w->nodes[1].clock_ms = -(int64_t)crowd_wall_ms;
	crowd_start(w, 1);
	crowd_link(w, 1, 0);
	crowd_link(w, 2, 1);
	crowd_run(w, 1000);
	assert_true(crowd_agrees(w));
	crowd_free(w);
}

TEST(crowd, whoever_dials_forty_is_seen_to_lead_to_all_of_them)
{
	struct crowd *w = crowd_new(1, 41);

	for (size_t i = 1; i < 41; i++)
		crowd_link(w, 0, i);
	crowd_run(w, QUIET_MS);
	assert_true(crowd_agrees(w));
	crowd_kill(w, 40, 0);
	crowd_kill(w, 20, 0);
	crowd_run(w, 1000);
	assert_true(crowd_agrees(w));
	crowd_kill(w, 0, 0);
	crowd_run(w, 1000);
	assert_true(crowd_agrees(w));
	crowd_free(w);
}

TEST(crowd, what_a_slow_link_dropped_comes_with_a_digest)
{
	struct crowd *w = six_hops(5);

	w->loss = 1000;
	crowd_rename(w, 0, "another");
	crowd_kill(w, 6, 0);
	crowd_run(w, 100);
	w->loss = 0;
	crowd_run(w, 2 * QF_PRESENCE_DIGEST_MS);
	assert_true(crowd_agrees(w));
	assert_int_equal(told_all(w, QF_CHANGE_RENAMED), 5);
	crowd_free(w);
}

/* One side has known for five minutes longer that two are lost. */
TEST(crowd, the_lost_are_forgotten_by_each_in_its_time_and_stay_so)
{
	struct crowd *w = six_hops(5);

	crowd_cut(w, 2, 0, 0);
	crowd_run(w, 300000);
	crowd_kill(w, 0, 0);
	crowd_kill(w, 6, 0);
	crowd_run(w, 1000);
	crowd_link(w, 5, 1);
	crowd_run(w, 30000);
	for (int minutes = 0; minutes < 15; minutes++) {
		crowd_forget_counts(w);
		crowd_run(w, 60000);
		assert_int_equal(w->payloads[QF_PARCEL_SUMS], 0);
		crowd_rename(w, 3, minutes % 2 ? "here" : "there");
	}
	for (size_t i = 1; i < 6; i++)
		assert_int_equal(w->nodes[i].presence.roster.count, 5);
	crowd_free(w);
}
