/* queue.c - a bounded queue of pointers, one producer, one consumer */
#include "queue.h"

#include <assert.h>
#include <stdlib.h>

#include "err.h"

int qf_queue_init(struct qf_queue *q, size_t capacity)
{
	size_t size = 1;

	while (size < capacity)
		size *= 2;
	q->slots = calloc(size, sizeof *q->slots);
	if (!q->slots)
		return QF_E_NOMEM;
	q->mask = size - 1;
	atomic_init(&q->head, 0);
	atomic_init(&q->tail, 0);
	return QF_OK;
}

void qf_queue_fini(struct qf_queue *q)
{
	free(q->slots);
	q->slots = NULL;
}

size_t qf_queue_depth(const struct qf_queue *q)
{
	size_t head = atomic_load_explicit(&q->head, memory_order_acquire);
	size_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);

	return tail - head;
}

size_t qf_queue_free(const struct qf_queue *q)
{
	return q->mask + 1 - qf_queue_depth(q);
}

bool qf_queue_push(struct qf_queue *q, void *item)
{
	size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&q->head, memory_order_acquire);

	assert(item);
	if (tail - head > q->mask)
		return false;
	q->slots[tail & q->mask] = item;
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
	return true;
}

void *qf_queue_pop(struct qf_queue *q)
{
	size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);
	void *item;

	if (head == tail)
		return NULL;
	item = q->slots[head & q->mask];
	atomic_store_explicit(&q->head, head + 1, memory_order_release);
	return item;
}
