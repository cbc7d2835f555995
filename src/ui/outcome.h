/* outcome.h - how a command ends: its exit code, and words for a failure
 *
 * The codes are those of sysexits.h. Sentences go to standard error, with the
 * program's name before them and nothing unsafe in them.
 */
#ifndef QF_OUTCOME_H
#define QF_OUTCOME_H

#include "gateway/reply.h"

enum qf_outcome {
	QF_GOOD = 0,
	QF_USAGE = 64,
	QF_DATA = 65,        /* some of the input was not text */
	QF_NO_INPUT = 66,    /* nothing of that name here */
	QF_UNAVAILABLE = 69, /* no node, no port, nobody reachable */
	QF_SOFTWARE = 70,
	QF_NO_MEMORY = 71,
	QF_CANNOT_CREATE = 73,
	QF_DISK = 74,
	QF_NOT_YET = 75, /* queued, or copies are missing: try again */
	QF_NO_PERMISSION = 77,
	QF_BAD_CONFIG = 78,
};

/* "quickfi: sentence" */
__attribute__((format(printf, 1, 2))) void qf_complain(const char *format, ...);
/* An error reply: what it says, what to do, and the code it means. */
enum qf_outcome qf_complain_error(const struct qf_reply *error);
/* No node answers any more. */
enum qf_outcome qf_complain_lost(const char *why);

#endif
