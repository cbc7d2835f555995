/* law.h - what must hold in every simulated world
 *
 * At any moment: nothing of an envelope is sent, acknowledged or said to be
 * stored before it is on that disk, and no copy is counted that is not there.
 * After the network heals: all replicas are equal, what was said to be stored
 * is on each of them once, and no author's numbers have a gap.
 */
#ifndef QF_SIM_LAW_H
#define QF_SIM_LAW_H

#include "core/wire.h"
#include "sim/world.h"

/* The first law that is broken is the one to look at. */
void law_broken(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void law_sent(struct end *from, const struct qf_frame *frame);
void law_came(struct end *to, const struct qf_frame *frame);
void law_stored(struct host *h, const struct qf_answer *a);
void law_copies(struct host *h, const struct qf_news *n);
/* True: healed. Otherwise `wrong` says what is missing. */
bool law_healed(struct world *w);

#endif
