/* census.h - counts whose envelopes a room holds, and with which numbers
 *
 * Fed (author, sequence number) in any order, 16 bytes each, it gives a range
 * for each author. Authors are the store's numbers; the caller knows the keys.
 */
#ifndef QF_CENSUS_H
#define QF_CENSUS_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct qf_authored {
	uint64_t author;
	uint64_t seq;
};

struct qf_census {
	struct qf_authored *at;
	size_t count;
	size_t cap;
	size_t taken; /* by qf_census_next() */
};

void qf_census_init(struct qf_census *c);
void qf_census_fini(struct qf_census *c);
/* QF_E_NOMEM: nothing changed. */
int qf_census_add(struct qf_census *c, uint64_t author, uint64_t seq);
/* When all were added: how many authors there are. */
size_t qf_census_authors(struct qf_census *c);
/* After that, for each of them: the number, and the range but for its key. */
uint64_t qf_census_next(struct qf_census *c, struct qf_author_range *range);

#endif
