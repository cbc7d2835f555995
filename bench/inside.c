/* inside.c - bench: what a second core gains, without sockets
 *
 * usage: inside [SINKS [MESSAGES]]
 *
 * The threads of a node, as it has them: a core that makes each post once and
 * hands it to every worker through a mailbox, workers that carry it to their
 * sinks (sink.h), or that verify envelopes signed alone and hand them to the
 * core. Beside it the same work with nothing shared: each thread makes its own
 * posts, and keeps what it verifies. All threads on one core against two, in
 * turns; the gain of the one to the gain of the other is what sharing costs.
 * Prints one JSON object.
 */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "net/mailbox.h"
#include "sink.h"
#include "world.h"

enum {
	WORKERS = 2,
	BATCH = 16,
	TEXT_BYTES = 64,
	BURST = 20, /* posts that a worker takes in one turn */
	MAILBOX = 1024,
	TURNS = 5,
};

struct worker {
	pthread_t thread;
	unsigned index;
	struct work *work;
	struct qf_bell bell;
	struct qf_mailbox posts;    /* from the core */
	struct qf_mailbox arrivals; /* to it */
	struct qf_carry carry;
	struct sink *sinks;
	uint64_t lsn; /* of its own last post, if it shares nothing */
	struct author author;
	struct qf_batch *batches;
	size_t batch_count;
	struct author loner; /* signs each alone */
};

/* One arrangement of the threads. */
struct work {
	bool shares;
	bool verifies;
	bool spread; /* over the cores; otherwise all are on the first */
	unsigned sinks, messages;
	struct qf_room_id room;
	struct qf_tls tls;
	struct qf_bell bell; /* of the core */
	uint64_t lsn;
	struct worker workers[WORKERS];
};

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The index-th of the cores that we may use, or the first. */
static void stay_on(const struct work *w, unsigned index)
{
	cpu_set_t all, one;

	sched_getaffinity(getpid(), sizeof all, &all);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && (!w->spread || !index--)) {
			CPU_SET(cpu, &one);
			break;
		}
	pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

/* Posts. */

static struct qf_post *make_post(const struct qf_room_id *room,
                                 const struct qf_batch *of, uint64_t *lsn)
{
	struct qf_posted items[BATCH];
	uint64_t before = *lsn;
	struct qf_post *post;

	for (size_t i = 0; i < of->count; i++)
		items[i] = (struct qf_posted){ of->envelopes[i], ++*lsn };
	post = qf_post_new(room, before, 0, items, of->count);
	if (!post)
		die("out of memory");
	return post;
}

static void carry_out(struct worker *w, struct qf_buf *plain,
                      struct qf_buf *wire)
{
	for (unsigned i = 0; i < w->work->sinks / WORKERS; i++)
		sink_pull(&w->sinks[i], plain, wire);
	sink_answer(&w->carry, NULL);
}

static size_t take_posts(struct worker *w)
{
	struct qf_post *post;
	size_t n = 0;

	while (n < BURST && (post = qf_mailbox_pop(&w->posts))) {
		qf_carry_post(&w->carry, post);
		n++;
	}
	qf_mailbox_thank(&w->posts);
	if (!n)
		qf_bell_wait(&w->bell, UINT64_MAX);
	return n;
}

static size_t make_posts(struct worker *w, size_t from)
{
	size_t n;

	for (n = 0; n < BURST && from + n < w->batch_count; n++)
		qf_carry_post(&w->carry,
		              make_post(&w->work->room, &w->batches[from + n],
		                        &w->lsn));
	return n;
}

static void deliver(struct worker *w)
{
	struct qf_buf plain = { 0 }, wire = { 0 };
	size_t done = 0;

	while (done < w->batch_count) {
		size_t n = w->work->shares ? take_posts(w)
		                           : make_posts(w, done);

		done += n;
		if (n)
			carry_out(w, &plain, &wire);
	}
	qf_buf_fini(&plain);
	qf_buf_fini(&wire);
}

static void push(struct qf_mailbox *to, struct qf_bell *own, void *item)
{
	while (!qf_mailbox_push(to, item)) {
		qf_mailbox_ring(to);
		qf_bell_wait(own, UINT64_MAX);
	}
}

static void lead_deliveries(struct work *w)
{
	struct worker *first = &w->workers[0];

	for (size_t i = 0; i < first->batch_count; i++) {
		struct qf_post *post = make_post(&w->room, &first->batches[i],
		                                 &w->lsn);

		for (int j = 0; j < WORKERS; j++)
			push(&w->workers[j].posts, &w->bell, qf_post_ref(post));
		qf_post_unref(post);
		for (int j = 0; j < WORKERS && i % BURST == 0; j++)
			qf_mailbox_ring(&w->workers[j].posts);
	}
	for (int j = 0; j < WORKERS; j++)
		qf_mailbox_ring(&w->workers[j].posts);
}

/* A backlog. */

static void check(struct worker *w)
{
	struct qf_roots roots = { 0 };
	struct qf_bytes chunk;

	w->loner.next = w->loner.said = 0;
	while ((chunk = author_say(&w->loner, 0)).len) {
		struct qf_cursor c = qf_cursor(chunk);
		struct qf_batch batch;

		qf_get_span(&c, QF_FRAME_HEAD_BYTES + 2);
		if (qf_batch_get(&c, &w->work->room, &roots, &batch))
			die("a backlog is not what was signed");
		if (w->work->shares) {
			push(&w->arrivals, &w->bell, batch.envelopes[0]);
			qf_mailbox_ring(&w->arrivals);
		} else {
			qf_batch_clear(&batch);
		}
	}
	qf_roots_fini(&roots);
}

static void lead_backlog(struct work *w)
{
	size_t left = (size_t)w->workers[0].loner.messages * WORKERS;

	while (left) {
		size_t before = left;

		for (int i = 0; i < WORKERS; i++) {
			struct qf_mailbox *from = &w->workers[i].arrivals;
			struct qf_envelope *e;

			while ((e = qf_mailbox_pop(from))) {
				qf_envelope_unref(e);
				left--;
			}
			qf_mailbox_thank(from);
		}
		if (left == before)
			qf_bell_wait(&w->bell, UINT64_MAX);
	}
}

/* Arrangements. */

static void *run(void *ctx)
{
	struct worker *w = ctx;

	stay_on(w->work, w->index);
	if (w->work->verifies)
		check(w);
	else
		deliver(w);
	return NULL;
}

static void *lead(void *ctx)
{
	struct work *w = ctx;

	if (!w->spread)
		stay_on(w, 0);
	if (w->verifies)
		lead_backlog(w);
	else
		lead_deliveries(w);
	return NULL;
}

/* Seconds that it takes. */
static double measure(struct work *w, bool spread, bool verifies)
{
	double began = now();
	pthread_t core;

	w->spread = spread;
	w->verifies = verifies;
	if (w->shares)
		pthread_create(&core, NULL, lead, w);
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&w->workers[i].thread, NULL, run,
		               &w->workers[i]);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(w->workers[i].thread, NULL);
	if (w->shares)
		pthread_join(core, NULL);
	return now() - began;
}

static void make_batches(struct worker *w, unsigned messages)
{
	struct qf_roots roots = { 0 };
	struct qf_bytes chunk;

	author_init(&w->author, 0, w->index);
	author_sign(&w->author, &w->work->room, messages, TEXT_BYTES, BATCH);
	w->batches = calloc(w->author.chunk_count, sizeof *w->batches);
	while (w->batches && (chunk = author_say(&w->author, 0)).len) {
		struct qf_cursor c = qf_cursor(chunk);

		qf_get_span(&c, QF_FRAME_HEAD_BYTES + 2);
		if (qf_batch_get(&c, &w->work->room, &roots,
		                 &w->batches[w->batch_count++]))
			die("a batch is not what was signed");
	}
	qf_roots_fini(&roots);
	author_init(&w->loner, 0, w->index);
	author_sign(&w->loner, &w->work->room, messages, TEXT_BYTES, 1);
}

static void make_worker(struct work *work, unsigned index)
{
	struct worker *w = &work->workers[index];
	unsigned sinks = work->sinks / WORKERS;

	w->index = index;
	w->work = work;
	qf_carry_init(&w->carry);
	w->sinks = calloc(sinks, sizeof *w->sinks);
	if (!w->sinks || qf_bell_init(&w->bell) ||
	    qf_mailbox_init(&w->posts, MAILBOX, &w->bell, &work->bell) ||
	    qf_mailbox_init(&w->arrivals, MAILBOX, &work->bell, &w->bell) ||
	    !qf_carry_room(&w->carry, &work->room, "#bench"))
		die("out of memory");
	for (unsigned i = 0; i < sinks; i++)
		sink_init(&w->sinks[i], &work->tls, &w->carry, &work->room,
		          i + 1);
	make_batches(w, work->messages);
}

static void make_work(struct work *w, bool shares, unsigned sinks,
                      unsigned messages)
{
	static const uint8_t seed[QF_SEED_BYTES] = { 3 };
	struct qf_buf pem = { 0 };

	*w = (struct work){ .shares = shares,
		            .sinks = sinks,
		            .messages = messages };
	qf_room_id_open(&w->room, "#bench");
	if (qf_bell_init(&w->bell) || qf_tls_make_pem(&pem) ||
	    qf_tls_init(&w->tls, seed, qf_buf_bytes(&pem)))
		die("out of memory");
	qf_buf_fini(&pem);
	for (unsigned i = 0; i < WORKERS; i++)
		make_worker(w, i);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *of)
{
	qsort(of, TURNS, sizeof *of, compare);
	return of[TURNS / 2];
}

static void race(const char *name, struct work *node, struct work *apart,
                 bool verifies, double items)
{
	double gain[TURNS], bound[TURNS], serial[TURNS], parallel[TURNS];
	double g, b;

	for (int i = 0; i < TURNS; i++) {
		serial[i] = measure(node, false, verifies);
		bound[i] = measure(apart, false, verifies);
		parallel[i] = measure(node, true, verifies);
		bound[i] /= measure(apart, true, verifies);
		gain[i] = serial[i] / parallel[i];
	}
	g = median(gain);
	b = median(bound);
	printf("\"%s\": {\"serial\": %.0f, \"parallel\": %.0f, \"gain\": %.3f, "
	       "\"apart\": %.3f, \"of_apart\": %.3f}",
	       name, items / median(serial), items / median(parallel), g, b,
	       g / b);
}

int main(int argc, char **argv)
{
	unsigned sinks = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
	unsigned messages = argc > 2 ? (unsigned)atoi(argv[2]) : 16000;
	static struct work node, apart;

	if (!qf_identity_ready())
		die("there is no randomness");
	make_work(&node, true, sinks, messages);
	make_work(&apart, false, sinks, messages);
	printf("{");
	race("deliveries", &node, &apart, false, (double)sinks * messages);
	printf(", ");
	race("backlog", &node, &apart, true, (double)WORKERS * messages);
	printf("}\n");
	return 0;
}
