/* mailbox.c - a bounded queue between two threads, with a bell at each end */
#include "mailbox.h"

#include <stdlib.h>

#include "core/err.h"

int qf_mailbox_init(struct qf_mailbox *m, size_t capacity,
                    struct qf_bell *consumer, struct qf_bell *producer)
{
	m->consumer = consumer;
	m->producer = producer;
	m->pushed = false;
	atomic_init(&m->refused, false);
	return qf_queue_init(&m->queue, capacity);
}

void qf_mailbox_fini(struct qf_mailbox *m, void (*drop)(void *item))
{
	void *item;

	if (!m->queue.slots)
		return;
	while ((item = qf_queue_pop(&m->queue)))
		drop(item);
	qf_queue_fini(&m->queue);
}

void qf_event_drop(void *ev)
{
	qf_event_fini(ev);
	free(ev);
}

void qf_effect_drop(void *fx)
{
	qf_effect_fini(fx);
	free(fx);
}

void qf_keep_drop(void *keep)
{
	qf_keep_fini(keep);
	free(keep);
}

/* The consumer may make room just before it can see that we wait, so after
 * saying so we look once more. */
bool qf_mailbox_has_room(struct qf_mailbox *m)
{
	if (qf_queue_free(&m->queue))
		return true;
	atomic_exchange(&m->refused, true);
	return qf_queue_free(&m->queue);
}

bool qf_mailbox_push(struct qf_mailbox *m, void *item)
{
	if (!qf_mailbox_has_room(m))
		return false;
	qf_queue_push(&m->queue, item);
	m->pushed = true;
	return true;
}

void qf_mailbox_ring(struct qf_mailbox *m)
{
	if (!m->pushed)
		return;
	m->pushed = false;
	qf_bell_ring(m->consumer);
}

void *qf_mailbox_pop(struct qf_mailbox *m)
{
	return qf_queue_pop(&m->queue);
}

void qf_mailbox_thank(struct qf_mailbox *m)
{
	if (m->producer && atomic_exchange(&m->refused, false))
		qf_bell_ring(m->producer);
}
