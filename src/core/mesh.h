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
};

/* Someone who is here. */
struct qf_mesh_peer {
	struct qf_key key;
	uint64_t rooms;  /* bit i: it is in the look's room i */
	unsigned degree; /* links that it is said to have */
	bool linked;     /* with us */
	bool dialled;    /* by us, and a person did not ask for it */
	bool answers;    /* where it listens is known, and may answer */
	/* What the mesh says. */
	bool wanted;   /* there should be a link */
	bool is_extra; /* the link should go */
};

struct qf_mesh_try {
	struct qf_key key;
	uint64_t since_ms;
};

struct qf_mesh {
	struct qf_key me;
	uint64_t random;
	struct qf_mesh_try tries[QF_MESH_TRIES_MAX]; /* chosen by chance */
	size_t try_count;
	uint64_t swap_ms; /* when the next link is swapped; 0: none can be */
	struct qf_key swapped; /* was given up last: not chosen next */
};

void qf_mesh_init(struct qf_mesh *m, const struct qf_key *me, uint64_t random);
/* tags: the tag key of each room, at most QF_MESH_ROOMS_MAX. */
void qf_mesh_look(struct qf_mesh *m, struct qf_mesh_peer *peers, size_t count,
                  const struct qf_hash *tags, size_t room_count,
                  uint64_t now_ms);
/* When it should look again though nothing has happened. */
uint64_t qf_mesh_wake(const struct qf_mesh *m);

#endif
