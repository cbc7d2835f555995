/* nick.c - names as guests may have them, and as all names are compared */
#include "nick.h"

#include <stdio.h>
#include <string.h>

#include "core/room.h"
#include "irc_line.h"

bool qf_nick_fold(const char *name, char *out, size_t cap)
{
	return !qf_name_look(qf_bytes(name, strlen(name)), out, cap);
}

/* A short one is its own key. */
void qf_nick_key(const char *folded, struct qf_hash *out)
{
	size_t len = strlen(folded);

	if (len > sizeof out->b) {
		qf_hash_data(out, "QF1guest", folded, len);
		return;
	}
	memset(out->b, 0, sizeof out->b);
	memcpy(out->b, folded, len);
}

bool qf_nick_is_good(const char *nick)
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];
	char folded[QF_NICK_BYTES_MAX + 1];
	size_t len = strlen(nick);

	return len <= QF_NICK_BYTES_MAX && !strpbrk(nick, " ,*?!@.:()") &&
	       !strchr("$&~+%-0123456789", nick[0]) &&
	       !qf_user_name_check(qf_bytes(nick, len), checked) &&
	       !strcmp(checked, nick) &&
	       qf_nick_fold(nick, folded, sizeof folded) &&
	       !strstr(folded, "·");
}

bool qf_nick_equal(const char *a, const char *b)
{
	char a_folded[QF_USER_NAME_BYTES_MAX + 8], b_folded[sizeof a_folded];

	return qf_nick_fold(a, a_folded, sizeof a_folded) &&
	       qf_nick_fold(b, b_folded, sizeof b_folded) &&
	       !strcmp(a_folded, b_folded);
}

void qf_nick_show(const char *name, char *out, size_t cap)
{
	char typed[QF_USER_NAME_BYTES_MAX + 1];
	char checked[QF_USER_NAME_BYTES_MAX + 1];
	size_t len;

	snprintf(typed, sizeof typed, "%s", name);
	for (char *c = typed; *c; c++)
		if (*c == ' ')
			*c = '_';
	if (qf_user_name_check(qf_bytes(typed, strlen(typed)), checked))
		checked[0] = '\0';
	len = qf_irc_fit(qf_bytes(checked, strlen(checked)), cap - 1);
	memcpy(out, checked, len);
	out[len] = '\0';
	for (char *c = out; *c; c++)
		if (strchr(" ,*?!@:", *c) || (c == out && strchr("$&~+%", *c)))
			*c = '_';
	if (!out[0])
		snprintf(out, cap, "_");
}
