/* cable.c - a link between two simulated machines: bytes, both ways, in order
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
	qf_buf_init(&e->partial, 0);
	fifo_put(&w->ends, e);
}

static void tell_up(struct end *e, bool dialled, uint64_t dial)
{
	struct world *w = world_of(e);
	struct host *here = e->worker->host, *there = e->other->worker->host;
	struct qf_hello hello = {
		.version = QF_WIRE_VERSION,
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
	world_tell(w, "%s and %s are linked, by link %u", from->host->name,
	           to->host->name, c->number);
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
	qf_buf_fini(&e->partial);
	e->in_bytes = 0;
	free(e->brought.list);
	free(e->named.list);
	e->brought = e->named = (struct ids){ 0 };
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

	world_tell(world_of(e), "%s loses link %u: %s", e->worker->host->name,
	           e->cable->number, why);
	recall(e);
	ev = qf_carry_tell(&e->worker->carry, QF_EV_LINK_DOWN, e->session.conn);
	assert(ev);
	ev->text = strdup(why);
	ev->cause = e->session.cause;
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

static void send_parcel(struct end *e, struct qf_bytes bytes)
{
	struct world *w = world_of(e);
	struct end *to = e->other;

	fifo_put(&to->in, parcel_new(w->now_ms + w->options.latency_ms, bytes));
	to->in_bytes += bytes.len;
}

static bool carries(const struct end *e)
{
	const struct cable *c = e->cable;

	return !c->cut && !c->torn && !c->silent && !e->muted &&
	       !e->other->over;
}

/* As TCP would: wherever it likes. */
static void send_segments(struct end *e, struct qf_bytes left)
{
	struct world *w = world_of(e);

	while (left.len) {
		struct qf_bytes some = left;

		if (some.len > w->options.segment)
			some.len = 1 + world_random(w, w->options.segment);
		send_parcel(e, some);
		left.at += some.len;
		left.len -= some.len;
	}
}

/* What was pulled, which is whole frames, goes on its way. */
static void send(struct end *e, const struct qf_buf *bytes)
{
	bool by_frame = !world_of(e)->options.segment;
	size_t used;

	assert(!bytes->bad);
	for (size_t at = 0; at < bytes->len; at += used) {
		struct qf_bytes left = { bytes->at + at, bytes->len - at };
		struct qf_frame frame;
		int rc = qf_frame_split(left, &frame, &used);

		assert(rc == 1);
		law_sent(e, &frame);
		world_of(e)->sent[frame.type] += used;
		left.len = used;
		if (by_frame && carries(e))
			send_parcel(e, left);
	}
	if (!by_frame && carries(e))
		send_segments(e, qf_buf_bytes(bytes));
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

static const char *frame_name(uint8_t type)
{
	static const char *const names[] = {
		[QF_FRAME_HELLO] = "HELLO", [QF_FRAME_TAGS] = "TAGS",
		[QF_FRAME_OPEN] = "OPEN",   [QF_FRAME_RECON] = "RECON",
		[QF_FRAME_HAVE] = "HAVE",   [QF_FRAME_WANT] = "WANT",
		[QF_FRAME_MSG] = "MSG",     [QF_FRAME_ACK] = "ACK",
		[QF_FRAME_PING] = "PING",   [QF_FRAME_PONG] = "PONG",
		[QF_FRAME_IHAVE] = "IHAVE", [QF_FRAME_GRAFT] = "GRAFT",
		[QF_FRAME_PRUNE] = "PRUNE", [QF_FRAME_HAD] = "HAD",
		[QF_FRAME_BYE] = "BYE",     [QF_FRAME_HERE] = "HERE",
		[QF_FRAME_LATER] = "LATER",
	};

	return type < sizeof names / sizeof *names && names[type] ? names[type]
	                                                          : "a frame";
}

static void take_frame(struct end *e, const struct qf_frame *frame)
{
	struct world *w = world_of(e);

	if (frame->type != QF_FRAME_PING && frame->type != QF_FRAME_PONG)
		world_tell(w, "%s gets %s from %s by link %u",
		           e->worker->host->name, frame_name(frame->type),
		           e->other->worker->host->name, e->cable->number);
	law_came(e, frame);
	qf_session_frame(&e->session, frame, w->now_ms);
}

/* All whole frames off the front; a closed session does not read. How many
 * bytes that was. */
static size_t take_frames(struct end *e, struct qf_bytes bytes)
{
	size_t used = 0, one;
	struct qf_frame frame;
	int rc = 1;

	while (e->session.state != QF_SESSION_CLOSED) {
		rc = qf_frame_split(qf_bytes(bytes.at + used, bytes.len - used),
		                    &frame, &one);
		if (rc <= 0)
			break;
		take_frame(e, &frame);
		used += one;
	}
	if (rc < 0)
		law_broken(world_of(e), "%s was sent a frame that is none",
		           e->worker->host->name);
	return used;
}

/* A frame that has not come whole waits, as in net/link.c. */
static void hand_over(struct end *e, struct qf_bytes bytes)
{
	size_t used;

	qf_session_heard(&e->session, world_of(e)->now_ms);
	if (e->partial.len) {
		qf_put_raw(&e->partial, bytes.at, bytes.len);
		used = take_frames(e, qf_buf_bytes(&e->partial));
		qf_buf_drop_front(&e->partial, used);
	} else {
		used = take_frames(e, bytes);
		qf_put_raw(&e->partial, bytes.at + used, bytes.len - used);
	}
	assert(!e->partial.bad);
}

void end_take_bytes(struct end *e)
{
	struct world *w = world_of(e);
	struct parcel *p = fifo_take(&e->in);

	w->arrivals++;
	world_mark(w, e->worker->host, p->bytes, p->len);
	e->in_bytes -= p->len;
	e->reads_ms = w->now_ms + e->pace_ms;
	hand_over(e, qf_bytes(p->bytes, p->len));
	free(p);
	e->touched = true;
	worker_pass_on(e->worker);
}

/* When the next bytes can be read; UINT64_MAX: none are on their way. */
static uint64_t next_bytes(const struct end *e)
{
	const struct parcel *p;

	if (!e->in.count)
		return UINT64_MAX;
	p = fifo_at(&e->in, 0);
	return p->due_ms > e->reads_ms ? p->due_ms : e->reads_ms;
}

/* Nothing comes any more, and that is known here. */
static bool ends_here(const struct end *e)
{
	const struct cable *c = e->cable;

	if (c->silent)
		return false;
	return c->cut || ((c->torn || e->other->over) && !e->in.count);
}

static void end_acts(struct end *e, struct acts *out)
{
	struct act a = { .host = e->worker->host,
		         .worker = e->worker,
		         .end = e };

	if (e->over)
		return;
	if (ends_here(e))
		acts_add(out, (a.kind = ACT_NOTICE, a));
	else if (next_bytes(e) <= world_of(e)->now_ms &&
	         !worker_full(e->worker))
		acts_add(out, (a.kind = ACT_BYTES, a));
}

/* Of what is on its way to it only so many bytes arrive. */
static void lose_from(struct end *e, size_t bytes)
{
	size_t kept = 0;

	for (size_t n = e->in.count; n > 0; n--) {
		struct parcel *p = fifo_take(&e->in);

		if (p->len > bytes - kept)
			p->len = bytes - kept;
		kept += p->len;
		if (p->len)
			fifo_put(&e->in, p);
		else
			free(p);
	}
	e->in_bytes = kept;
}

void cable_tear(struct cable *c, uint64_t dice)
{
	c->torn = true;
	for (int i = 0; i < 2; i++)
		lose_from(&c->ends[i], dice % (c->ends[i].in_bytes + 1));
	world_tell(c->world, "link %u is cut", c->number);
}

void cable_silence(struct cable *c)
{
	c->silent = true;
	for (int i = 0; i < 2; i++)
		lose_from(&c->ends[i], 0);
	world_tell(c->world, "link %u goes silent", c->number);
}

void cable_acts(struct cable *c, struct acts *out)
{
	end_acts(&c->ends[0], out);
	end_acts(&c->ends[1], out);
}

uint64_t end_wake(const struct end *e)
{
	uint64_t now_ms = world_of(e)->now_ms;
	uint64_t wake, next;

	if (e->over)
		return UINT64_MAX;
	wake = qf_session_wake(&e->session);
	/* What is due waits for the socket. */
	if (!has_window(e) && wake < now_ms + BUSY_MS)
		wake = now_ms + BUSY_MS;
	next = next_bytes(e);
	return next > now_ms && next < wake ? next : wake;
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
