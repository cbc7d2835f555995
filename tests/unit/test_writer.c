/* test_writer.c - the store thread over a store that does what the test says */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "net/writer.h"

/* The store: takes `together` keeps at a time, fails so many times first. */
static size_t together;
static atomic_int failures;
static bool damaged; /* that is why it fails */
static int tries;
static uint64_t first_number[64]; /* of each try */
static const char *(*reason)(int attempt);

size_t qf_store_fit(const struct qf_keep *keeps, size_t n)
{
	(void)keeps;
	return n < together ? n : together;
}

int qf_store_commit(struct qf_store *st, struct qf_keep *keeps, size_t n)
{
	(void)st;
	(void)n;
	if (tries < 64)
		first_number[tries] = keeps[0].number;
	tries++;
	return atomic_fetch_sub(&failures, 1) > 0 ? QF_E_IO : QF_OK;
}

const char *qf_store_why(const struct qf_store *st)
{
	(void)st;
	return reason(tries);
}

bool qf_store_damaged(const struct qf_store *st)
{
	(void)st;
	return damaged;
}

static const char *disk_is_full(int attempt)
{
	(void)attempt;
	return "the disk is full";
}

static const char *another_each_time(int attempt)
{
	return attempt == 1 ? "the disk is full" : "the disk is gone";
}

struct bench {
	struct qf_writer *writer;
	struct qf_home home;
	struct qf_bell core;
	atomic_bool starved;
};

static void bench_init(struct bench *b, size_t keeps_together, int times)
{
	together = keeps_together;
	atomic_store(&failures, times);
	tries = 0;
	damaged = false;
	reason = disk_is_full;
	memset(b, 0, sizeof *b);
	b->home.lock_fd = -1;
	assert_int_equal(qf_bell_init(&b->core), 0);
	b->writer = calloc(1, sizeof *b->writer);
	assert_int_equal(qf_writer_init(b->writer, &b->home, NULL, &b->core,
	                                &b->starved),
	                 0);
}

static void bench_fini(struct bench *b)
{
	qf_writer_fini(b->writer);
	free(b->writer);
	qf_bell_fini(&b->core);
}

static void push(struct bench *b, uint64_t number)
{
	struct qf_keep *k = calloc(1, sizeof *k);

	k->kind = QF_KEEP_ROOM;
	k->number = number;
	assert_true(qf_mailbox_push(&b->writer->keeps, k));
	qf_mailbox_ring(&b->writer->keeps);
}

/* The next word of the store thread; released by release(). */
static struct qf_event *hear(struct bench *b)
{
	struct qf_event *ev;

	while (!(ev = qf_mailbox_pop(&b->writer->events)))
		qf_bell_wait(&b->core, UINT64_MAX);
	qf_mailbox_thank(&b->writer->events);
	return ev;
}

static void release(struct qf_event *ev)
{
	qf_event_fini(ev);
	free(ev);
}

static void expect_committed(struct bench *b, uint64_t first, size_t count)
{
	struct qf_event *ev = hear(b);

	assert_int_equal(ev->kind, QF_EV_COMMITTED);
	assert_int_equal(ev->keep_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ev->keeps[i].number, first + i);
	release(ev);
}

static void expect_trouble(struct bench *b, const char *text)
{
	struct qf_event *ev = hear(b);

	assert_int_equal(ev->kind, QF_EV_NOT_COMMITTED);
	assert_string_equal(ev->text, text);
	release(ev);
}

TEST(writer, what_waits_goes_into_one_commit_as_far_as_it_fits)
{
	struct bench b;

	bench_init(&b, 4, 0);
	for (uint64_t i = 1; i <= 10; i++)
		push(&b, i);
	assert_int_equal(qf_writer_start(b.writer), 0);
	expect_committed(&b, 1, 4);
	expect_committed(&b, 5, 4);
	expect_committed(&b, 9, 2);
	bench_fini(&b);
}

TEST(writer, a_commit_that_failed_is_tried_again_with_the_same_keeps)
{
	struct bench b;

	bench_init(&b, 100, 2);
	push(&b, 1);
	push(&b, 2);
	assert_int_equal(qf_writer_start(b.writer), 0);
	expect_trouble(&b, "the disk is full");
	expect_committed(&b, 1, 2);
	bench_fini(&b);
	assert_int_equal(tries, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(first_number[i], 1);
}

TEST(writer, another_reason_is_told_again)
{
	struct bench b;

	bench_init(&b, 100, 2);
	reason = another_each_time;
	push(&b, 1);
	assert_int_equal(qf_writer_start(b.writer), 0);
	expect_trouble(&b, "the disk is full");
	expect_trouble(&b, "the disk is gone");
	expect_committed(&b, 1, 1);
	bench_fini(&b);
}

TEST(writer, hurried_while_it_fails_it_gives_up)
{
	struct bench b;

	bench_init(&b, 100, 1000000);
	push(&b, 1);
	assert_int_equal(qf_writer_start(b.writer), 0);
	expect_trouble(&b, "the disk is full");
	qf_writer_hurry(b.writer);
	while (!atomic_load(&b.writer->gave_up))
		qf_bell_wait(&b.core, UINT64_MAX);
	bench_fini(&b);
}

TEST(writer, ending_it_writes_what_it_has)
{
	struct bench b;

	bench_init(&b, 3, 0);
	for (uint64_t i = 1; i <= 9; i++)
		push(&b, i);
	assert_int_equal(qf_writer_start(b.writer), 0);
	bench_fini(&b);
	assert_int_equal(tries, 3);
}
