/* test_leaving.c - who leaves is told what is waited for, if it takes a while
 */
#include "test.h"

#include <string.h>

#include "ui/leaving.h"

TEST(leaving, who_waits_is_told_once_how_to_leave_and_what_comes_of_it)
{
	struct qf_stream stream = { .own = false };
	struct qf_saying w = { .stream = &stream, .count = 2 };
	struct qf_leaving l = { 0 };
	char words[QF_LEAVING_BYTES];

	assert_int_equal(qf_leaving_wake(&l), QF_NEVER);
	assert_false(qf_leaving_look(&l, &w, 5000, words));
	assert_int_equal(qf_leaving_wake(&l), 6000);
	assert_false(qf_leaving_look(&l, &w, 5999, words));
	assert_true(qf_leaving_look(&l, &w, 6000, words));
	assert_non_null(strstr(words, "stored (2 lines); Ctrl-C leaves at "
	                              "once, and the node that runs keeps"));
	assert_false(qf_leaving_look(&l, &w, 9000, words));
	assert_int_equal(qf_leaving_wake(&l), QF_NEVER);
}

TEST(leaving, what_a_node_of_this_process_has_is_lost_with_it)
{
	struct qf_stream stream = { .own = true };
	struct qf_saying w = { .stream = &stream, .count = 1 };
	struct qf_leaving l = { 0 };
	char words[QF_LEAVING_BYTES];

	assert_false(qf_leaving_look(&l, &w, 0, words));
	assert_true(qf_leaving_look(&l, &w, 1000, words));
	assert_non_null(strstr(words, "(1 line); Ctrl-C leaves at once, and "
	                              "then it is lost"));
	w.count = 0;
	l = (struct qf_leaving){ 0 };
	assert_false(qf_leaving_look(&l, &w, 0, words));
	assert_true(qf_leaving_look(&l, &w, 1000, words));
	assert_non_null(strstr(words, "an answer of the node"));
}
