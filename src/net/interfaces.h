/* interfaces.h - the networks of this machine: interfaces that run, addresses
 *
 * Loopback is left out as long as there is another, so that two nodes of one
 * machine find each other under one address only.
 */
#ifndef QF_INTERFACES_H
#define QF_INTERFACES_H

#include <net/if.h>
#include <netinet/in.h>

#include "sockaddr.h"

enum { QF_INTERFACES_MAX = 64 };

/* One address of an interface. */
struct qf_interface {
	unsigned index;
	char name[IF_NAMESIZE];
	bool loopback;
	bool tunnel;         /* point to point: a VPN, a modem */
	int family;          /* AF_INET, AF_INET6 */
	struct in_addr v4;   /* AF_INET */
	struct in_addr mask; /* AF_INET */
	struct in6_addr v6;  /* AF_INET6 */
};

struct qf_interfaces {
	struct qf_interface list[QF_INTERFACES_MAX];
	size_t count;
};

/* Those where a socket that listens on `host` ("::", "0.0.0.0" or one address)
 * can be reached. */
void qf_interfaces_read(struct qf_interfaces *all, const char *host);
/* The name of the one with that address; false: none has it. */
bool qf_interface_with(const struct qf_sockaddr *own, char name[IF_NAMESIZE]);
/* Something is there no more. */
bool qf_interfaces_lost(const struct qf_interfaces *before,
                        const struct qf_interfaces *now);
/* A netlink socket that becomes readable when any of it has changed, or -1. */
int qf_interfaces_watch(void);
/* Forget what it had to say. */
void qf_interfaces_watched(int fd);

#endif
