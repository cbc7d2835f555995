/* notices.h - sentences of ours: who and where this node is, and its news */
#ifndef QF_NOTICES_H
#define QF_NOTICES_H

#include <stdio.h>

#include "gateway/reply.h"

/* Each sentence is a line of its own, behind `prefix`. wanted_port: where the
 * node was to listen; another port was found if that was taken. 0: not asked
 * for, or not known. */
void qf_notice_status(FILE *to, const char *prefix,
                      const struct qf_reply *status, uint64_t wanted_port);
/* The same, without who it is. */
void qf_notice_place(FILE *to, const char *prefix,
                     const struct qf_reply *status, uint64_t wanted_port);
void qf_notice_unreachable(FILE *to, const char *prefix,
                           const struct qf_reply_dial *dial);
void qf_notice_link(FILE *to, const char *prefix,
                    const struct qf_reply_link *link);
/* "PORT", or "PORT of ADDRESS" where that is not all of this machine. */
void qf_notice_port(FILE *to, struct qf_bytes address, uint64_t port);
/* News; other replies say nothing. */
void qf_notice_news(FILE *to, const char *prefix, const struct qf_reply *news);

#endif
