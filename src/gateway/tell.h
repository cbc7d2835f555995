/* tell.h - what one worker tells all of them about guests, as bytes
 *
 * The core passes it on without looking at it (QF_CMD_TELL), in one order for
 * all workers. Each kind says who (the conn that tells), and up to five words.
 */
#ifndef QF_TELL_H
#define QF_TELL_H

#include "core/carry.h"

enum { QF_TELL_WORDS_MAX = 6 };

/* words in brackets may be "" for none */
enum qf_tell_kind {
	QF_TELL_CLAIM,   /* nick, user, real, from, [account]; flags */
	QF_TELL_NICK,    /* nick */
	QF_TELL_QUIT,    /* why */
	QF_TELL_JOIN,    /* room */
	QF_TELL_PART,    /* room, [why] */
	QF_TELL_AWAY,    /* [why] */
	QF_TELL_SETNAME, /* real */
	QF_TELL_ACCOUNT, /* [account] */
	QF_TELL_MODE,    /* flags: from now on */
	QF_TELL_TAGS,    /* target, tags, msgid */
	QF_TELL_INVITE,  /* nick, room */
	QF_TELL_MARK,    /* target, whose; number: milliseconds, or 0: whatever
	                  * begins with whose is forgotten */
	QF_TELL_BARRIER, /* every worker answers with FLUSHED */
	QF_TELL_FLUSHED, /* number: the barrier's */
};

enum {
	QF_TELL_SECURE = 1,
	QF_TELL_BOT = 2,
	QF_TELL_INVISIBLE = 4,
	QF_TELL_NO_CTCP = 8,
};

struct qf_tell {
	enum qf_tell_kind kind;
	uint8_t flags;
	uint64_t number;
	uint64_t ms; /* when it was told, Unix */
	unsigned count;
	const char *words[QF_TELL_WORDS_MAX]; /* borrowed */
};

/* As bytes, one reference; NULL: out of memory. */
struct qf_shared *qf_tell_encode(const struct qf_tell *t);
/* Ask the core to pass it on to all workers, or to the one of conn `to`; it
 * answers `request` when they have it. */
void qf_tell_send(struct qf_carry *carry, const struct qf_tell *t, qf_conn conn,
                  qf_conn to, uint64_t request);
/* A MARK that is kept, too, for its reader has an account. */
void qf_tell_keep(struct qf_carry *carry, const struct qf_tell *t, qf_conn conn,
                  uint64_t request);
/* Words point into the payload; false: it is none of ours. */
bool qf_tell_read(struct qf_tell *t, const struct qf_shared *payload);

#endif
