/* test_replica.c - a room as a node holds it: its chain, its set, who listens
 */
#include "test.h"

#include "core/clock.h"
#include "core/err.h"
#include "core/replica.h"
#include "lines.h"

enum { WORKERS = 2 };

static const struct qf_key self = { { 's' } };

static struct qf_replica *lobby(void)
{
	struct qf_room_id id;
	struct qf_replica *r;

	qf_room_id_open(&id, "#lobby");
	r = qf_replica_new(&id, "#lobby", WORKERS);
	assert_non_null(r);
	assert_string_equal(r->name, "#lobby");
	return r;
}

static struct qf_envelope *seal(struct qf_replica *r, uint64_t wall_ms)
{
	struct qf_envelope *e = qf_replica_seal(r, &self, QF_TYPE_ACTION,
	                                        qf_bytes("waves", 5), wall_ms);

	assert_non_null(e);
	return e;
}

TEST(replica, numbers_that_may_have_been_used_are_passed_over)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_replica *r = lobby();
	struct qf_envelope *first, *second;

	r->past = 1000;
	first = seal(r, lines_wall_ms);
	second = seal(r, lines_wall_ms);
	assert_int_equal(first->head.seq, 1001);
	assert_memory_equal(first->head.prev, none, sizeof none);
	assert_int_equal(second->head.seq, 1002);
	assert_memory_equal(second->head.prev, first->id.b, QF_PREV_BYTES);
	qf_envelope_unref(first);
	qf_envelope_unref(second);
	qf_replica_free(r);
}

TEST(replica, what_we_forgot_and_hear_again_moves_us_a_margin_on)
{
	struct qf_replica *r = lobby();
	struct qf_envelope *e = seal(r, lines_wall_ms);

	qf_envelope_unref(e);
	qf_replica_returned(r, 1);
	assert_int_equal(r->own_seq, 1);
	qf_replica_returned(r, 9);
	qf_replica_returned(r, 10);
	e = seal(r, lines_wall_ms);
	assert_int_equal(e->head.seq, 10 + QF_SEQ_MARGIN);
	qf_envelope_unref(e);
	/* Whoever signs such a number has our key, and no count ends there. */
	qf_replica_returned(r, UINT64_MAX);
	assert_int_equal(r->own_seq, 10 + QF_SEQ_MARGIN);
	qf_replica_free(r);
}

TEST(replica, a_lost_past_is_above_what_was_counted_whatever_the_clock_says)
{
	uint64_t counted = UINT64_C(1) << 39, now = 1800000000000;

	assert_int_equal(qf_replica_past(now, 5), now);
	for (uint64_t random = 1; random; random <<= 1) {
		uint64_t past = qf_replica_past(1000, random);

		assert_true(past >= counted && past < now);
	}
}

TEST(replica, what_we_say_is_one_chain_from_seq_1)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_replica *r = lobby();
	struct qf_envelope *first = seal(r, lines_wall_ms);
	struct qf_envelope *second = seal(r, lines_wall_ms);

	assert_memory_equal(first->head.room.b, r->id.b, sizeof r->id.b);
	assert_memory_equal(first->head.author.b, self.b, sizeof self.b);
	assert_int_equal(first->head.class, QF_CLASS_CONTENT);
	assert_int_equal(first->head.type, QF_TYPE_ACTION);
	assert_int_equal(first->head.seq, 1);
	assert_memory_equal(first->head.prev, none, sizeof none);
	assert_int_equal(second->head.seq, 2);
	assert_memory_equal(second->head.prev, first->id.b,
	                    sizeof second->head.prev);
	assert_int_equal(r->own_seq, 2);
	assert_memory_equal(r->own_prev, second->id.b, sizeof r->own_prev);
	assert_int_equal(r->set.count, 0); /* nothing is committed */
	qf_envelope_unref(first);
	qf_envelope_unref(second);
	qf_replica_free(r);
}

TEST(replica, stamps_ascend_though_the_wall_clock_goes_back)
{
	struct qf_replica *r = lobby();
	uint64_t last = 0;

	for (int i = 0; i < 5; i++) {
		struct qf_envelope *e = seal(r, lines_wall_ms - i * 1000);

		assert_true(e->head.hlc > last);
		assert_int_equal(qf_clock_ms(e->head.hlc), lines_wall_ms);
		last = r->hlc;
		assert_int_equal(last, e->head.hlc);
		qf_envelope_unref(e);
	}
	qf_replica_free(r);
}

TEST(replica, a_body_that_is_too_large_changes_nothing)
{
	static const uint8_t body[QF_BODY_BYTES_MAX + 1];
	struct qf_replica *r = lobby();
	struct qf_envelope *e;

	assert_null(qf_replica_seal(r, &self, QF_TYPE_TEXT,
	                            qf_bytes(body, sizeof body),
	                            lines_wall_ms));
	assert_int_equal(r->own_seq, 0);
	assert_int_equal(r->hlc, 0);
	e = seal(r, lines_wall_ms);
	assert_int_equal(e->head.seq, 1);
	qf_envelope_unref(e);
	qf_replica_free(r);
}

TEST(replica, what_is_committed_is_in_the_set_once)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_replica *r = lobby();
	struct qf_envelope *e;
	struct qf_setkey key;

	lines_say(&ana, &e, 1, 10);
	key = qf_setkey_of(e, 0);
	assert_false(qf_keyset_has(&r->set, &key));
	assert_int_equal(qf_replica_commit(r, e, 7), 1);
	assert_true(qf_keyset_has(&r->set, &key));
	assert_int_equal(r->last_lsn, 7);
	assert_int_equal(qf_replica_commit(r, e, 8), 0);
	assert_int_equal(r->set.count, 1);
	assert_int_equal(r->last_lsn, 7);
	qf_envelope_unref(e);
	qf_replica_free(r);
}

TEST(replica, a_snapshot_is_shared_until_something_is_committed)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_replica *r = lobby();
	struct qf_envelope *e[2];
	struct qf_snapshot *before, *same, *after;

	lines_say(&ana, e, 2, 10);
	assert_int_equal(qf_replica_commit(r, e[0], 7), 1);
	before = qf_replica_snapshot(r);
	same = qf_replica_snapshot(r);
	assert_ptr_equal(before, same);
	assert_int_equal(before->lsn, 7);
	assert_int_equal(before->count, 1);

	assert_int_equal(qf_replica_commit(r, e[1], 9), 1);
	after = qf_replica_snapshot(r);
	assert_int_equal(before->count, 1);
	assert_int_equal(after->count, 2);
	assert_int_equal(after->lsn, 9);
	assert_memory_equal(qf_snapshot_at(after, 1)->id.b, e[1]->id.b,
	                    QF_HASH_BYTES);
	qf_snapshot_unref(before);
	qf_snapshot_unref(same);
	qf_replica_free(r);
	assert_int_equal(after->count, 2); /* it outlives its room */
	qf_snapshot_unref(after);
	lines_release(e, 2);
}

TEST(replica, each_worker_is_told_by_one_word_of_its_own)
{
	struct qf_replica *r = lobby();
	struct qf_told *first, *again, *other;

	assert_null(r->told[0]);
	first = qf_replica_told(r, 0);
	again = qf_replica_told(r, 0);
	other = qf_replica_told(r, WORKERS - 1);
	assert_ptr_equal(first, again);
	assert_ptr_not_equal(first, other);
	assert_int_equal(first->refs, 3);
	qf_told_unref(again);
	qf_replica_free(r);
	assert_int_equal(first->refs, 1);
	qf_told_unref(first);
	qf_told_unref(other);
	qf_replica_free(NULL);
}
