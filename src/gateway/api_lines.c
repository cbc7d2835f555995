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

struct qf_api_lines {
	struct line at[QF_API_LINES_MAX];
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
		                              room->direct, e, lsn);
		l->lsn = lsn;
	}
	shown = l->shown;
	qf_put_raw(to, l->text.at, l->text.len);
	to->bad |= l->text.bad;
	if (l->text.bad || l->text.len > QF_API_LINES_BYTES_MAX)
		forget(l);
	return shown;
}
