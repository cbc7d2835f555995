/* chart.c - the links that there are between those who are here */
#include "chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V4_BYTES = 12 + 3, V6_BYTES = 8 };

static bool is_v4(const uint8_t *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(a, mapped, sizeof mapped);
}

bool qf_chart_near(const uint8_t a[QF_HERE_ADDRESS_BYTES],
                   const uint8_t b[QF_HERE_ADDRESS_BYTES])
{
	return !memcmp(a, b, is_v4(a) ? V4_BYTES : V6_BYTES);
}

static void network_text(const uint8_t *a, char out[QF_NETWORK_CHARS + 1])
{
	if (is_v4(a))
		snprintf(out, QF_NETWORK_CHARS + 1, "%u.%u.%u.0/24", a[12],
		         a[13], a[14]);
	else
		snprintf(out, QF_NETWORK_CHARS + 1, "%x:%x:%x:%x::/64",
		         a[0] << 8 | a[1], a[2] << 8 | a[3], a[4] << 8 | a[5],
		         a[6] << 8 | a[7]);
}

static void common_network(const struct qf_here *a, const struct qf_here *b,
                           char out[QF_NETWORK_CHARS + 1])
{
	for (size_t i = 0; i < a->addresses.len; i += QF_HERE_ADDRESS_BYTES)
		for (size_t k = 0; k < b->addresses.len;
		     k += QF_HERE_ADDRESS_BYTES)
			if (qf_chart_near(a->addresses.at + i,
			                  b->addresses.at + k)) {
				network_text(a->addresses.at + i, out);
				return;
			}
}

static bool claims(const struct qf_person *p, const struct qf_key *other)
{
	int i = qf_here_edge_to(&p->here, other);

	return i >= 0 && !(p->gone & 1u << i);
}

struct chart {
	const struct qf_roster *roster;
	const struct qf_person *me;
	struct qf_chart_link *links;
	size_t count;
};

static void add(struct chart *c, size_t from, size_t to)
{
	struct qf_chart_link *l = &c->links[c->count++];

	*l = (struct qf_chart_link){ .from = (uint32_t)from,
		                     .to = (uint32_t)to };
	common_network(&c->roster->rows[from].person->here,
	               &c->roster->rows[to].person->here, l->network);
}

/* Each link of others once: by the first of two that claim it. */
static void add_claimed(struct chart *c, size_t row)
{
	const struct qf_person *p = c->roster->rows[row].person;

	for (size_t i = 0; i < qf_here_edge_count(&p->here); i++) {
		const struct qf_person *other;
		struct qf_key key;
		size_t to;

		qf_here_edge(&p->here, i, &key);
		to = qf_roster_row(c->roster, qf_key_prefix(&key));
		other = qf_roster_find(c->roster, &key);
		if (p->gone & 1u << i || !other || other == c->me ||
		    !other->shown || (to < row && claims(other, &p->key)))
			continue;
		add(c, row, to);
	}
}

static void add_own(struct chart *c, size_t mine, size_t row)
{
	const struct qf_person *p = c->roster->rows[row].person;

	if (claims(c->me, &p->key))
		add(c, mine, row);
	else
		add(c, row, mine);
}

struct qf_chart_link *qf_chart_links(const struct qf_roster *r,
                                     const struct qf_person *me, size_t *count)
{
	size_t mine = qf_roster_row(r, qf_key_prefix(&me->key)), max = 1;
	struct chart c = { .roster = r, .me = me };

	for (size_t i = 0; i < r->count; i++)
		max += 1 + qf_here_edge_count(&r->rows[i].person->here);
	c.links = calloc(max, sizeof *c.links);
	for (size_t i = 0; c.links && i < r->count; i++) {
		if (i == mine || !r->rows[i].person->shown)
			continue;
		if (r->rows[i].person->linked)
			add_own(&c, mine, i);
		add_claimed(&c, i);
	}
	*count = c.count;
	return c.links;
}
