/* test_hall.c - guests, the rooms they are in, and who may be called what */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "gateway/hall_people.h"
#include "gateway/tell.h"
#include "signing.h"

static struct qf_carry carry;
static atomic_uint unknown;

static struct qf_hall *new_hall(void)
{
	struct qf_hall_options options = { .workers = 1, .unknown = &unknown };
	struct qf_identity me;
	struct qf_hall *h;

	qf_carry_init(&carry);
	h = qf_hall_new(&carry, &options);
	assert_non_null(h);
	qf_identity_init(&me, (uint8_t[QF_SEED_BYTES]){ 7 });
	qf_hall_self(h, &me.key);
	qf_hall_name(h, "Ana");
	return h;
}

static void end_hall(struct qf_hall *h)
{
	assert_false(carry.bad);
	qf_hall_free(h);
	qf_carry_fini(&carry);
}

TEST(hall, a_guest_is_found_by_conn_and_by_any_writing_of_the_name)
{
	struct qf_hall *h = new_hall();
	struct qf_guest *g = qf_hall_add(h, 5, "Zoé");

	assert_ptr_equal(qf_hall_guest(h, 5), g);
	assert_ptr_equal(qf_hall_named(h, "zoÉ"), g);
	assert_ptr_equal(qf_hall_named(h, "zoe\xcc\x81"), g);
	assert_null(qf_hall_named(h, "zoe"));
	qf_hall_rename(h, g, "Max");
	assert_null(qf_hall_named(h, "zoé"));
	assert_ptr_equal(qf_hall_named(h, "MAX"), g);
	qf_hall_detach(h, g, 5);
	qf_hall_remove(h, g);
	assert_null(qf_hall_named(h, "max"));
	assert_null(qf_hall_guest(h, 5));
	assert_int_equal(h->guest_max, 1);
	end_hall(h);
}

TEST(hall, a_room_knows_who_came_first_and_forgets_who_left)
{
	struct qf_hall *h = new_hall();
	struct qf_guest *a = qf_hall_add(h, 1, "a");
	struct qf_guest *b = qf_hall_add(h, 2, "b");
	struct qf_hall_room *r = qf_hall_open(h, "#Chan");

	assert_ptr_equal(qf_hall_open(h, "#chan"), r);
	assert_string_equal(r->name, "#Chan");
	assert_null(qf_hall_open(h, "chan"));
	qf_hall_enter(h, a, r);
	qf_hall_enter(h, b, r);
	assert_int_equal(r->opener, 1);
	assert_true(qf_hall_is_in(b, r));
	qf_hall_remove(h, a);
	assert_int_equal(r->member_count, 1);
	assert_int_equal(r->opener, 0);
	qf_hall_leave(b, r);
	assert_false(qf_hall_is_in(b, r));
	end_hall(h);
}

TEST(hall, no_guest_has_the_name_of_a_person)
{
	struct qf_hall *h = new_hall();
	struct qf_identity bob;

	qf_identity_init(&bob, (uint8_t[QF_SEED_BYTES]){ 8 });
	assert_true(qf_hall_is_persons(h, "aNA"));
	assert_false(qf_hall_is_persons(h, "Bob"));
	assert_string_equal(qf_hall_meet(h, &bob.key, "bob")->nick, "bob");
	assert_true(qf_hall_is_persons(h, "Bob"));
	qf_hall_part(h, qf_hall_person(h, &bob.key));
	assert_false(qf_hall_is_persons(h, "Bob"));
	end_hall(h);
}

TEST(hall, a_person_who_comes_when_a_guest_has_the_name_is_told_apart)
{
	struct qf_hall *h = new_hall();
	char nick[QF_USER_NAME_BYTES_MAX + 8], short_key[QF_SHORT_CHARS + 1];
	struct qf_hall_person *p;
	struct qf_identity bob;

	qf_identity_init(&bob, (uint8_t[QF_SEED_BYTES]){ 8 });
	qf_key_short(&bob.key, short_key);
	snprintf(nick, sizeof nick, "Bob·%s", short_key);
	qf_hall_add(h, 1, "bob");
	p = qf_hall_meet(h, &bob.key, "Bob");
	assert_string_equal(p->nick, nick);
	assert_ptr_equal(qf_hall_person_named(h, nick), p);
	assert_null(qf_hall_person_named(h, "bob"));
	end_hall(h);
}

static struct qf_key key_of(unsigned i)
{
	return (struct qf_key){ { 1, (uint8_t)i } };
}

/* Whoever comes, goes and is called otherwise, everyone is found by what they
 * are known by now, and nobody by what they were. */
TEST(hall, persons_are_found_by_all_that_they_are_known_by)
{
	enum { ALL = 40, TURNS = 4000, NAMES = 15 };
	struct qf_hall *h = new_hall();
	unsigned random = 1;

	for (unsigned turn = 0; turn < TURNS; turn++) {
		unsigned who, named;
		struct qf_key key;
		char name[16];
		bool has = false;

		random = random * 1103515245 + 12345;
		who = random >> 16 & 0x7fff;
		key = key_of(who % ALL);
		named = who / ALL % NAMES;
		snprintf(name, sizeof name, "n%u", named);
		if (who % 3 == 0 && qf_hall_person(h, &key))
			qf_hall_part(h, qf_hall_person(h, &key));
		else if (who % 3 == 1)
			qf_hall_meet(h, &key, name);
		else if (!qf_hall_visitor(h, who % ALL + 1))
			qf_hall_meet_visitor(h, who % ALL + 1, NULL, name);
		for (size_t i = 0; i < h->person_count; i++) {
			struct qf_hall_person *p = &h->persons[i];

			assert_ptr_equal(qf_hall_person_named(h, p->nick), p);
			assert_ptr_equal(
				p->visitor ? qf_hall_visitor(h, p->visitor)
					   : qf_hall_person(h, &p->key),
				p);
			has |= !strcmp(p->name, name);
		}
		assert_int_equal(qf_hall_is_persons(h, name), has);
	}
	while (h->person_count)
		qf_hall_part(h, h->persons);
	assert_int_equal(h->people.count, 0);
	end_hall(h);
}

TEST(hall, a_nick_can_stand_in_a_line)
{
	static const char *const bad[] = {
		"",   "*",  "a b", "a,b", "a!b", "a@b",           "#a",
		":a", "$a", "1a",  "a.b", "a·b", "a\xe2\x80\x8bz"
	};
	char long_nick[QF_NICK_CHARS_MAX + 2];
	char shown[QF_USER_NAME_BYTES_MAX + 1];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(qf_nick_is_good(bad[i]));
	assert_true(qf_nick_is_good("zoé|away"));
	memset(long_nick, 'x', sizeof long_nick);
	long_nick[QF_NICK_CHARS_MAX + 1] = '\0';
	assert_false(qf_nick_is_good(long_nick));
	long_nick[QF_NICK_CHARS_MAX] = '\0';
	assert_true(qf_nick_is_good(long_nick));

	qf_nick_show("Tom (classic)", shown, sizeof shown);
	assert_string_equal(shown, "Tom_(classic)");
	assert_false(qf_nick_is_good(shown));
	qf_nick_show("a!b@c", shown, sizeof shown);
	assert_string_equal(shown, "a_b_c");
	qf_nick_show("a\r\nQUIT", shown, sizeof shown);
	assert_string_equal(shown, "_");
}

TEST(hall, a_marker_only_grows)
{
	struct qf_hall *h = new_hall();

	assert_int_equal(qf_hall_marker(h, "a"), 0);
	assert_true(qf_hall_mark(h, "a", 5));
	assert_false(qf_hall_mark(h, "a", 4));
	assert_false(qf_hall_mark(h, "a", 5));
	assert_int_equal(qf_hall_marker(h, "a"), 5);
	end_hall(h);
}

TEST(hall, what_an_account_has_read_is_forgotten_with_it)
{
	struct qf_hall *h = new_hall();

	qf_hall_mark(h, "a:zoe\n#a", 5);
	qf_hall_mark(h, "a:zoey\n#a", 6);
	qf_hall_mark(h, "a:zoe\n#b", 7);
	qf_hall_unmark(h, "a:zoe\n");
	assert_int_equal(qf_hall_marker(h, "a:zoe\n#a"), 0);
	assert_int_equal(qf_hall_marker(h, "a:zoe\n#b"), 0);
	assert_int_equal(qf_hall_marker(h, "a:zoey\n#a"), 6);
	end_hall(h);
}

static struct qf_shared *rooms_of(const char *first, const char *second)
{
	char at[2 * QF_HERE_ROOM_BYTES + 1];
	struct qf_shared *rooms;

	snprintf(at, sizeof at, "%-8s%-8s", first, second);
	rooms = qf_shared_new(at, sizeof at - 1);
	assert_non_null(rooms);
	return rooms;
}

static size_t attended(const struct qf_hall *h, const char *name)
{
	struct qf_room_id id = { 0 };
	char at[QF_HERE_ROOM_BYTES + 1];

	snprintf(at, sizeof at, "%-8s", name);
	memcpy(id.b, at, QF_HERE_ROOM_BYTES);
	return qf_hall_attended(h, &id);
}

TEST(hall, persons_count_once_in_each_room_that_they_are_in)
{
	struct qf_shared *both = rooms_of("a", "b"),
			 *twice = rooms_of("a", "a");
	struct qf_hall *h = new_hall();
	struct qf_key max = { { 1 } }, eve = { { 2 } };

	qf_hall_see(h, qf_hall_meet(h, &max, "max"), both);
	qf_hall_see(h, qf_hall_meet(h, &eve, "eve"), twice);
	assert_int_equal(attended(h, "a"), 2);
	assert_int_equal(attended(h, "b"), 1);
	qf_hall_see(h, qf_hall_person(h, &max), twice);
	assert_int_equal(attended(h, "a"), 2);
	assert_int_equal(attended(h, "b"), 0);
	qf_hall_part(h, qf_hall_person(h, &eve));
	qf_hall_see(h, qf_hall_person(h, &max), NULL);
	assert_int_equal(attended(h, "a"), 0);
	assert_int_equal(h->attended.count, 0);
	qf_shared_unref(both);
	qf_shared_unref(twice);
	end_hall(h);
}

TEST(hall, what_is_told_arrives_as_it_was)
{
	const struct qf_tell t = { .kind = QF_TELL_TAGS,
		                   .flags = 3,
		                   .number = 1ull << 60,
		                   .ms = 12,
		                   .count = 3,
		                   .words = { "#a", "", "x" } };
	struct qf_command *c;
	struct qf_tell back;

	qf_carry_init(&carry);
	qf_tell_send(&carry, &t, 9, 4, 77);
	c = carry.asks[0].event.command;
	assert_int_equal(c->kind, QF_CMD_TELL);
	assert_int_equal(c->request, 77);
	assert_int_equal(c->number, 4);
	assert_true(qf_tell_read(&back, c->payload));
	assert_int_equal(back.kind, t.kind);
	assert_int_equal(back.flags, 3);
	assert_int_equal(back.number, t.number);
	assert_int_equal(back.ms, 12);
	assert_int_equal(back.count, 3);
	assert_string_equal(back.words[0], "#a");
	assert_string_equal(back.words[1], "");
	assert_string_equal(back.words[2], "x");
	qf_event_fini(&carry.asks[0].event);
	carry.ask_count = 0;
	qf_carry_fini(&carry);
}
