/* schema.c - the tables, and the way from any older version to them */
#include "schema.h"

#include <stdio.h>

/* The log and the envelopes only grow at their ends, so a commit writes few
 * pages. row.h says what lies in the blobs. The log is apart because all of it
 * is read at start. It has one row for many envelopes because a row is what
 * costs: with a row each, commits of 256 took 1.4 times as long, and with an
 * index over (room, lsn) twice as long.
 *
 * hlc and seq are unsigned and stored as the same 64 bits, so their order is
 * never asked of SQL, except for our own sequence numbers, which start at 1.
 *
 * AUTOINCREMENT: an lsn is never used twice, whatever is deleted one day. */
static const char *const steps[] = {
	"CREATE TABLE room (number INTEGER PRIMARY KEY, id BLOB NOT NULL"
	" UNIQUE, name TEXT NOT NULL, joined INTEGER NOT NULL,"
	" hlc INTEGER NOT NULL, last_lsn INTEGER NOT NULL,"
	" own_seq INTEGER NOT NULL, own_prev BLOB NOT NULL);"

	"CREATE TABLE author (number INTEGER PRIMARY KEY, key BLOB NOT NULL"
	" UNIQUE);"

	"CREATE TABLE log (lsn INTEGER PRIMARY KEY AUTOINCREMENT,"
	" elements BLOB NOT NULL, nonces BLOB);"

	"CREATE TABLE envelope (lsn INTEGER PRIMARY KEY,"
	" author INTEGER NOT NULL, type INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" prev BLOB, key_id BLOB, body BLOB NOT NULL, proof BLOB NOT NULL,"
	" seen_ms INTEGER NOT NULL);"

	"CREATE TABLE peer (key BLOB PRIMARY KEY, name TEXT NOT NULL,"
	" seen_ms INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE address (key BLOB NOT NULL, host TEXT NOT NULL,"
	" port INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
	" PRIMARY KEY (key, host, port)) WITHOUT ROWID;"

	"CREATE TABLE probe (number INTEGER PRIMARY KEY, count INTEGER NOT"
	" NULL);"
	"INSERT INTO probe VALUES (1, 0);",

	/* Said, and not yet signed: room is its number, body not sealed. */
	"CREATE TABLE draft (number INTEGER PRIMARY KEY,"
	" room INTEGER NOT NULL, type INTEGER NOT NULL, nonce BLOB,"
	" body BLOB NOT NULL);",
	/* Our own numbers up to this one were used in a database that is lost,
	 * for all that we know (store.h). */
	("CREATE TABLE past (seq INTEGER NOT NULL);"
	 "INSERT INTO past VALUES (0);"),
	/* 0: open to newcomers (page.h) */
	("CREATE TABLE page (state INTEGER NOT NULL);"
	 "INSERT INTO page VALUES (0);"),
	/* How far an account has read something. */
	("CREATE TABLE marker (whose TEXT PRIMARY KEY, ms INTEGER NOT NULL)"
	 " WITHOUT ROWID;"),
	/* Topics and what was taken back (QF_TYPE_TOPIC, QF_TYPE_REDACT) say
	 * how a room is to be shown, however old they are. They are few, so
	 * that the commits of others do not get longer. */
	"CREATE INDEX standing ON envelope (lsn) WHERE type IN (5, 7);",
	/* A person asked for that peer, or it is we. Who has no address, or was
	 * never linked, did not get there by a greeting. */
	("ALTER TABLE peer ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;"
	 "UPDATE peer SET asked = 1 WHERE seen_ms = 0"
	 " OR key NOT IN (SELECT key FROM address);"),
};

enum {
	FIRST_STEP = 1, /* makes all that readers read */
	VERSION = sizeof steps / sizeof *steps,
};

static int take_steps(struct qf_db *db, int64_t from, uint64_t past)
{
	char version[40], used[48];
	int rc = qf_db_exec(db, "BEGIN IMMEDIATE");

	for (int64_t i = from; i < VERSION && !rc; i++)
		rc = qf_db_exec(db, steps[i]);
	snprintf(used, sizeof used, "UPDATE past SET seq = %llu",
	         (unsigned long long)past);
	if (!rc && from == 0)
		rc = qf_db_exec(db, used);
	snprintf(version, sizeof version, "PRAGMA user_version = %d", VERSION);
	if (!rc)
		rc = qf_db_exec(db, version);
	return rc ? rc : qf_db_exec(db, "COMMIT");
}

/* SQLite answers a wish for WAL with the mode that it could have. */
static int write_ahead(struct qf_db *db)
{
	sqlite3_stmt *s;
	bool is_wal;

	if (sqlite3_prepare_v2(db->at, "PRAGMA journal_mode = WAL", -1, &s,
	                       NULL))
		return QF_E_IO;
	is_wal = sqlite3_step(s) == SQLITE_ROW &&
	         !sqlite3_stricmp((const char *)sqlite3_column_text(s, 0),
	                          "wal");
	if (sqlite3_finalize(s))
		return QF_E_IO;
	return is_wal ? QF_OK : QF_E_DENIED;
}

static int judge(struct qf_db *db, int64_t *version)
{
	if (qf_db_integer(db, "PRAGMA user_version", version))
		return QF_E_IO;
	if (*version < 0)
		return QF_E_MALFORMED;
	return *version > VERSION ? QF_E_NEWER : QF_OK;
}

static int fail(struct qf_db *db, int rc)
{
	int failed = qf_db_fail(db, rc);

	if (rc == QF_E_NEWER)
		snprintf(db->why, sizeof db->why,
		         "the database was made by a newer version of this "
		         "program");
	if (rc == QF_E_DENIED)
		snprintf(db->why, sizeof db->why,
		         "this kind of disk cannot hold the database");
	return failed;
}

int qf_schema_migrate(struct qf_db *db, uint64_t past)
{
	int64_t version;
	int rc;

	qf_db_close_untouched(db, true);
	if ((rc = judge(db, &version)))
		return fail(db, rc);
	qf_db_close_untouched(db, false);
	if ((rc = write_ahead(db)))
		return fail(db, rc);
	if (version < VERSION && (rc = take_steps(db, version, past)))
		return fail(db, rc);
	return QF_OK;
}

int qf_schema_check(struct qf_db *db)
{
	int64_t version;
	int rc = judge(db, &version);

	if (!rc && version < FIRST_STEP)
		rc = QF_E_NOTFOUND;
	return rc ? fail(db, rc) : QF_OK;
}
