/* test_node_guests.c - guests of the page come in, speak, and are sent away */
#include "told.h"

#include <stdio.h>

#include "core/guests.h"

enum { OWNER_CONN = 1, ANA = 2, BOB = 3, ANA_AGAIN = 4 };

static void enter(struct told *t, uint64_t conn, const char *name,
                  uint8_t ticket)
{
	told_command(t, told_conn(0, conn),
	             (struct qf_command){ .kind = QF_CMD_ENTER,
	                                  .request = 1,
	                                  .text = (char *)name,
	                                  .has_nonce = true,
	                                  .nonce = { { ticket } } });
}

static void ask(struct told *t, enum qf_command_kind kind, const char *text)
{
	told_command(t, told_conn(0, OWNER_CONN),
	             (struct qf_command){ .kind = kind,
	                                  .request = 9,
	                                  .text = (char *)text });
}

static void is_in(struct told *t, uint64_t conn)
{
	told_answer(t, told_conn(0, conn), 1, QF_ANS_ENTERED);
}

static void is_refused(struct told *t, uint64_t conn, const char *code)
{
	told_refused(t, told_conn(0, conn), 1, code);
}

static void goes(struct told *t, uint64_t conn)
{
	told_event(t, (struct qf_event){ .kind = QF_EV_CLIENT_DOWN,
	                                 .conn = told_conn(0, conn) });
}

static struct qf_bytes guest_of(const struct qf_keep *k)
{
	const struct qf_envelope *e = k->envelope;
	struct qf_body body;

	assert_int_equal(k->kind, QF_KEEP_ENVELOPE);
	assert_true(qf_body_decode(&body, qf_bytes(e->body, e->head.body_len)));
	return body.guest;
}

TEST(node_guests, a_guest_speaks_through_the_node_under_its_own_name)
{
	struct qf_bytes guest;
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	is_in(&t, ANA);
	assert_string_equal(told_news(&t, QF_NEWS_GUEST_CAME)->name, "Ana");
	told_say(&t, told_conn(0, ANA), 2, "hello");
	assert_int_equal(t.keep_count, 1);
	guest = guest_of(&t.keeps[0]);
	assert_int_equal(guest.len, 3);
	assert_memory_equal(guest.at, "Ana", 3);
	told_say(&t, told_conn(0, OWNER_CONN), 3, "and I");
	assert_int_equal(guest_of(&t.keeps[1]).len, 0);
	goes(&t, ANA);
	assert_string_equal(told_news(&t, QF_NEWS_GUEST_LEFT)->name, "Ana");
	told_fini(&t);
}

/* All workers were told of a visitor just now; name NULL: it is gone. */
static void assert_visitor(const struct told *t, uint64_t conn,
                           const char *name, const struct qf_room_id *room)
{
	size_t from = told_count(t, QF_FX_VISITOR) - TOLD_WORKERS;

	for (unsigned w = 0; w < TOLD_WORKERS; w++) {
		struct qf_effect *fx = told_nth(t, QF_FX_VISITOR, from + w);

		assert_int_equal(fx->worker, w);
		assert_int_equal(fx->conn, told_conn(0, conn));
		assert_int_equal(!fx->text, !name);
		if (name)
			assert_string_equal(fx->text, name);
		assert_memory_equal(&fx->room, room, sizeof *room);
	}
}

TEST(node_guests, workers_are_told_who_is_in_which_room)
{
	struct qf_command join = { .kind = QF_CMD_JOIN,
		                   .request = 5,
		                   .room = "#lobby" };
	struct qf_room_id none = { 0 }, lobby = told_room_id("#lobby");
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	assert_visitor(&t, ANA, "Ana", &none);
	told_command(&t, told_conn(0, ANA), join);
	assert_visitor(&t, ANA, "Ana", &lobby);
	enter(&t, ANA, "Anna", 1);
	assert_visitor(&t, ANA, "Anna", &none);
	goes(&t, ANA);
	assert_visitor(&t, ANA, NULL, &none);
	told_command(&t, told_conn(0, OWNER_CONN), join);
	assert_int_equal(told_count(&t, QF_FX_VISITOR), 0);
	told_fini(&t);
}

TEST(node_guests, a_name_is_taken_but_not_for_who_comes_again)
{
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	enter(&t, BOB, "aNA", 2);
	is_refused(&t, BOB, "taken");
	enter(&t, BOB, "ME", 2);
	is_refused(&t, BOB, "taken");
	enter(&t, ANA_AGAIN, "Ana", 1);
	is_in(&t, ANA_AGAIN);
	assert_int_equal(told_the(&t, QF_FX_DROP)->conn, told_conn(0, ANA));
	/* The old connection ends later, and takes nobody with it. */
	goes(&t, ANA);
	enter(&t, BOB, "Ana", 2);
	is_refused(&t, BOB, "taken");
	told_fini(&t);
}

TEST(node_guests, who_is_renamed_all_the_time_must_wait)
{
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	for (int i = 0; i <= QF_GUEST_BURST; i++) {
		enter(&t, ANA, i % 2 ? "Ana" : "Anna", 1);
		is_in(&t, ANA);
	}
	enter(&t, ANA, "Ana", 1);
	is_refused(&t, ANA, "slow-down");
	told_fini(&t);
}

TEST(node_guests, a_guest_can_be_called_otherwise)
{
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	enter(&t, BOB, "Bob", 2);
	enter(&t, ANA, "bob", 1);
	is_refused(&t, ANA, "taken");
	enter(&t, ANA, "Anna", 1);
	is_in(&t, ANA);
	enter(&t, BOB, "Ana", 2);
	is_in(&t, BOB);
	told_fini(&t);
}

TEST(node_guests, who_was_removed_or_comes_new_to_a_closed_page_stays_out)
{
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	ask(&t, QF_CMD_REMOVE, "nobody");
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "unknown-person");
	ask(&t, QF_CMD_REMOVE, "ana");
	assert_int_equal(told_the(&t, QF_FX_DROP)->conn, told_conn(0, ANA));
	enter(&t, ANA_AGAIN, "Ana", 1);
	is_refused(&t, ANA_AGAIN, "removed");

	enter(&t, BOB, "Bob", 2);
	ask(&t, QF_CMD_PAGE, "closed");
	assert_int_equal(told_count(&t, QF_FX_PAGE), TOLD_WORKERS);
	assert_int_equal(t.keeps[t.keep_count - 1].kind, QF_KEEP_PAGE);
	assert_int_equal(t.keeps[t.keep_count - 1].page, QF_PAGE_CLOSED);
	enter(&t, ANA, "Eve", 3);
	is_refused(&t, ANA, "closed");
	goes(&t, BOB);
	enter(&t, BOB, "Bob", 2);
	is_in(&t, BOB);

	ask(&t, QF_CMD_PAGE, "off");
	assert_int_equal(told_the(&t, QF_FX_DROP)->conn, told_conn(0, BOB));
	enter(&t, BOB, "Bob", 2);
	is_refused(&t, BOB, "closed");
	ask(&t, QF_CMD_PAGE, "ajar");
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "bad-request");
	told_fini(&t);
}

TEST(node_guests, a_guest_that_floods_is_told_to_wait)
{
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	for (size_t i = 0; i <= QF_GUEST_BURST; i++)
		told_say(&t, told_conn(0, ANA), 2, "buy");
	assert_int_equal(t.keep_count, QF_GUEST_BURST + 1);
	told_say(&t, told_conn(0, ANA), 3, "buy");
	told_refused(&t, told_conn(0, ANA), 3, "slow-down");
	/* Others are not held up by it. */
	told_say(&t, told_conn(0, OWNER_CONN), 4, "hello");
	assert_int_equal(t.keep_count, QF_GUEST_BURST + 2);
	told_tick(&t, QF_GUEST_SAY_MS);
	told_say(&t, told_conn(0, ANA), 5, "buy");
	assert_int_equal(t.keep_count, QF_GUEST_BURST + 3);
	told_fini(&t);
}

TEST(node_guests, an_owner_comes_in_once_by_each_link)
{
	const struct qf_answer *a;
	struct qf_nonce next;
	struct told t;

	told_init(&t);
	ask(&t, QF_CMD_GUI, NULL);
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "not-listening");
	told_event(&t, (struct qf_event){ .kind = QF_EV_LISTENING,
	                                  .address = { "127.0.0.1", 9 } });
	ask(&t, QF_CMD_GUI, NULL);
	told_answer(&t, told_conn(0, OWNER_CONN), 9, QF_ANS_LINKS);
	next = told_nth(&t, QF_FX_PAGE, 0)->page->owners[0];
	for (int i = 0; i < 3; i++) {
		struct qf_nonce used = next;

		told_command(&t, told_conn(0, ANA),
		             (struct qf_command){ .kind = QF_CMD_OWN,
		                                  .request = 1,
		                                  .nonce = used });
		a = told_answer(&t, told_conn(0, ANA), 1, QF_ANS_ENTERED);
		assert_true(a->has_token);
		next = a->token;
		told_command(&t, told_conn(0, BOB),
		             (struct qf_command){ .kind = QF_CMD_OWN,
		                                  .request = 1,
		                                  .nonce = used });
		is_refused(&t, BOB, "used");
	}
	told_fini(&t);
}

static void listen_on(struct told *t, const char *host, const uint8_t *at,
                      size_t count)
{
	struct qf_event ev = { .kind = QF_EV_LISTENING,
		               .address = { .port = 9 } };

	strcpy(ev.address.host, host);
	if (count)
		ev.payload = qf_shared_new(at, count * QF_HERE_ADDRESS_BYTES);
	told_step(t, &ev);
}

static void invite(struct told *t, const char *room)
{
	told_command(t, told_conn(0, OWNER_CONN),
	             (struct qf_command){ .kind = QF_CMD_INVITE,
	                                  .request = 9,
	                                  .room = (char *)room });
}

TEST(node_guests, an_invitation_has_a_link_for_each_address)
{
	static const uint8_t at[2][QF_HERE_ADDRESS_BYTES] = {
		{ [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 },
		{ 0xfd, [15] = 2 },
	};
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	listen_on(&t, "::", at[0], 2);
	invite(&t, "#lobby");
	a = told_answer(&t, told_conn(0, OWNER_CONN), 9, QF_ANS_LINKS);
	assert_int_equal(a->count, 2);
	assert_non_null(strstr(a->links[0].text, "//10.0.0.1:9/"));
	assert_non_null(strstr(a->links[1].text, "//[fd00::2]:9/"));

	/* On no network it is for this machine. */
	listen_on(&t, "::", NULL, 0);
	invite(&t, "#lobby");
	a = told_answer(&t, told_conn(0, OWNER_CONN), 9, QF_ANS_LINKS);
	assert_int_equal(a->count, 1);
	assert_non_null(strstr(a->links[0].text, "//127.0.0.1:9/"));
	told_fini(&t);
}

TEST(node_guests, nobody_is_invited_to_where_nobody_can_come)
{
	struct told t;

	told_init(&t);
	invite(&t, "#lobby");
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "not-listening");
	listen_on(&t, "::", NULL, 0);
	invite(&t, "#a b");
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "bad-room");
	ask(&t, QF_CMD_DISCONNECT, NULL);
	invite(&t, "#lobby");
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "not-listening");
	ask(&t, QF_CMD_GUI, NULL);
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "not-listening");
	told_fini(&t);
}

TEST(node_guests, an_owner_comes_from_this_machine_only)
{
	struct told t;

	told_init(&t);
	listen_on(&t, "10.0.0.1", NULL, 0);
	ask(&t, QF_CMD_GUI, NULL);
	told_refused(&t, told_conn(0, OWNER_CONN), 9, "not-listening");
	listen_on(&t, "0.0.0.0", NULL, 0);
	ask(&t, QF_CMD_GUI, NULL);
	told_answer(&t, told_conn(0, OWNER_CONN), 9, QF_ANS_LINKS);
	told_fini(&t);
}

TEST(node_guests, guests_are_listed_with_how_long_they_have_been_here)
{
	const struct qf_answer *a;
	struct told t;

	told_init(&t);
	enter(&t, ANA, "Ana", 1);
	told_tick(&t, 1000);
	enter(&t, BOB, "Bob", 2);
	ask(&t, QF_CMD_GUESTS, NULL);
	a = told_answer(&t, told_conn(0, OWNER_CONN), 9, QF_ANS_GUESTS);
	assert_int_equal(a->count, 2);
	assert_string_equal(a->people[0].name, "Ana");
	assert_string_equal(a->people[1].name, "Bob");
	assert_int_equal(a->people[1].since_ms - a->people[0].since_ms, 1000);
	assert_int_equal(a->now_ms, a->people[1].since_ms);
	told_fini(&t);
}

TEST(node_guests, a_name_that_does_not_fit_into_a_message_is_refused)
{
	char name[QF_GUEST_ID_BYTES_MAX + 2];
	struct told t;

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	told_init(&t);
	enter(&t, ANA, name, 1);
	is_refused(&t, ANA, "bad-name");
	name[QF_GUEST_ID_BYTES_MAX] = '\0';
	enter(&t, ANA, name, 1);
	is_in(&t, ANA);
	told_fini(&t);
}

TEST(node_guests, there_are_only_so_many)
{
	struct told t;
	char name[16];

	told_init(&t);
	for (unsigned i = 0; i < QF_GUESTS_MAX; i++) {
		struct qf_command c = { .kind = QF_CMD_ENTER,
			                .request = 1,
			                .text = name,
			                .has_nonce = true };

		snprintf(name, sizeof name, "g%u", i);
		memcpy(c.nonce.b + 4, &(uint32_t){ i + 1 }, 4);
		told_command(&t, told_conn(0, 100 + i), c);
	}
	enter(&t, ANA, "Ana", 200);
	is_refused(&t, ANA, "limit");
	told_fini(&t);
}

TEST(node_guests, of_many_who_come_at_once_the_first_are_named_and_all_counted)
{
	struct told t;
	char name[8];

	told_init(&t);
	for (uint8_t i = 1; i <= 20; i++) {
		snprintf(name, sizeof name, "g%u", i);
		enter(&t, i, name, i);
		is_in(&t, i);
		assert_true(!told_news(&t, QF_NEWS_GUEST_CAME) == (i > 8));
	}
	assert_true(qf_node_wake(t.node) <= t.now.mono_ms + 1000);
	told_tick(&t, 999);
	assert_null(told_news(&t, QF_NEWS_GUESTS));
	told_tick(&t, 1);
	assert_int_equal(told_news(&t, QF_NEWS_GUESTS)->number, 20);
	told_tick(&t, 1000);
	assert_null(told_news(&t, QF_NEWS_GUESTS));
	goes(&t, 20);
	assert_string_equal(told_news(&t, QF_NEWS_GUEST_LEFT)->name, "g20");
	told_fini(&t);
}
