/* queue.h - a bounded queue of pointers, one producer, one consumer
 *
 * A ring with two C11 atomic positions (Lamport 1983). It carries no wake-up
 * and no ownership of its own: whoever pushes gives what it pushed away,
 * whoever pops has it.
 */
#ifndef QF_QUEUE_H
#define QF_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct qf_queue {
	void **slots;
	size_t mask;
	_Alignas(64) atomic_size_t head; /* next to pop, consumer's */
	_Alignas(64) atomic_size_t tail; /* next to push, producer's */
};

/* capacity is rounded up to a power of two. QF_E_NOMEM or QF_OK. */
int qf_queue_init(struct qf_queue *q, size_t capacity);
void qf_queue_fini(struct qf_queue *q);
/* Producer only. False: full. */
bool qf_queue_push(struct qf_queue *q, void *item);
/* Producer only: at least so many pushes will succeed. */
size_t qf_queue_free(const struct qf_queue *q);
/* Consumer only. NULL: empty. */
void *qf_queue_pop(struct qf_queue *q);
/* Either: how many are in it, a moment ago. */
size_t qf_queue_depth(const struct qf_queue *q);

#endif
