/* test_sync.c - nodes meet, part, crash, and agree again */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "core/node_state.h"
#include "core/talk.h"
#include "sim/law.h"
#include "sim/world.h"

#define ROOM "#lobby"

static struct world *new_world(void)
{
	struct world_options o = world_defaults(1);

	return world_new(&o);
}

/* A machine that is in the room. */
static struct host *member(struct world *w, const char *name)
{
	struct host *h = world_host(w, name, 1);

	world_join(h, ROOM);
	return h;
}

static void say_many(struct host *h, const char *room, unsigned n)
{
	char text[256];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%s says line %u in %s", h->name,
		         i + 1, room);
		world_say(h, room, text);
	}
}

static void assert_healed(struct world *w)
{
	law_healed(w);
	assert_string_equal(w->wrong, "");
}

static size_t links_of(const struct host *h)
{
	return h->node->link_count;
}

static void stop(struct host *h)
{
	host_tell(h, &(struct qf_event){ .kind = QF_EV_STOP });
	host_settle(h);
}

TEST(sync, two_nodes_meet_and_both_have_all)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	say_many(ana, ROOM, 3);
	say_many(bob, ROOM, 2);
	world_link(ana, bob);
	world_run_ms(w, 50);
	assert_healed(w);
	say_many(ana, ROOM, 1);
	world_run_ms(w, 5);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 6);
	world_free(w);
}

TEST(sync, a_backlog_on_one_side_comes_over)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	say_many(ana, ROOM, 3000);
	world_link(bob, ana);
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 3000);
	world_free(w);
}

TEST(sync, a_backlog_on_both_sides_comes_over)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	say_many(ana, ROOM, 1000);
	world_link(ana, bob);
	world_run_ms(w, 1000);
	world_part(ana, bob, true);
	world_run_ms(w, 1000);
	say_many(ana, ROOM, 1000);
	say_many(bob, ROOM, 1000);
	world_part(ana, bob, false);
	world_link(bob, ana);
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(ana->disk.lsns.count, 3000);
	world_free(w);
}

/* The place of an author in its own row. */
static bool in_order(const struct disk *d, const struct qf_key *author)
{
	uint64_t last = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct qf_keep *k = &d->log[i];

		if (k->kind != QF_KEEP_ENVELOPE ||
		    !qf_key_equal(&k->envelope->head.author, author))
			continue;
		if (k->envelope->head.seq != ++last)
			return false;
	}
	return true;
}

static void assert_read_in_order(struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++)
		for (unsigned k = 0; k < w->host_count; k++)
			assert_true(in_order(&w->hosts[i]->disk,
			                     &w->hosts[k]->identity.key));
}

/* Both say n lines apart, and go on to talk while they heal. */
static void heal_talking(uint64_t seed, unsigned n)
{
	struct world_options o = world_defaults(seed);
	struct world *w;
	struct host *ana, *bob;

	o.latency_ms = 1 + seed % 20;
	w = world_new(&o);
	ana = member(w, "ana");
	bob = member(w, "bob");
	ana->steps = bob->steps = true;
	for (unsigned i = 0; i < n; i++) {
		say_many(ana, ROOM, 1);
		say_many(bob, ROOM, 1);
		world_run_ms(w, world_random(w, 20));
	}
	if (seed % 2)
		world_link(ana, bob);
	else
		world_link(bob, ana);
	for (int i = 0; i < 100; i++) {
		world_run_ms(w, 1 + world_random(w, 4));
		say_many(world_random(w, 2) ? ana : bob, ROOM, 1);
	}
	world_run_ms(w, 5000);
	assert_healed(w);
	assert_read_in_order(w);
	world_free(w);
}

TEST(sync, two_halves_that_heal_while_both_talk_are_read_in_order)
{
	static const unsigned counts[] = { 1, 10, 30, 70, 300 };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		for (uint64_t seed = 1; seed <= 6; seed++)
			heal_talking(seed, counts[i]);
	heal_talking(1, 2000);
}

/* n lines of somebody else, one a second, each on the disk of ana (in 1 of 3
 * cases), of bob, or of both. */
static void scatter(struct world *w, unsigned n)
{
	struct qf_identity eve;
	struct qf_header head = { .class = QF_CLASS_CONTENT,
		                  .type = QF_TYPE_TEXT };

	qf_identity_init(&eve, (const uint8_t[QF_SEED_BYTES]){ 'e' });
	head.author = eve.key;
	qf_room_id_open(&head.room, ROOM);
	for (unsigned i = 0; i < n; i++) {
		uint64_t where = world_random(w, 3);
		struct qf_envelope *e;

		head.hlc += UINT64_C(1000) << 16;
		head.seq++;
		e = qf_envelope_new(&head, (struct qf_bytes){ 0 });
		e->proof.leaves = 1;
		qf_identity_sign(&eve, &e->id, e->proof.sig);
		memcpy(head.prev, e->id.b, sizeof head.prev);
		for (unsigned k = 0; k < 2; k++)
			if (where != k)
				disk_plant(&w->hosts[k]->disk, e);
		qf_envelope_unref(e);
	}
}

static void meet_scattered(size_t window, uint64_t latency_ms)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_crash(ana, false);
	world_crash(bob, false);
	scatter(w, 12000);
	host_boot(ana);
	host_boot(bob);
	w->options.window = window;
	w->options.latency_ms = latency_ms;
	world_link(ana, bob);
	world_run_ms(w, 600000);
	assert_healed(w);
	assert_int_equal(ana->disk.lsns.count, 12000);
	world_free(w);
}

TEST(sync, what_is_scattered_over_a_long_history_comes_over)
{
	meet_scattered(256 * 1024, 1);
}

TEST(sync, a_peer_that_reads_slowly_gets_all_in_time)
{
	meet_scattered(1, 10);
}

TEST(sync, long_bodies_come_over)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	static char text[60001];

	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < 60; i++)
		world_say(ana, ROOM, text);
	world_link(ana, bob);
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 60);
	world_free(w);
}

TEST(sync, rooms_meet_each_for_itself)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_join(ana, "#both");
	world_join(bob, "#both");
	world_join(ana, "#anas");
	say_many(ana, "#anas", 5);
	say_many(ana, "#both", 5);
	say_many(bob, "#both", 200);
	say_many(bob, ROOM, 1);
	world_link(ana, bob);
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 206);
	assert_int_equal(ana->disk.lsns.count, 211);
	world_free(w);
}

TEST(sync, a_room_joined_while_linked_meets_too)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_link(ana, bob);
	world_run_ms(w, 100);
	world_join(ana, "#later");
	say_many(ana, "#later", 100);
	world_run_ms(w, 100);
	world_join(bob, "#later");
	say_many(bob, "#later", 2);
	world_run_ms(w, 100);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 102);
	say_many(ana, "#later", 1);
	world_run_ms(w, 100);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 103);
	world_free(w);
}

TEST(sync, a_room_joined_by_both_at_once_meets_too)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_link(ana, bob);
	world_run_ms(w, 100);
	world_join(ana, "#later");
	world_join(bob, "#later");
	say_many(ana, "#later", 1);
	say_many(bob, "#later", 1);
	world_run_ms(w, 100);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 2);
	world_free(w);
}

TEST(sync, a_third_node_passes_on)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	struct host *eve = member(w, "eve");

	say_many(ana, ROOM, 300);
	say_many(eve, ROOM, 3);
	world_link(ana, bob);
	world_link(eve, bob);
	world_run_ms(w, 1000);
	assert_healed(w);
	say_many(ana, ROOM, 3);
	say_many(eve, ROOM, 3);
	world_run_ms(w, 100);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 309);
	world_free(w);
}

/* Two rooms, something on both sides, something live. */
static struct world *conversation(uint64_t cut_at)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_join(ana, "#two");
	world_join(bob, "#two");
	say_many(ana, ROOM, 100);
	say_many(bob, ROOM, 10);
	say_many(ana, "#two", 1);
	w->cut_at = cut_at;
	world_connect(ana, bob);
	for (int i = 0; i < 5; i++) {
		world_run_ms(w, 101);
		say_many(ana, ROOM, 1);
		say_many(bob, "#two", 1);
		world_run_ms(w, 1);
	}
	world_run_ms(w, 5000);
	return w;
}

TEST(sync, a_link_cut_at_any_frame_heals)
{
	struct world *w = conversation(0);
	uint64_t frames = w->arrivals;

	assert_healed(w);
	assert_true(frames > 40);
	world_free(w);
	for (uint64_t cut_at = 1; cut_at <= frames; cut_at++) {
		w = conversation(cut_at);
		assert_int_equal(w->cut_at, 0);
		assert_healed(w);
		assert_int_equal(w->hosts[0]->disk.lsns.count, 121);
		world_free(w);
	}
}

static void crash_before_commit(bool written_stays)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	size_t stored, asked;

	world_connect(bob, ana);
	world_run_ms(w, 1000);
	stored = world_say(ana, ROOM, "this is stored");
	ana->disk.failing = 1;
	asked = world_say(ana, ROOM, "this was only accepted");
	assert_int_equal(world_said(w, stored)->state, SAID_STORED);
	assert_int_equal(world_said(w, asked)->state, SAID_ASKED);
	world_crash(ana, written_stays);
	world_run_ms(w, 1000);
	host_boot(ana);
	world_run_ms(w, 5000);
	say_many(ana, ROOM, 1);
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, written_stays ? 3 : 2);
	world_free(w);
}

TEST(sync, a_crash_between_accepting_and_storing_loses_nothing_that_was_stored)
{
	crash_before_commit(false);
}

TEST(sync, what_a_failed_commit_left_behind_comes_back_after_a_crash)
{
	crash_before_commit(true);
}

TEST(sync, nothing_is_sent_until_the_store_has_recovered)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	size_t asked;

	world_link(ana, bob);
	world_run_ms(w, 1000);
	ana->disk.failing = 5;
	asked = world_say(ana, ROOM, "is anybody there?");
	world_run_ms(w, 100);
	assert_int_equal(ana->news[QF_NEWS_TROUBLE], 1);
	assert_string_equal(ana->said_last[QF_NEWS_TROUBLE], "the disk failed");
	world_run_ms(w, 600);
	assert_int_equal(world_said(w, asked)->state, SAID_ASKED);
	assert_int_equal(bob->disk.lsns.count, 0);
	say_many(bob, ROOM, 2);
	world_run_ms(w, 2000);
	assert_int_equal(ana->news[QF_NEWS_TROUBLE_OVER], 1);
	assert_int_equal(world_said(w, asked)->state, SAID_STORED);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 3);
	world_free(w);
}

/* All that can happen while workers take nothing from their cores. */
static void run_while_workers_sleep(struct world *w)
{
	const struct acts *acts = &w->acts;
	size_t i;

	do {
		world_acts(w);
		for (i = 0; i < acts->count; i++)
			if (acts->list[i].kind != ACT_EFFECT)
				break;
		if (i < acts->count)
			world_act(w, acts->list[i]);
	} while (i < acts->count);
}

TEST(sync, what_a_full_queue_did_not_take_is_read_from_the_store)
{
	struct world_options o = world_defaults(1);
	struct world *w;
	struct host *ana, *bob;

	o.queue = 2;
	o.batch = 1;
	w = world_new(&o);
	ana = member(w, "ana");
	bob = member(w, "bob");
	world_link(ana, bob);
	world_run_ms(w, 1000);
	ana->steps = true;
	for (int i = 0; i < 10; i++) {
		say_many(ana, ROOM, 1);
		run_while_workers_sleep(w);
	}
	assert_int_equal(worker_posts(&ana->workers[0]), 2);
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 10);
	world_free(w);
}

TEST(sync, the_tiniest_queues_carry_all)
{
	struct world_options o = world_defaults(1);
	struct world *w;
	struct host *ana, *bob;

	o.queue = 2;
	o.credits = 2;
	o.asks = 2;
	o.keeps = 4;
	o.window = 1;
	w = world_new(&o);
	ana = member(w, "ana");
	bob = member(w, "bob");
	ana->steps = bob->steps = true;
	world_link(ana, bob);
	world_run_ms(w, 1000);
	for (int i = 0; i < 100; i++) {
		say_many(ana, ROOM, 20);
		say_many(bob, ROOM, 5);
		world_run_ms(w, 3);
	}
	world_run_ms(w, 10000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 2500);
	world_free(w);
}

TEST(sync, a_ring_that_went_on_is_read_from_the_store)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	w->options.window = 1;
	w->options.latency_ms = 20;
	world_link(ana, bob);
	world_run_ms(w, 1000);
	say_many(ana, ROOM, QF_RING_FRAMES_MAX * 3);
	world_run_ms(w, 60000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, QF_RING_FRAMES_MAX * 3);
	world_free(w);
}

TEST(sync, of_two_links_one_stays)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_connect(ana, bob);
	world_connect(bob, ana);
	world_run_ms(w, 5000);
	say_many(ana, ROOM, 1);
	say_many(bob, ROOM, 1);
	world_run_ms(w, 60000);
	assert_int_equal(links_of(ana), 1);
	assert_int_equal(links_of(bob), 1);
	assert_int_equal(w->cables_made, 2);
	assert_healed(w);
	world_free(w);
}

TEST(sync, of_two_links_from_one_side_the_newer_stays)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_link(ana, bob);
	world_run_ms(w, 1000);
	world_link(ana, bob);
	world_run_ms(w, 5000);
	assert_int_equal(links_of(ana), 1);
	assert_int_equal(links_of(bob), 1);
	say_many(ana, ROOM, 1);
	world_run_ms(w, 10);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 1);
	world_free(w);
}

TEST(sync, an_old_link_that_does_not_answer_goes_when_a_new_one_comes)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	struct cable *old = world_link(ana, bob);

	world_run_ms(w, 1000);
	old->ends[0].muted = old->ends[1].muted = true;
	world_link(bob, ana);
	world_run_ms(w, 1500);
	assert_int_equal(links_of(ana), 1);
	assert_int_equal(links_of(bob), 1);
	say_many(ana, ROOM, 1);
	world_run_ms(w, 10);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 1);
	world_free(w);
}

/* Whatever comes first, the greeting or the order to drop. */
TEST(sync, a_link_to_oneself_is_dropped_for_good)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct world_options o = world_defaults(seed);
		struct world *w = world_new(&o);
		struct host *ana = member(w, "ana");

		ana->steps = true;
		w->options.latency_ms = 0;
		world_connect(ana, ana);
		world_run_ms(w, 120000);
		assert_int_equal(links_of(ana), 0);
		assert_int_equal(w->cables_made, 1);
		assert_int_equal(ana->news[QF_NEWS_LINK_UP], 0);
		assert_int_equal(ana->node->peer_count, 0);
		assert_healed(w);
		world_free(w);
	}
}

TEST(sync, a_silent_peer_is_dropped_after_40_s)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	struct cable *c = world_link(ana, bob);

	world_run_ms(w, 60000);
	assert_int_equal(links_of(ana), 1);
	c->ends[1].muted = true;
	world_run_ms(w, 24000);
	assert_int_equal(links_of(ana), 1);
	world_run_ms(w, 16000);
	assert_int_equal(links_of(ana), 0);
	assert_string_equal(ana->said_last[QF_NEWS_LINK_DOWN],
	                    "silent for 40 s");
	world_run_ms(w, 1000);
	assert_int_equal(links_of(bob), 0);
	world_free(w);
}

TEST(sync, a_peer_that_never_greets_is_dropped_after_30_s)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	struct cable *c;

	w->options.window = 0; /* nothing can be said */
	c = world_link(bob, ana);
	world_run_ms(w, 29000);
	assert_int_equal(links_of(ana), 1);
	c->ends[0].muted = true;
	w->options.window = 1;
	world_run_ms(w, 2000);
	assert_int_equal(links_of(ana), 0);
	assert_int_equal(ana->news[QF_NEWS_LINK_UP], 0);
	world_free(w);
}

TEST(sync, copies_are_counted_as_they_are_made)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	struct host *eve = member(w, "eve");
	size_t line = world_say(ana, ROOM, "one");

	assert_int_equal(world_said(w, line)->copies, 0);
	world_link(bob, ana);
	world_run_ms(w, 3000);
	assert_int_equal(world_said(w, line)->copies, 1);
	/* A second link to bob's key is no second copy. */
	world_link(bob, ana);
	world_run_ms(w, 3000);
	assert_int_equal(world_said(w, line)->copies, 1);
	world_link(ana, eve);
	world_run_ms(w, 3000);
	assert_int_equal(world_said(w, line)->copies, 2);
	line = world_say(ana, ROOM, "two");
	world_run_ms(w, 3000);
	assert_int_equal(world_said(w, line)->copies, 2);
	assert_healed(w);
	world_free(w);
}

TEST(sync, a_copy_that_another_made_counts_when_the_peer_has_it)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");
	struct host *eve = member(w, "eve");
	size_t line;

	bob->disk.failing = 5;
	world_link(ana, bob);
	world_link(bob, eve);
	line = world_say(ana, ROOM, "one");
	world_run_ms(w, 100);
	assert_int_equal(world_said(w, line)->copies, 0);
	world_run_ms(w, 5000);
	assert_int_equal(world_said(w, line)->copies, 1);
	world_link(ana, eve);
	world_run_ms(w, 3000);
	assert_int_equal(world_said(w, line)->copies, 2);
	assert_healed(w);
	world_free(w);
}

TEST(sync, a_repeated_nonce_answers_with_the_first_id)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana");
	size_t first, again, later;

	ana->disk.failing = 1;
	first = world_say_once(ana, ROOM, "once", 7);
	again = world_say_once(ana, ROOM, "once", 7);
	world_run_ms(w, 1000);
	later = world_say_once(ana, ROOM, "once", 7);
	assert_int_equal(world_said(w, again)->state, SAID_STORED);
	assert_int_equal(world_said(w, later)->state, SAID_STORED);
	assert_memory_equal(&world_said(w, again)->id,
	                    &world_said(w, first)->id, sizeof(struct qf_hash));
	assert_memory_equal(&world_said(w, later)->id,
	                    &world_said(w, first)->id, sizeof(struct qf_hash));
	world_crash(ana, false);
	host_boot(ana);
	later = world_say_once(ana, ROOM, "once", 7);
	assert_memory_equal(&world_said(w, later)->id,
	                    &world_said(w, first)->id, sizeof(struct qf_hash));
	assert_int_equal(world_said(w, later)->lsn, world_said(w, first)->lsn);
	assert_int_equal(ana->disk.lsns.count, 1);
	assert_healed(w);
	world_free(w);
}

TEST(sync, a_stopping_node_answers_what_it_accepted_and_refuses_the_rest)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana");
	size_t before, after;

	ana->disk.failing = 3;
	before = world_say(ana, ROOM, "before");
	stop(ana);
	after = world_say(ana, ROOM, "after");
	assert_int_equal(world_said(w, after)->state, SAID_REFUSED);
	assert_string_equal(world_said(w, after)->code, "stopping");
	assert_false(ana->stopped);
	world_run_ms(w, 1000);
	assert_int_equal(world_said(w, before)->state, SAID_STORED);
	assert_true(ana->stopped);
	assert_healed(w);
	world_free(w);
}

TEST(sync, a_node_that_was_away_is_found_again)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_connect(ana, bob);
	world_run_ms(w, 1000);
	world_crash(bob, false);
	say_many(ana, ROOM, 5);
	world_run_ms(w, 300000);
	assert_int_equal(ana->news[QF_NEWS_DIAL_FAILED], 1);
	host_boot(bob); /* it remembers ana and dials */
	world_run_ms(w, 1000);
	assert_healed(w);
	assert_int_equal(bob->disk.lsns.count, 5);
	world_run_ms(w, 100000);
	assert_int_equal(links_of(ana), 1);
	assert_int_equal(links_of(bob), 1);
	world_free(w);
}

TEST(sync, an_address_where_another_key_answers_is_not_that_contact)
{
	struct world *w = new_world();
	struct host *ana = member(w, "ana"), *bob = member(w, "bob");

	world_connect(ana, bob);
	world_run_ms(w, 1000);
	world_crash(ana, false);
	world_crash(bob, false);
	qf_identity_init(&bob->identity, (const uint8_t[QF_SEED_BYTES]){ 99 });
	host_boot(ana);
	host_boot(bob);
	world_run_ms(w, 1000);
	assert_true(strstr(ana->said_last[QF_NEWS_DIAL_FAILED], "/forget bob"));
	world_free(w);
}

/* Eager and lazy links. */

enum { FRIENDS = 6 };

static struct world *friends(struct host *all[FRIENDS])
{
	static const char *const names[FRIENDS] = { "ana", "bob", "cem",
		                                    "dan", "eva", "fay" };
	struct world *w = new_world();

	for (unsigned i = 0; i < FRIENDS; i++) {
		all[i] = member(w, names[i]);
		for (unsigned k = 0; k < i; k++)
			world_link(all[i], all[k]);
	}
	world_run_ms(w, 2000);
	return w;
}

static void everyone_says_one(struct world *w, struct host *all[FRIENDS])
{
	for (unsigned i = 0; i < FRIENDS; i++) {
		say_many(all[i], ROOM, 1);
		world_run_ms(w, 500);
	}
}

static uint64_t repeated(struct host *all[FRIENDS])
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < FRIENDS; i++)
		sum += all[i]->node->repeated;
	return sum;
}

static size_t lazy_links(struct host *all[FRIENDS])
{
	size_t sum = 0;

	for (unsigned i = 0; i < FRIENDS; i++)
		sum += all[i]->node->replicas[0]->push.lazy;
	return sum;
}

TEST(sync, among_friends_each_line_comes_once)
{
	struct host *all[FRIENDS];
	struct world *w = friends(all);
	uint64_t before;

	for (unsigned i = 0; i < 4; i++)
		everyone_says_one(w, all);
	before = repeated(all);
	everyone_says_one(w, all);
	everyone_says_one(w, all);
	assert_int_equal(repeated(all) - before, 0);
	/* A tree is left: five links, seen from both ends. */
	assert_int_equal(lazy_links(all),
	                 FRIENDS * (FRIENDS - 1) - 2 * (FRIENDS - 1));
	/* All know that it is on five more disks, by whichever way. */
	world_run_ms(w, 3000);
	assert_int_equal(world_said(w, w->said_count - 1)->copies, FRIENDS - 1);
	assert_healed(w);
	world_free(w);
}

/* Every eager link of his is cut, and nobody notices. */
static void cut_off_the_tree(struct world *w, const struct host *h)
{
	for (size_t i = 0; i < w->cables.count; i++) {
		struct cable *c = fifo_at(&w->cables, i);

		for (unsigned k = 0; k < 2; k++)
			if (c->ends[k].worker->host == h &&
			    !c->ends[k].session.talks[0]->lazy)
				cable_silence(c);
	}
}

TEST(sync, what_the_tree_does_not_bring_is_asked_for)
{
	struct host *all[FRIENDS];
	struct world *w = friends(all);
	size_t before;

	for (unsigned i = 0; i < 4; i++)
		everyone_says_one(w, all);
	before = links_of(all[3]);
	cut_off_the_tree(w, all[3]);
	say_many(all[0], ROOM, 1);
	world_run_ms(w, 300);
	assert_int_equal(links_of(all[3]), before);
	assert_int_equal(all[3]->disk.lsns.count, all[0]->disk.lsns.count);
	world_free(w);
}

/* Everyone stores what ana says in its order, though bob and whoever is behind
 * him get some of it by the links that they were only named it on. */
TEST(sync, what_has_to_be_asked_for_is_not_overtaken)
{
	for (unsigned gap_ms = 2; gap_ms <= 40; gap_ms += 19) {
		struct host *all[FRIENDS];
		struct world *w = friends(all);

		for (unsigned i = 0; i < 4; i++)
			everyone_says_one(w, all);
		cut_off_the_tree(w, all[3]);
		for (unsigned i = 0; i < 40; i++) {
			say_many(all[0], ROOM, 1);
			world_run_ms(w, gap_ms);
		}
		world_run_ms(w, 300);
		assert_int_equal(all[3]->disk.lsns.count,
		                 all[0]->disk.lsns.count);
		assert_read_in_order(w);
		world_free(w);
	}
}

/* Two networks of three, and two of each are on both. */
static void bridge(struct host *all[FRIENDS], struct cable *bridges[2])
{
	bridges[0] = world_link(all[0], all[3]);
	bridges[1] = world_link(all[1], all[4]);
}

static struct world *two_networks(struct host *all[FRIENDS])
{
	static const char *const names[FRIENDS] = { "ana", "bob", "cem",
		                                    "dan", "eva", "fay" };
	struct world *w = new_world();

	for (unsigned i = 0; i < FRIENDS; i++) {
		all[i] = member(w, names[i]);
		for (unsigned k = i / 3 * 3; k < i; k++)
			world_link(all[i], all[k]);
	}
	world_run_ms(w, 2000);
	return w;
}

static uint64_t brought(const struct cable *c)
{
	return c->ends[0].brought.count + c->ends[1].brought.count;
}

TEST(sync, two_bridges_do_not_double_the_traffic)
{
	struct host *all[FRIENDS];
	struct world *w = two_networks(all);
	struct cable *bridges[2];
	uint64_t before;

	bridge(all, bridges);
	world_run_ms(w, 2000);
	for (unsigned i = 0; i < 4; i++)
		everyone_says_one(w, all);
	before = brought(bridges[0]) + brought(bridges[1]);
	everyone_says_one(w, all);
	assert_int_equal(brought(bridges[0]) + brought(bridges[1]) - before,
	                 FRIENDS);
	assert_healed(w);
	world_free(w);
}

TEST(sync, what_two_networks_missed_comes_twice_at_most_over_two_bridges)
{
	enum { EACH = 1000 };
	struct host *all[FRIENDS];
	struct world *w = two_networks(all);
	struct cable *bridges[2];
	uint64_t before;

	for (unsigned i = 0; i < 3; i++)
		everyone_says_one(w, all);
	say_many(all[0], ROOM, EACH);
	say_many(all[3], ROOM, EACH);
	world_run_ms(w, 3000);
	before = repeated(all);
	bridge(all, bridges);
	world_run_ms(w, 5000);
	assert_healed(w);
	assert_in_range(repeated(all) - before, 0, FRIENDS * EACH);
	print_message("# of %u envelopes that were missing %llu came twice, "
	              "%llu crossed a bridge\n",
	              FRIENDS * EACH,
	              (unsigned long long)(repeated(all) - before),
	              (unsigned long long)(brought(bridges[0]) +
	                                   brought(bridges[1])));
	world_free(w);
}
