/* test_tags.c - which rooms a link offers, and which it finds in common */
#include "test.h"

#include "stage.h"

enum { SELF = 1, BOB = 2, EVE = 3 };

static struct qf_key key_of(uint8_t author)
{
	return lines_of(author, "").author.key;
}

static bool is_among(struct qf_bytes tags, struct qf_tag tag)
{
	assert_int_equal(tags.len % QF_TAG_BYTES, 0);
	for (size_t i = 0; i < tags.len; i += QF_TAG_BYTES)
		if (!memcmp(tags.at + i, tag.b, QF_TAG_BYTES))
			return true;
	return false;
}

/* The room is in the TAGS that are said next. */
static bool offers(struct stage *st, const struct stage_room *r)
{
	return is_among(stage_take(st, QF_FRAME_TAGS), stage_tag(st, r, false));
}

/* Both greet; what is offered comes next. */
static void greet(struct stage *st)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};

	stage_take(st, QF_FRAME_HELLO);
	qf_hello_put(&st->peer, &hello);
	stage_feed(st);
}

/* What the worker and the core do when a room is left, and joined again. */
static void leave(struct stage_room *r)
{
	r->carried->left = true;
}

static void come(struct stage *st, struct stage_room *r)
{
	r->carried->left = false;
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_ROOM,
	                                   .room = r->own.room });
	stage_core(st);
}

/* The core tells of the room of the link's two keys. */
static struct qf_direct tell_direct(struct stage *st, uint8_t other)
{
	struct qf_identity me = lines_of(SELF, "").author;
	struct qf_direct *d = malloc(sizeof *d), copy;
	struct qf_key key = key_of(other);

	assert_non_null(d);
	assert_true(qf_direct_init(d, &me, &key));
	copy = *d;
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_DIRECT,
	                                   .conn = STAGE_CONN,
	                                   .direct = d });
	return copy;
}

/* The peer offers the room of the two keys. */
static void offer_direct(struct stage *st, const struct qf_direct *d)
{
	struct qf_tag tag;

	qf_room_tag(&d->tag_key, stage_exporter, st->session.client ? 1 : 0,
	            &tag);
	qf_tags_put(&st->peer, &tag, 1);
	stage_feed(st);
}

/* What is offered. */

TEST(tags, a_direct_room_is_offered_on_the_link_of_its_peer_alone)
{
	for (uint8_t peer = BOB; peer <= EVE; peer++) {
		struct qf_key bob = key_of(BOB),
			      at_the_other_end = key_of(peer);
		struct stage_room *lobby, *direct;
		struct qf_bytes tags;
		struct stage st;

		stage_init_with(&st, true, &at_the_other_end);
		lobby = stage_join(&st, SELF, "#lobby");
		direct = stage_join_direct(&st, SELF, &bob);
		greet(&st);
		tags = stage_take(&st, QF_FRAME_TAGS);
		assert_true(is_among(tags, stage_tag(&st, lobby, false)));
		assert_int_equal(is_among(tags, stage_tag(&st, direct, false)),
		                 peer == BOB);
		stage_fini(&st);
	}
}

TEST(tags, a_direct_room_is_not_found_in_common_with_anyone_else)
{
	struct qf_key bob = key_of(BOB), eve = key_of(EVE);
	struct stage_room *direct;
	struct stage st;

	stage_init_with(&st, true, &eve);
	direct = stage_join_direct(&st, SELF, &bob);
	greet(&st);
	stage_take(&st, QF_FRAME_TAGS);
	stage_offer(&st, direct);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 0);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(tags, a_room_that_was_left_is_neither_offered_nor_found_in_common)
{
	struct stage_room *lobby, *tea;
	struct qf_bytes tags;
	struct stage st;

	stage_init(&st, true);
	lobby = stage_join(&st, SELF, "#lobby");
	tea = stage_join(&st, SELF, "#tea");
	leave(tea);
	greet(&st);
	tags = stage_take(&st, QF_FRAME_TAGS);
	assert_true(is_among(tags, stage_tag(&st, lobby, false)));
	assert_false(is_among(tags, stage_tag(&st, tea, false)));
	stage_offer(&st, tea);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 0);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(tags, as_many_are_sent_whether_a_room_was_left_or_not)
{
	size_t len[2];

	for (int left = 0; left < 2; left++) {
		struct stage_room *r;
		struct stage st;

		r = stage_begin(&st, true);
		if (left)
			leave(r);
		greet(&st);
		len[left] = stage_take(&st, QF_FRAME_TAGS).len;
		stage_fini(&st);
	}
	assert_int_equal(len[0], len[1]);
}

TEST(tags, a_room_that_is_joined_later_is_offered_and_found_then)
{
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	leave(r);
	greet(&st);
	assert_false(offers(&st, r));
	stage_offer(&st, r);
	stage_quiet(&st);

	come(&st, r);
	assert_true(offers(&st, r));
	assert_int_equal(st.asked[QF_EV_FOLLOW], 1);
	stage_take(&st, QF_FRAME_OPEN);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(tags, a_room_that_is_joined_before_the_greeting_is_offered_with_it)
{
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	leave(r);
	come(&st, r);
	greet(&st);
	assert_true(offers(&st, r));
	stage_quiet(&st);
	stage_fini(&st);
}

/* The room of the two keys. */

TEST(tags, a_direct_room_that_the_peer_offers_is_told_to_the_core_once)
{
	struct qf_key bob = key_of(BOB);
	struct qf_direct d;
	struct stage st;

	stage_init_with(&st, true, &bob);
	stage_greet(&st);
	d = tell_direct(&st, BOB);
	stage_core(&st);
	assert_int_equal(st.asked[QF_EV_DIRECT], 0);
	offer_direct(&st, &d);
	assert_int_equal(st.asked[QF_EV_DIRECT], 1);
	offer_direct(&st, &d);
	assert_int_equal(st.asked[QF_EV_DIRECT], 1);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 0);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(tags, an_offer_that_came_before_we_knew_the_room_is_found)
{
	struct qf_identity me = lines_of(SELF, "").author;
	struct qf_key bob = key_of(BOB);
	struct qf_direct d;
	struct stage st;

	assert_true(qf_direct_init(&d, &me, &bob));
	stage_init_with(&st, false, &bob);
	stage_greet(&st);
	offer_direct(&st, &d);
	assert_int_equal(st.asked[QF_EV_DIRECT], 0);
	tell_direct(&st, BOB);
	stage_core(&st);
	assert_int_equal(st.asked[QF_EV_DIRECT], 1);
	stage_fini(&st);
}

TEST(tags, a_direct_room_that_was_joined_for_an_offer_is_talked_about)
{
	struct qf_key bob = key_of(BOB);
	struct stage_room *r;
	struct qf_direct d;
	struct stage st;

	stage_init_with(&st, true, &bob);
	stage_greet(&st);
	d = tell_direct(&st, BOB);
	offer_direct(&st, &d);
	r = stage_join_direct(&st, SELF, &bob);
	come(&st, r);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 1);
	assert_true(offers(&st, r));
	stage_take(&st, QF_FRAME_OPEN);
	assert_int_equal(st.asked[QF_EV_DIRECT], 1);
	stage_fini(&st);
}

TEST(tags, a_direct_room_that_we_are_in_is_no_news_to_the_core)
{
	struct qf_key bob = key_of(BOB);
	struct qf_direct d;
	struct stage st;

	stage_init_with(&st, true, &bob);
	stage_join_direct(&st, SELF, &bob);
	stage_greet(&st);
	d = tell_direct(&st, BOB);
	offer_direct(&st, &d);
	assert_int_equal(st.asked[QF_EV_DIRECT], 0);
	assert_int_equal(st.asked[QF_EV_FOLLOW], 1);
	stage_fini(&st);
}

/* Links that are up when a room is left. */

TEST(tags, a_talk_about_a_room_that_was_left_goes_on)
{
	struct lines bob = lines_of(BOB, "#lobby");
	struct qf_envelope *line;
	struct stage_room *r;
	struct stage st;

	r = stage_live(&st);
	leave(r);
	lines_say(&bob, &line, 1, 10);
	stage_feed_msg(&st, 0, &line, 1);
	assert_true(stage_has(r, line));
	qf_envelope_unref(line);
	stage_fini(&st);
}

/* It was offered before, and who joins now has that offer still. */
TEST(tags, who_joins_a_room_after_we_left_it_may_open_it_all_the_same)
{
	struct qf_hash none = { { 1 } };
	struct stage_room *r;
	struct stage st;

	r = stage_begin(&st, true);
	stage_greet(&st);
	leave(r);
	stage_offer(&st, r);
	stage_quiet(&st);
	stage_put_open(&st, r, STAGE_HANDLE, 1, &none);
	stage_feed(&st);
	assert_int_equal(st.session.state, QF_SESSION_LIVE);
	stage_take(&st, QF_FRAME_OPEN);
	stage_take(&st, QF_FRAME_RECON);
	stage_fini(&st);
}

TEST(tags, nobody_else_opens_a_room_of_two_keys)
{
	struct qf_key bob = key_of(BOB), eve = key_of(EVE);
	struct qf_hash none = { { 1 } };
	struct stage_room *r;
	struct stage st;

	stage_init_with(&st, true, &eve);
	r = stage_join_direct(&st, SELF, &bob);
	stage_greet(&st);
	stage_offer(&st, r);
	stage_put_open(&st, r, STAGE_HANDLE, 1, &none);
	stage_feed(&st);
	stage_closed(&st, "OPEN of a room that did not match");
	stage_fini(&st);
}
