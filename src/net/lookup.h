/* lookup.h - the addresses of a name, asked of the system without waiting
 *
 * getaddrinfo() may take half a minute where a network promises names and has
 * none, and it cannot be interrupted. So each lookup has a thread of its own
 * that nobody waits for: whoever loses interest lets go, and what the thread
 * finds later is thrown away. (libuv's pool would hold up our end.)
 */
#ifndef QF_LOOKUP_H
#define QF_LOOKUP_H

#include "bell.h"
#include "sockaddr.h"

enum { QF_LOOKUP_MAX = 8 };

struct qf_lookup {
	atomic_uint refs;
	struct qf_bell done; /* rings once; the fields below hold after it */
	struct qf_address address;
	int error; /* of getaddrinfo() */
	size_t count;
	struct qf_sockaddr found[QF_LOOKUP_MAX];
};

/* NULL: no thread or memory for it. */
struct qf_lookup *qf_lookup_new(const struct qf_address *a);
void qf_lookup_unref(struct qf_lookup *l); /* NULL is fine */

#endif
