/* chart.h - the links that there are between those who are here
 *
 * What a picture of the mesh is drawn from. Records say it (here.h): a link is
 * there if one of its ends claims it and the other has not reported it gone. Of
 * our own links `linked` says which there are. Nothing is decided by it.
 */
#ifndef QF_CHART_H
#define QF_CHART_H

#include "roster.h"

enum { QF_NETWORK_CHARS = 28 }; /* "2001:db8:1234:5678::/64" at most */

/* Between two rows of a roster. */
struct qf_chart_link {
	uint32_t from; /* the one that claims it: it dialled, as a rule */
	uint32_t to;
	/* One that both say they have an address in, by its first 24 bits of
	 * IPv4 or 64 of IPv6, for nobody tells masks; or "". */
	char network[QF_NETWORK_CHARS + 1];
};

/* All between `me` and those who are shown (people.h); free() them. NULL: out
 * of memory. */
struct qf_chart_link *qf_chart_links(const struct qf_roster *r,
                                     const struct qf_person *me, size_t *count);

/* The same network as far as can be told from two addresses. */
bool qf_chart_near(const uint8_t a[QF_HERE_ADDRESS_BYTES],
                   const uint8_t b[QF_HERE_ADDRESS_BYTES]);

#endif
