/* irc_line.c - one line of IRC, taken apart, and text made fit for one */
#include "irc_line.h"

#include <ctype.h>
#include <string.h>

#include "core/room.h"

/* Cut off the word that text begins with; what follows it and its spaces. */
static char *cut_word(char *text)
{
	text += strcspn(text, " ");
	while (*text == ' ')
		*text++ = '\0';
	return text;
}

static void take_params(struct qf_irc_line *l, char *rest)
{
	while (*rest && l->count < QF_IRC_PARAMS_MAX) {
		l->params[l->count++] = rest;
		if (*rest == ':') {
			l->params[l->count - 1]++;
			return;
		}
		if (l->count == QF_IRC_PARAMS_MAX)
			return;
		rest = cut_word(rest);
	}
}

static void take_command(struct qf_irc_line *l, const char *word)
{
	size_t len = strlen(word);

	if (len > QF_IRC_COMMAND_BYTES)
		len = QF_IRC_COMMAND_BYTES;
	len = qf_irc_fit(qf_bytes(word, strlen(word)), len);
	for (size_t i = 0; i < len; i++)
		l->command[i] = (char)toupper((unsigned char)word[i]);
	l->command[len] = '\0';
}

/* The tags are cut off; what follows, or NULL: they are too long. */
static char *take_tags(struct qf_irc_line *l, size_t *left)
{
	char *rest;

	l->tags = l->text + strlen(l->text);
	if (l->text[0] != '@')
		return l->text;
	rest = cut_word(l->text);
	l->tags = l->text + 1;
	*left -= (size_t)(rest - l->text);
	return rest - l->text > QF_IRC_TAGS_BYTES ? NULL : rest;
}

enum qf_irc_fault qf_irc_line_parse(struct qf_irc_line *l, struct qf_bytes in)
{
	char *rest;
	size_t left;
	bool is_text;

	l->command[0] = '\0';
	l->count = 0;
	l->tags = l->text;
	l->text[0] = '\0';
	if (in.len && in.at[in.len - 1] == '\r')
		in.len--;
	if (!in.len)
		return QF_IRC_BLANK;
	if (in.len > QF_IRC_TYPED_BYTES - 2)
		return QF_IRC_LONG;
	is_text = !memchr(in.at, '\0', in.len) && qf_utf8_valid(in);
	memcpy(l->text, in.at, in.len);
	l->text[in.len] = '\0';
	left = in.len;
	rest = take_tags(l, &left);
	if (!is_text && !qf_utf8_valid(qf_bytes(l->tags, strlen(l->tags))))
		l->tags = l->text + in.len;
	if (!rest || left > QF_IRC_LINE_BYTES - 2)
		return QF_IRC_LONG;
	while (*rest == ' ')
		rest++;
	if (*rest == ':') /* a client need not say who it is */
		rest = cut_word(rest);
	if (!*rest)
		return QF_IRC_BLANK;
	if (is_text) {
		char *params = cut_word(rest);

		take_command(l, rest);
		take_params(l, params);
		return QF_IRC_GOOD;
	}
	rest[strcspn(rest, " ")] = '\0';
	if (qf_utf8_valid(qf_bytes(rest, strlen(rest))))
		take_command(l, rest);
	return QF_IRC_NOT_TEXT;
}

/* Tags */

static char unescaped(char c)
{
	switch (c) {
	case ':':
		return ';';
	case 's':
		return ' ';
	case 'r':
	case 'n':
		return ' '; /* an end of line never gets into a value */
	default:
		return c;
	}
}

static void unescape(const char *from, size_t len, char *out, size_t cap)
{
	size_t used = 0;

	for (size_t i = 0; i < len && used + 1 < cap; i++) {
		if (from[i] != '\\')
			out[used++] = from[i];
		else if (++i < len)
			out[used++] = unescaped(from[i]);
	}
	out[qf_irc_fit(qf_bytes(out, used), used)] = '\0';
}

bool qf_irc_tag(const char *tags, const char *name, char *out, size_t cap)
{
	size_t name_len = strlen(name);
	bool found = false;

	while (*tags) {
		size_t len = strcspn(tags, ";");
		size_t key = strcspn(tags, "=;");

		if (key == name_len && !memcmp(tags, name, key)) {
			size_t skip = key < len ? key + 1 : len;

			unescape(tags + skip, len - skip, out, cap);
			found = true; /* the last one counts */
		}
		tags += len + (tags[len] == ';');
	}
	return found;
}

/* A space ends the tags, and with them whatever was to be said. */
static bool is_tag_text(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)at[i] <= ' ' || at[i] == 0x7f)
			return false;
	return true;
}

void qf_irc_client_tags(const char *tags, struct qf_buf *to)
{
	size_t start = to->len;

	while (*tags) {
		size_t len = strcspn(tags, ";");

		if (*tags == '+' && len > 1 && is_tag_text(tags, len)) {
			if (to->len > start)
				qf_put_u8(to, ';');
			qf_put_raw(to, tags, len);
		}
		tags += len + (tags[len] == ';');
	}
}

void qf_irc_escape(const char *value, struct qf_buf *to)
{
	for (; *value; value++) {
		const char *as = *value == ';'    ? "\\:"
		                 : *value == ' '  ? "\\s"
		                 : *value == '\\' ? "\\\\"
		                 : *value == '\r' ? "\\r"
		                 : *value == '\n' ? "\\n"
		                                  : NULL;

		if (as)
			qf_put_raw(to, as, 2);
		else
			qf_put_u8(to, (uint8_t)*value);
	}
}

/* Text */

size_t qf_irc_fit(struct qf_bytes text, size_t max)
{
	size_t len = text.len < max ? text.len : max;
	size_t start = len;

	if (!len)
		return 0;
	if (len < text.len && (text.at[len] & 0xc0) != 0x80)
		return len;
	/* Back to where the last character began, and whether it is whole. */
	do
		start--;
	while (start && (text.at[start] & 0xc0) == 0x80);
	return qf_utf8_valid(qf_bytes(text.at + start, len - start)) ? len
	                                                             : start;
}

void qf_irc_cut(char *out, size_t cap, const char *text)
{
	size_t len = qf_irc_fit(qf_bytes(text, strlen(text)), cap - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

bool qf_irc_is_word(const char *text)
{
	return *text && *text != ':' && !strpbrk(text, " \n");
}

bool qf_irc_mask(const char *mask, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*mask == '*') {
			star = ++mask;
			from = text;
		} else if (*mask == '?' || *mask == *text) {
			mask++;
			text++;
		} else if (star) {
			mask = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*mask == '*')
		mask++;
	return !*mask;
}
