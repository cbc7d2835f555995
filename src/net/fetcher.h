/* fetcher.h - a thread that reads the store for one worker
 *
 * Asks come and go back as the same struct qf_read, in order. One that meets
 * damage does not: the node ends and begins anew on another database, and
 * whoever asked asks again.
 */
#ifndef QF_FETCHER_H
#define QF_FETCHER_H

#include <pthread.h>

#include "core/carry.h"
#include "writer.h"

struct qf_fetcher {
	pthread_t thread;
	bool running;
	atomic_bool ending;
	struct qf_bell bell;
	struct qf_mailbox asked;   /* by the worker */
	struct qf_mailbox fetched; /* for the worker */
	struct qf_outlet out;      /* to fetched */
	struct qf_reader *reader;
	struct qf_writer *writer; /* borrowed: told of damage */
};

/* In zeroed memory but for a bell whose fd is -1, which fini takes as it is.
 * Opens the store's database; `worker` is the bell of who asks. On an error
 * fini is still due. */
int qf_fetcher_init(struct qf_fetcher *f, const char *path,
                    struct qf_writer *writer, struct qf_bell *worker);
int qf_fetcher_start(struct qf_fetcher *f);
/* Joins the thread, if it runs: the worker has ended. */
void qf_fetcher_fini(struct qf_fetcher *f);

#endif
