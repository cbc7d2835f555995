/* node_marks.c - how far accounts have read: kept, and told at the beginning
 *
 * What is told is a list of names as bytes, each with 64 bits of milliseconds.
 */
#include <string.h>

#include "node_state.h"

int qf_node_load_marker(struct qf_node *n, const struct qf_marker *marker)
{
	qf_put_bytes(&n->marks, qf_bytes(marker->whose, strlen(marker->whose)));
	qf_put_u64(&n->marks, marker->ms);
	return n->marks.bad ? QF_E_NOMEM : QF_OK;
}

void qf_node_tell_marks(struct qf_node *n, struct qf_effects *out)
{
	struct qf_shared *all = NULL;

	if (!n->marks.len)
		return;
	all = qf_shared_new(n->marks.at, n->marks.len);
	qf_buf_fini(&n->marks);
	for (unsigned w = 0; w < n->workers && all; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_MARKS);

		if (!fx)
			break;
		fx->worker = w;
		fx->payload = qf_shared_ref(all);
	}
	if (!all)
		out->bad = true;
	qf_shared_unref(all);
}

void qf_node_cmd_mark(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_keep *k = qf_node_keep(n, QF_KEEP_MARKER, out);

	if (k) {
		memccpy(k->marker.whose, c->text, 0,
		        sizeof k->marker.whose - 1);
		k->marker.ms = c->number;
	}
	qf_node_tell_all(n, ev, out);
}
