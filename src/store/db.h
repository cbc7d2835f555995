/* db.h - a connection to the database, and its failures in words
 *
 * Write-ahead log, and every commit is synced (synchronous=FULL). A connection
 * belongs to one thread and takes no locks of its own inside the process.
 *
 * Whoever uses a connection reads and writes until something fails, then says
 * so once, with qf_db_fail(): that resets what was under way, rolls back, and
 * leaves a sentence.
 */
#ifndef QF_DB_H
#define QF_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/err.h"

enum { QF_DB_STATEMENTS_MAX = 19, QF_DB_WHY_BYTES = 160 };

struct qf_db {
	sqlite3 *at;
	sqlite3_stmt *statements[QF_DB_STATEMENTS_MAX];
	size_t count;
	char why[QF_DB_WHY_BYTES];
	bool damaged; /* the last failure: what is there was not written so */
};

/* Only the writer may create the file, with mode 0600, which SQLite gives to
 * the files beside it too. After a failure there is nothing to close. */
int qf_db_open(struct qf_db *db, const char *path, bool writer);
/* For the writer, in write-ahead mode: zeros, which end the log wherever they
 * are read, take the place of what it will hold. If the disk has little room or
 * fails it is as long as it is, and whoever writes next will say so. */
void qf_db_lengthen_log(struct qf_db *db);
/* NULL inside is fine. */
void qf_db_close(struct qf_db *db);
/* Closing the last connection moves the write-ahead log into the database;
 * not into one that we do not understand. */
void qf_db_close_untouched(struct qf_db *db, bool yes);
/* statements[i] is of texts[i]. */
int qf_db_prepare(struct qf_db *db, const char *const *texts, size_t count);

/* One statement without rows; it is reset whatever comes of it. */
int qf_db_run(struct qf_db *db, unsigned statement);
/* The same for one that begins to write: QF_E_IO too if the file is no longer
 * where it was opened, for nothing in it would last. */
int qf_db_begin(struct qf_db *db, unsigned statement);
/* The next row: 1, none: 0, QF_E_IO: failed. Reset after the last one. */
int qf_db_row(struct qf_db *db, unsigned statement);
int qf_db_exec(struct qf_db *db, const char *text);
/* A statement with one integer as its answer. */
int qf_db_integer(struct qf_db *db, const char *text, int64_t *out);

/* Put rc into words: QF_E_IO means what SQLite says, QF_E_MALFORMED that the
 * database is damaged. Returns what the caller returns, which is rc, but
 * QF_E_IO for damage. */
int qf_db_fail(struct qf_db *db, int rc);
#endif
