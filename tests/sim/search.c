/* search.c - every story from one beginning, breadth first */
#include "sim/search.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/arena.h"
#include "sim/law.h"
#include "sim/state.h"

enum {
	LINE_BYTES = 64,
	ROW_BYTES = sizeof(uint32_t) + LINE_BYTES,
	SEEN_SLOTS = 1 << 25,
	STATES_MAX = SEEN_SLOTS / 4 * 3,
	BASE_BYTES = 1 << 26,
	ALONE_MAX = 10000, /* moves without a choice: more is a circle */
};

#define LAYER_BYTES (UINT64_C(4) << 30)

/* A state in a layer, followed by rows: a line's number, and its bytes. */
struct record {
	uint32_t number;
	uint32_t rows;
	struct budget left;
};

struct layer {
	uint8_t *at;
	size_t bytes;
	size_t count;
};

/* How a state was reached. */
struct step {
	uint32_t from;
	uint8_t move; /* which of those that were found */
};

struct search {
	uint8_t *base; /* the beginning */
	uint8_t *here; /* the state that is being expanded */
	size_t high;   /* of the arena, the most that any state used */
	struct layer layers[2];
	struct step *steps;
	uint32_t step_count;
	struct budget all;
	void (*check)(struct world *w);

	/* Shared by all processes. */
	_Atomic uint64_t *seen; /* hashes, open addressing; 0: free */
	struct search_counts *counts;
};

struct search *search_new(void)
{
	struct search *s = arena_outside(sizeof *s);

	s->base = arena_outside(BASE_BYTES);
	s->here = arena_outside(BASE_BYTES);
	s->layers[0].at = arena_outside(LAYER_BYTES);
	s->layers[1].at = arena_outside(LAYER_BYTES);
	s->steps = arena_outside(STATES_MAX * sizeof *s->steps);
	s->seen = arena_shared(SEEN_SLOTS * sizeof *s->seen);
	s->counts = arena_shared(sizeof *s->counts);
	return s;
}

struct search_counts *search_counts(struct search *s)
{
	return s->counts;
}

/* Memory, there and back. */

static size_t record_bytes(const struct record *r)
{
	size_t bytes = sizeof *r + (size_t)r->rows * ROW_BYTES;

	return (bytes + 7) / 8 * 8;
}

static void unpack(struct search *s, const struct record *r)
{
	const uint8_t *row = (const uint8_t *)(r + 1);

	memcpy(s->here, s->base, s->high);
	for (uint32_t i = 0; i < r->rows; i++, row += ROW_BYTES) {
		uint32_t line;

		memcpy(&line, row, sizeof line);
		memcpy(s->here + (size_t)line * LINE_BYTES, row + sizeof line,
		       LINE_BYTES);
	}
}

static void put_back(const struct search *s)
{
	memcpy(arena_base(), s->here, s->high);
}

static void put_row(struct record *r, uint32_t line, const uint8_t *bytes)
{
	uint8_t *row = (uint8_t *)(r + 1) + (size_t)r->rows++ * ROW_BYTES;

	memcpy(row, &line, sizeof line);
	memcpy(row + sizeof line, bytes, LINE_BYTES);
}

static void remember(struct search *s, struct layer *to, uint32_t number,
                     struct budget left)
{
	struct record *r = (struct record *)(to->at + to->bytes);
	const uint8_t *arena = arena_base();
	size_t used = arena_used();

	*r = (struct record){ .number = number, .left = left };
	for (size_t at = 0; at < used; at += LINE_BYTES)
		if (memcmp(arena + at, s->base + at, LINE_BYTES))
			put_row(r, (uint32_t)(at / LINE_BYTES), arena + at);
	if (used > s->high)
		s->high = used;
	to->bytes += record_bytes(r);
	to->count++;
	assert(used < BASE_BYTES && to->bytes < LAYER_BYTES / 2);
}

/* False: it was seen before. Of ten million hashes of 64 bits two are equal
 * once in 400,000 times. */
static bool is_new(struct search *s, uint64_t hash)
{
	size_t i = hash & (SEEN_SLOTS - 1);

	for (;; i = (i + 1) & (SEEN_SLOTS - 1)) {
		uint64_t was = 0;

		if (atomic_compare_exchange_strong(&s->seen[i], &was, hash))
			return true;
		if (was == hash)
			return false;
	}
}

/* Stories. */

static struct moves moves; /* outside the arena */

/* Until there is a choice, or nothing more. */
static void go_on(struct world *w, struct budget *left, bool print)
{
	static struct moves alone;

	for (int n = 0; !w->wrong[0]; n++) {
		moves_find(w, *left, &alone);
		if (alone.count != 1 || !alone.by_itself)
			return;
		if (print)
			moves_print(&alone.list[0]);
		moves_make(w, &alone.list[0], left);
		if (n == ALONE_MAX)
			law_broken(w, "they go round in a circle");
	}
}

/* How many choices led there. */
static unsigned choices(const struct search *s, uint32_t number)
{
	unsigned n = 0;

	for (; s->steps[number].from != number; n++)
		number = s->steps[number].from;
	return n;
}

static void replay(const struct search *s, struct world *w, uint32_t number,
                   struct budget *left)
{
	if (s->steps[number].from == number) {
		memcpy(arena_base(), s->base, s->high);
		*left = s->all;
	} else {
		replay(s, w, s->steps[number].from, left);
		moves_find(w, *left, &moves);
		moves_print(&moves.list[s->steps[number].move]);
		moves_make(w, &moves.list[s->steps[number].move], left);
	}
	go_on(w, left, true);
}

/* Of the violation that was found first. Its last move is not yet a state. */
static void tell(const struct search *s, struct world *w, uint32_t number,
                 const size_t *last)
{
	struct budget left;

	if (atomic_exchange(&s->counts->violated, true))
		return;
	replay(s, w, number, &left);
	if (last) {
		moves_find(w, left, &moves);
		moves_print(&moves.list[*last]);
		moves_make(w, &moves.list[*last], &left);
		go_on(w, &left, true);
	} else {
		s->check(w);
	}
	printf("violated after %u choices: %s\n",
	       choices(s, number) + (last != NULL), w->wrong);
}

static void reach(struct search *s, struct world *w, struct layer *to,
                  uint32_t from, size_t move, struct budget left)
{
	uint32_t number = s->step_count;

	if (!is_new(s, state_of(w, &left, sizeof left)))
		return;
	assert(atomic_fetch_add(&s->counts->states, 1) < STATES_MAX);
	s->step_count++;
	s->steps[number] = (struct step){ from, (uint8_t)move };
	remember(s, to, number, left);
}

/* All that follows from one state. */
static void expand(struct search *s, struct world *w, const struct record *r,
                   struct layer *to)
{
	unpack(s, r);
	put_back(s);
	moves_find(w, r->left, &moves);
	if (!moves.by_itself) {
		s->counts->quiescent++;
		s->check(w);
		if (w->wrong[0])
			tell(s, w, r->number, NULL);
	}
	for (size_t i = 0; i < moves.count && !s->counts->violated; i++) {
		struct budget left = r->left;

		put_back(s);
		s->counts->transitions++;
		if (!moves_make(w, &moves.list[i], &left))
			continue;
		go_on(w, &left, false);
		if (w->wrong[0])
			tell(s, w, r->number, &i);
		else
			reach(s, w, to, r->number, i, left);
	}
}

static void expand_layer(struct search *s, struct world *w,
                         const struct layer *from, struct layer *to)
{
	const uint8_t *at = from->at;

	to->bytes = to->count = 0;
	for (size_t i = 0; i < from->count && !s->counts->violated; i++) {
		const struct record *r = (const struct record *)at;

		expand(s, w, r, to);
		at += record_bytes(r);
	}
}

static void begin(struct search *s, struct budget all,
                  void (*check)(struct world *w))
{
	s->high = (arena_used() + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
	memcpy(s->base, arena_base(), s->high);
	s->all = all;
	s->check = check;
	s->layers[0].bytes = s->layers[0].count = 0;
	s->step_count = 0;
}

void search_from(struct search *s, struct world *w, struct budget all,
                 void (*check)(struct world *w))
{
	struct layer *from = &s->layers[0], *to = &s->layers[1];

	begin(s, all, check);
	go_on(w, &all, false);
	reach(s, w, from, 0, 0, all);
	while (from->count && !s->counts->violated) {
		struct layer *done = from;

		expand_layer(s, w, from, to);
		from = to;
		to = done;
	}
}
