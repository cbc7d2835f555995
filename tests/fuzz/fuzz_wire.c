/* fuzz_wire.c - a stream of frames: what decodes is what would be sent
 *
 * The input is split as a link would split it. Each payload that its decoder
 * accepts is encoded again, and the frame must be the same to the byte. Only
 * bounds have more than one form (bound.h): ranges must mean the same.
 */
#include <assert.h>
#include <string.h>

#include "core/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_bytes(struct qf_bytes a, struct qf_bytes b)
{
	return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

struct names {
	struct qf_named list[QF_OWED_MAX];
	size_t count;
	bool ranges; /* some of them */
};

static bool name_add(void *ctx, const struct qf_named *named)
{
	struct names *names = ctx;

	names->list[names->count++] = *named;
	names->ranges |= named->range;
	return true;
}

static bool names_get(const struct qf_frame *f, uint64_t *handle,
                      struct names *names)
{
	names->count = 0;
	names->ranges = false;
	return qf_named_get(f->payload, f->type, handle, name_add, names);
}

static bool same_name(const struct qf_named *a, const struct qf_named *b)
{
	return a->range == b->range && a->count == b->count &&
	       a->short_id == b->short_id &&
	       !qf_bound_compare(&a->from, &b->from) &&
	       !qf_bound_compare(&a->to, &b->to);
}

/* Ranges may get longer or shorter, so the frame is compared here. */
static void check_named(const struct qf_frame *f, struct qf_bytes whole)
{
	static struct names names;
	static struct names again;
	struct qf_frame frame;
	struct qf_buf to;
	uint64_t handle;
	size_t used;
	bool reads;

	if (!names_get(f, &handle, &names))
		return;
	qf_buf_init(&to, 0);
	qf_named_put(&to, f->type, handle, names.list, names.count);
	assert(!to.bad);
	if (!names.ranges)
		assert(same_bytes(qf_buf_bytes(&to), whole));
	reads = qf_frame_split(qf_buf_bytes(&to), &frame, &used) == 1 &&
	        names_get(&frame, &handle, &again);
	assert(reads && again.count == names.count);
	for (size_t i = 0; i < names.count; i++)
		assert(same_name(&names.list[i], &again.list[i]));
	qf_buf_fini(&to);
}

static bool hello_again(const struct qf_frame *f, struct qf_buf *to)
{
	struct qf_hello hello;

	if (!qf_hello_get(f->payload, &hello))
		return false;
	qf_hello_put(to, &hello);
	return true;
}

static bool tags_again(const struct qf_frame *f, struct qf_buf *to)
{
	struct qf_bytes tags;
	size_t n;

	if (!qf_tags_get(f->payload, &tags, &n))
		return false;
	qf_tags_put(to, (const struct qf_tag *)tags.at, n);
	return true;
}

static bool open_again(const struct qf_frame *f, struct qf_buf *to)
{
	struct qf_open open;

	if (!qf_open_get(f->payload, &open))
		return false;
	qf_open_put(to, &open);
	return true;
}

static bool number_again(const struct qf_frame *f, struct qf_buf *to)
{
	uint64_t number;

	if (!qf_number_get(f->payload, &number))
		return false;
	qf_number_put(to, f->type, number);
	return true;
}

static bool ids_again(const struct qf_frame *f, struct qf_buf *to)
{
	struct qf_setkey keys[QF_BATCH_LEAVES_MAX];
	uint64_t handle;
	size_t n;

	if (!qf_ids_get(f->payload, &handle, keys, &n))
		return false;
	qf_ids_put(to, f->type, handle, keys, n);
	return true;
}

static bool pong_again(const struct qf_frame *f, struct qf_buf *to)
{
	struct qf_face face;
	uint64_t token;

	if (!qf_pong_get(f->payload, &token, &face))
		return false;
	qf_pong_put(to, token, &face);
	return true;
}

static bool bye_again(const struct qf_frame *f, struct qf_buf *to)
{
	char words[QF_REASON_BYTES_MAX + 1] = "";
	struct qf_bytes reason;

	if (!qf_bye_get(f->payload, &reason))
		return false;
	if (reason.len)
		memcpy(words, reason.at, reason.len);
	if (strlen(words) != reason.len)
		return false; /* our own reasons have no NUL */
	qf_bye_put(to, words);
	return true;
}

static bool again(const struct qf_frame *f, struct qf_buf *to)
{
	switch (f->type) {
	case QF_FRAME_HELLO:
		return hello_again(f, to);
	case QF_FRAME_TAGS:
		return tags_again(f, to);
	case QF_FRAME_OPEN:
		return open_again(f, to);
	case QF_FRAME_ACK:
	case QF_FRAME_PING:
	case QF_FRAME_PRUNE:
	case QF_FRAME_HAD:
	case QF_FRAME_LATER:
		return number_again(f, to);
	case QF_FRAME_IHAVE:
	case QF_FRAME_GRAFT:
		return ids_again(f, to);
	case QF_FRAME_PONG:
		return pong_again(f, to);
	case QF_FRAME_BYE:
		return bye_again(f, to);
	default:
		return false; /* RECON and MSG have their own targets */
	}
}

static void check(const struct qf_frame *f, struct qf_bytes whole)
{
	struct qf_buf to;

	if (f->type == QF_FRAME_HAVE || f->type == QF_FRAME_WANT) {
		check_named(f, whole);
		return;
	}
	qf_buf_init(&to, 0);
	if (again(f, &to))
		assert(!to.bad && same_bytes(qf_buf_bytes(&to), whole));
	qf_buf_fini(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qf_bytes in = qf_bytes(data, size);
	struct qf_frame frame;
	size_t used;

	while (qf_frame_split(in, &frame, &used) == 1) {
		check(&frame, qf_bytes(in.at, used));
		in.at += used;
		in.len -= used;
	}
	return 0;
}
