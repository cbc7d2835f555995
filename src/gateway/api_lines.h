/* api_lines.h - the newest lines of rooms as the API gives them, written once
 *
 * Who follows a room is given the same line as all others who do, and to write
 * one costs far more than to copy it. A long line is written anew for each.
 *
 * Memory: new/free; what is held is bounded. Threads: one worker's.
 */
#ifndef QF_API_LINES_H
#define QF_API_LINES_H

#include "core/carry.h"

enum {
	QF_API_LINES_MAX = 512,
	QF_API_LINES_BYTES_MAX = 2048, /* of one */
};

struct qf_api_lines;

/* NULL: out of memory. */
struct qf_api_lines *qf_api_lines_new(void);
void qf_api_lines_free(struct qf_api_lines *ls); /* NULL is fine */
/* Append the line of e, which is at that lsn of this node, as it is given live.
 * False: it is not for views. */
bool qf_api_lines_put(struct qf_api_lines *ls, const struct qf_carried *room,
                      const struct qf_envelope *e, uint64_t lsn,
                      struct qf_buf *to);

#endif
