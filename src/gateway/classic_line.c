/* classic_line.c - what is said in a room, in words that a classic can show */
#include "classic_line.h"

#include <string.h>

#include "classic_code.h"
#include "core/ascii.h"

enum { NAME_CHARS_MAX = 200 }; /* so that a piece has room for text */

void qf_classic_line_fini(struct qf_classic_line *l)
{
	qf_buf_fini(&l->before);
	qf_buf_fini(&l->text);
}

static void begin(struct qf_classic_line *l)
{
	qf_buf_clear(&l->before);
	qf_buf_clear(&l->text);
	l->at = 0;
	l->due = true;
}

static void put_text(struct qf_buf *to, const char *text)
{
	qf_put_raw(to, text, strlen(text));
}

/* A guest's mark is for those who are no guests. */
static void put_name(struct qf_buf *to, struct qf_bytes name)
{
	size_t mark = strlen(QF_CLASSIC_MARK);

	if (name.len > mark &&
	    !memcmp(name.at + name.len - mark, QF_CLASSIC_MARK, mark))
		name.len -= mark;
	qf_ascii_put(to, name);
	if (to->len > NAME_CHARS_MAX)
		to->len = NAME_CHARS_MAX;
}

void qf_classic_line_note(struct qf_classic_line *l, const char *text)
{
	begin(l);
	qf_ascii_put(&l->text, qf_bytes(text, strlen(text)));
}

bool qf_classic_line_of(struct qf_classic_line *l, const struct qf_envelope *e,
                        bool plainly)
{
	struct qf_bytes name;
	struct qf_body body;

	if (!qf_body_decode(&body, qf_envelope_body(e)))
		return false;
	name = body.guest.len ? body.guest : body.name;
	plainly = plainly && !body.guest.len;
	begin(l);
	switch (e->head.type) {
	case QF_TYPE_TEXT:
		if (plainly)
			break;
		put_name(&l->before, name);
		put_text(&l->before, ": ");
		break;
	case QF_TYPE_ACTION:
		put_text(&l->before, "* ");
		put_name(&l->before, name);
		put_text(&l->before, " ");
		break;
	case QF_TYPE_RENAME:
		put_text(&l->text, "* ");
		put_name(&l->text, name);
		put_text(&l->text, " is now ");
		put_name(&l->text, body.text);
		return true;
	default:
		l->due = false;
		return false;
	}
	qf_ascii_put(&l->text, body.text);
	return true;
}

bool qf_classic_line_next(struct qf_classic_line *l, struct qf_buf *piece)
{
	size_t most = QF_CLASSIC_CHARS_MAX - l->before.len;
	size_t left = l->text.len - l->at;

	if (!l->due)
		return false;
	if (l->before.bad || l->text.bad)
		piece->bad = true;
	if (left > most)
		left = most;
	qf_put_raw(piece, l->before.at, l->before.len);
	qf_put_raw(piece, l->text.at + l->at, left);
	l->at += left;
	l->due = l->at < l->text.len;
	return true;
}
