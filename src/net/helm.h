/* helm.h - the core thread: takes events, steps the node, does its effects
 *
 * It never waits for anyone. What the store does not take waits here, and as
 * long as anything does, no events of workers are taken, so that it stays
 * little; workers then keep their asks and stop reading (worker.h). What a
 * worker does not take waits here too, except posts, which become "up to lsn
 * N" (tail.h), and news, which is left out from some point on, except of
 * persons, and then that is said. The rest is bounded by credits, rooms and
 * links.
 *
 * When memory is out, here or in a worker, or the store gives up, it ends by
 * itself and ends all workers: who uses the node sees its connection close.
 */
#ifndef QF_HELM_H
#define QF_HELM_H

#include <pthread.h>

#include "core/node.h"
#include "outlet.h"
#include "seeker.h"
#include "worker.h"
#include "writer.h"

/* To one worker. */
struct qf_way {
	struct qf_worker *worker; /* borrowed */
	struct qf_outlet effects;
	size_t news_missed;
};

struct qf_helm {
	pthread_t thread;
	bool running;
	struct qf_bell bell;
	atomic_bool *starved;      /* borrowed: memory is out */
	struct qf_node *node;      /* borrowed */
	struct qf_effects effects; /* of one step */
	uint64_t quality_ms;       /* when the clock's quality is due */

	struct qf_seeker *seeker; /* borrowed, set before start; or NULL */
	struct qf_address self;   /* where we listen */
	bool moved;               /* the seeker has not been told */
	struct qf_writer *writer; /* borrowed */
	struct qf_outlet keeps;   /* to it */
	struct qf_way *ways;      /* by worker */
	unsigned way_count;
	struct qf_mailbox orders; /* struct qf_event, from the engine */

	atomic_bool stopping; /* the engine wishes it */
	bool stopped; /* the node has said so, or it is of no use any more */
};

/* In zeroed memory but for the bell, which the others know already: they are
 * made, and not yet started. On an error fini is still due. */
int qf_helm_init(struct qf_helm *h, atomic_bool *starved, struct qf_node *node,
                 struct qf_writer *writer, struct qf_worker *workers,
                 unsigned worker_count);
/* Before the start, or from one other thread, the seeker's: takes what the
 * event owns. QF_E_NOMEM: nothing was taken. */
int qf_helm_order(struct qf_helm *h, const struct qf_event *ev);
int qf_helm_start(struct qf_helm *h);
/* What was accepted is stored and answered, the rest refused; then the workers
 * are told to end, and so does the thread. */
void qf_helm_stop(struct qf_helm *h);
void qf_helm_fini(struct qf_helm *h);

#endif
