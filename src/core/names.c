/* names.c - what a lazy link names, and what is asked for by name */
#include "names.h"

#include <stdlib.h>
#include <string.h>

/* Keys of a room, for the core. NULL: the link ends, or memory is out. */
static struct qf_talk *get_ids(struct qf_session *s, struct qf_bytes payload,
                               enum qf_event_kind kind)
{
	struct qf_setkey keys[QF_BATCH_LEAVES_MAX];
	struct qf_talk *t = NULL;
	struct qf_event *ev;
	uint64_t handle;
	size_t n;

	if (qf_ids_get(payload, &handle, keys, &n))
		t = qf_talk_of_theirs(s, handle);
	if (!t) {
		qf_session_blame(s, "malformed IHAVE or GRAFT");
		return NULL;
	}
	if (kind == QF_EV_NAMED)
		s->heard_names += n;
	ev = qf_carry_tell(s->carry, kind, s->conn);
	if (!ev)
		return NULL;
	ev->room = t->room->id;
	ev->number = s->heard_names;
	ev->keys = malloc(n * sizeof *ev->keys);
	if (!ev->keys) {
		s->carry->bad = true;
		return NULL;
	}
	memcpy(ev->keys, keys, n * sizeof *ev->keys);
	ev->key_count = n;
	return t;
}

void qf_names_ihave(struct qf_session *s, struct qf_bytes payload)
{
	get_ids(s, payload, QF_EV_NAMED);
}

void qf_names_graft(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_talk *t = get_ids(s, payload, QF_EV_GRAFTED);

	if (t)
		t->lazy = false;
}

void qf_names_prune(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_talk *t = NULL;
	struct qf_event *ev;
	uint64_t handle;

	if (qf_number_get(payload, &handle))
		t = qf_talk_of_theirs(s, handle);
	if (!t) {
		qf_session_blame(s, "malformed PRUNE");
		return;
	}
	t->lazy = true;
	ev = qf_carry_tell(s->carry, QF_EV_PRUNED, s->conn);
	if (ev)
		ev->room = t->room->id;
}

static void name(struct qf_session *s, const struct qf_talk *t,
                 struct qf_buf *to, const struct qf_setkey *keys, size_t count)
{
	qf_ids_put(to, QF_FRAME_IHAVE, t->mine, keys, count);
	s->announced += count;
}

void qf_names_batch(struct qf_session *s, const struct qf_talk *t,
                    struct qf_buf *to, struct qf_envelope **batch, size_t count)
{
	struct qf_setkey keys[QF_BATCH_LEAVES_MAX];

	for (size_t i = 0; i < count; i++)
		keys[i] = qf_setkey_of(batch[i], 0);
	name(s, t, to, keys, count);
}

void qf_names_post(struct qf_session *s, const struct qf_talk *t,
                   struct qf_buf *to, const struct qf_post *post)
{
	struct qf_setkey keys[QF_BATCH_LEAVES_MAX];

	for (size_t i = 0; i < post->count; i++)
		keys[i] = qf_setkey_of(post->items[i].envelope, 0);
	name(s, t, to, keys, post->count);
}
