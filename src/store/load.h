/* load.h - what a node starts from, read once from the database
 *
 * One pass over the log gives all elements and remembers the newest nonces on
 * its way. A million that came in full commits take a tenth of a second, alone
 * in their commits half of one.
 */
#ifndef QF_LOAD_H
#define QF_LOAD_H

#include "db.h"
#include "store.h"

/* QF_E_IO, QF_E_MALFORMED (damaged), QF_E_NOMEM, or what a callback
 * returned. */
int qf_load(struct qf_db *db, const struct qf_loader *to);
/* Parts of it, as far as they can be read: rooms and, unless that callback is
 * NULL, drafts; peers; the page; and read markers. */
int qf_load_rooms(struct qf_db *db, const struct qf_loader *to);
int qf_load_peers(struct qf_db *db, const struct qf_loader *to);
int qf_load_page(struct qf_db *db, const struct qf_loader *to);
int qf_load_markers(struct qf_db *db, const struct qf_loader *to);

#endif
