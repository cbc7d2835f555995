/* crier.h - the sockets that beacons go out and come in by
 *
 * UDP, the port of QuickFi: 224.0.0.199 and ff02::1, which no router passes on
 * and no switch prunes. The interface is named with every packet, for without a
 * route to the group there is no other way (and none is needed). What is sent
 * has a socket of its own, so that answers find the process that asked, even
 * if two of them share the port.
 *
 * Each packet must come from this network: it has the TTL that no router
 * leaves as it is (RFC 5082).
 */
#ifndef QF_CRIER_H
#define QF_CRIER_H

#include "core/beacon.h"
#include "interfaces.h"
#include "sockaddr.h"

enum qf_crier_socket {
	QF_HEAR_V4,
	QF_HEAR_V6,
	QF_SPEAK_V4, /* and hears what is answered */
	QF_SPEAK_V6,
	QF_CRIER_SOCKETS,
};

struct qf_crier {
	int fds[QF_CRIER_SOCKETS]; /* -1: the machine does not give it */
};

void qf_crier_open(struct qf_crier *c);
void qf_crier_close(struct qf_crier *c);
/* Listen to the groups on these; again after each change. */
void qf_crier_join(struct qf_crier *c, const struct qf_interfaces *all);
/* To everyone on all of them. */
void qf_crier_cry(struct qf_crier *c, const struct qf_interfaces *all,
                  const struct qf_beacon *b);
/* To one address; port is that of whoever asked, or QF_PORT_DEFAULT. */
void qf_crier_tell(struct qf_crier *c, const struct qf_sockaddr *to,
                   const struct qf_beacon *b);
/* One packet; false: there is none. A packet from elsewhere is ALIEN. */
bool qf_crier_hear(struct qf_crier *c, enum qf_crier_socket which,
                   enum qf_beacon_read *read, struct qf_beacon *b,
                   struct qf_sockaddr *from);

#endif
