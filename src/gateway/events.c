/* events.c - messages to a browser as an EventSource takes them, and back */
#include "events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "http.h"

enum { PROOF_BYTES = 16, ADDRESS_CHARS = 6 + 16 + 2 * PROOF_BYTES };

static void put(struct qf_buf *to, const char *text)
{
	qf_put_raw(to, text, strlen(text));
}

static void make_address(const struct qf_page *page, qf_conn conn,
                         char out[ADDRESS_CHARS + 1])
{
	uint8_t from[QF_NOISE_KEY_BYTES + sizeof conn];
	struct qf_hash proof;
	int len;

	memcpy(from, page->secret.b, QF_NOISE_KEY_BYTES);
	for (size_t i = 0; i < sizeof conn; i++)
		from[QF_NOISE_KEY_BYTES + i] = (uint8_t)(conn >> 8 * i);
	qf_hash_data(&proof, "QF1post", from, sizeof from);
	len = sprintf(out, "/post/%016" PRIx64, conn);
	for (size_t i = 0; i < PROOF_BYTES; i++)
		len += sprintf(out + len, "%02x", proof.b[i]);
}

void qf_events_begin(struct qf_buf *to, const struct qf_page *page,
                     qf_conn conn)
{
	char address[ADDRESS_CHARS + 1];

	make_address(page, conn, address);
	qf_http_begin(to, 200, true);
	qf_http_field(to, "Content-Type", "text/event-stream");
	qf_http_field(to, "Cache-Control", "no-store");
	put(to, "\r\ndata: ");
	put(to, address);
	put(to, "\n\n");
}

void qf_events_put(struct qf_buf *to, struct qf_bytes message)
{
	put(to, "data: ");
	qf_base64_put(to, message, QF_BASE64_PADDED);
	put(to, "\n\n");
}

void qf_events_ping(struct qf_buf *to)
{
	put(to, ":\n\n");
}

void qf_events_close(struct qf_buf *to, int code)
{
	char text[48];

	snprintf(text, sizeof text, "event: close\ndata: %d\n\n", code);
	put(to, text);
}

qf_conn qf_events_conn(const struct qf_page *page, struct qf_bytes target)
{
	char is[ADDRESS_CHARS + 1], made[ADDRESS_CHARS + 1];
	qf_conn conn;

	if (target.len != ADDRESS_CHARS || memcmp(target.at, "/post/", 6) != 0)
		return 0;
	memcpy(is, target.at, ADDRESS_CHARS);
	is[6 + 16] = 0;
	conn = strtoull(is + 6, NULL, 16);
	make_address(page, conn, made);
	return memcmp(made, target.at, ADDRESS_CHARS) == 0 ? conn : 0;
}
