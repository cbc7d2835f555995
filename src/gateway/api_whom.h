/* api_whom.h - which guest of this node a private message may be for
 */
#ifndef QF_API_WHOM_H
#define QF_API_WHOM_H

#include "api_request.h"
#include "hall.h"

/* A guest by IRC who is called as whom the MSG is for, "zoe" or "zoe@ana", is
 * named in it; whether that guest is meant the core finds out, which knows
 * everyone else. h: or NULL: nobody can be. False: out of memory. */
bool qf_api_whom(const struct qf_hall *h, struct qf_command *c);

#endif
