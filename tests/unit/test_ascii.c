/* test_ascii.c - text as seven bits can carry it */
#include "test.h"

#include <string.h>

#include "core/ascii.h"

static bool assert_ascii(const char *text, const char *wanted)
{
	struct qf_buf out;
	bool same;

	qf_buf_init(&out, 0);
	same = qf_ascii_put(&out, qf_bytes(text, strlen(text)));
	assert_int_equal(out.len, strlen(wanted));
	if (out.len)
		assert_memory_equal(out.at, wanted, out.len);
	qf_buf_fini(&out);
	return same;
}

TEST(ascii, what_is_plain_stays_what_it_is)
{
	assert_true(assert_ascii("", ""));
	assert_true(assert_ascii("Hello ~!", "Hello ~!"));
}

TEST(ascii, letters_lose_their_marks)
{
	static const char *const texts[][2] = {
		{ "café Ünder", "cafe Under" },
		{ "Łódź", "Lodz" },
		{ "Straße", "Strasse" },
		{ "Ærø", "AEro" },
		{ "“quoted” – it’s…", "\"quoted\" - it's..." },
		{ "5 €", "5 EUR" },
		{ "ﬁne", "fine" },
		{ "e\u0301", "e" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(assert_ascii(texts[i][0], texts[i][1]));
}

TEST(ascii, what_has_no_likeness_is_a_question)
{
	assert_false(assert_ascii("中文", "??"));
	assert_false(assert_ascii("\U0001f600", ":D"));
	assert_false(assert_ascii("\U0001f9ff", "?"));
	/* A joiner and a selector show nothing by themselves. */
	assert_false(assert_ascii("a\u200d\ufe0f", "a"));
}

TEST(ascii, control_characters_become_spaces)
{
	assert_false(assert_ascii("\x1b[2J\a\n\x7f", " [2J   "));
}

TEST(ascii, bytes_that_are_no_text_are_questions)
{
	assert_false(assert_ascii("a\xff\xc3+", "a??+"));
}
