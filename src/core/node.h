/* node.h - the one that decides: rooms, order, links, whose turn it is
 *
 * qf_node_step() takes an event and appends effects. It does no I/O, reads no
 * clock, and nothing that a message brings loops over members; the mesh looks
 * at all of them when people or links have changed, and keeps a pace. Commit
 * before emit: an envelope enters the set, a snapshot, a post or an answer only
 * with COMMITTED.
 *
 * Threads: the core's.
 */
#ifndef QF_NODE_H
#define QF_NODE_H

#include "peerbook.h"
#include "step.h"

struct qf_node_options {
	const struct qf_identity *identity; /* borrowed for its life */
	const char *name;     /* checked by qf_user_name_check(); NULL: the one
	                       * that was loaded, or fallback */
	const char *fallback; /* a name for whoever has none yet */
	unsigned workers;
	bool explains;        /* if nobody is found, look why, and say it */
	bool is_hub;          /* always on: others may lean on it (mesh.h) */
	bool dial_remembered; /* redial peers that the store remembers */
	uint64_t random_seed;
	uint64_t
		built_ms; /* Unix: an earlier wall clock is wrong; 0: none is */
	uint8_t quality;  /* enum qf_clock_quality, of the system's clock */
	uint64_t past;    /* of qf_store_past() */
};

struct qf_node; /* node_state.h */

/* NULL: out of memory. `now` is the time of its beginning. */
struct qf_node *qf_node_new(const struct qf_node_options *options,
                            struct qf_now now);
void qf_node_free(struct qf_node *n);

/* What the store remembers, before the first step; the callbacks of
 * store.h's loader call these. */
int qf_node_load_room(struct qf_node *n, const struct qf_room_id *id,
                      const char *name, enum qf_joined joined, uint64_t hlc,
                      uint64_t own_seq, const uint8_t own_prev[QF_PREV_BYTES]);
int qf_node_load_element(struct qf_node *n, const struct qf_room_id *room,
                         const struct qf_setkey *key);
int qf_node_load_nonce(struct qf_node *n, const struct qf_nonce *nonce,
                       const struct qf_room_id *room, uint64_t hlc,
                       uint64_t lsn, const struct qf_hash *id);
/* Ascending by number, after the nonces; takes a reference to the body. */
int qf_node_load_draft(struct qf_node *n, const struct qf_draft *draft);
/* Once for each of its addresses, the newest first; port 0: it has none. */
int qf_node_load_peer(struct qf_node *n, const struct qf_peer *peer);
/* QF_E_MALFORMED: there is no such state. */
int qf_node_load_page(struct qf_node *n, uint8_t state);

/* Any number of them. */
int qf_node_load_marker(struct qf_node *n, const struct qf_marker *marker);

/* What we are called, of what is known before the first step. */
const char *qf_node_name(const struct qf_node *n);
/* The first step also tells the workers of the rooms that were loaded, and
 * what we are called. Takes
 * what it keeps out of the event; the caller still calls
 * qf_event_fini(). Only out->bad is an error. */
void qf_node_step(struct qf_node *n, struct qf_event *ev, struct qf_now now,
                  struct qf_effects *out);
/* When the next TICK is due (mono ms), UINT64_MAX: not before an event. */
uint64_t qf_node_wake(const struct qf_node *n);

#endif
