/* api_status.h - what a node says of itself, as a line of JSON */
#ifndef QF_API_STATUS_H
#define QF_API_STATUS_H

#include "core/carry.h"

/* As in api_format.h. */
void qf_format_status(struct qf_buf *to, int64_t re, const struct qf_status *s);

#endif
