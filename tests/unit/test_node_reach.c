/* test_node_reach.c - where a node can be reached, whom it knows, and being
 * offline
 */
#include "test.h"

#include "company.h"

static const qf_conn client = (qf_conn)1 << 48 | 1; /* of worker 1 */
static const qf_conn other_client = 2;

static struct qf_command plain(enum qf_command_kind kind, uint64_t request)
{
	return (struct qf_command){ .kind = kind, .request = request };
}

static struct qf_command hosting(uint64_t request, uint16_t port)
{
	return (struct qf_command){ .kind = QF_CMD_HOST,
		                    .request = request,
		                    .address.port = port };
}

static struct qf_command connecting(uint64_t request, const char *host)
{
	struct qf_command c = plain(QF_CMD_CONNECT, request);

	snprintf(c.address.host, sizeof c.address.host, "%s", host);
	c.address.port = QF_PORT_DEFAULT;
	return c;
}

static struct qf_command connecting_to(uint64_t request, char *who)
{
	struct qf_command c = plain(QF_CMD_CONNECT, request);

	c.who = who;
	return c;
}

static struct qf_command remembering(uint64_t request, const struct other *o,
                                     char *name, const char *host)
{
	struct qf_command c = connecting(request, host);

	c.kind = QF_CMD_CONTACT;
	c.key = o->id.key;
	c.text = name;
	return c;
}

static struct qf_command messaging(uint64_t request, char *who)
{
	return (struct qf_command){ .kind = QF_CMD_MSG,
		                    .request = request,
		                    .who = who,
		                    .type = QF_TYPE_TEXT,
		                    .text = "psst" };
}

static void fails(struct told *t, uint64_t dial)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_DIAL_FAILED,
	                                 .number = dial,
	                                 .text = strdup("refused") });
}

/* From an earlier run. */
static void is_known(struct told *t, const struct other *o, const char *host,
                     uint64_t seen_ms)
{
	struct qf_peer p = { .key = o->id.key,
		             .address.port = *host ? QF_PORT_DEFAULT : 0,
		             .seen_ms = seen_ms };

	memcpy(p.name, o->here.name.at, o->here.name.len);
	snprintf(p.address.host, sizeof p.address.host, "%s", host);
	assert_int_equal(qf_node_load_peer(t->node, &p), QF_OK);
}

static void listens(struct told *t, uint16_t port)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LISTENING,
	                                 .address = { "::", port } });
}

static void not_listening(struct told *t, const char *why)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_NOT_LISTENING,
	                                 .text = why ? strdup(why) : NULL });
}

/* Each worker greets with that port from now on. */
static void assert_port(const struct told *t, uint16_t port)
{
	assert_int_equal(told_count(t, QF_FX_SELF), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		assert_int_equal(told_nth(t, QF_FX_SELF, w)->worker, w);
		assert_int_equal(told_nth(t, QF_FX_SELF, w)->address.port,
		                 port);
	}
	assert_int_equal(told_news(t, QF_NEWS_LISTENING)->address.port, port);
}

static void disconnect(struct told *t, uint64_t request)
{
	told_command(t, client, plain(QF_CMD_DISCONNECT, request));
	told_answer(t, client, request, QF_ANS_DONE);
	told_the(t, QF_FX_UNHOST);
}

/* Listening. */

TEST(node_reach, host_is_done_when_the_port_is_open)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, hosting(1, 4000));
	assert_int_equal(told_the(&t, QF_FX_HOST)->address.port, 4000);
	assert_int_equal(t.out.count, 1);
	listens(&t, 4000);
	told_answer(&t, client, 1, QF_ANS_DONE);
	assert_port(&t, 4000);
	told_command(&t, client, plain(QF_CMD_STATUS, 2));
	assert_int_equal(told_answer(&t, client, 2, QF_ANS_STATUS)
	                         ->status->listening.port,
	                 4000);
	told_fini(&t);
}

TEST(node_reach, a_port_that_is_taken_is_refused_and_the_old_one_stays)
{
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	listens(&t, 3000);
	told_command(&t, client, hosting(1, 4000));
	not_listening(&t, "port 4000 is in use");
	told_refused(&t, client, 1, "taken");
	a = told_answer(&t, client, 1, QF_ANS_REFUSED);
	assert_string_equal(a->text, "port 4000 is in use");
	told_command(&t, client, plain(QF_CMD_STATUS, 2));
	assert_int_equal(told_answer(&t, client, 2, QF_ANS_STATUS)
	                         ->status->listening.port,
	                 3000);
	/* And another can be tried. */
	told_command(&t, client, hosting(3, 5000));
	told_the(&t, QF_FX_HOST);
	told_fini(&t);
}

TEST(node_reach, further_ports_for_irc_are_opened_beside_the_first)
{
	static const char *const why[] = { NULL, "port 6667 is taken" };

	for (size_t i = 0; i < 2; i++) {
		struct qf_command c = hosting(2, 6667);
		struct qf_event ev = { .kind = QF_EV_IRC,
			               .conn = client,
			               .number = 2,
			               .address.port = 6667 };
		struct told t;

		told_init(&t);
		listens(&t, 3000);
		c.kind = QF_CMD_IRC_HOST;
		told_command(&t, client, c);
		assert_int_equal(told_the(&t, QF_FX_IRC_HOST)->address.port,
		                 6667);
		ev.text = why[i] ? strdup(why[i]) : NULL;
		told_event(&t, ev);
		told_answer(&t, client, 2,
		            why[i] ? QF_ANS_REFUSED : QF_ANS_DONE);
		assert_true(!told_news(&t, QF_NEWS_IRC) == (i == 1));
		told_fini(&t);
	}
}

TEST(node_reach, one_port_is_opened_at_a_time)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, hosting(1, 4000));
	told_command(&t, other_client, hosting(2, 5000));
	told_refused(&t, other_client, 2, "busy");
	told_command(&t, other_client, plain(QF_CMD_DISCONNECT, 3));
	told_refused(&t, other_client, 3, "busy");
	listens(&t, 4000);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_command(&t, other_client, hosting(4, 5000));
	told_the(&t, QF_FX_HOST);
	told_fini(&t);
}

TEST(node_reach, an_answer_that_never_came_is_let_go_with_the_node)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, hosting(1, 4000));
	told_fini(&t);
}

TEST(node_reach, a_port_that_opens_unasked_is_told_too)
{
	struct told t;

	told_init(&t);
	listens(&t, 4000);
	assert_port(&t, 4000);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	not_listening(&t, NULL);
	assert_port(&t, 0);
	told_fini(&t);
}

/* Offline. */

TEST(node_reach, disconnect_drops_all_links_and_stops_listening)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");
	struct told t;

	told_init(&t);
	listens(&t, 4000);
	other_come(&t, &ana);
	other_come(&t, &bob);
	told_command(&t, client, plain(QF_CMD_DISCONNECT, 1));
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_the(&t, QF_FX_UNHOST);
	assert_int_equal(told_count(&t, QF_FX_DROP), 2);
	assert_int_equal(told_nth(&t, QF_FX_DROP, 0)->conn, ana.link);
	assert_int_equal(told_nth(&t, QF_FX_DROP, 1)->conn, bob.link);
	not_listening(&t, NULL);
	assert_port(&t, 0);
	told_fini(&t);
}

TEST(node_reach, nobody_is_dialled_while_offline_until_connect)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, connecting(1, "hub"));
	told_event(&t, (struct qf_event){
			       .kind = QF_EV_DIAL_FAILED,
			       .number = told_the(&t, QF_FX_DIAL)->number,
			       .text = strdup("refused") });
	disconnect(&t, 2);
	told_tick(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_command(&t, client, connecting(3, "other"));
	told_answer(&t, client, 3, QF_ANS_DONE);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 2);
	told_fini(&t);
}

TEST(node_reach, host_ends_being_offline_once_the_port_is_open)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, connecting(1, "hub"));
	told_event(&t, (struct qf_event){
			       .kind = QF_EV_DIAL_FAILED,
			       .number = told_the(&t, QF_FX_DIAL)->number,
			       .text = strdup("refused") });
	disconnect(&t, 2);
	not_listening(&t, NULL);
	told_command(&t, client, hosting(3, 4000));
	not_listening(&t, "port 4000 is in use");
	told_tick(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_command(&t, client, hosting(4, 5000));
	listens(&t, 5000);
	told_the(&t, QF_FX_DIAL);
	told_fini(&t);
}

TEST(node_reach, the_end_of_the_old_port_does_not_answer_for_the_new_one)
{
	struct told t;

	told_init(&t);
	listens(&t, 3000);
	disconnect(&t, 1);
	told_command(&t, client, hosting(2, 4000));
	not_listening(&t, NULL);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	not_listening(&t, "port 4000 is in use");
	told_refused(&t, client, 2, "taken");
	told_fini(&t);
}

TEST(node_reach, a_link_that_was_on_its_way_is_dropped_while_offline)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	disconnect(&t, 1);
	other_link(&t, &ana);
	assert_int_equal(told_the(&t, QF_FX_DROP)->conn, ana.link);
	told_fini(&t);
}

TEST(node_reach, what_is_said_while_offline_is_kept)
{
	struct told t;

	told_init(&t);
	disconnect(&t, 1);
	told_say(&t, client, 2, "later");
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 2, QF_ANS_STORED);
	told_fini(&t);
}

TEST(node_reach, a_message_does_not_end_being_offline)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	told_command(&t, client, remembering(1, &ana, "ana", "10.0.0.1"));
	disconnect(&t, 2);
	told_command(&t, client, messaging(3, "ana"));
	told_tick(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_command(&t, client, connecting_to(4, "ana"));
	told_the(&t, QF_FX_DIAL);
	told_fini(&t);
}

/* Contacts. */

TEST(node_reach, a_contact_is_connected_to_by_name_and_must_show_its_key)
{
	struct other ana = other_of(1, "ana");
	const struct qf_effect *fx;
	struct told t;

	told_init(&t);
	told_command(&t, client, remembering(1, &ana, "Ana", "10.0.0.1"));
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_PEER);
	assert_string_equal(t.keeps[0].peer.name, "Ana");
	assert_string_equal(t.keeps[0].peer.address.host, "10.0.0.1");
	assert_true(qf_key_equal(&t.keeps[0].peer.key, &ana.id.key));
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_DONE);

	told_command(&t, client, connecting_to(2, "ana"));
	told_answer(&t, client, 2, QF_ANS_DONE);
	fx = told_the(&t, QF_FX_DIAL);
	assert_string_equal(fx->address.host, "10.0.0.1");
	assert_true(fx->expects_key);
	assert_true(qf_key_equal(&fx->key, &ana.id.key));
	told_fini(&t);
}

TEST(node_reach, connect_to_whom_nothing_is_known_of_changes_nothing)
{
	struct other ana = other_of(1, "ana");
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init(&t);
	told_command(&t, client, connecting(1, "hub"));
	told_event(&t, (struct qf_event){
			       .kind = QF_EV_DIAL_FAILED,
			       .number = told_the(&t, QF_FX_DIAL)->number,
			       .text = strdup("refused") });
	disconnect(&t, 2);
	told_command(&t, client, connecting_to(3, "zoe"));
	told_refused(&t, client, 3, "unknown-person");
	qf_key_text(&ana.id.key, key);
	told_command(&t, client, connecting_to(4, key));
	told_refused(&t, client, 4, "bad-address");
	told_tick(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_fini(&t);
}

TEST(node_reach, contacts_are_all_whom_we_remember)
{
	struct other ana = other_of(1, "ana"), bob = other_of(2, "bob");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	told_command(&t, client, plain(QF_CMD_CONTACTS, 1));
	assert_int_equal(told_answer(&t, client, 1, QF_ANS_CONTACTS)->count, 0);
	told_command(&t, client, remembering(2, &ana, "ana", "10.0.0.1"));
	told_command(&t, client, remembering(3, &bob, "bob", "10.0.0.2"));
	told_command(&t, client, remembering(4, &bob, "rob", "10.0.0.3"));
	told_command(&t, client, plain(QF_CMD_CONTACTS, 5));
	a = told_answer(&t, client, 5, QF_ANS_CONTACTS);
	assert_int_equal(a->count, 2);
	assert_string_equal(a->contacts[0].name, "ana");
	assert_string_equal(a->contacts[1].name, "rob");
	assert_string_equal(a->contacts[1].address.host, "10.0.0.3");
	told_fini(&t);
}

TEST(node_reach, a_contact_is_another_person_with_a_good_name)
{
	struct other ana = other_of(1, "ana"), me = other_of(100, "me");
	struct told t;

	told_init(&t);
	told_command(&t, client, remembering(1, &ana, "a b", "10.0.0.1"));
	told_refused(&t, client, 1, "bad-name");
	told_command(&t, client, remembering(2, &ana, NULL, "10.0.0.1"));
	told_refused(&t, client, 2, "bad-name");
	told_command(&t, client, remembering(3, &me, "me", "10.0.0.1"));
	told_refused(&t, client, 3, "bad-key");
	told_fini(&t);
}

TEST(node_reach, who_is_linked_already_is_not_dialled_again)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, connecting_to(1, "ana"));
	told_answer(&t, client, 1, QF_ANS_DONE);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_fini(&t);
}

TEST(node_reach, an_import_neither_makes_older_nor_takes_an_address)
{
	struct other ana = other_of(1, "ana");
	struct qf_command c = remembering(1, &ana, "ana", "");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	is_known(&t, &ana, "10.0.0.1", 77);
	c.address.port = 0;
	told_command(&t, client, c);
	told_command(&t, client, plain(QF_CMD_CONTACTS, 2));
	a = told_answer(&t, client, 2, QF_ANS_CONTACTS);
	assert_int_equal(a->count, 1);
	assert_int_equal(a->contacts[0].seen_ms, 77);
	assert_string_equal(a->contacts[0].address.host, "10.0.0.1");
	told_fini(&t);
}

TEST(node_reach, who_is_renamed_is_remembered_by_the_new_name)
{
	struct other ana = other_of(1, "ana");
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(&t, client, remembering(1, &ana, "ana", "10.0.0.1"));
	ana.here.name = qf_bytes("zoe", 3);
	other_say(&t, &ana);
	told_command(&t, client, plain(QF_CMD_STATUS, 2));
	a = told_answer(&t, client, 2, QF_ANS_STATUS);
	assert_string_equal(a->status->links[0].name, "zoe");
	told_command(&t, client, plain(QF_CMD_CONTACTS, 3));
	a = told_answer(&t, client, 3, QF_ANS_CONTACTS);
	assert_string_equal(a->contacts[0].name, "zoe");
	assert_string_equal(a->contacts[0].address.host, "10.0.0.1");
	assert_string_equal(t.keeps[t.keep_count - 1].peer.name, "zoe");
	told_fini(&t);
}

/* Whom something waits for. */

TEST(node_reach, a_message_brings_the_dial_of_its_reader_forward_once)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	told_command(&t, client, remembering(1, &ana, "ana", "10.0.0.1"));
	told_command(&t, client, messaging(2, "ana"));
	fails(&t, told_the(&t, QF_FX_DIAL)->number);
	/* Whatever is typed next waits for the pace of dials. */
	for (uint64_t i = 0; i < 20; i++) {
		told_command(&t, client, messaging(3 + i, "ana"));
		assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	}
	told_tick(&t, QF_REDIAL_MIN_MS);
	for (int i = 0; i < 8; i++) {
		fails(&t, told_the(&t, QF_FX_DIAL)->number);
		told_tick(&t, QF_REDIAL_MAX_MS);
	}
	fails(&t, told_the(&t, QF_FX_DIAL)->number);
	/* The next try is far away by now. */
	told_tick(&t, QF_REDIAL_MIN_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_command(&t, client, messaging(40, "ana"));
	told_the(&t, QF_FX_DIAL);
	told_fini(&t);
}

TEST(node_reach, whoever_comes_is_dialled_if_a_message_waits_for_them)
{
	struct other ana = other_of(1, "ana"), hub = other_of(2, "hub");
	static uint8_t at[QF_HERE_ADDRESS_BYTES] = { [10] = 0xff, [11] = 0xff,
		                                     10,          0,
		                                     0,           1 };
	const struct qf_answer *a;
	const struct qf_effect *fx;
	struct told t;

	told_init(&t);
	is_known(&t, &ana, "", 1);
	told_command(&t, client, messaging(2, "ana"));
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_commit(&t, TOLD_ALL);
	a = told_answer(&t, client, 2, QF_ANS_STORED);
	assert_string_equal(a->text, "stored, waiting to reach ana");
	other_come(&t, &hub);
	ana.here.port = 4000;
	ana.here.addresses = qf_bytes(at, sizeof at);
	ana.here.edges = qf_bytes(hub.id.key.b, QF_KEY_BYTES);
	other_say_over(&t, &ana, hub.link);
	fx = told_the(&t, QF_FX_DIAL);
	assert_string_equal(fx->address.host, "10.0.0.1");
	assert_true(fx->expects_key);
	told_fini(&t);
}

TEST(node_reach, a_message_waits_from_the_moment_of_a_disconnect)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_command(
		&t, client,
		(struct qf_command){ .kind = QF_CMD_DISCONNECT, .request = 1 });
	/* Her link has not ended yet. */
	told_command(&t, client, messaging(2, "ana"));
	told_commit(&t, TOLD_ALL);
	assert_string_equal(told_answer(&t, client, 2, QF_ANS_STORED)->text,
	                    "stored, waiting to reach ana");
	told_fini(&t);
}

TEST(node_reach, who_waits_is_named_even_if_meant_by_the_key)
{
	struct other ana = other_of(1, "ana");
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init(&t);
	told_command(&t, client, remembering(1, &ana, "ana", "10.0.0.1"));
	qf_key_text(&ana.id.key, key);
	told_command(&t, client, messaging(2, key));
	told_commit(&t, TOLD_ALL);
	assert_string_equal(told_answer(&t, client, 2, QF_ANS_STORED)->text,
	                    "stored, waiting to reach ana");
	told_fini(&t);
}
