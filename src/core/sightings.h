/* sightings.h - nodes seen nearby, and which of them are worth telling
 *
 * Anybody on the network can claim anything, so the table is bounded, one host
 * fills only a part of it, and what makes room for the next is left to chance:
 * whoever is really there is seen again. A sighting is told when it is new,
 * when it is back after a silence, and else less and less often. A second
 * address of the same hint waits a little, so that one link is made, not two.
 *
 * Pure.
 */
#ifndef QF_SIGHTINGS_H
#define QF_SIGHTINGS_H

#include "beacon.h"
#include "keep.h"

enum { QF_SIGHTINGS_MAX = 1024, QF_SIGHTINGS_A_HOST = 16 };

struct qf_sighting {
	struct qf_hint hint;
	struct qf_address address;
	uint64_t seen_ms;
	uint64_t told_ms;
	uint64_t wait_ms; /* before it is told again */
};

struct qf_sightings {
	struct qf_sighting *list; /* QF_SIGHTINGS_MAX */
	size_t count;
	uint64_t random;
	struct qf_allowance told;
};

/* False: out of memory. */
bool qf_sightings_init(struct qf_sightings *s, uint64_t random);
void qf_sightings_fini(struct qf_sightings *s);
/* A node was seen; true: the core should know. */
bool qf_sightings_take(struct qf_sightings *s, const struct qf_hint *hint,
                       const struct qf_address *address, uint64_t now_ms);
/* The network has changed: whatever is seen is new. */
void qf_sightings_clear(struct qf_sightings *s);

#endif
