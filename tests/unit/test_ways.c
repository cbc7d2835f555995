/* test_ways.c - over whom the shortest way leads to each person */
#include "records.h"

#include <stdlib.h>

#include "core/ways.h"

enum { ME = 1, ANA, BOB, CLEO, DORA, EVE };

static struct qf_way way_to(const struct qf_roster *r, const struct qf_way *w,
                            unsigned who)
{
	struct qf_key key = record_key(who);

	return w[qf_roster_row(r, qf_key_prefix(&key))];
}

TEST(ways, the_shortest_leads_over_someone_who_is_linked)
{
	struct qf_person *me, *ana, *bob;
	struct qf_roster r;
	struct qf_way *w;

	/* ana - cleo - dora - eve, and bob - eve. */
	qf_roster_init(&r);
	me = record_put(&r, ME, 1, (int[]){ ANA, BOB, -1 });
	ana = record_put(&r, ANA, 1, (int[]){ CLEO, -1 });
	bob = record_put(&r, BOB, 1, NULL);
	record_put(&r, CLEO, 1, NULL);
	record_put(&r, DORA, 1, (int[]){ CLEO, EVE, -1 });
	record_put(&r, EVE, 1, (int[]){ BOB, -1 });
	ana->linked = bob->linked = true;
	w = qf_ways_find(&r, me);
	assert_non_null(w);
	assert_int_equal(way_to(&r, w, ANA).hops, 1);
	assert_ptr_equal(way_to(&r, w, ANA).via, ana);
	assert_int_equal(way_to(&r, w, CLEO).hops, 2);
	assert_ptr_equal(way_to(&r, w, CLEO).via, ana);
	assert_int_equal(way_to(&r, w, EVE).hops, 2);
	assert_ptr_equal(way_to(&r, w, EVE).via, bob);
	assert_int_equal(way_to(&r, w, DORA).hops, 3);
	free(w);
	qf_roster_fini(&r);
}

TEST(ways, none_leads_over_ourselves_or_a_link_that_was_reported_gone)
{
	struct qf_person *me, *ana;
	struct qf_roster r;
	struct qf_way *w;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, (int[]){ BOB, -1 });
	ana = record_put(&r, ANA, 1, (int[]){ CLEO, ME, -1 });
	record_put(&r, BOB, 1, (int[]){ ME, -1 });
	record_put(&r, CLEO, 1, NULL);
	record_report(ana, CLEO, ANA);
	ana->linked = true;
	w = qf_ways_find(&r, me);
	assert_non_null(w);
	assert_int_equal(way_to(&r, w, BOB).hops, 0);
	assert_int_equal(way_to(&r, w, CLEO).hops, 0);
	assert_null(way_to(&r, w, CLEO).via);
	assert_int_equal(way_to(&r, w, ANA).hops, 1);
	free(w);
	qf_roster_fini(&r);
}
