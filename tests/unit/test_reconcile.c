/* test_reconcile.c - each rule by which two sets find their difference */
#include "test.h"

#include "core/err.h"
#include "core/limits.h"
#include "core/reconcile.h"
#include "keys.h"
#include "sim/pair.h"

/* Modes as they travel (reconcile.c). */
enum { SKIP = 0, LATER = 1, LIST = 2, SUMS = 67 };

static const struct qf_hash link_key = { { 1, 2, 3 } };
static const struct qf_bound end = { .class = QF_BOUND_END };

/* A frame in the making. */
struct frame {
	struct qf_buf bytes;
	struct qf_bound last;
};

static void frame_init(struct frame *f)
{
	*f = (struct frame){ .last = { 0 } };
	qf_buf_init(&f->bytes, 0);
}

/* One range up to the rank of a set, without what its mode brings. */
static void frame_put(struct frame *f, unsigned mode,
                      const struct qf_snapshot *s, size_t to)
{
	struct qf_bound upper = to == s->count ? end : qf_bound_at(s, to);

	qf_put_varint(&f->bytes, mode);
	qf_bound_put(&f->bytes, &upper, &f->last);
}

/* LIST the keys [from, to) of a reconciliation that has that set. */
static void frame_list(struct frame *f, const struct qf_reconcile *r,
                       size_t from, size_t to)
{
	frame_put(f, LIST + (unsigned)(to - from), r->mine, to);
	for (size_t rank = from; rank < to; rank++)
		qf_put_u64(&f->bytes, qf_reconcile_short(r, rank));
}

static void frame_sum(struct frame *f, const struct qf_reconcile *r,
                      size_t from, size_t to)
{
	frame_put(f, SUMS, r->mine, to);
	qf_put_u64(&f->bytes, r->sums[to] - r->sums[from]);
}

/* A frame as it reads, bounds as ranks of some set. */
struct said {
	uint64_t mode; /* SUMS: one of them */
	size_t from;
	size_t to;
	uint64_t sum;
};

static size_t read_frame(struct qf_bytes frame, const struct qf_snapshot *s,
                         struct said *said, size_t max)
{
	struct qf_cursor c = qf_cursor(frame);
	struct qf_bound bound, last = { 0 };
	size_t n = 0, from = 0;

	while (qf_cursor_left(&c)) {
		uint64_t mode = qf_get_varint(&c), count = 1;

		if (mode > SUMS) {
			count = mode - SUMS + 1;
			mode = SUMS;
		}
		for (; count > 0; count--, n++) {
			assert_true(n < max);
			bound = end;
			if (mode != LATER)
				qf_bound_get(&c, &bound, &last);
			said[n].mode = mode;
			said[n].from = from;
			said[n].to = from = qf_bound_rank(s, &bound);
			said[n].sum = mode == SUMS ? qf_get_u64(&c) : 0;
			if (mode > LIST && mode < SUMS)
				qf_get_span(&c, 8 * (mode - LIST));
		}
	}
	assert_true(qf_cursor_done(&c));
	return n;
}

/* Two who reconcile, `me` under test; `peer` only lends its set. */
struct scene {
	struct qf_reconcile me;
	struct qf_reconcile peer;
	struct qf_found found;
	struct frame in;
	struct qf_buf out;
	struct said said[64];
	size_t said_count;
};

/* Takes the snapshots. */
static void scene_init(struct scene *s, struct qf_snapshot *mine,
                       struct qf_snapshot *theirs)
{
	assert_int_equal(qf_reconcile_init(&s->me, mine, &link_key), QF_OK);
	assert_int_equal(qf_reconcile_init(&s->peer, theirs, &link_key), QF_OK);
	qf_snapshot_unref(mine);
	qf_snapshot_unref(theirs);
	qf_found_init(&s->found);
	qf_buf_init(&s->out, 0);
	frame_init(&s->in);
}

static void scene_fini(struct scene *s)
{
	qf_reconcile_fini(&s->me);
	qf_reconcile_fini(&s->peer);
	qf_found_fini(&s->found);
	qf_buf_fini(&s->in.bytes);
	qf_buf_fini(&s->out);
}

static int scene_hear(struct scene *s, size_t max_found)
{
	int rc;

	qf_buf_clear(&s->out);
	rc = qf_reconcile_answer(&s->me, qf_buf_bytes(&s->in.bytes), max_found,
	                         &s->out, &s->found);
	qf_buf_fini(&s->in.bytes);
	frame_init(&s->in);
	return rc;
}

/* Answer what is in `in`, and read the answer by my ranks. */
static void scene_answer(struct scene *s)
{
	assert_int_equal(scene_hear(s, QF_OWED_MAX), QF_OK);
	s->said_count = read_frame(qf_buf_bytes(&s->out), s->me.mine, s->said,
	                           sizeof s->said / sizeof s->said[0]);
}

static void assert_said(const struct scene *s, size_t i, uint64_t mode,
                        size_t from, size_t to)
{
	assert_true(i < s->said_count);
	assert_int_equal(s->said[i].mode, mode);
	assert_int_equal(s->said[i].from, from);
	assert_int_equal(s->said[i].to, to);
	if (mode == SUMS)
		assert_int_equal(s->said[i].sum,
		                 s->me.sums[to] - s->me.sums[from]);
}

static void assert_lack(const struct scene *s, size_t i, size_t from, size_t to,
                        bool whole)
{
	assert_true(i < s->found.their_count);
	assert_int_equal(s->found.theirs[i].from, from);
	assert_int_equal(s->found.theirs[i].to, to);
	assert_int_equal(s->found.theirs[i].whole, whole);
}

static void assert_done(const struct scene *s)
{
	assert_true(s->me.done);
	assert_int_equal(s->out.len, 0);
}

TEST(reconcile, it_begins_with_the_newest_and_ranges_that_double)
{
	struct scene s;

	scene_init(&s, minutes(0, 1000, 0), minutes(0, 0, 0));
	assert_int_equal(qf_reconcile_begin(&s.me, &s.out), QF_OK);
	s.said_count = read_frame(qf_buf_bytes(&s.out), s.me.mine, s.said, 64);
	assert_int_equal(s.said_count, 6);
	assert_said(&s, 0, SUMS, 0, 504);
	assert_said(&s, 1, SUMS, 504, 760);
	assert_said(&s, 2, SUMS, 760, 888);
	assert_said(&s, 3, SUMS, 888, 952);
	assert_said(&s, 4, SUMS, 952, 984);
	assert_said(&s, 5, LIST + 16, 984, 1000);
	assert_false(s.me.done);
	scene_fini(&s);
}

TEST(reconcile, a_few_keys_are_listed_at_once)
{
	struct scene s;

	scene_init(&s, minutes(0, 16, 0), minutes(0, 0, 0));
	assert_int_equal(qf_reconcile_begin(&s.me, &s.out), QF_OK);
	s.said_count = read_frame(qf_buf_bytes(&s.out), s.me.mine, s.said, 64);
	assert_int_equal(s.said_count, 1);
	assert_said(&s, 0, LIST + 16, 0, 16);
	scene_fini(&s);
}

TEST(reconcile, who_has_nothing_begins_with_an_empty_list)
{
	struct scene s;

	scene_init(&s, minutes(0, 0, 0), minutes(0, 0, 0));
	assert_int_equal(qf_reconcile_begin(&s.me, &s.out), QF_OK);
	assert_int_equal(s.out.len, 2);
	assert_memory_equal(s.out.at, "\x02\xff", 2);
	scene_fini(&s);
}

TEST(reconcile, equal_sets_end_with_the_first_frame)
{
	struct scene s;

	scene_init(&s, minutes(0, 1000, 0), minutes(0, 1000, 0));
	qf_reconcile_begin(&s.peer, &s.in.bytes);
	scene_answer(&s);
	assert_done(&s);
	assert_int_equal(s.found.their_count + s.found.wanted_count, 0);
	scene_fini(&s);
}

TEST(reconcile, an_empty_frame_is_the_end_and_needs_no_answer)
{
	struct scene s;

	scene_init(&s, minutes(0, 10, 0), minutes(0, 0, 0));
	qf_reconcile_begin(&s.me, &s.out);
	scene_answer(&s);
	assert_done(&s);
	scene_fini(&s);
}

TEST(reconcile, fingerprints_and_short_ids_depend_on_the_link)
{
	static const struct qf_hash other_key = { { 1, 2, 3, [31] = 1 } };
	struct qf_snapshot *set = minutes(0, 5, 0);
	struct qf_hash sum_key = link_key;
	struct qf_reconcile a, b, c;

	sum_key.b[0] ^= 1;
	qf_reconcile_init(&a, set, &link_key);
	qf_reconcile_init(&b, set, &other_key);
	qf_reconcile_init(&c, set, &sum_key);
	assert_int_equal(a.sums[5], b.sums[5]);
	assert_int_not_equal(a.sums[5], c.sums[5]);
	assert_int_not_equal(qf_reconcile_short(&a, 0),
	                     qf_reconcile_short(&b, 0));
	assert_int_equal(qf_reconcile_short(&a, 0), qf_reconcile_short(&c, 0));
	qf_reconcile_fini(&a);
	qf_reconcile_fini(&b);
	qf_reconcile_fini(&c);
	qf_snapshot_unref(set);
}

/* SipHash-2-4 of 0, 1, 2 ... 31 under the key 0, 1, 2 ... 15, from the vectors
 * of its authors, read as they read it. */
TEST(reconcile, the_fingerprint_is_siphash)
{
	struct qf_setkey key = { .class = QF_CLASS_CONTENT };
	struct qf_hash siphash_key;
	struct qf_reconcile r;
	struct qf_snapshot *s;
	struct qf_keyset set;

	for (uint8_t i = 0; i < 32; i++) {
		key.id.b[i] = i;
		siphash_key.b[i] = i % 16;
	}
	qf_keyset_init(&set);
	qf_keyset_add(&set, &key);
	s = qf_snapshot_new(&set, 1);
	qf_reconcile_init(&r, s, &siphash_key);
	assert_true(r.sums[1] == UINT64_C(0x7127512f72f27cce));
	assert_true(qf_reconcile_short(&r, 0) == r.sums[1]);
	qf_reconcile_fini(&r);
	qf_snapshot_unref(s);
	qf_keyset_fini(&set);
}

TEST(reconcile, a_fingerprint_of_what_we_lack_gets_an_empty_list)
{
	struct scene s;

	scene_init(&s, minutes(0, 10, 0), minutes(0, 30, 0));
	frame_put(&s.in, SKIP, s.peer.mine, 10);
	frame_sum(&s.in, &s.peer, 10, 20);
	scene_answer(&s);
	assert_int_equal(s.said_count, 2);
	assert_said(&s, 0, SKIP, 0, 10);
	assert_said(&s, 1, LIST, 10, 10);
	assert_false(s.me.done);
	scene_fini(&s);
}

TEST(reconcile, a_fingerprint_of_up_to_64_of_ours_gets_them_listed)
{
	struct scene s;

	scene_init(&s, minutes(0, 64, 0), minutes(0, 64, 9));
	frame_sum(&s.in, &s.peer, 0, s.peer.mine->count);
	scene_answer(&s);
	assert_int_equal(s.said_count, 1);
	assert_said(&s, 0, LIST + 64, 0, 64);
	scene_fini(&s);
}

TEST(reconcile, a_fingerprint_of_more_gets_those_of_sixteen_parts)
{
	struct scene s;

	scene_init(&s, minutes(0, 65, 0), minutes(0, 65, 9));
	frame_sum(&s.in, &s.peer, 0, s.peer.mine->count);
	scene_answer(&s);
	assert_int_equal(s.said_count, 16);
	for (size_t i = 0; i < 16; i++)
		assert_said(&s, i, SUMS, 65 * i / 16, 65 * (i + 1) / 16);
	scene_fini(&s);
}

TEST(reconcile, an_empty_list_says_that_all_of_ours_is_lacking)
{
	struct scene s;

	scene_init(&s, minutes(0, 100000, 0), minutes(0, 0, 0));
	qf_reconcile_begin(&s.peer, &s.in.bytes);
	scene_answer(&s);
	assert_done(&s);
	assert_int_equal(s.found.their_count, 1);
	assert_lack(&s, 0, 0, 100000, true);
	scene_fini(&s);
}

TEST(reconcile, a_list_shows_what_both_sides_lack)
{
	struct scene s;

	/* I have 0..5, the peer 2..7. */
	scene_init(&s, minutes(0, 6, 0), minutes(2, 8, 0));
	qf_reconcile_begin(&s.peer, &s.in.bytes);
	scene_answer(&s);
	assert_done(&s);
	assert_int_equal(s.found.their_count, 1);
	assert_lack(&s, 0, 0, 2, false);
	assert_int_equal(s.found.wanted_count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_in_range(qf_reconcile_rank(&s.peer, s.found.wanted[i]),
		                4, 5);
	scene_fini(&s);
}

/* The order in which a batch was signed: what is wanted in it comes as one. */
TEST(reconcile, what_is_wanted_is_wanted_in_the_order_of_its_keys)
{
	struct scene s;

	scene_init(&s, minutes(0, 0, 0), minutes(0, 60, 0));
	frame_list(&s.in, &s.peer, 0, 60);
	scene_answer(&s);
	assert_int_equal(s.found.wanted_count, 60);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(s.found.wanted[i],
		                 qf_reconcile_short(&s.peer, i));
	scene_fini(&s);
}

TEST(reconcile, a_list_that_we_know_declares_its_gaps_empty)
{
	struct scene s;

	/* The peer lacks 0, 10, 20 ... and what comes after 29. */
	scene_init(&s, minutes(0, 40, 0), minutes(0, 30, 10));
	frame_list(&s.in, &s.peer, 0, 27);
	scene_answer(&s);
	assert_int_equal(s.found.their_count, 4);
	assert_lack(&s, 0, 0, 1, true);
	assert_lack(&s, 1, 10, 11, true);
	assert_lack(&s, 2, 20, 21, true);
	assert_lack(&s, 3, 30, 40, true);
	assert_int_equal(s.found.wanted_count, 0);
	scene_fini(&s);
}

TEST(reconcile, runs_that_touch_are_one)
{
	struct scene s;

	/* Three ranges: nothing below 10, 25 alone below 30, nothing above. */
	scene_init(&s, minutes(0, 40, 0), minutes(0, 40, 0));
	frame_list(&s.in, &s.peer, 10, 10);
	frame_put(&s.in, LIST + 1, s.peer.mine, 30);
	qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 25));
	frame_list(&s.in, &s.peer, 40, 40);
	scene_answer(&s);
	assert_int_equal(s.found.their_count, 2);
	assert_lack(&s, 0, 0, 25, true);
	assert_lack(&s, 1, 26, 40, true);
	scene_fini(&s);
}

TEST(reconcile, a_whole_run_is_not_lost_in_one_that_is_not)
{
	struct scene s;

	/* Below 30 the peer has one key that I do not know. */
	scene_init(&s, minutes(0, 40, 0), minutes(0, 40, 0));
	frame_put(&s.in, LIST + 1, s.peer.mine, 30);
	qf_put_u64(&s.in.bytes, 12345);
	frame_list(&s.in, &s.peer, 40, 40);
	scene_answer(&s);
	assert_int_equal(s.found.their_count, 2);
	assert_lack(&s, 0, 0, 30, false);
	assert_lack(&s, 1, 30, 40, true);
	assert_int_equal(s.found.wanted_count, 1);
	assert_int_equal(s.found.wanted[0], 12345);
	scene_fini(&s);
}

TEST(reconcile, a_list_is_a_set)
{
	struct scene s;

	/* 3, twice 9, 1, twice one that I lack. */
	scene_init(&s, minutes(0, 10, 0), minutes(0, 10, 0));
	frame_put(&s.in, LIST + 6, s.peer.mine, 10);
	qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 3));
	qf_put_u64(&s.in.bytes, 77);
	qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 9));
	qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 1));
	qf_put_u64(&s.in.bytes, 77);
	qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 9));
	scene_answer(&s);
	assert_int_equal(s.found.their_count, 3);
	assert_lack(&s, 0, 0, 1, false);
	assert_lack(&s, 1, 2, 3, false);
	assert_lack(&s, 2, 4, 9, false);
	assert_int_equal(s.found.wanted_count, 1);
	scene_fini(&s);
}

/* The keys are compared one by one, until as many have been as there are; then
 * an index is built. Both must find the same. */
TEST(reconcile, lists_are_compared_alike_with_and_without_an_index)
{
	struct qf_lack first[64];
	struct scene s;
	size_t n = 0;

	scene_init(&s, minutes(0, 1000, 0), minutes(0, 1000, 7));
	for (int round = 0; round < 3; round++) {
		frame_list(&s.in, &s.peer, 0, 60);
		frame_put(&s.in, SUMS, s.peer.mine, s.peer.mine->count);
		qf_put_u64(&s.in.bytes, 1); /* keeps it open */
		scene_answer(&s);
		assert_int_equal(s.me.shorts != NULL, round > 0 ? 1 : 0);
		if (!round) {
			n = s.found.their_count;
			memcpy(first, s.found.theirs, n * sizeof first[0]);
			s.me.scanned = 1000;
		}
		assert_int_equal(s.found.their_count, n);
		for (size_t i = 0; i < n; i++)
			assert_lack(&s, i, first[i].from, first[i].to, true);
	}
	scene_fini(&s);
}

/* What is listed where it does not belong is not ours there: it is wanted, and
 * whoever sends it will find that we have it. */
TEST(reconcile, a_key_from_elsewhere_does_not_count)
{
	for (int indexed = 0; indexed < 2; indexed++) {
		struct scene s;

		scene_init(&s, minutes(0, 100, 0), minutes(0, 100, 0));
		s.me.scanned = indexed ? 100 : 0;
		frame_put(&s.in, SKIP, s.peer.mine, 20);
		frame_put(&s.in, LIST + 3, s.peer.mine, 30);
		qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 19));
		qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 20));
		qf_put_u64(&s.in.bytes, qf_reconcile_short(&s.peer, 30));
		scene_answer(&s);
		assert_int_equal(s.me.shorts != NULL, indexed);
		assert_int_equal(s.found.their_count, 1);
		assert_lack(&s, 0, 21, 30, false);
		assert_int_equal(s.found.wanted_count, 2);
		scene_fini(&s);
	}
}

TEST(reconcile, skips_are_joined_and_the_last_is_left_out)
{
	struct scene s;

	/* Of ten equal ranges only the seventh differs. */
	scene_init(&s, minutes(0, 100, 0), minutes(0, 100, 0));
	for (size_t i = 0; i < 10; i++) {
		frame_put(&s.in, SUMS, s.peer.mine, 10 * (i + 1));
		qf_put_u64(&s.in.bytes, s.peer.sums[10 * (i + 1)] -
		                                s.peer.sums[10 * i] + (i == 6));
	}
	scene_answer(&s);
	assert_int_equal(s.said_count, 2);
	assert_said(&s, 0, SKIP, 0, 60);
	assert_said(&s, 1, LIST + 10, 60, 70);
	scene_fini(&s);
}

TEST(reconcile, a_short_id_leads_to_its_rank)
{
	struct qf_snapshot *set = minutes(0, 1000, 0);
	struct qf_reconcile r;

	qf_reconcile_init(&r, set, &link_key);
	for (size_t rank = 0; rank < 1000; rank++)
		assert_int_equal(
			qf_reconcile_rank(&r, qf_reconcile_short(&r, rank)),
			rank);
	assert_int_equal(qf_reconcile_rank(&r, 12345), -1);
	qf_reconcile_fini(&r);
	qf_snapshot_unref(set);
}

TEST(reconcile, among_nothing_there_is_no_rank)
{
	struct qf_snapshot *set = minutes(0, 0, 0);
	struct qf_reconcile r;

	qf_reconcile_init(&r, set, &link_key);
	assert_int_equal(qf_reconcile_rank(&r, 0), -1);
	qf_reconcile_fini(&r);
	qf_snapshot_unref(set);
}

/* I lack all of 320 that are listed 64 at a time, and may find 200: after two
 * lists a third could be 129 more, so I keep what lies from 128 on. */
static void scene_keeps(struct scene *s)
{
	scene_init(s, minutes(0, 0, 0), minutes(0, 320, 0));
	for (size_t i = 0; i < 5; i++)
		frame_list(&s->in, &s->peer, 64 * i, 64 * (i + 1));
	assert_int_equal(scene_hear(s, 200), QF_OK);
	assert_int_equal(s->found.wanted_count, 128);
}

/* The answer is LATER from the peer's rank on, and nothing else. */
static void assert_later(struct scene *s, size_t rank)
{
	s->said_count = read_frame(qf_buf_bytes(&s->out), s->peer.mine, s->said,
	                           64);
	assert_int_equal(s->said_count, 2);
	assert_said(s, 0, SKIP, 0, rank);
	assert_int_equal(s->said[1].mode, LATER);
	assert_false(s->me.done);
}

/* The peer has nothing to say below a rank, and keeps what lies above. */
static void frame_later(struct frame *f, const struct qf_snapshot *s,
                        size_t rank)
{
	frame_put(f, SKIP, s, rank);
	qf_put_varint(&f->bytes, LATER);
}

TEST(reconcile, what_is_beyond_max_found_is_kept_for_later)
{
	struct scene s;

	scene_keeps(&s);
	assert_later(&s, 128);
	frame_put(&s.in, SKIP, s.peer.mine, 320);
	scene_answer(&s);
	assert_int_equal(s.found.wanted_count, 192);
	assert_done(&s);
	scene_fini(&s);
}

TEST(reconcile, behind_what_is_kept_all_is_kept)
{
	struct scene s;

	/* The last range would fit: it is empty, and I have ten keys there. */
	scene_init(&s, minutes(320, 330, 0), minutes(0, 330, 0));
	for (size_t i = 0; i < 5; i++)
		frame_list(&s.in, &s.peer, 64 * i, 64 * (i + 1));
	frame_list(&s.in, &s.peer, 330, 330);
	assert_int_equal(scene_hear(&s, 200), QF_OK);
	assert_int_equal(s.found.wanted_count, 128);
	assert_int_equal(s.found.their_count, 0);
	assert_later(&s, 128);

	frame_put(&s.in, SKIP, s.peer.mine, 330);
	scene_answer(&s);
	assert_int_equal(s.found.wanted_count, 192);
	assert_int_equal(s.found.their_count, 1);
	assert_lack(&s, 0, 0, 10, true);
	assert_done(&s);
	scene_fini(&s);
}

TEST(reconcile, who_hears_later_says_go_on)
{
	struct scene s;

	scene_init(&s, minutes(0, 10, 0), minutes(0, 10, 0));
	frame_later(&s.in, s.peer.mine, 5);
	scene_answer(&s);
	assert_int_equal(s.said_count, 1);
	assert_said(&s, 0, SKIP, 0, 10);
	assert_false(s.me.done);
	scene_fini(&s);
}

TEST(reconcile, who_keeps_what_lies_lower_goes_on_first)
{
	struct scene s;

	scene_keeps(&s);
	frame_later(&s.in, s.peer.mine, 10);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_OK);
	assert_int_equal(s.found.wanted_count, 0);
	assert_later(&s, 128);

	frame_later(&s.in, s.peer.mine, 192);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_OK);
	assert_int_equal(s.found.wanted_count, 64);
	assert_later(&s, 192);
	scene_fini(&s);
}

TEST(reconcile, no_answer_goes_into_what_is_kept)
{
	struct scene s;

	scene_keeps(&s);
	frame_list(&s.in, &s.peer, 0, 64);
	frame_list(&s.in, &s.peer, 64, 128);
	frame_list(&s.in, &s.peer, 128, 140);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_E_MALFORMED);
	scene_fini(&s);
}

TEST(reconcile, no_end_comes_while_something_is_kept)
{
	struct scene s;

	scene_keeps(&s);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_E_MALFORMED);
	scene_fini(&s);
}

/* Two sets with nothing in common: all fingerprints differ, and the lists of
 * one level alone fill many frames. */
TEST(reconcile, large_sets_without_anything_in_common_become_equal)
{
	struct pair p;

	pair_init(&p);
	for (uint32_t i = 0; i < 60000; i++) {
		struct qf_setkey key = key_of_minute(i);

		qf_keyset_add(&p.side[i % 2].set, &key);
	}
	pair_run(&p, &link_key);
	assert_null(p.fault);
	assert_true(pair_equal(&p));
	assert_int_equal(p.side[0].set.count, 60000);
	assert_true(p.laters > 0);
	assert_in_range(p.frame_max, QF_RECON_BYTES_MAX / 2,
	                QF_RECON_BYTES_MAX);
	/* Each id is listed once and little else is said. */
	assert_in_range(p.bytes, 0, 30000 * 8 * 3 / 2);
	pair_fini(&p);
}

TEST(reconcile, a_set_without_memory_for_more_finds_a_little_at_a_time)
{
	struct pair p;

	pair_init(&p);
	p.max_found = 1;
	for (uint32_t i = 0; i < 20000; i++) {
		struct qf_setkey key = key_of_minute(i);

		qf_keyset_add(&p.side[i % 2].set, &key);
	}
	pair_run(&p, &link_key);
	assert_null(p.fault);
	assert_true(pair_equal(&p));
	pair_fini(&p);
}

TEST(reconcile, who_talks_without_end_runs_out_of_frames)
{
	struct scene s;
	int frames = 0, rc;

	scene_init(&s, minutes(0, 1000, 0), minutes(0, 1000, 0));
	do {
		frame_later(&s.in, s.peer.mine, 5);
		rc = scene_hear(&s, QF_OWED_MAX);
		frames++;
	} while (rc == QF_OK);
	assert_int_equal(rc, QF_E_MALFORMED);
	/* 2 * ceil(log16 1000) + 6, and one over. */
	assert_int_equal(frames, 13);
	scene_fini(&s);
}

TEST(reconcile, nothing_comes_after_the_end)
{
	struct scene s;

	scene_init(&s, minutes(0, 10, 0), minutes(0, 10, 0));
	qf_reconcile_begin(&s.peer, &s.in.bytes);
	scene_answer(&s);
	assert_done(&s);
	qf_reconcile_begin(&s.peer, &s.in.bytes);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_E_MALFORMED);
	scene_fini(&s);
}

/* SKIPs of three bytes each, in good order. */
static void frame_of_skips(struct frame *f, size_t len)
{
	struct qf_bound upper = { .class = QF_CLASS_CONTENT };

	while (f->bytes.len + 3 <= len) {
		qf_put_varint(&f->bytes, SKIP);
		qf_bound_put(&f->bytes, &upper, &f->last);
		upper.hlc++;
		if (upper.hlc % 2 == 0)
			upper.hlc++; /* a zero at its end is said apart */
	}
}

TEST(reconcile, a_frame_has_at_most_64_KiB)
{
	struct scene s;

	scene_init(&s, minutes(0, 10, 0), minutes(0, 10, 0));
	frame_of_skips(&s.in, QF_RECON_BYTES_MAX);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_OK);
	s.me.done = false;
	frame_of_skips(&s.in, QF_RECON_BYTES_MAX + 3);
	assert_true(s.in.bytes.len > QF_RECON_BYTES_MAX);
	assert_int_equal(scene_hear(&s, QF_OWED_MAX), QF_E_MALFORMED);
	scene_fini(&s);
}

TEST(reconcile, one_mode_brings_at_most_61_fingerprints)
{
	for (unsigned n = 61; n <= 62; n++) {
		struct qf_bound upper = { .class = QF_CLASS_CONTENT };
		struct scene s;

		scene_init(&s, minutes(0, 10, 0), minutes(0, 0, 0));
		qf_put_varint(&s.in.bytes, SUMS + n - 1);
		for (unsigned i = 0; i < n; i++) {
			upper.hlc++;
			qf_bound_put(&s.in.bytes, &upper, &s.in.last);
			qf_put_u64(&s.in.bytes, 0);
		}
		assert_int_equal(scene_hear(&s, QF_OWED_MAX),
		                 n == 61 ? QF_OK : QF_E_MALFORMED);
		scene_fini(&s);
	}
}

/* Bounds: "\xff" is the end; "\x80\x01\x05" class 1, hlc 5; "\x00\x01" one
 * more than the one before. */
TEST(reconcile, malformed_frames_are_refused)
{
#define FRAME(bytes, why)                                                      \
	{                                                                      \
		bytes, sizeof bytes - 1, why                                   \
	}
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} frames[] = {
		FRAME("\x00", "a mode and no bound"),
		FRAME("\x80\x00\xff", "a mode longer than it need be"),
		FRAME("\x80\x01\xff", "a mode that does not exist"),
		FRAME("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff",
		      "the largest mode"),
		FRAME("\x00\xff\x00", "a byte behind the end"),
		FRAME("\x00\xff\x00\xff", "a range behind the end"),
		FRAME("\x00\x00\x00", "a range that ends at the beginning"),
		FRAME("\x00\x80\x01\x05\x00\x00\x00", "a range of nothing"),
		FRAME("\x00\x80\x01\x05\x00\x80\x01\x04", "bounds that fall"),
		FRAME("\x00\x80\x01\x05\x00\x80\x00\x06", "classes that fall"),
		FRAME("\x03\xff\0\0\0\0\0\0\0", "an id of 7 bytes"),
		FRAME("\x43\xff\0\0\0\0\0\0\0", "a fingerprint of 7 bytes"),
		FRAME("\x43\xff", "a fingerprint that is not there"),
		FRAME("\x44\x80\x01\x05\0\0\0\0\0\0\0\0",
		      "one fingerprint for two"),
		FRAME("\x02\xff\x01", "LATER behind the end"),
		FRAME("\x01\xff", "LATER with a bound"),
		FRAME("\x01\x02\xff", "LATER before the last"),
	};

	for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
		struct scene s;

		scene_init(&s, minutes(0, 100, 0), minutes(0, 0, 0));
		qf_put_raw(&s.in.bytes, frames[i].bytes, frames[i].len);
		if (scene_hear(&s, QF_OWED_MAX) != QF_E_MALFORMED)
			fail_msg("not refused: %s", frames[i].why);
		scene_fini(&s);
	}
#undef FRAME
}

TEST(reconcile, a_list_has_at_most_64_ids)
{
	struct scene s;

	/* Mode 66 lists 64; what would list 65 means SUMS of one. */
	scene_init(&s, minutes(0, 0, 0), minutes(0, 64, 0));
	frame_list(&s.in, &s.peer, 0, 64);
	assert_int_equal(s.in.bytes.at[0], 66);
	scene_answer(&s);
	assert_int_equal(s.found.wanted_count, 64);
	scene_fini(&s);
}
