/* test_node_client.c - what clients of a node ask, and what they are answered
 */
#include "test.h"

#include <stdio.h>

#include "told.h"

static const qf_conn client = (qf_conn)1 << 48 | 1; /* of worker 1 */
static const qf_conn other = 2;
static const qf_conn link = 3;

static struct qf_nonce nonce_of(unsigned number)
{
	return (struct qf_nonce){ { (uint8_t)number, (uint8_t)(number >> 8) } };
}

static struct qf_command saying(uint64_t request, char *room, char *text)
{
	return (struct qf_command){ .kind = QF_CMD_SAY,
		                    .request = request,
		                    .room = room,
		                    .type = QF_TYPE_TEXT,
		                    .text = text };
}

static struct qf_command repeatable(uint64_t request, char *text,
                                    unsigned nonce)
{
	struct qf_command c = saying(request, "#lobby", text);

	c.has_nonce = true;
	c.nonce = nonce_of(nonce);
	return c;
}

static struct qf_command joining(uint64_t request, char *room)
{
	return (struct qf_command){ .kind = QF_CMD_JOIN,
		                    .request = request,
		                    .room = room };
}

/* NAME, FORGET. */
static struct qf_command with_text(enum qf_command_kind kind, char *text)
{
	return (struct qf_command){ .kind = kind, .request = 1, .text = text };
}

static struct qf_command connecting(uint64_t request, const char *host,
                                    uint16_t port)
{
	struct qf_command c = { .kind = QF_CMD_CONNECT, .request = request };

	snprintf(c.address.host, sizeof c.address.host, "%s", host);
	c.address.port = port;
	return c;
}

static struct qf_peer peer_of(char key, const char *name, const char *host)
{
	struct qf_peer p = { .key = { { (uint8_t)key } }, .seen_ms = 5 };

	snprintf(p.name, sizeof p.name, "%s", name);
	snprintf(p.address.host, sizeof p.address.host, "%s", host);
	p.address.port = QF_PORT_DEFAULT;
	return p;
}

static void load_peer(struct told *t, char key, const char *name,
                      const char *host)
{
	struct qf_peer p = peer_of(key, name, host);

	assert_int_equal(qf_node_load_peer(t->node, &p), QF_OK);
}

/* Joining. */

TEST(node_client, a_join_is_told_to_the_workers_and_answered_when_it_is_kept)
{
	struct qf_room_id id = told_room_id("#tea");
	struct told t;

	told_init(&t);
	told_command(&t, client, joining(7, "#Tea"));
	assert_int_equal(told_count(&t, QF_FX_ROOM), TOLD_WORKERS);
	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		const struct qf_effect *fx = told_nth(&t, QF_FX_ROOM, w);

		assert_int_equal(fx->worker, w);
		assert_string_equal(fx->name, "#tea");
		assert_memory_equal(fx->room.b, id.b, sizeof id.b);
	}
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 0);
	assert_int_equal(t.keeps[0].kind, QF_KEEP_ROOM);
	assert_true(t.keeps[0].joined);
	assert_string_equal(t.keeps[0].name, "#tea");
	assert_memory_equal(t.keeps[0].room.b, id.b, sizeof id.b);

	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 7, QF_ANS_DONE);
	assert_int_equal(t.out.count, 1);
	told_fini(&t);
}

TEST(node_client, who_is_in_a_room_already_is_done)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, joining(7, "#lobby"));
	told_answer(&t, client, 7, QF_ANS_DONE);
	assert_int_equal(t.out.count, 1);
	told_fini(&t);
}

TEST(node_client, a_join_that_is_asked_twice_is_kept_once_and_waited_for_twice)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, joining(1, "#tea"));
	told_command(&t, other, joining(2, "#tea"));
	told_nothing(&t);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_answer(&t, other, 2, QF_ANS_DONE);
	told_fini(&t);
}

TEST(node_client, what_is_no_name_of_a_room_is_refused)
{
	static char *const names[] = { NULL, "", "#", "lobby", "#a b", "#a,b" };
	struct told t;

	told_init(&t);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		told_command(&t, client, joining(i, names[i]));
		told_refused(&t, client, i, "bad-room");
		told_command(&t, client, saying(i, names[i], "hi"));
		told_refused(&t, client, i, "bad-room");
	}
	told_fini(&t);
}

TEST(node_client, a_room_that_was_left_goes_on_where_it_was)
{
	static const uint8_t prev[QF_PREV_BYTES] = { 1 };
	struct qf_room_id id = told_room_id("#tea");
	struct told t;

	told_init_as(&t, 100, false);
	qf_node_load_room(t.node, &id, "#tea", QF_JOINED_NOT, 0, 4, prev);
	told_tick(&t, 0);
	told_command(&t, client, saying(1, "#tea", "hi"));
	told_refused(&t, client, 1, "unknown-room");
	told_command(&t, client, joining(2, "#tea"));
	assert_int_equal(told_count(&t, QF_FX_ROOM), TOLD_WORKERS);
	told_command(&t, client, saying(3, "#tea", "hi"));
	assert_int_equal(t.keeps[1].envelope->head.seq, 5);
	told_fini(&t);
}

/* A node that was in so many rooms. */
static void told_init_in(struct told *t, unsigned rooms)
{
	static const uint8_t none[QF_PREV_BYTES];

	told_init_as(t, 100, false);
	for (unsigned i = 0; i < rooms; i++) {
		struct qf_room_id id = { { (uint8_t)i, (uint8_t)(i >> 8) } };

		qf_node_load_room(t->node, &id, "#more", QF_JOINED_NOT, 0, 0,
		                  none);
	}
	told_tick(t, 0);
}

TEST(node_client, a_node_in_too_many_rooms_joins_no_more)
{
	struct told t;

	told_init_in(&t, QF_ROOMS_MAX);
	told_command(&t, client, joining(1, "#tea"));
	told_refused(&t, client, 1, "limit");
	told_fini(&t);
}

TEST(node_client, guests_make_half_of_the_rooms_at_most)
{
	struct qf_command c = joining(1, "#tea");
	struct told t;

	told_init_in(&t, QF_ROOMS_MAX / 2);
	c.guest = "zoe";
	told_command(&t, client, c);
	told_refused(&t, client, 1, "limit");
	told_command(&t, client, joining(2, "#tea"));
	told_commit(&t, 1);
	told_answer(&t, client, 2, QF_ANS_DONE);
	c = joining(3, "#tea");
	c.guest = "zoe";
	told_command(&t, client, c);
	told_answer(&t, client, 3, QF_ANS_DONE);
	told_fini(&t);
}

/* Saying. */

TEST(node_client, a_say_is_an_envelope_with_our_name_and_the_text)
{
	struct qf_command c = saying(1, "#LOBBY", "waves");
	const struct qf_envelope *e;
	struct qf_body body;
	struct told t;

	told_init(&t);
	c.type = QF_TYPE_ACTION;
	told_command(&t, client, c);
	e = t.keeps[0].envelope;
	assert_int_equal(t.keeps[0].kind, QF_KEEP_ENVELOPE);
	assert_int_equal(t.keeps[0].source, 0);
	assert_false(t.keeps[0].has_nonce);
	assert_int_equal(t.keeps[0].room_hlc, e->head.hlc);
	assert_int_equal(e->seen_ms, t.now.wall_ms);
	assert_memory_equal(e->head.author.b, t.self.key.b, QF_KEY_BYTES);
	assert_int_equal(e->head.type, QF_TYPE_ACTION);
	assert_true(qf_body_decode(&body, qf_envelope_body(e)));
	assert_int_equal(body.name.len, 2);
	assert_memory_equal(body.name.at, "me", 2);
	assert_int_equal(body.text.len, 5);
	assert_memory_equal(body.text.at, "waves", 5);
	told_fini(&t);
}

TEST(node_client, a_say_in_a_room_that_we_are_not_in_is_refused)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, saying(1, "#tea", "hi"));
	told_refused(&t, client, 1, "unknown-room");
	told_fini(&t);
}

TEST(node_client, a_text_that_is_none_is_refused)
{
	static char *const texts[] = { NULL, "", "\xff", "half \xc3" };
	struct told t;

	told_init(&t);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		told_command(&t, client, saying(i, "#lobby", texts[i]));
		told_refused(&t, client, i, "bad-text");
	}
	told_fini(&t);
}

TEST(node_client, the_longest_text_is_kept_and_one_byte_more_is_refused)
{
	static char text[QF_TEXT_BYTES_MAX + 2];
	struct told t;

	told_init(&t);
	memset(text, 'x', QF_TEXT_BYTES_MAX);
	told_command(&t, client, saying(1, "#lobby", text));
	assert_int_equal(t.keep_count, 1);
	text[QF_TEXT_BYTES_MAX] = 'x';
	told_command(&t, client, saying(2, "#lobby", text));
	told_refused(&t, client, 2, "bad-text");
	told_fini(&t);
}

/* Saying again. */

TEST(node_client, a_say_repeated_before_its_commit_is_kept_once)
{
	const struct qf_answer *a, *b;
	struct told t;

	told_init(&t);
	told_command(&t, client, repeatable(1, "hi", 5));
	assert_true(t.keeps[0].has_nonce);
	assert_memory_equal(t.keeps[0].nonce.b, nonce_of(5).b, QF_NONCE_BYTES);
	told_command(&t, other, repeatable(2, "hi", 5));
	told_nothing(&t);
	told_commit(&t, TOLD_ALL);
	a = told_answer(&t, client, 1, QF_ANS_STORED);
	b = told_answer(&t, other, 2, QF_ANS_STORED);
	assert_memory_equal(a->id.b, b->id.b, sizeof a->id.b);
	assert_int_equal(a->lsn, 1);
	assert_int_equal(b->lsn, 1);
	told_fini(&t);
}

TEST(node_client, a_say_repeated_late_does_not_wait_for_what_was_said_since)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, repeatable(1, "one", 5));
	told_command(&t, client, repeatable(2, "two", 6));
	told_command(&t, other, repeatable(3, "one", 5));
	told_commit(&t, 1);
	assert_int_equal(told_answer(&t, client, 1, QF_ANS_STORED)->lsn, 1);
	assert_int_equal(told_answer(&t, other, 3, QF_ANS_STORED)->lsn, 1);
	assert_int_equal(told_count(&t, QF_FX_ANSWER), 2);
	told_commit(&t, 1);
	assert_int_equal(told_answer(&t, client, 2, QF_ANS_STORED)->lsn, 2);
	told_fini(&t);
}

TEST(node_client, a_say_repeated_after_its_commit_is_answered_at_once)
{
	const struct qf_answer *again;
	struct qf_hash id;
	uint64_t hlc;
	struct told t;

	told_init(&t);
	told_command(&t, client, repeatable(1, "hi", 5));
	id = t.keeps[0].envelope->id;
	hlc = t.keeps[0].envelope->head.hlc;
	told_commit(&t, TOLD_ALL);
	told_command(&t, client, repeatable(2, "another text", 5));
	again = told_answer(&t, client, 2, QF_ANS_STORED);
	assert_int_equal(t.out.count, 1);
	assert_memory_equal(again->id.b, id.b, sizeof id.b);
	assert_int_equal(again->lsn, 1);
	assert_int_equal(again->hlc, hlc);
	told_fini(&t);
}

TEST(node_client, a_say_repeated_after_a_restart_is_answered_at_once)
{
	struct qf_room_id lobby = told_room_id("#lobby");
	struct qf_nonce nonce = nonce_of(5);
	struct qf_hash id = { { 'i', 'd' } };
	const struct qf_answer *again;
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	assert_int_equal(
		qf_node_load_nonce(t.node, &nonce, &lobby, 77, 12, &id), QF_OK);
	told_tick(&t, 0);
	told_command(&t, client, repeatable(2, "hi", 5));
	again = told_answer(&t, client, 2, QF_ANS_STORED);
	assert_int_equal(t.out.count, 1);
	assert_memory_equal(again->id.b, id.b, sizeof id.b);
	assert_memory_equal(again->room.b, lobby.b, sizeof lobby.b);
	assert_int_equal(again->lsn, 12);
	assert_int_equal(again->hlc, 77);
	told_fini(&t);
}

TEST(node_client, a_refused_say_may_be_repeated_until_it_is_good)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, repeatable(1, "", 5));
	told_refused(&t, client, 1, "bad-text");
	told_command(&t, client, repeatable(2, "hi", 5));
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 2, QF_ANS_STORED);
	told_fini(&t);
}

TEST(node_client, without_a_nonce_what_is_said_twice_is_kept_twice)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 1, "hi");
	told_say(&t, client, 2, "hi");
	assert_int_equal(t.keep_count, 2);
	told_fini(&t);
}

TEST(node_client, only_the_newest_nonces_are_remembered)
{
	struct qf_room_id lobby = told_room_id("#lobby");
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	for (unsigned i = 0; i < QF_NONCES_MAX + 1; i++) {
		struct qf_nonce nonce = nonce_of(i);

		assert_int_equal(qf_node_load_nonce(t.node, &nonce, &lobby, 1,
		                                    i + 1,
		                                    &(struct qf_hash){ 0 }),
		                 QF_OK);
	}
	told_command(&t, client, repeatable(1, "hi", 1));
	told_answer(&t, client, 1, QF_ANS_STORED);
	told_command(&t, client, repeatable(2, "hi", QF_NONCES_MAX));
	told_answer(&t, client, 2, QF_ANS_STORED);
	assert_int_equal(t.keep_count, 0);
	told_command(&t, client, repeatable(3, "hi", 0)); /* forgotten */
	assert_int_equal(t.keep_count, 1);
	told_command(&t, client, repeatable(4, "hi", 1)); /* it made room */
	assert_int_equal(t.keep_count, 2);
	told_fini(&t);
}

/* Names. */

TEST(node_client, a_new_name_is_in_what_we_say_next)
{
	struct qf_body body;
	struct told t;

	told_init(&t);
	told_command(&t, client, with_text(QF_CMD_NAME, "Ana"));
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_DONE);
	told_say(&t, client, 2, "hi");
	assert_true(
		qf_body_decode(&body, qf_envelope_body(t.keeps[0].envelope)));
	assert_int_equal(body.name.len, 3);
	assert_memory_equal(body.name.at, "Ana", 3);
	told_fini(&t);
}

TEST(node_client, what_is_no_name_is_refused)
{
	static char *const names[] = { NULL,     "",     "a b",    "#a",
		                       "System", "\xff", "zoe@ana" };
	struct told t;

	told_init(&t);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		told_command(&t, client, with_text(QF_CMD_NAME, names[i]));
		told_refused(&t, client, 1, "bad-name");
	}
	told_fini(&t);
}

/* Addresses. */

TEST(node_client, an_address_is_dialled_at_once_and_any_key_will_do)
{
	const struct qf_effect *fx;
	struct told t;

	told_init(&t);
	told_command(&t, client, connecting(1, "hub", 4000));
	told_answer(&t, client, 1, QF_ANS_DONE);
	fx = told_the(&t, QF_FX_DIAL);
	assert_string_equal(fx->address.host, "hub");
	assert_int_equal(fx->address.port, 4000);
	assert_false(fx->expects_key);
	told_command(&t, client, connecting(2, "hub", 4000));
	told_answer(&t, client, 2, QF_ANS_DONE);
	assert_int_equal(t.out.count, 1); /* it is being dialled */
	told_fini(&t);
}

static void fail_dial(struct told *t, uint64_t number, const char *why)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_DIAL_FAILED,
	                                 .number = number,
	                                 .text = strdup(why) });
}

TEST(node_client, an_address_that_waits_is_dialled_at_once_when_asked_again)
{
	uint64_t number;
	struct told t;

	told_init(&t);
	told_command(&t, client, connecting(1, "hub", 4000));
	number = told_the(&t, QF_FX_DIAL)->number;
	fail_dial(&t, number, "refused");
	assert_non_null(told_news(&t, QF_NEWS_DIAL_FAILED));
	told_command(&t, client, connecting(2, "hub", 4000));
	assert_int_equal(told_the(&t, QF_FX_DIAL)->number, number);
	fail_dial(&t, number, "refused");
	assert_non_null(told_news(&t, QF_NEWS_DIAL_FAILED)); /* told again */
	told_fini(&t);
}

TEST(node_client, too_many_addresses_are_refused)
{
	struct told t;

	told_init(&t);
	for (uint16_t port = 1; port <= QF_PEERS_MAX; port++)
		told_command(&t, client, connecting(port, "hub", port));
	told_command(&t, client, connecting(1, "hub", QF_PEERS_MAX + 1));
	told_refused(&t, client, 1, "limit");
	told_fini(&t);
}

/* Forgetting. */

static void forget(struct told *t, char *who)
{
	told_command(t, client, with_text(QF_CMD_FORGET, who));
}

static void expect_forgotten(struct told *t, char *who, char key)
{
	forget(t, who);
	assert_int_equal(t->keep_count, 1);
	assert_int_equal(t->keeps[0].kind, QF_KEEP_FORGET);
	assert_int_equal(t->keeps[0].peer.key.b[0], key);
	assert_int_equal(told_count(t, QF_FX_ANSWER), 0);
	told_commit(t, TOLD_ALL);
	told_answer(t, client, 1, QF_ANS_DONE);
}

TEST(node_client, a_peer_is_forgotten_by_its_name_its_address_or_its_key)
{
	struct qf_peer cid = peer_of('c', "cid", "10.0.0.3");
	char key[QF_KEY_TEXT_BYTES];
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, 'a', "ana", "10.0.0.1");
	load_peer(&t, 'b', "bob", "10.0.0.2");
	load_peer(&t, 'c', "cid", "10.0.0.3");
	qf_key_text(&cid.key, key);
	expect_forgotten(&t, "Ana", 'a');
	expect_forgotten(&t, "10.0.0.2", 'b');
	expect_forgotten(&t, key, 'c');
	forget(&t, "ana");
	told_refused(&t, client, 1, "unknown-peer");
	told_fini(&t);
}

TEST(node_client, when_several_are_meant_none_is_forgotten)
{
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, 'a', "ana", "10.0.0.1");
	load_peer(&t, 'b', "ANA", "10.0.0.2");
	told_tick(&t, 0);
	forget(&t, "ana");
	told_refused(&t, client, 1, "ambiguous");
	expect_forgotten(&t, "10.0.0.2", 'b');
	expect_forgotten(&t, "ana", 'a');
	told_fini(&t);
}

TEST(node_client, a_peer_without_a_name_is_not_meant_by_nothing)
{
	struct told t;

	told_init_as(&t, 100, false);
	load_peer(&t, 'a', "", "10.0.0.1");
	told_tick(&t, 0);
	forget(&t, "");
	told_refused(&t, client, 1, "unknown-peer");
	forget(&t, NULL);
	told_refused(&t, client, 1, "unknown-peer");
	told_fini(&t);
}

TEST(node_client, a_peer_that_was_forgotten_is_not_dialled_any_more)
{
	struct told t;

	told_init_as(&t, 100, true);
	load_peer(&t, 'a', "ana", "10.0.0.1");
	told_tick(&t, 0);
	fail_dial(&t, told_the(&t, QF_FX_DIAL)->number, "refused");
	expect_forgotten(&t, "ana", 'a');
	assert_true(qf_node_wake(t.node) == UINT64_MAX);
	told_tick(&t, QF_REDIAL_MAX_MS);
	told_nothing(&t);
	told_fini(&t);
}

/* Where it listens. */

static void host_at(struct told *t, enum qf_command_kind kind,
                    enum qf_effect_kind wish, const char *host)
{
	const struct qf_effect *fx;

	told_command(t, client,
	             (struct qf_command){ .kind = kind, .address.port = 4000 });
	fx = told_the(t, wish);
	assert_string_equal(fx->address.host, host);
	assert_int_equal(fx->address.port, 4000);
}

static void listen_at(struct told *t, const char *host, uint16_t port)
{
	struct qf_event ev = { .kind = QF_EV_LISTENING, .address.port = port };

	strcpy(ev.address.host, host);
	told_event(t, ev);
}

TEST(node_client, every_port_is_at_the_address_that_it_was_told)
{
	struct told t;

	told_init(&t);
	listen_at(&t, "127.0.0.1", 9999);
	host_at(&t, QF_CMD_HOST, QF_FX_HOST, "127.0.0.1");
	listen_at(&t, "127.0.0.1", 4000);
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_DISCONNECT });
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_LISTENING });
	host_at(&t, QF_CMD_IRC_HOST, QF_FX_IRC_HOST, "127.0.0.1");
	host_at(&t, QF_CMD_HOST, QF_FX_HOST, "127.0.0.1");
	told_fini(&t);
}

TEST(node_client, a_node_that_was_told_no_address_listens_at_all)
{
	struct told t;

	told_init(&t);
	listen_at(&t, "", 0);
	host_at(&t, QF_CMD_HOST, QF_FX_HOST, "");
	told_fini(&t);
}

/* Status, and the end. */

TEST(node_client, status_says_who_we_are_and_how_things_stand)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_room_id left = told_room_id("#left");
	const struct qf_status *s;
	struct told t;

	told_init(&t);
	qf_node_load_room(t.node, &left, "#left", QF_JOINED_NOT, 0, 0, none);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LISTENING,
	                                  .address = { "::", 9999 } });
	told_say(&t, client, 1, "stored");
	told_commit(&t, TOLD_ALL);
	told_event(&t, (struct qf_event){ .kind = QF_EV_LINK_UP,
	                                  .conn = link,
	                                  .key = { { 'a' } },
	                                  .address = { "10.0.0.1", 0 } });
	told_event(&t, (struct qf_event){ .kind = QF_EV_LINK_HELLO,
	                                  .conn = link,
	                                  .address.port = 4000,
	                                  .text = strdup("ana") });
	told_say(&t, client, 2, "waiting");
	told_event(&t, (struct qf_event){ .kind = QF_EV_NOT_COMMITTED,
	                                  .text = strdup("full") });
	told_command(
		&t, client,
		(struct qf_command){ .kind = QF_CMD_STATUS, .request = 9 });
	s = told_answer(&t, client, 9, QF_ANS_STATUS)->status;
	assert_memory_equal(s->key.b, t.self.key.b, sizeof s->key.b);
	assert_string_equal(s->name, "me");
	assert_string_equal(s->listening.host, "::");
	assert_int_equal(s->listening.port, 9999);
	assert_int_equal(s->now_ms, t.now.mono_ms);
	assert_int_equal(s->keeps_waiting, 2); /* the peer and a line */
	assert_string_equal(s->store_trouble, "full");
	assert_int_equal(s->peers_known, 1);
	assert_int_equal(s->room_count, 1);
	assert_string_equal(s->rooms[0].name, "#lobby");
	assert_int_equal(s->rooms[0].count, 1);
	assert_int_equal(s->rooms[0].last_lsn, 1);
	assert_int_equal(s->link_count, 1);
	assert_int_equal(s->links[0].conn, link);
	assert_int_equal(s->links[0].key.b[0], 'a');
	assert_string_equal(s->links[0].name, "ana");
	assert_int_equal(s->links[0].address.port, 4000);
	assert_false(s->links[0].outbound);
	assert_int_equal(s->links[0].since_ms, t.now.mono_ms);
	told_fini(&t);
}

TEST(node_client, a_stopping_node_refuses_all_but_its_status)
{
	struct told t;

	told_init(&t);
	told_command(&t, client, repeatable(1, "hi", 5));
	told_event(&t, (struct qf_event){ .kind = QF_EV_STOP });
	told_command(&t, client, saying(2, "#lobby", "hi"));
	told_refused(&t, client, 2, "stopping");
	told_command(&t, client, joining(3, "#tea"));
	told_refused(&t, client, 3, "stopping");
	told_command(&t, client, connecting(4, "hub", 4000));
	told_refused(&t, client, 4, "stopping");
	told_command(
		&t, client,
		(struct qf_command){ .kind = QF_CMD_STATUS, .request = 5 });
	told_answer(&t, client, 5, QF_ANS_STATUS);
	told_commit(&t, TOLD_ALL);
	told_answer(&t, client, 1, QF_ANS_STORED);
	told_fini(&t);
}
