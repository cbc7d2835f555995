/* address.h - where a node listens: as people write it, as sockets take it
 *
 * A qf_address holds a name or a numeric address without brackets. Looking a
 * name up is lookup.h.
 */
#ifndef QF_ADDRESS_H
#define QF_ADDRESS_H

#include <sys/socket.h>

#include "core/keep.h"

struct qf_sockaddr {
	struct sockaddr_storage at;
	socklen_t len;
};

/* "HOST", "HOST:PORT", "[V6]:PORT", "V6"; the default port where none is
 * given. False: not of that form; `why` says what is wrong with it. */
bool qf_address_parse(const char *text, struct qf_address *out, char *why,
		      size_t cap);
/* For a socket; false if the host is a name. */
bool qf_address_numeric(const struct qf_address *a, struct qf_sockaddr *out);
/* From a socket; an IPv4 address inside IPv6 is shown as what it is. */
void qf_address_of(const struct sockaddr *from, struct qf_address *out);

#endif
