/* acks.c - what of that which a link carries is stored at its ends */
#include "acks.h"

#include <string.h>

enum { ASK_ACK_MS = 250 };

static void tell_progress(struct qf_session *s, const struct qf_mark *mark)
{
	struct qf_event *ev = qf_carry_tell(s->carry, QF_EV_PROGRESS, s->conn);

	if (!ev)
		return;
	ev->key = s->peer;
	ev->room = mark->talk->room->id;
	ev->number = mark->lsn;
}

/* The marks that the peer has reached by now. */
static void reach_marks(struct qf_session *s)
{
	size_t reached = 0;

	while (reached < s->mark_count && s->marks[reached].named <= s->acked &&
	       s->marks[reached].announced <= s->reached)
		tell_progress(s, &s->marks[reached++]);
	s->mark_count -= reached;
	memmove(s->marks, s->marks + reached,
	        s->mark_count * sizeof s->marks[0]);
}

void qf_acks_ack(struct qf_session *s, struct qf_bytes payload)
{
	uint64_t n;

	if (!qf_number_get(payload, &n) || n > s->named || n < s->acked) {
		qf_session_blame(s, "an ACK of what was not sent");
		return;
	}
	s->acked = n;
	reach_marks(s);
}

void qf_acks_had(struct qf_session *s, struct qf_bytes payload)
{
	uint64_t n;

	if (!qf_number_get(payload, &n) || n > s->announced || n < s->reached) {
		qf_session_blame(s, "it had what was not named");
		return;
	}
	s->reached = n;
	reach_marks(s);
}

static void put_ack(struct qf_session *s, struct qf_buf *to)
{
	bool asked = s->ack_sent < s->ack_asked && s->stored >= s->ack_asked;

	if (s->stored == s->ack_sent ||
	    (!asked && s->now_ms < s->ack_ms + QF_ACK_MS))
		return;
	qf_number_put(to, QF_FRAME_ACK, s->stored);
	s->ack_sent = s->stored;
	s->ack_ms = s->now_ms;
}

static void put_had(struct qf_session *s, struct qf_buf *to)
{
	if (s->had == s->had_sent || s->now_ms < s->had_ms + QF_ACK_MS)
		return;
	qf_number_put(to, QF_FRAME_HAD, s->had);
	s->had_sent = s->had;
	s->had_ms = s->now_ms;
}

void qf_acks_put(struct qf_session *s, struct qf_buf *to)
{
	put_ack(s, to);
	put_had(s, to);
}

uint8_t qf_acks_ask(struct qf_session *s)
{
	if (s->asked_ack_ms && s->now_ms < s->asked_ack_ms + ASK_ACK_MS)
		return 0;
	s->asked_ack_ms = s->now_ms;
	return QF_MSG_ASKS_ACK;
}

/* Once the peer has stored all that was sent by now, it has the whole room up
 * to the cursor. That matters where something of ours is there: its copies are
 * counted. When the list is full the newest mark moves instead. */
void qf_acks_mark(struct qf_session *s, struct qf_talk *t)
{
	struct qf_mark m = { s->named, s->announced, t->cursor, t };

	if (!qf_talk_even(t) || (s->ready && s->ready->number == t->mine) ||
	    (t->is_marked && (t->cursor == t->marked ||
	                      !qf_carry_may_be_own(t->room, t->marked))))
		return;
	if (s->acked >= s->named && s->reached >= s->announced) {
		tell_progress(s, &m);
	} else {
		if (s->mark_count == QF_MARKS_MAX) {
			if (s->marks[QF_MARKS_MAX - 1].talk != t)
				return;
			s->mark_count--;
		}
		s->marks[s->mark_count++] = m;
	}
	t->is_marked = true;
	t->marked = t->cursor;
}
