/* search.h - every story from one beginning, breadth first
 *
 * A state is the memory of the whole process (arena.h), kept as its difference
 * from the beginning; two states are one if state.h says so, over all searches.
 * What happens by itself, and nothing else can, happens at once and is no state
 * of its own. The search ends with the first story in which the law is broken,
 * one with the fewest choices.
 */
#ifndef QF_SIM_SEARCH_H
#define QF_SIM_SEARCH_H

#include "sim/moves.h"

struct search; /* search.c */

struct search_counts {
	uint64_t states;
	uint64_t transitions;
	uint64_t quiescent; /* states in which nothing happens by itself */
};

/* Its memory is not in the arena. */
struct search *search_new(void);
/* From the world as it is now, which must be all that has changed in the arena
 * since the last search. `check` looks at each quiescent state and may break
 * the law. False: it was broken; the story was printed. */
bool search_from(struct search *s, struct world *w, struct budget all,
		 void (*check)(struct world *w));
struct search_counts search_counts(const struct search *s);

#endif
