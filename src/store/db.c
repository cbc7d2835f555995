/* db.c - a connection to the database, and its failures in words */
#include "db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	/* How long a reader waits while another connection recovers the log
	 * or, being the last one, clears it away. */
	BUSY_MS = 5000,
	LOG_BYTES = 4 << 20,   /* what fits before a checkpoint, about */
	ROOM_BYTES = 64 << 20, /* a disk with less has better uses for it */
};

static const char damaged[] = "the database is damaged";

/* sys is errno as the failure left it, for SQLite keeps it only sometimes. */
static const char *disk_sentence(int code, int sys)
{
	if (sys == ENOSPC)
		return "the disk is full";
	if (sys == EDQUOT)
		return "the disk quota is used up";
	switch (code) {
	case SQLITE_IOERR_NOMEM:
		return "out of memory";
	case SQLITE_IOERR_READ:
	case SQLITE_IOERR_SHORT_READ:
		return "the disk failed while reading";
	case SQLITE_IOERR_WRITE:
	case SQLITE_IOERR_TRUNCATE:
		return "the disk failed while writing";
	case SQLITE_IOERR_FSYNC:
	case SQLITE_IOERR_DIR_FSYNC:
		return "the disk failed while syncing";
	default:
		return "the disk failed";
	}
}

static const char *sentence(int code, int sys)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return "the disk is full";
	case SQLITE_IOERR:
		return disk_sentence(code, sys);
	case SQLITE_READONLY:
		return "the database cannot be written to";
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return damaged;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "another program is using the database";
	case SQLITE_NOMEM:
		return "out of memory";
	default:
		return sqlite3_errstr(code);
	}
}

static bool moved(struct qf_db *db)
{
	int answer = 0;

	sqlite3_file_control(db->at, "main", SQLITE_FCNTL_HAS_MOVED, &answer);
	return answer;
}

static void explain(struct qf_db *db, int sys)
{
	int code = sqlite3_extended_errcode(db->at);

	if (moved(db))
		snprintf(db->why, sizeof db->why,
		         "the database was moved or deleted");
	else if (code == SQLITE_CANTOPEN && sys)
		snprintf(db->why, sizeof db->why,
		         "the database cannot be opened (%s)", strerror(sys));
	else
		snprintf(db->why, sizeof db->why, "%s", sentence(code, sys));
}

int qf_db_fail(struct qf_db *db, int rc)
{
	int sys = errno;

	if (rc == QF_E_IO)
		explain(db, sys);
	else
		snprintf(db->why, sizeof db->why, "%s",
		         rc == QF_E_MALFORMED ? damaged : qf_err_text(rc));
	db->damaged = !strcmp(db->why, damaged);
	if (db->damaged)
		qf_db_close_untouched(db, true);
	for (size_t i = 0; i < db->count; i++)
		sqlite3_reset(db->statements[i]);
	/* A failed COMMIT may or may not have ended the transaction. */
	if (!sqlite3_get_autocommit(db->at))
		sqlite3_exec(db->at, "ROLLBACK", NULL, NULL, NULL);
	return rc == QF_E_MALFORMED ? QF_E_IO : rc;
}

/* SQLite would make the file with the mode of the day. */
static int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : -1;
	return close(fd);
}

/* The log is checkpointed at LOG_BYTES and then written over from its
 * start, which costs a sync half of what making it longer does; it keeps its
 * size unless a reader that takes long has let it grow. */
#define WRITER                                                                 \
	"PRAGMA synchronous = FULL;"                                           \
	"PRAGMA wal_autocheckpoint = 1000;"                                    \
	"PRAGMA journal_size_limit = 16777216;"                                \
	"PRAGMA mmap_size = 0;"
#define READER                                                                 \
	"PRAGMA query_only = ON;"                                              \
	"PRAGMA mmap_size = 0;"

static int configure(struct qf_db *db, bool writer)
{
	sqlite3_busy_timeout(db->at, BUSY_MS);
	sqlite3_db_config(db->at, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->at, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return qf_db_exec(db, writer ? WRITER : READER);
}

/* A reader opens for writing too, because it may have to recover the log that
 * a crash left, and then only reads. */
int qf_db_open(struct qf_db *db, const char *path, bool writer)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	            SQLITE_OPEN_EXRESCODE;
	int rc = QF_E_IO;

	*db = (struct qf_db){ 0 };
	if (writer && create(path)) {
		snprintf(db->why, sizeof db->why,
		         "the database cannot be made (%s)", strerror(errno));
		return QF_E_IO;
	}
	if (!sqlite3_open_v2(path, &db->at, flags, NULL))
		rc = configure(db, writer);
	if (rc) {
		rc = db->at ? qf_db_fail(db, rc) : QF_E_NOMEM;
		qf_db_close(db);
	}
	return rc;
}

static bool has_room(const char *path)
{
	struct statvfs fs;

	return !statvfs(path, &fs) &&
	       (uint64_t)fs.f_bavail * fs.f_frsize >= ROOM_BYTES;
}

void qf_db_lengthen_log(struct qf_db *db)
{
	static const uint8_t nothing[LOG_BYTES / 16];
	sqlite3_file *log = NULL;
	sqlite3_int64 len;

	sqlite3_file_control(db->at, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	                     &log);
	if (!log || !log->pMethods || log->pMethods->xFileSize(log, &len) ||
	    !has_room(sqlite3_db_filename(db->at, "main")))
		return;
	while (len < LOG_BYTES &&
	       !log->pMethods->xWrite(log, nothing, sizeof nothing, len))
		len += sizeof nothing;
}

void qf_db_close(struct qf_db *db)
{
	for (size_t i = 0; i < db->count; i++)
		sqlite3_finalize(db->statements[i]);
	db->count = 0;
	sqlite3_close(db->at);
	db->at = NULL;
}

void qf_db_close_untouched(struct qf_db *db, bool yes)
{
	sqlite3_db_config(db->at, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, yes, NULL);
}

int qf_db_prepare(struct qf_db *db, const char *const *texts, size_t count)
{
	assert(count <= QF_DB_STATEMENTS_MAX);
	while (db->count < count) {
		sqlite3_stmt *made;

		if (sqlite3_prepare_v3(db->at, texts[db->count], -1,
		                       SQLITE_PREPARE_PERSISTENT, &made, NULL))
			return QF_E_IO;
		db->statements[db->count++] = made;
	}
	return QF_OK;
}

int qf_db_run(struct qf_db *db, unsigned statement)
{
	sqlite3_stmt *s = db->statements[statement];

	sqlite3_step(s);
	return sqlite3_reset(s) ? QF_E_IO : QF_OK;
}

int qf_db_begin(struct qf_db *db, unsigned statement)
{
	errno = 0;
	return moved(db) ? QF_E_IO : qf_db_run(db, statement);
}

int qf_db_row(struct qf_db *db, unsigned statement)
{
	sqlite3_stmt *s = db->statements[statement];

	if (sqlite3_step(s) == SQLITE_ROW)
		return 1;
	return sqlite3_reset(s) ? QF_E_IO : 0;
}

int qf_db_exec(struct qf_db *db, const char *text)
{
	return sqlite3_exec(db->at, text, NULL, NULL, NULL) ? QF_E_IO : QF_OK;
}

int qf_db_integer(struct qf_db *db, const char *text, int64_t *out)
{
	sqlite3_stmt *s;

	*out = 0;
	if (sqlite3_prepare_v2(db->at, text, -1, &s, NULL))
		return QF_E_IO;
	if (sqlite3_step(s) == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	return sqlite3_finalize(s) ? QF_E_IO : QF_OK;
}
