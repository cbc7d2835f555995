/* state.h - what two states of a world must differ in to be two
 *
 * A hash over all that decides what can happen next, walked object by object.
 * Left out are places in memory, caches, times that nobody waits for, copies
 * counted, and what a crash would bring back. Counters count from where they
 * matter: connections from the newest, keeps from the last commit, envelopes of
 * a link from the last that is stored, and an lsn from the lowest cursor that
 * reads on; what is below it is a set. So a network that has been through much,
 * and is now where another began, is the same.
 *
 * For hosts with one worker and one room, links that do not ask for ACKs, and a
 * clock that stands still.
 */
#ifndef QF_SIM_STATE_H
#define QF_SIM_STATE_H

#include "sim/world.h"

/* Never 0. `more` is what the checker itself knows, and counts too. */
uint64_t state_of(const struct world *w, const void *more, size_t len);

#endif
