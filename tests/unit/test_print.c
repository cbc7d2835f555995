/* test_print.c - nothing that others wrote does anything to a terminal */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "ui/lines.h"
#include "ui/print.h"

#define BAD "\xef\xbf\xbd"

static void assert_printed(void (*print)(FILE *to, struct qf_bytes),
                           struct qf_bytes in, const char *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	print(to, in);
	fclose(to);
	assert_string_equal(text, out);
	free(text);
}

static void assert_text(const char *in, const char *out)
{
	assert_printed(qf_print_text, qf_bytes(in, strlen(in)), out);
}

TEST(print, plain_words_of_any_script_stay_as_they_are)
{
	static const char text[] = "Ana: h\xc3\xa9llo \xe6\x97\xa5\xe6\x9c\xac "
				   "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91"
				   "\xa9 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d";

	assert_text(text, text);
	assert_text("", "");
}

TEST(print, control_characters_of_both_sets_are_shown_not_obeyed)
{
	assert_text("a\x1b[2Jb", "a" BAD "[2Jb");
	assert_text("\x07\x08\x7f\r", BAD BAD BAD BAD);
	/* CSI and OSC as one character of C1. */
	assert_text("\xc2\x9b"
	            "2J\xc2\x9d"
	            "0;x",
	            BAD "2J" BAD "0;x");
	assert_printed(qf_print_text, qf_bytes("a\0b", 3), "a" BAD "b");
}

TEST(print, characters_that_turn_the_direction_are_left_out)
{
	assert_text("a\xe2\x80\xae"
	            "b\xe2\x80\xac"
	            "c",
	            "abc");
	assert_text("\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c", "x");
}

TEST(print, a_line_inside_a_text_cannot_pass_for_one_of_ours)
{
	assert_text("hi\n12:00 bob: no", "hi\n    12:00 bob: no");
	assert_text("a\xe2\x80\xa8"
	            "b\xc2\x85"
	            "c",
	            "a\n    b\n    c");
	assert_text("a\tb", "a\tb");
}

TEST(print, a_word_stays_in_its_line)
{
	assert_printed(qf_print_word,
	               qf_bytes("a\nb\tc\xe2\x80\xa9"
	                        "d",
	                        9),
	               "a b c d");
}

TEST(print, bytes_that_are_no_text_are_shown_one_by_one)
{
	assert_text("\xff", BAD);
	assert_text("\xc3", BAD);
	assert_text("\xc3(", BAD "(");
	assert_text("\xc0\xaf", BAD BAD);         /* too long a form */
	assert_text("\xed\xa0\x80", BAD BAD BAD); /* half of a pair */
	assert_text("\xf4\x90\x80\x80", BAD BAD BAD BAD);
	assert_text("\xe2\x80", BAD BAD);
}

TEST(print, every_pair_of_bytes_is_harmless)
{
	for (int first = 0; first < 256; first++) {
		for (int second = 0; second < 256; second++) {
			uint8_t in[] = { (uint8_t)first, (uint8_t)second };
			char *text = NULL;
			size_t len = 0;
			FILE *to = open_memstream(&text, &len);

			assert_non_null(to);
			qf_print_word(to, qf_bytes(in, 2));
			fclose(to);
			for (size_t i = 0; i < len; i++) {
				uint8_t c = (uint8_t)text[i];

				assert_true(c >= 0x20 && c != 0x7f);
				if (c == 0xc2)
					assert_true((uint8_t)text[i + 1] >=
					            0xa0);
			}
			free(text);
		}
	}
}

static char *shown(const char *const *lines, size_t count)
{
	char *text = NULL;
	size_t len = 0;
	struct qf_lines l = { .to = open_memstream(&text, &len) };

	assert_non_null(l.to);
	for (size_t i = 0; i < count; i++) {
		struct qf_reply r;

		assert_int_equal(qf_reply_parse(&r, qf_bytes(lines[i],
		                                             strlen(lines[i]))),
		                 QF_OK);
		assert_true(qf_lines_show(&l, &r));
		qf_reply_fini(&r);
	}
	fclose(l.to);
	return text;
}

#define HLC(ms_64k) "\"hlc\":\"" ms_64k "\""

TEST(print, lines_have_the_time_and_a_new_day_has_a_line)
{
	/* 1970-01-01 00:00:01, 00:01:00 and a day later, each << 16. */
	static const char *const lines[] = {
		"{\"on\":\"text\",\"name\":\"ana\",\"text\":\"hi\",\"kind\":"
		"\"text\"," HLC("65536000") "}",
		"{\"on\":\"text\",\"name\":\"bob\",\"text\":\"waves\","
		"\"kind\":\"action\"," HLC("3932160000") "}",
		"{\"on\":\"rename\",\"old\":\"bob\",\"name\":\"rob\"," HLC(
			"5662310400000") "}",
	};
	char *text;

	setenv("TZ", "UTC", 1);
	text = shown(lines, 3);
	assert_string_equal(text, "-- Thursday 1970-01-01 --\n"
	                          "00:00 ana: hi\n"
	                          "00:01 * bob waves\n"
	                          "-- Friday 1970-01-02 --\n"
	                          "00:00 * bob is now rob\n");
	free(text);
}
