/* test_queue.c - the bounded queue: capacity, order, and two threads at once */
#include "test.h"

#include <pthread.h>
#include <sched.h>

#include "core/err.h"
#include "core/queue.h"

enum { ITEMS = 100000 };

static int items[ITEMS];

TEST(queue, capacity_is_rounded_up_to_a_power_of_two)
{
	static const size_t asked[] = { 0, 1, 2, 3, 5, 64, 65 };
	static const size_t given[] = { 1, 1, 2, 4, 8, 64, 128 };

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct qf_queue q;

		assert_int_equal(qf_queue_init(&q, asked[i]), QF_OK);
		assert_int_equal(qf_queue_free(&q), given[i]);
		qf_queue_fini(&q);
	}
}

TEST(queue, a_full_queue_takes_nothing_until_something_left)
{
	struct qf_queue q;

	assert_int_equal(qf_queue_init(&q, 2), QF_OK);
	assert_true(qf_queue_push(&q, &items[0]));
	assert_true(qf_queue_push(&q, &items[1]));
	assert_int_equal(qf_queue_free(&q), 0);
	assert_false(qf_queue_push(&q, &items[2]));
	assert_int_equal(qf_queue_depth(&q), 2);

	assert_ptr_equal(qf_queue_pop(&q), &items[0]);
	assert_int_equal(qf_queue_free(&q), 1);
	assert_true(qf_queue_push(&q, &items[3]));
	assert_ptr_equal(qf_queue_pop(&q), &items[1]);
	assert_ptr_equal(qf_queue_pop(&q), &items[3]);
	qf_queue_fini(&q);
}

TEST(queue, an_empty_queue_gives_nothing)
{
	struct qf_queue q;

	assert_int_equal(qf_queue_init(&q, 4), QF_OK);
	assert_null(qf_queue_pop(&q));
	assert_int_equal(qf_queue_depth(&q), 0);
	assert_true(qf_queue_push(&q, &items[0]));
	assert_ptr_equal(qf_queue_pop(&q), &items[0]);
	assert_null(qf_queue_pop(&q));
	qf_queue_fini(&q);
}

TEST(queue, first_in_is_first_out_past_many_turns_of_the_ring)
{
	struct qf_queue q;
	size_t pushed = 0;
	size_t popped = 0;

	assert_int_equal(qf_queue_init(&q, 8), QF_OK);
	while (popped < 1000) {
		for (size_t burst = pushed % 8 + 1; burst > 0; burst--)
			pushed += qf_queue_push(&q, &items[pushed]);
		for (size_t burst = popped % 5 + 1; burst > 0; burst--) {
			void *item = qf_queue_pop(&q);

			if (item)
				assert_ptr_equal(item, &items[popped++]);
		}
		assert_int_equal(qf_queue_depth(&q), pushed - popped);
	}
	qf_queue_fini(&q);
}

/* What the producer wrote behind the pointer must be seen with it. */
static void *produce(void *arg)
{
	struct qf_queue *q = arg;

	for (int i = 0; i < ITEMS; i++) {
		items[i] = i;
		while (!qf_queue_push(q, &items[i]))
			sched_yield();
	}
	return NULL;
}

TEST(queue, what_one_thread_pushes_another_pops_whole_and_in_order)
{
	struct qf_queue q;
	pthread_t producer;

	assert_int_equal(qf_queue_init(&q, 16), QF_OK);
	assert_int_equal(pthread_create(&producer, NULL, produce, &q), 0);
	for (int i = 0; i < ITEMS; i++) {
		int *item;

		while (!(item = qf_queue_pop(&q)))
			sched_yield();
		assert_ptr_equal(item, &items[i]);
		assert_int_equal(*item, i);
		*item = -1; /* it is ours now */
	}
	assert_int_equal(pthread_join(producer, NULL), 0);
	assert_null(qf_queue_pop(&q));
	qf_queue_fini(&q);
}
