/* api_views.h - all that one client is shown of rooms, and whose turn it is
 *
 * A view (api_view.h) for each room that it follows or asks the past of; lines
 * are given in turn, so that a room where much is said keeps none waiting.
 *
 * All rooms of two keys are followed as one, "@": a view of each begins when
 * the one before has given its past. What comes waits until all have, and a
 * room that is new then is given whole. When one of them ends, all have.
 */
#ifndef QF_API_VIEWS_H
#define QF_API_VIEWS_H

#include "api_view.h"

/* The rooms of two keys. */
struct qf_api_directs {
	bool on;
	bool live; /* all that was there is given, and that was told */
	struct qf_api_request as;  /* what each view is asked for */
	size_t seen;               /* how many of the carry's rooms */
	struct qf_view *beginning; /* its past is not given yet, or NULL */
	uint64_t count;            /* lines of the past given */
	bool more;                 /* of some there are older ones */
	uint64_t lsn;              /* all of all rooms up to there was there */
};

struct qf_views {
	qf_conn conn;
	struct qf_carry *carry;
	struct qf_api_lines *lines;     /* of the worker, or NULL */
	const struct qf_viewer *viewer; /* a guest; NULL: the node's person */
	struct qf_buf *due;             /* the client's answers */
	uint64_t *last_number;          /* of all that it asks, counted up */
	struct qf_view **list;
	size_t count;
	size_t cap;
	size_t next; /* whose turn it is */
	struct qf_api_directs directs;
};

/* due and last_number are borrowed; carry, too. */
void qf_views_init(struct qf_views *vs, qf_conn conn, struct qf_carry *carry,
                   struct qf_buf *due, uint64_t *last_number);
void qf_views_fini(struct qf_views *vs);
/* How many have not yet told all that was there. */
size_t qf_views_unanswered(const struct qf_views *vs);

/* A request to FOLLOW, or for HISTORY or DIGEST; what is refused is answered.
 */
void qf_views_begin(struct qf_views *vs, struct qf_api_request *r);
/* UNFOLLOW */
void qf_views_end(struct qf_views *vs, struct qf_api_request *r);

/* What the core and the store tell. Of no effect for whoever waits for none
 * of it. */
void qf_views_joined(struct qf_views *vs, const struct qf_answer *a);
void qf_views_paired(struct qf_views *vs, struct qf_effect *fx);
void qf_views_room(struct qf_views *vs); /* the carry has another one */
void qf_views_got(struct qf_views *vs, struct qf_read *read);

/* Append lines, until there are `want` bytes or no room has any. */
void qf_views_give(struct qf_views *vs, struct qf_buf *to, size_t want);

#endif
