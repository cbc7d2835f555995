/* screen.c - what a conversation prints, above the line being typed */
#include "screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "print.h"
#include "wrap.h"

int qf_screen_init(struct qf_screen *s, bool json)
{
	*s = (struct qf_screen){ .json = json,
		                 .wraps = !json && isatty(STDOUT_FILENO) };
	s->events = open_memstream(&s->text, &s->len);
	s->page = json ? fopen("/dev/null", "we") : s->events;
	if (s->page && s->events)
		return QF_OK;
	qf_screen_fini(s);
	return QF_E_NOMEM;
}

void qf_screen_fini(struct qf_screen *s)
{
	if (s->page && s->page != s->events)
		fclose(s->page);
	if (s->events)
		fclose(s->events);
	free(s->text);
}

FILE *qf_screen_system(struct qf_screen *s)
{
	FILE *to = s->json ? stderr : s->page;

	fputs(s->json ? "quickfi: " : "System: ", to);
	return to;
}

void qf_screen_say(struct qf_screen *s, const char *format, ...)
{
	FILE *to = qf_screen_system(s);
	va_list args;

	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	putc('\n', to);
}

bool qf_screen_flush(struct qf_screen *s)
{
	size_t columns = s->wraps ? (size_t)qf_terminal_columns() : 0;
	bool taken;

	if (fflush(s->events))
		return false;
	if (!s->len)
		return true;
	if (s->terminal)
		qf_terminal_hide(s->terminal);
	qf_wrap(stdout, qf_bytes(s->text, s->len), columns);
	taken = qf_print_done(stdout);
	rewind(s->events);
	if (s->terminal)
		qf_terminal_show(s->terminal);
	return taken;
}
