/* outcome.c - how a command ends: its exit code, and words for a failure */
#include "outcome.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

static void complain(struct qf_bytes sentence)
{
	fflush(stdout);
	fputs("quickfi: ", stderr);
	qf_print_text(stderr, sentence);
	fputc('\n', stderr);
}

void qf_complain(const char *format, ...)
{
	char *sentence;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&sentence, format, args);
	va_end(args);
	if (len < 0)
		return;
	complain(qf_bytes(sentence, (size_t)len));
	free(sentence);
}

static const struct {
	const char *code;
	enum qf_outcome outcome;
} codes[] = {
	{ "bad-room", QF_USAGE },
	{ "bad-name", QF_USAGE },
	{ "bad-address", QF_USAGE },
	{ "bad-text", QF_DATA },
	{ "bad-key", QF_DATA },
	{ "unknown-room", QF_NO_INPUT },
	{ "store", QF_DISK },
	{ "stopping", QF_NOT_YET },
	{ "busy", QF_NOT_YET },
	{ "limit", QF_UNAVAILABLE },
	{ "taken", QF_UNAVAILABLE },
	{ "unknown-account", QF_NO_INPUT },
	{ "not-listening", QF_UNAVAILABLE },
};

enum qf_outcome qf_complain_error(const struct qf_reply *error)
{
	complain(error->say);
	if (error->hint.len) {
		fputs("  ", stderr);
		qf_print_text(stderr, error->hint);
		fputc('\n', stderr);
	}
	if (qf_reply_is(error->code, "unknown-room"))
		fputs("  the option --join ROOM joins one\n", stderr);
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (qf_reply_is(error->code, codes[i].code))
			return codes[i].outcome;
	return QF_SOFTWARE;
}

enum qf_outcome qf_complain_lost(const char *why)
{
	qf_complain("the node has gone and no other could be reached: %s", why);
	return QF_UNAVAILABLE;
}
