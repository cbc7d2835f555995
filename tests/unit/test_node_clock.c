/* test_node_clock.c - a room's time, and what waits until it is known */
#include "test.h"
#include "told.h"

#include "core/clock.h"
#include "core/node_state.h"

#define DAY_MS  INT64_C(86400000)
#define NOW_MS  ((int64_t)lines_wall_ms)
#define DEAD_MS 1000

static const qf_conn client = 1, ana = 2, bob = 3;

/* In #lobby, with a clock that shows that, a month after the build. */
static void begin(struct told *t, int64_t wall_ms)
{
	told_init_as(t, 100, false);
	t->node->built_ms = (uint64_t)(NOW_MS - 30 * DAY_MS);
	t->node->quality = QF_CLOCK_RTC;
	t->now.wall_ms = (uint64_t)wall_ms;
	told_load_room(t, "#lobby");
	told_tick(t, 0);
}

static struct qf_clock clock_at(const struct told *t, int64_t wall_ms)
{
	return (struct qf_clock){ wall_ms - (int64_t)t->now.mono_ms,
		                  QF_CLOCK_RTC };
}

static void link_up(struct told *t, qf_conn conn, int64_t wall_ms)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_UP,
	                                 .conn = conn,
	                                 .key = { { (uint8_t)conn } } });
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_HELLO,
	                                 .conn = conn,
	                                 .clock = clock_at(t, wall_ms) });
}

/* It has #lobby, too. */
static void meet(struct told *t, qf_conn conn, int64_t wall_ms)
{
	link_up(t, conn, wall_ms);
	told_event(t, (struct qf_event){ .kind = QF_EV_FOLLOW,
	                                 .conn = conn,
	                                 .room = told_room_id("#lobby") });
}

static const struct qf_replica *lobby(const struct told *t)
{
	return t->node->replicas[0];
}

static uint64_t stamped_ms(const struct told *t, size_t keep)
{
	assert_int_equal(t->keeps[keep].kind, QF_KEEP_ENVELOPE);
	return qf_clock_ms(t->keeps[keep].envelope->head.hlc);
}

TEST(node_clock, a_late_clock_goes_by_the_rooms_and_people_are_told)
{
	const struct qf_news *news;
	struct told t;

	begin(&t, NOW_MS - 3 * DAY_MS);
	meet(&t, ana, NOW_MS);
	news = told_news(&t, QF_NEWS_CLOCK);
	assert_non_null(news);
	assert_string_equal(news->text, "Your clock is 3 days behind the room."
	                                " Using the room's time.");
	assert_true(news->correction_ms == 3 * DAY_MS);
	told_say(&t, client, 1, "hello");
	assert_int_equal(stamped_ms(&t, t.keep_count - 1), NOW_MS);
	told_fini(&t);
}

/* The one link to ana tells the year 1970, as our own clock does. */
TEST(node_clock, of_two_links_to_one_peer_the_one_that_may_be_right_is_heard)
{
	for (int is_newer_right = 0; is_newer_right <= 1; is_newer_right++) {
		const qf_conn again = ana + 16;
		struct told t;

		begin(&t, 5000);
		meet(&t, ana, is_newer_right ? 5000 : NOW_MS);
		told_event(&t,
		           (struct qf_event){ .kind = QF_EV_LINK_UP,
		                              .conn = again,
		                              .key = { { (uint8_t)ana } } });
		told_event(&t, (struct qf_event){
				       .kind = QF_EV_LINK_HELLO,
				       .conn = again,
				       .clock = clock_at(&t, is_newer_right
		                                                     ? NOW_MS
		                                                     : 5000) });
		told_event(&t,
		           (struct qf_event){ .kind = QF_EV_FOLLOW,
		                              .conn = again,
		                              .room = told_room_id("#lobby") });
		assert_true(lobby(&t)->is_corrected);
		told_fini(&t);
	}
}

TEST(node_clock, only_who_shares_the_room_has_a_say_there)
{
	struct told t;

	begin(&t, NOW_MS - 3 * DAY_MS);
	link_up(&t, ana, NOW_MS);
	assert_false(lobby(&t)->is_corrected);
	told_fini(&t);
}

TEST(node_clock, the_rooms_time_stays_when_the_last_has_gone)
{
	struct told t;

	begin(&t, NOW_MS - 3 * DAY_MS);
	meet(&t, ana, NOW_MS);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LINK_DOWN,
	                                  .conn = ana,
	                                  .text = strdup("gone") });
	told_tick(&t, 5000);
	assert_int_equal(qf_node_time(t.node, lobby(&t)), NOW_MS + 5000);
	/* Until ours is set, and agrees. */
	t.now.wall_ms = (uint64_t)NOW_MS + 5000;
	told_tick(&t, 0);
	assert_false(lobby(&t)->is_corrected);
	assert_string_equal(told_news(&t, QF_NEWS_CLOCK)->text,
	                    "Your clock and the room's agree again.");
	told_fini(&t);
}

TEST(node_clock, a_clock_that_jumps_takes_no_stamp_along)
{
	struct told t;

	begin(&t, NOW_MS - 3 * DAY_MS);
	meet(&t, ana, NOW_MS);
	for (int i = 1; i <= 20; i++) {
		t.now.wall_ms = (uint64_t)(NOW_MS - i * DAY_MS);
		told_tick(&t, 60000);
		told_say(&t, client, (uint64_t)i, "hello");
		assert_int_equal(stamped_ms(&t, t.keep_count - 1),
		                 NOW_MS + i * 60000);
	}
	told_fini(&t);
}

TEST(node_clock, a_peers_clock_that_moves_is_heard)
{
	struct told t;

	begin(&t, NOW_MS);
	meet(&t, ana, NOW_MS);
	told_event(&t,
	           (struct qf_event){ .kind = QF_EV_LINK_CLOCK,
	                              .conn = ana,
	                              .clock = clock_at(&t, NOW_MS + DAY_MS) });
	assert_int_equal(qf_node_time(t.node, lobby(&t)), NOW_MS + DAY_MS);
	told_fini(&t);
}

TEST(node_clock, links_are_told_our_own_clock_unless_it_is_wrong)
{
	struct told t;

	begin(&t, NOW_MS - 3 * DAY_MS);
	meet(&t, ana, NOW_MS);
	assert_int_equal(told_count(&t, QF_FX_CLOCK), 0);
	told_fini(&t);

	begin(&t, DEAD_MS);
	meet(&t, ana, NOW_MS);
	assert_int_equal(told_count(&t, QF_FX_CLOCK), TOLD_WORKERS);
	assert_int_equal(told_nth(&t, QF_FX_CLOCK, 0)->clock.quality,
	                 QF_CLOCK_NONE);
	assert_true(told_nth(&t, QF_FX_CLOCK, 0)->clock.ahead_ms ==
	            NOW_MS - (int64_t)t.now.mono_ms);
	told_fini(&t);
}

TEST(node_clock, while_no_time_is_known_lines_are_queued)
{
	const struct qf_answer *a;
	struct told t;

	begin(&t, DEAD_MS);
	told_say(&t, client, 1, "one");
	told_say(&t, client, 2, "two");
	assert_int_equal(t.keep_count, 2);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_DRAFT);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	told_commit(&t, 2);
	a = told_answer(&t, client, 1, QF_ANS_QUEUED);
	assert_int_equal(a->draft, 1);
	assert_int_equal(told_answer(&t, client, 2, QF_ANS_QUEUED)->draft, 2);
	assert_int_equal(lobby(&t)->set.count, 0);
	told_fini(&t);
}

TEST(node_clock, the_first_link_of_the_room_signs_them_before_its_cursor)
{
	const struct qf_news *news;
	struct told t;

	begin(&t, DEAD_MS);
	told_say(&t, client, 1, "one");
	told_say(&t, client, 2, "two");
	told_commit(&t, 2);
	meet(&t, ana, NOW_MS);
	assert_int_equal(t.keep_count, 2);
	assert_int_equal(stamped_ms(&t, 0), NOW_MS);
	assert_int_equal(t.keeps[0].draft_number, 1);
	assert_int_equal(t.keeps[0].envelope->head.seq, 1);
	assert_int_equal(t.keeps[1].draft_number, 2);
	assert_int_equal(t.keeps[1].envelope->head.seq, 2);
	told_commit(&t, 1);
	news = told_news(&t, QF_NEWS_STORED);
	assert_int_equal(news->number, 1);
	assert_int_equal(news->lsn, 1);
	told_fini(&t);
}

TEST(node_clock, so_does_a_clock_that_is_set)
{
	struct told t;

	begin(&t, DEAD_MS);
	told_say(&t, client, 1, "one");
	t.now.wall_ms = (uint64_t)NOW_MS;
	told_say(&t, client, 2, "two");
	assert_int_equal(t.keep_count, 3);
	assert_int_equal(t.keeps[1].draft_number, 1);
	assert_int_equal(t.keeps[2].draft_number, 0);
	assert_true(t.keeps[1].envelope->head.hlc <
	            t.keeps[2].envelope->head.hlc);
	told_fini(&t);
}

TEST(node_clock, a_link_without_a_time_makes_nothing_wait)
{
	struct told t;

	begin(&t, DEAD_MS);
	meet(&t, ana, DEAD_MS);
	told_say(&t, client, 1, "hello");
	assert_int_equal(t.keeps[t.keep_count - 1].kind, QF_KEEP_ENVELOPE);
	told_fini(&t);
}

TEST(node_clock, a_draft_that_was_loaded_is_known_by_its_nonce)
{
	struct qf_command again = { .kind = QF_CMD_SAY,
		                    .request = 7,
		                    .room = "#lobby",
		                    .type = QF_TYPE_TEXT,
		                    .text = "one",
		                    .has_nonce = true,
		                    .nonce = { { 9 } } };
	struct qf_draft d = { .number = 4,
		              .room = told_room_id("#lobby"),
		              .type = QF_TYPE_TEXT,
		              .has_nonce = true,
		              .nonce = { { 9 } } };
	struct told t;

	told_init_as(&t, 100, false);
	t.node->built_ms = (uint64_t)NOW_MS;
	t.now.wall_ms = DEAD_MS;
	told_load_room(&t, "#lobby");
	d.body = qf_shared_new("\2\3one", 5);
	assert_int_equal(qf_node_load_draft(t.node, &d), QF_OK);
	qf_draft_fini(&d);
	told_tick(&t, 0);
	told_command(&t, client, again);
	assert_int_equal(told_answer(&t, client, 7, QF_ANS_QUEUED)->draft, 4);
	meet(&t, bob, NOW_MS);
	told_commit(&t, TOLD_ALL);
	told_command(&t, client, again);
	assert_int_equal(told_answer(&t, client, 7, QF_ANS_STORED)->lsn, 1);
	told_fini(&t);
}

/* sync.md 2, rule 3: a rebooted node with a dead clock. */
TEST(node_clock, no_stamp_is_below_what_the_room_holds)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_room_id id = told_room_id("#lobby");
	struct told t;

	told_init_as(&t, 100, false);
	t.node->built_ms = (uint64_t)(NOW_MS - 30 * DAY_MS);
	t.now.wall_ms = DEAD_MS;
	qf_node_load_room(t.node, &id, "#lobby", QF_JOINED,
	                  (uint64_t)NOW_MS << 16, 0, none);
	told_tick(&t, 0);
	meet(&t, ana, DEAD_MS);
	told_say(&t, client, 1, "hello");
	assert_true(t.keeps[t.keep_count - 1].envelope->head.hlc ==
	            ((uint64_t)NOW_MS << 16) + 1);
	told_fini(&t);
}
