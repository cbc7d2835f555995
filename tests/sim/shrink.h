/* shrink.h - the shortest plot that still breaks the law
 *
 * Leaves out what can be left out: the time after the law was broken, nodes,
 * twists by the half, the quarter and so on (delta debugging, Zeller 2002),
 * threads that step by chance, and time in which nothing happens. What is left
 * breaks the same law.
 */
#ifndef QF_SIM_SHRINK_H
#define QF_SIM_SHRINK_H

#include "sim/play.h"

/* Plays it at most so many times. `why` is the outcome of p, and then that of
 * what p has become. How often it was played. */
unsigned shrink(struct plot *p, struct outcome *why, unsigned plays_max);

#endif
