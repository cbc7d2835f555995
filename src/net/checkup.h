/* checkup.h - an exam of this machine (exam.h), beside the loop of a worker
 *
 * It takes seconds and blocks, so it has a thread of its own. One at a time.
 *
 * Memory: the caller owns the struct, zeroed, and keeps it until it is stopped.
 * Threads: the loop's.
 */
#ifndef QF_CHECKUP_H
#define QF_CHECKUP_H

#include <pthread.h>
#include <uv.h>

#include "bell.h"
#include "exam.h"

struct qf_checkup {
	bool running;
	pthread_t thread;
	struct qf_bell done; /* rung by the thread at its end */
	struct qf_bell stop; /* rung for the thread: nobody wants to know */
	uv_poll_t ring;
	struct qf_facts facts;
	void (*found)(void *ctx, const struct qf_facts *facts);
	void *ctx;
};

/* found is called once, unless it is stopped before. False: there is no thread
 * or descriptor for it, and nothing has begun. */
bool qf_checkup_start(struct qf_checkup *c, uv_loop_t *loop,
                      void (*found)(void *ctx, const struct qf_facts *facts),
                      void *ctx);
/* Of no effect if none is running. */
void qf_checkup_stop(struct qf_checkup *c);

#endif
