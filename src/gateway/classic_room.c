/* classic_room.c - what comes in one open room, from now on */
#include "classic_room.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_COUNT = 64, PAGE_BYTES = 256 * 1024 };

void qf_classic_room_init(struct qf_classic_room *r, const char *name,
                          qf_conn conn, uint64_t number, struct qf_carry *carry)
{
	struct qf_event *ev = qf_carry_tell(carry, QF_EV_COMMAND, conn);
	struct qf_command *c = calloc(1, sizeof *c);

	*r = (struct qf_classic_room){ .carry = carry,
		                       .conn = conn,
		                       .number = number };
	memccpy(r->name, name, 0, sizeof r->name - 1);
	qf_room_id_open(&r->id, r->name);
	/* Not our person: a guest, of whose name the core knows later. */
	if (!ev || !c || !(c->room = strdup(name)) ||
	    !(c->guest = strdup(""))) {
		carry->bad = true;
		qf_command_free(c);
		return;
	}
	c->kind = QF_CMD_JOIN;
	c->request = number;
	ev->command = c;
}

void qf_classic_room_fini(struct qf_classic_room *r)
{
	qf_carry_unfollow(&r->follower);
	qf_read_free(r->page);
}

void qf_classic_room_joined(struct qf_classic_room *r,
                            const struct qf_answer *a)
{
	struct qf_event *ev;

	if (a->kind != QF_ANS_DONE) {
		r->state = QF_CLASSIC_CLOSED;
		return;
	}
	r->state = QF_CLASSIC_PAIRING;
	ev = qf_carry_tell(r->carry, QF_EV_FOLLOW, r->conn);
	if (ev)
		ev->room = r->id;
}

void qf_classic_room_paired(struct qf_classic_room *r,
                            const struct qf_snapshot *snapshot)
{
	if (r->state != QF_CLASSIC_PAIRING)
		return;
	r->carried = qf_carry_find(r->carry, &r->id);
	if (!snapshot || !r->carried || r->carried->direct) {
		r->state = QF_CLASSIC_CLOSED;
		return;
	}
	r->state = QF_CLASSIC_LIVE;
	r->cursor = snapshot->lsn;
	qf_carry_follow(r->carried, &r->follower, r->conn);
}

static void ask_read(struct qf_classic_room *r)
{
	struct qf_read *read = calloc(1, sizeof *read);

	if (!read) {
		r->carry->bad = true;
		return;
	}
	read->kind = QF_READ_AFTER;
	read->conn = r->conn;
	read->number = r->number;
	read->room = r->id;
	read->after = r->cursor;
	read->count = PAGE_COUNT;
	read->bytes_max = PAGE_BYTES;
	r->reading = true;
	r->known = qf_tail_known(&r->carried->tail);
	qf_carry_read(r->carry, read);
}

void qf_classic_room_got(struct qf_classic_room *r, struct qf_read *read)
{
	r->reading = false;
	if (read->err) {
		r->state = QF_CLASSIC_CLOSED;
		return;
	}
	/* Whatever was published when it was asked is in it. */
	if (!read->got) {
		if (r->known > r->cursor)
			r->cursor = r->known;
		return;
	}
	r->page = malloc(sizeof *r->page);
	if (!r->page) {
		r->carry->bad = true;
		return;
	}
	*r->page = *read;
	*read = (struct qf_read){ .kind = read->kind };
	r->page_at = 0;
}

static const struct qf_envelope *next_read(struct qf_classic_room *r)
{
	if (r->page && r->page_at == r->page->got) {
		qf_read_free(r->page);
		r->page = NULL;
	}
	if (!r->page)
		return NULL;
	r->cursor = r->page->lsns[r->page_at];
	return r->page->envelopes[r->page_at++];
}

static const struct qf_envelope *next_posted(struct qf_classic_room *r,
                                             const struct qf_post *post)
{
	size_t i = 0;

	while (i + 1 < post->count && post->items[i].lsn <= r->cursor)
		i++;
	r->cursor = post->items[i].lsn;
	return post->items[i].envelope;
}

static const struct qf_envelope *next(struct qf_classic_room *r)
{
	const struct qf_envelope *e = next_read(r);
	const struct qf_post *post;

	if (e || r->reading || !r->carried->has_tail)
		return e;
	switch (qf_tail_next(&r->carried->tail, r->cursor, &post)) {
	case QF_TAIL_NEXT:
		return next_posted(r, post);
	case QF_TAIL_BEHIND:
		ask_read(r);
		break;
	case QF_TAIL_EVEN:
		break;
	}
	return NULL;
}

static bool is_clear(const struct qf_envelope *e)
{
	static const uint8_t none[QF_KEY_ID_BYTES];

	return e->head.class == QF_CLASS_CONTENT &&
	       !memcmp(e->head.key_id, none, sizeof none);
}

const struct qf_envelope *qf_classic_room_next(struct qf_classic_room *r)
{
	const struct qf_envelope *e = NULL;

	if (r->state == QF_CLASSIC_LIVE)
		do
			e = next(r);
		while (e && !is_clear(e));
	return e;
}
