/* wrap.h - lines cut where a terminal's right edge is
 *
 * A terminal goes on at the left edge with what is too long, and there a text
 * could pass for a line of someone else. So long lines are cut here, between
 * words if it can be, and their further rows are indented.
 */
#ifndef QF_WRAP_H
#define QF_WRAP_H

#include <stdio.h>

#include "gateway/reply.h"

/* Whole lines, which have been made safe. Columns 0: no edge. */
void qf_wrap(FILE *to, struct qf_bytes lines, size_t columns);

#endif
