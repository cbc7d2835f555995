/* test_talk.c - one room on one link: summaries, backlogs, turns, the tail */
#include "test.h"

#include "stage.h"

/* Two nodes that were apart: ana dialled bob. */
static void apart(struct stage *ana, struct stage *bob)
{
	stage_begin(ana, true);
	stage_begin(bob, false);
}

static void end(struct stage *ana, struct stage *bob)
{
	stage_fini(ana);
	stage_fini(bob);
}

/* n lines that both have of old, by someone else. */
static void share(struct stage *ana, struct stage *bob, size_t n)
{
	struct lines cid = lines_of(3, "#lobby");
	struct qf_envelope *lines[QF_BATCH_LEAVES_MAX];

	cid.hlc -= (uint64_t)86400000 << 16;
	for (size_t some; n; n -= some) {
		some = n < QF_BATCH_LEAVES_MAX ? n : QF_BATCH_LEAVES_MAX;
		lines_say(&cid, lines, some, 10);
		stage_commit(ana, &ana->rooms[0], lines, some, 0);
		stage_commit(bob, &bob->rooms[0], lines, some, 0);
		lines_release(lines, some);
	}
}

static void say(struct stage *st, size_t n)
{
	stage_say(st, &st->rooms[0], n, 10);
}

static void expect_equal(struct stage *ana, struct stage *bob, size_t count)
{
	struct qf_snapshot *a = stage_snapshot(&ana->rooms[0]);
	struct qf_snapshot *b = stage_snapshot(&bob->rooms[0]);
	struct qf_hash x, y;

	assert_int_equal(ana->session.state, QF_SESSION_LIVE);
	assert_int_equal(bob->session.state, QF_SESSION_LIVE);
	assert_int_equal(a->count, count);
	qf_snapshot_digest(a, &x);
	qf_snapshot_digest(b, &y);
	assert_memory_equal(x.b, y.b, sizeof x.b);
	qf_snapshot_unref(a);
	qf_snapshot_unref(b);
}

/* Summaries. */

TEST(talk, rooms_with_equal_summaries_are_even_without_a_word)
{
	static const size_t counts[] = { 0, 1, 300 };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct stage ana, bob;

		apart(&ana, &bob);
		share(&ana, &bob, counts[i]);
		stage_talk(&ana, &bob);
		assert_int_equal(ana.sent.frames[QF_FRAME_OPEN], 1);
		assert_int_equal(bob.sent.frames[QF_FRAME_OPEN], 1);
		assert_int_equal(ana.sent.frames[QF_FRAME_RECON], 0);
		assert_int_equal(bob.sent.frames[QF_FRAME_RECON], 0);
		assert_int_equal(ana.sent.frames[QF_FRAME_MSG], 0);
		assert_int_equal(ana.asked[QF_EV_TURN_ASKED], 0);
		expect_equal(&ana, &bob, counts[i]);
		end(&ana, &bob);
	}
}

TEST(talk, an_equal_root_of_another_count_is_another_summary)
{
	struct qf_open open;
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_greet(&ana);
	stage_offer(&ana, r);
	assert_true(qf_open_get(stage_take(&ana, QF_FRAME_OPEN), &open));
	stage_put_open(&ana, r, STAGE_HANDLE, open.count + 1, &open.root);
	stage_feed(&ana);
	assert_int_equal(ana.asked[QF_EV_TURN_ASKED], 1);
	stage_fini(&ana);
}

TEST(talk, with_other_summaries_the_client_waits_for_its_turn)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&ana, 3);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.asked[QF_EV_TURN_ASKED], 1);
	assert_int_equal(ana.sent.frames[QF_FRAME_RECON], 0);
	stage_release(&ana);
	stage_talk(&ana, &bob);
	expect_equal(&ana, &bob, 3);
	end(&ana, &bob);
}

TEST(talk, a_server_answers_when_it_is_its_turn_too)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&bob, 3);
	stage_withhold(&bob, QF_EV_TURN_ASKED);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.asked[QF_EV_TURN_ASKED], 1);
	assert_int_equal(bob.sent.frames[QF_FRAME_RECON], 0);
	stage_release(&bob);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.asked[QF_EV_TURN_OVER], 1);
	expect_equal(&ana, &bob, 3);
	end(&ana, &bob);
}

/* He is at it with somebody else, and opens the room again when he is not. */
TEST(talk, a_server_that_is_busy_puts_it_off_for_both)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&ana, 3);
	say(&bob, 3);
	stage_withhold(&bob, QF_EV_TURN_ASKED);
	stage_talk(&ana, &bob);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	bob.held_count = 0;
	stage_refuse(&bob, &bob.rooms[0]);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.frames[QF_FRAME_LATER], 1);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 1);
	/* What is live flows meanwhile. */
	say(&bob, 1);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.rooms[0].count, 4);
	stage_release(&bob);
	stage_release(&ana);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.frames[QF_FRAME_OPEN], 2);
	assert_int_equal(ana.sent.frames[QF_FRAME_OPEN], 2);
	expect_equal(&ana, &bob, 7);
	end(&ana, &bob);
}

TEST(talk, a_backlog_from_elsewhere_is_summed_up_and_not_pushed)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	stage_backlog(&ana, &ana.rooms[0], 300);
	stage_pull(&ana);
	assert_int_equal(ana.sent.pushed, 0);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.sent.frames[QF_FRAME_OPEN], 2);
	assert_int_equal(bob.sent.frames[QF_FRAME_OPEN], 2);
	assert_int_equal(ana.sent.answered, 300);
	expect_equal(&ana, &bob, 300);
	end(&ana, &bob);
}

TEST(talk, an_open_that_comes_before_our_pair_is_compared_with_it)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&bob, 3);
	stage_withhold(&ana, QF_EV_FOLLOW);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.sent.frames[QF_FRAME_OPEN], 0);
	assert_int_equal(bob.sent.frames[QF_FRAME_OPEN], 1);
	stage_release(&ana);
	stage_talk(&ana, &bob);
	expect_equal(&ana, &bob, 3);
	end(&ana, &bob);
}

/* Backlogs. */

/* bob has n lines that ana lacks. */
static void expect_backlog(size_t n, bool pushed)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	share(&ana, &bob, 100);
	say(&bob, n);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.pushed, pushed ? n : 0);
	assert_int_equal(bob.sent.named, pushed ? 0 : n);
	assert_int_equal(bob.sent.answered, pushed ? 0 : n);
	assert_int_equal(ana.sent.frames[QF_FRAME_WANT], !pushed);
	assert_int_equal(ana.sent.frames[QF_FRAME_MSG], 0);
	expect_equal(&ana, &bob, 100 + n);
	end(&ana, &bob);
}

TEST(talk, a_little_backlog_is_pushed)
{
	expect_backlog(1, true);
	expect_backlog(QF_PUSH_COUNT_MAX, true);
}

TEST(talk, a_large_backlog_is_named_and_sent_when_it_is_wanted)
{
	expect_backlog(QF_PUSH_COUNT_MAX + 1, false);
	expect_backlog(1000, false);
}

TEST(talk, what_a_list_shows_is_wanted_without_being_named)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	share(&ana, &bob, 100);
	say(&ana, 10);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.wanted, 10);
	assert_int_equal(ana.sent.answered, 10);
	assert_int_equal(ana.sent.pushed, 0);
	assert_int_equal(ana.sent.frames[QF_FRAME_HAVE], 0);
	expect_equal(&ana, &bob, 110);
	end(&ana, &bob);
}

/* The first to dial finds what is behind its own first LIST, too. */
TEST(talk, a_backlog_of_the_client_comes_whole)
{
	static const size_t counts[] = { 17, 80, 81, 1000 };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct stage ana, bob;

		apart(&ana, &bob);
		share(&ana, &bob, 100);
		say(&ana, counts[i]);
		stage_talk(&ana, &bob);
		assert_true(ana.sent.pushed <= QF_PUSH_COUNT_MAX);
		assert_int_equal(ana.sent.pushed + ana.sent.answered,
		                 counts[i]);
		assert_int_equal(bob.sent.frames[QF_FRAME_MSG], 0);
		expect_equal(&ana, &bob, 100 + counts[i]);
		end(&ana, &bob);
	}
}

TEST(talk, a_newcomer_gets_all_of_it)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&bob, 1500);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.pushed + bob.sent.answered, 1500);
	expect_equal(&ana, &bob, 1500);
	end(&ana, &bob);
}

TEST(talk, both_sides_get_what_they_lack)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	share(&ana, &bob, 500);
	say(&ana, 400);
	say(&bob, 300);
	stage_talk(&ana, &bob);
	expect_equal(&ana, &bob, 1200);
	assert_int_equal(ana.sent.pushed + ana.sent.answered, 400);
	assert_int_equal(bob.sent.pushed + bob.sent.answered, 300);
	end(&ana, &bob);
}

TEST(talk, pushing_stops_when_bodies_are_large)
{
	enum { LINES = 40, BODY_BYTES = 20000 };
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_say(&bob, &bob.rooms[0], LINES, BODY_BYTES);
	share(&ana, &bob, 16); /* ana's LIST is of these */
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.pushed, QF_PUSH_BYTES_MAX / BODY_BYTES + 1);
	assert_int_equal(bob.sent.named, LINES - bob.sent.pushed);
	assert_int_equal(bob.sent.answered, bob.sent.named);
	expect_equal(&ana, &bob, LINES + 16);
	end(&ana, &bob);
}

TEST(talk, a_store_that_gives_little_at_a_time_is_asked_again)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&bob, 150);
	bob.read_max = 7;
	stage_talk(&ana, &bob);
	assert_true(bob.asked[STAGE_READ] >= 150 / 7);
	expect_equal(&ana, &bob, 150);
	end(&ana, &bob);
}

/* The tail. */

TEST(talk, what_is_live_waits_a_moment_and_flows_before_the_rooms_are_even)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&ana, 3);
	say(&bob, 4);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	stage_talk(&ana, &bob);
	say(&ana, 1);
	say(&bob, 2);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.sent.pushed + bob.sent.pushed, 0);
	stage_wait(&ana, QF_SETTLE_MS);
	stage_wait(&bob, QF_SETTLE_MS);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.sent.pushed, 1);
	assert_int_equal(bob.sent.pushed, 2);
	assert_int_equal(ana.rooms[0].count, 3 + 1 + 2);
	assert_int_equal(bob.rooms[0].count, 4 + 2 + 1);
	stage_release(&ana);
	stage_talk(&ana, &bob);
	expect_equal(&ana, &bob, 10);
	end(&ana, &bob);
}

/* bob has n old lines that ana lacks, and says one more as soon as they begin
 * to be sent: is it the last that she gets? */
static bool is_last(size_t n)
{
	struct qf_envelope *newest;
	struct stage ana, bob;
	bool last;

	apart(&ana, &bob);
	say(&bob, n);
	stage_withhold(&bob, STAGE_READ);
	stage_talk(&ana, &bob);
	say(&bob, 1);
	newest = bob.rooms[0].log[n];
	stage_release(&bob);
	stage_talk(&ana, &bob);
	expect_equal(&ana, &bob, n + 1);
	last = !memcmp(&ana.rooms[0].log[n]->id, &newest->id,
	               sizeof newest->id);
	end(&ana, &bob);
	return last;
}

TEST(talk, what_is_live_comes_behind_what_is_older_unless_that_is_much)
{
	assert_true(is_last(1));
	assert_true(is_last(QF_OLDER_MAX));
	assert_false(is_last(2 * QF_OLDER_MAX));
}

TEST(talk, what_came_by_this_link_does_not_go_back)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	for (int i = 0; i < 10; i++) {
		say(&ana, 2);
		stage_talk(&ana, &bob);
	}
	assert_int_equal(ana.sent.pushed, 20);
	assert_int_equal(bob.sent.pushed, 0);
	expect_equal(&ana, &bob, 20);
	end(&ana, &bob);
}

TEST(talk, what_came_by_another_link_goes_on)
{
	struct lines cid = lines_of(3, "#lobby");
	struct qf_envelope *line;
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	lines_say(&cid, &line, 1, 10);
	stage_commit(&bob, &bob.rooms[0], &line, 1, STAGE_CONN + 1);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.pushed, 1);
	expect_equal(&ana, &bob, 1);
	qf_envelope_unref(line);
	end(&ana, &bob);
}

/* Committed, but its post found no room on the way to this worker. */
static void say_unheard(struct stage *st, size_t n)
{
	struct stage_room *r = &st->rooms[0];
	struct qf_envelope *lines[QF_BATCH_LEAVES_MAX];

	for (size_t some; n; n -= some) {
		some = n < QF_BATCH_LEAVES_MAX ? n : QF_BATCH_LEAVES_MAX;
		lines_say(&r->own, lines, some, 10);
		for (size_t i = 0; i < some; i++)
			stage_keep(r, lines[i]);
		lines_release(lines, some);
	}
	atomic_store(&r->told->lsn, r->count);
}

TEST(talk, what_is_only_told_is_read_from_the_store)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	say_unheard(&ana, 2500);
	stage_talk(&ana, &bob);
	assert_true(ana.asked[STAGE_READ] >= 2500 / 1024);
	assert_int_equal(ana.sent.pushed, 2500);
	expect_equal(&ana, &bob, 2500);
	end(&ana, &bob);
}

TEST(talk, after_a_gap_the_tail_goes_on)
{
	unsigned reads;
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	say(&ana, 1);
	say_unheard(&ana, 5);
	say(&ana, 1);
	stage_talk(&ana, &bob);
	expect_equal(&ana, &bob, 7);
	reads = ana.asked[STAGE_READ];
	assert_true(reads > 0);
	say(&ana, 3);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.asked[STAGE_READ], reads);
	expect_equal(&ana, &bob, 10);
	end(&ana, &bob);
}

TEST(talk, who_lags_behind_the_ring_reads_the_store)
{
	enum { BODY_BYTES = 60000, LINES = QF_RING_BYTES_MAX / BODY_BYTES + 9 };
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	stage_say(&ana, &ana.rooms[0], LINES, BODY_BYTES);
	stage_talk(&ana, &bob);
	assert_in_range(ana.asked[STAGE_READ], 1, 4);
	assert_int_equal(ana.sent.pushed, LINES);
	expect_equal(&ana, &bob, LINES);
	end(&ana, &bob);
}

TEST(talk, two_rooms_of_a_link_get_their_share)
{
	enum { LINES = 20, BODY_BYTES = 60000 };
	struct stage_room *second;
	struct stage ana, bob;
	struct qf_frame f;
	size_t handle, of[2] = { 0 };

	apart(&ana, &bob);
	second = stage_join(&ana, 1, "#second");
	stage_join(&bob, 2, "#second");
	stage_talk(&ana, &bob);
	/* One frame for each line. */
	for (size_t i = 0; i < LINES; i++) {
		stage_say(&ana, &ana.rooms[0], 1, BODY_BYTES);
		stage_say(&ana, second, 1, BODY_BYTES);
	}
	for (int i = 0; i < LINES; i++) {
		assert_true(stage_next_alone(&ana, &f));
		assert_int_equal(f.type, QF_FRAME_MSG);
		handle = f.payload.at[1]; /* a small varint */
		assert_in_range(handle, 0, 1);
		of[handle]++;
	}
	assert_int_equal(of[0], of[1]);
	end(&ana, &bob);
}

/* Turns. */

TEST(talk, a_turn_is_over_when_what_it_brought_is_stored)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&bob, 300);
	stage_withhold(&ana, QF_EV_ARRIVED);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.sent.answered, 300);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 0);
	stage_done(&ana, QF_BATCH_LEAVES_MAX); /* the first of two roots */
	stage_core(&ana);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 0);
	stage_release(&ana);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 1);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 1);
	expect_equal(&ana, &bob, 300);
	end(&ana, &bob);
}

TEST(talk, what_is_live_does_not_make_a_turn_longer)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&bob, 300);
	stage_withhold(&ana, QF_EV_ARRIVED);
	stage_talk(&ana, &bob);
	say(&bob, 1);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.session.carried, 301);
	stage_done(&ana, 300);
	stage_core(&ana);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 1);
	end(&ana, &bob);
}

TEST(talk, a_turn_that_brings_nothing_is_over_when_all_is_compared)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	say(&ana, 200);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 1);
	end(&ana, &bob);
}

/* Progress: what a peer has is said only when it is true. */

TEST(talk, an_even_room_is_progress_at_once)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	share(&ana, &bob, 5);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.asked[QF_EV_PROGRESS], 1);
	assert_int_equal(ana.rooms[0].progress, 5);
	assert_int_equal(bob.rooms[0].progress, 5);
	end(&ana, &bob);
}

TEST(talk, what_is_sent_is_progress_when_it_is_acknowledged)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	share(&ana, &bob, 5);
	stage_talk(&ana, &bob);
	stage_withhold(&bob, QF_EV_ARRIVED);
	say(&ana, 3);
	stage_talk(&ana, &bob);
	assert_int_equal(bob.asked[QF_EV_ARRIVED], 1);
	assert_int_equal(ana.rooms[0].progress, 5);
	stage_release(&bob);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.rooms[0].progress, 8);
	end(&ana, &bob);
}

TEST(talk, an_acknowledged_tail_is_no_progress_before_the_rooms_are_even)
{
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_say(&ana, r, 3, 10);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	stage_open(&ana, r, false);
	stage_say(&ana, r, 1, 10);
	stage_wait(&ana, QF_SETTLE_MS);
	stage_take(&ana, QF_FRAME_MSG);
	stage_feed_number(&ana, QF_FRAME_ACK, 1);
	stage_quiet(&ana);
	assert_int_equal(ana.asked[QF_EV_PROGRESS], 0);
	stage_fini(&ana);
}

TEST(talk, what_is_still_being_read_is_no_progress)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	share(&ana, &bob, 5);
	stage_talk(&ana, &bob);
	stage_withhold(&ana, STAGE_READ);
	say_unheard(&ana, 10);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.asked[STAGE_READ], 1);
	assert_int_equal(ana.rooms[0].progress, 5);
	stage_release(&ana);
	stage_talk(&ana, &bob);
	ana.now_ms += QF_ACK_MS;
	bob.now_ms += QF_ACK_MS;
	stage_talk(&ana, &bob);
	assert_int_equal(ana.rooms[0].progress, 15);
	end(&ana, &bob);
}

TEST(talk, what_others_said_is_progress_only_with_something_of_ours_after_it)
{
	struct stage ana, bob;

	apart(&ana, &bob);
	stage_talk(&ana, &bob);
	say(&bob, 3);
	stage_talk(&ana, &bob);
	assert_int_equal(ana.rooms[0].progress, 0);
	say(&ana, 1);
	stage_talk(&ana, &bob);
	ana.now_ms += QF_ACK_MS;
	bob.now_ms += QF_ACK_MS;
	stage_talk(&ana, &bob);
	assert_int_equal(ana.rooms[0].progress, 4);
	end(&ana, &bob);
}

/* Far more is on its way than there are marks. */
TEST(talk, progress_reaches_the_newest_though_it_does_not_stop_everywhere)
{
	enum { LINES = 5 * QF_MARKS_MAX };
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_open(&ana, r, true);
	stage_quiet(&ana);
	for (int i = 0; i < LINES; i++) {
		stage_say(&ana, r, 1, 10);
		stage_take(&ana, QF_FRAME_MSG);
	}
	stage_feed_number(&ana, QF_FRAME_ACK, 10);
	assert_in_range(ana.rooms[0].progress, 1, 10);
	stage_feed_number(&ana, QF_FRAME_ACK, LINES - 1);
	assert_true(ana.rooms[0].progress < LINES);
	stage_feed_number(&ana, QF_FRAME_ACK, LINES);
	assert_int_equal(ana.rooms[0].progress, LINES);
	stage_fini(&ana);
}

TEST(talk, when_all_marks_are_one_rooms_another_still_gets_its_progress)
{
	struct stage_room *second;
	struct stage ana, bob;

	apart(&ana, &bob);
	second = stage_join(&ana, 1, "#second");
	stage_join(&bob, 2, "#second");
	stage_talk(&ana, &bob);
	stage_withhold(&bob, QF_EV_ARRIVED);
	for (int i = 0; i < QF_MARKS_MAX; i++) {
		say(&ana, 1);
		stage_carry(&ana, &bob);
	}
	stage_say(&ana, second, 1, 10);
	stage_carry(&ana, &bob);
	assert_int_equal(second->progress, 0);
	stage_release(&bob);
	bob.now_ms += QF_ACK_MS;
	stage_talk(&ana, &bob);
	assert_int_equal(second->progress, 1);
	end(&ana, &bob);
}
