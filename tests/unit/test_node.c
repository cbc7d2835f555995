/* test_node.c - what a node makes of commits: posts, words, copies, an end */
#include "test.h"

#include "core/clock.h"
#include "told.h"

static const qf_conn client = 1;
static const qf_conn ana_link = 2;
static const qf_conn bob_link = (qf_conn)1 << 48 | 2; /* of worker 1 */

/* Someone on that conn's worker listens to the room from now on. */
static struct qf_snapshot *follow(struct told *t, qf_conn conn,
                                  const char *room)
{
	struct qf_effect *fx;
	struct qf_snapshot *s;

	told_event(t, (struct qf_event){ .kind = QF_EV_FOLLOW,
	                                 .conn = conn,
	                                 .room = told_room_id(room) });
	fx = told_the(t, QF_FX_PAIR);
	assert_int_equal(t->out.count, 1);
	assert_int_equal(fx->conn, conn);
	assert_int_equal(fx->worker, qf_conn_worker(conn));
	assert_string_equal(fx->name, room);
	assert_non_null(fx->told);
	s = fx->snapshot;
	assert_non_null(s);
	fx->snapshot = NULL;
	return s;
}

static void listen_to(struct told *t, qf_conn conn, const char *room)
{
	qf_snapshot_unref(follow(t, conn, room));
}

/* How many envelopes a newcomer would find. */
static size_t count_in(struct told *t, const char *room)
{
	struct qf_snapshot *s = follow(t, told_conn(0, 99), room);
	size_t count = s->count;

	qf_snapshot_unref(s);
	return count;
}

static void expect_post(const struct told *t, size_t nth, uint64_t prev_lsn,
                        uint64_t last_lsn, uint64_t source)
{
	const struct qf_post *post = told_nth(t, QF_FX_POST, nth)->post;

	assert_int_equal(post->prev_lsn, prev_lsn);
	assert_int_equal(post->last_lsn, last_lsn);
	assert_int_equal(post->source, source);
}

/* Rooms that the store remembers. */

TEST(node, the_first_step_tells_every_worker_of_the_rooms_that_were_joined)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_room_id left = told_room_id("#left");
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	told_load_room(&t, "#other");
	qf_node_load_room(t.node, &left, "#left", QF_JOINED_NOT, 0, 0, none);
	told_tick(&t, 0);
	assert_int_equal(told_count(&t, QF_FX_ROOM), 2 * TOLD_WORKERS);
	assert_int_equal(told_count(&t, QF_FX_SELF), TOLD_WORKERS);
	assert_int_equal(told_count(&t, QF_FX_CLOCK), TOLD_WORKERS);
	assert_int_equal(told_count(&t, QF_FX_PAGE), TOLD_WORKERS);
	assert_int_equal(t.out.count, 5 * TOLD_WORKERS);
	for (unsigned i = 0; i < 2 * TOLD_WORKERS; i++) {
		const struct qf_effect *fx = told_nth(&t, QF_FX_ROOM, i);

		assert_int_equal(fx->worker, i % TOLD_WORKERS);
		assert_string_equal(fx->name,
		                    i < TOLD_WORKERS ? "#lobby" : "#other");
	}
	told_tick(&t, 0);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node, what_was_loaded_is_in_the_pair_of_whoever_follows)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[2];
	struct qf_snapshot *s;
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	lines_say(&ana, lines, 2, 10);
	for (size_t i = 0; i < 2; i++) {
		struct qf_setkey key = qf_setkey_of(lines[i], 5 + i);

		assert_int_equal(qf_node_load_element(t.node, &ana.room, &key),
		                 QF_OK);
	}
	told_tick(&t, 0);
	s = follow(&t, client, "#lobby");
	assert_int_equal(s->count, 2);
	assert_int_equal(s->lsn, 6);
	qf_snapshot_unref(s);
	lines_release(lines, 2);
	told_fini(&t);
}

TEST(node, an_element_of_a_room_that_was_not_loaded_is_not_found)
{
	struct qf_room_id unknown = told_room_id("#unknown");
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	assert_int_equal(qf_node_load_element(t.node, &unknown,
	                                      &(struct qf_setkey){ 0 }),
	                 QF_E_NOTFOUND);
	told_fini(&t);
}

TEST(node, our_chain_goes_on_where_the_store_remembers_it)
{
	static const uint8_t prev[QF_PREV_BYTES] = { 1, 2, 3 };
	uint64_t hlc = (lines_wall_ms + 5) << 16;
	struct qf_room_id lobby = told_room_id("#lobby");
	const struct qf_header *head;
	struct told t;

	told_init_as(&t, 100, false);
	qf_node_load_room(t.node, &lobby, "#lobby", QF_JOINED, hlc, 41, prev);
	told_say(&t, client, 1, "hi");
	head = &t.keeps[0].envelope->head;
	assert_int_equal(head->seq, 42);
	assert_memory_equal(head->prev, prev, sizeof prev);
	assert_true(head->hlc > hlc);
	told_fini(&t);
}

/* Commit before emit. */

TEST(node, nothing_of_a_say_leaves_before_its_commit)
{
	const struct qf_answer *stored;
	const struct qf_post *post;
	struct told t;

	told_init(&t);
	listen_to(&t, ana_link, "#lobby");
	told_say(&t, client, 1, "hi");
	assert_int_equal(t.out.count, 1);
	assert_int_equal(t.keep_count, 1);
	assert_int_equal(count_in(&t, "#lobby"), 0);

	told_commit(&t, TOLD_ALL);
	assert_int_equal(t.out.count, 2);
	post = told_the(&t, QF_FX_POST)->post;
	assert_int_equal(post->count, 1);
	stored = told_answer(&t, client, 1, QF_ANS_STORED);
	assert_int_equal(stored->lsn, post->items[0].lsn);
	assert_int_equal(stored->hlc, post->items[0].envelope->head.hlc);
	assert_memory_equal(stored->id.b, post->items[0].envelope->id.b,
	                    QF_HASH_BYTES);
	assert_memory_equal(stored->room.b, post->room.b,
	                    sizeof stored->room.b);
	assert_int_equal(count_in(&t, "#lobby"), 1);
	told_fini(&t);
}

TEST(node, nothing_of_an_arrival_leaves_before_its_commit)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	listen_to(&t, bob_link, "#lobby");
	lines_say(&ana, &line, 1, 10);
	told_arrived(&t, ana_link, 1, &line, 1);
	assert_int_equal(t.out.count, 1);
	assert_int_equal(t.keeps[0].source, ana_link);
	assert_ptr_equal(t.keeps[0].envelope, line);
	assert_int_equal(line->seen_ms, t.now.wall_ms);
	assert_int_equal(count_in(&t, "#lobby"), 0);

	told_commit(&t, TOLD_ALL);
	expect_post(&t, 0, 0, 1, ana_link);
	told_done(&t, 0, ana_link, 1);
	assert_int_equal(count_in(&t, "#lobby"), 1);
	qf_envelope_unref(line);
	told_fini(&t);
}

TEST(node, keeps_are_numbered_in_the_order_in_which_they_are_made)
{
	struct told t;

	told_init(&t);
	for (uint64_t i = 1; i <= 3; i++) {
		told_say(&t, client, i, "hi");
		assert_int_equal(t.keeps[i - 1].number, i);
	}
	told_fini(&t);
}

TEST(node, an_answer_waits_for_its_own_commit_only)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "one");
	told_say(&t, client, 2, "two");
	told_commit(&t, 1);
	told_answer(&t, client, 1, QF_ANS_STORED);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 1);
	told_commit(&t, 1);
	assert_int_equal(told_answer(&t, client, 2, QF_ANS_STORED)->lsn, 2);
	told_fini(&t);
}

TEST(node, a_client_that_goes_takes_back_nothing)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "hi");
	told_event(&t, (struct qf_event){ .kind = QF_EV_CLIENT_DOWN,
	                                  .conn = client });
	told_nothing(&t);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_STORED); /* its worker knows */
	assert_int_equal(count_in(&t, "#lobby"), 1);
	told_fini(&t);
}

/* DONE. */

TEST(node, each_link_is_done_in_the_order_of_what_it_brought)
{
	struct lines ana = lines_of(1, "#lobby");
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *a[3], *b[2];
	struct told t;

	told_init(&t);
	lines_say(&ana, a, 3, 10);
	lines_say(&bob, b, 2, 10);
	told_arrived(&t, ana_link, 1, a, 1);
	told_arrived(&t, bob_link, 2, b, 2);
	told_arrived(&t, ana_link, 3, a + 1, 2);
	told_commit(&t, 2);
	assert_int_equal(told_count(&t, QF_FX_DONE), 1);
	told_done(&t, 0, ana_link, 1);
	told_commit(&t, 3);
	assert_int_equal(told_count(&t, QF_FX_DONE), 2);
	told_done(&t, 0, bob_link, 2);
	told_done(&t, 1, ana_link, 3);
	lines_release(a, 3);
	lines_release(b, 2);
	told_fini(&t);
}

TEST(node, what_is_known_is_not_kept_again_and_done_at_once)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	lines_say(&ana, &line, 1, 10);
	told_arrived(&t, ana_link, 1, &line, 1);
	told_commit(&t, TOLD_ALL);
	told_arrived(&t, bob_link, 1, &line, 1);
	assert_int_equal(t.out.count, 1);
	told_done(&t, 0, bob_link, 1);
	qf_envelope_unref(line);
	told_fini(&t);
}

TEST(node, what_is_on_its_way_is_kept_once_and_done_when_it_is_there)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	lines_say(&ana, &line, 1, 10);
	told_arrived(&t, ana_link, 1, &line, 1);
	told_arrived(&t, bob_link, 1, &line, 1);
	told_nothing(&t);
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_DONE), 2);
	told_done(&t, 0, ana_link, 1);
	told_done(&t, 1, bob_link, 1);
	assert_int_equal(count_in(&t, "#lobby"), 1);
	qf_envelope_unref(line);
	told_fini(&t);
}

TEST(node, done_of_what_is_known_does_not_overtake_what_is_on_its_way)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[2];
	struct told t;

	told_init(&t);
	lines_say(&ana, lines, 2, 10);
	told_arrived(&t, bob_link, 1, &lines[0], 1);
	told_commit(&t, TOLD_ALL);
	told_arrived(&t, ana_link, 1, &lines[1], 1); /* new */
	told_arrived(&t, ana_link, 2, &lines[0], 1); /* known */
	told_nothing(&t);
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_DONE), 2);
	told_done(&t, 0, ana_link, 1);
	told_done(&t, 1, ana_link, 2);
	lines_release(lines, 2);
	told_fini(&t);
}

TEST(node, a_frame_is_done_when_all_that_it_brought_is_there)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[2];
	struct told t;

	told_init(&t);
	lines_say(&ana, lines, 2, 10);
	told_arrived(&t, bob_link, 1, &lines[1], 1);
	told_commit(&t, TOLD_ALL);
	told_arrived(&t, ana_link, 2, lines, 2); /* a new and a known one */
	assert_int_equal(told_count(&t, QF_FX_DONE), 0);
	assert_int_equal(t.keep_count, 1);
	told_commit(&t, TOLD_ALL);
	told_done(&t, 0, ana_link, 2);
	lines_release(lines, 2);
	told_fini(&t);
}

TEST(node, an_envelope_that_came_twice_in_one_frame_is_kept_once)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line, *twice[2];
	struct told t;

	told_init(&t);
	lines_say(&ana, &line, 1, 10);
	twice[0] = twice[1] = line;
	told_arrived(&t, ana_link, 2, twice, 2);
	assert_int_equal(t.keep_count, 1);
	told_commit(&t, TOLD_ALL);
	told_done(&t, 0, ana_link, 2);
	qf_envelope_unref(line);
	told_fini(&t);
}

/* Hundreds of words in the line, paid in portions: the line moves up. */
TEST(node, a_long_line_of_words_loses_none)
{
	struct told t;
	uint64_t answered = 0;

	told_init(&t);
	for (uint64_t said = 0; said < 600;) {
		for (int burst = 0; burst < 30; burst++)
			told_say(&t, client, ++said, "hi");
		told_commit(&t, 20);
		for (int i = 0; i < 20; i++)
			told_answer(&t, client, ++answered, QF_ANS_STORED);
		assert_int_equal(t.out.count, 20);
	}
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 600 - answered);
	told_fini(&t);
}

/* The store's trouble. */

TEST(node, trouble_is_told_and_answers_wait_until_it_is_over)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "hi");
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_COMMITTED,
	                                  .text = strdup("the disk is full") });
	assert_string_equal(told_news(&t, QF_NEWS_TROUBLE)->text,
	                    "the disk is full");
	assert_int_equal(t.out.count, TOLD_WORKERS);

	told_commit(&t, TOLD_ALL);
	assert_non_null(told_news(&t, QF_NEWS_TROUBLE_OVER));
	told_answer(&t, client, 1, QF_ANS_STORED);

	told_say(&t, client, 2, "hi");
	told_commit(&t, TOLD_ALL);
	assert_null(told_news(&t, QF_NEWS_TROUBLE_OVER));
	told_fini(&t);
}

TEST(node, a_trouble_that_changes_is_told_as_it_is_now)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "hi");
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_COMMITTED,
	                                  .text = strdup("full") });
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_COMMITTED,
	                                  .text = strdup("gone") });
	assert_string_equal(told_news(&t, QF_NEWS_TROUBLE)->text, "gone");
	told_fini(&t);
}

/* Pairs and posts. */

TEST(node, a_pair_and_the_posts_after_it_leave_no_gap)
{
	struct qf_snapshot *s;
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "before");
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), 0); /* nobody follows */
	told_say(&t, client, 2, "between");
	s = follow(&t, ana_link, "#lobby");
	assert_int_equal(s->count, 1);
	assert_int_equal(s->lsn, 1);
	told_commit(&t, TOLD_ALL);
	expect_post(&t, 0, s->lsn, 2, 0);
	told_say(&t, client, 3, "after");
	told_commit(&t, TOLD_ALL);
	expect_post(&t, 0, 2, 3, 0);
	qf_snapshot_unref(s);
	told_fini(&t);
}

TEST(node, a_pair_of_a_room_that_is_not_here_is_empty)
{
	const struct qf_effect *fx;
	struct told t;

	told_init(&t);
	told_event(&t, (struct qf_event){ .kind = QF_EV_FOLLOW,
	                                  .conn = bob_link,
	                                  .room = told_room_id("#unknown") });
	fx = told_the(&t, QF_FX_PAIR);
	assert_int_equal(fx->conn, bob_link);
	assert_int_equal(fx->worker, 1);
	assert_null(fx->snapshot);
	assert_null(fx->told);
	assert_int_equal(t.out.count, 1);
	told_fini(&t);
}

TEST(node, a_post_goes_once_to_each_worker_that_joined_the_room)
{
	struct told t;

	told_init(&t);
	listen_to(&t, bob_link, "#lobby");
	listen_to(&t, bob_link + 1, "#lobby");
	told_say(&t, client, 1, "hi");
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_the(&t, QF_FX_POST)->worker, 1);
	listen_to(&t, ana_link, "#lobby");
	told_say(&t, client, 2, "hi");
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		const struct qf_effect *fx = told_nth(&t, QF_FX_POST, w);

		assert_int_equal(fx->worker, w);
		assert_non_null(fx->told);
	}
	assert_ptr_equal(told_nth(&t, QF_FX_POST, 0)->post,
	                 told_nth(&t, QF_FX_POST, 1)->post);
	told_fini(&t);
}

TEST(node, a_post_has_one_room)
{
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	told_load_room(&t, "#other");
	told_tick(&t, 0);
	listen_to(&t, ana_link, "#lobby");
	listen_to(&t, ana_link, "#other");
	told_say(&t, client, 1, "one");
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_SAY,
	                                  .room = "#other",
	                                  .text = "two" });
	told_say(&t, client, 3, "three");
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), 3);
	expect_post(&t, 0, 0, 1, 0);
	expect_post(&t, 1, 0, 2, 0);
	expect_post(&t, 2, 1, 3, 0);
	assert_memory_equal(told_nth(&t, QF_FX_POST, 1)->post->room.b,
	                    told_room_id("#other").b,
	                    sizeof(struct qf_room_id));
	told_fini(&t);
}

TEST(node, a_post_has_one_source)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[3];
	struct told t;

	told_init(&t);
	listen_to(&t, ana_link, "#lobby");
	lines_say(&ana, lines, 3, 10);
	told_arrived(&t, ana_link, 2, lines, 2);
	told_arrived(&t, bob_link, 1, lines + 2, 1);
	told_say(&t, client, 1, "hi");
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), 3);
	expect_post(&t, 0, 0, 2, ana_link);
	expect_post(&t, 1, 2, 3, bob_link);
	expect_post(&t, 2, 3, 4, 0);
	lines_release(lines, 3);
	told_fini(&t);
}

TEST(node, a_post_has_one_root)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[4];
	struct told t;

	told_init(&t);
	listen_to(&t, ana_link, "#lobby");
	lines_say(&ana, lines, 1, 10);
	lines_say(&ana, lines + 1, 3, 10);
	told_arrived(&t, ana_link, 4, lines, 4);
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), 2);
	expect_post(&t, 0, 0, 1, ana_link);
	expect_post(&t, 1, 1, 4, ana_link);
	lines_release(lines, 4);
	told_fini(&t);
}

TEST(node, what_does_not_fit_into_one_frame_is_several_posts)
{
	enum { LINES = 10, BODY_BYTES = 20000 };
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[LINES];
	uint64_t last = 0;
	size_t posted = 0;
	struct told t;

	told_init(&t);
	listen_to(&t, ana_link, "#lobby");
	lines_say(&ana, lines, LINES, BODY_BYTES);
	told_arrived(&t, ana_link, LINES, lines, LINES);
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), 4); /* by threes */
	for (size_t i = 0; i < 4; i++) {
		const struct qf_post *post = told_nth(&t, QF_FX_POST, i)->post;

		assert_true(post->payload->len <= QF_BATCH_BYTES_MAX);
		assert_int_equal(post->prev_lsn, last);
		last = post->last_lsn;
		posted += post->count;
	}
	assert_int_equal(posted, LINES);
	lines_release(lines, LINES);
	told_fini(&t);
}

TEST(node, more_than_the_leaves_of_one_root_are_several_posts)
{
	enum { LINES = 300, ROOT = 150 };
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[LINES];
	struct told t;

	told_init(&t);
	listen_to(&t, ana_link, "#lobby");
	lines_say(&ana, lines, ROOT, 10);
	lines_say(&ana, lines + ROOT, ROOT, 10);
	told_arrived(&t, ana_link, LINES, lines, LINES);
	told_commit(&t, TOLD_ALL);
	assert_int_equal(told_count(&t, QF_FX_POST), 2);
	expect_post(&t, 0, 0, ROOT, ana_link);
	expect_post(&t, 1, ROOT, LINES, ana_link);
	lines_release(lines, LINES);
	told_fini(&t);
}

/* Stamps. */

TEST(node, we_stamp_after_what_has_arrived)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	ana.hlc = (lines_wall_ms + QF_MERGE_AHEAD_MS) << 16;
	lines_say(&ana, &line, 1, 10);
	told_arrived(&t, ana_link, 1, &line, 1);
	assert_int_equal(t.keeps[0].room_hlc, line->head.hlc);
	told_say(&t, client, 1, "hi");
	assert_int_equal(t.keeps[1].envelope->head.hlc, line->head.hlc + 1);
	assert_int_equal(t.keeps[1].room_hlc, line->head.hlc + 1);
	qf_envelope_unref(line);
	told_fini(&t);
}

TEST(node, a_stamp_from_far_ahead_is_kept_but_does_not_drag_us_along)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	ana.hlc = (lines_wall_ms + QF_MERGE_AHEAD_MS + 1) << 16;
	lines_say(&ana, &line, 1, 10);
	told_arrived(&t, ana_link, 1, &line, 1);
	assert_int_equal(t.keep_count, 1);
	told_say(&t, client, 1, "hi");
	assert_int_equal(qf_clock_ms(t.keeps[1].envelope->head.hlc),
	                 lines_wall_ms);
	qf_envelope_unref(line);
	told_fini(&t);
}

/* Copies. */

static void progress(struct told *t, char peer, uint64_t lsn)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_PROGRESS,
	                                 .conn = ana_link,
	                                 .room = told_room_id("#lobby"),
	                                 .key = { { (uint8_t)peer } },
	                                 .number = lsn });
}

TEST(node, copies_of_own_envelopes_are_told_together_a_moment_later)
{
	const struct qf_news *news;
	struct qf_hash id;
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "hi");
	id = t.keeps[0].envelope->id;
	told_commit(&t, TOLD_ALL);
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	progress(&t, 'a', 1);
	told_nothing(&t);
	progress(&t, 'b', 1);
	assert_int_equal(qf_node_wake(t.node), t.now.mono_ms + 100);
	told_tick(&t, 99);
	told_nothing(&t);
	told_tick(&t, 1);
	news = told_news(&t, QF_NEWS_COPIES);
	assert_int_equal(news->number, 2);
	assert_memory_equal(news->id.b, id.b, sizeof id.b);
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	told_fini(&t);
}

TEST(node, copies_of_what_others_said_are_not_counted)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct told t;

	told_init(&t);
	lines_say(&ana, &line, 1, 10);
	told_arrived(&t, ana_link, 1, &line, 1);
	told_commit(&t, TOLD_ALL);
	progress(&t, 'b', 1);
	told_tick(&t, 1000);
	told_nothing(&t);
	qf_envelope_unref(line);
	told_fini(&t);
}

/* Stopping. */

static void stop(struct told *t)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_STOP });
}

TEST(node, a_node_with_nothing_to_do_stops_at_once)
{
	struct told t;

	told_init(&t);
	stop(&t);
	told_the(&t, QF_FX_STOPPED);
	assert_int_equal(t.out.count, 1);
	told_fini(&t);
}

TEST(node, a_node_stops_when_all_that_it_accepted_is_stored_and_answered)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "one");
	told_say(&t, client, 2, "two");
	stop(&t);
	told_nothing(&t);
	told_commit(&t, 1);
	assert_int_equal(told_count(&t, QF_FX_STOPPED), 0);
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_COMMITTED,
	                                  .text = strdup("full") });
	assert_int_equal(told_count(&t, QF_FX_STOPPED), 0);
	told_commit(&t, 1);
	told_answer(&t, client, 2, QF_ANS_STORED);
	told_the(&t, QF_FX_STOPPED);
	assert_int_equal(t.out.list[t.out.count - 1].kind, QF_FX_STOPPED);
	told_tick(&t, 1000);
	told_nothing(&t); /* it is said once */
	told_fini(&t);
}

TEST(node, copies_that_are_known_are_told_before_it_stops)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "hi");
	told_commit(&t, TOLD_ALL);
	progress(&t, 'a', 1);
	stop(&t);
	assert_int_equal(told_news(&t, QF_NEWS_COPIES)->number, 1);
	assert_int_equal(t.out.list[t.out.count - 1].kind, QF_FX_STOPPED);
	told_fini(&t);
}
