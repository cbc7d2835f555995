/* keyset.h - the set that a room is, ordered, with cheap immutable snapshots
 *
 * Elements are ordered by (class, hlc, id). They lie in blocks of at most
 * QF_BLOCK_KEYS that are shared, by reference count, between the set and its
 * snapshots; the set copies a block before it changes what a snapshot sees.
 * Taking a snapshot costs one pointer a block.
 *
 * Threads: the set belongs to the core. A snapshot is immutable, may cross
 * threads and be released on any.
 */
#ifndef QF_KEYSET_H
#define QF_KEYSET_H

#include "envelope.h"

enum { QF_BLOCK_KEYS = 256 };

struct qf_setkey {
	uint64_t hlc;
	uint64_t lsn; /* where the store has it; no part of the order */
	struct qf_hash id;
	uint8_t class;
};

struct qf_block; /* keyset.c */

struct qf_keyset {
	struct qf_block **blocks;
	size_t block_count;
	size_t block_cap;
	size_t count; /* keys in all blocks */
};

struct qf_snapshot {
	atomic_uint refs;
	uint64_t lsn; /* all of the room up to here is in it */
	size_t count;
	size_t block_count;
	size_t *starts; /* rank of each block's first key; block_count + 1 */
	struct qf_block **blocks;
};

int qf_setkey_compare(const struct qf_setkey *a, const struct qf_setkey *b);
struct qf_setkey qf_setkey_of(const struct qf_envelope *e, uint64_t lsn);

void qf_keyset_init(struct qf_keyset *s);
void qf_keyset_fini(struct qf_keyset *s);
/* 1: added; 0: was there; QF_E_NOMEM: nothing changed. Appending at the end is
 * the fast path. */
int qf_keyset_add(struct qf_keyset *s, const struct qf_setkey *key);
bool qf_keyset_has(const struct qf_keyset *s, const struct qf_setkey *key);
/* The same, with its lsn; NULL: it is not there. Until the set changes. */
const struct qf_setkey *qf_keyset_find(const struct qf_keyset *s,
                                       const struct qf_setkey *key);

/* One reference, or NULL when out of memory. */
struct qf_snapshot *qf_snapshot_new(struct qf_keyset *s, uint64_t lsn);
struct qf_snapshot *qf_snapshot_ref(struct qf_snapshot *s);
void qf_snapshot_unref(struct qf_snapshot *s); /* NULL is fine */
/* By rank, 0 is the oldest; rank < count. */
const struct qf_setkey *qf_snapshot_at(const struct qf_snapshot *s,
                                       size_t rank);
/* The same, and how many keys from there on lie side by side. */
const struct qf_setkey *qf_snapshot_run(const struct qf_snapshot *s,
                                        size_t rank, size_t *len);
/* The first rank whose key is not below the given one; count if none. */
size_t qf_snapshot_lower(const struct qf_snapshot *s,
                         const struct qf_setkey *key);

/* The digest that people and tests compare (sync.md, amendment 11):
 * BLAKE2b-256 (pers "QF1root") over the non-empty (class u8, UTC day u32,
 * H(day)) ascending; H(day) likewise over (bucket u32, H(bucket)) of 65,536 ms;
 * H(bucket) over hlc u64 || id. O(count). */
void qf_snapshot_digest(const struct qf_snapshot *s, struct qf_hash *out);

#endif
