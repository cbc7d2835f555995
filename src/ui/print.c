/* print.c - words from others, made safe for a terminal */
#include "print.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define INDENT      "    "

enum { BAD = -1 };

/* Unicode 3.9, table 3-7: the second byte has bounds of its own after these
 * first bytes, so that nothing is too long, a surrogate or past U+10FFFF. */
static bool second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	default:
		return true;
	}
}

/* How many bytes a character has that begins so, 0: none does. */
static size_t length_of(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The character at the front of what is left, or BAD; *len bytes are it. */
static int32_t point_at(const uint8_t *at, size_t left, size_t *len)
{
	static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t want = length_of(at[0]);
	int32_t point;

	*len = 1;
	if (!want || want > left || (want > 1 && !second_fits(at[0], at[1])))
		return BAD;
	point = at[0] & first_bits[want];
	for (size_t i = 1; i < want; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return BAD;
		point = point << 6 | (at[i] & 0x3f);
	}
	*len = want;
	return point;
}

static bool is_control(int32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

/* Marks, embeddings, overrides and isolates of the bidirectional algorithm. */
static bool turns_direction(int32_t point)
{
	return point == 0x061c || point == 0x200e || point == 0x200f ||
	       (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

static bool ends_line(int32_t point)
{
	return point == '\n' || point == 0x85 || point == 0x2028 ||
	       point == 0x2029;
}

static void print(FILE *to, struct qf_bytes text, const char *newline,
                  const char *tab)
{
	size_t len;

	for (size_t i = 0; i < text.len; i += len) {
		int32_t point = point_at(text.at + i, text.len - i, &len);

		if (turns_direction(point))
			continue;
		if (ends_line(point))
			fputs(newline, to);
		else if (point == '\t')
			fputs(tab, to);
		else if (point == BAD || is_control(point))
			fputs(REPLACEMENT, to);
		else
			fwrite(text.at + i, 1, len, to);
	}
}

void qf_print_text(FILE *to, struct qf_bytes text)
{
	print(to, text, "\n" INDENT, "\t");
}

void qf_print_word(FILE *to, struct qf_bytes word)
{
	print(to, word, " ", " ");
}

bool qf_print_done(FILE *to)
{
	return !fflush(to) && !ferror(to);
}
