/* classic_line.h - what is said in a room, in words that a classic can show
 *
 * A classic shows a line behind the name of whoever it is connected with, so
 * the name of who said it stands in the text: "ana: hello". What is longer than
 * a frame becomes several lines, each with the name.
 */
#ifndef QF_CLASSIC_LINE_H
#define QF_CLASSIC_LINE_H

#include "core/envelope.h"

/* What guests of the original's protocol are marked with, wherever their names
 * are seen. */
#define QF_CLASSIC_MARK " (classic)"

struct qf_classic_line {
	struct qf_buf before; /* on each piece: "ana: " */
	struct qf_buf text;
	size_t at; /* of the text, all up to here was given */
	bool due;  /* there is more, perhaps of a text that is empty */
};

void qf_classic_line_fini(struct qf_classic_line *l);
/* Begin a line of ours; what it was before has been given. */
void qf_classic_line_note(struct qf_classic_line *l, const char *text);
/* What an envelope says. `plainly`: what its node says itself is said without
 * its name. False: nothing that is shown. */
bool qf_classic_line_of(struct qf_classic_line *l, const struct qf_envelope *e,
                        bool plainly);
/* The next piece, at most QF_CLASSIC_CHARS_MAX characters of seven bits,
 * appended; false: all was given. */
bool qf_classic_line_next(struct qf_classic_line *l, struct qf_buf *piece);

#endif
