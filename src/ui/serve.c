/* serve.c - the command serve: a node, and what happens to it as news
 *
 * It prints who it is and where it listens, then each link that comes or goes.
 * What is said in rooms is for tail, and who has copies of it for send.
 */
#include <stdio.h>

#include "asking.h"
#include "commands.h"
#include "lines.h"
#include "notices.h"
#include "print.h"

static void print_json(const struct qf_reply *status)
{
	struct qf_buf lines;

	qf_buf_init(&lines, 0);
	qf_line_listening(&lines, status);
	if (status->notice.len)
		qf_line_notice(&lines, status->notice);
	for (size_t i = 0; i < status->link_count; i++)
		qf_line_linked(&lines, &status->links[i]);
	for (size_t i = 0; i < status->unreachable_count; i++)
		qf_line_unreachable(&lines, &status->unreachable[i]);
	fwrite(lines.at, 1, lines.len, stdout);
	qf_buf_fini(&lines);
}

/* A link may be there already, or have failed; later ones are news. */
static bool print_beginning(const struct qf_reply *status, uint64_t wanted_port,
                            bool json)
{
	if (json) {
		print_json(status);
		return qf_print_done(stdout);
	}
	qf_notice_status(stdout, "", status, wanted_port);
	for (size_t i = 0; i < status->link_count; i++)
		qf_notice_link(stdout, "", &status->links[i]);
	for (size_t i = 0; i < status->unreachable_count; i++)
		qf_notice_unreachable(stdout, "", &status->unreachable[i]);
	return qf_print_done(stdout);
}

static bool print_news(const struct qf_reply *news, bool json)
{
	if (news->has_re || news->kind == QF_REPLY_COPIES)
		return true;
	if (json)
		return qf_lines_raw(stdout, news);
	qf_notice_news(stdout, "", news);
	return qf_print_done(stdout);
}

static bool is_refusal(const struct qf_reply *reply)
{
	return reply->has_re && reply->kind == QF_REPLY_ERROR;
}

/* What comes of it is news, and a refusal ends us. */
static void let_others_in(struct qf_stream *s, const struct qf_serve_options *o)
{
	if (o->classic_port)
		qf_request_classic_host(&s->out, qf_stream_id(s),
		                        o->classic_port, o->classic_room);
	for (size_t i = 0; i < o->irc_count; i++)
		qf_request_irc_host(&s->out, qf_stream_id(s), o->irc_ports[i]);
}

/* It serves others too, so it does not end when nobody reads what it prints. */
static enum qf_outcome tell_news(struct qf_stream *s,
                                 const struct qf_serve_options *o)
{
	enum qf_outcome end = QF_GOOD;
	bool heard = true;
	struct qf_reply reply;

	for (;;) {
		switch (qf_stream_wait(s, -1, QF_NEVER, &reply)) {
		case QF_STREAM_REPLY:
			if (is_refusal(&reply))
				end = qf_complain_error(&reply);
			else if (heard)
				heard = print_news(&reply, o->json);
			qf_reply_fini(&reply);
			if (end)
				return end;
			break;
		case QF_STREAM_RENEWED:
			qf_request_plain(&s->out, qf_stream_id(s), "watch");
			let_others_in(s, o);
			break;
		case QF_STREAM_STOPPED:
			return QF_GOOD;
		case QF_STREAM_LOST:
			qf_complain("%s", s->why);
			return QF_SOFTWARE;
		default:
			break;
		}
	}
}

enum qf_outcome qf_serve_run(struct qf_stream *s,
                             const struct qf_serve_options *o)
{
	struct qf_reply status;
	enum qf_outcome end;

	/* What the status does not tell comes as news after it. */
	qf_request_plain(&s->out, qf_stream_id(s), "watch");
	end = qf_ask_plain(s, "status", &status);
	if (end)
		return end;
	print_beginning(&status, o->wanted_port, o->json);
	qf_reply_fini(&status);
	let_others_in(s, o);
	return tell_news(s, o);
}
