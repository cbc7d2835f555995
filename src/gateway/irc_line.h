/* irc_line.h - one line of IRC, taken apart, and text made fit for one
 *
 * A line is at most QF_IRC_LINE_BYTES with its end, after at most
 * QF_IRC_TAGS_BYTES of tags with their '@' and the space behind them. What is
 * longer, is not UTF-8 or has a NUL in it is no line, and says which of these.
 *
 * Pure.
 */
#ifndef QF_IRC_LINE_H
#define QF_IRC_LINE_H

#include "core/bytes.h"

enum {
	QF_IRC_LINE_BYTES = 512,
	QF_IRC_TAGS_BYTES = 4096,
	QF_IRC_TYPED_BYTES = QF_IRC_TAGS_BYTES + QF_IRC_LINE_BYTES,
	QF_IRC_PARAMS_MAX = 15,
	QF_IRC_COMMAND_BYTES = 31,
	QF_IRC_LABEL_BYTES = 64,
};

enum qf_irc_fault {
	QF_IRC_GOOD,
	QF_IRC_BLANK,
	QF_IRC_LONG,     /* 417 */
	QF_IRC_NOT_TEXT, /* not UTF-8, or a NUL in it */
};

struct qf_irc_line {
	char *tags;                             /* "" if there are none */
	char command[QF_IRC_COMMAND_BYTES + 1]; /* in capitals; cut if longer */
	size_t count;
	char *params[QF_IRC_PARAMS_MAX];
	char text[QF_IRC_TYPED_BYTES + 1]; /* all of the above point here */
};

/* `in` is without its end; a carriage return there is no part of it. A fault
 * that comes late leaves the command, if that was read. */
enum qf_irc_fault qf_irc_line_parse(struct qf_irc_line *l, struct qf_bytes in);

/* The value of a tag, unescaped and cut to `cap`; false: it is not there. */
bool qf_irc_tag(const char *tags, const char *name, char *out, size_t cap);
/* Append those that clients mean for each other, which begin with '+', as they
 * were written. One that would end the tags or the line is left out: they may
 * come from any node. */
void qf_irc_client_tags(const char *tags, struct qf_buf *to);
/* Append a value as it is written in a tag. */
void qf_irc_escape(const char *value, struct qf_buf *to);

/* How much of text fits into `max` bytes with no character cut. */
size_t qf_irc_fit(struct qf_bytes text, size_t max);
/* Into cap bytes with its end, no character cut. */
void qf_irc_cut(char *out, size_t cap, const char *text);
/* It may be a last parameter without a colon before it. */
bool qf_irc_is_word(const char *text);
/* `*` and `?` stand for others; both are folded already. */
bool qf_irc_mask(const char *mask, const char *text);

#endif
