/* base64.h - bytes as text that fits in links and HTTP headers (RFC 4648) */
#ifndef QF_BASE64_H
#define QF_BASE64_H

#include "bytes.h"

enum qf_base64 {
	QF_BASE64_PADDED, /* HTTP */
	QF_BASE64_LINK,   /* without padding, and no character of it is special
	                   * in a link */
};

/* Append it. */
void qf_base64_put(struct qf_buf *to, struct qf_bytes from,
                   enum qf_base64 variant);

#endif
