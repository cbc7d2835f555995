/* gauges.h - what a worker is doing, for others to read
 *
 * A worker reads its counters off once a turn; the core thread reads what was
 * published when somebody asks for the status, and need not see all of one
 * moment.
 *
 * Lag is the longest turn of the last two seconds: so long a connection may
 * have waited for all the others of its worker.
 */
#ifndef QF_GAUGES_H
#define QF_GAUGES_H

#include <uv.h>

#include "core/step.h"
#include "desk.h"

struct qf_gauges {
	/* Published. */
	atomic_uint connections;
	_Atomic uint64_t asks; /* that wait at the desk */
	_Atomic uint64_t delivered;
	_Atomic uint64_t bytes_in;
	_Atomic uint64_t bytes_out;
	_Atomic uint64_t lag_us;

	/* The worker's. */
	uint64_t turned_ns; /* end of the last turn */
	uint64_t idle_ns;   /* spent waiting until then, ever */
	uint64_t second_ns; /* when the second began */
	uint64_t lag_ns;    /* of this second, and of the one before */
	uint64_t lag_before_ns;
};

/* Before the loop runs. */
void qf_gauges_init(struct qf_gauges *g, uv_loop_t *loop);
/* The worker's, at the end of each turn. */
void qf_gauges_turn(struct qf_gauges *g, const struct qf_desk *d);
/* Any thread. */
void qf_gauges_read(struct qf_gauges *g, struct qf_worker_status *out);

#endif
