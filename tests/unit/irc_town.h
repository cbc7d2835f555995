/* irc_town.h - a whole node with guests, in one thread
 *
 * The core is the real one; its two workers have a hall each, and a disk that
 * commits at once. A test opens connections, types, and reads what came.
 */
#ifndef QF_IRC_TOWN_H
#define QF_IRC_TOWN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/node.h"
#include "gateway/irc.h"
#include "signing.h"

enum { TOWN_WORKERS = 2, TOWN_LOG_MAX = 4096, TOWN_LINES_MAX = 8 };

struct town_worker {
	struct qf_carry carry;
	struct qf_hall *hall;
};

struct town {
	struct qf_identity self;
	struct qf_node *node;
	struct qf_now now;
	struct town_worker workers[TOWN_WORKERS];
	atomic_uint unknown;
	struct qf_envelope *log[TOWN_LOG_MAX]; /* log[i] has lsn i + 1 */
	size_t log_count;
	struct qf_irc *lines[TOWN_LINES_MAX];
	qf_conn conns[TOWN_LINES_MAX];
	struct qf_buf out[TOWN_LINES_MAX];
	size_t line_count;
	uint64_t brought; /* envelopes, by another node */
	bool blind;       /* the disk can be written, not read */
};

static inline struct qf_irc *town_find(struct town *t, qf_conn conn)
{
	for (size_t i = 0; i < t->line_count; i++)
		if (t->lines[i] && t->conns[i] == conn)
			return t->lines[i];
	return NULL;
}

static inline void town_room(struct town_worker *w, struct qf_effect *fx)
{
	struct qf_carried *room = qf_carry_room(&w->carry, &fx->room, fx->name);

	if (fx->direct && !room->direct) {
		qf_carry_direct(room, fx->direct);
		fx->direct = NULL;
	}
}

/* What a worker does with what the core tells it (net/worker.c). */
static inline void town_take(struct town *t, struct qf_effect *fx)
{
	struct town_worker *w = &t->workers[fx->worker];
	struct qf_irc *irc = town_find(t, fx->conn);

	w->hall->now = t->now;
	switch (fx->kind) {
	case QF_FX_ROOM:
		town_room(w, fx);
		qf_hall_posted(w->hall, &fx->room);
		break;
	case QF_FX_PAIR:
		if (fx->told) {
			town_room(w, fx);
			qf_carry_pair(qf_carry_find(&w->carry, &fx->room),
			              fx->snapshot->lsn, fx->told);
			fx->told = NULL;
		}
		qf_hall_told(w->hall, fx);
		if (irc)
			qf_irc_told(irc, fx);
		break;
	case QF_FX_POST:
		qf_carry_post(&w->carry, fx->post);
		fx->post = NULL;
		qf_hall_posted(w->hall, &fx->room);
		break;
	case QF_FX_ANSWER:
		if (irc)
			qf_irc_told(irc, fx);
		break;
	default:
		qf_hall_told(w->hall, fx);
	}
}

static inline void town_step(struct town *t, struct qf_event *ev);

static inline void town_commit(struct town *t, struct qf_keep *keeps,
                               size_t count)
{
	struct qf_event ev = { .kind = QF_EV_COMMITTED,
		               .keeps = keeps,
		               .keep_count = count };

	for (size_t i = 0; i < count; i++) {
		if (keeps[i].kind != QF_KEEP_ENVELOPE)
			continue;
		assert(t->log_count < TOWN_LOG_MAX);
		if (!keeps[i].source)
			sign_commit(&t->self, &keeps[i].envelope, 1);
		t->log[t->log_count++] = qf_envelope_ref(keeps[i].envelope);
		keeps[i].lsn = t->log_count;
	}
	if (count)
		town_step(t, &ev);
	else
		free(keeps);
}

/* Takes what the event owns. */
static inline void town_step(struct town *t, struct qf_event *ev)
{
	struct qf_effects out = { 0 };
	struct qf_keep *keeps;
	size_t count = 0;

	qf_node_step(t->node, ev, t->now, &out);
	assert(!out.bad);
	qf_event_fini(ev);
	keeps = calloc(out.count + 1, sizeof *keeps);
	assert(keeps);
	for (size_t i = 0; i < out.count; i++) {
		struct qf_effect *fx = &out.list[i];

		if (fx->kind == QF_FX_KEEP) {
			keeps[count++] = fx->keep;
			fx->keep = (struct qf_keep){ .kind = QF_KEEP_PEER };
		} else if (fx->worker < TOWN_WORKERS) {
			town_take(t, fx);
		}
	}
	qf_effects_fini(&out);
	town_commit(t, keeps, count);
}

static inline void town_read(struct town *t, struct town_worker *w,
                             struct qf_read *r)
{
	bool by_lsn = r->kind == QF_READ_LSNS;
	size_t wanted = by_lsn ? r->count : t->log_count;
	uint64_t *lsns = calloc(wanted + 1, sizeof *lsns);
	struct qf_irc *irc = town_find(t, r->conn);

	r->envelopes = calloc(wanted + 1, sizeof *r->envelopes);
	assert(lsns && r->envelopes);
	r->err = t->blind ? QF_E_IO : QF_OK;
	for (size_t i = 0; i < wanted && !r->err; i++) {
		uint64_t lsn = by_lsn ? r->lsns[i] : i + 1;
		struct qf_envelope *e = t->log[lsn - 1];

		if (!by_lsn && (lsn <= r->after || r->got == r->count ||
		                !qf_room_id_equal(&e->head.room, &r->room)))
			continue;
		if (r->kind == QF_READ_STANDING &&
		    e->head.type != QF_TYPE_TOPIC &&
		    e->head.type != QF_TYPE_REDACT)
			continue;
		lsns[r->got] = lsn;
		r->envelopes[r->got++] = qf_envelope_ref(e);
	}
	free(r->lsns);
	r->lsns = lsns;
	if (r->conn == w->hall->conn)
		qf_hall_got(w->hall, r);
	else if (irc)
		qf_irc_got(irc, r);
	qf_read_free(r);
}

/* Until nobody asks anything any more. */
static inline void town_run(struct town *t)
{
	bool any = true;

	while (any) {
		any = false;
		for (unsigned i = 0; i < TOWN_WORKERS; i++) {
			struct town_worker *w = &t->workers[i];

			assert(!w->carry.bad);
			while (w->carry.ask_count) {
				struct qf_ask ask = w->carry.asks[0];

				any = true;
				memmove(w->carry.asks, w->carry.asks + 1,
				        --w->carry.ask_count * sizeof ask);
				if (ask.kind == QF_ASK_READ)
					town_read(t, w, ask.read);
				else
					town_step(t, &ask.event);
			}
			qf_hall_flushed(w->hall);
			any |= w->carry.ask_count > 0;
		}
	}
}

static inline void town_init(struct town *t)
{
	struct qf_node_options options = { .identity = &t->self,
		                           .fallback = "Ana",
		                           .workers = TOWN_WORKERS,
		                           .random_seed = 7 };
	struct qf_event tick = { .kind = QF_EV_TICK };

	memset(t, 0, sizeof *t);
	t->now = (struct qf_now){ 1000, 1700000000000 };
	qf_identity_init(&t->self, (uint8_t[QF_SEED_BYTES]){ 7 });
	t->node = qf_node_new(&options, t->now);
	assert(t->node);
	for (unsigned i = 0; i < TOWN_WORKERS; i++) {
		struct town_worker *w = &t->workers[i];
		struct qf_hall_options hall = { .worker = i,
			                        .workers = TOWN_WORKERS,
			                        .replay = 5,
			                        .unknown = &t->unknown };

		qf_carry_init(&w->carry);
		w->hall = qf_hall_new(&w->carry, &hall);
		assert(w->hall);
		qf_hall_self(w->hall, &t->self.key);
	}
	town_step(t, &tick);
	town_run(t);
}

static inline void town_fini(struct town *t)
{
	for (size_t i = 0; i < t->line_count; i++) {
		qf_irc_free(t->lines[i]);
		qf_buf_fini(&t->out[i]);
	}
	for (unsigned i = 0; i < TOWN_WORKERS; i++) {
		qf_hall_free(t->workers[i].hall);
		qf_carry_fini(&t->workers[i].carry);
	}
	for (size_t i = 0; i < t->log_count; i++)
		qf_envelope_unref(t->log[i]);
	qf_node_free(t->node);
}

/* What the core says of somebody; borrowed. */
static inline void town_news(struct town *t, struct qf_news *n)
{
	for (unsigned i = 0; i < TOWN_WORKERS; i++) {
		struct qf_effect fx = { .kind = QF_FX_NEWS,
			                .worker = i,
			                .news = n };

		town_take(t, &fx);
	}
	town_run(t);
}

/* Connections are dealt out to the workers in turn. */
static inline size_t town_open(struct town *t)
{
	size_t i = t->line_count++;
	unsigned worker = (unsigned)(i % TOWN_WORKERS);
	struct qf_irc_options o = { .conn = (qf_conn)worker << 48 |
		                            (i + 1) << 16,
		                    .from = "192.0.2.1" };

	assert(t->line_count <= TOWN_LINES_MAX);
	t->conns[i] = o.conn;
	t->lines[i] = qf_irc_new(t->workers[worker].hall, &o);
	assert(t->lines[i]);
	return i;
}

static inline void town_type(struct town *t, size_t i, struct qf_bytes bytes)
{
	qf_irc_bytes(t->lines[i], bytes);
	town_run(t);
}

/* It comes from another node, signed; no link need be up. Takes it. */
static inline void town_bring(struct town *t, struct qf_envelope *e)
{
	struct qf_event ev = {
		.kind = QF_EV_ARRIVED,
		.conn = 1,
		.number = ++t->brought,
		.room = e->head.room,
		.envelopes = calloc(1, sizeof *ev.envelopes),
		.envelope_count = 1,
		.live = true,
	};

	assert(ev.envelopes);
	ev.envelopes[0] = e;
	town_step(t, &ev);
	town_run(t);
}

/* Somebody of another node says that, body and all. */
static inline void town_hear(struct town *t, const char *room, uint8_t type,
                             struct qf_bytes body)
{
	struct qf_header head = {
		.class = QF_CLASS_CONTENT,
		.type = type,
		.hlc = t->now.wall_ms << 16,
		.seq = t->brought + 1,
	};
	struct qf_identity far;
	struct qf_envelope *e;

	qf_identity_init(&far, (uint8_t[QF_SEED_BYTES]){ 8 });
	head.author = far.key;
	qf_room_id_open(&head.room, room);
	e = qf_envelope_new(&head, body);
	assert(e);
	sign_commit(&far, &e, 1);
	qf_identity_fini(&far);
	town_bring(t, e);
}

static inline void town_pull(struct town *t, size_t i)
{
	struct qf_buf both = { 0 };
	struct qf_bytes owed = qf_irc_owed(t->lines[i], &both);

	qf_put_raw(&t->out[i], owed.at, owed.len);
	qf_irc_pulled(t->lines[i]);
	qf_buf_fini(&both);
}

#endif
