/* test_halves.c - two halves of a network meet: everything comes to each once
 *
 * Each node has links as a mesh makes them: with the next on a ring, and with
 * two others. Both halves have said their lines apart; then they are one ring.
 * What goes over all links until everyone has everything is compared with the
 * lines that were missing, as one batch after the other would carry them.
 */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "core/batch.h"
#include "sim/law.h"
#include "sim/world.h"

#define ROOM "#lobby"

enum { SIDE = 8, ALL = 2 * SIDE, FEW_BYTES = 64 * 1024 };

struct halves {
	struct world *w;
	struct host *nodes[ALL]; /* of one half, then of the other */
	bool linked[ALL][ALL];
};

static void join(struct halves *h, size_t a, size_t b)
{
	if (a == b || h->linked[a][b])
		return;
	h->linked[a][b] = h->linked[b][a] = true;
	if (world_random(h->w, 2))
		world_link(h->nodes[a], h->nodes[b]);
	else
		world_link(h->nodes[b], h->nodes[a]);
}

static void begin(struct halves *h, uint64_t seed)
{
	struct world_options o = world_defaults(seed);

	o.latency_ms = 2;
	*h = (struct halves){ .w = world_new(&o) };
	for (size_t i = 0; i < ALL; i++) {
		char name[8];

		snprintf(name, sizeof name, "n%zu", i);
		h->nodes[i] = world_host(h->w, name, 2);
		world_join(h->nodes[i], ROOM);
	}
	for (size_t i = 0; i < ALL; i++) {
		size_t first = i / SIDE * SIDE;

		join(h, i, first + (i + 1) % SIDE);
		for (size_t k = 0; k < 2; k++)
			join(h, i, first + world_random(h->w, SIDE));
	}
	world_run_ms(h->w, 200);
}

/* A few of each half say them, some at once. */
static void speak(struct halves *h, size_t lines)
{
	for (size_t i = 0; i < lines; i++) {
		char text[64];

		snprintf(text, sizeof text, "line %zu of what was said apart",
		         i);
		world_say(h->nodes[i / 20 % 3], ROOM, text);
		world_say(h->nodes[SIDE + i / 20 % 3], ROOM, text);
		if (i % 20 == 19)
			world_run_ms(h->w, 10);
	}
	world_run_ms(h->w, 3000);
}

static size_t count(const struct host *h)
{
	return h->disk.lsns.count;
}

/* The bytes that carry all that this half has, one batch after the other. */
static size_t bytes_of(const struct disk *d)
{
	struct qf_envelope *list[QF_BATCH_LEAVES_MAX];
	struct qf_buf to;
	size_t n = 0, i = 0, bytes;

	qf_buf_init(&to, 0);
	while (i < d->count || n) {
		size_t fit;

		while (n < QF_BATCH_LEAVES_MAX && i < d->count) {
			if (d->log[i].kind == QF_KEEP_ENVELOPE)
				list[n++] = d->log[i].envelope;
			i++;
		}
		if (!n)
			break;
		fit = qf_batch_fit(list, n);
		qf_batch_put(&to, list, fit);
		n -= fit;
		memmove(list, list + fit, n * sizeof *list);
	}
	assert_false(to.bad);
	bytes = to.len;
	qf_buf_fini(&to);
	return bytes;
}

static uint64_t sent(const struct world *w)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < FRAMES; i++)
		bytes += w->sent[i];
	return bytes;
}

static bool all_have(const struct halves *h, size_t lines)
{
	for (size_t i = 0; i < ALL; i++)
		if (count(h->nodes[i]) != lines)
			return false;
	return true;
}

static void meet(uint64_t seed, size_t lines)
{
	struct halves h;
	uint64_t missing, bytes;

	begin(&h, seed);
	speak(&h, lines);
	assert_int_equal(count(h.nodes[1]), lines);
	assert_int_equal(count(h.nodes[SIDE + 1]), lines);
	missing = SIDE * (bytes_of(&h.nodes[0]->disk) +
	                  bytes_of(&h.nodes[SIDE]->disk));
	bytes = sent(h.w);
	for (size_t i = 0; i < ALL; i++) {
		join(&h, i, SIDE + i % SIDE);
		join(&h, i, (i * 5 + 3) % ALL);
	}
	world_run_ms(h.w, 5000);
	bytes = sent(h.w) - bytes;
	assert_true(all_have(&h, 2 * lines));
	assert_true(bytes <= missing * 115 / 100 + (uint64_t)ALL * FEW_BYTES);
	/* Most of the room for what is said besides is not needed. */
	assert_true(bytes <= missing * 125 / 100);
	law_healed(h.w);
	assert_string_equal(h.w->wrong, "");
	world_free(h.w);
}

TEST(halves, what_was_said_apart_comes_to_each_once)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		meet(seed, 400);
}
