/* reconcile_property.c - any two sets reconcile to the same set
 *
 * usage: reconcile_property [PAIRS [SEED]]
 *
 * Each pair of sets is made from its own seed: SEED, SEED + 1 and so on, so
 * `reconcile_property 1 SEED` repeats a pair that failed. Two sets of up to
 * 3,000 keys overlap in one of many ways, have stamps of one of many kinds,
 * and may find only so much at a time. They reconcile; then both must be done
 * and equal to the union, nothing may have gone twice, and no frame may have
 * been too long or one too many.
 */
#include <sodium.h>
#include <stdio.h>

#include "sim/pair.h"

enum { KEYS_MAX = 3000 };

enum overlap {
	EQUAL,
	NEWEST,    /* one side lacks the last few */
	BOTH,      /* each of the last few is on one side */
	SCATTERED, /* a few are on one side only */
	CLUSTERED, /* runs of keys are on one side only */
	DISJOINT,
	NESTED, /* one side has all, the other few */
	ONE_EMPTY,
	OVERLAPS,
};

enum stamps {
	SPREAD,   /* as people write */
	SAME,     /* one hlc for all */
	FEW,      /* a handful of hlcs */
	DENSE,    /* neighbours differ by 1 */
	ANYWHERE, /* all of 64 bits */
	EXTREMES, /* 0 or UINT64_MAX */
	STAMPS,
};

/* How one pair is made, all of it drawn from its seed. */
struct plan {
	uint64_t seed;
	size_t n;
	enum overlap overlap;
	enum stamps stamps;
	unsigned odds; /* one in so many differs */
	size_t last;   /* so many of the last differ */
	bool classes;  /* both are used */
	bool alike;    /* ids share their beginning */
	uint64_t hlc;  /* of the key before */
	int run_side;  /* CLUSTERED: which side the run is on */
	size_t run_left;
};

static size_t below(struct plan *p, size_t n)
{
	return pair_random(&p->seed) % n;
}

/* Small sets are where the corners are, so half of all are below 64. */
static size_t draw_size(struct plan *p)
{
	static const size_t tops[] = { 4, 20, 64, 100, 300, KEYS_MAX + 1 };

	return below(p, tops[below(p, sizeof tops / sizeof tops[0])]);
}

static struct plan plan_new(uint64_t seed)
{
	struct plan p = { .seed = seed };

	/* Neighbouring seeds must not make neighbouring stories. */
	p.seed = pair_random(&p.seed) ^ seed << 32;
	p.n = draw_size(&p);
	p.overlap = (enum overlap)below(&p, OVERLAPS);
	p.stamps = (enum stamps)below(&p, STAMPS);
	p.odds = 1 + (unsigned)below(&p, 100);
	p.last = 1 + below(&p, 200);
	p.classes = below(&p, 4) == 0;
	p.alike = below(&p, 8) == 0;
	p.hlc = (uint64_t)1700000000000 << 16;
	return p;
}

static uint64_t draw_hlc(struct plan *p)
{
	switch (p->stamps) {
	case SPREAD:
		return p->hlc += (1 + below(p, 120000)) << 16;
	case SAME:
		return p->hlc;
	case FEW:
		return p->hlc + below(p, 5);
	case DENSE:
		return p->hlc += 1;
	case ANYWHERE:
		return pair_random(&p->seed);
	default:
		return below(p, 2) ? UINT64_MAX : 0;
	}
}

static struct qf_setkey draw_key(struct plan *p, size_t i)
{
	struct qf_setkey key = { .lsn = i + 1, .class = QF_CLASS_CONTENT };
	size_t from = p->alike ? sizeof key.id.b - 8 : 0;

	key.hlc = draw_hlc(p);
	if (p->classes && below(p, 3) == 0)
		key.class = QF_CLASS_CONTROL;
	for (size_t at = from; at < sizeof key.id.b; at += 8) {
		uint64_t word = pair_random(&p->seed);

		memcpy(key.id.b + at, &word, sizeof word);
	}
	return key;
}

/* Which side has key i: 0, 1, or 2 for both. */
static int draw_owner(struct plan *p, size_t i)
{
	bool recent = i + p->last >= p->n;

	switch (p->overlap) {
	case EQUAL:
		return 2;
	case NEWEST:
		return recent ? (int)(p->odds % 2) : 2;
	case BOTH:
		return recent ? (int)below(p, 2) : 2;
	case SCATTERED:
		return below(p, p->odds) ? 2 : (int)below(p, 2);
	case CLUSTERED:
		if (!p->run_left) {
			p->run_left = 1 + below(p, 2 * p->odds);
			p->run_side = (int)below(p, 3);
		}
		p->run_left--;
		return p->run_side;
	case DISJOINT:
		return (int)below(p, 2);
	case NESTED:
		return below(p, p->odds) ? (int)(p->last % 2) : 2;
	default:
		return (int)(p->last % 2);
	}
}

/* Fill both sets; the union is for comparison. */
static void fill(struct pair *pair, struct plan *p, struct qf_keyset *all)
{
	for (size_t i = 0; i < p->n; i++) {
		struct qf_setkey key = draw_key(p, i);
		int owner = draw_owner(p, i);

		if (qf_keyset_add(all, &key) != 1)
			abort();
		for (int side = 0; side < 2; side++)
			if (owner == 2 || owner == side)
				qf_keyset_add(&pair->side[side].set, &key);
	}
}

static size_t draw_max_found(struct plan *p)
{
	static const size_t maxima[] = {
		QF_OWED_MAX, QF_OWED_MAX, 1, QF_RECON_FOUND_MIN, 200, 1000
	};

	return maxima[below(p, sizeof maxima / sizeof maxima[0])];
}

static bool try(uint64_t seed)
{
	struct plan plan = plan_new(seed);
	struct qf_keyset all;
	struct qf_hash key = { { 0 } };
	struct pair pair;

	memcpy(key.b, &seed, sizeof seed);
	qf_keyset_init(&all);
	pair_init(&pair);
	pair.max_found = draw_max_found(&plan);
	fill(&pair, &plan, &all);
	pair_run(&pair, &key);
	if (!pair.fault && !pair_equal(&pair))
		pair.fault = "the sets differ";
	if (!pair.fault && pair.side[0].set.count != all.count)
		pair.fault = "the union was not reached";
	if (!pair.fault && pair.frame_max > QF_RECON_BYTES_MAX)
		pair.fault = "a frame was too long";
	if (pair.fault)
		printf("seed %llu: %s (%zu keys, overlap %d, stamps %d, at "
		       "most %zu found)\n",
		       (unsigned long long)seed, pair.fault, plan.n,
		       plan.overlap, plan.stamps, pair.max_found);
	pair_fini(&pair);
	qf_keyset_fini(&all);
	return !pair.fault;
}

int main(int argc, char **argv)
{
	uint64_t pairs = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	if (sodium_init() < 0 || pairs == 0)
		return 2;
	for (uint64_t i = 0; i < pairs; i++)
		if (!try(seed + i))
			return 1;
	printf("%llu pairs, all equal, seed %llu\n", (unsigned long long)pairs,
	       (unsigned long long)seed);
	return 0;
}
