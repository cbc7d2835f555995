/* test_batch.c - envelopes of one root in one frame: layout, limits, proofs */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "core/batch.h"
#include "core/err.h"
#include "signing.h"

enum {
	HEAD_BYTES = 32 + 1 + 1 + 64,
	/* Of an entry with prev whose hlc is absolute, others one byte. */
	FULL_BYTES = 1 + 3 + 8 + 1 + 16 + 1,
};

static const struct qf_room_id room = { { 'r', 'o', 'o', 'm' } };
static const uint64_t now = (uint64_t)1 << 57;

static struct qf_identity author(uint8_t seed)
{
	struct qf_identity id;

	qf_identity_init(&id, (uint8_t[QF_SEED_BYTES]){ seed });
	return id;
}

static struct qf_envelope *envelope(const struct qf_identity *id,
                                    const struct qf_envelope *before,
                                    uint64_t hlc, size_t body_len)
{
	static const uint8_t body[QF_BODY_BYTES_MAX];
	struct qf_header h = {
		.room = room,
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.author = id->key,
		.hlc = hlc,
		.seq = before ? before->head.seq + 1 : 1,
	};
	struct qf_envelope *e;

	if (before)
		memcpy(h.prev, before->id.b, sizeof h.prev);
	e = qf_envelope_new(&h, qf_bytes(body, body_len));
	assert_non_null(e);
	return e;
}

/* A commit of n short lines, one after the other, by the author `seed`. */
static void chain(uint8_t seed, struct qf_envelope **out, size_t n,
                  size_t body_len)
{
	struct qf_identity id = author(seed);

	for (size_t i = 0; i < n; i++)
		out[i] = envelope(&id, i ? out[i - 1] : NULL, now + i,
		                  body_len);
	sign_commit(&id, out, n);
}

static void release(struct qf_envelope **envelopes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		qf_envelope_unref(envelopes[i]);
}

static struct qf_buf put(struct qf_envelope *const *envelopes, size_t n)
{
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_batch_put(&to, envelopes, n);
	assert_false(to.bad);
	return to;
}

/* Those that are remembered; the last of them in *found. */
static size_t remembered(const struct qf_roots *roots,
                         struct qf_checked **found)
{
	static const struct qf_checked empty;
	size_t n = 0;

	for (size_t i = 0; roots->places && i < QF_ROOTS_MAX; i++)
		if (memcmp(&roots->places[i], &empty, sizeof empty)) {
			*found = &roots->places[i];
			n++;
		}
	return n;
}

static size_t count(const struct qf_roots *roots)
{
	struct qf_checked *found;

	return remembered(roots, &found);
}

static struct qf_checked *newest(const struct qf_roots *roots)
{
	struct qf_checked *found = NULL;

	assert_int_equal(remembered(roots, &found), 1);
	return found;
}

static int get(struct qf_bytes payload, struct qf_roots *roots,
               struct qf_batch *out)
{
	struct qf_cursor c = qf_cursor(payload);
	int rc = qf_batch_get(&c, &room, roots, out);

	if (rc)
		assert_int_equal(out->count, 0);
	return rc;
}

/* With nothing remembered, and nothing kept of it. */
static int verdict(struct qf_bytes payload)
{
	struct qf_roots roots = { 0 };
	struct qf_batch batch;
	int rc = get(payload, &roots, &batch);

	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
	return rc;
}

static void expect_same(const struct qf_batch *got,
                        struct qf_envelope *const *want, size_t n)
{
	assert_int_equal(got->count, n);
	for (size_t i = 0; i < n; i++) {
		const struct qf_envelope *e = got->envelopes[i];

		assert_memory_equal(e->id.b, want[i]->id.b, QF_HASH_BYTES);
		assert_memory_equal(e->body, want[i]->body, e->head.body_len);
		assert_int_equal(e->proof.leaf, want[i]->proof.leaf);
		assert_int_equal(e->proof.leaves, want[i]->proof.leaves);
		assert_true(qf_envelope_proven(e));
	}
}

static void expect_passes(struct qf_envelope *const *envelopes, size_t n)
{
	struct qf_roots roots = { 0 };
	struct qf_buf payload = put(envelopes, n);
	struct qf_batch batch;

	assert_int_equal(get(qf_buf_bytes(&payload), &roots, &batch), QF_OK);
	expect_same(&batch, envelopes, n);
	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
	qf_buf_fini(&payload);
}

TEST(batch, a_lone_envelope_is_its_head_and_itself)
{
	struct qf_envelope *e[1];
	struct qf_buf payload;

	chain(1, e, 1, 5);
	payload = put(e, 1);
	assert_int_equal(payload.len, HEAD_BYTES + FULL_BYTES + 5);
	qf_buf_fini(&payload);
	expect_passes(e, 1);
	release(e, 1);
}

TEST(batch, a_line_after_another_costs_six_bytes_and_its_body)
{
	struct qf_envelope *e[QF_BATCH_LEAVES_MAX];
	struct qf_buf payload;

	chain(1, e, QF_BATCH_LEAVES_MAX, 20);
	payload = put(e, QF_BATCH_LEAVES_MAX);
	assert_int_equal(payload.len, HEAD_BYTES + FULL_BYTES + 20 + 255 * 26);
	qf_buf_fini(&payload);
	expect_passes(e, QF_BATCH_LEAVES_MAX);
	release(e, QF_BATCH_LEAVES_MAX);
}

TEST(batch, every_part_of_a_commit_proves_itself)
{
	struct qf_envelope *e[11];
	struct qf_envelope *part[11];

	chain(1, e, 11, 3);
	for (unsigned mask = 1; mask < 1u << 11; mask += 13) {
		size_t n = 0;

		for (size_t i = 0; i < 11; i++)
			if (mask & 1u << i)
				part[n++] = e[i];
		expect_passes(part, n);
	}
	release(e, 11);
}

TEST(batch, what_was_received_can_be_passed_on_alone)
{
	struct qf_envelope *e[7];
	struct qf_roots roots = { 0 };
	struct qf_batch batch;
	struct qf_buf payload;

	chain(1, e, 7, 3);
	payload = put(e + 2, 4);
	assert_int_equal(get(qf_buf_bytes(&payload), &roots, &batch), QF_OK);
	for (size_t i = 0; i < batch.count; i++)
		expect_passes(&batch.envelopes[i], 1);
	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
	qf_buf_fini(&payload);
	release(e, 7);
}

TEST(batch, a_clock_may_stand_still_go_back_or_leap)
{
	static const uint64_t hlc[] = { 0,          now, now,        now - 1,
		                        UINT64_MAX, now, now + 1000, 3 };
	struct qf_identity id = author(1);
	struct qf_envelope *e[8];

	for (size_t i = 0; i < 8; i++)
		e[i] = envelope(&id, i ? e[i - 1] : NULL, hlc[i], 1);
	sign_commit(&id, e, 8);
	expect_passes(e, 8);
	release(e, 8);
}

TEST(batch, authors_may_fork_and_keys_may_seal)
{
	struct qf_identity id = author(1);
	struct qf_envelope *e[4];
	struct qf_header h;

	e[0] = envelope(&id, NULL, now, 1);
	e[1] = envelope(&id, NULL, now + 1, 2);
	h = e[1]->head;
	h.class = QF_CLASS_CONTROL;
	h.type = 200;
	h.seq = UINT64_MAX;
	memset(h.key_id, 7, sizeof h.key_id);
	e[2] = qf_envelope_new(&h, qf_bytes("sealed", 6));
	h.seq = 1;
	memcpy(h.prev, e[2]->id.b, sizeof h.prev);
	e[3] = qf_envelope_new(&h, qf_bytes(NULL, 0));
	sign_commit(&id, e, 4);
	expect_passes(e, 4);
	release(e, 4);
}

/* A batch of two, the second written by hand. */
struct by_hand {
	uint64_t gap;
	uint8_t shape;
	uint8_t class;
	uint64_t seq;
	const uint8_t *prev;
	const uint8_t *key_id;
	bool hlc_absolute;
	uint64_t hlc;
};

static int verdict_by_hand(struct qf_envelope *const *e,
                           const struct by_hand *w)
{
	struct qf_buf to = put(e, 1);
	int rc;

	/* Without the multiproof of the first alone, and now there are two. */
	to.len = HEAD_BYTES + FULL_BYTES + e[0]->head.body_len;
	to.at[33] = 1;
	qf_put_varint(&to, w->gap);
	qf_put_u8(&to, w->shape);
	qf_put_u8(&to, w->class);
	qf_put_u8(&to, QF_TYPE_TEXT);
	if (w->hlc_absolute)
		qf_put_u64(&to, w->hlc);
	else
		qf_put_varint(&to, w->hlc);
	if (w->prev) {
		qf_put_varint(&to, w->seq);
		qf_put_raw(&to, w->prev, QF_PREV_BYTES);
	}
	if (w->key_id)
		qf_put_raw(&to, w->key_id, QF_KEY_ID_BYTES);
	qf_put_bytes(&to, qf_envelope_body(e[1]));
	rc = verdict(qf_buf_bytes(&to));
	qf_buf_fini(&to);
	return rc;
}

TEST(batch, an_envelope_has_one_form_only)
{
	static const uint8_t zero[QF_PREV_BYTES];
	struct qf_envelope *e[2];
	struct by_hand w = { .class = 1, .hlc = 1 };

	chain(1, e, 2, 4);
	assert_int_equal(verdict_by_hand(e, &w), QF_OK);

	w.shape = 8; /* means nothing */
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.shape = 1; /* prev, though it follows */
	w.prev = e[0]->id.b;
	w.seq = 2;
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.seq = 3; /* well formed, but signed it is not */
	assert_int_equal(verdict_by_hand(e, &w), QF_E_DENIED);
	w.prev = NULL;
	w.shape = 2; /* a key that says clear */
	w.key_id = zero;
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.key_id = NULL;
	w.shape = 4; /* the delta is shorter */
	w.hlc_absolute = true;
	w.hlc = now + 1;
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.shape = 0; /* the delta is longer */
	w.hlc_absolute = false;
	w.hlc = now;
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.hlc = UINT64_MAX; /* wraps */
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	release(e, 2);
}

TEST(batch, headers_that_cannot_be_are_refused)
{
	struct qf_envelope *e[2];
	struct by_hand w = { .class = 2, .hlc = 1 };

	chain(1, e, 2, 4);
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.class = 1;
	w.gap = 1; /* of two leaves, the third */
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.gap = UINT64_MAX;
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	w.gap = 0;
	w.shape = 1; /* there is no seq zero */
	w.prev = e[0]->id.b;
	assert_int_equal(verdict_by_hand(e, &w), QF_E_MALFORMED);
	release(e, 2);
}

TEST(batch, it_ends_where_it_ends)
{
	struct qf_envelope *e[5];
	struct qf_buf payload;

	chain(1, e, 5, 3);
	payload = put(e + 1, 2);
	for (size_t len = 0; len < payload.len; len++)
		assert_int_equal(verdict(qf_bytes(payload.at, len)),
		                 QF_E_MALFORMED);
	assert_int_equal(verdict(qf_buf_bytes(&payload)), QF_OK);
	qf_put_u8(&payload, 0);
	assert_int_equal(verdict(qf_buf_bytes(&payload)), QF_E_MALFORMED);
	qf_buf_fini(&payload);
	release(e, 5);
}

TEST(batch, another_room_or_author_denies_it)
{
	struct qf_identity other = author(2);
	struct qf_room_id elsewhere = { { 1 } };
	struct qf_roots roots = { 0 };
	struct qf_envelope *e[3];
	struct qf_batch batch;
	struct qf_buf payload;
	struct qf_cursor c;

	chain(1, e, 3, 3);
	payload = put(e, 3);
	c = qf_cursor(qf_buf_bytes(&payload));
	assert_int_equal(qf_batch_get(&c, &elsewhere, &roots, &batch),
	                 QF_E_DENIED);
	assert_int_equal(batch.count, 0);
	memcpy(payload.at, other.key.b, QF_KEY_BYTES);
	assert_int_equal(verdict(qf_buf_bytes(&payload)), QF_E_DENIED);
	assert_int_equal(count(&roots), 0);
	qf_roots_fini(&roots);
	qf_buf_fini(&payload);
	release(e, 3);
}

TEST(batch, no_flipped_bit_changes_what_is_believed)
{
	struct qf_envelope *e[5];
	struct qf_roots roots = { 0 };
	struct qf_buf payload;

	chain(1, e, 5, 3);
	payload = put(e + 1, 3);
	for (size_t bit = 0; bit < payload.len * 8; bit++) {
		struct qf_batch batch;

		payload.at[bit / 8] ^= 1u << bit % 8;
		if (!get(qf_buf_bytes(&payload), &roots, &batch)) {
			/* Only the numbers of the leaves may say more than
			 * one thing (merkle.h). */
			assert_int_equal(batch.count, 3);
			for (size_t i = 0; i < 3; i++)
				assert_memory_equal(batch.envelopes[i]->id.b,
				                    e[i + 1]->id.b,
				                    QF_HASH_BYTES);
		}
		qf_batch_clear(&batch);
		payload.at[bit / 8] ^= 1u << bit % 8;
	}
	qf_roots_fini(&roots);
	qf_buf_fini(&payload);
	release(e, 5);
}

TEST(batch, a_remembered_root_is_not_checked_again)
{
	struct qf_envelope *e[3];
	struct qf_roots roots = { 0 };
	struct qf_batch batch;
	struct qf_buf payload;

	chain(1, e, 3, 3);
	payload = put(e, 1);
	assert_int_equal(get(qf_buf_bytes(&payload), &roots, &batch), QF_OK);
	assert_int_equal(count(&roots), 1);
	qf_batch_clear(&batch);
	qf_buf_fini(&payload);

	/* No signature at all, but remembered as good: so nobody looks. */
	memset(newest(&roots)->sig, 0, QF_SIG_BYTES);
	payload = put(e + 1, 2);
	memset(payload.at + 34, 0, QF_SIG_BYTES);
	assert_int_equal(get(qf_buf_bytes(&payload), &roots, &batch), QF_OK);
	assert_int_equal(count(&roots), 1);
	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
	assert_int_equal(verdict(qf_buf_bytes(&payload)), QF_E_DENIED);
	qf_buf_fini(&payload);
	release(e, 3);
}

TEST(batch, of_two_roots_of_one_place_the_newer_is_remembered)
{
	struct qf_checked older = { .root = { { 7, 3 } }, .sig = { 1 } };
	struct qf_checked newer = { .root = { { 7, 3 } }, .sig = { 2 } };
	struct qf_checked other = { .root = { { 8, 3 } }, .sig = { 3 } };
	struct qf_roots roots = { 0 };

	qf_roots_add(&roots, &older);
	qf_roots_add(&roots, &newer);
	assert_memory_equal(newest(&roots), &newer, sizeof newer);
	qf_roots_add(&roots, &other);
	assert_int_equal(count(&roots), 2);
	qf_roots_fini(&roots);
}

/* What another thread checked ahead is worth the check. */
TEST(batch, what_was_checked_ahead_is_not_checked_again)
{
	struct qf_envelope *e[2];
	struct qf_roots roots = { 0 };
	struct qf_checked what;
	struct qf_batch batch;
	struct qf_buf payload;
	struct qf_cursor c;

	chain(1, e, 2, 3);
	payload = put(e, 2);
	c = qf_cursor(qf_buf_bytes(&payload));
	assert_true(qf_batch_check(&c, &room, &what));
	memset(what.sig, 0, QF_SIG_BYTES);
	qf_roots_add(&roots, &what);

	memset(payload.at + 34, 0, QF_SIG_BYTES);
	c = qf_cursor(qf_buf_bytes(&payload));
	assert_false(qf_batch_check(&c, &room, &what));
	assert_int_equal(get(qf_buf_bytes(&payload), &roots, &batch), QF_OK);
	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
	qf_buf_fini(&payload);
	release(e, 2);
}

static size_t put_size(struct qf_envelope *const *envelopes, size_t n)
{
	struct qf_buf payload = put(envelopes, n);
	size_t size = payload.len;

	qf_buf_fini(&payload);
	return size;
}

TEST(batch, fit_takes_as_many_as_a_frame_holds_and_no_fewer)
{
	struct qf_identity id = author(1);
	struct qf_envelope *e[QF_BATCH_LEAVES_MAX];
	struct qf_envelope *part[QF_BATCH_LEAVES_MAX];
	unsigned dice = 1;

	for (size_t i = 0; i < QF_BATCH_LEAVES_MAX; i++) {
		dice = dice * 1103515245 + 12345;
		e[i] = envelope(&id, i && dice & 1 << 20 ? e[i - 1] : NULL,
		                now + (dice >> 24), dice >> 16 & 2047);
	}
	sign_commit(&id, e, QF_BATCH_LEAVES_MAX);
	for (int round = 0; round < 100; round++) {
		size_t n = 0;
		size_t fit;

		for (size_t i = 0; i < QF_BATCH_LEAVES_MAX; i++) {
			dice = dice * 1103515245 + 12345;
			if (dice >> 16 & 1)
				part[n++] = e[i];
		}
		fit = qf_batch_fit(part, n);
		assert_in_range(fit, 2, n - 1);
		assert_true(put_size(part, fit) <= QF_BATCH_BYTES_MAX);
		assert_true(put_size(part, fit + 1) > QF_BATCH_BYTES_MAX);
	}
	release(e, QF_BATCH_LEAVES_MAX);
}

TEST(batch, fit_is_exact_to_the_byte)
{
	struct qf_identity id = author(1);
	struct qf_envelope *e[5];
	size_t size;

	e[0] = envelope(&id, NULL, now, 30000);
	e[1] = envelope(&id, e[0], now, 35000);
	for (size_t i = 2; i < 5; i++)
		e[i] = envelope(&id, NULL, now, 0);
	sign_commit(&id, e, 5);
	size = put_size(e, 2);
	qf_envelope_unref(e[1]);

	for (size_t more = 0; more < 2; more++) {
		e[1] = envelope(&id, e[0], now,
		                35000 + QF_BATCH_BYTES_MAX - size + more);
		sign_commit(&id, e, 5);
		assert_int_equal(put_size(e, 2), QF_BATCH_BYTES_MAX + more);
		assert_int_equal(qf_batch_fit(e, 2), 2 - more);
		qf_envelope_unref(e[1]);
	}
	qf_envelope_unref(e[0]);
	release(e + 2, 3);
}

TEST(batch, fit_stops_at_what_is_of_another_batch)
{
	struct qf_envelope *a[3], *b[3], *c[2];
	struct qf_envelope *mixed[6];

	chain(1, a, 3, 3);
	chain(2, b, 3, 3);
	chain(1, c, 2, 3);
	assert_int_equal(qf_batch_fit(a, 0), 0);
	assert_int_equal(qf_batch_fit(a, 3), 3);

	memcpy(mixed, a, sizeof a);
	memcpy(mixed + 3, b, sizeof b);
	assert_int_equal(qf_batch_fit(mixed, 6), 3);
	memcpy(mixed + 1, c, sizeof c);
	assert_int_equal(qf_batch_fit(mixed, 3), 1);
	mixed[1] = a[2];
	mixed[2] = a[1]; /* leaves descend */
	assert_int_equal(qf_batch_fit(mixed, 3), 2);
	release(a, 3);
	release(b, 3);
	release(c, 2);
}

TEST(batch, one_envelope_always_fits_and_two_have_their_limit)
{
	struct qf_identity id = author(1);
	struct qf_envelope *e[QF_BATCH_LEAVES_MAX];
	struct qf_buf payload;

	for (size_t i = 0; i < QF_BATCH_LEAVES_MAX; i++)
		e[i] = envelope(&id, NULL, now + i,
		                i < 2 ? QF_BODY_BYTES_MAX : 0);
	sign_commit(&id, e, QF_BATCH_LEAVES_MAX);
	assert_int_equal(qf_batch_fit(e, 2), 1);
	assert_true(put_size(e, 1) + 16 <= QF_FRAME_BYTES_MAX);
	expect_passes(e, 1);

	payload = put(e, 2);
	assert_int_equal(verdict(qf_buf_bytes(&payload)), QF_E_MALFORMED);
	qf_buf_fini(&payload);
	release(e, QF_BATCH_LEAVES_MAX);
}
