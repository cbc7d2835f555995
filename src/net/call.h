/* call.h - one dial, carried out: look up, connect, hand over to a link
 *
 * The addresses of a name are tried in turn, each for QF_DIAL_MS. A socket that
 * is connected becomes a link, which from then on answers for the dial; if
 * there is none, DIAL_FAILED says why the last try failed.
 *
 * Threads: one worker's.
 */
#ifndef QF_CALL_H
#define QF_CALL_H

#include "desk.h"
#include "link.h"

void qf_call_start(struct qf_desk *desk, const struct qf_dialled *dialled);
/* The worker ends: none of those under way will be heard of. */
void qf_call_cancel_all(struct qf_desk *desk);

#endif
