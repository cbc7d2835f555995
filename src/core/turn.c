/* turn.c - whose turn it is to reconcile a room */
#include "turn.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

void qf_turn_fini(struct qf_turn *t)
{
	free(t->waiting);
	*t = (struct qf_turn){ 0 };
}

static bool is_others(const struct qf_turn *t, qf_conn conn)
{
	return t->holder && t->holder != conn;
}

bool qf_turn_busy(const struct qf_turn *t, qf_conn conn, uint64_t now_ms)
{
	return is_others(t, conn) && now_ms < t->held_ms + QF_TURN_MS;
}

int qf_turn_ask(struct qf_turn *t, qf_conn conn, bool holds, uint64_t now_ms)
{
	if (!qf_list_room(&t->waiting, t->count, &t->cap, sizeof *t->waiting))
		return QF_E_NOMEM;
	t->waiting[t->count++] = (struct qf_waiting){ conn, holds, now_ms };
	return QF_OK;
}

static void leave(struct qf_turn *t, size_t i)
{
	t->count--;
	memmove(&t->waiting[i], &t->waiting[i + 1],
	        (t->count - i) * sizeof *t->waiting);
}

void qf_turn_over(struct qf_turn *t, qf_conn conn)
{
	if (t->holder == conn)
		t->holder = 0;
	for (size_t i = t->count; i-- > 0;)
		if (t->waiting[i].conn == conn)
			leave(t, i);
}

qf_conn qf_turn_next(struct qf_turn *t, uint64_t now_ms)
{
	qf_conn conn;

	if (!t->count)
		return 0;
	conn = t->waiting[0].conn;
	if (is_others(t, conn) && now_ms < t->waiting[0].asked_ms + QF_TURN_MS)
		return 0;
	if (t->waiting[0].holds) {
		t->holder = conn;
		t->held_ms = now_ms;
	}
	leave(t, 0);
	return conn;
}

uint64_t qf_turn_wake(const struct qf_turn *t)
{
	return t->count ? t->waiting[0].asked_ms + QF_TURN_MS : UINT64_MAX;
}
