/* node_hosting.c - where the node listens, and whether at all */
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

/* Where this node was told to listen, whether it does now or not, at the port
 * that is asked for. */
static struct qf_address wished(const struct qf_node *n,
                                const struct qf_event *ev)
{
	struct qf_address at = n->listening;

	at.port = ev->command->address.port;
	return at;
}

void qf_node_cmd_host(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
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
void qf_node_cmd_host_irc(struct qf_node *n, struct qf_event *ev,
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
	qf_node_give(n, ev, a, out);
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
void qf_node_cmd_disconnect(struct qf_node *n, struct qf_event *ev,
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
