/* bytes.c - cursors, growing buffers and shared runs of bytes */
#include "bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	VARINT_BYTES_MAX = 10, /* of seven bits; the last has one */
	BUF_BYTES_MIN = 64,
};

struct qf_cursor qf_cursor(struct qf_bytes from)
{
	/* NULL + 0 is no pointer arithmetic that C allows. */
	const uint8_t *end = from.len ? from.at + from.len : from.at;

	return (struct qf_cursor){ .at = from.at, .end = end };
}

size_t qf_cursor_left(const struct qf_cursor *c)
{
	return c->bad ? 0 : (size_t)(c->end - c->at);
}

bool qf_cursor_done(const struct qf_cursor *c)
{
	return !c->bad && c->at == c->end;
}

struct qf_bytes qf_get_span(struct qf_cursor *c, size_t len)
{
	struct qf_bytes span = { c->at, len };

	if (c->bad || len > qf_cursor_left(c)) {
		c->bad = true;
		return qf_bytes(NULL, 0);
	}
	if (len)
		c->at += len;
	return span;
}

void qf_get_raw(struct qf_cursor *c, void *to, size_t len)
{
	struct qf_bytes span = qf_get_span(c, len);

	if (!len)
		return;
	if (c->bad)
		memset(to, 0, len);
	else
		memcpy(to, span.at, len);
}

static uint64_t get_uint(struct qf_cursor *c, size_t len)
{
	struct qf_bytes span = qf_get_span(c, len);
	uint64_t v = 0;

	for (size_t i = 0; i < span.len; i++)
		v = v << 8 | span.at[i];
	return v;
}

uint8_t qf_get_u8(struct qf_cursor *c)
{
	return (uint8_t)get_uint(c, 1);
}

uint16_t qf_get_u16(struct qf_cursor *c)
{
	return (uint16_t)get_uint(c, 2);
}

uint32_t qf_get_u32(struct qf_cursor *c)
{
	return (uint32_t)get_uint(c, 4);
}

uint64_t qf_get_u64(struct qf_cursor *c)
{
	return get_uint(c, 8);
}

uint64_t qf_get_varint(struct qf_cursor *c)
{
	uint64_t v = 0;

	for (int i = 0; i < VARINT_BYTES_MAX; i++) {
		uint8_t byte = qf_get_u8(c);

		if (i == VARINT_BYTES_MAX - 1 && byte > 1)
			break; /* more than 64 bits */
		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		if (i && !byte)
			break; /* a shorter form says the same */
		return v;
	}
	c->bad = true;
	return 0;
}

struct qf_bytes qf_get_bytes(struct qf_cursor *c, size_t max)
{
	uint64_t len = qf_get_varint(c);

	if (len > max)
		c->bad = true;
	return qf_get_span(c, (size_t)len);
}

void qf_buf_init(struct qf_buf *b, size_t max)
{
	*b = (struct qf_buf){ .max = max };
}

void qf_buf_fini(struct qf_buf *b)
{
	free(b->at);
	qf_buf_init(b, b->max);
}

void qf_buf_clear(struct qf_buf *b)
{
	b->len = 0;
	b->bad = false;
}

/* Doubling keeps the cost of many small appends linear. */
static bool grow(struct qf_buf *b, size_t need)
{
	size_t cap = b->cap < BUF_BYTES_MIN ? BUF_BYTES_MIN : b->cap;
	uint8_t *at;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	at = realloc(b->at, cap);
	if (!at)
		return false;
	b->at = at;
	b->cap = cap;
	return true;
}

static uint8_t *make_room(struct qf_buf *b, size_t len)
{
	size_t max = b->max ? b->max : SIZE_MAX;

	if (b->bad)
		return NULL;
	if (b->len > max || len > max - b->len)
		goto fail;
	if ((!b->at || len > b->cap - b->len) && !grow(b, b->len + len))
		goto fail;
	return b->at + b->len;

fail:
	b->bad = true;
	return NULL;
}

/* Many times for each frame, nearly always into memory that is there. */
static inline uint8_t *room_for(struct qf_buf *b, size_t len)
{
	if (!b->bad && !b->max && b->at && len <= b->cap - b->len)
		return b->at + b->len;
	return make_room(b, len);
}

uint8_t *qf_buf_room(struct qf_buf *b, size_t len)
{
	return room_for(b, len);
}

void qf_buf_drop_front(struct qf_buf *b, size_t len)
{
	assert(len <= b->len);
	b->len -= len;
	if (len && b->len)
		memmove(b->at, b->at + len, b->len);
}

static void put_uint(struct qf_buf *b, uint64_t v, size_t len)
{
	uint8_t *to = room_for(b, len);

	if (!to)
		return;
	for (size_t i = len; i-- > 0; v >>= 8)
		to[i] = (uint8_t)v;
	b->len += len;
}

void qf_put_u8(struct qf_buf *b, uint8_t v)
{
	put_uint(b, v, 1);
}

void qf_put_u16(struct qf_buf *b, uint16_t v)
{
	put_uint(b, v, 2);
}

void qf_put_u32(struct qf_buf *b, uint32_t v)
{
	put_uint(b, v, 4);
}

void qf_put_u64(struct qf_buf *b, uint64_t v)
{
	put_uint(b, v, 8);
}

void qf_put_varint(struct qf_buf *b, uint64_t v)
{
	size_t len = qf_varint_size(v);
	uint8_t *to = room_for(b, len);

	if (!to)
		return;
	for (size_t i = 0; i < len; i++, v >>= 7)
		to[i] = (uint8_t)((v & 0x7f) | (i + 1 < len ? 0x80 : 0));
	b->len += len;
}

void qf_put_raw(struct qf_buf *b, const void *from, size_t len)
{
	uint8_t *to = room_for(b, len);

	if (!to || !len)
		return;
	memcpy(to, from, len);
	b->len += len;
}

void qf_put_bytes(struct qf_buf *b, struct qf_bytes v)
{
	qf_put_varint(b, v.len);
	qf_put_raw(b, v.at, v.len);
}

size_t qf_varint_size(uint64_t v)
{
	size_t len = 1;

	while (v >>= 7)
		len++;
	return len;
}

struct qf_shared *qf_shared_new(const void *from, size_t len)
{
	struct qf_shared *s;

	if (len > SIZE_MAX - sizeof *s)
		return NULL;
	s = malloc(sizeof *s + len);
	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	s->len = len;
	if (len)
		memcpy(s->at, from, len);
	return s;
}

struct qf_shared *qf_shared_ref(struct qf_shared *s)
{
	/* Whoever calls holds a reference, so the count cannot be at zero and
	 * nothing has to be seen in any order. */
	unsigned before = atomic_fetch_add_explicit(&s->refs, 1,
	                                            memory_order_relaxed);

	assert(before);
	return s;
}

void qf_shared_unref(struct qf_shared *s)
{
	unsigned before;

	if (!s)
		return;
	before = atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel);
	assert(before);
	if (before == 1)
		free(s);
}
