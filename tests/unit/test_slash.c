/* test_slash.c - what stands behind a slash is found, or said to be wrong */
#include "test.h"

#include <string.h>

#include "ui/orders.h"

static struct qf_bytes bytes(const char *text)
{
	return qf_bytes(text, strlen(text));
}

static const char *found(const char *name, char why[QF_SLASH_WHY_BYTES])
{
	const struct qf_slash *s = qf_slash_find(qf_orders, qf_order_count,
	                                         bytes(name), why);

	return s ? s->name : NULL;
}

TEST(slash, every_name_and_every_other_name_is_found)
{
	char why[QF_SLASH_WHY_BYTES];

	for (size_t i = 0; i < qf_order_count; i++) {
		char others[64], *rest = NULL;

		assert_string_equal(found(qf_orders[i].name, why),
		                    qf_orders[i].name);
		strcpy(others, qf_orders[i].others);
		for (char *one = strtok_r(others, " ", &rest); one;
		     one = strtok_r(NULL, " ", &rest))
			assert_string_equal(found(one, why), qf_orders[i].name);
	}
}

TEST(slash, a_beginning_that_one_command_has_is_enough)
{
	static const char *const pairs[][2] = {
		{ "hos", "host" },
		{ "c", NULL },
		{ "conn", "connect" },
		{ "d", "disconnect" },
		{ "ch", "changeUsername" },
		{ "CHANGEUSERNAME", "changeUsername" },
		{ "ni", "changeUsername" },
		{ "na", "names" },
		{ "r", "rooms" },
		{ "f", "forget" },
		{ "m", "msg" },
		{ "me", "me" },
		{ "who", "names" },
		{ "whoi", "whois" },
		{ "q", "quit" },
		{ "ba", "back" },
		{ "l", NULL },
		{ "h", NULL },
	};
	char why[QF_SLASH_WHY_BYTES];

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *name = found(pairs[i][0], why);

		if (pairs[i][1]) {
			assert_non_null(name);
			assert_string_equal(name, pairs[i][1]);
		} else {
			assert_null(name);
		}
	}
}

TEST(slash, what_is_not_clear_names_the_choices)
{
	char why[QF_SLASH_WHY_BYTES];

	assert_null(found("h", why));
	assert_string_equal(why, "/h may be /host, /history, /help");
	assert_null(found("dance", why));
	assert_non_null(strstr(why, "there is no command /dance; there are "
	                            "/host, /connect, "));
	assert_non_null(strstr(why, ", /quit"));
	assert_null(found("", why));
	assert_non_null(strstr(why, "there is no command /;"));
}

static bool split(const char *name, const char *line, struct qf_slash_words *w,
                  char why[QF_SLASH_WHY_BYTES])
{
	const struct qf_slash *s = qf_slash_find(qf_orders, qf_order_count,
	                                         bytes(name), why);

	assert_non_null(s);
	return qf_slash_split(s, bytes(line), w, why);
}

static void assert_word(struct qf_bytes word, const char *text)
{
	assert_true(qf_reply_is(word, text));
}

TEST(slash, words_are_parted_by_spaces_and_the_last_may_have_some)
{
	char why[QF_SLASH_WHY_BYTES];
	struct qf_slash_words w;

	assert_true(split("connect", "  10.0.0.1 \t 99 ", &w, why));
	assert_int_equal(w.count, 2);
	assert_word(w.at[0], "10.0.0.1");
	assert_word(w.at[1], "99");
	assert_true(split("msg", " ana  hi there,  ana ", &w, why));
	assert_int_equal(w.count, 2);
	assert_word(w.at[0], "ana");
	assert_word(w.at[1], "hi there,  ana");
	assert_true(split("me", "waves", &w, why));
	assert_word(w.at[0], "waves");
	assert_true(split("host", "", &w, why));
	assert_int_equal(w.count, 0);
}

TEST(slash, too_few_and_too_many_words_are_told_what_was_expected)
{
	char why[QF_SLASH_WHY_BYTES];
	struct qf_slash_words w;

	assert_false(split("msg", "ana", &w, why));
	assert_string_equal(why, "that needs more: /msg NAME TEXT");
	assert_false(split("connect", "", &w, why));
	assert_string_equal(why, "that needs more: /connect [--classic] HOST "
	                         "[PORT] | NAME");
	assert_false(split("host", "--classic 2 3", &w, why));
	assert_string_equal(why, "that is too much, from 3: /host "
	                         "[--classic | --irc] [PORT]");
	assert_false(split("quit", "now", &w, why));
	assert_string_equal(why, "that is too much, from now: /quit");
}
