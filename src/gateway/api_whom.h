/* api_whom.h - whom of this node's guests a private message is for
 */
#ifndef QF_API_WHOM_H
#define QF_API_WHOM_H

#include "api_request.h"
#include "hall.h"

/* A guest by IRC is meant by its name, or as "zoe@ana" where ana is this node:
 * then the command of r, a MSG, is for that guest. False: r says why it cannot
 * be said to whom it is for. Who is no guest of this node is the core's to
 * find. */
bool qf_api_whom(const struct qf_hall *h, struct qf_api_request *r);

#endif
