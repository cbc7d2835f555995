/* api.h - the API gateway: JSON, one object a line, both ways
 *
 * docs/api.md is the contract for screens, the page, bots and tests. Pure: it
 * is fed bytes, the core's effects for this conn, posts of rooms that it
 * follows (by the carry's tails), and answers of readers; it leaves asks in
 * the carry, and bytes for the client are pulled. What a client is owed is a
 * cursor or a range, formatted only when it can take it.
 *
 * A bad line gets an error with a code and a sentence, and the next is read;
 * a line over QF_API_LINE_BYTES_MAX closes the client, and so do lines that
 * come though it is not to be read.
 *
 * Threads: one worker's.
 */
#ifndef QF_API_H
#define QF_API_H

#include "core/carry.h"

struct qf_api;
struct qf_api_lines; /* api_lines.h */
struct qf_hall;      /* hall.h */

/* NULL: out of memory. */
struct qf_api *qf_api_new(qf_conn conn, struct qf_carry *carry);
void qf_api_free(struct qf_api *a);
/* Of somebody who came by the page, and may only `enter` at first: as the
 * owner, if owner is the secret of a link for one, and as a guest otherwise.
 * Lines of rooms are taken from `lines`, which outlive it; NULL: it writes all
 * of its own. It cannot have the name of a guest in `hall`, which outlives it,
 * too, and gives it what is said to it alone; or is NULL. */
struct qf_api *qf_api_new_visitor(qf_conn conn, struct qf_carry *carry,
                                  const struct qf_nonce *owner,
                                  struct qf_api_lines *lines,
                                  struct qf_hall *hall);
/* The accounts of IRC clients are that hall's; without one it has none. The
 * hall outlives it. */
void qf_api_accounts(struct qf_api *a, struct qf_hall *hall);
/* All bytes are taken; with too many while it should not be read it is over. */
void qf_api_bytes(struct qf_api *a, struct qf_bytes in);
/* False: do not read from the client now (answers are outstanding, or it does
 * not take what it is owed); ask again after told, got or pull. */
bool qf_api_reads(const struct qf_api *a);
/* ANSWER, PAIR, ROOM, NEWS, DROP. Takes what it needs out of the effect. */
void qf_api_told(struct qf_api *a, struct qf_effect *fx);
void qf_api_got(struct qf_api *a, struct qf_read *read);
/* One of that room of two keys has come, perhaps for this guest; its conn is
 * due if so. */
void qf_api_whisper(struct qf_api *a, const struct qf_carried *room,
                    const struct qf_envelope *e, uint64_t lsn);
/* Append whole lines until about `want` bytes are there or nothing is due. */
void qf_api_pull(struct qf_api *a, struct qf_buf *to, size_t want);
/* Close it when all that was pulled is written. */
bool qf_api_over(const struct qf_api *a);

#endif
