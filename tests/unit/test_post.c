/* test_post.c - what a post holds, and that it lets go of it */
#include "test.h"

#include <string.h>

#include "core/batch.h"
#include "core/post.h"
#include "signing.h"

enum { LINES = 3, SOURCE = 7 };

static const struct qf_room_id room = { { 9 } };

static void make_items(struct qf_posted *items)
{
	struct qf_envelope *envelopes[LINES];
	struct qf_identity id;
	struct qf_header h = { .room = room, .class = QF_CLASS_CONTENT };

	qf_identity_init(&id, (uint8_t[QF_SEED_BYTES]){ 1 });
	h.author = id.key;
	for (size_t i = 0; i < LINES; i++) {
		h.seq = i + 1;
		envelopes[i] = qf_envelope_new(&h, qf_bytes("hi", 2));
		items[i] = (struct qf_posted){ envelopes[i], 11 + 2 * i };
	}
	sign_commit(&id, envelopes, LINES);
}

TEST(post, its_payload_is_what_a_reader_of_the_room_reads)
{
	struct qf_posted items[LINES];
	struct qf_roots roots = { 0 };
	struct qf_batch batch;
	struct qf_cursor c;
	struct qf_post *p;

	make_items(items);
	p = qf_post_new(&room, 10, SOURCE, items, LINES);
	assert_non_null(p);
	assert_int_equal(p->prev_lsn, 10);
	assert_int_equal(p->last_lsn, 15);
	assert_int_equal(p->source, SOURCE);
	assert_int_equal(p->count, LINES);

	c = qf_cursor(qf_bytes(p->payload->at, p->payload->len));
	assert_int_equal(qf_batch_get(&c, &room, &roots, &batch), 0);
	assert_int_equal(batch.count, LINES);
	for (size_t i = 0; i < LINES; i++)
		assert_memory_equal(batch.envelopes[i]->id.b,
		                    p->items[i].envelope->id.b, QF_HASH_BYTES);
	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
	qf_post_unref(p);
	for (size_t i = 0; i < LINES; i++)
		qf_envelope_unref(items[i].envelope);
}

TEST(post, it_has_references_of_its_own_until_the_last_is_gone)
{
	struct qf_posted items[LINES];
	struct qf_post *p;

	make_items(items);
	p = qf_post_new(&room, 0, 0, items, LINES);
	assert_non_null(p);
	assert_int_equal(items[0].envelope->refs, 2);
	assert_ptr_equal(qf_post_ref(p), p);
	qf_post_unref(p);
	assert_int_equal(items[0].envelope->refs, 2);
	qf_post_unref(p);
	assert_int_equal(items[0].envelope->refs, 1);
	qf_post_unref(NULL);
	for (size_t i = 0; i < LINES; i++)
		qf_envelope_unref(items[i].envelope);
}
