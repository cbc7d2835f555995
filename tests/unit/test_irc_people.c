/* test_irc_people.c - persons of nodes and visitors, as guests see them */
#include "gateway/hall_people.h"
#include "gateway/irc_state.h"
#include "irc_guests.h"
#include "parts.h"

/* Bob's node is far; these tell what the core says of him. */

static struct qf_key bob_key(void)
{
	struct qf_identity id;

	qf_identity_init(&id, (uint8_t[QF_SEED_BYTES]){ 8 });
	return id.key;
}

static void tell(struct town *t, struct qf_news *n)
{
	n->kind = QF_NEWS_PERSON;
	n->key = bob_key();
	town_news(t, n);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, QF_HERE_ROOM_BYTES);
}

/* rooms: names, each behind a space. */
static struct qf_shared *rooms_of(const char *rooms)
{
	uint8_t ids[QF_HERE_ROOMS_MAX][QF_HERE_ROOM_BYTES];
	char names[100], *save = NULL;
	struct qf_shared *shared;
	size_t n = 0;

	snprintf(names, sizeof names, "%s", rooms);
	for (char *name = strtok_r(names, " ", &save); name;
	     name = strtok_r(NULL, " ", &save)) {
		struct qf_room_id id;

		qf_room_id_open(&id, name);
		memcpy(ids[n++], id.b, QF_HERE_ROOM_BYTES);
	}
	qsort(ids, n, sizeof *ids, compare);
	shared = qf_shared_new(ids, n * sizeof *ids);
	assert_non_null(shared);
	return shared;
}

static void tell_in(struct town *t, enum qf_change_kind change,
                    const char *rooms)
{
	struct qf_news n = { .change = change,
		             .name = "Bob",
		             .rooms = rooms_of(rooms) };

	tell(t, &n);
	qf_shared_unref(n.rooms);
}

static void tell_text(struct town *t, enum qf_change_kind change,
                      const char *name, char *text)
{
	struct qf_news n = { .change = change, .text = text };

	snprintf(n.name, sizeof n.name, "%s", name);
	tell(t, &n);
}

/* What stands in it is formatted with the host of Bob's node. */
static const char *far(const char *format)
{
	static char text[200];
	char short_key[QF_SHORT_CHARS + 1];
	struct qf_key key = bob_key();

	qf_key_short(&key, short_key);
	snprintf(text, sizeof text, format, short_key);
	return text;
}

TEST(irc_people, who_is_in_a_room_is_named_there)
{
	struct town *t = two();

	type(t, 0, "CAP REQ userhost-in-names");
	tell_in(t, QF_CHANGE_CAME, " #a #b");
	type(t, 0, "NAMES #a");
	assert_heard(t, 0, far(" Bob!node@%s.quickfi\r\n"));
	type(t, 1, "NAMES #a");
	assert_heard(t, 1, " 353 max = #a :@zoe max Bob\r\n");
	type(t, 1, "WHO #a");
	assert_heard(t, 1,
	             far(" 352 max #a node %s.quickfi quickfi Bob H :1 "
	                 "Bob\r\n"));
	type(t, 1, "WHOIS bob");
	assert_heard(t, 1, " 319 max Bob :#a\r\n");
	type(t, 1, "JOIN #b");
	assert_heard(t, 1, " 353 max = #b :@max Bob\r\n");

	tell_in(t, QF_CHANGE_ROOMS, " #b");
	type(t, 1, "NAMES #a");
	assert_heard(t, 1, " 353 max = #a :@zoe max\r\n");
	type(t, 1, "WHO #a");
	assert_int_equal(count_of(heard(t, 1), " 352 "), 2);
	tell_text(t, QF_CHANGE_LEFT, "Bob", NULL);
	type(t, 1, "NAMES #b");
	assert_heard(t, 1, " 353 max = #b :@max\r\n");
	town_fini(t);
}

/* A guest by another way than IRC. room: NULL: it comes into none. */
static void tell_visitor(struct town *t, qf_conn conn, enum qf_visitor_way way,
                         const char *name, const char *room)
{
	for (unsigned i = 0; i < TOWN_WORKERS; i++) {
		struct qf_effect fx = { .kind = QF_FX_VISITOR,
			                .worker = i,
			                .conn = conn,
			                .number = way,
			                .text = (char *)name };

		if (room)
			qf_room_id_open(&fx.room, room);
		town_take(t, &fx);
	}
	town_run(t);
}

TEST(irc_people, visitors_are_seen_as_guests_are)
{
	struct town *t = two();

	tell_visitor(t, 77, QF_VISITOR_PAGE, "eva", NULL);
	type(t, 0, "NAMES #a");
	assert_heard(t, 0, " 353 zoe = #a :@zoe max\r\n");
	tell_visitor(t, 77, QF_VISITOR_PAGE, "eva", "#a");
	assert_heard(t, 0, ":eva!guest@");
	tell_visitor(t, 77, QF_VISITOR_PAGE, "eva", "#a");
	tell_visitor(t, 77, QF_VISITOR_PAGE, "eva", "#b");
	tell_visitor(t, 78, QF_VISITOR_CLASSIC, "Tom", "#a");
	heard(t, 0);
	type(t, 0, "NAMES #a");
	assert_heard(t, 0, " 353 zoe = #a :@zoe max eva Tom_(classic)\r\n");
	type(t, 0, "WHOIS eva");
	assert_heard(t, 0, ", by its page\r\n");
	type(t, 0, "WHOIS eva");
	assert_heard(t, 0, " 671 zoe eva ");
	type(t, 0, "WHOIS Tom_(classic)");
	assert_int_equal(count_of(heard(t, 0), " 671 "), 0);
	type(t, 0, "PRIVMSG Tom_(classic) :psst");
	assert_heard(t, 0, " 401 zoe Tom_(classic) ");
	type(t, 0, "NICK eva");
	assert_heard(t, 0, " 433 zoe eva ");
	type(t, 0, "LIST #a");
	assert_heard(t, 0, " 322 zoe #a 4 :");
	tell_visitor(t, 77, QF_VISITOR_PAGE, "eve", NULL);
	assert_heard(t, 1, " NICK :eve\r\n");
	tell_visitor(t, 77, QF_VISITOR_PAGE, NULL, NULL);
	assert_heard(t, 1, " QUIT :left\r\n");
	tell_visitor(t, 77, QF_VISITOR_PAGE, NULL, NULL);
	assert_string_equal(heard(t, 1), "");
	town_fini(t);
}

TEST(irc_people, a_name_that_a_visitor_took_meanwhile_is_not_claimed)
{
	struct town *t = two();
	size_t eva = town_open(t);

	type(t, eva, "NICK eva");
	tell_visitor(t, 77, QF_VISITOR_PAGE, "eva", "#a");
	type(t, eva, "USER e 0 * :e");
	assert_heard(t, eva, " 433 ");
	type(t, 0, "NICK EVA");
	assert_heard(t, 0, " 433 ");
	town_fini(t);
}

static size_t log_in(struct town *t)
{
	size_t i = town_open(t);

	type(t, i, "CAP REQ :sasl");
	type(t, i, "AUTHENTICATE PLAIN");
	type(t, i, "AUTHENTICATE AHpvZQBzZWNyZXQ=");
	return i;
}

/* zoe has an account and went; then a person who is called so came into #a. */
static struct town *without_zoe(void)
{
	struct town *t = two();
	struct qf_news n = { .change = QF_CHANGE_CAME, .name = "zoe" };

	type(t, 0, "REGISTER * * secret");
	type(t, 0, "QUIT");
	n.rooms = rooms_of("#a");
	tell(t, &n);
	qf_shared_unref(n.rooms);
	type(t, 1, "NAMES #a");
	assert_heard(t, 1, " 353 max = #a :max zoe\r\n");
	return t;
}

TEST(irc_people, an_account_has_its_name_whoever_took_it_meanwhile)
{
	struct town *t = without_zoe();
	size_t thief = town_open(t), zoe = log_in(t);

	type(t, thief, "NICK zoe");
	type(t, thief, "USER u 0 * :Real");
	assert_heard(t, thief, " 433 ");
	type(t, zoe, "NICK zoe");
	type(t, zoe, "USER u 0 * :Real");
	type(t, zoe, "CAP END");
	assert_heard(t, zoe, " 001 zoe ");
	assert_heard(t, 1, " NICK :zoe·");
	type(t, zoe, "JOIN #a");
	assert_heard(t, 1, ":zoe!u@");
	town_fini(t);
}

TEST(irc_people, whoever_logged_in_goes_back_to_the_name_of_the_account)
{
	struct town *t = without_zoe();
	size_t zoe = log_in(t);
	const char *told;

	type(t, zoe, "NICK eva");
	type(t, zoe, "USER u 0 * :Real");
	type(t, zoe, "CAP END");
	type(t, zoe, "JOIN #a");
	heard(t, 1);
	type(t, zoe, "NICK zoe");
	told = heard(t, 1);
	assert_non_null(strstr(told, ":eva!u@"));
	assert_true(strstr(told, ":zoe!node@") < strstr(told, ":eva!u@"));
	assert_heard(t, zoe, " NICK :zoe\r\n");
	town_fini(t);
}

TEST(irc_people, visitors_of_one_name_are_told_apart)
{
	struct town *t = two();

	tell_visitor(t, 77, QF_VISITOR_PAGE, "zoe", "#a");
	tell_visitor(t, 78, QF_VISITOR_PAGE, "Zoe", "#a");
	heard(t, 0);
	type(t, 0, "NAMES #a");
	assert_int_equal(count_of(heard(t, 0), "-2"), 1);
	town_fini(t);
}

TEST(irc_people, who_comes_while_away_is_away)
{
	struct town *t = two();
	struct qf_news n = { .change = QF_CHANGE_CAME,
		             .name = "Bob",
		             .text = "lunch",
		             .away = true };

	tell(t, &n);
	type(t, 0, "WHOIS Bob");
	assert_heard(t, 0, " 301 zoe Bob :lunch\r\n");
	tell_text(t, QF_CHANGE_BACK, "Bob", NULL);
	heard(t, 0);
	type(t, 0, "WHOIS Bob");
	assert_int_equal(count_of(heard(t, 0), " 301 "), 0);
	town_fini(t);
}

TEST(irc_people, who_comes_into_a_room_and_leaves_it_is_seen_there)
{
	struct town *t = two();
	size_t kim = come(t, "kim", "extended-join");

	type(t, kim, "JOIN #b");
	heard(t, 0);
	heard(t, kim);
	tell_in(t, QF_CHANGE_CAME, " #a #c");
	assert_string_equal(heard(t, 0),
	                    far(":Bob!node@%s.quickfi JOIN #a\r\n"));
	assert_heard(t, 1, " JOIN #a\r\n");
	assert_string_equal(heard(t, kim), "");

	tell_in(t, QF_CHANGE_ROOMS, " #a #b");
	assert_string_equal(heard(t, 0), "");
	assert_string_equal(heard(t, kim),
	                    far(":Bob!node@%s.quickfi JOIN #b * :Bob\r\n"));
	tell_in(t, QF_CHANGE_ROOMS, " #b");
	assert_string_equal(heard(t, 0),
	                    far(":Bob!node@%s.quickfi PART #a\r\n"));
	assert_heard(t, 1, " PART #a\r\n");

	/* Who does not see him any more does not hear that he has left. */
	tell_text(t, QF_CHANGE_LEFT, "Bob", NULL);
	assert_string_equal(heard(t, 0), "");
	assert_string_equal(heard(t, kim),
	                    far(":Bob!node@%s.quickfi QUIT :left\r\n"));
	town_fini(t);
}

TEST(irc_people, who_is_in_two_rooms_with_a_guest_is_lost_once)
{
	struct town *t = two();

	type(t, 0, "JOIN #b");
	tell_in(t, QF_CHANGE_CAME, " #a #b");
	assert_int_equal(count_of(heard(t, 0), " JOIN "), 3);
	tell_text(t, QF_CHANGE_LOST, "Bob", NULL);
	assert_string_equal(heard(t, 0),
	                    far(":Bob!node@%s.quickfi QUIT :lost\r\n"));
	tell_text(t, QF_CHANGE_LOST, "Bob", NULL);
	assert_string_equal(heard(t, 0), "");
	town_fini(t);
}

TEST(irc_people, a_new_name_is_heard_in_shared_rooms_and_by_who_waits_for_it)
{
	struct town *t = two();
	size_t kim = come(t, "kim", "");

	tell_in(t, QF_CHANGE_CAME, " #a");
	type(t, kim, "MONITOR + bob,rob");
	heard(t, 0);
	heard(t, kim);
	tell_text(t, QF_CHANGE_RENAMED, "Rob", "Bob");
	assert_string_equal(heard(t, 0),
	                    far(":Bob!node@%s.quickfi NICK :Rob\r\n"));
	assert_string_equal(heard(t, kim),
	                    far(":quickfi 731 kim :Bob\r\n"
	                        ":quickfi 730 kim :Rob!node@%s.quickfi\r\n"));
	tell_text(t, QF_CHANGE_RENAMED, "ROB", "Rob");
	assert_heard(t, 0, " NICK :ROB\r\n");
	assert_string_equal(heard(t, kim), "");
	town_fini(t);
}

TEST(irc_people, who_is_away_is_told_to_who_wants_to_know)
{
	struct town *t = two();
	size_t kim = come(t, "kim", "away-notify");
	size_t sue = come(t, "sue", "away-notify extended-monitor");
	struct qf_news n = { .change = QF_CHANGE_CAME,
		             .name = "Bob",
		             .text = "lunch",
		             .away = true,
		             .rooms = rooms_of(" #a") };

	type(t, kim, "JOIN #a");
	type(t, sue, "MONITOR + bob");
	heard(t, 0);
	heard(t, kim);
	tell(t, &n);
	assert_int_equal(count_of(heard(t, 0), "\r\n"), 1);
	assert_heard(t, kim,
	             far(" JOIN #a\r\n:Bob!node@%s.quickfi AWAY :lunch\r\n"));
	heard(t, sue);
	tell_text(t, QF_CHANGE_BACK, "Bob", NULL);
	assert_string_equal(heard(t, 0), "");
	assert_string_equal(heard(t, kim),
	                    far(":Bob!node@%s.quickfi AWAY\r\n"));
	assert_string_equal(heard(t, sue),
	                    far(":Bob!node@%s.quickfi AWAY\r\n"));
	qf_shared_unref(n.rooms);
	town_fini(t);
}

/* One of many who come in a single moment. */
static void tell_one_of_many(struct town *t, unsigned i,
                             enum qf_change_kind change,
                             struct qf_shared *rooms)
{
	struct qf_hall *h = t->workers[0].hall;
	struct qf_news n = { .kind = QF_NEWS_PERSON,
		             .change = change,
		             .key = { { (uint8_t)i, (uint8_t)(i >> 8) } },
		             .rooms = rooms };
	struct qf_effect fx = { .kind = QF_FX_NEWS, .news = &n };

	snprintf(n.name, sizeof n.name, "p%u", i);
	qf_hall_told(h, &fx);
}

TEST(irc_people, many_who_come_at_once_come_at_a_pace)
{
	enum { MANY = 3000 };
	struct town *t = two();
	struct qf_hall *h = t->workers[0].hall;
	struct qf_shared *rooms = rooms_of(" #a"), *none = rooms_of("");
	const char *names;
	size_t seen;

	for (unsigned i = 0; i < MANY; i++)
		tell_one_of_many(t, i, QF_CHANGE_CAME, rooms);
	seen = count_of(heard(t, 0), " JOIN #a\r\n");
	assert_true(seen > MANY / 2 && seen < MANY);
	type(t, 0, "NAMES #a");
	names = heard(t, 0);
	assert_int_equal(count_of(names, " p") + count_of(names, ":p"), seen);

	/* These were never seen, so nobody has to know that they went. */
	tell_one_of_many(t, MANY - 1, QF_CHANGE_LOST, NULL);
	tell_one_of_many(t, MANY - 2, QF_CHANGE_ROOMS, none);
	assert_string_equal(heard(t, 0), "");
	h->now.mono_ms = qf_hall_catch_up(h);
	assert_true(qf_hall_catch_up(h) == UINT64_MAX);
	assert_int_equal(count_of(heard(t, 0), " JOIN #a\r\n"),
	                 MANY - 2 - seen);
	qf_shared_unref(rooms);
	qf_shared_unref(none);
	town_fini(t);
}

/* Signed, with a number and a stamp of that order. */
static struct qf_envelope *said(struct town *t, uint8_t type, uint64_t seq,
                                const char *text)
{
	struct qf_body body = { .name = qf_bytes("Bob", 3),
		                .text = qf_bytes(text, strlen(text)) };
	struct qf_header head = { .class = QF_CLASS_CONTENT,
		                  .type = type,
		                  .hlc = (t->now.wall_ms << 16) + seq,
		                  .seq = seq };
	struct qf_identity far;
	struct qf_envelope *e;
	struct qf_buf to;

	qf_identity_init(&far, (uint8_t[QF_SEED_BYTES]){ 8 });
	head.author = far.key;
	qf_room_id_open(&head.room, "#a");
	qf_buf_init(&to, 0);
	qf_body_encode(&to, &body);
	e = qf_envelope_new(&head, qf_buf_bytes(&to));
	assert_non_null(e);
	sign_commit(&far, &e, 1);
	qf_identity_fini(&far);
	qf_buf_fini(&to);
	return e;
}

/* A guest of Bob's node says that. */
static void hear_far(struct town *t, const char *room, const char *guest,
                     const char *text)
{
	struct qf_body body = { .name = qf_bytes("Bob", 3),
		                .guest = qf_bytes(guest, strlen(guest)),
		                .text = qf_bytes(text, strlen(text)) };
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_body_encode(&to, &body);
	town_hear(t, room, QF_TYPE_TEXT, qf_buf_bytes(&to));
	qf_buf_fini(&to);
}

TEST(irc_people, a_guest_of_another_node_is_seen_from_its_first_line_on)
{
	struct town *t = two();
	char key[QF_SHORT_CHARS + 1], said[200], ask[80];
	struct qf_key bob = bob_key();

	qf_key_short(&bob, key);
	tell_in(t, QF_CHANGE_CAME, " #b");
	hear_far(t, "#a", "eva", "hi");
	snprintf(said, sizeof said, ":eva·%s!guest@%s.quickfi JOIN #a\r\n", key,
	         key);
	snprintf(ask, sizeof ask, ":eva·%s!guest@%s.quickfi PRIVMSG #a :hi",
	         key, key);
	for (size_t i = 0; i < 2; i++) {
		const char *all = heard(t, i), *join = strstr(all, said);

		assert_non_null(join);
		assert_non_null(strstr(join, ask));
	}
	hear_far(t, "#a", "Eva", "again");
	assert_int_equal(count_of(heard(t, 0), " JOIN "), 0);
	type(t, 0, "NAMES #a");
	assert_heard(t, 0, far(" 353 zoe = #a :@zoe max eva·%s\r\n"));
	type(t, 0, "LIST #a");
	assert_heard(t, 0, " 322 zoe #a 3 :");
	snprintf(ask, sizeof ask, "WHOIS eva·%s", key);
	type(t, 0, ask);
	assert_heard(t, 0, " :a guest of the node ");
	type(t, 0, ask);
	assert_int_equal(count_of(heard(t, 0), " 671 "), 0);

	/* What looks like that is no name here. */
	type(t, 1, "NICK evŀa");
	assert_heard(t, 1, " 432 ");

	/* The name alone is free here, and Bob is who he was. */
	type(t, 1, "NICK eva");
	assert_heard(t, 1, " NICK :eva\r\n");
	type(t, 0, "WHOIS Bob");
	assert_heard(t, 0, " :a node of QuickFi: ");
	town_fini(t);
}

TEST(irc_people, guests_of_another_node_go_when_they_are_silent_or_it_goes)
{
	struct town *t = two();

	tell_in(t, QF_CHANGE_CAME, " #a");
	hear_far(t, "#a", "eva", "hi");
	hear_far(t, "#a", "tom", "hi");
	t->now.mono_ms += 1800 * 1000;
	hear_far(t, "#a", "tom", "still here");
	heard(t, 0);
	t->now.mono_ms += 1800 * 1000;
	hear_far(t, "#a", "ann", "hi");
	type(t, 0, "NAMES #a");
	heard(t, 1);
	assert_heard(t, 0, far("eva·%s!guest@"));
	tell_text(t, QF_CHANGE_LOST, "Bob", NULL);
	assert_int_equal(count_of(heard(t, 1), " QUIT :lost\r\n"), 3);
	type(t, 1, "NAMES #a");
	assert_heard(t, 1, " 353 max = #a :@zoe max\r\n");

	/* What others still bring of them is no coming. */
	hear_far(t, "#a", "tom", "late");
	assert_int_equal(count_of(heard(t, 1), " JOIN "), 0);
	town_fini(t);
}

TEST(irc_people, so_many_guests_of_other_nodes_are_seen_and_no_more)
{
	struct town *t = two();
	char name[16];

	tell_in(t, QF_CHANGE_CAME, " #a");
	for (unsigned i = 0; i <= QF_HALL_FAR_MAX; i++) {
		t->now.mono_ms += 10;
		snprintf(name, sizeof name, "g%u", i);
		hear_far(t, "#a", name, "hi");
		if (i == 0)
			heard(t, 0);
	}
	assert_heard(t, 0, far(":g0·%s!guest@"));
	type(t, 1, "LIST #a");
	snprintf(name, sizeof name, " #a %u :", QF_HALL_FAR_MAX + 3);
	assert_heard(t, 1, name);
	town_fini(t);
}

TEST(irc_people, one_node_s_guests_do_not_push_those_of_others_out)
{
	struct qf_key bob = bob_key(), eve = { { 9 } };
	struct town *t = two();
	struct qf_hall *h = t->workers[0].hall;
	struct qf_speaker by = { .author = eve, .guest = "tom" };
	struct qf_news n = { .kind = QF_NEWS_PERSON,
		             .change = QF_CHANGE_CAME,
		             .key = eve,
		             .name = "Eve" };
	struct qf_room_id a;

	tell_in(t, QF_CHANGE_CAME, " #a");
	town_news(t, &n);
	qf_room_id_open(&a, "#a");
	qf_hall_heard(h, &a, &by, t->now.wall_ms);
	by.author = bob;
	for (unsigned i = 0; i < QF_HALL_FAR_MAX + 9; i++) {
		h->now.mono_ms++;
		snprintf(by.guest, sizeof by.guest, "g%u", i);
		qf_hall_heard(h, &a, &by, t->now.wall_ms);
	}
	assert_int_equal(h->far_count, QF_HALL_FAR_MAX);
	assert_non_null(qf_hall_far(h, &eve, "tom"));
	assert_null(qf_hall_far(h, &bob, "g9"));
	assert_non_null(qf_hall_far(h, &bob, "g10"));
	town_fini(t);
}

/* The room of the two is new, so its posts are read after the answer. */
TEST(irc_people, the_first_private_line_has_its_label_when_it_comes_back)
{
	struct town *t = two();
	size_t kim = come(t, "kim",
	                  "echo-message labeled-response batch message-tags");

	tell_in(t, QF_CHANGE_CAME, " #a");
	heard(t, kim);
	type(t, kim, "@label=7 PRIVMSG Bob :psst");
	assert_heard(t, kim, "@label=7;msgid=");
	type(t, kim, "@label=8 PRIVMSG Bob :more\r\nPING x");
	assert_heard(t, kim, "@label=8;msgid=");
	type(t, kim, "@label=9 NOTICE Bob :last\r\nPING x");
	assert_heard(t, kim, " PONG ");
	town_fini(t);
}

TEST(irc_people, nobody_waits_for_a_line_that_can_not_be_read)
{
	struct town *t = two();
	size_t kim = come(t, "kim",
	                  "echo-message labeled-response batch message-tags");
	struct qf_hall *h = t->workers[kim % TOWN_WORKERS].hall;

	tell_in(t, QF_CHANGE_CAME, " #a");
	heard(t, kim);
	t->blind = true;
	type(t, kim, "@label=7 PRIVMSG Bob :psst\r\nPING x");
	assert_heard(t, kim, "@label=7 :quickfi ACK\r\n");
	assert_true(qf_hall_catch_up(h) > t->now.mono_ms);
	t->blind = false;
	t->now.mono_ms += 1000;
	h->now = t->now;
	assert_true(qf_hall_catch_up(h) == UINT64_MAX);
	town_run(t);
	assert_heard(t, kim, " PRIVMSG Bob :psst\r\n");
	town_fini(t);
}

TEST(irc_people, what_comes_after_what_undoes_it_is_not_told)
{
	struct town *t = two();
	size_t kim = come(t, "kim", "draft/message-redaction");
	struct qf_envelope *oops = said(t, QF_TYPE_TEXT, 1, "oops");
	char id[QF_KEY_TEXT_BYTES];

	qf_hash_text(&oops->id, id);
	type(t, kim, "JOIN #a");
	heard(t, kim);
	town_bring(t, said(t, QF_TYPE_REDACT, 2, id));
	town_bring(t, oops);
	assert_string_equal(heard(t, kim), "");
	town_bring(t, said(t, QF_TYPE_TOPIC, 4, "new"));
	assert_non_null(strstr(heard(t, kim), " TOPIC #a :new"));
	town_bring(t, said(t, QF_TYPE_TOPIC, 3, "old"));
	assert_string_equal(heard(t, kim), "");
	type(t, kim, "TOPIC #a");
	assert_non_null(strstr(heard(t, kim), " 332 kim #a :new"));
	town_fini(t);
}
