/* web.c - one connection of a browser: the page's files, then the API in Noise
 */
#include "web.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "assets.h"
#include "core/base64.h"
#include "events.h"
#include "http.h"
#include "websocket.h"

#define MAGIC    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, 1.3 */
#define PROLOGUE "QuickFi page 1"

enum {
	KEY_CHARS = 24,       /* of a WebSocket's key */
	RECORD_BYTES = 16384, /* of TLS, at most */
	HEAD_BYTES = 4,       /* of a frame that fills one */
	PIECE_BYTES = RECORD_BYTES - HEAD_BYTES - QF_NOISE_TAG_BYTES,
	/* Due, above which nothing is read or answered. */
	OUT_BYTES_MAX = 256 * 1024,
};

enum state { HTTP, GREETING, TALKING, ENDING };

#define CAN(state) (1u << (state))

/* Who may follow whom. Anything else is our bug, never the browser's. */
static const unsigned follows[] = {
	[HTTP] = CAN(GREETING) | CAN(ENDING),
	[GREETING] = CAN(TALKING) | CAN(ENDING),
	[TALKING] = CAN(ENDING),
	[ENDING] = 0,
};

struct qf_web {
	enum state state;
	struct qf_web_options is;
	bool owner;        /* it came to /owner */
	uint64_t until_ms; /* silence longer than that is not waited for */
	unsigned asked;    /* for a sign of life, without one since */
	uint64_t posts;    /* passed on */
	bool posting;      /* and not yet answered */
	bool waits;        /* what it asks, until what is due has been pulled */
	uint64_t heard_ms; /* when it said something */
	struct qf_buf in;  /* HTTP: not yet read */
	struct qf_buf out;
	struct qf_websocket *ws; /* NULL: events, if it is no more HTTP */
	struct qf_noise noise;
	struct qf_api *api;
};

static void become(struct qf_web *w, enum state next)
{
	assert(follows[w->state] & CAN(next));
	w->state = next;
}

struct qf_web_shared *qf_web_shared_new(void)
{
	struct qf_web_shared *s = calloc(1, sizeof *s);

	if (!s || !(s->lines = qf_api_lines_new())) {
		free(s);
		return NULL;
	}
	return s;
}

void qf_web_shared_free(struct qf_web_shared *s)
{
	if (!s)
		return;
	qf_api_lines_free(s->lines);
	qf_buf_fini(&s->plain);
	qf_buf_fini(&s->sealed);
	free(s);
}

struct qf_web *qf_web_new(const struct qf_web_options *options)
{
	struct qf_web *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->is = *options;
	w->heard_ms = options->now_ms;
	w->until_ms = options->now_ms + QF_WEB_HEAD_MS;
	return w;
}

void qf_web_free(struct qf_web *w)
{
	if (!w)
		return;
	qf_buf_fini(&w->in);
	qf_buf_fini(&w->out);
	qf_websocket_free(w->ws);
	qf_noise_fini(&w->noise);
	qf_api_free(w->api);
	free(w);
}

/* Requests */

static void refuse(struct qf_web *w, const struct qf_http_request *r,
                   int status, const char *why)
{
	qf_http_refuse(&w->out, status, why, r->method != QF_HTTP_HEAD);
	become(w, ENDING);
}

/* Nothing runs, and nothing is fetched, that is not ours. Old Safari does not
 * know that 'self' includes WebSockets. */
static void put_policy(struct qf_buf *to, struct qf_bytes host)
{
	char text[1024];

	snprintf(text, sizeof text,
	         "default-src 'none'; script-src 'self'; style-src 'self'; "
	         "img-src 'self' data:; manifest-src 'self'; "
	         "connect-src 'self' ws://%.*s wss://%.*s; base-uri 'none'; "
	         "form-action 'none'; frame-ancestors 'none'; "
	         "require-trusted-types-for 'script'; trusted-types 'none'",
	         (int)host.len, (const char *)host.at, (int)host.len,
	         (const char *)host.at);
	qf_http_field(to, "Content-Security-Policy", text);
}

static void give_asset(struct qf_web *w, const struct qf_http_request *r,
                       const struct qf_asset *a)
{
	bool known = qf_http_is(r->etag, a->etag);

	qf_http_begin(&w->out, known ? 304 : 200, r->close);
	qf_http_field(&w->out, "ETag", a->etag);
	qf_http_field(&w->out, "Cache-Control", "no-cache");
	put_policy(&w->out, r->host);
	if (!known) {
		qf_http_field(&w->out, "Content-Type", a->type);
		qf_http_field(&w->out, "Content-Encoding", "gzip");
	}
	qf_http_end(&w->out, known ? 0 : a->len);
	if (!known && r->method == QF_HTTP_GET)
		qf_put_raw(&w->out, a->bytes, a->len);
	if (r->close)
		become(w, ENDING);
}

static void give_file(struct qf_web *w, const struct qf_http_request *r)
{
	if (r->method != QF_HTTP_GET && r->method != QF_HTTP_HEAD) {
		refuse(w, r, 405, "The page is only read.\n");
		return;
	}
	for (size_t i = 0; i < qf_asset_count; i++) {
		if (!qf_http_is(r->target, qf_assets[i].path))
			continue;
		give_asset(w, r, &qf_assets[i]);
		return;
	}
	refuse(w, r, 404, "There is no such page here.\n");
}

static void accept_key(const struct qf_web *w, struct qf_bytes key,
                       char out[32])
{
	uint8_t both[KEY_CHARS + sizeof MAGIC - 1], hash[20];
	struct qf_buf text;

	memcpy(both, key.at, KEY_CHARS);
	memcpy(both + KEY_CHARS, MAGIC, sizeof MAGIC - 1);
	w->is.sha1(qf_bytes(both, sizeof both), hash);
	qf_buf_init(&text, 0);
	qf_base64_put(&text, qf_bytes(hash, sizeof hash), QF_BASE64_PADDED);
	snprintf(out, 32, "%.*s", (int)text.len, (const char *)text.at);
	qf_buf_fini(&text);
}

static void upgrade(struct qf_web *w, const struct qf_http_request *r)
{
	char accept[32];

	w->ws = qf_websocket_new();
	if (!w->ws) {
		w->is.carry->bad = true;
		return;
	}
	accept_key(w, r->key, accept);
	qf_http_begin(&w->out, 101, false);
	qf_http_field(&w->out, "Upgrade", "websocket");
	qf_http_field(&w->out, "Connection", "Upgrade");
	qf_http_field(&w->out, "Sec-WebSocket-Accept", accept);
	qf_put_raw(&w->out, "\r\n", 2);
	become(w, GREETING);
}

/* A page's GET of its own node need not say where it is from. */
static void open_events(struct qf_web *w, const struct qf_http_request *r)
{
	if (r->method != QF_HTTP_GET) {
		refuse(w, r, 405, "This is for an EventSource.\n");
	} else if (r->origin.at && !qf_http_same_origin(r, w->is.secure)) {
		refuse(w, r, 403, "Only the page of this node may do that.\n");
	} else {
		qf_events_begin(&w->out, w->is.page, w->is.conn);
		become(w, GREETING);
	}
}

static void open_socket(struct qf_web *w, const struct qf_http_request *r)
{
	if (!r->websocket || r->method != QF_HTTP_GET)
		refuse(w, r, 426, "This is for WebSockets.\n");
	else if (!qf_http_same_origin(r, w->is.secure))
		refuse(w, r, 403, "Only the page of this node may do that.\n");
	else
		upgrade(w, r);
}

static void pass_on(struct qf_web *w, qf_conn to, struct qf_bytes message)
{
	struct qf_event *ev = qf_carry_tell(w->is.carry, QF_EV_COMMAND,
	                                    w->is.conn);
	struct qf_command *c = ev ? calloc(1, sizeof *c) : NULL;

	if (!c || !(c->payload = qf_shared_new(message.at, message.len))) {
		w->is.carry->bad = true;
		free(c);
		return;
	}
	c->kind = QF_CMD_PASS;
	c->request = ++w->posts;
	c->number = to;
	ev->command = c;
	w->posting = true;
}

static void take_post(struct qf_web *w, const struct qf_http_request *r)
{
	qf_conn to = qf_events_conn(w->is.page, r->target);

	if (!to)
		refuse(w, r, 405, "Nothing is posted here.\n");
	else if (!qf_http_same_origin(r, w->is.secure))
		refuse(w, r, 403, "Only the page of this node may do that.\n");
	else
		pass_on(w, to, r->body);
}

/* Who comes as the owner comes from this machine. */
static void come_in(struct qf_web *w, const struct qf_http_request *r,
                    void open(struct qf_web *w,
                              const struct qf_http_request *r))
{
	w->owner = r->target.at[1] == 'o';
	if (w->owner && !w->is.loopback)
		refuse(w, r, 403, "The owner is at this very machine.\n");
	else
		open(w, r);
}

static void answer(struct qf_web *w, const struct qf_http_request *r)
{
	if (!qf_http_host_is_ours(r->host))
		refuse(w, r, 421,
		       "Open this page by the address of the node.\n");
	else if (w->is.page->state == QF_PAGE_OFF && !w->is.loopback)
		refuse(w, r, 403, "This node shows no page.\n");
	else if (r->method == QF_HTTP_POST)
		take_post(w, r);
	else if (qf_http_is(r->target, "/guest") ||
	         qf_http_is(r->target, "/owner"))
		come_in(w, r, open_socket);
	else if (qf_http_is(r->target, "/guest/events") ||
	         qf_http_is(r->target, "/owner/events"))
		come_in(w, r, open_events);
	else
		give_file(w, r);
}

static void read_requests(struct qf_web *w)
{
	w->waits = false;
	while (w->state == HTTP && w->in.len && !w->posting) {
		struct qf_http_request r;
		int status;

		if (w->out.len >= OUT_BYTES_MAX) {
			w->waits = true;
			return;
		}
		status = qf_http_read(&r, qf_buf_bytes(&w->in));
		if (status == 100)
			return;
		if (status) {
			refuse(w, &r, status, "That is no request.\n");
			return;
		}
		answer(w, &r);
		qf_buf_drop_front(&w->in, r.bytes);
		w->until_ms = w->heard_ms + (w->in.len ? QF_WEB_HEAD_MS
		                             : w->state == HTTP
		                                     ? QF_WEB_IDLE_MS
		                                     : QF_WEB_HEAD_MS);
	}
}

/* Messages, by a WebSocket or by events */

static void put_message(struct qf_web *w, struct qf_bytes message,
                        struct qf_buf *to)
{
	if (w->ws)
		qf_websocket_put(w->ws, message, to);
	else
		qf_events_put(to, message);
}

static void close_socket(struct qf_web *w, int code)
{
	if (w->ws)
		qf_websocket_close(w->ws, code, &w->out);
	else
		qf_events_close(&w->out, code);
	become(w, ENDING);
}

static bool try_secret(struct qf_web *w, const struct qf_nonce *secret,
                       struct qf_bytes first, struct qf_buf *reply)
{
	struct qf_noise_answer a = {
		.prologue = qf_bytes(PROLOGUE, strlen(PROLOGUE)),
		.secret = w->is.page->secret,
		.once = w->is.once,
		.payload = qf_bytes("", 0),
	};
	struct qf_buf *plain = &w->is.shared->plain;

	qf_page_shared(secret, &a.shared);
	qf_buf_clear(plain);
	return qf_noise_begin(&w->noise, &a, first, plain, reply);
}

/* Which of the secrets that are good it has, or NULL. */
static const struct qf_nonce *
find_secret(struct qf_web *w, struct qf_bytes first, struct qf_buf *reply)
{
	const struct qf_page *p = w->is.page;
	const struct qf_nonce *all = w->owner ? p->owners : p->guests;
	size_t count = w->owner ? p->owner_count : QF_PAGE_WEEKS;

	for (size_t i = 0; i < count; i++)
		if (try_secret(w, &all[i], first, reply))
			return &all[i];
	return NULL;
}

static void greet(struct qf_web *w, struct qf_bytes first)
{
	const struct qf_nonce *secret;
	struct qf_buf reply;

	qf_buf_init(&reply, 0);
	secret = find_secret(w, first, &reply);
	if (!secret) {
		close_socket(w, QF_WEBSOCKET_STRANGER);
	} else {
		put_message(w, qf_buf_bytes(&reply), &w->out);
		w->api = qf_api_new_visitor(w->is.conn, w->is.carry,
		                            w->owner ? secret : NULL,
		                            w->is.shared->lines, w->is.hall);
		w->is.carry->bad |= !w->api;
		become(w, TALKING);
	}
	qf_buf_fini(&reply);
}

static void hear(struct qf_web *w, struct qf_bytes message)
{
	struct qf_buf *plain = &w->is.shared->plain;

	qf_buf_clear(plain);
	if (qf_noise_open(&w->noise, message, plain))
		qf_api_bytes(w->api, qf_buf_bytes(plain));
	else if (w->ws)
		close_socket(w, QF_WEBSOCKET_WRONG);
}

static void take_message(struct qf_web *w, struct qf_bytes message)
{
	if (w->state == GREETING)
		greet(w, message);
	else
		hear(w, message);
}

static void read_messages(struct qf_web *w)
{
	struct qf_bytes message;
	int code;

	while (w->state == GREETING || w->state == TALKING) {
		switch (qf_websocket_next(w->ws, &message, &code)) {
		case QF_WEBSOCKET_MORE:
			return;
		case QF_WEBSOCKET_MESSAGE:
			take_message(w, message);
			break;
		case QF_WEBSOCKET_PING:
			qf_websocket_pong(w->ws, message, &w->out);
			break;
		case QF_WEBSOCKET_PONG:
			break;
		case QF_WEBSOCKET_CLOSE:
			close_socket(w, QF_WEBSOCKET_NORMAL);
			break;
		case QF_WEBSOCKET_BAD:
			close_socket(w, code);
			break;
		}
	}
}

/* What came with the request for a WebSocket is for that. */
static void serve(struct qf_web *w)
{
	read_requests(w);
	if (w->state != GREETING || !w->ws)
		return;
	qf_websocket_bytes(w->ws, qf_buf_bytes(&w->in));
	read_messages(w);
	qf_buf_fini(&w->in);
}

void qf_web_bytes(struct qf_web *w, struct qf_bytes in, uint64_t now_ms)
{
	if (w->state == ENDING)
		return;
	w->heard_ms = now_ms;
	if (w->state == HTTP) {
		qf_put_raw(&w->in, in.at, in.len);
		serve(w);
		return;
	}
	if (!w->ws)
		return; /* it asked for events, and has nothing more to ask */
	if (w->state == TALKING) {
		w->until_ms = now_ms + QF_WEB_IDLE_MS;
		w->asked = 0;
	}
	qf_websocket_bytes(w->ws, in);
	read_messages(w);
}

bool qf_web_reads(const struct qf_web *w)
{
	return w->state != ENDING && w->out.len < OUT_BYTES_MAX && !w->waits &&
	       !w->posting && (!w->api || qf_api_reads(w->api));
}

bool qf_web_talks(const struct qf_web *w)
{
	return w->api;
}

static void posted(struct qf_web *w)
{
	w->posting = false;
	qf_http_begin(&w->out, 200, false);
	qf_http_end(&w->out, 0);
	serve(w);
}

/* Of who has a WebSocket nothing is posted. Who posts more than the API reads
 * is closed by it. */
static void passed(struct qf_web *w, const struct qf_shared *message)
{
	if (w->ws || (w->state != GREETING && w->state != TALKING))
		return;
	w->asked = 0;
	take_message(w, qf_bytes(message->at, message->len));
}

void qf_web_told(struct qf_web *w, struct qf_effect *fx)
{
	if (fx->kind == QF_FX_PASS)
		passed(w, fx->payload);
	else if (fx->kind == QF_FX_ANSWER && w->posting)
		posted(w);
	else if (w->api)
		qf_api_told(w->api, fx);
}

void qf_web_got(struct qf_web *w, struct qf_read *read)
{
	if (w->api)
		qf_api_got(w->api, read);
}

/* In a WebSocket it is sealed where it will stand. */
static void say_piece(struct qf_web *w, struct qf_bytes piece,
                      struct qf_buf *to)
{
	struct qf_buf *sealed = &w->is.shared->sealed;

	if (w->ws) {
		qf_websocket_head(to, piece.len + QF_NOISE_TAG_BYTES);
		qf_noise_seal(&w->noise, w->is.cipher, piece, to);
		return;
	}
	qf_buf_clear(sealed);
	qf_noise_seal(&w->noise, w->is.cipher, piece, sealed);
	to->bad |= sealed->bad;
	qf_events_put(to, qf_buf_bytes(sealed));
}

/* What the API has to say, in pieces that fit in records: who reads puts
 * nothing together, and opens little at a time. */
static void say(struct qf_web *w, struct qf_bytes plain, struct qf_buf *to)
{
	while (plain.len) {
		size_t len = plain.len < PIECE_BYTES ? plain.len : PIECE_BYTES;

		say_piece(w, qf_bytes(plain.at, len), to);
		plain = qf_bytes(plain.at + len, plain.len - len);
	}
}

static void pull_out(struct qf_web *w, struct qf_buf *to)
{
	qf_put_raw(to, w->out.at, w->out.len);
	qf_buf_fini(&w->out);
}

void qf_web_pull(struct qf_web *w, struct qf_buf *to, size_t want)
{
	struct qf_buf *plain = &w->is.shared->plain;

	pull_out(w, to);
	while (w->waits && to->len < want) {
		serve(w);
		pull_out(w, to);
	}
	if (w->state != TALKING || to->len >= want)
		return;
	qf_buf_clear(plain);
	qf_api_pull(w->api, plain, want);
	to->bad |= plain->bad;
	say(w, qf_buf_bytes(plain), to);
	if (qf_api_over(w->api)) {
		close_socket(w, QF_WEBSOCKET_NORMAL);
		pull_out(w, to);
	}
}

bool qf_web_over(const struct qf_web *w)
{
	return w->state == ENDING;
}

uint64_t qf_web_due(const struct qf_web *w)
{
	return w->state == ENDING ? UINT64_MAX : w->until_ms;
}

void qf_web_ring(struct qf_web *w, uint64_t now_ms)
{
	if (w->state == ENDING || now_ms < w->until_ms)
		return;
	if (w->state == TALKING && w->ws && !w->asked) {
		w->asked = 1;
		w->until_ms = now_ms + QF_WEB_HEAD_MS;
		qf_websocket_ping(w->ws, &w->out);
	} else if (w->state == TALKING && !w->ws &&
	           w->asked < QF_WEB_SILENCES_MAX) {
		w->asked++;
		w->until_ms = now_ms + QF_WEB_IDLE_MS;
		qf_events_ping(&w->out);
	} else if (w->state != HTTP) {
		close_socket(w, QF_WEBSOCKET_AWAY);
	} else if (w->waits) {
		w->until_ms = now_ms + QF_WEB_IDLE_MS;
	} else {
		if (w->in.len)
			qf_http_refuse(&w->out, 408, "That took too long.\n",
			               true);
		become(w, ENDING);
	}
}

void qf_web_leave(struct qf_web *w)
{
	if (w->state == HTTP)
		become(w, ENDING);
	else if (w->state != ENDING)
		close_socket(w, QF_WEBSOCKET_AWAY);
}
