/* asking.h - one request, and its answer */
#ifndef QF_ASKING_H
#define QF_ASKING_H

#include "outcome.h"
#include "stream.h"

enum { QF_SILENT_MS = 4000 }; /* a node at work says something by then */

/* Send a request of that id and wait for what answers it; other replies are
 * passed over. QF_GOOD: *answer is the caller's to finish. Otherwise what went
 * wrong has been said. So has been what it waits for, if it takes long. */
enum qf_outcome qf_ask(struct qf_stream *s, uint64_t id,
                       const struct qf_buf *request, struct qf_reply *answer);
/* The same for requests that have no fields: "watch", "status". */
enum qf_outcome qf_ask_plain(struct qf_stream *s, const char *verb,
                             struct qf_reply *answer);

/* Nothing was heard for QF_SILENT_MS: whose turn it is. */
void qf_complain_silent(const struct qf_stream *s);

#endif
