/* fuzz_http.c - any bytes as the head of a request */
#include <assert.h>

#include "gateway/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qf_bytes in = qf_bytes(data, size);
	struct qf_http_request r, again;
	int status = qf_http_read(&r, in);

	if (status)
		return 0;
	assert(r.bytes <= size);
	assert(r.bytes - r.body.len <= QF_HTTP_HEAD_BYTES_MAX);
	assert(r.body.len <= QF_HTTP_BODY_BYTES_MAX);
	assert(r.host.at && r.target.len);
	qf_http_host_is_ours(r.host);
	qf_http_same_origin(&r, size % 2);
	/* What follows a request does not change it. */
	assert(!qf_http_read(&again, qf_bytes(data, r.bytes)));
	assert(again.bytes == r.bytes && again.websocket == r.websocket);
	return 0;
}
