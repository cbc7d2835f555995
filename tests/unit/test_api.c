/* test_api.c - requests and replies as strings, over a node that is played */
#include "test.h"

#include <stdio.h>

#include "fake_node.h"
#include "gateway/api_view.h"
#include "parts.h"

enum { MS = 16 }; /* bits to shift milliseconds into an hlc */

#define AT(ms) ((uint64_t)(ms) << MS)
#define ID     "aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NONCE  "00112233445566778899aabbccddeeff"

/* Requests that are not understood */

TEST(api, each_bad_line_is_answered_with_a_code_and_the_next_is_read)
{
	static const struct {
		const char *line;
		const char *code;
	} bad[] = {
		{ "hello", "bad-json" },
		{ "{\"do\":\"status\"", "bad-json" },
		{ "{\"do\":\"status\"} x", "bad-json" },
		{ "[1]", "bad-json" },
		{ "7", "bad-json" },
		{ "{\"do\":\"status\",\"do\":\"watch\"}", "bad-json" },
		{ "{\"do\":\"\xff\"}", "bad-json" },
		{ "{\"do\":\"say\",\"room\":\"#lobby\",\"text\":\"\\u0000\"}",
		  "bad-json" },
		{ "{}", "bad-request" },
		{ "{\"do\":7}", "bad-request" },
		{ "{\"do\":\"status\",\"id\":-1}", "bad-request" },
		{ "{\"do\":\"status\",\"id\":\"x\"}", "bad-request" },
		{ "{\"do\":\"dance\"}", "unknown-command" },
		{ "{\"do\":\"say\",\"room\":\"#lobby\"}", "bad-request" },
		{ "{\"do\":\"say\",\"text\":\"hi\"}", "bad-request" },
		{ "{\"do\":\"say\",\"room\":\"lobby\",\"text\":\"hi\"}",
		  "bad-room" },
		{ "{\"do\":\"say\",\"room\":\"#lobby\",\"text\":\"\"}",
		  "bad-text" },
		{ "{\"do\":\"say\",\"room\":\"#lobby\",\"text\":\"hi\","
		  "\"kind\":\"song\"}",
		  "bad-request" },
		{ "{\"do\":\"say\",\"room\":\"#lobby\",\"text\":\"hi\","
		  "\"nonce\":\"00\"}",
		  "bad-request" },
		{ "{\"do\":\"join\",\"room\":\"#a b\"}", "bad-room" },
		{ "{\"do\":\"history\",\"room\":\"#lobby\",\"last\":\"x\"}",
		  "bad-request" },
		{ "{\"do\":\"history\",\"room\":\"#lobby\",\"last\":-5}",
		  "bad-request" },
		{ "{\"do\":\"connect\",\"address\":\"\"}", "bad-address" },
		{ "{\"do\":\"connect\",\"address\":\"a b\"}", "bad-address" },
		{ "{\"do\":\"connect\",\"address\":\"10.0.0.1:99999\"}",
		  "bad-address" },
		{ "{\"do\":\"connect\",\"who\":7}", "bad-request" },
		{ "{\"do\":\"connect\"}", "bad-request" },
		{ "{\"do\":\"connect\",\"address\":\"a\",\"port\":0}",
		  "bad-address" },
		{ "{\"do\":\"connect\",\"address\":\"a\",\"port\":65536}",
		  "bad-address" },
		{ "{\"do\":\"name\",\"name\":\"System\"}", "bad-name" },
		{ "{\"do\":\"name\",\"name\":\"a b\"}", "bad-name" },
		{ "{\"do\":\"forget\"}", "bad-request" },
		{ "{\"do\":\"msg\",\"text\":\"hi\"}", "bad-request" },
		{ "{\"do\":\"msg\",\"to\":\"bob\"}", "bad-request" },
		{ "{\"do\":\"msg\",\"to\":\"bob\",\"text\":\"\"}", "bad-text" },
		{ "{\"do\":\"part\",\"room\":\"@\"}", "bad-room" },
		{ "{\"do\":\"who\",\"room\":\"lobby\"}", "bad-room" },
		{ "{\"do\":\"who\",\"room\":7}", "bad-request" },
		{ "{\"do\":\"host\",\"port\":65536}", "bad-address" },
		{ "{\"do\":\"host\",\"port\":\"x\"}", "bad-request" },
		{ "{\"do\":\"away\",\"why\":7}", "bad-request" },
		{ "{\"do\":\"contact\",\"name\":\"bob\"}", "bad-request" },
		{ "{\"do\":\"contact\",\"name\":\"bob\",\"key\":\"x\"}",
		  "bad-key" },
		{ "{\"do\":\"contact\",\"name\":\"b b\",\"key\":\"" ID "\"}",
		  "bad-name" },
		{ "{\"do\":\"contact\",\"name\":\"bob\",\"key\":\"" ID "\","
		  "\"address\":\"a b\"}",
		  "bad-address" },
		{ "{\"do\":\"follow\",\"room\":\"@bob\"}", "bad-room" },
		{ "{\"do\":\"follow\",\"room\":\"@" ID "\"}", "unknown-room" },
		{ "{\"do\":\"history\",\"room\":\"@\"}", "bad-room" },
		{ "{\"do\":\"unfollow\",\"room\":\"@\"}", "unknown-room" },
		{ "{\"do\":\"unfollow\",\"room\":\"#lobby\"}", "unknown-room" },
		{ "{\"do\":\"digest\",\"room\":\"#nowhere\"}", "unknown-room" },
		{ "{\"do\":\"history\",\"room\":\"#nowhere\"}",
		  "unknown-room" },
	};
	struct fake_node n;

	fake_begin(&n);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char code[64];
		const char *out;

		snprintf(code, sizeof code, "\"code\":\"%s\"", bad[i].code);
		fake_feed(&n, bad[i].line);
		out = fake_talk(&n, "\n{\"do\":\"watch\",\"id\":3}\n");
		assert_part(out, code);
		assert_part(out, "{\"on\":\"done\",\"re\":3}\n");
		assert_int_equal(count_of(out, "\n"), 2);
	}
	fake_end(&n);
}

TEST(api, an_error_names_the_request_it_answers)
{
	struct fake_node n;

	fake_begin(&n);
	assert_part(fake_talk(&n, "{\"id\":41,\"do\":\"dance\"}\n"),
	            "\"say\":\"there is no request \\\"dance\\\"\"");
	assert_part((const char *)n.out.at, "\"re\":41");
	fake_end(&n);
}

TEST(api, blank_lines_and_unknown_fields_are_passed_over)
{
	struct fake_node n;

	fake_begin(&n);
	assert_string_equal(
		fake_talk(&n, "\n \t\r\n"
	                      "{\"do\":\"watch\",\"colour\":\"red\"}\r\n"),
		"{\"on\":\"done\"}\n");
	fake_end(&n);
}

TEST(api, a_line_may_come_in_any_pieces)
{
	static const char line[] =
		"{\"do\":\"join\",\"room\":\"#Lobby\",\"id\":1}\n";
	struct fake_node n;

	fake_begin(&n);
	for (size_t i = 0; i < sizeof line - 1; i++)
		qf_api_bytes(n.api, qf_bytes(line + i, 1));
	assert_string_equal(fake_run(&n), "{\"on\":\"done\",\"room\":"
	                                  "\"#lobby\",\"re\":1}\n");
	fake_end(&n);
}

TEST(api, a_line_of_a_mebibyte_closes_the_client)
{
	size_t len = 1 << 20;
	char *line = malloc(len);
	struct fake_node n;
	const char *out;

	assert_non_null(line);
	memset(line, 'x', len);
	fake_begin(&n);
	qf_api_bytes(n.api, qf_bytes(line, len));
	assert_false(qf_api_reads(n.api));
	assert_false(qf_api_over(n.api));
	out = fake_run(&n);
	assert_part(out, "\"code\":\"limit\"");
	assert_int_equal(count_of(out, "\n"), 1);
	assert_true(qf_api_over(n.api));
	assert_string_equal(fake_talk(&n, "\n{\"do\":\"watch\"}\n"), "");
	fake_end(&n);
	free(line);
}

TEST(api, a_line_as_long_as_may_be_is_read)
{
	size_t len = QF_API_LINE_BYTES_MAX;
	char *line = malloc(len + 2);
	struct fake_node n;

	assert_non_null(line);
	memset(line, ' ', len);
	memcpy(line, "{\"do\":\"watch\"}", 14);
	line[len] = '\n';
	line[len + 1] = '\0';
	fake_begin(&n);
	assert_string_equal(fake_talk(&n, line), "{\"on\":\"done\"}\n");
	fake_end(&n);
	free(line);
}

TEST(api, brackets_without_end_are_only_a_bad_line)
{
	size_t len = 100000;
	char *line = malloc(len + 2);
	struct fake_node n;

	assert_non_null(line);
	memset(line, '[', len);
	line[len] = '\n';
	line[len + 1] = '\0';
	fake_begin(&n);
	assert_part(fake_talk(&n, line), "\"code\":\"bad-json\"");
	assert_false(qf_api_over(n.api));
	fake_end(&n);
	free(line);
}

TEST(api, a_text_over_the_limit_is_refused_and_one_at_it_is_not)
{
	size_t len = QF_TEXT_BYTES_MAX + 1;
	char *line = malloc(len + 100);
	struct fake_node n;
	int head;

	assert_non_null(line);
	fake_begin(&n);
	head = sprintf(line, "{\"do\":\"say\",\"room\":\"#lobby\",\"text\":\"");
	memset(line + head, 'x', len);
	strcpy(line + head + len, "\"}\n");
	assert_part(fake_talk(&n, line), "\"code\":\"bad-text\"");
	strcpy(line + head + len - 1, "\"}\n");
	assert_part(fake_talk(&n, line), "\"on\":\"stored\"");
	fake_end(&n);
	free(line);
}

/* Commands */

TEST(api, a_say_becomes_a_command_and_its_answer_has_the_id)
{
	struct fake_node n;
	const struct qf_command *c;

	fake_begin(&n);
	n.answers = false;
	assert_string_equal(
		fake_talk(&n, "{\"id\":5,\"do\":\"say\",\"room\":\"#LOBBY\","
	                      "\"text\":\"h\xc3\xa9 \\\"you\\\"\","
	                      "\"kind\":\"action\",\"nonce\":\"" NONCE "\"}\n"),
		"");
	assert_int_equal(n.command_count, 1);
	c = n.commands[0];
	assert_int_equal(c->kind, QF_CMD_SAY);
	assert_string_equal(c->room, "#lobby");
	assert_string_equal(c->text, "h\xc3\xa9 \"you\"");
	assert_int_equal(c->type, QF_TYPE_ACTION);
	assert_true(c->has_nonce);
	assert_int_equal(c->nonce.b[1], 0x11);
	assert_int_equal(c->nonce.b[15], 0xff);
	fake_done(&n, c);
	assert_string_equal(fake_run(&n),
	                    "{\"on\":\"stored\",\"id\":\"" ID "\",\"room\":"
	                    "\"#lobby\",\"at\":\"1970-01-01T00:00:01.000Z\","
	                    "\"lsn\":9,\"re\":5}\n");
	fake_end(&n);
}

TEST(api, each_other_command_carries_what_it_was_given)
{
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"do\":\"join\",\"room\":\"#Tea\"}\n"
	              "{\"do\":\"name\",\"name\":\"Bob\"}\n"
	              "{\"do\":\"forget\",\"who\":\"eve\"}\n"
	              "{\"do\":\"status\"}\n"
	              "{\"do\":\"part\",\"room\":\"#Tea\"}\n"
	              "{\"do\":\"away\",\"why\":\"tea\"}\n"
	              "{\"do\":\"away\"}\n"
	              "{\"do\":\"back\"}\n"
	              "{\"do\":\"disconnect\"}\n");
	assert_int_equal(n.command_count, 9);
	assert_int_equal(n.commands[0]->kind, QF_CMD_JOIN);
	assert_string_equal(n.commands[0]->room, "#tea");
	assert_int_equal(n.commands[1]->kind, QF_CMD_NAME);
	assert_string_equal(n.commands[1]->text, "Bob");
	assert_int_equal(n.commands[2]->kind, QF_CMD_FORGET);
	assert_string_equal(n.commands[2]->text, "eve");
	assert_int_equal(n.commands[3]->kind, QF_CMD_STATUS);
	assert_int_equal(n.commands[4]->kind, QF_CMD_PART);
	assert_string_equal(n.commands[4]->room, "#tea");
	assert_int_equal(n.commands[5]->kind, QF_CMD_AWAY);
	assert_string_equal(n.commands[5]->text, "tea");
	assert_int_equal(n.commands[6]->kind, QF_CMD_AWAY);
	assert_null(n.commands[6]->text);
	assert_int_equal(n.commands[7]->kind, QF_CMD_BACK);
	assert_int_equal(n.commands[8]->kind, QF_CMD_DISCONNECT);
	fake_end(&n);
}

TEST(api, an_address_is_read_as_people_write_it)
{
	static const struct {
		const char *fields;
		const char *host;
		uint16_t port;
	} good[] = {
		{ "\"address\":\"fe80::1%eth0\"", "fe80::1%eth0", 9999 },
		{ "\"address\":\"ana.local\",\"port\":7", "ana.local", 7 },
		{ "\"address\":\"10.0.0.1:99\"", "10.0.0.1", 99 },
		{ "\"address\":\"[2001:db8::7]:9\"", "2001:db8::7", 9 },
		{ "\"address\":\"ana:99\",\"port\":7", "ana", 7 },
	};
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const struct qf_command *c;
		char line[120];

		snprintf(line, sizeof line, "{\"do\":\"connect\",%s}\n",
		         good[i].fields);
		assert_string_equal(fake_talk(&n, line), "");
		c = n.commands[i];
		assert_int_equal(c->kind, QF_CMD_CONNECT);
		assert_null(c->who);
		assert_string_equal(c->address.host, good[i].host);
		assert_int_equal(c->address.port, good[i].port);
	}
	fake_end(&n);
}

TEST(api, a_port_to_listen_on_may_be_any_or_left_out)
{
	static const uint16_t ports[] = { 9999, 0, 65535 };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"do\":\"host\"}\n"
	              "{\"do\":\"host\",\"port\":0}\n"
	              "{\"do\":\"host\",\"port\":65535}\n");
	assert_int_equal(n.command_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(n.commands[i]->kind, QF_CMD_HOST);
		assert_int_equal(n.commands[i]->address.port, ports[i]);
	}
	fake_talk(&n, "{\"do\":\"host\",\"irc\":true}\n");
	assert_int_equal(n.commands[3]->kind, QF_CMD_IRC_HOST);
	assert_int_equal(n.commands[3]->address.port, 6667);
	fake_talk(&n, "{\"do\":\"host\",\"irc\":1}\n");
	assert_int_equal(n.command_count, 4);
	fake_end(&n);
}

TEST(api, a_refusal_of_the_core_reaches_the_client)
{
	struct qf_answer a = { .kind = QF_ANS_REFUSED,
		               .code = "stopping",
		               .text = NULL,
		               .hint = "Try again." };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":0,\"do\":\"join\",\"room\":\"#lobby\"}\n");
	a.request = n.commands[0]->request;
	a.text = strdup("This node is stopping.");
	fake_answer(&n, &a);
	assert_string_equal(fake_run(&n),
	                    "{\"on\":\"error\",\"code\":\"stopping\",\"say\":"
	                    "\"This node is stopping.\",\"hint\":"
	                    "\"Try again.\",\"re\":0}\n");
	fake_end(&n);
}

TEST(api, answers_may_come_in_any_order)
{
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"join\",\"room\":\"#a\"}\n"
	              "{\"id\":2,\"do\":\"join\",\"room\":\"#b\"}\n"
	              "{\"id\":3,\"do\":\"join\",\"room\":\"#c\"}\n");
	fake_done(&n, n.commands[1]);
	fake_done(&n, n.commands[2]);
	fake_done(&n, n.commands[0]);
	assert_string_equal(fake_run(&n),
	                    "{\"on\":\"done\",\"room\":\"#b\",\"re\":2}\n"
	                    "{\"on\":\"done\",\"room\":\"#c\",\"re\":3}\n"
	                    "{\"on\":\"done\",\"room\":\"#a\",\"re\":1}\n");
	fake_end(&n);
}

TEST(api, a_status_tells_all)
{
	struct qf_answer a = { .kind = QF_ANS_STATUS };
	struct qf_status *s = calloc(1, sizeof *s);
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	n.answers = false;
	n.carry.story = "the database was damaged";
	fake_talk(&n, "{\"id\":1,\"do\":\"status\"}\n");
	assert_non_null(s);
	strcpy(s->name, "ana");
	s->is_hub = true;
	strcpy(s->listening.host, "::");
	s->listening.port = 9999;
	strcpy(s->irc[0].host, "::");
	s->irc[0].port = 6667;
	s->irc_count = 1;
	s->now_ms = 61000;
	s->keeps_waiting = 2;
	s->store_trouble = strdup("the disk is full");
	s->peers_known = 3;
	s->workers = calloc(1, sizeof *s->workers);
	s->workers[0].connections = 2;
	s->workers[0].delivered = 9;
	s->workers[0].lag_us = 40;
	s->worker_count = 1;
	s->rooms = calloc(1, sizeof *s->rooms);
	s->links = calloc(1, sizeof *s->links);
	s->unreachable = calloc(1, sizeof *s->unreachable);
	assert_true(s->rooms && s->links && s->unreachable);
	s->room_count = s->link_count = s->unreachable_count = 1;
	strcpy(s->rooms[0].name, "#lobby");
	s->rooms[0].count = 4;
	s->rooms[0].last_lsn = 8;
	strcpy(s->links[0].name, "bob\x1b");
	strcpy(s->links[0].address.host, "10.0.0.2");
	s->links[0].address.port = 1;
	strcpy(s->links[0].over, "eth0");
	s->links[0].is_hub = true;
	s->links[0].since_ms = 1000;
	s->links[0].rooms = 3;
	s->links[0].lazy = 2;
	s->links[0].bytes_in = 500;
	s->links[0].bytes_out = 40;
	s->links[0].envelopes = 8;
	s->links[0].repeated = s->repeated = 1;
	s->envelopes = 9;
	s->finding = calloc(1, sizeof *s->finding);
	assert_non_null(s->finding);
	*s->finding = (struct qf_finding){ "nobody", true, "s", "e", "a" };
	strcpy(s->apart.name, "eve");
	strcpy(s->apart.witness, "bob");
	strcpy(s->apart.address.host, "10.0.0.7");
	s->apart.is_sure = true;
	strcpy(s->unreachable[0].address.host, "hub");
	s->unreachable[0].address.port = 7;
	strcpy(s->unreachable[0].name, "eve");
	strcpy(s->unreachable[0].why, "it refused");
	a.request = n.commands[0]->request;
	a.status = s;
	fake_answer(&n, &a);
	out = fake_run(&n);
	assert_part(out, "{\"on\":\"status\",\"key\":\"aaaa");
	assert_part(out, "\"name\":\"ana\",\"hub\":true,"
	                 "\"listening\":{\"address\":\"::\","
	                 "\"port\":9999},\"irc\":[{\"address\":\"::\","
	                 "\"port\":6667}],\"rooms\":[{\"room\":\"#lobby\","
	                 "\"count\":4,\"last_lsn\":8,"
	                 "\"correction_ms\":0,\"say\":null,"
	                 "\"for_guests\":false}],"
	                 "\"links\":[{\"key\":");
	assert_part(
		out,
		"\"short\":\"cy5\",\"name\":\"bob\\u001B\",\"address\":\"10.0.0.2\","
		"\"port\":1,\"over\":\"eth0\",\"outbound\":false,"
		"\"hub\":true,\"seconds\":60,"
		"\"rooms\":3,\"lazy\":2,\"bytes_in\":500,\"bytes_out\":40,"
		"\"envelopes\":8,\"repeated\":1}],"
		"\"envelopes\":9,\"repeated\":1,"
		"\"unreachable\":[{\"address\":\"hub\",\"port\":7,\"name\":\"eve\","
		"\"why\":\"it refused\"}],"
		"\"waiting\":2,\"drafts\":0,\"clock\":{\"quality\":\"none\",\"wrong\":false},\"trouble\":\"the disk is full\","
		"\"notice\":\"the database was damaged\","
		"\"peers_known\":3,\"workers\":[{\"connections\":2,\"asks\":0,"
		"\"to_core\":0,\"from_core\":0,\"delivered\":9,\"bytes_in\":0,"
		"\"bytes_out\":0,\"lag_us\":40}],\"files_max\":0,"
		"\"finding\":{\"code\":\"nobody\",\"likely\":true,\"say\":\"s\","
		"\"seen\":\"e\",\"do\":\"a\"},\"apart\":{\"name\":\"eve\","
		"\"witness\":\"bob\",\"address\":\"10.0.0.7\",\"sure\":true},"
		"\"re\":1}\n");
	fake_end(&n);
}

/* Rooms */

TEST(api, a_history_is_the_last_lines_in_order_of_their_stamps)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_commit(&n, AT(3000), "third");
	fake_commit(&n, AT(1000), "first");
	fake_commit(&n, AT(2000), "second");
	out = fake_talk(&n, "{\"id\":1,\"do\":\"history\",\"room\":\"#lobby\","
	                    "\"last\":2}\n");
	assert_int_equal(count_of(out, "\n"), 3);
	assert_null(strstr(out, "first"));
	assert_true(strstr(out, "second") < strstr(out, "third"));
	assert_part(
		out,
		"\"at\":\"1970-01-01T00:00:02.000Z\",\"hlc\":"
		"\"131072000\",\"seen_ms\":null,\"lsn\":3,\"seq\":3,\"text\":"
		"\"second\",\"kind\":\"text\",\"re\":1}");
	assert_part(out, "{\"on\":\"end\",\"room\":\"#lobby\",\"count\":2,"
	                 "\"lsn\":3,\"more\":true,\"re\":1}\n");
	fake_end(&n);
}

TEST(api, the_past_is_without_what_was_taken_back)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_commit(&n, AT(1000), "kept");
	fake_commit(&n, AT(2000), "oops");
	for (unsigned i = 0; i < QF_VIEW_PAGE_COUNT; i++)
		fake_take_back(&n, AT(3000 + i), 1, "zoe");
	fake_take_back(&n, AT(9000), 2, "");
	out = fake_talk(&n, "{\"id\":1,\"do\":\"history\",\"room\":\"#lobby\","
	                    "\"last\":1000}\n");
	assert_part(out, "\"kept\"");
	assert_null(strstr(out, "\"oops\""));
	assert_int_equal(count_of(out, "\"taken-back\""),
	                 QF_VIEW_PAGE_COUNT + 1);
	assert_part(out, "\"count\":66,");
	/* It is known now, and what comes is asked for. */
	fake_take_back(&n, AT(9001), 1, "");
	out = fake_talk(&n, "{\"id\":2,\"do\":\"follow\",\"room\":\"#lobby\","
	                    "\"last\":1000}\n");
	assert_null(strstr(out, "\"text\":"));
	fake_end(&n);
}

TEST(api, a_store_that_cannot_tell_what_was_taken_back_ends_the_history)
{
	struct fake_node n;

	fake_begin(&n);
	fake_commit(&n, AT(1000), "one");
	n.store_fails = true;
	assert_part(fake_talk(&n, "{\"do\":\"history\",\"room\":\"#lobby\"}\n"),
	            "\"code\":\"store\"");
	fake_end(&n);
}

TEST(api, what_is_asked_for_after_an_lsn_is_all_that_came)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_commit(&n, AT(1000), "seen");
	fake_commit(&n, AT(2000), "oops");
	fake_take_back(&n, AT(3000), 2, "");
	fake_publish(&n, true);
	out = fake_talk(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"#lobby\","
	                    "\"after\":1}\n");
	assert_true(strstr(out, "\"oops\"") < strstr(out, "\"taken-back\""));
	fake_end(&n);
}

TEST(api, a_history_longer_than_a_page_is_whole)
{
	enum { LINES = 1000 };
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	for (uint64_t i = 1; i <= LINES; i++)
		fake_commit(&n, AT(i), "x");
	out = fake_talk(&n, "{\"do\":\"history\",\"room\":\"#lobby\","
	                    "\"last\":5000}\n");
	assert_int_equal(count_of(out, "\"on\":\"text\""), LINES);
	assert_part(out, "\"count\":1000,\"lsn\":1000,\"more\":false}");
	out = fake_talk(&n, "{\"do\":\"history\",\"room\":\"#lobby\"}\n");
	assert_int_equal(count_of(out, "\"on\":\"text\""), 50);
	out = fake_talk(&n, "{\"do\":\"history\",\"room\":\"#lobby\","
	                    "\"last\":0}\n");
	assert_int_equal(count_of(out, "\n"), 1);
	fake_end(&n);
}

TEST(api, a_follow_joins_gives_the_past_and_goes_on)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_commit(&n, AT(1), "one");
	fake_commit(&n, AT(2), "two");
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"#lobby\","
	              "\"last\":1}\n");
	assert_int_equal(n.command_count, 1);
	assert_int_equal(n.commands[0]->kind, QF_CMD_JOIN);
	fake_done(&n, n.commands[0]);
	out = fake_run(&n);
	assert_null(strstr(out, "\"one\""));
	assert_part(out, "\"text\":\"two\",\"kind\":\"text\",\"re\":1}\n");
	assert_part(out, "{\"on\":\"following\",\"room\":\"#lobby\","
	                 "\"count\":1,\"lsn\":2,\"more\":true,\"re\":1}\n");
	fake_commit(&n, AT(3), "three");
	fake_publish(&n, false);
	out = fake_talk(&n, "");
	assert_int_equal(count_of(out, "\n"), 1);
	assert_part(out, "\"text\":\"three\",\"kind\":\"text\"}\n");
	fake_end(&n);
}

TEST(api, a_follow_after_an_lsn_goes_on_from_there)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	for (uint64_t i = 1; i <= 5; i++)
		fake_commit(&n, AT(10 - i), i % 2 ? "odd" : "even");
	out = fake_talk(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"#lobby\","
	                    "\"after\":3}\n");
	assert_part(out, "{\"on\":\"following\",\"room\":\"#lobby\","
	                 "\"count\":0,\"lsn\":3,\"more\":false,\"re\":1}\n");
	assert_int_equal(count_of(out, "\"on\":\"text\""), 2);
	assert_true(strstr(out, "\"lsn\":4") < strstr(out, "\"lsn\":5"));
	fake_end(&n);
}

TEST(api, a_room_is_followed_once_and_again_after_it_was_left)
{
	static const char follow[] =
		"{\"id\":1,\"do\":\"follow\",\"room\":\"#lobby\"}\n";
	static const char unfollow[] =
		"{\"id\":2,\"do\":\"unfollow\",\"room\":\"#Lobby\"}\n";
	struct fake_node n;

	fake_begin(&n);
	assert_part(fake_talk(&n, follow), "\"on\":\"following\"");
	assert_part(fake_talk(&n, follow), "\"code\":\"already\"");
	assert_string_equal(fake_talk(&n, unfollow),
	                    "{\"on\":\"done\",\"room\":\"#lobby\","
	                    "\"re\":2}\n");
	fake_commit(&n, AT(1), "unheard");
	fake_publish(&n, false);
	assert_string_equal(fake_talk(&n, ""), "");
	assert_part(fake_talk(&n, follow), "\"on\":\"following\"");
	fake_end(&n);
}

TEST(api, unfollowing_before_the_pair_has_come_answers_both)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	n.answers = false;
	out = fake_talk(&n,
	                "{\"id\":1,\"do\":\"follow\",\"room\":\"#lobby\"}\n"
	                "{\"id\":2,\"do\":\"unfollow\",\"room\":\"#lobby\"}\n");
	assert_part(out, "\"code\":\"unfollowed\"");
	assert_part(out, "\"re\":1}\n{\"on\":\"done\"");
	fake_done(&n, n.commands[0]);
	assert_string_equal(fake_talk(&n, ""), "");
	fake_end(&n);
}

TEST(api, a_client_follows_so_many_rooms_and_no_more)
{
	struct fake_node n;
	char line[80];

	fake_begin(&n);
	n.knows_all = true;
	for (int i = 0; i < QF_API_ROOMS_MAX; i++) {
		snprintf(line, sizeof line,
		         "{\"do\":\"follow\",\"room\":\"#r%d\"}\n", i);
		assert_part(fake_talk(&n, line), "\"on\":\"following\"");
	}
	assert_part(fake_talk(&n, "{\"do\":\"follow\",\"room\":\"#one\"}\n"),
	            "\"code\":\"limit\"");
	fake_end(&n);
}

TEST(api, a_join_that_is_refused_ends_the_follow)
{
	struct qf_answer a = { .kind = QF_ANS_REFUSED, .code = "limit" };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"#lobby\"}\n");
	a.request = n.commands[0]->request;
	a.text = strdup("Too many rooms.");
	fake_answer(&n, &a);
	assert_part(fake_run(&n), "\"code\":\"limit\",\"say\":"
	                          "\"Too many rooms.\"");
	assert_part(fake_talk(&n, "{\"do\":\"unfollow\",\"room\":"
	                          "\"#lobby\"}\n"),
	            "\"code\":\"unknown-room\"");
	fake_end(&n);
}

TEST(api, a_store_that_cannot_be_read_ends_the_history_with_an_error)
{
	struct fake_node n;

	fake_begin(&n);
	fake_commit(&n, AT(1), "x");
	n.store_fails = true;
	assert_part(fake_talk(&n, "{\"id\":1,\"do\":\"history\",\"room\":"
	                          "\"#lobby\"}\n"),
	            "\"code\":\"store\"");
	assert_part(fake_talk(&n, "{\"id\":2,\"do\":\"digest\",\"room\":"
	                          "\"#lobby\"}\n"),
	            "\"code\":\"store\"");
	fake_end(&n);
}

TEST(api, a_digest_is_the_snapshots_with_the_authors)
{
	struct qf_snapshot *snapshot;
	char text[QF_KEY_TEXT_BYTES];
	struct qf_hash digest;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_commit(&n, AT(1), "x");
	fake_commit(&n, AT(2), "y");
	snapshot = qf_snapshot_new(&n.rooms[0].set, 2);
	assert_non_null(snapshot);
	qf_snapshot_digest(snapshot, &digest);
	qf_snapshot_unref(snapshot);
	qf_hash_text(&digest, text);
	out = fake_talk(&n, "{\"id\":1,\"do\":\"digest\",\"room\":"
	                    "\"#lobby\"}\n");
	assert_part(out, text);
	assert_part(out, "\"count\":2,\"authors\":[{\"key\":\"");
	assert_part(out, "\"first\":1,\"last\":2,\"count\":2,\"gaps\":0,"
	                 "\"forks\":0}],\"re\":1}\n");
	fake_end(&n);
}

/* What peers wrote */

static const char *history_of(struct fake_node *n, uint8_t type,
                              const struct qf_body *body)
{
	fake_store(n, fake_envelope(n, type, AT(1), body));
	return fake_talk(n, "{\"do\":\"history\",\"room\":\"#lobby\"}\n");
}

TEST(api, whatever_a_peer_wrote_is_valid_and_without_raw_controls)
{
	static const char text[] = "a\x1b[31m\n\x7f\xc2\x9b\0\xe2\x80\xae\"\\";
	struct qf_body body = { .name = qf_bytes("e\x1bve", 4),
		                .text = qf_bytes(text, sizeof text - 1),
		                .guest = qf_bytes("g\n1", 3) };
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	out = history_of(&n, QF_TYPE_TEXT, &body);
	assert_part(out, "\"text\":\"a\\u001B[31m\\n\x7f\xc2\x9b\\u0000"
	                 "\xe2\x80\xae\\\"\\\\\"");
	assert_part(out, "\"guest\":\"g\\n1\"");
	for (const char *c = out; *c; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
	fake_end(&n);
}

TEST(api, a_name_that_nobody_may_have_is_replaced_by_the_short_key)
{
	struct qf_body body = { .name = qf_bytes("SYSTEM", 6),
		                .text = qf_bytes("hi", 2) };
	char name[QF_SHORT_CHARS + 1], part[40];
	struct fake_node n;

	fake_begin(&n);
	qf_key_short(&n.self.key, name);
	snprintf(part, sizeof part, "\"name\":\"%s\"", name);
	assert_part(history_of(&n, QF_TYPE_TEXT, &body), part);
	fake_end(&n);
}

TEST(api, a_rename_has_both_names)
{
	struct qf_body body = { .name = qf_bytes("ana", 3),
		                .text = qf_bytes("anna", 4) };
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	out = history_of(&n, QF_TYPE_RENAME, &body);
	assert_part(out, "{\"on\":\"rename\",\"room\":\"#lobby\"");
	assert_part(out, "\"name\":\"anna\"");
	assert_part(out, "\"old\":\"ana\"");
	fake_end(&n);
}

TEST(api, unknown_types_sealed_and_broken_bodies_are_not_shown)
{
	struct qf_body body = { .text = qf_bytes("hi", 2) };
	struct qf_header h;
	struct fake_node n;

	fake_begin(&n);
	assert_part(history_of(&n, 77, &body), "\"count\":0");
	h = n.log[0]->head;
	h.type = QF_TYPE_TEXT;
	fake_store(&n, qf_envelope_new(&h, qf_bytes("\xff\xff\xff", 3)));
	h.key_id[0] = 1;
	fake_store(&n, qf_envelope_new(&h, qf_bytes("\x02\x02hi", 4)));
	assert_part(fake_talk(&n, "{\"do\":\"history\",\"room\":"
	                          "\"#lobby\"}\n"),
	            "\"count\":0");
	fake_end(&n);
}

/* News */

TEST(api, news_is_for_those_who_watch)
{
	struct qf_news linked = { .kind = QF_NEWS_LINK_UP,
		                  .name = "bob",
		                  .address = { "10.0.0.2", 9999 },
		                  .outbound = true };
	struct qf_news copies = { .kind = QF_NEWS_COPIES,
		                  .id = { { 1 } },
		                  .number = 2 };
	struct fake_node n;

	fake_begin(&n);
	fake_news(&n, &linked);
	assert_string_equal(fake_talk(&n, ""), "");
	fake_talk(&n, "{\"do\":\"watch\"}\n"
	              "{\"do\":\"follow\",\"room\":\"#lobby\"}\n");
	fake_news(&n, &linked);
	assert_part(fake_talk(&n, ""), "\"name\":\"bob\",\"address\":"
	                               "\"10.0.0.2\",\"port\":9999,"
	                               "\"outbound\":true,\"quiet\":false}\n");
	copies.room = n.lobby;
	fake_news(&n, &copies);
	assert_string_equal(fake_talk(&n, ""),
	                    "{\"on\":\"copies\",\"id\":\"" ID "\",\"room\":"
	                    "\"#lobby\",\"n\":2}\n");
	fake_end(&n);
}

TEST(api, each_kind_of_news_has_its_word)
{
	static const struct {
		enum qf_news_kind kind;
		const char *on;
	} kinds[] = {
		{ QF_NEWS_LINK_UP, "linked" },
		{ QF_NEWS_LINK_DOWN, "unlinked" },
		{ QF_NEWS_DIAL_FAILED, "unreachable" },
		{ QF_NEWS_TROUBLE, "trouble" },
		{ QF_NEWS_TROUBLE_OVER, "trouble-over" },
		{ QF_NEWS_COPIES, "copies" },
		{ QF_NEWS_SELF, "self" },
		{ QF_NEWS_LISTENING, "listening" },
		{ QF_NEWS_NOTICE, "notice" },
	};
	struct fake_node n;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct qf_news news = { .kind = kinds[i].kind,
			                .text = "because" };
		char part[40];

		fake_news(&n, &news);
		snprintf(part, sizeof part, "{\"on\":\"%s\"", kinds[i].on);
		assert_part(fake_talk(&n, ""), part);
	}
	fake_end(&n);
}

TEST(api, who_waits_for_the_store_hears_of_its_trouble)
{
	struct qf_news trouble = { .kind = QF_NEWS_TROUBLE,
		                   .text = "the disk is full" };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_news(&n, &trouble);
	assert_string_equal(fake_talk(&n, "{\"do\":\"say\",\"room\":\"#lobby\","
	                                  "\"text\":\"hi\"}\n"),
	                    "");
	fake_news(&n, &trouble);
	assert_string_equal(fake_talk(&n, ""), "{\"on\":\"trouble\",\"say\":"
	                                       "\"the disk is full\"}\n");
	fake_end(&n);
}

TEST(api, news_that_nobody_takes_is_dropped_and_counted)
{
	enum { NEWS = 20000 };
	struct qf_news news = { .kind = QF_NEWS_NOTICE, .text = "something" };
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	for (int i = 0; i < NEWS; i++)
		fake_news(&n, &news);
	out = fake_talk(&n, "");
	assert_true(n.out.len < 300 * 1024);
	assert_part(out, "{\"on\":\"missed\",\"count\":");
	assert_int_equal(
		count_of(out, "\"notice\"") +
			strtoul(strstr(out, "\"count\":") + 8, NULL, 10),
		NEWS);
	fake_end(&n);
}

TEST(api, a_dropped_client_is_told_why)
{
	struct qf_effect fx = { .kind = QF_FX_DROP, .conn = FAKE_CONN };
	struct fake_node n;

	fake_begin(&n);
	fx.text = strdup("The node has stopped.");
	fake_tell(&n, &fx);
	assert_false(qf_api_over(n.api));
	assert_part(fake_run(&n), "\"code\":\"closed\",\"say\":"
	                          "\"The node has stopped.\"");
	assert_true(qf_api_over(n.api));
	fake_end(&n);
}

/* Back-pressure */

TEST(api, a_client_that_asks_without_end_is_not_read_until_it_is_answered)
{
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	for (int i = 0; i < 100; i++)
		fake_feed(&n, "{\"do\":\"join\",\"room\":\"#lobby\"}\n");
	assert_false(qf_api_reads(n.api));
	fake_run(&n);
	assert_int_equal(n.command_count, 64);
	for (size_t i = 0; i < 64; i++) {
		fake_done(&n, n.commands[i]);
		qf_command_free(n.commands[i]);
	}
	n.command_count = 0;
	fake_run(&n);
	assert_int_equal(n.command_count, 36);
	assert_true(qf_api_reads(n.api));
	fake_end(&n);
}

TEST(api, a_client_that_takes_no_answers_is_not_read)
{
	struct fake_node n;
	int fed = 0;

	fake_begin(&n);
	while (qf_api_reads(n.api) && fed++ < 10000)
		fake_feed(&n, "{\"do\":\"dance\"}\n");
	assert_true(fed < 2000);
	fake_feed(&n, "{\"do\":\"watch\"}\n");
	assert_int_equal(count_of(fake_talk(&n, ""), "\"error\""), fed);
	assert_part((const char *)n.out.at, "\"done\"");
	assert_true(qf_api_reads(n.api));
	fake_end(&n);
}

/* Asks until it should not be read, and then that many blank lines. */
static void ask_on(struct fake_node *n, size_t len)
{
	char *lines = malloc(len);

	assert_non_null(lines);
	memset(lines, '\n', len);
	fake_begin(n);
	while (qf_api_reads(n->api))
		fake_feed(n, "{\"do\":\"dance\"}\n");
	qf_api_bytes(n->api, qf_bytes(lines, len));
	free(lines);
}

TEST(api, what_comes_while_nothing_is_read_waits_and_has_an_end)
{
	struct fake_node n;

	ask_on(&n, 2 * QF_API_LINE_BYTES_MAX);
	assert_int_equal(count_of(fake_run(&n), "\"limit\""), 0);
	assert_true(qf_api_reads(n.api));
	fake_end(&n);

	ask_on(&n, 2 * QF_API_LINE_BYTES_MAX + 1);
	assert_int_equal(count_of(fake_run(&n), "\"limit\""), 1);
	assert_true(qf_api_over(n.api));
	fake_end(&n);
}

TEST(api, a_pull_stops_at_about_what_was_wanted)
{
	struct fake_node n;
	struct qf_buf out;

	fake_begin(&n);
	for (uint64_t i = 1; i <= 200; i++)
		fake_commit(&n, AT(i), "a line of some length");
	fake_feed(&n, "{\"do\":\"history\",\"room\":\"#lobby\",\"last\":"
	              "200}\n");
	qf_buf_init(&out, 0);
	while (fake_serve_one(&n))
		qf_api_pull(n.api, &out, 1);
	qf_buf_clear(&out);
	qf_api_pull(n.api, &out, 1000);
	assert_true(out.len >= 1000 && out.len < 2000);
	assert_int_equal(out.at[out.len - 1], '\n');
	qf_buf_fini(&out);
	fake_end(&n);
}

/* None missed, none twice */

struct seen {
	uint8_t times[FAKE_LOG_MAX + 1];
	uint64_t past_hlc;
	uint64_t live_lsn;
	bool live;
};

/* What each line has, in the order of the lines. */
static void read_lines(struct seen *s, struct qf_buf *out)
{
	char *line, *rest = NULL;

	qf_put_u8(out, 0);
	for (line = strtok_r((char *)out->at, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		uint64_t lsn, hlc;

		if (strstr(line, "\"on\":\"following\"")) {
			s->live = true;
			continue;
		}
		lsn = strtoull(strstr(line, "\"lsn\":") + 6, NULL, 10);
		hlc = strtoull(strstr(line, "\"hlc\":\"") + 7, NULL, 10);
		assert_in_range(lsn, 1, FAKE_LOG_MAX);
		s->times[lsn]++;
		if (s->live) {
			assert_true(lsn > s->live_lsn);
			s->live_lsn = lsn;
		} else {
			assert_true(hlc > s->past_hlc);
			s->past_hlc = hlc;
		}
	}
	qf_buf_clear(out);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void commit_some(struct fake_node *n, uint64_t *random, size_t most)
{
	size_t count = next_random(random) % most;

	while (count-- && n->last_lsn < FAKE_LOG_MAX) {
		/* Unique, and in no order. */
		fake_commit(n,
		            (next_random(random) % 100000) << MS |
		                    (n->last_lsn + 1),
		            "x");
		fake_publish(n, next_random(random) % 8 == 0);
	}
}

static void follow_world(uint64_t seed)
{
	uint64_t random = seed * 0x9e3779b97f4a7c15 + 1;
	struct seen *s = calloc(1, sizeof *s);
	struct fake_node n;
	struct qf_buf out;

	assert_non_null(s);
	fake_begin(&n);
	qf_buf_init(&out, 0);
	commit_some(&n, &random, 300);
	fake_feed(&n, "{\"do\":\"follow\",\"room\":\"#lobby\",\"last\":"
	              "1000000}\n");
	for (int i = 0; i < 60; i++) {
		/* Now and then more than the ring holds. */
		if (next_random(&random) % 3 == 0)
			commit_some(&n, &random,
			            next_random(&random) % 10 ? 20 : 1500);
		for (size_t k = next_random(&random) % 4; k; k--)
			fake_serve_one(&n);
		qf_api_pull(n.api, &out, next_random(&random) % 20000);
		read_lines(s, &out);
	}
	fake_run(&n);
	read_lines(s, &n.out);
	for (uint64_t lsn = 1; lsn <= n.last_lsn; lsn++)
		if (s->times[lsn] != 1)
			fail_msg("seed %llu: lsn %llu came %d times",
			         (unsigned long long)seed,
			         (unsigned long long)lsn, s->times[lsn]);
	qf_buf_fini(&out);
	fake_end(&n);
	free(s);
}

TEST(api, a_follower_misses_nothing_and_sees_nothing_twice)
{
	for (uint64_t seed = 1; seed <= 30; seed++)
		follow_world(seed);
}
