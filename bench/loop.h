/* loop.h - what the bare loop (limit.c) and its links say to each other
 *
 * A connection begins with a greeting; the loop answers it with one byte. From
 * then on a speaker sends lines of the one length that the loop was told,
 * which go to everyone in the hall, and anyone sends ACKs, which are read and
 * thrown away.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

enum { LOOP_MEMBER = 'M', LOOP_SPEAKER = 'S', LOOP_ACK = 0xff };

enum { LOOP_ACK_BYTES = 8 };

struct loop_greeting {
	uint32_t role;
	uint32_t hall;
};

#endif
