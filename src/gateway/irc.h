/* irc.h - one connection of an IRC client
 *
 * Pure: it is fed bytes, the core's answers and pairs for its conn, and what
 * readers found; it leaves asks in the hall's carry, and bytes for the client
 * are pulled. What a client types is done line by line: a command that has to
 * ask the core ends before the next begins, except that messages may follow
 * each other on their way to the disk. So what was said first is committed and
 * relayed before anything that is answered later.
 *
 * What a client is owed waits in one buffer; one that lets more than
 * QF_IRC_OWED_MAX wait is closed with a reason.
 *
 * Threads: one worker's.
 */
#ifndef QF_IRC_H
#define QF_IRC_H

#include "hall.h"

enum { QF_IRC_OWED_MAX = 2 << 20 };

struct qf_irc_options {
	qf_conn conn;
	const char *from; /* the client's address, as text */
	bool secure;
	const struct qf_key *proven; /* SHA-256 of its certificate, or NULL */
};

/* NULL: out of memory. */
struct qf_irc *qf_irc_new(struct qf_hall *h, const struct qf_irc_options *o);
void qf_irc_free(struct qf_irc *irc);

void qf_irc_bytes(struct qf_irc *irc, struct qf_bytes in);
/* False: do not read from the client now. */
bool qf_irc_reads(const struct qf_irc *irc);
/* ANSWER and PAIR for its conn; takes what it needs out of the effect. */
void qf_irc_told(struct qf_irc *irc, struct qf_effect *fx);
void qf_irc_got(struct qf_irc *irc, struct qf_read *read);
/* All that is owed, where it is or in `to`; valid until it is pulled. */
struct qf_bytes qf_irc_owed(const struct qf_irc *irc, struct qf_buf *to);
void qf_irc_pulled(struct qf_irc *irc);
/* Close it when all that was pulled is written. */
bool qf_irc_over(const struct qf_irc *irc);
/* No more will come; what came before is still done. */
void qf_irc_lost(struct qf_irc *irc);
/* The connection is gone: others are told why. */
void qf_irc_end(struct qf_irc *irc, const char *why);
/* It is told that the node ends. */
void qf_irc_leave(struct qf_irc *irc);
/* What is due by the hall's time is done; when to ask again, on the clock that
 * counts from boot. */
uint64_t qf_irc_tick(struct qf_irc *irc);

/* The tags, as a string that is the caller's, of what is said alone: whose
 * private history it belongs to, by the ids of who says it and whom it is for,
 * if they are guests here. NULL: out of memory. */
char *qf_irc_whose_tags(const char *from, const char *to);

/* What the core tells the hall: TELL, NEWS, SELF, and PAIR for its conn. */
void qf_hall_told(struct qf_hall *h, struct qf_effect *fx);
/* There may be new posts in that room, or (NULL) in any. */
void qf_hall_posted(struct qf_hall *h, const struct qf_room_id *room);
void qf_hall_got(struct qf_hall *h, struct qf_read *read);
/* Tell of persons who are not seen yet where they are, and read again what
 * could not be read, by the hall's time; when to go on, mono, UINT64_MAX: not
 * before there is news of more. */
uint64_t qf_hall_catch_up(struct qf_hall *h);
/* All that was due before has been written. */
void qf_hall_flushed(struct qf_hall *h);

#endif
