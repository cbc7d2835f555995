/* bytes.h - reading and writing bytes whose lengths come from strangers
 *
 * Integers are big-endian. A varint is LEB128, at most ten bytes, and must be
 * the shortest form of its value.
 *
 * A cursor reads; its error sticks and every later read gives zero or empty,
 * so a parser asks once, at the end. A buffer grows up to its maximum; its
 * error sticks too (out of memory, or over the maximum). A shared run of bytes
 * is immutable, counted by reference, and may cross threads.
 */
#ifndef QF_BYTES_H
#define QF_BYTES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed: valid as long as what it points into. */
struct qf_bytes {
	const uint8_t *at;
	size_t len;
};

struct qf_cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

struct qf_buf {
	uint8_t *at;
	size_t len;
	size_t cap;
	size_t max; /* 0: no maximum */
	bool bad;
};

struct qf_shared {
	atomic_uint refs;
	size_t len;
	uint8_t at[];
};

struct qf_cursor qf_cursor(struct qf_bytes from);
uint8_t qf_get_u8(struct qf_cursor *c);
uint16_t qf_get_u16(struct qf_cursor *c);
uint32_t qf_get_u32(struct qf_cursor *c);
uint64_t qf_get_u64(struct qf_cursor *c);
uint64_t qf_get_varint(struct qf_cursor *c);
/* Exactly len bytes, copied; zeroes when they are not there. */
void qf_get_raw(struct qf_cursor *c, void *to, size_t len);
/* Exactly len bytes, borrowed. */
struct qf_bytes qf_get_span(struct qf_cursor *c, size_t len);
/* A varint length of at most max, then that many bytes, borrowed. */
struct qf_bytes qf_get_bytes(struct qf_cursor *c, size_t max);
size_t qf_cursor_left(const struct qf_cursor *c);
/* All was read and nothing was wrong. */
bool qf_cursor_done(const struct qf_cursor *c);

void qf_buf_init(struct qf_buf *b, size_t max);
void qf_buf_fini(struct qf_buf *b);
void qf_buf_clear(struct qf_buf *b); /* empty and good again, memory kept */
/* Make room for len more bytes and return where they go (the caller fills
 * them, then adds to b->len), or NULL with b->bad set. */
uint8_t *qf_buf_room(struct qf_buf *b, size_t len);
void qf_buf_drop_front(struct qf_buf *b, size_t len);
void qf_put_u8(struct qf_buf *b, uint8_t v);
void qf_put_u16(struct qf_buf *b, uint16_t v);
void qf_put_u32(struct qf_buf *b, uint32_t v);
void qf_put_u64(struct qf_buf *b, uint64_t v);
void qf_put_varint(struct qf_buf *b, uint64_t v);
void qf_put_raw(struct qf_buf *b, const void *from, size_t len);
/* A varint length, then the bytes. */
void qf_put_bytes(struct qf_buf *b, struct qf_bytes v);
size_t qf_varint_size(uint64_t v);

/* One reference, or NULL when out of memory. */
struct qf_shared *qf_shared_new(const void *from, size_t len);
struct qf_shared *qf_shared_ref(struct qf_shared *s);
void qf_shared_unref(struct qf_shared *s); /* NULL is fine */

static inline struct qf_bytes qf_bytes(const void *at, size_t len)
{
	return (struct qf_bytes){ at, len };
}

static inline struct qf_bytes qf_buf_bytes(const struct qf_buf *b)
{
	return (struct qf_bytes){ b->at, b->len };
}

#endif
