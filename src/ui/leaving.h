/* leaving.h - what is said to who leaves before all of it is stored
 *
 * A node of another process goes on with what it was given, so who repeats
 * that says it twice; a node of this process ends with it.
 *
 * Memory: the caller owns the struct, which begins as zeros.
 */
#ifndef QF_LEAVING_H
#define QF_LEAVING_H

#include "saying.h"

enum { QF_LEAVING_PATIENCE_MS = 1000, QF_LEAVING_BYTES = 200 };

struct qf_leaving {
	bool waits;
	bool told;
	uint64_t since_ms;
};

/* At the end of the input. True: say `words`, as it takes a while. */
bool qf_leaving_look(struct qf_leaving *l, const struct qf_saying *w,
                     uint64_t now_ms, char words[QF_LEAVING_BYTES]);
/* When what is asked for is given up, QF_NEVER: not yet. */
uint64_t qf_leaving_deadline(const struct qf_leaving *l);
/* When to look again, QF_NEVER: never. */
uint64_t qf_leaving_wake(const struct qf_leaving *l);
/* What becomes of that which is not stored, behind what names it. */
void qf_leaving_complain(const struct qf_saying *w);

#endif
