/* pulse.h - whether the other end of a TCP connection still takes our bytes
 *
 * sync.md, amendment 10: a link is dead when bytes of ours are out and no ACK
 * came for QF_UNACKED_MS, unless the peer has closed its window: it may read
 * slowly. TCP_USER_TIMEOUT would kill that peer too.
 *
 * Nothing is polled: bytes that go out begin the wait, and a look at the
 * kernel's own account at its end is the verdict, or begins the next. A busy
 * link is looked at now and then as it sends, so that the wait begins with the
 * bytes that are out and not with some that came long before.
 */
#ifndef QF_PULSE_H
#define QF_PULSE_H

#include <stdbool.h>
#include <stdint.h>

struct qf_pulse {
	uint64_t since_ms; /* bytes may be out unacknowledged; 0: none are */
};

/* Bytes are about to be sent. */
void qf_pulse_send(struct qf_pulse *p, int fd, uint64_t now_ms);
/* When to look, UINT64_MAX: no need. */
uint64_t qf_pulse_wake(const struct qf_pulse *p);
/* Look, if it is time. `unsent`: more waits here for the socket. True: dead. */
bool qf_pulse_lost(struct qf_pulse *p, int fd, bool unsent, uint64_t now_ms);

#endif
