/* http.h - what a browser asks, read strictly, and the head of an answer
 *
 * One request is read whole or not at all, its head by llhttp, which is then
 * judged: HTTP/1.1, no field twice that must be there once, no bare line feeds,
 * at most QF_HTTP_HEAD_BYTES_MAX. Only a POST has a body, of a length that is
 * said, and at most QF_HTTP_BODY_BYTES_MAX.
 *
 * A page of another site can send requests here, by a name of its own that it
 * has made to lead here (DNS rebinding). Such a name is never an address, nor
 * localhost, nor one that only this network gives (.local): Host must be one
 * of these. Who opens a WebSocket or posts must be a page of this very origin.
 *
 * Memory: what a request points to is borrowed from the bytes it was read of.
 */
#ifndef QF_HTTP_H
#define QF_HTTP_H

#include "core/bytes.h"

enum { QF_HTTP_HEAD_BYTES_MAX = 16384, QF_HTTP_BODY_BYTES_MAX = 65535 };

enum qf_http_method { QF_HTTP_GET, QF_HTTP_HEAD, QF_HTTP_POST, QF_HTTP_OTHER };

struct qf_http_request {
	enum qf_http_method method;
	struct qf_bytes target;
	struct qf_bytes host;
	struct qf_bytes origin;
	struct qf_bytes etag; /* If-None-Match */
	struct qf_bytes key;  /* Sec-WebSocket-Key */
	bool websocket;       /* all that a WebSocket needs is there */
	bool close;           /* Connection: close */
	struct qf_bytes body; /* of a POST */
	size_t bytes;         /* of all of it */
};

/* 0: it is there; 100: more bytes are needed; otherwise the status that it is
 * refused with, and nothing after it can be read. */
int qf_http_read(struct qf_http_request *r, struct qf_bytes in);
/* It was asked by a name that only we can have. */
bool qf_http_host_is_ours(struct qf_bytes host);
/* The page that asks came from here. */
bool qf_http_same_origin(const struct qf_http_request *r, bool secure);
bool qf_http_is(struct qf_bytes field, const char *text);

/* Append the first line and the fields that all answers have. */
void qf_http_begin(struct qf_buf *to, int status, bool close);
void qf_http_field(struct qf_buf *to, const char *name, const char *value);
/* The head ends, and that many bytes follow. */
void qf_http_end(struct qf_buf *to, size_t body);
/* A whole answer that says in words why not. */
void qf_http_refuse(struct qf_buf *to, int status, const char *why,
                    bool with_body);

#endif
