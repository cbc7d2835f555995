/* author.h - a member that speaks: its key, and all that it will say
 *
 * What it says is signed before the clock runs, so that the bench has its
 * cores for the links. A chunk is what is said at once: for a node one MSG
 * frame, its envelopes below one root, as a node commits them; for the bare
 * loop as many lines.
 */
#ifndef AUTHOR_H
#define AUTHOR_H

#include "core/bytes.h"
#include "core/keyset.h"

struct chunk {
	size_t end; /* in bytes */
	unsigned count;
};

struct author {
	struct qf_identity self;
	unsigned index; /* among its room's authors */
	uint64_t hlc;   /* before its first message; now, if nobody sets it */
	bool signs;
	uint64_t asked_ns; /* when it last asked for an ACK */
	struct qf_buf bytes;
	struct chunk *chunks;
	size_t chunk_count;
	size_t next;            /* chunk */
	uint64_t *sent_ns;      /* of each message, by seq - 1 */
	struct qf_setkey *keys; /* the same, of what is signed */
	unsigned messages;
	unsigned said; /* of them */
};

enum { LINE_BYTES_MIN = 16 };

void author_init(struct author *a, unsigned index, uint64_t number);
void author_fini(struct author *a);
/* A seed that is nobody else's in this run. */
void author_seed(uint64_t number, uint8_t seed[QF_SEED_BYTES]);
/* Prepare so many messages of text_bytes for a node, in batches. */
void author_sign(struct author *a, const struct qf_room_id *room,
                 unsigned messages, size_t text_bytes, unsigned batch);
/* The same as lines of line_bytes for the bare loop. */
void author_draw(struct author *a, unsigned messages, size_t line_bytes,
                 unsigned batch);
/* The same as lines of text: `before`, the author and number in eight
 * hexadecimal digits each, filling up to text_bytes, and `after`. */
void author_type(struct author *a, const char *before, const char *after,
                 unsigned messages, size_t text_bytes, unsigned batch);
/* Its next chunk, stamped as said now; empty when all is said. */
struct qf_bytes author_say(struct author *a, uint64_t now_ns);

#endif
