/* websocket.h - messages of a WebSocket (RFC 6455), the server's side
 *
 * Frames are wslay's; what is whole is handed out. All that RFC 6455 forbids a
 * client ends it, and so does a message that is longer than any may be here.
 *
 * Memory: new/free. A message is borrowed until the next is asked for.
 */
#ifndef QF_WEBSOCKET_H
#define QF_WEBSOCKET_H

#include "core/bytes.h"

enum { QF_WEBSOCKET_BYTES_MAX = 65535 };

enum qf_websocket_got {
	QF_WEBSOCKET_MORE,    /* all bytes are used up */
	QF_WEBSOCKET_MESSAGE, /* a binary one */
	QF_WEBSOCKET_PING,    /* to be answered with its bytes */
	QF_WEBSOCKET_PONG,
	QF_WEBSOCKET_CLOSE,
	QF_WEBSOCKET_BAD, /* code says how */
};

/* RFC 6455, 7.4.1, and one of ours. */
enum qf_websocket_code {
	QF_WEBSOCKET_NORMAL = 1000,
	QF_WEBSOCKET_AWAY = 1001,
	QF_WEBSOCKET_WRONG = 1002,
	QF_WEBSOCKET_KIND = 1003,
	QF_WEBSOCKET_LONG = 1009,
	QF_WEBSOCKET_STRANGER = 4401, /* the link is wrong, or has expired */
};

struct qf_websocket;

/* NULL: out of memory. */
struct qf_websocket *qf_websocket_new(void);
void qf_websocket_free(struct qf_websocket *ws);
/* Borrowed until MORE is got. */
void qf_websocket_bytes(struct qf_websocket *ws, struct qf_bytes in);
enum qf_websocket_got qf_websocket_next(struct qf_websocket *ws,
                                        struct qf_bytes *message, int *code);
/* Append the head of a binary message; its bytes are for the caller to put. */
void qf_websocket_head(struct qf_buf *to, size_t len);
/* Append one frame. */
void qf_websocket_put(struct qf_websocket *ws, struct qf_bytes message,
                      struct qf_buf *to);
void qf_websocket_ping(struct qf_websocket *ws, struct qf_buf *to);
void qf_websocket_pong(struct qf_websocket *ws, struct qf_bytes ping,
                       struct qf_buf *to);
void qf_websocket_close(struct qf_websocket *ws, int code, struct qf_buf *to);

#endif
