/* keyset.c - the set that a room is, in shared blocks of ordered keys */
#include "keyset.h"

#include <assert.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"

enum {
	BLOCK_KEYS_MIN = 8,
	DAY_MS = 86400000,
};

/* Keys below `count` never change while the block is shared. Behind them the
 * set may append all the same: a snapshot knows from its `starts` how many
 * keys of a block are its own. */
struct qf_block {
	atomic_uint refs;
	uint32_t count; /* as the set sees it */
	uint32_t cap;
	struct qf_setkey keys[];
};

int qf_setkey_compare(const struct qf_setkey *a, const struct qf_setkey *b)
{
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc ? -1 : 1;
	return memcmp(a->id.b, b->id.b, sizeof a->id.b);
}

struct qf_setkey qf_setkey_of(const struct qf_envelope *e, uint64_t lsn)
{
	return (struct qf_setkey){
		.hlc = e->head.hlc,
		.lsn = lsn,
		.id = e->id,
		.class = e->head.class,
	};
}

/* A block with room for at least `room` keys that begins with those given. */
static struct qf_block *block_new(const struct qf_setkey *keys, size_t count,
                                  size_t room)
{
	size_t cap = BLOCK_KEYS_MIN;
	struct qf_block *b;

	while (cap < room)
		cap *= 2;
	assert(count <= cap && cap <= QF_BLOCK_KEYS);
	b = malloc(sizeof *b + cap * sizeof b->keys[0]);
	if (!b)
		return NULL;
	atomic_init(&b->refs, 1);
	b->count = (uint32_t)count;
	b->cap = (uint32_t)cap;
	if (count)
		memcpy(b->keys, keys, count * sizeof b->keys[0]);
	return b;
}

static struct qf_block *block_ref(struct qf_block *b)
{
	unsigned before = atomic_fetch_add_explicit(&b->refs, 1,
	                                            memory_order_relaxed);

	assert(before && before < UINT32_MAX);
	return b;
}

static void block_unref(struct qf_block *b)
{
	unsigned before = atomic_fetch_sub_explicit(&b->refs, 1,
	                                            memory_order_acq_rel);

	assert(before);
	if (before == 1)
		free(b);
}

/* Whoever has let go of it has also finished reading it. */
static bool block_shared(struct qf_block *b)
{
	return atomic_load_explicit(&b->refs, memory_order_acquire) > 1;
}

/* The first of the keys that is not below the given one. */
static size_t keys_lower(const struct qf_setkey *keys, size_t count,
                         const struct qf_setkey *key)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (qf_setkey_compare(&keys[middle], key) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

void qf_keyset_init(struct qf_keyset *s)
{
	*s = (struct qf_keyset){ 0 };
}

void qf_keyset_fini(struct qf_keyset *s)
{
	for (size_t i = 0; i < s->block_count; i++)
		block_unref(s->blocks[i]);
	free(s->blocks);
	qf_keyset_init(s);
}

static const struct qf_setkey *block_last(const struct qf_block *b)
{
	return &b->keys[b->count - 1];
}

/* The only block where the key can be: the first that does not end below it.
 * Most keys are new and the highest of all. */
static size_t find_block(const struct qf_keyset *s, const struct qf_setkey *key)
{
	size_t low = 0, high = s->block_count;

	if (high && qf_setkey_compare(block_last(s->blocks[high - 1]), key) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (qf_setkey_compare(block_last(s->blocks[middle]), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool room_for_block(struct qf_keyset *s)
{
	size_t cap = s->block_cap ? s->block_cap * 2 : 4;
	struct qf_block **blocks;

	if (s->block_count < s->block_cap)
		return true;
	blocks = realloc(s->blocks, cap * sizeof(struct qf_block *));
	if (!blocks)
		return false;
	s->blocks = blocks;
	s->block_cap = cap;
	return true;
}

/* Put a block into the row, which has room for it. */
static void place_block(struct qf_keyset *s, size_t at, struct qf_block *b)
{
	memmove(&s->blocks[at + 1], &s->blocks[at],
	        (s->block_count - at) * sizeof(struct qf_block *));
	s->blocks[at] = b;
	s->block_count++;
}

/* Put a copy with room for one more key in the place of a block. */
static struct qf_block *renew_block(struct qf_keyset *s, size_t at)
{
	struct qf_block *old = s->blocks[at];
	struct qf_block *b = block_new(old->keys, old->count, old->count + 1);

	if (!b)
		return NULL;
	s->blocks[at] = b;
	block_unref(old);
	return b;
}

/* Two half-full blocks in the place of a full one. */
static bool split_block(struct qf_keyset *s, size_t at)
{
	enum { HALF = QF_BLOCK_KEYS / 2 };
	struct qf_block *old = s->blocks[at];
	struct qf_block *low = block_new(old->keys, HALF, QF_BLOCK_KEYS);
	struct qf_block *high = block_new(old->keys + HALF, HALF,
	                                  QF_BLOCK_KEYS);

	if (!low || !high || !room_for_block(s)) {
		free(low);
		free(high);
		return false;
	}
	s->blocks[at] = low;
	place_block(s, at + 1, high);
	block_unref(old);
	return true;
}

static int append(struct qf_keyset *s, const struct qf_setkey *key)
{
	size_t last = s->block_count - 1; /* meaningless if there is none */
	struct qf_block *b = s->block_count ? s->blocks[last] : NULL;

	if (!b || b->count == QF_BLOCK_KEYS) {
		if (!room_for_block(s) || !(b = block_new(NULL, 0, 0)))
			return QF_E_NOMEM;
		place_block(s, s->block_count, b);
	} else if (b->count == b->cap && !(b = renew_block(s, last))) {
		return QF_E_NOMEM;
	}
	b->keys[b->count++] = *key;
	s->count++;
	return 1;
}

static int insert(struct qf_keyset *s, size_t at, size_t slot,
                  const struct qf_setkey *key)
{
	struct qf_block *b = s->blocks[at];

	if (b->count == QF_BLOCK_KEYS) {
		if (!split_block(s, at))
			return QF_E_NOMEM;
		b = s->blocks[at];
		if (slot > b->count) {
			slot -= b->count;
			b = s->blocks[at + 1];
		}
	} else if (b->count == b->cap || block_shared(b)) {
		if (!(b = renew_block(s, at)))
			return QF_E_NOMEM;
	}
	memmove(&b->keys[slot + 1], &b->keys[slot],
	        (b->count - slot) * sizeof b->keys[0]);
	b->keys[slot] = *key;
	b->count++;
	s->count++;
	return 1;
}

int qf_keyset_add(struct qf_keyset *s, const struct qf_setkey *key)
{
	size_t at = find_block(s, key);
	const struct qf_block *b;
	size_t slot;

	if (at == s->block_count)
		return append(s, key);
	b = s->blocks[at];
	slot = keys_lower(b->keys, b->count, key);
	if (qf_setkey_compare(&b->keys[slot], key) == 0)
		return 0;
	return insert(s, at, slot, key);
}

const struct qf_setkey *qf_keyset_find(const struct qf_keyset *s,
                                       const struct qf_setkey *key)
{
	size_t at = find_block(s, key);
	const struct qf_setkey *found;

	if (at == s->block_count)
		return NULL;
	found = s->blocks[at]->keys;
	found += keys_lower(found, s->blocks[at]->count, key);
	return qf_setkey_compare(found, key) ? NULL : found;
}

bool qf_keyset_has(const struct qf_keyset *s, const struct qf_setkey *key)
{
	return qf_keyset_find(s, key) != NULL;
}

/* One piece of memory: the struct, its starts, its blocks. */
struct qf_snapshot *qf_snapshot_new(struct qf_keyset *s, uint64_t lsn)
{
	size_t n = s->block_count;
	struct qf_snapshot *snap = malloc(sizeof *snap +
	                                  (n + 1) * sizeof(size_t) +
	                                  n * sizeof(struct qf_block *));

	if (!snap)
		return NULL;
	atomic_init(&snap->refs, 1);
	snap->lsn = lsn;
	snap->count = s->count;
	snap->block_count = n;
	snap->starts = (size_t *)(snap + 1);
	snap->blocks = (struct qf_block **)(snap->starts + n + 1);
	snap->starts[0] = 0;
	for (size_t i = 0; i < n; i++) {
		snap->blocks[i] = block_ref(s->blocks[i]);
		snap->starts[i + 1] = snap->starts[i] + s->blocks[i]->count;
	}
	return snap;
}

struct qf_snapshot *qf_snapshot_ref(struct qf_snapshot *s)
{
	unsigned before = atomic_fetch_add_explicit(&s->refs, 1,
	                                            memory_order_relaxed);

	assert(before && before < UINT32_MAX);
	return s;
}

void qf_snapshot_unref(struct qf_snapshot *s)
{
	unsigned before;

	if (!s)
		return;
	before = atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel);
	assert(before);
	if (before > 1)
		return;
	for (size_t i = 0; i < s->block_count; i++)
		block_unref(s->blocks[i]);
	free(s);
}

/* No block has more than QF_BLOCK_KEYS, so a rank lies no earlier than where
 * it would lie if all were full; in a set that only grew at its end it lies
 * there. */
static size_t block_of(const struct qf_snapshot *s, size_t rank)
{
	size_t low = rank / QF_BLOCK_KEYS, high = s->block_count;

	if (s->starts[low + 1] > rank)
		return low;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->starts[middle] <= rank)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const struct qf_setkey *qf_snapshot_run(const struct qf_snapshot *s,
                                        size_t rank, size_t *len)
{
	size_t at;

	assert(rank < s->count);
	at = block_of(s, rank);
	*len = s->starts[at + 1] - rank;
	return &s->blocks[at]->keys[rank - s->starts[at]];
}

const struct qf_setkey *qf_snapshot_at(const struct qf_snapshot *s, size_t rank)
{
	size_t len;

	return qf_snapshot_run(s, rank, &len);
}

size_t qf_snapshot_lower(const struct qf_snapshot *s,
                         const struct qf_setkey *key)
{
	size_t low = 0, high = s->block_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		size_t count = s->starts[middle + 1] - s->starts[middle];

		if (qf_setkey_compare(&s->blocks[middle]->keys[count - 1],
		                      key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->block_count)
		return s->count;
	return s->starts[low] + keys_lower(s->blocks[low]->keys,
	                                   s->starts[low + 1] - s->starts[low],
	                                   key);
}

/* The digest is made as it is defined, from the top: each level reads on from
 * `rank` for as long as the keys belong to its part. */
struct walk {
	const struct qf_snapshot *s;
	size_t rank;
};

static const struct qf_setkey *walk_peek(const struct walk *w)
{
	return w->rank < w->s->count ? qf_snapshot_at(w->s, w->rank) : NULL;
}

static uint32_t day_of(const struct qf_setkey *key)
{
	return (uint32_t)(qf_clock_ms(key->hlc) / DAY_MS);
}

/* 65,536 ms of 65,536 steps each. */
static uint32_t bucket_of(const struct qf_setkey *key)
{
	return (uint32_t)(key->hlc >> 32);
}

static bool same_day(const struct qf_setkey *a, const struct qf_setkey *b)
{
	return a->class == b->class && day_of(a) == day_of(b);
}

static void hash_init(crypto_generichash_blake2b_state *h)
{
	static const uint8_t pers[crypto_generichash_blake2b_PERSONALBYTES] =
		"QF1root";

	crypto_generichash_blake2b_init_salt_personal(h, NULL, 0, QF_HASH_BYTES,
	                                              NULL, pers);
}

static void hash_uint(crypto_generichash_blake2b_state *h, uint64_t v,
                      size_t len)
{
	uint8_t bytes[8];

	for (size_t i = len; i-- > 0; v >>= 8)
		bytes[i] = (uint8_t)v;
	crypto_generichash_blake2b_update(h, bytes, len);
}

static void hash_hash(crypto_generichash_blake2b_state *h,
                      const struct qf_hash *v)
{
	crypto_generichash_blake2b_update(h, v->b, sizeof v->b);
}

static void hash_final(crypto_generichash_blake2b_state *h, struct qf_hash *out)
{
	crypto_generichash_blake2b_final(h, out->b, sizeof out->b);
}

static void digest_bucket(struct walk *w, struct qf_hash *out)
{
	const struct qf_setkey *first = walk_peek(w), *key = first;
	crypto_generichash_blake2b_state h;

	hash_init(&h);
	do {
		hash_uint(&h, key->hlc, 8);
		hash_hash(&h, &key->id);
		w->rank++;
		key = walk_peek(w);
	} while (key && same_day(key, first) &&
	         bucket_of(key) == bucket_of(first));
	hash_final(&h, out);
}

static void digest_day(struct walk *w, struct qf_hash *out)
{
	const struct qf_setkey *first = walk_peek(w), *key = first;
	crypto_generichash_blake2b_state h;
	struct qf_hash bucket;

	hash_init(&h);
	do {
		digest_bucket(w, &bucket);
		hash_uint(&h, bucket_of(key), 4);
		hash_hash(&h, &bucket);
		key = walk_peek(w);
	} while (key && same_day(key, first));
	hash_final(&h, out);
}

void qf_snapshot_digest(const struct qf_snapshot *s, struct qf_hash *out)
{
	struct walk w = { .s = s };
	crypto_generichash_blake2b_state h;
	const struct qf_setkey *key;
	struct qf_hash day;

	hash_init(&h);
	while ((key = walk_peek(&w))) {
		digest_day(&w, &day);
		hash_uint(&h, key->class, 1);
		hash_uint(&h, day_of(key), 4);
		hash_hash(&h, &day);
	}
	hash_final(&h, out);
}
