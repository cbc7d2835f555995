/* wal.h - whether the write-ahead log beside a database was damaged
 *
 * SQLite takes a log up to the first frame whose checksum is wrong, without a
 * word: so a commit ends that the power cut short, but also whatever lies
 * behind one flipped bit. Each of our commits is synced before the next begins,
 * so a power cut can tear one commit and no more. Where whole commits follow a
 * frame that is wrong, something else has been at it.
 *
 * Damage in the last commit of all cannot be told from a power cut.
 */
#ifndef QF_WAL_H
#define QF_WAL_H

#include <stdbool.h>

/* False too where there is no log. */
bool qf_wal_damaged(const char *path);

#endif
