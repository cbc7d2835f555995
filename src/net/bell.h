/* bell.h - how a thread that sleeps is woken
 *
 * A bell belongs to one sleeper and may be rung by anyone. Rung again before
 * the sleeper has answered, it stays silent, so a busy thread costs those who
 * ring it no system call.
 *
 * Whoever rings has first put what there is to see where it can be seen; a
 * sleeper answers first and looks afterwards. So nothing is overlooked.
 */
#ifndef QF_BELL_H
#define QF_BELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct qf_bell {
	int fd; /* readable while it rings: for a thread that has a loop */
	atomic_bool rung;
};

/* QF_E_IO: no descriptor is left. */
int qf_bell_init(struct qf_bell *b);
void qf_bell_fini(struct qf_bell *b);
void qf_bell_ring(struct qf_bell *b);
/* The sleeper is awake and about to look. */
void qf_bell_answer(struct qf_bell *b);
/* Sleep until it rings or the time has come (mono ms; UINT64_MAX: only when
 * it rings), then answer. */
void qf_bell_wait(struct qf_bell *b, uint64_t until_ms);

#endif
