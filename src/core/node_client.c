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
		qf_node_owe(n, 0, ev->conn, a, out);
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
	d->asked = true;
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

/* Where this node was told to listen, whether it does now or not, at the port
 * that is asked for. */
static struct qf_address wished(const struct qf_node *n,
                                const struct qf_event *ev)
{
	struct qf_address at = n->listening;

	at.port = ev->command->address.port;
	return at;
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
		fx->address = wished(n, ev);
}

/* Beside the one port, for clients that insist on another. */
static void host_irc(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_IRC_HOST);

	if (!fx)
		return;
	fx->conn = ev->conn;
	fx->number = ev->command->request;
	fx->address = wished(n, ev);
}

void qf_node_answer_port(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out)
{
	struct qf_answer *a = calloc(1, sizeof *a);

	if (!a) {
		out->bad = true;
		return;
	}
	a->kind = ev->text ? QF_ANS_REFUSED : QF_ANS_DONE;
	a->request = ev->number;
	if (ev->text) {
		a->code = "taken";
		a->text = strdup(ev->text);
		a->hint = "choose another port";
	}
	qf_node_owe(n, 0, ev->conn, a, out);
}

/* Without a port: nowhere any more. */
static void now_irc(struct qf_node *n, const struct qf_address *address)
{
	if (!address->port)
		n->irc_count = 0;
	else if (n->irc_count < QF_IRC_PORTS_MAX)
		n->irc[n->irc_count++] = *address;
}

void qf_node_irc(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	if (!ev->text)
		now_irc(n, &ev->address);
	if (ev->conn)
		qf_node_answer_port(n, ev, out);
	if (!ev->text)
		qf_node_news(n,
		             &(struct qf_news){ .kind = QF_NEWS_IRC,
		                                .address = ev->address },
		             out);
}

static int compare_rooms(const void *a, const void *b)
{
	return memcmp(a, b, QF_HERE_ROOM_BYTES);
}

/* NULL: out of memory. */
static struct qf_shared *own_rooms(const struct qf_node *n)
{
	size_t len = 0;
	struct qf_shared *rooms;
	uint8_t *at = malloc(n->replica_count * QF_HERE_ROOM_BYTES + 1);

	if (!at)
		return NULL;
	for (size_t i = 0; i < n->replica_count; i++) {
		const struct qf_replica *r = n->replicas[i];

		if (r->joined != QF_JOINED || r->direct)
			continue;
		memcpy(at + len, r->id.b, QF_HERE_ROOM_BYTES);
		len += QF_HERE_ROOM_BYTES;
	}
	qsort(at, len / QF_HERE_ROOM_BYTES, QF_HERE_ROOM_BYTES, compare_rooms);
	rooms = qf_shared_new(at, len);
	free(at);
	return rooms;
}

void qf_node_tell_self(struct qf_node *n, struct qf_effects *out)
{
	struct qf_shared *rooms = own_rooms(n);

	if (!rooms) {
		out->bad = true;
		return;
	}
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_SELF);

		if (!fx)
			break;
		fx->worker = w;
		fx->text = strdup(n->name);
		fx->address = n->listening;
		fx->payload = qf_shared_ref(rooms);
		fx->away = n->away ? strdup(n->away_text) : NULL;
		out->bad |= n->away && !fx->away;
	}
	qf_shared_unref(rooms);
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
	qf_node_owe(n, 0, n->host_conn, a, out);
	n->host_conn = 0;
	n->host_answer = NULL;
}

void qf_node_addresses(struct qf_node *n, const struct qf_shared *addresses)
{
	size_t len = addresses ? addresses->len : 0;

	if (len > sizeof n->addresses)
		len = sizeof n->addresses;
	n->address_bytes = len;
	if (len)
		memcpy(n->addresses, addresses->at, len);
}

static void now_listening(struct qf_node *n, const struct qf_address *address,
                          const struct qf_shared *addresses,
                          struct qf_effects *out)
{
	n->listening = *address;
	qf_node_addresses(n, addresses);
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
	struct qf_address nowhere = n->listening;

	nowhere.port = 0;
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
	qf_node_classics_end(n, out);
	qf_node_done(n, ev, out);
}

static void away(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	const char *text = ev->command->text ? ev->command->text : "";

	if (strlen(text) > QF_HERE_TEXT_BYTES_MAX ||
	    !qf_utf8_valid(qf_bytes(text, strlen(text)))) {
		qf_node_refuse(n, ev, "bad-text",
		               "why you are away is text of up to 200 bytes",
		               NULL, out);
		return;
	}
	n->away = ev->command->kind == QF_CMD_AWAY;
	n->away_text[0] = 0;
	if (n->away)
		memccpy(n->away_text, text, 0, sizeof n->away_text - 1);
	qf_node_self(n);
	qf_node_tell_self(n, out);
	qf_node_done(n, ev, out);
}

static struct qf_finding *copy_finding(const struct qf_node *n,
                                       struct qf_effects *out)
{
	const struct qf_finding *f = qf_node_finding(n);
	struct qf_finding *copy = f ? malloc(sizeof *copy) : NULL;

	if (copy)
		*copy = *f;
	out->bad |= f && !copy;
	return copy;
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
	if (!qf_node_people(n, ev->command->room ? &id : NULL, a) ||
	    !qf_node_fill_classics(n, ev->command->room ? folded : NULL, a))
		out->bad = true;
	/* What is in this node's way is nothing for its guests. */
	if (!qf_guests_at(&n->guests, ev->conn))
		a->finding = copy_finding(n, out);
	answer_now(n, ev, a, out);
}

static void map(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_MAP, out);

	if (!a)
		return;
	a->now_ms = n->now.mono_ms;
	if (!qf_node_map(n, a))
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
	qf_node_owe(n, k->number, ev->conn,
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
	s->finding = copy_finding(n, out);
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
	answer_now(n, ev, a, out);
}

/* Each worker is told in the same place among what the core tells it, so all
 * of them hear the same story. What conn had stored before was posted before.
 */
static void tell_worker(unsigned worker, const struct qf_event *ev, qf_conn to,
                        struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_TELL);

	if (!fx)
		return;
	fx->worker = worker;
	fx->conn = ev->conn;
	fx->number = to;
	fx->payload = qf_shared_ref(ev->command->payload);
}

void qf_node_tell_all(struct qf_node *n, const struct qf_event *ev,
                      struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++)
		tell_worker(w, ev, 0, out);
	qf_node_done(n, ev, out);
}

static void tell(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	qf_conn to = ev->command->number;

	if (!to) {
		qf_node_tell_all(n, ev, out);
		return;
	}
	tell_worker(qf_conn_worker(to), ev, to, out);
	qf_node_done(n, ev, out);
}

/* While the disk refuses nobody waits for it. */
static void settle(struct qf_node *n, struct qf_event *ev,
                   struct qf_effects *out)
{
	if (n->trouble || n->committed_number >= n->keep_number)
		qf_node_done(n, ev, out);
	else
		qf_node_owe(n, n->keep_number, ev->conn,
		            qf_node_answer(ev, QF_ANS_DONE, out), out);
}

/* Who speaks by one connection and hears by another may have them on two
 * workers. What was passed before comes before. */
static void pass(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	struct qf_command *c = ev->command;
	struct qf_effect *fx;

	if (qf_conn_worker(c->number) < n->workers) {
		fx = qf_effects_add(out, QF_FX_PASS);
		if (!fx)
			return;
		fx->worker = qf_conn_worker(c->number);
		fx->conn = c->number;
		fx->payload = c->payload;
		c->payload = NULL;
	}
	qf_node_done(n, ev, out);
}

void qf_node_command(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	enum qf_command_kind kind = ev->command->kind;

	if (n->stopping && kind != QF_CMD_STATUS && kind != QF_CMD_TELL) {
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
	case QF_CMD_MAP:
		map(n, ev, out);
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
	case QF_CMD_DOCTOR:
		qf_node_cmd_doctor(n, ev, out);
		break;
	case QF_CMD_IRC_HOST:
		host_irc(n, ev, out);
		break;
	case QF_CMD_CLASSIC_HOST:
		qf_node_cmd_classic_host(n, ev, out);
		break;
	case QF_CMD_CLASSIC_CALL:
		qf_node_cmd_classic_call(n, ev, out);
		break;
	case QF_CMD_CLASSIC:
		qf_node_cmd_classic(n, ev, out);
		break;
	case QF_CMD_ENTER:
		qf_node_cmd_enter(n, ev, out);
		break;
	case QF_CMD_OWN:
		qf_node_cmd_own(n, ev, out);
		break;
	case QF_CMD_INVITE:
		qf_node_cmd_invite(n, ev, out);
		break;
	case QF_CMD_GUI:
		qf_node_cmd_gui(n, ev, out);
		break;
	case QF_CMD_GUESTS:
		qf_node_cmd_guests(n, ev, out);
		break;
	case QF_CMD_REMOVE:
		qf_node_cmd_remove(n, ev, out);
		break;
	case QF_CMD_PAGE:
		qf_node_cmd_page(n, ev, out);
		break;
	case QF_CMD_TELL:
		tell(n, ev, out);
		break;
	case QF_CMD_MARK:
		qf_node_cmd_mark(n, ev, out);
		break;
	case QF_CMD_ALONE:
		qf_node_direct(n, &n->id->key, out);
		qf_node_done(n, ev, out);
		break;
	case QF_CMD_SETTLE:
		settle(n, ev, out);
		break;
	case QF_CMD_PASS:
		pass(n, ev, out);
		break;
	}
}
