/* test_tail.c - a room's newest posts, and where a reader stands in them */
#include "test.h"

#include "core/err.h"
#include "core/tail.h"
#include "lines.h"

enum { BEGIN = 100 };

/* A tail that begins at lsn BEGIN, and one envelope that all its posts hold. */
struct scene {
	struct qf_tail tail;
	struct qf_told *told; /* as the core has it */
	struct qf_envelope *line;
};

static void scene_init(struct scene *s, size_t body_len)
{
	struct lines ana = lines_of(1, "#lobby");

	lines_say(&ana, &s->line, 1, body_len);
	s->told = qf_told_new();
	assert_non_null(s->told);
	qf_tail_init(&s->tail, BEGIN, qf_told_ref(s->told));
}

/* Whoever fills the ring with one envelope sees that nothing is left of it. */
static void scene_fini(struct scene *s)
{
	qf_tail_fini(&s->tail);
	assert_int_equal(s->told->refs, 1);
	qf_told_unref(s->told);
	assert_int_equal(s->line->refs, 1);
	qf_envelope_unref(s->line);
}

static void push(struct scene *s, uint64_t prev_lsn, uint64_t lsn)
{
	struct qf_room_id room = s->line->head.room;
	struct qf_posted item = { s->line, lsn };
	struct qf_post *post = qf_post_new(&room, prev_lsn, 0, &item, 1);

	assert_non_null(post);
	assert_int_equal(qf_tail_push(&s->tail, post), QF_OK);
}

static void tell(struct scene *s, uint64_t lsn)
{
	atomic_store(&s->told->lsn, lsn);
}

static void expect_next(const struct scene *s, uint64_t cursor, uint64_t lsn)
{
	const struct qf_post *post;

	assert_int_equal(qf_tail_next(&s->tail, cursor, &post), QF_TAIL_NEXT);
	assert_int_equal(post->last_lsn, lsn);
}

static void expect(const struct scene *s, uint64_t cursor,
                   enum qf_tail_state state)
{
	const struct qf_post *untouched = NULL;

	assert_int_equal(qf_tail_next(&s->tail, cursor, &untouched), state);
	assert_null(untouched);
}

TEST(tail, at_its_beginning_a_reader_is_even_or_behind)
{
	struct scene s;

	scene_init(&s, 1);
	assert_int_equal(qf_tail_known(&s.tail), BEGIN);
	expect(&s, BEGIN, QF_TAIL_EVEN);
	expect(&s, BEGIN + 1, QF_TAIL_EVEN); /* its pair was newer */
	expect(&s, BEGIN - 1, QF_TAIL_BEHIND);
	scene_fini(&s);
}

TEST(tail, a_reader_gets_each_post_in_order_and_then_is_even)
{
	struct scene s;

	scene_init(&s, 1);
	push(&s, BEGIN, 103);
	push(&s, 103, 104);
	push(&s, 104, 110); /* other rooms have the lsns between */
	expect_next(&s, BEGIN, 103);
	expect_next(&s, 103, 104);
	expect_next(&s, 104, 110);
	expect(&s, 110, QF_TAIL_EVEN);
	assert_int_equal(qf_tail_known(&s.tail), 110);
	scene_fini(&s);
}

TEST(tail, a_cursor_between_two_posts_of_the_room_is_good)
{
	struct scene s;

	scene_init(&s, 1);
	push(&s, BEGIN, 103);
	push(&s, 103, 110);
	expect_next(&s, 102, 103);
	expect_next(&s, 107, 110);
	scene_fini(&s);
}

TEST(tail, a_cursor_in_the_middle_of_a_post_gets_it_whole)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_envelope *lines[3];
	struct qf_posted items[3];
	struct qf_post *post;
	struct scene s;

	scene_init(&s, 1);
	lines_say(&ana, lines, 3, 1);
	for (size_t i = 0; i < 3; i++)
		items[i] = (struct qf_posted){ lines[i], 101 + i };
	post = qf_post_new(&ana.room, BEGIN, 0, items, 3);
	assert_int_equal(qf_tail_push(&s.tail, post), QF_OK);
	expect_next(&s, 100, 103);
	expect_next(&s, 101, 103);
	expect_next(&s, 102, 103);
	expect(&s, 103, QF_TAIL_EVEN);
	scene_fini(&s);
	lines_release(lines, 3);
}

TEST(tail, what_is_missing_between_posts_is_read_from_the_store)
{
	struct scene s;

	scene_init(&s, 1);
	push(&s, BEGIN, 103);
	push(&s, 105, 106); /* 105 did not find room in the queue */
	expect_next(&s, BEGIN, 103);
	expect(&s, 103, QF_TAIL_BEHIND);
	expect(&s, 104, QF_TAIL_BEHIND);
	expect_next(&s, 105, 106);
	expect(&s, 106, QF_TAIL_EVEN);
	scene_fini(&s);
}

TEST(tail, what_is_only_told_is_read_from_the_store)
{
	struct scene s;

	scene_init(&s, 1);
	push(&s, BEGIN, 103);
	tell(&s, 108);
	assert_int_equal(qf_tail_known(&s.tail), 108);
	expect_next(&s, BEGIN, 103);
	expect(&s, 103, QF_TAIL_BEHIND);
	expect(&s, 107, QF_TAIL_BEHIND);
	expect(&s, 108, QF_TAIL_EVEN);
	scene_fini(&s);
}

TEST(tail, what_was_told_is_over_when_a_later_post_comes)
{
	struct scene s;

	scene_init(&s, 1);
	tell(&s, 105);
	push(&s, 105, 109);
	assert_int_equal(qf_tail_known(&s.tail), 109);
	expect(&s, BEGIN, QF_TAIL_BEHIND);
	expect_next(&s, 105, 109);
	expect(&s, 109, QF_TAIL_EVEN);
	scene_fini(&s);
}

TEST(tail, a_ring_full_of_frames_drops_the_oldest)
{
	struct scene s;
	uint64_t lsn = BEGIN;

	scene_init(&s, 1);
	for (; lsn < BEGIN + QF_RING_FRAMES_MAX; lsn++)
		push(&s, lsn, lsn + 1);
	assert_int_equal(s.tail.count, QF_RING_FRAMES_MAX);
	expect_next(&s, BEGIN, BEGIN + 1);

	push(&s, lsn, lsn + 1);
	assert_int_equal(s.tail.count, QF_RING_FRAMES_MAX);
	expect(&s, BEGIN, QF_TAIL_BEHIND);
	expect_next(&s, BEGIN + 1, BEGIN + 2);
	expect_next(&s, lsn, lsn + 1);
	scene_fini(&s);
}

TEST(tail, a_ring_that_went_round_still_finds_every_cursor)
{
	struct scene s;
	uint64_t last = BEGIN + 2 * QF_RING_FRAMES_MAX + 17;

	scene_init(&s, 1);
	for (uint64_t lsn = BEGIN; lsn < last; lsn++)
		push(&s, lsn, lsn + 1);
	for (uint64_t lsn = last - QF_RING_FRAMES_MAX; lsn < last; lsn++)
		expect_next(&s, lsn, lsn + 1);
	expect(&s, last - QF_RING_FRAMES_MAX - 1, QF_TAIL_BEHIND);
	expect(&s, last, QF_TAIL_EVEN);
	scene_fini(&s);
}

TEST(tail, a_ring_full_of_bytes_drops_the_oldest)
{
	struct scene s;
	uint64_t lsn = BEGIN;
	size_t most;

	scene_init(&s, QF_BODY_BYTES_MAX);
	push(&s, lsn, lsn + 1);
	most = QF_RING_BYTES_MAX / s.tail.bytes;
	while (++lsn < BEGIN + most)
		push(&s, lsn, lsn + 1);
	assert_int_equal(s.tail.count, most);
	expect_next(&s, BEGIN, BEGIN + 1);

	push(&s, lsn, lsn + 1);
	assert_int_equal(s.tail.count, most);
	assert_true(s.tail.bytes <= QF_RING_BYTES_MAX);
	expect(&s, BEGIN, QF_TAIL_BEHIND);
	expect_next(&s, BEGIN + 1, BEGIN + 2);
	scene_fini(&s);
}

TEST(tail, told_lives_until_the_last_of_its_two_sides_lets_go)
{
	struct qf_told *told = qf_told_new();

	assert_non_null(told);
	assert_int_equal(told->refs, 1);
	assert_int_equal(told->lsn, 0);
	assert_ptr_equal(qf_told_ref(told), told);
	qf_told_unref(told);
	assert_int_equal(told->refs, 1);
	qf_told_unref(told);
	qf_told_unref(NULL);
}
