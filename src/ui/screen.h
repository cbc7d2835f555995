/* screen.h - what a conversation prints, above the line being typed
 *
 * All that is printed in one turn of the loop is collected and comes out at
 * once: the line being typed is hidden, and shown again below it. What the
 * program says itself begins with "System: ", a name that nobody can have;
 * where the output is for machines, that goes to standard error instead.
 *
 * Memory: the caller owns the struct; the terminal is borrowed.
 */
#ifndef QF_SCREEN_H
#define QF_SCREEN_H

#include <stdio.h>

#include "terminal.h"

struct qf_screen {
	FILE *page;   /* for people; goes nowhere if a machine reads */
	FILE *events; /* for a machine */
	char *text;
	size_t len;
	bool json;
	bool wraps;                   /* the output is a terminal */
	struct qf_terminal *terminal; /* or NULL */
};

/* QF_E_NOMEM: it is of no use. */
int qf_screen_init(struct qf_screen *s, bool json);
void qf_screen_fini(struct qf_screen *s);
/* Where a sentence of ours is written; its beginning is there, and the caller
 * ends the line. */
FILE *qf_screen_system(struct qf_screen *s);
__attribute__((format(printf, 2, 3))) void
qf_screen_say(struct qf_screen *s, const char *format, ...);
/* Give out what was printed. False: nobody takes it any more. */
bool qf_screen_flush(struct qf_screen *s);

#endif
