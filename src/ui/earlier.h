/* earlier.h - lines that belong above what somebody has read already
 *
 * When parts of a network meet again, what was said elsewhere meanwhile comes
 * late. It is printed where it comes, for nothing jumps, and then it is said
 * how many lines that were. People who type at the same time do not count.
 *
 * Pure: the caller tells the time and prints the words.
 */
#ifndef QF_EARLIER_H
#define QF_EARLIER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	QF_EARLIER_MS = 60000,     /* older than the newest line by so much */
	QF_EARLIER_QUIET_MS = 500, /* after the last of them it is said */
	QF_EARLIER_BYTES = 64,
};

struct qf_earlier {
	uint64_t newest_ms; /* of all that was read */
	uint64_t count;     /* not yet spoken of */
	uint64_t due_ms;    /* when it is */
};

/* A line that was said then is shown now; `live`: not with the past. */
void qf_earlier_line(struct qf_earlier *e, uint64_t said_ms, bool live,
                     uint64_t now_ms);
/* True: `words` are to be printed. */
bool qf_earlier_look(struct qf_earlier *e, uint64_t now_ms,
                     char words[QF_EARLIER_BYTES]);
/* When to look again; UINT64_MAX: there is nothing to say. */
uint64_t qf_earlier_wake(const struct qf_earlier *e);

#endif
