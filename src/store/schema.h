/* schema.h - the tables, and the way from any older version to them
 *
 * PRAGMA user_version is the number of steps that a database has taken. Steps
 * are only ever added at the end; one that has been released never changes.
 */
#ifndef QF_SCHEMA_H
#define QF_SCHEMA_H

#include "db.h"

/* Bring a writer's database to this version, all steps or none. QF_E_NEWER: a
 * later version made it, and nothing was touched. db->why says what failed.
 * past is of qf_store_open(). */
int qf_schema_migrate(struct qf_db *db, uint64_t past);
/* For readers: what they read is there. It may be of an older version, if it is
 * too damaged to be brought to this one. */
int qf_schema_check(struct qf_db *db);

#endif
