/* test_accord.c - two rosters become one, at the price of their difference */
#include "records.h"

#include "core/accord.h"

enum {
	ANA,
	BOB,
	CLEO,
	DORA,
	WITNESS = 9999,
	NOW = 5000,
	KINDS = QF_PARCEL_WANT + 1
};

static const struct qf_key peer = { { 'p' } };

struct end {
	struct qf_roster roster;
	struct qf_accord accord;
	struct qf_parcels out;
	unsigned sent[KINDS];
	size_t bytes;
};

/* Two ends of a link; the second accepted it. */
struct pair {
	struct end ends[2];
	uint64_t now_ms;
};

static void begin(struct pair *t)
{
	*t = (struct pair){ .now_ms = NOW };
	for (int i = 0; i < 2; i++) {
		qf_roster_init(&t->ends[i].roster);
		qf_parcels_init(&t->ends[i].out);
	}
}

static void end(struct pair *t)
{
	for (int i = 0; i < 2; i++) {
		assert_false(t->ends[i].out.bad);
		qf_parcels_fini(&t->ends[i].out);
		qf_roster_fini(&t->ends[i].roster);
	}
}

/* News is the presence's to take; here it is believed. */
static void take_news(struct qf_roster *r, struct qf_cursor *c)
{
	while (qf_cursor_left(c)) {
		struct qf_person *p;
		struct qf_here h;
		struct qf_gone g;

		if (qf_get_u8(c) == QF_ITEM_HERE) {
			qf_here_get(c, &h);
			p = qf_roster_find(r, &h.key);
			if (!p || p->here.version < h.version)
				assert_int_equal(qf_roster_put(r, &h, NOW, &p),
				                 QF_OK);
		} else {
			qf_gone_get(c, &g);
			p = qf_roster_find(r, &g.subject);
			assert_int_equal(p->here.version, g.version);
			qf_person_report(
				p,
				(size_t)qf_here_edge_to(&p->here, &g.reporter),
				g.sig);
		}
	}
	assert_false(c->bad);
}

static int give(struct pair *t, int to, struct qf_bytes payload)
{
	struct end *e = &t->ends[to];
	struct qf_cursor c = qf_cursor(payload);
	uint8_t kind = qf_get_u8(&c);

	if (kind != QF_PARCEL_NEWS)
		return qf_accord_take(&e->accord, &e->roster, &peer, kind, &c,
		                      t->now_ms, &e->out);
	take_news(&e->roster, &c);
	return QF_OK;
}

/* All that an end says goes to the other; false: it says nothing. */
static bool carry(struct pair *t, int from)
{
	struct end *e = &t->ends[from];
	struct qf_parcel p;
	bool any = false;

	while (qf_parcels_next(&e->out, &p)) {
		e->sent[p.payload->at[0]]++;
		e->bytes += p.payload->len;
		assert_int_equal(
			give(t, !from, qf_bytes(p.payload->at, p.payload->len)),
			QF_OK);
		qf_shared_unref(p.payload);
		any = true;
	}
	return any;
}

/* One round, from the digest on. */
static void round_of(struct pair *t)
{
	bool more = true;

	for (int i = 0; i < 2; i++) {
		memset(t->ends[i].sent, 0, sizeof t->ends[i].sent);
		t->ends[i].bytes = 0;
	}
	qf_accord_digest(&t->ends[1].roster, QF_PARCEL_TO_ONE, &peer,
	                 &t->ends[1].out);
	while (more) {
		more = carry(t, 1);
		more |= carry(t, 0);
	}
	t->now_ms += QF_ACCORD_ROUND_MS;
}

static struct qf_person *of(struct pair *t, int end, unsigned who)
{
	struct qf_key key = record_key(who);

	return qf_roster_find(&t->ends[end].roster, &key);
}

static uint64_t version_at(struct pair *t, int end, unsigned who)
{
	struct qf_person *p = of(t, end, who);

	return p ? p->here.version : 0;
}

/* New records count as reachable until someone looks. */
static void put(struct pair *t, int end, unsigned who, uint64_t version)
{
	record_put(&t->ends[end].roster, who, version, (int[]){ WITNESS, -1 });
}

static void out_of_reach(struct pair *t, int end, unsigned who)
{
	of(t, end, who)->reachable = false;
	t->ends[end].roster.summed = false;
}

static void report(struct pair *t, int end, unsigned who)
{
	record_report(of(t, end, who), WITNESS, who);
	t->ends[end].roster.summed = false;
}

TEST(accord, equal_rosters_cost_one_digest)
{
	struct pair t;

	begin(&t);
	for (int i = 0; i < 2; i++)
		put(&t, i, ANA, 1);
	round_of(&t);
	assert_int_equal(t.ends[1].sent[QF_PARCEL_DIGEST], 1);
	assert_int_equal(t.ends[1].bytes, 1 + QF_SUM_BYTES);
	assert_int_equal(t.ends[0].bytes, 0);
	end(&t);
}

TEST(accord, what_either_lacks_comes_from_the_other)
{
	struct pair t;

	begin(&t);
	put(&t, 0, ANA, 1);
	put(&t, 1, BOB, 1);
	put(&t, 0, CLEO, 1);
	put(&t, 1, CLEO, 2);
	put(&t, 0, DORA, 4);
	put(&t, 1, DORA, 3);
	round_of(&t);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(version_at(&t, i, ANA), 1);
		assert_int_equal(version_at(&t, i, BOB), 1);
		assert_int_equal(version_at(&t, i, CLEO), 2);
		assert_int_equal(version_at(&t, i, DORA), 4);
	}
	end(&t);
}

TEST(accord, reports_come_from_either_side)
{
	struct pair t;

	begin(&t);
	for (int i = 0; i < 2; i++) {
		put(&t, i, ANA, 1);
		put(&t, i, BOB, 1);
	}
	report(&t, 0, ANA);
	report(&t, 1, BOB);
	round_of(&t);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(of(&t, i, ANA)->gone, 1);
		assert_int_equal(of(&t, i, BOB)->gone, 1);
	}
	end(&t);
}

TEST(accord, that_someone_has_gone_is_news_to_who_believes_otherwise)
{
	for (int wiser = 0; wiser < 2; wiser++) {
		struct pair t;

		begin(&t);
		put(&t, wiser, ANA, 2);
		out_of_reach(&t, wiser, ANA);
		put(&t, !wiser, ANA, 1);
		put(&t, wiser, BOB, 1);
		report(&t, wiser, BOB);
		out_of_reach(&t, wiser, BOB);
		put(&t, !wiser, BOB, 1);
		round_of(&t);
		assert_int_equal(version_at(&t, !wiser, ANA), 2);
		assert_int_equal(of(&t, !wiser, BOB)->gone, 1);
		end(&t);
	}
}

TEST(accord, who_was_forgotten_stays_so)
{
	for (int keeps = 0; keeps < 2; keeps++) {
		struct pair t;

		begin(&t);
		put(&t, keeps, ANA, 1);
		out_of_reach(&t, keeps, ANA);
		round_of(&t);
		assert_int_equal(t.ends[0].bytes, 0); /* no difference */

		/* Nor when all parts are compared for another's sake. */
		for (unsigned i = BOB; i < 200; i++)
			put(&t, !keeps, i, 1);
		t.ends[!keeps].roster.summed = false;
		round_of(&t);
		assert_int_equal(version_at(&t, keeps, 199), 1);
		assert_null(of(&t, !keeps, ANA));
		end(&t);
	}
}

TEST(accord, a_small_difference_between_many_costs_little)
{
	struct pair t;

	begin(&t);
	for (unsigned i = 0; i < 1000; i++)
		for (int k = 0; k < 2; k++)
			put(&t, k, i, k && i == 500 ? 2 : 1);
	round_of(&t);
	assert_int_equal(version_at(&t, 0, 500), 2);
	assert_int_equal(t.ends[0].sent[QF_PARCEL_SUMS], 1);
	assert_int_equal(t.ends[1].sent[QF_PARCEL_LIST], 1);
	assert_true(t.ends[0].bytes + t.ends[1].bytes < 2200);
	end(&t);
}

/* Nobody verifies here, so a key need not be anybody's. */
static void put_key(struct qf_roster *r, uint64_t prefix)
{
	struct qf_identity id = record_id(1);
	struct qf_buf b = { .at = id.key.b, .cap = sizeof id.key.b };
	struct qf_person *p;
	struct record rec = { .here = { .version = 1,
		                        .state = QF_HERE_HERE,
		                        .name = qf_bytes("x", 1) } };

	qf_put_u64(&b, prefix);
	record_sign(&rec, &id);
	assert_int_equal(qf_roster_put(r, &rec.here, NOW, &p), QF_OK);
}

TEST(accord, a_list_too_long_for_a_payload_comes_in_two)
{
	enum { MANY = 3900 };
	struct pair t;

	begin(&t);
	for (uint64_t i = 0; i < MANY; i++) {
		put_key(&t.ends[1].roster, UINT64_MAX - i);
		if (i % 2)
			put_key(&t.ends[0].roster, UINT64_MAX - i);
	}
	put_key(&t.ends[0].roster, 0);
	put_key(&t.ends[0].roster, UINT64_MAX - MANY);
	round_of(&t);
	assert_int_equal(t.ends[1].sent[QF_PARCEL_LIST], 3);
	assert_int_equal(t.ends[0].roster.count, MANY + 2);
	assert_int_equal(t.ends[1].roster.count, MANY + 2);
	end(&t);
}

TEST(accord, a_full_roster_does_not_compare)
{
	struct pair t;

	begin(&t);
	for (uint64_t i = 0; i < QF_PERSONS_MAX; i++)
		put_key(&t.ends[0].roster, i << 40);
	put(&t, 1, ANA, 1);
	round_of(&t);
	assert_int_equal(t.ends[0].bytes, 0);
	end(&t);
}

/* Abuse. What is said to an end, and what it answers. */

static size_t answers(struct pair *t, int end)
{
	struct qf_parcel p;
	size_t n = 0;

	for (; qf_parcels_next(&t->ends[end].out, &p); n++)
		qf_shared_unref(p.payload);
	return n;
}

static struct qf_bytes sums_of_nobody(void)
{
	static const uint8_t payload[1 + QF_ROSTER_PARTS * QF_SUM_BYTES] = {
		QF_PARCEL_SUMS
	};

	return qf_bytes(payload, sizeof payload);
}

TEST(accord, sums_are_answered_once_a_round)
{
	struct pair t;

	begin(&t);
	put(&t, 1, ANA, 1);
	assert_int_equal(give(&t, 1, sums_of_nobody()), QF_OK);
	assert_int_equal(answers(&t, 1), 1);
	t.now_ms += QF_ACCORD_ROUND_MS - 1;
	assert_int_equal(give(&t, 1, sums_of_nobody()), QF_OK);
	assert_int_equal(answers(&t, 1), 0);
	t.now_ms++;
	assert_int_equal(give(&t, 1, sums_of_nobody()), QF_OK);
	assert_int_equal(answers(&t, 1), 1);
	end(&t);
}

static int want_ana(struct pair *t)
{
	uint8_t payload[1 + 8] = { QF_PARCEL_WANT };
	struct qf_key key = record_key(ANA);

	memcpy(payload + 1, key.b, 8);
	return give(t, 1, qf_bytes(payload, sizeof payload));
}

TEST(accord, only_what_was_listed_can_be_wanted_and_once)
{
	struct pair t;

	begin(&t);
	put(&t, 1, ANA, 1);
	assert_int_equal(want_ana(&t), QF_OK);
	assert_int_equal(answers(&t, 1), 0);
	assert_int_equal(give(&t, 1, sums_of_nobody()), QF_OK);
	assert_int_equal(answers(&t, 1), 1);
	assert_int_equal(want_ana(&t), QF_OK);
	assert_int_equal(answers(&t, 1), 1);
	assert_int_equal(want_ana(&t), QF_OK);
	assert_int_equal(answers(&t, 1), 0);
	end(&t);
}

/* A LIST of those prefixes, from..to. */
static int list(struct pair *t, uint64_t from, uint64_t to,
                const uint64_t *prefixes, size_t n)
{
	struct qf_buf b;
	int rc;

	qf_buf_init(&b, 0);
	qf_put_u8(&b, QF_PARCEL_LIST);
	qf_put_u64(&b, from);
	for (size_t i = 0; i < n; i++) {
		qf_put_u64(&b, prefixes[i]);
		qf_put_u64(&b, 1);
		qf_put_u16(&b, 0);
		qf_put_u8(&b, 1);
	}
	qf_put_u64(&b, to);
	rc = give(t, 0, qf_buf_bytes(&b));
	qf_buf_fini(&b);
	return rc;
}

/* The dialling end was told of a difference, and sent its sums. */
static void ask(struct pair *t)
{
	static const uint8_t digest[1 + QF_SUM_BYTES] = { QF_PARCEL_DIGEST };

	assert_int_equal(give(t, 0, qf_bytes(digest, sizeof digest)), QF_OK);
	assert_int_equal(answers(t, 0), 1);
}

TEST(accord, a_list_is_answered_once_for_each_key)
{
	struct pair t;

	begin(&t);
	put(&t, 0, ANA, 1);
	assert_int_equal(list(&t, 0, UINT64_MAX, NULL, 0), QF_OK);
	assert_int_equal(answers(&t, 0), 0); /* it was not asked for */
	ask(&t);
	assert_int_equal(list(&t, 0, 5, (uint64_t[]){ 5 }, 1), QF_OK);
	assert_int_equal(answers(&t, 0), 1);
	assert_int_equal(list(&t, 5, 6, (uint64_t[]){ 5 }, 1), QF_OK);
	assert_int_equal(answers(&t, 0), 0);
	assert_int_equal(list(&t, 6, UINT64_MAX, NULL, 0), QF_OK);
	assert_int_equal(answers(&t, 0), 1);
	assert_int_equal(list(&t, 0, UINT64_MAX, NULL, 0), QF_OK);
	assert_int_equal(answers(&t, 0), 0);
	end(&t);
}

TEST(accord, a_list_that_is_not_one_is_a_fault)
{
	static const struct {
		uint64_t from;
		uint64_t to;
		uint64_t prefixes[2];
		size_t n;
	} bad[] = {
		{ 2, 1, { 0 }, 0 },    { 1, 5, { 0 }, 1 },
		{ 1, 5, { 6 }, 1 },    { 0, 5, { 3, 3 }, 2 },
		{ 0, 5, { 3, 2 }, 2 }, { 0, UINT64_MAX, { UINT64_MAX, 0 }, 2 },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct pair t;

		begin(&t);
		ask(&t);
		assert_int_equal(list(&t, bad[i].from, bad[i].to,
		                      bad[i].prefixes, bad[i].n),
		                 QF_E_MALFORMED);
		end(&t);
	}
}

TEST(accord, lengths_that_no_payload_has_are_faults)
{
	static const uint8_t zeroes[2000];

	for (uint8_t kind = 0; kind < KINDS + 1; kind++) {
		static const size_t lengths[] = { 2, 16, 18, 1023, 1026 };

		for (size_t i = 0; i < 5; i++) {
			uint8_t payload[sizeof zeroes] = { kind };
			struct pair t;

			if (kind == QF_PARCEL_NEWS)
				continue;
			begin(&t);
			assert_int_equal(
				give(&t, 1, qf_bytes(payload, lengths[i])),
				QF_E_MALFORMED);
			end(&t);
		}
	}
}
