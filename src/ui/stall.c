/* stall.c - an answer that others wait behind, and does not come */
#include "stall.h"

bool qf_stall_look(struct qf_stall *s, bool waits, uint64_t now_ms)
{
	if (!waits) {
		*s = (struct qf_stall){ 0 };
		return false;
	}
	if (!s->waits)
		*s = (struct qf_stall){ .waits = true, .since_ms = now_ms };
	if (s->told || now_ms - s->since_ms < QF_STALL_PATIENCE_MS)
		return false;
	s->told = true;
	return true;
}

uint64_t qf_stall_wake(const struct qf_stall *s)
{
	return s->waits && !s->told ? s->since_ms + QF_STALL_PATIENCE_MS
	                            : UINT64_MAX;
}
