/* irc_guests.h - guests of a town: what they type, and what they hear */
#ifndef QF_IRC_GUESTS_H
#define QF_IRC_GUESTS_H

#include "test.h"

#include "irc_town.h"

static inline void type(struct town *t, size_t i, const char *line)
{
	char text[600];

	snprintf(text, sizeof text, "%s\r\n", line);
	town_type(t, i, qf_bytes(text, strlen(text)));
}

static inline size_t come(struct town *t, const char *nick, const char *caps)
{
	size_t i = town_open(t);
	char line[300];

	snprintf(line, sizeof line, "CAP REQ :%s", caps);
	type(t, i, line);
	snprintf(line, sizeof line, "NICK %s", nick);
	type(t, i, line);
	type(t, i, "USER u 0 * :Real");
	type(t, i, "CAP END");
	return i;
}

/* All that came since it was last asked; lives until then. */
static inline const char *heard(struct town *t, size_t i)
{
	struct qf_buf *out = &t->out[i];

	qf_buf_clear(out);
	town_pull(t, i);
	qf_put_u8(out, 0);
	return (const char *)out->at;
}

static inline void assert_heard(struct town *t, size_t i, const char *words)
{
	const char *text = heard(t, i);

	if (!strstr(text, words))
		print_error("%s\nhas no \"%s\"\n", text, words);
	assert_non_null(strstr(text, words));
}

/* zoe and max, of two workers, in #a. */
static inline struct town *two(void)
{
	static struct town t;

	town_init(&t);
	come(&t, "zoe", "echo-message");
	come(&t, "max", "server-time");
	type(&t, 0, "JOIN #a");
	type(&t, 1, "JOIN #a");
	heard(&t, 0);
	heard(&t, 1);
	return &t;
}

#endif
