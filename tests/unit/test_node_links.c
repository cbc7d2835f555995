/* test_node_links.c - a node's links: greetings, doubles, dials, turns */
#include "test.h"

#include <stdio.h>

#include "told.h"

/* Authors whose keys stand on the two sides of SELF's. */
enum { SELF = 100 };

static const qf_conn first = 2;
static const qf_conn second = (qf_conn)1 << 48 | 2; /* of worker 1 */

static struct qf_key key_of(char name)
{
	return (struct qf_key){ { (uint8_t)name } };
}

static void come_up(struct told *t, qf_conn link, struct qf_key key,
                    const char *host)
{
	struct qf_event ev = { .kind = QF_EV_LINK_UP,
		               .conn = link,
		               .key = key };

	snprintf(ev.address.host, sizeof ev.address.host, "%s", host);
	told_step(t, &ev);
}

/* The dial with that number made a link. */
static void answer_dial(struct told *t, qf_conn link, struct qf_key key,
                        uint64_t number)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_UP,
	                                 .conn = link,
	                                 .key = key,
	                                 .outbound = true,
	                                 .number = number });
}

static void greet(struct told *t, qf_conn link, const char *name, uint16_t port)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_HELLO,
	                                 .conn = link,
	                                 .address.port = port,
	                                 .text = strdup(name) });
}

static void go_down(struct told *t, qf_conn link)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_DOWN,
	                                 .conn = link,
	                                 .text = strdup("gone") });
}

static void answer_probe(struct told *t, qf_conn link)
{
	told_event(t,
	           (struct qf_event){ .kind = QF_EV_LINK_ALIVE, .conn = link });
}

/* Dial an address that was typed; the dial's number. */
static uint64_t dial(struct told *t, const char *host)
{
	struct qf_command c = { .kind = QF_CMD_CONNECT };

	snprintf(c.address.host, sizeof c.address.host, "%s", host);
	c.address.port = QF_PORT_DEFAULT;
	told_command(t, 1, c);
	return told_the(t, QF_FX_DIAL)->number;
}

static void fail_dial(struct told *t, uint64_t number, const char *why)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_DIAL_FAILED,
	                                 .number = number,
	                                 .text = strdup(why) });
}

static void load_peer(struct told *t, char key, const char *name,
                      const char *host, uint64_t seen_ms)
{
	struct qf_peer p = { .key = key_of(key),
		             .address.port = QF_PORT_DEFAULT,
		             .seen_ms = seen_ms };

	snprintf(p.name, sizeof p.name, "%s", name);
	snprintf(p.address.host, sizeof p.address.host, "%s", host);
	assert_int_equal(qf_node_load_peer(t->node, &p), QF_OK);
}

static void expect_dropped(const struct told *t, qf_conn link)
{
	const struct qf_effect *fx = told_the(t, QF_FX_DROP);

	assert_int_equal(fx->conn, link);
	assert_int_equal(fx->worker, qf_conn_worker(link));
	assert_non_null(fx->text);
}

TEST(node_links, one_link_too_many_is_told_so_and_so_is_each_that_follows)
{
	const struct qf_effect *fx;
	struct told t;

	told_init(&t);
	for (uint64_t i = 1; i <= QF_LINKS_MAX + 2; i++) {
		struct qf_key key = key_of('k');

		memcpy(key.b, &i, sizeof i);
		come_up(&t, 100 + i, key, "10.0.0.1");
		if (i <= QF_LINKS_MAX) {
			assert_int_equal(told_count(&t, QF_FX_DROP), 0);
			continue;
		}
		fx = told_the(&t, QF_FX_DROP);
		assert_int_equal(fx->conn, 100 + i);
		assert_string_equal(fx->text, "too many links here");
	}
	told_fini(&t);
}

/* Greetings. */

TEST(node_links, a_peer_is_told_and_remembered_when_it_has_greeted)
{
	const struct qf_news *news;
	const struct qf_peer *peer;
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	told_nothing(&t);
	greet(&t, first, "ana", 4000);
	news = told_news(&t, QF_NEWS_LINK_UP);
	assert_int_equal(news->key.b[0], 'a');
	assert_string_equal(news->name, "ana");
	assert_string_equal(news->address.host, "10.0.0.1");
	assert_int_equal(news->address.port, 4000);
	assert_false(news->outbound);
	assert_int_equal(t.keep_count, 1);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_PEER);
	peer = &t.keeps[0].peer;
	assert_int_equal(peer->key.b[0], 'a');
	assert_string_equal(peer->name, "ana");
	assert_string_equal(peer->address.host, "10.0.0.1");
	assert_int_equal(peer->address.port, 4000);
	assert_int_equal(peer->seen_ms, t.now.wall_ms);
	told_fini(&t);
}

TEST(node_links, a_peer_that_does_not_listen_is_told_but_not_remembered)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	greet(&t, first, "ana", 0);
	assert_non_null(told_news(&t, QF_NEWS_LINK_UP));
	assert_int_equal(t.keep_count, 0);
	told_fini(&t);
}

TEST(node_links, a_peer_that_we_dialled_is_remembered_where_we_dialled_it)
{
	uint64_t number;
	struct told t;

	told_init(&t);
	number = dial(&t, "hub");
	answer_dial(&t, first, key_of('h'), number);
	greet(&t, first, "hub", 4000);
	assert_true(told_news(&t, QF_NEWS_LINK_UP)->outbound);
	assert_string_equal(t.keeps[0].peer.address.host, "hub");
	assert_int_equal(t.keeps[0].peer.address.port, QF_PORT_DEFAULT);
	told_fini(&t);
}

TEST(node_links, the_end_of_a_link_is_told_with_its_reason)
{
	const struct qf_news *news;
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	greet(&t, first, "ana", 4000);
	go_down(&t, first);
	news = told_news(&t, QF_NEWS_LINK_DOWN);
	assert_string_equal(news->name, "ana");
	assert_string_equal(news->text, "gone");
	assert_false(news->quiet);
	assert_int_equal(t.out.count, TOLD_WORKERS);
	told_fini(&t);
}

TEST(node_links, a_link_that_the_mesh_exchanges_is_no_news_to_people)
{
	const struct qf_news *news;
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	greet(&t, first, "ana", 4000);
	news = told_news(&t, QF_NEWS_LINK_UP);
	assert_false(news->quiet);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LINK_DOWN,
	                                  .conn = first,
	                                  .cause = QF_CAUSE_SPARE,
	                                  .text = strdup("enough") });
	news = told_news(&t, QF_NEWS_LINK_DOWN);
	assert_true(news->quiet);
	told_fini(&t);
}

TEST(node_links, a_link_that_never_greeted_ends_in_silence)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	go_down(&t, first);
	told_nothing(&t);
	go_down(&t, first); /* and one that is not known, too */
	greet(&t, first, "ana", 4000);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, the_least_recently_seen_peer_makes_room_for_a_new_one)
{
	struct told t;

	told_init_as(&t, SELF, false);
	for (unsigned i = 0; i < QF_PEERS_MAX; i++) {
		struct qf_peer p = { .seen_ms = 1000 + i % 500,
			             .address = { "host", 1 } };

		p.key.b[0] = (uint8_t)i;
		p.key.b[1] = (uint8_t)(i >> 8);
		p.key.b[2] = 1;
		snprintf(p.name, sizeof p.name, "p%u", i);
		p.seen_ms = i == 77 ? 1 : p.seen_ms;
		qf_node_load_peer(t.node, &p);
	}
	told_tick(&t, 0);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	greet(&t, first, "ana", 4000);
	told_command(
		&t, 1,
		(struct qf_command){ .kind = QF_CMD_FORGET, .text = "p77" });
	told_refused(&t, 1, 0, "unknown-peer");
	told_command(
		&t, 1,
		(struct qf_command){ .kind = QF_CMD_FORGET, .text = "p78" });
	assert_int_equal(t.keeps[t.keep_count - 1].kind, QF_KEEP_FORGET);
	told_fini(&t);
}

/* Two links to one key: both are alive, one of them goes. */

/* The key of the peer, below ours or above it. */
static struct qf_key peer_key(const struct told *t, bool smaller)
{
	struct qf_key key = t->self.key;

	key.b[0] += smaller ? -1 : 1;
	return key;
}

static void both_links(struct told *t, bool older_out, bool newer_out,
                       bool smaller)
{
	struct qf_key key;
	uint64_t one, two;

	told_init_as(t, SELF, false);
	told_tick(t, 0);
	key = peer_key(t, smaller);
	one = dial(t, "one");
	two = dial(t, "two");
	if (older_out)
		answer_dial(t, first, key, one);
	else
		come_up(t, first, key, "one");
	told_nothing(t);
	if (newer_out)
		answer_dial(t, second, key, two);
	else
		come_up(t, second, key, "two");
	assert_int_equal(told_the(t, QF_FX_PROBE)->conn, first);
	assert_int_equal(t->out.count, 1);
	answer_probe(t, first);
}

static void expect_goes(bool older_out, bool newer_out, bool smaller,
                        qf_conn goes)
{
	struct told t;

	both_links(&t, older_out, newer_out, smaller);
	if (goes)
		expect_dropped(&t, goes);
	else
		told_nothing(&t);
	answer_probe(&t, first); /* any later sign of life means nothing */
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, of_two_that_we_dialled_we_close_the_older)
{
	expect_goes(true, true, true, first);
	expect_goes(true, true, false, first);
}

TEST(node_links, of_two_that_the_peer_dialled_it_closes_the_older)
{
	expect_goes(false, false, true, 0);
	expect_goes(false, false, false, 0);
}

TEST(node_links, of_two_dialled_from_both_sides_the_smaller_keys_stays)
{
	/* The older is ours. */
	expect_goes(true, false, true, first);
	expect_goes(true, false, false, second);
	/* The newer is ours. */
	expect_goes(false, true, true, second);
	expect_goes(false, true, false, first);
}

TEST(node_links, an_older_link_that_does_not_answer_leaves_the_newer_alone)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	come_up(&t, second, key_of('a'), "10.0.0.1");
	told_the(&t, QF_FX_PROBE);
	go_down(&t, first);
	told_nothing(&t);
	answer_probe(&t, second);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, a_newer_link_that_is_gone_again_closes_nothing)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	come_up(&t, second, key_of('a'), "10.0.0.1");
	go_down(&t, second);
	answer_probe(&t, first);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, people_are_told_of_a_peer_and_not_of_each_of_its_links)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	greet(&t, first, "ana", 4000);
	come_up(&t, second, key_of('a'), "10.0.0.1");
	greet(&t, second, "ana", 4000);
	assert_null(told_news(&t, QF_NEWS_LINK_UP));
	go_down(&t, first);
	assert_null(told_news(&t, QF_NEWS_LINK_DOWN));
	go_down(&t, second);
	assert_non_null(told_news(&t, QF_NEWS_LINK_DOWN));
	told_fini(&t);
}

TEST(node_links, a_link_that_has_not_greeted_does_not_hide_that_a_peer_left)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	greet(&t, first, "ana", 4000);
	come_up(&t, second, key_of('a'), "10.0.0.1");
	go_down(&t, first);
	assert_non_null(told_news(&t, QF_NEWS_LINK_DOWN));
	greet(&t, second, "ana", 4000);
	assert_non_null(told_news(&t, QF_NEWS_LINK_UP));
	told_fini(&t);
}

/* A link to ourselves. */

TEST(node_links, a_link_to_ourselves_goes_and_its_address_is_not_dialled_again)
{
	uint64_t number;
	struct told t;

	told_init(&t);
	number = dial(&t, "here");
	answer_dial(&t, first, t.self.key, number);
	expect_dropped(&t, first);
	go_down(&t, first);
	told_nothing(&t);
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	told_tick(&t, QF_REDIAL_MAX_MS);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, the_other_end_of_a_link_to_ourselves_goes_too)
{
	struct told t;

	told_init(&t);
	answer_dial(&t, first, t.self.key, dial(&t, "here"));
	come_up(&t, second, t.self.key, "10.0.0.1");
	expect_dropped(&t, second);
	told_fini(&t);
}

TEST(node_links, a_greeting_of_our_own_is_not_told_and_not_remembered)
{
	struct told t;

	told_init(&t);
	answer_dial(&t, first, t.self.key, dial(&t, "here"));
	greet(&t, first, "me", 4000); /* it was on its way */
	told_nothing(&t);
	assert_int_equal(t.keep_count, 0);
	go_down(&t, first);
	told_nothing(&t);
	told_fini(&t);
}

/* Dials. */

TEST(node_links, dials_go_round_the_workers)
{
	struct told t;

	told_init(&t);
	dial(&t, "one");
	assert_int_equal(told_the(&t, QF_FX_DIAL)->worker, 0);
	dial(&t, "two");
	assert_int_equal(told_the(&t, QF_FX_DIAL)->worker, 1);
	dial(&t, "three");
	assert_int_equal(told_the(&t, QF_FX_DIAL)->worker, 0);
	told_fini(&t);
}

TEST(node_links, a_dial_that_fails_is_told_once_and_tried_again_later)
{
	const struct qf_news *news;
	uint64_t number, wake_ms;
	struct told t;

	told_init(&t);
	number = dial(&t, "hub");
	fail_dial(&t, number, "connection refused");
	news = told_news(&t, QF_NEWS_DIAL_FAILED);
	assert_string_equal(news->address.host, "hub");
	assert_string_equal(news->text, "connection refused");
	wake_ms = qf_node_wake(t.node);
	assert_in_range(wake_ms, t.now.mono_ms,
	                t.now.mono_ms + QF_REDIAL_MIN_MS);
	told_tick(&t, wake_ms - t.now.mono_ms);
	assert_int_equal(told_the(&t, QF_FX_DIAL)->number, number);
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	fail_dial(&t, number, "connection refused");
	told_nothing(&t);
	wake_ms = qf_node_wake(t.node);
	assert_in_range(wake_ms, t.now.mono_ms,
	                t.now.mono_ms + 2 * QF_REDIAL_MIN_MS);
	told_fini(&t);
}

TEST(node_links, after_a_link_a_failure_is_told_again)
{
	uint64_t number;
	struct told t;

	told_init(&t);
	number = dial(&t, "hub");
	fail_dial(&t, number, "refused");
	told_tick(&t, QF_REDIAL_MIN_MS);
	answer_dial(&t, first, key_of('h'), number);
	go_down(&t, first);
	assert_in_range(qf_node_wake(t.node), t.now.mono_ms,
	                t.now.mono_ms + QF_REDIAL_MIN_MS);
	told_tick(&t, QF_REDIAL_MIN_MS);
	told_the(&t, QF_FX_DIAL);
	fail_dial(&t, number, "refused");
	assert_non_null(told_news(&t, QF_NEWS_DIAL_FAILED));
	told_fini(&t);
}

TEST(node_links, remembered_peers_are_dialled_and_must_show_their_keys)
{
	const struct qf_effect *fx;
	struct told t;

	told_init_as(&t, SELF, true);
	load_peer(&t, 'a', "ana", "10.0.0.1", 5);
	told_tick(&t, 0);
	fx = told_the(&t, QF_FX_DIAL);
	assert_string_equal(fx->address.host, "10.0.0.1");
	assert_true(fx->expects_key);
	assert_int_equal(fx->key.b[0], 'a');
	told_fini(&t);
}

TEST(node_links, remembered_peers_are_not_dialled_when_nobody_wants_that)
{
	struct told t;

	told_init_as(&t, SELF, false);
	load_peer(&t, 'a', "ana", "10.0.0.1", 5);
	told_tick(&t, 0);
	told_tick(&t, QF_REDIAL_MAX_MS);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, a_peer_without_an_address_is_remembered_but_not_dialled)
{
	struct qf_peer p = { .key = key_of('a'), .name = "ana" };
	struct told t;

	told_init_as(&t, SELF, true);
	qf_node_load_peer(t.node, &p);
	told_tick(&t, 0);
	told_tick(&t, QF_REDIAL_MAX_MS);
	told_nothing(&t);
	told_command(
		&t, 1,
		(struct qf_command){ .kind = QF_CMD_FORGET, .text = "ana" });
	assert_int_equal(t.keep_count, 1);
	told_fini(&t);
}

/* The store tells the newest address first. */
TEST(node_links, of_a_peer_with_two_addresses_the_newest_is_its_own)
{
	struct told t;

	told_init_as(&t, SELF, true);
	load_peer(&t, 'a', "ana", "new", 9);
	load_peer(&t, 'a', "ana", "old", 5);
	told_tick(&t, 0);
	assert_string_equal(told_the(&t, QF_FX_DIAL)->address.host, "new");
	told_command(
		&t, 1,
		(struct qf_command){ .kind = QF_CMD_FORGET, .text = "old" });
	told_refused(&t, 1, 0, "unknown-peer");
	told_command(
		&t, 1,
		(struct qf_command){ .kind = QF_CMD_FORGET, .text = "new" });
	assert_int_equal(t.keep_count, 1);
	told_fini(&t);
}

TEST(node_links, two_addresses_of_a_key_are_dialled_one_at_a_time)
{
	bool old = false;
	struct told t;

	told_init_as(&t, SELF, true);
	load_peer(&t, 'a', "ana", "new", 9);
	load_peer(&t, 'a', "ana", "old", 5);
	load_peer(&t, 'b', "bob", "else", 5);
	told_tick(&t, 0);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 2);
	assert_string_equal(told_nth(&t, QF_FX_DIAL, 0)->address.host, "new");
	assert_string_equal(told_nth(&t, QF_FX_DIAL, 1)->address.host, "else");

	/* While one is tried the other waits, and comes in its turn. */
	fail_dial(&t, told_nth(&t, QF_FX_DIAL, 1)->number, "refused");
	fail_dial(&t, 1, "refused");
	for (int i = 0; i < 50 && !old; i++) {
		told_tick(&t, QF_REDIAL_MIN_MS);
		for (size_t k = 0; k < told_count(&t, QF_FX_DIAL); k++)
			old |= !strcmp(
				told_nth(&t, QF_FX_DIAL, k)->address.host,
				"old");
		assert_true(told_count(&t, QF_FX_DIAL) <= 2);
		if (!old)
			fail_dial(&t, 1, "refused");
	}
	assert_true(old);
	told_fini(&t);
}

TEST(node_links, an_expected_key_that_is_linked_already_is_not_dialled)
{
	struct told t;

	told_init_as(&t, SELF, true);
	load_peer(&t, 'a', "ana", "10.0.0.1", 5);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	told_tick(&t, 0);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	told_tick(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	go_down(&t, first);
	told_tick(&t, QF_REDIAL_MIN_MS);
	told_the(&t, QF_FX_DIAL);
	told_fini(&t);
}

TEST(node_links, a_dial_whose_link_goes_rests_while_another_one_stays)
{
	struct told t;

	told_init(&t);
	answer_dial(&t, first, key_of('a'), dial(&t, "one"));
	come_up(&t, second, key_of('a'), "10.0.0.1");
	go_down(&t, first);
	told_tick(&t, QF_REDIAL_MAX_MS);
	assert_int_equal(told_count(&t, QF_FX_DIAL), 0);
	go_down(&t, second);
	told_tick(&t, QF_REDIAL_MIN_MS);
	assert_string_equal(told_the(&t, QF_FX_DIAL)->address.host, "one");
	told_fini(&t);
}

TEST(node_links, a_stopping_node_dials_no_more)
{
	struct told t;

	told_init(&t);
	fail_dial(&t, dial(&t, "hub"), "refused");
	told_event(&t, (struct qf_event){ .kind = QF_EV_STOP });
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	told_tick(&t, QF_REDIAL_MAX_MS);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, another_key_at_a_remembered_address_is_refused_with_advice)
{
	const struct qf_news *news;
	struct told t;

	told_init_as(&t, SELF, true);
	load_peer(&t, 'a', "ana", "10.0.0.1", 5);
	told_tick(&t, 0);
	told_event(&t, (struct qf_event){
			       .kind = QF_EV_DIAL_FAILED,
			       .number = told_the(&t, QF_FX_DIAL)->number,
			       .cause = QF_CAUSE_KEY,
			       .text = strdup("not her") });
	news = told_news(&t, QF_NEWS_DIAL_FAILED);
	assert_string_equal(news->name, "ana");
	assert_non_null(strstr(news->text, "/forget ana"));
	told_fini(&t);
}

TEST(node_links, what_a_dial_failed_of_is_not_read_from_its_words)
{
	const struct qf_news *news;
	struct told t;

	told_init_as(&t, SELF, true);
	load_peer(&t, 'a', "ana", "10.0.0.1", 5);
	told_tick(&t, 0);
	fail_dial(&t, told_the(&t, QF_FX_DIAL)->number,
	          "another key was pressed");
	news = told_news(&t, QF_NEWS_DIAL_FAILED);
	assert_string_equal(news->text, "another key was pressed");
	told_fini(&t);
}

TEST(node_links, another_key_at_a_typed_address_is_pointed_out)
{
	const struct qf_news *news;
	struct told t;

	told_init_as(&t, SELF, false);
	load_peer(&t, 'a', "ana", "10.0.0.1", 5);
	told_tick(&t, 0);
	answer_dial(&t, first, key_of('b'), dial(&t, "10.0.0.1"));
	news = told_news(&t, QF_NEWS_NOTICE);
	assert_non_null(strstr(news->text, "ana"));
	assert_non_null(strstr(news->text, "/forget ana"));
	answer_dial(&t, second, key_of('a'), dial(&t, "10.0.0.2"));
	assert_null(told_news(&t, QF_NEWS_NOTICE));
	told_fini(&t);
}

/* Many come, greet and go. */
static void visit(struct told *t, size_t count)
{
	for (uint64_t i = 1; i <= count; i++) {
		struct qf_key key = key_of('v');

		memcpy(key.b + 1, &i, sizeof i);
		come_up(t, 100 + i, key, "10.0.0.9");
		greet(t, 100 + i, "eve", 4000);
		go_down(t, 100 + i);
	}
}

TEST(node_links, strangers_do_not_push_out_a_contact_that_was_entered)
{
	struct qf_command c = { .kind = QF_CMD_CONTACT,
		                .key = key_of('a'),
		                .address = { "10.0.0.1", QF_PORT_DEFAULT } };
	struct told t;

	told_init(&t);
	c.text = "ana";
	told_command(&t, 1, c);
	assert_true(t.keeps[0].peer.asked);
	visit(&t, QF_PEERS_MAX + 1);
	answer_dial(&t, first, key_of('b'), dial(&t, "10.0.0.1"));
	assert_non_null(strstr(told_news(&t, QF_NEWS_NOTICE)->text, "ana"));
	told_fini(&t);
}

TEST(node_links, strangers_do_not_push_out_who_was_dialled_by_a_person)
{
	struct told t;

	told_init(&t);
	answer_dial(&t, first, key_of('a'), dial(&t, "10.0.0.1"));
	greet(&t, first, "ana", 4000);
	assert_true(t.keeps[0].peer.asked);
	t.now.wall_ms += 1000;
	come_up(&t, second, key_of('b'), "10.0.0.2");
	greet(&t, second, "bob", 4000);
	assert_false(t.keeps[1].peer.asked);
	visit(&t, QF_PEERS_MAX + 1);
	go_down(&t, first);
	answer_dial(&t, first, key_of('c'), dial(&t, "10.0.0.1"));
	assert_non_null(strstr(told_news(&t, QF_NEWS_NOTICE)->text, "ana"));
	told_fini(&t);
}

static void change_key(struct told *t, char key)
{
	go_down(t, first);
	told_tick(t, QF_REDIAL_MAX_MS);
	answer_dial(t, first, key_of(key), told_the(t, QF_FX_DIAL)->number);
	greet(t, first, "eve", 4000);
}

/* Who takes a new key for each link is not asked for with each. */
TEST(node_links, a_person_who_dials_an_address_asks_for_one_key_there)
{
	struct told t;

	told_init(&t);
	answer_dial(&t, first, key_of('a'), dial(&t, "10.0.0.1"));
	greet(&t, first, "ana", 4000);
	assert_true(t.keeps[0].peer.asked);
	change_key(&t, 'b');
	assert_false(t.keeps[1].peer.asked);
	change_key(&t, 'c');
	assert_false(t.keeps[2].peer.asked);
	told_command(
		&t, 1,
		(struct qf_command){ .kind = QF_CMD_FORGET, .text = "ana" });
	change_key(&t, 'd');
	assert_true(t.keeps[t.keep_count - 1].peer.asked);
	change_key(&t, 'e');
	assert_false(t.keeps[t.keep_count - 1].peer.asked);
	go_down(&t, first);
	answer_dial(&t, first, key_of('f'), dial(&t, "10.0.0.1"));
	greet(&t, first, "ana", 4000);
	assert_true(t.keeps[t.keep_count - 1].peer.asked);
	told_fini(&t);
}

/* Turns. */

static void ask_turn(struct told *t, qf_conn link)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_TURN_ASKED,
	                                 .conn = link,
	                                 .room = told_room_id("#lobby") });
}

static void end_turn(struct told *t, qf_conn link)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_TURN_OVER,
	                                 .conn = link,
	                                 .room = told_room_id("#lobby") });
}

static void expect_turn(const struct told *t, qf_conn link)
{
	const struct qf_effect *fx = told_the(t, QF_FX_TURN);

	assert_int_equal(fx->conn, link);
	assert_int_equal(fx->worker, qf_conn_worker(link));
	assert_non_null(fx->snapshot);
}

TEST(node_links, one_link_reconciles_a_room_at_a_time)
{
	struct told t;

	told_init(&t);
	ask_turn(&t, first);
	expect_turn(&t, first);
	ask_turn(&t, second);
	told_nothing(&t);
	end_turn(&t, first);
	expect_turn(&t, second);
	end_turn(&t, second);
	told_nothing(&t);
	told_fini(&t);
}

TEST(node_links, a_turn_comes_with_all_that_is_committed_by_then)
{
	struct told t;

	told_init(&t);
	ask_turn(&t, first);
	assert_int_equal(told_the(&t, QF_FX_TURN)->snapshot->count, 0);
	ask_turn(&t, second);
	told_say(&t, 1, 1, "hi");
	told_commit(&t, TOLD_ALL);
	end_turn(&t, first);
	assert_int_equal(told_the(&t, QF_FX_TURN)->snapshot->count, 1);
	assert_int_equal(told_the(&t, QF_FX_TURN)->snapshot->lsn, 1);
	told_fini(&t);
}

TEST(node_links, whoever_waited_five_seconds_reconciles_all_the_same)
{
	struct told t;

	told_init(&t);
	ask_turn(&t, first);
	ask_turn(&t, second);
	assert_int_equal(qf_node_wake(t.node), t.now.mono_ms + QF_TURN_MS);
	told_tick(&t, QF_TURN_MS - 1);
	told_nothing(&t);
	told_tick(&t, 1);
	expect_turn(&t, second);
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	told_fini(&t);
}

static void expect_refused(const struct told *t, qf_conn link)
{
	const struct qf_effect *fx = told_the(t, QF_FX_TURN);

	assert_int_equal(fx->conn, link);
	assert_int_equal(fx->worker, qf_conn_worker(link));
	assert_null(fx->snapshot);
}

/* The key of a link's end that is beside the node's own. */
static struct qf_key key_beside(const struct told *t, int step)
{
	struct qf_key key = t->self.key;

	key.b[0] = (uint8_t)(key.b[0] + step);
	return key;
}

TEST(node_links, a_busy_node_puts_off_greater_keys_and_lets_smaller_ones_wait)
{
	struct told t;

	told_init_as(&t, SELF, false);
	told_load_room(&t, "#lobby");
	assert_in_range(t.self.key.b[0], 1, 254);
	come_up(&t, first, key_beside(&t, 1), "10.0.0.1");
	ask_turn(&t, second + 1);
	expect_turn(&t, second + 1);
	ask_turn(&t, first);
	expect_refused(&t, first);
	come_up(&t, second, key_beside(&t, -1), "10.0.0.2");
	ask_turn(&t, second);
	told_nothing(&t);
	end_turn(&t, second + 1);
	expect_turn(&t, second);
	told_fini(&t);
}

TEST(node_links, a_turn_that_takes_too_long_puts_nobody_off)
{
	struct told t;

	told_init_as(&t, SELF, false);
	told_load_room(&t, "#lobby");
	assert_in_range(t.self.key.b[0], 1, 254);
	come_up(&t, first, key_beside(&t, 1), "10.0.0.1");
	ask_turn(&t, second);
	expect_turn(&t, second);
	told_tick(&t, QF_TURN_MS);
	ask_turn(&t, first);
	told_nothing(&t);
	told_tick(&t, QF_TURN_MS);
	expect_turn(&t, first);
	told_fini(&t);
}

TEST(node_links, whoever_we_dialled_waits_for_its_turn)
{
	struct told t;

	told_init_as(&t, SELF, false);
	told_load_room(&t, "#lobby");
	answer_dial(&t, first, key_beside(&t, 1), dial(&t, "10.0.0.1"));
	ask_turn(&t, second);
	ask_turn(&t, first);
	told_nothing(&t);
	end_turn(&t, second);
	expect_turn(&t, first);
	told_fini(&t);
}

TEST(node_links, the_turn_of_a_link_that_goes_is_over)
{
	struct told t;

	told_init(&t);
	come_up(&t, first, key_of('a'), "10.0.0.1");
	ask_turn(&t, first);
	ask_turn(&t, second);
	go_down(&t, first);
	expect_turn(&t, second);
	told_fini(&t);
}

TEST(node_links, a_turn_in_a_room_that_is_not_here_is_nobodys)
{
	struct told t;

	told_init(&t);
	told_event(&t, (struct qf_event){ .kind = QF_EV_TURN_ASKED,
	                                  .conn = first,
	                                  .room = told_room_id("#unknown") });
	told_nothing(&t);
	told_event(&t, (struct qf_event){ .kind = QF_EV_TURN_OVER,
	                                  .conn = first,
	                                  .room = told_room_id("#unknown") });
	told_nothing(&t);
	told_fini(&t);
}
