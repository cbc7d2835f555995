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

/* Someone whom we dial anyway has shown that it lives. */
static void stir_hint(struct qf_node *n, const struct qf_hint *hint)
{
	struct qf_hint other;

	for (size_t i = 0; i < n->book.count; i++) {
		qf_key_hint(&n->book.dials[i].key, &other);
		if (!qf_hint_equal(hint, &other))
			continue;
		qf_peerbook_stir(&n->book, &n->book.dials[i].key,
		                 n->now.mono_ms);
		return;
	}
}

void qf_node_found(struct qf_node *n, const struct qf_event *ev,
                   struct qf_effects *out)
{
	if (n->stopping || n->offline || is_known(n, &ev->hint))
		return;
	stir_hint(n, &ev->hint);
	qf_peerbook_found(&n->book, &ev->address, &ev->hint, n->now.mono_ms);
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
