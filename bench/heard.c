/* heard.c - what a link hears, told apart and counted
 *
 * Deliveries are not verified here: the node did that, and the bench needs its
 * cores. What is checked is that each author's messages come each once, in
 * their order.
 */
#include <endian.h>
#include <string.h>

#include "core/talk.h"
#include "world.h"

/* batch.h */
enum { SHAPE_PREV = 1, SHAPE_KEY = 2, SHAPE_HLC = 4 };

void hear(struct link *l, unsigned author, uint64_t seq)
{
	struct crew *c = l->crew;
	const struct author *a = &l->hall->authors[author];

	if (seq <= l->heard[author]) {
		c->count.doubled++;
		return;
	}
	if (seq != l->heard[author] + 1 || seq > a->messages) {
		c->count.disordered++;
		return;
	}
	l->heard[author]++;
	l->unacked++;
	if (l->slow)
		return;
	c->count.deliveries++;
	histogram_add(&c->latency, c->now_ns - a->sent_ns[seq - 1]);
	crew_heard(c, l->hall);
}

static int author_of(const struct hall *h, const struct qf_key *key)
{
	for (unsigned i = 0; i < h->author_count; i++)
		if (qf_key_equal(&h->authors[i].self.key, key))
			return (int)i;
	return -1;
}

/* Only what tells one message from the next; the multiproof is left. */
static void hear_entry(struct link *l, struct qf_cursor *c, int author,
                       uint64_t *seq)
{
	uint8_t shape;

	qf_get_varint(c);
	shape = qf_get_u8(c);
	qf_get_span(c, 2);
	if (shape & SHAPE_HLC)
		qf_get_u64(c);
	else
		qf_get_varint(c);
	*seq += 1;
	if (shape & SHAPE_PREV) {
		*seq = qf_get_varint(c);
		qf_get_span(c, QF_PREV_BYTES);
	}
	if (shape & SHAPE_KEY)
		qf_get_span(c, QF_KEY_ID_BYTES);
	qf_get_bytes(c, QF_BODY_BYTES_MAX);
	if (author >= 0 && !c->bad)
		hear(l, (unsigned)author, *seq);
}

static void hear_msg(struct link *l, struct qf_bytes payload)
{
	struct qf_cursor c = qf_cursor(payload);
	struct qf_session *s = &l->session;
	uint8_t flags = qf_get_u8(&c);
	struct qf_key key;
	uint64_t seq = 0;
	unsigned count;
	int author;

	qf_get_varint(&c);
	qf_get_raw(&c, key.b, sizeof key.b);
	qf_get_u8(&c);
	count = qf_get_u8(&c) + 1u;
	qf_get_span(&c, QF_SIG_BYTES);
	author = author_of(l->hall, &key);
	for (unsigned i = 0; i < count; i++)
		hear_entry(l, &c, author, &seq);
	if (c.bad || s->talk_count != 1)
		die("the node sent a malformed MSG");
	s->carried += count;
	qf_talk_arrived(s->talks[0], count, flags & QF_MSG_ANSWERS);
	s->stored = s->carried;
	qf_talk_stored(s->talks[0]);
	if (flags & QF_MSG_ASKS_ACK)
		s->ack_asked = s->carried;
}

size_t heard_frames(struct link *l, struct qf_bytes in)
{
	size_t used = 0, one;
	struct qf_frame frame;
	int rc;

	while ((rc = qf_frame_split(qf_bytes(in.at + used, in.len - used),
	                            &frame, &one)) > 0) {
		used += one;
		if (frame.type == QF_FRAME_MSG) {
			hear_msg(l, frame.payload);
		} else if (frame.type == QF_FRAME_HERE) {
			l->crew->count.heres++;
			l->crew->count.here_bytes += one;
		} else {
			qf_session_frame(&l->session, &frame,
			                 l->crew->now_ns / 1000000);
		}
	}
	if (rc < 0)
		die("the node sent a frame of impossible length");
	return used;
}

size_t heard_lines(struct link *l, struct qf_bytes in)
{
	size_t line = l->crew->world->line_bytes, used = 0;
	uint32_t head[2];

	while (in.len - used >= line) {
		memcpy(head, in.at + used, sizeof head);
		/* Lines of another bench's authors are nothing to us. */
		if (be32toh(head[0]) < l->hall->author_count)
			hear(l, be32toh(head[0]), be32toh(head[1]));
		else if (l->hall->author_count)
			die("the bare loop sent something else");
		used += line;
	}
	return used;
}
