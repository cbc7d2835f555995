/* asking.c - one request, and its answer */
#include "asking.h"

enum { ANSWER_MS = 30000 };

/* A node that stops says so, and goes: then the next one is asked. */
static bool is_answer(const struct qf_reply *reply, uint64_t id)
{
	return reply->has_re && reply->re == id &&
	       !(reply->kind == QF_REPLY_ERROR &&
	         qf_reply_is(reply->code, "stopping"));
}

static enum qf_outcome wait(struct qf_stream *s, uint64_t id,
                            const struct qf_buf *request,
                            struct qf_reply *answer)
{
	uint64_t deadline_ms = qf_stream_now() + ANSWER_MS;

	for (;;) {
		switch (qf_stream_wait(s, -1, deadline_ms, answer)) {
		case QF_STREAM_REPLY:
			if (is_answer(answer, id))
				return QF_GOOD;
			qf_reply_fini(answer);
			break;
		case QF_STREAM_RENEWED:
			qf_put_raw(&s->out, request->at, request->len);
			break;
		case QF_STREAM_LOST:
			return qf_complain_lost(s->why);
		case QF_STREAM_STOPPED:
			return QF_NOT_YET;
		case QF_STREAM_TIMEOUT:
			qf_complain("the node does not answer");
			return QF_NOT_YET;
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
