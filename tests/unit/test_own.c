/* test_own.c - what was typed on this screen is not shown again */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "ui/own.h"

struct id {
	char text[QF_OWN_ID_BYTES + 1];
};

static struct qf_bytes id_of(struct id *id, unsigned n)
{
	snprintf(id->text, sizeof id->text, "%052u", n);
	return qf_bytes(id->text, QF_OWN_ID_BYTES);
}

static bool hold(struct qf_own *o, unsigned n)
{
	struct id id;
	struct qf_reply line = { .id = id_of(&id, n),
		                 .line = qf_bytes("line", 4) };

	return qf_own_hold(o, &line);
}

TEST(own, a_line_that_comes_after_stored_is_known_once)
{
	static struct qf_own o;
	struct id id;

	qf_own_stored(&o, id_of(&id, 1));
	assert_true(qf_own_is(&o, id_of(&id, 1)));
	assert_false(qf_own_is(&o, id_of(&id, 1)));
	assert_false(qf_own_is(&o, id_of(&id, 2)));
	qf_own_fini(&o);
}

TEST(own, a_line_that_comes_before_stored_waits_for_it)
{
	static struct qf_own o;
	struct qf_shared *line;
	struct id id;

	assert_true(hold(&o, 1));
	assert_true(hold(&o, 2));
	assert_true(hold(&o, 3));
	qf_own_stored(&o, id_of(&id, 2));
	assert_false(qf_own_is(&o, id_of(&id, 2)));
	for (int i = 0; i < 2; i++) {
		line = qf_own_release(&o);
		assert_non_null(line);
		assert_memory_equal(line->at, "line", 4);
		qf_shared_unref(line);
	}
	assert_null(qf_own_release(&o));
	qf_own_fini(&o);
}

TEST(own, what_is_held_is_bounded)
{
	static struct qf_own o;

	for (unsigned i = 0; i < QF_OWN_HELD_MAX; i++)
		assert_true(hold(&o, i));
	assert_false(hold(&o, 1000));
	qf_own_fini(&o);
}

TEST(own, of_what_is_stored_the_newest_are_known)
{
	static struct qf_own o;
	struct id id;

	for (unsigned i = 0; i <= QF_OWN_STORED_MAX; i++)
		qf_own_stored(&o, id_of(&id, i));
	assert_false(qf_own_is(&o, id_of(&id, 0)));
	assert_true(qf_own_is(&o, id_of(&id, 1)));
	assert_true(qf_own_is(&o, id_of(&id, QF_OWN_STORED_MAX)));
	qf_own_fini(&o);
}

TEST(own, an_id_of_another_length_is_nobodys)
{
	static struct qf_own o;

	qf_own_stored(&o, qf_bytes("x", 1));
	assert_false(qf_own_is(&o, qf_bytes("x", 1)));
	assert_false(qf_own_is(&o, qf_bytes(NULL, 0)));
	qf_own_fini(&o);
}
