/* sheet.c - lines that many are told, written once */
#include "sheet.h"

#include <stdlib.h>
#include <string.h>

/* About what goes in one write; it stays in the cache. */
enum { SHEET_BYTES = 32 * 1024 };

struct qf_sheet {
	unsigned refs;
	size_t len;
	size_t cap;
	uint8_t at[];
};

void qf_sheet_drop(struct qf_sheet *s)
{
	if (s && !--s->refs)
		free(s);
}

/* One on which nobody is owed anything is begun anew. */
static struct qf_sheet *sheet_for(struct qf_sheet **open, size_t len)
{
	struct qf_sheet *s = *open;
	size_t cap = len > SHEET_BYTES ? len : SHEET_BYTES;

	if (s && s->refs == 1)
		s->len = 0;
	if (s && len <= s->cap - s->len)
		return s;
	s = malloc(sizeof *s + cap);
	if (!s)
		return NULL;
	qf_sheet_drop(*open);
	s->refs = 1;
	s->len = 0;
	s->cap = cap;
	*open = s;
	return s;
}

bool qf_sheet_write(struct qf_sheet **open, struct qf_bytes lines,
                    struct qf_stretch *out)
{
	struct qf_sheet *s = sheet_for(open, lines.len);

	if (!s)
		return false;
	memcpy(s->at + s->len, lines.at, lines.len);
	*out = (struct qf_stretch){ s, (uint32_t)s->len, (uint32_t)lines.len };
	s->len += lines.len;
	s->refs++;
	return true;
}

void qf_stretch_drop(struct qf_stretch *p)
{
	qf_sheet_drop(p->sheet);
	*p = (struct qf_stretch){ 0 };
}

static struct qf_bytes read_stretch(const struct qf_stretch *p)
{
	return p->sheet ? qf_bytes(p->sheet->at + p->from, p->len)
	                : qf_bytes(NULL, 0);
}

/* All of it becomes its own. */
static void copy_out(struct qf_owed *o)
{
	struct qf_bytes on_sheet = read_stretch(&o->first);
	struct qf_buf all;

	qf_buf_init(&all, 0);
	qf_put_raw(&all, on_sheet.at, on_sheet.len);
	qf_put_raw(&all, o->own.at, o->own.len);
	qf_stretch_drop(&o->first);
	qf_buf_fini(&o->own);
	o->own = all;
}

void qf_owed_put(struct qf_owed *o, struct qf_bytes lines)
{
	qf_put_raw(&o->own, lines.at, lines.len);
}

void qf_owed_put_stretch(struct qf_owed *o, const struct qf_stretch *p)
{
	struct qf_stretch *has = &o->first;
	struct qf_bytes lines = read_stretch(p);

	if (!o->own.len && !has->sheet) {
		*has = *p;
		p->sheet->refs++;
	} else if (!o->own.len && has->sheet == p->sheet &&
	           has->from + has->len == p->from) {
		has->len += p->len;
	} else {
		if (has->sheet)
			copy_out(o);
		qf_owed_put(o, lines);
	}
}

size_t qf_owed_bytes(const struct qf_owed *o)
{
	return o->first.len + o->own.len;
}

struct qf_bytes qf_owed_all(const struct qf_owed *o, struct qf_buf *to)
{
	struct qf_bytes on_sheet = read_stretch(&o->first);

	if (!o->own.len)
		return on_sheet;
	if (!on_sheet.len)
		return qf_buf_bytes(&o->own);
	qf_put_raw(to, on_sheet.at, on_sheet.len);
	qf_put_raw(to, o->own.at, o->own.len);
	return qf_buf_bytes(to);
}

void qf_owed_clear(struct qf_owed *o)
{
	qf_stretch_drop(&o->first);
	qf_buf_fini(&o->own);
}
