/* tally.c - on how many other nodes each line that we said is kept */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

void qf_tally_fini(struct qf_tally *t)
{
	free(t->lines);
	free(t->drafts);
	*t = (struct qf_tally){ 0 };
}

int qf_tally_queued(struct qf_tally *t, const struct qf_reply *queued)
{
	size_t cap = t->draft_cap ? t->draft_cap * 2 : 64;
	uint64_t *more;

	if (t->draft_count == t->draft_cap) {
		more = realloc(t->drafts, cap * sizeof *more);
		if (!more)
			return QF_E_NOMEM;
		t->drafts = more;
		t->draft_cap = cap;
	}
	t->drafts[t->draft_count++] = queued->draft;
	return QF_OK;
}

size_t qf_tally_count(const struct qf_tally *t)
{
	return t->count + t->draft_count;
}

static bool has_id(const struct qf_tally_line *line, struct qf_bytes id)
{
	return id.len == sizeof line->id && !memcmp(line->id, id.at, id.len);
}

static bool grow(struct qf_tally *t)
{
	size_t cap = t->cap ? t->cap * 2 : 64;
	struct qf_tally_line *more = realloc(t->lines, cap * sizeof *more);

	if (!more)
		return false;
	t->lines = more;
	t->cap = cap;
	return true;
}

int qf_tally_stored(struct qf_tally *t, const struct qf_reply *stored)
{
	struct qf_tally_line line = { .lsn = stored->lsn };
	size_t i = t->count;

	if (stored->id.len != sizeof line.id)
		return QF_OK;
	if (t->count == t->cap && !grow(t))
		return QF_E_NOMEM;
	memcpy(line.id, stored->id.at, sizeof line.id);
	for (; i && t->lines[i - 1].lsn > line.lsn; i--) {
		t->lines[i] = t->lines[i - 1];
		line.copies = t->lines[i].copies;
	}
	t->lines[i] = line;
	t->count++;
	return QF_OK;
}

/* The index of a line, or count. News comes in the order of the lines, so the
 * one after the last that was found is mostly it. */
static size_t find(struct qf_tally *t, struct qf_bytes id)
{
	for (size_t n = 0; n < t->count; n++) {
		size_t i = (t->next + n) % t->count;

		if (!has_id(&t->lines[i], id))
			continue;
		t->next = i + 1;
		return i;
	}
	return t->count;
}

static bool take_copies(struct qf_tally *t, const struct qf_reply *copies)
{
	size_t i = find(t, copies->id);

	if (i == t->count)
		return false;
	for (i++; i && t->lines[i - 1].copies < copies->n; i--)
		t->lines[i - 1].copies = copies->n;
	return true;
}

/* An answer to what was just said is the caller's. */
static bool take_stored(struct qf_tally *t, const struct qf_reply *stored)
{
	size_t i = 0;

	while (i < t->draft_count && t->drafts[i] != stored->draft)
		i++;
	if (stored->has_re || i == t->draft_count || qf_tally_stored(t, stored))
		return false;
	t->drafts[i] = t->drafts[--t->draft_count];
	return true;
}

bool qf_tally_take(struct qf_tally *t, const struct qf_reply *reply)
{
	switch (reply->kind) {
	case QF_REPLY_COPIES:
		return take_copies(t, reply);
	case QF_REPLY_STORED:
		return take_stored(t, reply);
	case QF_REPLY_LINKED:
		t->links++;
		break;
	case QF_REPLY_UNLINKED:
		t->links -= t->links > 0;
		break;
	case QF_REPLY_STATUS:
		t->links = reply->link_count;
		t->links_known = true;
		break;
	default:
		break;
	}
	return false;
}

bool qf_tally_linked_have_all(const struct qf_tally *t)
{
	return t->links_known && qf_tally_least(t) >= t->links;
}

uint64_t qf_tally_least(const struct qf_tally *t)
{
	if (t->draft_count)
		return 0;
	return t->count ? t->lines[t->count - 1].copies : UINT64_MAX;
}

size_t qf_tally_below(const struct qf_tally *t, uint64_t copies)
{
	size_t enough = t->count;

	while (enough && t->lines[enough - 1].copies < copies)
		enough--;
	return t->count - enough + t->draft_count;
}
