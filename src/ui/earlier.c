/* earlier.c - lines that belong above what somebody has read already */
#include "earlier.h"

#include <stdio.h>

void qf_earlier_line(struct qf_earlier *e, uint64_t said_ms, bool live,
                     uint64_t now_ms)
{
	if (live && said_ms + QF_EARLIER_MS < e->newest_ms) {
		e->count++;
		e->due_ms = now_ms + QF_EARLIER_QUIET_MS;
	}
	if (said_ms > e->newest_ms)
		e->newest_ms = said_ms;
}

bool qf_earlier_look(struct qf_earlier *e, uint64_t now_ms,
                     char words[QF_EARLIER_BYTES])
{
	if (!e->count || now_ms < e->due_ms)
		return false;
	snprintf(words, QF_EARLIER_BYTES, "%llu earlier message%s arrived",
	         (unsigned long long)e->count, e->count == 1 ? "" : "s");
	e->count = 0;
	return true;
}

uint64_t qf_earlier_wake(const struct qf_earlier *e)
{
	return e->count ? e->due_ms : UINT64_MAX;
}
