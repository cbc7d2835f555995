/* parts.h - what stands in a longer text, and how often */
#ifndef QF_PARTS_H
#define QF_PARTS_H

#include "test.h"

#include <string.h>

static inline size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part))) {
		count++;
		text += strlen(part);
	}
	return count;
}

static inline void assert_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s\nis not in\n%s", part, text);
}

#endif
