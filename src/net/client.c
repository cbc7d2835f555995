/* client.c - a program that uses this node: a local socket and the API on it */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/api.h"

struct qf_client {
	struct qf_socket *socket;
	struct qf_api *api;
	bool leaving; /* it will ask no more, or we shall not hear it */
};

static struct qf_client *client_of(struct qf_socket *s)
{
	return s->owner;
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	qf_api_bytes(client_of(s)->api, in);
	qf_desk_touch(s->desk, s);
}

static void close_client(struct qf_socket *s)
{
	if (s->closed)
		return;
	qf_desk_recall(s->desk, s);
	qf_carry_tell(&s->desk->carry, QF_EV_CLIENT_DOWN, s->conn);
	qf_socket_close(s);
}

/* The end of the input is not yet the end of the client. */
static void lost(struct qf_socket *s, const char *why)
{
	(void)why;
	if (s->failed)
		close_client(s);
	client_of(s)->leaving = true;
	qf_desk_touch(s->desk, s);
}

/* True: something was due. */
static bool speak(struct qf_client *c)
{
	struct qf_desk *d = c->socket->desk;
	bool any;

	qf_buf_clear(&d->plain);
	qf_api_pull(c->api, &d->plain, QF_WRITE_BYTES);
	if (d->plain.bad)
		d->carry.bad = true;
	any = d->plain.len;
	qf_socket_write(c->socket, qf_buf_bytes(&d->plain));
	qf_buf_clear(&d->plain);
	return any;
}

static bool is_over(const struct qf_client *c)
{
	return qf_api_over(c->api) ||
	       (c->leaving && !c->socket->asks && !c->socket->held);
}

static void turn(struct qf_socket *s)
{
	struct qf_client *c = client_of(s);

	if (qf_socket_idle(s)) {
		if (speak(c))
			qf_desk_touch(s->desk, s);
		else if (is_over(c))
			close_client(s);
	}
	qf_socket_read(s, !c->leaving && !s->held && qf_api_reads(c->api));
}

static void told(struct qf_socket *s, struct qf_effect *fx)
{
	qf_api_told(client_of(s)->api, fx);
	qf_desk_touch(s->desk, s);
}

static void got(struct qf_socket *s, struct qf_read *read)
{
	qf_api_got(client_of(s)->api, read);
	qf_desk_touch(s->desk, s);
}

static void leave(struct qf_socket *s)
{
	client_of(s)->leaving = true;
	qf_desk_touch(s->desk, s);
}

static void free_client(void *owner)
{
	struct qf_client *c = owner;

	qf_api_free(c->api);
	free(c);
}

static const struct qf_socket_kind kind = {
	.crowd = QF_CROWD_CLIENTS,
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.told = told,
	.got = got,
	.leave = leave,
	.close = close_client,
	.free = free_client,
};

int qf_client_open(struct qf_desk *desk, int fd)
{
	struct qf_client *c = calloc(1, sizeof *c);
	int rc;

	if (!c)
		return QF_E_NOMEM;
	rc = qf_socket_new(&c->socket, desk, fd, true);
	if (rc) {
		free(c);
		return rc;
	}
	c->api = qf_api_new(c->socket->conn, &desk->carry);
	if (!c->api)
		desk->carry.bad = true;
	else
		qf_api_accounts(c->api, desk->hall);
	qf_socket_become(c->socket, &kind, c);
	return QF_OK;
}
