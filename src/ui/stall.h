/* stall.h - an answer that others wait behind, and does not come
 *
 * What is typed is taken once all before it is answered. An answer can wait for
 * a disk, or for a node that has stopped: that is said once, and from then on
 * commands are taken all the same.
 *
 * Pure: the caller tells the time and prints the words.
 */
#ifndef QF_STALL_H
#define QF_STALL_H

#include <stdbool.h>
#include <stdint.h>

enum { QF_STALL_PATIENCE_MS = 2000 };

struct qf_stall {
	bool waits; /* for an answer, since then */
	uint64_t since_ms;
	bool told;
};

/* True: it is to be said now. */
bool qf_stall_look(struct qf_stall *s, bool waits, uint64_t now_ms);
/* When to look again even if nothing happens; UINT64_MAX: not then. */
uint64_t qf_stall_wake(const struct qf_stall *s);

#endif
