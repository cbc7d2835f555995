/* node_found.c - what becomes of nodes found nearby, and of a changed network
 *
 * A hint proves nothing: whoever answers shows its key in the handshake. It
 * only saves a dial to ourselves or to those whom we are linked with.
 */
#include "node_state.h"

static bool is_known(const struct qf_node *n, const struct qf_hint *hint)
{
	struct qf_hint other;

	qf_key_hint(&n->id->key, &other);
	if (qf_hint_equal(hint, &other))
		return true;
	for (size_t i = 0; i < n->link_count; i++) {
		qf_key_hint(&n->links[i].key, &other);
		if (qf_hint_equal(hint, &other))
			return true;
	}
	return false;
}

/* All hear a hub at once when it comes back. Whoever is not alone lets others
 * go first, by chance. */
static uint64_t dial_from(struct qf_node *n, const struct qf_key *key)
{
	uint64_t now_ms = n->now.mono_ms;

	if (!n->link_count || !qf_node_is_hub(n, key))
		return now_ms;
	return now_ms + qf_mesh_hub_hold(&n->mesh, n->presence.roster.count);
}

/* Someone whom we dial anyway has shown that it lives; from when on it may be
 * dialled. */
static uint64_t stir_hint(struct qf_node *n, const struct qf_hint *hint)
{
	struct qf_hint other;

	for (size_t i = 0; i < n->book.count; i++) {
		const struct qf_key *key = &n->book.dials[i].key;
		uint64_t from_ms;

		qf_key_hint(key, &other);
		if (!qf_hint_equal(hint, &other))
			continue;
		from_ms = dial_from(n, key);
		qf_peerbook_stir(&n->book, key, from_ms);
		return from_ms;
	}
	return n->now.mono_ms;
}

void qf_node_found(struct qf_node *n, const struct qf_event *ev,
                   struct qf_effects *out)
{
	uint64_t from_ms;

	if (n->stopping || n->offline || is_known(n, &ev->hint))
		return;
	from_ms = stir_hint(n, &ev->hint);
	qf_peerbook_found(&n->book, &ev->address, &ev->hint, from_ms);
	qf_node_dial_due(n, out);
}

void qf_node_changed(struct qf_node *n, const struct qf_event *ev,
                     struct qf_effects *out)
{
	n->alone_ms = 0;
	n->diagnosed = false;
	qf_node_addresses(n, ev->payload);
	qf_node_self(n);
	for (size_t i = 0; ev->number && i < n->link_count; i++)
		qf_node_probe(n->links[i].conn, out);
	qf_peerbook_stir_all(&n->book, n->now.mono_ms);
	qf_node_dial_due(n, out);
}
