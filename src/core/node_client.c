/* node_client.c - what clients of the node ask, and what they are answered */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node_state.h"

struct qf_answer *qf_node_answer(const struct qf_event *ev,
                                 enum qf_answer_kind kind,
                                 struct qf_effects *out)
{
	struct qf_answer *a = calloc(1, sizeof *a);

	if (!a) {
		out->bad = true;
		return NULL;
	}
	a->kind = kind;
	a->request = ev->command->request;
	return a;
}

static void answer_now(struct qf_node *n, const struct qf_event *ev,
                       struct qf_answer *a, struct qf_effects *out)
{
	if (a)
		qf_node_owe(n, 0, ev->conn, 0, a, out);
}

void qf_node_refuse(struct qf_node *n, const struct qf_event *ev,
                    const char *code, const char *text, const char *hint,
                    struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_REFUSED, out);

	if (!a)
		return;
	a->code = code;
	a->text = strdup(text);
	a->hint = hint;
	answer_now(n, ev, a, out);
}

void qf_node_done(struct qf_node *n, const struct qf_event *ev,
                  struct qf_effects *out)
{
	answer_now(n, ev, qf_node_answer(ev, QF_ANS_DONE, out), out);
}

static void dial_now(struct qf_node *n, struct qf_dial *d)
{
	/* Asked anew, it is tried at once and its failure is told again. */
	d->heard = d->quiet = false;
	if (d->state == QF_DIAL_WAITING)
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
	qf_node_reach(n, &key);
	for (size_t i = 0; i < n->book.count; i++) {
		struct qf_dial *d = &n->book.dials[i];

		if (!d->expects_key || !qf_key_equal(&d->key, &key))
			continue;
		known = true;
		dial_now(n, d);
	}
	if (!known) {
		qf_node_refuse(n, ev, "bad-address",
		               "no address is known of them",
		               "connect to their address", out);
		return;
	}
	n->offline = false;
	qf_node_dial_due(n, out);
	qf_node_done(n, ev, out);
}

static void connect_to(struct qf_node *n, struct qf_event *ev,
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
	dial_now(n, d);
	qf_node_dial_due(n, out);
	qf_node_done(n, ev, out);
}

static void host(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	struct qf_effect *fx;

	if (n->listening.port && !n->offline &&
	    n->listening.port == ev->command->address.port) {
		qf_node_done(n, ev, out);
		return;
	}
	if (n->host_conn) {
		qf_node_refuse(n, ev, "busy", "the port is being changed",
		               "try again", out);
		return;
	}
	n->host_conn = ev->conn;
	n->host_answer = qf_node_answer(ev, QF_ANS_DONE, out);
	fx = qf_effects_add(out, QF_FX_HOST);
	if (fx)
		fx->address = ev->command->address;
}

void qf_node_tell_self(struct qf_node *n, struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_SELF);

		if (!fx)
			return;
		fx->worker = w;
		fx->text = strdup(n->name);
		fx->address = n->listening;
	}
}

static void answer_host(struct qf_node *n, const char *trouble,
                        struct qf_effects *out)
{
	struct qf_answer *a = n->host_answer;

	if (!n->host_conn || !a)
		return;
	if (trouble) {
		a->kind = QF_ANS_REFUSED;
		a->code = "taken";
		a->text = strdup(trouble);
		a->hint = "choose another port";
	}
	qf_node_owe(n, 0, n->host_conn, 0, a, out);
	n->host_conn = 0;
	n->host_answer = NULL;
}

static void now_listening(struct qf_node *n, const struct qf_address *address,
                          const struct qf_shared *addresses,
                          struct qf_effects *out)
{
	size_t len = addresses ? addresses->len : 0;

	if (len > sizeof n->addresses)
		len = sizeof n->addresses;
	n->listening = *address;
	n->address_bytes = len;
	if (len)
		memcpy(n->addresses, addresses->at, len);
	qf_node_self(n);
	qf_node_tell_self(n, out);
	qf_node_news(n,
	             &(struct qf_news){ .kind = QF_NEWS_LISTENING,
	                                .address = *address },
	             out);
}

void qf_node_listening(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out)
{
	static const struct qf_address nowhere;

	if (ev->kind == QF_EV_LISTENING) {
		n->offline = false;
		now_listening(n, &ev->address, ev->payload, out);
		answer_host(n, NULL, out);
	} else if (ev->text) {
		answer_host(n, ev->text, out);
	} else {
		now_listening(n, &nowhere, NULL, out);
	}
}

/* What is said meanwhile is kept, and goes out with the next link. */
static void disconnect(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out)
{
	if (n->host_conn) {
		qf_node_refuse(n, ev, "busy", "the port is being changed",
		               "try again", out);
		return;
	}
	n->offline = true;
	for (size_t i = 0; i < n->link_count; i++)
		qf_node_drop(n->links[i].conn, "disconnected", out);
	qf_effects_add(out, QF_FX_UNHOST);
	qf_node_done(n, ev, out);
}

static void away(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	const char *text = ev->command->text ? ev->command->text : "";

	if (strlen(text) > QF_HERE_TEXT_BYTES_MAX ||
	    !qf_utf8_valid(qf_bytes(text, strlen(text)))) {
		qf_node_refuse(n, ev, "bad-text",
		               "200 bytes are the most, and UTF-8", NULL, out);
		return;
	}
	n->away = ev->command->kind == QF_CMD_AWAY;
	n->away_text[0] = 0;
	if (n->away)
		memccpy(n->away_text, text, 0, sizeof n->away_text - 1);
	qf_node_self(n);
	qf_node_done(n, ev, out);
}

static void who(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_answer *a;

	if (ev->command->room && !qf_node_command_room(n, ev, folded, &id, out))
		return;
	a = qf_node_answer(ev, QF_ANS_PEOPLE, out);
	if (!a)
		return;
	a->now_ms = n->now.mono_ms;
	if (!qf_node_people(n, ev->command->room ? &id : NULL, a))
		out->bad = true;
	answer_now(n, ev, a, out);
}

static void contacts(struct qf_node *n, struct qf_event *ev,
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
	answer_now(n, ev, a, out);
}

static void contact(struct qf_node *n, struct qf_event *ev,
                    struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	const char *name = c->text ? c->text : "";
	struct qf_peer peer = { .key = c->key, .address = c->address };
	struct qf_keep *k;

	if (qf_user_name_check(qf_bytes(name, strlen(name)), peer.name) ||
	    qf_key_equal(&c->key, &n->id->key)) {
		qf_node_refuse(n, ev, "bad-name",
		               "that is not another person's name", NULL, out);
		return;
	}
	k = qf_node_keep(n, QF_KEEP_PEER, out);
	if (!k)
		return;
	k->peer = peer;
	qf_node_add_peer(n, &peer);
	qf_node_owe(n, k->number, ev->conn, 0,
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

static void forget(struct qf_node *n, struct qf_event *ev,
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
	qf_node_owe(n, k->number, ev->conn, 0,
	            qf_node_answer(ev, QF_ANS_DONE, out), out);
}

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
		to->outbound = l->outbound;
		to->since_ms = l->since_ms;
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

static void status(struct qf_node *n, struct qf_event *ev,
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
	s->listening = n->listening;
	s->now_ms = n->now.mono_ms;
	s->keeps_waiting = n->keep_number - n->committed_number;
	s->store_trouble = n->trouble ? strdup(n->trouble) : NULL;
	s->peers_known = n->peer_count;
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
	answer_now(n, ev, a, out);
}

void qf_node_command(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	enum qf_command_kind kind = ev->command->kind;

	if (n->stopping && kind != QF_CMD_STATUS) {
		qf_node_refuse(n, ev, "stopping", "this node is stopping",
		               "try again: another may take over", out);
		return;
	}
	switch (kind) {
	case QF_CMD_SAY:
		qf_node_cmd_say(n, ev, out);
		break;
	case QF_CMD_JOIN:
		qf_node_cmd_join(n, ev, out);
		break;
	case QF_CMD_PART:
		qf_node_cmd_part(n, ev, out);
		break;
	case QF_CMD_MSG:
		qf_node_cmd_msg(n, ev, out);
		break;
	case QF_CMD_CONNECT:
		connect_to(n, ev, out);
		break;
	case QF_CMD_HOST:
		host(n, ev, out);
		break;
	case QF_CMD_DISCONNECT:
		disconnect(n, ev, out);
		break;
	case QF_CMD_NAME:
		qf_node_cmd_name(n, ev, out);
		break;
	case QF_CMD_AWAY:
	case QF_CMD_BACK:
		away(n, ev, out);
		break;
	case QF_CMD_WHO:
		who(n, ev, out);
		break;
	case QF_CMD_CONTACTS:
		contacts(n, ev, out);
		break;
	case QF_CMD_CONTACT:
		contact(n, ev, out);
		break;
	case QF_CMD_FORGET:
		forget(n, ev, out);
		break;
	case QF_CMD_STATUS:
		status(n, ev, out);
		break;
	}
}
