/* test_chart.c - which links there are, as a picture of them needs it */
#include "core/chart.h"

#include <stdio.h>

#include "parts.h"
#include "records.h"

enum { ME, ANA, BOB, CLEO, LINKS_BYTES = 2048 };

/* All links, as " n1-n2" each, in the order of the keys. */
static size_t all_links(const struct qf_roster *r, const struct qf_person *me,
                        char out[LINKS_BYTES])
{
	size_t count;
	struct qf_chart_link *links = qf_chart_links(r, me, &count);

	assert_non_null(links);
	*out = '\0';
	assert_true(count < 4);
	for (size_t i = 0; i < count; i++)
		snprintf(out + strlen(out), LINKS_BYTES / 4, " %s-%s",
		         r->rows[links[i].from].person->name,
		         r->rows[links[i].to].person->name);
	strcat(out, " ");
	free(links);
	return count;
}

static struct qf_person *put(struct qf_roster *r, unsigned who,
                             const int *edges)
{
	struct qf_person *p = record_put(r, who, 1, edges);

	p->shown = true;
	return p;
}

TEST(chart, each_link_is_there_once_and_ours_as_we_know_them)
{
	struct qf_roster r;
	struct qf_person *me;
	char links[LINKS_BYTES];

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, (int[]){ ANA, CLEO, -1 });
	put(&r, ANA, (int[]){ BOB, -1 })->linked = true;
	/* That of bob and ana is claimed twice; that of cleo and us is gone. */
	put(&r, BOB, (int[]){ ANA, CLEO, -1 });
	put(&r, CLEO, (int[]){ ME, -1 });
	assert_int_equal(all_links(&r, me, links), 3);
	assert_part(links, " n0-n1 ");
	assert_true(strstr(links, " n1-n2 ") || strstr(links, " n2-n1 "));
	assert_part(links, " n2-n3 ");
	qf_roster_fini(&r);
}

TEST(chart, what_was_reported_or_leads_to_nobody_who_is_shown_is_not_there)
{
	struct qf_roster r;
	struct qf_person *me, *ana;
	char links[LINKS_BYTES];

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, NULL);
	ana = put(&r, ANA, (int[]){ BOB, CLEO, -1 });
	ana->linked = true;
	put(&r, BOB, NULL);
	record_put(&r, CLEO, 1, NULL);
	record_report(ana, BOB, ANA);
	all_links(&r, me, links);
	assert_string_equal(links, " n1-n0 ");
	qf_roster_fini(&r);
}

static uint8_t *v4(uint8_t out[16], uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	out[12] = a;
	out[13] = b;
	out[14] = c;
	out[15] = d;
	return out;
}

TEST(chart, addresses_are_near_by_24_bits_of_ipv4_or_64_of_ipv6)
{
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [7] = 5 };
	static const uint8_t near6[16] = { 0x20, 1, 0xd, 0xb8, [7] = 5, 9 };
	static const uint8_t far6[16] = { 0x20, 1, 0xd, 0xb8, [7] = 6 };
	uint8_t a[16], b[16];

	assert_true(qf_chart_near(v4(a, 10, 1, 2, 3), v4(b, 10, 1, 2, 250)));
	assert_false(qf_chart_near(v4(a, 10, 1, 2, 3), v4(b, 10, 1, 3, 3)));
	assert_false(qf_chart_near(v6, v4(b, 10, 1, 3, 3)));
	assert_true(qf_chart_near(v6, near6));
	assert_false(qf_chart_near(v6, far6));
}

static void lives_at(struct qf_roster *r, unsigned who, const uint8_t *at,
                     const struct qf_key *edge)
{
	struct qf_identity id = record_id(who);
	struct record rec = { .here = { .version = 1,
		                        .state = QF_HERE_HERE,
		                        .port = 9999,
		                        .name = qf_bytes("n", 1) } };
	struct qf_person *p;

	rec.here.addresses = qf_bytes(at, QF_HERE_ADDRESS_BYTES);
	if (edge)
		rec.here.edges = qf_bytes(edge->b, sizeof edge->b);
	record_sign(&rec, &id);
	assert_int_equal(qf_roster_put(r, &rec.here, 0, &p), QF_OK);
	p->shown = true;
}

/* The network of the only link that there is. */
static void network_of(const uint8_t *ana, const uint8_t *bob,
                       const char *expected)
{
	struct qf_roster r;
	struct qf_person *me;
	struct qf_key key = record_key(BOB);
	struct qf_chart_link *links;
	size_t count;

	qf_roster_init(&r);
	me = record_put(&r, ME, 1, NULL);
	lives_at(&r, ANA, ana, &key);
	lives_at(&r, BOB, bob, NULL);
	links = qf_chart_links(&r, me, &count);
	assert_int_equal(count, 1);
	assert_string_equal(links[0].network, expected);
	free(links);
	qf_roster_fini(&r);
}

TEST(chart, a_link_is_drawn_on_the_network_that_its_ends_have_in_common)
{
	static const uint8_t ana6[16] = { 0x20, 1, 0xd, 0xb8, [7] = 5, 1 };
	static const uint8_t bob6[16] = { 0x20, 1, 0xd, 0xb8, [7] = 5, 2 };
	uint8_t a[16], b[16];

	network_of(v4(a, 10, 1, 2, 3), v4(b, 10, 1, 2, 9), "10.1.2.0/24");
	network_of(ana6, bob6, "2001:db8:0:5::/64");
	network_of(v4(a, 10, 1, 2, 3), v4(b, 10, 1, 3, 9), "");
}
