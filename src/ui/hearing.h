/* hearing.h - who comes and goes and what they say, as a conversation shows it
 *
 * Guests of our node speak under its key too, and whoever types into a pipe is
 * not told again what came through it.
 */
#ifndef QF_HEARING_H
#define QF_HEARING_H

#include "chat.h"

/* Somebody has that name, as was just heard. */
void qf_hearing_meet(struct qf_chat *c, struct qf_bytes key,
                     struct qf_bytes key_short, struct qf_bytes name);
/* Behind their name stands `what` of them is news. */
void qf_hearing_person(struct qf_chat *c, const struct qf_reply *news,
                       const char *what);
/* Whom a room of two is shared with, by name if that is known. */
void qf_hearing_with(struct qf_chat *c, struct qf_bytes key);
/* A line of a room: it is shown, or held back until it is known whether it is
 * what was typed here. */
void qf_hearing_line(struct qf_chat *c, struct qf_rooms_room *room,
                     const struct qf_reply *line);
/* Show what was held back and is of others. */
void qf_hearing_release(struct qf_chat *c);

#endif
