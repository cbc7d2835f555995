/* wrap.c - lines cut where a terminal's right edge is */
#include "wrap.h"

#include <string.h>
#include <wchar.h>

#define INDENT "    "

enum {
	INDENT_COLUMNS = sizeof INDENT - 1,
	COLUMNS_MIN = 4 * INDENT_COLUMNS, /* narrower is of no use to anyone */
	TAB_COLUMNS = 8,
};

/* The width of the character at the front, which has *len bytes. */
static size_t width_at(const uint8_t *at, size_t left, size_t column,
                       size_t *len)
{
	mbstate_t state = { 0 };
	wchar_t c;
	int width;

	*len = mbrtowc(&c, (const char *)at, left, &state);
	if (!*len || *len > left) {
		*len = 1;
		return 1;
	}
	if (c == '\t')
		return TAB_COLUMNS - column % TAB_COLUMNS;
	width = wcwidth(c);
	return width < 0 ? 1 : (size_t)width;
}

/* How many bytes of a line go into the row that has `column` columns already;
 * at least one character. */
static size_t row_bytes(struct qf_bytes line, size_t column, size_t columns)
{
	size_t space = 0, len;

	for (size_t i = 0; i < line.len; i += len) {
		size_t width = width_at(line.at + i, line.len - i, column,
		                        &len);

		if (column + width > columns)
			return space ? space : i ? i : len;
		column += width;
		if (line.at[i] == ' ')
			space = i + 1;
	}
	return line.len;
}

static void wrap_line(FILE *to, struct qf_bytes line, size_t columns)
{
	size_t column = 0;

	while (line.len) {
		size_t len = row_bytes(line, column, columns);

		fwrite(line.at, 1, len, to);
		line = qf_bytes(line.at + len, line.len - len);
		if (!line.len)
			break;
		fputs("\n" INDENT, to);
		column = INDENT_COLUMNS;
	}
	putc('\n', to);
}

void qf_wrap(FILE *to, struct qf_bytes lines, size_t columns)
{
	if (columns < COLUMNS_MIN) {
		fwrite(lines.at, 1, lines.len, to);
		return;
	}
	while (lines.len) {
		const uint8_t *end = memchr(lines.at, '\n', lines.len);
		size_t len = end ? (size_t)(end - lines.at) : lines.len;
		size_t used = end ? len + 1 : len;

		wrap_line(to, qf_bytes(lines.at, len), columns);
		lines = qf_bytes(lines.at + used, lines.len - used);
	}
}
