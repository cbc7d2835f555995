/* peerbook.h - addresses to dial, when, and whom to expect there
 *
 * A typed address accepts any key; a remembered one must show its key. A
 * failed dial waits with full jitter, from QF_REDIAL_MIN_MS doubling to
 * QF_REDIAL_MAX_MS (sync.md 3.2, 6). Any sign of life resets that.
 *
 * The book is bounded. Addresses are ranked by how they behaved: of several
 * that are due the one that worked before comes first, then whoever has failed
 * least; and when the book is full the worst of those that nobody asks for and
 * the mesh does not want makes room, but one that was ever asked for only if
 * there is no other.
 *
 * Pure; owned by the node.
 */
#ifndef QF_PEERBOOK_H
#define QF_PEERBOOK_H

#include "keep.h"

enum qf_dial_state {
	QF_DIAL_WAITING, /* until due_ms */
	QF_DIAL_TRYING,
	QF_DIAL_LINKED,
	QF_DIAL_RESTING, /* its key is linked elsewhere, or our own */
	QF_DIAL_IDLE,    /* who is there is here already, and has others */
};

struct qf_dial {
	uint64_t number; /* never reused */
	enum qf_dial_state state;
	struct qf_address address;
	bool expects_key;
	struct qf_key key; /* expected, or the last that was found */
	char name[QF_USER_NAME_BYTES_MAX + 1];
	uint64_t due_ms;
	uint64_t tried_ms;              /* 0: never */
	uint64_t delay_ms;              /* the bound of the next wait */
	char why[QF_WHY_BYTES_MAX + 1]; /* it failed last, "": it did not */
	bool found; /* nearby, by whoever said so: may make room for others */
	struct qf_hint hint; /* of found: whose it is said to be */
	bool asked;          /* by a person: dialled whenever it has no link */
	bool known;          /* of one whom a person asked for at some time */
	bool wanted;         /* by the mesh, when it looked last */
	bool worked;         /* it had a link once */
	unsigned fails;      /* since then, or since it is known */
	bool quiet; /* learned, not asked for: that nobody answers is no news */
	bool heard; /* a failure was told to people since the last success */
};

struct qf_peerbook {
	struct qf_dial *dials;
	size_t count;
	size_t cap;
	uint64_t last_number;
	uint64_t random;
};

void qf_peerbook_init(struct qf_peerbook *b, uint64_t random);
void qf_peerbook_fini(struct qf_peerbook *b);
/* An address to dial from now on; the same address (and expectation) is kept
 * once. NULL: out of memory, or QF_PEERS_MAX of which all are needed. */
struct qf_dial *qf_peerbook_add(struct qf_peerbook *b,
                                const struct qf_address *address,
                                const struct qf_key *expected, uint64_t now_ms);
struct qf_dial *qf_peerbook_find(struct qf_peerbook *b, uint64_t number);
/* The best of those that are due, now TRYING; NULL: none. */
struct qf_dial *qf_peerbook_due(struct qf_peerbook *b, uint64_t now_ms);
uint64_t qf_peerbook_wake(const struct qf_peerbook *b);
void qf_dial_linked(struct qf_dial *d, const struct qf_key *key);
/* Rest until that key is lost (qf_peerbook_lost_key). */
void qf_dial_rest(struct qf_dial *d, const struct qf_key *key);
/* Failed or lost: wait with jitter, longer each time it fails. */
void qf_peerbook_failed(struct qf_peerbook *b, struct qf_dial *d,
                        uint64_t now_ms);
void qf_peerbook_lost(struct qf_peerbook *b, struct qf_dial *d,
                      uint64_t now_ms);
/* No link to that key is left: whoever rested because of one dials again. */
void qf_peerbook_lost_key(struct qf_peerbook *b, const struct qf_key *key,
                          uint64_t now_ms);
/* Whoever has that key showed life, or is wanted: what waits for it dials
 * now, or QF_REDIAL_MIN_MS after its last try, however often this is said. */
void qf_peerbook_stir(struct qf_peerbook *b, const struct qf_key *key,
                      uint64_t now_ms);
/* A node was found there, or once more: it is dialled soon. Of those found the
 * one that has failed longest makes room. NULL: out of memory, or no room. */
struct qf_dial *qf_peerbook_found(struct qf_peerbook *b,
                                  const struct qf_address *address,
                                  const struct qf_hint *hint, uint64_t now_ms);
/* The network has changed: whoever waits is as good as never tried. */
void qf_peerbook_stir_all(struct qf_peerbook *b, uint64_t now_ms);
/* Whoever showed neither life nor use goes: learned, never linked, and wanted
 * by nobody. Those found nearby have their own bound. */
void qf_peerbook_sift(struct qf_peerbook *b);
/* Remove what expects or found this key; how many. */
size_t qf_peerbook_forget(struct qf_peerbook *b, const struct qf_key *key);

#endif
