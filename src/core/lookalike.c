/* lookalike.c - letters of other scripts that look as those of ASCII do */
#include "lookalike.h"

#include <stdlib.h>

/* Of Greek, Cyrillic, Armenian, Cherokee and Latin's further letters, those
 * that confusables.txt of Unicode (UTS 39) gives one letter of ASCII for;
 * ascending. */
static const struct letter {
	uint16_t point;
	char as;
} letters[] = {
	{ 0x004b, 'K' }, { 0x0131, 'i' }, { 0x01c0, 'l' }, { 0x0251, 'a' },
	{ 0x0261, 'g' }, { 0x0269, 'i' }, { 0x028b, 'v' }, { 0x028f, 'y' },
	{ 0x037f, 'J' }, { 0x0391, 'A' }, { 0x0392, 'B' }, { 0x0395, 'E' },
	{ 0x0396, 'Z' }, { 0x0397, 'H' }, { 0x0399, 'I' }, { 0x039a, 'K' },
	{ 0x039c, 'M' }, { 0x039d, 'N' }, { 0x039f, 'O' }, { 0x03a1, 'P' },
	{ 0x03a4, 'T' }, { 0x03a5, 'Y' }, { 0x03a7, 'X' }, { 0x03b1, 'a' },
	{ 0x03b3, 'y' }, { 0x03b9, 'i' }, { 0x03bd, 'v' }, { 0x03bf, 'o' },
	{ 0x03c1, 'p' }, { 0x03c3, 'o' }, { 0x03c5, 'u' }, { 0x03f1, 'p' },
	{ 0x03f2, 'c' }, { 0x03f3, 'j' }, { 0x03f9, 'C' }, { 0x0405, 'S' },
	{ 0x0406, 'I' }, { 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' },
	{ 0x0415, 'E' }, { 0x041a, 'K' }, { 0x041c, 'M' }, { 0x041d, 'H' },
	{ 0x041e, 'O' }, { 0x0420, 'P' }, { 0x0421, 'C' }, { 0x0422, 'T' },
	{ 0x0423, 'Y' }, { 0x0425, 'X' }, { 0x042c, 'b' }, { 0x0430, 'a' },
	{ 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043e, 'o' }, { 0x0440, 'p' },
	{ 0x0441, 'c' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x044c, 'b' },
	{ 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x0461, 'w' },
	{ 0x0474, 'V' }, { 0x0475, 'v' }, { 0x04ae, 'Y' }, { 0x04af, 'y' },
	{ 0x04bb, 'h' }, { 0x04c0, 'I' }, { 0x04cf, 'l' }, { 0x0501, 'd' },
	{ 0x050c, 'G' }, { 0x051a, 'Q' }, { 0x051b, 'q' }, { 0x051c, 'W' },
	{ 0x051d, 'w' }, { 0x053c, 'L' }, { 0x054d, 'U' }, { 0x054f, 'S' },
	{ 0x0555, 'O' }, { 0x0561, 'w' }, { 0x0566, 'q' }, { 0x0570, 'h' },
	{ 0x0575, 'j' }, { 0x0578, 'n' }, { 0x057c, 'n' }, { 0x057d, 'u' },
	{ 0x0581, 'g' }, { 0x0585, 'o' }, { 0x13a0, 'D' }, { 0x13a1, 'R' },
	{ 0x13a2, 'T' }, { 0x13a5, 'i' }, { 0x13a9, 'Y' }, { 0x13aa, 'A' },
	{ 0x13ab, 'J' }, { 0x13ac, 'E' }, { 0x13b3, 'W' }, { 0x13b7, 'M' },
	{ 0x13bb, 'H' }, { 0x13c0, 'G' }, { 0x13c3, 'Z' }, { 0x13d2, 'R' },
	{ 0x13d9, 'V' }, { 0x13da, 'S' }, { 0x13de, 'L' }, { 0x13df, 'C' },
	{ 0x13e2, 'P' }, { 0x13e6, 'K' }, { 0x13f4, 'B' }, { 0x144c, 'U' },
	{ 0x1d04, 'c' }, { 0x1d0f, 'o' }, { 0x1d1c, 'u' }, { 0x1d20, 'v' },
	{ 0x1d21, 'w' }, { 0x1d22, 'z' }, { 0x1d26, 'r' }, { 0xa731, 's' },
};

static int compare(const void *key, const void *element)
{
	const struct letter *l = element;
	uint32_t point = *(const uint32_t *)key;

	return point < l->point ? -1 : point > l->point;
}

uint32_t qf_lookalike(uint32_t point)
{
	const struct letter *l = bsearch(&point, letters,
	                                 sizeof letters / sizeof *letters,
	                                 sizeof *letters, compare);

	return l ? (uint32_t)l->as : point;
}
