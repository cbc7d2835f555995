/* asking.c - one request, and its answer */
#include "asking.h"

enum { WHY_MS = 2000, ANSWER_MS = 30000 };

/* A node that stops says so, and goes: then the next one is asked. */
static bool is_answer(const struct qf_reply *reply, uint64_t id)
{
	return reply->has_re && reply->re == id &&
	       !(reply->kind == QF_REPLY_ERROR &&
	         qf_reply_is(reply->code, "stopping"));
}

void qf_complain_silent(const struct qf_stream *s)
{
	if (s->own || !*s->why)
		qf_complain("the node does not answer yet");
	else
		qf_complain("no answer yet: %s", s->why);
}

/* An answer that is waited for, and what is known of why it does not come. */
struct waiting {
	struct qf_stream *stream;
	uint64_t begun_ms;
	uint64_t status; /* the id that it was asked by, 0: not yet */
	bool heard;      /* that one was answered */
	bool told;       /* why it takes so long */
};

/* A node that answers this is at work, and may wait for its disk. */
static void ask_why(struct waiting *w)
{
	w->status = qf_stream_id(w->stream);
	qf_request_plain(&w->stream->out, w->status, "status");
}

static void take_status(struct waiting *w, const struct qf_reply *status)
{
	w->heard = true;
	if (status->trouble.len && !w->told)
		qf_complain("not stored yet: %.*s", (int)status->trouble.len,
		            (const char *)status->trouble.at);
	w->told = true;
}

static uint64_t wake(const struct waiting *w)
{
	if (!w->status)
		return w->begun_ms + WHY_MS;
	return w->begun_ms +
	       (w->told ? (uint64_t)ANSWER_MS : (uint64_t)QF_SILENT_MS);
}

/* True: it is given up. */
static bool is_late(struct waiting *w)
{
	if (!w->status) {
		ask_why(w);
		return false;
	}
	if (qf_stream_now() >= w->begun_ms + ANSWER_MS) {
		qf_complain(w->heard ? "that is not done yet; the node goes on "
		                       "with it"
		                     : "the node does not answer");
		return true;
	}
	if (!w->told && qf_stream_now() >= w->begun_ms + QF_SILENT_MS) {
		qf_complain_silent(w->stream);
		w->told = true;
	}
	return false;
}

static enum qf_outcome wait(struct qf_stream *s, uint64_t id,
                            const struct qf_buf *request,
                            struct qf_reply *answer)
{
	struct waiting w = { .stream = s, .begun_ms = qf_stream_now() };

	for (;;) {
		switch (qf_stream_wait(s, -1, wake(&w), answer)) {
		case QF_STREAM_REPLY:
			if (is_answer(answer, id))
				return QF_GOOD;
			if (w.status && is_answer(answer, w.status))
				take_status(&w, answer);
			qf_reply_fini(answer);
			break;
		case QF_STREAM_RENEWED:
			qf_put_raw(&s->out, request->at, request->len);
			w.status = 0;
			break;
		case QF_STREAM_LOST:
			return qf_complain_lost(s->why);
		case QF_STREAM_STOPPED:
			return QF_NOT_YET;
		case QF_STREAM_TIMEOUT:
			if (is_late(&w))
				return QF_NOT_YET;
			break;
		case QF_STREAM_INPUT:
			break;
		}
	}
}

enum qf_outcome qf_ask(struct qf_stream *s, uint64_t id,
                       const struct qf_buf *request, struct qf_reply *answer)
{
	enum qf_outcome end;

	if (request->bad)
		return QF_NO_MEMORY;
	qf_put_raw(&s->out, request->at, request->len);
	end = wait(s, id, request, answer);
	if (end || answer->kind != QF_REPLY_ERROR)
		return end;
	end = qf_complain_error(answer);
	qf_reply_fini(answer);
	return end;
}

enum qf_outcome qf_ask_plain(struct qf_stream *s, const char *verb,
                             struct qf_reply *answer)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	qf_request_plain(&request, id, verb);
	end = qf_ask(s, id, &request, answer);
	qf_buf_fini(&request);
	return end;
}
