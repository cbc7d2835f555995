/* talk.h - one room on one link: from the matched tag to the even tail
 *
 * Both ends follow the room (FOLLOW, answered by a pair: snapshot and lsn),
 * send OPEN, and stream what comes after the lsn. Roots that differ are
 * reconciled; what a peer lacks is owed as ranges of ranks in the snapshot:
 * pushed if it is little, otherwise named by HAVE and sent when it is wanted.
 *
 * What is owed is gathered until all of it is known, unless it is much, and
 * sent in the order of its keys, and what is live comes behind it: so readers
 * on the other side see it in the order in which it was said.
 *
 * A backlog that came by another link is passed over, and a peer that is busy
 * with another link puts us off (LATER): then the talk is stale, and when the
 * node reconciles the room nowhere both send OPEN again, for another round.
 *
 * Pure, owned by its session, which does the frames' outer layer.
 */
#ifndef QF_TALK_H
#define QF_TALK_H

#include "session.h"

enum qf_talk_phase {
	QF_TALK_FOLLOWING, /* asked the core for the pair */
	QF_TALK_OPENED,    /* our OPEN is out, theirs is not here */
	QF_TALK_WAITING,   /* both are; our turn, or the peer's first RECON */
	QF_TALK_RECONCILING,
	QF_TALK_EVEN, /* every range is closed; what is owed may be on its way
	               */
};

struct qf_owed {
	size_t from; /* ranks in the snapshot, half open */
	size_t to;
	bool answers; /* a WANT; otherwise it is pushed */
};

struct qf_talk {
	/* First what every delivery looks at (session.h). */
	enum qf_talk_phase phase;
	bool heard_open;
	bool lazy;        /* what is new is only named (push.h) */
	bool is_marked;   /* `marked` is set */
	bool reads_asked; /* the read that is out fetches some of `asked` */
	bool stale;       /* the peer may lack some of what is below `cursor` */
	bool reopened;    /* it sent OPEN again, and waits for ours */
	bool asks_again;  /* we asked the core for what to say in it */
	uint64_t cursor;  /* lsn up to which the peer was served by the tail */
	uint64_t marked;  /* cursor of the newest mark */
	uint64_t summed;  /* lsn of what was last summed up */
	uint64_t passed;  /* lsn of what was last passed over */
	struct qf_session *session;
	struct qf_carried *room; /* the carry's */
	struct qf_follower follower;
	uint64_t mine; /* our handle */

	struct qf_owed *owed; /* from owed_first */
	size_t owed_first;
	size_t owed_count;
	uint64_t owed_left;  /* envelopes in all of them */
	size_t pushed_bytes; /* of the bodies of those pushed */
	uint64_t named_left; /* named by HAVE, not yet wanted */
	size_t asked_count;  /* of asked */

	uint64_t *asked; /* lsns that a GRAFT asked for, to be sent */
	size_t asked_cap;
	size_t owed_cap;
	bool owed_mixed;        /* no longer ascending */
	struct qf_buf deferred; /* a RECON that waits until less is owed */
	bool has_deferred;
	size_t pushed;        /* envelopes pushed unasked */
	bool ready_answers;   /* what was fetched last answers a WANT */
	uint64_t wanted_left; /* wanted by us, not yet here */
	bool has_turn;
	uint64_t
		turn_ends_at; /* the count that must be stored, see session.h */

	uint64_t theirs; /* their handle, once heard_open */
	uint64_t their_count;
	struct qf_hash their_root;
	struct qf_hash my_root;
	struct qf_snapshot *snapshot; /* until all that it owes is sent */
	struct qf_reconcile recon;
	bool has_recon;
};

/* Asks the core for the pair. NULL: out of memory. */
struct qf_talk *qf_talk_new(struct qf_session *s, struct qf_carried *room);
void qf_talk_free(struct qf_talk *t);

/* The one that the peer opened under that handle; NULL: none. */
struct qf_talk *qf_talk_of_theirs(const struct qf_session *s, uint64_t handle);
/* Take the beginning of a MSG: whose it is, and its flags. What follows is for
 * qf_batch_get(). NULL: malformed. */
struct qf_talk *qf_talk_of_msg(const struct qf_session *s, struct qf_cursor *c,
                               uint8_t *flags);

/* What the core answered. Takes the snapshot (NULL is for the caller). */
void qf_talk_pair(struct qf_talk *t, struct qf_effect *fx);
void qf_talk_turn(struct qf_talk *t, struct qf_effect *fx);
/* The backlog up to lsn is not pushed: it will be summed up. */
void qf_talk_passed_over(struct qf_talk *t, uint64_t lsn);
/* OPEN once more, if there is reason to and none against it. */
void qf_talk_again(struct qf_talk *t);
/* PRUNE, GRAFT, SEND. */
void qf_talk_told(struct qf_talk *t, const struct qf_effect *fx);
/* Frames of this room; the payload begins after the handle. Faults close the
 * session. */
void qf_talk_open(struct qf_talk *t, const struct qf_open *open);
void qf_talk_recon(struct qf_talk *t, struct qf_bytes payload);
void qf_talk_later(struct qf_talk *t);
void qf_talk_have(struct qf_talk *t, const struct qf_named *named, size_t n);
void qf_talk_want(struct qf_talk *t, const struct qf_named *named, size_t n);
/* What comes now with these flags of MSG was found by a reconciliation. */
bool qf_talk_is_backlog(const struct qf_talk *t, uint8_t flags);
/* count envelopes of it came by this link. */
void qf_talk_arrived(struct qf_talk *t, size_t count, bool answers);
/* More of what came is stored here: the turn may be over. */
void qf_talk_stored(struct qf_talk *t);

/* The read that fetches what is owed next, from the reconciliation or, when
 * the ring has gone on without us, from the log; NULL: nothing. */
struct qf_read *qf_talk_next_read(struct qf_talk *t);
/* It came back with read->got envelopes. */
void qf_talk_fetched(struct qf_talk *t, const struct qf_read *read);
/* Whether what is live may be sent by now: see talk.c. */
bool qf_talk_flows(const struct qf_talk *t);
/* Every range is closed, nothing is owed, and nothing named waits to be
 * wanted: up to the cursor the peer has all or it is on its way. */
bool qf_talk_even(const struct qf_talk *t);

#endif
