/* node_arrivals.c - what links bring, on its way to disk
 *
 * What is new is kept, in the order in which its author said it (early.h), and
 * when that is committed its link is told so (DONE).
 */
#include "clock.h"
#include "node_state.h"

/* The number of the keep; 0: out of memory. Takes the envelope if there is
 * one. */
static uint64_t keep(struct qf_node *n, struct qf_replica *r,
                     struct qf_envelope *e, qf_conn source, bool backlog,
                     struct qf_effects *out)
{
	struct qf_keep *k = qf_node_keep(n, QF_KEEP_ENVELOPE, out);

	if (!k)
		return 0;
	r->hlc = qf_clock_receive(r->hlc, e->head.hlc, qf_node_time(n, r));
	k->envelope = e;
	k->source = source;
	k->backlog = backlog;
	k->room_hlc = r->hlc;
	e->seen_ms = qf_node_seen(n, r);
	if (qf_idmap_set(&n->pending, e->id.b, k->number) ||
	    qf_early_passed(&n->early, e))
		out->bad = true;
	return k->number;
}

/* Something of the event waits. */
static void fall_behind(struct qf_node_link *l, const struct qf_event *ev,
                        uint64_t ticket)
{
	if (!l->behind) {
		l->before = ev->number - ev->envelope_count;
		l->newest = 0;
	}
	if (ticket > l->behind)
		l->behind = ticket;
}

/* DONE of that event, at the commit of `number`. */
static void owe(struct qf_node *n, uint64_t number, qf_conn conn,
                uint64_t event, uint64_t count, struct qf_effects *out)
{
	qf_node_owe_word(n,
	                 (struct qf_owed_word){ .number = number,
	                                        .conn = conn,
	                                        .event = event,
	                                        .count = count },
	                 out);
}

/* One verified envelope: 0, or the number of the keep that will have it. */
static uint64_t arrive(struct qf_node *n, struct qf_replica *r,
                       const struct qf_event *ev, struct qf_node_link *l,
                       struct qf_envelope **slot, struct qf_effects *out)
{
	struct qf_envelope *e = *slot;
	struct qf_setkey key = qf_setkey_of(e, 0);
	uint64_t number, ticket;

	if (qf_keyset_has(&r->set, &key))
		return 0;
	if (qf_idmap_get(&n->pending, e->id.b, &number))
		return number;
	ticket = qf_early_has(&n->early, &e->id);
	if (!ticket && l && !qf_key_equal(&e->head.author, &n->id->key) &&
	    qf_early_is(&n->early, e, ev->live, &n->wants)) {
		ticket = qf_early_wait(&n->early, e, ev->conn, n->now.mono_ms);
		if (ticket)
			*slot = NULL;
		else
			out->bad = true;
	}
	if (ticket && l)
		fall_behind(l, ev, ticket);
	if (ticket)
		return 0;
	number = keep(n, r, e, ev->conn, ev->backlog, out);
	if (number)
		*slot = NULL;
	return number;
}

static void count(struct qf_node *n, struct qf_node_link *l,
                  const struct qf_event *ev, size_t repeated)
{
	n->envelopes += ev->envelope_count;
	n->repeated += repeated;
	if (!l)
		return;
	l->envelopes += ev->envelope_count;
	l->repeated += repeated;
}

/* Each event is answered, for its worker has few at a time. */
static void answer(struct qf_node *n, const struct qf_event *ev,
                   struct qf_node_link *l, uint64_t last,
                   struct qf_effects *out)
{
	if (!l || !l->behind) {
		owe(n, last, ev->conn, ev->number, ev->number, out);
		return;
	}
	if (l->newest)
		owe(n, 0, l->conn, l->newest, l->before, out);
	l->newest = ev->number;
}

void qf_node_arrived(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);
	struct qf_node_link *l = qf_node_link(n, ev->conn);
	uint64_t last = 0;
	size_t repeated = 0;

	for (size_t i = 0; r && i < ev->envelope_count; i++) {
		uint64_t number = arrive(n, r, ev, l, &ev->envelopes[i], out);

		repeated += ev->envelopes[i] != NULL;
		if (number > last)
			last = number;
	}
	count(n, l, ev, repeated);
	if (r && ev->live && repeated > ev->envelope_count / 2)
		qf_node_repeated(r, ev->conn, out);
	answer(n, ev, l, last, out);
	qf_node_arrivals_tick(n, out);
}

/* What these links waited for has been kept by now. */
static void catch_up(struct qf_node *n, struct qf_effects *out)
{
	uint64_t first = n->early.count ? n->early.lines[0].ticket : UINT64_MAX;

	for (size_t i = 0; i < n->link_count; i++) {
		struct qf_node_link *l = &n->links[i];

		if (!l->behind || l->behind >= first)
			continue;
		l->behind = 0;
		owe(n, n->keep_number, l->conn, l->newest, l->newest, out);
	}
}

void qf_node_arrivals_tick(struct qf_node *n, struct qf_effects *out)
{
	struct qf_early_line line;
	bool any = false;

	while (qf_early_next(&n->early, n->now.mono_ms, &line)) {
		struct qf_replica *r = qf_node_replica(
			n, &line.envelope->head.room);

		if (!keep(n, r, line.envelope, line.source, false, out))
			qf_envelope_unref(line.envelope);
		any = true;
	}
	if (any)
		catch_up(n, out);
}
