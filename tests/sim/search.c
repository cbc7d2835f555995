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
	uint32_t used; /* of the arena */
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
	size_t high;   /* of the arena, the most that any state used */
	struct layer layers[2];
	uint64_t *seen; /* hashes of states, open addressing; 0: free */
	struct step *steps;
	struct search_counts counts;
	struct budget all;
	void (*check)(struct world *w);
};

struct search *search_new(void)
{
	struct search *s = arena_outside(sizeof *s);

	s->base = arena_outside(BASE_BYTES);
	s->layers[0].at = arena_outside(LAYER_BYTES);
	s->layers[1].at = arena_outside(LAYER_BYTES);
	s->seen = arena_outside(SEEN_SLOTS * sizeof *s->seen);
	s->steps = arena_outside(STATES_MAX * sizeof *s->steps);
	return s;
}

struct search_counts search_counts(const struct search *s)
{
	return s->counts;
}

/* Memory, there and back. */

static size_t record_bytes(const struct record *r)
{
	size_t bytes = sizeof *r + (size_t)r->rows * ROW_BYTES;

	return (bytes + 7) / 8 * 8;
}

static void put_back(const struct search *s, const struct record *r)
{
	const uint8_t *row = (const uint8_t *)(r + 1);
	uint8_t *arena = arena_base();

	memcpy(arena, s->base, s->high);
	for (uint32_t i = 0; i < r->rows; i++, row += ROW_BYTES) {
		uint32_t line;

		memcpy(&line, row, sizeof line);
		memcpy(arena + (size_t)line * LINE_BYTES, row + sizeof line,
		       LINE_BYTES);
	}
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

	*r = (struct record){ .number = number,
			      .used = (uint32_t)used,
			      .left = left };
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

	for (; s->seen[i]; i = (i + 1) & (SEEN_SLOTS - 1))
		if (s->seen[i] == hash)
			return false;
	s->seen[i] = hash;
	return true;
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
			moves_print(w, &alone.list[0]);
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
		put_back(s, &(struct record){ 0 });
		*left = s->all;
	} else {
		replay(s, w, s->steps[number].from, left);
		moves_find(w, *left, &moves);
		moves_print(w, &moves.list[s->steps[number].move]);
		moves_make(w, &moves.list[s->steps[number].move], left);
	}
	go_on(w, left, true);
}

/* The last move is not yet a state. */
static void tell(const struct search *s, struct world *w, uint32_t number,
		 const size_t *last)
{
	struct budget left;

	replay(s, w, number, &left);
	if (last) {
		moves_find(w, left, &moves);
		moves_print(w, &moves.list[*last]);
		moves_make(w, &moves.list[*last], &left);
		go_on(w, &left, true);
	} else {
		s->check(w);
	}
	printf("after %u choices: %s\n", choices(s, number) + !!last, w->wrong);
}

static uint32_t new_state(struct search *s, uint32_t from, size_t move)
{
	uint32_t number = (uint32_t)s->counts.states++;

	assert(number < STATES_MAX);
	s->steps[number] = (struct step){ from, (uint8_t)move };
	return number;
}

static void reach(struct search *s, struct world *w, struct layer *to,
		  uint32_t from, size_t move, struct budget left)
{
	if (is_new(s, state_of(w, &left, sizeof left)))
		remember(s, to, new_state(s, from, move), left);
}

/* All that follows from one state. */
static bool expand(struct search *s, struct world *w, const struct record *r,
		   struct layer *to)
{
	put_back(s, r);
	moves_find(w, r->left, &moves);
	if (!moves.by_itself) {
		s->counts.quiescent++;
		s->check(w);
		if (w->wrong[0]) {
			tell(s, w, r->number, NULL);
			return false;
		}
	}
	for (size_t i = 0; i < moves.count; i++) {
		struct budget left = r->left;

		put_back(s, r);
		s->counts.transitions++;
		if (!moves_make(w, &moves.list[i], &left))
			continue;
		go_on(w, &left, false);
		if (w->wrong[0]) {
			tell(s, w, r->number, &i);
			return false;
		}
		reach(s, w, to, r->number, i, left);
	}
	return true;
}

static bool expand_layer(struct search *s, struct world *w,
			 const struct layer *from, struct layer *to)
{
	const uint8_t *at = from->at;

	to->bytes = to->count = 0;
	for (size_t i = 0; i < from->count; i++) {
		const struct record *r = (const struct record *)at;

		if (!expand(s, w, r, to))
			return false;
		at += record_bytes(r);
	}
	return true;
}

static void begin(struct search *s, struct budget all)
{
	s->high = (arena_used() + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
	memcpy(s->base, arena_base(), s->high);
	s->all = all;
}

bool search_from(struct search *s, struct world *w, struct budget all,
		 void (*check)(struct world *w))
{
	struct layer *from = &s->layers[0], *to = &s->layers[1];
	uint32_t number = (uint32_t)s->counts.states;

	begin(s, all);
	s->check = check;
	from->bytes = from->count = 0;
	go_on(w, &all, false);
	remember(s, from, new_state(s, number, 0), all);
	while (from->count) {
		struct layer *done = from;

		if (!expand_layer(s, w, from, to))
			return false;
		from = to;
		to = done;
	}
	return true;
}
