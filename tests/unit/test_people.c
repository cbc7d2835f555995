/* test_people.c - what is told of people, and when */
#include "records.h"

#include "core/people.h"

enum { ME = 1, ANA, BOB, SETTLE = QF_PEOPLE_SETTLE_MS };

struct scene {
	struct qf_roster roster;
	struct qf_flood flood;
	struct qf_people people;
	struct qf_person *me;
	struct qf_person *ana; /* linked with us */
	uint64_t now_ms;
	uint64_t next_ms;
};

static void look(struct scene *s)
{
	s->next_ms = qf_people_look(&s->people, &s->roster, s->me, &s->flood,
	                            s->now_ms);
	assert_false(s->people.bad);
}

static void look_after(struct scene *s, uint64_t ms)
{
	s->now_ms += ms;
	look(s);
}

static struct qf_change expect(struct scene *s, enum qf_change_kind kind,
                               const struct qf_person *p)
{
	struct qf_change change;

	assert_true(qf_people_next(&s->people, &change));
	assert_int_equal(change.kind, kind);
	assert_ptr_equal(change.person, p);
	return change;
}

static void expect_nothing(struct scene *s)
{
	struct qf_change change;

	assert_false(qf_people_next(&s->people, &change));
}

/* rooms: a letter each, ascending. */
static void says_in(struct scene *s, uint64_t version, enum qf_here_state state,
                    const char *name, const char *text, const char *rooms)
{
	struct qf_identity id = record_id(ANA);
	uint8_t ids[QF_HERE_ROOMS_MAX * QF_HERE_ROOM_BYTES] = { 0 };
	struct record r = { .here = { .version = version,
		                      .state = state,
		                      .name = qf_bytes(name, strlen(name)),
		                      .text = qf_bytes(text, strlen(text)) } };

	for (size_t i = 0; rooms[i]; i++)
		ids[i * QF_HERE_ROOM_BYTES] = (uint8_t)rooms[i];
	r.here.rooms = qf_bytes(ids, strlen(rooms) * QF_HERE_ROOM_BYTES);
	record_sign(&r, &id);
	assert_int_equal(qf_roster_put(&s->roster, &r.here, s->now_ms, &s->ana),
	                 QF_OK);
}

static void says(struct scene *s, uint64_t version, enum qf_here_state state,
                 const char *name, const char *text)
{
	says_in(s, version, state, name, text, "");
}

/* Ana is here, and was told to be. */
static void begin(struct scene *s)
{
	*s = (struct scene){ .now_ms = 5000 };
	qf_roster_init(&s->roster);
	s->me = record_put(&s->roster, ME, 1, NULL);
	says(s, 1, QF_HERE_HERE, "ana", "");
	s->ana->linked = true;
	look(s);
	expect(s, QF_CHANGE_CAME, s->ana);
	expect_nothing(s);
	assert_true(s->next_ms == UINT64_MAX);
}

static void end(struct scene *s)
{
	qf_people_fini(&s->people);
	qf_flood_fini(&s->flood);
	qf_roster_fini(&s->roster);
}

TEST(people, a_loss_is_told_once_and_after_it_has_lasted)
{
	struct scene s;

	begin(&s);
	s.ana->linked = false;
	look(&s);
	expect_nothing(&s);
	assert_true(s.ana->shown);
	assert_int_equal(s.next_ms, s.now_ms + SETTLE);
	look_after(&s, SETTLE - 1);
	expect_nothing(&s);
	look_after(&s, 1);
	expect(&s, QF_CHANGE_LOST, s.ana);
	assert_false(s.ana->shown);
	look_after(&s, 1000);
	expect_nothing(&s);
	end(&s);
}

TEST(people, a_farewell_is_told_at_once)
{
	struct scene s;

	begin(&s);
	says(&s, 2, QF_HERE_LEFT, "ana", "");
	look(&s);
	expect(&s, QF_CHANGE_LEFT, s.ana);
	expect_nothing(&s);
	end(&s);
}

TEST(people, who_was_out_of_reach_for_a_moment_was_never_lost)
{
	struct scene s;

	begin(&s);
	s.ana->linked = false;
	look(&s);
	s.ana->linked = true;
	look_after(&s, SETTLE - 1);
	look_after(&s, 10 * SETTLE);
	expect_nothing(&s);
	end(&s);
}

TEST(people, a_return_by_an_old_record_has_to_last)
{
	struct scene s;

	begin(&s);
	s.ana->linked = false;
	look(&s);
	look_after(&s, SETTLE);
	expect(&s, QF_CHANGE_LOST, s.ana);
	s.ana->linked = true;
	look(&s);
	expect_nothing(&s);
	look_after(&s, SETTLE);
	expect(&s, QF_CHANGE_CAME, s.ana);
	end(&s);
}

TEST(people, a_return_by_a_new_record_is_told_at_once)
{
	struct scene s;

	begin(&s);
	s.ana->linked = false;
	look(&s);
	look_after(&s, SETTLE);
	expect(&s, QF_CHANGE_LOST, s.ana);
	says(&s, 2, QF_HERE_HERE, "ana", "");
	look(&s);
	expect_nothing(&s); /* it alone does not bring her here */
	s.ana->linked = true;
	look(&s);
	expect(&s, QF_CHANGE_CAME, s.ana);
	end(&s);
}

TEST(people, a_new_name_is_told_with_the_old_one)
{
	struct scene s;
	struct qf_change change;

	begin(&s);
	says(&s, 2, QF_HERE_HERE, "anna", "");
	says(&s, 3, QF_HERE_HERE, "anouk", "");
	look(&s);
	change = expect(&s, QF_CHANGE_RENAMED, s.ana);
	assert_string_equal(change.old_name, "ana");
	assert_string_equal(s.ana->name, "anouk");
	look(&s);
	expect_nothing(&s);
	end(&s);
}

TEST(people, away_and_back_are_told_and_so_is_another_reason)
{
	struct scene s;

	begin(&s);
	says(&s, 2, QF_HERE_AWAY, "ana", "lunch");
	look(&s);
	expect(&s, QF_CHANGE_AWAY, s.ana);
	says(&s, 3, QF_HERE_AWAY, "ana", "lunch");
	look(&s);
	expect_nothing(&s);
	says(&s, 4, QF_HERE_AWAY, "ana", "nap");
	look(&s);
	expect(&s, QF_CHANGE_AWAY, s.ana);
	says(&s, 5, QF_HERE_HERE, "ana", "");
	look(&s);
	expect(&s, QF_CHANGE_BACK, s.ana);
	expect_nothing(&s);
	end(&s);
}

TEST(people, other_rooms_are_told_after_all_else)
{
	struct scene s;

	begin(&s);
	says_in(&s, 2, QF_HERE_AWAY, "anna", "lunch", "a");
	look(&s);
	expect(&s, QF_CHANGE_RENAMED, s.ana);
	expect(&s, QF_CHANGE_AWAY, s.ana);
	expect(&s, QF_CHANGE_ROOMS, s.ana);
	says_in(&s, 3, QF_HERE_AWAY, "anna", "lunch", "a");
	look(&s);
	expect_nothing(&s);
	says_in(&s, 4, QF_HERE_AWAY, "anna", "lunch", "ab");
	says_in(&s, 5, QF_HERE_AWAY, "anna", "lunch", "b");
	look(&s);
	expect(&s, QF_CHANGE_ROOMS, s.ana);
	expect_nothing(&s);
	end(&s);
}

TEST(people, the_rooms_of_who_comes_are_no_change)
{
	struct scene s;

	begin(&s);
	says(&s, 2, QF_HERE_LEFT, "ana", "");
	look(&s);
	expect(&s, QF_CHANGE_LEFT, s.ana);
	says_in(&s, 3, QF_HERE_HERE, "ana", "", "a");
	look(&s);
	expect(&s, QF_CHANGE_CAME, s.ana);
	look(&s);
	expect_nothing(&s);
	end(&s);
}

TEST(people, who_is_lost_is_forgotten_in_the_end)
{
	struct scene s;
	uint64_t lost_ms;

	begin(&s);
	qf_flood_record(&s.flood, s.ana, &s.me->key);
	s.ana->linked = false;
	look(&s);
	lost_ms = s.now_ms;
	look_after(&s, SETTLE);
	expect(&s, QF_CHANGE_LOST, s.ana);
	expect_nothing(&s);
	assert_int_equal(s.next_ms, lost_ms + QF_PEOPLE_FORGET_MS);
	s.now_ms = s.next_ms - 1;
	look(&s);
	assert_int_equal(s.roster.count, 2);
	look_after(&s, 1);
	assert_int_equal(s.roster.count, 1);
	assert_int_equal(s.flood.count, 0);
	assert_true(s.next_ms == UINT64_MAX);
	end(&s);
}

/* As after a sleep of the machine. */
TEST(people, a_loss_is_told_before_who_was_lost_is_forgotten)
{
	struct scene s;

	begin(&s);
	s.ana->linked = false;
	look(&s);
	look_after(&s, QF_PEOPLE_FORGET_MS);
	expect(&s, QF_CHANGE_LOST, s.ana);
	expect_nothing(&s);
	assert_int_equal(s.roster.count, 2);
	assert_true(s.next_ms <= s.now_ms);
	look(&s);
	assert_int_equal(s.roster.count, 1);
	end(&s);
}

TEST(people, room_is_made_of_who_is_out_of_reach_longest)
{
	struct qf_key bob = record_key(BOB);
	struct scene s;

	begin(&s);
	assert_false(qf_people_make_room(&s.roster, s.me, &s.flood));
	record_put(&s.roster, BOB, 1, NULL);
	assert_false(qf_people_make_room(&s.roster, s.me, &s.flood));
	look(&s);
	assert_true(qf_people_make_room(&s.roster, s.me, &s.flood));
	assert_null(qf_roster_find(&s.roster, &bob));
	assert_int_equal(s.roster.count, 2);
	end(&s);
}
