/* gates.c - where a node lets others in, as the core wishes */
#include "gates.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "port.h"

static const struct qf_address nowhere;

static struct qf_listener *listen_on(const struct qf_gates *g, int fd,
                                     bool local)
{
	struct qf_listener *l = qf_listener_open(g->desk->loop, fd, local);

	if (!l)
		return NULL;
	l->ctx = g->ctx;
	l->accepted = g->accepted;
	l->starving = g->starving;
	return l;
}

int qf_gates_open(struct qf_gates *g, int fd, bool local)
{
	struct qf_listener **l = local ? &g->local : &g->tcp;

	*l = listen_on(g, fd, local);
	return *l ? QF_OK : QF_E_NOMEM;
}

/* The port moves: first there is a new one, then the old is no more. */

static void tell_port(struct qf_gates *g, const struct qf_address *at,
                      const char *trouble)
{
	enum qf_event_kind kind = at ? QF_EV_LISTENING : QF_EV_NOT_LISTENING;
	struct qf_event *ev = qf_carry_tell(&g->desk->carry, kind, 0);

	if (!ev)
		return;
	if (at)
		ev->address = *at;
	if (at)
		ev->payload = qf_host_addresses(at->host);
	ev->text = trouble ? strdup(trouble) : NULL;
}

static void host(struct qf_gates *g, const struct qf_address *wish)
{
	struct qf_address at;
	char why[256];
	bool moved;
	int fd;

	if (qf_port_tcp(wish->host[0] ? wish->host : NULL, wish->port,
	                QF_PORT_INSIST, &fd, &at, &moved, why, sizeof why)) {
		tell_port(g, NULL, why);
		return;
	}
	qf_listener_close(g->tcp);
	g->tcp = listen_on(g, fd, false);
	tell_port(g, g->tcp ? &at : NULL, g->tcp ? NULL : "out of memory");
}

/* To whoever asked. No port: it is open no more. */
static void answer(struct qf_gates *g, const struct qf_effect *fx,
                   enum qf_event_kind kind, const struct qf_address *at,
                   const char *trouble)
{
	struct qf_event *ev = qf_carry_tell(&g->desk->carry, kind, fx->conn);

	if (!ev)
		return;
	ev->number = fx->number;
	ev->address = *at;
	ev->text = trouble ? strdup(trouble) : NULL;
}

/* For IRC clients that insist on another port: who comes there is served as at
 * the first. */

static void host_irc(struct qf_gates *g, const struct qf_effect *fx)
{
	const char *host = fx->address.host[0] ? fx->address.host : NULL;
	struct qf_address at = { .port = 0 };
	struct qf_listener *l = NULL;
	char why[256];
	bool moved;
	int fd;

	if (g->irc_count == QF_IRC_PORTS_MAX)
		snprintf(why, sizeof why, "%d ports for IRC are the most",
		         QF_IRC_PORTS_MAX);
	else if (!qf_port_tcp(host, fx->address.port, QF_PORT_INSIST, &fd, &at,
	                      &moved, why, sizeof why) &&
	         !(l = listen_on(g, fd, false)))
		snprintf(why, sizeof why, "out of memory");
	if (l)
		g->irc[g->irc_count++] = l;
	answer(g, fx, QF_EV_IRC, &at, l ? NULL : why);
}

static void close_irc(struct qf_gates *g)
{
	while (g->irc_count)
		qf_listener_close(g->irc[--g->irc_count]);
}

static void unhost(struct qf_gates *g, const struct qf_effect *fx)
{
	qf_listener_close(g->tcp);
	g->tcp = NULL;
	tell_port(g, NULL, NULL);
	if (g->irc_count)
		answer(g, fx, QF_EV_IRC, &nowhere, NULL);
	close_irc(g);
}

/* What speaks the original's protocol. */

static void host_classics(struct qf_gates *g, const struct qf_effect *fx)
{
	struct qf_address at = { .port = 0 };
	char why[256];

	if (qf_classic_host_open(&g->classic, g->desk, &fx->address, fx->name,
	                         &at, why, sizeof why))
		answer(g, fx, QF_EV_CLASSIC, &at, why);
	else
		answer(g, fx, QF_EV_CLASSIC, &at, NULL);
}

static void unhost_classics(struct qf_gates *g, const struct qf_effect *fx)
{
	bool listened = g->classic.listener;

	qf_classic_host_close(&g->classic);
	if (listened)
		answer(g, fx, QF_EV_CLASSIC, &nowhere, NULL);
}

void qf_gates_told(struct qf_gates *g, const struct qf_effect *fx)
{
	if (g->closed)
		return;
	switch (fx->kind) {
	case QF_FX_HOST:
		host(g, &fx->address);
		break;
	case QF_FX_UNHOST:
		unhost(g, fx);
		break;
	case QF_FX_IRC_HOST:
		host_irc(g, fx);
		break;
	case QF_FX_CLASSIC_HOST:
		host_classics(g, fx);
		break;
	case QF_FX_CLASSIC_UNHOST:
		unhost_classics(g, fx);
		break;
	default:
		assert(!"a wish about gates");
	}
}

void qf_gates_close(struct qf_gates *g)
{
	g->closed = true;
	qf_listener_close(g->tcp);
	qf_listener_close(g->local);
	g->tcp = g->local = NULL;
	close_irc(g);
	qf_classic_host_close(&g->classic);
}
