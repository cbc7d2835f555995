/* stage.h - one end of a link in a test: a session with its core and store
 *
 * The story is the peer: it writes frames into `peer` and feeds them, and takes
 * what the session says, frame by frame. Or two ends talk with each other, and
 * the story looks at what each has sent.
 *
 * The core and the store are played here: whoever follows gets a pair, turns
 * are given, what arrives is committed, reads are answered. What a story
 * withholds waits until it is released.
 */
#ifndef QF_STAGE_H
#define QF_STAGE_H

#include "lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "core/session.h"

enum {
	STAGE_CONN = 9,
	STAGE_ROOMS = 2,
	STAGE_HELD_MAX = 128,
	STAGE_READ = QF_EV_STOP + 1, /* a read, among the kinds of events */
	STAGE_HANDLE = 5,            /* the peer's, of the first room */
	STAGE_FRAME_KINDS = QF_FRAME_LATER + 1,
	STAGE_WANT = 128 * 1024, /* bytes of one pull */
};

/* A room as the core and the store have it; lsn 1 is log[0]. */
struct stage_room {
	struct lines own; /* what this end says in it */
	struct qf_carried *carried;
	struct qf_keyset set;
	struct qf_told *told;
	struct qf_envelope **log;
	size_t count;
	size_t cap;
	uint64_t progress; /* lsn that the newest PROGRESS said */
};

/* What one end has sent so far. */
struct stage_sent {
	unsigned frames[STAGE_FRAME_KINDS];
	size_t pushed;   /* envelopes unasked, the tail's too */
	size_t answered; /* envelopes that were wanted */
	size_t named;    /* envelopes in HAVE */
	size_t wanted;   /* entries in WANT */
};

struct stage {
	struct qf_carry carry;
	struct qf_session session;
	struct stage_room rooms[STAGE_ROOMS];
	size_t room_count;
	uint64_t now_ms;
	struct qf_buf peer; /* frames for the session */
	struct qf_buf out;  /* frames of the session */
	size_t taken;       /* of out, bytes */
	struct stage_sent sent;
	uint64_t withholds; /* a bit for each kind of event, and STAGE_READ */
	struct qf_ask held[STAGE_HELD_MAX];
	size_t held_count;
	unsigned asked[STAGE_READ + 1]; /* how often, by kind */
	size_t read_max;                /* envelopes that one read gives */
};

static const uint8_t stage_exporter[QF_EXPORTER_BYTES] = "a link's own";

/* A link with that key. */
static inline void stage_init_with(struct stage *st, bool client,
                                   const struct qf_key *peer)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, QF_PORT_DEFAULT, qf_bytes("me", 2), { 0, 0 }
	};

	*st = (struct stage){ .now_ms = 100000, .read_max = SIZE_MAX };
	qf_carry_init(&st->carry);
	qf_buf_init(&st->peer, 0);
	qf_buf_init(&st->out, 0);
	assert_int_equal(qf_session_init(&st->session, STAGE_CONN, client, peer,
	                                 stage_exporter, &hello, 7, &st->carry,
	                                 st->now_ms),
	                 QF_OK);
}

static inline void stage_init(struct stage *st, bool client)
{
	stage_init_with(st, client, &(struct qf_key){ { 'p' } });
}

static inline void stage_fini(struct stage *st)
{
	assert_false(st->carry.bad);
	for (size_t i = 0; i < st->held_count; i++) {
		qf_event_fini(&st->held[i].event);
		qf_read_free(st->held[i].read);
	}
	qf_session_fini(&st->session);
	qf_carry_fini(&st->carry);
	for (size_t i = 0; i < st->room_count; i++) {
		struct stage_room *r = &st->rooms[i];

		qf_told_unref(r->told);
		qf_keyset_fini(&r->set);
		for (size_t k = 0; k < r->count; k++)
			qf_envelope_unref(r->log[k]);
		free(r->log);
	}
	qf_buf_fini(&st->peer);
	qf_buf_fini(&st->out);
}

/* A room that this end is in; it speaks there as that author. */
static inline struct stage_room *stage_join(struct stage *st, uint8_t author,
                                            const char *folded)
{
	struct stage_room *r = &st->rooms[st->room_count++];

	assert_true(st->room_count <= STAGE_ROOMS);
	*r = (struct stage_room){ .own = lines_of(author, folded) };
	qf_keyset_init(&r->set);
	r->told = qf_told_new();
	r->carried = qf_carry_room(&st->carry, &r->own.room, folded);
	assert_non_null(r->carried);
	return r;
}

/* The room of the two keys, which this end has joined. */
static inline struct stage_room *
stage_join_direct(struct stage *st, uint8_t author, const struct qf_key *other)
{
	struct stage_room *r = &st->rooms[st->room_count++];
	char name[QF_ROOM_NAME_BYTES_MAX + 1] = "@";
	struct qf_direct *d = malloc(sizeof *d);

	assert_true(st->room_count <= STAGE_ROOMS);
	*r = (struct stage_room){ .own = lines_of(author, "") };
	assert_non_null(d);
	assert_true(qf_direct_init(d, &r->own.author, other));
	r->own.room = d->room;
	qf_keyset_init(&r->set);
	r->told = qf_told_new();
	qf_key_text(other, name + 1);
	r->carried = qf_carry_room(&st->carry, &d->room, name);
	assert_non_null(r->carried);
	qf_carry_direct(r->carried, d);
	return r;
}

/* A link between nodes that are in #lobby. */
static inline struct stage_room *stage_begin(struct stage *st, bool client)
{
	stage_init(st, client);
	return stage_join(st, client ? 1 : 2, "#lobby");
}

/* The store and the core. */

static inline struct stage_room *stage_room_of(struct stage *st,
                                               const struct qf_room_id *id)
{
	for (size_t i = 0; i < st->room_count; i++)
		if (qf_room_id_equal(&st->rooms[i].own.room, id))
			return &st->rooms[i];
	fail_msg("a room that is not here");
	return NULL;
}

static inline struct qf_snapshot *stage_snapshot(struct stage_room *r)
{
	struct qf_snapshot *s = qf_snapshot_new(&r->set, r->count);

	assert_non_null(s);
	return s;
}

static inline bool stage_has(const struct stage_room *r,
                             const struct qf_envelope *e)
{
	struct qf_setkey key = qf_setkey_of(e, 0);

	return qf_keyset_has(&r->set, &key);
}

static inline bool stage_keep(struct stage_room *r, struct qf_envelope *e)
{
	struct qf_setkey key = qf_setkey_of(e, r->count + 1);

	if (qf_keyset_add(&r->set, &key) != 1)
		return false;
	assert_true(qf_list_room(&r->log, r->count, &r->cap, sizeof *r->log));
	r->log[r->count++] = qf_envelope_ref(e);
	return true;
}

/* Posts what the log has after that many. */
static inline void stage_post(struct stage *st, struct stage_room *r,
                              size_t after, uint64_t source, bool backlog)
{
	while (after < r->count) {
		struct qf_post *post;
		struct qf_posted items[QF_BATCH_LEAVES_MAX];
		size_t n = qf_batch_fit(r->log + after, r->count - after);

		for (size_t i = 0; i < n; i++)
			items[i] = (struct qf_posted){ r->log[after + i],
				                       after + i + 1 };
		post = qf_post_new(&r->own.room, after, source, items, n);
		assert_non_null(post);
		post->backlog = backlog;
		qf_carry_post(&st->carry, post);
		after += n;
	}
}

/* One commit of envelopes that came from there, 0: own. The caller's
 * references stay its own. */
static inline void stage_commit(struct stage *st, struct stage_room *r,
                                struct qf_envelope *const *envelopes, size_t n,
                                uint64_t source)
{
	size_t before = r->count;

	for (size_t i = 0; i < n; i++)
		stage_keep(r, envelopes[i]);
	stage_post(st, r, before, source, false);
}

/* This end says n lines, a commit for each 256. */
static inline void stage_say(struct stage *st, struct stage_room *r, size_t n,
                             size_t body_len)
{
	struct qf_envelope *lines[QF_BATCH_LEAVES_MAX];

	while (n) {
		size_t some = n < QF_BATCH_LEAVES_MAX ? n : QF_BATCH_LEAVES_MAX;

		lines_say(&r->own, lines, some, body_len);
		stage_commit(st, r, lines, some, 0);
		lines_release(lines, some);
		n -= some;
	}
}

/* A link elsewhere has brought n lines in a reconciliation. */
static inline void stage_backlog(struct stage *st, struct stage_room *r,
                                 size_t n)
{
	struct qf_envelope *lines[QF_BATCH_LEAVES_MAX];

	for (size_t some; n; n -= some) {
		size_t before = r->count;

		some = n < QF_BATCH_LEAVES_MAX ? n : QF_BATCH_LEAVES_MAX;
		lines_say(&r->own, lines, some, 10);
		for (size_t i = 0; i < some; i++)
			stage_keep(r, lines[i]);
		stage_post(st, r, before, STAGE_CONN + 1, true);
		lines_release(lines, some);
	}
}

static inline void stage_tell(struct stage *st, struct qf_effect fx)
{
	qf_session_told(&st->session, &fx, st->now_ms);
	qf_effect_fini(&fx);
}

static inline void stage_pair(struct stage *st, struct stage_room *r)
{
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_PAIR,
	                                   .conn = STAGE_CONN,
	                                   .room = r->own.room,
	                                   .snapshot = stage_snapshot(r),
	                                   .told = qf_told_ref(r->told) });
}

static inline void stage_turn(struct stage *st, struct stage_room *r)
{
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_TURN,
	                                   .conn = STAGE_CONN,
	                                   .room = r->own.room,
	                                   .snapshot = stage_snapshot(r) });
}

/* Another link is at it. */
static inline void stage_refuse(struct stage *st, struct stage_room *r)
{
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_TURN,
	                                   .conn = STAGE_CONN,
	                                   .room = r->own.room });
}

static inline void stage_done(struct stage *st, uint64_t number)
{
	stage_tell(st, (struct qf_effect){ .kind = QF_FX_DONE,
	                                   .conn = STAGE_CONN,
	                                   .number = number });
}

static inline void stage_answer_event(struct stage *st, struct qf_event *ev)
{
	struct stage_room *r;

	switch (ev->kind) {
	case QF_EV_FOLLOW:
		stage_pair(st, stage_room_of(st, &ev->room));
		break;
	case QF_EV_TURN_ASKED:
		stage_turn(st, stage_room_of(st, &ev->room));
		break;
	case QF_EV_ARRIVED:
		r = stage_room_of(st, &ev->room);
		stage_commit(st, r, ev->envelopes, ev->envelope_count,
		             ev->conn);
		stage_done(st, ev->number);
		break;
	case QF_EV_PROGRESS:
		r = stage_room_of(st, &ev->room);
		r->progress = ev->number;
		break;
	default:
		break;
	}
	qf_event_fini(ev);
}

/* As a reader does: at least one, and then within the limits. */
static inline void stage_answer_read(struct stage *st, struct qf_read *read)
{
	struct stage_room *r = stage_room_of(st, &read->room);
	size_t bytes = 0;

	read->envelopes = calloc(read->count, sizeof *read->envelopes);
	for (size_t i = 0; i < read->count && i < st->read_max; i++) {
		struct qf_envelope *e;

		if (read->kind == QF_READ_AFTER)
			read->lsns[i] = read->after + i + 1;
		if (read->lsns[i] > r->count)
			break;
		e = r->log[read->lsns[i] - 1];
		bytes += e->head.body_len;
		if (i && bytes > read->bytes_max)
			break;
		read->envelopes[read->got++] = qf_envelope_ref(e);
	}
	qf_session_got(&st->session, read, st->now_ms);
	qf_read_free(read);
}

static inline void stage_answer(struct stage *st, struct qf_ask *ask)
{
	if (ask->kind == QF_ASK_READ)
		stage_answer_read(st, ask->read);
	else
		stage_answer_event(st, &ask->event);
}

/* The core and the store do what they were asked. */
static inline void stage_core(struct stage *st)
{
	for (size_t i = 0; i < st->carry.ask_count; i++) {
		struct qf_ask ask = st->carry.asks[i];
		unsigned kind = ask.kind == QF_ASK_READ ? STAGE_READ
		                                        : ask.event.kind;

		st->asked[kind]++;
		if (!(st->withholds & UINT64_C(1) << kind)) {
			stage_answer(st, &ask);
			continue;
		}
		assert_true(st->held_count < STAGE_HELD_MAX);
		st->held[st->held_count++] = ask;
	}
	st->carry.ask_count = 0;
}

static inline void stage_withhold(struct stage *st, unsigned kind)
{
	st->withholds |= UINT64_C(1) << kind;
}

static inline void stage_release(struct stage *st)
{
	size_t n = st->held_count;

	st->withholds = 0;
	st->held_count = 0;
	for (size_t i = 0; i < n; i++)
		stage_answer(st, &st->held[i]);
	stage_core(st);
}

/* Frames. */

static inline bool stage_count_named(void *ctx, const struct qf_named *named)
{
	*(size_t *)ctx += named->count;
	return true;
}

static inline void stage_note(struct stage *st, const struct qf_frame *f)
{
	struct qf_cursor c = qf_cursor(f->payload);
	uint64_t handle, ignored = 0;
	bool answers;
	size_t n;

	assert_in_range(f->type, QF_FRAME_HELLO, QF_FRAME_LATER);
	st->sent.frames[f->type]++;
	if (f->type == QF_FRAME_MSG) {
		answers = qf_get_u8(&c) & QF_MSG_ANSWERS;
		qf_get_varint(&c);
		qf_get_span(&c, QF_KEY_BYTES + 1);
		n = qf_get_u8(&c) + 1u;
		st->sent.answered += answers ? n : 0;
		st->sent.pushed += answers ? 0 : n;
	} else if (f->type == QF_FRAME_HAVE) {
		assert_true(qf_named_get(f->payload, f->type, &handle,
		                         stage_count_named, &st->sent.named));
	} else if (f->type == QF_FRAME_WANT) {
		assert_true(qf_named_get(f->payload, f->type, &handle,
		                         stage_count_named, &ignored));
		qf_get_varint(&c);
		st->sent.wanted += qf_get_varint(&c);
	}
}

/* Pulls all that is due; what is asked meanwhile is done by the core. */
static inline void stage_pull(struct stage *st)
{
	size_t before;

	do {
		before = st->out.len;
		stage_core(st);
		qf_session_pull(&st->session, &st->out,
		                st->out.len + STAGE_WANT, st->now_ms);
		assert_false(st->out.bad);
	} while (st->out.len > before || st->carry.ask_count);
}

/* The next frame that the session said; false: it says nothing. */
static inline bool stage_next(struct stage *st, struct qf_frame *f)
{
	size_t used;

	if (st->taken == st->out.len) {
		qf_buf_clear(&st->out);
		st->taken = 0;
		stage_pull(st);
	}
	if (st->taken == st->out.len)
		return false;
	assert_int_equal(qf_frame_split(qf_bytes(st->out.at + st->taken,
	                                         st->out.len - st->taken),
	                                f, &used),
	                 1);
	st->taken += used;
	stage_note(st, f);
	return true;
}

/* The next frame for a socket that takes hardly one at a time. */
static inline bool stage_next_alone(struct stage *st, struct qf_frame *f)
{
	size_t used;

	assert_int_equal(st->taken, st->out.len);
	qf_buf_clear(&st->out);
	st->taken = 0;
	stage_core(st);
	qf_session_pull(&st->session, &st->out, 1, st->now_ms);
	stage_core(st);
	if (!st->out.len)
		return false;
	assert_int_equal(qf_frame_split(qf_buf_bytes(&st->out), f, &used), 1);
	assert_int_equal(used, st->out.len);
	st->taken = used;
	stage_note(st, f);
	return true;
}

static inline void stage_quiet(struct stage *st)
{
	struct qf_frame f;

	assert_false(stage_next(st, &f));
}

/* The payload of the next frame, which has that type. */
static inline struct qf_bytes stage_take(struct stage *st, uint8_t type)
{
	struct qf_frame f;

	assert_true(stage_next(st, &f));
	assert_int_equal(f.type, type);
	return f.payload;
}

static inline uint64_t stage_take_number(struct stage *st, uint8_t type)
{
	struct qf_bytes payload = stage_take(st, type);
	struct qf_face face;
	uint64_t number;

	if (type == QF_FRAME_PONG)
		assert_true(qf_pong_get(payload, &number, &face));
	else
		assert_true(qf_number_get(payload, &number));
	return number;
}

/* The session is closed for that reason, and a BYE is the last it says. */
static inline void stage_closed(struct stage *st, const char *reason)
{
	struct qf_bytes said;
	struct qf_frame f;

	assert_int_equal(st->session.state, QF_SESSION_CLOSED);
	assert_string_equal(st->session.reason, reason);
	do
		assert_true(stage_next(st, &f));
	while (f.type != QF_FRAME_BYE);
	assert_true(qf_bye_get(f.payload, &said));
	assert_int_equal(said.len, strlen(reason));
	assert_memory_equal(said.at, reason, said.len);
	stage_quiet(st);
}

/* The session gets what is in `peer`. */
static inline void stage_feed(struct stage *st)
{
	struct qf_bytes in = qf_buf_bytes(&st->peer);
	struct qf_frame f;
	size_t used;

	assert_false(st->peer.bad);
	for (; in.len; in.at += used, in.len -= used) {
		assert_int_equal(qf_frame_split(in, &f, &used), 1);
		qf_session_frame(&st->session, &f, st->now_ms);
	}
	qf_buf_clear(&st->peer);
	stage_core(st);
}

static inline void stage_feed_raw(struct stage *st, uint8_t type,
                                  const void *payload, size_t len)
{
	size_t mark = qf_frame_begin(&st->peer, type);

	qf_put_raw(&st->peer, payload, len);
	qf_frame_end(&st->peer, mark);
	stage_feed(st);
}

static inline void stage_feed_number(struct stage *st, uint8_t type,
                                     uint64_t number)
{
	if (type == QF_FRAME_PONG)
		qf_pong_put(&st->peer, number, &(struct qf_face){ 0, 0 });
	else
		qf_number_put(&st->peer, type, number);
	stage_feed(st);
}

static inline void stage_wait(struct stage *st, uint64_t ms)
{
	st->now_ms += ms;
	qf_session_tick(&st->session, st->now_ms);
	stage_core(st);
}

/* The story as the peer. */

static inline void stage_greet(struct stage *st)
{
	struct qf_hello hello = {
		QF_WIRE_VERSION, 4000, qf_bytes("bob", 3), { 0, 0 }
	};

	stage_take(st, QF_FRAME_HELLO);
	qf_hello_put(&st->peer, &hello);
	stage_feed(st);
	stage_take(st, QF_FRAME_TAGS);
}

/* The tag of a room as this end offers it, or its peer. */
static inline struct qf_tag stage_tag(const struct stage *st,
                                      const struct stage_room *r, bool of_peer)
{
	struct qf_tag tag;

	qf_room_tag(&r->carried->tag_key, stage_exporter,
	            st->session.client == of_peer, &tag);
	return tag;
}

/* The peer is in that room, too, and says so. */
static inline void stage_offer(struct stage *st, const struct stage_room *r)
{
	struct qf_tag tag = stage_tag(st, r, true);

	qf_tags_put(&st->peer, &tag, 1);
	stage_feed(st);
}

/* An OPEN of the peer's for that room. */
static inline void stage_put_open(struct stage *st, const struct stage_room *r,
                                  uint64_t handle, uint64_t count,
                                  const struct qf_hash *root)
{
	struct qf_open open = { .handle = handle,
		                .tag = stage_tag(st, r, false),
		                .count = count,
		                .root = *root };

	qf_open_put(&st->peer, &open);
}

/* Up to a room that is open on both sides. The peer has the same set, or
 * another one: nothing that its root could be. */
static inline void stage_open(struct stage *st, struct stage_room *r, bool same)
{
	struct qf_open open;

	stage_greet(st);
	stage_offer(st, r);
	assert_true(qf_open_get(stage_take(st, QF_FRAME_OPEN), &open));
	if (!same)
		open.root.b[0] ^= 1;
	stage_put_open(st, r, STAGE_HANDLE, open.count, &open.root);
	stage_feed(st);
}

/* The peer sends envelopes of one batch. */
static inline void stage_put_msg(struct stage *st, uint8_t flags,
                                 struct qf_envelope *const *lines, size_t n)
{
	size_t mark = qf_frame_begin(&st->peer, QF_FRAME_MSG);

	qf_put_u8(&st->peer, flags);
	qf_put_varint(&st->peer, STAGE_HANDLE);
	qf_batch_put(&st->peer, lines, n);
	qf_frame_end(&st->peer, mark);
}

static inline void stage_feed_msg(struct stage *st, uint8_t flags,
                                  struct qf_envelope *const *lines, size_t n)
{
	stage_put_msg(st, flags, lines, n);
	stage_feed(st);
}

/* A client, greeted, in a room that is open and even. */
static inline struct stage_room *stage_live(struct stage *st)
{
	struct stage_room *r = stage_begin(st, true);

	stage_open(st, r, true);
	stage_quiet(st);
	return r;
}

/* Two ends. */

/* All that one end has to say now goes to the other; false: it was nothing. */
static inline bool stage_carry(struct stage *from, struct stage *to)
{
	struct qf_frame f;
	bool any = false;

	while (stage_next(from, &f)) {
		qf_session_frame(&to->session, &f, to->now_ms);
		stage_core(to);
		any = true;
	}
	return any;
}

/* Until both have said all. */
static inline void stage_talk(struct stage *a, struct stage *b)
{
	bool more = true;

	while (more) {
		more = stage_carry(a, b);
		more |= stage_carry(b, a);
	}
}

#endif
