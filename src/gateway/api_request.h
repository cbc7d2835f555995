/* api_request.h - one line from a client of the API, understood or refused
 *
 * docs/api.md lists the requests. What is for the core has become a command;
 * what the gateway does itself keeps its fields here. A request that cannot be
 * understood has a code, and sentences for people.
 *
 * Memory: the caller owns the struct; fini releases the command unless it was
 * taken (set to NULL).
 */
#ifndef QF_API_REQUEST_H
#define QF_API_REQUEST_H

#include "core/carry.h"
#include "core/step.h"

enum {
	QF_API_LAST_DEFAULT = 50, /* lines of a history */
	QF_API_SAY_BYTES_MAX = 160,
	/* A name with its short key, or a key; before it a guest's and "@". */
	QF_API_WHOM_BYTES_MAX = 200,
};

enum qf_api_verb {
	QF_API_COMMAND, /* for the core, see command */
	QF_API_FOLLOW,
	QF_API_UNFOLLOW,
	QF_API_HISTORY,
	QF_API_DIGEST,
	QF_API_WATCH,
	QF_API_ACCOUNT, /* command: `to` is the name, text the password or NULL,
	                 * tags a certificate or NULL */
	QF_API_ACCOUNTS,
};

struct qf_api_request {
	int64_t re; /* the client's id for it, -1: none */
	enum qf_api_verb verb;
	bool guests; /* may ask it too */
	bool is_new; /* ACCOUNT: there may be none of that name */
	struct qf_command *command;
	char whom[QF_API_WHOM_BYTES_MAX + 1]; /* MSG: as it was given */
	/* Folded; "": none. A view's may be of two keys, '@' and the other's,
	 * or '@' alone: all of them. Such a room's id is not known here. */
	char room[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id room_id;
	size_t last; /* FOLLOW, HISTORY: lines of the past */
	bool has_after;
	uint64_t after; /* FOLLOW: instead of the past, go on after this lsn */

	const char *code; /* NULL: understood */
	char say[QF_API_SAY_BYTES_MAX];
	const char *hint; /* or NULL */
};

/* True: understood. False: code and say tell why not. */
bool qf_api_request_parse(struct qf_api_request *r, struct qf_bytes line);
void qf_api_request_fini(struct qf_api_request *r);
/* There is nothing in it. */
bool qf_api_request_blank(struct qf_bytes line);

#endif
