/* acks.h - what of that which a link carries is stored at its ends
 *
 * A part of the session: ACK counts what was sent by MSG, HAD what was named by
 * IHAVE, each from the first on. A mark says that with so many of both the
 * other end has all of a room up to some lsn; the core counts copies by it.
 */
#ifndef QF_ACKS_H
#define QF_ACKS_H

#include "talk.h"

/* Frames of the peer. Faults close the session. */
void qf_acks_ack(struct qf_session *s, struct qf_bytes payload);
void qf_acks_had(struct qf_session *s, struct qf_bytes payload);
/* What is due of both. */
void qf_acks_put(struct qf_session *s, struct qf_buf *to);
/* The flag by which a MSG asks for an ACK, or 0: another did just now. */
uint8_t qf_acks_ask(struct qf_session *s);
/* All that is due in that room was sent or named: mark it. */
void qf_acks_mark(struct qf_session *s, struct qf_talk *t);

#endif
