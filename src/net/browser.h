/* browser.h - a browser at the port: a socket, and the web on it
 *
 * Threads: one worker's.
 */
#ifndef QF_BROWSER_H
#define QF_BROWSER_H

#include "socket.h"

/* Becomes it, with what it said first; whoever it was for until now releases
 * its own. QF_E_NOMEM: nothing has changed. */
int qf_browser_adopt(struct qf_socket *s, struct qf_bytes first);

#endif
