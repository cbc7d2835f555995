/* batch.c - several envelopes of one root as the payload of one MSG frame
 *
 * A form is canonical if it is the one that shape_of() gives. The reader asks
 * for the shape of what it has read and compares, so each batch has exactly
 * one encoding, and deltas that wrap or bits that mean nothing are refused by
 * the same comparison.
 */
#include "batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

enum {
	HEAD_BYTES = QF_KEY_BYTES + 2 + QF_SIG_BYTES,
	HLC_BYTES = 8,
};

/* What an envelope says for itself and not by the one before it. */
enum shape {
	SHAPE_PREV = 1, /* seq and prev */
	SHAPE_KEY = 2,  /* key_id, which is not zero */
	SHAPE_HLC = 4,  /* hlc as it is: as a delta it would be longer */
};

void qf_roots_fini(struct qf_roots *r)
{
	free(r->places);
	*r = (struct qf_roots){ 0 };
}

static size_t place_of(const struct qf_checked *what)
{
	return (what->root.b[0] | (size_t)what->root.b[1] << 8) % QF_ROOTS_MAX;
}

/* An empty place is all zeros, and no hash that can be found is that. */
static bool roots_have(const struct qf_roots *r, const struct qf_checked *what)
{
	return r->places &&
	       !memcmp(&r->places[place_of(what)], what, sizeof *what);
}

void qf_roots_add(struct qf_roots *r, const struct qf_checked *what)
{
	if (!r->places)
		r->places = calloc(QF_ROOTS_MAX, sizeof *r->places);
	if (r->places)
		r->places[place_of(what)] = *what;
}

static bool is_signed(const struct qf_checked *what)
{
	return qf_key_verify(&what->author, &what->root, what->sig);
}

bool qf_roots_signed(struct qf_roots *r, const struct qf_checked *what)
{
	if (roots_have(r, what))
		return true;
	r->checks++;
	if (!is_signed(what))
		return false;
	qf_roots_add(r, what);
	return true;
}

/* `before` is the envelope before this one in the frame, NULL at the first. */
static unsigned leaf_floor(const struct qf_envelope *before)
{
	return before ? before->proof.leaf + 1u : 0;
}

static uint64_t hlc_floor(const struct qf_envelope *before)
{
	return before ? before->head.hlc : 0;
}

static bool follows(const struct qf_header *h, const struct qf_envelope *before)
{
	return before && h->seq == before->head.seq + 1 &&
	       !memcmp(h->prev, before->id.b, sizeof h->prev);
}

static uint8_t shape_of(const struct qf_header *h,
                        const struct qf_envelope *before)
{
	static const uint8_t clear[QF_KEY_ID_BYTES];
	uint64_t floor = hlc_floor(before);
	uint8_t shape = 0;

	if (!follows(h, before))
		shape |= SHAPE_PREV;
	if (memcmp(h->key_id, clear, sizeof clear))
		shape |= SHAPE_KEY;
	if (h->hlc < floor || qf_varint_size(h->hlc - floor) > HLC_BYTES)
		shape |= SHAPE_HLC;
	return shape;
}

static size_t entry_size(const struct qf_envelope *e,
                         const struct qf_envelope *before)
{
	const struct qf_header *h = &e->head;
	uint8_t shape = shape_of(h, before);
	size_t size = 3; /* shape, class, type */

	size += qf_varint_size(e->proof.leaf - leaf_floor(before));
	size += shape & SHAPE_HLC ? HLC_BYTES
	                          : qf_varint_size(h->hlc - hlc_floor(before));
	if (shape & SHAPE_PREV)
		size += qf_varint_size(h->seq) + QF_PREV_BYTES;
	if (shape & SHAPE_KEY)
		size += QF_KEY_ID_BYTES;
	return size + qf_varint_size(h->body_len) + h->body_len;
}

static void entry_put(struct qf_buf *to, const struct qf_envelope *e,
                      const struct qf_envelope *before)
{
	const struct qf_header *h = &e->head;
	uint8_t shape = shape_of(h, before);

	qf_put_varint(to, e->proof.leaf - leaf_floor(before));
	qf_put_u8(to, shape);
	qf_put_u8(to, h->class);
	qf_put_u8(to, h->type);
	if (shape & SHAPE_HLC)
		qf_put_u64(to, h->hlc);
	else
		qf_put_varint(to, h->hlc - hlc_floor(before));
	if (shape & SHAPE_PREV) {
		qf_put_varint(to, h->seq);
		qf_put_raw(to, h->prev, sizeof h->prev);
	}
	if (shape & SHAPE_KEY)
		qf_put_raw(to, h->key_id, sizeof h->key_id);
	qf_put_bytes(to, qf_envelope_body(e));
}

/* Fill in the rest of a header that has its room and author. */
static uint8_t header_get(struct qf_cursor *c, struct qf_header *h,
                          const struct qf_envelope *before)
{
	uint8_t shape = qf_get_u8(c);

	h->class = qf_get_u8(c);
	h->type = qf_get_u8(c);
	if (shape & SHAPE_HLC)
		h->hlc = qf_get_u64(c);
	else
		h->hlc = hlc_floor(before) + qf_get_varint(c);
	if (shape & SHAPE_PREV) {
		h->seq = qf_get_varint(c);
		qf_get_raw(c, h->prev, sizeof h->prev);
	} else if (before) {
		h->seq = before->head.seq + 1;
		memcpy(h->prev, before->id.b, sizeof h->prev);
	}
	if (shape & SHAPE_KEY)
		qf_get_raw(c, h->key_id, sizeof h->key_id);
	return shape;
}

static int entry_get(struct qf_cursor *c, struct qf_header head,
                     unsigned leaves, const struct qf_envelope *before,
                     struct qf_envelope **out)
{
	unsigned floor = leaf_floor(before);
	uint64_t gap = qf_get_varint(c);
	uint8_t shape = header_get(c, &head, before);
	struct qf_bytes body = qf_get_bytes(c, QF_BODY_BYTES_MAX);

	if (c->bad || gap >= leaves - floor || shape != shape_of(&head, before))
		return QF_E_MALFORMED;
	/* What no header may say (envelope.c). */
	if (head.class > QF_CLASS_CONTENT || head.seq == 0)
		return QF_E_MALFORMED;
	*out = qf_envelope_new(&head, body);
	if (!*out)
		return QF_E_NOMEM;
	(*out)->proof.leaf = (uint16_t)(floor + gap);
	return QF_OK;
}

/* The hashes that are missing under the root, each of which stands for at
 * least one leaf that is not there: mostly that is enough to know. */
static bool multiproof_fits(size_t left, unsigned leaves, const uint16_t *leaf,
                            size_t n)
{
	if ((leaves - n) * QF_HASH_BYTES <= left)
		return true;
	return qf_multiproof_count(leaves, leaf, n) * QF_HASH_BYTES <= left;
}

static bool same_batch(const struct qf_envelope *a, const struct qf_envelope *b)
{
	return qf_key_equal(&a->head.author, &b->head.author) &&
	       !memcmp(a->proof.sig, b->proof.sig, sizeof a->proof.sig) &&
	       a->proof.leaves == b->proof.leaves &&
	       a->proof.leaf < b->proof.leaf;
}

size_t qf_batch_fit(struct qf_envelope *const *envelopes, size_t n)
{
	uint16_t leaf[QF_BATCH_LEAVES_MAX];
	const struct qf_envelope *before = NULL;
	size_t size = HEAD_BYTES;
	size_t fit = n ? 1 : 0;

	for (size_t i = 0; i < n; i++) {
		const struct qf_envelope *e = envelopes[i];

		if (before && !same_batch(before, e))
			break;
		size += entry_size(e, before);
		if (size > QF_BATCH_BYTES_MAX)
			break;
		leaf[i] = e->proof.leaf;
		if (multiproof_fits(QF_BATCH_BYTES_MAX - size, e->proof.leaves,
		                    leaf, i + 1))
			fit = i + 1;
		before = e;
	}
	return fit;
}

void qf_batch_put(struct qf_buf *to, struct qf_envelope *const *envelopes,
                  size_t n)
{
	const struct qf_envelope *first = envelopes[0];
	const struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];

	assert(n >= 1 && n <= first->proof.leaves);
	qf_put_raw(to, first->head.author.b, QF_KEY_BYTES);
	qf_put_u8(to, (uint8_t)(first->proof.leaves - 1));
	qf_put_u8(to, (uint8_t)(n - 1));
	qf_put_raw(to, first->proof.sig, QF_SIG_BYTES);
	for (size_t i = 0; i < n; i++) {
		const struct qf_envelope *before = i ? envelopes[i - 1] : NULL;

		assert(!before || same_batch(before, envelopes[i]));
		entry_put(to, envelopes[i], before);
		proofs[i] = &envelopes[i]->proof;
	}
	qf_multiproof_put(to, proofs, n);
}

/* Read the end of the frame, and give each envelope a proof of its own. */
static bool prove(struct qf_cursor *c, struct qf_batch *b, unsigned leaves,
                  struct qf_checked *what)
{
	uint16_t leaf[QF_BATCH_LEAVES_MAX];
	struct qf_hash ids[QF_BATCH_LEAVES_MAX];
	struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];

	for (size_t i = 0; i < b->count; i++) {
		leaf[i] = b->envelopes[i]->proof.leaf;
		ids[i] = b->envelopes[i]->id;
		proofs[i] = &b->envelopes[i]->proof;
		memcpy(proofs[i]->sig, what->sig, sizeof what->sig);
	}
	return qf_multiproof_get(c, leaves, leaf, ids, b->count, &what->root,
	                         proofs) &&
	       qf_cursor_done(c);
}

static int entries_get(struct qf_cursor *c, const struct qf_header *head,
                       unsigned leaves, size_t count, struct qf_batch *out)
{
	const struct qf_envelope *before = NULL;

	while (out->count < count) {
		struct qf_envelope **next = &out->envelopes[out->count];
		int rc = entry_get(c, *head, leaves, before, next);

		if (rc)
			return rc;
		before = *next;
		out->count++;
	}
	return QF_OK;
}

/* All but the signature. */
static int rebuild(struct qf_cursor *c, const struct qf_room_id *room,
                   struct qf_batch *out, struct qf_checked *what)
{
	size_t size = qf_cursor_left(c);
	struct qf_header head = { .room = *room };
	unsigned leaves;
	size_t count;
	int rc;

	out->count = 0;
	qf_get_raw(c, head.author.b, sizeof head.author.b);
	leaves = qf_get_u8(c) + 1u;
	count = qf_get_u8(c) + 1u;
	qf_get_raw(c, what->sig, sizeof what->sig);
	if (c->bad || count > leaves)
		return QF_E_MALFORMED;
	if (count > 1 && size > QF_BATCH_BYTES_MAX)
		return QF_E_MALFORMED;
	what->author = head.author;

	rc = entries_get(c, &head, leaves, count, out);
	if (!rc && !prove(c, out, leaves, what))
		rc = QF_E_MALFORMED;
	return rc;
}

int qf_batch_get(struct qf_cursor *c, const struct qf_room_id *room,
                 struct qf_roots *roots, struct qf_batch *out)
{
	struct qf_checked what;
	int rc = rebuild(c, room, out, &what);

	if (!rc && !qf_roots_signed(roots, &what))
		rc = QF_E_DENIED;
	if (rc)
		qf_batch_clear(out);
	return rc;
}

void qf_batch_clear(struct qf_batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		qf_envelope_unref(b->envelopes[i]);
	b->count = 0;
}

bool qf_batch_check(struct qf_cursor *c, const struct qf_room_id *room,
                    struct qf_checked *out)
{
	struct qf_batch batch;
	bool good = !rebuild(c, room, &batch, out) && is_signed(out);

	qf_batch_clear(&batch);
	return good;
}
