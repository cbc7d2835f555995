/* outbox.c - how a worker's asks get to the core and to its reader */
#include "outbox.h"

#include <stdlib.h>

#include "socket.h"

enum {
	ARRIVED_BYTES_MAX = 8 << 20,
	ENVELOPE_BYTES = 400, /* one without its body, about */
};

void qf_outbox_init(struct qf_outbox *o, struct qf_desk *desk,
                    struct qf_mailbox *events, struct qf_mailbox *reads)
{
	o->desk = desk;
	o->events = events;
	o->reads = reads;
	o->arrived = (struct qf_credits){ .bytes_max = ARRIVED_BYTES_MAX };
	o->commands = (struct qf_credits){ 0 };
}

static size_t bytes_of(const struct qf_event *ev)
{
	size_t bytes = 0;

	for (size_t i = 0; i < ev->envelope_count; i++)
		bytes += ENVELOPE_BYTES + ev->envelopes[i]->head.body_len;
	return bytes;
}

/* False: it needs a credit and there is none. */
static bool take_credit(struct qf_outbox *o, const struct qf_event *ev)
{
	if (ev->kind == QF_EV_ARRIVED)
		return qf_credits_take(&o->arrived, ev->conn, ev->number,
		                       bytes_of(ev));
	if (ev->kind == QF_EV_COMMAND)
		return qf_credits_take(&o->commands, ev->conn,
		                       ev->command->request, 0);
	return true;
}

/* Whoever is gone owes and is owed nothing. */
static void settle(struct qf_outbox *o, const struct qf_event *ev)
{
	if (ev->kind != QF_EV_LINK_DOWN && ev->kind != QF_EV_CLIENT_DOWN)
		return;
	qf_credits_give(&o->arrived, ev->conn, 0, UINT64_MAX);
	qf_credits_give(&o->commands, ev->conn, 0, UINT64_MAX);
}

static bool is_answered(const struct qf_event *ev)
{
	return ev->kind == QF_EV_FOLLOW || ev->kind == QF_EV_COMMAND;
}

static bool move_event(struct qf_outbox *o, struct qf_event *ev,
                       struct qf_socket *s)
{
	struct qf_event *copy;

	if (!qf_mailbox_has_room(o->events) || !take_credit(o, ev))
		return false;
	copy = malloc(sizeof *copy);
	if (!copy) {
		o->desk->carry.bad = true;
		return false;
	}
	settle(o, ev);
	if (s && is_answered(ev))
		s->asks++;
	*copy = *ev;
	qf_mailbox_push(o->events, copy);
	return true;
}

static bool move_ask(struct qf_outbox *o, struct qf_ask *ask,
                     struct qf_socket *s)
{
	if (ask->kind == QF_ASK_EVENT)
		return move_event(o, &ask->event, s);
	if (!qf_mailbox_push(o->reads, ask->read))
		return false;
	if (s)
		s->asks++;
	return true;
}

/* What one kind of ask is refused, all later ones of its kind are refused in
 * the same pass, so those of one connection keep their order. */
void qf_outbox_move(struct qf_outbox *o)
{
	struct qf_desk *d = o->desk;
	struct qf_carry *c = &d->carry;
	size_t kept = 0;

	for (size_t i = 0; i < c->ask_count; i++) {
		struct qf_ask *ask = &c->asks[i];
		struct qf_socket *s = qf_desk_find(d, qf_desk_asker(ask));
		bool moved = move_ask(o, ask, s);

		/* When the core is behind, all of them stay where they are. */
		if (!moved && kept != i)
			c->asks[kept] = *ask;
		kept += !moved;
		if (!s)
			continue;
		if (!moved && i >= d->held)
			s->held++;
		else if (moved && i < d->held && !--s->held)
			qf_desk_touch(d, s);
	}
	c->ask_count = kept;
	d->held = kept;
	if (d->paused && !qf_desk_full(d)) {
		d->paused = false;
		d->all_touched = true;
	}
}

void qf_outbox_ring(struct qf_outbox *o)
{
	qf_mailbox_ring(o->events);
	qf_mailbox_ring(o->reads);
}

static void count_answer(struct qf_outbox *o, qf_conn conn)
{
	struct qf_socket *s = qf_desk_find(o->desk, conn);

	if (s && s->asks)
		s->asks--;
}

void qf_outbox_answered(struct qf_outbox *o, const struct qf_effect *fx)
{
	if (fx->kind == QF_FX_DONE)
		qf_credits_give(&o->arrived, fx->conn, 0, fx->event);
	else if (fx->kind == QF_FX_ANSWER)
		qf_credits_give(&o->commands, fx->conn, fx->answer->request,
		                fx->answer->request);
	if (fx->kind == QF_FX_ANSWER || fx->kind == QF_FX_PAIR)
		count_answer(o, fx->conn);
}

void qf_outbox_fetched(struct qf_outbox *o, const struct qf_read *read)
{
	count_answer(o, read->conn);
}
