/* classic_host.c - where programs that speak the original's protocol come in */
#include "classic_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "classic_guest.h"
#include "port.h"

enum { WHY_BYTES = 256 };

/* Somebody who was told a port and has not come back. */
struct qf_classic_caller {
	struct qf_classic_host *host;
	struct qf_classic_caller *next;
	struct qf_listener *back;
	uv_timer_t timer;
	struct qf_address from;
};

/* What the descriptor's own or other end is. */
static bool address_of(int fd, bool own, struct qf_address *out)
{
	struct qf_sockaddr at = { .len = sizeof at.at };
	int rc = own ? getsockname(fd, (struct sockaddr *)&at.at, &at.len)
	             : getpeername(fd, (struct sockaddr *)&at.at, &at.len);

	if (rc)
		return false;
	qf_address_of((struct sockaddr *)&at.at, out);
	return true;
}

static void on_closed(uv_handle_t *timer)
{
	free(timer->data);
}

static void end_caller(struct qf_classic_caller *c)
{
	struct qf_classic_caller **at = &c->host->callers;

	while (*at && *at != c)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = c->next;
	c->host->caller_count--;
	qf_listener_close(c->back);
	uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	end_caller(timer->data);
}

/* While its port is being closed, whoever waited at it is refused. */
static bool is_waiting(const struct qf_classic_caller *c)
{
	const struct qf_classic_caller *i = c->host->callers;

	while (i && i != c)
		i = i->next;
	return i;
}

static void come_back(void *ctx, int fd, bool local)
{
	struct qf_classic_caller *c = ctx;
	struct qf_classic_host *h = c->host;
	struct qf_address from;

	(void)local;
	if (!is_waiting(c) || !address_of(fd, false, &from) ||
	    strcmp(from.host, c->from.host) != 0) {
		close(fd);
		return;
	}
	if (qf_classic_guest_open(h->desk, fd, QF_CLASSIC_HOST, h->room, &from))
		close(fd);
	end_caller(c);
}

/* Nobody can be let in just now, which the caller's own patience ends. */
static void starve(void *ctx, const char *why)
{
	(void)ctx;
	(void)why;
}

static void listen_for(struct qf_listener *l, void *ctx,
                       void (*accepted)(void *ctx, int fd, bool local))
{
	l->ctx = ctx;
	l->accepted = accepted;
	l->starving = starve;
}

static void tell_port(int fd, uint16_t port)
{
	char digits[8];
	ssize_t sent;

	snprintf(digits, sizeof digits, "%05u", port);
	/* Five bytes fit into a new socket; if not, nobody is there. */
	sent = send(fd, digits, 5, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)sent;
}

static struct qf_classic_caller *new_caller(struct qf_classic_host *h,
                                            const struct qf_address *here,
                                            struct qf_address *at)
{
	struct qf_classic_caller *c = calloc(1, sizeof *c);
	char why[WHY_BYTES];
	bool moved;
	int fd;

	if (!c || qf_port_tcp(here->host, 0, QF_PORT_INSIST, &fd, at, &moved,
	                      why, sizeof why)) {
		free(c);
		return NULL;
	}
	c->back = qf_listener_open(h->desk->loop, fd, false);
	if (!c->back) {
		free(c);
		return NULL;
	}
	listen_for(c->back, c, come_back);
	return c;
}

static void add_caller(struct qf_classic_host *h, struct qf_classic_caller *c)
{
	c->host = h;
	c->next = h->callers;
	h->callers = c;
	h->caller_count++;
	uv_timer_init(h->desk->loop, &c->timer);
	c->timer.data = c;
	uv_update_time(h->desk->loop);
	uv_timer_start(&c->timer, on_timeout, QF_CLASSIC_GREETING_MS, 0);
}

/* False: too many wait. */
static bool make_room(struct qf_classic_host *h, const struct qf_address *from)
{
	struct qf_classic_caller *oldest = NULL;
	unsigned same = 0;

	for (struct qf_classic_caller *c = h->callers; c; c = c->next) {
		if (strcmp(c->from.host, from->host) != 0)
			continue;
		same++;
		oldest = c;
	}
	if (same >= QF_CLASSIC_CALLERS_EACH_MAX)
		end_caller(oldest);
	return h->caller_count < QF_CLASSIC_CALLERS_MAX;
}

static void call_in(void *ctx, int fd, bool local)
{
	struct qf_classic_host *h = ctx;
	struct qf_classic_caller *c = NULL;
	struct qf_address from, here, at;

	(void)local;
	if (address_of(fd, false, &from) && address_of(fd, true, &here) &&
	    make_room(h, &from))
		c = new_caller(h, &here, &at);
	if (c) {
		c->from = from;
		add_caller(h, c);
		tell_port(fd, at.port);
	}
	close(fd);
}

int qf_classic_host_open(struct qf_classic_host *h, struct qf_desk *desk,
                         const struct qf_address *wish, const char *room,
                         struct qf_address *at, char *why, size_t cap)
{
	struct qf_listener *l;
	bool moved;
	int fd, rc;

	rc = qf_port_tcp(wish->host, wish->port, QF_PORT_INSIST, &fd, at,
	                 &moved, why, cap);
	if (rc)
		return rc;
	l = qf_listener_open(desk->loop, fd, false);
	if (!l) {
		snprintf(why, cap, "out of memory");
		return QF_E_NOMEM;
	}
	qf_classic_host_close(h);
	h->desk = desk;
	h->listener = l;
	memccpy(h->room, room, 0, sizeof h->room - 1);
	listen_for(l, h, call_in);
	return QF_OK;
}

void qf_classic_host_close(struct qf_classic_host *h)
{
	qf_listener_close(h->listener);
	h->listener = NULL;
	while (h->callers)
		end_caller(h->callers);
}
