/* test_session_life.c - signs of life on a link, and how it ends */
#include "test.h"

#include "stage.h"

/* Signs of life. */

TEST(session_life, a_ping_is_answered_with_its_token)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_feed_number(&st, QF_FRAME_PING, UINT64_MAX);
	assert_true(stage_take_number(&st, QF_FRAME_PONG) == UINT64_MAX);
	stage_quiet(&st);
	stage_feed_number(&st, QF_FRAME_PONG, 5);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_life, of_many_pings_before_we_can_speak_the_last_is_answered)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	for (uint64_t token = 1; token <= 100; token++)
		qf_number_put(&st.peer, QF_FRAME_PING, token);
	stage_feed(&st);
	assert_int_equal(stage_take_number(&st, QF_FRAME_PONG), 100);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_life, malformed_numbers_end_the_link)
{
	static const struct {
		uint8_t type;
		const char *reason;
	} frames[] = {
		{ QF_FRAME_PING, "malformed PING" },
		{ QF_FRAME_PONG, "malformed PONG" },
		{ QF_FRAME_ACK, "an ACK of what was not sent" },
	};

	for (size_t i = 0; i < 2 * sizeof frames / sizeof *frames; i++) {
		struct stage st;

		stage_begin(&st, true);
		stage_greet(&st);
		stage_feed_raw(&st, frames[i / 2].type, "\0\0", i % 2 * 2);
		stage_closed(&st, frames[i / 2].reason);
		assert_true(st.session.at_fault);
		stage_fini(&st);
	}
}

TEST(session_life, after_fifteen_seconds_without_a_word_from_the_peer_we_ping)
{
	struct stage st;
	uint64_t token;

	stage_begin(&st, true);
	stage_greet(&st);
	assert_int_equal(qf_session_wake(&st.session), st.now_ms + QF_PING_MS);
	stage_wait(&st, QF_PING_MS - 1);
	stage_quiet(&st);
	stage_wait(&st, 1);
	token = stage_take_number(&st, QF_FRAME_PING);
	stage_quiet(&st);
	stage_wait(&st, QF_PING_MS - 1);
	stage_quiet(&st); /* one is enough for a while */
	stage_feed_number(&st, QF_FRAME_PONG, token);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_life, after_fifteen_seconds_without_a_word_of_ours_we_ping_too)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_wait(&st, QF_PING_MS - 1);
	stage_feed_number(&st, QF_FRAME_PONG, 5);
	stage_quiet(&st);
	stage_wait(&st, 1);
	stage_take(&st, QF_FRAME_PING);
	stage_fini(&st);
}

TEST(session_life, who_is_silent_for_forty_seconds_goes)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_wait(&st, QF_PING_MS);
	stage_wait(&st, QF_PING_MS);
	stage_wait(&st, QF_DEAD_MS - 2 * QF_PING_MS - 1);
	assert_int_equal(st.session.state, QF_SESSION_LIVE);
	assert_int_equal(qf_session_wake(&st.session), st.now_ms + 1);
	stage_wait(&st, 1);
	stage_closed(&st, "silent for 40 s");
	assert_true(qf_session_wake(&st.session) == UINT64_MAX);
	stage_fini(&st);
}

TEST(session_life, any_byte_is_a_sign_of_life)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_wait(&st, QF_DEAD_MS - 1);
	qf_session_heard(&st.session, st.now_ms);
	stage_wait(&st, QF_DEAD_MS - 1);
	assert_int_equal(st.session.state, QF_SESSION_LIVE);
	stage_wait(&st, 1);
	stage_closed(&st, "silent for 40 s");
	stage_fini(&st);
}

static void probe(struct stage *st)
{
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_PROBE });
	stage_take(st, QF_FRAME_PING);
}

TEST(session_life, a_probe_that_is_answered_is_told_once)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	probe(&st);
	assert_int_equal(qf_session_wake(&st.session), st.now_ms + QF_PROBE_MS);
	stage_wait(&st, QF_PROBE_MS - 1);
	assert_int_equal(st.asked[QF_EV_LINK_ALIVE], 0);
	qf_session_heard(&st.session, st.now_ms);
	qf_session_heard(&st.session, st.now_ms);
	stage_wait(&st, 1);
	assert_int_equal(st.asked[QF_EV_LINK_ALIVE], 1);
	assert_int_equal(st.session.state, QF_SESSION_LIVE);
	stage_fini(&st);
}

TEST(session_life, who_does_not_answer_a_probe_within_a_second_goes)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	probe(&st);
	stage_wait(&st, QF_PROBE_MS);
	stage_closed(&st, "did not answer when asked");
	assert_int_equal(st.asked[QF_EV_LINK_ALIVE], 0);
	stage_fini(&st);
}

/* The end. */

TEST(session_life, a_goodbye_is_the_reason_and_is_not_answered)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_feed_number(&st, QF_FRAME_PING, 1);
	qf_bye_put(&st.peer, "the node is stopping");
	stage_feed(&st);
	assert_int_equal(st.session.state, QF_SESSION_CLOSED);
	assert_string_equal(st.session.reason, "the node is stopping");
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_life, that_the_mesh_gave_it_up_is_known_at_both_ends)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_tell(&st, (struct qf_effect){ .kind = QF_FX_DROP,
	                                    .cause = QF_CAUSE_SPARE,
	                                    .text = strdup("enough") });
	assert_int_equal(st.session.cause, QF_CAUSE_SPARE);
	stage_fini(&st);
	stage_begin(&st, true);
	stage_greet(&st);
	qf_bye_put(&st.peer, QF_BYE_SPARE);
	stage_feed(&st);
	assert_int_equal(st.session.cause, QF_CAUSE_SPARE);
	stage_fini(&st);
}

TEST(session_life, a_goodbye_may_be_the_first_that_a_peer_says)
{
	struct stage st;

	stage_begin(&st, true);
	qf_bye_put(&st.peer, "too many links here");
	stage_feed(&st);
	assert_string_equal(st.session.reason, "too many links here");
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_life, a_goodbye_without_good_words_is_a_goodbye)
{
	static char longest[QF_REASON_BYTES_MAX + 1];
	static const struct {
		const char *at;
		size_t len;
	} words[] = {
		{ "", 0 },
		{ "\xff", 1 },
		{ longest, sizeof longest },
	};

	memset(longest, 'x', sizeof longest);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct stage st;

		stage_begin(&st, true);
		stage_feed_raw(&st, QF_FRAME_BYE, words[i].at, words[i].len);
		assert_string_equal(st.session.reason, "the peer said goodbye");
		stage_quiet(&st);
		stage_fini(&st);
	}
}

TEST(session_life, of_reasons_to_close_the_first_stays)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	qf_session_close(&st.session, "first");
	qf_session_close(&st.session, "second");
	stage_closed(&st, "first");
	stage_fini(&st);
}

TEST(session_life, a_reason_that_is_too_long_is_cut)
{
	char longer[QF_REASON_BYTES_MAX + 50] = "";
	struct stage st;

	memset(longer, 'x', sizeof longer - 1);
	stage_begin(&st, true);
	qf_session_close(&st.session, longer);
	longer[QF_REASON_BYTES_MAX] = 0;
	stage_closed(&st, longer);
	stage_fini(&st);
}

TEST(session_life, whoever_is_dropped_is_told_why)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_tell(&st, (struct qf_effect){ .kind = QF_FX_DROP,
	                                    .text = strdup("a newer link") });
	stage_closed(&st, "a newer link");
	stage_fini(&st);
}

TEST(session_life, after_the_goodbye_nothing_is_said)
{
	struct lines bob = lines_of(2, "#lobby");
	struct stage_room *r;
	struct qf_envelope *line;
	struct qf_bytes reason;
	struct stage st;

	r = stage_live(&st);
	lines_say(&bob, &line, 1, 10);
	stage_feed_number(&st, QF_FRAME_PING, 1);       /* a PONG is due, */
	stage_feed_msg(&st, QF_MSG_ASKS_ACK, &line, 1); /* an ACK, */
	stage_say(&st, r, 1, 10);                       /* and a MSG */
	qf_session_close(&st.session, "enough");
	assert_true(qf_bye_get(stage_take(&st, QF_FRAME_BYE), &reason));
	stage_wait(&st, QF_DEAD_MS);
	stage_quiet(&st);
	qf_envelope_unref(line);
	stage_fini(&st);
}

TEST(session_life, a_closed_session_ignores_what_follows)
{
	struct lines bob = lines_of(2, "#lobby");
	struct stage_room *r;
	struct qf_envelope *line;
	struct stage st;

	r = stage_live(&st);
	stage_withhold(&st, STAGE_READ);
	atomic_store(&r->told->lsn, 5); /* so that it reads the store */
	stage_quiet(&st);
	assert_int_equal(st.asked[STAGE_READ], 1);
	qf_session_close(&st.session, "enough");
	lines_say(&bob, &line, 1, 10);
	stage_feed_msg(&st, 0, &line, 1);
	assert_int_equal(st.asked[QF_EV_ARRIVED], 0);
	stage_pair(&st, r);
	stage_turn(&st, r);
	stage_tell(&st, (struct qf_effect){ .kind = QF_FX_PROBE });
	stage_say(&st, r, 5, 10);
	stage_release(&st); /* the read comes back */
	stage_closed(&st, "enough");
	qf_envelope_unref(line);
	stage_fini(&st);
}

TEST(session_life, a_store_that_can_not_be_read_ends_the_link)
{
	struct stage_room *r;
	struct qf_read *read;
	struct stage st;

	r = stage_live(&st);
	stage_withhold(&st, STAGE_READ);
	atomic_store(&r->told->lsn, 5);
	stage_quiet(&st);
	read = st.held[--st.held_count].read;
	read->err = QF_E_IO;
	qf_session_got(&st.session, read, st.now_ms);
	qf_read_free(read);
	stage_closed(&st, "its store can not be read just now");
	stage_fini(&st);
}

/* Each HAVE makes a WANT of the same size, and nobody reads them. */
TEST(session_life, who_asks_much_and_reads_nothing_goes)
{
	enum { NAMED = 1024, FEW_BYTES = 100000, FRAMES_MAX = 100 };
	static struct qf_named named[NAMED];
	struct stage st;
	int fed = 0;

	for (size_t i = 0; i < NAMED; i++)
		named[i] = (struct qf_named){ .short_id = i, .count = 1 };
	stage_live(&st);
	assert_in_range(st.session.control.max, FEW_BYTES, 4 << 20);
	st.session.control.max = FEW_BYTES; /* for this test to be quick */
	while (st.session.state == QF_SESSION_LIVE && fed++ < FRAMES_MAX) {
		qf_named_put(&st.peer, QF_FRAME_HAVE, STAGE_HANDLE, named,
		             NAMED);
		stage_feed(&st);
	}
	assert_in_range(fed, 10, 20);
	stage_closed(&st, "asks much and reads little");
	stage_fini(&st);
}

TEST(session_life, a_frame_of_ours_that_does_not_fit_any_more_is_not_cut)
{
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	stage_greet(&st);
	st.session.control.max = QF_TAG_BYTES * 8; /* a little too small */
	stage_tell(&st, (struct qf_effect){ .kind = QF_FX_ROOM,
	                                    .room = r->own.room });
	assert_int_equal(stage_take(&st, QF_FRAME_BYE).at[0], 'a');
	stage_quiet(&st);
	assert_string_equal(st.session.reason, "asks much and reads little");
	stage_fini(&st);
}
