/* print.h - words from others, made safe for a terminal
 *
 * Whatever people or peers wrote goes to a terminal through here. Control
 * characters of either set, the escape among them, are shown as U+FFFD, and so
 * is what is not UTF-8; characters that turn the direction of what follows are
 * left out; a line inside a text is indented, so that it cannot pass for a
 * line of ours.
 */
#ifndef QF_PRINT_H
#define QF_PRINT_H

#include <stdio.h>

#include "gateway/reply.h"

/* A message: tabs stay, each further line is indented. */
void qf_print_text(FILE *to, struct qf_bytes text);
/* A name, a reason, an address: all in one line. */
void qf_print_word(FILE *to, struct qf_bytes word);
/* Give out what was printed. False: nobody takes it any more. */
bool qf_print_done(FILE *to);

#endif
