/* classic.h - one connection that speaks the original program's protocol
 *
 * The second of the two, after the hand-off of a port: as the host who was come
 * to, or as the client who came. The other side is a guest of one open room. It
 * speaks through this node, is called "NAME (classic)" there, and is told what
 * everyone else says: the original's host never passed on what one client said;
 * ours does.
 *
 *   GREETING  numbers for the secret: one from a client, three from a host
 *   NAMING    its name
 *   ENTERING  the core gives it a name of its own and joins the room
 *   LIVE      frames both ways
 *   OVER      close it when all that was pulled is written
 *
 * It can end early: numbers that are none, frames out of step, a prime that
 * makes no secret, silence in the first three for QF_CLASSIC_GREETING_MS, a
 * room or a guest too many.
 *
 * Nothing about it is private. Its secret has 14 bits, and is checked by
 * nobody.
 *
 * Pure: it is fed bytes, effects for its conn and answers of readers; it leaves
 * asks in the carry, and bytes are pulled, one frame at a time and not too
 * often: the original's reader falls out of step when TCP cuts a frame.
 *
 * Threads: one worker's.
 */
#ifndef QF_CLASSIC_H
#define QF_CLASSIC_H

#include "core/carry.h"

enum qf_classic_role {
	QF_CLASSIC_HOST,   /* we are; it came to us */
	QF_CLASSIC_CLIENT, /* we went to it */
};

struct qf_classic_options {
	enum qf_classic_role role;
	qf_conn conn;
	struct qf_carry *carry;    /* borrowed */
	const char *room;          /* folded */
	const char *name;          /* of this node */
	struct qf_address address; /* of the other side */
	uint64_t random;
	uint64_t now_ms; /* mono */
};

struct qf_classic;

/* NULL: out of memory. */
struct qf_classic *qf_classic_new(const struct qf_classic_options *options);
void qf_classic_free(struct qf_classic *c);
/* All bytes are taken. */
void qf_classic_bytes(struct qf_classic *c, struct qf_bytes in);
/* False: do not read from it now; ask again after told. */
bool qf_classic_reads(const struct qf_classic *c);
/* ANSWER, PAIR, DROP. */
void qf_classic_told(struct qf_classic *c, struct qf_effect *fx);
void qf_classic_got(struct qf_classic *c, struct qf_read *read);
/* Append what is to be put out in one write, if anything is due now. */
void qf_classic_pull(struct qf_classic *c, struct qf_buf *to, uint64_t now_ms);
/* When to pull even if nothing comes; UINT64_MAX: not then. */
uint64_t qf_classic_wake(const struct qf_classic *c);
/* We leave, and say so. */
void qf_classic_leave(struct qf_classic *c, const char *why);
bool qf_classic_over(const struct qf_classic *c);
/* It came so far that people were told of it. */
bool qf_classic_entered(const struct qf_classic *c);
/* Why it is over, for people. */
const char *qf_classic_why(const struct qf_classic *c);

#endif
