/* saying.c - what is said, until all of it is stored */
#include "saying.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

static void ask_join(struct qf_saying *w)
{
	if (!w->room)
		return;
	w->join = qf_stream_id(w->stream);
	qf_request_room(&w->stream->out, w->join, "join", w->room);
}

void qf_saying_begin(struct qf_saying *w, struct qf_stream *stream,
                     const char *room)
{
	*w = (struct qf_saying){ .stream = stream, .room = room };
	ask_join(w);
}

void qf_saying_end(struct qf_saying *w)
{
	while (w->count)
		qf_shared_unref(w->lines[--w->count].request);
}

static void send_line(struct qf_saying *w, const struct qf_saying_line *line)
{
	qf_put_raw(&w->stream->out, line->request->at, line->request->len);
}

int qf_saying_say(struct qf_saying *w, const struct qf_saying_way *way,
                  struct qf_bytes text, uint64_t number)
{
	struct qf_saying_line line = { .re = qf_stream_id(w->stream),
		                       .number = number,
		                       .said_ms = qf_stream_now() };
	struct qf_nonce nonce;
	struct qf_buf request;
	int rc;

	assert(w->count < QF_SAYING_MAX);
	if (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce)
		return QF_E_IO;
	qf_buf_init(&request, 0);
	rc = way->request(&request, line.re, way->whom, text, &nonce);
	if (!rc && !request.bad)
		line.request = qf_shared_new(request.at, request.len);
	qf_buf_fini(&request);
	if (rc)
		return rc;
	if (!line.request)
		return QF_E_NOMEM;
	w->lines[w->count++] = line;
	send_line(w, &line);
	return QF_OK;
}

static void remove_line(struct qf_saying *w, size_t i)
{
	qf_shared_unref(w->lines[i].request);
	w->count--;
	memmove(&w->lines[i], &w->lines[i + 1],
	        (w->count - i) * sizeof *w->lines);
}

static enum qf_saying_word take_answer(struct qf_saying *w, size_t i,
                                       const struct qf_reply *reply,
                                       uint64_t *number)
{
	/* A node that stops refuses, and goes: the next one is asked. */
	if (reply->kind == QF_REPLY_ERROR &&
	    qf_reply_is(reply->code, "stopping"))
		return QF_SAYING_PASS;
	if (reply->kind != QF_REPLY_ERROR && reply->kind != QF_REPLY_STORED &&
	    reply->kind != QF_REPLY_QUEUED)
		return QF_SAYING_PASS;
	*number = w->lines[i].number;
	remove_line(w, i);
	return reply->kind == QF_REPLY_STORED   ? QF_SAYING_STORED
	       : reply->kind == QF_REPLY_QUEUED ? QF_SAYING_QUEUED
	                                        : QF_SAYING_REFUSED;
}

static enum qf_saying_word take_join(struct qf_saying *w,
                                     const struct qf_reply *reply)
{
	if (reply->kind == QF_REPLY_ERROR)
		return qf_reply_is(reply->code, "stopping") ? QF_SAYING_PASS
		                                            : QF_SAYING_NO_ROOM;
	if (w->joined)
		return QF_SAYING_PASS;
	w->joined = true;
	return QF_SAYING_JOINED;
}

enum qf_saying_word qf_saying_take(struct qf_saying *w,
                                   const struct qf_reply *reply,
                                   uint64_t *number)
{
	if (!reply->has_re)
		return QF_SAYING_NOT_OURS;
	if (w->room && reply->re == w->join)
		return take_join(w, reply);
	for (size_t i = 0; i < w->count; i++)
		if (w->lines[i].re == reply->re)
			return take_answer(w, i, reply, number);
	return QF_SAYING_NOT_OURS;
}

void qf_saying_renew(struct qf_saying *w)
{
	ask_join(w);
	for (size_t i = 0; i < w->count; i++)
		send_line(w, &w->lines[i]);
}

uint64_t qf_saying_deadline(const struct qf_saying *w)
{
	return w->count ? w->lines[0].said_ms + QF_SAYING_MS : QF_NEVER;
}
