/* fifo.h - a row of pointers, first in, first out; its bound is the user's */
#ifndef QF_SIM_FIFO_H
#define QF_SIM_FIFO_H

#include <stddef.h>

struct fifo {
	void **items;
	size_t first;
	size_t count;
	size_t cap;
};

void fifo_put(struct fifo *f, void *item);
/* NULL: empty. */
void *fifo_take(struct fifo *f);
void *fifo_at(const struct fifo *f, size_t i);
/* Leaves it empty; what was in it goes to `drop`. */
void fifo_clear(struct fifo *f, void (*drop)(void *item));

#endif
