/* guest.h - who came by the port with an IRC client
 *
 * Threads: one worker's.
 */
#ifndef QF_GUEST_H
#define QF_GUEST_H

#include "socket.h"

/* A visitor turned out to speak IRC; `first` is what it has said. */
void qf_guest_adopt(struct qf_socket *s, struct qf_bytes first);
/* Touch whoever is owed something. */
void qf_guests_touch(struct qf_desk *d);

#endif
