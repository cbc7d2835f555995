/* session.h - the talk over one link, from HELLO to the last ACK
 *
 * Pure: it is fed frames, the core's effects for this conn, answers of
 * readers, and time; it leaves asks in the carry, and what it has to say is
 * pulled from it when the socket can take more. So what a peer is owed stays a
 * cursor, a range, or at most QF_OWED_MAX names, and reading never waits for
 * writing.
 *
 * The happy path, per link:  HELLO both ways; TAGS both ways; for each match
 * FOLLOW, and with the pair OPEN; with equal roots nothing more, otherwise the
 * TLS client asks the core for its turn and sends the first RECON. From OPEN
 * on, the tail flows. sync.md 1.4, 1.5.
 *
 * A fault of the peer ends the link, and a BYE says the reason.
 */
#ifndef QF_SESSION_H
#define QF_SESSION_H

#include "carry.h"
#include "wire.h"

enum qf_session_state {
	QF_SESSION_GREETING, /* our HELLO is out, theirs is not here */
	QF_SESSION_LIVE,
	QF_SESSION_CLOSED,
};

struct qf_talk; /* talk.h: one room on this link */

/* After sending up to `named`, and naming up to `announced`, the peer has all
 * of a room up to lsn, once it has these. */
struct qf_mark {
	uint64_t named;
	uint64_t announced;
	uint64_t lsn;
	struct qf_talk *talk;
};

enum { QF_MARKS_MAX = 64, QF_HERES_MAX = 32 };

struct qf_session {
	/* What every delivery looks at comes first: with thousands of links,
	 * the lines of memory that it has to fetch are most of its cost. */
	enum qf_session_state state;
	bool client; /* we dialled: we are the TLS client */
	bool pong_due;
	bool reading; /* one read at a time is out */
	qf_conn conn;
	struct qf_carry *carry; /* borrowed */
	uint64_t now_ms;
	uint64_t began_ms;
	uint64_t heard_ms;  /* last byte from the peer */
	uint64_t said_ms;   /* last byte to it */
	uint64_t pinged_ms; /* the last PING, and its token */
	uint64_t probe_ms;  /* answer by then, 0: not probed */
	uint64_t settle_ms; /* live may wait until then, see talk.h */

	struct qf_talk **talks; /* by our handle */
	size_t talk_count;
	size_t next_talk;      /* round robin over rooms */
	struct qf_read *ready; /* what came of a read, being sent */
	size_t here_count;     /* of heres */
	size_t mark_count;     /* of marks */

	uint64_t named;     /* envelopes that we have sent */
	uint64_t acked;     /* of those, stored there */
	uint64_t announced; /* envelopes that we only named, by IHAVE */
	uint64_t reached;   /* of those, stored there */

	uint64_t carried; /* envelopes that the peer sent */
	uint64_t stored;  /* of those, committed here */
	uint64_t ack_sent;
	uint64_t ack_ms;       /* when the last ACK went out */
	uint64_t ack_asked;    /* one is due as soon as so many are stored */
	uint64_t asked_ack_ms; /* when we last asked for one */
	uint64_t heard_names;  /* envelopes that the peer named by IHAVE */
	uint64_t had;          /* of those, committed here */
	uint64_t had_sent;
	uint64_t had_ms; /* when the last HAD went out */

	struct qf_buf control; /* small frames, sent first */

	uint64_t pong; /* the token of the last PING */
	size_t talk_cap;
	uint64_t next_handle;
	size_t ready_at; /* the next envelope of what is ready */
	struct qf_mark marks[QF_MARKS_MAX];
	struct qf_shared *heres[QF_HERES_MAX]; /* due, oldest first */

	struct qf_key peer; /* proven by the handshake, not claimed */
	char name[QF_USER_NAME_BYTES_MAX + 1]; /* as the peer says */
	uint8_t exporter[QF_EXPORTER_BYTES];
	char reason[QF_REASON_BYTES_MAX + 1]; /* why CLOSED */
	enum qf_cause cause;                  /* of that */
	bool at_fault;         /* CLOSED because the peer broke the protocol */
	struct qf_clock clock; /* of the peer, as the core knows it */

	struct qf_buf peer_tags; /* last TAGS, sorted */
	bool knows_direct;       /* the two below are set */
	bool direct_told;        /* that the peer offers it */
	struct qf_room_id direct_room;
	struct qf_tag direct_tag; /* as the peer would offer it */

	uint64_t random; /* padding of TAGS and jitter, from its seed */
};

/* The HELLO is queued at once, with the clock of the carry. `random` seeds what
 * needs no secrecy. */
int qf_session_init(struct qf_session *s, qf_conn conn, bool client,
                    const struct qf_key *peer,
                    const uint8_t exporter[QF_EXPORTER_BYTES],
                    const struct qf_hello *hello, uint64_t random,
                    struct qf_carry *carry, uint64_t now_ms);
void qf_session_fini(struct qf_session *s);

void qf_session_frame(struct qf_session *s, const struct qf_frame *frame,
                      uint64_t now_ms);
/* PAIR, TURN, DONE, PROBE, DROP, DIRECT, ROOM and HERE (conn or all). Takes
 * what it needs out of the effect. */
void qf_session_told(struct qf_session *s, struct qf_effect *fx,
                     uint64_t now_ms);
/* A read of ours came back; the session takes what it needs. */
void qf_session_got(struct qf_session *s, struct qf_read *read,
                    uint64_t now_ms);
/* Timers: call when the time that qf_session_wake() names has come, or more
 * often. Any byte from the peer counts as life: say so with heard. */
void qf_session_tick(struct qf_session *s, uint64_t now_ms);
void qf_session_heard(struct qf_session *s, uint64_t now_ms);
uint64_t qf_session_wake(const struct qf_session *s);
/* The same while nothing can be pulled: what is due to be said has to wait. */
uint64_t qf_session_wake_mute(const struct qf_session *s);
/* The link is no longer wanted: the first reason stays, a BYE says it, nothing
 * else is sent. */
void qf_session_close(struct qf_session *s, const char *reason);
/* The same because the peer broke a rule of the protocol. */
void qf_session_blame(struct qf_session *s, const char *reason);
/* Append whole frames until about `want` bytes are there or nothing is due.
 * After an empty pull, call again when something was fed or a room posted. */
void qf_session_pull(struct qf_session *s, struct qf_buf *to, size_t want,
                     uint64_t now_ms);

#endif
