/* envelope.c - headers and bodies as bytes, and the envelope that holds them */
#include "envelope.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

enum { HEADER_VERSION = 1 };

enum body_tag {
	TAG_NAME = 1,
	TAG_TEXT = 2,
	TAG_GUEST = 3,
	TAG_TO = 4,
	TAG_TAGS = 5,
};

void qf_header_encode(const struct qf_header *h, uint8_t out[QF_HEADER_BYTES])
{
	/* All of its memory is there from the start, so it never grows. */
	struct qf_buf to = {
		.at = out,
		.cap = QF_HEADER_BYTES,
		.max = QF_HEADER_BYTES,
	};

	assert(h->class <= QF_CLASS_CONTENT && h->seq > 0);
	assert(h->body_len <= QF_BODY_BYTES_MAX);
	qf_put_u8(&to, HEADER_VERSION);
	qf_put_raw(&to, h->room.b, sizeof h->room.b);
	qf_put_u8(&to, h->class);
	qf_put_u8(&to, h->type);
	qf_put_raw(&to, h->author.b, sizeof h->author.b);
	qf_put_u64(&to, h->hlc);
	qf_put_u64(&to, h->seq);
	qf_put_raw(&to, h->prev, sizeof h->prev);
	qf_put_raw(&to, h->key_id, sizeof h->key_id);
	qf_put_u32(&to, h->body_len);
	qf_put_raw(&to, h->body_hash.b, sizeof h->body_hash.b);
	assert(!to.bad && to.len == QF_HEADER_BYTES);
}

bool qf_header_decode(struct qf_header *h, struct qf_bytes from)
{
	struct qf_cursor c = qf_cursor(from);
	uint8_t version = qf_get_u8(&c);

	qf_get_raw(&c, h->room.b, sizeof h->room.b);
	h->class = qf_get_u8(&c);
	h->type = qf_get_u8(&c);
	qf_get_raw(&c, h->author.b, sizeof h->author.b);
	h->hlc = qf_get_u64(&c);
	h->seq = qf_get_u64(&c);
	qf_get_raw(&c, h->prev, sizeof h->prev);
	qf_get_raw(&c, h->key_id, sizeof h->key_id);
	h->body_len = qf_get_u32(&c);
	qf_get_raw(&c, h->body_hash.b, sizeof h->body_hash.b);

	return qf_cursor_done(&c) && version == HEADER_VERSION &&
	       h->class <= QF_CLASS_CONTENT && h->seq > 0 &&
	       h->body_len <= QF_BODY_BYTES_MAX;
}

void qf_header_id(const struct qf_header *h, struct qf_hash *id)
{
	uint8_t header[QF_HEADER_BYTES];

	qf_header_encode(h, header);
	qf_hash_data(id, "QF1msg", header, sizeof header);
}

void qf_body_hash(struct qf_bytes body, struct qf_hash *out)
{
	qf_hash_data(out, "QF1body", body.at, body.len);
}

struct qf_envelope *qf_envelope_new(const struct qf_header *head,
                                    struct qf_bytes body)
{
	struct qf_envelope *e;

	if (body.len > QF_BODY_BYTES_MAX)
		return NULL;
	e = malloc(sizeof *e + body.len);
	if (!e)
		return NULL;
	atomic_init(&e->refs, 1);
	e->head = *head;
	e->head.body_len = (uint32_t)body.len;
	qf_body_hash(body, &e->head.body_hash);
	qf_header_id(&e->head, &e->id);
	memset(&e->proof, 0, sizeof e->proof);
	e->seen_ms = 0;
	if (body.len)
		memcpy(e->body, body.at, body.len);
	return e;
}

struct qf_envelope *qf_envelope_ref(struct qf_envelope *e)
{
	/* As in qf_shared_ref(): the caller's own reference is order enough. */
	unsigned before = atomic_fetch_add_explicit(&e->refs, 1,
	                                            memory_order_relaxed);

	assert(before);
	return e;
}

void qf_envelope_unref(struct qf_envelope *e)
{
	unsigned before;

	if (!e)
		return;
	before = atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel);
	assert(before);
	if (before == 1)
		free(e);
}

bool qf_envelope_proven(const struct qf_envelope *e)
{
	struct qf_hash root;

	return qf_merkle_climb(&e->proof, &e->id, &root) &&
	       qf_key_verify(&e->head.author, &root, e->proof.sig);
}

struct qf_bytes qf_envelope_body(const struct qf_envelope *e)
{
	return qf_bytes(e->body, e->head.body_len);
}

static void put_field(struct qf_buf *to, enum body_tag tag, struct qf_bytes v,
                      size_t max)
{
	if (!v.len)
		return;
	if (v.len > max)
		to->bad = true;
	qf_put_u8(to, tag);
	qf_put_bytes(to, v);
}

void qf_body_encode(struct qf_buf *to, const struct qf_body *b)
{
	put_field(to, TAG_NAME, b->name, QF_USER_NAME_BYTES_MAX);
	put_field(to, TAG_TEXT, b->text, QF_TEXT_BYTES_MAX);
	put_field(to, TAG_GUEST, b->guest, QF_GUEST_ID_BYTES_MAX);
	put_field(to, TAG_TO, b->to, QF_GUEST_ID_BYTES_MAX);
	put_field(to, TAG_TAGS, b->tags, QF_CLIENT_TAGS_BYTES_MAX);
}

static struct qf_bytes get_text(struct qf_cursor *c, size_t max)
{
	struct qf_bytes text = qf_get_bytes(c, max);

	if (!qf_utf8_valid(text))
		c->bad = true;
	return text;
}

bool qf_body_decode(struct qf_body *b, struct qf_bytes from)
{
	struct qf_cursor c = qf_cursor(from);
	int last = -1;

	*b = (struct qf_body){ 0 };
	while (qf_cursor_left(&c)) {
		int tag = qf_get_u8(&c);

		if (tag <= last)
			return false;
		last = tag;
		switch (tag) {
		case TAG_NAME:
			b->name = get_text(&c, QF_USER_NAME_BYTES_MAX);
			break;
		case TAG_TEXT:
			b->text = get_text(&c, QF_TEXT_BYTES_MAX);
			break;
		case TAG_GUEST:
			b->guest = get_text(&c, QF_GUEST_ID_BYTES_MAX);
			break;
		case TAG_TO:
			b->to = get_text(&c, QF_GUEST_ID_BYTES_MAX);
			break;
		case TAG_TAGS:
			b->tags = get_text(&c, QF_CLIENT_TAGS_BYTES_MAX);
			break;
		default:
			qf_get_bytes(&c, QF_BODY_BYTES_MAX);
		}
	}
	return qf_cursor_done(&c);
}

bool qf_body_redacts(const struct qf_body *b, struct qf_hash *of,
                     struct qf_bytes *why)
{
	char id[QF_KEY_TEXT_BYTES];
	size_t len;

	snprintf(id, sizeof id, "%.*s", (int)b->text.len,
	         (const char *)b->text.at);
	len = strlen(id);
	if (!qf_hash_from_text(of, id) ||
	    (b->text.len > len && b->text.at[len] != ' '))
		return false;
	len += b->text.len > len;
	*why = qf_bytes(b->text.at + len, b->text.len - len);
	return true;
}
