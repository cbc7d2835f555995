/* slash.h - what stands behind a slash: which command, and its words
 *
 * A command is known by its name, by others, and by any beginning of either
 * that no other command has; case does not matter. What cannot be understood
 * is answered with a sentence that names what was expected.
 *
 * Pure. Words are borrowed from the line.
 */
#ifndef QF_SLASH_H
#define QF_SLASH_H

#include "gateway/reply.h"

enum { QF_SLASH_WORDS_MAX = 3, QF_SLASH_WHY_BYTES = 600 };

struct qf_chat;

struct qf_slash_words {
	struct qf_bytes at[QF_SLASH_WORDS_MAX];
	size_t count;
};

struct qf_slash {
	const char *name;
	const char *others;    /* with a space between them */
	const char *arguments; /* as help has them */
	size_t min, max;       /* of words */
	bool takes_rest;       /* the last word is the rest of the line */
	const char *help;
	void (*run)(struct qf_chat *c, const struct qf_slash_words *w);
};

/* The command of that name, without its slash. NULL: `why` says why not. */
const struct qf_slash *qf_slash_find(const struct qf_slash *table, size_t count,
                                     struct qf_bytes name,
                                     char why[QF_SLASH_WHY_BYTES]);
/* The first word of a line, which is shortened by it. */
struct qf_bytes qf_slash_word(struct qf_bytes *line);
/* What follows the name. False: `why` says what was expected. */
bool qf_slash_split(const struct qf_slash *s, struct qf_bytes line,
                    struct qf_slash_words *w, char why[QF_SLASH_WHY_BYTES]);

#endif
