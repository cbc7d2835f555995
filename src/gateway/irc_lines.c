/* irc_lines.c - one message of several lines: a batch that a client types
 *
 * The happy path: BATCH + says to whom, the lines that follow have its
 * reference, and BATCH - says the whole as one message. Nothing else may stand
 * in between; what does not fit makes it fail, once, and what still comes of it
 * is passed over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irc_state.h"

void qf_irc_lines_free(struct qf_irc *irc)
{
	struct qf_irc_lines *m = irc->lines;

	irc->lines = NULL;
	if (!m)
		return;
	qf_buf_fini(&m->tags);
	qf_buf_fini(&m->text);
	qf_buf_fini(&m->joins);
	free(m);
}

static void refuse(struct qf_irc *irc, const char *why)
{
	struct qf_irc_lines *m = irc->lines;

	qf_irc_label_begin(irc, m->label);
	qf_irc_fail(irc, "BATCH %s", why);
	m->refused = true;
}

static void refuse_target(struct qf_irc *irc, const char *target)
{
	struct qf_irc_lines *m = irc->lines;

	qf_irc_label_begin(irc, m->label);
	qf_irc_fail(irc,
	            "BATCH MULTILINE_INVALID_TARGET %s %s :That is another "
	            "target",
	            m->target, target);
	m->refused = true;
}

static void add(struct qf_irc *irc, const struct qf_irc_line *l, bool joins)
{
	struct qf_irc_lines *m = irc->lines;
	const char *text = l->count > 1 ? l->params[1] : "";
	char at[24];

	snprintf(m->command, sizeof m->command, "%.7s", l->command);
	if (m->count++) {
		if (!joins)
			qf_put_u8(&m->text, '\n');
		snprintf(at, sizeof at, "%s%zu", m->joins.len ? "," : "",
		         m->text.len);
		if (joins)
			qf_put_raw(&m->joins, at, strlen(at));
	}
	qf_put_raw(&m->text, text, strlen(text));
	if (m->count > QF_IRC_LINES_COUNT)
		refuse(irc, "MULTILINE_MAX_LINES 32 :Too many lines");
	else if (m->text.len > QF_IRC_LINES_BYTES)
		refuse(irc, "MULTILINE_MAX_BYTES 4096 :Too long");
}

static void take(struct qf_irc *irc, const struct qf_irc_line *l)
{
	struct qf_irc_lines *m = irc->lines;
	char none[2];
	bool joins = qf_irc_tag(l->tags, "draft/multiline-concat", none,
	                        sizeof none);

	if (!qf_irc_is_talk(l))
		refuse(irc, "MULTILINE_INVALID :Only messages may be in it");
	else if (!l->count)
		refuse(irc, "MULTILINE_INVALID :There is no target");
	else if (!qf_nick_equal(l->params[0], m->target))
		refuse_target(irc, l->params[0]);
	else if (m->count && strcmp(l->command, m->command))
		refuse(irc, "MULTILINE_INVALID :That is another command");
	else if (joins && (l->count < 2 || !l->params[1][0]))
		refuse(irc, "MULTILINE_INVALID :Nothing to join");
	else
		add(irc, l, joins);
}

bool qf_irc_take_line(struct qf_irc *irc, const struct qf_irc_line *l)
{
	struct qf_irc_lines *m = irc->lines;
	char ref[sizeof m->ref];

	if (!irc->guest || !qf_irc_has(irc, QF_IRC_CAP_MULTILINE) ||
	    !qf_irc_tag(l->tags, "batch", ref, sizeof ref))
		return false;
	if (!m || strcmp(ref, m->ref)) {
		qf_irc_fail(irc, "BATCH MULTILINE_INVALID :There is no such "
		                 "batch");
		return true;
	}
	/* What is answered is answered with the label of the whole. */
	irc->labelled = false;
	if (!m->refused)
		take(irc, l);
	return true;
}

static void begin(struct qf_irc *irc, const struct qf_irc_line *l)
{
	struct qf_irc_lines *m;

	if (strlen(l->params[0]) > sizeof m->ref) {
		qf_irc_fail(irc, "BATCH MULTILINE_INVALID :That reference is "
		                 "too long");
		return;
	}
	if (irc->lines && !irc->lines->refused) {
		char label[QF_IRC_LABEL_BYTES + 1];

		snprintf(label, sizeof label, "%s",
		         irc->labelled ? irc->label : "");
		refuse(irc, "MULTILINE_INVALID :Another has begun");
		qf_irc_label_end(irc);
		qf_irc_label_begin(irc, label);
	}
	qf_irc_lines_free(irc);
	irc->lines = m = calloc(1, sizeof *m);
	if (!m) {
		irc->hall->carry->bad = true;
		return;
	}
	snprintf(m->ref, sizeof m->ref, "%s", l->params[0] + 1);
	qf_irc_cut(m->target, sizeof m->target, l->params[2]);
	snprintf(m->label, sizeof m->label, "%s",
	         irc->labelled ? irc->label : "");
	qf_irc_client_tags(l->tags, &m->tags);
	irc->labelled = false;
}

static bool is_blank(const struct qf_buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->at[i] != '\n')
			return false;
	return true;
}

static void end(struct qf_irc *irc)
{
	struct qf_irc_lines *m = irc->lines;

	if (m->refused) {
		qf_irc_lines_free(irc);
		return;
	}
	if (*m->label)
		qf_irc_label_begin(irc, m->label);
	qf_put_u8(&m->text, 0);
	qf_put_u8(&m->tags, 0);
	qf_put_u8(&m->joins, 0);
	m->text.len--;
	if (m->text.bad || m->tags.bad || m->joins.bad)
		irc->hall->carry->bad = true;
	else if (!m->count || is_blank(&m->text))
		qf_irc_fail(irc, "BATCH MULTILINE_INVALID :There is no text");
	else
		qf_irc_say_lines(irc, m);
	qf_irc_lines_free(irc);
}

void qf_irc_batch(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *ref = l->params[0];

	if (*ref == '+' && l->count > 2 &&
	    !strcmp(l->params[1], "draft/multiline") &&
	    qf_irc_has(irc, QF_IRC_CAP_MULTILINE))
		begin(irc, l);
	else if (*ref == '-' && irc->lines && !strcmp(ref + 1, irc->lines->ref))
		end(irc);
	else if (*ref == '+')
		qf_irc_fail(irc, "BATCH UNKNOWN_TYPE %s :No such batch",
		            l->count > 1 ? l->params[1] : "*");
}
