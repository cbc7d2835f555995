/* node_rooms.c - the rooms that clients join and leave, and what we say there
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

/* The folded name and id of the command's room; false: it was refused. */
bool qf_node_command_room(struct qf_node *n, const struct qf_event *ev,
                          char folded[QF_ROOM_NAME_BYTES_MAX + 1],
                          struct qf_room_id *id, struct qf_effects *out)
{
	const char *name = ev->command->room ? ev->command->room : "";

	if (qf_room_name_fold(qf_bytes(name, strlen(name)), folded)) {
		qf_node_refuse(
			n, ev, "bad-room",
			"that is not a room's name: it begins with # and has "
			"up to 63 more bytes without spaces",
			"try #lobby", out);
		return false;
	}
	qf_room_id_open(id, folded);
	return true;
}

struct qf_direct *qf_node_copy_direct(const struct qf_direct *d,
                                      struct qf_effects *out)
{
	struct qf_direct *copy = d ? malloc(sizeof *copy) : NULL;

	if (copy)
		*copy = *d;
	else if (d)
		out->bad = true;
	return copy;
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
		fx->direct = qf_node_copy_direct(r->direct, out);
	}
}

static struct qf_replica *new_replica(struct qf_node *n,
                                      const struct qf_room_id *id,
                                      const char *folded,
                                      struct qf_effects *out)
{
	static const uint8_t none[QF_PREV_BYTES];

	if (qf_node_load_room(n, id, folded, QF_JOINED_NOT, 0, 0, none)) {
		out->bad = true;
		return NULL;
	}
	return n->replicas[n->replica_count - 1];
}

struct qf_replica *qf_node_join(struct qf_node *n, const struct qf_room_id *id,
                                const char *name, enum qf_joined how,
                                struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, id);
	struct qf_keep *k;

	if (!r)
		r = new_replica(n, id, name, out);
	k = r ? qf_node_keep(n, QF_KEEP_ROOM, out) : NULL;
	if (!k)
		return NULL;
	r->joined = how;
	r->join_number = k->number;
	k->room = *id;
	k->joined = how;
	memcpy(k->name, r->name, sizeof k->name);
	qf_node_tell_room(n, r, out);
	qf_node_self(n);
	qf_node_tell_self(n, out);
	return r;
}

static bool is_by_guest(struct qf_node *n, const struct qf_event *ev)
{
	return ev->command->guest || qf_guests_at(&n->guests, ev->conn);
}

/* Guests name rooms and keys as they like, and what a room holds is kept, so
 * half of them stay for our person. */
static size_t most_rooms(struct qf_node *n, const struct qf_event *ev)
{
	return is_by_guest(n, ev) ? QF_ROOMS_MAX / 2 : QF_ROOMS_MAX;
}

static void refuse_limit(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out)
{
	qf_node_refuse(n, ev, "limit", "this node is in too many rooms",
	               "those that were left count too, for what they hold is "
	               "kept: go to one that is there",
	               out);
}

/* A room that guests wished for becomes our person's when it comes in, too;
 * not the other way. */
void qf_node_cmd_join(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_replica *r;
	enum qf_joined how;
	bool is_guest, comes;

	if (!qf_node_command_room(n, ev, folded, &id, out))
		return;
	r = qf_node_replica(n, &id);
	if (!r && n->replica_count >= most_rooms(n, ev)) {
		refuse_limit(n, ev, out);
		return;
	}
	is_guest = qf_node_guest_enters(n, ev->conn, &id, out) ||
	           ev->command->guest;
	how = is_guest ? QF_JOINED_FOR_GUESTS : QF_JOINED;
	comes = !is_guest && !ev->command->number;
	if (!r || !r->joined || (r->joined != how && comes))
		r = qf_node_join(n, &id, folded, how, out);
	if (r)
		qf_node_owe(n, r->join_number, ev->conn,
		            qf_node_answer(ev, QF_ANS_DONE, out), out);
}

/* What we have of it stays, and goes on to others over links that are up; no
 * new link is offered it. */
void qf_node_cmd_part(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_replica *r;
	struct qf_keep *k;

	if (!qf_node_command_room(n, ev, folded, &id, out))
		return;
	r = qf_node_replica(n, &id);
	if (!r || !r->joined) {
		qf_node_refuse(n, ev, "unknown-room",
		               "this node is not in that room", NULL, out);
		return;
	}
	k = qf_node_keep(n, QF_KEEP_ROOM, out);
	if (!k)
		return;
	r->joined = QF_JOINED_NOT;
	k->room = id;
	memcpy(k->name, r->name, sizeof k->name);
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_UNROOM);

		if (!fx)
			return;
		fx->worker = w;
		fx->room = id;
	}
	qf_node_self(n);
	qf_node_tell_self(n, out);
	qf_node_owe(n, k->number, ev->conn,
	            qf_node_answer(ev, QF_ANS_DONE, out), out);
}

/* What else there is to say of a message that no link can carry now, or NULL.
 */
static char *waits(struct qf_node *n, const struct qf_event *ev,
                   const struct qf_room_id *room)
{
	const struct qf_replica *r = qf_node_replica(n, room);
	const struct qf_command *c = ev->command;
	const char *name;
	char text[256];

	if (c->near_absent && !c->near) {
		snprintf(text, sizeof text,
		         "stored, waiting for %s, who is not connected", c->to);
		return strdup(text);
	}
	if (!r || !r->direct || !c->who ||
	    qf_key_equal(&r->direct->other, &n->id->key))
		return NULL;
	/* What was dropped may not have said goodbye yet. */
	if (!n->offline && qf_node_is_linked(n, &r->direct->other))
		return NULL;
	name = qf_node_name_of(n, &r->direct->other);
	snprintf(text, sizeof text, "stored, waiting to reach %s",
	         *name ? name : c->who);
	return strdup(text);
}

static struct qf_bytes bytes_of(const char *text)
{
	return qf_bytes(text, text ? strlen(text) : 0);
}

static void answer_said(struct qf_node *n, const struct qf_event *ev,
                        const struct qf_said *s, struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(
		ev, s->draft ? QF_ANS_QUEUED : QF_ANS_STORED, out);

	if (!a)
		return;
	a->draft = s->draft;
	a->id = s->id;
	a->room = s->room;
	a->hlc = s->hlc;
	a->lsn = s->lsn;
	a->text = waits(n, ev, &s->room);
	qf_node_owe(n, s->lsn ? 0 : s->number, ev->conn, a, out);
}

/* It is said in that room, under our name of now. */
static struct qf_keep *utter(struct qf_node *n, struct qf_replica *r,
                             uint8_t type, struct qf_body *body,
                             const struct qf_nonce *nonce,
                             struct qf_effects *out)
{
	struct qf_keep *k = NULL;
	struct qf_buf bytes;

	body->name = bytes_of(n->name);
	qf_buf_init(&bytes, QF_BODY_BYTES_MAX);
	qf_body_encode(&bytes, body);
	if (!bytes.bad)
		k = qf_node_utter(n, r, type, qf_buf_bytes(&bytes), nonce, out);
	qf_buf_fini(&bytes);
	if (!k)
		out->bad = true;
	return k;
}

/* What is to be answered for that keep, when it is said again too. */
static void keep_said(struct qf_node *n, const struct qf_event *ev,
                      const struct qf_replica *r, const struct qf_keep *k,
                      struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_said said = { .room = r->id, .number = k->number };
	struct qf_said *kept;

	if (k->kind == QF_KEEP_DRAFT) {
		said.draft = k->draft.number;
	} else {
		said.id = k->envelope->id;
		said.hlc = k->envelope->head.hlc;
	}
	if (c->has_nonce) {
		said.nonce = c->nonce;
		kept = qf_node_said(n, &c->nonce);
		if (!kept)
			kept = qf_node_add_said(n, &c->nonce);
		if (kept)
			*kept = said;
		else
			out->bad = true;
	}
	answer_said(n, ev, &said, out);
}

/* A topic may be taken away, and tags may stand alone. */
static bool may_be_empty(uint8_t type)
{
	return type == QF_TYPE_TOPIC || type == QF_TYPE_TAGS;
}

static bool text_is_good(struct qf_node *n, const struct qf_event *ev,
                         struct qf_effects *out)
{
	const char *text = ev->command->text;
	size_t len = text ? strlen(text) : 0;
	size_t tags = bytes_of(ev->command->tags).len;

	if (tags > QF_CLIENT_TAGS_BYTES_MAX ||
	    bytes_of(ev->command->guest).len > QF_GUEST_ID_BYTES_MAX ||
	    bytes_of(ev->command->to).len > QF_GUEST_ID_BYTES_MAX)
		qf_node_refuse(n, ev, "bad-text", "a name or a tag is too long",
		               NULL, out);
	else if (!len && !may_be_empty(ev->command->type))
		qf_node_refuse(n, ev, "bad-text", "there is no text to say",
		               NULL, out);
	else if (len + tags > QF_TEXT_BYTES_MAX)
		qf_node_refuse(
			n, ev, "bad-text",
			"the text is too long: 65,000 bytes are the most",
			"split it", out);
	else if (!qf_utf8_valid(qf_bytes(text, len)))
		qf_node_refuse(n, ev, "bad-text", "the text is not UTF-8", NULL,
		               out);
	else
		return true;
	return false;
}

/* True: it was said before, and that was answered. */
static bool was_said(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_said *said = c->has_nonce ? qf_node_said(n, &c->nonce) : NULL;

	if (said)
		answer_said(n, ev, said, out);
	return said;
}

static void say_in(struct qf_node *n, struct qf_event *ev, struct qf_replica *r,
                   struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_guest *guest = qf_guests_at(&n->guests, ev->conn);
	struct qf_body body = {
		.text = bytes_of(c->text),
		.guest = bytes_of(guest ? guest->name : c->guest),
		.to = bytes_of(c->to),
		.tags = bytes_of(c->tags),
	};
	struct qf_keep *k;

	if (guest && !qf_guest_says(guest, n->now.mono_ms)) {
		qf_node_refuse_haste(n, ev, out);
		return;
	}
	if (n->draft_count == QF_DRAFTS_MAX) {
		qf_node_refuse(n, ev, "limit",
		               "too much waits for the time to be known",
		               "set the clock, or connect to someone", out);
		return;
	}
	k = utter(n, r, c->type, &body, c->has_nonce ? &c->nonce : NULL, out);
	if (k)
		keep_said(n, ev, r, k, out);
	if (k && !c->guest)
		qf_node_classics_hear(n, r->name, c->text, out);
}

void qf_node_cmd_say(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_replica *r;

	if (was_said(n, ev, out) ||
	    !qf_node_command_room(n, ev, folded, &id, out) ||
	    !text_is_good(n, ev, out))
		return;
	r = qf_node_replica(n, &id);
	/* Who speaks in a room is in it. */
	if (r && r->joined == QF_JOINED_FOR_GUESTS && !is_by_guest(n, ev))
		qf_node_join(n, &id, folded, QF_JOINED, out);
	if (r && r->joined)
		say_in(n, ev, r, out);
	else
		qf_node_refuse(n, ev, "unknown-room",
		               "this node is not in that room", "join it first",
		               out);
}

static void refuse_direct(struct qf_node *n, const struct qf_event *ev,
                          struct qf_effects *out)
{
	if (out->bad)
		return;
	if (n->replica_count >= most_rooms(n, ev))
		refuse_limit(n, ev, out);
	else
		qf_node_refuse(n, ev, "bad-key",
		               "nothing can be sealed for that key", NULL, out);
}

/* To one person, in the room of our two keys, whether it can be reached now or
 * not. What our person and guests of ours say to each other is in the room of
 * our key and our key: it is sealed like all such rooms, and offered to nobody.
 */
void qf_node_cmd_msg(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	struct qf_replica *r;
	struct qf_key key;

	if (was_said(n, ev, out) || !text_is_good(n, ev, out) ||
	    !qf_node_addressed(n, ev, &key, out))
		return;
	r = qf_node_direct(n, &key, most_rooms(n, ev), out);
	if (!r) {
		refuse_direct(n, ev, out);
		return;
	}
	if (!qf_key_equal(&key, &n->id->key) && !qf_node_is_linked(n, &key))
		qf_node_reach(n, &key, out);
	say_in(n, ev, r, out);
}

/* In each room it is said once and kept, and everyone who is here hears it. */
static void tell_rename(struct qf_node *n, const char *name,
                        struct qf_effects *out)
{
	for (size_t i = 0; i < n->replica_count; i++) {
		struct qf_body body = { .text = bytes_of(name) };
		struct qf_replica *r = n->replicas[i];

		if (r->joined && !r->direct)
			utter(n, r, QF_TYPE_RENAME, &body, NULL, out);
	}
}

/* Our own name is remembered as a peer's is, with no address. The number of
 * its keep. */
uint64_t qf_node_keep_name(struct qf_node *n, struct qf_effects *out)
{
	struct qf_keep *k = qf_node_keep(n, QF_KEEP_PEER, out);

	if (!k)
		return 0;
	k->peer.key = n->id->key;
	memcpy(k->peer.name, n->name, sizeof k->peer.name);
	k->peer.seen_ms = n->now.wall_ms;
	k->peer.asked = true;
	return k->number;
}

static void tell_name(struct qf_node *n, struct qf_effects *out)
{
	struct qf_news news = { .kind = QF_NEWS_SELF };

	memcpy(news.name, n->name, sizeof news.name);
	qf_node_self(n);
	qf_node_tell_self(n, out);
	qf_node_news(n, &news, out);
}

void qf_node_cmd_name(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	const char *text = ev->command->text ? ev->command->text : "";
	char name[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t number;

	if (qf_user_name_check(qf_bytes(text, strlen(text)), name)) {
		qf_node_refuse(n, ev, "bad-name",
		               "that is not a name: 1 to 32 characters, no "
		               "spaces or control characters, and not System",
		               NULL, out);
		return;
	}
	if (!strcmp(name, n->name)) {
		qf_node_done(n, ev, out);
		return;
	}
	/* Others may have such a name from before, and so may we. */
	if (strchr(name, '@')) {
		qf_node_refuse(n, ev, "bad-name",
		               "a name with @ would look like that of a guest "
		               "of another",
		               "choose one without @", out);
		return;
	}
	if (qf_node_name_taken(n, name) || qf_node_is_classic(n, name, 0)) {
		char taken[QF_USER_NAME_BYTES_MAX + 40];

		snprintf(taken, sizeof taken,
		         "%s is already taken as a username", name);
		qf_node_refuse(n, ev, "taken", taken, "choose another", out);
		return;
	}
	tell_rename(n, name, out);
	memcpy(n->name, name, sizeof n->name);
	number = qf_node_keep_name(n, out);
	tell_name(n, out);
	qf_node_owe(n, number, ev->conn, qf_node_answer(ev, QF_ANS_DONE, out),
	            out);
}
