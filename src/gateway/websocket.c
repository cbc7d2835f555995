/* websocket.c - messages of a WebSocket (RFC 6455), the server's side */
#include "websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <wslay/wslay.h>

enum { LENGTH_16 = 126 }; /* two more bytes say how long it is */

struct qf_websocket {
	struct wslay_frame_context *frames;
	struct qf_bytes in;    /* not yet read */
	struct qf_buf *out;    /* where a frame is being put */
	struct qf_buf message; /* so far: data */
	struct qf_buf control; /* so far: the frame between */
	bool in_message;       /* a fragment came, and the last did not */
	bool in_frame;
	uint64_t frame_got;
};

static ssize_t give(uint8_t *buf, size_t len, int flags, void *ctx)
{
	struct qf_websocket *ws = ctx;

	(void)flags;
	if (!ws->in.len)
		return -1;
	if (len > ws->in.len)
		len = ws->in.len;
	memcpy(buf, ws->in.at, len);
	ws->in = qf_bytes(ws->in.at + len, ws->in.len - len);
	return (ssize_t)len;
}

static ssize_t take(const uint8_t *data, size_t len, int flags, void *ctx)
{
	struct qf_websocket *ws = ctx;

	(void)flags;
	qf_put_raw(ws->out, data, len);
	return (ssize_t)len;
}

struct qf_websocket *qf_websocket_new(void)
{
	static const struct wslay_frame_callbacks callbacks = {
		.send_callback = take,
		.recv_callback = give,
	};
	struct qf_websocket *ws = calloc(1, sizeof *ws);

	if (!ws || wslay_frame_context_init(&ws->frames, &callbacks, ws)) {
		free(ws);
		return NULL;
	}
	qf_buf_init(&ws->message, QF_WEBSOCKET_BYTES_MAX);
	qf_buf_init(&ws->control, 0);
	return ws;
}

void qf_websocket_free(struct qf_websocket *ws)
{
	if (!ws)
		return;
	wslay_frame_context_free(ws->frames);
	qf_buf_fini(&ws->message);
	qf_buf_fini(&ws->control);
	free(ws);
}

void qf_websocket_bytes(struct qf_websocket *ws, struct qf_bytes in)
{
	ws->in = in;
}

static bool is_control(const struct wslay_frame_iocb *f)
{
	return wslay_is_ctrl_frame(f->opcode);
}

/* The first bytes of a frame: 0, or why it must not be. wslay has seen to the
 * lengths and the ends of control frames. */
static int judge(const struct qf_websocket *ws,
                 const struct wslay_frame_iocb *f)
{
	if (!f->mask || f->rsv)
		return QF_WEBSOCKET_WRONG;
	switch (f->opcode) {
	case WSLAY_CONNECTION_CLOSE:
	case WSLAY_PING:
	case WSLAY_PONG:
		return 0;
	case WSLAY_TEXT_FRAME:
		return QF_WEBSOCKET_KIND;
	case WSLAY_BINARY_FRAME:
	case WSLAY_CONTINUATION_FRAME:
		break;
	default:
		return QF_WEBSOCKET_WRONG;
	}
	if (ws->in_message != (f->opcode == WSLAY_CONTINUATION_FRAME))
		return QF_WEBSOCKET_WRONG;
	if (f->payload_length > QF_WEBSOCKET_BYTES_MAX - ws->message.len)
		return QF_WEBSOCKET_LONG;
	return 0;
}

static void begin_frame(struct qf_websocket *ws,
                        const struct wslay_frame_iocb *f)
{
	ws->in_frame = true;
	ws->frame_got = 0;
	if (is_control(f))
		qf_buf_clear(&ws->control);
	else
		ws->in_message = true;
}

static enum qf_websocket_got end_frame(struct qf_websocket *ws,
                                       const struct wslay_frame_iocb *f,
                                       struct qf_bytes *message)
{
	ws->in_frame = false;
	if (is_control(f)) {
		*message = qf_buf_bytes(&ws->control);
		return f->opcode == WSLAY_PING   ? QF_WEBSOCKET_PING
		       : f->opcode == WSLAY_PONG ? QF_WEBSOCKET_PONG
		                                 : QF_WEBSOCKET_CLOSE;
	}
	if (!f->fin)
		return QF_WEBSOCKET_MORE;
	ws->in_message = false;
	*message = qf_buf_bytes(&ws->message);
	return QF_WEBSOCKET_MESSAGE;
}

enum qf_websocket_got qf_websocket_next(struct qf_websocket *ws,
                                        struct qf_bytes *message, int *code)
{
	/* The last one was borrowed until now. */
	if (!ws->in_message)
		qf_buf_clear(&ws->message);
	for (;;) {
		struct wslay_frame_iocb f = { 0 };
		ssize_t got = wslay_frame_recv(ws->frames, &f);
		enum qf_websocket_got whole;
		struct qf_buf *to;

		if (got == WSLAY_ERR_WANT_READ)
			return QF_WEBSOCKET_MORE;
		*code = got < 0         ? QF_WEBSOCKET_WRONG
		        : !ws->in_frame ? judge(ws, &f)
		                        : 0;
		if (*code)
			return QF_WEBSOCKET_BAD;
		if (!ws->in_frame)
			begin_frame(ws, &f);
		to = is_control(&f) ? &ws->control : &ws->message;
		qf_put_raw(to, f.data, f.data_length);
		ws->frame_got += f.data_length;
		if (ws->frame_got < f.payload_length)
			continue;
		whole = end_frame(ws, &f, message);
		if (whole != QF_WEBSOCKET_MORE)
			return whole;
	}
}

static void put(struct qf_websocket *ws, uint8_t opcode, struct qf_bytes bytes,
                struct qf_buf *to)
{
	struct wslay_frame_iocb f = {
		.fin = 1,
		.opcode = opcode,
		.payload_length = bytes.len,
		.data = bytes.at,
		.data_length = bytes.len,
	};

	ws->out = to;
	if (wslay_frame_send(ws->frames, &f) < 0)
		to->bad = true;
}

/* RFC 6455, 5.2: the last frame of its message, and no mask. */
void qf_websocket_head(struct qf_buf *to, size_t len)
{
	assert(len <= QF_WEBSOCKET_BYTES_MAX);
	qf_put_u8(to, 0x80 | WSLAY_BINARY_FRAME);
	if (len < LENGTH_16) {
		qf_put_u8(to, (uint8_t)len);
	} else {
		qf_put_u8(to, LENGTH_16);
		qf_put_u16(to, (uint16_t)len);
	}
}

void qf_websocket_put(struct qf_websocket *ws, struct qf_bytes message,
                      struct qf_buf *to)
{
	put(ws, WSLAY_BINARY_FRAME, message, to);
}

void qf_websocket_ping(struct qf_websocket *ws, struct qf_buf *to)
{
	put(ws, WSLAY_PING, qf_bytes("", 0), to);
}

void qf_websocket_pong(struct qf_websocket *ws, struct qf_bytes ping,
                       struct qf_buf *to)
{
	put(ws, WSLAY_PONG, ping.len ? ping : qf_bytes("", 0), to);
}

void qf_websocket_close(struct qf_websocket *ws, int code, struct qf_buf *to)
{
	uint8_t bytes[2] = { (uint8_t)(code >> 8), (uint8_t)code };

	put(ws, WSLAY_CONNECTION_CLOSE, qf_bytes(bytes, sizeof bytes), to);
}
