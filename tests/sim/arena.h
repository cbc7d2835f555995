/* arena.h - all memory of a process in one piece that can be copied back
 *
 * Linked into a program it replaces malloc and its family, for libraries too.
 * Everything lies at fixed addresses, so a copy of the used part, put back in
 * its place, is the same world again, pointers and all.
 */
#ifndef QF_SIM_ARENA_H
#define QF_SIM_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* Where it begins, and how much of it was ever used. */
uint8_t *arena_base(void);
size_t arena_used(void);
/* Zeroed pages that are no part of it, and that a fork copies, or shares. */
void *arena_outside(size_t bytes);
void *arena_shared(size_t bytes);

#endif
