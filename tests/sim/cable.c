/* cable.c - a link between two simulated machines: frames, both ways, in order
 */
#include "sim/cable.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "sim/law.h"
#include "sim/world.h"

enum { PULL_BYTES = 65536, FIRST_PORT = 40000, BUSY_MS = 100 };

static struct world *world_of(const struct end *e)
{
	return e->cable->world;
}

static void end_begin(struct end *e, struct cable *c, struct end *other,
                      struct worker *w)
{
	*e = (struct end){
		.cable = c, .other = other, .worker = w, .touched = true
	};
	e->session.conn = worker_conn(w);
	fifo_put(&w->ends, e);
}

static void tell_up(struct end *e, bool dialled, uint64_t dial)
{
	struct world *w = world_of(e);
	struct host *here = e->worker->host, *there = e->other->worker->host;
	struct qf_hello hello = {
		.version = 1,
		.port = here->listens ? SIM_PORT : 0,
		.name = qf_bytes(here->name, strlen(here->name)),
	};
	struct qf_event *ev = qf_carry_tell(&e->worker->carry, QF_EV_LINK_UP,
	                                    e->session.conn);
	struct qf_hash exporter;
	int rc;

	assert(ev);
	ev->key = there->identity.key;
	ev->outbound = dialled;
	ev->number = dial;
	memccpy(ev->address.host, there->name, 0, QF_HOST_BYTES_MAX);
	if (!dialled)
		ev->address.port = (uint16_t)(FIRST_PORT + e->cable->number);
	else if (there->listens)
		ev->address.port = SIM_PORT;
	qf_hash_data(&exporter, "sim", &e->cable->number,
	             sizeof e->cable->number);
	rc = qf_session_init(&e->session, e->session.conn, dialled,
	                     &there->identity.key, exporter.b, &hello,
	                     w->options.seed, &e->worker->carry, w->now_ms);
	assert(!rc);
	worker_pass_on(e->worker);
}

struct cable *cable_new(struct world *w, struct worker *from, uint64_t dial,
                        struct worker *to)
{
	struct cable *c = calloc(1, sizeof *c);

	assert(c);
	c->world = w;
	c->number = ++w->cables_made;
	end_begin(&c->ends[0], c, &c->ends[1], from);
	end_begin(&c->ends[1], c, &c->ends[0], to);
	fifo_put(&w->cables, c);
	tell_up(&c->ends[0], true, dial);
	tell_up(&c->ends[1], false, 0);
	host_settle(from->host);
	host_settle(to->host);
	return c;
}

static void leave_worker(struct end *e)
{
	struct fifo *ends = &e->worker->ends;

	for (size_t n = ends->count; n > 0; n--) {
		struct end *other = fifo_take(ends);

		if (other != e)
			fifo_put(ends, other);
	}
}

static void fini(struct end *e)
{
	qf_session_fini(&e->session);
	fifo_clear(&e->in, free);
	e->in_bytes = 0;
	free(e->brought);
	e->brought = NULL;
	e->over = true;
}

void end_vanish(struct end *e)
{
	fini(e);
}

void cable_free(struct cable *c)
{
	for (int i = 0; i < 2; i++)
		if (!c->ends[i].over) {
			leave_worker(&c->ends[i]);
			fini(&c->ends[i]);
		}
	free(c);
}

/* What waits in the carry and only this link cares for is taken back. */
static void recall(struct end *e)
{
	struct qf_carry *c = &e->worker->carry;
	size_t kept = 0;

	for (size_t i = 0; i < c->ask_count; i++) {
		struct qf_ask *ask = &c->asks[i];
		bool read = ask->kind == QF_ASK_READ;
		qf_conn from = read ? ask->read->conn : ask->event.conn;

		if (from != e->session.conn ||
		    (!read && ask->event.kind != QF_EV_FOLLOW &&
		     ask->event.kind != QF_EV_TURN_ASKED &&
		     ask->event.kind != QF_EV_ARRIVED)) {
			c->asks[kept++] = *ask;
			continue;
		}
		qf_event_fini(&ask->event);
		qf_read_free(ask->read);
	}
	c->ask_count = kept;
}

static void end_over(struct end *e, const char *why)
{
	struct qf_event *ev;

	recall(e);
	ev = qf_carry_tell(&e->worker->carry, QF_EV_LINK_DOWN, e->session.conn);
	assert(ev);
	ev->text = strdup(why);
	e->worker->credits += e->credits;
	leave_worker(e);
	fini(e);
	worker_pass_on(e->worker);
}

void end_notice(struct end *e)
{
	end_over(e, e->session.state == QF_SESSION_CLOSED
	                    ? e->session.reason
	                    : "the connection was cut");
}

static struct parcel *parcel_new(uint64_t due_ms, struct qf_bytes bytes)
{
	struct parcel *p = malloc(sizeof *p + bytes.len);

	assert(p);
	p->due_ms = due_ms;
	p->len = bytes.len;
	memcpy(p->bytes, bytes.at, bytes.len);
	return p;
}

/* Cut what was pulled into frames and send each on its way. */
static void send(struct end *e, const struct qf_buf *bytes)
{
	struct world *w = world_of(e);
	struct end *to = e->other;
	size_t used;

	assert(!bytes->bad);
	for (size_t at = 0; at < bytes->len; at += used) {
		struct qf_bytes left = { bytes->at + at, bytes->len - at };
		struct qf_frame frame;
		int rc = qf_frame_split(left, &frame, &used);

		assert(rc == 1); /* a pull appends whole frames */
		law_sent(e, &frame);
		if (e->cable->cut || e->muted || to->over)
			continue;
		left.len = used;
		fifo_put(&to->in,
		         parcel_new(w->now_ms + w->options.latency_ms, left));
		to->in_bytes += used;
	}
}

static bool has_window(const struct end *e)
{
	return e->other->in_bytes < world_of(e)->options.window;
}

bool end_pulls(const struct end *e)
{
	return e->touched && has_window(e);
}

void end_pull(struct end *e)
{
	struct qf_buf bytes;

	qf_buf_init(&bytes, 0);
	do {
		qf_buf_clear(&bytes);
		qf_session_pull(&e->session, &bytes, PULL_BYTES,
		                world_of(e)->now_ms);
		send(e, &bytes);
	} while (bytes.len && has_window(e));
	e->touched = bytes.len;
	qf_buf_fini(&bytes);
	worker_pass_on(e->worker);
	if (!e->touched && e->session.state == QF_SESSION_CLOSED)
		end_over(e, e->session.reason);
}

/* A closed session does not read what is still on its way. */
static void hand_over(struct end *e, const struct parcel *p)
{
	struct qf_frame frame;
	size_t used;
	int rc = qf_frame_split(qf_bytes(p->bytes, p->len), &frame, &used);

	assert(rc == 1);
	if (e->session.state == QF_SESSION_CLOSED)
		return;
	law_came(e, &frame);
	qf_session_frame(&e->session, &frame, world_of(e)->now_ms);
}

void end_take_frame(struct end *e)
{
	struct parcel *p = fifo_take(&e->in);

	world_of(e)->frames++;
	e->in_bytes -= p->len;
	hand_over(e, p);
	free(p);
	e->touched = true;
	worker_pass_on(e->worker);
}

static void end_acts(struct end *e, struct acts *out)
{
	const struct parcel *next = e->in.count ? fifo_at(&e->in, 0) : NULL;
	struct act a = { .host = e->worker->host,
		         .worker = e->worker,
		         .end = e };

	if (e->over)
		return;
	if (e->cable->cut || (e->other->over && !next))
		acts_add(out, (a.kind = ACT_NOTICE, a));
	else if (next && next->due_ms <= world_of(e)->now_ms &&
	         !worker_full(e->worker))
		acts_add(out, (a.kind = ACT_FRAME, a));
}

void cable_acts(struct cable *c, struct acts *out)
{
	end_acts(&c->ends[0], out);
	end_acts(&c->ends[1], out);
}

uint64_t end_wake(const struct end *e)
{
	const struct parcel *next = e->in.count ? fifo_at(&e->in, 0) : NULL;
	uint64_t wake;

	if (e->over)
		return UINT64_MAX;
	wake = qf_session_wake(&e->session);
	/* What is due waits for the socket. */
	if (!has_window(e) && wake < world_of(e)->now_ms + BUSY_MS)
		wake = world_of(e)->now_ms + BUSY_MS;
	return next && next->due_ms > world_of(e)->now_ms && next->due_ms < wake
	               ? next->due_ms
	               : wake;
}

void end_timers(struct end *e)
{
	uint64_t now_ms = world_of(e)->now_ms;

	if (e->over || qf_session_wake(&e->session) > now_ms)
		return;
	qf_session_tick(&e->session, now_ms);
	e->touched = true;
	worker_pass_on(e->worker);
	host_settle(e->worker->host);
}
