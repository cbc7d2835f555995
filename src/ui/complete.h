/* complete.h - the rest of a word, from those that it may become */
#ifndef QF_COMPLETE_H
#define QF_COMPLETE_H

#include "gateway/reply.h"

/* Append to *more what all choices that begin so have in common behind it; case
 * does not matter in ASCII. How many begin so: 1 is the whole word. */
size_t qf_complete(struct qf_bytes word, const char *const *choices,
                   size_t count, struct qf_buf *more);
bool qf_complete_begins(const char *choice, struct qf_bytes word);

#endif
