/* test_flood.c - what is new goes out once, the newest, and soon */
#include "records.h"

#include "core/flood.h"

enum { ANA = 1, BOB, CLEO, WITNESS };

static const struct qf_key us, dora = { { 'd' } }, emil = { { 'e' } };

struct scene {
	struct qf_roster roster;
	struct qf_flood flood;
	struct qf_parcels out;
};

static void begin(struct scene *s)
{
	*s = (struct scene){ 0 };
	qf_roster_init(&s->roster);
	qf_parcels_init(&s->out);
}

static void end(struct scene *s)
{
	assert_false(s->flood.bad);
	qf_flood_fini(&s->flood);
	qf_parcels_fini(&s->out);
	qf_roster_fini(&s->roster);
}

static void news(struct scene *s, unsigned who, uint64_t version,
                 const struct qf_key *source)
{
	struct qf_person *p = record_put(&s->roster, who, version,
	                                 (int[]){ WITNESS, -1 });

	qf_flood_record(&s->flood, p, source);
}

/* The next payload goes to all but that one; it holds so many items. */
static void expect(struct scene *s, const struct qf_key *but, size_t records,
                   size_t reports)
{
	struct qf_parcel p;
	struct qf_cursor c;
	struct qf_here h;
	struct qf_gone g;

	assert_true(qf_parcels_next(&s->out, &p));
	assert_int_equal(p.to, QF_PARCEL_TO_OTHERS);
	assert_true(qf_key_equal(&p.key, but));
	c = qf_cursor(qf_bytes(p.payload->at, p.payload->len));
	assert_int_equal(qf_get_u8(&c), QF_PARCEL_NEWS);
	while (qf_cursor_left(&c)) {
		if (qf_get_u8(&c) == QF_ITEM_HERE) {
			qf_here_get(&c, &h);
			records--;
		} else {
			qf_gone_get(&c, &g);
			reports--;
		}
	}
	assert_false(c.bad);
	assert_int_equal(records, 0);
	assert_int_equal(reports, 0);
	qf_shared_unref(p.payload);
}

static void expect_nothing(struct scene *s)
{
	struct qf_parcel p;

	assert_false(qf_parcels_next(&s->out, &p));
	assert_true(qf_flood_due(&s->flood, 1) == UINT64_MAX);
}

TEST(flood, however_often_one_changes_the_newest_goes_out_once)
{
	struct scene s;

	begin(&s);
	news(&s, ANA, 1, &dora);
	news(&s, BOB, 1, &dora);
	news(&s, ANA, 2, &dora);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &dora, 2, 0);
	expect_nothing(&s);
	end(&s);
}

TEST(flood, it_goes_to_all_but_who_brought_it)
{
	struct scene s;

	begin(&s);
	news(&s, ANA, 1, &dora);
	news(&s, BOB, 1, &emil);
	news(&s, CLEO, 1, &us);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &dora, 1, 0);
	expect(&s, &emil, 1, 0);
	expect(&s, &us, 1, 0);
	expect_nothing(&s);
	end(&s);
}

TEST(flood, what_two_brought_goes_to_both)
{
	struct scene s;

	begin(&s);
	news(&s, ANA, 1, &dora);
	news(&s, ANA, 2, &emil);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &us, 1, 0);
	expect_nothing(&s);
	end(&s);
}

TEST(flood, a_report_goes_alone_or_behind_its_record)
{
	struct scene s;
	struct qf_person *p;

	begin(&s);
	news(&s, ANA, 1, &dora);
	p = s.roster.rows[0].person;
	record_report(p, WITNESS, ANA);
	qf_flood_report(&s.flood, p, 0, &dora);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &dora, 1, 1);
	qf_flood_report(&s.flood, p, 0, &emil);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &emil, 0, 1);

	/* Of a record that is no more, reports are no more. */
	qf_flood_report(&s.flood, p, 0, &dora);
	news(&s, ANA, 2, &dora);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &dora, 1, 0);
	expect_nothing(&s);
	end(&s);
}

TEST(flood, who_is_forgotten_is_not_passed_on)
{
	struct scene s;

	begin(&s);
	news(&s, ANA, 1, &dora);
	news(&s, BOB, 1, &dora);
	qf_flood_forget(&s.flood, s.roster.rows[0].person);
	qf_roster_remove(&s.roster, s.roster.rows[0].person);
	qf_flood_send(&s.flood, &s.out, 1000);
	expect(&s, &dora, 1, 0);
	expect_nothing(&s);
	end(&s);
}

TEST(flood, it_waits_a_little_after_the_last_and_longer_with_many_links)
{
	struct scene s;

	begin(&s);
	s.flood.sent_ms = 1000;
	assert_true(qf_flood_due(&s.flood, 1) == UINT64_MAX);
	news(&s, ANA, 1, &dora);
	assert_int_equal(qf_flood_due(&s.flood, 1), 1000 + QF_FLOOD_MS);
	assert_int_equal(qf_flood_due(&s.flood, 2000), 1200);
	assert_int_equal(qf_flood_due(&s.flood, 16000), 1000 + QF_FLOOD_MAX_MS);
	end(&s);
}
