/* test_api_people.c - who is here, who is remembered, and news of them */
#include "test.h"

#include <stdio.h>

#include "fake_node.h"
#include "gateway/api_request.h"
#include "parts.h"

#define KEY "aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Who is here */

static void answer_people(struct fake_node *n)
{
	struct qf_answer a = { .kind = QF_ANS_PEOPLE,
		               .count = 2,
		               .now_ms = 61000 };
	struct qf_person_status *p = calloc(2, sizeof *p);

	assert_non_null(p);
	strcpy(p[0].name, "ana");
	p[0].self = true;
	p[0].since_ms = 61000;
	p[1].since_ms = 1000;
	strcpy(p[1].name, "bob");
	p[1].key.b[0] = 1;
	p[1].linked = p[1].away = p[1].is_hub = true;
	p[1].hops = 1;
	strcpy(p[1].over, "eth0");
	p[1].via = p[1].key;
	strcpy(p[1].text, "tea \x1b");
	strcpy(p[1].address.host, "10.0.0.2");
	p[1].address.port = 9999;
	a.people = p;
	a.request = n->commands[n->command_count - 1]->request;
	fake_answer(n, &a);
}

TEST(api_people, all_who_are_here_are_told_with_how_they_are)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"who\"}\n");
	assert_int_equal(n.commands[0]->kind, QF_CMD_WHO);
	assert_null(n.commands[0]->room);
	answer_people(&n);
	out = fake_run(&n);
	assert_part(out, "{\"on\":\"people\",\"room\":null,\"people\":[{");
	assert_part(out, "\"name\":\"ana\",\"short\":");
	assert_part(out,
	            "\"self\":true,\"linked\":false,\"hops\":0,"
	            "\"via\":null,\"over\":null,\"hub\":false,\"away\":false,"
	            "\"why\":null,\"address\":null,\"port\":null,"
	            "\"seconds\":0}");
	assert_part(out, "\"key\":\"" KEY "\",\"name\":\"bob\"");
	assert_part(out, "\"self\":false,\"linked\":true,\"hops\":1,"
	                 "\"via\":\"" KEY
	                 "\",\"over\":\"eth0\",\"hub\":true,\"away\":true,"
	                 "\"why\":\"tea \\u001B\",\"address\":\"10.0.0.2\","
	                 "\"port\":9999,\"seconds\":60}");
	assert_part(out, "],\"finding\":null,\"re\":1}\n");
	fake_end(&n);
}

TEST(api_people, the_people_of_a_room_are_told_with_its_name)
{
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"who\",\"room\":\"#Tea\"}\n");
	assert_string_equal(n.commands[0]->room, "#tea");
	answer_people(&n);
	assert_part(fake_run(&n), "{\"on\":\"people\",\"room\":\"#tea\"");
	fake_end(&n);
}

TEST(api_people, the_map_has_links_between_places_among_the_people)
{
	struct qf_answer a = { .kind = QF_ANS_MAP, .edge_count = 2 };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"map\"}\n");
	assert_int_equal(n.commands[0]->kind, QF_CMD_MAP);
	a.request = n.commands[0]->request;
	a.edges = calloc(2, sizeof *a.edges);
	assert_non_null(a.edges);
	a.edges[0] = (struct qf_chart_link){ 0, 1, "10.0.0.0/24" };
	a.edges[1] = (struct qf_chart_link){ .from = 2, .to = 1 };
	fake_answer(&n, &a);
	assert_part(fake_run(&n),
	            "{\"on\":\"map\",\"people\":[],\"links\":["
	            "{\"from\":0,\"to\":1,\"network\":\"10.0.0.0/24\"},"
	            "{\"from\":2,\"to\":1,\"network\":null}],\"re\":1}\n");
	fake_end(&n);
}

TEST(api_people, what_is_in_the_way_is_told_the_gravest_first)
{
	struct qf_answer a = { .kind = QF_ANS_DOCTOR, .count = 3 };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"doctor\"}\n");
	assert_int_equal(n.commands[0]->kind, QF_CMD_DOCTOR);
	a.request = n.commands[0]->request;
	a.diagnosis = calloc(1, sizeof *a.diagnosis);
	assert_non_null(a.diagnosis);
	a.diagnosis->list[0] = (struct qf_finding){ "vpn", false, "s", "e",
		                                    "a" };
	a.diagnosis->count = 1;
	fake_answer(&n, &a);
	assert_part(fake_run(&n),
	            "{\"on\":\"doctor\",\"nodes\":3,\"findings\":[{"
	            "\"code\":\"vpn\",\"likely\":false,\"say\":\"s\","
	            "\"seen\":\"e\",\"do\":\"a\"}],\"re\":1}\n");
	fake_end(&n);
}

/* Guests by way of the original's protocol */

TEST(api_people, classics_are_told_apart_from_people)
{
	struct qf_answer a = { .kind = QF_ANS_PEOPLE, .now_ms = 5000 };
	struct fake_node n;

	a.classics = calloc(1, sizeof *a.classics);
	assert_non_null(a.classics);
	a.classic_count = 1;
	strcpy(a.classics->name, "Tom");
	strcpy(a.classics->room, "#lobby");
	strcpy(a.classics->address.host, "10.0.0.7");
	a.classics->address.port = 7;
	a.classics->since_ms = 2000;
	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"who\"}\n");
	a.request = n.commands[0]->request;
	fake_answer(&n, &a);
	assert_part(fake_run(&n),
	            "\"people\":[],\"classics\":[{\"name\":\"Tom\",\"room\":"
	            "\"#lobby\",\"address\":\"10.0.0.7\",\"port\":7,"
	            "\"seconds\":3}],\"finding\":null,\"re\":1}");
	fake_end(&n);
}

TEST(api_people, classics_come_and_go_as_news)
{
	struct qf_news news = { .kind = QF_NEWS_CLASSIC,
		                .name = "Tom",
		                .address = { "10.0.0.7", 7 },
		                .text = "#lobby" };
	struct fake_node n;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	fake_news(&n, &news);
	assert_part(fake_run(&n),
	            "{\"on\":\"classic-came\",\"name\":\"Tom\",\"room\":"
	            "\"#lobby\",\"address\":\"10.0.0.7\",\"port\":7}");
	news.change = QF_CHANGE_LEFT;
	fake_news(&n, &news);
	assert_part(fake_run(&n), "{\"on\":\"classic-left\"");
	news.change = QF_CHANGE_RENAMED;
	news.text = "Jim";
	fake_news(&n, &news);
	assert_part(fake_run(&n),
	            "{\"on\":\"classic-renamed\",\"name\":\"Tom\","
	            "\"old\":\"Jim\"");
	news = (struct qf_news){ .kind = QF_NEWS_CLASSICS,
		                 .address = { "0.0.0.0", 9 } };
	fake_news(&n, &news);
	assert_part(fake_run(&n), "{\"on\":\"classic-listening\",\"address\":"
	                          "\"0.0.0.0\",\"port\":9}");
	fake_end(&n);
}

TEST(api_people, classics_are_let_in_and_gone_to_as_guests_of_a_room)
{
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"do\":\"host\",\"classic\":true,\"port\":7,\"room\":"
	              "\"#Old\"}\n{\"do\":\"connect\",\"classic\":true,"
	              "\"address\":\"10.0.0.7:8\"}\n{\"do\":\"host\","
	              "\"classic\":false}\n");
	assert_int_equal(n.commands[0]->kind, QF_CMD_CLASSIC_HOST);
	assert_string_equal(n.commands[0]->room, "#old");
	assert_int_equal(n.commands[0]->address.port, 7);
	assert_int_equal(n.commands[1]->kind, QF_CMD_CLASSIC_CALL);
	assert_string_equal(n.commands[1]->room, "#lobby");
	assert_string_equal(n.commands[1]->address.host, "10.0.0.7");
	assert_int_equal(n.commands[2]->kind, QF_CMD_HOST);
	fake_talk(&n, "{\"id\":4,\"do\":\"host\",\"classic\":1}\n");
	assert_part(fake_run(&n), "\"code\":\"bad-request\"");
	fake_end(&n);
}

/* Who is remembered */

TEST(api_people, contacts_are_told_and_can_be_given_back)
{
	struct qf_answer a = { .kind = QF_ANS_CONTACTS, .count = 2 };
	struct qf_peer *p = calloc(2, sizeof *p);
	const struct qf_command *c;
	struct fake_node n;
	const char *out;

	assert_non_null(p);
	strcpy(p[0].name, "bob");
	p[0].key.b[0] = 1;
	strcpy(p[0].address.host, "fe80::1");
	p[0].address.port = 7;
	p[0].seen_ms = 1000;
	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"id\":1,\"do\":\"contacts\"}\n");
	assert_int_equal(n.commands[0]->kind, QF_CMD_CONTACTS);
	a.contacts = p;
	a.request = n.commands[0]->request;
	fake_answer(&n, &a);
	out = fake_run(&n);
	assert_part(out, "{\"on\":\"contacts\",\"contacts\":[{\"name\":\"bob\","
	                 "\"key\":\"" KEY "\",\"words\":\"");
	assert_part(out, "\"address\":\"fe80::1\",\"port\":7,\"seen\":"
	                 "\"1970-01-01T00:00:01.000Z\"}");
	assert_part(out, "\"address\":null,\"port\":null,\"seen\":null}],"
	                 "\"re\":1}\n");
	fake_talk(&n, "{\"do\":\"contact\",\"name\":\"bob\",\"key\":\"" KEY
	              "\",\"words\":\"w\",\"address\":\"fe80::1\",\"port\":7,"
	              "\"seen\":\"1970-01-01T00:00:01.000Z\"}\n"
	              "{\"do\":\"contact\",\"name\":\"bob\",\"key\":\"" KEY
	              "\",\"address\":null,\"port\":null}\n");
	assert_int_equal(n.command_count, 3);
	c = n.commands[1];
	assert_int_equal(c->kind, QF_CMD_CONTACT);
	assert_string_equal(c->text, "bob");
	assert_int_equal(c->key.b[0], 1);
	assert_string_equal(c->address.host, "fe80::1");
	assert_int_equal(c->address.port, 7);
	assert_int_equal(n.commands[2]->address.port, 0);
	fake_end(&n);
}

TEST(api_people, a_contact_is_connected_to_by_name)
{
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"do\":\"connect\",\"who\":\"bob\xc2\xb7k7f\"}\n");
	assert_int_equal(n.command_count, 1);
	assert_int_equal(n.commands[0]->kind, QF_CMD_CONNECT);
	assert_string_equal(n.commands[0]->who, "bob\xc2\xb7k7f");
	fake_end(&n);
}

TEST(api_people, a_name_longer_than_any_is_nobodys)
{
	char who[QF_API_WHOM_BYTES_MAX + 2], line[400];
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	memset(who, 'x', sizeof who - 1);
	who[sizeof who - 1] = '\0';
	snprintf(line, sizeof line, "{\"do\":\"connect\",\"who\":\"%s\"}\n",
	         who);
	assert_part(fake_talk(&n, line), "\"code\":\"bad-name\"");
	who[sizeof who - 2] = '\0';
	snprintf(line, sizeof line, "{\"do\":\"connect\",\"who\":\"%s\"}\n",
	         who);
	assert_string_equal(fake_talk(&n, line), "");
	fake_end(&n);
}

/* News of them */

static const char *told_of(struct fake_node *n, const struct qf_news *news)
{
	fake_news(n, news);
	return fake_talk(n, "");
}

TEST(api_people, each_change_of_a_person_has_its_word)
{
	static const char *const words[] = { "came",    "left", "lost",
		                             "renamed", "away", "back" };
	struct fake_node n;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	for (int i = QF_CHANGE_CAME; i <= QF_CHANGE_BACK; i++) {
		struct qf_news news = { .kind = QF_NEWS_PERSON,
			                .change = (enum qf_change_kind)i,
			                .key = { { 1 } },
			                .name = "bob",
			                .text = "tom" };
		char part[120];
		const char *out = told_of(&n, &news);

		snprintf(part, sizeof part,
		         "{\"on\":\"%s\",\"name\":\"bob\",\"key\":\"" KEY
		         "\",\"short\":\"",
		         words[i]);
		assert_part(out, part);
		assert_int_equal(count_of(out, "\"old\":\"tom\""),
		                 i == QF_CHANGE_RENAMED);
		assert_int_equal(count_of(out, "\"why\":\"tom\""),
		                 i == QF_CHANGE_AWAY);
	}
	fake_end(&n);
}

TEST(api_people, who_is_in_another_room_is_no_news_for_clients)
{
	struct qf_news news = { .kind = QF_NEWS_PERSON,
		                .change = QF_CHANGE_ROOMS,
		                .key = { { 1 } },
		                .name = "bob" };
	struct fake_node n;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	assert_string_equal(told_of(&n, &news), "");
	fake_end(&n);
}

TEST(api_people, nobody_comes_by_a_name_that_nobody_may_have)
{
	struct qf_news news = { .kind = QF_NEWS_PERSON,
		                .change = QF_CHANGE_RENAMED,
		                .name = "System",
		                .text = "a b" };
	char name[QF_SHORT_CHARS + 1], part[80];
	struct fake_node n;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	qf_key_short(&news.key, name);
	snprintf(part, sizeof part, "\"name\":\"%s\"", name);
	assert_part(told_of(&n, &news), part);
	snprintf(part, sizeof part, "\"old\":\"%s\"", name);
	assert_part((const char *)n.out.at, part);
	fake_end(&n);
}

TEST(api_people, our_own_name_and_where_we_listen_are_news)
{
	struct qf_news self = { .kind = QF_NEWS_SELF, .name = "anna" };
	struct qf_news listening = { .kind = QF_NEWS_LISTENING,
		                     .address = { "::", 9998 } };
	struct qf_news not = { .kind = QF_NEWS_LISTENING };
	struct fake_node n;

	fake_begin(&n);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	assert_string_equal(told_of(&n, &self),
	                    "{\"on\":\"self\",\"name\":\"anna\"}\n");
	assert_string_equal(told_of(&n, &listening),
	                    "{\"on\":\"listening\",\"address\":\"::\","
	                    "\"port\":9998}\n");
	assert_string_equal(told_of(&n, &not ),
	                    "{\"on\":\"listening\",\"address\":\"\","
	                    "\"port\":0}\n");
	fake_end(&n);
}
