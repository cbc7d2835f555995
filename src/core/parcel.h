/* parcel.h - payloads for neighbours, packed and addressed
 *
 * What a node has to say about presence is packed into payloads of at most
 * QF_PARCEL_BYTES_MAX, each for one frame. The first byte of a payload is its
 * kind, and all of it is of that kind:
 *
 *   NEWS    items: u8 1, a record, or u8 2, a report (here.h)
 *   DIGEST  16 bytes: what the sums are
 *   SUMS    64 * 16 bytes (roster.h)
 *   LIST    u64 from, n entries, u64 to: all that the sender knows of keys
 *           that begin from..to, both included. An entry is u64 beginning of
 *           the key, u64 version, u16 edges that were reported, u8 flags (1: it
 *           can be reached); they ascend
 *   WANT    n * u64 beginning of a key: send me what you have of it
 */
#ifndef QF_PARCEL_H
#define QF_PARCEL_H

#include "bytes.h"
#include "identity.h"

enum {
	QF_PARCEL_BYTES_MAX = 60 * 1024, /* wire: a payload, with its kind */
};

enum qf_parcel_kind {
	QF_PARCEL_NEWS = 1,
	QF_PARCEL_DIGEST = 2,
	QF_PARCEL_SUMS = 3,
	QF_PARCEL_LIST = 4,
	QF_PARCEL_WANT = 5,
};

enum qf_parcel_to {
	QF_PARCEL_TO_ONE,     /* the neighbour `key` */
	QF_PARCEL_TO_OTHERS,  /* all neighbours but `key`, which may be zero */
	QF_PARCEL_TO_DIALLERS /* each whose link we accepted */
};

struct qf_parcel {
	enum qf_parcel_to to;
	struct qf_key key;
	struct qf_shared *payload; /* one reference */
};

struct qf_parcels {
	struct qf_parcel *list; /* oldest first, from `first` */
	size_t first;
	size_t count;
	size_t cap;
	struct qf_parcel open; /* being packed: its address, */
	struct qf_buf bytes;   /* and what is in it so far; empty: none is */
	bool bad;              /* out of memory: the process must end */
};

void qf_parcels_init(struct qf_parcels *ps);
void qf_parcels_fini(struct qf_parcels *ps);
/* Close what is open; what is put into `bytes` from now on goes there. */
void qf_parcels_begin(struct qf_parcels *ps, enum qf_parcel_to to,
                      const struct qf_key *key, enum qf_parcel_kind kind);
/* Where an item of at most len bytes may be appended: when it might not fit,
 * the open payload is closed and another like it begun. */
struct qf_buf *qf_parcels_fit(struct qf_parcels *ps, size_t len);
/* Close what is open. A payload that only has its kind says nothing. */
void qf_parcels_end(struct qf_parcels *ps);
/* The next payload, now the caller's; false: there is none. */
bool qf_parcels_next(struct qf_parcels *ps, struct qf_parcel *out);

#endif
