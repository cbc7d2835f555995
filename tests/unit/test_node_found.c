/* test_node_found.c - nodes found nearby are dialled, and a changed network */
#include "test.h"

#include <stdio.h>

#include "company.h"

static struct qf_hint hint_of(const struct qf_key *key)
{
	struct qf_hint hint;

	qf_key_hint(key, &hint);
	return hint;
}

static void find_at(struct told *t, const struct qf_hint *hint,
                    const char *host)
{
	struct qf_event ev = { .kind = QF_EV_FOUND,
		               .hint = *hint,
		               .address.port = QF_PORT_DEFAULT,
		               .number = QF_FOUND_BEACON };

	snprintf(ev.address.host, sizeof ev.address.host, "%s", host);
	told_step(t, &ev);
}

static void change(struct told *t, bool lost, struct qf_shared *addresses)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_CHANGED,
	                                 .number = lost,
	                                 .payload = addresses });
}

static void fail_dial(struct told *t, uint64_t number)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_DIAL_FAILED,
	                                 .number = number,
	                                 .text = strdup("refused") });
}

TEST(node_found, whoever_is_found_is_dialled_and_may_have_any_key)
{
	struct other ana = other_of(1, "ana");
	struct qf_hint hint = hint_of(&ana.id.key);
	struct told t;

	told_init(&t);
	find_at(&t, &hint, "10.0.0.1");
	assert_string_equal(told_the(&t, QF_FX_DIAL)->address.host, "10.0.0.1");
	assert_false(told_the(&t, QF_FX_DIAL)->expects_key);
	find_at(&t, &hint, "10.0.0.1");
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_found, neither_we_nor_whom_we_are_linked_with_are_dialled)
{
	struct other ana = other_of(1, "ana");
	struct qf_hint own, linked = hint_of(&ana.id.key);
	struct told t;

	told_init(&t);
	own = hint_of(&t.self.key);
	other_come(&t, &ana);
	find_at(&t, &own, "10.0.0.1");
	told_nothing(&t);
	find_at(&t, &linked, "10.0.0.2");
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_found, that_nobody_answers_where_someone_was_found_is_no_news)
{
	struct qf_hint hint = { { 1 } };
	struct told t;

	told_init(&t);
	find_at(&t, &hint, "10.0.0.1");
	fail_dial(&t, told_the(&t, QF_FX_DIAL)->number);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_found, found_again_is_dialled_again_but_not_in_a_storm)
{
	struct qf_hint hint = { { 1 } };
	uint64_t number;
	struct told t;

	told_init(&t);
	find_at(&t, &hint, "10.0.0.1");
	number = told_the(&t, QF_FX_DIAL)->number;
	for (int i = 0; i < 8; i++) {
		fail_dial(&t, number);
		find_at(&t, &hint, "10.0.0.1");
		told_nothing(&t);
		told_tick(&t, QF_REDIAL_MIN_MS);
		assert_int_equal(told_the(&t, QF_FX_DIAL)->number, number);
	}
	told_fini(&t);
}

TEST(node_found, a_disconnected_node_dials_nobody_that_is_found)
{
	struct qf_hint hint = { { 1 } };
	struct told t;

	told_init(&t);
	told_command(&t, 1, (struct qf_command){ .kind = QF_CMD_DISCONNECT });
	find_at(&t, &hint, "10.0.0.1");
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_found, who_waits_is_dialled_at_once_when_the_network_has_changed)
{
	struct qf_hint hint = { { 1 } };
	uint64_t number;
	struct told t;

	told_init(&t);
	find_at(&t, &hint, "10.0.0.1");
	number = told_the(&t, QF_FX_DIAL)->number;
	for (int i = 0; i < 8; i++) {
		told_tick(&t, QF_REDIAL_MAX_MS);
		fail_dial(&t, number);
	}
	told_tick(&t, QF_REDIAL_MIN_MS);
	if (!told_count(&t, QF_FX_DIAL))
		change(&t, false, NULL);
	assert_int_equal(told_the(&t, QF_FX_DIAL)->number, number);
	told_fini(&t);
}

TEST(node_found, links_must_show_life_when_an_address_of_ours_is_gone)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	change(&t, false, NULL);
	assert_int_equal(told_count(&t, QF_FX_PROBE), 0);
	change(&t, true, NULL);
	assert_int_equal(told_the(&t, QF_FX_PROBE)->conn, ana.link);
	told_fini(&t);
}

TEST(node_found, others_are_told_where_we_are_now)
{
	uint8_t address[QF_HERE_ADDRESS_BYTES] = { 0xfd, 1 };
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LISTENING,
	                                  .address.port = QF_PORT_DEFAULT });
	other_come(&t, &ana);
	told_tick(&t, QF_PRESENCE_LOOK_MS);
	change(&t, false, qf_shared_new(address, sizeof address));
	if (!t.heres.count)
		told_tick(&t, QF_PRESENCE_LOOK_MS);
	assert_int_not_equal(t.heres.count, 0);
	assert_non_null(memmem(t.heres.list[0].parcel.payload->at,
	                       t.heres.list[0].parcel.payload->len, address,
	                       sizeof address));
	told_fini(&t);
}

/* Friends that there are not. */

enum { FORGED = 10000, EACH = 100 };

static const uint8_t nowhere[] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 9 };

static void put_forged(struct qf_buf *to, unsigned number,
                       const struct other *by)
{
	uint8_t seed[QF_SEED_BYTES] = { (uint8_t)number, (uint8_t)(number >> 8),
		                        9 };
	struct qf_identity id;
	struct qf_here h = { .version = 1,
		             .state = QF_HERE_HERE,
		             .name = qf_bytes("friend", 6),
		             .port = (uint16_t)(1 + number),
		             .addresses = qf_bytes(nowhere, sizeof nowhere),
		             .edges = qf_bytes(by->id.key.b, QF_KEY_BYTES) };

	qf_identity_init(&id, seed);
	h.key = id.key;
	qf_put_u8(to, QF_ITEM_HERE);
	qf_here_put(to, &h, &id);
}

static void pass_on_forged(struct told *t, const struct other *by,
                           unsigned from)
{
	struct qf_event ev = { .kind = QF_EV_HERE, .conn = by->link };
	struct qf_buf payload;

	qf_buf_init(&payload, QF_PARCEL_BYTES_MAX);
	qf_put_u8(&payload, QF_PARCEL_NEWS);
	for (unsigned i = 0; i < EACH; i++)
		put_forged(&payload, from + i, by);
	assert_false(payload.bad);
	ev.payload = qf_shared_new(payload.at, payload.len);
	assert_non_null(ev.payload);
	qf_buf_fini(&payload);
	told_step(t, &ev);
}

TEST(node_found, ten_thousand_forged_friends_hide_nobody)
{
	struct other eve = other_of(1, "eve"), bob = other_of(2, "bob");
	struct qf_hint hint = hint_of(&bob.id.key);
	const struct qf_answer *people;
	size_t dials = 0;
	struct told t;

	told_init(&t);
	other_come(&t, &eve);
	for (unsigned i = 0; i < FORGED; i += EACH) {
		pass_on_forged(&t, &eve, i);
		dials += told_count(&t, QF_FX_DIAL);
		told_tick(&t, EACH * QF_PRESENCE_NEWS_MS);
		dials += told_count(&t, QF_FX_DIAL);
	}
	assert_true(dials < FORGED / 10);
	told_command(&t, 0x2001,
	             (struct qf_command){ .kind = QF_CMD_WHO, .request = 1 });
	people = told_answer(&t, 0x2001, 1, QF_ANS_PEOPLE);
	assert_true(people->count > EACH && people->count <= QF_PERSONS_MAX);
	find_at(&t, &hint, "10.0.0.2");
	assert_string_equal(told_the(&t, QF_FX_DIAL)->address.host, "10.0.0.2");
	told_fini(&t);
}
