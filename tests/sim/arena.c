/* arena.c - all memory of a process in one piece that can be copied back
 *
 * Blocks have sizes of which four lie between two powers of two, each behind a
 * word that says which; free ones hang on a list of their size. The lists are a
 * part of the arena. What is free is zero, so that states differ in less.
 */
#include "sim/arena.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BASE ((uint8_t *)UINT64_C(0x200000000000))

enum { ARENA_BYTES = 1 << 28, SIZES = 80, HEAD = 16 };

struct arena {
	size_t used;
	void *free[SIZES];
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

/* 16, 32, 48, 64, 80, 96, 112, 128, 160, 192 ... */
static size_t size_bytes(unsigned size)
{
	if (size < 4)
		return 16 * (size + 1);
	return ((size_t)16 << (size - 4) / 4) * (5 + size % 4);
}

static unsigned size_of(size_t bytes)
{
	unsigned size = 0;

	while (size_bytes(size) < bytes)
		size++;
	return size;
}

static unsigned size_at(const uint8_t *at)
{
	return (unsigned)*(const uint64_t *)at;
}

void *malloc(size_t bytes)
{
	unsigned size = size_of(bytes + HEAD);
	uint8_t *at;

	if (!arena)
		begin();
	if (size >= SIZES || (!arena->free[size] &&
	                      arena->used + size_bytes(size) > ARENA_BYTES)) {
		errno = ENOMEM;
		return NULL;
	}
	at = arena->free[size];
	if (at) {
		memcpy(&arena->free[size], at + HEAD, sizeof(void *));
	} else {
		at = BASE + arena->used;
		arena->used += size_bytes(size);
	}
	*(uint64_t *)at = size;
	return at + HEAD;
}

void free(void *block)
{
	uint8_t *at = (uint8_t *)block - HEAD;

	if (!block)
		return;
	memset(block, 0, size_bytes(size_at(at)) - HEAD);
	memcpy(block, &arena->free[size_at(at)], sizeof(void *));
	arena->free[size_at(at)] = at;
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
	had = size_bytes(size_at((uint8_t *)block - HEAD)) - HEAD;
	if (bytes <= had)
		return block;
	more = malloc(bytes);
	if (!more)
		return NULL;
	memcpy(more, block, had);
	free(block);
	return more;
}
