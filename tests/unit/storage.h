/* storage.h - a store in a directory of its own, and keeps to fill it with */
#ifndef QF_STORAGE_H
#define QF_STORAGE_H

#include "test.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/room.h"
#include "signing.h"
#include "store/store.h"

enum { STORAGE_KEEPS_MAX = 256 };

struct storage {
	char dir[64];
	char path[80]; /* of the database in it */
	struct qf_identity self;
	struct qf_store *store;
	struct qf_room_id lobby;
	uint64_t seq; /* our last in the lobby */
};

/* Keeps in order, as the core would make them. */
struct keeps {
	struct qf_keep at[STORAGE_KEEPS_MAX];
	size_t count;
};

static inline struct qf_identity identity(const char *name)
{
	uint8_t seed[QF_SEED_BYTES] = { 0 };
	struct qf_identity id;

	memcpy(seed, name, strlen(name));
	qf_identity_init(&id, seed);
	return id;
}

static inline void storage_make(struct storage *s)
{
	uint8_t seed[QF_SEED_BYTES] = "ana";

	*s = (struct storage){ .dir = "/tmp/qf-store-XXXXXX" };
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof s->path, "%s/store", s->dir);
	qf_identity_init(&s->self, seed);
	qf_room_id_open(&s->lobby, "#lobby");
}

static inline void storage_open(struct storage *s)
{
	char why[160] = "";

	if (qf_store_open(&s->store, s->path, &s->self, 0, why, sizeof why))
		fail_msg("%s", why);
}

static inline void storage_close(struct storage *s)
{
	qf_store_close(s->store);
	s->store = NULL;
}

/* Close if open, and leave nothing behind. */
static inline void storage_remove(struct storage *s)
{
	char path[sizeof s->dir + 1 + sizeof((struct dirent *)0)->d_name];
	struct dirent *entry;
	DIR *dir;

	storage_close(s);
	dir = opendir(s->dir);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof path, "%s/%s", s->dir, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	assert_int_equal(rmdir(s->dir), 0);
}

static inline struct qf_keep *keeps_add(struct keeps *k, enum qf_keep_kind kind)
{
	struct qf_keep *keep = &k->at[k->count++];

	assert_true(k->count <= STORAGE_KEEPS_MAX);
	*keep = (struct qf_keep){ .kind = kind, .number = k->count };
	return keep;
}

static inline void keeps_clear(struct keeps *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->at[i].kind == QF_KEEP_ENVELOPE)
			qf_envelope_unref(k->at[i].envelope);
		else if (k->at[i].kind == QF_KEEP_DRAFT)
			qf_draft_fini(&k->at[i].draft);
	k->count = 0;
}

static inline void keeps_join(struct keeps *k, const char *name)
{
	struct qf_keep *keep = keeps_add(k, QF_KEEP_ROOM);

	qf_room_id_open(&keep->room, name);
	snprintf(keep->name, sizeof keep->name, "%s", name);
	keep->joined = QF_JOINED;
}

/* An envelope without proof; the room's clock moves to its stamp. */
static inline struct qf_keep *keeps_typed(struct keeps *k, uint8_t type,
                                          const struct qf_key *author,
                                          const struct qf_room_id *room,
                                          uint64_t seq, const void *body,
                                          size_t len)
{
	struct qf_keep *keep = keeps_add(k, QF_KEEP_ENVELOPE);
	struct qf_header head = {
		.room = *room,
		.class = QF_CLASS_CONTENT,
		.type = type,
		.author = *author,
		.hlc = (1000 + seq) << 16,
		.seq = seq,
	};

	keep->envelope = qf_envelope_new(&head, qf_bytes(body, len));
	assert_non_null(keep->envelope);
	keep->room_hlc = head.hlc;
	keep->envelope->seen_ms = 1700000000000 + seq;
	return keep;
}

static inline struct qf_keep *keeps_envelope(struct keeps *k,
                                             const struct qf_key *author,
                                             const struct qf_room_id *room,
                                             uint64_t seq, const void *body,
                                             size_t len)
{
	return keeps_typed(k, QF_TYPE_TEXT, author, room, seq, body, len);
}

/* We say it in the lobby. */
static inline struct qf_keep *keeps_say(struct keeps *k, struct storage *s,
                                        const char *text)
{
	return keeps_envelope(k, &s->self.key, &s->lobby, ++s->seq, text,
	                      strlen(text));
}

/* Somebody else has said it, and it came signed. */
static inline struct qf_keep *keeps_hear(struct keeps *k,
                                         const struct qf_identity *author,
                                         const struct qf_room_id *room,
                                         uint64_t seq, const char *text)
{
	struct qf_keep *keep = keeps_envelope(k, &author->key, room, seq, text,
	                                      strlen(text));

	keep->source = 1;
	sign_commit(author, &keep->envelope, 1);
	return keep;
}

static inline void storage_commit(struct storage *s, struct keeps *k)
{
	if (qf_store_commit(s->store, k->at, k->count))
		fail_msg("%s", qf_store_why(s->store));
}

/* Open a fresh store, and be in the lobby. */
static inline void storage_begin(struct storage *s)
{
	struct keeps k = { 0 };

	storage_make(s);
	storage_open(s);
	keeps_join(&k, "#lobby");
	storage_commit(s, &k);
}

static inline struct qf_reader *storage_reader(const struct storage *s)
{
	struct qf_reader *rd = NULL;

	assert_int_equal(qf_reader_open(&rd, s->path), QF_OK);
	return rd;
}

/* The envelope with that lsn, one reference. */
static inline struct qf_envelope *fetch_one(struct qf_reader *rd, uint64_t lsn)
{
	struct qf_envelope *e = NULL;
	size_t got;

	if (qf_reader_fetch(rd, &lsn, 1, SIZE_MAX, &e, &got))
		fail_msg("%s", qf_reader_why(rd));
	assert_int_equal(got, 1);
	return e;
}

/* Another hand in the database. */
static inline void meddle(const struct storage *s, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL))
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static inline int64_t look(const struct storage *s, const char *query)
{
	sqlite3_stmt *row;
	sqlite3 *db;
	int64_t found;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &row, NULL), 0);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	found = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return found;
}

/* To the byte, with its proof. */
static inline void expect_same(const struct qf_envelope *a,
                               const struct qf_envelope *b)
{
	assert_memory_equal(a->id.b, b->id.b, sizeof a->id.b);
	assert_memory_equal(&a->head.author, &b->head.author, QF_KEY_BYTES);
	assert_int_equal(a->head.body_len, b->head.body_len);
	assert_memory_equal(a->body, b->body, a->head.body_len);
	assert_int_equal(a->proof.leaf, b->proof.leaf);
	assert_int_equal(a->proof.leaves, b->proof.leaves);
	assert_int_equal(a->proof.path_len, b->proof.path_len);
	assert_memory_equal(a->proof.path, b->proof.path,
	                    a->proof.path_len * sizeof *a->proof.path);
	assert_memory_equal(a->proof.sig, b->proof.sig, QF_SIG_BYTES);
}

#endif
