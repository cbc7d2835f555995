/* records.h - people for tests: numbers with a key each, and their records */
#ifndef QF_RECORDS_H
#define QF_RECORDS_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/roster.h"

enum { RECORD_EDGES_END = -1 };

static inline struct qf_identity record_id(unsigned who)
{
	struct qf_identity id;
	uint8_t seed[QF_SEED_BYTES] = { (uint8_t)who, (uint8_t)(who >> 8), 2 };

	qf_identity_init(&id, seed);
	return id;
}

static inline struct qf_key record_key(unsigned who)
{
	return record_id(who).key;
}

struct record {
	uint8_t bytes[QF_HERE_BYTES_MAX];
	struct qf_key edges[QF_HERE_EDGES_MAX];
	struct qf_here here; /* as it was read from bytes */
};

static inline int record_compare(const void *a, const void *b)
{
	return memcmp(a, b, QF_KEY_BYTES);
}

/* Sign what stands in r->here, which has not been read from anywhere. */
static inline void record_sign(struct record *r, const struct qf_identity *id)
{
	struct qf_buf to = { .at = r->bytes, .cap = sizeof r->bytes };
	struct qf_cursor c;

	r->here.key = id->key;
	qf_here_put(&to, &r->here, id);
	c = qf_cursor(qf_buf_bytes(&to));
	qf_here_get(&c, &r->here);
	assert_true(qf_cursor_done(&c));
}

/* Someone's record with links to those, up to RECORD_EDGES_END; NULL: none. */
static inline void record_make(struct record *r, unsigned who, uint64_t version,
                               enum qf_here_state state, const char *name,
                               const int *edges)
{
	struct qf_identity id = record_id(who);
	size_t n = 0;

	for (; edges && edges[n] != RECORD_EDGES_END; n++)
		r->edges[n] = record_key((unsigned)edges[n]);
	qsort(r->edges, n, sizeof *r->edges, record_compare);
	r->here = (struct qf_here){
		.version = version,
		.state = state,
		.name = qf_bytes(name, strlen(name)),
		.edges = qf_bytes(r->edges, n * sizeof *r->edges),
	};
	record_sign(r, &id);
}

/* Into a roster, as of time 0; here, and named after the number. */
static inline struct qf_person *record_put(struct qf_roster *roster,
                                           unsigned who, uint64_t version,
                                           const int *edges)
{
	struct qf_person *p;
	struct record r;
	char name[16];

	snprintf(name, sizeof name, "n%u", who);
	record_make(&r, who, version, QF_HERE_HERE, name, edges);
	assert_int_equal(qf_roster_put(roster, &r.here, 0, &p), QF_OK);
	return p;
}

/* `by` says that `of` has no link with it. */
static inline struct qf_gone record_gone(unsigned by, unsigned of,
                                         uint64_t version)
{
	struct qf_identity id = record_id(by);
	struct qf_gone g = { .subject = record_key(of), .version = version };

	qf_gone_sign(&g, &id);
	return g;
}

static inline void record_report(struct qf_person *p, unsigned by, unsigned of)
{
	struct qf_gone g = record_gone(by, of, p->here.version);
	int edge = qf_here_edge_to(&p->here, &g.reporter);

	assert_true(edge >= 0);
	assert_int_equal(qf_person_report(p, (size_t)edge, g.sig), QF_OK);
}

#endif
