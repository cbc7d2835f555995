/* test_irc.c - guests of two workers, with the real core between them */
#include "test.h"

#include "irc_guests.h"
#include "parts.h"

TEST(irc, a_message_is_heard_on_the_other_worker)
{
	struct town *t = two();

	type(t, 0, "PRIVMSG #a :hello");
	assert_heard(t, 0, "PRIVMSG #a :hello\r\n");
	assert_heard(t, 1, "PRIVMSG #a :hello\r\n");
	type(t, 1, "PRIVMSG zoe :psst");
	assert_heard(t, 0, ":max!u@");
	assert_string_equal(heard(t, 1), "");
	town_fini(t);
}

TEST(irc, of_two_claims_of_one_name_the_first_has_it)
{
	struct town *t = two();
	size_t a = town_open(t), b = town_open(t);

	/* Both are typed before the core hears of either. */
	qf_irc_bytes(t->lines[a], qf_bytes("NICK kim\nUSER a 0 * :A\n", 23));
	qf_irc_bytes(t->lines[b], qf_bytes("NICK KIM\nUSER b 0 * :B\n", 23));
	town_run(t);
	assert_heard(t, a, " 001 kim ");
	assert_heard(t, b, " 433 * KIM ");
	town_fini(t);
}

TEST(irc, a_pong_comes_after_what_was_said_was_flushed_everywhere)
{
	struct town *t = two();
	struct town_worker *other = &t->workers[1];

	qf_irc_bytes(t->lines[0], qf_bytes("PING x\r\n", 8));
	while (t->workers[0].carry.ask_count) {
		struct qf_ask ask = t->workers[0].carry.asks[0];

		memmove(t->workers[0].carry.asks, t->workers[0].carry.asks + 1,
		        --t->workers[0].carry.ask_count * sizeof ask);
		town_step(t, &ask.event);
	}
	qf_hall_flushed(t->workers[0].hall);
	assert_string_equal(heard(t, 0), "");
	assert_int_equal(other->hall->flush_count, 1);
	town_run(t);
	assert_heard(t, 0, " PONG quickfi :x\r\n");
	town_fini(t);
}

TEST(irc, names_are_given_back_on_all_workers)
{
	struct town *t = two();

	type(t, 0, "NICK zoë");
	assert_heard(t, 1, " NICK :zoë\r\n");
	type(t, 1, "NICK zoe");
	assert_heard(t, 1, " NICK :zoe\r\n");
	type(t, 0, "QUIT :bye");
	assert_heard(t, 1, " QUIT :Quit: bye\r\n");
	assert_int_equal(t->workers[0].hall->guest_count, 1);
	assert_int_equal(t->workers[1].hall->guest_count, 1);
	town_fini(t);
}

TEST(irc, who_reads_too_slowly_is_closed)
{
	struct town *t = two();

	for (int i = 0; i < 100000 && qf_irc_reads(t->lines[1]); i++)
		type(t, 1, "MOTD");
	/* It is read no more, yet others go on. */
	for (int i = 0; i < 30000 && t->workers[1].hall->guest_count == 2; i++)
		type(t, 0, i % 2 ? "NICK zoe" : "NICK another");
	assert_heard(t, 1, "ERROR :Closing link: too much waits");
	assert_heard(t, 0, " QUIT :too much waits");
	town_fini(t);
}

TEST(irc, who_says_nothing_is_asked_and_then_closed)
{
	struct town *t = two();
	struct qf_hall *h = t->workers[0].hall;

	h->now.mono_ms = qf_irc_tick(t->lines[0]);
	qf_irc_tick(t->lines[0]);
	assert_heard(t, 0, "PING :quickfi\r\n");
	h->now.mono_ms = qf_irc_tick(t->lines[0]);
	qf_irc_tick(t->lines[0]);
	town_run(t);
	assert_heard(t, 0, "ERROR :Closing link: Ping timeout\r\n");
	assert_heard(t, 1, " QUIT :Ping timeout\r\n");
	town_fini(t);
}

TEST(irc, an_account_holds_its_name)
{
	struct town *t = two();
	size_t other;

	type(t, 0, "REGISTER * * secret");
	assert_heard(t, 0, " REGISTER SUCCESS zoe ");
	type(t, 0, "QUIT");
	other = come(t, "zoe", "sasl");
	assert_heard(t, other, " 433 * zoe ");
	type(t, other, "AUTHENTICATE PLAIN");
	type(t, other, "AUTHENTICATE AHpvZQBzZWNyZXQ=");
	assert_heard(t, other, " 903 ");
	type(t, other, "NICK zoe");
	assert_heard(t, other, " 001 zoe ");
	town_fini(t);
}

/* One more connection of zoe, who has registered an account. */
static size_t come_as_zoe(struct town *t, const char *caps)
{
	size_t i = town_open(t);
	char line[300];

	snprintf(line, sizeof line, "CAP REQ :sasl %s", caps);
	type(t, i, line);
	type(t, i, "AUTHENTICATE PLAIN");
	type(t, i, "AUTHENTICATE AHpvZQBzZWNyZXQ=");
	type(t, i, "NICK zoe");
	type(t, i, "USER u 0 * :Real");
	type(t, i, "CAP END");
	return i;
}

TEST(irc, several_connections_of_one_account_are_one_guest)
{
	struct town *t = two();
	size_t other[2];

	type(t, 0, "REGISTER * * secret");
	heard(t, 0);
	for (size_t i = 0; i < 2; i++) {
		other[i] = come_as_zoe(t, "echo-message");
		assert_heard(t, other[i], " JOIN #a");
		heard(t, other[i]);
	}
	heard(t, 1);
	type(t, 1, "NAMES #a");
	assert_int_equal(count_of(heard(t, 1), "zoe"), 1);

	/* What one says the others see, and max once. */
	type(t, 0, "PRIVMSG #a :one");
	type(t, other[0], "PRIVMSG max :two");
	assert_int_equal(count_of(heard(t, 0), "PRIVMSG #a :one"), 1);
	for (size_t i = 0; i < 2; i++) {
		const char *text = heard(t, other[i]);

		assert_int_equal(count_of(text, "PRIVMSG #a :one"), 1);
		assert_int_equal(count_of(text, "PRIVMSG max :two"), 1);
	}
	assert_int_equal(count_of(heard(t, 1), "PRIVMSG"), 2);
	type(t, 1, "PRIVMSG zoe :three");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(count_of(heard(t, other[i]), "three"), 1);

	/* Rooms are shared, and who goes last has gone. */
	heard(t, 0);
	type(t, other[1], "JOIN #b");
	assert_heard(t, 0, " JOIN #b");
	assert_heard(t, other[0], " 366 zoe #b ");
	heard(t, 1);
	type(t, 0, "QUIT");
	type(t, other[1], "QUIT");
	assert_string_equal(heard(t, 1), "");
	type(t, other[0], "PRIVMSG #a :still");
	assert_heard(t, 1, "PRIVMSG #a :still");
	type(t, other[0], "QUIT");
	assert_heard(t, 1, " QUIT ");
	town_fini(t);
}

TEST(irc, wrong_passwords_are_counted)
{
	struct town *t = two();
	size_t other = town_open(t);

	type(t, other, "CAP REQ sasl");
	for (int i = 0; i < 10; i++) {
		assert_false(qf_irc_over(t->lines[other]));
		type(t, other, "AUTHENTICATE PLAIN");
		type(t, other, "AUTHENTICATE AHpvZQBzZWNyZXQ=");
	}
	assert_heard(t, other, "ERROR :Closing link: too many");
	town_fini(t);
}

TEST(irc, an_address_that_is_trusted_may_type_as_fast_as_it_likes)
{
	static const char *const trusted[] = { "192.0.2.7", "192.0.2.1" };
	struct town *t = two();
	struct qf_hall *h = t->workers[0].hall;
	size_t i, lines = 0;

	h->line_ms = 1000;
	h->trusted = trusted;
	h->trusted_count = 2;
	i = come(t, "bot", "echo-message");
	heard(t, i);
	for (int k = 0; k < 30; k++)
		type(t, i, "PING x");
	for (const char *c = heard(t, i); (c = strstr(c, "PONG")); c++)
		lines++;
	assert_int_equal(lines, 30);
	town_fini(t);
}

TEST(irc, plain_text_of_another_machine_may_be_refused_in_words)
{
	struct town *t = two();
	struct qf_hall *h = t->workers[0].hall;
	struct qf_irc_options o = { .conn = 77, .from = "192.0.2.1" };
	struct qf_buf out = { 0 }, both = { 0 };
	struct qf_bytes owed;
	struct qf_irc *irc;

	h->no_plain = true;
	for (int secure = 0; secure < 2; secure++) {
		o.secure = secure;
		o.from = secure ? "192.0.2.1" : "127.0.0.1";
		irc = qf_irc_new(h, &o);
		assert_false(qf_irc_over(irc));
		qf_irc_free(irc);
	}
	o = (struct qf_irc_options){ .conn = 77, .from = "192.0.2.1" };
	irc = qf_irc_new(h, &o);
	qf_irc_bytes(irc, qf_bytes("NICK eve\r\n", 10));
	owed = qf_irc_owed(irc, &both);
	qf_put_raw(&out, owed.at, owed.len);
	qf_irc_pulled(irc);
	qf_put_u8(&out, 0);
	assert_non_null(strstr((char *)out.at, "connect to the same port with "
	                                       "TLS"));
	assert_true(qf_irc_over(irc));
	qf_irc_free(irc);
	qf_buf_fini(&out);
	town_fini(t);
}

TEST(irc, who_types_too_fast_is_read_later)
{
	struct town *t = two();
	struct qf_hall *h = t->workers[0].hall;
	size_t lines = 0;

	h->line_ms = 1000;
	for (int i = 0; i < 30; i++)
		type(t, 0, "PING x");
	for (const char *c = heard(t, 0); (c = strstr(c, "PONG")); c++)
		lines++;
	assert_int_equal(lines, 11);
	t->now.mono_ms += 2000;
	h->now = t->now;
	qf_irc_tick(t->lines[0]);
	town_run(t);
	assert_heard(t, 0, "PONG");
	town_fini(t);
}

/* Clients ask for capabilities after the first line of a list. */
TEST(irc, all_capabilities_are_one_line)
{
	static struct town t;
	size_t i;

	town_init(&t);
	i = town_open(&t);
	type(&t, i, "CAP LS 302");
	assert_null(strstr(heard(&t, i), "LS * :"));
	type(&t, i, "CAP REQ :draft/extended-monitor");
	assert_heard(&t, i, " ACK ");
	town_fini(&t);
}

TEST(irc, who_logs_in_again_has_the_other_account)
{
	struct town *t = two();

	type(t, 0, "REGISTER * * secret");
	type(t, 1, "CAP REQ :sasl account-notify");
	heard(t, 1);
	type(t, 1, "AUTHENTICATE PLAIN");
	type(t, 1, "AUTHENTICATE AHpvZQBzZWNyZXQ=");
	assert_heard(t, 1, ":quickfi 900 max ");
	type(t, 1, "AUTHENTICATE PLAIN");
	assert_heard(t, 1, "AUTHENTICATE +");
	town_fini(t);
}

TEST(irc, names_that_look_alike_are_one_name)
{
	struct town *t = two();
	size_t other = come(t, "zое", ""); /* Cyrillic o and e */

	assert_heard(t, other, " 433 * zое ");
	type(t, 0, "NICK zое");
	assert_heard(t, 0, " NICK :zое\r\n");
	town_fini(t);
}

TEST(irc, a_word_that_just_fits_needs_no_colon)
{
	struct town *t = two();
	char line[600] = "PRIVMSG #a :";
	size_t len = strlen(line),
	       room = 512 - strlen(":zoe!u@ PRIVMSG #a :\r\n");

	room -= strlen(t->workers[0].hall->host);
	memset(line + len, 'x', room);
	type(t, 0, line);
	assert_heard(t, 1, " PRIVMSG #a :xxx");
	line[len + room] = 'x';
	type(t, 0, line);
	assert_heard(t, 1, " PRIVMSG #a xxx");
	line[len + room + 1] = 'x';
	heard(t, 0);
	type(t, 0, line);
	assert_heard(t, 0, ":quickfi 417 zoe ");
	town_fini(t);
}

TEST(irc, what_is_no_text_is_refused_with_its_label)
{
	struct town *t = two();

	type(t, 0, "CAP REQ :labeled-response batch");
	heard(t, 0);
	type(t, 0, "@label=x PRIVMSG #a :\xff");
	assert_heard(t, 0, "@label=x :quickfi FAIL PRIVMSG INVALID_UTF8 ");
	town_fini(t);
}

TEST(irc, help_is_there_for_every_command)
{
	struct town *t = two();

	type(t, 0, "HELP PRIVMSG");
	assert_heard(t, 0, " 705 zoe PRIVMSG :PRIVMSG TARGET");
	type(t, 0, "HELP NOTHING");
	assert_heard(t, 0, " 524 zoe NOTHING ");
	town_fini(t);
}

TEST(irc, a_mode_for_somebody_who_is_not_there_says_so)
{
	struct town *t = two();

	come(t, "kim", "");
	type(t, 0, "MODE #a +o nobody");
	assert_heard(t, 0, " 401 zoe nobody ");
	type(t, 0, "MODE #a +o kim");
	assert_heard(t, 0, " 441 zoe kim #a ");
	type(t, 0, "MODE #a +o max");
	assert_heard(t, 0, " 482 zoe #a ");
	type(t, 0, "MONITOR X");
	assert_heard(t, 0, " 400 zoe MONITOR ");
	town_fini(t);
}

/* The msgid of the one line that was heard. */
static void read_id(struct town *t, size_t i, char id[QF_KEY_TEXT_BYTES])
{
	const char *text = heard(t, i), *at = strstr(text, "msgid=");

	if (!at)
		print_error("%s\nhas no msgid\n", text);
	assert_non_null(at);
	snprintf(id, QF_KEY_TEXT_BYTES, "%s", at + strlen("msgid="));
}

TEST(irc, a_private_message_is_taken_back_by_who_said_it)
{
	struct town *t = two();
	char id[QF_KEY_TEXT_BYTES], line[200];

	for (size_t i = 0; i < 2; i++)
		type(t, i, "CAP REQ :draft/message-redaction message-tags");
	heard(t, 0);
	type(t, 0, "PRIVMSG max :oh");
	read_id(t, 0, id);
	heard(t, 1);
	snprintf(line, sizeof line, "REDACT zoe %s", id);
	type(t, 1, line);
	assert_heard(t, 1, " FAIL REDACT REDACT_FORBIDDEN zoe ");
	snprintf(line, sizeof line, "REDACT nobody %s", id);
	type(t, 0, line);
	assert_heard(t, 0, " FAIL REDACT INVALID_TARGET nobody ");
	snprintf(line, sizeof line, "REDACT max %s", id);
	type(t, 0, line);
	assert_heard(t, 1, " REDACT max ");
	type(t, 0, "REDACT #a x");
	assert_heard(t, 0, " FAIL REDACT UNKNOWN_MSGID #a x ");
	town_fini(t);
}

TEST(irc, who_has_the_name_later_takes_nothing_back)
{
	struct town *t = two();
	char id[QF_KEY_TEXT_BYTES], line[200];
	size_t next;

	for (size_t i = 0; i < 2; i++)
		type(t, i, "CAP REQ :draft/message-redaction message-tags");
	heard(t, 0);
	type(t, 0, "PRIVMSG #a :mine");
	read_id(t, 0, id);
	snprintf(line, sizeof line, "REDACT #a %s", id);
	type(t, 0, "NICK kim");
	type(t, 1, "NICK zoe");
	heard(t, 1);
	type(t, 1, line);
	assert_heard(t, 1, " FAIL REDACT REDACT_FORBIDDEN #a ");
	type(t, 1, "QUIT");
	next = come(t, "zoe", "draft/message-redaction");
	type(t, next, "JOIN #a");
	type(t, next, line);
	assert_heard(t, next, " FAIL REDACT REDACT_FORBIDDEN #a ");
	town_fini(t);
}

TEST(irc, private_history_has_the_names_that_people_had)
{
	struct town *t = two();

	type(t, 0, "CAP REQ :draft/chathistory batch");
	type(t, 0, "PRIVMSG max :oh");
	heard(t, 0);
	type(t, 0, "CHATHISTORY LATEST MAX * 5");
	assert_heard(t, 0, " PRIVMSG max :oh\r\n");
	town_fini(t);
}
