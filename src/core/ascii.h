/* ascii.h - text as seven bits can carry it
 *
 * Letters lose their marks, signs become what is written for them where there
 * is no better ("ss", "...", "EUR"), and what has no likeness becomes "?".
 * Control characters become spaces.
 */
#ifndef QF_ASCII_H
#define QF_ASCII_H

#include "bytes.h"

/* Append it; bytes that are no UTF-8 become "?" one by one. True: it is what it
 * was. */
bool qf_ascii_put(struct qf_buf *to, struct qf_bytes text);

#endif
