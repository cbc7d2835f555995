/* keep.h - one thing to be remembered: what the core asks of the store
 *
 * Keeps are carried out in the order in which the core made them, many to a
 * commit. A commit that fails is unknown, not undone: the same keeps, with the
 * same bytes, are tried again until they succeed (design.md 4).
 *
 * A keep owns one reference to its envelope.
 */
#ifndef QF_KEEP_H
#define QF_KEEP_H

#include "envelope.h"

enum { QF_NONCE_BYTES = 16, QF_HOST_BYTES_MAX = 255 };

enum qf_keep_kind {
	QF_KEEP_ENVELOPE,
	QF_KEEP_ROOM,   /* joined, for whom, or no longer */
	QF_KEEP_PEER,   /* a key was reached at an address, or renamed */
	QF_KEEP_FORGET, /* all that is remembered of a peer's key */
	QF_KEEP_DRAFT,  /* said, and to be signed later */
	QF_KEEP_PAGE,   /* who may come in by the page from now on */
	QF_KEEP_MARKER, /* how far somebody has read */
};

/* Whether this node keeps a room. The numbers are the store's. */
enum qf_joined {
	QF_JOINED_NOT,
	QF_JOINED,            /* our person is in it */
	QF_JOINED_FOR_GUESTS, /* only guests of this node wished for it */
};

struct qf_nonce {
	uint8_t b[QF_NONCE_BYTES];
};

struct qf_address {
	char host[QF_HOST_BYTES_MAX + 1]; /* name or numeric, no brackets */
	uint16_t port;
};

struct qf_peer {
	struct qf_key key;
	char name[QF_USER_NAME_BYTES_MAX + 1]; /* "" while unknown */
	struct qf_address address;
	uint64_t seen_ms; /* Unix milliseconds of the last good link */
	bool asked;       /* a person asked for it: others make room for it */
};

/* Said while no time is known (node_drafts.c). Owns a reference to the body,
 * which is not sealed. */
struct qf_draft {
	uint64_t number; /* of those that are on disk none is higher */
	struct qf_room_id room;
	uint8_t type;
	bool has_nonce;
	struct qf_nonce nonce;
	struct qf_shared *body;
};

/* How far an account of this node has read something; it only grows. */
struct qf_marker {
	char whose[QF_READER_BYTES_MAX + 1];
	uint64_t ms;
};

static inline void qf_draft_fini(struct qf_draft *d)
{
	qf_shared_unref(d->body);
	d->body = NULL;
}

struct qf_keep {
	enum qf_keep_kind kind;
	uint64_t number; /* 1, 2, 3... in the order of the core */
	union {
		struct {
			struct qf_envelope *envelope;
			uint64_t source; /* link it came by, 0: own */
			bool backlog;    /* a reconciliation found it */
			bool has_nonce;  /* own, from a client's say */
			struct qf_nonce nonce;
			uint64_t room_hlc;     /* the room's clock after it */
			uint64_t draft_number; /* it was that draft, or 0 */
			uint64_t lsn;          /* out: set by the commit */
		};
		struct {
			struct qf_room_id room;
			char name[QF_ROOM_NAME_BYTES_MAX + 1]; /* folded */
			enum qf_joined joined;
		};
		struct qf_peer peer;
		struct qf_draft draft;
		uint8_t page; /* enum qf_page_state */
		struct qf_marker marker;
	};
};

#endif
