/* disk.h - what a simulated node remembers, and how its store can fail
 *
 * A log of keeps in the order of their commits; the lsn of an envelope is its
 * place in it. A commit that fails is unknown, not undone (design.md 4): what
 * it wrote can not be seen and is written over by the next try, but may be
 * there after a crash. What the node does not see, a crash may also lose. A
 * full disk writes nothing.
 */
#ifndef QF_SIM_DISK_H
#define QF_SIM_DISK_H

#include "core/carry.h"
#include "core/idmap.h"
#include "core/node.h"
#include "sim/fifo.h"

struct disk {
	const struct qf_identity *signer; /* borrowed */
	struct qf_keep *log;
	size_t count;   /* committed */
	size_t written; /* the same, or more after a failed commit */
	size_t cap;
	struct qf_idmap lsns; /* of the committed envelopes, by id */
	unsigned failing;     /* so many commits are going to fail */
	bool full;            /* no commit succeeds before it is not */
};

void disk_init(struct disk *d, const struct qf_identity *signer);
void disk_fini(struct disk *d);

/* How many from the front of a row of keeps may go into one commit. */
size_t disk_fit(const struct fifo *keeps, size_t most);
/* Sign what is own, write n keeps from the front, set the lsns. QF_E_IO: it is
 * unknown; the keeps stay the caller's in any case. */
int disk_commit(struct disk *d, const struct fifo *keeps, size_t n);
/* An envelope that came long ago; the node is down. */
void disk_plant(struct disk *d, struct qf_envelope *e);
void disk_crash(struct disk *d, bool written_stays);

/* Answer a session's read from what is committed. */
void disk_read(const struct disk *d, struct qf_read *read);
/* What a node that starts is told. */
void disk_load(const struct disk *d, struct qf_node *node);
bool disk_has(const struct disk *d, const struct qf_hash *id);

#endif
