/* test_keys.c - what a terminal sends is cut into whole keys */
#include "test.h"

#include <locale.h>
#include <string.h>

#include "ui/keys.h"

struct pressed {
	size_t used;
	size_t count;
	wchar_t means[QF_KEY_CHARS_MAX];
};

static struct pressed press(const char *sent)
{
	struct pressed p = { .used = 0 };

	setlocale(LC_ALL, "C.UTF-8");
	p.used = qf_keys_next(qf_bytes(sent, strlen(sent)), p.means, &p.count);
	return p;
}

static void assert_means(const char *sent, wchar_t key)
{
	struct pressed p = press(sent);

	assert_int_equal(p.used, strlen(sent));
	assert_int_equal(p.count, 1);
	assert_int_equal(p.means[0], key);
}

TEST(keys, characters_of_any_length_are_keys)
{
	assert_means("a", 'a');
	assert_means("\xc3\xa9", 0xe9);
	assert_means("\xf0\x9f\x91\x8b", 0x1f44b);
}

TEST(keys, what_is_not_whole_yet_is_waited_for)
{
	static const char *const parts[] = { "",     "\xc3",  "\xf0\x9f\x91",
		                             "\x1b", "\x1b[", "\x1b[1;5",
		                             "\x1bO" };

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct pressed p = press(parts[i]);

		assert_int_equal(p.used, 0);
		assert_int_equal(p.count, 0);
	}
}

TEST(keys, arrows_and_the_like_are_the_controls_of_an_editor)
{
	assert_means("\x1b[A", 'P' & 0x1f);
	assert_means("\x1bOB", 'N' & 0x1f);
	assert_means("\x1b[C", 'F' & 0x1f);
	assert_means("\x1b[D", 'B' & 0x1f);
	assert_means("\x1b[1~", 'A' & 0x1f);
	assert_means("\x1b[F", 'E' & 0x1f);
	assert_means("\x7f", 0x7f);
	assert_int_equal(press("\x1b[1;5C").count, 2);
	assert_int_equal(press("\x1b"
	                       "f")
	                         .count,
	                 2);
}

/* Each would make the editor wait for a key, or type its own letters. */
TEST(keys, what_means_nothing_is_passed_over_as_a_whole)
{
	static const char *const keys[] = {
		"\x1b[15~", "\x1b[200~", "\x1b[1;2P", "\x1bx", "\x1b\x35",
		"\x12",     "\x16",      "\x18",      "\x13",  "\xc2\x9b",
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct pressed p = press(keys[i]);

		assert_int_equal(p.used, strlen(keys[i]));
		assert_int_equal(p.count, 0);
	}
	assert_int_equal(press("\x1b\x1b[A").used, 1);
	assert_int_equal(press("\xff").used, 1);
}

TEST(keys, a_run_of_text_ends_before_the_next_key)
{
	static const char sent[] = "h\xc3\xa9llo\r\x1b[A";

	setlocale(LC_ALL, "C.UTF-8");
	assert_int_equal(qf_keys_plain(qf_bytes(sent, sizeof sent - 1)), 6);
	assert_int_equal(qf_keys_plain(qf_bytes("ab\xc3", 3)), 2);
	assert_int_equal(qf_keys_plain(qf_bytes("\t", 1)), 0);
}
