/* test_websocket.c - messages of a WebSocket, whole or in pieces, and wrong */
#include <string.h>

#include "gateway/websocket.h"
#include "test.h"

struct frames {
	struct qf_buf bytes;
};

/* As a client sends it: masked, unless told otherwise. */
static void add(struct frames *f, uint8_t first, const void *data, size_t len,
                bool masked)
{
	static const uint8_t mask[4] = { 1, 2, 3, 4 };
	struct qf_buf *b = &f->bytes;
	uint8_t bit = masked ? 128 : 0;

	qf_put_u8(b, first);
	if (len < 126) {
		qf_put_u8(b, bit | (uint8_t)len);
	} else if (len < 65536) {
		qf_put_u8(b, bit | 126);
		qf_put_u16(b, (uint16_t)len);
	} else {
		qf_put_u8(b, bit | 127);
		qf_put_u64(b, len);
	}
	if (masked)
		qf_put_raw(b, mask, sizeof mask);
	for (size_t i = 0; i < len; i++)
		qf_put_u8(b, ((const uint8_t *)data)[i] ^
		                     (masked ? mask[i % 4] : 0));
}

/* What comes of them, given so many bytes at a time: a letter each, and the
 * bytes of the last. */
static int run(const struct frames *f, size_t step, char *story,
               struct qf_buf *last)
{
	struct qf_websocket *ws = qf_websocket_new();
	int code = 0;

	assert_non_null(ws);
	for (size_t at = 0; at < f->bytes.len && !code; at += step) {
		size_t left = f->bytes.len - at;
		enum qf_websocket_got got;
		struct qf_bytes message;

		qf_websocket_bytes(ws, qf_bytes(f->bytes.at + at,
		                                step < left ? step : left));
		while ((got = qf_websocket_next(ws, &message, &code)) !=
		       QF_WEBSOCKET_MORE) {
			*story++ = "-moxcb"[got];
			if (got == QF_WEBSOCKET_BAD)
				break;
			qf_buf_clear(last);
			qf_put_raw(last, message.at, message.len);
		}
	}
	*story = 0;
	qf_websocket_free(ws);
	return code;
}

static void tells(const struct frames *f, const char *wanted, const char *bytes)
{
	for (size_t step = 1; step < 200; step += 66) {
		struct qf_buf last;
		char story[32];

		qf_buf_init(&last, 0);
		run(f, step, story, &last);
		assert_string_equal(story, wanted);
		assert_int_equal(last.len, strlen(bytes));
		assert_memory_equal(last.at, bytes, last.len);
		qf_buf_fini(&last);
	}
}

static void refused(struct frames *f, int code)
{
	struct qf_buf last;
	char story[32];

	qf_buf_init(&last, 0);
	assert_int_equal(run(f, 1 << 20, story, &last), code);
	assert_int_equal(story[strlen(story) - 1], 'b');
	qf_buf_fini(&last);
	qf_buf_clear(&f->bytes);
}

TEST(websocket, a_message_comes_whole_however_it_was_cut)
{
	struct frames f = { 0 };

	(void)state;
	add(&f, 0x82, "hello", 5, true);
	tells(&f, "m", "hello");
	add(&f, 0x02, "and ", 4, true);
	add(&f, 0x89, "ping", 4, true);
	add(&f, 0x00, "so", 2, true);
	add(&f, 0x80, " on", 3, true);
	tells(&f, "mom", "and so on");
	add(&f, 0x8a, "", 0, true);
	add(&f, 0x88, "\x03\xe8", 2, true);
	tells(&f, "momxc", "\x03\xe8");
	qf_buf_fini(&f.bytes);
}

TEST(websocket, each_length_has_its_form)
{
	static const size_t lengths[] = { 0, 125, 126, 4096, 65535 };
	static uint8_t data[65536];
	struct frames f = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct qf_buf last;
		char story[8];

		qf_buf_init(&last, 0);
		add(&f, 0x82, data, lengths[i], true);
		assert_int_equal(run(&f, 1 << 20, story, &last), 0);
		assert_string_equal(story, "m");
		assert_int_equal(last.len, lengths[i]);
		qf_buf_clear(&f.bytes);
		qf_buf_fini(&last);
	}
	add(&f, 0x82, data, 65536, true);
	refused(&f, QF_WEBSOCKET_LONG);
	add(&f, 0x02, data, 65535, true);
	add(&f, 0x80, data, 1, true);
	refused(&f, QF_WEBSOCKET_LONG);
	qf_buf_fini(&f.bytes);
}

TEST(websocket, what_a_client_must_not_do_ends_it)
{
	static uint8_t data[200];
	struct frames f = { 0 };

	(void)state;
	add(&f, 0x82, "bare", 4, false);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0xc2, "rsv1", 4, true);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0x83, "what", 4, true);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0x80, "goes on from nothing", 20, true);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0x02, "a", 1, true);
	add(&f, 0x82, "b", 1, true);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0x09, "a ping in pieces", 16, true);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0x89, data, 126, true);
	refused(&f, QF_WEBSOCKET_WRONG);
	add(&f, 0x81, "text", 4, true);
	refused(&f, QF_WEBSOCKET_KIND);
	qf_buf_fini(&f.bytes);
}

TEST(websocket, what_we_send_is_a_frame_without_a_mask)
{
	struct qf_websocket *ws = qf_websocket_new();
	struct qf_buf out;

	(void)state;
	qf_buf_init(&out, 0);
	qf_websocket_put(ws, qf_bytes("ab", 2), &out);
	qf_websocket_ping(ws, &out);
	qf_websocket_pong(ws, qf_bytes("x", 1), &out);
	qf_websocket_close(ws, QF_WEBSOCKET_STRANGER, &out);
	assert_int_equal(out.len, 13);
	assert_memory_equal(out.at,
	                    "\x82\x02"
	                    "ab\x89\x00\x8a\x01x\x88\x02\x11\x31",
	                    out.len);
	qf_buf_fini(&out);
	qf_websocket_free(ws);
}

TEST(websocket, a_head_that_is_put_alone_is_that_of_a_whole_frame)
{
	static const uint8_t bytes[QF_WEBSOCKET_BYTES_MAX];
	static const size_t lens[] = { 1, 125, 126, sizeof bytes };
	struct qf_websocket *ws = qf_websocket_new();
	struct qf_buf out, head;

	(void)state;
	qf_buf_init(&out, 0);
	qf_buf_init(&head, 0);
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		qf_buf_clear(&out);
		qf_buf_clear(&head);
		qf_websocket_put(ws, qf_bytes(bytes, lens[i]), &out);
		qf_websocket_head(&head, lens[i]);
		assert_int_equal(out.len, head.len + lens[i]);
		assert_memory_equal(out.at, head.at, head.len);
	}
	qf_buf_fini(&head);
	qf_buf_fini(&out);
	qf_websocket_free(ws);
}
