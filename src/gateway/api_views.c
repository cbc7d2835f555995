/* api_views.c - all that one client is shown of rooms, and whose turn it is */
#include "api_views.h"

#include <stdlib.h>
#include <string.h>

#include "api_format.h"
#include "core/list.h"

/* One room's lines before the next room's. */
enum { TURN_BYTES = 16 * 1024 };

void qf_views_init(struct qf_views *vs, qf_conn conn, struct qf_carry *carry,
                   struct qf_buf *due, uint64_t *last_number)
{
	*vs = (struct qf_views){
		.conn = conn,
		.carry = carry,
		.due = due,
		.last_number = last_number,
	};
}

void qf_views_fini(struct qf_views *vs)
{
	for (size_t i = 0; i < vs->count; i++)
		qf_view_free(vs->list[i]);
	free(vs->list);
}

static void refuse(struct qf_views *vs, int64_t re, const char *code,
                   const char *say, const char *hint)
{
	qf_format_error(vs->due, re, code, say, hint);
}

/* Of rooms of two there are no more than the node is in. */
static size_t open_follows(const struct qf_views *vs)
{
	size_t count = 0;

	for (size_t i = 0; i < vs->count; i++)
		count += vs->list[i]->verb == QF_API_FOLLOW &&
		         vs->list[i]->name[0] != '@';
	return count;
}

size_t qf_views_unanswered(const struct qf_views *vs)
{
	size_t count = 0;

	for (size_t i = 0; i < vs->count; i++)
		count += vs->list[i]->state != QF_VIEW_LIVE;
	return count;
}

static struct qf_view *find_follow(const struct qf_views *vs,
                                   const struct qf_room_id *room)
{
	for (size_t i = 0; i < vs->count; i++)
		if (vs->list[i]->verb == QF_API_FOLLOW &&
		    qf_room_id_equal(&vs->list[i]->room, room))
			return vs->list[i];
	return NULL;
}

static void drop_view(struct qf_views *vs, struct qf_view *v)
{
	size_t i = 0;

	while (vs->list[i] != v)
		i++;
	qf_view_free(v);
	vs->count--;
	memmove(&vs->list[i], &vs->list[i + 1],
	        (vs->count - i) * sizeof(struct qf_view *));
	if (vs->next > i)
		vs->next--;
}

static void drop_directs(struct qf_views *vs)
{
	for (size_t i = vs->count; i-- > 0;)
		if (vs->list[i]->of_all)
			drop_view(vs, vs->list[i]);
	vs->directs = (struct qf_api_directs){ 0 };
}

/* A view has ended; with one of all rooms of two, all have. */
static void end_view(struct qf_views *vs, struct qf_view *v)
{
	if (v->of_all)
		drop_directs(vs);
	else
		drop_view(vs, v);
}

/* Begin a view, or (NULL) memory has ended. */
static struct qf_view *add_view(struct qf_views *vs,
                                const struct qf_api_request *r)
{
	struct qf_view *v = NULL;

	if (qf_list_room(&vs->list, vs->count, &vs->cap,
	                 sizeof(struct qf_view *)))
		v = qf_view_new(r, vs->conn, ++*vs->last_number, vs->carry);
	if (!v) {
		vs->carry->bad = true;
		return NULL;
	}
	v->viewer = vs->viewer;
	if (!v->viewer || v->name[0] != '@')
		v->lines = vs->lines; /* which are as the person sees them */
	vs->list[vs->count++] = v;
	return v;
}

static void begin_direct(struct qf_views *vs, const struct qf_carried *room)
{
	struct qf_api_directs *d = &vs->directs;
	struct qf_view *v;

	strcpy(d->as.room, room->name);
	d->as.room_id = room->id;
	if (d->live) {
		d->as.has_after = true;
		d->as.after = 0;
	}
	v = add_view(vs, &d->as);
	if (v)
		v->of_all = true;
	d->beginning = v;
}

/* The next room of two, if none is just beginning. */
static void next_direct(struct qf_views *vs, struct qf_buf *out)
{
	struct qf_api_directs *d = &vs->directs;

	while (d->on && !d->beginning && d->seen < vs->carry->room_count) {
		const struct qf_carried *room = vs->carry->rooms[d->seen++];

		if (room->direct && !find_follow(vs, &room->id))
			begin_direct(vs, room);
	}
	if (!d->on || d->beginning || d->live)
		return;
	d->live = true;
	qf_format_reached(out, d->as.re, "following", "@", d->count, d->lsn,
	                  d->more);
}

/* True: a room of two has begun, and the next may. */
static bool direct_begun(struct qf_views *vs, const struct qf_view *v,
                         struct qf_buf *out)
{
	struct qf_api_directs *d = &vs->directs;

	if (!d->beginning || d->beginning != v || v->state != QF_VIEW_LIVE)
		return false;
	d->count += v->count;
	d->more |= v->more;
	d->beginning = NULL;
	next_direct(vs, out);
	return true;
}

static bool is_all(const struct qf_api_request *r)
{
	return !strcmp(r->room, "@");
}

static void follow_all(struct qf_views *vs, struct qf_api_request *r)
{
	if (vs->directs.on) {
		refuse(vs, r->re, "already", "you follow those rooms already",
		       "unfollow them first");
		return;
	}
	vs->directs = (struct qf_api_directs){ .on = true,
		                               .as = *r,
		                               .lsn = r->after };
	next_direct(vs, vs->due);
}

/* The id of a room of two is the carry's to know. */
static bool find_direct(struct qf_views *vs, struct qf_api_request *r)
{
	for (size_t i = 0; i < vs->carry->room_count; i++) {
		const struct qf_carried *room = vs->carry->rooms[i];

		if (!room->direct || strcmp(room->name, r->room))
			continue;
		r->room_id = room->id;
		return true;
	}
	if (vs->viewer)
		qf_format_reached(vs->due, r->re, "end", r->room, 0, 0, false);
	else
		refuse(vs, r->re, "unknown-room",
		       "nothing was said between you two",
		       "the first message makes the room");
	return false;
}

static void begin_view(struct qf_views *vs, struct qf_api_request *r)
{
	if (r->room[0] == '@' && !find_direct(vs, r))
		return;
	if (r->verb == QF_API_FOLLOW && find_follow(vs, &r->room_id)) {
		refuse(vs, r->re, "already", "you follow that room already",
		       "unfollow it first, or ask for its history");
		return;
	}
	if (r->verb == QF_API_FOLLOW && r->room[0] != '@' &&
	    open_follows(vs) == QF_API_ROOMS_MAX) {
		refuse(vs, r->re, "limit",
		       "you follow as many rooms as one client can",
		       "unfollow one, or connect once more");
		return;
	}
	add_view(vs, r);
}

static void unfollow_all(struct qf_views *vs, struct qf_api_request *r)
{
	const struct qf_api_directs *d = &vs->directs;

	if (!d->on) {
		refuse(vs, r->re, "unknown-room", "you do not follow them",
		       NULL);
		return;
	}
	if (!d->live)
		refuse(vs, d->as.re, "unfollowed",
		       "it was unfollowed before it began", NULL);
	drop_directs(vs);
	qf_format_done(vs->due, r->re, r->room);
}

static void unfollow(struct qf_views *vs, struct qf_api_request *r)
{
	struct qf_view *v;

	if (r->room[0] == '@' && !find_direct(vs, r))
		return;
	v = find_follow(vs, &r->room_id);
	if (!v || v->of_all) {
		refuse(vs, r->re, "unknown-room", "you do not follow that room",
		       NULL);
		return;
	}
	if (v->state != QF_VIEW_LIVE)
		refuse(vs, v->re, "unfollowed",
		       "it was unfollowed before it began", NULL);
	drop_view(vs, v);
	qf_format_done(vs->due, r->re, r->room);
}

void qf_views_begin(struct qf_views *vs, struct qf_api_request *r)
{
	if (r->verb == QF_API_FOLLOW && is_all(r))
		follow_all(vs, r);
	else
		begin_view(vs, r);
}

void qf_views_end(struct qf_views *vs, struct qf_api_request *r)
{
	if (is_all(r))
		unfollow_all(vs, r);
	else
		unfollow(vs, r);
}

/* What the core and the store tell */

void qf_views_joined(struct qf_views *vs, const struct qf_answer *a)
{
	for (size_t i = 0; i < vs->count; i++) {
		struct qf_view *v = vs->list[i];

		if (v->number != a->request || v->state != QF_VIEW_JOINING)
			continue;
		qf_view_joined(v, a, vs->carry, vs->due);
		if (v->state == QF_VIEW_OVER)
			drop_view(vs, v);
		return;
	}
}

/* A later one was paired later, so what the whole node had with the first pair
 * all of them have. The lsn of a room alone would not do: it says nothing of
 * the others, and what they hold above it would come again as new. */
static void note_first(struct qf_api_directs *d, const struct qf_view *v,
                       uint64_t lsn)
{
	if (v == d->beginning && !d->live && !d->as.has_after && !d->lsn)
		d->lsn = lsn;
}

/* Any pair of a room will do for any view of it that waits for one. */
void qf_views_paired(struct qf_views *vs, struct qf_effect *fx)
{
	for (size_t i = 0; i < vs->count; i++) {
		struct qf_view *v = vs->list[i];

		if (v->state != QF_VIEW_WAITING ||
		    !qf_room_id_equal(&v->room, &fx->room))
			continue;
		qf_view_paired(v, fx, vs->carry, vs->due);
		note_first(&vs->directs, v, fx->number);
		if (v->state == QF_VIEW_OVER)
			end_view(vs, v);
		return;
	}
}

void qf_views_room(struct qf_views *vs)
{
	next_direct(vs, vs->due);
}

void qf_views_got(struct qf_views *vs, struct qf_read *read)
{
	for (size_t i = 0; i < vs->count; i++) {
		struct qf_view *v = vs->list[i];

		if (v->number != read->number)
			continue;
		qf_view_got(v, read, vs->due);
		if (v->state == QF_VIEW_OVER)
			end_view(vs, v);
		return;
	}
}

/* What the client is given */

static bool give_turn(struct qf_views *vs, struct qf_view *v, struct qf_buf *to,
                      size_t want)
{
	size_t before = to->len, count = 1;

	/* What comes waits until all that was there is given. */
	if (v->of_all && v->state == QF_VIEW_LIVE && !vs->directs.live)
		return false;
	if (want - before > TURN_BYTES)
		want = before + TURN_BYTES;
	while (to->len < want && !to->bad && count) {
		count = qf_view_give(v, vs->carry, to);
		vs->carry->delivered += count;
	}
	return direct_begun(vs, v, to) || to->len > before;
}

void qf_views_give(struct qf_views *vs, struct qf_buf *to, size_t want)
{
	size_t idle = 0;

	while (idle < vs->count && to->len < want && !to->bad) {
		struct qf_view *v;

		if (vs->next >= vs->count)
			vs->next = 0;
		v = vs->list[vs->next++];
		idle = give_turn(vs, v, to, want) ? 0 : idle + 1;
		if (v->state == QF_VIEW_OVER)
			end_view(vs, v);
	}
}
