/* state.c - what two states of a world must differ in to be two */
#include "sim/state.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/node_state.h"
#include "core/talk.h"

enum { BYTES_MAX = 1 << 16 };

struct writer {
	struct qf_buf to;
	const struct host *host; /* whose things these are */
	uint64_t floor;          /* its lsn from which the order counts */
};

static void put(struct writer *b, uint64_t v)
{
	qf_put_varint(&b->to, v);
}

static void put_bytes(struct writer *b, const void *at, size_t len)
{
	qf_put_bytes(&b->to, qf_bytes(at, len));
}

static void put_id(struct writer *b, const struct qf_hash *id)
{
	qf_put_raw(&b->to, id->b, 8);
}

static const struct worker *worker_of(const struct writer *b)
{
	return &b->host->workers[0];
}

static void put_lsn(struct writer *b, uint64_t lsn)
{
	put(b, lsn > b->floor ? lsn - b->floor : 0);
}

static void put_conn(struct writer *b, qf_conn conn)
{
	const struct worker *w = worker_of(b);

	if (conn == 0 || conn == w->client)
		put(b, conn != 0);
	else
		put(b, 2 + w->opened - conn);
}

/* How many of a link's envelopes, from the last that is stored. */
static void put_brought(struct writer *b, qf_conn conn, uint64_t number)
{
	const struct end *e = worker_end(worker_of(b), conn);

	put(b, e ? number - e->session.stored : 0);
}

static void put_keep(struct writer *b, const struct qf_keep *k)
{
	put(b, k->kind);
	if (k->kind != QF_KEEP_ENVELOPE)
		return;
	put_id(b, &k->envelope->id);
	put_conn(b, k->source);
	put(b, k->backlog);
}

static void put_snapshot(struct writer *b, const struct qf_snapshot *s)
{
	put(b, s != NULL);
	if (!s)
		return;
	put_lsn(b, s->lsn);
	put(b, s->count);
	for (size_t i = 0; i < s->count; i++)
		put_id(b, &qf_snapshot_at(s, i)->id);
}

static void put_post(struct writer *b, const struct qf_post *p)
{
	put_lsn(b, p->prev_lsn);
	put_lsn(b, p->last_lsn);
	if (p->last_lsn <= b->floor)
		return;
	put_conn(b, p->source);
	put(b, p->backlog);
	for (size_t i = 0; i < p->count; i++)
		put_id(b, &p->items[i].envelope->id);
}

static void put_event(struct writer *b, const struct qf_event *ev)
{
	put(b, ev->kind);
	put_conn(b, ev->conn);
	put(b, ev->backlog);
	if (ev->kind == QF_EV_TURN_ASKED)
		put(b, ev->number);
	if (ev->kind == QF_EV_ARRIVED)
		put_brought(b, ev->conn, ev->number);
	put(b, ev->envelope_count);
	for (size_t i = 0; i < ev->envelope_count; i++)
		put_id(b, &ev->envelopes[i]->id);
	put(b, ev->keep_count);
	for (size_t i = 0; i < ev->keep_count; i++) {
		put_keep(b, &ev->keeps[i]);
		put_lsn(b, ev->keeps[i].lsn);
	}
}

static void put_effect(struct writer *b, const struct qf_effect *fx)
{
	put(b, fx->kind);
	put_conn(b, fx->conn);
	if (fx->kind == QF_FX_DONE)
		put_brought(b, fx->conn, fx->number);
	put_snapshot(b, fx->snapshot);
	if (fx->post)
		put_post(b, fx->post);
	put(b, fx->news ? fx->news->kind : 0);
}

static void put_read(struct writer *b, const struct qf_read *r)
{
	put(b, r != NULL);
	if (!r)
		return;
	put(b, r->kind);
	put_conn(b, r->conn);
	put_lsn(b, r->after);
	put(b, r->got);
	for (size_t i = 0; i < r->got; i++) {
		put_id(b, &r->envelopes[i]->id);
		if (r->kind == QF_READ_AFTER)
			put_lsn(b, r->lsns[i]);
	}
}

static void put_replica(struct writer *b, const struct qf_replica *r)
{
	put(b, r->joined);
	put(b, r->set.count); /* which these are says the disk */
	put(b, qf_clock_send(r->hlc, host_now(b->host).wall_ms));
	put(b, r->is_corrected);
	put(b, r->clock_count);
	put_lsn(b, r->last_lsn);
	put(b, r->own_seq);
	put(b, r->past);
	put(b, r->told[0] != NULL);
	put_conn(b, r->turn.holder);
	put(b, r->turn.count);
	for (size_t i = 0; i < r->turn.count; i++) {
		put_conn(b, r->turn.waiting[i].conn);
		put(b, r->turn.waiting[i].holds);
	}
}

static void put_node(struct writer *b, const struct qf_node *n)
{
	put_replica(b, n->replicas[0]);
	put(b, n->link_count);
	for (size_t i = 0; i < n->link_count; i++) {
		put_conn(b, n->links[i].conn);
		put(b, n->links[i].greeted);
		put_conn(b, n->links[i].older);
	}
	put(b, n->keep_number - n->committed_number);
	put(b, n->owed_count - n->owed_first);
	for (size_t i = n->owed_first; i < n->owed_count; i++) {
		const struct qf_owed_word *o = &n->owed[i];

		put(b, o->number - n->committed_number);
		put_conn(b, o->conn);
		put(b, o->answer != NULL);
		if (!o->answer)
			put_brought(b, o->conn, o->count);
	}
	put(b, n->replicas[0]->push.lazy);
	put(b, n->wants.count);
	/* Each line is its author's first: what went on before makes no
	 * difference (early.h). */
	assert(n->early.count == 0);
	put(b, n->trouble != NULL);
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct qf_hash));
}

static void put_disk(struct writer *b, const struct disk *d)
{
	struct qf_hash ids[16];
	size_t n = 0;

	put(b, d->count > b->floor ? d->count - b->floor : 0);
	for (size_t i = 0; i < d->count; i++) {
		if (d->log[i].kind != QF_KEEP_ENVELOPE)
			continue;
		assert(n < 16);
		if (i + 1 <= b->floor)
			ids[n++] = d->log[i].envelope->id;
		else
			put_keep(b, &d->log[i]);
	}
	qsort(ids, n, sizeof ids[0], compare_ids);
	for (size_t i = 0; i < n; i++)
		put_id(b, &ids[i]);
}

static void put_carried(struct writer *b, const struct qf_carried *room)
{
	const struct qf_tail *t = &room->tail;

	put(b, room->has_tail);
	if (!room->has_tail)
		return;
	put_lsn(b, t->last_lsn);
	put_lsn(b, room->own_lsn);
	put_lsn(b, atomic_load(&t->told->lsn));
	put_lsn(b, atomic_load(&t->told->backlog));
	for (size_t i = 0; i < t->count; i++) {
		const struct qf_post *p =
			t->ring[(t->first + i) % QF_RING_FRAMES_MAX];

		if (p->last_lsn > b->floor)
			put_post(b, p);
	}
}

static void put_worker(struct writer *b, const struct worker *w)
{
	put(b, w->carry.room_count);
	for (size_t i = 0; i < w->carry.room_count; i++)
		put_carried(b, w->carry.rooms[i]);
	put(b, w->carry.ask_count);
	for (size_t i = 0; i < w->carry.ask_count; i++) {
		put_read(b, w->carry.asks[i].read);
		put_event(b, &w->carry.asks[i].event);
	}
	put(b, w->credits);
	put(b, w->events.count);
	for (size_t i = 0; i < w->events.count; i++)
		put_event(b, fifo_at(&w->events, i));
	put(b, w->effects.count);
	for (size_t i = 0; i < w->effects.count; i++)
		put_effect(b, fifo_at(&w->effects, i));
	put(b, w->asked.count);
	for (size_t i = 0; i < w->asked.count; i++)
		put_read(b, fifo_at(&w->asked, i));
	put(b, w->read.count);
	for (size_t i = 0; i < w->read.count; i++)
		put_read(b, fifo_at(&w->read, i));
}

static void put_recon(struct writer *b, const struct qf_reconcile *r)
{
	put_snapshot(b, r->mine);
	put(b, r->scanned);
	put_bytes(b, r->kept.at, r->kept.len);
	put(b, r->frames);
	put(b, r->bytes);
	put(b, r->done);
}

static void put_owed(struct writer *b, const struct qf_talk *t)
{
	put(b, t->owed_count - t->owed_first);
	for (size_t i = t->owed_first; i < t->owed_count; i++) {
		put(b, t->owed[i].from);
		put(b, t->owed[i].to);
		put(b, t->owed[i].answers);
	}
	put(b, t->has_deferred);
	put_bytes(b, t->deferred.at, t->deferred.len);
	put(b, t->pushed);
	put(b, t->pushed_bytes);
	put(b, t->named_left);
}

static void put_roots(struct writer *b, const struct qf_talk *t)
{
	put(b, t->their_count);
	put_id(b, &t->their_root);
	put_id(b, &t->my_root);
}

static void put_talk(struct writer *b, const struct qf_talk *t)
{
	put(b, t->phase);
	put(b, t->heard_open);
	if (t->phase <= QF_TALK_OPENED || t->reopened)
		put_roots(b, t);
	put_lsn(b, t->cursor);
	put_lsn(b, t->summed);
	put_lsn(b, t->passed);
	put(b, t->stale);
	put(b, t->reopened);
	put(b, t->asks_again);
	put(b, t->is_marked && t->marked == t->cursor);
	put(b, t->is_marked && qf_carry_may_be_own(t->room, t->marked));
	put_snapshot(b, t->snapshot);
	put(b, t->has_recon);
	if (t->has_recon)
		put_recon(b, &t->recon);
	put(b, t->lazy);
	put(b, t->asked_count);
	put(b, t->reads_asked);
	put(b, qf_talk_even(t));
	if (!qf_talk_even(t))
		put_owed(b, t);
	put(b, t->wanted_left);
	put(b, t->has_turn);
	if (t->has_turn)
		put(b, t->turn_ends_at - t->session->stored);
}

static void put_session(struct writer *b, const struct qf_session *s)
{
	put(b, s->state);
	put_bytes(b, s->control.at, s->control.len);
	put(b, s->peer_tags.len);
	put(b, s->talk_count);
	for (size_t i = 0; i < s->talk_count; i++)
		put_talk(b, s->talks[i]);
	put(b, s->reading);
	put_read(b, s->ready);
	put(b, s->ready_at);
	if (s->ready)
		put(b, s->talks[s->ready->number]->ready_answers);
	put(b, s->acked < s->named);
	put(b, s->reached < s->announced);
	put(b, s->had - s->had_sent);
	put(b, s->carried - s->stored);
}

static void put_end(struct writer *b, const struct end *e)
{
	put(b, e->over);
	if (e->over)
		return;
	put_conn(b, e->session.conn);
	put(b, e->session.client);
	put(b, e->touched);
	put(b, e->credits);
	put_session(b, &e->session);
	put(b, e->in.count);
	for (size_t i = 0; i < e->in.count; i++) {
		const struct parcel *p = fifo_at(&e->in, i);

		put_bytes(b, p->bytes, p->len);
	}
}

static void lower(uint64_t *floor, uint64_t lsn)
{
	if (lsn < *floor)
		*floor = lsn;
}

static void lower_by_session(uint64_t *floor, const struct qf_session *s)
{
	for (size_t i = 0; i < s->talk_count; i++)
		if (s->talks[i]->phase >= QF_TALK_OPENED)
			lower(floor, s->talks[i]->cursor);
}

/* All of the host's log that somebody may still go through in order is above
 * it. A pair that is yet to come has no less than the core has now. */
static uint64_t floor_of(const struct host *h)
{
	const struct worker *w = &h->workers[0];
	uint64_t floor = h->node->replicas[0]->last_lsn;

	for (size_t i = 0; i < w->effects.count; i++) {
		const struct qf_effect *fx = fifo_at(&w->effects, i);

		if (fx->snapshot)
			lower(&floor, fx->snapshot->lsn);
	}
	for (size_t i = 0; i < w->ends.count; i++)
		lower_by_session(
			&floor, &((struct end *)fifo_at(&w->ends, i))->session);
	for (size_t i = 0; i < w->asked.count; i++)
		lower(&floor, ((struct qf_read *)fifo_at(&w->asked, i))->after);
	return floor;
}

static void put_host(struct writer *b, const struct host *h)
{
	put_disk(b, &h->disk);
	put_node(b, h->node);
	put(b, h->keeps.count);
	for (size_t i = 0; i < h->keeps.count; i++)
		put_keep(b, fifo_at(&h->keeps, i));
	put(b, h->commits.count);
	for (size_t i = 0; i < h->commits.count; i++)
		put_event(b, fifo_at(&h->commits, i));
	put(b, h->retry_ms != 0);
	put_worker(b, &h->workers[0]);
	put(b, h->workers[0].ends.count);
	for (size_t i = 0; i < h->workers[0].ends.count; i++)
		put_end(b, fifo_at(&h->workers[0].ends, i));
}

static void put_said(struct writer *b, const struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++)
		for (size_t k = 0; k < w->said_count; k++)
			if (w->said[k].host == w->hosts[i]) {
				put(b, w->said[k].state);
				put_id(b, &w->said[k].id);
			}
}

uint64_t state_of(const struct world *w, const void *more, size_t len)
{
	static const uint8_t key[crypto_shorthash_siphash24_KEYBYTES];
	static uint8_t bytes[BYTES_MAX];
	struct writer b = {
		.to = { .at = bytes, .cap = BYTES_MAX, .max = BYTES_MAX },
	};
	uint64_t hash;

	put_bytes(&b, more, len);
	for (unsigned i = 0; i < w->host_count; i++) {
		b.host = w->hosts[i];
		b.floor = floor_of(b.host);
		put_host(&b, b.host);
	}
	put(&b, w->cables.count);
	put_said(&b, w);
	assert(!b.to.bad);
	crypto_shorthash_siphash24((uint8_t *)&hash, b.to.at, b.to.len, key);
	return hash ? hash : 1;
}
