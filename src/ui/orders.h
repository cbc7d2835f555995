/* orders.h - what can be asked of a conversation with a slash: one table */
#ifndef QF_ORDERS_H
#define QF_ORDERS_H

#include "slash.h"

extern const struct qf_slash qf_orders[];
extern const size_t qf_order_count;

/* A line without its slash. */
void qf_orders_run(struct qf_chat *c, struct qf_bytes line);
/* What Tab does; ctx is the conversation. */
void qf_orders_complete(void *ctx, struct qf_bytes before, struct qf_buf *more);

#endif
