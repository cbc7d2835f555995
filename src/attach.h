/* attach.h - the way to a node: the one that runs for this home, or our own
 *
 * Whoever holds HOME/lock is the node; others are clients of HOME/socket. So
 * an attachment tries to become the node, and where another is, to reach it.
 * A node of ours listens for the jobs serve, chat and gui; for the others it is
 * there for the moment: it dials what it is told to, and ends with them.
 *
 * When the node goes, the next is waited for, so that one which is started
 * again finds its home free. Only a screen that has waited QF_HEIR_MS in vain
 * becomes the node itself, with the settings of the one that has ended
 * (will.h).
 *
 * A node of ours that finds its database damaged ends, and begins again on a
 * new one; twice would mean that the disk cannot be trusted.
 *
 * Memory: the caller owns the struct, and keeps the configuration.
 * Threads: one.
 */
#ifndef QF_ATTACH_H
#define QF_ATTACH_H

#include "config.h"
#include "net/engine.h"
#include "ui/commands.h"
#include "will.h"

enum { QF_HEIR_MS = 1000 };

struct qf_attach {
	const struct qf_config *config;
	const struct qf_config *as; /* what our node goes by: that, or will's */
	struct qf_will wills[2];    /* `as` may be of one of them */
	struct qf_serve_options serves; /* what it does besides */
	struct qf_home home;
	struct qf_engine *engine; /* NULL: the node is another process */
	bool mended;              /* its database was damaged, once */
	bool attached;            /* a node was reached before */
	uint64_t lost_ms;         /* when it had gone; 0: not known to */
	enum qf_outcome outcome;  /* what the last failure means */
	enum qf_outcome ended; /* by itself our node did; QF_GOOD: it did not */
};

/* Find or make the home. QF_OK or an error; `why` gets a sentence. */
int qf_attach_init(struct qf_attach *a, const struct qf_config *config,
                   char *why, size_t cap);
/* One try, as a struct qf_reach wants it; ctx is the attachment. */
int qf_attach_try(void *ctx, int *fd, bool *own, char *why, size_t cap);
/* Stop our node, if there is one, and then let go of the home. */
void qf_attach_fini(struct qf_attach *a);

#endif
