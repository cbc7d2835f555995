/* test_mailbox.c - queues between threads: nothing lost, nobody sleeps on */
#include "test.h"

#include <poll.h>
#include <pthread.h>

#include "core/err.h"
#include "net/outlet.h"

enum { MANY = 200000, SMALL = 4 };

static int items[MANY];

static bool rings(const struct qf_bell *b)
{
	struct pollfd fd = { .fd = b->fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

struct pair {
	struct qf_bell consumer;
	struct qf_bell producer;
	struct qf_mailbox box;
};

static void pair_init(struct pair *p, size_t capacity)
{
	assert_int_equal(qf_bell_init(&p->consumer), QF_OK);
	assert_int_equal(qf_bell_init(&p->producer), QF_OK);
	assert_int_equal(
		qf_mailbox_init(&p->box, capacity, &p->consumer, &p->producer),
		QF_OK);
}

static int dropped;

static void drop(void *item)
{
	(void)item;
	dropped++;
}

static void pair_fini(struct pair *p)
{
	qf_mailbox_fini(&p->box, drop);
	qf_bell_fini(&p->consumer);
	qf_bell_fini(&p->producer);
}

TEST(bell, a_bell_rings_until_it_is_answered)
{
	struct qf_bell b;

	assert_int_equal(qf_bell_init(&b), QF_OK);
	assert_false(rings(&b));
	qf_bell_ring(&b);
	qf_bell_ring(&b);
	assert_true(rings(&b));
	qf_bell_answer(&b);
	assert_false(rings(&b));
	qf_bell_ring(&b);
	assert_true(rings(&b));
	qf_bell_fini(&b);
}

TEST(bell, waiting_ends_when_the_time_has_come)
{
	struct qf_bell b;

	assert_int_equal(qf_bell_init(&b), QF_OK);
	qf_bell_wait(&b, 0);
	qf_bell_ring(&b);
	qf_bell_wait(&b, UINT64_MAX);
	assert_false(rings(&b));
	qf_bell_fini(&b);
}

TEST(mailbox, pushing_rings_once_for_many)
{
	struct pair p;

	pair_init(&p, SMALL);
	qf_mailbox_ring(&p.box);
	assert_false(rings(&p.consumer));
	assert_true(qf_mailbox_push(&p.box, &items[0]));
	assert_true(qf_mailbox_push(&p.box, &items[1]));
	assert_false(rings(&p.consumer));
	qf_mailbox_ring(&p.box);
	assert_true(rings(&p.consumer));
	assert_ptr_equal(qf_mailbox_pop(&p.box), &items[0]);
	assert_ptr_equal(qf_mailbox_pop(&p.box), &items[1]);
	assert_null(qf_mailbox_pop(&p.box));
	pair_fini(&p);
}

TEST(mailbox, a_refused_producer_is_told_when_there_is_room)
{
	struct pair p;

	pair_init(&p, SMALL);
	for (int i = 0; i < SMALL; i++)
		assert_true(qf_mailbox_push(&p.box, &items[i]));
	qf_mailbox_thank(&p.box);
	assert_false(rings(&p.producer));
	assert_false(qf_mailbox_push(&p.box, &items[SMALL]));
	assert_non_null(qf_mailbox_pop(&p.box));
	qf_mailbox_thank(&p.box);
	assert_true(rings(&p.producer));
	qf_bell_answer(&p.producer);
	qf_mailbox_thank(&p.box);
	assert_false(rings(&p.producer));
	pair_fini(&p);
}

TEST(mailbox, what_is_left_at_the_end_is_released)
{
	struct pair p;

	pair_init(&p, SMALL);
	qf_mailbox_push(&p.box, &items[0]);
	qf_mailbox_push(&p.box, &items[1]);
	dropped = 0;
	pair_fini(&p);
	assert_int_equal(dropped, 2);
}

static void *produce(void *ctx)
{
	struct pair *p = ctx;
	int sent = 0;

	while (sent < MANY) {
		while (sent < MANY && qf_mailbox_push(&p->box, &items[sent]))
			sent++;
		qf_mailbox_ring(&p->box);
		if (sent < MANY)
			qf_bell_wait(&p->producer, UINT64_MAX);
	}
	return NULL;
}

/* Either side sleeps whenever it can, so that a wake-up that is lost would end
 * this test never. */
TEST(mailbox, two_threads_that_sleep_whenever_they_can_pass_on_everything)
{
	struct pair p;
	pthread_t thread;
	int got = 0;

	pair_init(&p, SMALL);
	assert_int_equal(pthread_create(&thread, NULL, produce, &p), 0);
	while (got < MANY) {
		int *item;

		while ((item = qf_mailbox_pop(&p.box)))
			assert_ptr_equal(item, &items[got++]);
		qf_mailbox_thank(&p.box);
		if (got < MANY)
			qf_bell_wait(&p.consumer, UINT64_MAX);
	}
	pthread_join(thread, NULL);
	pair_fini(&p);
}

TEST(outlet, what_does_not_fit_waits_in_order)
{
	struct qf_outlet o;
	struct pair p;
	int got = 0;

	pair_init(&p, SMALL);
	qf_outlet_init(&o, &p.box);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(qf_outlet_put(&o, &items[i]), QF_OK);
	assert_int_equal(o.count, 1000 - SMALL);
	assert_ptr_equal(*qf_outlet_at(&o, 0), &items[SMALL]);
	while (got < 1000) {
		int *item = qf_mailbox_pop(&p.box);

		if (item)
			assert_ptr_equal(item, &items[got++]);
		else
			qf_outlet_pour(&o);
	}
	assert_int_equal(o.count, 0);
	qf_outlet_fini(&o, drop);
	pair_fini(&p);
}

TEST(outlet, what_waits_at_the_end_is_released)
{
	struct qf_outlet o;
	struct pair p;

	pair_init(&p, SMALL);
	qf_outlet_init(&o, &p.box);
	for (int i = 0; i < 10; i++)
		qf_outlet_put(&o, &items[i]);
	dropped = 0;
	qf_outlet_fini(&o, drop);
	assert_int_equal(dropped, 10 - SMALL);
	pair_fini(&p);
	assert_int_equal(dropped, 10);
}
