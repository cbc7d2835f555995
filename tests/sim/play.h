/* play.h - a plot is played in a world, and the law watches
 *
 * At each heal, and at the end, all is repaired: machines start, disks have
 * room, everyone can be reached, and whoever was not answered asks again. Soon
 * the law must hold (law.h). What is wrong with the clocks stays.
 */
#ifndef QF_SIM_PLAY_H
#define QF_SIM_PLAY_H

#include "sim/plot.h"

struct outcome {
	bool crashed; /* the program did: the rest is not known */
	uint64_t simulated_ms;
	uint64_t said;   /* lines that were asked for, each once */
	uint64_t stored; /* of those */
	uint64_t drafts; /* that had to wait for a time */
	uint64_t heals;
	uint64_t faults[FAULTS];
	uint64_t hash;
	char wrong[200]; /* "": every law has held */
	const char *law; /* which it was; the same in every process */
	uint64_t wrong_ms;
};

/* `narration`: where the story is told, or NULL. */
void play(const struct plot *p, FILE *narration, struct outcome *out);
/* The same in a process of its own, which may crash. What it says on standard
 * error is lost if `hushed`. */
void play_apart(const struct plot *p, FILE *narration, bool hushed,
                struct outcome *out);

#endif
