/* wire.c - frames between nodes, as bytes and as structs */
#include "wire.h"

#include <assert.h>
#include <string.h>

#include "err.h"
#include "skew.h"

enum {
	LENGTH_BYTES = QF_FRAME_HEAD_BYTES - 1,
	NAMED_RANGE = 1, /* low bit of an entry's first number */
};

int qf_frame_split(struct qf_bytes in, struct qf_frame *out, size_t *used)
{
	struct qf_cursor c = qf_cursor(in);
	uint32_t len = qf_get_u32(&c);

	if (c.bad)
		return 0;
	if (len == 0 || len > QF_FRAME_BYTES_MAX)
		return QF_E_LIMIT;
	if (qf_cursor_left(&c) < len)
		return 0;
	out->type = qf_get_u8(&c);
	out->payload = qf_get_span(&c, len - 1);
	*used = LENGTH_BYTES + len;
	return 1;
}

size_t qf_frame_begin(struct qf_buf *to, uint8_t type)
{
	size_t mark = to->len;

	qf_put_u32(to, 0);
	qf_put_u8(to, type);
	return mark;
}

void qf_frame_end(struct qf_buf *to, size_t mark)
{
	size_t end = to->len;
	size_t len;

	if (to->bad)
		return;
	assert(end >= mark + QF_FRAME_HEAD_BYTES);
	len = end - mark - LENGTH_BYTES;
	if (len > QF_FRAME_BYTES_MAX) {
		to->bad = true;
		return;
	}
	to->len = mark;
	qf_put_u32(to, (uint32_t)len);
	to->len = end;
}

static void face_put(struct qf_buf *to, const struct qf_face *face)
{
	assert(face->ms <= QF_STAMP_MS_MAX && face->quality <= QF_CLOCK_GPS);
	qf_put_u64(to, face->ms);
	qf_put_u8(to, face->quality);
}

static bool face_get(struct qf_cursor *c, struct qf_face *face)
{
	face->ms = qf_get_u64(c);
	face->quality = qf_get_u8(c);
	return face->ms <= QF_STAMP_MS_MAX && face->quality <= QF_CLOCK_GPS;
}

void qf_hello_put(struct qf_buf *to, const struct qf_hello *h)
{
	size_t mark = qf_frame_begin(to, QF_FRAME_HELLO);

	assert(h->name.len <= QF_USER_NAME_BYTES_MAX);
	qf_put_u8(to, h->version);
	qf_put_u16(to, h->port);
	qf_put_bytes(to, h->name);
	face_put(to, &h->face);
	qf_frame_end(to, mark);
}

bool qf_hello_get(struct qf_bytes payload, struct qf_hello *h)
{
	struct qf_cursor c = qf_cursor(payload);

	h->version = qf_get_u8(&c);
	h->port = qf_get_u16(&c);
	h->name = qf_get_bytes(&c, QF_USER_NAME_BYTES_MAX);
	return face_get(&c, &h->face) && qf_cursor_done(&c) &&
	       qf_utf8_valid(h->name);
}

void qf_tags_put(struct qf_buf *to, const struct qf_tag *tags, size_t n)
{
	size_t mark = qf_frame_begin(to, QF_FRAME_TAGS);

	assert(n <= QF_TAGS_MAX);
	qf_put_raw(to, tags, n * QF_TAG_BYTES);
	qf_frame_end(to, mark);
}

/* Their order would otherwise tell in which order rooms were joined. */
static bool tags_sorted(const uint8_t *tags, size_t n)
{
	for (size_t i = 1; i < n; i++, tags += QF_TAG_BYTES)
		if (memcmp(tags, tags + QF_TAG_BYTES, QF_TAG_BYTES) >= 0)
			return false;
	return true;
}

bool qf_tags_get(struct qf_bytes payload, struct qf_bytes *tags, size_t *n)
{
	*tags = payload;
	*n = payload.len / QF_TAG_BYTES;
	return payload.len % QF_TAG_BYTES == 0 && *n <= QF_TAGS_MAX &&
	       tags_sorted(payload.at, *n);
}

void qf_open_put(struct qf_buf *to, const struct qf_open *o)
{
	size_t mark = qf_frame_begin(to, QF_FRAME_OPEN);

	qf_put_varint(to, o->handle);
	qf_put_raw(to, o->tag.b, sizeof o->tag.b);
	qf_put_varint(to, o->have_from);
	qf_put_varint(to, o->count);
	qf_put_raw(to, o->root.b, sizeof o->root.b);
	qf_frame_end(to, mark);
}

bool qf_open_get(struct qf_bytes payload, struct qf_open *o)
{
	struct qf_cursor c = qf_cursor(payload);

	o->handle = qf_get_varint(&c);
	qf_get_raw(&c, o->tag.b, sizeof o->tag.b);
	o->have_from = qf_get_varint(&c);
	o->count = qf_get_varint(&c);
	qf_get_raw(&c, o->root.b, sizeof o->root.b);
	return qf_cursor_done(&c);
}

static void entry_put(struct qf_buf *to, uint8_t type,
                      const struct qf_named *named, struct qf_bound *last)
{
	if (!named->range) {
		qf_put_varint(to, 0);
		qf_put_u64(to, named->short_id);
		return;
	}
	assert((named->count > 0) == (type == QF_FRAME_HAVE));
	assert(named->count <= UINT64_MAX >> 1);
	qf_put_varint(to, named->count << 1 | NAMED_RANGE);
	qf_bound_put(to, &named->from, last);
	qf_bound_put(to, &named->to, last);
}

static bool entry_get(struct qf_cursor *c, uint8_t type, struct qf_named *named,
                      struct qf_bound *last)
{
	uint64_t what = qf_get_varint(c);

	*named = (struct qf_named){ .range = what & NAMED_RANGE, .count = 1 };
	if (!named->range) {
		named->short_id = qf_get_u64(c);
		return !c->bad && what == 0;
	}
	named->count = what >> 1;
	return qf_bound_get(c, &named->from, last) &&
	       qf_bound_get(c, &named->to, last) &&
	       qf_bound_compare(&named->from, &named->to) < 0 &&
	       (named->count > 0) == (type == QF_FRAME_HAVE);
}

void qf_named_put(struct qf_buf *to, uint8_t type, uint64_t handle,
                  const struct qf_named *named, size_t n)
{
	size_t mark = qf_frame_begin(to, type);
	struct qf_bound last = { 0 };

	assert(type == QF_FRAME_HAVE || type == QF_FRAME_WANT);
	assert(n <= QF_OWED_MAX);
	qf_put_varint(to, handle);
	qf_put_varint(to, n);
	for (size_t i = 0; i < n; i++)
		entry_put(to, type, &named[i], &last);
	qf_frame_end(to, mark);
}

bool qf_named_get(struct qf_bytes payload, uint8_t type, uint64_t *handle,
                  bool (*each)(void *ctx, const struct qf_named *named),
                  void *ctx)
{
	struct qf_cursor c = qf_cursor(payload);
	struct qf_bound last = { 0 };
	uint64_t n;

	assert(type == QF_FRAME_HAVE || type == QF_FRAME_WANT);
	*handle = qf_get_varint(&c);
	n = qf_get_varint(&c);
	if (n > QF_OWED_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		struct qf_named named;

		if (!entry_get(&c, type, &named, &last))
			return false;
		if (!each(ctx, &named))
			return true;
	}
	return qf_cursor_done(&c);
}

void qf_ids_put(struct qf_buf *to, uint8_t type, uint64_t handle,
                const struct qf_setkey *keys, size_t n)
{
	size_t mark = qf_frame_begin(to, type);

	assert(n >= 1 && n <= QF_BATCH_LEAVES_MAX);
	qf_put_varint(to, handle);
	for (size_t i = 0; i < n; i++) {
		qf_put_u64(to, keys[i].hlc);
		qf_put_raw(to, keys[i].id.b, sizeof keys[i].id.b);
	}
	qf_frame_end(to, mark);
}

bool qf_ids_get(struct qf_bytes payload, uint64_t *handle,
                struct qf_setkey keys[QF_BATCH_LEAVES_MAX], size_t *n)
{
	struct qf_cursor c = qf_cursor(payload);

	*handle = qf_get_varint(&c);
	for (*n = 0; qf_cursor_left(&c) && *n < QF_BATCH_LEAVES_MAX; ++*n) {
		keys[*n] = (struct qf_setkey){
			.class = QF_CLASS_CONTENT,
			.hlc = qf_get_u64(&c),
		};
		qf_get_raw(&c, keys[*n].id.b, sizeof keys[*n].id.b);
	}
	return qf_cursor_done(&c) && *n;
}

void qf_number_put(struct qf_buf *to, uint8_t type, uint64_t number)
{
	size_t mark = qf_frame_begin(to, type);

	qf_put_varint(to, number);
	qf_frame_end(to, mark);
}

bool qf_number_get(struct qf_bytes payload, uint64_t *number)
{
	struct qf_cursor c = qf_cursor(payload);

	*number = qf_get_varint(&c);
	return qf_cursor_done(&c);
}

void qf_pong_put(struct qf_buf *to, uint64_t token, const struct qf_face *face)
{
	size_t mark = qf_frame_begin(to, QF_FRAME_PONG);

	qf_put_varint(to, token);
	face_put(to, face);
	qf_frame_end(to, mark);
}

bool qf_pong_get(struct qf_bytes payload, uint64_t *token, struct qf_face *face)
{
	struct qf_cursor c = qf_cursor(payload);

	*token = qf_get_varint(&c);
	return face_get(&c, face) && qf_cursor_done(&c);
}

void qf_bye_put(struct qf_buf *to, const char *reason)
{
	size_t mark = qf_frame_begin(to, QF_FRAME_BYE);

	assert(strlen(reason) <= QF_REASON_BYTES_MAX);
	qf_put_raw(to, reason, strlen(reason));
	qf_frame_end(to, mark);
}

bool qf_bye_get(struct qf_bytes payload, struct qf_bytes *reason)
{
	*reason = payload;
	return payload.len <= QF_REASON_BYTES_MAX && qf_utf8_valid(payload);
}
