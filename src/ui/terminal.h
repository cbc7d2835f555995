/* terminal.h - the line being typed at a terminal
 *
 * libedit edits it. It is given whole keys only, and only those that it has an
 * answer to at once, so it never waits for one and nothing that a terminal can
 * send blocks the loop. Finished lines go to a struct qf_input, as if they had
 * come through a pipe. Before anything else is printed the line is hidden, and
 * shown again below it, so nothing tears it.
 *
 * One a process: signals and the terminal's modes are the process's.
 *
 * Memory: the caller owns the struct; what completes is borrowed.
 */
#ifndef QF_TERMINAL_H
#define QF_TERMINAL_H

#include <wchar.h>

#include "input.h"

enum { QF_PROMPT_CHARS_MAX = 100 };

/* What Tab does: append to *more what belongs behind the first `len` bytes of
 * the line, in UTF-8. Nothing: it has shown the choices, or there is none. */
struct qf_completer {
	void (*complete)(void *ctx, struct qf_bytes before,
	                 struct qf_buf *more);
	void *ctx;
};

struct qf_terminal {
	int fd; /* readable: there are keys, or the size has changed */
	struct editline *edit;
	struct historyW *history;
	struct qf_completer completer;
	struct qf_input *input; /* where finished lines go */
	wchar_t prompt[QF_PROMPT_CHARS_MAX + 1];
	struct qf_buf keys; /* read, and not whole or not given yet */
	size_t given;       /* of them */
	const wchar_t *feed;
	size_t feed_count;  /* what is left of the key that is given */
	int columns, lines; /* of the window, when the line was shown last */
	bool shown;
	bool deaf; /* the terminal has gone */
};

/* Both ends of the program are a terminal that knows how to erase. */
bool qf_terminal_is_there(void);
/* The line is not shown yet. QF_E_NOMEM or QF_E_IO: the caller reads plain
 * lines instead. */
int qf_terminal_open(struct qf_terminal *t, struct qf_input *input,
                     const struct qf_completer *completer);
/* The line is erased, and the terminal is as it was. */
void qf_terminal_close(struct qf_terminal *t);
void qf_terminal_set_prompt(struct qf_terminal *t, const char *prompt);
/* The descriptor is readable. */
void qf_terminal_read(struct qf_terminal *t);
/* Erase the line from the screen before something is printed. */
void qf_terminal_hide(struct qf_terminal *t);
void qf_terminal_show(struct qf_terminal *t);
int qf_terminal_columns(void);
/* For a signal handler that ends the process: the modes as they were. */
void qf_terminal_rescue(void);

/* Where the cursor stands after text that begins at the left edge: the row
 * below the first one. */
size_t qf_terminal_rows(const wchar_t *text, size_t count, size_t columns,
                        size_t *column);

#endif
