/* api_format.h - what a client of the API is told, as lines of JSON
 *
 * Each function appends one line with its newline; when memory ends the buffer
 * becomes bad. Whatever a peer wrote, a line is valid JSON in UTF-8 without a
 * raw control character.
 *
 * `re` is the client's id of the request that the line answers, -1: none.
 */
#ifndef QF_API_FORMAT_H
#define QF_API_FORMAT_H

#include "accounts.h"
#include "core/carry.h"
#include "viewer.h"

/* direct is the room's, if it is one of two keys; whom is who was meant, or
 * empty. */
void qf_format_stored(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_direct *direct, const char *whom,
                      const struct qf_answer *a);
/* room may be NULL. */
/* It is draft `draft`. */
void qf_format_queued(struct qf_buf *to, int64_t re, const char *room,
                      uint64_t draft);
void qf_format_done(struct qf_buf *to, int64_t re, const char *room);
/* hint may be NULL. */
void qf_format_error(struct qf_buf *to, int64_t re, const char *code,
                     const char *say, const char *hint);
/* room is the one that was asked about, or NULL. */
void qf_format_people(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_answer *a);
void qf_format_doctor(struct qf_buf *to, int64_t re, const struct qf_answer *a);
void qf_format_map(struct qf_buf *to, int64_t re, const struct qf_answer *a);
void qf_format_contacts(struct qf_buf *to, int64_t re,
                        const struct qf_answer *a);
/* One of the above, by its kind. */
void qf_format_answer(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_answer *a);
void qf_format_accounts(struct qf_buf *to, int64_t re, const struct qf_hall *h);
/* The rooms are those that the carry offers. */
void qf_format_entered(struct qf_buf *to, int64_t re, const struct qf_answer *a,
                       const struct qf_carry *carry);
void qf_format_links(struct qf_buf *to, int64_t re, const struct qf_answer *a);
void qf_format_guests(struct qf_buf *to, int64_t re, const struct qf_answer *a);
/* room is its name, of news about one (COPIES, STORED, CLOCK), or NULL. */
void qf_format_news(struct qf_buf *to, const struct qf_news *n,
                    const char *room);
/* False: not for views (sealed with another key than direct's, of an unknown
 * type, or not understood), or nothing that v sees, and nothing was appended.
 * v: of a room of two keys; NULL: this node's person. */
bool qf_format_envelope(struct qf_buf *to, int64_t re, const char *room,
                        const struct qf_direct *direct,
                        const struct qf_viewer *v, const struct qf_envelope *e,
                        uint64_t lsn);
/* Would that give something? */
bool qf_format_is_line(const struct qf_direct *direct,
                       const struct qf_viewer *v, const struct qf_envelope *e,
                       uint64_t lsn);
/* "following" or "end": what was asked of the past has been given, which is
 * part of what is here up to lsn. more: of what is older as well. */
void qf_format_reached(struct qf_buf *to, int64_t re, const char *on,
                       const char *room, uint64_t count, uint64_t lsn,
                       bool more);
void qf_format_digest(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_hash *digest, uint64_t count,
                      const struct qf_author_line *authors,
                      size_t author_count);
/* So much news was not kept because the client did not read. */
void qf_format_missed(struct qf_buf *to, uint64_t count);

/* It is nobody's business but the owner's. The room it is about, or NULL. */
bool qf_news_is_private(const struct qf_news *n, const struct qf_carried *room);

#endif
