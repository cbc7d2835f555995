/* irc_caps.c - what an IRC client may ask for beyond the old protocol */
#include "irc_caps.h"

#include <string.h>

static const struct {
	const char *name;
	const char *value;
} caps[] = {
#define X(bit, name, value) { name, value },
	QF_IRC_CAPS(X)
#undef X
};

/* What clients asked for before it had its name. */
static const char old_monitor[] = "draft/extended-monitor";

static int find(const char *name, size_t len)
{
	if (len == strlen(old_monitor) && !memcmp(old_monitor, name, len))
		return QF_IRC_NUMBER_EXTENDED_MONITOR;
	for (int i = 0; i < QF_IRC_CAP_COUNT; i++)
		if (strlen(caps[i].name) == len &&
		    !memcmp(caps[i].name, name, len))
			return i;
	return -1;
}

bool qf_irc_caps_change(uint32_t *set, const char *list)
{
	uint32_t next = *set;

	while (*(list += strspn(list, " "))) {
		size_t len = strcspn(list, " ");
		bool off = *list == '-';
		int i = find(list + off, len - off);

		if (i < 0)
			return false;
		if (off)
			next &= ~(1u << i);
		else
			next |= 1u << i;
		list += len;
	}
	*set = next;
	return true;
}

int qf_irc_caps_next(uint32_t set, int at, bool values, struct qf_buf *to)
{
	while (at < QF_IRC_CAP_COUNT && !(set & 1u << at))
		at++;
	if (at == QF_IRC_CAP_COUNT)
		return -1;
	qf_put_raw(to, caps[at].name, strlen(caps[at].name));
	if (values && caps[at].value) {
		qf_put_u8(to, '=');
		qf_put_raw(to, caps[at].value, strlen(caps[at].value));
	}
	return at + 1;
}
