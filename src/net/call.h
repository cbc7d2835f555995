/* call.h - one dial, carried out: look up, connect, hand over
 *
 * The addresses of a name are tried in turn, each for QF_DIAL_MS. A socket that
 * is connected is its kind's from then on, such as a link that answers for the
 * dial; if there is none, the kind says why the last try failed.
 *
 * Threads: one worker's.
 */
#ifndef QF_CALL_H
#define QF_CALL_H

#include "desk.h"
#include "link.h"

/* One of the two is called once, unless the call is cancelled. */
struct qf_call_kind {
	/* Takes fd. On an error it is still the call's, which has failed. */
	int (*connected)(struct qf_desk *desk, int fd,
	                 const struct qf_dialled *dialled);
	void (*failed)(struct qf_desk *desk, const struct qf_dialled *dialled,
	               const char *why);
};

/* Becomes a link, or DIAL_FAILED. */
extern const struct qf_call_kind qf_call_link;

void qf_call_start(struct qf_desk *desk, const struct qf_dialled *dialled,
                   const struct qf_call_kind *kind);
/* The worker ends: none of those under way will be heard of. */
void qf_call_cancel_all(struct qf_desk *desk);

#endif
