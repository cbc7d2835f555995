/* credits.c - how much a worker may have asked of the core at one time */
#include "credits.h"

/* Of all bits of a conn, by Fibonacci hashing (Knuth 6.4). */
static uint16_t *bucket_of(struct qf_credits *c, qf_conn conn)
{
	enum { BITS = 10 };

	_Static_assert(QF_CREDITS_MAX == 1 << BITS, "one bucket a credit");
	return &c->buckets[conn * 0x9e3779b97f4a7c15 >> (64 - BITS)];
}

static struct qf_credit *at(struct qf_credits *c, uint16_t place)
{
	return &c->taken[place - 1];
}

/* One was given back, or was never taken. */
static uint16_t free_place(struct qf_credits *c)
{
	uint16_t place = c->given;

	if (!place)
		return ++c->used;
	c->given = at(c, place)->next;
	return place;
}

bool qf_credits_take(struct qf_credits *c, qf_conn conn, uint64_t number,
                     size_t bytes)
{
	uint16_t *bucket = bucket_of(c, conn), place;

	if (c->count == QF_CREDITS_MAX || (bytes && c->bytes >= c->bytes_max))
		return false;
	place = free_place(c);
	*at(c, place) = (struct qf_credit){ conn, number, bytes, *bucket };
	*bucket = place;
	c->count++;
	c->bytes += bytes;
	return true;
}

size_t qf_credits_give(struct qf_credits *c, qf_conn conn, uint64_t first,
                       uint64_t last)
{
	uint16_t *from = bucket_of(c, conn), place;
	size_t given = 0;

	while ((place = *from)) {
		struct qf_credit *t = at(c, place);

		if (t->conn != conn || t->number < first || t->number > last) {
			from = &t->next;
			continue;
		}
		*from = t->next;
		t->next = c->given;
		c->given = place;
		c->bytes -= t->bytes;
		given++;
	}
	c->count -= given;
	return given;
}
