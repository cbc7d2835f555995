/* worker.c - a network thread: its connections, and its ways to the others */
#include "worker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "browser.h"
#include "call.h"
#include "classic_call.h"
#include "client.h"
#include "door.h"
#include "gateway/irc.h"
#include "guest.h"
#include "host.h"
#include "link.h"

enum {
	ARRIVALS_MAX = 256,
	GRACE_MS = 1000,
};

static void drop_arrival(void *arrival)
{
	close(((struct qf_arrival *)arrival)->fd);
	free(arrival);
}

/* From the core. */

static void told(struct qf_worker *w, struct qf_effect *fx)
{
	struct qf_socket *s = qf_desk_find(&w->desk, fx->conn);

	if (s && !s->closed && s->kind->told)
		s->kind->told(s, fx);
}

static void tell_each(struct qf_worker *w, struct qf_effect *fx,
                      enum qf_crowd crowd)
{
	struct qf_socket *s = w->desk.crowds[crowd];

	for (; s; s = s->crowd_next)
		if (!s->closed)
			s->kind->told(s, fx);
}

static struct qf_carried *know_room(struct qf_worker *w, struct qf_effect *fx)
{
	struct qf_carried *room;

	room = qf_carry_room(&w->desk.carry, &fx->room, fx->name);
	if (room && fx->direct && !room->direct) {
		qf_carry_direct(room, fx->direct);
		fx->direct = NULL;
	}
	return room;
}

static void come(struct qf_worker *w, struct qf_effect *fx)
{
	struct qf_carried *room = know_room(w, fx);

	if (!room)
		return;
	room->left = false;
	tell_each(w, fx, QF_CROWD_LINKS);
	tell_each(w, fx, QF_CROWD_CLIENTS);
	qf_hall_posted(w->desk.hall, &fx->room);
}

static void leave_room(struct qf_worker *w, const struct qf_effect *fx)
{
	struct qf_carried *room = qf_carry_find(&w->desk.carry, &fx->room);

	if (room)
		room->left = true;
}

/* The tail is for the whole worker, so it begins even if whoever asked for the
 * pair has gone: the core counts this worker in. */
static void join_room(struct qf_worker *w, struct qf_effect *fx)
{
	struct qf_carried *room;
	bool is_new;

	if (!fx->told)
		return;
	is_new = !qf_carry_find(&w->desk.carry, &fx->room);
	room = know_room(w, fx);
	if (!room)
		return;
	/* Had we not left it, it would have been told of first. */
	if (is_new)
		room->left = true;
	qf_carry_pair(room, fx->snapshot->lsn, fx->told);
	fx->told = NULL;
}

static void dial(struct qf_worker *w, const struct qf_effect *fx)
{
	struct qf_dialled dialled = {
		.number = fx->number,
		.address = fx->address,
		.expects_key = fx->expects_key,
		.key = fx->key,
	};

	if (!w->leaving)
		qf_call_start(&w->desk, &dialled, &qf_call_link);
}

/* This machine. */

static void tell_facts(void *ctx, const struct qf_facts *facts)
{
	struct qf_worker *w = ctx;
	struct qf_event *ev = qf_carry_tell(&w->desk.carry, QF_EV_EXAMINED, 0);

	if (!ev || !facts)
		return;
	ev->facts = malloc(sizeof *ev->facts);
	if (ev->facts)
		*ev->facts = *facts;
}

static void examine(struct qf_worker *w)
{
	if (w->leaving ||
	    !qf_checkup_start(&w->checkup, &w->loop, tell_facts, w))
		tell_facts(w, NULL);
}

static void carry_out(struct qf_worker *w, struct qf_effect *fx)
{
	qf_outbox_answered(&w->outbox, fx);
	switch (fx->kind) {
	case QF_FX_PAIR:
		join_room(w, fx);
		qf_hall_told(w->desk.hall, fx);
		told(w, fx);
		break;
	case QF_FX_TELL:
	case QF_FX_MARKS:
	case QF_FX_VISITOR:
		qf_hall_told(w->desk.hall, fx);
		break;
	case QF_FX_DONE:
	case QF_FX_ANSWER:
	case QF_FX_TURN:
	case QF_FX_PROBE:
	case QF_FX_PRUNE:
	case QF_FX_GRAFT:
	case QF_FX_SEND:
	case QF_FX_HAD:
	case QF_FX_DIRECT:
	case QF_FX_DROP:
	case QF_FX_PASS:
		told(w, fx);
		break;
	case QF_FX_POST:
		qf_desk_touch_room(&w->desk,
		                   qf_carry_post(&w->desk.carry, fx->post));
		fx->post = NULL;
		qf_hall_posted(w->desk.hall, &fx->room);
		break;
	case QF_FX_ROOM:
		come(w, fx);
		break;
	case QF_FX_UNROOM:
		leave_room(w, fx);
		qf_hall_told(w->desk.hall, fx);
		break;
	case QF_FX_HERE:
		if (fx->conn)
			told(w, fx);
		else
			tell_each(w, fx, QF_CROWD_LINKS);
		break;
	case QF_FX_SELF:
		qf_desk_name(&w->desk, fx->text ? fx->text : "",
		             fx->address.port);
		qf_hall_told(w->desk.hall, fx);
		break;
	case QF_FX_CLOCK:
		w->desk.carry.clock = fx->clock;
		break;
	case QF_FX_EXAM:
		examine(w);
		break;
	case QF_FX_HOST:
	case QF_FX_UNHOST:
	case QF_FX_IRC_HOST:
	case QF_FX_CLASSIC_HOST:
	case QF_FX_CLASSIC_UNHOST:
		qf_gates_told(&w->gates, fx);
		break;
	case QF_FX_PAGE:
		w->desk.page = *fx->page;
		break;
	case QF_FX_NEWS:
		tell_each(w, fx, QF_CROWD_CLIENTS);
		qf_hall_told(w->desk.hall, fx);
		break;
	case QF_FX_DIAL:
		dial(w, fx);
		break;
	case QF_FX_CLASSIC_CALL:
		if (!w->leaving)
			qf_classic_call(&w->desk, &fx->address, fx->name);
		break;
	case QF_FX_KEEP:
	case QF_FX_STOPPED:
		assert(!"an effect for a worker");
	}
}

static void take_effects(struct qf_worker *w)
{
	struct qf_effect *fx = NULL;

	w->desk.hall->now = qf_host_now();
	for (int i = 0; i < QF_EFFECTS_MAX; i++) {
		fx = qf_mailbox_pop(&w->effects);
		if (!fx)
			break;
		carry_out(w, fx);
		qf_effect_drop(fx);
	}
	qf_mailbox_thank(&w->effects);
	if (fx) /* sockets have their turn first */
		qf_bell_ring(&w->bell);
}

static void take_reads(struct qf_worker *w)
{
	struct qf_read *r;

	while ((r = qf_mailbox_pop(&w->fetcher.fetched))) {
		struct qf_socket *s = qf_desk_find(&w->desk, r->conn);

		qf_outbox_fetched(&w->outbox, r);
		if (r->conn == w->desk.hall->conn)
			qf_hall_got(w->desk.hall, r);
		if (s && !s->closed && s->kind->got)
			s->kind->got(s, r);
		qf_read_free(r);
	}
	qf_mailbox_thank(&w->fetcher.fetched);
}

/* Who comes. */

static void adopt(struct qf_worker *w, const struct qf_arrival *a)
{
	int rc = a->local ? qf_client_open(&w->desk, a->fd)
	                  : qf_door_open(&w->desk, a->fd);

	if (rc)
		close(a->fd);
}

static void take_arrivals(struct qf_worker *w, struct qf_mailbox *from)
{
	struct qf_arrival *a;

	while ((a = qf_mailbox_pop(from))) {
		if (w->leaving)
			close(a->fd);
		else
			adopt(w, a);
		free(a);
	}
}

static void accepted(void *ctx, int fd, bool local)
{
	struct qf_worker *first = ctx;
	struct qf_worker *w = qf_worker_least(first->all, first->count);

	if (w == first)
		adopt(w, &(struct qf_arrival){ fd, local });
	else if (!qf_worker_hand(&w->accepted, fd, local))
		close(fd);
}

static void starving(void *ctx, const char *why)
{
	struct qf_worker *w = ctx;
	struct qf_news news = { .kind = QF_NEWS_NOTICE };
	struct qf_effect fx = { .kind = QF_FX_NEWS, .news = &news };

	if (asprintf(&news.text, "nobody new can be let in just now: %s", why) <
	    0)
		return;
	tell_each(w, &fx, QF_CROWD_CLIENTS);
	free(news.text);
}

int qf_worker_listen(struct qf_worker *w, int fd, bool local)
{
	return qf_gates_open(&w->gates, fd, local);
}

struct qf_worker *qf_worker_least(struct qf_worker *all, unsigned count)
{
	struct qf_worker *least = all;

	for (unsigned i = 1; i < count; i++)
		if (atomic_load(&all[i].load) < atomic_load(&least->load))
			least = &all[i];
	atomic_fetch_add(&least->load, 1);
	return least;
}

bool qf_worker_hand(struct qf_mailbox *by, int fd, bool local)
{
	struct qf_arrival *a = malloc(sizeof *a);

	if (!a)
		return false;
	*a = (struct qf_arrival){ fd, local };
	if (!qf_mailbox_push(by, a)) {
		free(a);
		return false;
	}
	qf_mailbox_ring(by);
	return true;
}

/* The end. */

static void each_socket(struct qf_worker *w, bool leave)
{
	for (size_t i = 0; i < w->desk.seat_count; i++) {
		struct qf_socket *s = w->desk.seats[i];

		if (s && leave)
			s->kind->leave(s);
		else if (s)
			s->kind->close(s);
	}
}

static void close_all(struct qf_worker *w)
{
	each_socket(w, false);
}

static void on_grace(uv_timer_t *grace)
{
	close_all(grace->data);
}

static void stop_listening(struct qf_worker *w)
{
	qf_gates_close(&w->gates);
	qf_call_cancel_all(&w->desk);
	qf_checkup_stop(&w->checkup);
}

static void begin_to_leave(struct qf_worker *w)
{
	if (w->leaving)
		return;
	w->leaving = true;
	stop_listening(w);
	each_socket(w, true);
	uv_update_time(&w->loop);
	uv_timer_start(&w->grace, on_grace, GRACE_MS, 0);
}

static void close_own(struct qf_worker *w)
{
	uv_close((uv_handle_t *)&w->ring, NULL);
	uv_close((uv_handle_t *)&w->prepare, NULL);
	uv_close((uv_handle_t *)&w->idle, NULL);
	uv_close((uv_handle_t *)&w->later, NULL);
	uv_close((uv_handle_t *)&w->grace, NULL);
	qf_desk_close(&w->desk);
}

/* Without memory nothing can be promised any more; the helm sees that we are
 * deaf, and ends the others. */
static void out_of_memory(struct qf_worker *w)
{
	atomic_store(w->starved, true);
	w->leaving = true;
	stop_listening(w);
	close_all(w);
}

/* Whoever asked for accounts before they were known. */
static void serve_who_waited(struct qf_worker *w)
{
	if (!w->desk.hall->ready || w->greeted)
		return;
	w->greeted = true;
	w->desk.all_touched = true;
}

/* The loop. */

static void on_ring(uv_poll_t *ring, int status, int events)
{
	struct qf_worker *w = ring->data;

	(void)status;
	(void)events;
	qf_bell_answer(&w->bell);
	take_effects(w);
	take_reads(w);
	take_arrivals(w, &w->accepted);
	take_arrivals(w, &w->handed);
	if (atomic_exchange(&w->behind, false)) {
		qf_desk_touch_behind(&w->desk);
		qf_hall_posted(w->desk.hall, NULL);
	}
	if (atomic_load(&w->ending))
		begin_to_leave(w);
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

/* What is due of persons is told at the end of the turn. */
static void on_later(uv_timer_t *later)
{
	(void)later;
}

static void catch_up(struct qf_worker *w)
{
	struct qf_hall *hall = w->desk.hall;
	uint64_t next;

	if (!hall->people_due && !hall->again_ms)
		return;
	hall->now = qf_host_now();
	next = qf_hall_catch_up(hall);
	if (next == UINT64_MAX)
		return;
	uv_update_time(&w->loop);
	uv_timer_start(&w->later, on_later, next - hall->now.mono_ms, 0);
}

static void end_turn(uv_prepare_t *prepare)
{
	struct qf_worker *w = prepare->data;
	struct qf_desk *d = &w->desk;
	bool helps;

	if (d->carry.bad)
		out_of_memory(w);
	else {
		qf_outbox_move(&w->outbox);
		catch_up(w);
		qf_guests_touch(d);
		serve_who_waited(w);
		qf_link_feed(d);
		qf_desk_turn(d);
		qf_hall_flushed(d->hall);
		qf_guests_touch(d);
		qf_outbox_move(&w->outbox);
	}
	qf_outbox_ring(&w->outbox);
	/* Its own are served: now for those of others. */
	helps = qf_aid_turn(&d->aids.all[d->worker]);
	atomic_store(&w->load, (unsigned)d->sockets);
	qf_gauges_turn(&w->gauges, d);
	if (helps || qf_desk_restless(d))
		uv_idle_start(&w->idle, on_idle);
	else
		uv_idle_stop(&w->idle);
	if (w->leaving && !d->sockets && !d->calls)
		close_own(w);
}

static void *run(void *ctx)
{
	struct qf_worker *w = ctx;

	uv_run(&w->loop, UV_RUN_DEFAULT);
	atomic_store(&w->deaf, true);
	qf_bell_ring(w->events.consumer);
	return NULL;
}

/* Beginning and end, on the engine's thread. */

static int init_mailboxes(struct qf_worker *w, struct qf_bell *core)
{
	int rc;

	if ((rc = qf_mailbox_init(&w->events, QF_EVENTS_MAX, core, &w->bell)) ||
	    (rc = qf_mailbox_init(&w->effects, QF_EFFECTS_MAX, &w->bell,
	                          core)) ||
	    (rc = qf_mailbox_init(&w->accepted, ARRIVALS_MAX, &w->bell, NULL)))
		return rc;
	return qf_mailbox_init(&w->handed, ARRIVALS_MAX, &w->bell, NULL);
}

static void init_handles(struct qf_worker *w)
{
	uv_poll_init(&w->loop, &w->ring, w->bell.fd);
	uv_prepare_init(&w->loop, &w->prepare);
	uv_idle_init(&w->loop, &w->idle);
	uv_timer_init(&w->loop, &w->later);
	uv_timer_init(&w->loop, &w->grace);
	w->ring.data = w;
	w->prepare.data = w;
	w->grace.data = w;
	uv_poll_start(&w->ring, UV_READABLE, on_ring);
	uv_prepare_start(&w->prepare, end_turn);
}

static bool init_hall(struct qf_worker *w, const struct qf_worker_options *o)
{
	struct qf_hall_options options = {
		.worker = o->index,
		.workers = o->count,
		.server = o->irc_name,
		.replay = o->irc_replay,
		.line_ms = o->irc_line_ms,
		.no_plain = o->irc_no_plain,
		.trusted = o->irc_trusted,
		.trusted_count = o->irc_trusted_count,
		.unknown = &o->all[0].irc_unknown,
	};
	uint64_t chance;

	for (size_t i = 0; i < sizeof options.seed; i += sizeof chance) {
		chance = qf_host_random();
		memcpy(options.seed + i, &chance, sizeof chance);
	}
	w->desk.hall = qf_hall_new(&w->desk.carry, &options);
	if (w->desk.hall)
		qf_hall_self(w->desk.hall, o->key);
	return w->desk.hall;
}

static void fini_desk(struct qf_worker *w)
{
	uv_loop_close(&w->loop);
	qf_desk_fini(&w->desk);
}

int qf_worker_init(struct qf_worker *w, const struct qf_worker_options *o)
{
	struct qf_aids aids = { o->aids, o->count };
	int rc;

	w->starved = o->starved;
	w->all = o->all;
	w->count = o->count;
	if ((rc = qf_bell_init(&w->bell)) ||
	    (rc = init_mailboxes(w, o->core)) ||
	    (rc = qf_fetcher_init(&w->fetcher, o->store_path, o->writer,
	                          &w->bell)))
		return rc;
	if (uv_loop_init(&w->loop))
		return QF_E_IO;
	qf_gauges_init(&w->gauges, &w->loop);
	aids.all[o->index].bell = &w->bell;
	qf_desk_init(&w->desk, &w->loop, o->index, o->tls, &aids);
	w->desk.carry.story = o->story;
	if (!init_hall(w, o)) {
		qf_desk_close(&w->desk);
		uv_run(&w->loop, UV_RUN_DEFAULT);
		fini_desk(w);
		return QF_E_NOMEM;
	}
	w->gates = (struct qf_gates){
		.desk = &w->desk,
		.ctx = w,
		.accepted = accepted,
		.starving = starving,
	};
	qf_outbox_init(&w->outbox, &w->desk, &w->events, &w->fetcher.asked);
	init_handles(w);
	w->ready = true;
	return QF_OK;
}

int qf_worker_start(struct qf_worker *w)
{
	char name[16];

	if (qf_fetcher_start(&w->fetcher) ||
	    pthread_create(&w->thread, NULL, run, w))
		return QF_E_NOMEM;
	snprintf(name, sizeof name, "qf-net-%u", w->desk.worker);
	pthread_setname_np(w->thread, name);
	w->running = true;
	return QF_OK;
}

void qf_worker_end(struct qf_worker *w)
{
	atomic_store(&w->ending, true);
	qf_bell_ring(&w->bell);
}

void qf_worker_join(struct qf_worker *w)
{
	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
}

/* One that never ran still has to close what init opened. */
static void fini_loop(struct qf_worker *w)
{
	if (!uv_is_closing((uv_handle_t *)&w->ring)) {
		stop_listening(w);
		close_own(w);
		uv_run(&w->loop, UV_RUN_DEFAULT);
	}
	fini_desk(w);
}

void qf_worker_fini(struct qf_worker *w)
{
	qf_worker_join(w);
	if (w->ready)
		fini_loop(w);
	qf_fetcher_fini(&w->fetcher);
	qf_mailbox_fini(&w->events, qf_event_drop);
	qf_mailbox_fini(&w->effects, qf_effect_drop);
	qf_mailbox_fini(&w->accepted, drop_arrival);
	qf_mailbox_fini(&w->handed, drop_arrival);
	qf_bell_fini(&w->bell);
}
