/* wants.h - what peers have named and is not here yet
 *
 * One table for all links: an envelope that several have named is asked of one
 * at a time, and only if nobody has sent it for a while. It stays until it is
 * here, or until no link that named it is left; so whatever is named on a link
 * that stays up comes. Each link's names are counted, and it is told how many
 * of them, from the first on, are here.
 *
 * Pure; owned by the node.
 */
#ifndef QF_WANTS_H
#define QF_WANTS_H

#include "envelope.h"
#include "idmap.h"
#include "keyset.h"
#include "room.h"

enum {
	QF_WANT_MS = 150,         /* so long a name waits for its envelope, */
	QF_WANT_JITTER_MS = 50,   /* and up to so much longer */
	QF_WANT_AGAIN_MS = 1000,  /* then the next is asked; twice as long */
	QF_WANT_TRIES = 5,        /* each time, and in the end its link goes */
	QF_WANTS_EACH_MAX = 4096, /* named by one link, and not here */
};

/* A name that a link gave, of what is not here. */
struct qf_offer {
	struct qf_namer *namer;
	struct qf_want *want;
	uint64_t number; /* which of that link's names this is, from 1 */
	unsigned asked;
	struct qf_offer *next;           /* of the want, as they came */
	struct qf_offer *before, *after; /* of the link, by number */
};

struct qf_want {
	struct qf_room_id room;
	struct qf_setkey key;
	uint64_t due_ms;
	uint64_t number;               /* 1, 2, 3... as they were named */
	size_t at;                     /* in the heap */
	struct qf_offer *first, *last; /* at least one */
	size_t count;                  /* of offers */
};

struct qf_namer {
	uint64_t conn;
	uint64_t heard;                /* names, ever */
	uint64_t had;                  /* of them, here, from the first on */
	struct qf_offer *first, *last; /* those not here */
	size_t open;                   /* how many these are */
	size_t at;                     /* in the list */
	bool shut; /* what it named was too much, and is not heard any more */
};

struct qf_wants {
	struct qf_want **heap; /* the soonest due first, then by number */
	size_t count;
	size_t cap;
	uint64_t last_number;
	struct qf_idmap by_id;    /* to the want, a pointer */
	struct qf_idmap by_begin; /* how many ids begin so */
	struct qf_namer **namers; /* first those of which more may be here */
	size_t stale_count;
	size_t namer_count;
	size_t namer_cap;
	struct qf_idmap by_conn; /* to the namer, a pointer */
	size_t open;             /* offers in all */
};

void qf_wants_init(struct qf_wants *w, uint64_t seed);
void qf_wants_fini(struct qf_wants *w);
/* The link has named n, in all. QF_E_NOMEM; QF_E_LIMIT: too many of its names
 * are not here, or were too many when the table was full. */
int qf_wants_heard(struct qf_wants *w, uint64_t conn, uint64_t n);
/* One of these, its `number`, is not here. QF_E_NOMEM: nothing changed. */
int qf_wants_add(struct qf_wants *w, const struct qf_room_id *room,
                 const struct qf_setkey *key, uint64_t conn, uint64_t number,
                 uint64_t due_ms);
/* There are more than QF_WANTS_MAX: this link, which gave most of them, has to
 * go, and its names are taken out. NULL: there are not. Call until NULL. */
const struct qf_namer *qf_wants_excess(struct qf_wants *w);
/* It is, by now. */
void qf_wants_here(struct qf_wants *w, const struct qf_hash *id);
/* One whose id begins so is named, and not here. */
bool qf_wants_begun(const struct qf_wants *w,
                    const uint8_t begin[QF_PREV_BYTES]);
/* That link is no more. */
void qf_wants_forget(struct qf_wants *w, uint64_t conn);
/* The next that is due, and the offer to be asked; its time is set anew. NULL:
 * none. Call until NULL. */
struct qf_want *qf_wants_next(struct qf_wants *w, uint64_t now_ms,
                              struct qf_offer **offer);
/* It is on its way, so that offer was not asked: it is due later. */
void qf_wants_defer(struct qf_wants *w, struct qf_want *want,
                    struct qf_offer *offer, uint64_t due_ms);
/* None is due before; UINT64_MAX: none is. */
uint64_t qf_wants_wake(const struct qf_wants *w);
/* The next link of which more names are here than it was told; NULL: none. */
const struct qf_namer *qf_wants_had(struct qf_wants *w);

#endif
