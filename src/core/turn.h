/* turn.h - whose turn it is to reconcile a room
 *
 * One link reconciles a room at a time, so a backlog comes once; whoever has
 * waited QF_TURN_MS goes on all the same, and so does everyone behind a holder
 * that has taken that long (sync.md 1.4). Whoever only sums the room up waits
 * in the same line, and holds nothing. Pure.
 */
#ifndef QF_TURN_H
#define QF_TURN_H

#include "step.h"

struct qf_waiting {
	qf_conn conn;
	bool holds; /* it reconciles then; otherwise it only sums up */
	uint64_t asked_ms;
};

struct qf_turn {
	qf_conn holder;             /* 0: free */
	uint64_t held_ms;           /* since then */
	struct qf_waiting *waiting; /* oldest first */
	size_t count;
	size_t cap;
};

void qf_turn_fini(struct qf_turn *t);
/* Get in line. QF_E_NOMEM: nothing changed. */
int qf_turn_ask(struct qf_turn *t, qf_conn conn, bool holds, uint64_t now_ms);
/* Another holds it, and may: it does not take too long. */
bool qf_turn_busy(const struct qf_turn *t, qf_conn conn, uint64_t now_ms);
/* That conn is done or gone, wherever it stood. */
void qf_turn_over(struct qf_turn *t, qf_conn conn);
/* Who may go on now, taken off the line; 0: nobody. Call until 0. */
qf_conn qf_turn_next(struct qf_turn *t, uint64_t now_ms);
uint64_t qf_turn_wake(const struct qf_turn *t);

#endif
