/* ways.c - over whom the shortest way leads to each person */
#include "ways.h"

#include <stdlib.h>

/* One step further from a to b, if that is news. */
static bool step(struct qf_way *ways, size_t a, size_t b, unsigned hops)
{
	if (ways[a].hops != hops || ways[b].hops)
		return false;
	ways[b] = (struct qf_way){ hops + 1, ways[a].via };
	return true;
}

/* Over the links that a person claims, both ways. */
static bool step_over(const struct qf_roster *r, const struct qf_person *me,
                      struct qf_way *ways, size_t row, unsigned hops)
{
	const struct qf_person *p = r->rows[row].person;
	bool news = false;

	for (size_t i = 0; i < qf_here_edge_count(&p->here); i++) {
		struct qf_key key;
		size_t other;

		qf_here_edge(&p->here, i, &key);
		other = qf_roster_row(r, qf_key_prefix(&key));
		if (p->gone & 1u << i || other == r->count ||
		    !qf_key_equal(&r->rows[other].person->key, &key) ||
		    r->rows[other].person == me ||
		    r->rows[other].person->here.state == QF_HERE_LEFT)
			continue;
		news |= step(ways, row, other, hops);
		news |= step(ways, other, row, hops);
	}
	return news;
}

struct qf_way *qf_ways_find(const struct qf_roster *r,
                            const struct qf_person *me)
{
	struct qf_way *ways = calloc(r->count + 1, sizeof *ways);
	bool news = true;

	if (!ways)
		return NULL;
	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i].person->linked)
			ways[i] = (struct qf_way){ 1, r->rows[i].person };
	for (unsigned hops = 1; news; hops++) {
		news = false;
		for (size_t i = 0; i < r->count; i++) {
			const struct qf_person *p = r->rows[i].person;

			if (p != me && p->here.state != QF_HERE_LEFT)
				news |= step_over(r, me, ways, i, hops);
		}
	}
	return ways;
}
