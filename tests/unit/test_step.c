/* test_step.c - events and effects let go of what nobody took out of them */
#include "test.h"

#include <stdlib.h>

#include "core/step.h"
#include "lines.h"

/* What an event or effect may hold; each test ends as the only holder. */
struct held {
	struct qf_envelope *line;
	struct qf_told *told;
	struct qf_snapshot *snapshot;
	struct qf_post *post;
};

static void held_init(struct held *h)
{
	struct lines ana = lines_of(1, "#lobby");
	struct qf_keyset set;

	lines_say(&ana, &h->line, 1, 10);
	h->told = qf_told_new();
	qf_keyset_init(&set);
	h->snapshot = qf_snapshot_new(&set, 1);
	qf_keyset_fini(&set);
	h->post = qf_post_new(&ana.room, 0, 0,
	                      &(struct qf_posted){ h->line, 1 }, 1);
	assert_non_null(h->post);
}

static void held_fini(struct held *h)
{
	assert_int_equal(h->told->refs, 1);
	assert_int_equal(h->snapshot->refs, 1);
	assert_int_equal(h->post->refs, 1);
	assert_int_equal(h->line->refs, 2); /* the post's */
	qf_told_unref(h->told);
	qf_snapshot_unref(h->snapshot);
	qf_post_unref(h->post);
	qf_envelope_unref(h->line);
}

static struct qf_effect *add(struct qf_effects *list, enum qf_effect_kind kind)
{
	struct qf_effect *fx = qf_effects_add(list, kind);

	assert_non_null(fx);
	assert_int_equal(fx->kind, kind);
	return fx;
}

TEST(step, a_conn_says_its_worker)
{
	assert_int_equal(qf_conn_worker(1), 0);
	assert_int_equal(qf_conn_worker((qf_conn)3 << 48 | 12), 3);
	assert_int_equal(qf_conn_worker(UINT64_MAX), 65535);
}

TEST(step, an_event_lets_go_of_what_it_holds)
{
	struct qf_event ev = { .kind = QF_EV_ARRIVED };
	struct held h;

	held_init(&h);
	ev.text = strdup("why");
	ev.envelopes = calloc(2, sizeof(struct qf_envelope *));
	ev.envelopes[0] = qf_envelope_ref(h.line);
	ev.envelopes[1] = NULL; /* it was taken */
	ev.envelope_count = 2;
	ev.keeps = calloc(2, sizeof *ev.keeps);
	ev.keeps[0].envelope = qf_envelope_ref(h.line);
	ev.keeps[1] = (struct qf_keep){ .kind = QF_KEEP_ROOM,
		                        .joined = QF_JOINED };
	ev.keep_count = 2;
	ev.command = calloc(1, sizeof *ev.command);
	ev.command->room = strdup("#lobby");
	ev.command->text = strdup("hi");
	qf_event_fini(&ev);
	held_fini(&h);
	qf_command_free(NULL);
}

TEST(step, an_effect_lets_go_of_what_it_holds)
{
	struct qf_effects list = { 0 };
	struct qf_effect *fx;
	struct held h;

	held_init(&h);
	fx = add(&list, QF_FX_KEEP);
	fx->keep.envelope = qf_envelope_ref(h.line);
	fx = add(&list, QF_FX_PAIR);
	fx->snapshot = qf_snapshot_ref(h.snapshot);
	fx->told = qf_told_ref(h.told);
	fx = add(&list, QF_FX_POST);
	fx->post = qf_post_ref(h.post);
	fx->text = strdup("why");
	fx = add(&list, QF_FX_ANSWER);
	fx->answer = calloc(1, sizeof *fx->answer);
	fx->answer->text = strdup("how");
	fx->answer->status = calloc(1, sizeof *fx->answer->status);
	fx->answer->status->store_trouble = strdup("the disk is full");
	fx->answer->status->rooms = calloc(1, sizeof(struct qf_room_status));
	fx->answer->status->links = calloc(1, sizeof(struct qf_link_status));
	fx = add(&list, QF_FX_NEWS);
	fx->news = calloc(1, sizeof *fx->news);
	fx->news->text = strdup("news");
	qf_effects_fini(&list);
	held_fini(&h);
	qf_answer_free(NULL);
	qf_news_free(NULL);
}

TEST(step, what_was_taken_is_not_let_go)
{
	struct qf_effects list = { 0 };
	struct qf_post *taken;
	struct qf_effect *fx;
	struct held h;

	held_init(&h);
	fx = add(&list, QF_FX_POST);
	fx->post = qf_post_ref(h.post);
	taken = fx->post;
	fx->post = NULL;
	qf_effects_clear(&list);
	assert_int_equal(h.post->refs, 2);
	qf_post_unref(taken);
	qf_effects_fini(&list);
	held_fini(&h);
}

TEST(step, a_cleared_list_keeps_its_memory_and_gives_zeroed_effects)
{
	struct qf_effects list = { 0 };
	size_t cap;

	for (uint64_t i = 0; i < 100; i++)
		add(&list, QF_FX_DONE)->number = i;
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(list.list[i].number, i);
	cap = list.cap;
	qf_effects_clear(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(list.cap, cap);
	assert_int_equal(add(&list, QF_FX_DONE)->number, 0);
	assert_false(list.bad);
	qf_effects_fini(&list);
	assert_null(list.list);
}
