/* ways.h - over whom the shortest way leads to each person
 *
 * Breadth first over the links of a roster, from ourselves. Messages take the
 * ways that are free, so this is what people are told, and nothing is decided
 * by it.
 */
#ifndef QF_WAYS_H
#define QF_WAYS_H

#include "roster.h"

struct qf_way {
	unsigned hops; /* 1: linked with us; 0: none leads there */
	const struct qf_person *via; /* linked with us; NULL: no hops */
};

/* A way for each row, in their order; free() it. NULL: out of memory. */
struct qf_way *qf_ways_find(const struct qf_roster *r,
                            const struct qf_person *me);

#endif
