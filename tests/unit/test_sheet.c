/* test_sheet.c - lines that many are told, written once */
#include "gateway/sheet.h"

#include <string.h>

#include "test.h"

static struct qf_bytes text(const char *s)
{
	return qf_bytes(s, strlen(s));
}

static void write_on(struct qf_sheet **open, const char *lines,
                     struct qf_stretch *out)
{
	assert_true(qf_sheet_write(open, text(lines), out));
}

static void expect_owed(struct qf_owed *o, const char *lines)
{
	struct qf_buf to = { 0 };
	struct qf_bytes all = qf_owed_all(o, &to);

	assert_int_equal(qf_owed_bytes(o), strlen(lines));
	assert_int_equal(all.len, strlen(lines));
	assert_memory_equal(all.at, lines, all.len);
	qf_buf_fini(&to);
}

TEST(sheet, what_follows_on_it_is_not_copied)
{
	struct qf_sheet *open = NULL;
	struct qf_stretch one, two;
	struct qf_owed o = { 0 };
	struct qf_buf to = { 0 };

	write_on(&open, "a\r\n", &one);
	write_on(&open, "b\r\n", &two);
	qf_owed_put_stretch(&o, &one);
	qf_owed_put_stretch(&o, &two);
	expect_owed(&o, "a\r\nb\r\n");
	assert_null(o.own.at);
	qf_owed_all(&o, &to);
	assert_null(to.at);
	qf_stretch_drop(&one);
	qf_stretch_drop(&two);
	qf_owed_clear(&o);
	qf_sheet_drop(open);
}

TEST(sheet, what_is_owed_keeps_its_order)
{
	struct qf_sheet *open = NULL, *other = NULL;
	struct qf_stretch one, two, far;
	struct qf_owed o = { 0 };

	write_on(&open, "a\r\n", &one);
	write_on(&open, "b\r\n", &two);
	write_on(&other, "c\r\n", &far);
	qf_owed_put_stretch(&o, &one);
	qf_owed_put(&o, text("own\r\n"));
	expect_owed(&o, "a\r\nown\r\n");
	qf_owed_put_stretch(&o, &two);
	expect_owed(&o, "a\r\nown\r\nb\r\n");
	qf_owed_clear(&o);
	expect_owed(&o, "");
	qf_owed_put_stretch(&o, &two);
	qf_owed_put_stretch(&o, &one); /* before it on the sheet */
	qf_owed_put_stretch(&o, &far);
	expect_owed(&o, "b\r\na\r\nc\r\n");
	qf_owed_clear(&o);
	qf_owed_put(&o, text("own\r\n"));
	qf_owed_put_stretch(&o, &far);
	expect_owed(&o, "own\r\nc\r\n");
	qf_stretch_drop(&one);
	qf_stretch_drop(&two);
	qf_stretch_drop(&far);
	qf_owed_clear(&o);
	qf_sheet_drop(open);
	qf_sheet_drop(other);
}

TEST(sheet, it_is_begun_anew_only_when_nobody_is_owed_of_it)
{
	struct qf_sheet *open = NULL, *first;
	struct qf_stretch place;
	struct qf_owed late = { 0 };
	char lines[1000];

	memset(lines, 'x', sizeof lines - 1);
	lines[sizeof lines - 1] = '\0';
	write_on(&open, "kept\r\n", &place);
	first = open;
	qf_owed_put_stretch(&late, &place);
	qf_stretch_drop(&place);
	for (int i = 0; i < 100; i++) {
		write_on(&open, lines, &place);
		qf_stretch_drop(&place);
	}
	assert_ptr_not_equal(open, first);
	expect_owed(&late, "kept\r\n");
	qf_owed_clear(&late);
	first = open;
	for (int i = 0; i < 100; i++) {
		write_on(&open, lines, &place);
		qf_stretch_drop(&place);
	}
	assert_ptr_equal(open, first);
	qf_sheet_drop(open);
}
