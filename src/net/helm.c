/* helm.c - the core thread: takes events, steps the node, does its effects */
#include "helm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum {
	ORDERS_MAX = 4096, /* at a start: addresses to connect, rooms to join */
	ROUND_MAX = 64, /* events of one worker before the next has its turn */
	NEWS_WAITING_MAX = 1024,
};

static void out_of_memory(struct qf_helm *h)
{
	h->stopped = true;
	atomic_store(h->starved, true);
}

/* Effects. Who puts something into an outlet has given it away, so copies are
 * whole before. */

static void keep(struct qf_helm *h, struct qf_effect *fx)
{
	struct qf_keep *k = malloc(sizeof *k);

	if (k)
		*k = fx->keep;
	if (!k || qf_outlet_put(&h->keeps, k)) {
		free(k);
		out_of_memory(h);
		return;
	}
	*fx = (struct qf_effect){ .kind = fx->kind };
}

/* Posts leave room to what cannot be left out. */
static bool has_room_for_post(const struct qf_way *way)
{
	return !way->effects.count &&
	       qf_queue_free(&way->worker->effects.queue) > QF_EFFECTS_RESERVED;
}

static void tell_behind(struct qf_way *way, const struct qf_effect *fx)
{
	atomic_store(&fx->told->lsn, fx->post->last_lsn);
	atomic_store(&way->worker->behind, true);
	qf_bell_ring(&way->worker->bell);
}

/* The node knows nothing of threads and files. */
static void describe_workers(struct qf_helm *h, struct qf_status *s)
{
	s->files_max = qf_host_files_max();
	s->workers = calloc(h->way_count, sizeof *s->workers);
	if (!s->workers) {
		out_of_memory(h);
		return;
	}
	s->worker_count = h->way_count;
	for (unsigned i = 0; i < h->way_count; i++) {
		struct qf_way *way = &h->ways[i];
		struct qf_worker *w = way->worker;

		qf_gauges_read(&w->gauges, &s->workers[i]);
		s->workers[i].to_core = qf_queue_depth(&w->events.queue);
		s->workers[i].from_core = qf_queue_depth(&w->effects.queue) +
		                          way->effects.count;
	}
}

/* A hall knows by nothing else who is here. Of these there cannot be very many:
 * what links bring of people has a pace (core/presence.h), and of whether the
 * disk can be written is told as often as it is tried. */
static bool may_be_left_out(const struct qf_news *n)
{
	return n->kind != QF_NEWS_PERSON && n->kind != QF_NEWS_SELF &&
	       n->kind != QF_NEWS_TROUBLE && n->kind != QF_NEWS_TROUBLE_OVER;
}

static void pass_on(struct qf_helm *h, struct qf_effect *fx)
{
	struct qf_way *way = &h->ways[fx->worker];
	struct qf_effect *copy;

	if (fx->kind == QF_FX_POST && !has_room_for_post(way)) {
		tell_behind(way, fx);
		return;
	}
	if (fx->kind == QF_FX_NEWS && may_be_left_out(fx->news) &&
	    (way->news_missed || way->effects.count >= NEWS_WAITING_MAX)) {
		way->news_missed++;
		return;
	}
	if (fx->kind == QF_FX_ANSWER && fx->answer->kind == QF_ANS_STATUS)
		describe_workers(h, fx->answer->status);
	copy = malloc(sizeof *copy);
	if (copy)
		*copy = *fx;
	if (!copy || qf_outlet_put(&way->effects, copy)) {
		free(copy);
		out_of_memory(h);
		return;
	}
	*fx = (struct qf_effect){ .kind = fx->kind };
}

static void carry_out(struct qf_helm *h)
{
	for (size_t i = 0; i < h->effects.count; i++) {
		struct qf_effect *fx = &h->effects.list[i];

		if (fx->kind == QF_FX_SELF) {
			h->self = fx->address;
			h->moved = true;
		}
		if (fx->kind == QF_FX_KEEP)
			keep(h, fx);
		else if (fx->kind == QF_FX_STOPPED)
			h->stopped = true;
		else
			pass_on(h, fx);
	}
	qf_effects_clear(&h->effects);
}

static void step(struct qf_helm *h, struct qf_event *ev)
{
	qf_node_step(h->node, ev, qf_host_now(), &h->effects);
	qf_event_fini(ev);
	if (h->effects.bad)
		out_of_memory(h);
	else
		carry_out(h);
}

/* Events. */

static bool take_one(struct qf_helm *h, struct qf_mailbox *from)
{
	struct qf_event *ev = h->stopped ? NULL : qf_mailbox_pop(from);

	if (!ev)
		return false;
	step(h, ev);
	free(ev);
	return true;
}

/* What the store and the engine say is taken always: it ends waiting. */
static void take_all(struct qf_helm *h, struct qf_mailbox *from)
{
	while (take_one(h, from))
		continue;
	qf_mailbox_thank(from);
}

/* A worker's are taken as long as nothing waits for the store. True: there may
 * be more. */
static bool take_some(struct qf_helm *h, struct qf_mailbox *from)
{
	int taken = 0;

	while (taken < ROUND_MAX && !h->keeps.count && take_one(h, from))
		taken++;
	qf_mailbox_thank(from);
	return taken == ROUND_MAX;
}

static bool take_round(struct qf_helm *h)
{
	bool more = false;

	take_all(h, &h->writer->events);
	take_all(h, &h->orders);
	for (unsigned i = 0; i < h->way_count; i++)
		more |= take_some(h, &h->ways[i].worker->events);
	return more;
}

/* Whether the clock is synchronised is asked as often as peers' clocks are. */
static void look_at_clock(struct qf_helm *h)
{
	struct qf_event quality = { .kind = QF_EV_QUALITY };

	if (h->stopped || qf_host_mono_ms() < h->quality_ms)
		return;
	h->quality_ms = qf_host_mono_ms() + QF_CLOCK_MS;
	quality.number = qf_host_clock_quality();
	step(h, &quality);
}

static uint64_t wake_ms(const struct qf_helm *h)
{
	uint64_t wake = qf_node_wake(h->node);

	return h->quality_ms < wake ? h->quality_ms : wake;
}

static void tick(struct qf_helm *h)
{
	struct qf_event tick = { .kind = QF_EV_TICK };
	struct qf_event stop = { .kind = QF_EV_STOP };

	if (!h->stopped && qf_node_wake(h->node) <= qf_host_mono_ms())
		step(h, &tick);
	if (!h->stopped && atomic_exchange(&h->stopping, false)) {
		step(h, &stop);
		qf_writer_hurry(h->writer);
	}
}

/* News that was left out is told of as soon as there is room for it. */
static void tell_missed(struct qf_helm *h, struct qf_way *way)
{
	struct qf_effect fx = { .kind = QF_FX_NEWS };
	size_t missed = way->news_missed;

	if (!missed || way->effects.count)
		return;
	way->news_missed = 0;
	fx.worker = (unsigned)(way - h->ways);
	fx.news = calloc(1, sizeof *fx.news);
	if (!fx.news) {
		out_of_memory(h);
		return;
	}
	fx.news->kind = QF_NEWS_NOTICE;
	if (asprintf(&fx.news->text,
	             "%zu pieces of news were left out: there were too many",
	             missed) < 0)
		fx.news->text = NULL;
	pass_on(h, &fx);
	qf_effect_fini(&fx);
}

/* Wake whoever has something to do. True: something still waits here. */
static bool pour(struct qf_helm *h)
{
	bool waits = false;

	qf_outlet_pour(&h->keeps);
	for (unsigned i = 0; i < h->way_count; i++) {
		tell_missed(h, &h->ways[i]);
		qf_outlet_pour(&h->ways[i].effects);
		waits |= h->ways[i].effects.count &&
		         !atomic_load(&h->ways[i].worker->deaf);
	}
	return waits;
}

/* Whoever hears of us may come at once, so the workers know first. */
static void publish(struct qf_helm *h)
{
	if (h->moved && h->seeker)
		qf_seeker_publish(h->seeker, &h->self);
	h->moved = false;
}

/* A worker that has ended before it was told to is not coming back. */
static bool is_over(const struct qf_helm *h)
{
	for (unsigned i = 0; i < h->way_count; i++)
		if (atomic_load(&h->ways[i].worker->deaf))
			return true;
	return h->stopped || atomic_load(&h->writer->gave_up);
}

static void *run(void *ctx)
{
	struct qf_helm *h = ctx;

	while (!is_over(h)) {
		bool more = take_round(h);

		tick(h);
		look_at_clock(h);
		pour(h);
		publish(h);
		if (more || h->stopped)
			continue;
		qf_bell_wait(&h->bell, wake_ms(h));
		/* The store may have made room; then events are taken. */
		pour(h);
	}
	/* The last answers reach their workers, then these may go. */
	while (pour(h))
		qf_bell_wait(&h->bell, UINT64_MAX);
	for (unsigned i = 0; i < h->way_count; i++)
		qf_worker_end(h->ways[i].worker);
	return NULL;
}

/* Beginning and end, on the engine's thread. */

int qf_helm_init(struct qf_helm *h, atomic_bool *starved, struct qf_node *node,
                 struct qf_writer *writer, struct qf_worker *workers,
                 unsigned worker_count)
{
	h->starved = starved;
	h->node = node;
	h->writer = writer;
	h->quality_ms = qf_host_mono_ms() + QF_CLOCK_MS;
	h->ways = calloc(worker_count, sizeof *h->ways);
	if (!h->ways)
		return QF_E_NOMEM;
	h->way_count = worker_count;
	for (unsigned i = 0; i < worker_count; i++) {
		h->ways[i].worker = &workers[i];
		qf_outlet_init(&h->ways[i].effects, &workers[i].effects);
	}
	qf_outlet_init(&h->keeps, &writer->keeps);
	return qf_mailbox_init(&h->orders, ORDERS_MAX, &h->bell, NULL);
}

int qf_helm_order(struct qf_helm *h, const struct qf_event *ev)
{
	struct qf_event *copy = malloc(sizeof *copy);

	if (!copy)
		return QF_E_NOMEM;
	*copy = *ev;
	if (!qf_mailbox_push(&h->orders, copy)) {
		free(copy);
		return QF_E_NOMEM;
	}
	qf_mailbox_ring(&h->orders);
	return QF_OK;
}

int qf_helm_start(struct qf_helm *h)
{
	if (pthread_create(&h->thread, NULL, run, h))
		return QF_E_NOMEM;
	pthread_setname_np(h->thread, "qf-core");
	h->running = true;
	return QF_OK;
}

void qf_helm_stop(struct qf_helm *h)
{
	if (!h->running)
		return;
	atomic_store(&h->stopping, true);
	qf_bell_ring(&h->bell);
	pthread_join(h->thread, NULL);
	h->running = false;
}

void qf_helm_fini(struct qf_helm *h)
{
	for (unsigned i = 0; i < h->way_count; i++)
		qf_outlet_fini(&h->ways[i].effects, qf_effect_drop);
	free(h->ways);
	qf_outlet_fini(&h->keeps, qf_keep_drop);
	qf_effects_fini(&h->effects);
	qf_mailbox_fini(&h->orders, qf_event_drop);
}
