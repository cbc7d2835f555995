/* asking.h - one request, and its answer */
#ifndef QF_ASKING_H
#define QF_ASKING_H

#include "outcome.h"
#include "stream.h"

/* Send a request of that id and wait for what answers it; other replies are
 * passed over. QF_GOOD: *answer is the caller's to finish. Otherwise what went
 * wrong has been said. */
enum qf_outcome qf_ask(struct qf_stream *s, uint64_t id,
                       const struct qf_buf *request, struct qf_reply *answer);
/* The same for requests that have no fields: "watch", "status". */
enum qf_outcome qf_ask_plain(struct qf_stream *s, const char *verb,
                             struct qf_reply *answer);

#endif
