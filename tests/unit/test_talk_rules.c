/* test_talk_rules.c - what a peer may name and want in a room, and when
 *
 * The story is the peer, who breaks the rules or only just keeps them.
 */
#include "test.h"

#include "core/talk.h"
#include "stage.h"

/* Out of state. */

/* ana is the client whose room is open, and the story is its peer, who has
 * another set. With its turn ana has sent the first RECON. */
static struct stage_room *reconciling(struct stage *ana, size_t lines)
{
	struct stage_room *r = stage_begin(ana, true);

	stage_say(ana, r, lines, 10);
	stage_open(ana, r, false);
	stage_take(ana, QF_FRAME_RECON);
	stage_quiet(ana);
	return r;
}

static void feed_recon(struct stage *st, const void *ranges, size_t len)
{
	size_t mark = qf_frame_begin(&st->peer, QF_FRAME_RECON);

	qf_put_varint(&st->peer, STAGE_HANDLE);
	qf_put_raw(&st->peer, ranges, len);
	qf_frame_end(&st->peer, mark);
	stage_feed(st);
}

/* The peer begins, or answers, as one that has the n oldest of our lines: up
 * to 16, so it says them in one LIST. */
static void feed_as_having(struct stage *st, size_t n)
{
	struct stage_room *r = &st->rooms[0];
	struct qf_reconcile rec;
	struct qf_snapshot *s;
	struct qf_keyset set;
	struct qf_buf ranges;
	struct qf_hash key;

	qf_keyset_init(&set);
	for (size_t i = 0; i < n; i++) {
		struct qf_setkey k = qf_setkey_of(r->log[i], i + 1);

		assert_int_equal(qf_keyset_add(&set, &k), 1);
	}
	s = qf_snapshot_new(&set, n);
	qf_keyset_fini(&set);
	qf_buf_init(&ranges, 0);
	qf_room_recon_key(&r->own.room, stage_exporter, &key);
	assert_int_equal(qf_reconcile_init(&rec, s, &key), QF_OK);
	assert_int_equal(qf_reconcile_begin(&rec, &ranges), QF_OK);
	feed_recon(st, ranges.at, ranges.len);
	qf_reconcile_fini(&rec);
	qf_snapshot_unref(s);
	qf_buf_fini(&ranges);
}

TEST(talk_rules, a_client_that_waits_for_its_turn_gets_no_recon)
{
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	stage_open(&ana, r, false);
	feed_as_having(&ana, 0);
	stage_closed(&ana, "reconciliation out of turn");
	stage_fini(&ana);
}

TEST(talk_rules, a_room_that_is_even_is_not_reconciled_again)
{
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, false);
	stage_open(&ana, r, true);
	feed_recon(&ana, "", 0); /* the end may be said twice */
	stage_quiet(&ana);
	feed_as_having(&ana, 0);
	stage_closed(&ana, "reconciliation out of turn");
	stage_fini(&ana);
}

TEST(talk_rules, a_room_that_we_have_not_opened_gets_no_recon)
{
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, false);
	stage_withhold(&ana, QF_EV_FOLLOW);
	stage_greet(&ana);
	stage_offer(&ana, r);
	stage_put_open(&ana, r, STAGE_HANDLE, 1, &(struct qf_hash){ 0 });
	stage_feed(&ana);
	feed_as_having(&ana, 0);
	stage_closed(&ana, "reconciliation out of turn");
	stage_fini(&ana);
}

/* An OPEN that could be the next round's. */
static void feed_open(struct stage *st, uint64_t handle)
{
	stage_put_open(st, &st->rooms[0], handle, 1, &(struct qf_hash){ 0 });
	stage_feed(st);
}

static void feed_later(struct stage *st)
{
	qf_number_put(&st->peer, QF_FRAME_LATER, STAGE_HANDLE);
	stage_feed(st);
}

TEST(talk_rules, a_round_that_is_not_over_is_not_opened_again)
{
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	stage_open(&ana, r, false);
	feed_open(&ana, STAGE_HANDLE);
	stage_closed(&ana, "a room was opened twice");
	stage_fini(&ana);
}

TEST(talk_rules, the_next_round_is_opened_once_and_by_the_same_handle)
{
	for (uint64_t i = 0; i < 2; i++) {
		struct stage ana;

		stage_live(&ana);
		stage_withhold(&ana, QF_EV_TURN_ASKED);
		if (!i)
			feed_open(&ana, STAGE_HANDLE);
		stage_quiet(&ana);
		feed_open(&ana, STAGE_HANDLE + i);
		stage_closed(&ana, "a room was opened twice");
		stage_fini(&ana);
	}
}

TEST(talk_rules, only_a_client_that_reconciles_is_put_off)
{
	struct stage_room *r;
	struct stage ana;

	reconciling(&ana, 3);
	feed_later(&ana);
	assert_false(ana.session.at_fault);
	stage_fini(&ana);

	stage_live(&ana);
	feed_later(&ana);
	stage_closed(&ana, "LATER out of turn");
	stage_fini(&ana);

	r = stage_begin(&ana, false);
	stage_open(&ana, r, false);
	feed_later(&ana);
	stage_closed(&ana, "LATER out of turn");
	stage_fini(&ana);
}

TEST(talk_rules, malformed_ranges_end_the_link)
{
	struct stage ana;

	reconciling(&ana, 3);
	feed_recon(&ana, "\xff\xff\xff\xff\xff", 5);
	stage_closed(&ana, "malformed reconciliation");
	stage_fini(&ana);
}

TEST(talk_rules, nothing_is_named_before_the_rooms_reconcile)
{
	struct qf_named named = { .short_id = 1, .count = 1 };
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_withhold(&ana, QF_EV_TURN_ASKED);
	stage_open(&ana, r, false);
	qf_named_put(&ana.peer, QF_FRAME_HAVE, STAGE_HANDLE, &named, 1);
	stage_feed(&ana);
	stage_closed(&ana, "something named out of turn");
	stage_fini(&ana);
}

/* HAVE and WANT. */

static const struct qf_bound beginning = { 0 };
static const struct qf_bound the_end = { .class = QF_BOUND_END };

static struct qf_named everything(uint64_t count)
{
	return (struct qf_named){
		.range = true,
		.from = beginning,
		.to = the_end,
		.count = count,
	};
}

static void feed_named(struct stage *st, uint8_t type,
                       const struct qf_named *named, size_t n)
{
	qf_named_put(&st->peer, type, STAGE_HANDLE, named, n);
	stage_feed(st);
}

static bool expect_range(void *ctx, const struct qf_named *named)
{
	(void)ctx;
	assert_true(named->range);
	assert_int_equal(qf_bound_compare(&named->from, &beginning), 0);
	assert_int_equal(qf_bound_compare(&named->to, &the_end), 0);
	return true;
}

TEST(talk_rules, what_is_named_is_wanted_as_it_was_named)
{
	struct qf_named named = everything(7);
	uint64_t handle;
	struct stage ana;

	reconciling(&ana, 3);
	feed_named(&ana, QF_FRAME_HAVE, &named, 1);
	assert_true(qf_named_get(stage_take(&ana, QF_FRAME_WANT), QF_FRAME_WANT,
	                         &handle, expect_range, NULL));
	assert_int_equal(handle, 0); /* ours */
	stage_fini(&ana);
}

TEST(talk_rules, more_than_there_can_be_is_not_named)
{
	struct qf_named named[3];
	struct stage ana;

	for (size_t i = 0; i < 3; i++)
		named[i] = everything(UINT64_MAX >> 1);
	reconciling(&ana, 3);
	feed_named(&ana, QF_FRAME_HAVE, named, 1);
	stage_take(&ana, QF_FRAME_WANT);
	feed_named(&ana, QF_FRAME_HAVE, named, 3);
	stage_closed(&ana, "more named than there can be");
	stage_fini(&ana);
}

static void expect_not_wanted(struct stage *st, struct qf_named named)
{
	feed_named(st, QF_FRAME_WANT, &named, 1);
	stage_closed(st, "something wanted that was not named");
	stage_fini(st);
}

TEST(talk_rules, an_id_that_is_nobodys_can_not_be_wanted)
{
	struct stage ana;

	reconciling(&ana, 3);
	expect_not_wanted(&ana, (struct qf_named){ .short_id = 1 });
}

TEST(talk_rules, a_range_that_was_not_named_can_not_be_wanted)
{
	struct stage ana;

	reconciling(&ana, 3);
	expect_not_wanted(&ana, everything(0));
}

TEST(talk_rules, nothing_can_be_wanted_of_a_room_that_does_not_reconcile)
{
	struct stage_room *r;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_say(&ana, r, 3, 10);
	stage_open(&ana, r, true);
	expect_not_wanted(&ana, (struct qf_named){ .short_id = 1 });
}

/* ana's peer has nothing, so all that ana has is named. */
static void name_all(struct stage *ana, size_t lines)
{
	reconciling(ana, lines);
	feed_as_having(ana, 0);
	stage_take(ana, QF_FRAME_HAVE);
	assert_int_equal(ana->sent.named, lines);
	stage_take(ana, QF_FRAME_RECON);
	stage_quiet(ana);
}

TEST(talk_rules, what_was_named_can_be_wanted_once)
{
	enum { LINES = 200 };
	struct qf_named all = everything(0);
	struct qf_frame f;
	struct stage ana;

	name_all(&ana, LINES);
	feed_named(&ana, QF_FRAME_WANT, &all, 1);
	while (stage_next(&ana, &f))
		assert_int_equal(f.type, QF_FRAME_MSG);
	assert_int_equal(ana.sent.answered, LINES);
	assert_int_equal(ana.sent.pushed, 0);
	expect_not_wanted(&ana, all);
}

TEST(talk_rules, more_than_was_named_can_not_be_wanted)
{
	struct qf_named twice[2] = { everything(0), everything(0) };
	struct stage ana;

	name_all(&ana, 200);
	stage_withhold(&ana, STAGE_READ);
	feed_named(&ana, QF_FRAME_WANT, twice, 2);
	stage_closed(&ana, "something wanted that was not named");
	stage_fini(&ana);
}

static void want_rank(struct stage *st, size_t rank)
{
	const struct qf_talk *t = st->session.talks[0];
	struct qf_named named = { .short_id = qf_reconcile_short(&t->recon,
		                                                 rank) };

	feed_named(st, QF_FRAME_WANT, &named, 1);
}

TEST(talk_rules, what_was_wanted_and_what_is_pushed_are_told_apart)
{
	enum { LINES = 10 };
	struct qf_frame f;
	struct stage ana;

	for (size_t has = 0; has < 2; has++) {
		reconciling(&ana, LINES);
		stage_withhold(&ana, STAGE_READ);
		want_rank(&ana, 0);
		feed_as_having(&ana, has);
		stage_take(&ana, QF_FRAME_RECON);
		stage_quiet(&ana);
		stage_release(&ana);
		while (stage_next(&ana, &f))
			assert_int_equal(f.type, QF_FRAME_MSG);
		assert_int_equal(ana.sent.answered, 1);
		assert_int_equal(ana.sent.pushed, LINES - has);
		stage_fini(&ana);
	}
}

TEST(talk_rules, what_is_read_for_the_tail_answers_nothing)
{
	struct qf_frame f;
	struct stage_room *r;
	struct stage ana;

	r = reconciling(&ana, 3);
	want_rank(&ana, 0);
	feed_recon(&ana, NULL, 0);
	stage_take(&ana, QF_FRAME_MSG);
	stage_quiet(&ana);
	atomic_store(&r->told->lsn, r->count + 1);
	stage_withhold(&ana, STAGE_READ); /* it is read when it is there */
	stage_quiet(&ana);
	stage_say(&ana, r, 1, 10);
	stage_release(&ana);
	while (stage_next(&ana, &f))
		;
	assert_int_equal(ana.sent.answered, 1);
	assert_true(ana.sent.pushed >= 1);
	stage_fini(&ana);
}

/* Every second of our keys, so that no two of them are one range. */
static void want_seconds(struct stage *st, size_t first, size_t n)
{
	struct qf_talk *t = st->session.talks[0];
	struct qf_named *named = calloc(n, sizeof *named);

	for (size_t i = 0; i < n; i++)
		named[i].short_id = qf_reconcile_short(&t->recon,
		                                       first + 2 * i);
	for (size_t i = 0; i < n; i += 1000)
		feed_named(st, QF_FRAME_WANT, named + i,
		           n - i < 1000 ? n - i : 1000);
	free(named);
}

/* All that we have, which must have been named. */
static void want_all(struct stage *st)
{
	const struct qf_snapshot *s = st->session.talks[0]->snapshot;
	struct qf_named all = {
		.range = true,
		.from = qf_bound_at(s, 0),
		.to = qf_bound_at(s, s->count),
	};

	feed_named(st, QF_FRAME_WANT, &all, 1);
}

TEST(talk_rules, while_much_is_wanted_the_next_ranges_wait)
{
	enum { WANTED = 3000, A_READ = 1024 };
	struct qf_frame f;
	struct stage ana;

	reconciling(&ana, 2 * WANTED);
	stage_withhold(&ana, STAGE_READ);
	want_seconds(&ana, 0, WANTED);
	feed_as_having(&ana, 0);
	stage_quiet(&ana);
	for (size_t left = WANTED; left > QF_OWED_MAX / 2; left -= A_READ) {
		assert_int_equal(ana.sent.frames[QF_FRAME_RECON], 1);
		stage_answer(&ana, &ana.held[--ana.held_count]);
		while (stage_next(&ana, &f))
			;
	}
	assert_int_equal(ana.sent.frames[QF_FRAME_RECON], 2);
	want_all(&ana);
	stage_release(&ana);
	while (stage_next(&ana, &f))
		;
	assert_int_equal(ana.sent.answered, WANTED + 2 * WANTED);
	stage_fini(&ana);
}

TEST(talk_rules, while_ranges_wait_no_others_may_come)
{
	enum { WANTED = QF_OWED_MAX / 2 + 1 };
	struct stage ana;

	reconciling(&ana, 2 * WANTED);
	stage_withhold(&ana, STAGE_READ);
	want_seconds(&ana, 0, WANTED);
	feed_as_having(&ana, 0);
	feed_as_having(&ana, 0);
	stage_closed(&ana, "reconciliation out of turn");
	stage_fini(&ana);
}

TEST(talk_rules, who_wants_without_end_and_reads_nothing_goes)
{
	enum { KEYS = 2000 };
	struct stage ana;

	reconciling(&ana, KEYS);
	stage_withhold(&ana, STAGE_READ);
	for (int i = 0; i < 20 && ana.session.state == QF_SESSION_LIVE; i++)
		want_seconds(&ana, 0, KEYS / 2);
	stage_closed(&ana, "something wanted that was not named");
	stage_fini(&ana);
}

TEST(talk_rules, a_turn_is_not_over_while_something_that_was_named_is_missing)
{
	struct qf_named named = everything(2);
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[2];
	struct stage ana;

	reconciling(&ana, 3);
	feed_named(&ana, QF_FRAME_HAVE, &named, 1);
	stage_take(&ana, QF_FRAME_WANT);
	feed_recon(&ana, "", 0);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 0);
	lines_say(&bob, lines, 2, 10);
	stage_put_msg(&ana, QF_MSG_ANSWERS, lines, 1);
	stage_feed(&ana);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 0);
	stage_put_msg(&ana, QF_MSG_ANSWERS, lines + 1, 1);
	stage_feed(&ana);
	assert_int_equal(ana.asked[QF_EV_TURN_OVER], 1);
	lines_release(lines, 2);
	stage_fini(&ana);
}

TEST(talk_rules, what_was_named_and_not_yet_wanted_is_no_progress)
{
	enum { LINES = 200 };
	struct qf_named all = everything(0);
	struct qf_frame f;
	struct stage ana;

	name_all(&ana, LINES);
	feed_recon(&ana, "", 0);
	stage_quiet(&ana);
	assert_int_equal(ana.asked[QF_EV_PROGRESS], 0);

	feed_named(&ana, QF_FRAME_WANT, &all, 1);
	while (stage_next(&ana, &f))
		;
	assert_int_equal(ana.sent.answered, LINES);
	assert_int_equal(ana.asked[QF_EV_PROGRESS], 0);
	stage_feed_number(&ana, QF_FRAME_ACK, LINES - 1);
	stage_quiet(&ana);
	assert_int_equal(ana.asked[QF_EV_PROGRESS], 0);
	stage_feed_number(&ana, QF_FRAME_ACK, LINES);
	assert_int_equal(ana.rooms[0].progress, LINES);
	stage_fini(&ana);
}

TEST(talk_rules, what_is_fetched_and_not_yet_sent_is_no_progress)
{
	enum { LINES = 6, BODY_BYTES = 30000 }; /* two go into a frame */
	struct stage_room *r;
	struct qf_frame f;
	struct stage ana;

	r = stage_begin(&ana, true);
	stage_say(&ana, r, LINES, BODY_BYTES);
	stage_open(&ana, r, false);
	stage_take(&ana, QF_FRAME_RECON);
	feed_as_having(&ana, 0);
	assert_true(stage_next_alone(&ana, &f));
	assert_int_equal(f.type, QF_FRAME_RECON);
	for (size_t sent = 2; sent <= LINES; sent += 2) {
		assert_true(stage_next_alone(&ana, &f));
		assert_int_equal(f.type, QF_FRAME_MSG);
		assert_int_equal(ana.sent.pushed, sent);
		assert_int_equal(ana.asked[QF_EV_PROGRESS], 0);
		stage_feed_number(&ana, QF_FRAME_ACK, sent);
	}
	stage_quiet(&ana);
	assert_int_equal(ana.rooms[0].progress, LINES);
	stage_fini(&ana);
}
