/* api_lines.h - the newest lines of rooms as the API gives them, written once
 *
 * Who follows a room is given the same line as all others who do, and to write
 * one costs far more than to copy it. A long line is written anew for each.
 * Most are also at the same place when something is due, so whole runs of lines
 * are kept, by the cursor that they follow.
 *
 * Memory: new/free; what is held is bounded. Threads: one worker's.
 */
#ifndef QF_API_LINES_H
#define QF_API_LINES_H

#include "core/carry.h"

enum {
	QF_API_LINES_MAX = 512,
	QF_API_LINES_BYTES_MAX = 2048, /* of one */
	QF_API_RUNS_MAX = 64,
	QF_API_RUN_BYTES = 8192, /* about, of what one is given in a piece */
};

struct qf_api_lines;

/* NULL: out of memory. */
struct qf_api_lines *qf_api_lines_new(void);
void qf_api_lines_free(struct qf_api_lines *ls); /* NULL is fine */
/* What others who were at this cursor in that room were given next: append it
 * and move the cursor. How many lines; 0: nobody was there lately. */
size_t qf_api_lines_again(const struct qf_api_lines *ls,
                          const struct qf_room_id *room, uint64_t *cursor,
                          struct qf_buf *to);
/* That was given: all that the room has above the cursor up to `upto`. */
void qf_api_lines_keep(struct qf_api_lines *ls, const struct qf_room_id *room,
                       uint64_t cursor, uint64_t upto, struct qf_bytes given,
                       size_t count);
/* Append the line of e, which is at that lsn of this node, as it is given live
 * to the person of this node. False: it is not for views. */
bool qf_api_lines_put(struct qf_api_lines *ls, const struct qf_carried *room,
                      const struct qf_envelope *e, uint64_t lsn,
                      struct qf_buf *to);

#endif
