/* marks.c - what is to be said about the copies of our lines, and when */
#include "marks.h"

#include <stdio.h>

static bool all_are_elsewhere(struct qf_marks *m, uint64_t copies,
                              char words[QF_MARKS_BYTES])
{
	bool tells = m->told;

	*m = (struct qf_marks){ 0 };
	if (tells)
		snprintf(words, QF_MARKS_BYTES, "(kept on %llu other%s)",
		         (unsigned long long)copies, copies == 1 ? "" : "s");
	return tells;
}

bool qf_marks_look(struct qf_marks *m, size_t only_here, uint64_t copies,
                   uint64_t now_ms, char words[QF_MARKS_BYTES])
{
	if (!only_here)
		return all_are_elsewhere(m, copies, words);
	if (!m->waits) {
		m->waits = true;
		m->since_ms = now_ms;
	}
	if (m->told || now_ms - m->since_ms < QF_MARKS_PATIENCE_MS)
		return false;
	m->told = true;
	snprintf(words, QF_MARKS_BYTES,
	         "(kept only here until another node has it)");
	return true;
}

uint64_t qf_marks_wake(const struct qf_marks *m)
{
	return m->waits && !m->told ? m->since_ms + QF_MARKS_PATIENCE_MS
	                            : UINT64_MAX;
}
