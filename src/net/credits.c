/* credits.c - how much a worker may have asked of the core at one time */
#include "credits.h"

bool qf_credits_take(struct qf_credits *c, qf_conn conn, uint64_t number,
                     size_t bytes)
{
	if (c->count == QF_CREDITS_MAX || (bytes && c->bytes >= c->bytes_max))
		return false;
	c->taken[c->count++] = (struct qf_credit){ conn, number, bytes };
	c->bytes += bytes;
	return true;
}

size_t qf_credits_give(struct qf_credits *c, qf_conn conn, uint64_t first,
                       uint64_t last)
{
	size_t kept = 0, given;

	for (size_t i = 0; i < c->count; i++) {
		const struct qf_credit *t = &c->taken[i];

		if (t->conn == conn && t->number >= first && t->number <= last)
			c->bytes -= t->bytes;
		else
			c->taken[kept++] = *t;
	}
	given = c->count - kept;
	c->count = kept;
	return given;
}
