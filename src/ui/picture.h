/* picture.h - the mesh in a terminal: who is linked with whom, as a tree
 *
 * From ourselves along the shortest ways; links that are on none of them stand
 * below. It is as long as there are people, so it does for a few and for
 * hundreds.
 */
#ifndef QF_PICTURE_H
#define QF_PICTURE_H

#include <stdio.h>

#include "known.h"

/* map is a reply of that kind; lines begin with `prefix`. False: out of
 * memory. */
bool qf_picture_print(FILE *to, const char *prefix, const struct qf_reply *map);

#endif
