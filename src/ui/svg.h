/* svg.h - the mesh as a drawing: one SVG that needs nothing besides
 *
 * People are pushed apart and links pull together (Fruchterman and Reingold
 * 1991), from a circle, so that the same mesh gives the same drawing. Some
 * hundreds take a second. Readable on dark and on light; names are escaped.
 */
#ifndef QF_SVG_H
#define QF_SVG_H

#include <stdio.h>

#include "gateway/reply.h"

/* map is a reply of that kind. False: out of memory. */
bool qf_svg_print(FILE *to, const struct qf_reply *map);

#endif
