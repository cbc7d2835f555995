/* carry.h - what one worker carries: the rooms it joined, and what is asked
 *
 * Shared by all connections of a worker: tails by room, checked roots, and the
 * list of rooms that a link may offer. Sessions and gateways reach the core
 * and the store's readers only by the asks that they leave here; the worker
 * moves them on in order.
 *
 * Threads: one worker's.
 */
#ifndef QF_CARRY_H
#define QF_CARRY_H

#include "batch.h"
#include "idmap.h"
#include "regrets.h"
#include "step.h"
#include "tail.h"

/* A connection that is owed what is posted in a room. Embedded in what it
 * follows by; in a list of the room's. */
struct qf_follower {
	qf_conn conn;
	struct qf_follower *next;
	struct qf_follower **at; /* what points to it; NULL: it follows none */
};

struct qf_carried {
	struct qf_room_id id;
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_hash tag_key;
	struct qf_direct *direct; /* of two keys: owned; NULL: open */
	bool left;                /* it is offered no more */
	bool has_tail;            /* a pair has come */
	struct qf_tail tail;
	struct qf_follower *followers;
	/* All that we said here ourselves is at or below it. What was not seen
	 * (the tail's gaps, what was before it) may have been ours. */
	uint64_t own_lsn;
	struct qf_regrets regrets; /* as far as somebody asked (api_view.h) */
};

/* What a connection wants from the store. */
enum qf_read_kind {
	QF_READ_LSNS,     /* envelopes by lsn */
	QF_READ_AFTER,    /* a room's after an lsn */
	QF_READ_STANDING, /* of these, topics and what was taken back */
	QF_READ_AUTHORS,  /* a room's */
};

struct qf_read {
	enum qf_read_kind kind;
	qf_conn conn;
	uint64_t number; /* the conn's own, comes back */
	struct qf_room_id room;
	uint64_t after;
	uint64_t *lsns; /* LSNS: wanted, in order; else found */
	size_t count;
	size_t bytes_max;
	/* the answer */
	int err;
	struct qf_envelope **envelopes; /* count of them after it */
	size_t got;
	struct qf_author_line *authors;
	size_t author_count;
};

struct qf_author_line {
	struct qf_key author;
	uint64_t first;
	uint64_t last;
	uint64_t count;
	uint64_t forked;
};

void qf_read_free(struct qf_read *r);

enum qf_ask_kind {
	QF_ASK_EVENT, /* for the core */
	QF_ASK_READ,  /* for a reader */
};

struct qf_ask {
	enum qf_ask_kind kind;
	struct qf_event event;
	struct qf_read *read;
};

/* A post that a tail keeps, or has let go. */
struct qf_kept {
	struct qf_carried *room;
	uint64_t last_lsn;
};

struct qf_carry {
	struct qf_carried **rooms; /* stable addresses */
	size_t room_count;
	size_t room_cap;
	struct qf_idmap by_id; /* room -> index in rooms */
	/* What all tails keep, in the order in which it came: a ring of
	 * QF_RINGS_FRAMES_MAX, made at the first post. */
	struct qf_kept *kept;
	size_t kept_first;
	size_t kept_count;
	size_t kept_bytes; /* of payloads */
	struct qf_roots roots;
	struct qf_ask *asks; /* oldest first; the worker drains it */
	size_t ask_count;
	size_t ask_cap;
	uint64_t delivered;      /* envelopes put into what is sent, ever */
	struct qf_clock clock;   /* what links tell of ours */
	const char *fingerprint; /* of the certificate for browsers, borrowed */
	const char *story; /* of this node's start, for people; NULL: none */
	uint64_t seed;     /* a secret, for what others fill by hashes */
	bool bad;          /* out of memory */
};

void qf_carry_init(struct qf_carry *c);
void qf_carry_fini(struct qf_carry *c);
/* Tell of a joined room, once; later calls find it. NULL: out of memory. */
struct qf_carried *qf_carry_room(struct qf_carry *c,
                                 const struct qf_room_id *id, const char *name);
/* It is a room of two keys; takes the keys. */
void qf_carry_direct(struct qf_carried *room, struct qf_direct *direct);
struct qf_carried *qf_carry_find(struct qf_carry *c,
                                 const struct qf_room_id *id);
/* The first pair makes the tail; takes the told reference either way. */
void qf_carry_pair(struct qf_carried *room, uint64_t lsn, struct qf_told *told);
/* Takes the post. The room it is for, or NULL (released). The oldest posts of
 * any room make place for it, so many rooms need no more memory than some. */
struct qf_carried *qf_carry_post(struct qf_carry *c, struct qf_post *post);

/* An envelope of our own may be above lsn: whether others keep it matters. */
bool qf_carry_may_be_own(const struct qf_carried *room, uint64_t lsn);
void qf_carry_follow(struct qf_carried *room, struct qf_follower *f,
                     qf_conn conn);
void qf_carry_unfollow(struct qf_follower *f); /* one of none is fine */

/* A new, zeroed event for the core, to be filled in; NULL: out of memory. */
struct qf_event *qf_carry_tell(struct qf_carry *c, enum qf_event_kind kind,
                               qf_conn conn);
/* Ask a reader; takes it. */
void qf_carry_read(struct qf_carry *c, struct qf_read *read);

#endif
