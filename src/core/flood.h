/* flood.h - what is new, on its way to every neighbour but who brought it
 *
 * A queue of persons; what is new of each is marked in the person, so that
 * however often one changes, the newest goes out once. What came from one
 * neighbour goes to the others in the same bytes.
 *
 * At once if nothing was sent for a while; then all that has come meanwhile.
 * The while is short, for it adds up over hops, but with very many links it is
 * longer: 10,000 payloads are written each second.
 */
#ifndef QF_FLOOD_H
#define QF_FLOOD_H

#include "parcel.h"
#include "roster.h"

enum { QF_FLOOD_MS = 50, QF_FLOOD_MAX_MS = 1000, QF_FLOOD_LINKS_PER_MS = 10 };

struct qf_flood {
	struct qf_person **queue; /* oldest first */
	size_t count;
	size_t cap;
	uint64_t sent_ms; /* when the last went out */
	bool bad;         /* out of memory: the process must end */
};

/* Begins as zeroes. */
void qf_flood_fini(struct qf_flood *f);
/* That record, or report of an edge of it, is new. source: who brought it;
 * zero if we made it. */
void qf_flood_record(struct qf_flood *f, struct qf_person *p,
                     const struct qf_key *source);
void qf_flood_report(struct qf_flood *f, struct qf_person *p, size_t edge,
                     const struct qf_key *source);
/* The person will be no more. */
void qf_flood_forget(struct qf_flood *f, const struct qf_person *p);
/* When it should be sent, UINT64_MAX: nothing is there. */
uint64_t qf_flood_due(const struct qf_flood *f, size_t links);
void qf_flood_send(struct qf_flood *f, struct qf_parcels *out, uint64_t now_ms);

#endif
