/* reconcile.c - the exchange of ranges by which two sets find their difference
 *
 * A payload is a row of ranges in the order of the keys. Each begins where the
 * one before it ended, the first at the beginning of all keys, and is a varint
 * mode, its upper bound (bound.h), and what the mode brings:
 *
 *   SKIP   0       nothing is open here
 *   LATER  1       up to the end, so without a bound, and the last: see below
 *   LIST   2 + n   n short ids (u64), those of all that I have here
 *   SUMS   66 + n  n ranges, 1 to 61, each a bound and the fingerprint (u64)
 *                  of what I have there
 *
 * Above the last range nothing is said, as by a SKIP.
 *
 * The answer to a fingerprint that is not ours is a LIST of what we have or,
 * if that is more than QF_RECON_LIST_MAX, the SUMS of QF_RECON_BRANCH equal
 * parts. A LIST ends its range: who reads it knows both sides. Nothing at all
 * is an empty LIST, so a fingerprint needs no count.
 *
 * When the answer is full, or enough was found, the rest of what came is kept,
 * and the answer ends with LATER, which says from where. What is kept is read
 * on when it lies below the other side's LATER, so the two walk the tree of
 * ranges depth first, and each holds at most one frame for every second level.
 * One fingerprint over all the rest (negentropy's way) would need no memory,
 * but throw away the fingerprints that had come for it, and find again what
 * was found between them.
 */
#include "reconcile.h"

#include <assert.h>
#include <endian.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "limits.h"

enum mode {
	SKIP = 0,
	LATER = 1,
	LIST = 2,
	LIST_LAST = LIST + QF_RECON_LIST_MAX,
	SUMS = LIST_LAST + 1,
	SUMS_LAST = 127, /* one byte, so that it can grow in its place */
};

enum {
	ROOT_LIST = 16, /* newest keys that begin the exchange */
	KEPT_BYTES_MAX = 8 * QF_RECON_BYTES_MAX, /* enough for 16^14 keys */
	BOUND_BYTES_MAX = 1 + 1 + 10 + 1 + QF_HASH_BYTES,
	RANGE_BYTES_MAX = 1 + BOUND_BYTES_MAX + sizeof(uint64_t),
	/* What one fingerprint may be answered with, a SKIP before it. */
	ANSWER_BYTES_MAX = BOUND_BYTES_MAX + 1 +
	                   QF_RECON_BRANCH * RANGE_BYTES_MAX,
	LATER_BYTES_MAX = 1 + BOUND_BYTES_MAX + 1,
	PAID_BYTES = 256, /* what one more frame must have brought */
};

_Static_assert(QF_RECON_LIST_MAX * sizeof(uint64_t) + RANGE_BYTES_MAX <
                       QF_RECON_BRANCH * RANGE_BYTES_MAX,
               "a LIST is no longer than the SUMs of a split");

static const struct qf_bound END = { .class = QF_BOUND_END };

/* SipHash-2-4 as the number that its authors define. */
static uint64_t hash_id(const struct qf_hash *id, const uint8_t key[16])
{
	uint64_t h;

	crypto_shorthash_siphash24((uint8_t *)&h, id->b, sizeof id->b, key);
	return le64toh(h);
}

uint64_t qf_reconcile_short(const struct qf_reconcile *r, size_t rank)
{
	return hash_id(&qf_snapshot_at(r->mine, rank)->id, r->short_key);
}

/* Short ids to ranks: open addressing, half empty, a rank plus one in a slot.
 * The short ids themselves are computed again where they are compared. */
struct qf_short_index {
	size_t mask;
	uint32_t slots[];
};

static struct qf_short_index *index_new(const struct qf_reconcile *r)
{
	struct qf_short_index *index;
	size_t size = 4;

	assert(r->mine->count < UINT32_MAX);
	while (size / 2 < r->mine->count)
		size *= 2;
	index = calloc(1, sizeof *index + size * sizeof index->slots[0]);
	if (!index)
		return NULL;
	index->mask = size - 1;
	for (size_t rank = 0; rank < r->mine->count; rank++) {
		size_t i = qf_reconcile_short(r, rank) & index->mask;

		while (index->slots[i])
			i = (i + 1) & index->mask;
		index->slots[i] = (uint32_t)rank + 1;
	}
	return index;
}

int64_t qf_reconcile_rank(struct qf_reconcile *r, uint64_t short_id)
{
	const struct qf_short_index *index = r->shorts;

	if (!index)
		index = r->shorts = index_new(r);
	if (!index) { /* without memory it takes longer */
		for (size_t rank = 0; rank < r->mine->count; rank++)
			if (qf_reconcile_short(r, rank) == short_id)
				return (int64_t)rank;
		return -1;
	}
	for (size_t i = short_id & index->mask; index->slots[i];
	     i = (i + 1) & index->mask) {
		size_t rank = index->slots[i] - 1;

		if (qf_reconcile_short(r, rank) == short_id)
			return (int64_t)rank;
	}
	return -1;
}

int qf_reconcile_init(struct qf_reconcile *r, struct qf_snapshot *mine,
                      const struct qf_hash *key)
{
	uint64_t sum = 0;
	size_t len;

	*r = (struct qf_reconcile){ 0 };
	r->sums = malloc((mine->count + 1) * sizeof r->sums[0]);
	if (!r->sums)
		return QF_E_NOMEM;
	r->mine = qf_snapshot_ref(mine);
	memcpy(r->sum_key, key->b, sizeof r->sum_key);
	memcpy(r->short_key, key->b + sizeof r->sum_key, sizeof r->short_key);
	qf_buf_init(&r->kept, 0);
	r->sums[0] = 0;
	for (size_t rank = 0; rank < mine->count; rank += len) {
		const struct qf_setkey *keys = qf_snapshot_run(mine, rank,
		                                               &len);

		for (size_t i = 0; i < len; i++) {
			sum += hash_id(&keys[i].id, r->sum_key);
			r->sums[rank + i + 1] = sum;
		}
	}
	return QF_OK;
}

void qf_reconcile_fini(struct qf_reconcile *r)
{
	qf_snapshot_unref(r->mine);
	free(r->sums);
	free(r->shorts);
	qf_buf_fini(&r->kept);
	*r = (struct qf_reconcile){ 0 };
}

void qf_found_init(struct qf_found *f)
{
	*f = (struct qf_found){ 0 };
}

void qf_found_fini(struct qf_found *f)
{
	free(f->theirs);
	free(f->wanted);
	qf_found_init(f);
}

/* Runs that touch are one, unless only one of them can be named as a whole. */
static int found_theirs(struct qf_found *f, size_t from, size_t to, bool whole)
{
	struct qf_lack *last = NULL;

	if (from == to)
		return QF_OK;
	if (f->their_count)
		last = &f->theirs[f->their_count - 1];
	if (last && last->to == from && last->whole == whole) {
		last->to = to;
		return QF_OK;
	}
	if (f->their_count == f->their_cap) {
		size_t cap = f->their_cap ? f->their_cap * 2 : 16;
		struct qf_lack *theirs = realloc(f->theirs,
		                                 cap * sizeof f->theirs[0]);

		if (!theirs)
			return QF_E_NOMEM;
		f->theirs = theirs;
		f->their_cap = cap;
	}
	f->theirs[f->their_count++] = (struct qf_lack){ from, to, whole };
	return QF_OK;
}

static int found_wanted(struct qf_found *f, uint64_t short_id)
{
	if (f->wanted_count == f->wanted_cap) {
		size_t cap = f->wanted_cap ? f->wanted_cap * 2 : 16;
		uint64_t *wanted = realloc(f->wanted, cap * sizeof(uint64_t));

		if (!wanted)
			return QF_E_NOMEM;
		f->wanted = wanted;
		f->wanted_cap = cap;
	}
	f->wanted[f->wanted_count++] = short_id;
	return QF_OK;
}

struct range {
	struct qf_bound lower;
	struct qf_bound upper;
	uint64_t mode; /* SUMS: one of them */
	uint64_t sum;
	struct qf_bytes ids; /* of a LIST */
};

struct reader {
	struct qf_cursor c;
	struct qf_bound last; /* where the next range begins */
	uint64_t mode;
	uint64_t left; /* so many ranges are still to come under it */
};

struct writer {
	struct qf_buf *to;
	struct qf_bound last;
	size_t sums_at; /* the mode of the newest SUMS */
	bool sums;      /* and they are the newest range */
};

/* False at the end, or with the cursor bad. */
static bool read_range(struct reader *in, struct range *g)
{
	struct qf_cursor *c = &in->c;

	if (!qf_cursor_left(c) && !in->left)
		return false;
	if (!in->left) {
		in->mode = qf_get_varint(c);
		in->left = in->mode < SUMS ? 1 : in->mode - SUMS + 1;
	}
	in->left--;
	*g = (struct range){ .lower = in->last, .mode = in->mode };
	if (g->mode == LATER)
		g->upper = in->last = END;
	else
		qf_bound_get(c, &g->upper, &in->last);
	if (g->mode >= SUMS) {
		g->mode = SUMS;
		g->sum = qf_get_u64(c);
	} else if (g->mode > LIST) {
		g->ids = qf_get_span(c, (g->mode - LIST) * sizeof(uint64_t));
	}
	if (in->mode > SUMS_LAST || qf_bound_compare(&g->lower, &g->upper) >= 0)
		c->bad = true;
	return !c->bad;
}

static void write_skip(struct writer *w, const struct qf_bound *upper)
{
	qf_put_varint(w->to, SKIP);
	qf_bound_put(w->to, upper, &w->last);
	w->sums = false;
}

/* All that is said of a range before its upper bound. */
static void write_mode(struct writer *w, const struct qf_bound *lower,
                       uint64_t mode)
{
	if (qf_bound_compare(&w->last, lower) < 0)
		write_skip(w, lower);
	if (mode == SUMS && w->sums && !w->to->bad &&
	    w->to->at[w->sums_at] < SUMS_LAST) {
		w->to->at[w->sums_at]++;
		return;
	}
	w->sums = mode == SUMS;
	w->sums_at = w->to->len;
	qf_put_varint(w->to, mode);
}

static void write_sum(struct writer *w, const struct qf_bound *lower,
                      const struct qf_bound *upper, uint64_t sum)
{
	write_mode(w, lower, SUMS);
	qf_bound_put(w->to, upper, &w->last);
	qf_put_u64(w->to, sum);
}

/* List our keys [from, to). */
static void write_list(struct writer *w, const struct qf_bound *lower,
                       const struct qf_bound *upper,
                       const struct qf_reconcile *r, size_t from, size_t to)
{
	write_mode(w, lower, LIST + (to - from));
	qf_bound_put(w->to, upper, &w->last);
	for (size_t rank = from; rank < to; rank++)
		qf_put_u64(w->to, qf_reconcile_short(r, rank));
}

/* A range as it was read. */
static void write_range(struct writer *w, const struct range *g)
{
	if (g->mode == SUMS) {
		write_sum(w, &g->lower, &g->upper, g->sum);
		return;
	}
	write_mode(w, &g->lower, g->mode);
	qf_bound_put(w->to, &g->upper, &w->last);
	qf_put_raw(w->to, g->ids.at, g->ids.len);
}

int qf_reconcile_begin(struct qf_reconcile *r, struct qf_buf *out)
{
	const struct qf_snapshot *s = r->mine;
	size_t start = out->len;
	size_t ends[64]; /* of the LIST and the ranges that double, newest first
	                  */
	size_t from = 0, n = 0;
	struct writer w = { .to = out };

	ends[n++] = s->count;
	for (size_t size = ROOT_LIST; ends[n - 1] > size; size *= 2, n++)
		ends[n] = ends[n - 1] - size;
	while (--n > 0) {
		struct qf_bound upper = qf_bound_at(s, ends[n]);

		write_sum(&w, &w.last, &upper,
		          r->sums[ends[n]] - r->sums[from]);
		from = ends[n];
	}
	write_list(&w, &w.last, &END, r, from, s->count);
	r->bytes += out->len - start;
	return out->bad ? QF_E_NOMEM : QF_OK;
}

/* The distinct short ids of a LIST, and which of our keys they are. */
struct listed {
	uint64_t ids[QF_RECON_LIST_MAX]; /* ascending */
	bool known[QF_RECON_LIST_MAX];   /* we have it */
	size_t count;
	uint64_t ranks[QF_RECON_LIST_MAX]; /* of the known ones, ascending */
	size_t rank_count;
};

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void listed_read(struct listed *l, struct qf_bytes ids)
{
	struct qf_cursor c = qf_cursor(ids);
	size_t distinct = 0;

	*l = (struct listed){ 0 };
	while (qf_cursor_left(&c))
		l->ids[l->count++] = qf_get_u64(&c);
	qsort(l->ids, l->count, sizeof l->ids[0], compare_numbers);
	for (size_t i = 0; i < l->count; i++)
		if (i == 0 || l->ids[i] != l->ids[i - 1])
			l->ids[distinct++] = l->ids[i];
	l->count = distinct;
}

static void listed_scan(struct listed *l, const struct qf_reconcile *r,
                        size_t from, size_t to)
{
	for (size_t rank = from; rank < to; rank++) {
		uint64_t id = qf_reconcile_short(r, rank);
		const uint64_t *at = bsearch(&id, l->ids, l->count, sizeof id,
		                             compare_numbers);

		if (!at || l->known[at - l->ids])
			continue;
		l->known[at - l->ids] = true;
		l->ranks[l->rank_count++] = rank;
	}
}

static void listed_look_up(struct listed *l, struct qf_reconcile *r,
                           size_t from, size_t to)
{
	for (size_t i = 0; i < l->count; i++) {
		int64_t rank = qf_reconcile_rank(r, l->ids[i]);

		if (rank < (int64_t)from || rank >= (int64_t)to)
			continue;
		l->known[i] = true;
		l->ranks[l->rank_count++] = (uint64_t)rank;
	}
	qsort(l->ranks, l->rank_count, sizeof l->ranks[0], compare_numbers);
}

/* One answer in the making. */
struct turn {
	struct qf_reconcile *r;
	struct qf_found *found;
	size_t max_found;
	struct writer answer;
	size_t start;       /* of the answer in its buffer */
	struct writer keep; /* to r->kept */
	struct qf_bound kept_from;
	struct qf_bound reach; /* the ranges were read up to here */
	struct qf_bound later; /* where the peer's LATER begins, or END */
	bool full; /* from now on everything is kept, to stay in order */
};

static void answer_sum(struct turn *t, const struct range *g)
{
	const struct qf_reconcile *r = t->r;
	size_t from = qf_bound_rank(r->mine, &g->lower);
	size_t to = qf_bound_rank(r->mine, &g->upper);
	struct qf_bound lower = g->lower;

	if (r->sums[to] - r->sums[from] == g->sum)
		return;
	if (to - from <= QF_RECON_LIST_MAX) {
		write_list(&t->answer, &lower, &g->upper, r, from, to);
		return;
	}
	for (size_t i = 0, n = to - from; i < QF_RECON_BRANCH; i++) {
		size_t a = from + n * i / QF_RECON_BRANCH;
		size_t b = from + n * (i + 1) / QF_RECON_BRANCH;
		struct qf_bound upper = b == to ? g->upper
		                                : qf_bound_at(r->mine, b);

		write_sum(&t->answer, &lower, &upper, r->sums[b] - r->sums[a]);
		lower = upper;
	}
}

/* In the order of the LIST, which is that of the keys: what was signed as one
 * batch lies together there, and comes as one if it is wanted so. */
static int want_unknown(struct qf_found *f, struct listed *l,
                        struct qf_bytes ids)
{
	struct qf_cursor c = qf_cursor(ids);
	int rc = QF_OK;

	while (!rc && qf_cursor_left(&c)) {
		uint64_t id = qf_get_u64(&c);
		const uint64_t *at = bsearch(&id, l->ids, l->count, sizeof id,
		                             compare_numbers);
		bool *known = &l->known[at - l->ids];

		if (!*known)
			rc = found_wanted(f, id);
		*known = true;
	}
	return rc;
}

/* Both sides of a LIST's range are known now. Honest LISTs never overlap, so
 * all of them together are scanned once; for more, the index is cheaper. */
static int read_list(struct turn *t, const struct range *g)
{
	struct qf_reconcile *r = t->r;
	size_t from = qf_bound_rank(r->mine, &g->lower);
	size_t to = qf_bound_rank(r->mine, &g->upper);
	struct listed l;
	bool whole;
	int rc;

	listed_read(&l, g->ids);
	if (l.count)
		r->scanned += to - from;
	if (l.count && r->scanned > r->mine->count)
		listed_look_up(&l, r, from, to);
	else if (l.count)
		listed_scan(&l, r, from, to);

	/* What we do not know may lie anywhere in the range, also between the
	 * keys that the peer lacks. */
	whole = l.rank_count == l.count;
	for (size_t i = 0; i < l.rank_count; from = l.ranks[i++] + 1)
		if ((rc = found_theirs(t->found, from, l.ranks[i], whole)))
			return rc;
	if ((rc = found_theirs(t->found, from, to, whole)))
		return rc;
	return want_unknown(t->found, &l, g->ids);
}

/* Whether all that a range can lead to fits into this turn. */
static bool fits(const struct turn *t, const struct range *g)
{
	size_t found = t->found->their_count + t->found->wanted_count;
	size_t used = t->answer.to->len - t->start;

	if (g->mode == SUMS)
		return used + ANSWER_BYTES_MAX + LATER_BYTES_MAX <=
		       QF_RECON_BYTES_MAX;
	return found + 2 * (g->mode - LIST) + 1 <= t->max_found;
}

static int keep_range(struct turn *t, const struct range *g)
{
	struct qf_buf *kept = t->keep.to;

	if (!kept->len)
		t->kept_from = g->lower;
	write_range(&t->keep, g);
	if (kept->bad)
		return QF_E_NOMEM;
	return kept->len > KEPT_BYTES_MAX ? QF_E_MALFORMED : QF_OK;
}

static int take_range(struct turn *t, const struct range *g)
{
	if (g->mode == SKIP)
		return QF_OK;
	if (g->mode == LATER) {
		t->later = g->lower;
		return QF_OK;
	}
	if (qf_bound_compare(&g->lower, &t->reach) < 0)
		return QF_E_MALFORMED;
	t->reach = g->upper;
	if (qf_bound_compare(&g->lower, &t->later) >= 0 || !fits(t, g))
		t->full = true;
	if (t->full)
		return keep_range(t, g);
	if (g->mode != SUMS)
		return read_list(t, g);
	answer_sum(t, g);
	return QF_OK;
}

static int take_ranges(struct turn *t, struct qf_bytes from)
{
	struct reader in = { .c = qf_cursor(from) };
	struct range g;
	int rc;

	while (read_range(&in, &g))
		if ((rc = take_range(t, &g)))
			return rc;
	return qf_cursor_done(&in.c) ? QF_OK : QF_E_MALFORMED;
}

static void end_answer(struct turn *t)
{
	bool empty = t->answer.to->len == t->start;

	if (t->keep.to->len)
		write_mode(&t->answer, &t->kept_from, LATER);
	else if (t->later.class != QF_BOUND_END && empty)
		write_skip(&t->answer, &END); /* go on */
}

static unsigned log16_ceil(size_t n)
{
	unsigned bits = n > 1 ? 64 - (unsigned)__builtin_clzll(n - 1) : 0;

	return (bits + 3) / 4;
}

/* A tree of ranges is so deep; beyond that a frame is paid for in bytes, those
 * of the ids and sums that it takes to fill an answer or what may be found. */
static uint64_t frames_max(const struct qf_reconcile *r)
{
	return 2 * log16_ceil(r->mine->count) + 6 + r->bytes / PAID_BYTES;
}

int qf_reconcile_answer(struct qf_reconcile *r, struct qf_bytes in,
                        size_t max_found, struct qf_buf *out,
                        struct qf_found *found)
{
	struct qf_buf old = r->kept;
	struct turn t = {
		.r = r,
		.found = found,
		.max_found = max_found < QF_RECON_FOUND_MIN ? QF_RECON_FOUND_MIN
		                                            : max_found,
		.answer = { .to = out },
		.start = out->len,
		.keep = { .to = &r->kept },
		.later = END,
	};
	int rc;

	found->their_count = found->wanted_count = 0;
	r->frames++;
	r->bytes += in.len;
	if (r->done || r->frames > frames_max(r) ||
	    in.len > QF_RECON_BYTES_MAX || (!in.len && old.len))
		return QF_E_MALFORMED;

	qf_buf_init(&r->kept, 0);
	rc = take_ranges(&t, in);
	if (!rc)
		rc = take_ranges(&t, qf_buf_bytes(&old));
	qf_buf_fini(&old);
	if (rc)
		return rc;
	end_answer(&t);
	r->bytes += out->len - t.start;
	r->done = out->len == t.start;
	return out->bad ? QF_E_NOMEM : QF_OK;
}
