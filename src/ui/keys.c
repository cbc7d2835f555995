/* keys.c - what a terminal sends, cut into keys that an editor can take */
#include "keys.h"

#include <string.h>

#define CONTROL(letter) ((letter)&0x1f)

enum { ESCAPE = 0x1b, DELETE = 0x7f, SEQUENCE_BYTES_MAX = 32 };

/* Sequences without their escape. "O" and "[" are two habits of terminals. */
static const struct {
	const char *sequence;
	wchar_t means[QF_KEY_CHARS_MAX];
} sequences[] = {
	{ "[A", { CONTROL('P') } },   { "OA", { CONTROL('P') } },
	{ "[B", { CONTROL('N') } },   { "OB", { CONTROL('N') } },
	{ "[C", { CONTROL('F') } },   { "OC", { CONTROL('F') } },
	{ "[D", { CONTROL('B') } },   { "OD", { CONTROL('B') } },
	{ "[H", { CONTROL('A') } },   { "OH", { CONTROL('A') } },
	{ "[1~", { CONTROL('A') } },  { "[7~", { CONTROL('A') } },
	{ "[F", { CONTROL('E') } },   { "OF", { CONTROL('E') } },
	{ "[4~", { CONTROL('E') } },  { "[8~", { CONTROL('E') } },
	{ "[3~", { CONTROL('G') } }, /* Delete; no end of the input */
	{ "[1;5C", { ESCAPE, 'f' } }, { "[1;3C", { ESCAPE, 'f' } },
	{ "[1;5D", { ESCAPE, 'b' } }, { "[1;3D", { ESCAPE, 'b' } },
	{ "b", { ESCAPE, 'b' } },     { "d", { ESCAPE, 'd' } },
	{ "f", { ESCAPE, 'f' } },     { "\x7f", { CONTROL('W') } },
	{ "\b", { CONTROL('W') } },
};

/* Those that an editor answers without waiting for another. */
static const char controls[] = {
	CONTROL('A'), CONTROL('B'), CONTROL('D'), CONTROL('E'), CONTROL('F'),
	CONTROL('H'), CONTROL('I'), CONTROL('J'), CONTROL('K'), CONTROL('L'),
	CONTROL('M'), CONTROL('N'), CONTROL('P'), CONTROL('T'), CONTROL('U'),
	CONTROL('W'), CONTROL('Y'), DELETE,
};

/* Behind an escape: its length, 0 if more belongs to it. */
static size_t sequence_length(const uint8_t *at, size_t left)
{
	size_t len = 1;

	if (!left)
		return 0;
	if (at[0] == 'O')
		return left > 1 ? 2 : 0;
	if (at[0] != '[')
		return 1;
	/* ECMA-48 5.4: parameters and intermediates, then one final byte. */
	while (len < left && at[len] >= 0x20 && at[len] < 0x40 &&
	       len < SEQUENCE_BYTES_MAX)
		len++;
	return len < left ? len + 1 : 0;
}

static size_t take_sequence(struct qf_bytes from, wchar_t out[QF_KEY_CHARS_MAX],
                            size_t *count)
{
	size_t len = sequence_length(from.at + 1, from.len - 1);

	/* A key of its own, which nothing followed, or another control. */
	if (from.len > 1 && from.at[1] < 0x20 && from.at[1] != '\b')
		return 1;
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
		if (strlen(sequences[i].sequence) != len ||
		    memcmp(sequences[i].sequence, from.at + 1, len))
			continue;
		memcpy(out, sequences[i].means, sizeof sequences[i].means);
		*count = out[1] ? 2 : 1;
	}
	return len ? len + 1 : 0;
}

static size_t take_character(struct qf_bytes from, wchar_t *out, size_t *count)
{
	mbstate_t state = { 0 };
	size_t len = mbrtowc(out, (const char *)from.at, from.len, &state);

	if (len == (size_t)-2)
		return 0;
	if (len == (size_t)-1)
		return 1;
	/* The C1 controls are no text either. */
	*count = *out < 0x80 || *out >= 0xa0;
	return len;
}

size_t qf_keys_next(struct qf_bytes from, wchar_t out[QF_KEY_CHARS_MAX],
                    size_t *count)
{
	*count = 0;
	if (!from.len)
		return 0;
	if (from.at[0] == ESCAPE)
		return take_sequence(from, out, count);
	if (from.at[0] >= 0x20 && from.at[0] != DELETE)
		return take_character(from, out, count);
	*count = from.at[0] && memchr(controls, from.at[0], sizeof controls);
	out[0] = from.at[0];
	return 1;
}

size_t qf_keys_plain(struct qf_bytes from)
{
	wchar_t key[QF_KEY_CHARS_MAX];
	size_t count, len, plain = 0;

	while (plain < from.len && from.at[plain] >= 0x20 &&
	       from.at[plain] != DELETE) {
		len = qf_keys_next(qf_bytes(from.at + plain, from.len - plain),
		                   key, &count);
		if (!len || !count)
			break;
		plain += len;
	}
	return plain;
}
