/* fuzz_websocket.c - any bytes as what a browser sends on a WebSocket
 *
 * Cut where the first byte says, they must mean what they mean in one piece.
 */
#include <assert.h>
#include <string.h>

#include "gateway/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_all(struct qf_websocket *ws, struct qf_bytes in,
                     struct qf_buf *story)
{
	enum qf_websocket_got got;
	struct qf_bytes message;
	int code;

	qf_websocket_bytes(ws, in);
	while ((got = qf_websocket_next(ws, &message, &code)) !=
	       QF_WEBSOCKET_MORE) {
		qf_put_u8(story, (uint8_t)got);
		if (got == QF_WEBSOCKET_BAD)
			return false;
		assert(message.len <= QF_WEBSOCKET_BYTES_MAX);
		qf_put_bytes(story, message);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qf_websocket *whole = qf_websocket_new();
	struct qf_websocket *cut = qf_websocket_new();
	struct qf_buf a, b;
	size_t step;

	if (size < 2)
		goto out;
	step = 1 + data[0];
	qf_buf_init(&a, 0);
	qf_buf_init(&b, 0);
	read_all(whole, qf_bytes(data + 1, size - 1), &a);
	for (size_t at = 1; at < size; at += step) {
		size_t left = size - at;

		if (!read_all(cut,
		              qf_bytes(data + at, step < left ? step : left),
		              &b))
			break;
	}
	assert(a.len == b.len);
	assert(!a.len || !memcmp(a.at, b.at, a.len));
	qf_buf_fini(&a);
	qf_buf_fini(&b);
out:
	qf_websocket_free(whole);
	qf_websocket_free(cut);
	return 0;
}
