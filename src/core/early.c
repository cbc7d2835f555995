/* early.c - what came before the line that its author had said before it */
#include "early.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "list.h"

void qf_early_init(struct qf_early *e, uint64_t seed)
{
	*e = (struct qf_early){ 0 };
	qf_idmap_init(&e->passed, seed);
}

void qf_early_fini(struct qf_early *e)
{
	for (size_t i = 0; i < e->count; i++)
		qf_envelope_unref(e->lines[i].envelope);
	free(e->lines);
	qf_idmap_fini(&e->passed);
}

/* Nobody can choose a key or a room so that two pairs become one. */
static void pair_of(const struct qf_envelope *line,
                    uint8_t out[QF_IDMAP_KEY_BYTES])
{
	for (size_t i = 0; i < QF_IDMAP_KEY_BYTES; i++)
		out[i] = line->head.room.b[i] ^ line->head.author.b[i];
}

/* False: nothing of that author went on so far. */
static bool passed(const struct qf_early *e, const struct qf_envelope *line,
                   uint64_t *seq)
{
	uint8_t pair[QF_IDMAP_KEY_BYTES];

	pair_of(line, pair);
	return qf_idmap_get(&e->passed, pair, seq);
}

static bool is_next(const struct qf_early *e, const struct qf_envelope *line)
{
	uint64_t seq;

	return passed(e, line, &seq) && line->head.seq <= seq + 1;
}

static bool has_prev(const struct qf_early *e, const struct qf_header *head)
{
	for (size_t i = 0; i < e->count; i++)
		if (!memcmp(e->lines[i].envelope->id.b, head->prev,
		            sizeof head->prev))
			return true;
	return false;
}

bool qf_early_is(const struct qf_early *e, const struct qf_envelope *line,
                 bool live, const struct qf_wants *wants)
{
	static const uint8_t none[QF_PREV_BYTES];
	const uint8_t *prev = line->head.prev;
	uint64_t seq;

	if (e->count == QF_EARLY_MAX || is_next(e, line) ||
	    !memcmp(prev, none, sizeof none))
		return false;
	return (live && passed(e, line, &seq)) || has_prev(e, &line->head) ||
	       qf_wants_begun(wants, prev);
}

uint64_t qf_early_wait(struct qf_early *e, struct qf_envelope *line,
                       uint64_t source, uint64_t now_ms)
{
	if (!qf_list_room(&e->lines, e->count, &e->cap, sizeof *e->lines))
		return 0;
	e->lines[e->count++] = (struct qf_early_line){
		.envelope = line,
		.source = source,
		.ticket = ++e->ticket,
		.due_ms = now_ms + QF_EARLY_MS,
	};
	return e->ticket;
}

uint64_t qf_early_has(const struct qf_early *e, const struct qf_hash *id)
{
	for (size_t i = 0; i < e->count; i++)
		if (!memcmp(e->lines[i].envelope->id.b, id->b, sizeof id->b))
			return e->lines[i].ticket;
	return 0;
}

int qf_early_passed(struct qf_early *e, const struct qf_envelope *line)
{
	uint8_t pair[QF_IDMAP_KEY_BYTES];
	uint64_t *seq;

	pair_of(line, pair);
	seq = qf_idmap_at(&e->passed, pair);
	if (seq) {
		if (*seq < line->head.seq)
			*seq = line->head.seq;
		return QF_OK;
	}
	if (e->passed.count == QF_EARLY_AUTHORS_MAX)
		qf_idmap_fini(&e->passed);
	return qf_idmap_set(&e->passed, pair, line->head.seq);
}

/* Of that author, the first that waits. */
static size_t lowest(const struct qf_early *e, size_t at)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct qf_header *a = &e->lines[i].envelope->head;
		const struct qf_header *b = &e->lines[at].envelope->head;

		if (a->seq < b->seq && qf_key_equal(&a->author, &b->author) &&
		    !memcmp(a->room.b, b->room.b, sizeof a->room.b))
			at = i;
	}
	return at;
}

bool qf_early_next(struct qf_early *e, uint64_t now_ms,
                   struct qf_early_line *out)
{
	size_t i = 0;

	while (i < e->count && e->lines[i].due_ms > now_ms &&
	       !is_next(e, e->lines[i].envelope))
		i++;
	if (i == e->count)
		return false;
	i = lowest(e, i);
	*out = e->lines[i];
	e->count--;
	memmove(&e->lines[i], &e->lines[i + 1],
	        (e->count - i) * sizeof *e->lines);
	return true;
}

uint64_t qf_early_wake(const struct qf_early *e)
{
	return e->count ? e->lines[0].due_ms : UINT64_MAX;
}
