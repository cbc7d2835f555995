/* test_reply.c - requests as a client writes them, replies as it reads them */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/reply.h"

static struct qf_bytes bytes(const char *text)
{
	return qf_bytes(text, strlen(text));
}

static void assert_bytes(struct qf_bytes field, const char *text)
{
	assert_int_equal(field.len, strlen(text));
	assert_memory_equal(field.at, text, field.len);
}

static void assert_line(struct qf_buf *to, const char *line)
{
	assert_false(to->bad);
	assert_bytes(qf_buf_bytes(to), line);
	qf_buf_clear(to);
}

TEST(reply, each_request_is_one_line)
{
	struct qf_address address = { "fe80::1%eth0", 7 };
	struct qf_nonce nonce = { { 0xab } };
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_request_plain(&to, 1, "watch");
	assert_line(&to, "{\"do\":\"watch\",\"id\":1}\n");
	qf_request_room(&to, 2, "join", "#t\xc3\xa9");
	assert_line(&to,
	            "{\"do\":\"join\",\"id\":2,\"room\":\"#t\xc3\xa9\"}\n");
	qf_request_last(&to, 3, "follow", "#a", 10);
	assert_line(&to, "{\"do\":\"follow\",\"id\":3,\"room\":\"#a\","
	                 "\"last\":10}\n");
	qf_request_after(&to, 4, "#a", 99);
	assert_line(&to, "{\"do\":\"follow\",\"id\":4,\"room\":\"#a\","
	                 "\"after\":99}\n");
	qf_request_connect(&to, 5, &address);
	assert_line(&to, "{\"do\":\"connect\",\"id\":5,\"address\":"
	                 "\"fe80::1%eth0\",\"port\":7}\n");
	qf_request_name(&to, 6, "ana");
	assert_line(&to, "{\"do\":\"name\",\"id\":6,\"name\":\"ana\"}\n");
	assert_int_equal(
		qf_request_say(&to, 7, "#a", bytes("a\n\"b\""), &nonce), QF_OK);
	assert_line(&to, "{\"do\":\"say\",\"id\":7,\"room\":\"#a\",\"text\":"
	                 "\"a\\n\\\"b\\\"\",\"nonce\":"
	                 "\"ab000000000000000000000000000000\"}\n");
	qf_buf_fini(&to);
}

TEST(reply, each_request_about_people_is_one_line)
{
	struct qf_reply_contact bob = { .name = bytes("bob"),
		                        .key = bytes("k"),
		                        .address = bytes("hub"),
		                        .port = 7 };
	struct qf_nonce nonce = { { 0xab } };
	struct qf_buf to;

	qf_buf_init(&to, 0);
	assert_int_equal(qf_request_act(&to, 1, "#a", bytes("waves"), &nonce),
	                 QF_OK);
	assert_line(&to, "{\"do\":\"say\",\"id\":1,\"room\":\"#a\",\"text\":"
	                 "\"waves\",\"kind\":\"action\",\"nonce\":"
	                 "\"ab000000000000000000000000000000\"}\n");
	assert_int_equal(qf_request_msg(&to, 2, "bob", bytes("hi"), &nonce),
	                 QF_OK);
	assert_line(&to, "{\"do\":\"msg\",\"id\":2,\"to\":\"bob\",\"text\":"
	                 "\"hi\",\"nonce\":"
	                 "\"ab000000000000000000000000000000\"}\n");
	assert_int_equal(qf_request_field(&to, 3, "away", "why", bytes("tea")),
	                 QF_OK);
	assert_line(&to, "{\"do\":\"away\",\"id\":3,\"why\":\"tea\"}\n");
	qf_request_host(&to, 4, 9998);
	assert_line(&to, "{\"do\":\"host\",\"id\":4,\"port\":9998}\n");
	assert_int_equal(qf_request_contact(&to, 5, &bob), QF_OK);
	assert_line(&to, "{\"do\":\"contact\",\"id\":5,\"name\":\"bob\","
	                 "\"key\":\"k\",\"address\":\"hub\",\"port\":7}\n");
	bob.address.len = 0;
	assert_int_equal(qf_request_contact(&to, 6, &bob), QF_OK);
	assert_line(&to, "{\"do\":\"contact\",\"id\":6,\"name\":\"bob\","
	                 "\"key\":\"k\"}\n");
	qf_buf_fini(&to);
}

TEST(reply, what_cannot_be_said_is_refused_and_leaves_nothing)
{
	struct qf_nonce nonce = { { 0 } };
	char *text = malloc(QF_TEXT_BYTES_MAX + 1);
	struct qf_buf to;

	assert_non_null(text);
	memset(text, 1, QF_TEXT_BYTES_MAX + 1);
	qf_buf_init(&to, 0);
	assert_int_equal(qf_request_say(&to, 1, "#a", bytes("\xff"), &nonce),
	                 QF_E_MALFORMED);
	assert_int_equal(
		qf_request_say(&to, 1, "#a", qf_bytes("a\0b", 3), &nonce),
		QF_E_MALFORMED);
	assert_int_equal(qf_request_say(&to, 1, "#a",
	                                qf_bytes(text, QF_TEXT_BYTES_MAX + 1),
	                                &nonce),
	                 QF_E_LIMIT);
	/* Short enough, but six bytes a character as JSON. */
	assert_int_equal(qf_request_say(&to, 1, "#a",
	                                qf_bytes(text, QF_TEXT_BYTES_MAX),
	                                &nonce),
	                 QF_E_LIMIT);
	assert_int_equal(qf_request_msg(&to, 1, "b\xff", bytes("hi"), &nonce),
	                 QF_E_MALFORMED);
	assert_int_equal(qf_request_msg(&to, 1, "bob", bytes("\xff"), &nonce),
	                 QF_E_MALFORMED);
	assert_int_equal(
		qf_request_field(&to, 1, "connect", "who", bytes("\xff")),
		QF_E_MALFORMED);
	assert_int_equal(qf_request_field(&to, 1, "away", "why",
	                                  qf_bytes(text, QF_TEXT_BYTES_MAX)),
	                 QF_E_LIMIT);
	assert_int_equal(qf_request_contact(&to, 1,
	                                    &(struct qf_reply_contact){
						    .name = bytes("\xff") }),
	                 QF_E_MALFORMED);
	assert_int_equal(to.len, 0);
	assert_false(to.bad);
	qf_buf_fini(&to);
	free(text);
}

TEST(reply, a_text_has_all_that_its_line_has)
{
	static const char line[] =
		"{\"on\":\"text\",\"room\":\"#a\",\"id\":\"i\",\"name\":\"n\","
		"\"key\":\"k\",\"short\":\"s\",\"at\":\"t\",\"hlc\":"
		"\"18446744073709551615\",\"lsn\":5,\"seq\":6,\"text\":"
		"\"a\\u0000b\",\"kind\":\"action\",\"guest\":\"g\",\"re\":0}";
	struct qf_reply r;

	assert_int_equal(qf_reply_parse(&r, bytes(line)), QF_OK);
	assert_int_equal(r.kind, QF_REPLY_TEXT);
	assert_bytes(r.line, line);
	assert_true(r.has_re);
	assert_int_equal(r.re, 0);
	assert_bytes(r.room, "#a");
	assert_bytes(r.id, "i");
	assert_bytes(r.name, "n");
	assert_bytes(r.key, "k");
	assert_bytes(r.key_short, "s");
	assert_bytes(r.at, "t");
	assert_true(r.hlc == UINT64_MAX);
	assert_int_equal(r.lsn, 5);
	assert_int_equal(r.text.len, 3);
	assert_memory_equal(r.text.at, "a\0b", 3);
	assert_true(qf_reply_is(r.how, "action"));
	assert_bytes(r.guest, "g");
	assert_int_equal(r.code.len, 0);
	qf_reply_fini(&r);
}

TEST(reply, a_status_has_its_lists)
{
	static const char line[] =
		"{\"on\":\"status\",\"listening\":{\"address\":\"::\",\"port\":"
		"9999},\"rooms\":[{\"room\":\"#a\",\"count\":3,\"last_lsn\":4},"
		"{\"room\":\"#b\",\"count\":1}],\"links\":[{\"name\":\"bob\","
		"\"words\":\"w\",\"short\":\"s\",\"address\":\"10.0.0.2\",\"port\":1,"
		"\"outbound\":true,\"seconds\":9}],\"unreachable\":[{\"address\":"
		"\"hub\",\"port\":8,\"why\":\"refused\"}],\"waiting\":2,\"trouble\":"
		"null,\"peers_known\":7,\"workers\":[{\"connections\":3,\"asks\":1,"
		"\"delivered\":5,\"lag_us\":900},{\"bytes_out\":6}],"
		"\"files_max\":1024}";
	struct qf_reply r;

	assert_int_equal(qf_reply_parse(&r, bytes(line)), QF_OK);
	assert_int_equal(r.kind, QF_REPLY_STATUS);
	assert_false(r.has_re);
	assert_bytes(r.listening, "::");
	assert_int_equal(r.listening_port, 9999);
	assert_int_equal(r.room_count, 2);
	assert_bytes(r.rooms[1].room, "#b");
	assert_int_equal(r.rooms[0].count, 3);
	assert_int_equal(r.link_count, 1);
	assert_bytes(r.links[0].name, "bob");
	assert_true(r.links[0].outbound);
	assert_int_equal(r.links[0].seconds, 9);
	assert_int_equal(r.unreachable_count, 1);
	assert_bytes(r.unreachable[0].address, "hub");
	assert_int_equal(r.unreachable[0].port, 8);
	assert_bytes(r.unreachable[0].why, "refused");
	assert_int_equal(r.waiting, 2);
	assert_int_equal(r.trouble.len, 0);
	assert_int_equal(r.peers_known, 7);
	assert_int_equal(r.worker_count, 2);
	assert_int_equal(r.workers[0].connections, 3);
	assert_int_equal(r.workers[0].delivered, 5);
	assert_int_equal(r.workers[0].lag_us, 900);
	assert_int_equal(r.workers[1].bytes_out, 6);
	assert_int_equal(r.files_max, 1024);
	qf_reply_fini(&r);
}

TEST(reply, people_and_contacts_are_lists)
{
	static const char people[] =
		"{\"on\":\"people\",\"people\":[{\"name\":\"ana\",\"self\":true,"
		"\"address\":null,\"port\":null},{\"key\":\"k\",\"name\":\"bob\","
		"\"short\":\"s\",\"words\":\"w\",\"self\":false,\"linked\":true,"
		"\"away\":true,\"why\":\"tea\",\"address\":\"10.0.0.2\",\"port\":"
		"7,\"seconds\":9}],\"re\":1}";
	static const char contacts[] =
		"{\"on\":\"contacts\",\"contacts\":[{\"name\":\"bob\",\"key\":"
		"\"k\",\"words\":\"w\",\"address\":\"hub\",\"port\":7,\"seen\":"
		"\"t\"}],\"re\":2}";
	struct qf_reply r;

	assert_int_equal(qf_reply_parse(&r, bytes(people)), QF_OK);
	assert_int_equal(r.kind, QF_REPLY_PEOPLE);
	assert_int_equal(r.person_count, 2);
	assert_true(r.people[0].self);
	assert_int_equal(r.people[0].address.len, 0);
	assert_bytes(r.people[1].key, "k");
	assert_bytes(r.people[1].name, "bob");
	assert_bytes(r.people[1].key_short, "s");
	assert_bytes(r.people[1].words, "w");
	assert_true(r.people[1].linked && r.people[1].away);
	assert_bytes(r.people[1].why, "tea");
	assert_bytes(r.people[1].address, "10.0.0.2");
	assert_int_equal(r.people[1].port, 7);
	assert_int_equal(r.people[1].seconds, 9);
	qf_reply_fini(&r);
	assert_int_equal(qf_reply_parse(&r, bytes(contacts)), QF_OK);
	assert_int_equal(r.kind, QF_REPLY_CONTACTS);
	assert_int_equal(r.contact_count, 1);
	assert_bytes(r.contacts[0].name, "bob");
	assert_bytes(r.contacts[0].address, "hub");
	assert_bytes(r.contacts[0].seen, "t");
	qf_reply_fini(&r);
}

TEST(reply, a_line_of_a_room_of_two_names_the_other)
{
	struct qf_reply r;

	assert_int_equal(
		qf_reply_parse(&r,
	                       bytes("{\"on\":\"stored\",\"room\":\"@k\","
	                             "\"direct\":true,\"with\":\"k\",\"to\":"
	                             "\"bob\",\"say\":\"waiting\"}")),
		QF_OK);
	assert_true(r.direct);
	assert_bytes(r.with, "k");
	assert_bytes(r.to, "bob");
	assert_bytes(r.say, "waiting");
	qf_reply_fini(&r);
}

TEST(reply, news_of_people_are_known)
{
	static const struct {
		const char *line;
		enum qf_reply_kind kind;
	} known[] = {
		{ "{\"on\":\"came\"}", QF_REPLY_CAME },
		{ "{\"on\":\"left\"}", QF_REPLY_LEFT },
		{ "{\"on\":\"lost\"}", QF_REPLY_LOST },
		{ "{\"on\":\"renamed\"}", QF_REPLY_RENAMED },
		{ "{\"on\":\"away\"}", QF_REPLY_AWAY },
		{ "{\"on\":\"back\"}", QF_REPLY_BACK },
		{ "{\"on\":\"self\"}", QF_REPLY_SELF },
		{ "{\"on\":\"listening\"}", QF_REPLY_LISTENING },
	};
	struct qf_reply r;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		assert_int_equal(qf_reply_parse(&r, bytes(known[i].line)),
		                 QF_OK);
		assert_int_equal(r.kind, known[i].kind);
		qf_reply_fini(&r);
	}
}

TEST(reply, fields_of_another_type_are_absent)
{
	struct qf_reply r;

	assert_int_equal(qf_reply_parse(&r, bytes("{\"on\":\"text\",\"room\":7,"
	                                          "\"lsn\":\"x\",\"re\":\"1\","
	                                          "\"hlc\":[],\"links\":{}}")),
	                 QF_OK);
	assert_int_equal(r.room.len, 0);
	assert_int_equal(r.lsn, 0);
	assert_int_equal(r.hlc, 0);
	assert_int_equal(r.link_count, 0);
	assert_false(r.has_re);
	qf_reply_fini(&r);
}

TEST(reply, a_reply_of_a_later_version_is_read_but_not_known)
{
	struct qf_reply r;

	assert_int_equal(qf_reply_parse(&r, bytes("{\"on\":\"sunrise\"}")),
	                 QF_OK);
	assert_int_equal(r.kind, QF_REPLY_OTHER);
	qf_reply_fini(&r);
}

TEST(reply, what_is_no_reply_is_malformed)
{
	static const char *const bad[] = { "",
		                           "x",
		                           "[]",
		                           "{}",
		                           "{\"on\":1}",
		                           "{\"on\":\"text\"} {}",
		                           "{\"on\":\"a\",\"on\":\"b\"}" };
	struct qf_reply r;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(qf_reply_parse(&r, bytes(bad[i])),
		                 QF_E_MALFORMED);
}

TEST(reply, lines_that_a_command_makes_are_json_whatever_is_in_them)
{
	struct qf_reply_link link = { .name = bytes("b\"ob\x1b"), .port = 5 };
	struct qf_reply status = { .listening = bytes("::"),
		                   .listening_port = 9999 };
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_line_listening(&to, &status);
	assert_line(&to, "{\"on\":\"listening\",\"address\":\"::\",\"port\":"
	                 "9999}\n");
	qf_line_linked(&to, &link);
	assert_line(
		&to,
		"{\"on\":\"linked\",\"key\":\"\",\"words\":\"\",\"short\":\"\","
		"\"name\":\"b\\\"ob\\u001B\",\"address\":\"\","
		"\"port\":5,\"outbound\":false}\n");
	qf_buf_fini(&to);
}
