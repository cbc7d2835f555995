/* link.c - a light peer: it dials, proves its key, talks, and hears
 *
 * The happy path to a node: connect, TLS with a certificate of its own, HELLO
 * and TAGS by the core's session, which then opens the room; READY is when
 * both sides are even there. To the bare loop: connect, TLS or not, a greeting
 * of five bytes (loop.h), a byte in answer.
 *
 * Any failure makes it GONE, with a reason.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/talk.h"
#include "loop.h"
#include "world.h"

enum {
	SOURCES = 16,       /* addresses of 127.0.0.0/8 that links come from */
	SLOW_BYTES = 256,   /* what a slow link reads each tick */
	ACK_NS = 250000000, /* as often as a node asks for one */
	PULL_BYTES = 65536,
};

static bool is_node(const struct link *l)
{
	return l->crew->world->kind == WORLD_NODE;
}

/* Bytes go as they are to the socket, or to OpenSSL on it. */
static bool is_plain(const struct link *l)
{
	return l->crew->world->kind == WORLD_LIMIT_PLAIN ||
	       l->crew->world->kind == WORLD_LIMIT_GUESTS ||
	       is_irc(l->crew->world) || is_web(l->crew->world);
}

static bool is_guest_in_tls(const struct link *l)
{
	return l->crew->world->kind == WORLD_IRC_TLS ||
	       l->crew->world->kind == WORLD_WEB_TLS ||
	       l->crew->world->kind == WORLD_LIMIT_GUESTS;
}

void link_init(struct link *l, struct crew *crew, struct hall *hall,
               unsigned number)
{
	*l = (struct link){ .crew = crew,
		            .hall = hall,
		            .number = number,
		            .visits = crew->world->visits,
		            .fd = -1 };
	l->heard = calloc(hall->author_count + 1, sizeof *l->heard);
	if (!l->heard)
		die("out of memory");
	qf_buf_init(&l->partial, 0);
	qf_buf_init(&l->out, 0);
	crew->links[crew->link_count++] = l;
}

/* What belongs to one connection. */
static void hang_up(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	SSL_free(l->ssl);
	l->ssl = NULL;
	qf_channel_free(l->channel);
	l->channel = NULL;
	if (l->has_session) {
		qf_session_fini(&l->session);
		qf_carry_fini(&l->carry);
	}
	l->has_session = false;
	web_free(l);
	qf_buf_fini(&l->partial);
	qf_buf_fini(&l->out);
}

void link_fini(struct link *l)
{
	hang_up(l);
	free(l->heard);
}

static void watch(struct link *l, int how, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = l };

	if (epoll_ctl(l->crew->epoll, how, l->fd, &ev))
		die("epoll: %s", strerror(errno));
}

static uint32_t wants(const struct link *l)
{
	return (l->slow && l->state == LINK_READY ? 0 : EPOLLIN) |
	       (l->polls_out ? EPOLLOUT : 0);
}

static void has_dialled(struct link *l)
{
	l->crew->dialling--;
	crew_dial_more(l->crew);
}

static void gone(struct link *l, const char *why)
{
	bool dialled = l->state == LINK_DIALLING || l->state == LINK_GREETING;
	bool was_ready = l->state == LINK_READY;
	struct world *w = l->crew->world;
	uint64_t never = 0;

	if (l->state >= LINK_LEFT)
		return;
	epoll_ctl(l->crew->epoll, EPOLL_CTL_DEL, l->fd, NULL);
	close(l->fd);
	l->fd = -1;
	if (l->state == LINK_LEAVING) {
		l->state = LINK_LEFT;
		return;
	}
	l->state = LINK_GONE;
	snprintf(l->why, sizeof l->why, "%s", why);
	if (dialled)
		has_dialled(l);
	if (was_ready)
		w->ready--;
	if (w->returning)
		atomic_compare_exchange_strong(&w->lost_ns, &never, now_ns());
	else if (l->slow && was_ready)
		w->slow_gone++; /* that is the node's to judge */
	else if (!w->gone++)
		fprintf(stderr, "quickfi-bench: link %u: %s\n", l->number, why);
	bell_ring(w->bell);
}

/* Bytes out. */

static void flush(struct link *l)
{
	ssize_t n = 0;
	bool polls;

	while (l->out.len) {
		n = l->ssl ? SSL_write(l->ssl, l->out.at, (int)l->out.len)
		           : send(l->fd, l->out.at, l->out.len, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		qf_buf_drop_front(&l->out, (size_t)n);
	}
	if (n < 0 &&
	    (l->ssl ? SSL_get_error(l->ssl, (int)n) != SSL_ERROR_WANT_WRITE
	            : errno != EAGAIN)) {
		gone(l, strerror(errno));
		return;
	}
	polls = l->out.len;
	if (polls != l->polls_out) {
		l->polls_out = polls;
		watch(l, EPOLL_CTL_MOD, wants(l));
	}
}

static void send_wire(struct link *l, struct qf_buf *wire)
{
	if (!wire->len || l->state >= LINK_LEFT)
		return;
	qf_put_raw(&l->out, wire->at, wire->len);
	if (l->out.bad)
		die("out of memory");
	qf_buf_clear(wire);
	flush(l);
}

void link_write(struct link *l, struct qf_bytes bytes)
{
	struct qf_buf *wire = &l->crew->wire;

	qf_buf_clear(wire);
	if (is_plain(l))
		qf_put_raw(wire, bytes.at, bytes.len);
	else if (!qf_channel_write(l->channel, bytes, wire))
		gone(l, l->channel->why);
	send_wire(l, wire);
}

static void say_sealed(struct link *l, struct qf_bytes bytes)
{
	struct qf_buf out;

	qf_buf_init(&out, 0);
	web_seal(l, bytes, &out);
	link_write(l, qf_buf_bytes(&out));
	qf_buf_fini(&out);
}

void link_say(struct link *l, struct qf_bytes bytes, unsigned messages)
{
	if (l->state != LINK_READY)
		die("an author has lost its link: %s", l->why);
	if (l->has_session)
		l->session.named += messages;
	if (is_web(l->crew->world))
		say_sealed(l, bytes);
	else
		link_write(l, bytes);
}

/* Who quits is hung up on, and the bare loop sees no more coming. */
static void leave(struct link *l)
{
	static const char quit[] = "QUIT\r\n";

	l->visits--;
	l->state = LINK_LEAVING;
	if (is_irc(l->crew->world))
		link_write(l, qf_bytes(quit, sizeof quit - 1));
	else
		shutdown(l->fd, SHUT_WR);
}

void link_ready(struct link *l)
{
	struct crew *c = l->crew;

	histogram_add(&c->greeting, now_ns() - l->began_ns);
	if (l->visits) {
		leave(l);
		return;
	}
	l->state = LINK_READY;
	if (l->slow)
		watch(l, EPOLL_CTL_MOD, wants(l));
	has_dialled(l);
	if (++c->world->ready == c->world->link_count)
		bell_ring(c->world->bell);
}

/* The core, as far as a link meets it: here is the room, here is your turn. */

static void answer(struct link *l, enum qf_effect_kind kind)
{
	struct qf_effect fx = { .kind = kind, .room = l->hall->id };

	fx.snapshot = qf_snapshot_ref(l->hall->snapshot);
	if (kind == QF_FX_PAIR)
		fx.told = qf_told_new();
	qf_session_told(&l->session, &fx, l->crew->now_ns / 1000000);
	qf_effect_fini(&fx);
}

static void answer_asks(struct link *l)
{
	struct qf_carry *c = &l->carry;

	for (size_t i = 0; i < c->ask_count; i++) {
		struct qf_ask ask = c->asks[i];

		if (ask.kind == QF_ASK_READ)
			die("the node lacks what the bench has not kept");
		if (ask.event.kind == QF_EV_FOLLOW)
			answer(l, QF_FX_PAIR);
		else if (ask.event.kind == QF_EV_TURN_ASKED)
			answer(l, QF_FX_TURN);
		qf_event_fini(&ask.event);
	}
	c->ask_count = 0;
}

static bool is_even(const struct link *l)
{
	return l->session.talk_count &&
	       l->session.talks[0]->phase == QF_TALK_EVEN &&
	       !l->session.talks[0]->wanted_left;
}

static void converse(struct link *l)
{
	struct crew *c = l->crew;

	answer_asks(l);
	if (l->carry.bad)
		die("out of memory");
	qf_buf_clear(&c->plain);
	qf_session_pull(&l->session, &c->plain, PULL_BYTES, now_ns() / 1000000);
	c->count.ack_bytes += c->plain.len;
	if (c->plain.len)
		link_write(l, qf_buf_bytes(&c->plain));
	qf_buf_clear(&c->plain);
	if (l->session.state == QF_SESSION_CLOSED)
		gone(l, l->session.reason);
	else if (l->state == LINK_GREETING && is_even(l))
		link_ready(l);
}

/* Greeting. */

static void greet_loop(struct link *l)
{
	struct loop_greeting greeting = { .role = LOOP_MEMBER,
		                          .hall = l->hall->index };

	for (unsigned i = 0; i < l->hall->author_count; i++)
		if (l->hall->speakers[i] == l)
			greeting.role = LOOP_SPEAKER;
	link_write(l, qf_bytes(&greeting, sizeof greeting));
}

static void greet_irc(struct link *l)
{
	char text[200];
	size_t len = irc_greeting(l, text, sizeof text);

	link_write(l, qf_bytes(text, len));
}

static void greet_web(struct link *l)
{
	struct qf_buf out;

	qf_buf_init(&out, 0);
	web_greeting(l, &out);
	link_write(l, qf_buf_bytes(&out));
	qf_buf_fini(&out);
}

static void greet(struct link *l)
{
	struct crew *c = l->crew;

	if (is_irc(c->world)) {
		greet_irc(l);
		return;
	}
	if (is_web(c->world)) {
		greet_web(l);
		return;
	}
	if (!is_node(l)) {
		greet_loop(l);
		return;
	}
	qf_carry_init(&l->carry);
	l->has_session = true;
	if (!qf_carry_room(&l->carry, &l->hall->id, l->hall->name) ||
	    qf_session_init(&l->session, l->number + 1, true, &l->channel->peer,
	                    l->channel->exporter, &c->world->hello, l->number,
	                    &l->carry, c->now_ns / 1000000))
		die("out of memory");
	converse(l);
}

/* Bytes in. */

static size_t take_whole(struct link *l, struct qf_bytes in)
{
	if (is_node(l))
		return heard_frames(l, in);
	if (is_irc(l->crew->world))
		return heard_irc(l, in);
	if (is_web(l->crew->world))
		return heard_web(l, in);
	if (l->state == LINK_READY)
		return heard_lines(l, in);
	if (!in.len)
		return 0;
	link_ready(l); /* the byte in answer */
	return 1;
}

static void take_plain(struct link *l, struct qf_bytes in)
{
	size_t used;

	if (l->crew->world->counting)
		l->crew->count.plain_bytes += in.len;
	if (l->partial.len) {
		qf_put_raw(&l->partial, in.at, in.len);
		used = take_whole(l, qf_buf_bytes(&l->partial));
		qf_buf_drop_front(&l->partial, used);
	} else {
		used = take_whole(l, in);
		qf_put_raw(&l->partial, in.at + used, in.len - used);
	}
	if (l->partial.bad)
		die("out of memory");
}

static void take_wire(struct link *l, struct qf_bytes in)
{
	struct crew *c = l->crew;
	enum qf_channel_got got = QF_CHANNEL_SOME;
	bool proven = l->channel->proven;

	qf_buf_clear(&c->wire);
	while (got == QF_CHANNEL_SOME && l->state < LINK_LEFT) {
		qf_buf_clear(&c->plain);
		got = qf_channel_read(l->channel, &in, &c->plain, &c->wire);
		if (c->plain.len)
			take_plain(l, qf_buf_bytes(&c->plain));
		else if (!proven && l->channel->proven) {
			proven = true;
			send_wire(l, &c->wire);
			greet(l);
			qf_buf_clear(&c->wire);
		}
	}
	send_wire(l, &c->wire);
	if (got == QF_CHANNEL_OVER)
		gone(l, l->channel->why);
}

static void take_in(struct link *l, struct qf_bytes in)
{
	if (is_plain(l))
		take_plain(l, in);
	else
		take_wire(l, in);
	if (l->state < LINK_LEFT && l->has_session)
		converse(l);
}

/* IRC in TLS: by OpenSSL on the socket, as a client has it. */
static void receive_tls(struct link *l)
{
	struct crew *c = l->crew;
	bool begins = !SSL_is_init_finished(l->ssl);
	int n = begins ? SSL_do_handshake(l->ssl) : 0;

	c->now_ns = now_ns();
	if (begins && n == 1)
		greet(l);
	while (SSL_is_init_finished(l->ssl) && l->state < LINK_LEFT &&
	       (n = SSL_read(l->ssl, c->in, sizeof c->in)) > 0)
		take_plain(l, qf_bytes(c->in, (size_t)n));
	if (l->state < LINK_LEFT && n <= 0 &&
	    SSL_get_error(l->ssl, n) != SSL_ERROR_WANT_READ)
		gone(l, "TLS failed, or the other side closed");
	ERR_clear_error(); /* it would be the next one's */
}

static void receive(struct link *l, size_t most)
{
	struct crew *c = l->crew;
	ssize_t n;

	if (l->ssl) {
		receive_tls(l);
		return;
	}
	n = recv(l->fd, c->in, most, 0);

	c->now_ns = now_ns();
	if (n > 0) {
		if (c->world->counting)
			c->count.wire_bytes += (size_t)n;
		take_in(l, qf_bytes(c->in, (size_t)n));
	} else if (!n || errno != EAGAIN) {
		gone(l, n ? strerror(errno) : "the other side closed");
	}
}

/* Dialling. */

/* A certificate of its own on this one connection. */
static void show_own_key(struct link *l)
{
	const struct author *a = NULL;
	uint8_t seed[QF_SEED_BYTES];
	EVP_PKEY *key;
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	for (unsigned i = 0; i < l->hall->author_count; i++)
		if (l->hall->speakers[i] == l)
			a = &l->hall->authors[i];
	author_seed(l->number, seed);
	key = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, a ? a->self.seed : seed, QF_SEED_BYTES);
	if (!key || !X509_set_version(cert, X509_VERSION_3) ||
	    !ASN1_TIME_set_string(X509_getm_notBefore(cert),
	                          "19700101000000Z") ||
	    !ASN1_TIME_set_string(X509_getm_notAfter(cert),
	                          "99991231235959Z") ||
	    !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                                (const uint8_t *)"quickfi", -1, -1,
	                                0) ||
	    !X509_set_issuer_name(cert, name) || !X509_set_pubkey(cert, key) ||
	    !X509_sign(cert, key, NULL) ||
	    !SSL_use_certificate(l->channel->ssl, cert) ||
	    !SSL_use_PrivateKey(l->channel->ssl, key))
		die("OpenSSL makes no certificate");
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* By what it says it speaks, a node knows a browser, and what it can read. */
static void show_browser(SSL *ssl)
{
	static const uint8_t alpn[] = "\x08http/1.1";

	if (SSL_set_alpn_protos(ssl, alpn, sizeof alpn - 1))
		die("out of memory");
}

static void begin(struct link *l)
{
	int err = 0;
	socklen_t len = sizeof err;

	getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		gone(l, strerror(err));
		return;
	}
	l->state = LINK_GREETING;
	l->polls_out = false;
	watch(l, EPOLL_CTL_MOD, EPOLLIN);
	l->crew->now_ns = now_ns();
	if (is_guest_in_tls(l)) {
		l->ssl = SSL_new(l->crew->world->guest_tls);
		if (!l->ssl || !SSL_set_fd(l->ssl, l->fd))
			die("out of memory");
		if (is_web(l->crew->world))
			show_browser(l->ssl);
		SSL_set_connect_state(l->ssl);
		SSL_set_mode(l->ssl,
		             SSL_MODE_ENABLE_PARTIAL_WRITE |
		                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		receive_tls(l);
		return;
	}
	if (is_plain(l)) {
		greet(l);
		return;
	}
	l->channel = qf_channel_new(&l->crew->world->tls, true);
	if (!l->channel)
		die("out of memory");
	show_own_key(l);
	take_wire(l, qf_bytes(NULL, 0));
}

/* 127.0.0.2 and up, for one address has too few ports. */
static void choose_source(const struct link *l)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 +
		                         l->number % SOURCES),
	};
	int yes = 1;

	setsockopt(l->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes,
	           sizeof yes);
	if (bind(l->fd, (struct sockaddr *)&from, sizeof from))
		die("bind: %s", strerror(errno));
}

void link_dial(struct link *l)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(l->crew->world->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int yes = 1, small = 4096;

	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		die("socket: %s", strerror(errno));
	choose_source(l);
	if (l->slow)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	l->began_ns = now_ns();
	l->state = LINK_DIALLING;
	watch(l, EPOLL_CTL_ADD, EPOLLOUT);
	if (connect(l->fd, (struct sockaddr *)&to, sizeof to) &&
	    errno != EINPROGRESS)
		gone(l, strerror(errno));
}

void link_event(struct link *l, uint32_t events)
{
	bool dialled = l->state == LINK_DIALLING;

	if (dialled)
		begin(l);
	else if (l->state < LINK_LEFT && events & EPOLLOUT)
		flush(l);
	if (!dialled && l->state < LINK_LEFT &&
	    events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		receive(l, sizeof l->crew->in);
	if (l->state == LINK_LEFT) {
		hang_up(l);
		link_dial(l);
	}
}

/* As many bytes as a node is sent for an ACK. */
static void acknowledge_lines(struct link *l)
{
	static const uint8_t ack[LOOP_ACK_BYTES] = { LOOP_ACK };

	if (!l->unacked || l->crew->now_ns < l->ack_ns + ACK_NS)
		return;
	l->unacked = 0;
	l->ack_ns = l->crew->now_ns;
	l->crew->count.ack_bytes += sizeof ack;
	link_write(l, qf_bytes(ack, sizeof ack));
}

void link_tick(struct link *l)
{
	if (l->state == LINK_GONE && l->crew->world->returning) {
		hang_up(l);
		l->state = LINK_IDLE;
	}
	if (l->state != LINK_READY)
		return;
	if (l->slow)
		receive(l, SLOW_BYTES);
	if (l->state != LINK_READY)
		return;
	if (!l->has_session) {
		if (!is_irc(l->crew->world) && !is_web(l->crew->world))
			acknowledge_lines(l);
		return;
	}
	qf_session_tick(&l->session, l->crew->now_ns / 1000000);
	converse(l);
}
