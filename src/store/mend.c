/* mend.c - a damaged database is kept aside, and a new one takes its place
 *
 * The new one is made under another name, store.new. When it is whole, three
 * renames: the damaged file, the log beside it, the new file. If the power goes
 * between them, there is no file `store`, and that says how to go on: without
 * it a log is somebody else's, and store.new is whole.
 *
 * A log must never lie beside another database than its own: SQLite would put
 * its pages into it.
 */
#include "mend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dir.h"
#include "salvage.h"
#include "wal.h"

struct names {
	char store[QF_MEND_PATH_MAX];
	char log[QF_MEND_PATH_MAX];
	char index[QF_MEND_PATH_MAX];
	char fresh[QF_MEND_PATH_MAX];
	char fresh_log[QF_MEND_PATH_MAX];
	char fresh_index[QF_MEND_PATH_MAX];
	char aside[QF_MEND_PATH_MAX];
	char aside_log[QF_MEND_PATH_MAX];
};

static int fail(char *why, size_t cap, const char *what, const char *path)
{
	snprintf(why, cap, "cannot %s %s: %s", what, path, strerror(errno));
	return QF_E_IO;
}

static bool there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void name(char out[QF_MEND_PATH_MAX], const char *path, const char *tail)
{
	snprintf(out, QF_MEND_PATH_MAX, "%.4100s%.56s", path, tail);
}

/* Names that nothing has yet. */
static void name_aside(struct names *n, uint64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	char date[24] = "", tail[56];
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(date, sizeof date, "%Y%m%d-%H%M%S", &tm);
	for (unsigned i = 1;; i++) {
		if (i == 1)
			snprintf(tail, sizeof tail, ".damaged-%s", date);
		else
			snprintf(tail, sizeof tail, ".damaged-%s-%u", date, i);
		name(n->aside, n->store, tail);
		name(n->aside_log, n->aside, "-wal");
		if (!there(n->aside) && !there(n->aside_log))
			return;
	}
}

static void find_names(struct names *n, const char *path, uint64_t now_ms)
{
	name(n->store, path, "");
	name(n->log, path, "-wal");
	name(n->index, path, "-shm");
	name(n->fresh, path, ".new");
	name(n->fresh_log, path, ".new-wal");
	name(n->fresh_index, path, ".new-shm");
	name_aside(n, now_ms);
}

/* True: it is moved, or was not there. */
static bool move(const char *from, const char *to)
{
	return !rename(from, to) || errno == ENOENT;
}

/* The index is made anew from the log whenever somebody begins. */
static int put_in_place(const struct names *n, char *why, size_t cap)
{
	unlink(n->index);
	if (!move(n->log, n->aside_log) || qf_dir_sync_parent(n->store))
		return fail(why, cap, "move away", n->log);
	if (!move(n->fresh, n->store) || qf_dir_sync_parent(n->store))
		return fail(why, cap, "move", n->fresh);
	return QF_OK;
}

int qf_mend_finish(const char *path, uint64_t now_ms, char *why, size_t cap)
{
	struct names n;

	find_names(&n, path, now_ms);
	if (there(n.store) || (!there(n.fresh) && !there(n.log)))
		return QF_OK;
	return put_in_place(&n, why, cap);
}

static int64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (int64_t)st.st_size;
}

/* A database is never empty while there is a log: it begins with a commit to
 * itself. SQLite would remove the log. */
bool qf_mend_needed(const char *path)
{
	char log[QF_MEND_PATH_MAX];

	name(log, path, "-wal");
	return qf_wal_damaged(log) || (size_of(path) == 0 && size_of(log) > 0);
}

int qf_mend(const char *path, const struct qf_identity *signer, uint64_t past,
            uint64_t now_ms, struct qf_mended *out, char *why, size_t cap)
{
	struct names n;
	int rc;

	find_names(&n, path, now_ms);
	name(out->aside, n.aside, "");
	unlink(n.fresh);
	unlink(n.fresh_log);
	unlink(n.fresh_index);
	rc = qf_salvage(path, n.fresh, signer, past, now_ms, &out->saved, why,
	                cap);
	if (rc)
		return rc;
	if (!move(n.store, n.aside) || qf_dir_sync_parent(n.store))
		return fail(why, cap, "move away", n.store);
	return put_in_place(&n, why, cap);
}
