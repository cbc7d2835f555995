/* store.h - what a node remembers: one writer, readers beside it
 *
 * SQLite in WAL mode with synchronous=FULL. Everything that the core asked to
 * keep goes through qf_store_commit(), many to a transaction; the own
 * envelopes in it get one signature over their Merkle root just before
 * (design.md 4). The log sequence number, lsn, is the rowid of an
 * AUTOINCREMENT table, so it is never used twice and grows in commit order.
 *
 * Threads: the store belongs to the one thread that commits; each reader has
 * its own connection and belongs to one thread. Nothing here starts a thread.
 */
#ifndef QF_STORE_H
#define QF_STORE_H

#include "core/err.h"
#include "core/keep.h"

struct qf_store;
struct qf_reader;

/* What a node starts from, called in this order: rooms, then elements
 * ascending by lsn, then nonces (the newest QF_NONCES_MAX, ascending by lsn),
 * then drafts (ascending by number), then peers (once for each address, or once
 * without one; at most QF_PEERS_MAX, newest first). Arguments are borrowed.
 * Return QF_OK or an error, which ends the loading.
 *
 * That an element is in a room once is the care of the core's set; should one
 * be here twice, both are given, and the core ignores the later. */
struct qf_loaded_room {
	struct qf_room_id id;
	const char *name; /* folded */
	enum qf_joined joined;
	uint64_t hlc;     /* its clock */
	uint64_t own_seq; /* our last in it, 0: none */
	uint8_t own_prev[QF_PREV_BYTES];
};

struct qf_loaded_element {
	struct qf_room_id room;
	uint8_t class;
	uint64_t hlc;
	uint64_t lsn;
	struct qf_hash id;
};

struct qf_loader {
	void *ctx;
	int (*room)(void *ctx, const struct qf_loaded_room *room);
	int (*element)(void *ctx, const struct qf_loaded_element *element);
	int (*nonce)(void *ctx, const struct qf_nonce *nonce,
	             const struct qf_loaded_element *element);
	int (*draft)(void *ctx, const struct qf_draft *draft);
	int (*peer)(void *ctx, const struct qf_peer *peer);
	int (*page)(void *ctx, uint8_t state);
	int (*marker)(void *ctx, const struct qf_marker *marker);
};

/* Open or create, and migrate. The signer is borrowed for the store's life.
 * All that a start needs is read once. `why` gets a sentence when it fails
 * (QF_E_NEWER: the schema is from a later version; QF_E_MALFORMED: it is
 * damaged, which mend.h is for; nothing was touched).
 *
 * Sequence numbers of ours up to `past` may have been used in a database that
 * is lost: should this one have to be made, it remembers that. 0: no. */
int qf_store_open(struct qf_store **out, const char *path,
                  const struct qf_identity *signer, uint64_t past, char *why,
                  size_t cap);
/* As it was given when the database was made. */
uint64_t qf_store_past(const struct qf_store *st);
/* No envelope was ever kept in it. */
bool qf_store_is_empty(const struct qf_store *st);
void qf_store_close(struct qf_store *st);
int qf_store_load(struct qf_store *st, const struct qf_loader *to);

/* Sign what is own and not yet signed, write all n, make it durable, and set
 * the lsn of each envelope, ascending. On QF_E_IO, the only error, nothing is
 * known: call again with the same keeps; the bytes will be the same.
 * qf_store_why() has the sentence. The room of an envelope was kept before it.
 *
 * At most QF_COMMIT_KEEPS_MAX keeps with at most QF_BATCH_LEAVES_MAX envelopes
 * to sign and QF_COMMIT_BYTES_MAX of bodies, so that no commit takes long;
 * qf_store_fit() says how many of n may go together. */
enum { QF_COMMIT_KEEPS_MAX = 1024, QF_COMMIT_BYTES_MAX = 4 << 20 };
size_t qf_store_fit(const struct qf_keep *keeps, size_t n);
int qf_store_commit(struct qf_store *st, struct qf_keep *keeps, size_t n);
/* One row that says the disk takes commits again. */
int qf_store_probe(struct qf_store *st);
/* Why the last call failed, as a sentence ("the disk is full"). */
const char *qf_store_why(const struct qf_store *st);
/* The last failure was damage: trying again does not help. */
bool qf_store_damaged(const struct qf_store *st);

/* After the store was opened once, so that there is something to read. */
int qf_reader_open(struct qf_reader **out, const char *path);
void qf_reader_close(struct qf_reader *rd);
/* Why the last call failed ("the database is damaged": what is there is not
 * what was written). */
const char *qf_reader_why(const struct qf_reader *rd);
bool qf_reader_damaged(const struct qf_reader *rd);
/* Envelopes by lsn, in the order asked; stops before `bytes_max` of bodies is
 * exceeded (but gives at least one). *got says how many; the caller owns a
 * reference to each, and after an error none. QF_E_NOTFOUND: one does not
 * exist. */
int qf_reader_fetch(struct qf_reader *rd, const uint64_t *lsns, size_t n,
                    size_t bytes_max, struct qf_envelope **out, size_t *got);
/* The room's envelopes with lsn > after, ascending, at most n and about
 * bytes_max; lsns[i] says where each is. */
int qf_reader_after(struct qf_reader *rd, const struct qf_room_id *room,
                    uint64_t after, size_t n, size_t bytes_max,
                    struct qf_envelope **out, uint64_t *lsns, size_t *got);

/* The same of topics and of what was taken back alone: they stand, however old
 * they are. */
int qf_reader_standing(struct qf_reader *rd, const struct qf_room_id *room,
                       uint64_t after, size_t n, size_t bytes_max,
                       struct qf_envelope **out, uint64_t *lsns, size_t *got);

/* What a room holds of one author: count envelopes with sequence numbers from
 * first to last. No gaps and no fork means count == last - first + 1. */
struct qf_author_range {
	struct qf_key author;
	uint64_t first;
	uint64_t last;
	uint64_t count;  /* distinct sequence numbers */
	uint64_t forked; /* envelopes beyond one a number */
};

/* Calls `each` for every author of the room, ascending by key. */
int qf_reader_authors(struct qf_reader *rd, const struct qf_room_id *room,
                      int (*each)(void *ctx, const struct qf_author_range *r),
                      void *ctx);

#endif
