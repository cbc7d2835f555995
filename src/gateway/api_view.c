/* api_view.c - one room shown to one client: what it holds, then what comes */
#include "api_view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api_format.h"

#define CAN(state) (1u << QF_VIEW_##state)

/* Who may follow whom. Anything else is our bug. */
static const unsigned follows[] = {
	[QF_VIEW_JOINING] = CAN(WAITING) | CAN(OVER),
	[QF_VIEW_WAITING] = CAN(LEARNING) | CAN(PAST) | CAN(COUNTING) |
	                    CAN(OVER),
	[QF_VIEW_LEARNING] = CAN(LOOKING) | CAN(PAST) | CAN(OVER),
	[QF_VIEW_LOOKING] = CAN(PAST) | CAN(OVER),
	[QF_VIEW_PAST] = CAN(LIVE) | CAN(OVER),
	[QF_VIEW_COUNTING] = CAN(OVER),
	[QF_VIEW_LIVE] = CAN(OVER),
	[QF_VIEW_OVER] = 0,
};

static void become(struct qf_view *v, enum qf_view_state next)
{
	assert(follows[v->state] & 1u << next);
	v->state = next;
}

static void ask_join(struct qf_view *v, struct qf_carry *carry)
{
	struct qf_event *ev = qf_carry_tell(carry, QF_EV_COMMAND, v->conn);
	struct qf_command *c = calloc(1, sizeof *c);

	if (!ev || !c || !(c->room = strdup(v->name))) {
		carry->bad = true;
		free(c);
		return;
	}
	c->kind = QF_CMD_JOIN;
	c->number = 1;
	c->request = v->number;
	ev->command = c;
}

static void ask_pair(struct qf_view *v, struct qf_carry *carry)
{
	struct qf_event *ev = qf_carry_tell(carry, QF_EV_FOLLOW, v->conn);

	if (ev)
		ev->room = v->room;
}

struct qf_view *qf_view_new(const struct qf_api_request *r, qf_conn conn,
                            uint64_t number, struct qf_carry *carry)
{
	struct qf_view *v = calloc(1, sizeof *v);

	if (!v)
		return NULL;
	v->verb = r->verb;
	v->conn = conn;
	v->number = number;
	v->re = r->re;
	strcpy(v->name, r->room);
	v->room = r->room_id;
	v->last = r->last;
	v->has_after = r->has_after;
	v->cursor = r->after;
	if (v->verb == QF_API_FOLLOW && v->name[0] != '@') {
		ask_join(v, carry);
	} else {
		become(v, QF_VIEW_WAITING);
		ask_pair(v, carry);
	}
	return v;
}

void qf_view_free(struct qf_view *v)
{
	if (!v)
		return;
	qf_carry_unfollow(&v->follower);
	qf_past_fini(&v->past);
	qf_read_free(v->page);
	free(v);
}

static void end(struct qf_view *v, struct qf_buf *out, const char *code,
                const char *say, const char *hint)
{
	qf_format_error(out, v->re, code, say, hint);
	become(v, QF_VIEW_OVER);
}

void qf_view_joined(struct qf_view *v, const struct qf_answer *a,
                    struct qf_carry *carry, struct qf_buf *out)
{
	if (a->kind == QF_ANS_REFUSED) {
		end(v, out, a->code, a->text, a->hint);
		return;
	}
	become(v, QF_VIEW_WAITING);
	ask_pair(v, carry);
}

/* A read of ours with its fields set, handed over; count is how many lsns. */
static void ask_read(struct qf_view *v, struct qf_carry *carry,
                     enum qf_read_kind kind, uint64_t *lsns, size_t count)
{
	struct qf_read *read = calloc(1, sizeof *read);

	if (!read) {
		carry->bad = true;
		free(lsns);
		return;
	}
	read->kind = kind;
	read->conn = v->conn;
	read->number = v->number;
	read->room = v->room;
	read->after = v->state == QF_VIEW_LEARNING ? v->carried->regrets.lsn
	                                           : v->cursor;
	read->lsns = lsns;
	read->count = count;
	read->bytes_max = QF_VIEW_PAGE_BYTES;
	v->reading = true;
	qf_carry_read(carry, read);
}

/* A read may give fewer, from the first on. */
static void ask_page(struct qf_view *v, struct qf_carry *carry)
{
	bool back = v->state == QF_VIEW_LOOKING;
	size_t left = back ? v->place : qf_past_count(&v->past) - v->place;
	size_t count = left < QF_VIEW_PAGE_COUNT ? left : QF_VIEW_PAGE_COUNT;
	uint64_t *lsns = calloc(count, sizeof *lsns);

	if (!lsns) {
		carry->bad = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		lsns[i] = qf_past_at(&v->past,
		                     back ? v->place - 1 - i : v->place + i)
		                  ->lsn;
	ask_read(v, carry, QF_READ_LSNS, lsns, count);
}

static void begin_past(struct qf_view *v, struct qf_carry *carry)
{
	become(v, QF_VIEW_PAST);
	v->more = !v->has_after && v->place > 0;
	if (v->place < qf_past_count(&v->past))
		ask_page(v, carry);
}

void qf_view_paired(struct qf_view *v, struct qf_effect *fx,
                    struct qf_carry *carry, struct qf_buf *out)
{
	struct qf_snapshot *snapshot = fx->snapshot;

	fx->snapshot = NULL;
	if (snapshot && qf_past_init(&v->past, snapshot, fx->room_ms)) {
		carry->bad = true;
		return;
	}
	v->carried = qf_carry_find(carry, &v->room);
	if (v->carried)
		qf_carry_follow(v->carried, &v->follower, v->conn);
	if (!snapshot || !v->carried) {
		end(v, out, "unknown-room", "this node is not in that room",
		    "join it first; what others keep of it then comes");
		return;
	}
	if (v->verb == QF_API_DIGEST) {
		become(v, QF_VIEW_COUNTING);
		qf_snapshot_digest(snapshot, &v->digest);
		ask_read(v, carry, QF_READ_AUTHORS, NULL, 0);
		return;
	}
	if (v->has_after)
		v->last = 0;
	else
		v->cursor = snapshot->lsn;
	v->wanted = v->last < snapshot->count ? v->last : snapshot->count;
	v->place = snapshot->count;
	if (v->wanted) {
		become(v, QF_VIEW_LEARNING);
		ask_read(v, carry, QF_READ_STANDING, NULL, QF_VIEW_PAGE_COUNT);
	} else {
		begin_past(v, carry);
	}
}

/* Whatever was published when a read was asked is in it: one that finds
 * nothing has found all up to there. */
static void found_nothing(struct qf_view *v)
{
	if (v->state == QF_VIEW_LIVE && v->known > v->cursor)
		v->cursor = v->known;
}

void qf_view_got(struct qf_view *v, struct qf_read *read, struct qf_buf *out)
{
	bool named = v->state == QF_VIEW_LOOKING || v->state == QF_VIEW_PAST;

	v->reading = false;
	if (read->err || (named && !read->got)) {
		end(v, out, "store", "the store could not be read",
		    "see the status; ask again when the disk is well");
		return;
	}
	if (v->state == QF_VIEW_COUNTING) {
		qf_format_digest(out, v->re, v->name, &v->digest,
		                 qf_past_count(&v->past), read->authors,
		                 read->author_count);
		become(v, QF_VIEW_OVER);
		return;
	}
	if (!read->got) {
		found_nothing(v);
		return;
	}
	v->page = malloc(sizeof *v->page);
	if (!v->page) {
		out->bad = true;
		return;
	}
	*v->page = *read;
	*read = (struct qf_read){ .kind = read->kind };
	v->page_at = 0;
}

/* The next envelope of the page, or NULL: it is used up, and released. */
static const struct qf_envelope *next_read(struct qf_view *v, uint64_t *lsn)
{
	if (!v->page)
		return NULL;
	if (v->page_at == v->page->got) {
		qf_read_free(v->page);
		v->page = NULL;
		return NULL;
	}
	*lsn = v->page->lsns[v->page_at];
	return v->page->envelopes[v->page_at++];
}

/* False: it is not for views. */
static bool give_line(const struct qf_view *v, int64_t re,
                      const struct qf_envelope *e, uint64_t lsn,
                      struct qf_buf *to)
{
	if (v->lines && re < 0)
		return qf_api_lines_put(v->lines, v->carried, e, lsn, to);
	return qf_format_envelope(to, re, v->name, v->carried->direct,
	                          v->viewer, e, lsn);
}

/* True: all that was taken back is known. */
static bool learn(struct qf_view *v, struct qf_carry *carry)
{
	const struct qf_envelope *e;
	bool any = v->page;
	uint64_t lsn;

	while ((e = next_read(v, &lsn)))
		if (qf_regrets_note(&v->carried->regrets, v->carried->direct, e,
		                    lsn))
			carry->bad = true;
	if (v->reading)
		return false;
	if (any) {
		ask_read(v, carry, QF_READ_STANDING, NULL, QF_VIEW_PAGE_COUNT);
		return false;
	}
	if (v->carried->direct) {
		become(v, QF_VIEW_LOOKING);
		ask_page(v, carry);
	} else {
		v->place -= v->wanted;
		begin_past(v, carry);
	}
	return true;
}

static bool is_gone(const struct qf_view *v, const struct qf_envelope *e)
{
	return qf_regrets_has(&v->carried->regrets, v->carried->direct, e);
}

static size_t look_max(const struct qf_view *v)
{
	return v->viewer ? QF_VIEW_LOOK_GUEST_MAX : QF_VIEW_LOOK_MAX;
}

/* True: it is known where the past begins. */
static bool look(struct qf_view *v, struct qf_carry *carry)
{
	const struct qf_envelope *e;
	uint64_t lsn;

	while (v->wanted && (e = next_read(v, &lsn))) {
		v->place--;
		v->missed++;
		if (!qf_format_is_line(v->carried->direct, v->viewer, e, lsn) ||
		    is_gone(v, e))
			continue;
		v->wanted--;
		v->missed = 0;
	}
	if (v->reading)
		return false;
	if (v->wanted && v->place && v->missed < look_max(v)) {
		ask_page(v, carry);
		return false;
	}
	qf_read_free(v->page);
	v->page = NULL;
	begin_past(v, carry);
	return true;
}

/* A guest learns nothing of what is for others, nor whether there is any. */
static void give_reached(const struct qf_view *v, struct qf_buf *to)
{
	bool none = v->viewer && v->carried->direct && !v->count;

	qf_format_reached(
		to, v->re, v->verb == QF_API_FOLLOW ? "following" : "end",
		v->name, v->count, none ? 0 : v->cursor, !none && v->more);
}

static bool give_past(struct qf_view *v, struct qf_carry *carry,
                      struct qf_buf *to)
{
	const struct qf_envelope *e;
	uint64_t lsn;

	while ((e = next_read(v, &lsn))) {
		v->place++;
		if (is_gone(v, e) || !give_line(v, v->re, e, lsn, to))
			continue;
		v->count++;
		return true;
	}
	if (v->place < qf_past_count(&v->past)) {
		if (!v->reading)
			ask_page(v, carry);
		return false;
	}
	qf_past_fini(&v->past);
	become(v, v->verb == QF_API_FOLLOW ? QF_VIEW_LIVE : QF_VIEW_OVER);
	if (v->of_all)
		return false;
	give_reached(v, to);
	return true;
}

/* The next envelope above the cursor that a tail's post has. */
static const struct qf_envelope *next_posted(const struct qf_post *post,
                                             uint64_t cursor, uint64_t *lsn)
{
	size_t i = 0;

	while (i + 1 < post->count && post->items[i].lsn <= cursor)
		i++;
	*lsn = post->items[i].lsn;
	return post->items[i].envelope;
}

/* The next envelope to give live, or NULL: nothing is due now. */
static const struct qf_envelope *
next_live(struct qf_view *v, struct qf_carry *carry, uint64_t *lsn)
{
	const struct qf_envelope *e = next_read(v, lsn);
	const struct qf_tail *tail = &v->carried->tail;
	const struct qf_post *post;

	if (e)
		return e;
	if (v->reading || !v->carried->has_tail)
		return NULL;
	switch (qf_tail_next(tail, v->cursor, &post)) {
	case QF_TAIL_NEXT:
		return next_posted(post, v->cursor, lsn);
	case QF_TAIL_BEHIND:
		v->known = qf_tail_known(tail);
		ask_read(v, carry, QF_READ_AFTER, NULL, QF_VIEW_PAGE_COUNT);
		break;
	case QF_TAIL_EVEN:
		break;
	}
	return NULL;
}

static size_t give_new(struct qf_view *v, struct qf_carry *carry,
                       struct qf_buf *to)
{
	size_t begin = to->len, count = 0;
	const struct qf_envelope *e;
	uint64_t lsn;

	while (to->len - begin < QF_API_RUN_BYTES && !to->bad &&
	       (e = next_live(v, carry, &lsn))) {
		v->cursor = lsn;
		count += give_line(v, -1, e, lsn, to);
	}
	return count;
}

/* Nearly always somebody else at the same place was given it just before. */
static size_t give_live(struct qf_view *v, struct qf_carry *carry,
                        struct qf_buf *to)
{
	uint64_t from = v->cursor;
	size_t begin = to->len, count = 0;

	if (v->lines && !v->page && !v->reading)
		count = qf_api_lines_again(v->lines, &v->room, &v->cursor, to);
	if (count)
		return count;
	count = give_new(v, carry, to);
	if (v->lines && count && !to->bad)
		qf_api_lines_keep(v->lines, &v->room, from, v->cursor,
		                  qf_bytes(to->at + begin, to->len - begin),
		                  count);
	return count;
}

size_t qf_view_give(struct qf_view *v, struct qf_carry *carry,
                    struct qf_buf *to)
{
	if (v->state == QF_VIEW_LEARNING && !learn(v, carry))
		return 0;
	if (v->state == QF_VIEW_LOOKING && !look(v, carry))
		return 0;
	if (v->state == QF_VIEW_PAST)
		return give_past(v, carry, to);
	if (v->state == QF_VIEW_LIVE)
		return give_live(v, carry, to);
	return 0;
}
