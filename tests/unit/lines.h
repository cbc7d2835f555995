/* lines.h - what one author says in one room of a test, signed and chained */
#ifndef QF_LINES_H
#define QF_LINES_H

#include "test.h"

#include "core/room.h"
#include "signing.h"

/* A day in 2023: the wall clock of tests. */
static const uint64_t lines_wall_ms = 1700000000000;

struct lines {
	struct qf_identity author;
	struct qf_room_id room;
	uint64_t seq; /* of the newest */
	uint64_t hlc;
	uint8_t prev[QF_PREV_BYTES];
};

/* An author is a number from 1, a room its folded name. */
static inline struct lines lines_of(uint8_t author, const char *room)
{
	struct lines l = { .hlc = lines_wall_ms << 16 };

	qf_identity_init(&l.author, (uint8_t[QF_SEED_BYTES]){ author });
	qf_room_id_open(&l.room, room);
	return l;
}

/* Not signed yet: only the store may do that, or lines_say(). */
static inline struct qf_envelope *lines_next(struct lines *l, size_t body_len)
{
	static const uint8_t body[QF_BODY_BYTES_MAX];
	struct qf_header head = {
		.room = l->room,
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.author = l->author.key,
		.hlc = ++l->hlc,
		.seq = ++l->seq,
	};
	struct qf_envelope *e;

	memcpy(head.prev, l->prev, sizeof head.prev);
	e = qf_envelope_new(&head, qf_bytes(body, body_len));
	assert_non_null(e);
	memcpy(l->prev, e->id.b, sizeof l->prev);
	return e;
}

/* n more of them below one root, a reference each for the caller. */
static inline void lines_say(struct lines *l, struct qf_envelope **out,
                             size_t n, size_t body_len)
{
	for (size_t i = 0; i < n; i++)
		out[i] = lines_next(l, body_len);
	sign_commit(&l->author, out, n);
}

static inline void lines_release(struct qf_envelope **envelopes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		qf_envelope_unref(envelopes[i]);
}

#endif
