/* port.h - the sockets that others come in by: one of TCP, one of this home
 *
 * Never SO_REUSEPORT: a second process of the same user could share the port
 * and take a part of our peers.
 */
#ifndef QF_PORT_H
#define QF_PORT_H

#include "core/err.h"
#include "sockaddr.h"

enum qf_port_rule {
	QF_PORT_PREFER, /* if it is taken, any free one, and say so */
	QF_PORT_INSIST, /* if it is taken, fail with QF_E_TAKEN; 0 is any */
};

/* Listen on an address of this machine (NULL: on all, IPv6 and IPv4, or IPv4
 * where there is no IPv6). *at is where, *moved that it is another port than
 * asked for. QF_E_TAKEN: no such place is free here; QF_E_DENIED, QF_E_IO;
 * `why` gets a sentence. */
int qf_port_tcp(const char *host, uint16_t port, enum qf_port_rule rule,
                int *fd, struct qf_address *at, bool *moved, char *why,
                size_t cap);
/* Listen at a path, mode 0600. What a dead process left there is removed: the
 * caller holds the home's lock. */
int qf_port_local(const char *dir, const char *name, int *fd, char *why,
                  size_t cap);
void qf_port_unlink(const char *dir, const char *name);

#endif
