/* test_api_direct.c - rooms of two: messages to one person, and their lines */
#include "test.h"

#include <stdio.h>

#include "fake_node.h"
#include "gateway/api_view.h"
#include "parts.h"

enum { MS = 16 }; /* bits to shift milliseconds into an hlc */

#define AT(ms)      ((uint64_t)(ms) << MS)
#define FOLLOW_ALL  "{\"id\":1,\"do\":\"follow\",\"room\":\"@\",\"last\":10}\n"
#define FOLLOW_NEXT "{\"id\":1,\"do\":\"follow\",\"room\":\"@\"}\n"

/* A line for that room, which `format` takes by its name. */
static const char *talk_of(struct fake_node *n, const char *format,
                           const struct fake_room *room)
{
	char line[200];

	snprintf(line, sizeof line, format, room->name);
	return fake_talk(n, line);
}

static void assert_following(const char *out, unsigned count, unsigned lsn,
                             bool more)
{
	char part[120];

	snprintf(part, sizeof part,
	         "{\"on\":\"following\",\"room\":\"@\",\"count\":%u,"
	         "\"lsn\":%u,\"more\":%s,\"re\":1}\n",
	         count, lsn, more ? "true" : "false");
	assert_part(out, part);
	assert_int_equal(count_of(out, "\"following\""), 1);
}

/* Messages */

static void answer_stored(struct fake_node *n, const struct qf_room_id *room,
                          const char *say)
{
	struct qf_answer a = { .kind = QF_ANS_STORED,
		               .room = *room,
		               .lsn = 9,
		               .text = say ? strdup(say) : NULL };

	a.request = n->commands[n->command_count - 1]->request;
	fake_answer(n, &a);
}

TEST(api_direct, a_message_is_stored_in_the_room_of_two)
{
	const struct qf_command *c;
	struct fake_room *room;
	struct fake_node n;
	const char *out;
	char part[200];

	fake_begin(&n);
	n.answers = false;
	assert_string_equal(
		fake_talk(&n, "{\"id\":5,\"do\":\"msg\",\"to\":\"Bob\","
	                      "\"text\":\"hi\",\"kind\":\"action\",\"nonce\":"
	                      "\"00112233445566778899aabbccddeeff\"}\n"),
		"");
	assert_int_equal(n.command_count, 1);
	c = n.commands[0];
	assert_int_equal(c->kind, QF_CMD_MSG);
	assert_string_equal(c->who, "Bob");
	assert_string_equal(c->text, "hi");
	assert_int_equal(c->type, QF_TYPE_ACTION);
	assert_true(c->has_nonce);
	room = fake_direct(&n, 8);
	answer_stored(&n, &room->id, NULL);
	out = fake_run(&n);
	snprintf(part, sizeof part, "\"room\":\"%s\"", room->name);
	assert_part(out, part);
	snprintf(part, sizeof part,
	         "\"direct\":true,\"with\":\"%s\",\"to\":\"Bob\",\"re\":5}\n",
	         room->name + 1);
	assert_part(out, part);
	assert_null(strstr(out, "\"say\""));
	fake_end(&n);
}

TEST(api_direct, a_message_that_waits_for_its_reader_says_so)
{
	struct fake_room *room;
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"do\":\"msg\",\"to\":\"bob\",\"text\":\"hi\"}\n");
	room = fake_direct(&n, 8);
	answer_stored(&n, &room->id, "stored, waiting to reach bob");
	assert_part(fake_run(&n), "\"to\":\"bob\",\"say\":"
	                          "\"stored, waiting to reach bob\"}\n");
	fake_end(&n);
}

TEST(api_direct, who_waits_for_a_message_to_be_stored_hears_of_trouble)
{
	struct qf_news trouble = { .kind = QF_NEWS_TROUBLE,
		                   .text = "the disk is full" };
	struct fake_node n;

	fake_begin(&n);
	n.answers = false;
	fake_talk(&n, "{\"do\":\"msg\",\"to\":\"bob\",\"text\":\"hi\"}\n");
	fake_news(&n, &trouble);
	assert_part(fake_talk(&n, ""), "{\"on\":\"trouble\"");
	fake_end(&n);
}

/* One room */

TEST(api_direct, a_history_is_opened_with_the_keys_of_the_room)
{
	struct fake_room *room;
	struct fake_node n;
	const char *out;
	char part[200];

	fake_begin(&n);
	room = fake_direct(&n, 8);
	fake_whisper(&n, room, AT(1), "psst");
	out = talk_of(&n, "{\"id\":2,\"do\":\"history\",\"room\":\"%s\"}\n",
	              room);
	snprintf(part, sizeof part,
	         "{\"on\":\"text\",\"room\":\"%s\",\"id\":\"", room->name);
	assert_part(out, part);
	assert_part(out, "\"name\":\"bob\"");
	snprintf(part, sizeof part,
	         "\"text\":\"psst\",\"kind\":\"text\",\"direct\":true,"
	         "\"with\":\"%s\",\"re\":2}\n",
	         room->name + 1);
	assert_part(out, part);
	assert_part(out, "\"on\":\"end\"");
	fake_end(&n);
}

static struct qf_bytes of(const char *text)
{
	return qf_bytes(text, strlen(text));
}

/* Each said by us or by the other, for whomever, and what a person is told. */
TEST(api_direct, what_guests_say_to_each_other_is_not_for_the_person)
{
	static const struct {
		bool ours;
		const char *guest, *to;
		bool shown;
	} lines[] = {
		{ false, "", "", true },     { false, "zoe", "", true },
		{ false, "", "kim", false }, { false, "zoe", "kim", false },
		{ true, "", "", true },      { true, "", "zoe", true },
		{ true, "kim", "", false },  { true, "kim", "zoe", false },
	};
	struct fake_room *room;
	struct fake_node n;
	const char *out;
	char text[8];

	fake_begin(&n);
	room = fake_direct(&n, 8);
	for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct qf_body body = { .name = of("name"),
			                .guest = of(lines[i].guest),
			                .to = of(lines[i].to) };

		snprintf(text, sizeof text, "line %u", i);
		body.text = of(text);
		fake_body(&n, room, lines[i].ours ? &n.self : &room->other,
		          AT(i + 1), &body);
	}
	out = talk_of(&n, "{\"id\":2,\"do\":\"history\",\"room\":\"%s\"}\n",
	              room);
	for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(text, sizeof text, "line %u", i);
		assert_int_equal(strstr(out, text) != NULL, lines[i].shown);
	}
	assert_part(out, "\"guest\":\"zoe\"");
	assert_part(out, "\"to\":\"zoe\"");
	assert_part(out, "\"count\":4");
	fake_end(&n);
}

/* In the room of our key and our key. */
TEST(api_direct, with_guests_of_our_own_the_person_talks_alone)
{
	static const char *const names[][2] = { { "zoe", "" },
		                                { "", "zoe" },
		                                { "zoe", "kim" } };
	struct fake_room *room;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	room = fake_direct(&n, FAKE_SEED);
	assert_true(qf_key_equal(&room->other.key, &n.self.key));
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		struct qf_body body = { .name = of("name"),
			                .guest = of(names[i][0]),
			                .to = of(names[i][1]),
			                .text = of("hi") };

		fake_body(&n, room, &n.self, AT(i + 1), &body);
	}
	out = fake_talk(&n, FOLLOW_ALL);
	assert_int_equal(count_of(out, "\"on\":\"text\""), 2);
	assert_following(out, 2, 3, false);
	fake_end(&n);
}

TEST(api_direct, what_guests_say_pushes_nothing_out)
{
	struct qf_body hidden = { .name = of("name"),
		                  .guest = of("zoe"),
		                  .to = of("kim"),
		                  .text = of("hi") };
	struct fake_room *room;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	fake_whisper(&n, room, AT(1), "older");
	fake_whisper(&n, room, AT(2), "newer");
	for (unsigned i = 0; i < 3 * QF_VIEW_PAGE_COUNT; i++)
		fake_body(&n, room, &n.self, AT(i + 3), &hidden);
	out = fake_talk(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"@\","
	                    "\"last\":1}\n");
	assert_part(out, "\"newer\"");
	assert_null(strstr(out, "\"older\""));
	assert_following(out, 1, 3 * QF_VIEW_PAGE_COUNT + 2, true);
	out = talk_of(&n,
	              "{\"id\":2,\"do\":\"history\",\"room\":\"%s\","
	              "\"last\":5}\n",
	              room);
	assert_part(out, "\"older\"");
	assert_part(out, "\"count\":2,");
	assert_part(out, "\"more\":false,");
	fake_end(&n);
}

TEST(api_direct, a_room_of_two_is_followed_without_joining)
{
	struct fake_room *room;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	n.answers = false;
	out = talk_of(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"%s\"}\n",
	              room);
	assert_int_equal(n.command_count, 0);
	assert_part(out, "\"on\":\"following\"");
	fake_whisper(&n, room, AT(1), "psst");
	out = fake_talk(&n, "");
	assert_part(out, "\"text\":\"psst\"");
	assert_part(
		talk_of(&n, "{\"do\":\"unfollow\",\"room\":\"%s\"}\n", room),
		"\"on\":\"done\"");
	fake_whisper(&n, room, AT(2), "unheard");
	assert_string_equal(fake_talk(&n, ""), "");
	fake_end(&n);
}

TEST(api_direct, what_these_keys_do_not_open_is_passed_over)
{
	struct qf_body body = { .name = qf_bytes("eve", 3),
		                .text = qf_bytes("in clear", 8) };
	struct fake_room *room, *other;
	struct qf_envelope *e;
	struct qf_header h;
	struct qf_buf bytes;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	other = fake_direct(&n, 9);
	h = fake_header(&n, QF_TYPE_TEXT, AT(1));
	h.room = room->id;
	qf_buf_init(&bytes, 0);
	qf_body_encode(&bytes, &body);
	e = qf_envelope_new(&h, qf_buf_bytes(&bytes));
	assert_non_null(e);
	qf_buf_fini(&bytes);
	fake_store(&n, e);
	fake_whisper(&n, other, AT(2), "for another");
	h = n.log[1]->head;
	h.room = room->id;
	fake_store(&n, qf_envelope_new(&h, qf_envelope_body(n.log[1])));
	fake_whisper(&n, room, AT(3), "psst");
	out = talk_of(&n, "{\"id\":2,\"do\":\"history\",\"room\":\"%s\"}\n",
	              room);
	assert_int_equal(count_of(out, "\"on\":\"text\""), 1);
	assert_part(out, "\"text\":\"psst\"");
	fake_end(&n);
}

TEST(api_direct, copies_of_a_message_name_the_room)
{
	struct qf_news copies = { .kind = QF_NEWS_COPIES, .number = 1 };
	struct fake_room *room;
	struct fake_node n;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	fake_talk(&n, "{\"do\":\"watch\"}\n");
	copies.room = room->id;
	fake_news(&n, &copies);
	assert_part(fake_talk(&n, ""), room->name);
	fake_end(&n);
}

/* All of them */

TEST(api_direct, all_rooms_give_their_past_before_one_following)
{
	struct fake_room *with_bob, *with_eve;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	with_bob = fake_direct(&n, 8);
	with_eve = fake_direct(&n, 9);
	fake_whisper(&n, with_bob, AT(1), "one");
	fake_whisper(&n, with_eve, AT(2), "two");
	fake_commit(&n, AT(3), "aloud");
	fake_publish(&n, false);
	out = fake_talk(&n, FOLLOW_ALL);
	assert_following(out, 2, 3, false);
	assert_int_equal(count_of(out, "\"direct\":true"), 2);
	assert_int_equal(count_of(out, "\"re\":1}"), 3);
	assert_true(strstr(out, "\"text\":\"two\"") <
	            strstr(out, "\"following\""));
	fake_whisper(&n, with_bob, AT(4), "three");
	fake_whisper(&n, with_eve, AT(5), "four");
	out = fake_talk(&n, "");
	assert_int_equal(count_of(out, "\n"), 2);
	assert_int_equal(count_of(out, "\"re\""), 0);
	fake_end(&n);
}

TEST(api_direct, without_any_room_all_are_followed_at_once)
{
	struct fake_node n;

	fake_begin(&n);
	assert_following(fake_talk(&n, FOLLOW_ALL), 0, 0, false);
	assert_part(fake_talk(&n, FOLLOW_ALL), "\"code\":\"already\"");
	fake_end(&n);
}

TEST(api_direct, a_room_that_comes_is_given_whole)
{
	struct fake_room *room;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_commit(&n, AT(1), "aloud");
	fake_talk(&n, FOLLOW_NEXT);
	room = fake_direct(&n, 8);
	fake_whisper(&n, room, AT(2), "before the pair");
	out = fake_talk(&n, "");
	assert_int_equal(count_of(out, "\n"), 1);
	assert_part(out, "\"text\":\"before the pair\",\"kind\":\"text\","
	                 "\"direct\":true");
	assert_null(strstr(out, "\"re\""));
	fake_whisper(&n, room, AT(3), "after it");
	out = fake_talk(&n, "");
	assert_int_equal(count_of(out, "\n"), 1);
	assert_part(out, "\"text\":\"after it\"");
	fake_end(&n);
}

TEST(api_direct, what_comes_while_the_past_is_given_waits_for_its_end)
{
	struct fake_room *with_bob, *with_eve;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	with_bob = fake_direct(&n, 8);
	with_eve = fake_direct(&n, 9);
	fake_whisper(&n, with_bob, AT(1), "one");
	fake_whisper(&n, with_eve, AT(2), "two");
	fake_feed(&n, FOLLOW_ALL);
	fake_serve_one(&n); /* the first room is paired */
	fake_whisper(&n, with_bob, AT(3), "three");
	out = fake_run(&n);
	assert_following(out, 2, 2, false);
	assert_true(strstr(out, "\"text\":\"two\"") <
	            strstr(out, "\"following\""));
	assert_true(strstr(out, "\"following\"") <
	            strstr(out, "\"text\":\"three\""));
	fake_end(&n);
}

TEST(api_direct, all_rooms_are_followed_on_from_an_lsn)
{
	struct fake_room *with_bob, *with_eve;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	with_bob = fake_direct(&n, 8);
	with_eve = fake_direct(&n, 9);
	fake_whisper(&n, with_bob, AT(1), "one");
	fake_whisper(&n, with_eve, AT(2), "two");
	fake_whisper(&n, with_bob, AT(3), "three");
	out = fake_talk(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"@\","
	                    "\"after\":1}\n");
	assert_following(out, 0, 1, false);
	assert_int_equal(count_of(out, "\"on\":\"text\""), 2);
	assert_null(strstr(out, "\"text\":\"one\""));
	fake_end(&n);
}

TEST(api_direct, a_room_that_is_followed_by_itself_is_not_given_twice)
{
	struct fake_room *room;
	struct fake_node n;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	talk_of(&n, "{\"do\":\"follow\",\"room\":\"%s\"}\n", room);
	fake_talk(&n, FOLLOW_NEXT);
	fake_whisper(&n, room, AT(1), "psst");
	assert_int_equal(count_of(fake_talk(&n, ""), "psst"), 1);
	fake_end(&n);
}

TEST(api_direct, all_rooms_are_left_together)
{
	static const char unfollow[] =
		"{\"id\":2,\"do\":\"unfollow\",\"room\":\"@\"}\n";
	struct fake_room *room;
	struct fake_node n;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	fake_talk(&n, FOLLOW_NEXT);
	assert_part(
		talk_of(&n, "{\"do\":\"unfollow\",\"room\":\"%s\"}\n", room),
		"\"code\":\"unknown-room\"");
	assert_string_equal(fake_talk(&n, unfollow),
	                    "{\"on\":\"done\",\"room\":\"@\",\"re\":2}\n");
	fake_whisper(&n, room, AT(1), "unheard");
	fake_direct(&n, 9);
	assert_string_equal(fake_talk(&n, ""), "");
	assert_following(fake_talk(&n, FOLLOW_ALL), 1, 1, false);
	fake_end(&n);
}

TEST(api_direct, leaving_all_before_their_past_is_given_answers_both)
{
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	fake_direct(&n, 8);
	fake_feed(&n, FOLLOW_ALL);
	out = fake_talk(&n, "{\"id\":2,\"do\":\"unfollow\",\"room\":\"@\"}\n");
	assert_part(out, "\"code\":\"unfollowed\"");
	assert_part(out, "\"re\":1}\n{\"on\":\"done\"");
	assert_null(strstr(out, "\"following\""));
	fake_end(&n);
}

TEST(api_direct, a_store_that_cannot_be_read_ends_all_with_one_error)
{
	struct fake_room *room;
	struct fake_node n;
	const char *out;

	fake_begin(&n);
	room = fake_direct(&n, 8);
	fake_direct(&n, 9);
	fake_whisper(&n, room, AT(1), "psst");
	n.store_fails = true;
	out = fake_talk(&n, FOLLOW_ALL);
	assert_part(out, "\"code\":\"store\"");
	assert_int_equal(count_of(out, "\n"), 1);
	n.store_fails = false;
	assert_following(fake_talk(&n, FOLLOW_ALL), 1, 1, false);
	fake_end(&n);
}

/* None missed, none twice */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Into a room that is there, or (at times) one more. */
static void whisper_somewhere(struct fake_node *n, uint64_t *random)
{
	size_t others = n->room_count - 1;

	if (!others ||
	    (n->room_count < FAKE_ROOMS_MAX && next_random(random) % 20 == 0))
		fake_direct(n, (uint8_t)(10 + others++));
	fake_whisper(n, &n->rooms[1 + next_random(random) % others],
	             next_random(random) % 1000 << MS | (n->last_lsn + 1), "x");
}

static void count_lines(struct qf_buf *out, uint8_t *times, bool *following)
{
	char *line, *rest = NULL;

	qf_put_u8(out, 0);
	for (line = strtok_r((char *)out->at, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, "\"following\"")) {
			assert_false(*following);
			*following = true;
			continue;
		}
		/* The past, and only that, has the number of its request. */
		assert_int_equal(strstr(line, "\"re\":1}") != NULL,
		                 !*following);
		times[strtoull(strstr(line, "\"lsn\":") + 6, NULL, 10)]++;
	}
	qf_buf_clear(out);
}

static void follow_world(uint64_t seed)
{
	uint64_t random = seed * 0x9e3779b97f4a7c15 + 1;
	uint8_t times[1000] = { 0 };
	bool following = false;
	struct fake_node n;
	struct qf_buf out;

	fake_begin(&n);
	qf_buf_init(&out, 0);
	for (size_t k = next_random(&random) % 100; k; k--)
		whisper_somewhere(&n, &random);
	fake_feed(&n, "{\"id\":1,\"do\":\"follow\",\"room\":\"@\",\"last\":"
	              "1000}\n");
	for (int i = 0; i < 80; i++) {
		for (size_t k = next_random(&random) % 5; k; k--)
			whisper_somewhere(&n, &random);
		for (size_t k = next_random(&random) % 4; k; k--)
			fake_serve_one(&n);
		qf_api_pull(n.api, &out, next_random(&random) % 3000);
		count_lines(&out, times, &following);
	}
	fake_run(&n);
	count_lines(&n.out, times, &following);
	for (uint64_t lsn = 1; lsn <= n.last_lsn; lsn++)
		if (times[lsn] != 1)
			fail_msg("seed %llu: lsn %llu came %d times",
			         (unsigned long long)seed,
			         (unsigned long long)lsn, times[lsn]);
	assert_true(following);
	qf_buf_fini(&out);
	fake_end(&n);
}

TEST(api_direct, a_follower_of_all_misses_nothing_and_sees_nothing_twice)
{
	for (uint64_t seed = 1; seed <= 30; seed++)
		follow_world(seed);
}
