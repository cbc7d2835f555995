/* node_push.c - what links push and only name, and what is asked of them
 *
 * An envelope comes by the eager links of its room (push.h), and lazy ones name
 * it. What was named and does not come is asked of a link that named it, which
 * is eager from then on (wants.h).
 */
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

static const char too_much[] = "names much that it does not send";

/* For a room on a link. */
static struct qf_effect *tell(qf_conn conn, const struct qf_room_id *room,
                              enum qf_effect_kind kind, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, kind);

	if (!fx)
		return NULL;
	fx->worker = qf_conn_worker(conn);
	fx->conn = conn;
	fx->room = *room;
	return fx;
}

void qf_node_repeated(struct qf_replica *r, qf_conn conn,
                      struct qf_effects *out)
{
	if (qf_push_prune(&r->push, conn))
		tell(conn, &r->id, QF_FX_PRUNE, out);
}

void qf_node_tell_had(struct qf_node *n, struct qf_effects *out)
{
	const struct qf_namer *of;
	struct qf_room_id none = { 0 };

	while ((of = qf_wants_had(&n->wants))) {
		struct qf_effect *fx = tell(of->conn, &none, QF_FX_HAD, out);

		if (fx)
			fx->number = of->had;
	}
}

static void drop_excess(struct qf_node *n, struct qf_effects *out)
{
	const struct qf_namer *of;

	while ((of = qf_wants_excess(&n->wants)))
		qf_node_drop(of->conn, too_much, out);
}

static void named(struct qf_node *n, const struct qf_event *ev,
                  struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);
	uint64_t number = ev->number - ev->key_count;
	uint64_t due_ms;
	int err;

	if (!r || !qf_node_link(n, ev->conn))
		return;
	due_ms = n->now.mono_ms + QF_WANT_MS +
	         (ev->keys[0].id.b[0] ^ n->id->key.b[0]) % QF_WANT_JITTER_MS;
	err = qf_wants_heard(&n->wants, ev->conn, ev->number);
	for (size_t i = 0; i < ev->key_count && !err; i++) {
		number++;
		if (!qf_keyset_has(&r->set, &ev->keys[i]))
			err = qf_wants_add(&n->wants, &r->id, &ev->keys[i],
			                   ev->conn, number, due_ms);
	}
	if (err == QF_E_LIMIT)
		qf_node_drop(ev->conn, too_much, out);
	else if (err)
		out->bad = true;
	drop_excess(n, out);
	qf_node_tell_had(n, out);
}

static struct qf_setkey *copy_keys(const struct qf_setkey *keys, size_t count,
                                   struct qf_effects *out)
{
	struct qf_setkey *copy = calloc(count, sizeof *copy);

	if (copy)
		memcpy(copy, keys, count * sizeof *copy);
	else
		out->bad = true;
	return copy;
}

/* The peer needs some of what we named, and more to be pushed. */
static void grafted(struct qf_node *n, const struct qf_event *ev,
                    struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);
	struct qf_effect *fx;

	if (!r || !qf_node_link(n, ev->conn))
		return;
	qf_push_set(&r->push, ev->conn, false);
	fx = tell(ev->conn, &r->id, QF_FX_SEND, out);
	if (!fx)
		return;
	fx->keys = copy_keys(ev->keys, ev->key_count, out);
	for (size_t i = 0; fx->keys && i < ev->key_count; i++) {
		const struct qf_setkey *k = qf_keyset_find(&r->set,
		                                           &ev->keys[i]);

		if (k)
			fx->keys[fx->key_count++] = *k;
	}
}

static void pruned(struct qf_node *n, const struct qf_event *ev)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);

	if (r)
		qf_push_set(&r->push, ev->conn, true);
}

void qf_node_push_event(struct qf_node *n, const struct qf_event *ev,
                        struct qf_effects *out)
{
	if (ev->kind == QF_EV_NAMED)
		named(n, ev, out);
	else if (ev->kind == QF_EV_GRAFTED)
		grafted(n, ev, out);
	else
		pruned(n, ev);
}

/* One more of that room is asked of that link, with the last if it may. */
static void graft(const struct qf_want *want, qf_conn conn,
                  struct qf_effects *out)
{
	struct qf_effect *last = out->count ? &out->list[out->count - 1] : NULL;

	if (!last || last->kind != QF_FX_GRAFT || last->conn != conn ||
	    last->key_count == QF_BATCH_LEAVES_MAX ||
	    !qf_room_id_equal(&last->room, &want->room)) {
		last = tell(conn, &want->room, QF_FX_GRAFT, out);
		if (last)
			last->keys = calloc(QF_BATCH_LEAVES_MAX,
			                    sizeof *last->keys);
	}
	if (last && last->keys)
		last->keys[last->key_count++] = want->key;
	else
		out->bad = true;
}

void qf_node_push_tick(struct qf_node *n, struct qf_effects *out)
{
	struct qf_offer *offer;
	struct qf_want *want;
	uint64_t number;

	while ((want = qf_wants_next(&n->wants, n->now.mono_ms, &offer))) {
		struct qf_replica *r = qf_node_replica(n, &want->room);

		/* It is on its way to disk, or has come early. */
		if (qf_idmap_get(&n->pending, want->key.id.b, &number) ||
		    qf_early_has(&n->early, &want->key.id)) {
			qf_wants_defer(&n->wants, want, offer,
			               n->now.mono_ms + QF_WANT_MS);
		} else if (offer->asked > QF_WANT_TRIES) {
			qf_node_drop(offer->namer->conn,
			             "did not send what it had named", out);
		} else {
			qf_push_set(&r->push, offer->namer->conn, false);
			graft(want, offer->namer->conn, out);
		}
	}
}

void qf_node_push_down(struct qf_node *n, qf_conn conn)
{
	for (size_t i = 0; i < n->replica_count; i++)
		qf_push_leave(&n->replicas[i]->push, conn);
	qf_wants_forget(&n->wants, conn);
}
