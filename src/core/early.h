/* early.h - what came before the line that its author had said before it
 *
 * Over several links a line may overtake its author's last one. It waits for
 * that one, if it was named and is not here (wants.h) or, for what is live, if
 * the author's numbers have a gap; for QF_EARLY_MS at most. What finds no place
 * among those that wait goes on at once, and so does what follows a gap that
 * was waited for in vain. It waits before it is kept, for everyone reads in
 * the order of commits.
 *
 * Pure; owned by the node.
 */
#ifndef QF_EARLY_H
#define QF_EARLY_H

#include "envelope.h"
#include "wants.h"

enum {
	QF_EARLY_MS = 500,  /* a line that is asked for comes in less */
	QF_EARLY_MAX = 256, /* that wait */
	QF_EARLY_AUTHORS_MAX = 4096, /* whose numbers are remembered */
};

struct qf_early_line {
	struct qf_envelope *envelope; /* one reference */
	uint64_t source;              /* the link that brought it */
	uint64_t ticket;              /* 1, 2, 3... */
	uint64_t due_ms;
};

struct qf_early {
	struct qf_idmap passed;      /* room and author -> the highest number */
	struct qf_early_line *lines; /* by ticket */
	size_t count;
	size_t cap;
	uint64_t ticket; /* of the last that had to wait */
};

void qf_early_init(struct qf_early *e, uint64_t seed);
void qf_early_fini(struct qf_early *e);
/* It has to wait, and may. */
bool qf_early_is(const struct qf_early *e, const struct qf_envelope *line,
                 bool live, const struct qf_wants *wants);
/* Takes the line. Its ticket; 0: out of memory, and it was not taken. */
uint64_t qf_early_wait(struct qf_early *e, struct qf_envelope *line,
                       uint64_t source, uint64_t now_ms);
/* The ticket of what waits by that id; 0: it does not. */
uint64_t qf_early_has(const struct qf_early *e, const struct qf_hash *id);
/* A line goes on to be kept, before or after its turn. QF_E_NOMEM. */
int qf_early_passed(struct qf_early *e, const struct qf_envelope *line);
/* The next that need not wait any more; the reference is the caller's. Call
 * until false. */
bool qf_early_next(struct qf_early *e, uint64_t now_ms,
                   struct qf_early_line *out);
/* When there will be one without a further line; UINT64_MAX: nothing waits. */
uint64_t qf_early_wake(const struct qf_early *e);

#endif
