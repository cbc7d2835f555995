/* door.c - whoever came by the port, until it is known what it is */
#include "door.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "browser.h"
#include "guest.h"
#include "host.h"
#include "link.h"
#include "sockaddr.h"
#include "socket.h"

enum {
	FIRST_BYTES = 16, /* more than any first word that matters */
	LINGER_MS = 2000,
};

enum state { KNOCKING, QUEUEING, SHAKING, TALKING, ENDING };

#define CAN(state) (1u << (state))

/* Who may follow whom. Anything else is our bug, never the visitor's. */
static const unsigned follows[] = {
	[KNOCKING] = CAN(QUEUEING) | CAN(SHAKING) | CAN(TALKING) | CAN(ENDING),
	[QUEUEING] = CAN(SHAKING) | CAN(ENDING),
	[SHAKING] = CAN(TALKING) | CAN(ENDING),
	[TALKING] = CAN(ENDING),
	[ENDING] = 0,
};

struct qf_door {
	enum state state;
	uint64_t until_ms; /* it may take to say what it wants, or to read */
	uint8_t first[FIRST_BYTES]; /* when they were too few to tell */
	size_t first_len;
	struct qf_buf hello; /* of TLS, if it is QUEUEING until turn_ms */
	uint64_t turn_ms;
};

static struct qf_door *door_of(struct qf_socket *s)
{
	return s->owner;
}

static void free_door(void *owner)
{
	struct qf_door *door = owner;

	qf_buf_fini(&door->hello);
	free(door);
}

static void become(struct qf_door *door, enum state next)
{
	assert(follows[door->state] & CAN(next));
	door->state = next;
}

static void end(struct qf_socket *s)
{
	struct qf_door *door = door_of(s);

	if (door->state == ENDING)
		return;
	become(door, ENDING);
	door->until_ms = qf_host_mono_ms() + LINGER_MS;
	qf_socket_end(s);
	qf_desk_touch(s->desk, s);
}

/* Where visitors are sent. `first` is what they said, and is all that they
 * said: what follows comes to whoever they were sent to. */

static void to_link(struct qf_socket *s, struct qf_bytes first)
{
	(void)first;
	if (qf_link_adopt(s))
		s->desk->carry.bad = true;
}

static void to_web(struct qf_socket *s, struct qf_bytes first)
{
	if (qf_browser_adopt(s, first))
		s->desk->carry.bad = true;
}

static void to_irc(struct qf_socket *s, struct qf_bytes first)
{
	qf_guest_adopt(s, first);
}

static void (*const gates[])(struct qf_socket *s, struct qf_bytes first) = {
	[QF_ROUTE_NODE] = to_link,
	[QF_ROUTE_WEB] = to_web,
	[QF_ROUTE_IRC] = to_irc,
};

/* A first flight never ends a handshake, so the door is still there after. */
static void shake(struct qf_socket *s, struct qf_bytes hello)
{
	become(door_of(s), SHAKING);
	if (qf_socket_secure(s, false, hello))
		s->desk->carry.bad = true;
}

/* Where somebody broke the protocol, handshakes take turns. */
static void to_tls(struct qf_socket *s, struct qf_bytes hello)
{
	struct qf_door *door = door_of(s);
	uint64_t now_ms = qf_host_mono_ms();
	struct qf_place place;

	qf_place_of(qf_socket_fd(s), &place);
	if (!qf_penalty_turn(&s->desk->penalties, &place, now_ms,
	                     &door->turn_ms)) {
		end(s);
	} else if (door->turn_ms <= now_ms) {
		shake(s, hello);
	} else if (hello.len > QF_HELLO_BYTES_MAX) {
		end(s);
	} else {
		become(door, QUEUEING);
		qf_socket_read(s, false);
		qf_put_raw(&door->hello, hello.at, hello.len);
		if (door->hello.bad)
			s->desk->carry.bad = true;
		qf_desk_touch(s->desk, s);
	}
}

static void send_to(struct qf_socket *s, enum qf_route route,
                    struct qf_bytes first)
{
	struct qf_door *door = door_of(s);

	if (route == QF_ROUTE_TLS) {
		to_tls(s, first);
	} else if (route != QF_ROUTE_MORE) {
		if (door->state != TALKING)
			become(door, TALKING);
		s->shaking = false;
		gates[route](s, first);
		if (s->owner != door)
			free_door(door);
	}
}

static void secured(struct qf_socket *s)
{
	send_to(s, s->tls->route, (struct qf_bytes){ 0 });
}

/* Together with what was too little to tell. */
static void take_more(struct qf_socket *s, struct qf_bytes in)
{
	struct qf_door *door = door_of(s);
	size_t room = sizeof door->first - door->first_len;
	struct qf_buf whole;

	if (in.len <= room) {
		memcpy(door->first + door->first_len, in.at, in.len);
		door->first_len += in.len;
		send_to(s,
		        qf_route_bytes(qf_bytes(door->first, door->first_len),
		                       s->tls),
		        qf_bytes(door->first, door->first_len));
		return;
	}
	qf_buf_init(&whole, 0);
	qf_put_raw(&whole, door->first, door->first_len);
	qf_put_raw(&whole, in.at, in.len);
	if (whole.bad)
		s->desk->carry.bad = true;
	else
		send_to(s, qf_route_bytes(qf_buf_bytes(&whole), s->tls),
		        qf_buf_bytes(&whole));
	qf_buf_fini(&whole);
}

static void take_bytes(struct qf_socket *s, struct qf_bytes in)
{
	struct qf_door *door = door_of(s);
	enum qf_route route;

	if (door->state == ENDING)
		return;
	if (door->first_len) {
		take_more(s, in);
		return;
	}
	route = qf_route_bytes(in, s->tls);
	if (route == QF_ROUTE_MORE)
		take_more(s, in);
	else
		send_to(s, route, in);
}

static void lost(struct qf_socket *s, const char *why)
{
	(void)why;
	end(s);
	if (s->gone)
		qf_socket_close(s);
}

static void turn(struct qf_socket *s)
{
	struct qf_door *door = door_of(s);

	qf_socket_read(s, door->state != QUEUEING);
	if (door->state == ENDING && qf_socket_idle(s))
		qf_socket_shut(s);
	qf_socket_ring(s, door->state == QUEUEING ? door->turn_ms
	                                          : door->until_ms);
}

static void ring(struct qf_socket *s)
{
	struct qf_door *door = door_of(s);
	uint64_t now_ms = qf_host_mono_ms();

	if (now_ms >= door->until_ms)
		qf_socket_close(s);
	else if (door->state == QUEUEING && now_ms >= door->turn_ms)
		shake(s, qf_buf_bytes(&door->hello));
}

static const struct qf_socket_kind kind = {
	.secured = secured,
	.bytes = take_bytes,
	.lost = lost,
	.turn = turn,
	.ring = ring,
	.leave = qf_socket_close,
	.close = qf_socket_close,
	.free = free_door,
};

int qf_door_open(struct qf_desk *desk, int fd)
{
	struct qf_door *door = calloc(1, sizeof *door);
	struct qf_socket *s;
	int rc;

	if (!door)
		return QF_E_NOMEM;
	rc = qf_socket_new(&s, desk, fd, false);
	if (rc) {
		free(door);
		return rc;
	}
	qf_buf_init(&door->hello, QF_HELLO_BYTES_MAX);
	door->until_ms = qf_host_mono_ms() + QF_GREETING_MS;
	qf_socket_become(s, &kind, door);
	return QF_OK;
}
