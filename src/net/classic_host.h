/* classic_host.h - where programs that speak the original's protocol come in
 *
 * Who connects is told the five digits of another port, on which it has to come
 * back: that is how the original does it. Such a port listens for that one
 * caller until it is back, at most QF_CLASSIC_GREETING_MS, and only its address
 * is let in. The first port listens all the while, so nobody who only connects
 * keeps others out; one address has at most QF_CLASSIC_CALLERS_EACH_MAX such
 * ports, of which the oldest makes room.
 *
 * IPv4 alone, as the original.
 *
 * Threads: one worker's.
 */
#ifndef QF_CLASSIC_HOST_H
#define QF_CLASSIC_HOST_H

#include "desk.h"
#include "listener.h"

struct qf_classic_caller;

/* All zero: it does not listen. */
struct qf_classic_host {
	struct qf_desk *desk;
	struct qf_listener *listener;
	char room[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_classic_caller *callers; /* newest first */
	size_t caller_count;
};

/* Listen there, and no longer where it did. *at is where; QF_E_TAKEN, QF_E_IO,
 * QF_E_NOMEM: as before, and `why` gets a sentence. */
int qf_classic_host_open(struct qf_classic_host *h, struct qf_desk *desk,
                         const struct qf_address *wish, const char *room,
                         struct qf_address *at, char *why, size_t cap);
/* Nobody is let in any more. */
void qf_classic_host_close(struct qf_classic_host *h);

#endif
