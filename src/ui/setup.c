/* setup.c - what the command line asks of a node that was running already */
#include "asking.h"
#include "commands.h"

static enum qf_outcome ask(struct qf_stream *s, uint64_t id,
                           struct qf_buf *request)
{
	struct qf_reply answer;
	enum qf_outcome end = qf_ask(s, id, request, &answer);

	if (!end)
		qf_reply_fini(&answer);
	qf_buf_clear(request);
	return end;
}

static enum qf_outcome ask_all(struct qf_stream *s,
                               const struct qf_setup *setup,
                               struct qf_buf *request)
{
	enum qf_outcome end = QF_GOOD;
	uint64_t id;

	if (setup->name) {
		id = qf_stream_id(s);
		qf_request_name(request, id, setup->name);
		end = ask(s, id, request);
	}
	for (size_t i = 0; !end && i < setup->join_count; i++) {
		id = qf_stream_id(s);
		qf_request_room(request, id, "join", setup->join[i]);
		end = ask(s, id, request);
	}
	for (size_t i = 0; !end && i < setup->connect_count; i++) {
		id = qf_stream_id(s);
		qf_request_connect(request, id, &setup->connect[i]);
		end = ask(s, id, request);
	}
	return end;
}

enum qf_outcome qf_setup_run(struct qf_stream *s, const struct qf_setup *setup)
{
	struct qf_buf request;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	end = ask_all(s, setup, &request);
	qf_buf_fini(&request);
	return end;
}
