/* mailbox.h - a bounded queue between two threads, with a bell at each end
 *
 * One producer, one consumer (core/queue.h). The producer pushes as many as it
 * has and then rings once. When a push fails the producer need not try again
 * until its own bell rings: the consumer rings it after it has made room.
 */
#ifndef QF_MAILBOX_H
#define QF_MAILBOX_H

#include "bell.h"
#include "core/queue.h"
#include "core/step.h"

struct qf_mailbox {
	struct qf_queue queue;
	struct qf_bell *consumer; /* borrowed */
	struct qf_bell *producer; /* borrowed; NULL: it never waits for room */
	bool pushed;              /* producer's: since it last rang */
	atomic_bool refused;      /* the producer waits for room */
};

int qf_mailbox_init(struct qf_mailbox *m, size_t capacity,
                    struct qf_bell *consumer, struct qf_bell *producer);
/* Both threads are gone; what is left in it goes to `drop`. */
void qf_mailbox_fini(struct qf_mailbox *m, void (*drop)(void *item));
/* What the threads of a node send each other is released whole. */
void qf_event_drop(void *ev);
void qf_effect_drop(void *fx);
void qf_keep_drop(void *keep);

/* Producer only. False: full, the item is still the caller's. */
bool qf_mailbox_push(struct qf_mailbox *m, void *item);
/* Producer only. False is as good as a push that failed. */
bool qf_mailbox_has_room(struct qf_mailbox *m);
/* Producer only: wake the consumer if anything was pushed. */
void qf_mailbox_ring(struct qf_mailbox *m);
/* Consumer only. NULL: empty. */
void *qf_mailbox_pop(struct qf_mailbox *m);
/* Consumer only, after some pops: wake a producer that waits for room. */
void qf_mailbox_thank(struct qf_mailbox *m);

#endif
