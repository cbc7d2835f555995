/* link.c - a byte stream to a peer: TCP, TLS, frames, and the talk over it */
#include "link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "interfaces.h"
#include "sockaddr.h"

enum {
	LINGER_MS = 2000,
	MS_PER_S = 1000,
	SHARE_MIN = 8,        /* signatures, before others have their turn */
	MUCH_BYTES = 4 << 10, /* so much waits that no more should be read */
};

#define CAN(state) (1u << QF_LINK_##state)

/* Who may follow whom. Anything else is our bug, never the peer's. */
static const unsigned follows[] = {
	[QF_LINK_SHAKING] = CAN(TALKING) | CAN(ENDING),
	[QF_LINK_TALKING] = CAN(ENDING),
	[QF_LINK_ENDING] = 0,
};

static void become(struct qf_link *l, enum qf_link_state next)
{
	assert(follows[l->state] & 1u << next);
	l->state = next;
	l->since_ms = qf_host_mono_ms();
}

static struct qf_link *link_of(struct qf_socket *s)
{
	return s->owner;
}

static void count(_Atomic uint64_t *to, size_t bytes)
{
	atomic_fetch_add_explicit(to, bytes, memory_order_relaxed);
}

/* The desk's buffer, which is empty afterwards. */
static void send_plain(struct qf_link *l, uint64_t now_ms)
{
	struct qf_buf *plain = &l->socket->desk->plain;

	if (plain->bad)
		l->socket->desk->carry.bad = true;
	if (plain->len) {
		count(&l->traffic->bytes_out, plain->len);
		qf_pulse_send(&l->pulse, qf_socket_fd(l->socket), now_ms);
		qf_socket_write(l->socket, qf_buf_bytes(plain));
	}
	qf_buf_clear(plain);
}

/* A backlog is cut so that nobody waits long for the signatures of another. In
 * a turn of the worker all links together have QF_CHECKS_A_TURN of them, each a
 * share, and again while some are left; with frames still to be taken it stands
 * in line, behind those who have not had theirs. */

static void stand_in_line(struct qf_link *l)
{
	if (l->waits)
		return;
	l->waits = true;
	TAILQ_INSERT_TAIL(&l->socket->desk->line, l, line);
	l->socket->desk->line_length++;
}

static void leave_line(struct qf_link *l)
{
	if (!l->waits)
		return;
	l->waits = false;
	TAILQ_REMOVE(&l->socket->desk->line, l, line);
	l->socket->desk->line_length--;
}

/* The end: told to the core once, whatever the reason. */

static void tell_end(struct qf_link *l, enum qf_cause cause, const char *why)
{
	struct qf_carry *c = &l->socket->desk->carry;
	bool up = l->state == QF_LINK_TALKING;
	struct qf_event *ev;

	if (!up && !l->outbound)
		return;
	qf_desk_recall(l->socket->desk, l->socket);
	ev = qf_carry_tell(c, up ? QF_EV_LINK_DOWN : QF_EV_DIAL_FAILED,
	                   l->socket->conn);
	if (!ev)
		return;
	ev->number = l->dialled.number;
	ev->cause = cause;
	ev->text = strdup(why);
	if (!ev->text)
		c->bad = true;
}

/* All that a closed session has to say still. */
static void say_goodbye(struct qf_link *l)
{
	struct qf_desk *d = l->socket->desk;
	uint64_t now_ms = qf_host_mono_ms();

	qf_buf_clear(&d->plain);
	qf_session_pull(&l->session, &d->plain, QF_WRITE_BYTES, now_ms);
	send_plain(l, now_ms);
}

static bool has_closed(const struct qf_link *l)
{
	return l->has_session && l->session.state == QF_SESSION_CLOSED;
}

static void hold_against(const struct qf_link *l)
{
	struct qf_place place;

	qf_place_of(qf_socket_fd(l->socket), &place);
	qf_penalty_add(&l->socket->desk->penalties, &l->session.peer, &place,
	               qf_host_mono_ms());
}

static void end_by(struct qf_link *l, enum qf_cause cause, const char *why)
{
	if (l->state == QF_LINK_ENDING)
		return;
	tell_end(l, cause, why);
	become(l, QF_LINK_ENDING);
	if (has_closed(l))
		say_goodbye(l);
	if (l->session.at_fault)
		hold_against(l);
	qf_socket_end(l->socket);
	qf_socket_deafen(l->socket);
	leave_line(l);
	qf_buf_fini(&l->partial);
	qf_desk_touch(l->socket->desk, l->socket);
}

static void end(struct qf_link *l, const char *why)
{
	end_by(l, has_closed(l) ? l->session.cause : QF_CAUSE_OTHER, why);
}

/* The handshake did not end well. */
static void end_shaking(struct qf_link *l, const char *why)
{
	const char *tls = l->socket->tls->why;
	char words[160];

	snprintf(words, sizeof words, "it is not a QuickFi node: %s%s",
	         tls ? "" : "in the handshake: ", tls ? tls : why);
	end(l, words);
}

static void free_link(void *owner)
{
	struct qf_link *l = owner;

	leave_line(l);
	if (l->has_session)
		qf_session_fini(&l->session);
	qf_buf_fini(&l->partial);
	qf_traffic_unref(l->traffic);
	free(l);
}

/* From TLS to frames. */

static void peer_address(const struct qf_link *l, struct qf_address *out)
{
	struct qf_sockaddr from = { .len = sizeof from.at };

	if (l->outbound)
		*out = l->dialled.address;
	else if (!getpeername(qf_socket_fd(l->socket),
	                      (struct sockaddr *)&from.at, &from.len))
		qf_address_of((struct sockaddr *)&from.at, out);
}

/* Which it goes over, allocated; NULL: it is gone. */
static char *interface_of(const struct qf_link *l)
{
	struct qf_sockaddr own = { .len = sizeof own.at };
	char name[IF_NAMESIZE];

	if (getsockname(qf_socket_fd(l->socket), (struct sockaddr *)&own.at,
	                &own.len) ||
	    !qf_interface_with(&own, name))
		return NULL;
	return strdup(name);
}

static void tell_up(struct qf_link *l)
{
	struct qf_event *ev;

	ev = qf_carry_tell(&l->socket->desk->carry, QF_EV_LINK_UP,
	                   l->socket->conn);
	if (!ev)
		return;
	ev->key = l->socket->tls->peer;
	ev->outbound = l->outbound;
	ev->number = l->dialled.number;
	peer_address(l, &ev->address);
	ev->traffic = qf_traffic_ref(l->traffic);
	ev->text = interface_of(l);
}

static void refuse(struct qf_link *l, uint64_t left_ms)
{
	char why[QF_REASON_BYTES_MAX + 1];

	snprintf(why, sizeof why,
	         "it broke the protocol, and is refused for %llu s",
	         (unsigned long long)(left_ms / MS_PER_S + 1));
	qf_session_close(&l->session, why);
	end(l, why);
}

static void greet(struct qf_link *l)
{
	const struct qf_channel *tls = l->socket->tls;
	struct qf_desk *d = l->socket->desk;
	uint64_t now_ms = qf_host_mono_ms();
	uint64_t left_ms = qf_penalty_left(&d->penalties, &tls->peer, now_ms);

	if (qf_session_init(&l->session, l->socket->conn, l->outbound,
	                    &tls->peer, tls->exporter, &d->hello,
	                    qf_host_random(), &d->carry, now_ms))
		d->carry.bad = true;
	l->has_session = true;
	if (left_ms) {
		refuse(l, left_ms);
		return;
	}
	tell_up(l);
	become(l, QF_LINK_TALKING);
}

static void secured(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);

	if (l->state != QF_LINK_SHAKING)
		return;
	if (l->dialled.expects_key &&
	    !qf_key_equal(&s->tls->peer, &l->dialled.key))
		end_by(l, QF_CAUSE_KEY, "another key answers there");
	else
		greet(l);
}

static bool listens(const struct qf_link *l)
{
	return l->state == QF_LINK_TALKING && !has_closed(l);
}

/* So many of them, from the first. */
static struct qf_bytes first_frames(struct qf_bytes in, uint64_t count)
{
	struct qf_frame frame;
	size_t len = 0, one;

	while (count-- && qf_frame_split(qf_bytes(in.at + len, in.len - len),
	                                 &frame, &one) > 0)
		len += one;
	return qf_bytes(in.at, len);
}

/* Whole frames off the front, until so many signatures have been checked; how
 * many bytes they were. With more left it stands in line. */
static size_t take_frames(struct qf_link *l, struct qf_bytes in, uint64_t share)
{
	struct qf_desk *d = l->socket->desk;
	const uint64_t *checked = &d->carry.roots.checks;
	uint64_t enough = *checked + share, now_ms = qf_host_mono_ms();
	struct qf_checks *checks = qf_checks_share(
		&d->aids, d->worker, &l->session,
		first_frames(in, share * d->aids.count));
	size_t used = 0, one;
	struct qf_frame frame;
	int rc = 1;

	while (l->session.state != QF_SESSION_CLOSED) {
		rc = qf_frame_split(qf_bytes(in.at + used, in.len - used),
		                    &frame, &one);
		if (rc <= 0)
			break;
		if (*checked >= enough) {
			stand_in_line(l);
			break;
		}
		qf_checks_reach(checks, used, &d->carry.roots);
		qf_session_frame(&l->session, &frame, now_ms);
		used += one;
	}
	qf_checks_end(checks, &d->carry.roots);
	if (rc < 0)
		qf_session_blame(&l->session, "a frame of impossible length");
	return used;
}

/* What waits in the link. */
static void take_partial(struct qf_link *l, uint64_t share)
{
	struct qf_buf *partial = &l->partial;

	leave_line(l);
	qf_buf_drop_front(partial,
	                  take_frames(l, qf_buf_bytes(partial), share));
	if (!partial->len)
		qf_buf_fini(partial);
}

static void keep_partial(struct qf_link *l, struct qf_bytes in)
{
	qf_put_raw(&l->partial, in.at, in.len);
	if (l->partial.bad)
		l->socket->desk->carry.bad = true;
}

/* A frame that has not come whole waits in the link, and so does what comes
 * while others stand in line. Any other passes through. */
static void take_plain(struct qf_link *l, struct qf_bytes in)
{
	const struct qf_desk *d = l->socket->desk;
	size_t used;

	if (d->line_length || !qf_desk_checks_left(d)) {
		keep_partial(l, in);
		stand_in_line(l);
	} else if (l->partial.len) {
		keep_partial(l, in);
		take_partial(l, SHARE_MIN);
	} else {
		used = take_frames(l, in, SHARE_MIN);
		keep_partial(l, qf_bytes(in.at + used, in.len - used));
	}
}

/* Everyone in line has a share, those first who came first. */
static void feed_round(struct qf_desk *d)
{
	size_t count = d->line_length;
	uint64_t share = qf_desk_checks_left(d) / count;

	if (share < SHARE_MIN)
		share = SHARE_MIN;
	while (count-- && qf_desk_checks_left(d) && !qf_desk_full(d)) {
		struct qf_link *l = TAILQ_FIRST(&d->line);

		take_partial(l, share);
		qf_desk_touch(d, l->socket);
	}
}

void qf_link_feed(struct qf_desk *d)
{
	while (qf_desk_may_feed(d))
		feed_round(d);
}

/* What came before the end counts, though others are first. */
static void take_all(struct qf_link *l)
{
	while (l->waits && listens(l))
		take_partial(l, QF_CHECKS_A_TURN);
}

static bool has_much_left(const struct qf_link *l)
{
	return l->waits && l->partial.len >= MUCH_BYTES;
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	struct qf_link *l = link_of(s);

	if (l->state == QF_LINK_TALKING) {
		qf_session_heard(&l->session, qf_host_mono_ms());
		count(&l->traffic->bytes_in, in.len);
	}
	if (listens(l))
		take_plain(l, in);
	qf_desk_touch(s->desk, s);
}

static void lost(struct qf_socket *s, const char *why)
{
	struct qf_link *l = link_of(s);

	take_all(l);
	if (l->state == QF_LINK_SHAKING)
		end_shaking(l, why);
	else
		end(l, has_closed(l) ? l->session.reason : why);
	if (s->gone)
		qf_socket_close(s);
}

/* What is due. */

/* Coalesced: all that is due goes into one write, up to QF_WRITE_BYTES. */
static void speak(struct qf_link *l, uint64_t now_ms)
{
	struct qf_desk *d = l->socket->desk;
	bool more;

	if (has_closed(l)) {
		end(l, l->session.reason);
		return;
	}
	if (!qf_socket_idle(l->socket))
		return;
	qf_buf_clear(&d->plain);
	qf_session_pull(&l->session, &d->plain, QF_WRITE_BYTES, now_ms);
	/* Less than was wanted is all that there was. */
	more = d->plain.len >= QF_WRITE_BYTES;
	send_plain(l, now_ms);
	if (more)
		qf_desk_touch(d, l->socket);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t wake_ms(const struct qf_link *l)
{
	uint64_t at;

	if (l->state == QF_LINK_SHAKING)
		return l->since_ms + QF_GREETING_MS;
	if (l->state == QF_LINK_ENDING)
		return l->since_ms + LINGER_MS;
	at = qf_socket_idle(l->socket) ? qf_session_wake(&l->session)
	                               : qf_session_wake_mute(&l->session);
	return earlier(at, qf_pulse_wake(&l->pulse));
}

static void turn(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);
	uint64_t now_ms = qf_host_mono_ms();

	qf_socket_read(s, !s->held && !has_much_left(l));
	if (l->state == QF_LINK_TALKING)
		speak(l, now_ms);
	if (l->state == QF_LINK_ENDING && qf_socket_idle(s))
		qf_socket_shut(s);
	qf_socket_ring(s, wake_ms(l));
}

/* Time. */

static void tick(struct qf_link *l, uint64_t now_ms)
{
	if (!l->socket->reading)
		qf_session_heard(&l->session, now_ms);
	qf_session_tick(&l->session, now_ms);
	if (qf_pulse_lost(&l->pulse, qf_socket_fd(l->socket),
	                  !qf_socket_idle(l->socket), now_ms)) {
		end(l, "what we sent did not arrive for 8 s");
		qf_socket_close(l->socket);
	}
}

static void ring(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);
	uint64_t now_ms = qf_host_mono_ms();

	if (l->state == QF_LINK_TALKING) {
		tick(l, now_ms);
	} else if (now_ms >= wake_ms(l)) {
		if (l->state == QF_LINK_SHAKING)
			end(l, "it took the connection, but did not greet "
			       "within 30 s");
		qf_socket_close(s);
	}
}

/* What others have for it. */

static void told(struct qf_socket *s, struct qf_effect *fx)
{
	struct qf_link *l = link_of(s);

	if (l->state == QF_LINK_TALKING)
		qf_session_told(&l->session, fx, qf_host_mono_ms());
	qf_desk_touch(s->desk, s);
}

static void got(struct qf_socket *s, struct qf_read *read)
{
	struct qf_link *l = link_of(s);

	if (l->state == QF_LINK_TALKING)
		qf_session_got(&l->session, read, qf_host_mono_ms());
	qf_desk_touch(s->desk, s);
}

static void leave(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);

	if (l->state == QF_LINK_SHAKING)
		end(l, "this node is stopping");
	else if (l->state == QF_LINK_TALKING)
		qf_session_close(&l->session, "the node is stopping");
	qf_desk_touch(s->desk, s);
}

static const struct qf_socket_kind kind = {
	.crowd = QF_CROWD_LINKS,
	.secured = secured,
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.ring = ring,
	.told = told,
	.got = got,
	.leave = leave,
	.close = qf_socket_close,
	.free = free_link,
};

static struct qf_link *link_new(void)
{
	struct qf_link *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->traffic = qf_traffic_new();
	if (!l->traffic) {
		free(l);
		return NULL;
	}
	l->since_ms = qf_host_mono_ms();
	return l;
}

int qf_link_open(struct qf_desk *desk, int fd, const struct qf_dialled *dialled)
{
	struct qf_link *l = link_new();
	int rc = QF_E_NOMEM;

	if (!l)
		return rc;
	rc = qf_socket_new(&l->socket, desk, fd, false);
	if (rc) {
		free_link(l);
		return rc;
	}
	l->outbound = true;
	l->dialled = *dialled;
	qf_socket_become(l->socket, &kind, l);
	if (qf_socket_secure(l->socket, true, (struct qf_bytes){ 0 }))
		desk->carry.bad = true;
	return QF_OK;
}

int qf_link_adopt(struct qf_socket *s)
{
	struct qf_link *l = link_new();

	if (!l)
		return QF_E_NOMEM;
	l->socket = s;
	qf_socket_become(s, &kind, l);
	greet(l);
	return QF_OK;
}
