/* alarms.h - when each socket of a desk is to be woken: one timer for them all
 *
 * A binary heap of times. A timer of libuv's in each socket would be 152 bytes
 * more of each connection.
 *
 * Threads: one worker's.
 */
#ifndef QF_ALARMS_H
#define QF_ALARMS_H

#include <stdbool.h>
#include <uv.h>

struct qf_socket;

struct qf_alarm {
	uint64_t at_ms;
	struct qf_socket *socket;
};

struct qf_alarms {
	uv_timer_t timer; /* at the first of them, or before */
	struct qf_alarm *heap;
	size_t count;
	size_t cap;
};

void qf_alarms_init(struct qf_alarms *a, uv_loop_t *loop);
/* While the loop runs: it ends only when the timer is closed. */
void qf_alarms_close(struct qf_alarms *a);
void qf_alarms_fini(struct qf_alarms *a);

/* There is room for so many. False: out of memory. */
bool qf_alarms_reserve(struct qf_alarms *a, size_t count);
/* Its kind's ring is called at that time. An earlier one that was asked for
 * stays: to ring too early costs little. */
void qf_alarms_set(struct qf_alarms *a, struct qf_socket *s, uint64_t at_ms);
void qf_alarms_drop(struct qf_alarms *a, struct qf_socket *s);

#endif
