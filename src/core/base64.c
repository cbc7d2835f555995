/* base64.c - bytes as text that fits in links and HTTP headers (RFC 4648) */
#include "base64.h"

#include <sodium.h>

void qf_base64_put(struct qf_buf *to, struct qf_bytes from,
                   enum qf_base64 variant)
{
	int kind = variant == QF_BASE64_LINK
	                   ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
	                   : sodium_base64_VARIANT_ORIGINAL;
	size_t len = sodium_base64_encoded_len(from.len, kind);
	uint8_t *at = qf_buf_room(to, len);

	if (!at)
		return;
	sodium_bin2base64((char *)at, len, from.at, from.len, kind);
	to->len += len - 1; /* its NUL is not kept */
}
