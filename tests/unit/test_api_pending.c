/* test_api_pending.c - what a client asked and has no answer to yet */
#include "test.h"

#include <string.h>

#include "gateway/api_pending.h"

static void add(struct qf_pendings *p, uint64_t number,
                enum qf_command_kind kind, const char *room)
{
	struct qf_api_request r = { .re = (int64_t)number + 100 };

	strcpy(r.room, room);
	strcpy(r.whom, "bob");
	assert_true(qf_pendings_add(p, number, kind, &r));
}

TEST(api_pending, each_is_taken_once_in_any_order)
{
	struct qf_pendings p = { 0 };
	struct qf_pending one;

	for (uint64_t i = 1; i <= 40; i++)
		add(&p, i, QF_CMD_JOIN, i % 2 ? "#odd" : "#even");
	for (uint64_t i = 40; i >= 1; i--) {
		assert_true(qf_pendings_take(&p, i, &one));
		assert_int_equal(one.re, (int64_t)i + 100);
		assert_int_equal(one.kind, QF_CMD_JOIN);
		assert_string_equal(one.room, i % 2 ? "#odd" : "#even");
		assert_string_equal(one.whom, "bob");
		assert_false(qf_pendings_take(&p, i, &one));
	}
	assert_int_equal(p.count, 0);
	qf_pendings_fini(&p);
}

TEST(api_pending, a_line_to_be_stored_is_known_of_until_it_is_answered)
{
	struct qf_pendings p = { 0 };
	struct qf_pending one;

	add(&p, 1, QF_CMD_JOIN, "#a");
	assert_false(qf_pendings_say(&p));
	add(&p, 2, QF_CMD_SAY, "#a");
	assert_true(qf_pendings_say(&p));
	assert_true(qf_pendings_take(&p, 2, &one));
	assert_false(qf_pendings_say(&p));
	add(&p, 3, QF_CMD_MSG, "");
	assert_true(qf_pendings_say(&p));
	qf_pendings_fini(&p);
}
