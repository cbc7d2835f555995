/* node_status.c - what the node tells of itself */
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

static void fill_rooms(const struct qf_node *n, struct qf_status *s)
{
	for (size_t i = 0; i < n->replica_count; i++) {
		const struct qf_replica *r = n->replicas[i];
		struct qf_room_status *to = &s->rooms[s->room_count];

		if (!r->joined || r->direct)
			continue;
		memcpy(to->name, r->name, sizeof to->name);
		to->id = r->id;
		to->count = r->set.count;
		to->last_lsn = r->last_lsn;
		to->correction_ms = qf_node_correction(n, r);
		to->for_guests = r->joined == QF_JOINED_FOR_GUESTS;
		s->room_count++;
	}
}

static void fill_links(const struct qf_node *n, struct qf_status *s)
{
	for (size_t i = 0; i < n->link_count; i++) {
		const struct qf_node_link *l = &n->links[i];
		struct qf_link_status *to = &s->links[s->link_count];

		if (!l->greeted)
			continue;
		s->link_count++;
		to->conn = l->conn;
		to->key = l->key;
		memcpy(to->name, l->name, sizeof to->name);
		to->address = l->address;
		memcpy(to->over, l->over, sizeof to->over);
		to->outbound = l->outbound;
		to->is_hub = qf_node_is_hub(n, &l->key);
		to->since_ms = l->since_ms;
		to->envelopes = l->envelopes;
		to->repeated = l->repeated;
		for (size_t k = 0; k < n->replica_count; k++) {
			const struct qf_push_link *p = qf_push_link(
				&n->replicas[k]->push, l->conn);

			to->rooms += p != NULL;
			to->lazy += p && p->lazy;
		}
		if (!l->traffic)
			continue;
		to->bytes_in = atomic_load_explicit(&l->traffic->bytes_in,
		                                    memory_order_relaxed);
		to->bytes_out = atomic_load_explicit(&l->traffic->bytes_out,
		                                     memory_order_relaxed);
	}
}

static void fill_unreachable(const struct qf_node *n, struct qf_status *s)
{
	for (size_t i = 0; i < n->book.count; i++) {
		const struct qf_dial *d = &n->book.dials[i];
		struct qf_dial_status *to;

		if (!d->why[0] || d->quiet)
			continue;
		to = &s->unreachable[s->unreachable_count++];
		to->address = d->address;
		memcpy(to->name, d->name, sizeof to->name);
		memcpy(to->why, d->why, sizeof to->why);
	}
}

static void find_apart(const struct qf_node *n, struct qf_status *s)
{
	struct qf_facts f = { 0 };

	qf_node_facts(n, &f);
	s->apart = f.apart;
}

void qf_node_cmd_status(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_STATUS, out);
	struct qf_status *s = a ? calloc(1, sizeof *s) : NULL;

	if (!s) {
		out->bad = true;
		qf_answer_free(a);
		return;
	}
	a->status = s;
	s->key = n->id->key;
	memcpy(s->name, n->name, sizeof s->name);
	s->is_hub = n->is_hub;
	s->listening = n->listening;
	memcpy(s->irc, n->irc, sizeof s->irc);
	s->irc_count = n->irc_count;
	s->now_ms = n->now.mono_ms;
	s->keeps_waiting = n->keep_number - n->committed_number;
	s->drafts = n->draft_count;
	s->envelopes = n->envelopes;
	s->repeated = n->repeated;
	s->quality = n->quality;
	s->clock_wrong = qf_node_clock_is_wrong(n);
	s->store_trouble = n->trouble ? strdup(n->trouble) : NULL;
	s->peers_known = n->peer_count;
	s->finding = qf_node_copy_finding(n, out);
	find_apart(n, s);
	s->rooms = calloc(n->replica_count + 1, sizeof *s->rooms);
	s->links = calloc(n->link_count + 1, sizeof *s->links);
	s->unreachable = calloc(n->book.count + 1, sizeof *s->unreachable);
	if (!s->rooms || !s->links || !s->unreachable) {
		out->bad = true;
	} else {
		fill_rooms(n, s);
		fill_links(n, s);
		fill_unreachable(n, s);
	}
	qf_node_give(n, ev, a, out);
}
