/* outlet.c - a producer's end of a mailbox: takes all, keeps the order */
#include "outlet.h"

#include <stdlib.h>

#include "core/err.h"

enum { CAP_FIRST = 64 };

void qf_outlet_init(struct qf_outlet *o, struct qf_mailbox *to)
{
	*o = (struct qf_outlet){ .to = to };
}

void qf_outlet_fini(struct qf_outlet *o, void (*drop)(void *item))
{
	for (size_t i = 0; i < o->count; i++)
		drop(*qf_outlet_at(o, i));
	free(o->waiting);
	*o = (struct qf_outlet){ 0 };
}

void **qf_outlet_at(struct qf_outlet *o, size_t i)
{
	return &o->waiting[(o->first + i) & (o->cap - 1)];
}

static int grow(struct qf_outlet *o)
{
	size_t cap = o->cap ? o->cap * 2 : CAP_FIRST;
	void **waiting = calloc(cap, sizeof *waiting);

	if (!waiting)
		return QF_E_NOMEM;
	for (size_t i = 0; i < o->count; i++)
		waiting[i] = *qf_outlet_at(o, i);
	free(o->waiting);
	o->waiting = waiting;
	o->first = 0;
	o->cap = cap;
	return QF_OK;
}

int qf_outlet_put(struct qf_outlet *o, void *item)
{
	if (!o->count && qf_mailbox_push(o->to, item))
		return QF_OK;
	if (o->count == o->cap && grow(o))
		return QF_E_NOMEM;
	*qf_outlet_at(o, o->count++) = item;
	return QF_OK;
}

void qf_outlet_pour(struct qf_outlet *o)
{
	while (o->count && qf_mailbox_push(o->to, *qf_outlet_at(o, 0))) {
		o->first = (o->first + 1) & (o->cap - 1);
		o->count--;
	}
	qf_mailbox_ring(o->to);
}
