/* node_client.c - what clients of the node ask, and what they are answered */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node_state.h"

static struct qf_answer *answer_new(const struct qf_event *ev,
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

static void refuse(struct qf_node *n, const struct qf_event *ev,
                   const char *code, const char *text, const char *hint,
                   struct qf_effects *out)
{
	struct qf_answer *a = answer_new(ev, QF_ANS_REFUSED, out);

	if (!a)
		return;
	a->code = code;
	a->text = strdup(text);
	a->hint = hint;
	answer_now(n, ev, a, out);
}

static void done(struct qf_node *n, const struct qf_event *ev,
                 struct qf_effects *out)
{
	answer_now(n, ev, answer_new(ev, QF_ANS_DONE, out), out);
}

/* The folded name and id of the command's room; false: it was refused. */
static bool command_room(struct qf_node *n, const struct qf_event *ev,
                         char folded[QF_ROOM_NAME_BYTES_MAX + 1],
                         struct qf_room_id *id, struct qf_effects *out)
{
	const char *name = ev->command->room ? ev->command->room : "";

	if (qf_room_name_fold(qf_bytes(name, strlen(name)), folded)) {
		refuse(n, ev, "bad-room",
		       "that is not a room's name: it begins with # and has "
		       "up to 63 more bytes without spaces",
		       "try #lobby", out);
		return false;
	}
	qf_room_id_open(id, folded);
	return true;
}

void qf_node_tell_room(struct qf_node *n, const struct qf_replica *r,
                       struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_ROOM);

		if (!fx)
			return;
		fx->worker = w;
		fx->room = r->id;
		memcpy(fx->name, r->name, sizeof fx->name);
	}
}

static struct qf_replica *new_replica(struct qf_node *n,
                                      const struct qf_room_id *id,
                                      const char *folded,
                                      struct qf_effects *out)
{
	static const uint8_t none[QF_PREV_BYTES];

	if (qf_node_load_room(n, id, folded, false, 0, 0, none)) {
		out->bad = true;
		return NULL;
	}
	return n->replicas[n->replica_count - 1];
}

static void join(struct qf_node *n, struct qf_event *ev,
                 struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_replica *r;
	struct qf_keep *k;

	if (!command_room(n, ev, folded, &id, out))
		return;
	r = qf_node_replica(n, &id);
	if (r && r->joined) {
		qf_node_owe(n, r->join_number, ev->conn, 0,
		            answer_new(ev, QF_ANS_DONE, out), out);
		return;
	}
	if (!r && n->replica_count == QF_ROOMS_MAX) {
		refuse(n, ev, "limit", "this node is in too many rooms",
		       "leave one first", out);
		return;
	}
	if (!r)
		r = new_replica(n, &id, folded, out);
	k = r ? qf_node_keep(n, QF_KEEP_ROOM, out) : NULL;
	if (!k)
		return;
	r->joined = true;
	r->join_number = k->number;
	k->room = id;
	k->joined = true;
	memcpy(k->name, r->name, sizeof k->name);
	qf_node_tell_room(n, r, out);
	qf_node_owe(n, k->number, ev->conn, 0,
	            answer_new(ev, QF_ANS_DONE, out), out);
}

static void answer_said(struct qf_node *n, const struct qf_event *ev,
                        const struct qf_said *s, struct qf_effects *out)
{
	struct qf_answer *a = answer_new(ev, QF_ANS_STORED, out);

	if (!a)
		return;
	a->id = s->id;
	a->room = s->room;
	a->hlc = s->hlc;
	a->lsn = s->lsn;
	qf_node_owe(n, s->lsn ? 0 : s->number, ev->conn, 0, a, out);
}

/* Our next envelope in that room; NULL: it was refused. */
static struct qf_envelope *seal(struct qf_node *n, const struct qf_event *ev,
                                struct qf_replica *r, struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_body body = {
		.name = qf_bytes(n->name, strlen(n->name)),
		.text = qf_bytes(c->text, strlen(c->text)),
	};
	struct qf_envelope *e = NULL;
	struct qf_buf bytes;

	qf_buf_init(&bytes, QF_BODY_BYTES_MAX);
	qf_body_encode(&bytes, &body);
	if (!bytes.bad)
		e = qf_replica_seal(r, &n->key, c->type, qf_buf_bytes(&bytes),
		                    n->now.wall_ms);
	qf_buf_fini(&bytes);
	if (!e)
		out->bad = true;
	return e;
}

static void keep_own(struct qf_node *n, const struct qf_event *ev,
                     struct qf_replica *r, struct qf_envelope *e,
                     struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_said said = { .id = e->id, .room = r->id,
		                .hlc = e->head.hlc };
	struct qf_keep *k = qf_node_keep(n, QF_KEEP_ENVELOPE, out);
	struct qf_said *kept;

	if (!k) {
		qf_envelope_unref(e);
		return;
	}
	k->envelope = e;
	k->room_hlc = r->hlc;
	k->seen_ms = n->now.wall_ms;
	k->has_nonce = c->has_nonce;
	k->nonce = c->nonce;
	said.number = k->number;
	if (c->has_nonce) {
		said.nonce = c->nonce;
		kept = qf_node_add_said(n, &c->nonce);
		if (kept)
			*kept = said;
		else
			out->bad = true;
	}
	if (qf_idmap_set(&n->pending, e->id.b, k->number))
		out->bad = true;
	answer_said(n, ev, &said, out);
}

static bool text_is_good(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out)
{
	const char *text = ev->command->text;
	size_t len = text ? strlen(text) : 0;

	if (!len)
		refuse(n, ev, "bad-text", "there is no text to say", NULL,
		       out);
	else if (len > QF_TEXT_BYTES_MAX)
		refuse(n, ev, "bad-text",
		       "the text is too long: 65,000 bytes are the most",
		       "split it", out);
	else if (!qf_utf8_valid(qf_bytes(text, len)))
		refuse(n, ev, "bad-text", "the text is not UTF-8", NULL, out);
	else
		return true;
	return false;
}

static void say(struct qf_node *n, struct qf_event *ev,
                struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_replica *r;
	struct qf_said *said;
	struct qf_envelope *e;

	said = c->has_nonce ? qf_node_said(n, &c->nonce) : NULL;
	if (said) {
		answer_said(n, ev, said, out);
		return;
	}
	if (!command_room(n, ev, folded, &id, out) ||
	    !text_is_good(n, ev, out))
		return;
	r = qf_node_replica(n, &id);
	if (!r || !r->joined) {
		refuse(n, ev, "unknown-room", "this node is not in that room",
		       "join it first", out);
		return;
	}
	e = seal(n, ev, r, out);
	if (e)
		keep_own(n, ev, r, e, out);
}

static void connect_to(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out)
{
	struct qf_dial *d = qf_peerbook_add(&n->book, &ev->command->address,
	                                    NULL, n->now.mono_ms);

	if (!d) {
		refuse(n, ev, "limit", "too many addresses are known",
		       "forget one first", out);
		return;
	}
	/* Asked anew, it is tried at once and its failure is told again. */
	d->heard = false;
	if (d->state == QF_DIAL_WAITING)
		d->due_ms = n->now.mono_ms;
	qf_node_dial_due(n, out);
	done(n, ev, out);
}

static void rename_self(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	const char *text = ev->command->text ? ev->command->text : "";
	char name[QF_USER_NAME_BYTES_MAX + 1];

	if (qf_user_name_check(qf_bytes(text, strlen(text)), name)) {
		refuse(n, ev, "bad-name",
		       "that is not a name: 1 to 32 characters, no spaces or "
		       "control characters, and not System",
		       NULL, out);
		return;
	}
	memcpy(n->name, name, sizeof n->name);
	done(n, ev, out);
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
			refuse(n, ev, "ambiguous",
			       "several are known by that",
			       "name the one you mean by its key", out);
			return;
		}
		found = &n->peers[i];
	}
	if (!found) {
		refuse(n, ev, "unknown-peer", "nobody is known by that", NULL,
		       out);
		return;
	}
	k = qf_node_keep(n, QF_KEEP_FORGET, out);
	if (!k)
		return;
	k->peer = *found;
	qf_peerbook_forget(&n->book, &found->key);
	*found = n->peers[--n->peer_count];
	qf_node_owe(n, k->number, ev->conn, 0,
	            answer_new(ev, QF_ANS_DONE, out), out);
}

static void fill_rooms(const struct qf_node *n, struct qf_status *s)
{
	for (size_t i = 0; i < n->replica_count; i++) {
		const struct qf_replica *r = n->replicas[i];
		struct qf_room_status *to = &s->rooms[s->room_count];

		if (!r->joined)
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
		struct qf_link_status *to = &s->links[s->link_count++];

		to->conn = l->conn;
		to->key = l->key;
		memcpy(to->name, l->name, sizeof to->name);
		to->address = l->address;
		to->outbound = l->outbound;
		to->since_ms = l->since_ms;
	}
}

static void status(struct qf_node *n, struct qf_event *ev,
                   struct qf_effects *out)
{
	struct qf_answer *a = answer_new(ev, QF_ANS_STATUS, out);
	struct qf_status *s = a ? calloc(1, sizeof *s) : NULL;

	if (!s) {
		out->bad = true;
		qf_answer_free(a);
		return;
	}
	a->status = s;
	s->key = n->key;
	memcpy(s->name, n->name, sizeof s->name);
	s->listening = n->listening;
	s->now_ms = n->now.mono_ms;
	s->keeps_waiting = n->keep_number - n->committed_number;
	s->store_trouble = n->trouble ? strdup(n->trouble) : NULL;
	s->peers_known = n->peer_count;
	s->rooms = calloc(n->replica_count + 1, sizeof *s->rooms);
	s->links = calloc(n->link_count + 1, sizeof *s->links);
	if (!s->rooms || !s->links)
		out->bad = true;
	else {
		fill_rooms(n, s);
		fill_links(n, s);
	}
	answer_now(n, ev, a, out);
}

void qf_node_command(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	enum qf_command_kind kind = ev->command->kind;

	if (n->stopping && kind != QF_CMD_STATUS) {
		refuse(n, ev, "stopping", "this node is stopping",
		       "try again: another may take over", out);
		return;
	}
	switch (kind) {
	case QF_CMD_SAY:
		say(n, ev, out);
		break;
	case QF_CMD_JOIN:
		join(n, ev, out);
		break;
	case QF_CMD_CONNECT:
		connect_to(n, ev, out);
		break;
	case QF_CMD_NAME:
		rename_self(n, ev, out);
		break;
	case QF_CMD_FORGET:
		forget(n, ev, out);
		break;
	case QF_CMD_STATUS:
		status(n, ev, out);
		break;
	}
}
