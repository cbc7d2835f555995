/* sockaddr.h - where a node listens, as sockets take it
 *
 * People's form of it is core/address.h. Looking a name up is lookup.h.
 */
#ifndef QF_SOCKADDR_H
#define QF_SOCKADDR_H

#include <sys/socket.h>

#include "core/address.h"
#include "core/penalty.h"

struct qf_sockaddr {
	struct sockaddr_storage at;
	socklen_t len;
};

/* For a socket; false if the host is a name. */
bool qf_address_numeric(const struct qf_address *a, struct qf_sockaddr *out);
/* From a socket; an IPv4 address inside IPv6 is shown as what it is. */
void qf_address_of(const struct sockaddr *from, struct qf_address *out);
/* Where the other end of a TCP connection is; zeros: it has gone. */
void qf_place_of(int fd, struct qf_place *out);

#endif
