/* test_node_arrivals.c - what links bring is kept in its author's order, and
 * the links are told when it is stored
 */
#include "test.h"

#include "core/early.h"
#include "told.h"

static const qf_conn ana_link = 2;
static const qf_conn bob_link = (qf_conn)1 << 48 | 2; /* of worker 1 */

struct scene {
	struct told t;
	struct qf_envelope *eve[6]; /* what eve says, who is not linked */
};

static void link_with(struct told *t, qf_conn conn, uint8_t author)
{
	struct lines peer = lines_of(author, "#lobby");

	told_event(t, (struct qf_event){ .kind = QF_EV_LINK_UP,
	                                 .conn = conn,
	                                 .key = peer.author.key });
}

static void begin(struct scene *s)
{
	struct lines eve = lines_of(5, "#lobby");

	told_init(&s->t);
	lines_say(&eve, s->eve, 6, 10);
	link_with(&s->t, ana_link, 1);
	link_with(&s->t, bob_link, 2);
}

static void end(struct scene *s)
{
	lines_release(s->eve, 6);
	told_fini(&s->t);
}

/* They were pushed as they came, and the link has carried so many. */
static void pushed(struct scene *s, qf_conn link, uint64_t number,
                   unsigned first, unsigned n)
{
	struct qf_event ev = {
		.kind = QF_EV_ARRIVED,
		.conn = link,
		.number = number,
		.room = told_room_id("#lobby"),
		.envelopes = calloc(n, sizeof *ev.envelopes),
		.envelope_count = n,
		.live = true,
	};

	for (unsigned i = 0; i < n; i++)
		ev.envelopes[i] = qf_envelope_ref(s->eve[first - 1 + i]);
	told_step(&s->t, &ev);
}

static void named(struct scene *s, qf_conn link, unsigned number)
{
	struct qf_event ev = { .kind = QF_EV_NAMED,
		               .conn = link,
		               .number = 1,
		               .room = told_room_id("#lobby"),
		               .keys = calloc(1, sizeof *ev.keys),
		               .key_count = 1 };

	*ev.keys = qf_setkey_of(s->eve[number - 1], 0);
	told_step(&s->t, &ev);
}

static void expect_kept(struct scene *s, unsigned first, size_t n)
{
	assert_int_equal(s->t.keep_count, n);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(s->t.keeps[i].envelope, s->eve[first - 1 + i]);
}

TEST(node_arrivals, a_line_waits_for_the_one_that_it_overtook)
{
	struct scene s;

	begin(&s);
	pushed(&s, ana_link, 1, 1, 1);
	pushed(&s, ana_link, 3, 3, 2);
	expect_kept(&s, 1, 1);
	told_commit(&s.t, TOLD_ALL);
	assert_int_equal(told_count(&s.t, QF_FX_DONE), 1);
	told_done(&s.t, 0, ana_link, 1);
	/* bob's link does not wait, and what it brings ends the waiting. */
	pushed(&s, bob_link, 1, 2, 1);
	expect_kept(&s, 2, 3);
	told_commit(&s.t, 1);
	assert_int_equal(told_count(&s.t, QF_FX_DONE), 1);
	told_done(&s.t, 0, bob_link, 1);
	told_commit(&s.t, TOLD_ALL);
	assert_int_equal(told_count(&s.t, QF_FX_DONE), 1);
	told_done(&s.t, 0, ana_link, 3);
	end(&s);
}

TEST(node_arrivals, what_does_not_come_is_waited_for_for_a_moment)
{
	struct scene s;

	begin(&s);
	pushed(&s, ana_link, 1, 1, 1);
	pushed(&s, ana_link, 2, 3, 1);
	told_commit(&s.t, TOLD_ALL);
	assert_in_range(qf_node_wake(s.t.node), s.t.now.mono_ms,
	                s.t.now.mono_ms + QF_EARLY_MS);
	told_tick(&s.t, QF_EARLY_MS - 1);
	assert_int_equal(s.t.keep_count, 0);
	told_tick(&s.t, 1);
	expect_kept(&s, 3, 1);
	told_commit(&s.t, TOLD_ALL);
	told_done(&s.t, 0, ana_link, 2);
	/* From there on nothing is missing. */
	pushed(&s, ana_link, 3, 4, 1);
	expect_kept(&s, 4, 1);
	end(&s);
}

TEST(node_arrivals, what_waits_and_comes_again_is_kept_once_and_done_for_both)
{
	struct scene s;

	begin(&s);
	named(&s, bob_link, 2);
	pushed(&s, ana_link, 1, 3, 1);
	pushed(&s, bob_link, 1, 3, 1);
	assert_int_equal(s.t.keep_count, 0);
	assert_int_equal(told_count(&s.t, QF_FX_DONE), 0);
	pushed(&s, bob_link, 2, 2, 1);
	expect_kept(&s, 2, 2);
	told_commit(&s.t, TOLD_ALL);
	assert_int_equal(told_count(&s.t, QF_FX_DONE), 2);
	told_done(&s.t, 0, ana_link, 1);
	told_done(&s.t, 1, bob_link, 2);
	end(&s);
}

TEST(node_arrivals, meanwhile_all_but_the_newest_event_is_answered)
{
	struct scene s;
	const struct qf_effect *done;

	begin(&s);
	pushed(&s, ana_link, 1, 1, 1);
	told_commit(&s.t, TOLD_ALL);
	pushed(&s, ana_link, 2, 3, 1);
	told_nothing(&s.t);
	pushed(&s, ana_link, 3, 4, 1);
	done = told_the(&s.t, QF_FX_DONE);
	assert_int_equal(done->event, 2);
	assert_int_equal(done->number, 1);
	pushed(&s, bob_link, 1, 2, 1);
	told_commit(&s.t, TOLD_ALL);
	done = told_nth(&s.t, QF_FX_DONE, 1);
	assert_int_equal(done->conn, ana_link);
	assert_int_equal(done->event, 3);
	assert_int_equal(done->number, 3);
	end(&s);
}

TEST(node_arrivals, what_waits_is_not_asked_for)
{
	struct scene s;

	begin(&s);
	pushed(&s, ana_link, 1, 1, 1);
	told_commit(&s.t, TOLD_ALL);
	pushed(&s, ana_link, 2, 3, 1);
	named(&s, bob_link, 3);
	told_tick(&s.t, QF_WANT_MS + QF_WANT_JITTER_MS);
	assert_int_equal(told_count(&s.t, QF_FX_GRAFT), 0);
	end(&s);
}

TEST(node_arrivals, a_link_that_goes_leaves_what_it_brought)
{
	struct scene s;

	begin(&s);
	pushed(&s, ana_link, 1, 1, 1);
	pushed(&s, ana_link, 2, 3, 1);
	told_commit(&s.t, TOLD_ALL);
	told_event(&s.t, (struct qf_event){ .kind = QF_EV_LINK_DOWN,
	                                    .conn = ana_link });
	told_tick(&s.t, QF_EARLY_MS);
	expect_kept(&s, 3, 1);
	told_commit(&s.t, TOLD_ALL);
	assert_int_equal(told_count(&s.t, QF_FX_DONE), 0);
	end(&s);
}
