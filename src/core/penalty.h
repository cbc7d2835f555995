/* penalty.h - who broke the protocol, and how long that is held against them
 *
 * By key, an offender is refused: at first for a second, with each offence for
 * twice as long, up to ten minutes; who then keeps quiet for ten minutes begins
 * anew. A key costs nothing to make, so where they come from counts as well.
 * But others may be behind that address, so nobody is refused for it: for ten
 * minutes after an offence handshakes with it begin a second apart, in the
 * order in which they came.
 *
 * Both tables are bounded; who is free again soonest makes room.
 *
 * Pure; owned by a worker (desk.h), so each worker judges for itself.
 */
#ifndef QF_PENALTY_H
#define QF_PENALTY_H

#include "identity.h"
#include "limits.h"

/* An IPv6 address (IPv4 inside it), of a network the first half alone: a host
 * can choose the rest. */
struct qf_place {
	uint8_t b[16];
};

struct qf_offender {
	uint8_t who[QF_KEY_BYTES]; /* a key, or a place and zeros */
	unsigned offences;
	uint64_t until_ms;
	uint64_t next_ms; /* the next handshake, of a place */
};

struct qf_offenders {
	struct qf_offender all[QF_OFFENDERS_MAX];
	size_t count;
};

struct qf_penalties {
	struct qf_offenders keys;
	struct qf_offenders places;
};

void qf_penalty_add(struct qf_penalties *p, const struct qf_key *key,
                    const struct qf_place *place, uint64_t now_ms);
/* For how long that key is refused still; 0: it is not. */
uint64_t qf_penalty_left(struct qf_penalties *p, const struct qf_key *key,
                         uint64_t now_ms);
/* A turn for one handshake with that place: when it may begin, in
 * QF_QUEUE_MS at most. False: too many wait before it. */
bool qf_penalty_turn(struct qf_penalties *p, const struct qf_place *place,
                     uint64_t now_ms, uint64_t *at_ms);

#endif
