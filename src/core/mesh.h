/* mesh.h - with whom a node has links, so that every room holds together
 *
 * sync.md 3.2. All who are in a room stand on a ring, ordered by a hash of the
 * room's tag key and theirs. Up to QF_MESH_WHOLE of them link with all others.
 * In a larger room each dials its successor on the ring and two by chance,
 * three in a crowd, until it has QF_MESH_TARGET links there; with fewer than
 * QF_MESH_LOW it dials more. Nobody is dialled who has QF_MESH_HIGH links. A
 * link counts in every room that its ends share. Now and then one link of
 * chance is given up for another, so that the graph stays mixed.
 *
 * Where a member says that it is always on, a hub, the others hold on to it and
 * to the ring: a line goes there and from there to everyone. So links of chance
 * are not needed, but for as many as make QF_MESH_OFF links that do not lead to
 * a hub; what is over is given up, one at a time, when the hub has been there
 * for a while. Hubs link with each other. Anyone can say that it is a hub, so
 * QF_MESH_HUBS are believed in a room: those that a person asked for before
 * those that we had a link with before strangers, and of these whoever comes
 * next on the ring from its beginning, which is the same for all. Whatever they
 * do, what is said comes over the other links too. A hub that comes back is not
 * dialled by all at once: each waits by chance, the longer the more they are.
 * One that does not come up in QF_MESH_TRY_MS is as good as none.
 *
 * What a person asked for stays, whatever the mesh makes of it.
 *
 * A look is fed with everyone who is here and says what should be. Between
 * looks only the few who are being dialled are remembered. It costs a hash for
 * each member of each larger room, so its caller keeps a pace.
 *
 * Pure; owned by the node.
 */
#ifndef QF_MESH_H
#define QF_MESH_H

#include "identity.h"

enum {
	QF_MESH_WHOLE = 6, /* with ourselves */
	QF_MESH_LOW = 4,
	QF_MESH_TARGET = 6,
	QF_MESH_HIGH = 12,
	QF_MESH_CROWD = 300,
	QF_MESH_ROOMS_MAX = 64, /* bits of a mask */
	QF_MESH_TRIES_MAX = 64,
	QF_MESH_TRY_MS = 8000, /* then another is dialled instead */
	QF_MESH_SWAP_MS = 300000,
	QF_MESH_HUBS = 2,        /* of a room, that others believe, */
	QF_MESH_HUBS_OF_HUB = 5, /* or that a hub does */
	QF_MESH_OFF = 3,         /* links off the hubs, where there is one */
	QF_MESH_SHED_MS = 30000, /* between those that are over */
	QF_MESH_HUB_EACH_MS = 4, /* of a hub, for each who dials it */
};

/* Someone who is here. */
struct qf_mesh_peer {
	struct qf_key key;
	uint64_t rooms;   /* bit i: it is in the look's room i */
	unsigned degree;  /* links that it is said to have */
	bool linked;      /* with us */
	bool dialled;     /* by us, and a person did not ask for it */
	bool answers;     /* where it listens is known, and may answer */
	bool is_hub;      /* it says so */
	uint8_t standing; /* of a hub: the greater, the more it is believed */
	/* What the mesh says. */
	bool wanted;      /* there should be a link */
	bool is_extra;    /* the link should go */
	bool is_believed; /* to be a hub */
};

struct qf_mesh_try {
	struct qf_key key;
	uint64_t since_ms;
};

struct qf_mesh {
	struct qf_key me;
	bool is_hub;
	uint64_t random;
	struct qf_mesh_try tries[QF_MESH_TRIES_MAX]; /* chosen by chance */
	size_t try_count;
	struct qf_mesh_try
		hubs[QF_MESH_TRIES_MAX]; /* to be dialled from then on */
	size_t hub_count;
	uint64_t hubs_ms; /* when that changes something */
	bool has_hub;     /* a link with one that is believed */
	uint64_t swap_ms; /* when the next link is swapped; 0: none can be */
	struct qf_key swapped; /* was given up last: not chosen next */
};

void qf_mesh_init(struct qf_mesh *m, const struct qf_key *me, bool is_hub,
                  uint64_t random);
/* tags: the tag key of each room, at most QF_MESH_ROOMS_MAX. */
void qf_mesh_look(struct qf_mesh *m, struct qf_mesh_peer *peers, size_t count,
                  const struct qf_hash *tags, size_t room_count,
                  uint64_t now_ms);
/* How long one of so many waits, by chance, before it dials a hub. */
uint64_t qf_mesh_hub_hold(struct qf_mesh *m, size_t many);
/* When it should look again though nothing has happened. */
uint64_t qf_mesh_wake(const struct qf_mesh *m);

#endif
