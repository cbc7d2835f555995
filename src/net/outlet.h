/* outlet.h - a producer's end of a mailbox: takes all, keeps the order
 *
 * What does not fit into the mailbox waits here and is poured in as it makes
 * room. Whoever owns an outlet limits what it is given by other means: by
 * credits, or by not taking on more work while something waits.
 *
 * Threads: the producer's.
 */
#ifndef QF_OUTLET_H
#define QF_OUTLET_H

#include "mailbox.h"

struct qf_outlet {
	struct qf_mailbox *to; /* borrowed */
	void **waiting;        /* a ring of cap, a power of two or 0 */
	size_t first;
	size_t count;
	size_t cap;
};

void qf_outlet_init(struct qf_outlet *o, struct qf_mailbox *to);
void qf_outlet_fini(struct qf_outlet *o, void (*drop)(void *item));
/* Takes the item; QF_E_NOMEM: it is still the caller's. */
int qf_outlet_put(struct qf_outlet *o, void *item);
/* Move on what waits, and ring. */
void qf_outlet_pour(struct qf_outlet *o);
/* The i-th that waits, i < count, 0 is the oldest. */
void **qf_outlet_at(struct qf_outlet *o, size_t i);

#endif
