/* reading.h - one room read through ends of nodes, each line once
 *
 * A room called "@" is all rooms of two at once, those that will come too.
 *
 * Asks for the last lines of a room and, if it follows, for what comes after
 * them. While the past is given it remembers which lines came, so that it can
 * ask for them anew; from then on a cursor says where to go on.
 *
 * Memory: the caller owns the struct.
 */
#ifndef QF_READING_H
#define QF_READING_H

#include "stream.h"

struct qf_reading {
	struct qf_stream *stream;
	char room[QF_ROOM_NAME_BYTES_MAX + 1]; /* LIVE: folded */
	uint64_t last;
	bool follows;
	uint64_t re;     /* of the request that is out */
	bool live;       /* the past was given */
	uint64_t cursor; /* LIVE: all up to this lsn was given */
	/* Hashes of ids: of the past, and in "@", where rooms that are each in
	 * the order of lsn are not so together, of all. */
	uint64_t *given;
	size_t given_count;
	size_t given_cap;
	size_t given_before; /* of them, before the node went; sorted */
};

enum qf_reading_word {
	QF_READING_NOT_OURS,
	QF_READING_LINE, /* of the room, to be shown */
	QF_READING_PASS, /* ours, and nothing to be shown */
	QF_READING_LIVE, /* the past was given; what follows is live */
	QF_READING_END,
	QF_READING_REFUSED,
};

/* Asks at once. */
void qf_reading_begin(struct qf_reading *r, struct qf_stream *stream,
                      const char *room, uint64_t last, bool follows);
void qf_reading_end(struct qf_reading *r);
/* What a reply means here. */
enum qf_reading_word qf_reading_take(struct qf_reading *r,
                                     const struct qf_reply *reply);
/* The stream was renewed. */
void qf_reading_renew(struct qf_reading *r);

#endif
