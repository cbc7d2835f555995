/* node_classics.c - guests by way of the original's protocol, and their names
 *
 * A guest is a connection of some worker that speaks through this node. Its
 * name is taken as it comes, made safe, and made to be nobody else's here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "node_state.h"

enum {
	WANTED_CHARS_MAX = 24, /* so that a number fits behind it */
	NUMBER_MAX = QF_CLASSICS_MAX + QF_LINKS_MAX,
};

static struct qf_node_classic *find(struct qf_node *n, qf_conn conn)
{
	for (size_t i = 0; i < n->classic_count; i++)
		if (n->classics[i].conn == conn)
			return &n->classics[i];
	return NULL;
}

bool qf_node_is_classic(const struct qf_node *n, const char *name, qf_conn but)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	char other[QF_USER_NAME_BYTES_MAX + 1];

	if (qf_name_fold(qf_bytes(name, strlen(name)), folded, sizeof folded))
		return false;
	for (size_t i = 0; i < n->classic_count; i++) {
		const char *its = n->classics[i].is.name;

		if (n->classics[i].conn != but &&
		    !qf_name_fold(qf_bytes(its, strlen(its)), other,
		                  sizeof other) &&
		    !strcmp(folded, other))
			return true;
	}
	return false;
}

static bool is_taken(struct qf_node *n, const char *name, qf_conn conn)
{
	return !strcasecmp(name, n->name) || qf_node_name_taken(n, name) ||
	       qf_guests_named(&n->guests, name) ||
	       qf_node_is_classic(n, name, conn);
}

/* Seven bits, no spaces, and nothing that another meaning begins with. */
static void make_safe(const char *wanted, char out[WANTED_CHARS_MAX + 1])
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_buf plain;
	size_t len = 0;

	qf_buf_init(&plain, 0);
	qf_ascii_put(&plain, qf_bytes(wanted, strlen(wanted)));
	for (size_t i = 0; i < plain.len && len < WANTED_CHARS_MAX; i++) {
		char c = (char)plain.at[i];

		if (c == ' ' && len)
			c = '_';
		if (c != ' ' && (len || !strchr("#/@~&", c)))
			out[len++] = c;
	}
	qf_buf_fini(&plain);
	while (len && out[len - 1] == '_')
		len--;
	out[len] = '\0';
	if (!len)
		strcpy(out, "someone");
	else if (qf_user_name_check(qf_bytes(out, len), checked))
		strcpy(out, "guest");
}

static void give_name(struct qf_node *n, qf_conn conn, const char *wanted,
                      char out[QF_CLASSIC_NAME_BYTES_MAX + 1])
{
	char safe[WANTED_CHARS_MAX + 1];

	make_safe(wanted, safe);
	strcpy(out, safe);
	for (int i = 2; i < NUMBER_MAX && is_taken(n, out, conn); i++)
		snprintf(out, QF_CLASSIC_NAME_BYTES_MAX + 1, "%s-%d", safe, i);
}

static void tell(struct qf_node *n, const struct qf_node_classic *c,
                 enum qf_change_kind change, const char *text,
                 struct qf_effects *out)
{
	struct qf_news news = { .kind = QF_NEWS_CLASSIC,
		                .change = change,
		                .address = c->is.address };
	char own[QF_USER_NAME_BYTES_MAX + 1];

	memcpy(news.name, c->is.name, sizeof c->is.name);
	memccpy(own, text, 0, sizeof own);
	news.text = own;
	qf_node_news(n, &news, out);
}

static void answer(struct qf_node *n, const struct qf_event *ev,
                   const char *name, struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_CLASSIC, out);

	if (!a)
		return;
	a->key = n->id->key;
	a->text = strdup(name);
	qf_node_give(n, ev, a, out);
}

static void come(struct qf_node *n, const struct qf_event *ev,
                 const char *folded, struct qf_effects *out)
{
	struct qf_node_classic *c;
	struct qf_room_id id;

	if (n->classic_count == QF_CLASSICS_MAX) {
		qf_node_refuse(n, ev, "limit", "too many guests are here", NULL,
		               out);
		return;
	}
	if (!qf_list_room(&n->classics, n->classic_count, &n->classic_cap,
	                  sizeof *n->classics)) {
		out->bad = true;
		return;
	}
	c = &n->classics[n->classic_count];
	*c = (struct qf_node_classic){ .conn = ev->conn };
	strcpy(c->is.room, folded);
	c->is.address = ev->command->address;
	c->is.since_ms = n->now.mono_ms;
	give_name(n, ev->conn, ev->command->text, c->is.name);
	n->classic_count++;
	tell(n, c, QF_CHANGE_CAME, c->is.room, out);
	qf_room_id_open(&id, c->is.room);
	qf_node_tell_visitor(n, c->conn, QF_VISITOR_CLASSIC, c->is.name, &id,
	                     out);
	answer(n, ev, c->is.name, out);
}

static void rename_it(struct qf_node *n, const struct qf_event *ev,
                      struct qf_node_classic *c, struct qf_effects *out)
{
	char old[QF_CLASSIC_NAME_BYTES_MAX + 1];

	strcpy(old, c->is.name);
	give_name(n, ev->conn, ev->command->text, c->is.name);
	if (strcmp(old, c->is.name) != 0) {
		tell(n, c, QF_CHANGE_RENAMED, old, out);
		qf_node_tell_visitor(n, c->conn, QF_VISITOR_CLASSIC, c->is.name,
		                     NULL, out);
	}
	answer(n, ev, c->is.name, out);
}

void qf_node_cmd_classic(struct qf_node *n, struct qf_event *ev,
                         struct qf_effects *out)
{
	struct qf_node_classic *c = find(n, ev->conn);
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;

	if (c)
		rename_it(n, ev, c, out);
	else if (qf_node_command_room(n, ev, folded, &id, out))
		come(n, ev, folded, out);
}

void qf_node_classic_gone(struct qf_node *n, qf_conn conn,
                          struct qf_effects *out)
{
	struct qf_node_classic *c = find(n, conn);
	struct qf_node_classic gone;

	if (!c)
		return;
	gone = *c;
	*c = n->classics[--n->classic_count];
	n->classics_warned &= n->classic_count > 0;
	tell(n, &gone, QF_CHANGE_LEFT, gone.is.room, out);
	qf_node_tell_visitor(n, conn, QF_VISITOR_CLASSIC, NULL, NULL, out);
}

bool qf_node_fill_classics(const struct qf_node *n, const char *room,
                           struct qf_answer *a)
{
	a->classics = calloc(n->classic_count + 1, sizeof *a->classics);
	if (!a->classics)
		return false;
	for (size_t i = 0; i < n->classic_count; i++)
		if (!room || !strcmp(room, n->classics[i].is.room))
			a->classics[a->classic_count++] = n->classics[i].is;
	return true;
}

/* Said once as long as any is here: who writes with accents would otherwise be
 * told so at each line. */
void qf_node_classics_hear(struct qf_node *n, const char *room,
                           const char *text, struct qf_effects *out)
{
	struct qf_buf plain;
	bool here = false;

	for (size_t i = 0; i < n->classic_count; i++)
		here |= !strcmp(n->classics[i].is.room, room);
	if (!here || n->classics_warned)
		return;
	qf_buf_init(&plain, 0);
	if (!qf_ascii_put(&plain, qf_bytes(text, strlen(text)))) {
		n->classics_warned = true;
		qf_node_notice(n, out,
		               "the classics in %s read seven-bit letters "
		               "only; that line reaches them as: %.*s",
		               room, (int)plain.len, (const char *)plain.at);
	}
	qf_buf_fini(&plain);
}

/* Where they are let in, and where we go. A worker does it. */

static struct qf_effect *order(struct qf_node *n, const struct qf_event *ev,
                               enum qf_effect_kind kind, struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_effect *fx;

	if (!qf_node_command_room(n, ev, folded, &id, out))
		return NULL;
	fx = qf_effects_add(out, kind);
	if (!fx)
		return NULL;
	fx->address = ev->command->address;
	memcpy(fx->name, folded, sizeof fx->name);
	return fx;
}

/* Nowhere but where nodes come in; it speaks IPv4 alone. False: that is no
 * address of that kind. */
static bool listen_beside(const struct qf_address *ours, char *host)
{
	if (!ours->host[0] || !strcmp(ours->host, "::"))
		strcpy(host, "0.0.0.0");
	else if (!strcmp(ours->host, "::1"))
		strcpy(host, "127.0.0.1");
	else if (!strchr(ours->host, ':'))
		strcpy(host, ours->host);
	else
		return false;
	return true;
}

void qf_node_cmd_classic_host(struct qf_node *n, struct qf_event *ev,
                              struct qf_effects *out)
{
	struct qf_effect *fx;

	if (!listen_beside(&n->listening, ev->command->address.host)) {
		qf_node_refuse(n, ev, "bad-address",
		               "this node listens on an address of IPv6, which "
		               "classics do not know",
		               "listen on one of IPv4, or on all", out);
		return;
	}
	fx = order(n, ev, QF_FX_CLASSIC_HOST, out);
	if (!fx)
		return;
	fx->conn = ev->conn;
	fx->number = ev->command->request;
}

void qf_node_cmd_classic_call(struct qf_node *n, struct qf_event *ev,
                              struct qf_effects *out)
{
	if (order(n, ev, QF_FX_CLASSIC_CALL, out))
		qf_node_done(n, ev, out);
}

void qf_node_classic_event(struct qf_node *n, struct qf_event *ev,
                           struct qf_effects *out)
{
	struct qf_news news = { .kind = QF_NEWS_CLASSICS,
		                .address = ev->address };

	if (ev->kind == QF_EV_CLASSIC_LOST) {
		news.kind = QF_NEWS_DIAL_FAILED;
		news.text = ev->text;
	}
	if (ev->conn)
		qf_node_answer_port(n, ev, out);
	if (ev->kind == QF_EV_CLASSIC_LOST || !ev->text)
		qf_node_news(n, &news, out);
}

void qf_node_classics_end(struct qf_node *n, struct qf_effects *out)
{
	for (size_t i = 0; i < n->classic_count; i++)
		qf_node_drop(n->classics[i].conn, "disconnected", out);
	qf_effects_add(out, QF_FX_CLASSIC_UNHOST);
}
