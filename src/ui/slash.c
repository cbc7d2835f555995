/* slash.c - what stands behind a slash: which command, and its words */
#include "slash.h"

#include <stdio.h>
#include <string.h>

#include "complete.h"

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void skip_spaces(struct qf_bytes *line)
{
	while (line->len && is_space(*line->at)) {
		line->at++;
		line->len--;
	}
}

struct qf_bytes qf_slash_word(struct qf_bytes *line)
{
	struct qf_bytes word;

	skip_spaces(line);
	word = qf_bytes(line->at, 0);
	while (word.len < line->len && !is_space(line->at[word.len]))
		word.len++;
	*line = qf_bytes(line->at + word.len, line->len - word.len);
	return word;
}

/* Add to the end of a list in words: "a, b". */
static void list(char *why, const char *name)
{
	size_t len = strlen(why);

	snprintf(why + len, QF_SLASH_WHY_BYTES - len, "%s/%s",
	         len && why[len - 1] != ' ' ? ", " : "", name);
}

/* The first name of a command that begins so; *exact: it is that name. */
static bool is_named(const struct qf_slash *s, struct qf_bytes name,
                     char found[32], bool *exact)
{
	char names[100], *rest = NULL;
	bool begins = false;

	snprintf(names, sizeof names, "%s %s", s->name, s->others);
	for (char *one = strtok_r(names, " ", &rest); one;
	     one = strtok_r(NULL, " ", &rest)) {
		if (!qf_complete_begins(one, name))
			continue;
		*exact = strlen(one) == name.len;
		if (!begins || *exact)
			snprintf(found, 32, "%s", one);
		begins = true;
		if (*exact)
			break;
	}
	return begins;
}

static void refuse_unknown(const struct qf_slash *table, size_t count,
                           struct qf_bytes name, char why[QF_SLASH_WHY_BYTES])
{
	snprintf(why, QF_SLASH_WHY_BYTES,
	         "there is no command /%.*s; there are ",
	         name.len > 40 ? 40 : (int)name.len, (const char *)name.at);
	for (size_t i = 0; i < count; i++)
		list(why, table[i].name);
}

const struct qf_slash *qf_slash_find(const struct qf_slash *table, size_t count,
                                     struct qf_bytes name,
                                     char why[QF_SLASH_WHY_BYTES])
{
	const struct qf_slash *found = NULL;
	size_t matches = 0;

	snprintf(why, QF_SLASH_WHY_BYTES, "/%.*s may be ", (int)name.len,
	         (const char *)name.at);
	for (size_t i = 0; name.len && i < count; i++) {
		bool exact = false;
		char one[32];

		if (!is_named(&table[i], name, one, &exact))
			continue;
		found = &table[i];
		if (exact)
			return found;
		matches++;
		list(why, one);
	}
	if (!matches)
		refuse_unknown(table, count, name, why);
	return matches == 1 ? found : NULL;
}

static struct qf_bytes rest_of(struct qf_bytes line)
{
	skip_spaces(&line);
	while (line.len && is_space(line.at[line.len - 1]))
		line.len--;
	return line;
}

static void expect(const struct qf_slash *s, const char *wrong,
                   struct qf_bytes word, char why[QF_SLASH_WHY_BYTES])
{
	snprintf(why, QF_SLASH_WHY_BYTES, "%s%.*s: /%s%s%s", wrong,
	         word.len > 40 ? 40 : (int)word.len, (const char *)word.at,
	         s->name, *s->arguments ? " " : "", s->arguments);
}

bool qf_slash_split(const struct qf_slash *s, struct qf_bytes line,
                    struct qf_slash_words *w, char why[QF_SLASH_WHY_BYTES])
{
	struct qf_bytes word;

	*w = (struct qf_slash_words){ 0 };
	for (line = rest_of(line); line.len && w->count < s->max;
	     line = rest_of(line)) {
		bool last = s->takes_rest && w->count + 1 == s->max;

		word = last ? line : qf_slash_word(&line);
		w->at[w->count++] = word;
		if (last)
			return true;
	}
	if (w->count < s->min)
		expect(s, "that needs more", qf_bytes("", 0), why);
	else if (line.len)
		expect(s, "that is too much, from ", line, why);
	return w->count >= s->min && !line.len;
}
