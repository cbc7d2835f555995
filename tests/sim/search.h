/* search.h - every story from one beginning, breadth first
 *
 * A state is the memory of the whole process (arena.h), kept as its difference
 * from the beginning; two states are one if state.h says so, over all searches
 * and all processes that a search was forked into: who comes to a state first
 * goes on from there. What happens by itself, and nothing else can, happens at
 * once and is no state of its own. The search ends with the first story in
 * which the law is broken, one with the fewest choices.
 */
#ifndef QF_SIM_SEARCH_H
#define QF_SIM_SEARCH_H

#include "sim/moves.h"

struct search; /* search.c */

/* Of all processes. */
struct search_counts {
	atomic_ulong states;
	atomic_ulong transitions;
	atomic_ulong quiescent; /* states in which nothing happens by itself */
	atomic_bool violated;
};

/* Its memory is not in the arena. */
struct search *search_new(void);
struct search_counts *search_counts(struct search *s);
/* From the world as it is now, which must be all that has changed in the arena
 * since the search was made. `check` looks at each quiescent state and may
 * break the law. The story of a violation is printed. Does nothing more once
 * there was one. */
void search_from(struct search *s, struct world *w, struct budget all,
                 void (*check)(struct world *w));

#endif
