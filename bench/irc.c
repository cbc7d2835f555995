/* irc.c - a link as a client of IRC: how it comes in, speaks and hears */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum { HEAD_CHARS = 16 }; /* author and number, eight digits each */

bool is_irc(const struct world *w)
{
	return w->kind == WORLD_IRC_TLS || w->kind == WORLD_IRC_PLAIN;
}

size_t irc_greeting(const struct link *l, char *out, size_t cap)
{
	const struct world *w = l->crew->world;

	return (size_t)snprintf(out, cap, "NICK b%u\r\nUSER b 0 * :b\r\n%s%s%s",
	                        w->first + l->number, w->visits ? "" : "JOIN ",
	                        w->visits ? "" : l->hall->name,
	                        w->visits ? "" : "\r\n");
}

static bool begins(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && !memcmp(at, word, len);
}

/* The last line of what a guest is told who is in. */
static bool is_in(const struct link *l, const char *rest, const char *end)
{
	return l->crew->world->visits
	               ? begins(rest, end, "422 ") || begins(rest, end, "376 ")
	               : begins(rest, end, "366 ");
}

/* ":mask PRIVMSG #room :text", or ":server 366 nick #room :..." */
static void hear_line(struct link *l, const char *at, const char *end)
{
	const char *rest = memchr(at, ' ', (size_t)(end - at));
	char head[HEAD_CHARS + 1] = "";
	unsigned long author, seq;

	if (!rest++)
		return;
	if (is_in(l, rest, end)) {
		link_ready(l);
		return;
	}
	if (begins(at, end, "ERROR ") && l->state != LINK_LEAVING)
		die("the node says %.*s", (int)(end - at), at);
	if (!begins(rest, end, "PRIVMSG "))
		return;
	rest = memchr(rest, ':', (size_t)(end - rest));
	if (!rest || end - rest <= HEAD_CHARS)
		die("the node sent something else");
	memcpy(head, rest + 1, HEAD_CHARS);
	seq = strtoul(head + HEAD_CHARS / 2, NULL, 16);
	head[HEAD_CHARS / 2] = '\0';
	author = strtoul(head, NULL, 16);
	if (author >= l->hall->author_count)
		die("nobody said that");
	hear(l, (unsigned)author, seq);
}

size_t heard_irc(struct link *l, struct qf_bytes in)
{
	const char *at = (const char *)in.at, *end = at + in.len, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		hear_line(l, at, newline);
		at = newline + 1;
	}
	return in.len - (size_t)(end - at);
}
