/* test_wire.c - frames as bytes: exact layouts, and what is refused */
#include "test.h"

#include <string.h>

#include "core/err.h"
#include "core/skew.h"
#include "core/wire.h"

#define BYTES(...)                                                             \
	qf_bytes((const uint8_t[]){ __VA_ARGS__ },                             \
	         sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void expect_bytes(const struct qf_buf *got, struct qf_bytes want)
{
	assert_false(got->bad);
	assert_int_equal(got->len, want.len);
	assert_memory_equal(got->at, want.at, want.len);
}

/* The only frame in the buffer. */
static struct qf_frame split_all(const struct qf_buf *b)
{
	struct qf_frame frame;
	size_t used;

	assert_false(b->bad);
	assert_int_equal(qf_frame_split(qf_buf_bytes(b), &frame, &used), 1);
	assert_int_equal(used, b->len);
	return frame;
}

TEST(wire, a_frame_is_there_only_when_its_last_byte_is)
{
	struct qf_bytes in = BYTES(0, 0, 0, 3, QF_FRAME_PING, 0x80, 1, 99);
	struct qf_frame frame;
	size_t used;

	for (size_t len = 0; len < 7; len++)
		assert_int_equal(
			qf_frame_split(qf_bytes(in.at, len), &frame, &used), 0);
	assert_int_equal(qf_frame_split(in, &frame, &used), 1);
	assert_int_equal(used, 7);
	assert_int_equal(frame.type, QF_FRAME_PING);
	assert_int_equal(frame.payload.len, 2);
	assert_ptr_equal(frame.payload.at, in.at + 5);
}

TEST(wire, an_impossible_length_is_refused_before_anything_follows)
{
	static const uint32_t wrong[] = { 0, QF_FRAME_BYTES_MAX + 1,
		                          UINT32_MAX };
	struct qf_frame frame;
	size_t used;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct qf_buf in;

		qf_buf_init(&in, 0);
		qf_put_u32(&in, wrong[i]);
		assert_int_equal(
			qf_frame_split(qf_buf_bytes(&in), &frame, &used),
			QF_E_LIMIT);
		qf_buf_fini(&in);
	}
}

TEST(wire, the_longest_frame_passes_and_a_longer_one_is_not_made)
{
	struct qf_buf to;
	uint8_t *fill;
	size_t mark;

	qf_buf_init(&to, 0);
	qf_number_put(&to, QF_FRAME_PING, 1);
	mark = qf_frame_begin(&to, QF_FRAME_RECON);
	fill = qf_buf_room(&to, QF_FRAME_BYTES_MAX);
	memset(fill, 0, QF_FRAME_BYTES_MAX);
	to.len += QF_FRAME_BYTES_MAX - 1;
	qf_frame_end(&to, mark);
	assert_false(to.bad);
	qf_buf_drop_front(&to, mark);
	assert_int_equal(split_all(&to).payload.len, QF_FRAME_BYTES_MAX - 1);

	qf_buf_clear(&to);
	mark = qf_frame_begin(&to, QF_FRAME_RECON);
	qf_buf_room(&to, QF_FRAME_BYTES_MAX);
	to.len += QF_FRAME_BYTES_MAX;
	qf_frame_end(&to, mark);
	assert_true(to.bad);
	qf_buf_fini(&to);
}

TEST(wire, hello_says_version_port_name_and_clock)
{
	struct qf_hello h = { 1, 9999, qf_bytes("ana", 3), { 0x1234, 2 } };
	struct qf_hello back;
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_hello_put(&to, &h);
	expect_bytes(&to, BYTES(0, 0, 0, 17, 1, /* what it says: */
	                        1, 0x27, 0x0f, 3, 'a', 'n', 'a', 0, 0, 0, 0, 0,
	                        0, 0x12, 0x34, 2));
	assert_true(qf_hello_get(split_all(&to).payload, &back));
	assert_int_equal(back.version, 1);
	assert_int_equal(back.port, 9999);
	assert_memory_equal(back.name.at, "ana", 3);
	assert_int_equal(back.face.ms, 0x1234);
	assert_int_equal(back.face.quality, QF_CLOCK_NTP);
	qf_buf_fini(&to);

	assert_false(qf_hello_get(BYTES(1, 0, 0), &back));
	assert_false(qf_hello_get(BYTES(1, 0, 0, 1), &back));
	assert_false(qf_hello_get(BYTES(1, 0, 0, 1, 'a', 0), &back));
	assert_false(qf_hello_get(BYTES(1, 0, 0, 1, 0xff), &back));
}

TEST(wire, tags_come_back_sorted_or_not_at_all)
{
	struct qf_tag tags[3] = { { { 1 } }, { { 2 } }, { { 2, 1 } } };
	struct qf_bytes back;
	struct qf_buf to;
	size_t n;

	qf_buf_init(&to, 0);
	qf_tags_put(&to, tags, 3);
	assert_true(qf_tags_get(split_all(&to).payload, &back, &n));
	assert_int_equal(n, 3);
	assert_memory_equal(back.at, tags, sizeof tags);
	qf_buf_fini(&to);

	assert_true(qf_tags_get(qf_bytes(NULL, 0), &back, &n));
	assert_int_equal(n, 0);
	assert_false(qf_tags_get(qf_bytes(tags, 17), &back, &n));
	tags[2] = tags[1];
	assert_false(qf_tags_get(qf_bytes(tags, sizeof tags), &back, &n));
	tags[2] = tags[0];
	assert_false(qf_tags_get(qf_bytes(tags, sizeof tags), &back, &n));
}

TEST(wire, more_tags_than_the_limit_are_refused)
{
	static struct qf_tag tags[QF_TAGS_MAX + 1];
	struct qf_bytes back;
	size_t n;

	for (size_t i = 0; i <= QF_TAGS_MAX; i++) {
		tags[i].b[0] = (uint8_t)(i >> 8);
		tags[i].b[1] = (uint8_t)i;
	}
	assert_true(qf_tags_get(qf_bytes(tags, sizeof tags - sizeof *tags),
	                        &back, &n));
	assert_false(qf_tags_get(qf_bytes(tags, sizeof tags), &back, &n));
}

TEST(wire, open_says_handle_tag_and_summary)
{
	struct qf_open o = { .handle = 300, .have_from = 0, .count = 7 };
	struct qf_open back;
	struct qf_frame frame;
	struct qf_buf to;

	memset(o.tag.b, 0xaa, sizeof o.tag.b);
	memset(o.root.b, 0xbb, sizeof o.root.b);
	qf_buf_init(&to, 0);
	qf_open_put(&to, &o);
	frame = split_all(&to);
	assert_int_equal(frame.type, QF_FRAME_OPEN);
	assert_int_equal(frame.payload.len, 2 + 16 + 1 + 1 + 32);
	assert_memory_equal(frame.payload.at, "\xac\x02\xaa", 3);
	assert_memory_equal(frame.payload.at + 18, "\0\7\xbb", 3);
	assert_true(qf_open_get(frame.payload, &back));
	assert_int_equal(back.handle, 300);
	assert_int_equal(back.count, 7);
	assert_memory_equal(back.root.b, o.root.b, sizeof o.root.b);
	for (size_t len = 0; len < frame.payload.len; len++)
		assert_false(
			qf_open_get(qf_bytes(frame.payload.at, len), &back));
	qf_buf_fini(&to);
}

struct heard {
	struct qf_named named[8];
	size_t count;
	size_t stop_at;
};

static bool hear(void *ctx, const struct qf_named *named)
{
	struct heard *heard = ctx;

	heard->named[heard->count++] = *named;
	return heard->count != heard->stop_at;
}

TEST(wire, have_names_by_short_id)
{
	struct qf_named named = { .short_id = 0x0102030405060708, .count = 1 };
	struct heard heard = { .count = 0 };
	struct qf_buf to;
	uint64_t handle;

	qf_buf_init(&to, 0);
	qf_named_put(&to, QF_FRAME_HAVE, 5, &named, 1);
	expect_bytes(&to, BYTES(0, 0, 0, 12, 5, /* handle, count, entry: */
	                        5, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8));
	assert_true(qf_named_get(split_all(&to).payload, QF_FRAME_HAVE, &handle,
	                         hear, &heard));
	assert_int_equal(handle, 5);
	assert_int_equal(heard.count, 1);
	assert_false(heard.named[0].range);
	assert_true(heard.named[0].short_id == named.short_id);
	assert_int_equal(heard.named[0].count, 1);
	qf_buf_fini(&to);
}

static struct qf_named range(uint64_t from, uint64_t to, uint64_t count)
{
	return (struct qf_named){
		.range = true,
		.from = { .class = 1, .hlc = from },
		.to = { .class = 1, .hlc = to },
		.count = count,
	};
}

TEST(wire, ranges_and_ids_come_back_in_order)
{
	struct qf_named named[4] = { range(10, 500, 90),
		                     { .short_id = 9 },
		                     range(500, 501, 1),
		                     range(900, 0, 3) };
	struct heard heard = { .count = 0 };
	struct qf_buf to;
	uint64_t handle;

	named[0].from.id_len = 2;
	named[0].from.id.b[1] = 0x77;
	named[3].to.class = 0xff;
	qf_buf_init(&to, 0);
	qf_named_put(&to, QF_FRAME_HAVE, 0, named, 4);
	assert_true(qf_named_get(split_all(&to).payload, QF_FRAME_HAVE, &handle,
	                         hear, &heard));
	assert_int_equal(heard.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(heard.named[i].range, named[i].range);
		assert_int_equal(heard.named[i].from.hlc, named[i].from.hlc);
		assert_int_equal(heard.named[i].to.hlc, named[i].to.hlc);
		assert_int_equal(heard.named[i].to.class, named[i].to.class);
		assert_memory_equal(heard.named[i].from.id.b,
		                    named[i].from.id.b, QF_HASH_BYTES);
	}
	assert_int_equal(heard.named[0].count, 90);
	assert_int_equal(heard.named[3].count, 3);
	qf_buf_fini(&to);
}

TEST(wire, a_reader_may_stop_in_the_middle)
{
	struct qf_named named[3] = { { .short_id = 1 },
		                     { .short_id = 2 },
		                     { .short_id = 3 } };
	struct heard heard = { .stop_at = 2 };
	struct qf_buf to;
	uint64_t handle;

	qf_buf_init(&to, 0);
	qf_named_put(&to, QF_FRAME_WANT, 0, named, 3);
	assert_true(qf_named_get(split_all(&to).payload, QF_FRAME_WANT, &handle,
	                         hear, &heard));
	assert_int_equal(heard.count, 2);
	qf_buf_fini(&to);
}

static bool named_passes(const struct qf_named *named, uint8_t written,
                         uint8_t read)
{
	struct heard heard = { .count = 0 };
	struct qf_buf to;
	uint64_t handle;
	bool passes;

	qf_buf_init(&to, 0);
	qf_named_put(&to, written, 0, named, 1);
	passes = qf_named_get(split_all(&to).payload, read, &handle, hear,
	                      &heard);
	qf_buf_fini(&to);
	return passes;
}

TEST(wire, only_have_says_how_many_a_range_has)
{
	struct qf_named has = range(1, 2, 1), wants = range(1, 2, 0);

	assert_true(named_passes(&has, QF_FRAME_HAVE, QF_FRAME_HAVE));
	assert_true(named_passes(&wants, QF_FRAME_WANT, QF_FRAME_WANT));
	assert_false(named_passes(&has, QF_FRAME_HAVE, QF_FRAME_WANT));
	assert_false(named_passes(&wants, QF_FRAME_WANT, QF_FRAME_HAVE));
}

TEST(wire, an_empty_range_is_malformed)
{
	struct qf_named named = range(7, 7, 0);

	assert_false(named_passes(&named, QF_FRAME_WANT, QF_FRAME_WANT));
}

TEST(wire, malformed_names_are_refused)
{
	struct heard heard = { .count = 0 };
	uint64_t handle;
	const struct qf_bytes wrong[] = {
		BYTES(0),                            /* no count */
		BYTES(0, 1),                         /* one, but none follows */
		BYTES(0, 1, 0, 1, 2, 3, 4, 5, 6, 7), /* seven bytes of id */
		BYTES(0, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8), /* an id that counts */
		BYTES(0, 0, 0),                         /* more than was said */
		BYTES(0, 0x81, 0x20),                   /* 4097 */
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(qf_named_get(wrong[i], QF_FRAME_HAVE, &handle,
		                          hear, &heard));
}

TEST(wire, names_that_no_frame_holds_make_the_buffer_bad)
{
	static struct qf_named named[QF_OWED_MAX];
	struct qf_buf to;

	for (size_t i = 0; i < QF_OWED_MAX; i++) {
		named[i] = range(i * 2 + 1, i * 2 + 2, 0);
		named[i].from.id_len = named[i].to.id_len = QF_HASH_BYTES;
	}
	qf_buf_init(&to, 0);
	qf_named_put(&to, QF_FRAME_WANT, 0, named, QF_OWED_MAX);
	assert_true(to.bad);
	qf_buf_fini(&to);
}

TEST(wire, a_pong_has_its_token_and_a_clock)
{
	struct qf_face face = { QF_STAMP_MS_MAX, QF_CLOCK_GPS }, back;
	uint64_t token;
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_pong_put(&to, 300, &face);
	assert_true(qf_pong_get(split_all(&to).payload, &token, &back));
	assert_int_equal(token, 300);
	assert_int_equal(back.ms, face.ms);
	assert_int_equal(back.quality, face.quality);
	qf_buf_fini(&to);

	assert_false(qf_pong_get(BYTES(1), &token, &back));
	/* Later than a stamp can be, and a quality that there is not. */
	assert_false(qf_pong_get(BYTES(1, 0, 1, 0, 0, 0, 0, 0, 0, 0), &token,
	                         &back));
	assert_false(qf_pong_get(BYTES(1, 0, 0, 0, 0, 0, 0, 0, 1, 4), &token,
	                         &back));
	assert_false(qf_pong_get(BYTES(1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0), &token,
	                         &back));
}

TEST(wire, numbers_have_one_form)
{
	struct qf_buf to;
	uint64_t number;

	qf_buf_init(&to, 0);
	qf_number_put(&to, QF_FRAME_ACK, 300);
	expect_bytes(&to, BYTES(0, 0, 0, 3, 8, 0xac, 2));
	assert_true(qf_number_get(split_all(&to).payload, &number));
	assert_int_equal(number, 300);
	qf_buf_fini(&to);

	assert_false(qf_number_get(qf_bytes(NULL, 0), &number));
	assert_false(qf_number_get(BYTES(0x80, 0), &number));
	assert_false(qf_number_get(BYTES(1, 1), &number));
}

TEST(wire, bye_says_why_in_words)
{
	char long_reason[QF_REASON_BYTES_MAX + 1];
	struct qf_bytes back;
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_bye_put(&to, "so long");
	expect_bytes(&to,
	             BYTES(0, 0, 0, 8, 11, 's', 'o', ' ', 'l', 'o', 'n', 'g'));
	assert_true(qf_bye_get(split_all(&to).payload, &back));
	assert_memory_equal(back.at, "so long", 7);
	qf_buf_fini(&to);

	memset(long_reason, 'a', sizeof long_reason);
	assert_true(
		qf_bye_get(qf_bytes(long_reason, QF_REASON_BYTES_MAX), &back));
	assert_false(
		qf_bye_get(qf_bytes(long_reason, sizeof long_reason), &back));
	assert_false(qf_bye_get(BYTES('a', 0xc3), &back));
}
