/* node_contacts.c - who is remembered, and connecting to them */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node_state.h"

static void dial_now(struct qf_node *n, struct qf_dial *d)
{
	/* Asked anew, it is tried at once and its failure is told again. */
	d->heard = d->quiet = false;
	d->asked = true;
	if (d->state != QF_DIAL_WAITING && d->state != QF_DIAL_IDLE)
		return;
	d->state = QF_DIAL_WAITING;
	d->due_ms = n->now.mono_ms;
}

/* A contact by name, which must show its key. */
static void connect_to_contact(struct qf_node *n, struct qf_event *ev,
                               struct qf_effects *out)
{
	struct qf_key key;
	bool known = false;

	if (!qf_node_meant(n, ev, &key, out))
		return;
	if (qf_node_is_linked(n, &key)) {
		qf_node_done(n, ev, out);
		return;
	}
	qf_node_reach(n, &key, out);
	for (size_t i = 0; i < n->book.count; i++) {
		struct qf_dial *d = &n->book.dials[i];

		if (!d->expects_key || !qf_key_equal(&d->key, &key))
			continue;
		known = true;
		dial_now(n, d);
	}
	if (!known) {
		qf_node_refuse(n, ev, "bad-address",
		               "it is not known where they can be reached",
		               "connect to their address once: it is "
		               "remembered then",
		               out);
		return;
	}
	n->offline = false;
	qf_node_dial_due(n, out);
	qf_node_done(n, ev, out);
}

void qf_node_cmd_connect(struct qf_node *n, struct qf_event *ev,
                         struct qf_effects *out)
{
	struct qf_dial *d;

	if (ev->command->who) {
		connect_to_contact(n, ev, out);
		return;
	}
	d = qf_peerbook_add(&n->book, &ev->command->address, NULL,
	                    n->now.mono_ms);
	if (!d) {
		qf_node_refuse(n, ev, "limit", "too many addresses are known",
		               "forget one first", out);
		return;
	}
	n->offline = false;
	/* Whoever is there now is meant, whatever key was shown before. */
	d->known &= d->expects_key;
	dial_now(n, d);
	qf_node_dial_due(n, out);
	qf_node_done(n, ev, out);
}

void qf_node_cmd_contacts(struct qf_node *n, struct qf_event *ev,
                          struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_CONTACTS, out);

	if (!a)
		return;
	a->contacts = calloc(n->peer_count + 1, sizeof *a->contacts);
	if (!a->contacts)
		out->bad = true;
	for (size_t i = 0; a->contacts && i < n->peer_count; i++)
		if (!qf_key_equal(&n->peers[i].key, &n->id->key))
			a->contacts[a->count++] = n->peers[i];
	qf_node_give(n, ev, a, out);
}

void qf_node_cmd_contact(struct qf_node *n, struct qf_event *ev,
                         struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	const char *name = c->text ? c->text : "";
	const struct qf_peer *known = qf_node_peer(n, &c->key);
	struct qf_peer peer = { .key = c->key,
		                .address = c->address,
		                .asked = true };
	struct qf_keep *k;

	if (qf_key_equal(&c->key, &n->id->key)) {
		qf_node_refuse(n, ev, "bad-key", "that is your own key", NULL,
		               out);
		return;
	}
	if (qf_user_name_check(qf_bytes(name, strlen(name)), peer.name)) {
		qf_node_refuse(n, ev, "bad-name",
		               "that is not another person's name", NULL, out);
		return;
	}
	/* A file tells no more of when they were here than we know. */
	if (known)
		peer.seen_ms = known->seen_ms;
	if (known && !peer.address.port)
		peer.address = known->address;
	k = qf_node_keep(n, QF_KEEP_PEER, out);
	if (!k)
		return;
	k->peer = peer;
	qf_node_add_peer(n, &peer);
	qf_node_owe(n, k->number, ev->conn,
	            qf_node_answer(ev, QF_ANS_DONE, out), out);
}

/* A name as it is shown, a whole key, or the host of an address. */
static bool peer_is(const struct qf_peer *p, const char *who)
{
	char key[QF_KEY_TEXT_BYTES];

	qf_key_text(&p->key, key);
	return *who && (!strcasecmp(p->name, who) || !strcmp(key, who) ||
	                !strcasecmp(p->address.host, who));
}

void qf_node_cmd_forget(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	const char *who = ev->command->text ? ev->command->text : "";
	struct qf_peer *found = NULL;
	struct qf_keep *k;

	for (size_t i = 0; i < n->peer_count; i++) {
		if (!peer_is(&n->peers[i], who))
			continue;
		if (found) {
			qf_node_refuse(n, ev, "ambiguous",
			               "several are known by that",
			               "name the one you mean by its key", out);
			return;
		}
		found = &n->peers[i];
	}
	if (!found) {
		qf_node_refuse(n, ev, "unknown-peer", "nobody is known by that",
		               NULL, out);
		return;
	}
	k = qf_node_keep(n, QF_KEEP_FORGET, out);
	if (!k)
		return;
	k->peer = *found;
	qf_peerbook_forget(&n->book, &found->key);
	*found = n->peers[--n->peer_count];
	qf_node_owe(n, k->number, ev->conn,
	            qf_node_answer(ev, QF_ANS_DONE, out), out);
}
