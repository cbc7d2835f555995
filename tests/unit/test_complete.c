/* test_complete.c - Tab adds what all choices have in common */
#include "test.h"

#include <string.h>

#include "ui/complete.h"

static const char *const choices[] = { "host", "history",    "help",
	                               "Ana",  "\xc3\xa9va", "\xc3\xa8ve" };

static size_t complete(const char *word, char more[32])
{
	struct qf_buf b;
	size_t matches;

	qf_buf_init(&b, 0);
	matches = qf_complete(qf_bytes(word, strlen(word)), choices,
	                      sizeof choices / sizeof *choices, &b);
	assert_true(b.len < 32);
	if (b.len)
		memcpy(more, b.at, b.len);
	more[b.len] = '\0';
	qf_buf_fini(&b);
	return matches;
}

TEST(complete, one_choice_is_the_whole_word)
{
	char more[32];

	assert_int_equal(complete("ho", more), 1);
	assert_string_equal(more, "st");
	assert_int_equal(complete("aN", more), 1);
	assert_string_equal(more, "a");
	assert_int_equal(complete("host", more), 1);
	assert_string_equal(more, "");
}

TEST(complete, several_choices_are_gone_along_as_far_as_they_agree)
{
	char more[32];

	assert_int_equal(complete("h", more), 3);
	assert_string_equal(more, "");
	assert_int_equal(complete("x", more), 0);
	/* They share a byte, but no character. */
	assert_int_equal(complete("\xc3", more), 2);
	assert_string_equal(more, "");
}
