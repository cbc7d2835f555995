/* test_node_mesh.c - whom a node dials of those who are here */
#include "test.h"

#include "company.h"

#include "core/mesh.h"

/* Where ana says that bob and the others can be found. */
static const uint8_t far_away[] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 7 };
static const uint8_t loopback[] = { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 };
static const uint8_t two_places[2 * QF_HERE_ADDRESS_BYTES] = {
	[10] = 0xff, [11] = 0xff, 10, 0, 0, 7, 0xfd, [31] = 1
};

enum { HOLD_MS = 600, LOOK_MS = 100 };

/* ana has a link with us, and knows of `other`, who listens there. */
static void hear_of(struct told *t, struct other *ana, struct other *other,
                    const uint8_t *at, size_t len)
{
	other->here.port = 4000;
	other->here.addresses = qf_bytes(at, len);
	other->here.edges = qf_bytes(ana->id.key.b, QF_KEY_BYTES);
	other_say_over(t, other, ana->link);
}

static bool is_smaller(const struct told *t, const struct other *o)
{
	return memcmp(t->self.key.b, o->id.key.b, QF_KEY_BYTES) < 0;
}

/* One whose key is greater than ours, or smaller. */
static struct other one(const struct told *t, bool greater, uint8_t from)
{
	struct other o = other_of(from, "bob");

	while (is_smaller(t, &o) != greater)
		o = other_of(++from, "bob");
	return o;
}

static void listens(struct told *t, const uint8_t *at)
{
	struct qf_event ev = { .kind = QF_EV_LISTENING,
		               .address = { "::", 9999 } };

	ev.payload = qf_shared_new(at, QF_HERE_ADDRESS_BYTES);
	assert_non_null(ev.payload);
	told_step(t, &ev);
}

static void assert_dial(const struct told *t, const struct other *o,
                        const char *host)
{
	const struct qf_effect *fx = told_the(t, QF_FX_DIAL);

	assert_string_equal(fx->address.host, host);
	assert_true(fx->expects_key);
	assert_memory_equal(fx->key.b, o->id.key.b, QF_KEY_BYTES);
}

/* Time passes until the next dial, or for so long. */
static uint64_t until_dial(struct told *t, uint64_t limit_ms)
{
	uint64_t begun_ms = t->now.mono_ms;

	while (!told_count(t, QF_FX_DIAL) &&
	       t->now.mono_ms < begun_ms + limit_ms)
		told_tick(t, 10);
	return t->now.mono_ms - begun_ms;
}

TEST(node_mesh, whoever_is_here_is_dialled_where_they_say_they_listen)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	listens(&t, far_away);
	bob = one(&t, true, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, far_away, sizeof far_away);
	assert_in_range(until_dial(&t, LOOK_MS), 0, LOOK_MS);
	assert_dial(&t, &bob, "10.0.0.7");
	told_fini(&t);
}

TEST(node_mesh, the_greater_key_waits_for_the_other_to_dial)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	listens(&t, far_away);
	bob = one(&t, false, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, far_away, sizeof far_away);
	assert_in_range(until_dial(&t, 2 * HOLD_MS), HOLD_MS - LOOK_MS,
	                HOLD_MS + LOOK_MS);
	assert_dial(&t, &bob, "10.0.0.7");
	told_fini(&t);
}

TEST(node_mesh, a_node_that_cannot_be_dialled_does_not_wait)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	bob = one(&t, false, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, far_away, sizeof far_away);
	assert_in_range(until_dial(&t, LOOK_MS), 0, LOOK_MS);
	assert_dial(&t, &bob, "10.0.0.7");
	told_fini(&t);
}

TEST(node_mesh, whoever_is_linked_by_then_is_not_dialled)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	listens(&t, far_away);
	bob = one(&t, false, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, far_away, sizeof far_away);
	other_link(&t, &bob);
	until_dial(&t, 2 * HOLD_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_fini(&t);
}

TEST(node_mesh, loopback_is_dialled_only_by_whoever_lives_there)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	listens(&t, far_away);
	bob = one(&t, true, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, loopback, sizeof loopback);
	until_dial(&t, LOOK_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	listens(&t, loopback);
	until_dial(&t, LOOK_MS);
	assert_dial(&t, &bob, "127.0.0.1");
	told_fini(&t);
}

TEST(node_mesh, a_silent_address_is_not_waited_for_when_there_is_another)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	bob = one(&t, true, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, two_places, sizeof two_places);
	until_dial(&t, LOOK_MS);
	assert_dial(&t, &bob, "10.0.0.7");
	told_tick(&t, 0);
	assert_in_range(until_dial(&t, QF_DIAL_MS), 100, 1000);
	assert_dial(&t, &bob, "fd00::1");
	told_fini(&t);
}

static void fail_dials(struct told *t)
{
	const struct qf_effect *fx;

	while (told_count(t, QF_FX_DIAL)) {
		fx = told_the(t, QF_FX_DIAL);
		told_event(t, (struct qf_event){ .kind = QF_EV_DIAL_FAILED,
		                                 .number = fx->number,
		                                 .text = strdup("refused") });
		assert_null(told_news(t, QF_NEWS_DIAL_FAILED));
	}
}

TEST(node_mesh, an_address_of_somebody_who_has_gone_is_forgotten)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	bob = one(&t, true, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, far_away, sizeof far_away);
	until_dial(&t, LOOK_MS);
	fail_dials(&t);
	other_leave(&t, &ana);
	fail_dials(&t);
	for (unsigned i = 0; i < 20; i++) {
		told_tick(&t, 1000);
		fail_dials(&t);
	}
	until_dial(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_fini(&t);
}

/* Its beacon was heard at that host. */
static void find(struct told *t, const struct other *o, const char *host)
{
	struct qf_event ev = { .kind = QF_EV_FOUND,
		               .address.port = QF_PORT_DEFAULT };

	snprintf(ev.address.host, sizeof ev.address.host, "%s", host);
	qf_key_hint(&o->id.key, &ev.hint);
	told_event(t, ev);
}

/* We have as many links as we want, with people of whom nothing is known. */
static void have_enough(struct told *t)
{
	for (uint8_t i = 0; i < QF_MESH_TARGET; i++) {
		struct other o = other_of((uint8_t)(100 + i), "o");

		other_link(t, &o);
	}
}

TEST(node_mesh, who_was_found_nearby_and_is_here_already_is_left_to_the_mesh)
{
	struct other ana = other_of(1, "ana"), bob;
	struct told t;

	told_init(&t);
	listens(&t, far_away);
	bob = one(&t, false, 2);
	other_come(&t, &ana);
	hear_of(&t, &ana, &bob, far_away, sizeof far_away);
	find(&t, &bob, "10.0.0.8");
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_fini(&t);
}

TEST(node_mesh, strangers_nearby_are_dialled_one_by_one_by_who_has_enough_links)
{
	struct other bob = other_of(2, "bob"), eve = other_of(3, "eve");
	struct told t;

	told_init(&t);
	have_enough(&t);
	find(&t, &bob, "10.0.0.8");
	assert_string_equal(told_the(&t, QF_FX_DIAL)->address.host, "10.0.0.8");
	find(&t, &eve, "10.0.0.9");
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	assert_in_range(until_dial(&t, 1000), 200, 300);
	assert_string_equal(told_the(&t, QF_FX_DIAL)->address.host, "10.0.0.9");
	told_fini(&t);
}

TEST(node_mesh, who_is_alone_dials_only_a_few_strangers_at_once)
{
	struct told t;
	size_t dials = 0;

	told_init(&t);
	for (uint8_t i = 1; i < 40; i++) {
		struct other o = other_of((uint8_t)(100 + i), "o");
		char host[16];

		snprintf(host, sizeof host, "10.0.0.%u", i);
		find(&t, &o, host);
		dials += told_count(&t, QF_FX_DIAL);
	}
	assert_in_range(dials, QF_MESH_TARGET, QF_MESH_TARGET + 1);
	told_fini(&t);
}

/* Hubs. */

enum { MEMBERS = 20 };

/* All are here through ana, and only the hub is to be found. */
static void hear_of_members(struct told *t, struct other *ana,
                            struct other *hub)
{
	for (uint8_t i = 0; i < MEMBERS; i++) {
		struct other o = other_of((uint8_t)(120 + i), "o");

		o.here.edges = qf_bytes(ana->id.key.b, QF_KEY_BYTES);
		other_say_over(t, &o, ana->link);
	}
	hub->here.is_hub = true;
	hear_of(t, ana, hub, far_away, sizeof far_away);
}

static void link_dialled(struct told *t, const struct other *o)
{
	told_event(t,
	           (struct qf_event){ .kind = QF_EV_LINK_UP,
	                              .conn = o->link,
	                              .key = o->id.key,
	                              .number = told_the(t, QF_FX_DIAL)->number,
	                              .outbound = true });
}

TEST(node_mesh, a_hub_is_dialled_wherever_one_stands_and_again_when_it_is_lost)
{
	struct other ana = other_of(1, "ana"), hub;
	struct told t;

	told_init(&t);
	hub = one(&t, true, 2);
	other_come(&t, &ana);
	hear_of_members(&t, &ana, &hub);
	until_dial(&t, MEMBERS * QF_MESH_HUB_EACH_MS + 2 * LOOK_MS);
	assert_dial(&t, &hub, "10.0.0.7");
	link_dialled(&t, &hub);
	told_tick(&t, QF_MESH_TRY_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LINK_DOWN,
	                                  .conn = hub.link,
	                                  .text = strdup("gone") });
	until_dial(&t, MEMBERS * QF_MESH_HUB_EACH_MS + 2 * LOOK_MS);
	assert_dial(&t, &hub, "10.0.0.7");
	told_fini(&t);
}
