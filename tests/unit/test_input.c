/* test_input.c - lines of an input, however they come */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/input.h"

struct piped {
	struct qf_input input;
	int to;
};

static void begin(struct piped *p)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	qf_input_init(&p->input, ends[0]);
	p->to = ends[1];
}

static void put(struct piped *p, const void *bytes, size_t len)
{
	assert_int_equal(write(p->to, bytes, len), (int)len);
	assert_int_equal(qf_input_read(&p->input), QF_OK);
}

static void end_of_input(struct piped *p)
{
	close(p->to);
	assert_int_equal(qf_input_read(&p->input), QF_OK);
}

static void finish(struct piped *p)
{
	close(p->input.fd);
	qf_input_fini(&p->input);
}

static void assert_next(struct piped *p, const char *text)
{
	struct qf_bytes line;

	assert_int_equal(qf_input_next(&p->input, &line), QF_INPUT_LINE);
	assert_int_equal(line.len, strlen(text));
	assert_memory_equal(line.at, text, line.len);
}

static void assert_got(struct piped *p, enum qf_input_got got)
{
	struct qf_bytes line;

	assert_int_equal(qf_input_next(&p->input, &line), got);
}

TEST(input, lines_come_whole_whatever_the_pieces)
{
	struct piped p;

	begin(&p);
	put(&p, "on", 2);
	assert_got(&p, QF_INPUT_WAIT);
	put(&p, "e\ntwo\r\n\nthr", 11);
	assert_next(&p, "one");
	assert_next(&p, "two");
	assert_next(&p, "");
	assert_int_equal(p.input.number, 3);
	assert_got(&p, QF_INPUT_WAIT);
	put(&p, "ee", 2);
	end_of_input(&p);
	assert_next(&p, "three");
	assert_got(&p, QF_INPUT_END);
	finish(&p);
}

TEST(input, an_input_that_ends_with_a_newline_has_no_further_line)
{
	struct piped p;

	begin(&p);
	put(&p, "one\n", 4);
	end_of_input(&p);
	assert_next(&p, "one");
	assert_got(&p, QF_INPUT_END);
	assert_got(&p, QF_INPUT_END);
	finish(&p);
}

TEST(input, a_line_that_is_too_long_is_passed_over_and_counted)
{
	enum { PIECE = 32 * 1024, PIECES = 64 };
	char *piece = malloc(PIECE);
	struct piped p;

	assert_non_null(piece);
	memset(piece, 'x', PIECE);
	begin(&p);
	for (int i = 0; i < PIECES; i++) {
		put(&p, piece, PIECE);
		assert_got(&p, QF_INPUT_WAIT);
		/* Memory does not grow with the line. */
		assert_true(p.input.in.cap <= 512 * 1024);
	}
	put(&p, "\nshort\n", 7);
	assert_got(&p, QF_INPUT_LONG);
	assert_next(&p, "short");
	assert_int_equal(p.input.number, 2);
	put(&p, piece, PIECE);
	put(&p, piece, PIECE);
	put(&p, piece, PIECE);
	assert_got(&p, QF_INPUT_WAIT);
	end_of_input(&p);
	assert_got(&p, QF_INPUT_LONG);
	assert_got(&p, QF_INPUT_END);
	finish(&p);
	free(piece);
}

TEST(input, a_line_as_long_as_a_message_may_be_is_given)
{
	char *text = malloc(QF_TEXT_BYTES_MAX + 2);
	struct piped p;
	struct qf_bytes line;

	assert_non_null(text);
	memset(text, 'x', QF_TEXT_BYTES_MAX + 1);
	begin(&p);
	text[QF_TEXT_BYTES_MAX] = '\n';
	put(&p, text, QF_TEXT_BYTES_MAX / 2);
	put(&p, text + QF_TEXT_BYTES_MAX / 2, QF_TEXT_BYTES_MAX / 2 + 1);
	assert_int_equal(qf_input_next(&p.input, &line), QF_INPUT_LINE);
	assert_int_equal(line.len, QF_TEXT_BYTES_MAX);
	close(p.to);
	finish(&p);
	free(text);
}

TEST(input, an_input_that_can_not_be_read_says_so)
{
	struct qf_input input;

	qf_input_init(&input, -1);
	assert_int_equal(qf_input_read(&input), QF_E_IO);
	qf_input_fini(&input);
}
