/* client.h - a program that uses this node: a local socket and the API on it
 *
 * A client that closes its sending half still gets the answers to what it
 * asked; after them it is closed.
 *
 * Threads: one worker's.
 */
#ifndef QF_CLIENT_H
#define QF_CLIENT_H

#include "socket.h"

/* Takes a connected local socket. On an error it is still the caller's.
 * QF_E_NOMEM, QF_E_LIMIT. */
int qf_client_open(struct qf_desk *desk, int fd);

#endif
