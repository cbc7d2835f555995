/* api_view.h - one room shown to one client: what it holds, then what comes
 *
 * The happy path of a follow: JOINING (the core is asked to join), WAITING
 * (for the room's pair), PAST (its last lines, by their places in past.h, read
 * a page at a time), LIVE (the worker's tail, by a cursor that begins at the
 * pair's lsn). Whatever the snapshot holds is past and whatever it does not is
 * above its lsn, so no line is missed and none is given twice. A history is
 * over after PAST; a digest reads the authors instead (COUNTING).
 *
 * What was taken back is not given as past, so that is asked for first
 * (LEARNING): it stands behind the line that it is about, and often behind all
 * that is wanted. The room remembers it for whoever asks next.
 *
 * A room of two keys is there already, so it is not joined; the keys that are
 * carried with it open what it holds. Guests speak there too, and what they say
 * is not for its person: so the last lines that are for it are looked for first
 * (LOOKING), from the newest back. Of all such rooms that are followed as one
 * (api.c), none tells where its own past ends.
 *
 * It can end early: the room is not known here, joining is refused, or the
 * store cannot be read. Each is told to the client as an error.
 *
 * Memory: new/free. At most one page of envelopes is held.
 */
#ifndef QF_API_VIEW_H
#define QF_API_VIEW_H

#include "api_lines.h"
#include "api_request.h"
#include "core/carry.h"
#include "core/past.h"

enum {
	QF_VIEW_PAGE_COUNT = 64,
	QF_VIEW_PAGE_BYTES = 256 * 1024,
	QF_VIEW_LOOK_MAX = 20000, /* envelopes, in vain */
	QF_VIEW_LOOK_GUEST_MAX = 2000,
};

enum qf_view_state {
	QF_VIEW_JOINING,
	QF_VIEW_WAITING,
	QF_VIEW_LEARNING,
	QF_VIEW_LOOKING,
	QF_VIEW_PAST,
	QF_VIEW_COUNTING,
	QF_VIEW_LIVE,
	QF_VIEW_OVER,
};

struct qf_view {
	enum qf_view_state state;
	enum qf_api_verb verb; /* FOLLOW, HISTORY or DIGEST */
	qf_conn conn;
	uint64_t number; /* of its JOIN and its reads */
	int64_t re;
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id room;
	struct qf_api_lines *lines;     /* borrowed, or NULL */
	const struct qf_viewer *viewer; /* borrowed; NULL: the node's person */
	bool of_all; /* it is followed with all rooms of two */
	size_t last;
	bool has_after;

	struct qf_carried *carried; /* once paired */
	struct qf_follower follower;
	struct qf_past past; /* LOOKING, PAST, COUNTING */
	size_t place;        /* the next of it to give, or (LOOKING) the last
	                      * that was looked at */
	size_t wanted;       /* of the past; LOOKING: lines not found yet */
	size_t missed;       /* since the last that was */
	uint64_t count;      /* lines of the past given */
	bool more;           /* there are older ones */
	struct qf_hash digest;

	uint64_t cursor; /* LIVE: all up to here is given */
	bool reading;
	uint64_t known; /* newest lsn when the read was asked */
	struct qf_read *page;
	size_t page_at; /* the next of it to give */
};

/* Asks the core at once. NULL: out of memory. Until it is given, lines and
 * viewer may be set. */
struct qf_view *qf_view_new(const struct qf_api_request *r, qf_conn conn,
                            uint64_t number, struct qf_carry *carry);
void qf_view_free(struct qf_view *v);

/* What goes to the client at once is appended to `out`. */
void qf_view_joined(struct qf_view *v, const struct qf_answer *a,
                    struct qf_carry *carry, struct qf_buf *out);
/* Takes the pair's snapshot; without one, the room is not known. */
void qf_view_paired(struct qf_view *v, struct qf_effect *fx,
                    struct qf_carry *carry, struct qf_buf *out);
/* Takes what the read found, and leaves it empty. */
void qf_view_got(struct qf_view *v, struct qf_read *read, struct qf_buf *out);
/* Append a line, or live a run of them. How many; 0: nothing is due now, and
 * what is missing was asked for. */
size_t qf_view_give(struct qf_view *v, struct qf_carry *carry,
                    struct qf_buf *to);

#endif
