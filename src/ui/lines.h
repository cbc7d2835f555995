/* lines.h - what was said in a room, as people read it
 *
 * "HH:MM ana: hello" in local time, with a line of its own when the day
 * changes. Times never go back on a page, nor beyond when a line came: a wrong
 * clock of its author shows in neither.
 */
#ifndef QF_LINES_H
#define QF_LINES_H

#include <stdio.h>

#include "known.h"

struct qf_lines {
	FILE *to;
	const struct qf_known *known; /* or NULL */
	bool json;                    /* the lines as they came instead */
	int day;           /* of the last one: year * 1000 + day of the year */
	uint64_t above_ms; /* the time that it was shown with */
};

/* When it was said, or when it came if that was earlier; Unix. */
uint64_t qf_lines_ms(const struct qf_reply *reply);
/* A line of the room. False: nobody takes it any more. */
bool qf_lines_show(struct qf_lines *l, const struct qf_reply *reply);
/* A reply as it came. */
bool qf_lines_raw(FILE *to, const struct qf_reply *reply);
/* Without the time: "ana: hello", "* ana waves", "* ana is now anna", "* ana
 * takes a message back". known tells which names need their key beside them,
 * and may be NULL. */
void qf_lines_said(FILE *to, const struct qf_known *known,
                   const struct qf_reply *reply);

#endif
