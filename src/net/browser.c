/* browser.c - a browser at the port: a socket, and the web on it
 *
 * Who stops reading is not waited for without end: what is being written must
 * move on, and when it is over, all of it must have arrived in time.
 */
#include "browser.h"

#include <arpa/inet.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/web.h"
#include "host.h"

enum { LATE_MS = 60000 };

struct qf_browser {
	struct qf_web *web;
	bool leaving;      /* we shall not hear it again */
	bool over;         /* only what is due goes out */
	size_t left;       /* of what is being written, when we looked last */
	uint64_t until_ms; /* it may take to move on, or if over, to be done */
};

static struct qf_browser *browser_of(struct qf_socket *s)
{
	return s->owner;
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	qf_web_bytes(browser_of(s)->web, in, qf_host_mono_ms());
	qf_desk_touch(s->desk, s);
}

static void close_browser(struct qf_socket *s)
{
	if (s->closed)
		return;
	qf_desk_recall(s->desk, s);
	if (qf_web_talks(browser_of(s)->web))
		qf_carry_tell(&s->desk->carry, QF_EV_CLIENT_DOWN, s->conn);
	qf_socket_close(s);
}

static void lost(struct qf_socket *s, const char *why)
{
	(void)why;
	browser_of(s)->leaving = true;
	if (s->gone || s->failed)
		close_browser(s);
	else
		qf_desk_touch(s->desk, s);
}

/* How many bytes were due, up to about QF_WRITE_BYTES. */
static size_t speak(struct qf_socket *s)
{
	struct qf_desk *d = s->desk;
	size_t len;

	qf_buf_clear(&d->plain);
	qf_web_pull(browser_of(s)->web, &d->plain, QF_WRITE_BYTES);
	if (d->plain.bad)
		d->carry.bad = true;
	len = d->plain.len;
	qf_socket_write(s, qf_buf_bytes(&d->plain));
	qf_buf_clear(&d->plain);
	return len;
}

/* It does not take what we write. */
static bool is_late(struct qf_socket *s, uint64_t now_ms)
{
	struct qf_browser *b = browser_of(s);
	bool over = b->leaving || qf_web_over(b->web);
	size_t left = qf_socket_left(s);

	if (!b->over && (over || !b->left || left < b->left))
		b->until_ms = now_ms + LATE_MS;
	b->over = over;
	b->left = left;
	return (over || left) && now_ms >= b->until_ms;
}

static void turn(struct qf_socket *s)
{
	struct qf_browser *b = browser_of(s);

	if (qf_socket_idle(s)) {
		size_t said = speak(s);
		bool ends = b->leaving || qf_web_over(b->web);

		if (!said && ends) {
			qf_socket_end(s);
			close_browser(s);
			return;
		}
		if (said >= QF_WRITE_BYTES || (said && ends))
			qf_desk_touch(s->desk, s);
		b->left = 0;
	}
	if (is_late(s, qf_host_mono_ms())) {
		close_browser(s);
		return;
	}
	qf_socket_read(s, !b->leaving && !s->held && qf_web_reads(b->web));
	qf_socket_ring(s, qf_web_due(b->web));
	if (b->over || b->left)
		qf_socket_ring(s, b->until_ms);
}

static void ring(struct qf_socket *s)
{
	qf_web_ring(browser_of(s)->web, qf_host_mono_ms());
	qf_desk_touch(s->desk, s);
}

static void told(struct qf_socket *s, struct qf_effect *fx)
{
	/* News is for everyone, but not for who only fetches a file. */
	if (fx->kind == QF_FX_NEWS && !qf_web_talks(browser_of(s)->web))
		return;
	qf_web_told(browser_of(s)->web, fx);
	qf_desk_touch(s->desk, s);
}

static void got(struct qf_socket *s, struct qf_read *read)
{
	qf_web_got(browser_of(s)->web, read);
	qf_desk_touch(s->desk, s);
}

static void leave(struct qf_socket *s)
{
	qf_web_leave(browser_of(s)->web);
	qf_desk_touch(s->desk, s);
}

static void free_browser(void *owner)
{
	struct qf_browser *b = owner;

	qf_web_free(b->web);
	free(b);
}

static const struct qf_socket_kind kind = {
	.crowd = QF_CROWD_CLIENTS,
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.ring = ring,
	.told = told,
	.got = got,
	.leave = leave,
	.close = close_browser,
	.free = free_browser,
};

static void sha1(struct qf_bytes of, uint8_t out[20])
{
	SHA1(of.at, of.len, out);
}

static bool is_loopback(const struct qf_socket *s)
{
	static const uint8_t mapped[13] = {
		[10] = 0xff, [11] = 0xff, [12] = 127
	};
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} peer = { 0 };
	socklen_t len = sizeof peer;

	if (getpeername(qf_socket_fd(s), &peer.any, &len))
		return false;
	if (peer.any.sa_family == AF_INET)
		return ntohl(peer.v4.sin_addr.s_addr) >> 24 == 127;
	return peer.any.sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&peer.v6.sin6_addr) ||
	        !memcmp(&peer.v6.sin6_addr, mapped, sizeof mapped));
}

int qf_browser_adopt(struct qf_socket *s, struct qf_bytes first)
{
	struct qf_browser *b = calloc(1, sizeof *b);
	struct qf_web_options options = {
		.conn = s->conn,
		.carry = &s->desk->carry,
		.page = &s->desk->page,
		.hall = s->desk->hall,
		.secure = s->tls,
		.loopback = is_loopback(s),
		.sha1 = sha1,
		.cipher = &s->desk->cipher,
		.now_ms = qf_host_mono_ms(),
	};

	if (!s->desk->web)
		s->desk->web = qf_web_shared_new();
	options.shared = s->desk->web;
	for (size_t i = 0; i < sizeof options.once.b; i += sizeof(uint64_t)) {
		uint64_t random = qf_host_random();

		memcpy(options.once.b + i, &random, sizeof random);
	}
	if (b && options.shared)
		b->web = qf_web_new(&options);
	if (!b || !b->web) {
		free(b);
		return QF_E_NOMEM;
	}
	qf_socket_become(s, &kind, b);
	if (first.len)
		take_bytes(s, first);
	return QF_OK;
}
