/* node_drafts.c - what is said while no time is known
 *
 * A stamp before the build of this program is wrong for ever, and what has it
 * stands above all that anybody ever read. So while our clock shows such a
 * time and no peer of the room is linked, what is said there is a draft: on
 * disk, in its order, not yet signed. It is signed in the step in which the
 * clock is set or the first link gets that room, before its cursor is taken
 * (sync.md 1.6), and its row goes in the same commit.
 */
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

static bool must_wait(const struct qf_node *n, const struct qf_replica *r)
{
	return r->rests || (qf_node_clock_is_wrong(n) && !r->is_corrected &&
	                    !r->clock_count);
}

int qf_node_load_draft(struct qf_node *n, const struct qf_draft *draft)
{
	struct qf_said *said;

	if (!qf_list_room(&n->drafts, n->draft_count, &n->draft_cap,
	                  sizeof *n->drafts))
		return QF_E_NOMEM;
	n->drafts[n->draft_count] = *draft;
	n->drafts[n->draft_count++].body = qf_shared_ref(draft->body);
	n->draft_number = draft->number;
	if (!draft->has_nonce)
		return QF_OK;
	said = qf_node_add_said(n, &draft->nonce);
	if (!said)
		return QF_E_NOMEM;
	said->room = draft->room;
	said->draft = draft->number;
	return QF_OK;
}

/* Drafts have no stamp to be seen by, so their order is that of numbers. */
static struct qf_keep *keep_draft(struct qf_node *n, struct qf_replica *r,
                                  uint8_t type, struct qf_bytes body,
                                  const struct qf_nonce *nonce,
                                  struct qf_effects *out)
{
	struct qf_draft draft = { .number = n->draft_number + 1,
		                  .room = r->id,
		                  .type = type,
		                  .has_nonce = nonce };
	struct qf_keep *k;

	if (nonce)
		draft.nonce = *nonce;
	draft.body = qf_shared_new(body.at, body.len);
	if (!draft.body || qf_node_load_draft(n, &draft)) {
		qf_draft_fini(&draft);
		out->bad = true;
		return NULL;
	}
	k = qf_node_keep(n, QF_KEEP_DRAFT, out);
	if (k)
		k->draft = draft;
	else
		qf_draft_fini(&draft);
	return k;
}

/* Stamped, sealed, and on its way to the disk. */
static struct qf_keep *seal(struct qf_node *n, struct qf_replica *r,
                            uint8_t type, struct qf_bytes body,
                            const struct qf_nonce *nonce,
                            struct qf_effects *out)
{
	struct qf_envelope *e = qf_replica_seal(r, &n->id->key, type, body,
	                                        qf_node_time(n, r));
	struct qf_keep *k = e ? qf_node_keep(n, QF_KEEP_ENVELOPE, out) : NULL;

	if (!k) {
		qf_envelope_unref(e);
		out->bad = true;
		return NULL;
	}
	e->seen_ms = qf_node_seen(n, r);
	k->envelope = e;
	k->room_hlc = r->hlc;
	k->has_nonce = nonce;
	if (nonce)
		k->nonce = *nonce;
	if (qf_idmap_set(&n->pending, e->id.b, k->number))
		out->bad = true;
	return k;
}

struct qf_keep *qf_node_utter(struct qf_node *n, struct qf_replica *r,
                              uint8_t type, struct qf_bytes body,
                              const struct qf_nonce *nonce,
                              struct qf_effects *out)
{
	qf_node_sign_drafts(n, r, out);
	return must_wait(n, r) ? keep_draft(n, r, type, body, nonce, out)
	                       : seal(n, r, type, body, nonce, out);
}

static void sign(struct qf_node *n, struct qf_replica *r,
                 const struct qf_draft *d, struct qf_effects *out)
{
	struct qf_keep *k = seal(n, r, d->type,
	                         qf_bytes(d->body->at, d->body->len),
	                         d->has_nonce ? &d->nonce : NULL, out);
	struct qf_said *said;

	if (!k)
		return;
	k->draft_number = d->number;
	said = d->has_nonce ? qf_node_said(n, &d->nonce) : NULL;
	if (!said)
		return;
	said->id = k->envelope->id;
	said->hlc = k->envelope->head.hlc;
	said->number = k->number;
	said->draft = 0;
}

void qf_node_sign_drafts(struct qf_node *n, struct qf_replica *r,
                         struct qf_effects *out)
{
	size_t left = 0;

	if (!n->draft_count || must_wait(n, r))
		return;
	for (size_t i = 0; i < n->draft_count; i++) {
		struct qf_draft *d = &n->drafts[i];

		if (qf_room_id_equal(&d->room, &r->id)) {
			sign(n, r, d, out);
			qf_draft_fini(d);
		} else {
			n->drafts[left++] = *d;
		}
	}
	n->draft_count = left;
}
