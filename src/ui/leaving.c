/* leaving.c - what is said to who leaves before all of it is stored */
#include "leaving.h"

#include <stdio.h>

#include "outcome.h"

bool qf_leaving_look(struct qf_leaving *l, const struct qf_saying *w,
                     uint64_t now_ms, char words[QF_LEAVING_BYTES])
{
	if (!l->waits)
		l->since_ms = now_ms;
	l->waits = true;
	if (l->told || now_ms - l->since_ms < QF_LEAVING_PATIENCE_MS)
		return false;
	l->told = true;
	if (!w->count)
		snprintf(words, QF_LEAVING_BYTES,
		         "waiting up to %d seconds for an answer of the node; "
		         "Ctrl-C leaves at once",
		         QF_SAYING_MS / 1000);
	else
		snprintf(words, QF_LEAVING_BYTES,
		         "waiting up to %d seconds until what you said is "
		         "stored (%zu line%s); Ctrl-C leaves at once, and %s",
		         QF_SAYING_MS / 1000, w->count,
		         w->count == 1 ? "" : "s",
		         w->stream->own ? "then it is lost"
		                        : "the node that runs keeps trying");
	return true;
}

uint64_t qf_leaving_deadline(const struct qf_leaving *l)
{
	return l->waits ? l->since_ms + QF_SAYING_MS : QF_NEVER;
}

uint64_t qf_leaving_wake(const struct qf_leaving *l)
{
	return l->waits && !l->told ? l->since_ms + QF_LEAVING_PATIENCE_MS
	                            : QF_NEVER;
}

void qf_leaving_complain(const struct qf_saying *w)
{
	if (w->count && !w->stream->own)
		qf_complain("the node that has %s keeps trying as long as it "
		            "runs: look with quickfi history before you repeat "
		            "%s",
		            w->count == 1 ? "it" : "them",
		            w->count == 1 ? "it" : "them");
}
