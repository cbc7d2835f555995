/* mend.h - a damaged database is kept aside, and a new one takes its place
 *
 * The damaged files are renamed, never removed:
 *
 *   HOME/store.damaged-20261231-235959 and, beside it, ...-wal
 *
 * What can be read of them is saved into the new one first (salvage.h); what
 * others have of the rest comes back from them. The caller holds the home's
 * lock, and nobody has the database open.
 */
#ifndef QF_MEND_H
#define QF_MEND_H

#include "store.h"

enum { QF_MEND_PATH_MAX = 4096 + 64 };

struct qf_mended {
	char aside[QF_MEND_PATH_MAX]; /* where the damaged one is */
	uint64_t saved;               /* envelopes */
};

/* `past` as for qf_store_open(). On an error all is where it was, and `why`
 * gets a sentence. */
int qf_mend(const char *path, const struct qf_identity *signer, uint64_t past,
            uint64_t now_ms, struct qf_mended *out, char *why, size_t cap);
/* Before the database is opened: end what was interrupted. */
int qf_mend_finish(const char *path, uint64_t now_ms, char *why, size_t cap);
/* The files show damage that SQLite does not mind: a log that is not whole
 * (wal.h), or one beside an empty file, which it would remove. */
bool qf_mend_needed(const char *path);

#endif
