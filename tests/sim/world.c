/* world.c - a whole network in one thread: machines, cables, time, chance */
#include "sim/world.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "sim/law.h"

enum {
	BEGIN_MS = 1000,
	NOBODY_MS = 100,        /* until a dial learns that nobody is there */
	ACTS_AT_ONCE = 1 << 24, /* more in one moment is a loop */
};

struct world_options world_defaults(uint64_t seed)
{
	return (struct world_options){
		.seed = seed,
		.queue = 1024,
		.credits = 256,
		.asks = 256,
		.keeps = 4096,
		.batch = 1024,
		.window = 256 * 1024,
		.latency_ms = 1,
	};
}

struct world *world_new(const struct world_options *o)
{
	struct world *w = calloc(1, sizeof *w);

	assert(w);
	w->options = *o;
	w->now_ms = BEGIN_MS;
	w->random = o->seed * 2654435761u + 1;
	qf_idmap_init(&w->said_by_id, 0);
	return w;
}

static void free_cable(void *item)
{
	cable_free(item);
}

void world_free(struct world *w)
{
	fifo_clear(&w->cables, free_cable);
	for (unsigned i = 0; i < w->host_count; i++)
		host_free(w->hosts[i]);
	fifo_clear(&w->dials, free);
	qf_idmap_fini(&w->said_by_id);
	qf_roots_fini(&w->roots);
	free(w->said);
	free(w->acts.list);
	free(w);
}

/* xorshift64* (Vigna 2016). */
uint64_t world_random(struct world *w, uint64_t below)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (w->random * UINT64_C(2685821657736338717) >> 8) % below;
}

void world_mark(struct world *w, const struct host *h, const void *data,
                size_t len)
{
	uint8_t key[crypto_shorthash_KEYBYTES];
	uint64_t when = w->now_ms << 8 | h->number;

	memcpy(key, &w->hash, sizeof w->hash);
	memcpy(key + sizeof w->hash, &when, sizeof when);
	crypto_shorthash((uint8_t *)&w->hash, data, len, key);
}

void world_tell(struct world *w, const char *format, ...)
{
	va_list args;

	if (!w->narration)
		return;
	fprintf(w->narration, "[%8.3f] ", (double)w->now_ms / 1000);
	va_start(args, format);
	vfprintf(w->narration, format, args);
	va_end(args);
	fputc('\n', w->narration);
}

struct host *world_host(struct world *w, const char *name, unsigned workers)
{
	struct host *h = host_new(w, w->host_count, name, workers);

	assert(w->host_count < HOSTS_MAX);
	w->hosts[w->host_count++] = h;
	host_boot(h);
	return h;
}

/* Clients. */

static size_t ask(struct host *h, struct qf_command *c)
{
	struct world *w = h->world;
	size_t request = w->said_count;
	bool fits = qf_list_room(&w->said, w->said_count, &w->said_cap,
	                         sizeof *w->said);

	assert(fits);
	c->request = request;
	w->said[w->said_count++] = (struct said){
		.host = h, .boot = h->boots, .kind = c->kind, .nonce = c->nonce
	};
	host_ask(h, c);
	return request;
}

static struct qf_command *command(enum qf_command_kind kind)
{
	struct qf_command *c = calloc(1, sizeof *c);

	assert(c);
	c->kind = kind;
	return c;
}

size_t world_join(struct host *h, const char *room)
{
	struct qf_command *c = command(QF_CMD_JOIN);

	c->room = strdup(room);
	return ask(h, c);
}

static struct qf_command *say(const char *room, const char *text)
{
	struct qf_command *c = command(QF_CMD_SAY);

	c->room = strdup(room);
	c->text = strdup(text);
	c->type = QF_TYPE_TEXT;
	return c;
}

size_t world_say(struct host *h, const char *room, const char *text)
{
	return ask(h, say(room, text));
}

size_t world_say_once(struct host *h, const char *room, const char *text,
                      uint64_t nonce)
{
	struct qf_command *c = say(room, text);

	c->has_nonce = true;
	memcpy(c->nonce.b, &nonce, sizeof nonce);
	return ask(h, c);
}

size_t world_connect(struct host *h, const struct host *to)
{
	struct qf_command *c = command(QF_CMD_CONNECT);

	memccpy(c->address.host, to->name, 0, QF_HOST_BYTES_MAX);
	c->address.port = SIM_PORT;
	return ask(h, c);
}

struct said *world_said(struct world *w, size_t request)
{
	assert(request < w->said_count);
	return &w->said[request];
}

void world_answered(struct host *h, const struct qf_answer *a)
{
	struct world *w = h->world;
	struct said *s = world_said(w, a->request);
	int rc;

	assert(s->state == SAID_ASKED);
	s->state = a->kind == QF_ANS_REFUSED  ? SAID_REFUSED
	           : a->kind == QF_ANS_QUEUED ? SAID_QUEUED
	                                      : SAID_STORED;
	if (a->code)
		memccpy(s->code, a->code, 0, sizeof s->code - 1);
	if (s->state == SAID_QUEUED) {
		w->drafts++;
		world_tell(w, "%s says that its request %llu is queued",
		           h->name, (unsigned long long)a->request);
	}
	if (a->kind != QF_ANS_STORED)
		return;
	s->room = a->room;
	s->id = a->id;
	s->lsn = a->lsn;
	law_stored(h, &a->id, a->lsn);
	world_tell(w, "%s says that its request %llu is stored", h->name,
	           (unsigned long long)a->request);
	rc = qf_idmap_set(&w->said_by_id, a->id.b, a->request);
	assert(!rc);
}

void world_news(struct host *h, const struct qf_news *n)
{
	uint64_t request;

	h->news[n->kind]++;
	free(h->said_last[n->kind]);
	h->said_last[n->kind] = n->text ? strdup(n->text) : NULL;
	if (n->kind == QF_NEWS_PERSON)
		law_person(h, n);
	if (n->kind == QF_NEWS_STORED)
		law_stored(h, &n->id, n->lsn);
	if (n->kind != QF_NEWS_COPIES)
		return;
	law_copies(h, n);
	if (qf_idmap_get(&h->world->said_by_id, n->id.b, &request))
		world_said(h->world, request)->copies = n->number;
}

/* Dials. */

void world_dial(struct worker *w, const struct qf_effect *fx)
{
	struct world *world = w->host->world;
	struct dialling *d = malloc(sizeof *d);

	assert(d);
	*d = (struct dialling){
		.due_ms = world->now_ms + NOBODY_MS,
		.worker = w,
		.boot = w->host->boots,
		.number = fx->number,
		.address = fx->address,
		.expects_key = fx->expects_key,
		.key = fx->key,
	};
	fifo_put(&world->dials, d);
}

/* By its name, or by what its record says (host.c). */
static bool is_at(const struct host *h, const char *address)
{
	char number[16];

	snprintf(number, sizeof number, "fd00::%x", h->number + 1);
	return !strcmp(h->name, address) || !strcmp(number, address);
}

static struct host *listener(struct world *w, const struct dialling *d)
{
	for (unsigned i = 0; i < w->host_count; i++) {
		struct host *h = w->hosts[i];

		if (is_at(h, d->address.host) && h->up && h->listens &&
		    d->address.port == SIM_PORT &&
		    !w->apart[d->worker->host->number][i])
			return h;
	}
	return NULL;
}

static void dial_failed(const struct dialling *d, enum qf_cause cause,
                        const char *why)
{
	struct worker *w = d->worker;
	struct qf_event *ev = qf_carry_tell(&w->carry, QF_EV_DIAL_FAILED,
	                                    worker_conn(w));

	assert(ev);
	ev->number = d->number;
	ev->cause = cause;
	ev->text = strdup(why);
	worker_pass_on(w);
	host_settle(w->host);
}

static void dial(struct world *w, const struct dialling *d)
{
	struct host *h = listener(w, d);

	if (!d->worker->host->up || d->worker->host->boots != d->boot)
		return;
	if (!h)
		dial_failed(d, QF_CAUSE_OTHER, "nobody answers there");
	else if (d->expects_key && !qf_key_equal(&h->identity.key, &d->key))
		dial_failed(d, QF_CAUSE_KEY, "another key answers there");
	else
		cable_new(w, d->worker, d->number,
		          &h->workers[w->cables_made % h->worker_count]);
}

static void dials_due(struct world *w)
{
	while (w->dials.count) {
		struct dialling *d = fifo_at(&w->dials, 0);

		if (d->due_ms > w->now_ms)
			return;
		fifo_take(&w->dials);
		dial(w, d);
		free(d);
	}
}

/* Cables. */

struct cable *world_link(struct host *from, struct host *to)
{
	return cable_new(from->world, &from->workers[0], 0, &to->workers[0]);
}

void world_cut(struct cable *c)
{
	c->cut = true;
}

void world_cut_all(struct world *w)
{
	for (size_t i = 0; i < w->cables.count; i++)
		world_cut(fifo_at(&w->cables, i));
}

static bool joins(const struct cable *c, const struct host *a,
                  const struct host *b)
{
	const struct host *from = c->ends[0].worker->host;
	const struct host *to = c->ends[1].worker->host;

	return (from == a && to == b) || (from == b && to == a);
}

void world_part(struct host *a, struct host *b, bool apart)
{
	struct world *w = a->world;

	w->apart[a->number][b->number] = apart;
	w->apart[b->number][a->number] = apart;
	for (size_t i = 0; apart && i < w->cables.count; i++) {
		struct cable *c = fifo_at(&w->cables, i);

		if (joins(c, a, b))
			world_cut(c);
	}
}

static void go_down(struct host *h, bool written_stays)
{
	struct world *w = h->world;

	host_crash(h, written_stays);
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].host == h && w->said[i].state == SAID_ASKED)
			w->said[i].state = SAID_LOST;
}

void world_crash(struct host *h, bool written_stays)
{
	struct world *w = h->world;

	world_tell(w, "%s crashes%s", h->name,
	           written_stays && h->disk.written > h->disk.count
	                   ? ", and what the failed commit wrote is there"
	                   : "");
	w->faults[FAULT_CRASH]++;
	go_down(h, written_stays);
}

void world_leave(struct host *h)
{
	world_tell(h->world, "%s is told to stop", h->name);
	host_leave(h);
}

static void let_go(struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++) {
		struct host *h = w->hosts[i];

		if (!h->up || !h->stopped)
			continue;
		world_tell(w, "%s has left", h->name);
		w->faults[FAULT_LEFT]++;
		go_down(h, false);
	}
}

static void free_dead_cables(struct world *w)
{
	for (size_t n = w->cables.count; n > 0; n--) {
		struct cable *c = fifo_take(&w->cables);

		if (c->ends[0].over && c->ends[1].over)
			cable_free(c);
		else
			fifo_put(&w->cables, c);
	}
}

/* What happens. */

void acts_add(struct acts *to, struct act a)
{
	bool fits = qf_list_room(&to->list, to->count, &to->cap,
	                         sizeof *to->list);

	assert(fits);
	to->list[to->count++] = a;
}

void world_acts(struct world *w)
{
	w->acts.count = 0;
	for (unsigned i = 0; i < w->host_count; i++)
		host_acts(w->hosts[i], &w->acts);
	for (size_t i = 0; i < w->cables.count; i++)
		cable_acts(fifo_at(&w->cables, i), &w->acts);
}

void world_act(struct world *w, struct act a)
{
	if (a.kind == ACT_BYTES)
		end_take_bytes(a.end);
	else if (a.kind == ACT_NOTICE)
		end_notice(a.end);
	else
		host_act(&a);
	host_settle(a.host);
	if (a.kind == ACT_NOTICE)
		free_dead_cables(w);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_wake(const struct world *w)
{
	uint64_t wake = UINT64_MAX;

	for (unsigned i = 0; i < w->host_count; i++)
		if (w->hosts[i]->up)
			wake = earlier(wake, host_wake(w->hosts[i]));
	for (size_t i = 0; i < w->cables.count; i++) {
		const struct cable *c = fifo_at(&w->cables, i);

		wake = earlier(wake, end_wake(&c->ends[0]));
		wake = earlier(wake, end_wake(&c->ends[1]));
	}
	if (w->dials.count)
		wake = earlier(
			wake,
			((struct dialling *)fifo_at(&w->dials, 0))->due_ms);
	return wake;
}

static void timers(struct world *w)
{
	let_go(w);
	for (unsigned i = 0; i < w->host_count; i++)
		if (w->hosts[i]->up)
			host_timers(w->hosts[i]);
	for (size_t i = 0; i < w->cables.count; i++) {
		struct cable *c = fifo_at(&w->cables, i);

		end_timers(&c->ends[0]);
		end_timers(&c->ends[1]);
	}
	dials_due(w);
	free_dead_cables(w);
}

/* False: there is nothing to do at this moment. */
static bool act_once(struct world *w)
{
	struct act a;

	world_acts(w);
	if (!w->acts.count)
		return false;
	a = w->acts.list[world_random(w, w->acts.count)];
	if (a.kind == ACT_BYTES && w->cut_at && w->arrivals == w->cut_at - 1) {
		w->cut_at = 0;
		world_cut_all(w);
		return true;
	}
	world_act(w, a);
	return true;
}

void world_run_ms(struct world *w, uint64_t ms)
{
	uint64_t until = w->now_ms + ms;
	unsigned long acts = 0;

	for (;;) {
		uint64_t next;

		while (!w->wrong[0] && act_once(w))
			assert(++acts < ACTS_AT_ONCE);
		if (w->wrong[0])
			return;
		next = next_wake(w);
		if (next > until)
			break;
		acts = 0;
		if (next > w->now_ms)
			w->now_ms = next;
		timers(w);
	}
	w->now_ms = until;
}
