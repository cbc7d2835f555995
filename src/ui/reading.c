/* reading.c - one room read through ends of nodes, each line once */
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask(struct qf_reading *r)
{
	struct qf_stream *s = r->stream;

	r->re = qf_stream_id(s);
	if (r->live)
		qf_request_after(&s->out, r->re, r->room, r->cursor);
	else
		qf_request_last(&s->out, r->re,
		                r->follows ? "follow" : "history", r->room,
		                r->last);
}

void qf_reading_begin(struct qf_reading *r, struct qf_stream *stream,
                      const char *room, uint64_t last, bool follows)
{
	*r = (struct qf_reading){ .stream = stream,
		                  .last = last,
		                  .follows = follows };
	snprintf(r->room, sizeof r->room, "%s", room);
	ask(r);
}

static void forget_given(struct qf_reading *r)
{
	free(r->given);
	r->given = NULL;
	r->given_count = r->given_cap = r->given_before = 0;
}

void qf_reading_end(struct qf_reading *r)
{
	forget_given(r);
}

/* FNV-1a, 64 bits: enough to tell a screen's lines apart. */
static uint64_t hash(struct qf_bytes id)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ id.at[i]) * 0x100000001b3;
	return h;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/* Without memory a line may be shown twice after an end, which is better than
 * not at all. */
static void remember(struct qf_reading *r, uint64_t id)
{
	if (r->given_count == r->given_cap) {
		size_t cap = r->given_cap ? r->given_cap * 2 : 64;
		uint64_t *more = realloc(r->given, cap * sizeof *more);

		if (!more)
			return;
		r->given = more;
		r->given_cap = cap;
	}
	r->given[r->given_count++] = id;
}

static bool is_many(const struct qf_reading *r)
{
	return !strcmp(r->room, "@");
}

static enum qf_reading_word take_new(struct qf_reading *r,
                                     const struct qf_reply *reply)
{
	uint64_t id = hash(reply->id);

	if (r->given_before &&
	    bsearch(&id, r->given, r->given_before, sizeof id, compare))
		return QF_READING_PASS;
	remember(r, id);
	return QF_READING_LINE;
}

/* The line that was taken back is not given, so nobody is told that it was. */
static enum qf_reading_word take_past(struct qf_reading *r,
                                      const struct qf_reply *reply)
{
	return reply->kind == QF_REPLY_TAKEN_BACK ? QF_READING_PASS
	                                          : take_new(r, reply);
}

static bool is_here(const struct qf_reading *r, const struct qf_reply *reply)
{
	if (is_many(r))
		return reply->direct;
	return qf_reply_is(reply->room, r->room);
}

static enum qf_reading_word take_live(struct qf_reading *r,
                                      const struct qf_reply *reply)
{
	if (is_many(r))
		return take_new(r, reply);
	if (reply->lsn <= r->cursor)
		return QF_READING_PASS;
	r->cursor = reply->lsn;
	return QF_READING_LINE;
}

static enum qf_reading_word take_following(struct qf_reading *r,
                                           const struct qf_reply *reply)
{
	if (r->live)
		return QF_READING_PASS;
	r->live = true;
	r->cursor = reply->lsn;
	if (reply->room.len)
		snprintf(r->room, sizeof r->room, "%.*s", (int)reply->room.len,
		         (const char *)reply->room.at);
	if (!is_many(r))
		forget_given(r);
	return QF_READING_LIVE;
}

/* A node that stops says so, and goes: then all is asked again. */
static enum qf_reading_word take_error(const struct qf_reply *reply)
{
	if (qf_reply_is(reply->code, "stopping"))
		return QF_READING_PASS;
	return QF_READING_REFUSED;
}

enum qf_reading_word qf_reading_take(struct qf_reading *r,
                                     const struct qf_reply *reply)
{
	bool ours = reply->has_re && reply->re == r->re;

	switch (reply->kind) {
	case QF_REPLY_TEXT:
	case QF_REPLY_RENAME:
	case QF_REPLY_TAKEN_BACK:
		if (ours)
			return take_past(r, reply);
		return r->live && !reply->has_re && is_here(r, reply)
		               ? take_live(r, reply)
		               : QF_READING_NOT_OURS;
	case QF_REPLY_FOLLOWING:
		return ours ? take_following(r, reply) : QF_READING_NOT_OURS;
	case QF_REPLY_END:
		return ours ? QF_READING_END : QF_READING_NOT_OURS;
	case QF_REPLY_ERROR:
		return ours ? take_error(reply) : QF_READING_NOT_OURS;
	default:
		return QF_READING_NOT_OURS;
	}
}

void qf_reading_renew(struct qf_reading *r)
{
	if (r->given_count)
		qsort(r->given, r->given_count, sizeof *r->given, compare);
	r->given_before = r->given_count;
	ask(r);
}
