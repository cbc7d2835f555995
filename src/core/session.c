/* session.c - the talk over one link, from HELLO to the last ACK */
#include "session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "acks.h"
#include "list.h"
#include "names.h"
#include "presence.h"
#include "tags.h"
#include "talk.h"

enum {
	CLOCK_TOLD_MS = 1000, /* a clock that moved by more is told anew */
	CONTROL_BYTES_MAX = 2 << 20, /* a peer that asks and never reads */
	NAMED_MAX = 4096,            /* entries of one HAVE or WANT */
};

#define CAN(state) (1u << QF_SESSION_##state)

/* Who may follow whom. Anything else is our bug, never the peer's. */
static const unsigned follows[] = {
	[QF_SESSION_GREETING] = CAN(LIVE) | CAN(CLOSED),
	[QF_SESSION_LIVE] = CAN(CLOSED),
	[QF_SESSION_CLOSED] = 0,
};

static void become(struct qf_session *s, enum qf_session_state next)
{
	assert(follows[s->state] & 1u << next);
	s->state = next;
}

static void put_heres(struct qf_session *s, struct qf_buf *to, size_t want)
{
	size_t put = 0;

	for (; put < s->here_count && to->len < want; put++) {
		size_t mark = qf_frame_begin(to, QF_FRAME_HERE);

		qf_put_raw(to, s->heres[put]->at, s->heres[put]->len);
		qf_frame_end(to, mark);
		qf_shared_unref(s->heres[put]);
	}
	s->here_count -= put;
	memmove(s->heres, s->heres + put, s->here_count * sizeof s->heres[0]);
}

void qf_session_close(struct qf_session *s, const char *reason)
{
	bool live = s->state == QF_SESSION_LIVE;

	if (s->state == QF_SESSION_CLOSED)
		return;
	memccpy(s->reason, reason, 0, sizeof s->reason - 1);
	become(s, QF_SESSION_CLOSED);
	qf_buf_clear(&s->control);
	/* That we leave may be among them. */
	if (live)
		put_heres(s, &s->control, SIZE_MAX);
	qf_bye_put(&s->control, s->reason);
}

void qf_session_blame(struct qf_session *s, const char *reason)
{
	if (s->state == QF_SESSION_CLOSED)
		return;
	s->at_fault = true;
	qf_session_close(s, reason);
}

/* What our clock shows now. */
static struct qf_face face(const struct qf_session *s)
{
	const struct qf_clock *clock = &s->carry->clock;
	int64_t ms = (int64_t)s->now_ms + clock->ahead_ms;

	if (ms < 0)
		ms = 0;
	if ((uint64_t)ms > QF_STAMP_MS_MAX)
		ms = (int64_t)QF_STAMP_MS_MAX;
	return (struct qf_face){ (uint64_t)ms, clock->quality };
}

int qf_session_init(struct qf_session *s, qf_conn conn, bool client,
                    const struct qf_key *peer,
                    const uint8_t exporter[QF_EXPORTER_BYTES],
                    const struct qf_hello *hello, uint64_t random,
                    struct qf_carry *carry, uint64_t now_ms)
{
	struct qf_hello with_face = *hello;

	*s = (struct qf_session){
		.conn = conn,
		.client = client,
		.peer = *peer,
		.random = random,
		.carry = carry,
		.began_ms = now_ms,
		.heard_ms = now_ms,
		.said_ms = now_ms,
		.now_ms = now_ms,
	};
	memcpy(s->exporter, exporter, sizeof s->exporter);
	qf_buf_init(&s->control, CONTROL_BYTES_MAX);
	qf_buf_init(&s->peer_tags, QF_TAGS_MAX * QF_TAG_BYTES);
	with_face.face = face(s);
	qf_hello_put(&s->control, &with_face);
	return s->control.bad ? QF_E_NOMEM : QF_OK;
}

void qf_session_fini(struct qf_session *s)
{
	for (size_t i = 0; i < s->talk_count; i++)
		qf_talk_free(s->talks[i]);
	free(s->talks);
	for (size_t i = 0; i < s->here_count; i++)
		qf_shared_unref(s->heres[i]);
	qf_read_free(s->ready);
	qf_buf_fini(&s->control);
	qf_buf_fini(&s->peer_tags);
}

/* Frames. */

/* The peer's clock showed that when ours was somewhere between asked_ms and
 * now: the middle is wrong by half of the time between at most. */
static struct qf_clock clock_of(const struct qf_session *s,
                                const struct qf_face *face, uint64_t asked_ms)
{
	uint64_t then_ms = asked_ms + (s->now_ms - asked_ms) / 2;

	return (struct qf_clock){ (int64_t)(face->ms - then_ms),
		                  face->quality };
}

static void get_hello(struct qf_session *s, struct qf_bytes payload)
{
	char name[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_hello hello;
	struct qf_event *ev;

	if (!qf_hello_get(payload, &hello)) {
		qf_session_blame(s, "malformed HELLO");
		return;
	}
	if (hello.version != QF_WIRE_VERSION) {
		qf_session_close(s, "another version of QuickFi is here");
		return;
	}
	if (!qf_user_name_check(hello.name, name))
		memcpy(s->name, name, sizeof s->name);
	become(s, QF_SESSION_LIVE);
	ev = qf_carry_tell(s->carry, QF_EV_LINK_HELLO, s->conn);
	if (ev) {
		ev->text = strdup(s->name);
		ev->address.port = hello.port;
		ev->clock = s->clock = clock_of(s, &hello.face, s->began_ms);
	}
	qf_tags_offer(s);
}

static void get_open(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_open open;
	struct qf_talk *t, *other;

	if (!qf_open_get(payload, &open)) {
		qf_session_blame(s, "malformed OPEN");
		return;
	}
	t = qf_tags_opened(s, &open.tag);
	other = qf_talk_of_theirs(s, open.handle);
	if (other && other != t)
		qf_session_blame(s, "malformed OPEN");
	else if (t)
		qf_talk_open(t, &open);
	else
		qf_session_blame(s, "OPEN of a room that did not match");
}

static void get_later(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_talk *t = NULL;
	uint64_t handle;

	if (qf_number_get(payload, &handle))
		t = qf_talk_of_theirs(s, handle);
	if (t)
		qf_talk_later(t);
	else
		qf_session_blame(s, "malformed LATER");
}

static void get_recon(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_cursor c = qf_cursor(payload);
	struct qf_talk *t = qf_talk_of_theirs(s, qf_get_varint(&c));

	if (c.bad || !t)
		qf_session_blame(s, "RECON of a room that is not open");
	else
		qf_talk_recon(t, qf_get_span(&c, qf_cursor_left(&c)));
}

struct collected {
	struct qf_named named[NAMED_MAX];
	size_t count;
};

static bool collect(void *ctx, const struct qf_named *named)
{
	struct collected *c = ctx;

	if (c->count == NAMED_MAX)
		return false;
	c->named[c->count++] = *named;
	return true;
}

static void get_named(struct qf_session *s, const struct qf_frame *frame)
{
	struct collected *c = malloc(sizeof *c);
	struct qf_talk *t;
	uint64_t handle;

	if (!c) {
		s->carry->bad = true;
		return;
	}
	c->count = 0;
	if (!qf_named_get(frame->payload, frame->type, &handle, collect, c) ||
	    !(t = qf_talk_of_theirs(s, handle)))
		qf_session_blame(s, "malformed HAVE or WANT");
	else if (frame->type == QF_FRAME_HAVE)
		qf_talk_have(t, c->named, c->count);
	else
		qf_talk_want(t, c->named, c->count);
	free(c);
}

/* An open room has no control envelopes, and its bodies are clear; in a room
 * of two keys only those two speak, under its key. */
static bool belongs(const struct qf_session *s, const struct qf_carried *room,
                    const struct qf_envelope *e)
{
	static const uint8_t clear[QF_KEY_ID_BYTES];
	const struct qf_direct *d = room->direct;

	return e->head.class == QF_CLASS_CONTENT &&
	       !memcmp(e->head.key_id, d ? d->key_id : clear, sizeof clear) &&
	       (!d || qf_key_equal(&e->head.author, &s->peer) ||
	        qf_key_equal(&e->head.author, &d->me));
}

static void deliver(struct qf_session *s, struct qf_talk *t,
                    struct qf_batch *batch, uint8_t flags)
{
	struct qf_event *ev;
	bool backlog;

	for (size_t i = 0; i < batch->count; i++)
		if (!belongs(s, t->room, batch->envelopes[i])) {
			qf_session_blame(s, "an envelope that has no place in "
			                    "its room");
			return;
		}
	s->carried += batch->count;
	backlog = qf_talk_is_backlog(t, flags);
	qf_talk_arrived(t, batch->count, flags & QF_MSG_ANSWERS);
	ev = qf_carry_tell(s->carry, QF_EV_ARRIVED, s->conn);
	if (!ev)
		return;
	ev->room = t->room->id;
	ev->number = s->carried;
	ev->live = flags & QF_MSG_LIVE;
	ev->backlog = backlog;
	ev->envelopes = malloc(batch->count * sizeof *ev->envelopes);
	if (!ev->envelopes) {
		s->carry->bad = true;
		return;
	}
	memcpy(ev->envelopes, batch->envelopes,
	       batch->count * sizeof *ev->envelopes);
	ev->envelope_count = batch->count;
	batch->count = 0;
}

static void get_msg(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_cursor c = qf_cursor(payload);
	uint8_t flags;
	struct qf_talk *t = qf_talk_of_msg(s, &c, &flags);
	struct qf_batch batch = { 0 };
	int err;

	if (!t) {
		qf_session_blame(s, "malformed MSG");
		return;
	}
	err = qf_batch_get(&c, &t->room->id, &s->carry->roots, &batch);
	if (err == QF_E_NOMEM)
		s->carry->bad = true;
	else if (err)
		qf_session_blame(s, err == QF_E_DENIED
		                            ? "a signature is not its "
		                              "author's"
		                            : "malformed MSG");
	else
		deliver(s, t, &batch, flags);
	qf_batch_clear(&batch);
	if (flags & QF_MSG_ASKS_ACK)
		s->ack_asked = s->carried;
}

static void get_ping(struct qf_session *s, struct qf_bytes payload)
{
	if (qf_number_get(payload, &s->pong))
		s->pong_due = true;
	else
		qf_session_blame(s, "malformed PING");
}

static void get_pong(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_event *ev;
	struct qf_clock clock;
	struct qf_face face;
	uint64_t token;

	if (!qf_pong_get(payload, &token, &face)) {
		qf_session_blame(s, "malformed PONG");
		return;
	}
	if (token != s->pinged_ms)
		return;
	clock = clock_of(s, &face, token);
	if (clock.quality == s->clock.quality &&
	    llabs(clock.ahead_ms - s->clock.ahead_ms) <= CLOCK_TOLD_MS)
		return;
	s->clock = clock;
	ev = qf_carry_tell(s->carry, QF_EV_LINK_CLOCK, s->conn);
	if (ev)
		ev->clock = clock;
}

static void get_bye(struct qf_session *s, struct qf_bytes payload)
{
	char reason[QF_REASON_BYTES_MAX + 1] = "the peer said goodbye";
	struct qf_bytes said;

	if (qf_bye_get(payload, &said) && said.len) {
		memcpy(reason, said.at, said.len);
		reason[said.len] = 0;
	}
	qf_session_close(s, reason);
	/* wire.md 10: BYE has no place for a code. */
	if (!strcmp(reason, QF_BYE_SPARE))
		s->cause = QF_CAUSE_SPARE;
	qf_buf_clear(&s->control);
}

static void get_here(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_event *ev;

	if (!qf_presence_verify(payload, &s->carry->roots)) {
		qf_session_blame(s, "malformed HERE");
		return;
	}
	ev = qf_carry_tell(s->carry, QF_EV_HERE, s->conn);
	if (!ev)
		return;
	ev->payload = qf_shared_new(payload.at, payload.len);
	if (!ev->payload)
		s->carry->bad = true;
}

static void live_frame(struct qf_session *s, const struct qf_frame *frame)
{
	switch (frame->type) {
	case QF_FRAME_TAGS:
		qf_tags_got(s, frame->payload);
		break;
	case QF_FRAME_OPEN:
		get_open(s, frame->payload);
		break;
	case QF_FRAME_RECON:
		get_recon(s, frame->payload);
		break;
	case QF_FRAME_HAVE:
	case QF_FRAME_WANT:
		get_named(s, frame);
		break;
	case QF_FRAME_MSG:
		get_msg(s, frame->payload);
		break;
	case QF_FRAME_ACK:
		qf_acks_ack(s, frame->payload);
		break;
	case QF_FRAME_PING:
		get_ping(s, frame->payload);
		break;
	case QF_FRAME_HERE:
		get_here(s, frame->payload);
		break;
	case QF_FRAME_PONG:
		get_pong(s, frame->payload);
		break;
	case QF_FRAME_IHAVE:
		qf_names_ihave(s, frame->payload);
		break;
	case QF_FRAME_GRAFT:
		qf_names_graft(s, frame->payload);
		break;
	case QF_FRAME_PRUNE:
		qf_names_prune(s, frame->payload);
		break;
	case QF_FRAME_HAD:
		qf_acks_had(s, frame->payload);
		break;
	case QF_FRAME_LATER:
		get_later(s, frame->payload);
		break;
	default:
		if (frame->type < 0x80)
			qf_session_blame(s, "a frame that has no place here");
	}
}

static void check_control(struct qf_session *s)
{
	if (s->control.bad)
		qf_session_blame(s, "asks much and reads little");
}

void qf_session_frame(struct qf_session *s, const struct qf_frame *frame,
                      uint64_t now_ms)
{
	qf_session_heard(s, now_ms);
	if (s->state == QF_SESSION_CLOSED)
		return;
	if (frame->type == QF_FRAME_BYE)
		get_bye(s, frame->payload);
	else if (s->state == QF_SESSION_LIVE)
		live_frame(s, frame);
	else if (frame->type == QF_FRAME_HELLO)
		get_hello(s, frame->payload);
	else
		qf_session_blame(s, "no HELLO");
	check_control(s);
}

/* What the core says. */

static void told_pair(struct qf_session *s, struct qf_effect *fx)
{
	struct qf_talk *t = qf_tags_talk(s, &fx->room);

	if (!t || !fx->snapshot)
		return;
	if (fx->told) {
		qf_carry_pair(t->room, fx->snapshot->lsn, fx->told);
		fx->told = NULL;
	}
	qf_talk_pair(t, fx);
}

static void told_done(struct qf_session *s, uint64_t number)
{
	assert(number <= s->carried && number >= s->stored);
	s->stored = number;
	for (size_t i = 0; i < s->talk_count; i++)
		qf_talk_stored(s->talks[i]);
}

static void told_probe(struct qf_session *s, uint64_t now_ms)
{
	s->probe_ms = now_ms + QF_PROBE_MS;
	qf_number_put(&s->control, QF_FRAME_PING, now_ms);
}

static bool is_for(const struct qf_session *s, const struct qf_parcel *p)
{
	bool named = qf_key_equal(&p->key, &s->peer);

	return p->to == QF_PARCEL_TO_ONE      ? named
	       : p->to == QF_PARCEL_TO_OTHERS ? !named
	                                      : !s->client;
}

/* When the link is slow, some of it is left out: a digest makes up for it.
 * What comes before the peer's HELLO, as the first digest may, waits for it. */
static void told_here(struct qf_session *s, const struct qf_parcel *p)
{
	if (is_for(s, p) && s->here_count < QF_HERES_MAX)
		s->heres[s->here_count++] = qf_shared_ref(p->payload);
}

void qf_session_told(struct qf_session *s, struct qf_effect *fx,
                     uint64_t now_ms)
{
	struct qf_talk *t;

	s->now_ms = now_ms;
	if (s->state == QF_SESSION_CLOSED)
		return;
	switch (fx->kind) {
	case QF_FX_PAIR:
		told_pair(s, fx);
		break;
	case QF_FX_TURN:
		t = qf_tags_talk(s, &fx->room);
		if (t)
			qf_talk_turn(t, fx);
		break;
	case QF_FX_DONE:
		told_done(s, fx->number);
		break;
	case QF_FX_HAD:
		s->had = fx->number;
		break;
	case QF_FX_PRUNE:
	case QF_FX_GRAFT:
	case QF_FX_SEND:
		t = qf_tags_talk(s, &fx->room);
		if (t)
			qf_talk_told(t, fx);
		break;
	case QF_FX_PROBE:
		told_probe(s, now_ms);
		break;
	case QF_FX_DIRECT:
		qf_tags_direct(s, fx->direct);
		break;
	case QF_FX_HERE:
		told_here(s, &fx->parcel);
		break;
	case QF_FX_DROP:
		s->cause = fx->cause;
		qf_session_close(s, fx->text ? fx->text : "dropped");
		break;
	case QF_FX_ROOM:
		if (s->state == QF_SESSION_LIVE) {
			qf_tags_offer(s);
			qf_tags_match(s);
		}
		break;
	default:
		break;
	}
}

void qf_session_got(struct qf_session *s, struct qf_read *read, uint64_t now_ms)
{
	s->now_ms = now_ms;
	s->reading = false;
	if (s->state == QF_SESSION_CLOSED)
		return;
	if (read->err) {
		qf_session_close(s, "its store can not be read just now");
		return;
	}
	assert(read->number < s->talk_count && !s->ready);
	qf_talk_fetched(s->talks[read->number], read);
	s->ready = calloc(1, sizeof *s->ready);
	if (!s->ready) {
		s->carry->bad = true;
		return;
	}
	*s->ready = *read;
	read->envelopes = NULL;
	read->lsns = NULL;
	read->authors = NULL;
	read->got = 0;
	s->ready_at = 0;
}

/* Time. */

void qf_session_heard(struct qf_session *s, uint64_t now_ms)
{
	s->now_ms = now_ms;
	s->heard_ms = now_ms;
	if (s->probe_ms) {
		s->probe_ms = 0;
		qf_carry_tell(s->carry, QF_EV_LINK_ALIVE, s->conn);
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A PING goes out when we have said nothing for as long, too, so that life is
 * seen from both ends; and now and then for the sake of the clock in its
 * answer. */
static uint64_t ping_at(const struct qf_session *s)
{
	uint64_t last = s->pinged_ms ? s->pinged_ms : s->began_ms;
	uint64_t silent = earlier(s->heard_ms, s->said_ms) + QF_PING_MS;

	if (silent < s->pinged_ms + QF_PING_MS)
		silent = s->pinged_ms + QF_PING_MS;
	return earlier(silent, last + QF_CLOCK_MS);
}

void qf_session_tick(struct qf_session *s, uint64_t now_ms)
{
	s->now_ms = now_ms;
	if (s->state == QF_SESSION_CLOSED)
		return;
	if (s->state == QF_SESSION_GREETING &&
	    now_ms >= s->began_ms + QF_GREETING_MS)
		qf_session_close(s, "no greeting within 30 s");
	else if (s->probe_ms && now_ms >= s->probe_ms)
		qf_session_close(s, "did not answer when asked");
	else if (now_ms >= s->heard_ms + QF_DEAD_MS)
		qf_session_close(s, "silent for 40 s");
	else if (now_ms >= ping_at(s)) {
		s->pinged_ms = now_ms;
		qf_number_put(&s->control, QF_FRAME_PING, now_ms);
	}
}

uint64_t qf_session_wake_mute(const struct qf_session *s)
{
	uint64_t at;

	if (s->state == QF_SESSION_CLOSED)
		return UINT64_MAX;
	at = earlier(ping_at(s), s->heard_ms + QF_DEAD_MS);
	if (s->state == QF_SESSION_GREETING)
		at = earlier(at, s->began_ms + QF_GREETING_MS);
	return s->probe_ms ? earlier(at, s->probe_ms) : at;
}

uint64_t qf_session_wake(const struct qf_session *s)
{
	uint64_t at = qf_session_wake_mute(s);

	if (s->state == QF_SESSION_CLOSED)
		return at;
	if (s->now_ms < s->settle_ms)
		at = earlier(at, s->settle_ms);
	if (s->stored > s->ack_sent)
		at = earlier(at, s->ack_ms + QF_ACK_MS);
	if (s->had > s->had_sent)
		at = earlier(at, s->had_ms + QF_ACK_MS);
	return at;
}

/* Sending. */

static void put_pong(struct qf_session *s, struct qf_buf *to)
{
	struct qf_face now = face(s);

	if (s->pong_due)
		qf_pong_put(to, s->pong, &now);
	s->pong_due = false;
}

static void put_control(struct qf_session *s, struct qf_buf *to)
{
	check_control(s);
	qf_put_raw(to, s->control.at, s->control.len);
	qf_buf_clear(&s->control);
	if (s->state == QF_SESSION_CLOSED)
		return; /* that was the BYE */
	put_pong(s, to);
	qf_acks_put(s, to);
}

static size_t begin_msg(struct qf_session *s, const struct qf_talk *t,
                        struct qf_buf *to, uint8_t flags, size_t count)
{
	size_t mark = qf_frame_begin(to, QF_FRAME_MSG);

	qf_put_u8(to, flags);
	qf_put_varint(to, t->mine);
	s->named += count;
	s->carry->delivered += count;
	return mark;
}

static void send_batch(struct qf_session *s, const struct qf_talk *t,
                       struct qf_buf *to, struct qf_envelope **batch,
                       size_t count)
{
	size_t mark = begin_msg(s, t, to, t->ready_answers ? QF_MSG_ANSWERS : 0,
	                        count);

	qf_batch_put(to, batch, count);
	qf_frame_end(to, mark);
}

/* What a reader brought, a batch a frame. */
static void put_ready(struct qf_session *s, struct qf_buf *to, size_t want)
{
	struct qf_read *r = s->ready;
	struct qf_talk *t = s->talks[r->number];

	while (s->ready_at < r->got && to->len < want) {
		struct qf_envelope **from = &r->envelopes[s->ready_at];
		size_t n = qf_batch_fit(from, r->got - s->ready_at);

		if (t->lazy && r->kind == QF_READ_AFTER)
			qf_names_batch(s, t, to, from, n);
		else
			send_batch(s, t, to, from, n);
		s->ready_at += n;
	}
	if (s->ready_at < r->got)
		return;
	qf_read_free(r);
	s->ready = NULL;
}

static void put_tail(struct qf_session *s, struct qf_talk *t, struct qf_buf *to,
                     size_t want)
{
	const struct qf_post *post;

	if (!qf_talk_flows(t))
		return;
	while (to->len < want &&
	       qf_tail_next(&t->room->tail, t->cursor, &post) == QF_TAIL_NEXT) {
		size_t mark;

		t->cursor = post->last_lsn;
		if (post->source == s->conn)
			continue;
		if (post->backlog) {
			qf_talk_passed_over(t, post->last_lsn);
			continue;
		}
		if (t->lazy) {
			qf_names_post(s, t, to, post);
			continue;
		}
		mark = begin_msg(s, t, to, QF_MSG_LIVE | qf_acks_ask(s),
		                 post->count);
		qf_put_raw(to, post->payload->at, post->payload->len);
		qf_frame_end(to, mark);
	}
}

static void ask_read(struct qf_session *s, struct qf_talk *t)
{
	struct qf_read *read;

	if (s->reading || s->ready)
		return;
	read = qf_talk_next_read(t);
	if (!read)
		return;
	s->reading = true;
	qf_carry_read(s->carry, read);
}

void qf_session_pull(struct qf_session *s, struct qf_buf *to, size_t want,
                     uint64_t now_ms)
{
	size_t before = to->len;

	s->now_ms = now_ms;
	put_control(s, to);
	if (s->state == QF_SESSION_LIVE)
		put_heres(s, to, want);
	for (size_t i = 0; i < s->talk_count && s->state == QF_SESSION_LIVE;
	     i++) {
		struct qf_talk *t;

		t = s->talks[(s->next_talk + i) % s->talk_count];
		if (s->ready)
			put_ready(s, to, want);
		put_tail(s, t, to, want);
		ask_read(s, t);
		qf_talk_again(t);
		qf_acks_mark(s, t);
	}
	s->next_talk++;
	if (to->len > before)
		s->said_ms = now_ms;
}
