/* copies.h - on how many other nodes an own envelope is stored
 *
 * One number per (peer, room): the peer has all of the room up to that lsn.
 * When it rises, the own envelopes that it passes gain a copy. Peers are node
 * keys, so guests never count, and neither does a second link to one node.
 * Whoever has least makes room for another, and counts anew only above what
 * anybody who went had, so that nobody counts twice. Pure; one a room.
 */
#ifndef QF_COPIES_H
#define QF_COPIES_H

#include <stdbool.h>

#include "identity.h"
#include "limits.h"

struct qf_progress {
	struct qf_key peer;
	uint64_t lsn;
};

struct qf_watched {
	struct qf_hash id;
	uint64_t lsn;
	uint32_t copies;
	bool changed; /* since it was last told */
};

struct qf_copies {
	struct qf_progress *peers;
	size_t peer_count;
	size_t peer_cap;
	uint64_t gone_lsn;          /* whoever made room had at most that */
	struct qf_watched *watched; /* ascending by lsn; oldest drop out */
	size_t watched_count;
	size_t watched_cap;
	bool changed;
};

void qf_copies_fini(struct qf_copies *c);
/* An own envelope was committed; lsn ascends. QF_E_NOMEM: it is not counted. */
int qf_copies_watch(struct qf_copies *c, const struct qf_hash *id,
                    uint64_t lsn);
/* A peer has all up to lsn. Never goes back. QF_E_NOMEM: nothing changed. */
int qf_copies_progress(struct qf_copies *c, const struct qf_key *peer,
                       uint64_t lsn);
/* The newest own envelope that is watched has no copy. */
bool qf_copies_missing(const struct qf_copies *c);
/* The next own envelope whose count changed since it was taken, or NULL. */
const struct qf_watched *qf_copies_take_changed(struct qf_copies *c);

#endif
