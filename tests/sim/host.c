/* host.c - one simulated machine: a real node, its workers, and a disk */
#include "sim/host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/law.h"
#include "sim/world.h"

enum { RETRY_MS = 200, COMMITS_MAX = 4 };

struct host *host_new(struct world *world, unsigned number, const char *name,
                      unsigned workers)
{
	uint8_t seed[QF_SEED_BYTES] = { 'h', (uint8_t)number };
	struct host *h = calloc(1, sizeof *h);

	assert(h && workers >= 1 && workers <= WORKERS_MAX);
	h->world = world;
	h->number = number;
	h->worker_count = workers;
	memccpy(h->name, name, 0, sizeof h->name - 1);
	qf_identity_init(&h->identity, seed);
	disk_init(&h->disk, &h->identity);
	h->listens = true;
	return h;
}

struct qf_now host_now(const struct host *h)
{
	uint64_t now_ms = h->world->now_ms;

	return (struct qf_now){
		.mono_ms = now_ms,
		.wall_ms = SIM_WALL_MS + now_ms + (uint64_t)h->clock_ms,
	};
}

static void drop_event(void *item)
{
	qf_event_fini(item);
	free(item);
}

static void drop_effect(void *item)
{
	qf_effect_fini(item);
	free(item);
}

static void drop_keep(void *item)
{
	qf_keep_fini(item);
	free(item);
}

static void drop_read(void *item)
{
	qf_read_free(item);
}

static void worker_boot(struct worker *w, struct host *h, unsigned number)
{
	*w = (struct worker){
		.host = h,
		.number = number,
		.credits = h->world->options.credits,
	};
	qf_carry_init(&w->carry);
	w->client = worker_conn(w);
}

static void worker_crash(struct worker *w)
{
	for (size_t i = 0; i < w->ends.count; i++)
		end_vanish(fifo_at(&w->ends, i));
	while (fifo_take(&w->ends))
		;
	free(w->ends.items);
	fifo_clear(&w->events, drop_event);
	fifo_clear(&w->effects, drop_effect);
	fifo_clear(&w->asked, drop_read);
	fifo_clear(&w->read, drop_read);
	qf_carry_fini(&w->carry);
}

/* Others learn from its record where that is. */
static void listen(struct host *h)
{
	uint8_t address[QF_HERE_ADDRESS_BYTES] = { 0xfd };
	struct qf_event ev = { .kind = QF_EV_LISTENING };

	address[15] = (uint8_t)(h->number + 1);
	memcpy(ev.address.host, h->name, sizeof h->name);
	ev.address.port = SIM_PORT;
	ev.payload = qf_shared_new(address, sizeof address);
	assert(ev.payload);
	host_tell(h, &ev);
	qf_event_fini(&ev);
}

void host_boot(struct host *h)
{
	unsigned hub_each = h->world->options.hub_each;
	struct qf_node_options options = {
		.identity = &h->identity,
		.fallback = h->name,
		.workers = h->worker_count,
		.is_hub = hub_each && h->number % hub_each == hub_each - 1,
		.dial_remembered = true,
		.built_ms = SIM_BUILT_MS,
		.quality = QF_CLOCK_RTC,
	};
	struct qf_event begin = { .kind = QF_EV_TICK };

	assert(!h->up);
	h->up = true;
	h->leaves = h->stopped = false;
	memset(h->told_here, 0, sizeof h->told_here);
	h->boots++;
	world_tell(h->world, "%s starts, with %zu things on its disk", h->name,
	           h->disk.count);
	options.random_seed = world_random(h->world, UINT64_MAX);
	h->node = qf_node_new(&options, host_now(h));
	assert(h->node);
	disk_load(&h->disk, h->node);
	for (unsigned i = 0; i < h->worker_count; i++)
		worker_boot(&h->workers[i], h, i);
	host_tell(h, &begin);
	if (h->world->options.presence)
		listen(h);
	host_settle(h);
}

void host_leave(struct host *h)
{
	struct qf_event stop = { .kind = QF_EV_STOP };

	h->leaves = true;
	host_tell(h, &stop);
	host_settle(h);
}

void host_crash(struct host *h, bool written_stays)
{
	assert(h->up);
	for (unsigned i = 0; i < h->worker_count; i++)
		worker_crash(&h->workers[i]);
	fifo_clear(&h->keeps, drop_keep);
	fifo_clear(&h->commits, drop_event);
	qf_effects_fini(&h->effects);
	qf_node_free(h->node);
	h->node = NULL;
	h->up = false;
	h->retry_ms = 0;
	disk_crash(&h->disk, written_stays);
}

void host_free(struct host *h)
{
	if (h->up)
		host_crash(h, false);
	disk_fini(&h->disk);
	qf_identity_fini(&h->identity);
	for (size_t i = 0; i <= QF_NEWS_NOTICE; i++)
		free(h->said_last[i]);
	free(h);
}

/* The core. */

static void *copy(const void *from, size_t size)
{
	void *to = malloc(size);

	assert(to);
	memcpy(to, from, size);
	return to;
}

static void touch_all(struct worker *w)
{
	for (size_t i = 0; i < w->ends.count; i++)
		((struct end *)fifo_at(&w->ends, i))->touched = true;
}

size_t worker_posts(const struct worker *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->effects.count; i++) {
		const struct qf_effect *fx = fifo_at(&w->effects, i);

		n += fx->kind == QF_FX_POST;
	}
	return n;
}

/* design.md 4, "No deadlock": the core never waits, so a post that does not
 * fit becomes the newest lsn, which the worker looks at by itself. */
static bool post_is_told(struct worker *w, const struct qf_effect *fx)
{
	if (fx->kind != QF_FX_POST ||
	    worker_posts(w) < w->host->world->options.queue)
		return false;
	atomic_store_explicit(&fx->told->lsn, fx->post->last_lsn,
	                      memory_order_release);
	touch_all(w);
	return true;
}

/* In a world that is searched whole, presence would only multiply the states;
 * guests are none. */
static bool is_left_out(const struct host *h, const struct qf_effect *fx)
{
	return (fx->kind == QF_FX_HERE && !h->world->options.presence) ||
	       fx->kind == QF_FX_SELF || fx->kind == QF_FX_DIRECT ||
	       fx->kind == QF_FX_PAGE || fx->kind == QF_FX_VISITOR;
}

/* Takes what the effect owns. */
static void carry_out(struct host *h, struct qf_effect *fx)
{
	struct worker *w = &h->workers[fx->worker];

	if (fx->kind == QF_FX_STOPPED) {
		h->stopped = true;
		return;
	}
	if (is_left_out(h, fx))
		return;
	if (fx->kind == QF_FX_KEEP) {
		law_kept(h, &fx->keep);
		fifo_put(&h->keeps, copy(&fx->keep, sizeof fx->keep));
	} else {
		assert(fx->worker < h->worker_count);
		if (post_is_told(w, fx))
			return;
		fifo_put(&w->effects, copy(fx, sizeof *fx));
	}
	*fx = (struct qf_effect){ .kind = QF_FX_STOPPED };
}

void host_tell(struct host *h, struct qf_event *ev)
{
	qf_node_step(h->node, ev, host_now(h), &h->effects);
	assert(!h->effects.bad);
	for (size_t i = 0; i < h->effects.count; i++)
		carry_out(h, &h->effects.list[i]);
	qf_effects_clear(&h->effects);
}

static void tell_and_drop(struct host *h, struct qf_event *ev)
{
	host_tell(h, ev);
	drop_event(ev);
}

uint64_t host_wake(const struct host *h)
{
	uint64_t wake = qf_node_wake(h->node);

	return h->retry_ms && h->retry_ms < wake ? h->retry_ms : wake;
}

void host_timers(struct host *h)
{
	struct qf_event tick = { .kind = QF_EV_TICK };

	if (h->retry_ms && h->retry_ms <= h->world->now_ms)
		h->retry_ms = 0;
	if (qf_node_wake(h->node) <= h->world->now_ms)
		host_tell(h, &tick);
	assert(host_wake(h) > h->world->now_ms); /* it would wake for ever */
	host_settle(h); /* of which something may be due at once */
}

/* The store. */

static struct qf_event *store_event(enum qf_event_kind kind)
{
	struct qf_event *ev = calloc(1, sizeof *ev);

	assert(ev);
	ev->kind = kind;
	return ev;
}

static struct qf_event *commit_failed(struct host *h)
{
	struct qf_event *ev = store_event(QF_EV_NOT_COMMITTED);
	const char *why = h->disk.full ? "the disk is full" : "the disk failed";

	ev->text = strdup(why);
	h->retry_ms = h->world->now_ms + RETRY_MS;
	h->world->faults[h->disk.full ? FAULT_FULL : FAULT_ERROR]++;
	world_tell(h->world, "%s cannot commit: %s", h->name, why);
	return ev;
}

static void store_commits(struct host *h)
{
	size_t n = disk_fit(&h->keeps, h->world->options.batch);
	struct qf_event *ev;

	if (disk_commit(&h->disk, &h->keeps, n)) {
		ev = commit_failed(h);
	} else {
		world_mark(h->world, h, &h->disk.count, sizeof h->disk.count);
		ev = store_event(QF_EV_COMMITTED);
		ev->keeps = malloc(n * sizeof *ev->keeps);
		assert(ev->keeps);
		while (ev->keep_count < n) {
			struct qf_keep *k = fifo_take(&h->keeps);

			ev->keeps[ev->keep_count++] = *k;
			free(k);
		}
	}
	fifo_put(&h->commits, ev);
}

/* A worker. */

qf_conn worker_conn(struct worker *w)
{
	return (uint64_t)w->number << 48 | ++w->opened;
}

struct end *worker_end(const struct worker *w, qf_conn conn)
{
	for (size_t i = 0; i < w->ends.count; i++) {
		struct end *e = fifo_at(&w->ends, i);

		if (e->session.conn == conn)
			return e;
	}
	return NULL;
}

static bool is_question(enum qf_event_kind kind)
{
	return kind == QF_EV_FOLLOW || kind == QF_EV_TURN_ASKED ||
	       kind == QF_EV_ARRIVED || kind == QF_EV_COMMAND;
}

static bool pass_event_on(struct worker *w, struct qf_event *ev)
{
	struct end *e = worker_end(w, ev->conn);

	if (w->events.count == w->host->world->options.queue ||
	    (is_question(ev->kind) && !w->credits))
		return false;
	if (is_question(ev->kind)) {
		w->credits--;
		if (e)
			e->credits++;
	}
	fifo_put(&w->events, copy(ev, sizeof *ev));
	return true;
}

/* A row of the store never changes, so it does not matter when it is read;
 * what comes after an lsn does. */
static void pass_read_on(struct worker *w, struct qf_read *read)
{
	if (read->kind == QF_READ_AFTER) {
		fifo_put(&w->asked, read);
		return;
	}
	disk_read(&w->host->disk, read);
	fifo_put(&w->read, read);
}

void worker_pass_on(struct worker *w)
{
	struct qf_carry *c = &w->carry;
	size_t done = 0;

	assert(!c->bad);
	for (; done < c->ask_count; done++) {
		struct qf_ask *ask = &c->asks[done];

		if (ask->kind == QF_ASK_READ)
			pass_read_on(w, ask->read);
		else if (!pass_event_on(w, &ask->event))
			break;
	}
	if (!done)
		return;
	c->ask_count -= done;
	memmove(c->asks, c->asks + done, c->ask_count * sizeof *c->asks);
}

bool worker_full(const struct worker *w)
{
	return w->carry.ask_count >= w->host->world->options.asks;
}

struct worker *host_desk(struct host *h)
{
	return &h->workers[h->worker_count - 1];
}

void host_ask(struct host *h, struct qf_command *c)
{
	struct worker *w = host_desk(h);
	struct qf_event *ev = qf_carry_tell(&w->carry, QF_EV_COMMAND,
	                                    w->client);

	assert(ev);
	ev->command = c;
	worker_pass_on(w);
	host_settle(h);
}

static void give_credit_back(struct worker *w, struct end *e)
{
	if (e) {
		assert(e->credits);
		e->credits--;
	}
	w->credits++;
}

static void tell_end(struct worker *w, struct end *e, struct qf_effect *fx)
{
	qf_session_told(&e->session, fx, w->host->world->now_ms);
	e->touched = true;
}

static void take_post(struct worker *w, struct qf_effect *fx)
{
	qf_carry_post(&w->carry, fx->post);
	fx->post = NULL;
	touch_all(w);
}

static void take_room(struct worker *w, struct qf_effect *fx)
{
	qf_carry_room(&w->carry, &fx->room, fx->name);
	for (size_t i = 0; i < w->ends.count; i++)
		tell_end(w, fifo_at(&w->ends, i), fx);
}

/* For one link, or for all. */
static void take_here(struct worker *w, struct end *e, struct qf_effect *fx)
{
	if (e)
		tell_end(w, e, fx);
	for (size_t i = 0; !fx->conn && i < w->ends.count; i++)
		tell_end(w, fifo_at(&w->ends, i), fx);
}

void worker_take(struct worker *w, struct qf_effect *fx)
{
	struct end *e = worker_end(w, fx->conn);

	switch (fx->kind) {
	case QF_FX_PAIR:
	case QF_FX_TURN:
	case QF_FX_DONE:
		/* Who has gone has given its credits back. */
		if (e)
			give_credit_back(w, e);
		if (e)
			tell_end(w, e, fx);
		break;
	case QF_FX_PROBE:
	case QF_FX_PRUNE:
	case QF_FX_GRAFT:
	case QF_FX_SEND:
	case QF_FX_HAD:
	case QF_FX_DROP:
		if (e)
			tell_end(w, e, fx);
		break;
	case QF_FX_ANSWER:
		give_credit_back(w, NULL);
		world_answered(w->host, fx->answer);
		break;
	case QF_FX_HERE:
		take_here(w, e, fx);
		break;
	case QF_FX_POST:
		take_post(w, fx);
		break;
	case QF_FX_ROOM:
		take_room(w, fx);
		break;
	case QF_FX_CLOCK:
		w->carry.clock = fx->clock;
		break;
	case QF_FX_DIAL:
		world_dial(w, fx);
		break;
	case QF_FX_NEWS:
		if (w == host_desk(w->host))
			world_news(w->host, fx->news);
		break;
	default:
		assert(!"an effect for a worker");
	}
	drop_effect(fx);
}

static void take_read(struct worker *w, struct qf_read *read)
{
	struct end *e = worker_end(w, read->conn);

	if (e) {
		qf_session_got(&e->session, read, w->host->world->now_ms);
		e->touched = true;
	}
	qf_read_free(read);
}

static void reader_reads(struct worker *w)
{
	struct qf_read *read = fifo_take(&w->asked);

	disk_read(&w->host->disk, read);
	fifo_put(&w->read, read);
}

/* What may happen. */

static void worker_acts(struct worker *w, bool core_waits, struct acts *out)
{
	struct act a = { .host = w->host, .worker = w };

	if (w->effects.count)
		acts_add(out, (a.kind = ACT_EFFECT, a));
	if (w->read.count)
		acts_add(out, (a.kind = ACT_GOT, a));
	if (w->asked.count)
		acts_add(out, (a.kind = ACT_READ, a));
	if (w->events.count && !core_waits)
		acts_add(out, (a.kind = ACT_EVENT, a));
	a.kind = ACT_PULL;
	for (size_t i = 0; i < w->ends.count; i++) {
		a.end = fifo_at(&w->ends, i);
		if (end_pulls(a.end))
			acts_add(out, a);
	}
}

void host_acts(struct host *h, struct acts *out)
{
	bool core_waits = h->keeps.count >= h->world->options.keeps;
	struct act a = { .host = h };

	if (!h->up)
		return;
	if (h->commits.count)
		acts_add(out, (a.kind = ACT_COMMITTED, a));
	for (unsigned i = 0; i < h->worker_count; i++)
		worker_acts(&h->workers[i], core_waits, out);
	if (h->keeps.count && h->commits.count < COMMITS_MAX && !h->retry_ms)
		acts_add(out, (a.kind = ACT_STORE, a));
}

void host_act(const struct act *a)
{
	struct host *h = a->host;
	struct worker *w = a->worker;

	switch (a->kind) {
	case ACT_COMMITTED:
		tell_and_drop(h, fifo_take(&h->commits));
		break;
	case ACT_STORE:
		store_commits(h);
		break;
	case ACT_EVENT:
		tell_and_drop(h, fifo_take(&w->events));
		break;
	case ACT_EFFECT:
		worker_take(w, fifo_take(&w->effects));
		break;
	case ACT_READ:
		reader_reads(w);
		break;
	case ACT_GOT:
		take_read(w, fifo_take(&w->read));
		break;
	default:
		end_pull(a->end);
	}
	for (unsigned i = 0; i < h->worker_count; i++)
		worker_pass_on(&h->workers[i]);
}

void host_settle(struct host *h)
{
	struct acts *acts = &h->world->acts;

	if (h->steps || !h->up)
		return;
	for (;;) {
		struct act first;

		acts->count = 0;
		host_acts(h, acts);
		if (!acts->count)
			return;
		first = acts->list[0];
		host_act(&first);
	}
}
