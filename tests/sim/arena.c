/* arena.c - all memory of a process in one piece that can be copied back
 *
 * Blocks are powers of two and three halves of them, each behind a word that
 * says its class; free ones hang on a list of their class. The lists are a part
 * of the arena. What is free is zero, so that states differ in less.
 */
#include "sim/arena.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BASE ((uint8_t *)UINT64_C(0x200000000000))

enum { ARENA_BYTES = 1 << 28, CLASSES = 48, FIRST = 32, HEAD = 16 };

struct arena {
	size_t used;
	void *free[CLASSES];
};

static struct arena *arena;

static void *pages(size_t bytes, int flags)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	                MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	if (at == MAP_FAILED)
		abort();
	return at;
}

void *arena_outside(size_t bytes)
{
	return pages(bytes, MAP_PRIVATE);
}

void *arena_shared(size_t bytes)
{
	return pages(bytes, MAP_SHARED);
}

static void begin(void)
{
	void *at = mmap(BASE, ARENA_BYTES, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	                        MAP_FIXED_NOREPLACE,
	                -1, 0);

	if (at != BASE)
		abort();
	arena = at;
	arena->used = (sizeof *arena + HEAD - 1) / HEAD * HEAD;
}

uint8_t *arena_base(void)
{
	return BASE;
}

size_t arena_used(void)
{
	if (!arena)
		begin();
	return arena->used;
}

static size_t class_bytes(unsigned class)
{
	size_t power = (size_t)FIRST << class / 2;

	return class % 2 ? power + power / 2 : power;
}

static unsigned class_of(size_t bytes)
{
	unsigned class = 0;

	while (class_bytes(class) < bytes)
		class ++;
	return class;
}

void *malloc(size_t bytes)
{
	unsigned class = class_of(bytes + HEAD);
	uint8_t *at;

	if (!arena)
		begin();
	if (class >= CLASSES ||
	    (!arena->free[class] &&
	     arena->used + class_bytes(class) > ARENA_BYTES)) {
		errno = ENOMEM;
		return NULL;
	}
	at = arena->free[class];
	if (at) {
		memcpy(&arena->free[class], at + HEAD, sizeof(void *));
	} else {
		at = BASE + arena->used;
		arena->used += class_bytes(class);
	}
	*(uint64_t *)at = class;
	return at + HEAD;
}

void free(void *block)
{
	uint8_t *at = (uint8_t *)block - HEAD;
	unsigned class;

	if (!block)
		return;
	class = (unsigned)*(uint64_t *)at;
	memset(block, 0, class_bytes(class) - HEAD);
	memcpy(block, &arena->free[class], sizeof(void *));
	arena->free[class] = at;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	block = malloc(bytes);
	if (block)
		memset(block, 0, bytes);
	return block;
}

void *realloc(void *block, size_t bytes)
{
	size_t had;
	void *more;

	if (!block)
		return malloc(bytes);
	had = class_bytes((unsigned)*(uint64_t *)((uint8_t *)block - HEAD)) -
	      HEAD;
	if (bytes <= had)
		return block;
	more = malloc(bytes);
	if (!more)
		return NULL;
	memcpy(more, block, had);
	free(block);
	return more;
}
