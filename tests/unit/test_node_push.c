/* test_node_push.c - what links name, prune and graft, and who is asked for it
 */
#include "company.h"

#include "core/wants.h"

static void heard(struct told *t, enum qf_event_kind kind, qf_conn link,
                  const char *room, uint8_t first, size_t count,
                  uint64_t number)
{
	struct qf_event ev = { .kind = kind,
		               .conn = link,
		               .room = told_room_id(room),
		               .number = number,
		               .keys = calloc(count, sizeof *ev.keys),
		               .key_count = count };

	assert_non_null(ev.keys);
	for (size_t i = 0; i < count; i++)
		ev.keys[i] = (struct qf_setkey){
			.hlc = 1 + i,
			.id = { { first, (uint8_t)i, (uint8_t)(i >> 8) } },
		};
	told_step(t, &ev);
}

static void names(struct told *t, qf_conn link, const char *room, uint8_t first,
                  size_t count, uint64_t number)
{
	heard(t, QF_EV_NAMED, link, room, first, count, number);
}

static void wait_for_wants(struct told *t)
{
	told_tick(t, QF_WANT_MS + QF_WANT_JITTER_MS);
}

TEST(node_push, of_a_room_or_a_link_that_is_not_there_nothing_is_heard)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	names(&t, ana.link, "#elsewhere", 1, 1, 1);
	names(&t, ana.link + 1, "#lobby", 1, 1, 1);
	heard(&t, QF_EV_GRAFTED, ana.link, "#elsewhere", 1, 1, 0);
	assert_int_equal(told_count(&t, QF_FX_SEND), 0);
	heard(&t, QF_EV_GRAFTED, ana.link + 1, "#lobby", 1, 1, 0);
	assert_int_equal(told_count(&t, QF_FX_SEND), 0);
	heard(&t, QF_EV_PRUNED, ana.link, "#elsewhere", 1, 1, 0);
	wait_for_wants(&t);
	assert_int_equal(told_count(&t, QF_FX_GRAFT), 0);
	told_fini(&t);
}

TEST(node_push, what_is_named_and_does_not_come_is_asked_of_who_named_it)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	names(&t, ana.link, "#lobby", 1, 3, 3);
	assert_int_equal(told_count(&t, QF_FX_GRAFT), 0);
	wait_for_wants(&t);
	assert_int_equal(told_the(&t, QF_FX_GRAFT)->conn, ana.link);
	assert_int_equal(told_the(&t, QF_FX_GRAFT)->key_count, 3);
	told_fini(&t);
}

TEST(node_push, what_was_named_in_two_rooms_is_asked_for_room_by_room)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init_as(&t, 100, false);
	told_load_room(&t, "#lobby");
	told_load_room(&t, "#two");
	told_tick(&t, 0);
	other_come(&t, &ana);
	names(&t, ana.link, "#lobby", 1, 1, 1);
	names(&t, ana.link, "#two", 2, 1, 2);
	wait_for_wants(&t);
	assert_int_equal(told_count(&t, QF_FX_GRAFT), 2);
	told_fini(&t);
}

TEST(node_push, a_frame_asks_for_so_much_and_the_next_for_the_rest)
{
	struct other ana = other_of(1, "ana");
	struct told t;
	size_t asked = 0;

	told_init(&t);
	other_come(&t, &ana);
	names(&t, ana.link, "#lobby", 1, QF_BATCH_LEAVES_MAX,
	      QF_BATCH_LEAVES_MAX);
	names(&t, ana.link, "#lobby", 2, 10, QF_BATCH_LEAVES_MAX + 10);
	wait_for_wants(&t);
	for (size_t i = 0; i < told_count(&t, QF_FX_GRAFT); i++)
		asked += told_nth(&t, QF_FX_GRAFT, i)->key_count;
	assert_int_equal(asked, QF_BATCH_LEAVES_MAX + 10);
	assert_int_equal(told_count(&t, QF_FX_GRAFT), 2);
	told_fini(&t);
}

TEST(node_push, who_does_not_send_what_it_named_goes)
{
	struct other ana = other_of(1, "ana");
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	names(&t, ana.link, "#lobby", 1, 1, 1);
	for (int i = 1; i < 1 << QF_WANT_TRIES; i++) {
		told_tick(&t, QF_WANT_AGAIN_MS);
		assert_int_equal(told_count(&t, QF_FX_DROP), 0);
	}
	told_tick(&t, QF_WANT_AGAIN_MS);
	assert_string_equal(told_the(&t, QF_FX_DROP)->text,
	                    "did not send what it had named");
	told_fini(&t);
}

TEST(node_push, who_names_more_than_can_be_remembered_goes)
{
	struct other ana = other_of(1, "ana");
	struct told t;
	uint64_t number = 0;

	told_init(&t);
	other_come(&t, &ana);
	for (int i = 0; i < 256 && !told_count(&t, QF_FX_DROP); i++) {
		number += QF_BATCH_LEAVES_MAX;
		names(&t, ana.link, "#lobby", (uint8_t)i, QF_BATCH_LEAVES_MAX,
		      number);
	}
	assert_string_equal(told_the(&t, QF_FX_DROP)->text,
	                    "names much that it does not send");
	told_fini(&t);
}

TEST(node_push, who_named_most_goes_when_all_name_too_much)
{
	enum { LINKS = QF_WANTS_MAX / QF_WANTS_EACH_MAX };
	struct other last = other_of(LINKS + 1, "zoe");
	struct told t;

	told_init(&t);
	for (uint8_t i = 1; i <= LINKS; i++) {
		struct other o = other_of(i, "ana");

		other_come(&t, &o);
		names(&t, o.link, "#lobby", i, QF_WANTS_EACH_MAX,
		      QF_WANTS_EACH_MAX);
		assert_int_equal(told_count(&t, QF_FX_DROP), 0);
	}
	other_come(&t, &last);
	names(&t, last.link, "#lobby", LINKS + 1, 1, 1);
	assert_int_not_equal(told_the(&t, QF_FX_DROP)->conn, last.link);
	assert_string_equal(told_the(&t, QF_FX_DROP)->text,
	                    "names much that it does not send");
	assert_int_equal(told_count(&t, QF_FX_HAD), 0);
	told_fini(&t);
}

TEST(node_push, who_grafts_is_sent_what_is_here_of_that)
{
	struct other ana = other_of(1, "ana");
	struct qf_event ev = { .kind = QF_EV_GRAFTED,
		               .conn = ana.link,
		               .room = told_room_id("#lobby"),
		               .keys = calloc(2, sizeof *ev.keys),
		               .key_count = 2 };
	struct told t;

	told_init(&t);
	other_come(&t, &ana);
	told_say(&t, told_conn(0, 1), 1, "hello");
	ev.keys[0] = qf_setkey_of(t.keeps[t.keep_count - 1].envelope, 0);
	ev.keys[1].id.b[0] = 1; /* nobody has it */
	told_commit(&t, TOLD_ALL);
	told_step(&t, &ev);
	assert_int_equal(told_the(&t, QF_FX_SEND)->key_count, 1);
	assert_int_equal(told_the(&t, QF_FX_SEND)->keys[0].lsn, t.lsn);
	told_fini(&t);
}
