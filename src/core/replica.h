/* replica.h - one room as this node holds it
 *
 * The set of what is committed, the room's clock, the end of our own chain in
 * it, and who on this node listens. Pure; owned by the node.
 */
#ifndef QF_REPLICA_H
#define QF_REPLICA_H

#include "copies.h"
#include "direct.h"
#include "keep.h"
#include "limits.h"
#include "push.h"
#include "skew.h"
#include "turn.h"

struct qf_replica {
	struct qf_room_id id;
	char name[QF_ROOM_NAME_BYTES_MAX + 1]; /* folded */
	enum qf_joined joined;
	struct qf_direct *direct; /* of two keys: owned; NULL: open, or rests */
	/* Of two keys, and neither is ours now: this home had another, and may
	 * have it again. Until then nothing is said in it or told of it. */
	bool rests;
	uint64_t join_number; /* the keep that says so; 0: the store does */
	struct qf_keyset set;
	uint64_t hlc;                   /* clock.h */
	uint64_t clocks[QF_CLOCKS_MAX]; /* conns that judge our clock here */
	size_t clock_count;
	bool is_corrected;     /* the room goes by another clock than ours */
	struct qf_clock clock; /* which */
	int64_t told_ms;       /* the correction that people know of */
	uint64_t last_lsn;     /* of the newest committed */
	uint64_t own_seq;      /* of our newest, committed or on its way */
	uint8_t own_prev[QF_PREV_BYTES];
	uint64_t past; /* numbers of ours up to here may have been used */
	struct qf_snapshot *newest; /* of last_lsn, or NULL: not asked for */
	struct qf_told **told;      /* by worker; NULL: has not joined */
	unsigned workers;
	struct qf_turn turn;
	struct qf_push push;
	struct qf_copies copies;
};

/* NULL: out of memory. */
struct qf_replica *qf_replica_new(const struct qf_room_id *id,
                                  const char *folded, unsigned workers);
void qf_replica_free(struct qf_replica *r);

/* Seal a body as our next envelope: assigns hlc, seq, prev, and encrypts it
 * where the room has a key. The reference is
 * the caller's. NULL: out of memory or too large, and nothing changed. */
struct qf_envelope *qf_replica_seal(struct qf_replica *r,
                                    const struct qf_key *author, uint8_t type,
                                    struct qf_bytes body, uint64_t wall_ms);
/* An envelope of ours with that number came from others. If we do not remember
 * so high a number, we have forgotten some of what we said, and others may have
 * more of it: we go on a margin above. */
void qf_replica_returned(struct qf_replica *r, uint64_t seq);
/* What `past` is for a node whose database is lost: a number that it has not
 * reached, for nobody says a thousand lines a second all their life. */
uint64_t qf_replica_past(uint64_t wall_ms, uint64_t random);
/* It is committed at lsn: part of the set from now on. 1: new; 0: was there;
 * QF_E_NOMEM. */
int qf_replica_commit(struct qf_replica *r, const struct qf_envelope *e,
                      uint64_t lsn);
/* All that is committed, one reference for the caller; NULL: no memory. */
struct qf_snapshot *qf_replica_snapshot(struct qf_replica *r);
/* That worker's told, one reference for the caller; joins it. */
struct qf_told *qf_replica_told(struct qf_replica *r, unsigned worker);

#endif
