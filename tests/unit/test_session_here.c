/* test_session_here.c - presence over a link, and what a room of two may hold
 */
#include "test.h"

#include "core/here.h"
#include "core/roster.h"
#include "stage.h"

enum { SELF = 1, BOB = 2, EVE = 3 };

static struct qf_key key_of(uint8_t author)
{
	return lines_of(author, "").author.key;
}

/* For that kind of neighbours. */
static void tell_here(struct stage *st, enum qf_parcel_to to,
                      const struct qf_key *key, const void *payload, size_t len)
{
	struct qf_effect fx = { .kind = QF_FX_HERE, .parcel.to = to };

	fx.parcel.key = *key;
	fx.parcel.payload = qf_shared_new(payload, len);
	assert_non_null(fx.parcel.payload);
	stage_tell(st, fx);
}

static void record_of(uint8_t author, struct qf_buf *to)
{
	struct qf_identity id = lines_of(author, "").author;
	struct qf_here h = { .key = id.key,
		             .version = 1,
		             .state = QF_HERE_HERE,
		             .name = qf_bytes("bob", 3) };

	qf_buf_init(to, 0);
	qf_put_u8(to, QF_PARCEL_NEWS);
	qf_put_u8(to, QF_ITEM_HERE);
	qf_here_put(to, &h, &id);
	assert_false(to->bad);
}

/* Presence. */

TEST(session_here, a_parcel_goes_to_whom_it_is_for)
{
	static const struct {
		enum qf_parcel_to to;
		uint8_t key;
		bool client, goes;
	} cases[] = {
		{ QF_PARCEL_TO_ONE, BOB, true, true },
		{ QF_PARCEL_TO_ONE, EVE, true, false },
		{ QF_PARCEL_TO_ONE, BOB, false, true },
		{ QF_PARCEL_TO_OTHERS, BOB, true, false },
		{ QF_PARCEL_TO_OTHERS, EVE, true, true },
		{ QF_PARCEL_TO_OTHERS, EVE, false, true },
		{ QF_PARCEL_TO_DIALLERS, EVE, false, true },
		{ QF_PARCEL_TO_DIALLERS, BOB, false, true },
		{ QF_PARCEL_TO_DIALLERS, BOB, true, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct qf_key bob = key_of(BOB), key = key_of(cases[i].key);
		struct stage st;

		stage_init_with(&st, cases[i].client, &bob);
		stage_greet(&st);
		tell_here(&st, cases[i].to, &key, "x", 1);
		if (cases[i].goes)
			assert_int_equal(stage_take(&st, QF_FRAME_HERE).len, 1);
		stage_quiet(&st);
		stage_fini(&st);
	}
}

TEST(session_here, parcels_keep_their_order)
{
	static const struct qf_key nobody;
	struct stage st;

	stage_live(&st);
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "a", 1);
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "b", 1);
	assert_int_equal(stage_take(&st, QF_FRAME_HERE).at[0], 'a');
	assert_int_equal(stage_take(&st, QF_FRAME_HERE).at[0], 'b');
	stage_fini(&st);
}

TEST(session_here, what_is_due_before_the_greeting_follows_it)
{
	static const struct qf_key nobody;
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};
	struct stage st;

	stage_begin(&st, true);
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "a", 1);
	stage_take(&st, QF_FRAME_HELLO);
	stage_quiet(&st);
	qf_hello_put(&st.peer, &hello);
	stage_feed(&st);
	stage_take(&st, QF_FRAME_TAGS);
	assert_int_equal(stage_take(&st, QF_FRAME_HERE).at[0], 'a');
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_here, a_slow_link_keeps_so_many_parcels_and_drops_the_rest)
{
	static const struct qf_key nobody;
	struct stage st;

	stage_live(&st);
	for (unsigned i = 0; i < QF_HERES_MAX + 5; i++)
		tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, &(char){ (char)i },
		          1);
	for (unsigned i = 0; i < QF_HERES_MAX; i++)
		assert_int_equal(stage_take(&st, QF_FRAME_HERE).at[0], i);
	stage_quiet(&st);
	/* There is room again. */
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "z", 1);
	assert_int_equal(stage_take(&st, QF_FRAME_HERE).at[0], 'z');
	stage_fini(&st);
}

TEST(session_here, no_more_parcels_go_at_once_than_the_socket_wants)
{
	static const struct qf_key nobody;
	static const uint8_t large[QF_PARCEL_BYTES_MAX];
	struct qf_frame f;
	struct stage st;

	stage_live(&st);
	for (int i = 0; i < 3; i++)
		tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, large,
		          sizeof large);
	for (int i = 0; i < 3; i++) {
		assert_true(stage_next_alone(&st, &f));
		assert_int_equal(f.type, QF_FRAME_HERE);
		assert_int_equal(f.payload.len, sizeof large);
	}
	stage_quiet(&st);
	stage_fini(&st);
}

/* Among them may be that we leave. */
TEST(session_here, what_is_due_is_said_before_the_goodbye_and_nothing_after_it)
{
	static const struct qf_key nobody;
	struct stage st;

	stage_live(&st);
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "a", 1);
	qf_session_close(&st.session, "enough");
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "b", 1);
	assert_int_equal(stage_take(&st, QF_FRAME_HERE).at[0], 'a');
	stage_closed(&st, "enough");
	assert_int_equal(st.sent.frames[QF_FRAME_HERE], 1);
	stage_fini(&st);
}

TEST(session_here, who_has_not_greeted_hears_only_the_goodbye)
{
	static const struct qf_key nobody;
	struct stage st;

	stage_begin(&st, true);
	tell_here(&st, QF_PARCEL_TO_OTHERS, &nobody, "a", 1);
	qf_session_close(&st.session, "enough");
	stage_take(&st, QF_FRAME_BYE);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_here, what_the_peer_says_of_presence_goes_to_the_core)
{
	struct qf_buf record;
	struct stage st;

	stage_live(&st);
	stage_withhold(&st, QF_EV_HERE);
	record_of(BOB, &record);
	stage_feed_raw(&st, QF_FRAME_HERE, record.at, record.len);
	assert_int_equal(st.held_count, 1);
	assert_int_equal(st.held[0].event.conn, STAGE_CONN);
	assert_int_equal(st.held[0].event.payload->len, record.len);
	assert_memory_equal(st.held[0].event.payload->at, record.at,
	                    record.len);
	qf_buf_fini(&record);
	stage_quiet(&st);
	stage_fini(&st);
}

TEST(session_here, what_is_malformed_or_signed_by_another_ends_the_link)
{
	struct qf_buf record;

	record_of(BOB, &record);
	for (int what = 0; what < 4; what++) {
		size_t len = record.len;
		struct stage st;

		stage_live(&st);
		if (what == 0)
			len = 0;
		else if (what == 1)
			len--;
		else
			record.at[what == 2 ? 2 : record.len - 1] ^= 1;
		stage_feed_raw(&st, QF_FRAME_HERE, record.at, len);
		stage_closed(&st, "malformed HERE");
		assert_int_equal(st.asked[QF_EV_HERE], 0);
		if (what > 1)
			record.at[what == 2 ? 2 : record.len - 1] ^= 1;
		stage_fini(&st);
	}
	qf_buf_fini(&record);
}

TEST(session_here, presence_before_the_greeting_ends_the_link)
{
	struct qf_buf record;
	struct stage st;

	record_of(BOB, &record);
	stage_begin(&st, true);
	stage_feed_raw(&st, QF_FRAME_HERE, record.at, record.len);
	stage_closed(&st, "no HELLO");
	qf_buf_fini(&record);
	stage_fini(&st);
}

/* A room of two keys. */

static struct stage_room *begin_direct(struct stage *st)
{
	struct qf_key bob = key_of(BOB);
	struct stage_room *r;

	stage_init_with(st, true, &bob);
	r = stage_join_direct(st, SELF, &bob);
	stage_open(st, r, true);
	stage_quiet(st);
	return r;
}

/* A signed envelope of that author in the room; sealed with its key, or with
 * another one, or not at all. */
static struct qf_envelope *line_in(const struct stage_room *r, uint8_t author,
                                   const uint8_t *key_id)
{
	struct lines l = lines_of(author, "");
	struct qf_envelope *e;
	struct qf_header head;

	l.room = r->own.room;
	e = lines_next(&l, 10);
	head = e->head;
	qf_envelope_unref(e);
	if (key_id)
		memcpy(head.key_id, key_id, QF_KEY_ID_BYTES);
	e = qf_envelope_new(&head, qf_bytes("sealed", 6));
	sign_commit(&l.author, &e, 1);
	return e;
}

TEST(session_here, what_either_of_two_sealed_has_its_place_in_their_room)
{
	for (uint8_t author = SELF; author <= BOB; author++) {
		struct qf_envelope *line;
		struct stage_room *r;
		struct stage st;

		r = begin_direct(&st);
		line = line_in(r, author, r->carried->direct->key_id);
		stage_feed_msg(&st, 0, &line, 1);
		assert_int_equal(st.session.state, QF_SESSION_LIVE);
		assert_true(stage_has(r, line));
		qf_envelope_unref(line);
		stage_fini(&st);
	}
}

TEST(session_here, what_a_third_says_in_a_room_of_two_ends_the_link)
{
	struct qf_envelope *line;
	struct stage_room *r;
	struct stage st;

	r = begin_direct(&st);
	line = line_in(r, EVE, r->carried->direct->key_id);
	stage_feed_msg(&st, 0, &line, 1);
	stage_closed(&st, "an envelope that has no place in its room");
	assert_int_equal(st.asked[QF_EV_ARRIVED], 0);
	qf_envelope_unref(line);
	stage_fini(&st);
}

TEST(session_here, what_is_clear_or_under_another_key_ends_the_link)
{
	static const uint8_t another[QF_KEY_ID_BYTES] = { 1 };

	for (int clear = 0; clear < 2; clear++) {
		struct qf_envelope *line;
		struct stage_room *r;
		struct stage st;

		r = begin_direct(&st);
		line = line_in(r, BOB, clear ? NULL : another);
		stage_feed_msg(&st, 0, &line, 1);
		stage_closed(&st, "an envelope that has no place in its room");
		assert_int_equal(st.asked[QF_EV_ARRIVED], 0);
		qf_envelope_unref(line);
		stage_fini(&st);
	}
}
