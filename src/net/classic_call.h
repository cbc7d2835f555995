/* classic_call.h - going to a host that speaks the original's protocol
 *
 * The first connection brings the five digits of a port, the second goes there
 * and becomes a guest (classic_guest.h). A host that has let one in does not
 * listen again by itself: a refusal, a reset and silence are all ordinary. It
 * is tried once, and never probed, for any connection counts as a client there.
 * What went wrong is told (CLASSIC_LOST).
 *
 * Threads: one worker's.
 */
#ifndef QF_CLASSIC_CALL_H
#define QF_CLASSIC_CALL_H

#include "desk.h"

void qf_classic_call(struct qf_desk *desk, const struct qf_address *address,
                     const char *room);

#endif
