/* tags.h - which rooms a link offers, and which it has in common
 *
 * sync.md 4.4: each side sends a tag for each of its rooms, padded with random
 * ones; whoever finds one of its own among them has a match. The room of the
 * two keys of the link is looked for even while we are not in it: then the
 * other has something for us there.
 *
 * Part of the session, whose fields it uses.
 */
#ifndef QF_TAGS_H
#define QF_TAGS_H

#include "session.h"

/* Queue TAGS of all rooms that this link may know. */
void qf_tags_offer(struct qf_session *s);
/* The peer's TAGS. */
void qf_tags_got(struct qf_session *s, struct qf_bytes payload);
/* Begin a talk for each room that both have and that has none yet. */
void qf_tags_match(struct qf_session *s);
/* The room of our key and the peer's. */
void qf_tags_direct(struct qf_session *s, const struct qf_direct *d);
/* The talk that the peer opens by that tag of ours, or NULL. We may have left
 * the room since we offered it here: then the talk begins all the same. */
struct qf_talk *qf_tags_opened(struct qf_session *s, const struct qf_tag *tag);
/* The talk about that room, or NULL. */
struct qf_talk *qf_tags_talk(struct qf_session *s, const struct qf_room_id *id);

#endif
