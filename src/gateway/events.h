/* events.h - messages to a browser as an EventSource takes them, and back
 *
 * For browsers that refuse a WebSocket. Messages to the page are events, in
 * base64; those of the page are posted, one a request, to an address that the
 * first event tells. Such requests come by connections of their own, to any
 * worker: the address says whose they are, and proves that we made it, so
 * whoever has not seen it can send nothing to anybody.
 *
 *   data: /post/ADDRESS          first
 *   data: BASE64                 a message
 *   event: close, data: CODE     as of a WebSocket (websocket.h)
 */
#ifndef QF_EVENTS_H
#define QF_EVENTS_H

#include "core/page.h"
#include "core/step.h"

/* Append the head of the answer, and where to post. */
void qf_events_begin(struct qf_buf *to, const struct qf_page *page,
                     qf_conn conn);
void qf_events_put(struct qf_buf *to, struct qf_bytes message);
/* Nothing, so that it is known whether the other side is there. */
void qf_events_ping(struct qf_buf *to);
void qf_events_close(struct qf_buf *to, int code);
/* Whose address that is, or 0: none that we made. */
qf_conn qf_events_conn(const struct qf_page *page, struct qf_bytes target);

#endif
