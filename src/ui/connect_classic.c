/* connect_classic.c - connect --classic: a host of the original's protocol
 *
 * The happy path: the node is told to go there; the news that it is here is the
 * outcome. A node in this process is the way to it, so it stays until stopped.
 * It can fail: nobody listens there, which after its first client is a classic
 * host's way; or what listens is none.
 */
#include <stdio.h>
#include <string.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "notices.h"
#include "print.h"

enum { OUTCOME_MS = 20000 };

static enum qf_outcome ask(struct qf_stream *s,
                           const struct qf_address *address, const char *room)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply done;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	qf_request_classic_call(&request, id, address, room);
	end = qf_ask(s, id, &request, &done);
	qf_buf_fini(&request);
	if (!end)
		qf_reply_fini(&done);
	return end;
}

/* True: *end is what became of it. */
static bool take(const struct qf_reply *news, const struct qf_address *address,
                 bool json, enum qf_outcome *end)
{
	bool came = news->kind == QF_REPLY_CLASSIC_CAME;

	if ((!came && news->kind != QF_REPLY_UNREACHABLE) ||
	    news->port != address->port ||
	    !qf_reply_is(news->address, address->host))
		return false;
	if (!came) {
		qf_complain("%s port %u cannot be reached: %.*s", address->host,
		            address->port, (int)news->why.len,
		            (const char *)news->why.at);
		*end = QF_UNAVAILABLE;
		return true;
	}
	if (!json)
		qf_notice_news(stdout, "", news);
	*end = (json ? qf_lines_raw(stdout, news) : qf_print_done(stdout))
	               ? QF_GOOD
	               : QF_DISK;
	return true;
}

static enum qf_outcome
await_outcome(struct qf_stream *s, const struct qf_address *address, bool json)
{
	uint64_t deadline_ms = qf_stream_now() + OUTCOME_MS;
	enum qf_outcome end = QF_NOT_YET;
	struct qf_reply reply;
	bool over = false;

	while (!over) {
		switch (qf_stream_wait(s, -1, deadline_ms, &reply)) {
		case QF_STREAM_REPLY:
			over = take(&reply, address, json, &end);
			qf_reply_fini(&reply);
			break;
		case QF_STREAM_TIMEOUT:
			qf_complain("%s port %u has not answered yet",
			            address->host, address->port);
			return QF_NOT_YET;
		case QF_STREAM_LOST:
			return qf_complain_lost(s->why);
		default:
			return QF_NOT_YET;
		}
	}
	return end;
}

/* Until it is stopped, or that guest has left. */
static void stay(struct qf_stream *s)
{
	enum qf_stream_event what = QF_STREAM_REPLY;
	struct qf_reply reply;
	bool left = false;

	while (what == QF_STREAM_REPLY && !left) {
		what = qf_stream_wait(s, -1, QF_NEVER, &reply);
		if (what != QF_STREAM_REPLY)
			break;
		left = reply.kind == QF_REPLY_CLASSIC_LEFT;
		qf_reply_fini(&reply);
	}
}

enum qf_outcome qf_connect_classic(struct qf_stream *s,
                                   const struct qf_address *address,
                                   const char *room, bool json)
{
	enum qf_outcome end;

	qf_request_plain(&s->out, qf_stream_id(s), "watch");
	end = ask(s, address, room);
	if (!end)
		end = await_outcome(s, address, json);
	if (!end && s->own)
		stay(s);
	return end;
}
