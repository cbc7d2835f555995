/* moves.h - what can happen next in the smallest world
 *
 * Two hosts: `ana`, the first, is stepped, `bob` is atomic. Her core, store,
 * reader and worker move one at a time. A worker that wakes takes all that the
 * core has for it; rows that are asked for one by one, which never change, are
 * read at once, unlike what comes after an lsn; and the socket takes what is
 * due at once, unless it stalls. People are served beside all that. Besides,
 * fate has a budget of lines to be said, links to be lost, commits to fail,
 * sockets to stall.
 */
#ifndef QF_SIM_MOVES_H
#define QF_SIM_MOVES_H

#include "sim/world.h"

#define SMALL_ROOM "#lobby"

enum { MOVES_MAX = 64 };

/* What may still happen to them. */
struct budget {
	uint8_t lines[2];    /* each may say so many */
	uint8_t failures[2]; /* so many of its commits may fail */
	uint8_t cuts;        /* of the link */
	uint8_t stalls;      /* of her socket */
	bool stalled;
	bool ana_dials;
};

enum move_kind {
	MOVE_ACT,   /* of the world: act */
	MOVE_SAY,   /* host says its line */
	MOVE_LOSE,  /* host loses the link */
	MOVE_LINK,  /* it is made again */
	MOVE_RETRY, /* host tries its failed commit again */
	MOVE_STALL, /* ana's socket takes nothing */
	MOVE_GO_ON, /* it does again */
};

struct move {
	enum move_kind kind;
	bool fails; /* the commit that it leads to */
	struct host *host;
	struct act act;
};

struct moves {
	struct move list[MOVES_MAX];
	size_t count;
	bool by_itself; /* some of them need nobody's doing */
};

/* Enough of what can happen that nothing of what can become of it is missed.
 */
void moves_find(struct world *w, struct budget left, struct moves *out);
/* False: it was to fail, but led to no commit, so it is no move of its own. */
bool moves_make(struct world *w, const struct move *m, struct budget *left);
void moves_link(struct world *w, bool ana_dials);
struct end *moves_end(const struct world *w, unsigned host);
void moves_print(const struct move *m);

#endif
