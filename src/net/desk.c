/* desk.c - what all connections of one worker share */
#include "desk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cipher.h"
#include "core/err.h"
#include "core/list.h"
#include "gateway/hall.h"
#include "gateway/web.h"
#include "host.h"
#include "socket.h"

enum {
	SEATS_MAX = 1 << 16,
	AHEAD = 4, /* turns, which is as long as memory takes */
};

void qf_desk_init(struct qf_desk *d, uv_loop_t *loop, unsigned worker,
                  const struct qf_tls *tls, const struct qf_aids *aids)
{
	*d = (struct qf_desk){
		.loop = loop,
		.worker = worker,
		.tls = tls,
		.aids = *aids,
		.turn = 1,
		.hello = { .version = QF_WIRE_VERSION },
	};
	TAILQ_INIT(&d->line);
	qf_alarms_init(&d->alarms, loop);
	qf_carry_init(&d->carry);
	d->carry.seed = qf_host_random();
	d->carry.fingerprint = tls->fingerprint;
	qf_cipher_init(&d->cipher);
	qf_buf_init(&d->heard, 0);
	qf_buf_init(&d->plain, 0);
	qf_buf_init(&d->wire, 0);
}

void qf_desk_name(struct qf_desk *d, const char *name, uint16_t port)
{
	memccpy(d->name, name, 0, sizeof d->name - 1);
	d->hello.name = qf_bytes(d->name, strlen(d->name));
	d->hello.port = port;
}

void qf_desk_close(struct qf_desk *d)
{
	assert(!d->sockets);
	qf_alarms_close(&d->alarms);
}

void qf_desk_fini(struct qf_desk *d)
{
	qf_alarms_fini(&d->alarms);
	qf_hall_free(d->hall);
	qf_web_shared_free(d->web);
	qf_cipher_fini(&d->cipher);
	qf_carry_fini(&d->carry);
	qf_buf_fini(&d->heard);
	qf_buf_fini(&d->plain);
	qf_buf_fini(&d->wire);
	free(d->seats);
	free(d->touched);
}

static size_t seat_of(qf_conn conn)
{
	return conn & (SEATS_MAX - 1);
}

static size_t free_seat(const struct qf_desk *d)
{
	size_t seat = 0;

	if (d->sockets == d->seat_count)
		return d->seat_count;
	while (d->seats[seat])
		seat++;
	return seat;
}

int qf_desk_sit(struct qf_desk *d, struct qf_socket *s)
{
	size_t seat = free_seat(d);

	if (seat == SEATS_MAX)
		return QF_E_LIMIT;
	if (!qf_list_room(&d->seats, seat, &d->seat_cap, sizeof *d->seats) ||
	    !qf_alarms_reserve(&d->alarms, d->sockets + 1))
		return QF_E_NOMEM;
	if (seat == d->seat_count)
		d->seat_count++;
	d->seats[seat] = s;
	d->sockets++;
	/* step.h: 16 bits of worker, 48 that are never used again, of which
	 * the seat is a part. */
	s->conn = (uint64_t)d->worker << 48 | ++d->opened << 16 | seat;
	return QF_OK;
}

static void part(struct qf_socket *s)
{
	if (!s->crowd_at)
		return;
	*s->crowd_at = s->crowd_next;
	if (s->crowd_next)
		s->crowd_next->crowd_at = s->crowd_at;
	s->crowd_at = NULL;
}

void qf_desk_gather(struct qf_desk *d, struct qf_socket *s, enum qf_crowd crowd)
{
	part(s);
	s->crowd_next = d->crowds[crowd];
	s->crowd_at = &d->crowds[crowd];
	if (s->crowd_next)
		s->crowd_next->crowd_at = &s->crowd_next;
	d->crowds[crowd] = s;
}

void qf_desk_rise(struct qf_desk *d, struct qf_socket *s)
{
	part(s);
	assert(qf_desk_find(d, s->conn) == s);
	d->seats[seat_of(s->conn)] = NULL;
	d->sockets--;
}

struct qf_socket *qf_desk_find(const struct qf_desk *d, qf_conn conn)
{
	size_t seat = seat_of(conn);
	struct qf_socket *s = seat < d->seat_count ? d->seats[seat] : NULL;

	return s && s->conn == conn ? s : NULL;
}

void qf_desk_touch(struct qf_desk *d, struct qf_socket *s)
{
	if (s->touched)
		return;
	if (!qf_list_room(&d->touched, d->touched_count, &d->touched_cap,
	                  sizeof *d->touched)) {
		d->all_touched = true;
		return;
	}
	s->touched = true;
	d->touched[d->touched_count++] = s->conn;
}

void qf_desk_touch_room(struct qf_desk *d, const struct qf_carried *room)
{
	const struct qf_follower *f = room ? room->followers : NULL;

	for (; f; f = f->next) {
		struct qf_socket *s = qf_desk_find(d, f->conn);

		if (s)
			qf_desk_touch(d, s);
	}
}

void qf_desk_touch_behind(struct qf_desk *d)
{
	for (size_t i = 0; i < d->carry.room_count; i++) {
		const struct qf_carried *room = d->carry.rooms[i];

		if (room->has_tail &&
		    qf_tail_known(&room->tail) > room->tail.last_lsn)
			qf_desk_touch_room(d, room);
	}
}

static void serve(struct qf_socket *s)
{
	s->touched = false;
	qf_socket_turn(s);
}

static void serve_all(struct qf_desk *d)
{
	d->all_touched = false;
	d->touched_count = 0;
	for (size_t i = 0; i < d->seat_count; i++)
		if (d->seats[i])
			d->seats[i]->touched = false;
	for (size_t i = 0; i < d->seat_count; i++)
		if (d->seats[i])
			qf_socket_turn(d->seats[i]);
}

static struct qf_socket *touched(const struct qf_desk *d, size_t i)
{
	size_t seat;

	if (i >= d->touched_count)
		return NULL;
	seat = seat_of(d->touched[i]);
	return seat < d->seat_count ? d->seats[seat] : NULL;
}

/* Of thousands, who is served next has long left the caches, and its turn would
 * mostly be a wait for memory. So it is fetched while others are served. */
static void fetch_ahead(const struct qf_desk *d, size_t i)
{
	const struct qf_socket *s = touched(d, i + 2 * AHEAD);

	if (s)
		qf_socket_fetch(s);
	s = touched(d, i + AHEAD);
	if (s)
		qf_socket_fetch_owner(s);
}

/* Who is touched while another is served waits for the next turn. */
static void serve_touched(struct qf_desk *d)
{
	size_t count = d->touched_count;

	for (size_t i = 0; i < count; i++) {
		struct qf_socket *s;

		fetch_ahead(d, i);
		s = qf_desk_find(d, d->touched[i]);

		if (s)
			serve(s);
	}
	d->touched_count -= count;
	for (size_t i = 0; i < d->touched_count; i++)
		d->touched[i] = d->touched[count + i];
}

/* What sockets bring next is of the next turn. */
void qf_desk_turn(struct qf_desk *d)
{
	if (d->all_touched)
		serve_all(d);
	else
		serve_touched(d);
	d->turn++;
	d->shakes = 0;
	d->checks_before = d->carry.roots.checks;
}

bool qf_desk_restless(const struct qf_desk *d)
{
	return d->touched_count || d->all_touched || qf_desk_may_feed(d);
}

uint64_t qf_desk_checks_left(const struct qf_desk *d)
{
	uint64_t done = d->carry.roots.checks - d->checks_before;

	return done < QF_CHECKS_A_TURN ? QF_CHECKS_A_TURN - done : 0;
}

bool qf_desk_may_feed(const struct qf_desk *d)
{
	return d->line_length && qf_desk_checks_left(d) && !qf_desk_full(d);
}

bool qf_desk_full(const struct qf_desk *d)
{
	return d->carry.ask_count >= QF_ASKS_MAX;
}

qf_conn qf_desk_asker(const struct qf_ask *ask)
{
	return ask->kind == QF_ASK_READ ? ask->read->conn : ask->event.conn;
}

static bool is_request(const struct qf_ask *ask)
{
	if (ask->kind == QF_ASK_READ)
		return true;
	switch (ask->event.kind) {
	case QF_EV_FOLLOW:
	case QF_EV_TURN_ASKED:
	case QF_EV_COMMAND:
		return true;
	default:
		return false;
	}
}

void qf_desk_recall(struct qf_desk *d, struct qf_socket *s)
{
	struct qf_carry *c = &d->carry;
	size_t kept = 0, held = 0;

	for (size_t i = 0; i < c->ask_count; i++) {
		struct qf_ask *ask = &c->asks[i];

		if (qf_desk_asker(ask) != s->conn || !is_request(ask)) {
			held += i < d->held;
			c->asks[kept++] = *ask;
			continue;
		}
		s->held -= i < d->held;
		qf_event_fini(&ask->event);
		qf_read_free(ask->read);
	}
	c->ask_count = kept;
	d->held = held;
}
