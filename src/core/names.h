/* names.h - what a lazy link names, and what is asked for by name
 *
 * A part of the session: IHAVE, GRAFT and PRUNE of its rooms. What they mean is
 * the core's to decide (push.h, wants.h); what it decided comes by
 * qf_talk_told().
 */
#ifndef QF_NAMES_H
#define QF_NAMES_H

#include "talk.h"

/* Frames of the peer. Faults close the session. */
void qf_names_ihave(struct qf_session *s, struct qf_bytes payload);
void qf_names_graft(struct qf_session *s, struct qf_bytes payload);
void qf_names_prune(struct qf_session *s, struct qf_bytes payload);
/* Name them instead of sending them. */
void qf_names_batch(struct qf_session *s, const struct qf_talk *t,
                    struct qf_buf *to, struct qf_envelope **batch,
                    size_t count);
void qf_names_post(struct qf_session *s, const struct qf_talk *t,
                   struct qf_buf *to, const struct qf_post *post);

#endif
