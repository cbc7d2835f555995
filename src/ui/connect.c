/* connect.c - the command connect: a link to an address, and who is there
 *
 * The happy path: the node is told to dial; news says who answered, or a
 * status does, if they were linked already. A node in this process then stays
 * SETTLE_MS, so that both take what is new, and remembers the address. It can
 * fail: the address cannot be reached, or says nothing within OUTCOME_MS; a
 * node that goes on keeps trying.
 */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "print.h"

enum { OUTCOME_MS = 10000, SETTLE_MS = 2000 };

static bool is_at(const struct qf_address *address, struct qf_bytes host,
                  uint64_t port)
{
	return port == address->port && qf_reply_is(host, address->host);
}

static enum qf_outcome tell_node(struct qf_stream *s,
                                 const struct qf_address *address)
{
	uint64_t id = qf_stream_id(s);
	struct qf_buf request;
	struct qf_reply done;
	enum qf_outcome end;

	qf_buf_init(&request, 0);
	qf_request_connect(&request, id, address);
	end = qf_ask(s, id, &request, &done);
	qf_buf_fini(&request);
	if (!end)
		qf_reply_fini(&done);
	return end;
}

static bool show(const struct qf_reply_link *l, bool json)
{
	struct qf_buf line;

	if (json) {
		qf_buf_init(&line, 0);
		qf_line_linked(&line, l);
		fwrite(line.at, 1, line.len, stdout);
		qf_buf_fini(&line);
		return qf_print_done(stdout);
	}
	printf("linked with ");
	qf_print_word(stdout, l->name);
	printf(" at ");
	qf_print_word(stdout, l->address);
	printf(" port %llu\ncompare these words with theirs: ",
	       (unsigned long long)l->port);
	qf_print_word(stdout, l->words);
	putchar('\n');
	return qf_print_done(stdout);
}

/* A reply may tell what became of the address. True: *end is the outcome. */
static bool take(const struct qf_address *address, const struct qf_reply *reply,
                 bool json, enum qf_outcome *end)
{
	struct qf_reply_link fresh = qf_reply_link(reply);
	const struct qf_reply_link *found = NULL;

	if (reply->kind == QF_REPLY_LINKED &&
	    is_at(address, reply->address, reply->port))
		found = &fresh;
	for (size_t i = 0; i < reply->link_count && !found; i++)
		if (is_at(address, reply->links[i].address,
		          reply->links[i].port))
			found = &reply->links[i];
	if (found) {
		*end = show(found, json) ? QF_GOOD : QF_DISK;
		return true;
	}
	if (reply->kind != QF_REPLY_UNREACHABLE ||
	    !is_at(address, reply->address, reply->port))
		return false;
	qf_complain("%s port %u cannot be reached: %.*s", address->host,
	            address->port, (int)reply->why.len,
	            (const char *)reply->why.at);
	*end = QF_UNAVAILABLE;
	return true;
}

static enum qf_outcome give_up(const struct qf_stream *s,
                               const struct qf_address *address)
{
	qf_complain("%s port %u has not answered yet%s", address->host,
	            address->port, s->own ? "" : "; the node keeps trying");
	return QF_NOT_YET;
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
			over = take(address, &reply, json, &end);
			qf_reply_fini(&reply);
			break;
		case QF_STREAM_TIMEOUT:
			return give_up(s, address);
		case QF_STREAM_LOST:
			return qf_complain_lost(s->why);
		case QF_STREAM_RENEWED:
			qf_complain("the node went away; connect again");
			return QF_NOT_YET;
		default:
			over = true;
		}
	}
	return end;
}

static void settle(struct qf_stream *s)
{
	uint64_t deadline_ms = qf_stream_now() + SETTLE_MS;
	struct qf_reply reply;

	while (qf_stream_wait(s, -1, deadline_ms, &reply) == QF_STREAM_REPLY)
		qf_reply_fini(&reply);
}

enum qf_outcome qf_connect_run(struct qf_stream *s,
                               const struct qf_address *address, bool json)
{
	enum qf_outcome end;

	qf_request_plain(&s->out, qf_stream_id(s), "watch");
	end = tell_node(s, address);
	if (end)
		return end;
	/* Whoever is linked already makes no news. */
	qf_request_plain(&s->out, qf_stream_id(s), "status");
	end = await_outcome(s, address, json);
	if (!end && s->own)
		settle(s);
	return end;
}
