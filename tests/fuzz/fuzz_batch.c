/* fuzz_batch.c - no byte of a batch can change what is believed
 *
 * The first byte of the input says what the rest is. Even: the payload of a
 * stranger. Odd: a script that makes a commit, signs it, sends a part of it,
 * and says how the bytes are damaged on their way.
 *
 * Whatever verifies must prove itself envelope by envelope and have been
 * written as it would be written again; after damage it must still be of the
 * commit that was signed.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "core/batch.h"
#include "core/err.h"

#include "../unit/signing.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	COMMIT_MAX = 24,
	DAMAGES_MAX = 4,
	OWN_SEQ = 1, /* of the bits that a script gives an envelope */
	OWN_HLC = 2,
	SEALED = 4,
	LEFT_OUT = 8,
};

struct commit {
	struct qf_identity author;
	struct qf_envelope *all[COMMIT_MAX];
	struct qf_envelope *sent[COMMIT_MAX];
	size_t all_count;
	size_t sent_count;
};

static const struct qf_room_id room;

int LLVMFuzzerInitialize(__attribute__((unused)) int *argc,
                         __attribute__((unused)) char ***argv)
{
	return sodium_init() < 0 ? -1 : 0;
}

static void envelope_make(struct commit *c, struct qf_cursor *script)
{
	const struct qf_envelope *before = c->all_count
	                                           ? c->all[c->all_count - 1]
	                                           : NULL;
	uint8_t bits = qf_get_u8(script);
	struct qf_header h = {
		.class = bits >> 7,
		.type = bits >> 4 & 7,
		.author = c->author.key,
		.seq = before && before->head.seq < UINT64_MAX
		               ? before->head.seq + 1
		               : 1,
		.hlc = before ? before->head.hlc : 0,
	};
	struct qf_envelope *e;

	if (before)
		memcpy(h.prev, before->id.b, sizeof h.prev);
	if (bits & OWN_SEQ)
		h.seq = qf_get_u64(script) | 1;
	if (bits & OWN_HLC)
		h.hlc += qf_get_u64(script);
	if (bits & SEALED)
		qf_get_raw(script, h.key_id, sizeof h.key_id);
	e = qf_envelope_new(&h, qf_get_span(script, qf_get_u8(script)));
	assert(e);
	c->all[c->all_count++] = e;
	if (!(bits & LEFT_OUT))
		c->sent[c->sent_count++] = e;
}

static void commit_make(struct commit *c, struct qf_cursor *script)
{
	size_t n = qf_get_u8(script) % COMMIT_MAX + 1;

	*c = (struct commit){ .all_count = 0 };
	qf_identity_init(&c->author, (uint8_t[QF_SEED_BYTES]){ 1 });
	while (c->all_count < n)
		envelope_make(c, script);
	if (c->sent_count == 0)
		c->sent[c->sent_count++] = c->all[n / 2];
	sign_commit(&c->author, c->all, n);
}

static void commit_free(struct commit *c)
{
	for (size_t i = 0; i < c->all_count; i++)
		qf_envelope_unref(c->all[i]);
}

static bool of_commit(const struct commit *c, const struct qf_envelope *e)
{
	for (size_t i = 0; i < c->all_count; i++)
		if (!memcmp(c->all[i]->id.b, e->id.b, sizeof e->id.b))
			return true;
	return false;
}

static void proofs_lead_to_one_root(const struct qf_batch *batch)
{
	struct qf_hash root;
	struct qf_hash other;

	assert(qf_envelope_proven(batch->envelopes[0]));
	qf_merkle_climb(&batch->envelopes[0]->proof, &batch->envelopes[0]->id,
	                &root);
	for (size_t i = 1; i < batch->count; i++) {
		const struct qf_envelope *e = batch->envelopes[i];
		bool climbs = qf_merkle_climb(&e->proof, &e->id, &other);

		assert(climbs && !memcmp(root.b, other.b, sizeof root.b));
	}
}

/* Read, and hold what verifies to what must hold of it. */
static int read_all(struct qf_bytes payload, struct qf_roots *roots,
                    struct qf_batch *batch)
{
	struct qf_cursor c = qf_cursor(payload);
	int rc = qf_batch_get(&c, &room, roots, batch);
	struct qf_buf to;

	assert(rc == QF_OK || batch->count == 0);
	if (rc)
		return rc;
	proofs_lead_to_one_root(batch);
	qf_buf_init(&to, 0);
	qf_batch_put(&to, batch->envelopes, batch->count);
	assert(!to.bad && to.len == payload.len);
	assert(!memcmp(to.at, payload.at, to.len));
	qf_buf_fini(&to);
	return QF_OK;
}

static void stranger(struct qf_bytes payload)
{
	struct qf_roots roots = { 0 };
	struct qf_batch batch;

	read_all(payload, &roots, &batch);
	qf_batch_clear(&batch);
	qf_roots_fini(&roots);
}

static void damage(struct qf_buf *b, struct qf_cursor *script)
{
	uint8_t how = qf_get_u8(script);
	size_t at = qf_get_u16(script) % b->len;
	size_t left = b->len - at;

	switch (how % 4) {
	case 0:
		b->at[at] ^= qf_get_u8(script);
		break;
	case 1: /* a byte is lost */
		memmove(b->at + at, b->at + at + 1, left - 1);
		b->len--;
		break;
	case 2: /* a byte comes twice */
		qf_put_u8(b, 0);
		assert(!b->bad);
		memmove(b->at + at + 1, b->at + at, left);
		break;
	case 3: /* something from elsewhere in it */
		left = left < QF_HASH_BYTES ? left : QF_HASH_BYTES;
		memmove(b->at + at, b->at + qf_get_u8(script) % (at + 1), left);
		break;
	}
}

static void commit_travels(struct qf_cursor *script)
{
	struct qf_roots roots = { 0 };
	struct qf_batch batch;
	struct commit commit;
	struct qf_buf to;
	int rc;

	commit_make(&commit, script);
	assert(qf_batch_fit(commit.sent, commit.sent_count) ==
	       commit.sent_count);
	qf_buf_init(&to, 0);
	qf_batch_put(&to, commit.sent, commit.sent_count);
	rc = read_all(qf_buf_bytes(&to), &roots, &batch);
	assert(rc == QF_OK);
	assert(batch.count == commit.sent_count);
	for (size_t i = 0; i < batch.count; i++)
		assert(!memcmp(&batch.envelopes[i]->id, &commit.sent[i]->id,
		               QF_HASH_BYTES));
	qf_batch_clear(&batch);

	for (int i = 0; i < DAMAGES_MAX && to.len > 1; i++) {
		damage(&to, script);
		read_all(qf_buf_bytes(&to), &roots, &batch);
		for (size_t k = 0; k < batch.count; k++)
			assert(of_commit(&commit, batch.envelopes[k]));
		qf_batch_clear(&batch);
	}
	qf_buf_fini(&to);
	qf_roots_fini(&roots);
	commit_free(&commit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qf_cursor c = qf_cursor(qf_bytes(data, size));

	if (qf_get_u8(&c) % 2)
		commit_travels(&c);
	else
		stranger(qf_get_span(&c, qf_cursor_left(&c)));
	return 0;
}
