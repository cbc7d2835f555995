/* test_viewer.c - what in a room of two keys is for which guest of the page */
#include "test.h"

#include <string.h>

#include "gateway/viewer.h"

#define EVA "p:mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiytemzugu3q"

struct scene {
	struct qf_direct room;
	struct qf_viewer eva;
};

static struct scene begin(void)
{
	struct scene s = { .eva = {
				   .id = EVA, .name = "eva", .named_lsn = 7 } };

	memset(s.room.me.b, 1, sizeof s.room.me.b);
	memset(s.room.other.b, 2, sizeof s.room.other.b);
	return s;
}

static struct qf_bytes of(const char *text)
{
	return qf_bytes(text, strlen(text));
}

/* Said by a guest here. */
static bool sees_near(const struct scene *s, const char *tags)
{
	struct qf_body body = { .text = of("psst"),
		                .guest = of("eva"),
		                .to = of("eva"),
		                .tags = of(tags) };

	return qf_viewer_sees(&s->eva, &s->room, &s->room.me, &body, 9);
}

static bool is_own(const struct scene *s, const char *tags)
{
	struct qf_body body = { .tags = of(tags) };

	assert_false(qf_viewer_said(&s->eva, &s->room, &s->room.other, &body));
	return qf_viewer_said(&s->eva, &s->room, &s->room.me, &body);
}

static bool sees_far(const struct scene *s, const char *to, uint64_t lsn)
{
	struct qf_body body = { .text = of("psst"),
		                .to = of(to),
		                .tags = of("to=" EVA) };

	return qf_viewer_sees(&s->eva, &s->room, &s->room.other, &body, lsn);
}

TEST(viewer, a_guest_sees_what_this_node_says_is_its_whatever_the_name)
{
	struct scene s = begin();

	assert_true(sees_near(&s, "from=" EVA));
	assert_true(sees_near(&s, "+a=b;from=c:1.2;to=" EVA));
	assert_false(sees_near(&s, ""));
	assert_false(sees_near(&s, "from=a:eva;to=a:eva"));
	assert_false(sees_near(&s, "to=" EVA "a"));
	assert_false(sees_near(&s, "+to=" EVA));
	/* Which of both it was. */
	assert_true(is_own(&s, "from=" EVA));
	assert_false(is_own(&s, "to=" EVA));
	/* The last one counts. */
	assert_false(sees_near(&s, "to=" EVA ";to=a:tom"));
}

TEST(viewer, what_another_node_says_is_for_who_had_the_name_when_it_came)
{
	struct scene s = begin();

	assert_true(sees_far(&s, "eva", 8));
	assert_true(sees_far(&s, "EVA", 8));
	assert_false(sees_far(&s, "eva", 7));
	assert_false(sees_far(&s, "tom", 8));
	assert_false(sees_far(&s, "", 8));
}

TEST(viewer, the_person_of_a_node_sees_nothing_of_guests_alone)
{
	struct scene s = begin();
	struct qf_body body = { .text = of("hello") };

	assert_true(qf_viewer_sees(NULL, &s.room, &s.room.me, &body, 1));
	assert_true(qf_viewer_sees(NULL, &s.room, &s.room.other, &body, 1));
	body.guest = of("eva");
	assert_false(qf_viewer_sees(NULL, &s.room, &s.room.me, &body, 1));
	assert_true(qf_viewer_sees(NULL, &s.room, &s.room.other, &body, 1));
	body.to = of("tom");
	assert_false(qf_viewer_sees(NULL, &s.room, &s.room.other, &body, 1));
}

TEST(viewer, an_id_is_a_mark_and_nothing_else_is)
{
	char id[QF_VIEWER_ID_BYTES];
	struct qf_hash mark, again;

	memset(mark.b, 0xa5, sizeof mark.b);
	qf_viewer_id(&mark, id);
	assert_int_equal(strlen(id), QF_VIEWER_ID_BYTES - 1);
	assert_true(qf_viewer_mark(id, &again));
	assert_memory_equal(mark.b, again.b, sizeof mark.b);
	assert_false(qf_viewer_mark("", &again));
	assert_false(qf_viewer_mark("p:", &again));
	assert_false(qf_viewer_mark("a:eva", &again));
	assert_false(qf_viewer_mark(id + 2, &again));
}
