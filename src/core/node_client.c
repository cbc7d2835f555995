/* node_client.c - what clients of the node ask, and what they are answered */
#include <stdlib.h>
#include <string.h>

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

void qf_node_give(struct qf_node *n, const struct qf_event *ev,
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
	qf_node_give(n, ev, a, out);
}

void qf_node_done(struct qf_node *n, const struct qf_event *ev,
                  struct qf_effects *out)
{
	qf_node_give(n, ev, qf_node_answer(ev, QF_ANS_DONE, out), out);
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

struct qf_finding *qf_node_copy_finding(const struct qf_node *n,
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
		a->finding = qf_node_copy_finding(n, out);
	qf_node_give(n, ev, a, out);
}

static void map(struct qf_node *n, struct qf_event *ev, struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_MAP, out);

	if (!a)
		return;
	a->now_ms = n->now.mono_ms;
	if (!qf_node_map(n, a))
		out->bad = true;
	qf_node_give(n, ev, a, out);
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
		qf_node_cmd_connect(n, ev, out);
		break;
	case QF_CMD_HOST:
		qf_node_cmd_host(n, ev, out);
		break;
	case QF_CMD_DISCONNECT:
		qf_node_cmd_disconnect(n, ev, out);
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
		qf_node_cmd_contacts(n, ev, out);
		break;
	case QF_CMD_CONTACT:
		qf_node_cmd_contact(n, ev, out);
		break;
	case QF_CMD_FORGET:
		qf_node_cmd_forget(n, ev, out);
		break;
	case QF_CMD_STATUS:
		qf_node_cmd_status(n, ev, out);
		break;
	case QF_CMD_DOCTOR:
		qf_node_cmd_doctor(n, ev, out);
		break;
	case QF_CMD_IRC_HOST:
		qf_node_cmd_host_irc(n, ev, out);
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
		qf_node_direct(n, &n->id->key, QF_ROOMS_MAX, out);
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
