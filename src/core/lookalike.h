/* lookalike.h - letters of other scripts that look as those of ASCII do
 *
 * Only what a reader would take for a letter of ASCII, so that names may be of
 * any script, and none can pass for another's.
 */
#ifndef QF_LOOKALIKE_H
#define QF_LOOKALIKE_H

#include <stdint.h>

/* What the character looks like: a letter of ASCII, or itself. */
uint32_t qf_lookalike(uint32_t point);

#endif
