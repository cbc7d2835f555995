/* test_node_classics.c - guests by the original's protocol, in the node */
#include "test.h"

#include "company.h"

static const qf_conn client = (qf_conn)1 << 48 | 1; /* of worker 1 */

static void call_it(struct told *t, qf_conn conn, char *name)
{
	told_command(t, conn,
	             (struct qf_command){ .kind = QF_CMD_CLASSIC,
	                                  .request = 1,
	                                  .room = "#Lobby",
	                                  .text = name });
}

static void assert_called(struct told *t, qf_conn conn, const char *name)
{
	const struct qf_answer *a = told_answer(t, conn, 1, QF_ANS_CLASSIC);

	assert_string_equal(a->text, name);
	assert_memory_equal(&a->key, &t->self.key, sizeof a->key);
}

static const struct qf_news *
assert_news(struct told *t, enum qf_change_kind change, const char *name)
{
	const struct qf_news *n = told_news(t, QF_NEWS_CLASSIC);

	assert_non_null(n);
	assert_int_equal(n->change, change);
	assert_string_equal(n->name, name);
	return n;
}

TEST(node_classics, names_are_made_safe)
{
	static char *const names[][2] = {
		{ "Tom", "Tom" },
		{ "", "someone" },
		{ " \x1b\n", "someone" },
		{ "#/@x", "x" },
		{ "two words ", "two_words" },
		{ "System", "guest" },
		{ "\xc3\x89va\xff", "Eva?" },
		{ "a name that is far too long for anyone",
		  "a_name_that_is_far_too_l" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct told t;

		told_init(&t);
		call_it(&t, client, names[i][0]);
		assert_called(&t, client, names[i][1]);
		assert_string_equal(
			assert_news(&t, QF_CHANGE_CAME, names[i][1])->text,
			"#lobby");
		told_fini(&t);
	}
}

TEST(node_classics, a_name_is_nobody_elses)
{
	struct other bob = other_of(1, "bob");
	struct told t;

	told_init(&t);
	other_link(&t, &bob);
	other_greet(&t, &bob);
	other_say_over(&t, &bob, bob.link);
	call_it(&t, client, "Me");
	assert_called(&t, client, "Me-2");
	call_it(&t, client + 1, "BOB");
	assert_called(&t, client + 1, "BOB-2");
	call_it(&t, client + 2, "bob");
	assert_called(&t, client + 2, "bob-3");
	/* One's own is no hindrance. */
	call_it(&t, client + 2, "bob-3");
	assert_called(&t, client + 2, "bob-3");
	assert_null(told_news(&t, QF_NEWS_CLASSIC));
	call_it(&t, client + 2, "rob");
	assert_called(&t, client + 2, "rob");
	assert_string_equal(assert_news(&t, QF_CHANGE_RENAMED, "rob")->text,
	                    "bob-3");
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_NAME,
	                                  .request = 2,
	                                  .text = "Rob" });
	told_refused(&t, client, 2, "taken");
	told_fini(&t);
}

static size_t classics(struct told *t, char *room)
{
	told_command(t, client,
	             (struct qf_command){
			     .kind = QF_CMD_WHO, .request = 9, .room = room });
	return told_answer(t, client, 9, QF_ANS_PEOPLE)->classic_count;
}

TEST(node_classics, who_is_gone_is_told_and_its_name_is_free)
{
	struct told t;

	told_init(&t);
	call_it(&t, client, "Tom");
	assert_int_equal(classics(&t, NULL), 1);
	assert_int_equal(classics(&t, "#lobby"), 1);
	assert_int_equal(classics(&t, "#other"), 0);
	told_event(&t, (struct qf_event){ .kind = QF_EV_CLIENT_DOWN,
	                                  .conn = client });
	assert_news(&t, QF_CHANGE_LEFT, "Tom");
	assert_int_equal(classics(&t, NULL), 0);
	told_event(&t, (struct qf_event){ .kind = QF_EV_CLIENT_DOWN,
	                                  .conn = client });
	assert_null(told_news(&t, QF_NEWS_CLASSIC));
	call_it(&t, client + 1, "Tom");
	assert_called(&t, client + 1, "Tom");
	told_fini(&t);
}

TEST(node_classics, there_are_no_more_than_the_limit)
{
	struct told t;

	told_init(&t);
	for (qf_conn i = 0; i < QF_CLASSICS_MAX; i++)
		call_it(&t, client + i, "Tom");
	assert_called(&t, client + QF_CLASSICS_MAX - 1, "Tom-256");
	call_it(&t, client + QF_CLASSICS_MAX, "Tom");
	told_refused(&t, client + QF_CLASSICS_MAX, 1, "limit");
	told_fini(&t);
}

TEST(node_classics, what_a_guest_says_has_its_name_in_the_body)
{
	struct qf_body body;
	struct told t;

	told_init(&t);
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_SAY,
	                                  .request = 2,
	                                  .room = "#lobby",
	                                  .text = "hi",
	                                  .guest = "Tom (classic)",
	                                  .type = QF_TYPE_TEXT });
	assert_int_equal(t.keep_count, 1);
	assert_true(
		qf_body_decode(&body, qf_envelope_body(t.keeps[0].envelope)));
	assert_memory_equal(body.guest.at, "Tom (classic)", 13);
	assert_memory_equal(body.name.at, "me", 2);
	told_fini(&t);
}

TEST(node_classics, people_are_told_once_what_seven_bits_lose)
{
	struct told t;

	told_init(&t);
	told_say(&t, client, 2, "caf\xc3\xa9");
	assert_null(told_news(&t, QF_NEWS_NOTICE));
	call_it(&t, client, "Tom");
	told_say(&t, client, 3, "plain");
	assert_null(told_news(&t, QF_NEWS_NOTICE));
	told_say(&t, client, 4, "caf\xc3\xa9");
	assert_non_null(strstr(told_news(&t, QF_NEWS_NOTICE)->text, ": cafe"));
	told_say(&t, client, 5, "caf\xc3\xa9");
	assert_null(told_news(&t, QF_NEWS_NOTICE));
	told_fini(&t);
}

static const struct qf_effect *find(const struct told *t,
                                    enum qf_effect_kind kind)
{
	for (size_t i = 0; i < t->out.count; i++)
		if (t->out.list[i].kind == kind)
			return &t->out.list[i];
	return NULL;
}

TEST(node_classics, letting_them_in_is_answered_when_it_is_known)
{
	static const char *const why[] = { NULL, "that port is taken" };

	for (size_t i = 0; i < 2; i++) {
		struct told t;

		told_init(&t);
		told_command(&t, client,
		             (struct qf_command){ .kind = QF_CMD_CLASSIC_HOST,
		                                  .request = 3,
		                                  .room = "#Lobby",
		                                  .address.port = 7 });
		assert_non_null(find(&t, QF_FX_CLASSIC_HOST));
		assert_string_equal(find(&t, QF_FX_CLASSIC_HOST)->name,
		                    "#lobby");
		assert_string_equal(find(&t, QF_FX_CLASSIC_HOST)->address.host,
		                    "0.0.0.0");
		told_event(&t,
		           (struct qf_event){ .kind = QF_EV_CLASSIC,
		                              .conn = client,
		                              .number = 3,
		                              .address.port = 7,
		                              .text = why[i] ? strdup(why[i])
		                                             : NULL });
		told_answer(&t, client, 3,
		            why[i] ? QF_ANS_REFUSED : QF_ANS_DONE);
		assert_true(!told_news(&t, QF_NEWS_CLASSICS) == (i == 1));
		told_fini(&t);
	}
}

TEST(node_classics, they_are_let_in_where_nodes_are_and_by_ipv4_alone)
{
	static const char *const hosts[][2] = {
		{ "::", "0.0.0.0" },          { "0.0.0.0", "0.0.0.0" },
		{ "127.0.0.1", "127.0.0.1" }, { "::1", "127.0.0.1" },
		{ "2001:db8::1", NULL },
	};

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct qf_event ev = { .kind = QF_EV_LISTENING,
			               .address.port = 9999 };
		struct told t;

		told_init(&t);
		strcpy(ev.address.host, hosts[i][0]);
		told_event(&t, ev);
		told_event(&t,
		           (struct qf_event){ .kind = QF_EV_NOT_LISTENING });
		told_command(&t, client,
		             (struct qf_command){ .kind = QF_CMD_CLASSIC_HOST,
		                                  .request = 3,
		                                  .room = "#lobby",
		                                  .address.port = 7 });
		if (hosts[i][1])
			assert_string_equal(
				find(&t, QF_FX_CLASSIC_HOST)->address.host,
				hosts[i][1]);
		else
			told_refused(&t, client, 3, "bad-address");
		told_fini(&t);
	}
}

TEST(node_classics, disconnecting_sends_them_away)
{
	struct told t;

	told_init(&t);
	call_it(&t, client, "Tom");
	told_command(&t, client + 1,
	             (struct qf_command){ .kind = QF_CMD_DISCONNECT });
	assert_non_null(find(&t, QF_FX_CLASSIC_UNHOST));
	assert_non_null(find(&t, QF_FX_DROP));
	assert_true(find(&t, QF_FX_DROP)->conn == client);
	told_fini(&t);
}

TEST(node_classics, a_host_that_was_not_reached_is_news)
{
	struct told t;

	told_init(&t);
	told_command(&t, client,
	             (struct qf_command){ .kind = QF_CMD_CLASSIC_CALL,
	                                  .request = 3,
	                                  .room = "#lobby",
	                                  .address = { "192.0.2.1", 7 } });
	told_answer(&t, client, 3, QF_ANS_DONE);
	assert_int_equal(find(&t, QF_FX_CLASSIC_CALL)->address.port, 7);
	told_event(&t, (struct qf_event){ .kind = QF_EV_CLASSIC_LOST,
	                                  .address = { "192.0.2.1", 7 },
	                                  .text = strdup("refused") });
	assert_string_equal(told_news(&t, QF_NEWS_DIAL_FAILED)->text,
	                    "refused");
	told_fini(&t);
}
