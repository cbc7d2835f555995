/* test_irc_line.c - lines of IRC taken apart, and text made fit for them */
#include "test.h"

#include <string.h>

#include "gateway/irc_line.h"

static enum qf_irc_fault parse(struct qf_irc_line *l, const char *text)
{
	return qf_irc_line_parse(l, qf_bytes(text, strlen(text)));
}

TEST(irc_line, a_line_has_tags_a_command_and_parameters)
{
	struct qf_irc_line l;

	assert_int_equal(parse(&l, "@a=b;+c :me privmsg  #x :a b : c\r"),
	                 QF_IRC_GOOD);
	assert_string_equal(l.tags, "a=b;+c");
	assert_string_equal(l.command, "PRIVMSG");
	assert_int_equal(l.count, 2);
	assert_string_equal(l.params[0], "#x");
	assert_string_equal(l.params[1], "a b : c");
	assert_int_equal(parse(&l, "JOIN"), QF_IRC_GOOD);
	assert_string_equal(l.tags, "");
	assert_int_equal(l.count, 0);
	assert_int_equal(parse(&l, "NICK :"), QF_IRC_GOOD);
	assert_string_equal(l.params[0], "");
}

TEST(irc_line, the_fifteenth_parameter_takes_the_rest)
{
	struct qf_irc_line l;

	assert_int_equal(parse(&l, "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"),
	                 QF_IRC_GOOD);
	assert_int_equal(l.count, QF_IRC_PARAMS_MAX);
	assert_string_equal(l.params[14], "15 16");
}

TEST(irc_line, what_is_empty_too_long_or_not_text_says_so)
{
	char text[QF_IRC_TYPED_BYTES + 2];
	struct qf_irc_line l;

	assert_int_equal(parse(&l, ""), QF_IRC_BLANK);
	assert_int_equal(parse(&l, "\r"), QF_IRC_BLANK);
	assert_int_equal(parse(&l, "   "), QF_IRC_BLANK);
	assert_int_equal(parse(&l, "@a=b"), QF_IRC_BLANK);
	assert_int_equal(parse(&l, "PRIVMSG #a :\xff"), QF_IRC_NOT_TEXT);
	assert_string_equal(l.command, "PRIVMSG");
	assert_int_equal(qf_irc_line_parse(&l, qf_bytes("A\0B", 3)),
	                 QF_IRC_NOT_TEXT);
	memset(text, 'x', sizeof text);
	assert_int_equal(qf_irc_line_parse(&l, qf_bytes(text, 510)),
	                 QF_IRC_GOOD);
	assert_int_equal(qf_irc_line_parse(&l, qf_bytes(text, 511)),
	                 QF_IRC_LONG);
	text[0] = '@';
	text[QF_IRC_TAGS_BYTES - 1] = ' ';
	assert_int_equal(
		qf_irc_line_parse(&l, qf_bytes(text, QF_IRC_TYPED_BYTES - 2)),
		QF_IRC_GOOD);
	text[QF_IRC_TAGS_BYTES - 1] = 'x';
	text[QF_IRC_TAGS_BYTES] = ' ';
	assert_int_equal(
		qf_irc_line_parse(&l, qf_bytes(text, QF_IRC_TAGS_BYTES + 9)),
		QF_IRC_LONG);
}

TEST(irc_line, tags_are_unescaped_without_ends_of_lines)
{
	char value[16];

	assert_true(qf_irc_tag("a=1;b=x\\:y\\sz\\\\;b2", "b", value, 16));
	assert_string_equal(value, "x;y z\\");
	assert_true(qf_irc_tag("a=1;b2", "b2", value, 16));
	assert_string_equal(value, "");
	assert_true(qf_irc_tag("a=x\\r\\ny", "a", value, 16));
	assert_string_equal(value, "x  y");
	assert_false(qf_irc_tag("a=1", "b", value, 16));
	assert_true(qf_irc_tag("a=12345678", "a", value, 4));
	assert_string_equal(value, "123");
}

TEST(irc_line, only_tags_of_clients_go_on)
{
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_irc_client_tags("time=1;+a=b\\s;label=2;+c;+;msgid=3", &to);
	qf_put_u8(&to, 0);
	assert_string_equal((char *)to.at, "+a=b\\s;+c");
	qf_buf_fini(&to);
}

TEST(irc_line, no_tag_of_another_ends_the_tags_or_the_line)
{
	struct qf_buf to;

	qf_buf_init(&to, 0);
	qf_irc_client_tags("+a=b\r\nQUIT;+b= :max!m@h PRIVMSG #a :no;+c=\r;"
	                   "+d\n=1;+e=\t;+f=\x7f;+g=\xc3\xa9;+h=\xff",
	                   &to);
	qf_put_u8(&to, 0);
	assert_string_equal((char *)to.at, "+g=\xc3\xa9;+h=\xff");
	qf_buf_fini(&to);
}

TEST(irc_line, no_character_is_cut)
{
	struct qf_bytes text = qf_bytes("a\xc3\xa9\xf0\x9f\x98\x83", 7);

	assert_int_equal(qf_irc_fit(text, 7), 7);
	assert_int_equal(qf_irc_fit(text, 6), 3);
	assert_int_equal(qf_irc_fit(text, 4), 3);
	assert_int_equal(qf_irc_fit(text, 3), 3);
	assert_int_equal(qf_irc_fit(text, 2), 1);
	assert_int_equal(qf_irc_fit(text, 0), 0);
}

TEST(irc_line, masks_have_stars_and_question_marks)
{
	assert_true(qf_irc_mask("*", ""));
	assert_true(qf_irc_mask("#c*n2", "#chan2"));
	assert_true(qf_irc_mask("m?x", "max"));
	assert_true(qf_irc_mask("*a*a*", "banana"));
	assert_false(qf_irc_mask("m?x", "mx"));
	assert_false(qf_irc_mask("*an1", "#chan2"));
	assert_false(qf_irc_mask("", "a"));
}
