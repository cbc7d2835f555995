/* will.h - what a node was started with, for the screen that takes its place
 *
 * HOME/will holds the port that it found and the words of its command line. A
 * node for the moment does not listen, and leaves none. It is of use as long as
 * the machine runs, so it is not made durable.
 *
 * Memory: the caller owns the struct, which begins as zeros; the strings of its
 * configuration live as long.
 * Threads: one, which holds the lock.
 */
#ifndef QF_WILL_H
#define QF_WILL_H

#include "config.h"
#include "store/home.h"

struct qf_will {
	struct qf_config config;
	struct qf_buf words; /* each with its end */
	char *argv[256];
};

/* A full disk is no reason not to be a node: then it is known that there is
 * none to be read. */
void qf_will_write(const struct qf_home *h, const struct qf_config *config,
                   uint16_t port);
void qf_will_remove(const struct qf_home *h);
/* Its port, and all settings but those that may have changed since: the name
 * and the rooms. QF_E_NOTFOUND: the last node left none. QF_E_MALFORMED: it
 * left what cannot be read. */
int qf_will_read(struct qf_will *w, const struct qf_home *h);
void qf_will_fini(struct qf_will *w);

#endif
