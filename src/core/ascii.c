/* ascii.c - text as seven bits can carry it */
#include "ascii.h"

#include <string.h>
#include <utf8proc.h>

enum {
	ASCII_END = 0x80,
	DELETE = 0x7f,
	POINTS_MAX = 20, /* U+FDFA decomposes into eighteen */
};

/* What Unicode does not decompose, and what is written for it. */
static const struct {
	utf8proc_int32_t point;
	const char *text;
} likenesses[] = {
	{ 0x00a9, "(c)" }, { 0x00ab, "\"" },  { 0x00ae, "(r)" },
	{ 0x00b0, "o" },   { 0x00b7, "." },   { 0x00bb, "\"" },
	{ 0x00c6, "AE" },  { 0x00d0, "D" },   { 0x00d7, "x" },
	{ 0x00d8, "O" },   { 0x00de, "Th" },  { 0x00df, "ss" },
	{ 0x00e6, "ae" },  { 0x00f0, "d" },   { 0x00f7, "/" },
	{ 0x00f8, "o" },   { 0x00fe, "th" },  { 0x0110, "D" },
	{ 0x0111, "d" },   { 0x0131, "i" },   { 0x0141, "L" },
	{ 0x0142, "l" },   { 0x0152, "OE" },  { 0x0153, "oe" },
	{ 0x1e9e, "SS" },  { 0x2010, "-" },   { 0x2012, "-" },
	{ 0x2013, "-" },   { 0x2014, "--" },  { 0x2015, "--" },
	{ 0x2018, "'" },   { 0x2019, "'" },   { 0x201a, "," },
	{ 0x201c, "\"" },  { 0x201d, "\"" },  { 0x201e, "\"" },
	{ 0x2022, "*" },   { 0x2039, "<" },   { 0x203a, ">" },
	{ 0x20ac, "EUR" }, { 0x2190, "<-" },  { 0x2192, "->" },
	{ 0x2212, "-" },   { 0x2260, "!=" },  { 0x2264, "<=" },
	{ 0x2265, ">=" },  { 0x2713, "v" },   { 0x2764, "<3" },
	{ 0x1f44d, "+1" }, { 0x1f600, ":D" }, { 0x1f602, ":'D" },
	{ 0x1f609, ";)" }, { 0x1f642, ":)" }, { 0x1f641, ":(" },
};

static void put_plain(struct qf_buf *to, utf8proc_int32_t point)
{
	qf_put_u8(to, point < ' ' || point == DELETE ? ' ' : (uint8_t)point);
}

static bool put_likeness(struct qf_buf *to, utf8proc_int32_t point)
{
	for (size_t i = 0; i < sizeof likenesses / sizeof *likenesses; i++) {
		if (likenesses[i].point != point)
			continue;
		qf_put_raw(to, likenesses[i].text, strlen(likenesses[i].text));
		return true;
	}
	return false;
}

/* Marks stand on a letter that is written already; joiners show nothing. */
static bool is_silent(utf8proc_int32_t point)
{
	switch (utf8proc_category(point)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		return true;
	default:
		return false;
	}
}

static void put_other(struct qf_buf *to, utf8proc_int32_t point)
{
	utf8proc_int32_t parts[POINTS_MAX];
	utf8proc_ssize_t count;
	size_t before = to->len;
	int last = UTF8PROC_BOUNDCLASS_START;

	if (is_silent(point) || put_likeness(to, point))
		return;
	count = utf8proc_decompose_char(point, parts, POINTS_MAX,
	                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
	                                &last);
	for (utf8proc_ssize_t i = 0; i < count && i < POINTS_MAX; i++)
		if (parts[i] < ASCII_END)
			put_plain(to, parts[i]);
		else
			put_likeness(to, parts[i]);
	if (to->len == before)
		qf_put_u8(to, '?');
}

bool qf_ascii_put(struct qf_buf *to, struct qf_bytes text)
{
	bool same = true;

	for (size_t i = 0; i < text.len;) {
		utf8proc_int32_t point = '?';
		utf8proc_ssize_t len = utf8proc_iterate(
			text.at + i, (utf8proc_ssize_t)(text.len - i), &point);

		if (len <= 0) {
			len = 1;
			point = '?';
			same = false;
		}
		if (point < ASCII_END)
			put_plain(to, point);
		else
			put_other(to, point);
		same &= point >= ' ' && point < DELETE;
		i += (size_t)len;
	}
	return same;
}
