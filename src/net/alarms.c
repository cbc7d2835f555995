/* alarms.c - when each socket of a desk is to be woken: one timer for them all
 */
#include "alarms.h"

#include <assert.h>
#include <stdlib.h>

#include "core/list.h"
#include "host.h"
#include "socket.h"

/* The heap: none is due before the one at (i - 1) / 2. */

static void put(struct qf_alarms *a, size_t i, struct qf_alarm alarm)
{
	a->heap[i] = alarm;
	alarm.socket->alarm = i + 1;
}

static void rise(struct qf_alarms *a, size_t i, struct qf_alarm alarm)
{
	for (size_t up; i; i = up) {
		up = (i - 1) / 2;
		if (a->heap[up].at_ms <= alarm.at_ms)
			break;
		put(a, i, a->heap[up]);
	}
	put(a, i, alarm);
}

static void sink(struct qf_alarms *a, size_t i, struct qf_alarm alarm)
{
	for (size_t down; (down = 2 * i + 1) < a->count; i = down) {
		if (down + 1 < a->count &&
		    a->heap[down + 1].at_ms < a->heap[down].at_ms)
			down++;
		if (alarm.at_ms <= a->heap[down].at_ms)
			break;
		put(a, i, a->heap[down]);
	}
	put(a, i, alarm);
}

void qf_alarms_drop(struct qf_alarms *a, struct qf_socket *s)
{
	size_t i = s->alarm - 1;
	struct qf_alarm last;

	if (!s->alarm)
		return;
	s->alarm = 0;
	last = a->heap[--a->count];
	if (last.socket == s)
		return;
	if (i && last.at_ms < a->heap[(i - 1) / 2].at_ms)
		rise(a, i, last);
	else
		sink(a, i, last);
}

/* The timer. */

static void on_timer(uv_timer_t *timer);

static void wait_for_first(struct qf_alarms *a, uint64_t from_ms)
{
	uint64_t at_ms = a->heap[0].at_ms, now_ms = qf_host_mono_ms();

	if (at_ms < from_ms)
		at_ms = from_ms;
	uv_update_time(a->timer.loop);
	uv_timer_start(&a->timer, on_timer, at_ms > now_ms ? at_ms - now_ms : 0,
	               0);
}

/* Whoever asks to be woken at once while others are has to wait, so that the
 * loop goes on. */
static void on_timer(uv_timer_t *timer)
{
	struct qf_alarms *a = timer->data;
	uint64_t now_ms = qf_host_mono_ms();

	for (size_t most = a->count; most && a->count; most--) {
		struct qf_socket *s = a->heap[0].socket;

		if (a->heap[0].at_ms > now_ms)
			break;
		qf_alarms_drop(a, s);
		s->kind->ring(s);
		qf_desk_touch(s->desk, s);
	}
	if (a->count)
		wait_for_first(a, qf_host_mono_ms() + 1);
}

bool qf_alarms_reserve(struct qf_alarms *a, size_t count)
{
	return !count ||
	       qf_list_room(&a->heap, count - 1, &a->cap, sizeof *a->heap);
}

void qf_alarms_set(struct qf_alarms *a, struct qf_socket *s, uint64_t at_ms)
{
	struct qf_alarm alarm = { at_ms, s };

	if (s->alarm && a->heap[s->alarm - 1].at_ms <= at_ms)
		return;
	assert(s->alarm || a->count < a->cap);
	rise(a, s->alarm ? s->alarm - 1 : a->count++, alarm);
	/* While the machine slept libuv's clock stood still, and ours did not:
	 * then the first is due, and its timer has not run out. */
	if (s->alarm == 1 || a->heap[0].at_ms <= qf_host_mono_ms())
		wait_for_first(a, 0);
}

void qf_alarms_init(struct qf_alarms *a, uv_loop_t *loop)
{
	*a = (struct qf_alarms){ .count = 0 };
	uv_timer_init(loop, &a->timer);
	a->timer.data = a;
}

void qf_alarms_close(struct qf_alarms *a)
{
	uv_close((uv_handle_t *)&a->timer, NULL);
}

void qf_alarms_fini(struct qf_alarms *a)
{
	assert(!a->count);
	free(a->heap);
}
