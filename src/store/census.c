/* census.c - counts whose envelopes a room holds, and with which numbers */
#include "census.h"

#include <assert.h>
#include <stdlib.h>

void qf_census_init(struct qf_census *c)
{
	*c = (struct qf_census){ 0 };
}

void qf_census_fini(struct qf_census *c)
{
	free(c->at);
}

int qf_census_add(struct qf_census *c, uint64_t author, uint64_t seq)
{
	size_t cap = c->cap ? c->cap * 2 : 256;
	struct qf_authored *at = c->at;

	if (c->count == c->cap) {
		at = reallocarray(at, cap, sizeof *at);
		if (!at)
			return QF_E_NOMEM;
		c->at = at;
		c->cap = cap;
	}
	at[c->count++] = (struct qf_authored){ author, seq };
	return QF_OK;
}

static int compare(const void *a, const void *b)
{
	const struct qf_authored *x = a, *y = b;

	if (x->author != y->author)
		return x->author < y->author ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

size_t qf_census_authors(struct qf_census *c)
{
	size_t authors = 0;

	if (c->count)
		qsort(c->at, c->count, sizeof *c->at, compare);
	for (size_t i = 0; i < c->count; i++)
		if (!i || c->at[i].author != c->at[i - 1].author)
			authors++;
	return authors;
}

uint64_t qf_census_next(struct qf_census *c, struct qf_author_range *range)
{
	const struct qf_authored *at = &c->at[c->taken];
	uint64_t author;

	assert(c->taken < c->count);
	author = at->author;
	*range = (struct qf_author_range){
		.first = at->seq,
		.last = at->seq,
		.count = 1,
	};
	for (c->taken++, at++; c->taken < c->count && at->author == author;
	     c->taken++, at++) {
		if (at->seq == range->last)
			range->forked++;
		else
			range->count++;
		range->last = at->seq;
	}
	return author;
}
