/* test_presence.c - the rules of one node, as its neighbours meet them */
#include "records.h"

#include "core/presence.h"

enum { ME = 1, ANA, BOB, CLEO, DORA, WALL = 1000000 };

struct scene {
	struct qf_identity id;
	struct qf_presence p;
	uint64_t now_ms;
	struct record news;  /* the last of our own records that was sent */
	unsigned records;    /* of ours, sent since the last tick */
	struct qf_gone gone; /* the last report that was sent */
	unsigned reports;
	unsigned others;         /* records of others, likewise */
	struct qf_parcel parcel; /* the last, its payload is no more */
	unsigned parcels;
	unsigned told[QF_CHANGE_ROOMS + 1];
};

static void note_news(struct scene *s, const struct qf_shared *payload)
{
	struct qf_cursor c = qf_cursor(qf_bytes(payload->at, payload->len));
	struct qf_cursor own;
	struct qf_here h;

	if (qf_get_u8(&c) != QF_PARCEL_NEWS)
		return;
	while (qf_cursor_left(&c)) {
		if (qf_get_u8(&c) == QF_ITEM_GONE) {
			qf_gone_get(&c, &s->gone);
			s->reports++;
			continue;
		}
		qf_here_get(&c, &h);
		if (!qf_key_equal(&h.key, &s->id.key)) {
			s->others++;
			continue;
		}
		s->records++;
		memcpy(s->news.bytes, h.whole.at, h.whole.len);
		own = qf_cursor(qf_bytes(s->news.bytes, h.whole.len));
		qf_here_get(&own, &s->news.here);
		assert_true(qf_here_verify(&s->news.here));
	}
	assert_false(c.bad);
}

static void tick(struct scene *s)
{
	struct qf_change change;

	s->records = s->reports = s->others = s->parcels = 0;
	memset(s->told, 0, sizeof s->told);
	qf_presence_tick(&s->p, s->now_ms, WALL);
	while (qf_presence_next(&s->p, &s->parcel)) {
		s->parcels++;
		note_news(s, s->parcel.payload);
		qf_shared_unref(s->parcel.payload);
	}
	while (qf_presence_change(&s->p, &change)) {
		assert_ptr_equal(qf_presence_find(&s->p, &change.person->key),
		                 change.person);
		s->told[change.kind]++;
	}
	assert_false(s->p.bad);
}

static void tick_after(struct scene *s, uint64_t ms)
{
	s->now_ms += ms;
	tick(s);
}

static void begin_seeded(struct scene *s, uint64_t seed)
{
	struct qf_here mine = { .state = QF_HERE_HERE,
		                .port = 9999,
		                .name = qf_bytes("me", 2) };

	*s = (struct scene){ .now_ms = 5000 };
	s->id = record_id(ME);
	assert_int_equal(
		qf_presence_init(&s->p, &s->id, &mine, seed, s->now_ms, WALL),
		QF_OK);
	tick(s);
	s->now_ms += 60000;
}

static void begin(struct scene *s)
{
	begin_seeded(s, 7);
}

static void end(struct scene *s)
{
	qf_presence_fini(&s->p);
}

static void up(struct scene *s, unsigned who, bool outbound)
{
	struct qf_key key = record_key(who);

	qf_presence_link_up(&s->p, &key, outbound, s->now_ms);
}

static void down(struct scene *s, unsigned who, bool outbound)
{
	struct qf_key key = record_key(who);

	qf_presence_link_down(&s->p, &key, outbound);
}

static int give_bytes(struct scene *s, unsigned from, uint8_t type,
                      const void *item, size_t len, bool verified)
{
	struct qf_key key = record_key(from);
	struct qf_buf b;
	int rc;

	qf_buf_init(&b, 0);
	qf_put_u8(&b, QF_PARCEL_NEWS);
	qf_put_u8(&b, type);
	qf_put_raw(&b, item, len);
	rc = qf_presence_take(&s->p, &key, qf_buf_bytes(&b), verified,
	                      s->now_ms);
	qf_buf_fini(&b);
	return rc;
}

/* A record of `who` comes from that neighbour. */
static void give(struct scene *s, unsigned from, unsigned who, uint64_t version,
                 const int *edges)
{
	struct record r;
	char name[16];

	snprintf(name, sizeof name, "n%u", who);
	record_make(&r, who, version, QF_HERE_HERE, name, edges);
	assert_int_equal(give_bytes(s, from, QF_ITEM_HERE, r.bytes,
	                            r.here.whole.len, false),
	                 QF_OK);
}

static void give_gone(struct scene *s, unsigned from, unsigned by, unsigned of,
                      uint64_t version)
{
	struct qf_gone g = record_gone(by, of, version);
	uint8_t bytes[QF_GONE_BYTES];
	struct qf_buf b = { .at = bytes, .cap = sizeof bytes };

	qf_gone_put(&b, &g);
	assert_int_equal(give_bytes(s, from, QF_ITEM_GONE, bytes, b.len, false),
	                 QF_OK);
}

static const struct qf_person *of(const struct scene *s, unsigned who)
{
	struct qf_key key = record_key(who);

	return qf_presence_find(&s->p, &key);
}

static bool claims(const struct scene *s, unsigned who)
{
	struct qf_key key = record_key(who);

	return qf_here_edge_to(&s->news.here, &key) >= 0;
}

TEST(presence, who_dialled_claims_the_link)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	up(&s, BOB, false);
	tick(&s);
	assert_int_equal(s.records, 1);
	assert_true(claims(&s, ANA));
	assert_false(claims(&s, BOB));
	assert_int_equal(s.news.here.port, 9999);
	assert_true(s.news.here.version > WALL);
	end(&s);
}

TEST(presence, who_accepted_sends_a_digest_and_again_every_15_seconds)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	up(&s, BOB, false);
	tick_after(&s, 100);
	assert_int_equal(s.parcels, 1);
	assert_int_equal(s.parcel.to, QF_PARCEL_TO_ONE);
	tick_after(&s, 100);
	assert_int_equal(s.parcels, 0);
	s.now_ms = qf_presence_wake(&s.p);
	tick(&s);
	assert_int_equal(s.parcels, 1);
	assert_int_equal(s.parcel.to, QF_PARCEL_TO_DIALLERS);
	down(&s, BOB, false);
	tick_after(&s, 100);
	assert_true(qf_presence_wake(&s.p) == UINT64_MAX);
	end(&s);
}

TEST(presence, a_claim_that_ended_is_reported_by_who_accepted)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	up(&s, BOB, false);
	give(&s, ANA, ANA, 7, (int[]){ ME, -1 });
	tick(&s);
	assert_int_equal(s.told[QF_CHANGE_CAME], 1);
	assert_int_equal(s.reports, 0);
	down(&s, ANA, false);
	tick_after(&s, 100);
	assert_int_equal(s.reports, 1);
	assert_int_equal(s.gone.version, 7);
	assert_true(qf_gone_verify(&s.gone));
	assert_true(qf_key_equal(&s.gone.reporter, &s.id.key));
	tick_after(&s, QF_PEOPLE_SETTLE_MS);
	assert_int_equal(s.told[QF_CHANGE_LOST], 1);
	end(&s);
}

/* As after a sleep of the machine, when a digest is due, too. */
TEST(presence, a_loss_is_told_before_who_was_lost_is_forgotten)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	up(&s, BOB, false);
	give(&s, ANA, ANA, 7, NULL);
	tick(&s);
	assert_int_equal(s.told[QF_CHANGE_CAME], 1);
	down(&s, ANA, true);
	tick_after(&s, 100);
	tick_after(&s, QF_PEOPLE_FORGET_MS);
	assert_int_equal(s.told[QF_CHANGE_LOST], 1);
	assert_true(qf_presence_wake(&s.p) <= s.now_ms);
	tick(&s);
	assert_null(of(&s, ANA));
	end(&s);
}

TEST(presence, a_claim_of_a_link_that_never_was_is_reported)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	give(&s, ANA, BOB, 7, (int[]){ ME, -1 });
	tick(&s);
	assert_int_equal(s.reports, 1);
	assert_false(of(&s, BOB)->shown);
	give(&s, ANA, BOB, 8, (int[]){ ME, -1 });
	tick_after(&s, 100);
	assert_int_equal(s.reports, 1);
	assert_int_equal(s.gone.version, 8);
	end(&s);
}

TEST(presence, a_claim_is_true_as_long_as_any_link_is_there)
{
	struct scene s;

	begin(&s);
	up(&s, BOB, true);
	up(&s, ANA, false);
	up(&s, ANA, false);
	up(&s, ANA, true);
	give(&s, ANA, ANA, 7, (int[]){ ME, -1 });
	down(&s, ANA, false);
	down(&s, ANA, false);
	tick(&s);
	assert_int_equal(s.reports, 0);
	assert_true(claims(&s, ANA));
	assert_true(of(&s, ANA)->shown);
	down(&s, ANA, true);
	tick_after(&s, 100);
	assert_int_equal(s.reports, 1);
	assert_false(claims(&s, ANA));
	end(&s);
}

TEST(presence, a_link_that_was_gone_for_a_moment_is_claimed_anew)
{
	struct scene s;
	uint64_t version;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	version = s.news.here.version;
	down(&s, ANA, true);
	up(&s, ANA, true);
	tick_after(&s, 100);
	assert_int_equal(s.records, 1);
	assert_true(claims(&s, ANA));
	assert_true(s.news.here.version > version);
	end(&s);
}

TEST(presence, a_reported_link_is_claimed_anew_once_it_shows_life)
{
	struct scene s;
	uint64_t version;

	begin(&s);
	up(&s, ANA, true);
	up(&s, BOB, true);
	tick(&s);
	version = s.news.here.version;
	give_gone(&s, BOB, ANA, ME, version);
	tick_after(&s, 10000);
	assert_int_equal(s.reports, 1); /* passed on like any other */
	assert_int_equal(s.records, 0);
	give(&s, ANA, CLEO, 1, NULL);
	tick_after(&s, 100);
	assert_int_equal(s.records, 1);
	assert_true(claims(&s, ANA));
	assert_true(s.news.here.version > version);
	give(&s, ANA, CLEO, 2, NULL);
	tick_after(&s, 100);
	assert_int_equal(s.records, 0);
	end(&s);
}

TEST(presence, a_reported_link_is_claimed_anew_when_another_comes_up)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	up(&s, BOB, true);
	tick(&s);
	give_gone(&s, BOB, ANA, ME, s.news.here.version);
	tick_after(&s, 100);
	assert_int_equal(s.reports, 1);
	assert_int_equal(s.records, 0);
	up(&s, ANA, true);
	tick_after(&s, 100);
	assert_int_equal(s.records, 1);
	end(&s);
}

TEST(presence, what_a_full_record_leaves_out_the_other_end_claims)
{
	int edges[QF_HERE_EDGES_MAX + 1];
	struct scene s;

	for (int i = 0; i < QF_HERE_EDGES_MAX; i++)
		edges[i] = 100 + i;
	edges[QF_HERE_EDGES_MAX] = -1;
	begin(&s);
	up(&s, ANA, false);
	give(&s, ANA, ANA, 7, edges);
	tick(&s);
	assert_int_equal(s.records, 1);
	assert_true(claims(&s, ANA));

	/* And takes that back when it ends. */
	up(&s, BOB, false);
	down(&s, ANA, false);
	tick_after(&s, 100);
	assert_int_equal(s.records, 1);
	assert_false(claims(&s, ANA));
	end(&s);
}

TEST(presence, it_claims_as_many_links_as_fit)
{
	struct scene s;

	begin(&s);
	for (unsigned i = 0; i < QF_HERE_EDGES_MAX + 5; i++)
		up(&s, 100 + i, true);
	tick(&s);
	assert_int_equal(qf_here_edge_count(&s.news.here), QF_HERE_EDGES_MAX);
	end(&s);
}

/* Our own record comes back. */
static void give_own(struct scene *s, uint64_t version, const char *name)
{
	struct record r;

	record_make(&r, ME, version, QF_HERE_HERE, name, NULL);
	assert_int_equal(give_bytes(s, ANA, QF_ITEM_HERE, r.bytes,
	                            r.here.whole.len, false),
	                 QF_OK);
}

/* Who has heard of the last but one only, and who of the last: a version in
 * between is not used again, with other contents. */
TEST(presence, no_version_from_before_a_restart_is_used_again)
{
	uint64_t leaps[2];

	for (uint64_t boot = 0; boot < 2; boot++) {
		struct scene s;

		begin_seeded(&s, boot);
		up(&s, ANA, true);
		tick(&s);
		give_own(&s, 2 * WALL, "old");
		tick_after(&s, 100);
		leaps[boot] = s.news.here.version - 2 * WALL;
		assert_true(leaps[boot] > 1000000000);
		end(&s);
	}
	assert_true(leaps[0] != leaps[1]);
}

TEST(presence, a_record_of_ours_that_is_newer_than_ours_is_surpassed)
{
	struct scene s;
	uint64_t surpassed;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	give_own(&s, 2 * WALL, "old");
	tick_after(&s, 100);
	assert_int_equal(s.records, 1);
	surpassed = s.news.here.version;
	assert_true(surpassed > 2 * WALL);
	assert_memory_equal(s.news.here.name.at, "me", 2);

	give_own(&s, 2 * WALL, "old");
	tick_after(&s, 100);
	assert_int_equal(s.records, 0);
	give_own(&s, surpassed, "twin");
	tick_after(&s, 100);
	assert_true(s.news.here.version > surpassed);
	end(&s);
}

TEST(presence, our_own_echo_is_no_news)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	assert_int_equal(give_bytes(&s, ANA, QF_ITEM_HERE, s.news.bytes,
	                            s.news.here.whole.len, false),
	                 QF_OK);
	tick_after(&s, 100);
	assert_int_equal(s.records, 0);
	end(&s);
}

TEST(presence, the_greatest_version_is_the_last)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	give_own(&s, QF_HERE_VERSION_MAX, "old");
	tick_after(&s, 100);
	assert_int_equal(s.records, 1);
	assert_true(s.news.here.version == QF_HERE_VERSION_MAX);
	give_own(&s, QF_HERE_VERSION_MAX, "old");
	tick_after(&s, 100);
	assert_int_equal(s.records, 0);
	assert_true(qf_presence_wake(&s.p) == UINT64_MAX);
	end(&s);
}

TEST(presence, what_we_say_is_what_others_hear)
{
	static const uint8_t rooms[] = "BBBBBBBBAAAAAAAACCCCCCCC";
	static const uint8_t address[QF_HERE_ADDRESS_BYTES] = "an address";
	struct qf_here mine = { .state = QF_HERE_AWAY,
		                .port = 1234,
		                .name = qf_bytes("ana", 3),
		                .text = qf_bytes("lunch", 5),
		                .addresses = qf_bytes(address, sizeof address),
		                .rooms = qf_bytes(rooms, 24) };
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	qf_presence_self(&s.p, &mine);
	tick(&s);
	assert_int_equal(s.news.here.state, QF_HERE_AWAY);
	assert_int_equal(s.news.here.port, 1234);
	assert_memory_equal(s.news.here.name.at, "ana", 3);
	assert_memory_equal(s.news.here.text.at, "lunch", 5);
	assert_memory_equal(s.news.here.addresses.at, address, sizeof address);
	assert_memory_equal(s.news.here.rooms.at, "AAAAAAAABBBBBBBBCCCCCCCC",
	                    24);

	/* Who is here has no reason to be away. */
	mine = s.p.mine;
	mine.state = QF_HERE_HERE;
	qf_presence_self(&s.p, &mine);
	tick_after(&s, 100);
	assert_int_equal(s.news.here.state, QF_HERE_HERE);
	assert_int_equal(s.news.here.text.len, 0);
	assert_int_equal(s.news.here.rooms.len, 24);
	end(&s);
}

TEST(presence, a_node_changes_at_most_once_a_second_but_for_five_in_a_row)
{
	unsigned records = 0;
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	s.now_ms += 60000;
	for (int i = 0; i < 50; i++) { /* in 3 s */
		struct qf_here mine = s.p.mine;
		char name[16];

		snprintf(name, sizeof name, "me%d", i);
		mine.name = qf_bytes(name, strlen(name));
		qf_presence_self(&s.p, &mine);
		tick_after(&s, 60);
		records += s.records;
	}
	assert_int_equal(records, QF_PRESENCE_RECORDS + 2);
	tick_after(&s, 1000);
	assert_memory_equal(s.news.here.name.at, "me49", 4);
	end(&s);
}

TEST(presence, who_leaves_says_so_at_once_and_has_no_links)
{
	struct qf_here mine;
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	for (int i = 0; i < 20; i++) {
		mine = s.p.mine;
		mine.port++;
		qf_presence_self(&s.p, &mine);
		tick_after(&s, 1);
	}
	mine = s.p.mine;
	mine.state = QF_HERE_LEFT;
	qf_presence_self(&s.p, &mine);
	tick(&s);
	assert_int_equal(s.records, 1);
	assert_int_equal(s.news.here.state, QF_HERE_LEFT);
	assert_int_equal(qf_here_edge_count(&s.news.here), 0);
	down(&s, ANA, true);
	tick_after(&s, 100);
	assert_int_equal(s.records, 0);
	end(&s);
}

TEST(presence, nothing_is_said_that_says_nothing_new)
{
	struct scene s;
	struct qf_here mine;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	mine = s.p.mine;
	qf_presence_self(&s.p, &mine);
	tick_after(&s, 5000);
	assert_int_equal(s.parcels, 0);
	assert_true(qf_presence_wake(&s.p) == UINT64_MAX);
	end(&s);
}

TEST(presence, an_only_neighbour_is_not_told_what_it_brought)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, true);
	tick(&s);
	give(&s, ANA, BOB, 1, NULL);
	tick_after(&s, 100);
	assert_int_equal(s.parcels, 0);
	up(&s, CLEO, true);
	tick_after(&s, 100);
	give(&s, ANA, BOB, 2, NULL);
	tick_after(&s, 100);
	assert_int_equal(s.others, 1);
	assert_int_equal(s.parcel.to, QF_PARCEL_TO_OTHERS);
	end(&s);
}

TEST(presence, an_old_record_is_no_news)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	up(&s, BOB, false);
	give(&s, ANA, CLEO, 2, NULL);
	tick_after(&s, 100);
	give(&s, BOB, CLEO, 2, NULL);
	give(&s, BOB, CLEO, 1, NULL);
	tick_after(&s, 100);
	assert_int_equal(s.others, 0);
	assert_int_equal(of(&s, CLEO)->here.version, 2);
	end(&s);
}

TEST(presence, what_is_not_signed_by_whom_it_names_is_a_fault)
{
	struct qf_gone g;
	struct record r;
	struct scene s;
	uint8_t bytes[QF_GONE_BYTES];
	struct qf_buf b = { .at = bytes, .cap = sizeof bytes };

	begin(&s);
	up(&s, ANA, false);
	record_make(&r, BOB, 1, QF_HERE_HERE, "bob", (int[]){ CLEO, -1 });
	r.bytes[r.here.whole.len - 1] ^= 1;
	assert_int_equal(give_bytes(&s, ANA, QF_ITEM_HERE, r.bytes,
	                            r.here.whole.len, false),
	                 QF_E_MALFORMED);
	assert_null(of(&s, BOB));

	give(&s, ANA, BOB, 1, (int[]){ CLEO, -1 });
	g = record_gone(CLEO, BOB, 1);
	g.sig[0] ^= 1;
	qf_gone_put(&b, &g);
	assert_int_equal(give_bytes(&s, ANA, QF_ITEM_GONE, bytes, b.len, false),
	                 QF_E_MALFORMED);
	assert_int_equal(of(&s, BOB)->gone, 0);

	/* Unless a worker says that it has looked. */
	assert_int_equal(give_bytes(&s, ANA, QF_ITEM_GONE, bytes, b.len, true),
	                 QF_OK);
	assert_int_equal(of(&s, BOB)->gone, 1);
	end(&s);
}

TEST(presence, a_worker_verifies_a_payload_as_a_whole)
{
	struct qf_identity id = record_id(BOB);
	struct qf_roots roots = { 0 };
	struct qf_person *p;
	struct qf_roster r;
	struct qf_buf b;

	qf_roster_init(&r);
	p = record_put(&r, ANA, 1, (int[]){ BOB, -1 });
	record_report(p, BOB, ANA);
	qf_buf_init(&b, 0);
	qf_put_u8(&b, QF_PARCEL_NEWS);
	assert_false(qf_presence_verify(qf_buf_bytes(&b), &roots));
	qf_person_put(&b, p, true, p->gone);
	assert_true(qf_presence_verify(qf_buf_bytes(&b), &roots));
	assert_int_equal(roots.checks, 2);
	assert_true(qf_presence_verify(qf_buf_bytes(&b), &roots));
	assert_int_equal(roots.checks, 2); /* it was known */
	b.at[b.len - 1] ^= 1;
	assert_false(qf_presence_verify(qf_buf_bytes(&b), &roots));
	b.at[b.len - 1] ^= 1;
	b.at[5] ^= 1;
	assert_false(qf_presence_verify(qf_buf_bytes(&b), &roots));
	b.at[0] = QF_PARCEL_WANT; /* has nothing that is signed */
	assert_true(qf_presence_verify(qf_buf_bytes(&b), &roots));
	assert_false(qf_presence_verify(qf_bytes(NULL, 0), &roots));
	qf_roots_fini(&roots);
	qf_buf_fini(&b);
	qf_roster_fini(&r);
	qf_identity_fini(&id);
}

TEST(presence, a_report_of_another_version_or_of_no_claim_counts_for_nothing)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	give(&s, ANA, BOB, 5, (int[]){ CLEO, -1 });
	give_gone(&s, ANA, CLEO, BOB, 4);
	give_gone(&s, ANA, CLEO, BOB, 6);
	give_gone(&s, ANA, DORA, BOB, 5);
	give_gone(&s, ANA, CLEO, DORA, 5);
	assert_int_equal(of(&s, BOB)->gone, 0);
	give_gone(&s, ANA, CLEO, BOB, 5);
	assert_int_equal(of(&s, BOB)->gone, 1);
	end(&s);
}

TEST(presence, payloads_of_no_kind_are_faults_and_of_no_neighbour_ignored)
{
	static const uint8_t payloads[][3] = {
		{ 0 },
		{ QF_PARCEL_NEWS, 3 },
		{ QF_PARCEL_NEWS, QF_ITEM_HERE },
		{ QF_PARCEL_NEWS, QF_ITEM_GONE },
		{ QF_PARCEL_WANT + 1 },
		{ 0x80 },
	};
	struct qf_key ana = record_key(ANA), bob = record_key(BOB);
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		struct qf_bytes in = qf_bytes(payloads[i], 3);

		assert_int_equal(qf_presence_take(&s.p, &ana, in, false, 5000),
		                 QF_E_MALFORMED);
		assert_int_equal(qf_presence_take(&s.p, &bob, in, false, 5000),
		                 QF_OK);
	}
	assert_int_equal(
		qf_presence_take(&s.p, &ana, qf_bytes(NULL, 0), false, 5000),
		QF_E_MALFORMED);
	end(&s);
}

/* A record with a key of nobody's, which claims a link with the neighbour. */
static void give_stranger(struct scene *s, uint64_t number)
{
	struct qf_identity id = record_id(ANA);
	struct qf_buf b = { .at = id.key.b, .cap = sizeof id.key.b };
	struct record r = { .here = { .version = 1,
		                      .state = QF_HERE_HERE,
		                      .name = qf_bytes("x", 1) } };

	r.edges[0] = record_key(ANA);
	r.here.edges = qf_bytes(r.edges, QF_KEY_BYTES);
	qf_put_u64(&b, number << 32);
	record_sign(&r, &id);
	assert_int_equal(give_bytes(s, ANA, QF_ITEM_HERE, r.bytes,
	                            r.here.whole.len, true),
	                 QF_OK);
}

TEST(presence, a_neighbour_brings_so_much_and_no_more)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	give(&s, ANA, ANA, 1, NULL);
	for (uint64_t i = 1; i < 5; i++)
		give_stranger(&s, i);
	assert_int_equal(s.p.roster.count, 6);
	for (uint64_t i = 6; i <= QF_PRESENCE_NEWS; i++)
		give(&s, ANA, BOB, i, NULL);
	give(&s, ANA, BOB, UINT32_MAX, NULL);
	assert_int_equal(of(&s, BOB)->here.version, QF_PRESENCE_NEWS);
	s.now_ms += QF_PRESENCE_NEWS_MS;
	give(&s, ANA, BOB, UINT32_MAX, NULL);
	assert_int_equal(of(&s, BOB)->here.version, UINT32_MAX);
	end(&s);
}

TEST(presence, the_roster_stays_within_its_limit)
{
	struct scene s;

	begin(&s);
	up(&s, ANA, false);
	up(&s, BOB, false);
	give(&s, ANA, ANA, 1, NULL);
	for (uint64_t i = 1; i <= QF_PERSONS_MAX + 100; i++)
		give_stranger(&s, i);
	tick(&s);
	assert_int_equal(s.p.roster.count, QF_PERSONS_MAX);
	assert_null(of(&s, BOB));

	/* Whom nobody reaches any more makes room for others. */
	down(&s, ANA, false);
	tick_after(&s, 100);
	tick_after(&s, QF_PEOPLE_SETTLE_MS);
	give(&s, BOB, BOB, 1, NULL);
	tick_after(&s, 100);
	assert_true(of(&s, BOB)->shown);
	assert_int_equal(s.p.roster.count, QF_PERSONS_MAX);
	end(&s);
}

TEST(presence, people_are_found_by_key_by_name_and_by_room)
{
	static const uint8_t rooms[] = { 0, 0, 0, 0, 0, 0, 0, 7 };
	static const uint8_t none[] = { 0, 0, 0, 0, 0, 0, 0, 8 };
	struct qf_identity cleo = record_id(CLEO);
	struct record r = { .here = { .version = 1,
		                      .state = QF_HERE_HERE,
		                      .name = qf_bytes("N3", 2),
		                      .rooms = qf_bytes(rooms, 8) } };
	struct scene s;
	size_t at = 0;

	begin(&s);
	up(&s, BOB, false);
	up(&s, CLEO, false);
	give(&s, BOB, BOB, 1, NULL);
	give(&s, BOB, DORA, 1, NULL);
	record_sign(&r, &cleo);
	give_bytes(&s, CLEO, QF_ITEM_HERE, r.bytes, r.here.whole.len, false);
	tick_after(&s, 100);

	assert_non_null(qf_presence_each(&s.p, NULL, &at));
	assert_non_null(qf_presence_each(&s.p, NULL, &at));
	assert_null(qf_presence_each(&s.p, NULL, &at));
	assert_ptr_equal(qf_presence_each(&s.p, rooms, &(size_t){ 0 }),
	                 of(&s, CLEO));
	assert_null(qf_presence_each(&s.p, none, &(size_t){ 0 }));

	/* BOB is called n3, and cleo almost. */
	at = 0;
	assert_non_null(qf_presence_named(&s.p, "n3", &at));
	assert_non_null(qf_presence_named(&s.p, "n3", &at));
	assert_null(qf_presence_named(&s.p, "n3", &at));
	assert_null(qf_presence_named(&s.p, "me", &(size_t){ 0 }));
	assert_null(qf_presence_named(&s.p, "n5", &(size_t){ 0 }));
	assert_false(of(&s, DORA)->shown);
	end(&s);
}
