/* door.h - whoever came by the port, until it is known what it is
 *
 *   KNOCKING  nothing has come; the first byte says TLS or plain text
 *   QUEUEING  its address has offended: handshakes there take turns (penalty.h)
 *   SHAKING   the TLS handshake; a node becomes a link
 *   TALKING   the first bytes say which gateway; it is told where it came to
 *   ENDING    it was answered, and may read that for LINGER_MS
 *
 * A visitor that has not said in QF_GREETING_MS what it wants is closed. It
 * costs a socket and at most FIRST_BYTES of what it said, QUEUEING at most
 * QF_HELLO_BYTES_MAX.
 *
 * How a gateway plugs in: it has a kind of its own (socket.h) and in the table
 * of door.c a function that makes its owner of a socket and of the bytes that
 * came first, and calls qf_socket_become(). From then on it is served like any
 * other; whether there is TLS below (s->tls) changes nothing for it.
 *
 * Threads: one worker's.
 */
#ifndef QF_DOOR_H
#define QF_DOOR_H

#include "desk.h"

/* Takes an accepted socket. On an error the descriptor is still the caller's.
 * QF_E_NOMEM, QF_E_LIMIT. */
int qf_door_open(struct qf_desk *desk, int fd);

#endif
