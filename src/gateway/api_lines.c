/* api_lines.c - the newest lines of rooms as the API gives them, written once
 */
#include "api_lines.h"

#include <stdlib.h>

#include "api_format.h"

struct line {
	uint64_t lsn; /* 0: none */
	bool shown;
	struct qf_buf text;
};

/* All that a room has between two of its lsns; that cannot change. */
struct run {
	struct qf_room_id room;
	uint64_t from;
	uint64_t upto; /* 0: none */
	size_t count;
	struct qf_buf text;
};

struct qf_api_lines {
	struct line at[QF_API_LINES_MAX];
	struct run runs[QF_API_RUNS_MAX]; /* by from */
};

struct qf_api_lines *qf_api_lines_new(void)
{
	return calloc(1, sizeof(struct qf_api_lines));
}

static void forget(struct line *l)
{
	qf_buf_fini(&l->text);
	*l = (struct line){ 0 };
}

void qf_api_lines_free(struct qf_api_lines *ls)
{
	for (size_t i = 0; ls && i < QF_API_LINES_MAX; i++)
		forget(&ls->at[i]);
	for (size_t i = 0; ls && i < QF_API_RUNS_MAX; i++)
		qf_buf_fini(&ls->runs[i].text);
	free(ls);
}

bool qf_api_lines_put(struct qf_api_lines *ls, const struct qf_carried *room,
                      const struct qf_envelope *e, uint64_t lsn,
                      struct qf_buf *to)
{
	struct line *l = &ls->at[lsn % QF_API_LINES_MAX];
	bool shown;

	if (l->lsn != lsn) {
		qf_buf_clear(&l->text);
		l->shown = qf_format_envelope(&l->text, -1, room->name,
		                              room->direct, NULL, e, lsn);
		l->lsn = lsn;
	}
	shown = l->shown;
	qf_put_raw(to, l->text.at, l->text.len);
	to->bad |= l->text.bad;
	if (l->text.bad || l->text.len > QF_API_LINES_BYTES_MAX)
		forget(l);
	return shown;
}

size_t qf_api_lines_again(const struct qf_api_lines *ls,
                          const struct qf_room_id *room, uint64_t *cursor,
                          struct qf_buf *to)
{
	const struct run *r = &ls->runs[*cursor % QF_API_RUNS_MAX];

	if (!r->upto || r->from != *cursor || !qf_room_id_equal(&r->room, room))
		return 0;
	qf_put_raw(to, r->text.at, r->text.len);
	*cursor = r->upto;
	return r->count;
}

void qf_api_lines_keep(struct qf_api_lines *ls, const struct qf_room_id *room,
                       uint64_t cursor, uint64_t upto, struct qf_bytes given,
                       size_t count)
{
	struct run *r = &ls->runs[cursor % QF_API_RUNS_MAX];

	r->upto = 0;
	if (given.len > 2 * QF_API_RUN_BYTES)
		return;
	qf_buf_clear(&r->text);
	qf_put_raw(&r->text, given.at, given.len);
	if (r->text.bad) {
		qf_buf_fini(&r->text);
		return;
	}
	r->room = *room;
	r->from = cursor;
	r->upto = upto;
	r->count = count;
}
