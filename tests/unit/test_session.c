/* test_session.c - the talk over one link: greeting, rooms, MSG and ACK */
#include "test.h"

#include "stage.h"

/* The oldest thing that was asked; it is that event. The caller ends it. */
static struct qf_event take_event(struct stage *st, enum qf_event_kind kind)
{
	struct qf_carry *c = &st->carry;
	struct qf_event ev;

	assert_true(c->ask_count > 0);
	assert_int_equal(c->asks[0].kind, QF_ASK_EVENT);
	ev = c->asks[0].event;
	assert_int_equal(ev.kind, kind);
	assert_int_equal(ev.conn, STAGE_CONN);
	c->ask_count--;
	memmove(c->asks, c->asks + 1, c->ask_count * sizeof *c->asks);
	return ev;
}

/* The session gets what is in `peer`, and the core does nothing yet. */
static void feed_alone(struct stage *st)
{
	struct qf_frame f;
	size_t used;

	assert_int_equal(qf_frame_split(qf_buf_bytes(&st->peer), &f, &used), 1);
	assert_int_equal(used, st->peer.len);
	qf_session_frame(&st->session, &f, st->now_ms);
	qf_buf_clear(&st->peer);
}

/* The greeting. */

TEST(session, hello_is_the_first_and_at_first_the_only_frame)
{
	struct qf_hello hello;
	struct stage st;

	stage_begin(&st, true);
	assert_true(qf_hello_get(stage_take(&st, QF_FRAME_HELLO), &hello));
	assert_int_equal(hello.version, QF_WIRE_VERSION);
	assert_int_equal(hello.port, QF_PORT_DEFAULT);
	assert_int_equal(hello.name.len, 2);
	assert_memory_equal(hello.name.at, "me", 2);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session, a_greeting_is_told_and_answered_with_tags)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};
	struct qf_event ev;
	struct stage st;

	stage_begin(&st, true);
	stage_take(&st, QF_FRAME_HELLO);
	qf_hello_put(&st.peer, &hello);
	feed_alone(&st);
	ev = take_event(&st, QF_EV_LINK_HELLO);
	assert_string_equal(ev.text, "bob");
	assert_int_equal(ev.address.port, 4000);
	qf_event_fini(&ev);
	assert_int_equal(st.session.state, QF_SESSION_LIVE);
	stage_take(&st, QF_FRAME_TAGS);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session, who_greets_with_what_is_no_name_has_none)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("a b", 3), { 0, 0 }
	};
	struct qf_event ev;
	struct stage st;

	stage_begin(&st, true);
	qf_hello_put(&st.peer, &hello);
	feed_alone(&st);
	ev = take_event(&st, QF_EV_LINK_HELLO);
	assert_string_equal(ev.text, "");
	qf_event_fini(&ev);
	assert_int_equal(st.session.state, QF_SESSION_LIVE);
	stage_fini(&st);
}

TEST(session, a_malformed_greeting_ends_the_link)
{
	static const struct {
		const char *bytes;
		size_t len;
	} payloads[] = {
		{ "", 0 },
		{ "\1\0", 2 },
		{ "\1\0\0", 3 },
		{ "\1\0\0\3ab", 6 },     /* short */
		{ "\1\0\0\1abc", 7 },    /* long */
		{ "\1\0\0\1\xff", 5 },   /* not UTF-8 */
		{ "\1\0\0\x81\1ab", 7 }, /* over the limit */
	};

	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		struct stage st;

		stage_begin(&st, true);
		stage_feed_raw(&st, QF_FRAME_HELLO, payloads[i].bytes,
		               payloads[i].len);
		stage_closed(&st, "malformed HELLO");
		stage_fini(&st);
	}
}

TEST(session, a_hello_of_another_version_ends_the_link)
{
	struct stage st;

	stage_begin(&st, true);
	stage_feed_raw(&st, QF_FRAME_HELLO, "\3\0\0\3ana\0\0\0\0\0\0\0\0\0",
	               16);
	stage_closed(&st, "another version of QuickFi is here");
	assert_false(st.session.at_fault);
	stage_fini(&st);
}

TEST(session, nothing_may_come_before_the_greeting)
{
	for (unsigned type = 0; type < 256; type++) {
		struct stage st;

		if (type == QF_FRAME_HELLO || type == QF_FRAME_BYE)
			continue;
		stage_begin(&st, true);
		stage_feed_raw(&st, (uint8_t)type, "\1", 1);
		stage_closed(&st, "no HELLO");
		stage_fini(&st);
	}
}

TEST(session, a_second_greeting_ends_the_link)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	qf_hello_put(&st.peer, &hello);
	stage_feed(&st);
	stage_closed(&st, "a frame that has no place here");
	stage_fini(&st);
}

TEST(session, who_does_not_greet_within_thirty_seconds_goes)
{
	struct stage st;

	stage_begin(&st, true);
	stage_wait(&st, QF_GREETING_MS - 1);
	qf_session_heard(&st.session, st.now_ms); /* bytes are no greeting */
	assert_int_equal(qf_session_wake(&st.session), st.now_ms + 1);
	assert_int_equal(st.session.state, QF_SESSION_GREETING);
	stage_wait(&st, 1);
	stage_closed(&st, "no greeting within 30 s");
	stage_fini(&st);
}

TEST(session, a_late_greeting_finds_the_link_closed)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};
	struct stage st;

	stage_begin(&st, true);
	stage_wait(&st, QF_GREETING_MS);
	qf_hello_put(&st.peer, &hello);
	stage_feed(&st);
	assert_int_equal(st.asked[QF_EV_LINK_HELLO], 0);
	stage_closed(&st, "no greeting within 30 s");
	stage_fini(&st);
}

TEST(session, later_types_are_skipped_and_other_unknown_ones_end_the_link)
{
	for (unsigned type = 0; type < 256; type++) {
		struct stage st;

		if (type > 0 && type <= QF_FRAME_LATER)
			continue;
		stage_begin(&st, true);
		stage_greet(&st);
		stage_feed_raw(&st, (uint8_t)type, "?", 1);
		if (type >= 0x80)
			stage_quiet(&st);
		else
			stage_closed(&st, "a frame that has no place here");
		stage_fini(&st);
	}
}

/* Rooms. */

static bool has_tag(struct qf_bytes tags, struct qf_tag tag)
{
	for (; tags.len; tags.at += QF_TAG_BYTES, tags.len -= QF_TAG_BYTES)
		if (!memcmp(tags.at, tag.b, QF_TAG_BYTES))
			return true;
	return false;
}

/* What the session offers once it has been greeted. */
static struct qf_bytes take_tags(struct stage *st, size_t *n)
{
	struct qf_bytes tags;

	assert_true(qf_tags_get(stage_take(st, QF_FRAME_TAGS), &tags, n));
	return tags;
}

static void greet_only(struct stage *st)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};

	stage_take(st, QF_FRAME_HELLO);
	qf_hello_put(&st->peer, &hello);
	stage_feed(st);
}

TEST(session, rooms_are_offered_among_tags_that_mean_nothing)
{
	for (size_t rooms = 1; rooms <= 17; rooms += 8) {
		struct stage_room *lobby;
		struct qf_bytes tags;
		struct stage st;
		size_t n;

		lobby = stage_begin(&st, true);
		for (uint8_t i = 1; i < rooms; i++)
			qf_carry_room(&st.carry, &(struct qf_room_id){ { i } },
			              "#more");
		greet_only(&st);
		tags = take_tags(&st, &n); /* sorted, or they are refused */
		assert_int_equal(n, rooms == 1 ? 8 : rooms == 9 ? 16 : 32);
		assert_true(has_tag(tags, stage_tag(&st, lobby, false)));
		assert_false(has_tag(tags, stage_tag(&st, lobby, true)));
		stage_fini(&st);
	}
}

TEST(session, tags_out_of_order_or_cut_short_end_the_link)
{
	static const uint8_t tags[3 * QF_TAG_BYTES] = {
		[0] = 1, [QF_TAG_BYTES] = 1, [2 * QF_TAG_BYTES] = 0
	};
	static const size_t from[] = { 0, QF_TAG_BYTES, 0 };
	static const size_t len[] = { 2 * QF_TAG_BYTES, 2 * QF_TAG_BYTES,
		                      QF_TAG_BYTES - 1 };

	for (size_t i = 0; i < sizeof len / sizeof *len; i++) {
		struct stage st;

		stage_begin(&st, true);
		stage_greet(&st);
		stage_feed_raw(&st, QF_FRAME_TAGS, tags + from[i], len[i]);
		stage_closed(&st, "malformed TAGS");
		stage_fini(&st);
	}
}

TEST(session, a_room_that_both_offer_is_followed_and_opened)
{
	for (int client = 0; client < 2; client++) {
		struct stage_room *r;
		struct qf_snapshot *s;
		struct qf_tag tag;
		struct qf_hash root;
		struct qf_open open;
		struct stage st;

		r = stage_begin(&st, client);
		stage_say(&st, r, 3, 10);
		s = stage_snapshot(r);
		qf_snapshot_digest(s, &root);
		qf_snapshot_unref(s);
		stage_greet(&st);
		stage_offer(&st, r);
		assert_int_equal(st.asked[QF_EV_FOLLOW], 1);
		assert_true(qf_open_get(stage_take(&st, QF_FRAME_OPEN), &open));
		tag = stage_tag(&st, r, true);
		assert_memory_equal(open.tag.b, tag.b, sizeof tag.b);
		assert_int_equal(open.have_from, 0);
		assert_int_equal(open.count, 3);
		assert_memory_equal(open.root.b, root.b, sizeof root.b);
		stage_fini(&st);
	}
}

TEST(session, no_room_is_opened_before_its_pair_has_come)
{
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	stage_withhold(&st, QF_EV_FOLLOW);
	stage_greet(&st);
	stage_offer(&st, r);
	stage_quiet(&st);
	stage_say(&st, r, 3, 10);
	stage_release(&st);
	stage_take(&st, QF_FRAME_OPEN);
	stage_fini(&st);
}

TEST(session, our_own_tags_sent_back_match_nothing)
{
	struct qf_bytes tags;
	struct stage st;
	size_t n;

	stage_begin(&st, true);
	greet_only(&st);
	tags = take_tags(&st, &n);
	stage_feed_raw(&st, QF_FRAME_TAGS, tags.at, tags.len);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 0);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session, a_room_is_followed_once_however_often_it_is_offered)
{
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	stage_greet(&st);
	stage_offer(&st, r);
	stage_offer(&st, r);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 1);
	stage_take(&st, QF_FRAME_OPEN);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session, a_room_that_we_join_later_is_offered_and_matched)
{
	struct stage_room *r;
	struct qf_tag tag;
	struct stage st;
	size_t n;

	stage_init(&st, true);
	stage_greet(&st);
	r = stage_join(&st, 1, "#lobby");
	tag = stage_tag(&st, r, true); /* the peer has offered it already */
	qf_tags_put(&st.peer, &tag, 1);
	qf_carry_fini(&st.carry); /* but we are in no room yet */
	qf_carry_init(&st.carry);
	stage_feed(&st);
	stage_quiet(&st);

	r->carried = qf_carry_room(&st.carry, &r->own.room, "#lobby");
	stage_tell(&st, (struct qf_effect){ .kind = QF_FX_ROOM,
	                                    .room = r->own.room });
	assert_true(has_tag(take_tags(&st, &n), stage_tag(&st, r, false)));
	assert_int_equal(st.asked[QF_EV_FOLLOW], 1);
	stage_take(&st, QF_FRAME_OPEN);
	stage_fini(&st);
}

TEST(session, a_room_that_is_joined_before_the_greeting_is_offered_with_it)
{
	struct stage_room *r;
	struct stage st;
	size_t n;

	r = stage_begin(&st, true);
	stage_tell(&st, (struct qf_effect){ .kind = QF_FX_ROOM,
	                                    .room = r->own.room });
	stage_take(&st, QF_FRAME_HELLO);
	stage_quiet(&st);
	qf_hello_put(&st.peer,
	             &(struct qf_hello){
			     QF_WIRE_VERSION, 0, qf_bytes("b", 1), { 0, 0 } });
	stage_feed(&st);
	assert_true(has_tag(take_tags(&st, &n), stage_tag(&st, r, false)));
	stage_quiet(&st);
	stage_fini(&st);
}

/* OPEN. */

static const struct qf_hash some_root = { { 1 } };

TEST(session, a_room_that_did_not_match_can_not_be_opened)
{
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	stage_greet(&st);
	stage_put_open(&st, r, STAGE_HANDLE, 0, &some_root);
	stage_feed(&st);
	stage_closed(&st, "OPEN of a room that did not match");
	stage_fini(&st);
}

TEST(session, a_room_that_is_opened_twice_ends_the_link)
{
	struct stage_room *r;
	struct stage st;

	r = stage_live(&st);
	stage_put_open(&st, r, STAGE_HANDLE + 1, 0, &some_root);
	stage_feed(&st);
	stage_closed(&st, "a room was opened twice");
	stage_fini(&st);
}

TEST(session, a_handle_means_one_room)
{
	struct stage_room *second;
	struct qf_tag tags[2];
	struct stage st;

	stage_live(&st);
	second = stage_join(&st, 1, "#second");
	tags[0] = stage_tag(&st, second, true);
	qf_tags_put(&st.peer, tags, 1);
	stage_put_open(&st, second, STAGE_HANDLE, 0, &some_root);
	stage_feed(&st);
	stage_closed(&st, "malformed OPEN");
	stage_fini(&st);
}

TEST(session, a_malformed_open_ends_the_link)
{
	struct stage st;

	stage_begin(&st, true);
	stage_greet(&st);
	stage_feed_raw(&st, QF_FRAME_OPEN, "\5too short", 10);
	stage_closed(&st, "malformed OPEN");
	stage_fini(&st);
}

TEST(session, frames_of_a_room_that_is_not_open_end_the_link)
{
	static const struct {
		uint8_t type;
		const char *reason;
	} frames[] = {
		{ QF_FRAME_RECON, "RECON of a room that is not open" },
		{ QF_FRAME_HAVE, "malformed HAVE or WANT" },
		{ QF_FRAME_WANT, "malformed HAVE or WANT" },
		{ QF_FRAME_MSG, "malformed MSG" },
		{ QF_FRAME_LATER, "malformed LATER" },
	};

	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
		struct stage_room *r;
		struct stage st;

		/* Matched and opened by us, not by the peer. */
		r = stage_begin(&st, true);
		stage_greet(&st);
		stage_offer(&st, r);
		stage_take(&st, QF_FRAME_OPEN);
		stage_feed_raw(&st, frames[i].type, "\0\0", 2);
		stage_closed(&st, frames[i].reason);
		stage_fini(&st);
	}
}

/* What the peer says. */

TEST(session, what_arrives_is_handed_to_the_core_and_counted)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[5];
	struct qf_event ev;
	struct stage st;

	stage_live(&st);
	lines_say(&bob, lines, 2, 10);
	lines_say(&bob, lines + 2, 3, 10);
	stage_put_msg(&st, 0, lines, 2);
	feed_alone(&st);
	stage_put_msg(&st, 0, lines + 2, 3);
	feed_alone(&st);
	ev = take_event(&st, QF_EV_ARRIVED);
	assert_int_equal(ev.number, 2);
	assert_int_equal(ev.envelope_count, 2);
	assert_memory_equal(ev.room.b, bob.room.b, sizeof ev.room.b);
	assert_memory_equal(ev.envelopes[1]->id.b, lines[1]->id.b,
	                    QF_HASH_BYTES);
	assert_true(qf_envelope_proven(ev.envelopes[1]));
	qf_event_fini(&ev);
	ev = take_event(&st, QF_EV_ARRIVED);
	assert_int_equal(ev.number, 5);
	assert_int_equal(ev.envelope_count, 3);
	qf_event_fini(&ev);
	lines_release(lines, 5);
	stage_fini(&st);
}

TEST(session, a_signature_that_is_not_the_authors_ends_the_link)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *line;
	struct stage st;

	stage_live(&st);
	lines_say(&bob, &line, 1, 10);
	line->proof.sig[0] ^= 1;
	stage_feed_msg(&st, 0, &line, 1);
	stage_closed(&st, "a signature is not its author's");
	assert_int_equal(st.asked[QF_EV_ARRIVED], 0);
	qf_envelope_unref(line);
	stage_fini(&st);
}

TEST(session, an_envelope_of_another_room_ends_the_link)
{
	struct lines bob = lines_of(2, "#other");
	struct qf_envelope *line;
	struct stage st;

	stage_live(&st);
	lines_say(&bob, &line, 1, 10);
	stage_feed_msg(&st, 0, &line, 1);
	stage_closed(&st, "a signature is not its author's");
	qf_envelope_unref(line);
	stage_fini(&st);
}

TEST(session, what_has_no_place_in_an_open_room_ends_the_link)
{
	for (int sealed = 0; sealed < 2; sealed++) {
		struct lines bob = lines_of(2, "#lobby");
		struct qf_envelope *line;
		struct qf_header head;
		struct stage st;

		stage_live(&st);
		line = lines_next(&bob, 10);
		head = line->head;
		qf_envelope_unref(line);
		if (sealed)
			head.key_id[3] = 1;
		else
			head.class = QF_CLASS_CONTROL;
		line = qf_envelope_new(&head, qf_bytes("hi", 2));
		sign_commit(&bob.author, &line, 1);
		stage_feed_msg(&st, 0, &line, 1);
		stage_closed(&st, "an envelope that has no place in its room");
		assert_int_equal(st.asked[QF_EV_ARRIVED], 0);
		qf_envelope_unref(line);
		stage_fini(&st);
	}
}

TEST(session, a_malformed_msg_ends_the_link)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *line;
	struct stage st;

	lines_say(&bob, &line, 1, 10);
	stage_live(&st);
	stage_feed_msg(&st, 8, &line, 1); /* a flag that there is not */
	stage_closed(&st, "malformed MSG");
	stage_fini(&st);

	stage_live(&st);
	stage_feed_raw(&st, QF_FRAME_MSG, "\0\5", 2); /* of nothing */
	stage_closed(&st, "malformed MSG");
	stage_fini(&st);
	qf_envelope_unref(line);
}

/* ACK. */

TEST(session, what_is_stored_is_acknowledged_and_not_before)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[2];
	struct stage st;

	stage_live(&st);
	stage_withhold(&st, QF_EV_ARRIVED);
	lines_say(&bob, lines, 2, 10);
	stage_feed_msg(&st, QF_MSG_ASKS_ACK, lines, 2);
	stage_quiet(&st);
	stage_wait(&st, 5 * QF_ACK_MS);
	stage_quiet(&st);
	stage_release(&st);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 2);
	stage_quiet(&st);
	lines_release(lines, 2);
	stage_fini(&st);
}

TEST(session, an_ack_that_nobody_asks_for_comes_once_a_second)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[3];
	struct stage st;

	stage_live(&st);
	for (size_t i = 0; i < 3; i++)
		lines_say(&bob, lines + i, 1, 10);
	stage_feed_msg(&st, 0, lines, 1);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 1);
	stage_feed_msg(&st, 0, lines + 1, 1);
	stage_feed_msg(&st, 0, lines + 2, 1);
	stage_quiet(&st);
	assert_int_equal(qf_session_wake(&st.session), st.now_ms + QF_ACK_MS);
	/* Nobody wakes for an ACK that the socket does not take. */
	assert_true(qf_session_wake_mute(&st.session) > st.now_ms + QF_ACK_MS);
	stage_wait(&st, QF_ACK_MS - 1);
	stage_quiet(&st);
	stage_wait(&st, 1);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 3);
	stage_wait(&st, QF_ACK_MS);
	stage_quiet(&st);
	lines_release(lines, 3);
	stage_fini(&st);
}

TEST(session, an_ack_that_is_asked_for_comes_at_once)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[3];
	struct stage st;

	stage_live(&st);
	for (size_t i = 0; i < 3; i++) {
		lines_say(&bob, lines + i, 1, 10);
		stage_feed_msg(&st, QF_MSG_ASKS_ACK, lines + i, 1);
		assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), i + 1);
	}
	lines_release(lines, 3);
	stage_fini(&st);
}

TEST(session, nothing_is_acknowledged_or_answered_before_our_greeting)
{
	struct stage st;

	stage_begin(&st, true);
	qf_hello_put(&st.peer,
	             &(struct qf_hello){
			     QF_WIRE_VERSION, 0, qf_bytes("b", 1), { 0, 0 } });
	qf_number_put(&st.peer, QF_FRAME_PING, 1);
	stage_feed(&st);
	stage_take(&st, QF_FRAME_HELLO);
	stage_take(&st, QF_FRAME_TAGS);
	stage_take(&st, QF_FRAME_PONG);
	stage_fini(&st);
}

TEST(session, what_comes_after_the_question_does_not_hurry_the_next_ack)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[2];
	struct stage st;

	stage_live(&st);
	stage_withhold(&st, QF_EV_ARRIVED);
	lines_say(&bob, lines, 1, 10);
	lines_say(&bob, lines + 1, 1, 10);
	stage_feed_msg(&st, QF_MSG_ASKS_ACK, lines, 1);
	stage_feed_msg(&st, 0, lines + 1, 1);
	stage_done(&st, 1);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 1);
	stage_done(&st, 2);
	stage_quiet(&st);
	stage_wait(&st, QF_ACK_MS);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 2);
	lines_release(lines, 2);
	stage_fini(&st);
}

TEST(session, a_part_that_is_stored_does_not_answer_the_question)
{
	struct lines bob = lines_of(2, "#lobby");
	struct qf_envelope *lines[3];
	struct stage st;

	stage_live(&st);
	for (size_t i = 0; i < 3; i++)
		lines_say(&bob, lines + i, 1, 10);
	stage_feed_msg(&st, 0, lines, 1);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 1);
	stage_withhold(&st, QF_EV_ARRIVED);
	stage_feed_msg(&st, 0, lines + 1, 1);
	stage_feed_msg(&st, QF_MSG_ASKS_ACK, lines + 2, 1);
	stage_done(&st, 2);
	stage_quiet(&st);
	stage_done(&st, 3);
	assert_int_equal(stage_take_number(&st, QF_FRAME_ACK), 3);
	lines_release(lines, 3);
	stage_fini(&st);
}

TEST(session, we_ask_for_an_ack_four_times_a_second_at_most)
{
	struct stage_room *r;
	struct stage st;
	unsigned asked = 0;

	r = stage_live(&st);
	for (int i = 0; i < 100; i++) {
		stage_say(&st, r, 1, 10);
		asked += stage_take(&st, QF_FRAME_MSG).at[0] & QF_MSG_ASKS_ACK;
		stage_wait(&st, 10);
	}
	assert_int_equal(asked, 4 * QF_MSG_ASKS_ACK);
	stage_fini(&st);
}

TEST(session, an_ack_of_what_was_not_sent_ends_the_link)
{
	struct stage_room *r;
	struct stage st;

	r = stage_live(&st);
	stage_say(&st, r, 3, 10);
	stage_take(&st, QF_FRAME_MSG);
	stage_feed_number(&st, QF_FRAME_ACK, 3);
	stage_quiet(&st);
	stage_feed_number(&st, QF_FRAME_ACK, 4);
	stage_closed(&st, "an ACK of what was not sent");
	stage_fini(&st);
}

TEST(session, an_ack_that_takes_back_ends_the_link)
{
	struct stage_room *r;
	struct stage st;

	r = stage_live(&st);
	stage_say(&st, r, 3, 10);
	stage_take(&st, QF_FRAME_MSG);
	stage_feed_number(&st, QF_FRAME_ACK, 2);
	stage_feed_number(&st, QF_FRAME_ACK, 2);
	stage_quiet(&st);
	stage_feed_number(&st, QF_FRAME_ACK, 1);
	stage_closed(&st, "an ACK of what was not sent");
	stage_fini(&st);
}
