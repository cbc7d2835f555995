/* writer.h - the store thread: the one that writes
 *
 * It commits what waits as soon as it is free, as many as go together, with no
 * timer: what comes meanwhile is the next commit (design.md 4). A commit that
 * fails is unknown, not undone, so the same keeps are tried again for ever,
 * more and more slowly, and nothing is dropped. Why is told each time that the
 * reason changes.
 *
 * It ends when it is told to and all is written; hurried, it ends with the
 * first commit that fails, too, and then it has given up. So it does at once if
 * the database is damaged, for that heals by no second try.
 */
#ifndef QF_WRITER_H
#define QF_WRITER_H

#include <pthread.h>

#include "core/step.h"
#include "outlet.h"
#include "store/home.h"
#include "store/store.h"

struct qf_writer {
	pthread_t thread;
	bool running;
	atomic_bool hurried;
	atomic_bool ending;
	atomic_bool gave_up;
	atomic_bool damaged; /* that is why */
	struct qf_bell bell;
	struct qf_bell *core;     /* borrowed */
	atomic_bool *starved;     /* borrowed: memory is out */
	struct qf_mailbox keeps;  /* struct qf_keep, from the core */
	struct qf_mailbox events; /* struct qf_event, to the core */
	struct qf_outlet out;     /* to events */

	const struct qf_home *home;                /* borrowed */
	struct qf_store *store;                    /* borrowed */
	struct qf_keep batch[QF_COMMIT_KEEPS_MAX]; /* oldest first */
	size_t count;
	char why[256];     /* it fails, as it was told; "": it does not */
	uint64_t delay_ms; /* before the next try */
};

/* In zeroed memory but for a bell whose fd is -1, which fini takes as it is. On
 * an error fini is still due. */
int qf_writer_init(struct qf_writer *w, const struct qf_home *home,
                   struct qf_store *store, struct qf_bell *core,
                   atomic_bool *starved);
int qf_writer_start(struct qf_writer *w);
void qf_writer_hurry(struct qf_writer *w);
/* Any thread: the database is damaged, so all must end and begin anew. */
void qf_writer_damaged(struct qf_writer *w);
/* Lets it end, and joins it: the core has ended. */
void qf_writer_fini(struct qf_writer *w);

#endif
