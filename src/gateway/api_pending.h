/* api_pending.h - what a client asked of the core, which has not answered yet
 *
 * Memory: begins as zeroes; fini releases.
 */
#ifndef QF_API_PENDING_H
#define QF_API_PENDING_H

#include "api_request.h"

struct qf_pending {
	uint64_t number; /* of the command */
	int64_t re;
	enum qf_command_kind kind;
	char room[QF_ROOM_NAME_BYTES_MAX + 1];
	char whom[QF_API_WHOM_BYTES_MAX + 1];
};

struct qf_pendings {
	struct qf_pending *list;
	size_t count;
	size_t cap;
};

void qf_pendings_fini(struct qf_pendings *p);
/* Remember what r asks by a command of that kind. False: out of memory. */
bool qf_pendings_add(struct qf_pendings *p, uint64_t number,
                     enum qf_command_kind kind, const struct qf_api_request *r);
/* It is answered: no longer here, but in `out`. False: it is none of these. */
bool qf_pendings_take(struct qf_pendings *p, uint64_t number,
                      struct qf_pending *out);
/* A line that is to be stored is among them. */
bool qf_pendings_say(const struct qf_pendings *p);

#endif
