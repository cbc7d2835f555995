/* checks.h - signatures of a backlog, checked ahead by workers that are idle
 *
 * A worker that reads many messages, each with a signature of its own, offers
 * them to the other workers as one job and goes on with them itself, from the
 * first. Who helps begins at the last. What it finds to be signed the owner
 * remembers just before it comes there (batch.h), so that it need not check.
 * Where both meet, all is done: nobody waits for anybody, and what is half
 * done by then the owner checks for itself.
 *
 * What is found is true of itself (author, root, signature), whatever becomes
 * of the message. So what is decided, and in which order, stays the session's
 * business, and one worker alone runs the same code without help.
 *
 * An offer lies in a slot, one for each worker. A worker whose slot is taken
 * has not come to look and is offered no more; one that comes late finds the
 * job done. A helper serves its own connections first, and checks a little in
 * each turn of its loop.
 *
 * Threads: the owner's and any helper's, as each function says.
 */
#ifndef QF_CHECKS_H
#define QF_CHECKS_H

#include <stdatomic.h>

#include "bell.h"
#include "core/session.h"

struct qf_checks;

/* Where a worker finds what it may help with. */
struct qf_aid {
	struct qf_bell *bell; /* borrowed: its worker's */
	_Atomic(struct qf_checks *) offered;
	struct qf_checks *taken; /* the worker's: being helped with */
};

/* All workers of a node, by index. */
struct qf_aids {
	struct qf_aid *all; /* borrowed */
	unsigned count;
};

void qf_aid_fini(struct qf_aid *a); /* all workers have ended */
/* Help a little. True: there is more. */
bool qf_aid_turn(struct qf_aid *a);

/* The owner's. What the session is about to be fed, offered to all workers but
 * `me`. NULL: it is not worth it, or nobody is free. The bytes are copied. */
struct qf_checks *qf_checks_share(const struct qf_aids *aids, unsigned me,
                                  const struct qf_session *s,
                                  struct qf_bytes frames);
/* The owner is about to feed the frame that is at that place of them. NULL is
 * fine here and below. */
void qf_checks_reach(struct qf_checks *checks, size_t at,
                     struct qf_roots *roots);
/* What was found of frames that are not fed now is remembered for when they
 * are.
 */
void qf_checks_end(struct qf_checks *checks, struct qf_roots *roots);

#endif
