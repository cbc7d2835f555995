/* classic_room.h - what comes in one open room, from now on
 *
 * JOINING (the core is asked to join), PAIRING (for the room's pair), LIVE (the
 * worker's tail by a cursor, and the store where the tail has gaps). OVER: the
 * room could not be entered. Rooms of two keys cannot be followed, and what is
 * sealed is passed over, so that neither reaches whoever this is for.
 *
 * Memory: init/fini, and after init it stays where it is.
 */
#ifndef QF_CLASSIC_ROOM_H
#define QF_CLASSIC_ROOM_H

#include "core/carry.h"

enum qf_classic_room_state {
	QF_CLASSIC_JOINING,
	QF_CLASSIC_PAIRING,
	QF_CLASSIC_LIVE,
	QF_CLASSIC_CLOSED,
};

struct qf_classic_room {
	enum qf_classic_room_state state;
	struct qf_carry *carry;
	qf_conn conn;
	uint64_t number; /* of its JOIN and its reads */
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;
	struct qf_carried *carried; /* LIVE */
	struct qf_follower follower;
	uint64_t cursor; /* all up to here was given */
	uint64_t known;  /* newest lsn when a read was asked */
	bool reading;
	struct qf_read *page;
	size_t page_at; /* the next of it */
};

/* The name is folded, and an open room's. Asks the core at once. */
void qf_classic_room_init(struct qf_classic_room *r, const char *name,
                          qf_conn conn, uint64_t number,
                          struct qf_carry *carry);
void qf_classic_room_fini(struct qf_classic_room *r);
void qf_classic_room_joined(struct qf_classic_room *r,
                            const struct qf_answer *a);
void qf_classic_room_paired(struct qf_classic_room *r,
                            const struct qf_snapshot *snapshot);
/* Takes what the read found, and leaves it empty. */
void qf_classic_room_got(struct qf_classic_room *r, struct qf_read *read);
/* The next that is said, borrowed until the next call; NULL: nothing is due
 * now. */
const struct qf_envelope *qf_classic_room_next(struct qf_classic_room *r);

#endif
