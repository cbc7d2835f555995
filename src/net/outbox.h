/* outbox.h - how a worker's asks get to the core and to its reader
 *
 * Asks wait in the carry until they can be moved on, and who asked is not read
 * from until they are: that is all the back-pressure there is.
 *
 * Credits bound what may come from a peer or a client faster than the core
 * answers: envelopes, by count and bytes, and commands. What a link asks of a
 * room (its pair, its turn) is bounded by the rooms and takes none.
 *
 * Threads: the worker's.
 */
#ifndef QF_OUTBOX_H
#define QF_OUTBOX_H

#include "credits.h"
#include "desk.h"
#include "mailbox.h"

struct qf_outbox {
	struct qf_desk *desk;      /* borrowed */
	struct qf_mailbox *events; /* struct qf_event, to the core; borrowed */
	struct qf_mailbox *reads;  /* struct qf_read, to the reader; borrowed */
	struct qf_credits arrived;
	struct qf_credits commands;
};

void qf_outbox_init(struct qf_outbox *o, struct qf_desk *desk,
                    struct qf_mailbox *events, struct qf_mailbox *reads);
/* Move on what can be, without ringing. */
void qf_outbox_move(struct qf_outbox *o);
void qf_outbox_ring(struct qf_outbox *o);
/* An effect, or what a reader brought for conn, is about to be passed on: it
 * may give back a credit, or be what a client waited for. */
void qf_outbox_answered(struct qf_outbox *o, const struct qf_effect *fx);
void qf_outbox_fetched(struct qf_outbox *o, const struct qf_read *read);

#endif
