/* test_wrap.c - no text gets to the left edge by being long */
#include "test.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "ui/terminal.h"
#include "ui/wrap.h"

static void assert_wrapped(const char *in, size_t columns, const char *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	setlocale(LC_ALL, "C.UTF-8");
	assert_non_null(to);
	qf_wrap(to, qf_bytes(in, strlen(in)), columns);
	fclose(to);
	assert_string_equal(text, out);
	free(text);
}

TEST(wrap, what_fits_stays_as_it_is)
{
	assert_wrapped("ana: 1234567890abcde\nbob: hi\n", 20,
	               "ana: 1234567890abcde\nbob: hi\n");
	assert_wrapped("ana: a line that is long\n", 0,
	               "ana: a line that is long\n");
}

TEST(wrap, further_rows_are_indented_and_words_stay_whole)
{
	assert_wrapped("ana: one two three four five six\n", 20,
	               "ana: one two three \n    four five six\n");
}

TEST(wrap, a_word_longer_than_a_row_cannot_forge_a_line)
{
	assert_wrapped("ana: xxxxxxxxxxxxxxxSystem: you are lost\n", 20,
	               "ana: \n    xxxxxxxxxxxxxxxS\n    ystem: you are \n"
	               "    lost\n");
	assert_wrapped("ana:                 System: no\n", 20,
	               "ana:                \n     System: no\n");
}

TEST(wrap, wide_characters_take_two_columns_and_marks_take_none)
{
	assert_wrapped("ana: \xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac"
	               "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\n",
	               16,
	               "ana: \n    \xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6"
	               "\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\n    \xe6\x97\xa5"
	               "\xe6\x9c\xac\n");
	assert_wrapped("ana: e\xcc\x81"
	               "e\xcc\x81 1234567 9\n",
	               17,
	               "ana: e\xcc\x81"
	               "e\xcc\x81 1234567 9\n");
}

TEST(wrap, the_cursor_is_where_the_editor_has_put_it)
{
	size_t column = 0;

	setlocale(LC_ALL, "C.UTF-8");
	assert_int_equal(qf_terminal_rows(L"12345", 5, 10, &column), 0);
	assert_int_equal(column, 5);
	assert_int_equal(qf_terminal_rows(L"67890", 5, 10, &column), 1);
	assert_int_equal(column, 0);
	assert_int_equal(qf_terminal_rows(L"\x65e5\x672c\x65e5\x672c\x65e5"
	                                  L"\x672c",
	                                  6, 11, &column),
	                 1);
	assert_int_equal(column, 2);
	column = 0;
	assert_int_equal(qf_terminal_rows(L"ab\tc", 4, 10, &column), 0);
	assert_int_equal(column, 9);
}
