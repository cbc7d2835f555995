/* classic_guest.h - a socket that speaks the original program's protocol
 *
 * It is the second connection, after the hand-off (classic_host.h,
 * classic_call.h). It ends when the other side leaves or its connection does,
 * when the gateway says so, when bytes of ours are not acknowledged
 * (pulse.h), or when a frame is not taken for QF_CLASSIC_STUCK_MS.
 *
 * Threads: one worker's.
 */
#ifndef QF_CLASSIC_GUEST_H
#define QF_CLASSIC_GUEST_H

#include "gateway/classic.h"
#include "socket.h"

/* Takes a connected socket; `from` is where people find the other side. On an
 * error the descriptor is still the caller's. QF_E_NOMEM, QF_E_LIMIT. */
int qf_classic_guest_open(struct qf_desk *desk, int fd,
                          enum qf_classic_role role, const char *room,
                          const struct qf_address *from);
/* Going to a classic host has failed. */
void qf_classic_tell_lost(struct qf_desk *desk,
                          const struct qf_address *address, const char *why);

#endif
