/* sink.c - a link whose other end throws all away */
#include "sink.h"

#include <string.h>

#include "core/talk.h"
#include "world.h"

enum { PULL_BYTES = 262144, ROUNDS_MAX = 64 };

static void answer(struct qf_session *s, const struct qf_room_id *room)
{
	struct qf_effect fx = { .kind = QF_FX_PAIR, .room = *room };
	struct qf_keyset none;

	qf_keyset_init(&none);
	fx.snapshot = qf_snapshot_new(&none, 0);
	fx.told = qf_told_new();
	if (!fx.snapshot || !fx.told)
		die("out of memory");
	qf_session_told(s, &fx, 0);
	qf_effect_fini(&fx);
	qf_keyset_fini(&none);
}

void sink_answer(struct qf_carry *carry, struct qf_session *s)
{
	for (size_t i = 0; i < carry->ask_count; i++) {
		struct qf_event *ev = &carry->asks[i].event;

		if (ev->kind == QF_EV_FOLLOW)
			answer(s, &ev->room);
		qf_event_fini(ev);
	}
	carry->ask_count = 0;
}

/* Bytes that one channel has left go into the other. */
static bool carry_over(struct qf_channel *to, struct qf_buf *bytes,
                       struct qf_buf *wire)
{
	struct qf_bytes in = qf_buf_bytes(bytes);
	struct qf_buf plain = { 0 };
	enum qf_channel_got got;

	do
		got = qf_channel_read(to, &in, &plain, wire);
	while (got == QF_CHANNEL_SOME);
	qf_buf_clear(bytes);
	qf_buf_fini(&plain);
	return got != QF_CHANNEL_OVER;
}

/* The far end, shaken hands with. */
static struct qf_channel *shake(struct sink *s, const struct qf_tls *tls)
{
	struct qf_buf there = { 0 }, back = { 0 };
	struct qf_channel *peer = qf_channel_new(tls, true);

	s->channel = qf_channel_new(tls, false);
	if (!s->channel || !peer)
		die("out of memory");
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (peer->proven && s->channel->proven && !there.len)
			break;
		if (!carry_over(peer, &back, &there) ||
		    !carry_over(s->channel, &there, &back))
			die("no handshake: %s%s", peer->why, s->channel->why);
	}
	qf_buf_fini(&there);
	qf_buf_fini(&back);
	return peer;
}

static void tell(struct qf_session *from, struct qf_session *to)
{
	struct qf_buf plain = { 0 };
	size_t used = 0, one;
	struct qf_frame frame;

	qf_session_pull(from, &plain, PULL_BYTES, 1);
	while (qf_frame_split(qf_bytes(plain.at + used, plain.len - used),
	                      &frame, &one) > 0) {
		qf_session_frame(to, &frame, 1);
		used += one;
	}
	qf_buf_fini(&plain);
}

static bool is_even(const struct qf_session *s)
{
	return s->talk_count && s->talks[0]->phase == QF_TALK_EVEN;
}

static void converse(struct qf_session *s, struct qf_session *peer)
{
	for (int i = 0; i < ROUNDS_MAX && !(is_even(s) && is_even(peer)); i++) {
		tell(peer, s);
		sink_answer(s->carry, s);
		tell(s, peer);
		sink_answer(peer->carry, peer);
	}
	if (!is_even(s))
		die("a sink did not come up: %s", s->reason);
}

void sink_init(struct sink *s, const struct qf_tls *tls, struct qf_carry *carry,
               const struct qf_room_id *room, qf_conn conn)
{
	struct qf_hello hello = { .version = QF_WIRE_VERSION,
		                  .name = qf_bytes("bench", 5) };
	struct qf_session peer;
	struct qf_channel *far_end = shake(s, tls);
	struct qf_carry theirs;

	qf_carry_init(&theirs);
	if (!qf_carry_room(&theirs, room, "#bench") ||
	    qf_session_init(&s->session, conn, false, &s->channel->peer,
	                    s->channel->exporter, &hello, conn, carry, 1) ||
	    qf_session_init(&peer, conn, true, &s->channel->peer,
	                    s->channel->exporter, &hello, conn, &theirs, 1))
		die("out of memory");
	converse(&s->session, &peer);
	qf_session_fini(&peer);
	qf_carry_fini(&theirs);
	qf_channel_free(far_end);
}

void sink_fini(struct sink *s)
{
	qf_session_fini(&s->session);
	qf_channel_free(s->channel);
}

void sink_pull(struct sink *s, struct qf_buf *plain, struct qf_buf *wire)
{
	qf_buf_clear(plain);
	qf_buf_clear(wire);
	qf_session_pull(&s->session, plain, PULL_BYTES, 1);
	if (plain->len &&
	    !qf_channel_write(s->channel, qf_buf_bytes(plain), wire))
		die("a sink: %s", s->channel->why);
}
