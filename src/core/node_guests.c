/* node_guests.c - guests of the page: who comes in, by which link, and goes */
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

enum { GUESTS_NAMED_MAX = 8, GUESTS_TOLD_MS = 1000 };

void qf_node_tell_page(struct qf_node *n, struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_PAGE);

		if (!fx)
			return;
		fx->worker = w;
		fx->page = malloc(sizeof *fx->page);
		if (fx->page)
			*fx->page = n->page;
		else
			out->bad = true;
	}
}

void qf_node_page_tick(struct qf_node *n, struct qf_effects *out)
{
	if (qf_page_turn(&n->page, n->id->seed, n->now.wall_ms))
		qf_node_tell_page(n, out);
}

int qf_node_load_page(struct qf_node *n, uint8_t state)
{
	if (state > QF_PAGE_OFF)
		return QF_E_MALFORMED;
	n->page.state = (enum qf_page_state)state;
	return QF_OK;
}

void qf_node_tell_visitor(struct qf_node *n, qf_conn conn,
                          enum qf_visitor_way way, const char *name,
                          const struct qf_room_id *room, struct qf_effects *out)
{
	const struct qf_guest *guest = qf_guests_at(&n->guests, conn);

	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_VISITOR);

		if (!fx)
			return;
		fx->worker = w;
		fx->conn = conn;
		fx->number = way;
		fx->text = name ? strdup(name) : NULL;
		out->bad |= name && !fx->text;
		if (room)
			fx->room = *room;
		if (guest)
			qf_guest_mark(guest, &fx->hash);
	}
}

static void tell_named(struct qf_node *n, qf_conn conn, const char *name,
                       struct qf_effects *out)
{
	qf_node_tell_visitor(n, conn, QF_VISITOR_PAGE, name, NULL, out);
}

static void tell_gone(struct qf_node *n, qf_conn conn, struct qf_effects *out)
{
	tell_named(n, conn, NULL, out);
}

bool qf_node_guest_enters(struct qf_node *n, qf_conn conn,
                          const struct qf_room_id *room, struct qf_effects *out)
{
	struct qf_guest *guest = qf_guests_at(&n->guests, conn);

	if (guest)
		qf_node_tell_visitor(n, conn, QF_VISITOR_PAGE, guest->name,
		                     room, out);
	return guest;
}

/* Each is for everyone who is here: when many come at once, the first few are
 * named, and then it is said how many there are. */
static void guest_news(struct qf_node *n, enum qf_news_kind kind,
                       const char *name, struct qf_effects *out)
{
	struct qf_news news = { .kind = kind };

	if (!n->guests_due_ms) {
		n->guests_due_ms = n->now.mono_ms + GUESTS_TOLD_MS;
		n->guests_told = 0;
	}
	if (n->guests_told++ >= GUESTS_NAMED_MAX)
		return;
	memccpy(news.name, name, 0, sizeof news.name - 1);
	qf_node_news(n, &news, out);
}

void qf_node_guests_tick(struct qf_node *n, struct qf_effects *out)
{
	struct qf_news news = { .kind = QF_NEWS_GUESTS,
		                .number = n->guests.count };

	if (!n->guests_due_ms || n->now.mono_ms < n->guests_due_ms)
		return;
	n->guests_due_ms = 0;
	if (n->guests_told > GUESTS_NAMED_MAX)
		qf_node_news(n, &news, out);
}

static void answer_entered(struct qf_node *n, const struct qf_event *ev,
                           const struct qf_nonce *token, struct qf_effects *out)
{
	const struct qf_guest *guest = qf_guests_at(&n->guests, ev->conn);
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_ENTERED, out);

	if (!a)
		return;
	a->lsn = guest ? guest->named_lsn : 0;
	a->text = strdup(n->name);
	a->key = n->id->key;
	if (token)
		a->token = *token;
	a->has_token = token;
	qf_node_give(n, ev, a, out);
}

/* In any writing. */
static bool is_called(const struct qf_node *n, const char *name)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1], ours[sizeof folded];

	return !qf_name_look(qf_bytes(name, strlen(name)), folded,
	                     sizeof folded) &&
	       !qf_name_look(qf_bytes(n->name, strlen(n->name)), ours,
	                     sizeof ours) &&
	       !strcmp(folded, ours);
}

/* True: that guest may be called so; otherwise that was answered. */
static bool name_is_good(struct qf_node *n, const struct qf_guest *self,
                         const struct qf_event *ev, struct qf_effects *out)
{
	const char *name = ev->command->text;
	struct qf_guest *other = qf_guests_named(&n->guests, name);

	if (strlen(name) > QF_GUEST_ID_BYTES_MAX)
		qf_node_refuse(n, ev, "bad-name", "that name is too long",
		               "choose a shorter one", out);
	else if ((other && other != self) || is_called(n, name) ||
	         qf_node_is_classic(n, name, ev->conn) ||
	         qf_node_name_taken(n, name))
		qf_node_refuse(n, ev, "taken", "that name is taken",
		               "choose another one", out);
	else
		return true;
	return false;
}

void qf_node_refuse_haste(struct qf_node *n, const struct qf_event *ev,
                          struct qf_effects *out)
{
	qf_node_refuse(n, ev, "slow-down", "that was too much at once",
	               "wait a moment, then try again", out);
}

/* The same guest on a new connection: the old one may be dead. */
static void take_over(struct qf_node *n, struct qf_guest *guest, qf_conn conn,
                      struct qf_effects *out)
{
	qf_node_drop(guest->conn, "this guest came again", out);
	tell_gone(n, guest->conn, out);
	guest->conn = conn;
}

static void come_in(struct qf_node *n, struct qf_event *ev,
                    struct qf_effects *out)
{
	const struct qf_command *c = ev->command;
	struct qf_guest *guest = qf_guests_with(&n->guests, &c->nonce);

	if (!name_is_good(n, guest, ev, out))
		return;
	if (guest && !qf_guest_says(guest, n->now.mono_ms)) {
		qf_node_refuse_haste(n, ev, out);
		return;
	}
	if (guest) {
		take_over(n, guest, ev->conn, out);
		qf_guests_rename(guest, c->text, qf_node_last_lsn(n));
	} else if (n->guests.count == QF_GUESTS_MAX) {
		qf_node_refuse(n, ev, "limit", "too many guests are here",
		               "try again later", out);
		return;
	} else if (qf_guests_add(&n->guests, ev->conn, &c->nonce, c->text,
	                         qf_node_last_lsn(n), n->now.mono_ms)) {
		guest_news(n, QF_NEWS_GUEST_CAME, c->text, out);
	} else {
		out->bad = true;
		return;
	}
	tell_named(n, ev->conn, c->text, out);
	answer_entered(n, ev, NULL, out);
}

/* What it is called from now on. */
static void rename_guest(struct qf_node *n, struct qf_guest *guest,
                         struct qf_event *ev, struct qf_effects *out)
{
	if (!name_is_good(n, guest, ev, out))
		return;
	if (!qf_guest_says(guest, n->now.mono_ms)) {
		qf_node_refuse_haste(n, ev, out);
		return;
	}
	guest_news(n, QF_NEWS_GUEST_LEFT, guest->name, out);
	qf_guests_rename(guest, ev->command->text, qf_node_last_lsn(n));
	guest_news(n, QF_NEWS_GUEST_CAME, guest->name, out);
	tell_named(n, ev->conn, guest->name, out);
	answer_entered(n, ev, NULL, out);
}

void qf_node_cmd_enter(struct qf_node *n, struct qf_event *ev,
                       struct qf_effects *out)
{
	struct qf_guest *here = qf_guests_at(&n->guests, ev->conn);
	const struct qf_ticket *known = qf_guests_ticket(&n->guests,
	                                                 &ev->command->nonce);

	if (here)
		rename_guest(n, here, ev, out);
	else if (n->page.state == QF_PAGE_OFF)
		qf_node_refuse(n, ev, "closed", "the page was turned off",
		               "ask whoever gave you the link", out);
	else if (known && known->removed)
		qf_node_refuse(n, ev, "removed",
		               "you were asked to leave this chat",
		               "ask whoever gave you the link", out);
	else if (!known && n->page.state == QF_PAGE_CLOSED)
		qf_node_refuse(n, ev, "closed",
		               "this chat is closed to newcomers",
		               "ask whoever gave you the link", out);
	else
		come_in(n, ev, out);
}

void qf_node_cmd_own(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	struct qf_nonce next;

	if (!qf_page_use(&n->page, &ev->command->nonce)) {
		qf_node_refuse(n, ev, "used", "this link was used before",
		               "run quickfi gui again", out);
		return;
	}
	next = qf_page_own(&n->page, n->id->seed, n->random);
	qf_node_tell_page(n, out);
	answer_entered(n, ev, &next, out);
}

void qf_node_guest_gone(struct qf_node *n, qf_conn conn, struct qf_effects *out)
{
	struct qf_guest *guest = qf_guests_at(&n->guests, conn);

	if (!guest)
		return;
	guest_news(n, QF_NEWS_GUEST_LEFT, guest->name, out);
	tell_gone(n, conn, out);
	qf_guests_drop(&n->guests, guest);
}

/* What the owner asks. */

static struct qf_answer *links(struct qf_node *n, const struct qf_event *ev,
                               struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_LINKS, out);

	if (!a)
		return NULL;
	a->code = qf_page_state_name(n->page.state);
	a->links = calloc(QF_HERE_ADDRESSES_MAX + 1, sizeof *a->links);
	if (!a->links)
		out->bad = true;
	return a;
}

static void refuse_deaf(struct qf_node *n, const struct qf_event *ev,
                        struct qf_effects *out)
{
	qf_node_refuse(n, ev, "not-listening",
	               "this node does not listen, so no browser can reach it",
	               "host on a port first", out);
}

void qf_node_cmd_invite(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_address at;
	struct qf_room_id id;
	struct qf_answer *a;

	if (!qf_node_command_room(n, ev, folded, &id, out))
		return;
	if (!n->listening.port || n->offline) {
		refuse_deaf(n, ev, out);
		return;
	}
	a = links(n, ev, out);
	if (!a || !a->links)
		return;
	while (a->count < QF_HERE_ADDRESSES_MAX &&
	       qf_node_own_address(n, a->count, &at))
		qf_page_link(&n->page, &at, false, &n->page.guests[0], folded,
		             a->links[a->count++].text);
	if (!a->count) {
		at = (struct qf_address){ .host = "127.0.0.1",
			                  .port = n->listening.port };
		qf_page_link(&n->page, &at, false, &n->page.guests[0], folded,
		             a->links[a->count++].text);
	}
	qf_node_give(n, ev, a, out);
}

void qf_node_cmd_gui(struct qf_node *n, struct qf_event *ev,
                     struct qf_effects *out)
{
	struct qf_address at = { .host = "127.0.0.1",
		                 .port = n->listening.port };
	const char *host = n->listening.host;
	struct qf_nonce token;
	struct qf_answer *a;

	if (!n->listening.port || n->offline) {
		refuse_deaf(n, ev, out);
		return;
	}
	/* Only who comes from this machine may be the owner. */
	if (strcmp(host, "::") != 0 && strcmp(host, "0.0.0.0") != 0 &&
	    strcmp(host, at.host) != 0) {
		qf_node_refuse(n, ev, "not-listening",
		               "this node does not listen on 127.0.0.1",
		               "start it without --listen", out);
		return;
	}
	a = links(n, ev, out);
	if (!a || !a->links)
		return;
	token = qf_page_own(&n->page, n->id->seed, n->random);
	qf_node_tell_page(n, out);
	qf_page_link(&n->page, &at, true, &token, NULL,
	             a->links[a->count++].text);
	qf_node_give(n, ev, a, out);
}

void qf_node_cmd_guests(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	struct qf_answer *a = qf_node_answer(ev, QF_ANS_GUESTS, out);

	if (!a)
		return;
	a->people = calloc(n->guests.count + 1, sizeof *a->people);
	if (!a->people)
		out->bad = true;
	for (size_t i = 0; a->people && i < n->guests.count; i++) {
		struct qf_person_status *p = &a->people[a->count++];

		memcpy(p->name, n->guests.list[i].name, sizeof p->name);
		p->since_ms = n->guests.list[i].since_ms;
	}
	a->now_ms = n->now.mono_ms;
	qf_node_give(n, ev, a, out);
}

void qf_node_cmd_remove(struct qf_node *n, struct qf_event *ev,
                        struct qf_effects *out)
{
	struct qf_guest *guest = qf_guests_named(&n->guests, ev->command->text);

	if (!guest) {
		qf_node_refuse(n, ev, "unknown-person",
		               "no guest has that name", NULL, out);
		return;
	}
	qf_guests_refuse(&n->guests, &guest->ticket);
	qf_node_drop(guest->conn, "you were asked to leave this chat", out);
	qf_node_guest_gone(n, guest->conn, out);
	qf_node_done(n, ev, out);
}

void qf_node_cmd_page(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	struct qf_keep *k;
	uint64_t number;

	if (!qf_page_state_parse(ev->command->text, &n->page.state)) {
		qf_node_refuse(n, ev, "bad-request",
		               "the page is open, closed or off", NULL, out);
		return;
	}
	k = qf_node_keep(n, QF_KEEP_PAGE, out);
	if (!k)
		return;
	k->page = (uint8_t)n->page.state;
	number = k->number;
	while (n->page.state == QF_PAGE_OFF && n->guests.count) {
		qf_conn conn = n->guests.list[0].conn;

		qf_node_drop(conn, "the page was turned off", out);
		qf_node_guest_gone(n, conn, out);
	}
	qf_node_tell_page(n, out);
	qf_node_owe(n, number, ev->conn, qf_node_answer(ev, QF_ANS_DONE, out),
	            out);
}
