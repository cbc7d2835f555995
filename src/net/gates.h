/* gates.h - where a node lets others in, as the core wishes
 *
 * Its port, which may move while it runs; the way of this home; ports for IRC
 * clients that insist on another; the original's. What becomes of a wish the
 * core is told: LISTENING, NOT_LISTENING, IRC, CLASSIC.
 *
 * Threads: the first worker's. All others have gates that never open.
 */
#ifndef QF_GATES_H
#define QF_GATES_H

#include "classic_host.h"
#include "desk.h"
#include "listener.h"

struct qf_gates {
	struct qf_desk *desk; /* borrowed */
	/* of each listener (listener.h) */
	void *ctx;
	void (*accepted)(void *ctx, int fd, bool local);
	void (*starving)(void *ctx, const char *why);

	struct qf_listener *tcp, *local; /* or NULL */
	struct qf_listener *irc[QF_IRC_PORTS_MAX];
	size_t irc_count;
	struct qf_classic_host classic;
	bool closed; /* for good */
};

/* Let who comes by this listening socket in; takes it. QF_E_NOMEM. */
int qf_gates_open(struct qf_gates *g, int fd, bool local);
/* HOST, UNHOST, IRC_HOST, CLASSIC_HOST, CLASSIC_UNHOST. */
void qf_gates_told(struct qf_gates *g, const struct qf_effect *fx);
/* Nobody is let in any more. */
void qf_gates_close(struct qf_gates *g);

#endif
