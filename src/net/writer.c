/* writer.c - the store thread: the one that writes */
#include "writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum {
	KEEPS_MAX = 4096,
	EVENTS_MAX = 64,
	RETRY_MIN_MS = 100,
	RETRY_MAX_MS = 5000,
};

int qf_writer_init(struct qf_writer *w, const struct qf_home *home,
                   struct qf_store *store, struct qf_bell *core,
                   atomic_bool *starved)
{
	int rc;

	atomic_init(&w->hurried, false);
	atomic_init(&w->ending, false);
	atomic_init(&w->gave_up, false);
	atomic_init(&w->damaged, false);
	w->home = home;
	w->store = store;
	w->core = core;
	w->starved = starved;
	w->delay_ms = RETRY_MIN_MS;
	if ((rc = qf_bell_init(&w->bell)) ||
	    (rc = qf_mailbox_init(&w->keeps, KEEPS_MAX, &w->bell, core)) ||
	    (rc = qf_mailbox_init(&w->events, EVENTS_MAX, core, &w->bell)))
		return rc;
	qf_outlet_init(&w->out, &w->events);
	return QF_OK;
}

static void give_up(struct qf_writer *w)
{
	atomic_store(&w->gave_up, true);
	qf_bell_ring(w->core);
}

static void starve(struct qf_writer *w)
{
	atomic_store(w->starved, true);
	give_up(w);
}

void qf_writer_damaged(struct qf_writer *w)
{
	atomic_store(&w->damaged, true);
	give_up(w);
	qf_bell_ring(&w->bell);
}

static void tell(struct qf_writer *w, const struct qf_event *event)
{
	struct qf_event *ev = malloc(sizeof *ev);

	if (!ev) {
		starve(w);
		return;
	}
	*ev = *event;
	if (qf_outlet_put(&w->out, ev)) {
		qf_event_drop(ev);
		starve(w);
	}
	qf_outlet_pour(&w->out);
}

/* What waits in the mailbox, behind what has been waiting for its commit. */
static void gather(struct qf_writer *w)
{
	struct qf_keep *k;

	while (w->count < QF_COMMIT_KEEPS_MAX &&
	       (k = qf_mailbox_pop(&w->keeps))) {
		w->batch[w->count++] = *k;
		free(k);
	}
	qf_mailbox_thank(&w->keeps);
}

static void tell_committed(struct qf_writer *w, size_t n)
{
	struct qf_event ev = { .kind = QF_EV_COMMITTED, .keep_count = n };

	ev.keeps = malloc(n * sizeof *ev.keeps);
	if (!ev.keeps) {
		starve(w);
		return;
	}
	memcpy(ev.keeps, w->batch, n * sizeof *ev.keeps);
	w->count -= n;
	memmove(w->batch, w->batch + n, w->count * sizeof *w->batch);
	w->why[0] = 0;
	w->delay_ms = RETRY_MIN_MS;
	tell(w, &ev);
}

static void tell_not_committed(struct qf_writer *w)
{
	struct qf_event ev = { .kind = QF_EV_NOT_COMMITTED };
	char why[sizeof w->why];

	snprintf(why, sizeof why, "%s", qf_store_why(w->store));
	if (!strcmp(why, w->why))
		return;
	strcpy(w->why, why);
	ev.text = strdup(why);
	if (ev.text)
		tell(w, &ev);
	else
		starve(w);
}

static bool over(const struct qf_writer *w)
{
	return atomic_load(&w->gave_up);
}

static void wait_to_retry(struct qf_writer *w)
{
	uint64_t until_ms = qf_host_mono_ms() + w->delay_ms;

	while (!atomic_load(&w->hurried) && qf_host_mono_ms() < until_ms)
		qf_bell_wait(&w->bell, until_ms);
	w->delay_ms *= 2;
	if (w->delay_ms > RETRY_MAX_MS)
		w->delay_ms = RETRY_MAX_MS;
}

static void commit(struct qf_writer *w)
{
	bool last_try = atomic_load(&w->hurried);
	size_t n = qf_store_fit(w->batch, w->count);

	if (qf_home_gone(w->home)) {
		give_up(w);
	} else if (!qf_store_commit(w->store, w->batch, n)) {
		tell_committed(w, n);
	} else if (qf_store_damaged(w->store)) {
		qf_writer_damaged(w);
	} else {
		tell_not_committed(w);
		if (last_try)
			give_up(w);
		else
			wait_to_retry(w);
	}
}

static void *run(void *ctx)
{
	struct qf_writer *w = ctx;

	while (!over(w)) {
		qf_outlet_pour(&w->out);
		gather(w);
		if (w->count)
			commit(w);
		else if (atomic_load(&w->ending))
			break;
		else
			qf_bell_wait(&w->bell, UINT64_MAX);
	}
	return NULL;
}

int qf_writer_start(struct qf_writer *w)
{
	if (pthread_create(&w->thread, NULL, run, w))
		return QF_E_NOMEM;
	pthread_setname_np(w->thread, "qf-store");
	/* On a core that is busy it waits for the end of a time slice instead
	 * of interrupting whoever makes work for it, so that more goes into a
	 * commit. Where a core is free, nothing changes. */
	pthread_setschedparam(w->thread, SCHED_BATCH,
	                      &(struct sched_param){ .sched_priority = 0 });
	w->running = true;
	return QF_OK;
}

void qf_writer_hurry(struct qf_writer *w)
{
	atomic_store(&w->hurried, true);
	qf_bell_ring(&w->bell);
}

void qf_writer_fini(struct qf_writer *w)
{
	if (w->running) {
		atomic_store(&w->ending, true);
		qf_writer_hurry(w);
		pthread_join(w->thread, NULL);
	}
	for (size_t i = 0; i < w->count; i++)
		qf_keep_fini(&w->batch[i]);
	qf_outlet_fini(&w->out, qf_event_drop);
	qf_mailbox_fini(&w->events, qf_event_drop);
	qf_mailbox_fini(&w->keeps, qf_keep_drop);
	qf_bell_fini(&w->bell);
}
