/* test_helm.c - the core thread over a node that does what the test says
 *
 * Neither the worker nor the store has a thread: the test sits at the other
 * ends of their mailboxes.
 */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "net/helm.h"

enum { KEEPS_MAX = 4 };

static struct qf_told *told;
static atomic_size_t steps;
static size_t steps_expected;
static struct qf_bell all_stepped;
static void (*answer)(size_t step, struct qf_effects *out);

/* The node. */
void qf_node_step(struct qf_node *n, struct qf_event *ev, struct qf_now now,
                  struct qf_effects *out)
{
	size_t step;

	(void)n;
	(void)now;
	if (ev->kind == QF_EV_STOP) {
		qf_effects_add(out, QF_FX_STOPPED);
		return;
	}
	step = atomic_fetch_add(&steps, 1) + 1;
	if (step == steps_expected)
		qf_bell_ring(&all_stepped);
	else
		answer(step, out);
}

uint64_t qf_node_wake(const struct qf_node *n)
{
	(void)n;
	return UINT64_MAX;
}

/* For worker.c and writer.c. */
void qf_worker_end(struct qf_worker *w)
{
	atomic_store(&w->ending, true);
	qf_bell_ring(&w->bell);
}

void qf_writer_hurry(struct qf_writer *w)
{
	atomic_store(&w->hurried, true);
}

struct bench {
	struct qf_helm *helm;
	struct qf_writer *writer;
	struct qf_worker *worker;
	atomic_bool starved;
};

static void make_box(struct qf_mailbox *m, size_t capacity,
                     struct qf_bell *consumer, struct qf_bell *producer)
{
	assert_int_equal(qf_mailbox_init(m, capacity, consumer, producer), 0);
}

/* Steps are counted up to `count` and one more, which has no answer. */
static void bench_init(struct bench *b, size_t count,
                       void (*what)(size_t step, struct qf_effects *out))
{
	answer = what;
	atomic_store(&steps, 0);
	steps_expected = count + 1;
	told = qf_told_new();
	b->helm = calloc(1, sizeof *b->helm);
	b->writer = calloc(1, sizeof *b->writer);
	b->worker = calloc(1, sizeof *b->worker);
	assert_int_equal(qf_bell_init(&all_stepped), 0);
	assert_int_equal(qf_bell_init(&b->helm->bell), 0);
	assert_int_equal(qf_bell_init(&b->writer->bell), 0);
	assert_int_equal(qf_bell_init(&b->worker->bell), 0);
	make_box(&b->writer->keeps, KEEPS_MAX, &b->writer->bell,
	         &b->helm->bell);
	make_box(&b->writer->events, KEEPS_MAX, &b->helm->bell,
	         &b->writer->bell);
	make_box(&b->worker->events, 2 * QF_EVENTS_MAX, &b->helm->bell,
	         &b->worker->bell);
	make_box(&b->worker->effects, QF_EFFECTS_MAX, &b->worker->bell,
	         &b->helm->bell);
	assert_int_equal(qf_helm_init(b->helm, &b->starved, NULL, b->writer,
	                              b->worker, 1),
	                 0);
	for (size_t i = 0; i < count + 1; i++) {
		struct qf_event *ev = calloc(1, sizeof *ev);

		assert_true(qf_mailbox_push(&b->worker->events, ev));
	}
	assert_int_equal(qf_helm_start(b->helm), 0);
}

static void bench_fini(struct bench *b)
{
	qf_helm_stop(b->helm);
	assert_true(atomic_load(&b->writer->hurried));
	assert_true(atomic_load(&b->worker->ending));
	qf_helm_fini(b->helm);
	qf_mailbox_fini(&b->writer->keeps, free);
	qf_mailbox_fini(&b->writer->events, qf_event_drop);
	qf_mailbox_fini(&b->worker->events, qf_event_drop);
	qf_mailbox_fini(&b->worker->effects, qf_effect_drop);
	qf_bell_fini(&b->helm->bell);
	qf_bell_fini(&b->writer->bell);
	qf_bell_fini(&b->worker->bell);
	qf_bell_fini(&all_stepped);
	qf_told_unref(told);
	free(b->helm);
	free(b->writer);
	free(b->worker);
}

/* The next effect for the worker; the caller drops it. */
static struct qf_effect *next_effect(struct bench *b)
{
	struct qf_effect *fx;

	while (!(fx = qf_mailbox_pop(&b->worker->effects)))
		qf_bell_wait(&b->worker->bell, UINT64_MAX);
	qf_mailbox_thank(&b->worker->effects);
	return fx;
}

static void post(uint64_t lsn, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_POST);

	fx->post = calloc(1, sizeof *fx->post);
	atomic_init(&fx->post->refs, 1);
	fx->post->last_lsn = lsn;
	fx->told = qf_told_ref(told);
}

static void three_posts(size_t step, struct qf_effects *out)
{
	post(3 * step - 2, out);
	post(3 * step - 1, out);
	post(3 * step, out);
}

TEST(helm, a_post_that_has_no_room_becomes_the_lsn_up_to_which_there_is_more)
{
	enum { FITTING = QF_EFFECTS_MAX - QF_EFFECTS_RESERVED };
	struct bench b;

	bench_init(&b, QF_EVENTS_MAX, three_posts);
	qf_bell_wait(&all_stepped, UINT64_MAX);
	assert_int_equal(atomic_load(&told->lsn), 3 * QF_EVENTS_MAX);
	assert_true(atomic_load(&b.worker->behind));
	assert_int_equal(qf_queue_depth(&b.worker->effects.queue), FITTING);
	for (uint64_t lsn = 1; lsn <= FITTING; lsn++) {
		struct qf_effect *fx = next_effect(&b);

		assert_int_equal(fx->kind, QF_FX_POST);
		assert_int_equal(fx->post->last_lsn, lsn);
		qf_effect_drop(fx);
	}
	bench_fini(&b);
}

/* Answers come between posts, and have to come. */
static void post_and_done(size_t step, struct qf_effects *out)
{
	for (int i = 0; i < 5; i++)
		qf_effects_add(out, QF_FX_DONE)->number = 5 * step + i;
	post(step, out);
}

TEST(helm, whatever_answers_comes_in_order_however_full_the_way_is)
{
	struct bench b;
	uint64_t number = 5;

	bench_init(&b, QF_EVENTS_MAX, post_and_done);
	qf_bell_wait(&all_stepped, UINT64_MAX);
	while (number < 5 * QF_EVENTS_MAX + 5) {
		struct qf_effect *fx = next_effect(&b);

		if (fx->kind == QF_FX_DONE)
			assert_int_equal(fx->number, number++);
		qf_effect_drop(fx);
	}
	assert_int_equal(atomic_load(&told->lsn), QF_EVENTS_MAX);
	bench_fini(&b);
}

static void six_news(size_t step, struct qf_effects *out)
{
	(void)step;
	for (int i = 0; i < 6; i++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_NEWS);

		fx->news = calloc(1, sizeof *fx->news);
		fx->news->kind = QF_NEWS_COPIES;
	}
}

TEST(helm, news_that_has_no_room_is_left_out_and_that_is_said)
{
	struct bench b;
	size_t news = 0;
	bool said = false;

	bench_init(&b, QF_EVENTS_MAX, six_news);
	qf_bell_wait(&all_stepped, UINT64_MAX);
	while (!said) {
		struct qf_effect *fx = next_effect(&b);

		assert_int_equal(fx->kind, QF_FX_NEWS);
		said = fx->news->kind == QF_NEWS_NOTICE;
		news += !said;
		if (said)
			assert_non_null(strstr(fx->news->text, "left out"));
		qf_effect_drop(fx);
	}
	assert_in_range(news, QF_EFFECTS_MAX, 6 * QF_EVENTS_MAX - 1);
	bench_fini(&b);
}

static void six_of_persons(size_t step, struct qf_effects *out)
{
	six_news(step, out);
	for (size_t i = 0; i < out->count; i++)
		out->list[i].news->kind = QF_NEWS_PERSON;
}

TEST(helm, news_of_persons_is_never_left_out)
{
	struct bench b;

	bench_init(&b, QF_EVENTS_MAX, six_of_persons);
	qf_bell_wait(&all_stepped, UINT64_MAX);
	for (size_t i = 0; i < 6 * QF_EVENTS_MAX; i++) {
		struct qf_effect *fx = next_effect(&b);

		assert_int_equal(fx->news->kind, QF_NEWS_PERSON);
		qf_effect_drop(fx);
	}
	bench_fini(&b);
}

static void one_keep(size_t step, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_KEEP);

	fx->keep.kind = QF_KEEP_ROOM;
	fx->keep.number = step;
}

TEST(helm, workers_are_not_heard_while_the_store_takes_no_more)
{
	struct bench b;

	bench_init(&b, 100, one_keep);
	for (uint64_t number = 1; number <= 100; number++) {
		struct qf_keep *k;

		while (!(k = qf_mailbox_pop(&b.writer->keeps)))
			qf_bell_wait(&b.writer->bell, UINT64_MAX);
		assert_int_equal(k->number, number);
		free(k);
		/* Taken, in the mailbox, and one that waits for it. */
		assert_in_range(atomic_load(&steps), number,
		                number + KEEPS_MAX + 1);
		qf_mailbox_thank(&b.writer->keeps);
	}
	qf_bell_wait(&all_stepped, UINT64_MAX);
	bench_fini(&b);
}

static void nothing(size_t step, struct qf_effects *out)
{
	(void)step;
	out->bad = true;
}

static void wait_for_the_end(struct bench *b)
{
	while (!atomic_load(&b->worker->ending))
		qf_bell_wait(&b->worker->bell, UINT64_MAX);
	qf_writer_hurry(b->writer);
}

TEST(helm, out_of_memory_ends_the_engine)
{
	struct bench b;

	bench_init(&b, 10, nothing);
	wait_for_the_end(&b);
	assert_true(atomic_load(&b.starved));
	bench_fini(&b);
	assert_int_equal(atomic_load(&steps), 1);
}

TEST(helm, a_worker_that_ended_by_itself_ends_the_engine)
{
	struct bench b;

	bench_init(&b, 0, NULL);
	qf_bell_wait(&all_stepped, UINT64_MAX);
	atomic_store(&b.worker->deaf, true);
	qf_bell_ring(b.worker->events.consumer);
	wait_for_the_end(&b);
	bench_fini(&b);
}
