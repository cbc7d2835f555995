/* api_whom.h - which guest of this node a private message may be for
 */
#ifndef QF_API_WHOM_H
#define QF_API_WHOM_H

#include "api_request.h"
#include "hall.h"
#include "viewer.h"

/* A guest here who is called as whom the MSG is for, "zoe" or "zoe@ana", is
 * named in it; whether that guest is meant the core finds out, which knows
 * everyone else. h: or NULL: nobody can be. by: the guest of the page who says
 * it, or NULL. False: out of memory. */
bool qf_api_whom(const struct qf_hall *h, const struct qf_viewer *by,
                 struct qf_command *c);

#endif
