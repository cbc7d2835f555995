/* fuzz_web.c - any bytes from a browser, and any posted to it
 *
 * The first byte says in what pieces they come, and whether they are posted to
 * somebody who listens for events. Nobody without a secret gets to talk.
 */
#include <assert.h>
#include <string.h>

#include "gateway/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char listening[] =
	"GET /guest/events HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n";

static void sha1(struct qf_bytes of, uint8_t out[20])
{
	assert(of.len == 60);
	memset(out, 0, 20);
}

static void post(struct qf_web *w, struct qf_bytes in)
{
	struct qf_effect fx = { .kind = QF_FX_PASS };

	fx.payload = qf_shared_new(in.at, in.len);
	qf_web_told(w, &fx);
	qf_shared_unref(fx.payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qf_carry carry;
	struct qf_page page;
	struct qf_buf out;
	struct qf_web_options options = {
		.conn = 1,
		.carry = &carry,
		.page = &page,
		.sha1 = sha1,
	};
	struct qf_web *w;
	bool posted;
	size_t step;

	if (!size)
		return 0;
	posted = data[0] & 1;
	step = 1 + data[0] / 2;
	qf_carry_init(&carry);
	qf_page_init(&page, (uint8_t[QF_SEED_BYTES]){ 1 });
	qf_page_turn(&page, (uint8_t[QF_SEED_BYTES]){ 1 }, 0);
	qf_buf_init(&out, 0);
	options.shared = qf_web_shared_new();
	w = qf_web_new(&options);
	if (posted)
		qf_web_bytes(w, qf_bytes(listening, strlen(listening)), 0);
	for (size_t at = 1; at < size; at += step) {
		size_t len = size - at < step ? size - at : step;

		if (posted)
			post(w, qf_bytes(data + at, len));
		else if (qf_web_reads(w))
			qf_web_bytes(w, qf_bytes(data + at, len), at);
		qf_web_pull(w, &out, 4096);
		qf_web_ring(w, at);
	}
	assert(!qf_web_talks(w));
	assert(!carry.ask_count);
	qf_web_leave(w);
	qf_web_free(w);
	qf_web_shared_free(options.shared);
	qf_buf_fini(&out);
	qf_carry_fini(&carry);
	return 0;
}
