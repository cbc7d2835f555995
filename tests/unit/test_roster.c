/* test_roster.c - what is known of people, and whom links lead to */
#include "records.h"

enum { ME = 1, ANA, BOB, CLEO, DORA, NOW = 5000 };

static const struct qf_sum nothing;

static struct qf_person *of(const struct qf_roster *r, unsigned who)
{
	struct qf_key key = record_key(who);

	return qf_roster_find(r, &key);
}

static bool reaches(const struct qf_roster *r, unsigned who)
{
	return of(r, who)->reachable;
}

TEST(roster, it_finds_whom_it_has_in_the_order_of_keys)
{
	struct qf_roster r;

	qf_roster_init(&r);
	for (unsigned i = 0; i < 100; i++)
		record_put(&r, i, 1, NULL);
	assert_int_equal(r.count, 100);
	for (unsigned i = 0; i < 100; i++) {
		struct qf_key key = record_key(i);
		uint64_t prefix = qf_key_prefix(&key);

		assert_true(qf_key_equal(&of(&r, i)->key, &key));
		assert_ptr_equal(qf_roster_begins(&r, prefix), of(&r, i));
		assert_ptr_equal(r.rows[qf_roster_row(&r, prefix)].person,
		                 of(&r, i));
		assert_true(!i || r.rows[i - 1].prefix < r.rows[i].prefix);
	}
	assert_null(of(&r, 100));
	qf_roster_remove(&r, qf_roster_begins(&r, r.rows[50].prefix));
	assert_int_equal(r.count, 99);
	qf_roster_fini(&r);
}

TEST(roster, a_newer_record_ends_the_older_and_its_reports)
{
	struct qf_roster r;
	struct qf_person *p;

	qf_roster_init(&r);
	p = record_put(&r, ANA, 1, (int[]){ BOB, CLEO, -1 });
	record_report(p, BOB, ANA);
	assert_true(p->gone);
	assert_ptr_equal(record_put(&r, ANA, 2, (int[]){ BOB, -1 }), p);
	assert_int_equal(p->gone, 0);
	assert_int_equal(p->here.version, 2);
	assert_int_equal(qf_here_edge_count(&p->here), 1);
	assert_int_equal(r.count, 1);
	qf_roster_fini(&r);
}

TEST(roster, links_lead_both_ways_and_through_others)
{
	struct qf_roster r;
	struct qf_person *me;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, (int[]){ ANA, -1 });
	record_put(&r, ANA, 1, (int[]){ BOB, -1 })->linked = true;
	record_put(&r, BOB, 1, NULL);
	record_put(&r, CLEO, 1, (int[]){ BOB, -1 });
	record_put(&r, DORA, 1, NULL);
	qf_roster_reach(&r, me, NOW);
	assert_true(reaches(&r, ANA));
	assert_true(reaches(&r, BOB));
	assert_true(reaches(&r, CLEO));
	assert_false(reaches(&r, DORA));
	assert_int_equal(of(&r, CLEO)->since_ms, 0);
	assert_int_equal(of(&r, DORA)->since_ms, NOW);
	qf_roster_fini(&r);
}

TEST(roster, of_our_own_links_nothing_is_believed)
{
	struct qf_roster r;
	struct qf_person *me;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, (int[]){ ANA, -1 });
	record_put(&r, ANA, 1, NULL);
	record_put(&r, BOB, 1, (int[]){ ME, -1 });
	qf_roster_reach(&r, me, NOW);
	assert_true(me->reachable);
	assert_false(reaches(&r, ANA));
	assert_false(reaches(&r, BOB));
	qf_roster_fini(&r);
}

TEST(roster, a_reported_link_leads_nowhere)
{
	struct qf_roster r;
	struct qf_person *me, *ana, *cleo;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, NULL);
	ana = record_put(&r, ANA, 1, (int[]){ BOB, -1 });
	ana->linked = true;
	record_put(&r, BOB, 1, NULL);
	cleo = record_put(&r, CLEO, 1, (int[]){ ANA, BOB, -1 });
	record_report(ana, BOB, ANA);
	qf_roster_reach(&r, me, NOW);
	assert_true(reaches(&r, BOB)); /* by way of cleo */
	record_report(cleo, BOB, CLEO);
	qf_roster_reach(&r, me, NOW);
	assert_true(reaches(&r, CLEO));
	assert_false(reaches(&r, BOB));
	qf_roster_fini(&r);
}

TEST(roster, who_has_left_leads_nowhere)
{
	struct qf_roster r;
	struct qf_person *me, *p;
	struct record left;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, NULL);
	record_put(&r, ANA, 1, (int[]){ BOB, -1 })->linked = true;
	record_put(&r, CLEO, 1, (int[]){ BOB, -1 });
	record_make(&left, BOB, 2, QF_HERE_LEFT, "bob", NULL);
	assert_int_equal(qf_roster_put(&r, &left.here, 0, &p), QF_OK);
	qf_roster_reach(&r, me, NOW);
	assert_false(reaches(&r, BOB));
	assert_false(reaches(&r, CLEO));
	qf_roster_fini(&r);
}

TEST(roster, sums_are_of_whom_links_lead_to)
{
	struct qf_roster r;
	struct qf_person *me, *ana;
	struct qf_sum before, *sum;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, NULL);
	ana = record_put(&r, ANA, 1, (int[]){ BOB, -1 });
	sum = &r.sums[qf_roster_part(qf_key_prefix(&ana->key))];
	qf_roster_reach(&r, me, NOW);
	qf_roster_sums(&r);
	assert_memory_equal(sum, &nothing, sizeof nothing);

	ana->linked = true;
	qf_roster_reach(&r, me, NOW);
	qf_roster_sums(&r);
	before = *sum;
	assert_memory_not_equal(sum, &nothing, sizeof nothing);

	record_report(ana, BOB, ANA);
	qf_roster_reach(&r, me, NOW);
	qf_roster_sums(&r);
	assert_memory_not_equal(sum, &before, sizeof before);
	before = *sum;

	record_put(&r, ANA, 2, (int[]){ BOB, -1 });
	qf_roster_reach(&r, me, NOW);
	qf_roster_sums(&r);
	assert_memory_not_equal(sum, &before, sizeof before);
	qf_roster_fini(&r);
}

TEST(roster, a_name_that_would_not_pass_is_not_taken_over)
{
	static const char *const names[] = { "System", "#ana", "a b",
		                             "e\xcc\x81", "a\xe2\x80\x8b" };
	struct qf_person *p = NULL;
	struct qf_roster r;

	qf_roster_init(&r);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct record rec;

		record_make(&rec, ANA, 1, QF_HERE_HERE, names[i], NULL);
		assert_int_equal(qf_roster_put(&r, &rec.here, 0, &p),
		                 QF_E_MALFORMED);
	}
	assert_null(p);
	assert_int_equal(r.count, 0);
	record_put(&r, ANA, 1, NULL);
	assert_string_equal(of(&r, ANA)->name, "n2");
	assert_string_equal(of(&r, ANA)->folded, "n2");
	qf_roster_fini(&r);
}

/* Whoever signs for such a key; nobody verifies here. */
static int put_key(struct qf_roster *r, uint64_t prefix, uint8_t last)
{
	struct qf_identity id = record_id(1);
	struct qf_buf b = { .at = id.key.b, .cap = sizeof id.key.b };
	struct qf_person *p;
	struct record rec = { .here = { .version = 1,
		                        .state = QF_HERE_HERE,
		                        .name = qf_bytes("x", 1) } };

	qf_put_u64(&b, prefix);
	id.key.b[QF_KEY_BYTES - 1] = last;
	record_sign(&rec, &id);
	return qf_roster_put(r, &rec.here, 0, &p);
}

TEST(roster, it_is_full_some_day_and_keys_must_not_begin_alike)
{
	struct qf_roster r;

	qf_roster_init(&r);
	for (uint64_t i = 0; i < QF_PERSONS_MAX; i++)
		assert_int_equal(put_key(&r, i * 977, 0), QF_OK);
	assert_int_equal(put_key(&r, 1, 0), QF_E_LIMIT);
	assert_int_equal(put_key(&r, 977, 1), QF_E_TAKEN);
	assert_int_equal(r.count, QF_PERSONS_MAX);
	qf_roster_fini(&r);
}

TEST(roster, a_person_is_passed_on_as_items)
{
	uint8_t bytes[QF_PERSON_BYTES_MAX];
	struct qf_buf to = { .at = bytes, .cap = sizeof bytes };
	struct qf_roster r;
	struct qf_person *p;
	struct qf_cursor c;
	struct qf_here h;
	struct qf_gone g;

	qf_roster_init(&r);
	p = record_put(&r, ANA, 3, (int[]){ BOB, CLEO, -1 });
	record_report(p, CLEO, ANA);
	qf_person_put(&to, p, true, p->gone);
	c = qf_cursor(qf_buf_bytes(&to));
	assert_int_equal(qf_get_u8(&c), QF_ITEM_HERE);
	qf_here_get(&c, &h);
	assert_true(qf_here_verify(&h));
	assert_int_equal(qf_get_u8(&c), QF_ITEM_GONE);
	qf_gone_get(&c, &g);
	assert_true(qf_cursor_done(&c));
	assert_true(qf_gone_verify(&g));
	assert_int_equal(g.version, 3);
	qf_roster_fini(&r);
}
