/* attacks.h - single tries of a stranger, and how each must end */
#ifndef ATTACKS_H
#define ATTACKS_H

#include "stranger.h"

/* How far an honest stranger comes before the attack begins. */
enum stage { TCP, TLS, GREETED, IN_ROOM };

/* end: "open" if the node must go on with the stranger, "left" if the stranger
 * goes in the middle of it; otherwise the link must end, and its end begin so.
 */
struct attack {
	const char *name;
	void (*make)(struct stranger *s);
	enum stage stage;
	const char *end;
};

extern const struct attack attacks[]; /* the last has no name */

#endif
