/* complete.c - the rest of a word, from those that it may become */
#include "complete.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool qf_complete_begins(const char *choice, struct qf_bytes word)
{
	return strlen(choice) >= word.len &&
	       !strncasecmp(choice, (const char *)word.at, word.len);
}

/* Whole characters only. */
static size_t in_common(const char *a, const char *b, size_t len)
{
	size_t n = 0;

	while (n < len &&
	       tolower((unsigned char)a[n]) == tolower((unsigned char)b[n]))
		n++;
	while (n && n < len && ((unsigned char)a[n] & 0xc0) == 0x80)
		n--;
	return n;
}

size_t qf_complete(struct qf_bytes word, const char *const *choices,
                   size_t count, struct qf_buf *more)
{
	const char *first = NULL;
	size_t matches = 0, len = 0;

	for (size_t i = 0; i < count; i++) {
		if (!qf_complete_begins(choices[i], word))
			continue;
		if (!matches++) {
			first = choices[i];
			len = strlen(first);
		} else {
			len = in_common(first, choices[i], len);
		}
	}
	if (len > word.len)
		qf_put_raw(more, first + word.len, len - word.len);
	return matches;
}
