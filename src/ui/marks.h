/* marks.h - what is to be said about the copies of our lines, and when
 *
 * Nothing, as long as each line is on another node within PATIENCE. Otherwise
 * it is said once that some are kept only here, and once that all are kept
 * elsewhere. In between nothing is said anew.
 *
 * Pure: the caller tells the time and prints the words.
 */
#ifndef QF_MARKS_H
#define QF_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QF_MARKS_PATIENCE_MS = 2000, QF_MARKS_BYTES = 80 };

struct qf_marks {
	bool waits; /* some line is only here, since then */
	uint64_t since_ms;
	bool told;
};

/* `only_here` lines have no copy, every other line at least `copies`. True:
 * `words` are to be printed. */
bool qf_marks_look(struct qf_marks *m, size_t only_here, uint64_t copies,
                   uint64_t now_ms, char words[QF_MARKS_BYTES]);
/* When to look again even if nothing happens; UINT64_MAX: not then. */
uint64_t qf_marks_wake(const struct qf_marks *m);

#endif
