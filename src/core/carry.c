/* carry.c - what one worker carries: the rooms it joined, and what is asked */
#include "carry.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

void qf_read_free(struct qf_read *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->got; i++)
		qf_envelope_unref(r->envelopes[i]);
	free(r->envelopes);
	free(r->lsns);
	free(r->authors);
	free(r);
}

void qf_carry_init(struct qf_carry *c)
{
	*c = (struct qf_carry){ 0 };
	/* Guests can name rooms so that these collide, but only few: there are
	 * at most QF_ROOMS_MAX. */
	qf_idmap_init(&c->by_id, 0);
}

void qf_carry_fini(struct qf_carry *c)
{
	for (size_t i = 0; i < c->room_count; i++) {
		if (c->rooms[i]->has_tail)
			qf_tail_fini(&c->rooms[i]->tail);
		qf_carry_direct(c->rooms[i], NULL);
		qf_regrets_fini(&c->rooms[i]->regrets);
		free(c->rooms[i]);
	}
	for (size_t i = 0; i < c->ask_count; i++) {
		qf_event_fini(&c->asks[i].event);
		qf_read_free(c->asks[i].read);
	}
	free(c->rooms);
	free(c->kept);
	qf_idmap_fini(&c->by_id);
	free(c->asks);
	qf_roots_fini(&c->roots);
}

struct qf_carried *qf_carry_find(struct qf_carry *c,
                                 const struct qf_room_id *id)
{
	uint64_t index;

	return qf_idmap_get(&c->by_id, id->b, &index) ? c->rooms[index] : NULL;
}

struct qf_carried *qf_carry_room(struct qf_carry *c,
                                 const struct qf_room_id *id, const char *name)
{
	struct qf_carried *room = qf_carry_find(c, id);

	if (room)
		return room;
	if (!qf_list_room(&c->rooms, c->room_count, &c->room_cap,
	                  sizeof *c->rooms) ||
	    qf_idmap_set(&c->by_id, id->b, c->room_count))
		goto fail;
	room = calloc(1, sizeof *room);
	if (!room)
		goto fail;
	room->id = *id;
	memccpy(room->name, name, 0, sizeof room->name - 1);
	qf_room_tag_key(id, &room->tag_key);
	qf_regrets_init(&room->regrets, c->seed);
	c->rooms[c->room_count++] = room;
	return room;
fail:
	qf_idmap_remove(&c->by_id, id->b);
	c->bad = true;
	return NULL;
}

void qf_carry_direct(struct qf_carried *room, struct qf_direct *direct)
{
	if (room->direct)
		qf_direct_fini(room->direct);
	free(room->direct);
	room->direct = direct;
	if (direct)
		room->tag_key = direct->tag_key;
}

void qf_carry_pair(struct qf_carried *room, uint64_t lsn, struct qf_told *told)
{
	if (room->has_tail) {
		qf_told_unref(told);
		return;
	}
	qf_tail_init(&room->tail, lsn, told);
	room->own_lsn = lsn;
	room->has_tail = true;
}

/* A tail may have let it go before, for posts of its own room. */
static void let_oldest_go(struct qf_carry *c)
{
	struct qf_kept *oldest = &c->kept[c->kept_first];
	struct qf_tail *t = &oldest->room->tail;
	size_t bytes = t->bytes;

	c->kept_first = (c->kept_first + 1) % QF_RINGS_FRAMES_MAX;
	c->kept_count--;
	if (t->count && t->ring[t->first]->last_lsn == oldest->last_lsn)
		qf_tail_shift(t);
	c->kept_bytes -= bytes - t->bytes;
}

/* Takes the post. False: out of memory. */
static bool keep(struct qf_carry *c, struct qf_carried *room,
                 struct qf_post *post)
{
	struct qf_kept kept = { room, post->last_lsn };
	size_t bytes;

	if (!c->kept &&
	    !(c->kept = calloc(QF_RINGS_FRAMES_MAX, sizeof *c->kept))) {
		qf_post_unref(post);
		return false;
	}
	while (c->kept_count == QF_RINGS_FRAMES_MAX ||
	       (c->kept_count &&
	        c->kept_bytes + post->payload->len > QF_RINGS_BYTES_MAX))
		let_oldest_go(c);
	bytes = room->tail.bytes;
	if (qf_tail_push(&room->tail, post))
		return false;
	c->kept_bytes += room->tail.bytes - bytes;
	c->kept[(c->kept_first + c->kept_count++) % QF_RINGS_FRAMES_MAX] = kept;
	return true;
}

struct qf_carried *qf_carry_post(struct qf_carry *c, struct qf_post *post)
{
	struct qf_carried *room = qf_carry_find(c, &post->room);

	if (!room || !room->has_tail) {
		qf_post_unref(post);
		return NULL;
	}
	if (!post->source)
		room->own_lsn = post->last_lsn;
	else if (post->prev_lsn > room->tail.last_lsn)
		room->own_lsn = post->prev_lsn;
	if (!keep(c, room, post))
		c->bad = true;
	return room;
}

bool qf_carry_may_be_own(const struct qf_carried *room, uint64_t lsn)
{
	uint64_t known = qf_tail_known(&room->tail);

	return lsn < room->own_lsn ||
	       (known > room->tail.last_lsn && lsn < known);
}

void qf_carry_follow(struct qf_carried *room, struct qf_follower *f,
                     qf_conn conn)
{
	f->conn = conn;
	f->next = room->followers;
	f->at = &room->followers;
	if (f->next)
		f->next->at = &f->next;
	room->followers = f;
}

void qf_carry_unfollow(struct qf_follower *f)
{
	if (!f->at)
		return;
	*f->at = f->next;
	if (f->next)
		f->next->at = f->at;
	f->at = NULL;
}

static struct qf_ask *add_ask(struct qf_carry *c, enum qf_ask_kind kind)
{
	if (!qf_list_room(&c->asks, c->ask_count, &c->ask_cap,
	                  sizeof *c->asks)) {
		c->bad = true;
		return NULL;
	}
	c->asks[c->ask_count] = (struct qf_ask){ .kind = kind };
	return &c->asks[c->ask_count++];
}

struct qf_event *qf_carry_tell(struct qf_carry *c, enum qf_event_kind kind,
                               qf_conn conn)
{
	struct qf_ask *ask = add_ask(c, QF_ASK_EVENT);

	if (!ask)
		return NULL;
	ask->event.kind = kind;
	ask->event.conn = conn;
	return &ask->event;
}

void qf_carry_read(struct qf_carry *c, struct qf_read *read)
{
	struct qf_ask *ask = add_ask(c, QF_ASK_READ);

	if (ask)
		ask->read = read;
	else
		qf_read_free(read);
}
