/* test_events.c - messages for an EventSource, and whose an address is */
#include <stdio.h>
#include <string.h>

#include "gateway/events.h"
#include "test.h"

static void assert_says(struct qf_buf *b, const char *text)
{
	assert_int_equal(b->len, strlen(text));
	assert_memory_equal(b->at, text, b->len);
	qf_buf_clear(b);
}

TEST(events, messages_are_told_in_words)
{
	struct qf_buf b;

	(void)state;
	qf_buf_init(&b, 0);
	qf_events_put(&b, qf_bytes("\n\n", 2));
	assert_says(&b, "data: Cgo=\n\n");
	qf_events_ping(&b);
	assert_says(&b, ":\n\n");
	qf_events_close(&b, 4401);
	assert_says(&b, "event: close\ndata: 4401\n\n");
	qf_buf_fini(&b);
}

TEST(events, an_address_that_was_changed_is_nobodys)
{
	const qf_conn conn = (qf_conn)3 << 48 | 0xabcdef;
	struct qf_page page, other;
	struct qf_buf b;
	char path[64];
	size_t len;

	(void)state;
	qf_page_init(&page, (uint8_t[QF_SEED_BYTES]){ 1 });
	qf_page_init(&other, (uint8_t[QF_SEED_BYTES]){ 2 });
	qf_buf_init(&b, 0);
	qf_events_begin(&b, &page, conn);
	qf_put_u8(&b, 0);
	assert_int_equal(
		sscanf(strstr((char *)b.at, "data: "), "data: %63s", path), 1);
	qf_buf_fini(&b);
	len = strlen(path);
	assert_true(qf_events_conn(&page, qf_bytes(path, len)) == conn);
	assert_true(qf_events_conn(&other, qf_bytes(path, len)) == 0);
	assert_true(qf_events_conn(&page, qf_bytes(path, len - 1)) == 0);
	assert_true(qf_events_conn(&page, qf_bytes(path, len + 1)) == 0);
	for (size_t i = 0; i < len; i++) {
		path[i] ^= 1;
		assert_true(qf_events_conn(&page, qf_bytes(path, len)) == 0);
		path[i] ^= 1;
	}
}
