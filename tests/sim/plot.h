/* plot.h - what fate has in store for a world, settled before it begins
 *
 * A plot is a cast of machines and a list of twists in the order of their
 * times. It is made from a seed, and it is data: some of it can be left out,
 * and what is left is a plot too. So a plot that breaks the law can be made as
 * short as can be (shrink.h), and be told in words (play.h).
 *
 * More than PLOT_ONE_LAN machines stand on several networks in a row, with two
 * on each pair of neighbours. Half of those that are on the first network alone
 * are isolated from each other. By every second seed some are hubs.
 */
#ifndef QF_SIM_PLOT_H
#define QF_SIM_PLOT_H

#include "sim/world.h"

enum {
	PLOT_ROOMS = 3,
	PLOT_HOURS_MAX = 10000,
	PLOT_ONE_LAN = 16,
	PLOT_LAN = 20, /* nodes, on the average */
	PLOT_HUB = 11, /* one is, if any */
	PLOT_SIDES = 48,
};

enum twist_kind {
	TWIST_SAY,     /* host says n lines in a room */
	TWIST_AGAIN,   /* someone asks again for a line to be said */
	TWIST_JOIN,    /* host joins a room */
	TWIST_CONNECT, /* host dials other */
	TWIST_CRASH,
	TWIST_BOOT,
	TWIST_LEAVE, /* host is told to stop */
	TWIST_PART,  /* the hosts in the mask n cannot reach the others; the
	              * bit of each is its number modulo PLOT_SIDES */
	TWIST_MEET,  /* all can reach one another again */
	TWIST_TEAR,  /* some link is cut at some byte */
	TWIST_MUTE,  /* what one end of some link says is lost */
	TWIST_SLOW,  /* one end of some link reads every n ms */
	TWIST_ERROR, /* n commits of host will fail */
	TWIST_FULL,  /* the disk of host is full */
	TWIST_ROOMY, /* it is not any more */
	TWIST_CLOCK, /* that of host is set wrong */
	TWIST_HEAL,  /* all is repaired, and then the law must hold, and again
	              * when host has left */
};

/* What it does not say is drawn from its dice when the time has come. */
struct twist {
	uint64_t at_ms; /* since the world began */
	enum twist_kind kind;
	unsigned host;
	unsigned other;
	uint64_t n;
	uint64_t dice;
};

struct role {
	bool there; /* or left out */
	bool steps;
	unsigned workers;
	unsigned rooms; /* joined from the beginning: a bit each */
	unsigned lans;  /* that it is on: likewise */
	bool isolated;  /* hears nobody who is isolated too */
};

struct plot {
	struct world_options options;
	struct role cast[HOSTS_MAX];
	struct twist *twists;
	size_t count;
	size_t cap;
};

/* `nodes` of 0: two to six, by the seed. `lasts_ms` of 0: a short and crowded
 * one, by the seed; otherwise a line a second, and each fault at its own pace.
 */
void plot_make(struct plot *p, uint64_t seed, unsigned nodes,
               uint64_t lasts_ms);
void plot_copy(struct plot *to, const struct plot *from);
void plot_fini(struct plot *p);
unsigned plot_nodes(const struct plot *p); /* not left out */
/* Two that are there can reach one another, unless something befalls them. */
bool plot_reaches(const struct role *a, const struct role *b);
/* The dice of a twist, one after the other. */
uint64_t plot_roll(uint64_t *dice, uint64_t below);

#endif
