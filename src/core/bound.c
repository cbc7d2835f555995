/* bound.c - a place between two keys, as short as it can be said */
#include "bound.h"

#include <string.h>

enum {
	ZEROS = 0x3f,
	ZEROS_MAX = 62, /* so that no bound begins like the end */
	HAS_ID = 0x40,
	HAS_CLASS = 0x80,
	END = 0xff,
};

int qf_bound_compare(const struct qf_bound *a, const struct qf_bound *b)
{
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc ? -1 : 1;
	return memcmp(a->id.b, b->id.b, sizeof a->id.b);
}

static int count_zeros(uint64_t hlc)
{
	int zeros = hlc ? __builtin_ctzll(hlc) : 0;

	return zeros < ZEROS_MAX ? zeros : ZEROS_MAX;
}

void qf_bound_put(struct qf_buf *to, const struct qf_bound *b,
                  struct qf_bound *last)
{
	bool afresh = b->class != last->class || b->hlc < last->hlc;
	uint64_t base = afresh ? 0 : last->hlc;
	int zeros = b->hlc != base ? count_zeros(b->hlc) : 0;

	*last = *b;
	if (b->class == QF_BOUND_END) {
		qf_put_u8(to, END);
		return;
	}
	qf_put_u8(to, (uint8_t)(zeros | (b->id_len ? HAS_ID : 0) |
	                        (afresh ? HAS_CLASS : 0)));
	if (afresh)
		qf_put_u8(to, b->class);
	qf_put_varint(to, (b->hlc >> zeros) - (base >> zeros));
	if (!b->id_len)
		return;
	qf_put_u8(to, b->id_len);
	qf_put_raw(to, b->id.b, b->id_len);
}

static uint64_t get_hlc(struct qf_cursor *c, uint64_t base, int zeros)
{
	uint64_t more = qf_get_varint(c);

	if (zeros > ZEROS_MAX || more > (UINT64_MAX >> zeros) - (base >> zeros))
		c->bad = true;
	return ((base >> zeros) + more) << zeros;
}

static void get_id(struct qf_cursor *c, struct qf_bound *b)
{
	b->id_len = qf_get_u8(c);
	if (b->id_len < 1 || b->id_len > sizeof b->id.b)
		c->bad = true;
	else
		qf_get_raw(c, b->id.b, b->id_len);
}

bool qf_bound_get(struct qf_cursor *c, struct qf_bound *b,
                  struct qf_bound *last)
{
	uint8_t head = qf_get_u8(c);

	*b = (struct qf_bound){ .class = QF_BOUND_END };
	if (head != END) {
		b->class = head & HAS_CLASS ? qf_get_u8(c) : last->class;
		b->hlc = get_hlc(c, head & HAS_CLASS ? 0 : last->hlc,
		                 head & ZEROS);
		if (head & HAS_ID)
			get_id(c, b);
		if (b->class == QF_BOUND_END)
			c->bad = true; /* it has no hlc */
	}
	*last = *b;
	return !c->bad;
}

struct qf_bound qf_bound_at(const struct qf_snapshot *s, size_t rank)
{
	const struct qf_setkey *below, *above;
	struct qf_bound b = { 0 };

	if (rank == 0)
		return b;
	if (rank == s->count)
		return (struct qf_bound){ .class = QF_BOUND_END };
	below = qf_snapshot_at(s, rank - 1);
	above = qf_snapshot_at(s, rank);
	b.class = above->class;
	if (below->class != above->class)
		return b;
	if (below->hlc != above->hlc) {
		/* Where they part the one above has a bit; it and what is
		 * common are enough. */
		int bit = 63 - __builtin_clzll(below->hlc ^ above->hlc);

		b.hlc = above->hlc >> bit << bit;
		return b;
	}
	b.hlc = above->hlc;
	do
		b.id.b[b.id_len] = above->id.b[b.id_len];
	while (below->id.b[b.id_len] == above->id.b[b.id_len] && ++b.id_len);
	b.id_len++;
	return b;
}

size_t qf_bound_rank(const struct qf_snapshot *s, const struct qf_bound *b)
{
	struct qf_setkey key = {
		.hlc = b->hlc,
		.id = b->id,
		.class = b->class,
	};

	return b->class == QF_BOUND_END ? s->count : qf_snapshot_lower(s, &key);
}
