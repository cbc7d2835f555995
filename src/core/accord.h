/* accord.h - two neighbours find out where their rosters differ
 *
 * News is flooded, and what is flooded can be dropped on a slow link, or have
 * passed before the link was there. So whoever accepted a link sends a DIGEST
 * when it comes up, and then from time to time; nothing else is said while
 * both know the same. Whoever dialled compares:
 *
 *   DIGEST ->   <- SUMS   LIST... ->   <- NEWS, WANT   NEWS ->
 *
 * It answers a DIGEST that differs with the SUMS of 64 parts of all keys; these
 * are answered by a LIST of each part that differs; a LIST by what is newer
 * here and a WANT of what is newer there (parcel.h).
 *
 * A digest and its sums are over those who can be reached, for the two ends of
 * a link reach the same people. Those who cannot are forgotten in the end, by
 * each node in its own time, and that must not look like a difference. But a
 * LIST names them too: that someone has left is news to who believes otherwise.
 * It is wanted only by who knows the person, so what is forgotten stays so.
 *
 * Why this suffices: say that A reaches Y by some path and its neighbour B does
 * not. Somewhere on it is a first link u-v such that B reaches u and not v. B
 * lacks v, or what A knows of the link's claim, or A lacks what ends it; all
 * three are differences in the record of u or v or in the reports about it, and
 * u and v lie in parts whose sums differ.
 *
 * Everything is answered at most once a round, so that little cannot ask for
 * much again and again. A full roster does not compare: it could not be made
 * equal. Pure.
 */
#ifndef QF_ACCORD_H
#define QF_ACCORD_H

#include "parcel.h"
#include "roster.h"

enum { QF_ACCORD_ROUND_MS = 5000 };

/* With one neighbour; begins as zeroes. */
struct qf_accord {
	uint64_t digest_ms; /* a DIGEST is compared again from then on */
	uint64_t sums_ms;   /* SUMS likewise */
	bool listing;       /* we sent SUMS, LISTs may come, */
	uint64_t listed_to; /* of keys from here on */
	size_t wants;       /* so many of those that we listed are owed */
};

void qf_accord_digest(struct qf_roster *r, enum qf_parcel_to to,
                      const struct qf_key *key, struct qf_parcels *out);
/* Answer a payload of any kind but NEWS, whose kind was read. QF_E_MALFORMED:
 * the peer broke the rules. */
int qf_accord_take(struct qf_accord *a, struct qf_roster *r,
                   const struct qf_key *peer, enum qf_parcel_kind kind,
                   struct qf_cursor *c, uint64_t now_ms,
                   struct qf_parcels *out);

#endif
