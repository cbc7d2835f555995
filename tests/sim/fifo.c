/* fifo.c - a row of pointers, first in, first out; its bound is the user's */
#include "sim/fifo.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"

void fifo_put(struct fifo *f, void *item)
{
	size_t end = f->first + f->count;
	bool fits;

	if (f->first && end == f->cap) {
		memmove(f->items, f->items + f->first,
		        f->count * sizeof f->items[0]);
		f->first = 0;
		end = f->count;
	}
	fits = qf_list_room(&f->items, end, &f->cap, sizeof f->items[0]);
	assert(fits);
	f->items[end] = item;
	f->count++;
}

void *fifo_take(struct fifo *f)
{
	void *item;

	if (!f->count)
		return NULL;
	item = f->items[f->first++];
	if (!--f->count)
		f->first = 0;
	return item;
}

void *fifo_at(const struct fifo *f, size_t i)
{
	assert(i < f->count);
	return f->items[f->first + i];
}

void fifo_clear(struct fifo *f, void (*drop)(void *item))
{
	void *item;

	while ((item = fifo_take(f)))
		drop(item);
	free(f->items);
	*f = (struct fifo){ 0 };
}
