/* rooms.h - the rooms that a conversation reads, and the one it speaks to
 *
 * One of them is "@": all rooms of two. A room of two in which something was
 * said here is there for the sake of its copies, and not read by itself.
 *
 * Memory: the caller owns the struct.
 */
#ifndef QF_ROOMS_H
#define QF_ROOMS_H

#include "earlier.h"
#include "known.h"
#include "reading.h"
#include "tally.h"

enum { QF_ROOMS_READ_MAX = 60, QF_ROOMS_SHOWN_MAX = 256 };

struct qf_rooms_room {
	char name[QF_ROOM_NAME_BYTES_MAX + 1]; /* folded once it is read */
	bool reads;
	bool settled; /* its past was given, or it was refused */
	struct qf_reading reading;
	struct qf_earlier earlier;
	struct qf_tally tally;               /* of what was said here */
	char awaits[QF_KNOWN_KEY_BYTES + 1]; /* who has it not yet */
};

struct qf_rooms {
	struct qf_rooms_room *list[QF_ROOMS_SHOWN_MAX];
	size_t count;
	size_t reading_count;
	struct qf_rooms_room *current; /* NULL: none */
};

void qf_rooms_fini(struct qf_rooms *r);
/* The room of that name, in either case, or NULL. */
struct qf_rooms_room *qf_rooms_find(const struct qf_rooms *r,
                                    struct qf_bytes name);
/* Read a room from now on. NULL: too many, or no memory. */
struct qf_rooms_room *qf_rooms_read(struct qf_rooms *r, struct qf_stream *s,
                                    const char *name, uint64_t last);
void qf_rooms_drop(struct qf_rooms *r, struct qf_rooms_room *room);
/* What a reply means, and to which room. */
enum qf_reading_word qf_rooms_take(struct qf_rooms *r,
                                   const struct qf_reply *reply,
                                   struct qf_rooms_room **room);
void qf_rooms_renew(struct qf_rooms *r);
bool qf_rooms_settled(const struct qf_rooms *r);
/* A line was stored in a room. NULL: its copies are not counted. */
struct qf_rooms_room *qf_rooms_stored(struct qf_rooms *r,
                                      const struct qf_reply *stored);
/* News of copies: the room whose line that is, or NULL. */
struct qf_rooms_room *qf_rooms_copies(struct qf_rooms *r,
                                      const struct qf_reply *copies);
/* How many lines that were said here have fewer copies. */
size_t qf_rooms_below(const struct qf_rooms *r, uint64_t copies);
/* Every line has at least so many; UINT64_MAX: there is none. */
uint64_t qf_rooms_least(const struct qf_rooms *r);

#endif
