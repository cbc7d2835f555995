/* test_marks.c - what is said about the copies of our lines, and what is not */
#include "test.h"

#include "ui/complete.h"
#include "ui/marks.h"

static const char *look(struct qf_marks *m, size_t only_here, uint64_t copies,
                        uint64_t now_ms)
{
	static char words[QF_MARKS_BYTES];

	return qf_marks_look(m, only_here, copies, now_ms, words) ? words
	                                                          : NULL;
}

TEST(marks, nothing_is_said_where_others_have_it_soon)
{
	struct qf_marks m = { 0 };

	assert_null(look(&m, 0, UINT64_MAX, 0));
	assert_null(look(&m, 1, 0, 1000));
	assert_int_equal(qf_marks_wake(&m), 3000);
	assert_null(look(&m, 0, 1, 1500));
	assert_int_equal(qf_marks_wake(&m), UINT64_MAX);
	assert_null(look(&m, 1, 0, 5000));
	assert_null(look(&m, 1, 0, 6999));
}

TEST(marks, being_alone_is_said_once_and_so_is_its_end)
{
	struct qf_marks m = { 0 };

	assert_null(look(&m, 1, 0, 1000));
	assert_string_equal(look(&m, 1, 0, 3000),
	                    "(kept only here until another node has it)");
	assert_null(look(&m, 7, 0, 90000));
	assert_int_equal(qf_marks_wake(&m), UINT64_MAX);
	assert_string_equal(look(&m, 0, 2, 95000), "(kept on 2 others)");
	assert_null(look(&m, 0, 3, 96000));
}
