/* list.h - room for one more in a growing array */
#ifndef QF_LIST_H
#define QF_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* list: the address of the array's pointer. Makes sure that element `count`
 * exists, doubling *cap when needed. False: out of memory, nothing changed. */
bool qf_list_room(void *list, size_t count, size_t *cap, size_t size);

#endif
