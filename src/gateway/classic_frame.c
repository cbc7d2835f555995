/* classic_frame.c - fields, frames and flags of the original's protocol */
#include "classic_frame.h"

#include <stdio.h>
#include <string.h>

enum {
	LENGTH_DIGITS = 4,
	NUMBER_DIGITS_MAX = 4,
	ADDRESS_BYTES_MAX = 64, /* the original sends 7 to 15 */
	LONG_BITS = 1000,       /* a length that may be five digits, cut */
};

static struct qf_bytes after(struct qf_bytes in, size_t len)
{
	return qf_bytes(in.at + len, in.len - len);
}

/* `count` digits, no more and no less. */
static enum qf_classic_got get_digits(struct qf_bytes *in, size_t count,
                                      unsigned *number)
{
	unsigned n = 0;

	for (size_t i = 0; i < count && i < in->len; i++) {
		if (in->at[i] < '0' || in->at[i] > '9')
			return QF_CLASSIC_BAD;
		n = n * 10 + (in->at[i] - '0');
	}
	if (in->len < count)
		return QF_CLASSIC_MORE;
	*number = n;
	*in = after(*in, count);
	return QF_CLASSIC_GOT;
}

enum qf_classic_got qf_classic_get_port(struct qf_bytes *in, uint16_t *port)
{
	unsigned n = 0;
	enum qf_classic_got got = get_digits(in, QF_CLASSIC_PORT_DIGITS, &n);

	if (got == QF_CLASSIC_GOT && (!n || n > UINT16_MAX))
		return QF_CLASSIC_BAD;
	*port = (uint16_t)n;
	return got;
}

enum qf_classic_got qf_classic_get_number(struct qf_bytes *in, unsigned *number)
{
	struct qf_bytes rest = *in;
	enum qf_classic_got got;
	unsigned len = 0;

	got = get_digits(&rest, LENGTH_DIGITS, &len);
	if (got == QF_CLASSIC_GOT && (!len || len > NUMBER_DIGITS_MAX))
		return QF_CLASSIC_BAD;
	if (got == QF_CLASSIC_GOT)
		got = get_digits(&rest, len, number);
	if (got == QF_CLASSIC_GOT)
		*in = rest;
	return got;
}

/* How many bytes the character has that begins here; 0: not all are there. */
static size_t char_bytes(struct qf_bytes in)
{
	static const uint8_t lead[] = { 0xc0, 0xe0, 0xf0, 0xf8 };
	size_t len = 1;

	if (!in.len)
		return 0;
	while (len < 4 && in.at[0] >= lead[len - 1] && in.at[0] < 0xf8)
		len++;
	for (size_t i = 1; i < len; i++) {
		if (i == in.len)
			return 0;
		if ((in.at[i] & 0xc0) != 0x80)
			return 1;
	}
	return len;
}

enum qf_classic_got qf_classic_get_name(struct qf_bytes *in,
                                        struct qf_bytes *name)
{
	struct qf_bytes rest = *in, from;
	enum qf_classic_got got;
	unsigned count = 0;

	got = get_digits(&rest, LENGTH_DIGITS, &count);
	if (got != QF_CLASSIC_GOT)
		return got;
	if (count > QF_CLASSIC_NAME_CHARS_MAX)
		return QF_CLASSIC_BAD;
	from = rest;
	for (unsigned i = 0; i < count; i++) {
		size_t len = char_bytes(rest);

		if (!len)
			return QF_CLASSIC_MORE;
		rest = after(rest, len);
	}
	*name = qf_bytes(from.at, from.len - rest.len);
	*in = rest;
	return QF_CLASSIC_GOT;
}

static bool are_bits(struct qf_bytes bits)
{
	for (size_t i = 0; i < bits.len; i++)
		if ((bits.at[i] & 0xfe) != '0')
			return false;
	return true;
}

/* A text of 1429 characters and more has a length of five digits, of which four
 * are read. Then the rest means nothing, and is not to be taken for text. */
static enum qf_classic_got get_frame(struct qf_bytes *in, struct qf_bytes *bits)
{
	enum qf_classic_got got;
	unsigned len = 0;

	got = get_digits(in, LENGTH_DIGITS, &len);
	if (got != QF_CLASSIC_GOT)
		return got;
	if (len >= LONG_BITS && len % QF_CLASSIC_CHAR_BITS)
		return QF_CLASSIC_BAD;
	*bits = qf_bytes(in->at, in->len < len ? in->len : len);
	if (!are_bits(*bits))
		return QF_CLASSIC_BAD;
	if (in->len < len)
		return QF_CLASSIC_MORE;
	*in = after(*in, len);
	return QF_CLASSIC_GOT;
}

static enum qf_classic_got get_address(struct qf_bytes *in)
{
	enum qf_classic_got got;
	unsigned len = 0;

	got = get_digits(in, LENGTH_DIGITS, &len);
	if (got != QF_CLASSIC_GOT)
		return got;
	if (len > ADDRESS_BYTES_MAX)
		return QF_CLASSIC_BAD;
	if (in->len < len)
		return QF_CLASSIC_MORE;
	*in = after(*in, len);
	return QF_CLASSIC_GOT;
}

static enum qf_classic_got get_flag(struct qf_bytes *in,
                                    struct qf_classic_item *item)
{
	enum qf_classic_got got;
	unsigned flag = 0;

	*in = after(*in, 1);
	got = get_digits(in, LENGTH_DIGITS - 1, &flag);
	if (got != QF_CLASSIC_GOT)
		return got;
	switch (flag) {
	case 1:
		item->say = QF_CLASSIC_LEAVE;
		return QF_CLASSIC_GOT;
	case 2:
		item->say = QF_CLASSIC_RENAME;
		return get_frame(in, &item->bits);
	case 4:
		return get_address(in);
	default:
		return QF_CLASSIC_GOT;
	}
}

enum qf_classic_got qf_classic_get_item(struct qf_bytes *in,
                                        struct qf_classic_item *item)
{
	struct qf_bytes rest = *in;
	enum qf_classic_got got;

	*item = (struct qf_classic_item){ .say = QF_CLASSIC_OTHER };
	if (!in->len)
		return QF_CLASSIC_MORE;
	if (in->at[0] == '-') {
		got = get_flag(&rest, item);
	} else {
		item->say = QF_CLASSIC_TEXT;
		got = get_frame(&rest, &item->bits);
	}
	if (got == QF_CLASSIC_GOT)
		*in = rest;
	return got;
}

void qf_classic_put_field(struct qf_buf *to, const char *text)
{
	size_t len = strlen(text);
	char length[24];

	snprintf(length, sizeof length, "%04zu", len);
	qf_put_raw(to, length, LENGTH_DIGITS);
	qf_put_raw(to, text, len);
}

void qf_classic_put_number(struct qf_buf *to, unsigned number)
{
	char text[12];

	snprintf(text, sizeof text, "%u", number);
	qf_classic_put_field(to, text);
}
