/* test_push.c - a link that brings what was here is lazy, but never the last */
#include "test.h"

#include "core/push.h"

enum { ANA = 1, BOB, CID };

static struct qf_push three(void)
{
	struct qf_push p = { 0 };

	for (uint64_t conn = ANA; conn <= CID; conn++)
		assert_int_equal(qf_push_join(&p, conn), 0);
	return p;
}

TEST(push, whoever_brings_what_was_here_is_pruned_once)
{
	struct qf_push p = three();

	assert_true(qf_push_prune(&p, BOB));
	assert_false(qf_push_prune(&p, BOB));
	assert_true(qf_push_link(&p, BOB)->lazy);
	assert_false(qf_push_link(&p, ANA)->lazy);
	assert_int_equal(p.lazy, 1);
	qf_push_fini(&p);
}

TEST(push, the_last_eager_link_stays_eager)
{
	struct qf_push p = three();

	assert_true(qf_push_prune(&p, ANA));
	assert_true(qf_push_prune(&p, CID));
	assert_false(qf_push_prune(&p, BOB));
	qf_push_set(&p, CID, false);
	assert_true(qf_push_prune(&p, BOB));
	qf_push_fini(&p);
}

TEST(push, whoever_goes_counts_no_more)
{
	struct qf_push p = three();

	assert_true(qf_push_prune(&p, ANA));
	qf_push_leave(&p, ANA);
	qf_push_leave(&p, ANA);
	assert_null(qf_push_link(&p, ANA));
	assert_false(qf_push_prune(&p, ANA));
	assert_int_equal(p.lazy, 0);
	qf_push_leave(&p, BOB);
	assert_false(qf_push_prune(&p, CID));
	qf_push_fini(&p);
}

TEST(push, joining_twice_changes_nothing)
{
	struct qf_push p = three();

	assert_true(qf_push_prune(&p, BOB));
	assert_int_equal(qf_push_join(&p, BOB), 0);
	assert_int_equal(p.count, 3);
	assert_true(qf_push_link(&p, BOB)->lazy);
	qf_push_fini(&p);
}
