/* web.h - one connection of a browser: the page's files, then the API in Noise
 *
 *   HTTP      requests one after the other; /guest or /owner becomes a
 *             WebSocket, or (/guest/events) events (events.h)
 *   GREETING  the first message must open with a secret that is good (page.h)
 *   TALKING   what Noise hides is the stream of the API (api.h), cut in pieces
 *   ENDING    what is due goes out, and then it is over
 *
 * A message that is posted (events.h) is passed on to the connection that its
 * address names, and the post is answered when it is on its way there. What
 * then does not open is passed over: anybody who listens could have sent it.
 *
 * A connection can fail: a request is refused in words; a secret is not good
 * (it closes with QF_WEBSOCKET_STRANGER, and the page says that the link is
 * wrong or has expired); who takes too long is ended.
 *
 * Pure: it is fed bytes and the time, and bytes are pulled.
 *
 * Memory: new/free. Threads: one worker's.
 */
#ifndef QF_WEB_H
#define QF_WEB_H

#include "api_lines.h"
#include "core/carry.h"

enum {
	QF_WEB_HEAD_MS = 10000,  /* to say a request, or the first message */
	QF_WEB_IDLE_MS = 30000,  /* between requests; then a WebSocket is asked
	                          * for a sign of life */
	QF_WEB_SILENCES_MAX = 5, /* so many times that nothing was posted */
};

struct qf_web;

/* What the browsers of one worker share: lines that were written, and buffers
 * that are used only while one of them is served. */
struct qf_web_shared {
	struct qf_api_lines *lines;
	struct qf_buf plain;
	struct qf_buf sealed;
};

struct qf_web_options {
	qf_conn conn;
	struct qf_carry *carry;
	struct qf_web_shared *shared; /* borrowed */
	const struct qf_page *page;   /* as it is now, and will be */
	struct qf_hall *hall;         /* as of qf_api_new_visitor() */
	bool secure;                  /* there is TLS below */
	bool loopback;                /* it came from this machine */
	struct qf_noise_key once;     /* random */
	void (*sha1)(struct qf_bytes of, uint8_t out[20]);
	const struct qf_noise_cipher *cipher; /* borrowed, or NULL */
	uint64_t now_ms;
};

/* NULL: out of memory. */
struct qf_web_shared *qf_web_shared_new(void);
void qf_web_shared_free(struct qf_web_shared *s); /* NULL is fine */

/* NULL: out of memory. */
struct qf_web *qf_web_new(const struct qf_web_options *options);
void qf_web_free(struct qf_web *w);
void qf_web_bytes(struct qf_web *w, struct qf_bytes in, uint64_t now_ms);
/* False: do not read from it now. */
bool qf_web_reads(const struct qf_web *w);
/* It is a client of the API, so it may be told. */
bool qf_web_talks(const struct qf_web *w);
void qf_web_told(struct qf_web *w, struct qf_effect *fx);
void qf_web_got(struct qf_web *w, struct qf_read *read);
/* Append until about `want` bytes are there or nothing is due; what was asked
 * and had to wait for that is answered. */
void qf_web_pull(struct qf_web *w, struct qf_buf *to, size_t want);
/* Nothing but what is due will come: close it when that is written. */
bool qf_web_over(const struct qf_web *w);
/* When it has to be called again, and then. */
uint64_t qf_web_due(const struct qf_web *w);
void qf_web_ring(struct qf_web *w, uint64_t now_ms);
/* The node stops. */
void qf_web_leave(struct qf_web *w);

#endif
