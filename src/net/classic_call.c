/* classic_call.c - going to a host that speaks the original's protocol */
#include "classic_call.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "call.h"
#include "classic_guest.h"
#include "gateway/classic_frame.h"
#include "host.h"
#include "sockaddr.h"

/* The first connection, until it has brought a port. */
struct handoff {
	struct qf_dialled dialled;
	struct qf_address there; /* whom it is with, as numbers */
	uint8_t digits[QF_CLASSIC_PORT_DIGITS];
	size_t len;
	uint64_t until_ms;
};

static const struct qf_call_kind second;

static struct handoff *handoff_of(struct qf_socket *s)
{
	return s->owner;
}

static void fail(struct qf_socket *s, const char *why)
{
	if (s->closed)
		return;
	qf_classic_tell_lost(s->desk, &handoff_of(s)->dialled.asked, why);
	qf_socket_close(s);
}

static void lost(struct qf_socket *s, const char *why)
{
	(void)why;
	fail(s, "it said no port: a classic host that has let one in does not "
	        "listen again by itself");
}

static void go_there(struct qf_socket *s, uint16_t port)
{
	struct handoff *h = handoff_of(s);
	struct qf_dialled dialled = h->dialled;

	dialled.address = h->there;
	dialled.address.port = port;
	qf_call_start(s->desk, &dialled, &second);
	qf_socket_close(s);
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	struct handoff *h = handoff_of(s);
	size_t room = sizeof h->digits - h->len;
	struct qf_bytes digits;
	uint16_t port;

	if (in.len < room)
		room = in.len;
	memcpy(h->digits + h->len, in.at, room);
	h->len += room;
	digits = qf_bytes(h->digits, h->len);
	switch (qf_classic_get_port(&digits, &port)) {
	case QF_CLASSIC_GOT:
		go_there(s, port);
		break;
	case QF_CLASSIC_BAD:
		fail(s, "what answers there is no classic host");
		break;
	case QF_CLASSIC_MORE:
		break;
	}
}

static void turn(struct qf_socket *s)
{
	qf_socket_read(s, true);
	qf_socket_ring(s, handoff_of(s)->until_ms);
}

static void ring(struct qf_socket *s)
{
	if (qf_host_mono_ms() >= handoff_of(s)->until_ms)
		fail(s, "it says no port");
}

static void leave(struct qf_socket *s)
{
	fail(s, "this node is stopping");
}

static const struct qf_socket_kind kind = {
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.ring = ring,
	.leave = leave,
	.close = qf_socket_close,
	.free = free,
};

static int shake(struct qf_desk *desk, int fd, const struct qf_dialled *dialled)
{
	struct qf_sockaddr at = { .len = sizeof at.at };
	struct handoff *h = calloc(1, sizeof *h);
	struct qf_socket *s;
	int rc = QF_E_NOMEM;

	if (h && !getpeername(fd, (struct sockaddr *)&at.at, &at.len))
		rc = qf_socket_new(&s, desk, fd, false);
	if (rc) {
		free(h);
		return rc;
	}
	h->dialled = *dialled;
	h->until_ms = qf_host_mono_ms() + QF_CLASSIC_GREETING_MS;
	qf_address_of((struct sockaddr *)&at.at, &h->there);
	qf_socket_become(s, &kind, h);
	return QF_OK;
}

static int enter(struct qf_desk *desk, int fd, const struct qf_dialled *dialled)
{
	return qf_classic_guest_open(desk, fd, QF_CLASSIC_CLIENT, dialled->room,
	                             &dialled->asked);
}

static void call_failed(struct qf_desk *desk, const struct qf_dialled *dialled,
                        const char *why)
{
	qf_classic_tell_lost(desk, &dialled->asked, why);
}

static const struct qf_call_kind first = { shake, call_failed };
static const struct qf_call_kind second = { enter, call_failed };

void qf_classic_call(struct qf_desk *desk, const struct qf_address *address,
                     const char *room)
{
	struct qf_dialled dialled = { .address = *address, .asked = *address };

	memccpy(dialled.room, room, 0, sizeof dialled.room - 1);
	qf_call_start(desk, &dialled, &first);
}
