/* link.c - a byte stream to a peer: TCP, TLS, frames, and the talk over it */
#include "link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "sockaddr.h"

enum {
	LINGER_MS = 2000,
	BUSY_MS = 100, /* what is due waits for a write that is in flight */
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
	return (struct qf_link *)s;
}

static void send_wire(struct qf_link *l)
{
	struct qf_buf *wire = &l->socket.desk->wire;

	if (wire->bad)
		l->socket.desk->carry.bad = true;
	if (wire->len)
		qf_pulse_send(&l->pulse, qf_socket_fd(&l->socket),
		              qf_host_mono_ms());
	qf_socket_write(&l->socket, qf_buf_bytes(wire));
	qf_buf_clear(wire);
}

/* The end: told to the core once, whatever the reason. */

static void tell_end(struct qf_link *l, const char *why)
{
	struct qf_carry *c = &l->socket.desk->carry;
	bool up = l->state == QF_LINK_TALKING;
	struct qf_event *ev;

	if (!up && !l->outbound)
		return;
	qf_desk_recall(l->socket.desk, &l->socket);
	ev = qf_carry_tell(c, up ? QF_EV_LINK_DOWN : QF_EV_DIAL_FAILED,
	                   l->socket.conn);
	if (!ev)
		return;
	ev->number = l->dialled.number;
	ev->text = strdup(why);
	if (!ev->text)
		c->bad = true;
}

/* All that a closed session has to say still. */
static void say_goodbye(struct qf_link *l)
{
	struct qf_desk *d = l->socket.desk;

	qf_buf_clear(&d->plain);
	qf_session_pull(&l->session, &d->plain, QF_WRITE_BYTES,
	                qf_host_mono_ms());
	if (d->plain.len)
		qf_channel_write(&l->channel, qf_buf_bytes(&d->plain),
		                 &d->wire);
	qf_buf_clear(&d->plain);
}

static bool has_closed(const struct qf_link *l)
{
	return l->has_session && l->session.state == QF_SESSION_CLOSED;
}

static void end(struct qf_link *l, const char *why)
{
	if (l->state == QF_LINK_ENDING)
		return;
	tell_end(l, why);
	become(l, QF_LINK_ENDING);
	if (has_closed(l))
		say_goodbye(l);
	qf_channel_end(&l->channel, &l->socket.desk->wire);
	send_wire(l);
	qf_buf_fini(&l->partial);
	qf_desk_touch(l->socket.desk, &l->socket);
}

/* The handshake did not end well. */
static void end_shaking(struct qf_link *l)
{
	char why[160];

	snprintf(why, sizeof why, "it is not a QuickFi node: %s",
	         l->channel.why);
	end(l, why);
}

static void on_timer_closed(uv_handle_t *timer)
{
	struct qf_link *l = timer->data;

	qf_socket_close(&l->socket);
}

static void close_link(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);

	if (!uv_is_closing((uv_handle_t *)&l->timer))
		uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

static void free_link(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);

	qf_channel_fini(&l->channel);
	if (l->has_session)
		qf_session_fini(&l->session);
	qf_buf_fini(&l->partial);
	free(l);
}

static void lost(struct qf_socket *s, const char *why)
{
	struct qf_link *l = link_of(s);

	if (l->state == QF_LINK_SHAKING && !l->channel.why[0])
		snprintf(l->channel.why, sizeof l->channel.why,
		         "in the handshake: %s", why);
	if (l->state == QF_LINK_SHAKING)
		end_shaking(l);
	else
		end(l, has_closed(l) ? l->session.reason : why);
	close_link(s);
}

/* From TLS to frames. */

static void peer_address(const struct qf_link *l, struct qf_address *out)
{
	struct qf_sockaddr from = { .len = sizeof from.at };

	if (l->outbound)
		*out = l->dialled.address;
	else if (!getpeername(qf_socket_fd(&l->socket),
	                      (struct sockaddr *)&from.at, &from.len))
		qf_address_of((struct sockaddr *)&from.at, out);
}

static void greet(struct qf_link *l)
{
	struct qf_desk *d = l->socket.desk;
	struct qf_event *ev;

	if (l->outbound && l->dialled.expects_key &&
	    !qf_key_equal(&l->channel.peer, &l->dialled.key)) {
		end(l, "another key answers there");
		return;
	}
	ev = qf_carry_tell(&d->carry, QF_EV_LINK_UP, l->socket.conn);
	if (ev) {
		ev->key = l->channel.peer;
		ev->outbound = l->outbound;
		ev->number = l->dialled.number;
		peer_address(l, &ev->address);
	}
	become(l, QF_LINK_TALKING);
	if (qf_session_init(&l->session, l->socket.conn, l->outbound,
	                    &l->channel.peer, l->channel.exporter, &d->hello,
	                    qf_host_random(), &d->carry, qf_host_mono_ms()))
		d->carry.bad = true;
	l->has_session = true;
}

/* All whole frames off the front of buf. */
static void take_frames(struct qf_link *l, struct qf_buf *buf)
{
	uint64_t now_ms = qf_host_mono_ms();
	size_t used = 0, one;
	struct qf_frame frame;
	int rc = 1;

	while (l->session.state != QF_SESSION_CLOSED) {
		rc = qf_frame_split(qf_bytes(buf->at + used, buf->len - used),
		                    &frame, &one);
		if (rc <= 0)
			break;
		qf_session_frame(&l->session, &frame, now_ms);
		used += one;
	}
	if (rc < 0)
		qf_session_close(&l->session, "a frame of impossible length");
	qf_buf_drop_front(buf, used);
}

/* A frame that has not come whole waits in the link, any other passes through
 * the desk's buffer. */
static void take_plain(struct qf_link *l)
{
	struct qf_buf *plain = &l->socket.desk->plain;

	if (l->partial.len) {
		qf_put_raw(&l->partial, plain->at, plain->len);
		take_frames(l, &l->partial);
		if (!l->partial.len)
			qf_buf_fini(&l->partial);
	} else {
		take_frames(l, plain);
		qf_put_raw(&l->partial, plain->at, plain->len);
	}
	if (l->partial.bad)
		l->socket.desk->carry.bad = true;
	qf_buf_clear(plain);
}

static bool listens(const struct qf_link *l)
{
	return l->state != QF_LINK_ENDING && !has_closed(l);
}

static void take_wire(struct qf_link *l, struct qf_bytes in)
{
	struct qf_desk *d = l->socket.desk;
	enum qf_channel_got got = QF_CHANNEL_SOME;

	qf_buf_clear(&d->plain);
	while (got == QF_CHANNEL_SOME && listens(l)) {
		got = qf_channel_read(&l->channel, &in, &d->plain, &d->wire);
		if (got == QF_CHANNEL_OVER)
			break;
		if (l->state == QF_LINK_SHAKING && l->channel.proven)
			greet(l);
		else if (d->plain.len)
			take_plain(l);
	}
	/* Answers of the handshake and alerts alike. */
	send_wire(l);
	if (got == QF_CHANNEL_OVER && l->state == QF_LINK_SHAKING)
		end_shaking(l);
	else if (got == QF_CHANNEL_OVER && l->state == QF_LINK_TALKING)
		end(l, has_closed(l) ? l->session.reason : l->channel.why);
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	struct qf_link *l = link_of(s);

	if (l->state == QF_LINK_TALKING)
		qf_session_heard(&l->session, qf_host_mono_ms());
	if (listens(l))
		take_wire(l, in);
	qf_desk_touch(s->desk, s);
}

/* What is due. */

/* Coalesced: all that is due goes into one write, up to QF_WRITE_BYTES. */
static void speak(struct qf_link *l)
{
	struct qf_desk *d = l->socket.desk;

	if (has_closed(l)) {
		end(l, l->session.reason);
		return;
	}
	if (!qf_socket_idle(&l->socket))
		return;
	qf_buf_clear(&d->plain);
	qf_session_pull(&l->session, &d->plain, QF_WRITE_BYTES,
	                qf_host_mono_ms());
	if (d->plain.bad)
		d->carry.bad = true;
	if (!d->plain.len)
		return;
	if (!qf_channel_write(&l->channel, qf_buf_bytes(&d->plain), &d->wire))
		end(l, l->channel.why);
	qf_buf_clear(&d->plain);
	send_wire(l);
	qf_desk_touch(d, &l->socket);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t wake_ms(const struct qf_link *l)
{
	uint64_t now_ms = qf_host_mono_ms();
	uint64_t at;

	if (l->state == QF_LINK_SHAKING)
		return l->since_ms + QF_GREETING_MS;
	if (l->state == QF_LINK_ENDING)
		return l->since_ms + LINGER_MS;
	at = earlier(qf_session_wake(&l->session), qf_pulse_wake(&l->pulse));
	if (!qf_socket_idle(&l->socket) && at < now_ms + BUSY_MS)
		at = now_ms + BUSY_MS;
	return at;
}

static void on_timer(uv_timer_t *timer);

/* A timer that rings too early costs little, so only an earlier time makes it
 * be set anew. */
static void set_timer(struct qf_link *l)
{
	uint64_t at = wake_ms(l), now_ms = qf_host_mono_ms();

	if (at >= l->timer_ms || uv_is_closing((uv_handle_t *)&l->timer))
		return;
	l->timer_ms = at;
	uv_update_time(l->socket.desk->loop);
	uv_timer_start(&l->timer, on_timer, at > now_ms ? at - now_ms : 0, 0);
}

static void turn(struct qf_socket *s)
{
	struct qf_link *l = link_of(s);

	qf_socket_read(s, !s->held);
	if (l->state == QF_LINK_TALKING)
		speak(l);
	if (l->state == QF_LINK_ENDING && qf_socket_idle(s))
		qf_socket_shut(s);
	set_timer(l);
}

/* Time. */

static void tick(struct qf_link *l, uint64_t now_ms)
{
	if (!l->socket.reading)
		qf_session_heard(&l->session, now_ms);
	qf_session_tick(&l->session, now_ms);
	if (qf_pulse_lost(&l->pulse, qf_socket_fd(&l->socket),
	                  !qf_socket_idle(&l->socket), now_ms)) {
		end(l, "what we sent did not arrive for 8 s");
		close_link(&l->socket);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct qf_link *l = timer->data;
	uint64_t now_ms = qf_host_mono_ms();

	l->timer_ms = UINT64_MAX;
	if (l->state == QF_LINK_TALKING) {
		tick(l, now_ms);
	} else if (now_ms >= wake_ms(l)) {
		if (l->state == QF_LINK_SHAKING)
			end(l, "it took the connection, but did not greet "
			       "within 30 s");
		close_link(&l->socket);
	}
	qf_desk_touch(l->socket.desk, &l->socket);
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
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.told = told,
	.got = got,
	.leave = leave,
	.close = close_link,
	.free = free_link,
};

int qf_link_open(struct qf_desk *desk, int fd, const struct qf_dialled *dialled)
{
	struct qf_link *l = calloc(1, sizeof *l);
	int rc = QF_E_NOMEM;

	if (!l)
		goto fail;
	if ((rc = qf_channel_init(&l->channel, desk->tls, dialled)))
		goto free_link;
	if ((rc = qf_socket_init(&l->socket, &kind, desk, fd, false)))
		goto fini_channel;
	uv_timer_init(desk->loop, &l->timer);
	l->timer.data = l;
	l->timer_ms = UINT64_MAX;
	l->since_ms = qf_host_mono_ms();
	l->outbound = dialled;
	if (dialled)
		l->dialled = *dialled;
	qf_buf_init(&l->partial, 0);
	/* A client's hello; a server waits. */
	take_wire(l, (struct qf_bytes){ 0 });
	qf_desk_touch(desk, &l->socket);
	return QF_OK;

fini_channel:
	qf_channel_fini(&l->channel);
free_link:
	free(l);
fail:
	return rc;
}

bool qf_link_is(const struct qf_socket *s)
{
	return s->kind == &kind;
}
