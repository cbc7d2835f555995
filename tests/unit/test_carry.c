/* test_carry.c - the rooms that a worker joined, and what is asked through it
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/carry.h"
#include "core/err.h"
#include "lines.h"

enum { CONN = 5, OTHER = 6 };

static struct qf_carried *lobby(struct qf_carry *c)
{
	struct qf_room_id id;
	struct qf_carried *room;

	qf_room_id_open(&id, "#lobby");
	room = qf_carry_room(c, &id, "#lobby");
	assert_non_null(room);
	return room;
}

/* A post of one line; the line's reference is the caller's. */
static struct qf_post *post_of(struct qf_envelope *line, uint64_t prev_lsn)
{
	struct qf_posted item = { line, prev_lsn + 1 };
	struct qf_post *post = qf_post_new(&line->head.room, prev_lsn, 0, &item,
	                                   1);

	assert_non_null(post);
	return post;
}

TEST(carry, a_room_that_is_told_twice_is_one)
{
	struct qf_carry c;
	struct qf_room_id other;
	struct qf_hash tag_key;
	struct qf_carried *room;

	qf_carry_init(&c);
	room = lobby(&c);
	assert_ptr_equal(lobby(&c), room);
	assert_int_equal(c.room_count, 1);
	assert_string_equal(room->name, "#lobby");
	qf_room_tag_key(&room->id, &tag_key);
	assert_memory_equal(room->tag_key.b, tag_key.b, sizeof tag_key.b);
	assert_ptr_equal(qf_carry_find(&c, &room->id), room);
	qf_room_id_open(&other, "#other");
	assert_null(qf_carry_find(&c, &other));
	qf_carry_fini(&c);
}

TEST(carry, a_room_stays_where_it_is_while_others_come)
{
	struct qf_carry c;
	struct qf_carried *first;

	qf_carry_init(&c);
	first = lobby(&c);
	for (uint8_t i = 0; i < 100; i++) {
		struct qf_room_id id = { { i } };

		assert_non_null(qf_carry_room(&c, &id, "#more"));
	}
	assert_ptr_equal(lobby(&c), first);
	assert_int_equal(c.room_count, 101);
	qf_carry_fini(&c);
}

TEST(carry, the_first_pair_makes_the_tail_and_later_ones_let_go)
{
	struct qf_told *told = qf_told_new();
	struct qf_carry c;
	struct qf_carried *room;

	qf_carry_init(&c);
	room = lobby(&c);
	assert_false(room->has_tail);
	qf_carry_pair(room, 10, qf_told_ref(told));
	assert_true(room->has_tail);
	qf_carry_pair(room, 20, qf_told_ref(told));
	assert_int_equal(told->refs, 2);
	assert_int_equal(qf_tail_known(&room->tail), 10);
	qf_carry_fini(&c);
	assert_int_equal(told->refs, 1);
	qf_told_unref(told);
}

TEST(carry, a_post_goes_to_the_tail_of_its_room)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	const struct qf_post *post;
	struct qf_carried *room;
	struct qf_carry c;

	lines_say(&ana, &line, 1, 10);
	qf_carry_init(&c);
	room = lobby(&c);
	qf_carry_pair(room, 10, qf_told_new());
	assert_ptr_equal(qf_carry_post(&c, post_of(line, 10)), room);
	assert_ptr_equal(qf_carry_post(&c, post_of(line, 11)), room);
	assert_int_equal(qf_tail_next(&room->tail, 10, &post), QF_TAIL_NEXT);
	assert_int_equal(post->last_lsn, 11);
	qf_carry_fini(&c);
	assert_int_equal(line->refs, 1);
	qf_envelope_unref(line);
}

/* A further room, and a line that all its posts hold. */
static struct qf_carried *add_room(struct qf_carry *c, size_t body_len,
                                   struct qf_envelope **line)
{
	char name[16];
	struct lines ana;
	struct qf_carried *room;

	snprintf(name, sizeof name, "#r%zu", c->room_count);
	ana = lines_of(1, name);
	lines_say(&ana, line, 1, body_len);
	room = qf_carry_room(c, &(*line)->head.room, name);
	qf_carry_pair(room, 10, qf_told_new());
	return room;
}

/* Room after room fills its ring, twice over. */
TEST(carry, all_rooms_together_keep_no_more_than_some)
{
	enum {
		ROOMS = QF_RINGS_FRAMES_MAX / QF_RING_FRAMES_MAX + 3,
		POSTS = 2 * QF_RING_FRAMES_MAX,
		LEFT = QF_RINGS_FRAMES_MAX / POSTS, /* their entries are all */
	};
	struct qf_envelope *line[ROOMS];
	const struct qf_post *post;
	struct qf_carry c;

	qf_carry_init(&c);
	for (size_t i = 0; i < ROOMS; i++) {
		struct qf_carried *room = add_room(&c, 10, &line[i]);

		for (uint64_t lsn = 10; lsn < 10 + POSTS; lsn++)
			assert_ptr_equal(
				qf_carry_post(&c, post_of(line[i], lsn)), room);
	}
	assert_int_equal(c.kept_count, QF_RINGS_FRAMES_MAX);
	for (size_t i = 0; i < ROOMS; i++) {
		const struct qf_tail *t = &c.rooms[i]->tail;
		bool is_left = i + LEFT >= ROOMS;

		assert_int_equal(t->count, is_left ? QF_RING_FRAMES_MAX : 0);
		assert_int_equal(qf_tail_next(t, 9 + POSTS, &post),
		                 is_left ? QF_TAIL_NEXT : QF_TAIL_BEHIND);
		assert_int_equal(qf_tail_next(t, 10 + POSTS, &post),
		                 QF_TAIL_EVEN);
	}
	qf_carry_fini(&c);
	for (size_t i = 0; i < ROOMS; i++) {
		assert_int_equal(line[i]->refs, 1);
		qf_envelope_unref(line[i]);
	}
}

TEST(carry, long_posts_of_all_rooms_have_one_limit)
{
	enum {
		BODY_BYTES = 60000,
		EACH = QF_RING_BYTES_MAX / BODY_BYTES - 1,
		ROOMS = QF_RINGS_BYTES_MAX / QF_RING_BYTES_MAX + 3
	};
	struct qf_envelope *line[ROOMS];
	size_t bytes = 0;
	struct qf_carry c;

	qf_carry_init(&c);
	for (size_t i = 0; i < ROOMS; i++) {
		add_room(&c, BODY_BYTES, &line[i]);
		for (uint64_t lsn = 10; lsn < 10 + EACH; lsn++)
			qf_carry_post(&c, post_of(line[i], lsn));
	}
	for (size_t i = 0; i < ROOMS; i++)
		bytes += c.rooms[i]->tail.bytes;
	assert_int_equal(bytes, c.kept_bytes);
	assert_in_range(bytes, QF_RINGS_BYTES_MAX - QF_RING_BYTES_MAX,
	                QF_RINGS_BYTES_MAX);
	assert_int_equal(c.rooms[0]->tail.count, 0);
	assert_int_equal(c.rooms[ROOMS - 1]->tail.count, EACH);
	qf_carry_fini(&c);
	for (size_t i = 0; i < ROOMS; i++)
		qf_envelope_unref(line[i]);
}

static struct qf_post *brought(struct qf_envelope *line, uint64_t prev,
                               uint64_t lsn, uint64_t source)
{
	struct qf_posted item = { line, lsn };
	struct qf_post *p = qf_post_new(&line->head.room, prev, source, &item,
	                                1);

	assert_non_null(p);
	return p;
}

TEST(carry, what_others_brought_is_not_ours_and_what_was_not_seen_may_be)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_told *told = qf_told_new();
	struct qf_envelope *line;
	struct qf_carried *room;
	struct qf_carry c;

	lines_say(&ana, &line, 1, 10);
	qf_carry_init(&c);
	room = lobby(&c);
	qf_carry_pair(room, 10, qf_told_ref(told));
	assert_true(qf_carry_may_be_own(room, 9));
	assert_false(qf_carry_may_be_own(room, 10));

	qf_carry_post(&c, brought(line, 10, 11, 7));
	assert_false(qf_carry_may_be_own(room, 10));
	qf_carry_post(&c, brought(line, 11, 12, 0));
	assert_true(qf_carry_may_be_own(room, 11));
	assert_false(qf_carry_may_be_own(room, 12));

	/* 13 was only told of, and then left a gap. */
	atomic_store(&told->lsn, 13);
	assert_true(qf_carry_may_be_own(room, 12));
	qf_carry_post(&c, brought(line, 13, 14, 7));
	assert_true(qf_carry_may_be_own(room, 12));
	assert_false(qf_carry_may_be_own(room, 13));
	qf_carry_fini(&c);
	qf_told_unref(told);
	qf_envelope_unref(line);
}

TEST(carry, whoever_follows_a_room_is_on_its_list_until_it_stops)
{
	struct qf_follower f[3] = { 0 };
	struct qf_carried *room;
	struct qf_carry c;

	qf_carry_init(&c);
	room = lobby(&c);
	for (int i = 0; i < 3; i++)
		qf_carry_follow(room, &f[i], (qf_conn)i + 1);
	qf_carry_unfollow(&f[1]);
	qf_carry_unfollow(&f[1]);
	assert_int_equal(room->followers->conn, 3);
	assert_int_equal(room->followers->next->conn, 1);
	assert_null(room->followers->next->next);
	qf_carry_unfollow(&f[2]);
	qf_carry_unfollow(&f[0]);
	assert_null(room->followers);
	qf_carry_fini(&c);
}

TEST(carry, a_post_for_nobody_here_is_let_go)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct qf_carry c;

	lines_say(&ana, &line, 1, 10);
	qf_carry_init(&c);
	assert_null(qf_carry_post(&c, post_of(line, 10)));
	lobby(&c); /* told of, but no pair has come */
	assert_null(qf_carry_post(&c, post_of(line, 11)));
	assert_int_equal(line->refs, 1);
	assert_false(c.bad);
	qf_carry_fini(&c);
	qf_envelope_unref(line);
}

static struct qf_read *read_of(qf_conn conn)
{
	struct qf_read *r = calloc(1, sizeof *r);

	assert_non_null(r);
	r->conn = conn;
	r->lsns = calloc(4, sizeof *r->lsns);
	return r;
}

TEST(carry, asks_keep_their_order_whoever_they_are_for)
{
	struct qf_carry c;

	qf_carry_init(&c);
	assert_non_null(qf_carry_tell(&c, QF_EV_FOLLOW, CONN));
	qf_carry_read(&c, read_of(CONN));
	assert_non_null(qf_carry_tell(&c, QF_EV_ARRIVED, OTHER));
	qf_carry_read(&c, read_of(OTHER));
	assert_int_equal(c.ask_count, 4);
	assert_int_equal(c.asks[0].kind, QF_ASK_EVENT);
	assert_int_equal(c.asks[0].event.kind, QF_EV_FOLLOW);
	assert_int_equal(c.asks[0].event.conn, CONN);
	assert_int_equal(c.asks[1].kind, QF_ASK_READ);
	assert_int_equal(c.asks[1].read->conn, CONN);
	assert_int_equal(c.asks[2].event.kind, QF_EV_ARRIVED);
	assert_int_equal(c.asks[2].event.conn, OTHER);
	assert_null(c.asks[2].event.envelopes);
	assert_int_equal(c.asks[3].read->conn, OTHER);
	qf_carry_fini(&c);
}

TEST(carry, what_was_asked_and_never_moved_on_is_released)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *line;
	struct qf_event *ev;
	struct qf_read *read = read_of(CONN);
	struct qf_carry c;

	lines_say(&ana, &line, 1, 10);
	qf_carry_init(&c);
	ev = qf_carry_tell(&c, QF_EV_ARRIVED, CONN);
	ev->envelopes = calloc(1, sizeof *ev->envelopes);
	ev->envelopes[0] = qf_envelope_ref(line);
	ev->envelope_count = 1;
	read->envelopes = calloc(4, sizeof(struct qf_envelope *));
	read->envelopes[0] = qf_envelope_ref(line);
	read->got = 1;
	read->authors = calloc(1, sizeof *read->authors);
	qf_carry_read(&c, read);
	assert_int_equal(line->refs, 3);
	qf_carry_fini(&c);
	assert_int_equal(line->refs, 1);
	qf_envelope_unref(line);
	qf_read_free(NULL);
}
