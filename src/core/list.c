/* list.c - room for one more in a growing array */
#include "list.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST = 4 };

bool qf_list_room(void *list, size_t count, size_t *cap, size_t size)
{
	size_t next = *cap ? *cap * 2 : FIRST;
	void *items;

	if (count < *cap)
		return true;
	memcpy(&items, list, sizeof items);
	items = realloc(items, next * size);
	if (!items)
		return false;
	memcpy(list, &items, sizeof items);
	*cap = next;
	return true;
}
