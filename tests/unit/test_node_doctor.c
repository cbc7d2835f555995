/* test_node_doctor.c - a node that is alone looks why, and tells who asks */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "company.h"

enum { ALONE_MS = 8000, HOLD_MS = 700 };

static const qf_conn client = 0x2001, second = 0x2002;

/* Ours, and one beside it. */
static const uint8_t here[] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };
static const uint8_t near[] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 7 };
static const uint8_t far[] = { [10] = 0xff, [11] = 0xff, 10, 0, 9, 7 };

static void init(struct told *t)
{
	struct qf_event ev = { .kind = QF_EV_LISTENING,
		               .address = { "::", QF_PORT_DEFAULT } };

	told_init_with(t, 100, (struct qf_node_options){ .explains = true });
	told_load_room(t, "#lobby");
	ev.payload = qf_shared_new(here, sizeof here);
	assert_non_null(ev.payload);
	told_step(t, &ev);
}

static void ask(struct told *t, qf_conn from, enum qf_command_kind kind)
{
	told_command(t, from,
	             (struct qf_command){ .kind = kind, .request = 1 });
}

/* A worker has looked at a machine on which nobody answers. */
static void examined(struct told *t)
{
	struct qf_event ev = { .kind = QF_EV_EXAMINED,
		               .facts = calloc(1, sizeof *ev.facts) };

	assert_non_null(ev.facts);
	ev.facts->networks = 1;
	told_step(t, &ev);
}

TEST(node_doctor, all_who_ask_meanwhile_are_answered_by_one_look)
{
	struct told t;

	init(&t);
	ask(&t, client, QF_CMD_DOCTOR);
	assert_int_equal(told_count(&t, QF_FX_EXAM), 1);
	ask(&t, second, QF_CMD_DOCTOR);
	told_nothing(&t);
	examined(&t);
	assert_string_equal(told_answer(&t, client, 1, QF_ANS_DOCTOR)
	                            ->diagnosis->list[0]
	                            .code,
	                    "isolation");
	told_answer(&t, second, 1, QF_ANS_DOCTOR);
	ask(&t, client, QF_CMD_DOCTOR);
	assert_int_equal(told_count(&t, QF_FX_EXAM), 1);
	told_fini(&t);
}

TEST(node_doctor, who_waits_when_the_node_stops_is_told_so)
{
	struct told t;

	init(&t);
	ask(&t, client, QF_CMD_DOCTOR);
	told_event(&t, (struct qf_event){ .kind = QF_EV_STOP });
	assert_string_equal(told_answer(&t, client, 1, QF_ANS_REFUSED)->code,
	                    "stopping");
	told_fini(&t);
}

TEST(node_doctor, more_askers_than_it_can_keep_are_refused)
{
	struct told t;

	init(&t);
	for (unsigned i = 0; i < 16; i++)
		ask(&t, client + i, QF_CMD_DOCTOR);
	ask(&t, client + 16, QF_CMD_DOCTOR);
	told_refused(&t, client + 16, 1, "busy");
	told_fini(&t);
}

TEST(node_doctor, whoever_is_alone_for_long_is_told_why_once)
{
	struct told t;

	init(&t);
	told_tick(&t, ALONE_MS - 1);
	assert_int_equal(told_count(&t, QF_FX_EXAM), 0);
	told_tick(&t, 1);
	assert_int_equal(told_count(&t, QF_FX_EXAM), 1);
	examined(&t);
	assert_non_null(told_news(&t, QF_NEWS_NOTICE));
	told_tick(&t, 10 * ALONE_MS);
	assert_int_equal(told_count(&t, QF_FX_EXAM), 0);
	/* What was found is there for every list that is empty. */
	ask(&t, client, QF_CMD_WHO);
	assert_string_equal(
		told_answer(&t, client, 1, QF_ANS_PEOPLE)->finding->code,
		"isolation");
	told_fini(&t);
}

TEST(node_doctor, a_guest_of_the_page_is_not_told_what_is_in_the_way)
{
	struct told t;

	init(&t);
	told_tick(&t, ALONE_MS);
	examined(&t);
	told_command(&t, second,
	             (struct qf_command){ .kind = QF_CMD_ENTER,
	                                  .request = 1,
	                                  .text = (char *)"bob",
	                                  .has_nonce = true,
	                                  .nonce = { { 1 } } });
	told_answer(&t, second, 1, QF_ANS_ENTERED);
	ask(&t, second, QF_CMD_WHO);
	assert_null(told_answer(&t, second, 1, QF_ANS_PEOPLE)->finding);
	ask(&t, client, QF_CMD_WHO);
	assert_non_null(told_answer(&t, client, 1, QF_ANS_PEOPLE)->finding);
	told_fini(&t);
}

TEST(node_doctor, with_company_nobody_is_told_why_they_are_alone)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	init(&t);
	told_tick(&t, ALONE_MS);
	other_come(&t, &ana);
	examined(&t);
	assert_null(told_news(&t, QF_NEWS_NOTICE));
	ask(&t, client, QF_CMD_WHO);
	assert_null(told_answer(&t, client, 1, QF_ANS_PEOPLE)->finding);
	told_fini(&t);
}

TEST(node_doctor, another_network_is_looked_at_again)
{
	struct told t;

	init(&t);
	told_tick(&t, ALONE_MS);
	examined(&t);
	told_event(&t, (struct qf_event){
			       .kind = QF_EV_CHANGED,
			       .payload = qf_shared_new(here, sizeof here) });
	told_tick(&t, ALONE_MS);
	assert_int_equal(told_count(&t, QF_FX_EXAM), 1);
	told_fini(&t);
}

/* Two sides of an isolation. */

/* ana is linked with us and with bob; where bob listens, nobody answers us.
 * claims: it is ana who says that it dialled. */
static const struct qf_apart *meet(struct told *t, const uint8_t *at,
                                   const char *why, bool claims)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");

	init(t);
	if (claims)
		ana.here.edges = qf_bytes(bob.id.key.b, QF_KEY_BYTES);
	else
		bob.here.edges = qf_bytes(ana.id.key.b, QF_KEY_BYTES);
	other_come(t, &ana);
	bob.here.port = 4000;
	bob.here.addresses = qf_bytes(at, sizeof near);
	other_say_over(t, &bob, ana.link);
	for (int i = 0; i < HOLD_MS && !told_count(t, QF_FX_DIAL); i++)
		told_tick(t, 1);
	told_event(t,
	           (struct qf_event){ .kind = QF_EV_DIAL_FAILED,
	                              .number = told_the(t, QF_FX_DIAL)->number,
	                              .text = strdup(why) });
	ask(t, client, QF_CMD_STATUS);
	return &told_answer(t, client, 1, QF_ANS_STATUS)->status->apart;
}

TEST(node_doctor, a_neighbour_that_dialled_who_does_not_answer_us_is_proof)
{
	const struct qf_apart *apart;
	struct told t;

	apart = meet(&t, near, "No route to host", true);
	assert_string_equal(apart->name, "bob");
	assert_string_equal(apart->witness, "ana");
	assert_string_equal(apart->address.host, "10.0.0.7");
	assert_true(apart->is_sure);
	told_fini(&t);
}

TEST(node_doctor, if_they_dialled_the_neighbour_it_is_likely)
{
	const struct qf_apart *apart;
	struct told t;

	apart = meet(&t, near, "No route to host", false);
	assert_string_equal(apart->name, "bob");
	assert_false(apart->is_sure);
	told_fini(&t);
}

TEST(node_doctor, who_refuses_or_lives_elsewhere_is_not_kept_apart)
{
	struct told t;

	assert_string_equal(meet(&t, near, "Connection refused", true)->name,
	                    "");
	told_fini(&t);
	assert_string_equal(meet(&t, far, "No route to host", true)->name, "");
	told_fini(&t);
}
