/* store.c - what a node remembers: one writer, readers beside it
 *
 * A commit: what is own gets its signature; then, in one transaction, each
 * keep is written in its turn, the elements of its envelopes go to the log,
 * and each room that got any moves its clock. If any of it fails, the
 * transaction is rolled back and the numbers that it gave are taken back; the
 * signatures stay, so the next try writes the same bytes.
 */
#include "store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/idmap.h"
#include "load.h"
#include "row.h"
#include "schema.h"

enum statement {
	BEGIN,
	COMMIT,
	PUT_ENVELOPE,
	PUT_LOG,
	PUT_AUTHOR,
	PUT_ROOM,
	MOVE_ROOM,
	PUT_PEER,
	PUT_ADDRESS,
	FORGET_PEER,
	FORGET_ADDRESSES,
	PRUNE_PEERS,
	PRUNE_ADDRESSES,
	PUT_PAGE,
	PUT_MARKER,
	FORGET_MARKERS,
	PUT_DRAFT,
	FORGET_DRAFT,
	PROBE,
};

static const char *const texts[] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[PUT_ENVELOPE] = "INSERT INTO envelope (" QF_ENVELOPE_COLUMNS ")"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_LOG] = "INSERT INTO log (lsn, elements, nonces) VALUES (?, ?, ?)",
	[PUT_AUTHOR] = "INSERT INTO author (number, key) VALUES (?, ?)",
	[PUT_ROOM] = "INSERT INTO room VALUES"
		     " (?1, ?2, ?3, ?4, 0, 0, 0, zeroblob(16))"
		     " ON CONFLICT (number) DO UPDATE"
		     " SET name = excluded.name, joined = excluded.joined",
	[MOVE_ROOM] = "UPDATE room SET hlc = ?2, last_lsn = ?3,"
		      " own_prev = iif(?4 > own_seq, ?5, own_prev),"
		      " own_seq = iif(?4 > own_seq, ?6, own_seq)"
		      " WHERE number = ?1",
	[PUT_PEER] = "INSERT INTO peer (key, name, seen_ms, asked)"
		     " VALUES (?, ?, ?, ?)"
		     " ON CONFLICT (key) DO UPDATE SET seen_ms ="
		     " max(seen_ms, excluded.seen_ms),"
		     " asked = max(asked, excluded.asked),"
		     " name = coalesce(nullif(excluded.name, ''), name)",
	[PUT_ADDRESS] = "INSERT INTO address (key, host, port, seen_ms)"
			" VALUES (?, ?, ?, ?) ON CONFLICT (key, host, port)"
			" DO UPDATE SET"
			" seen_ms = max(seen_ms, excluded.seen_ms)",
	[FORGET_PEER] = "DELETE FROM peer WHERE key = ?",
	[FORGET_ADDRESSES] = "DELETE FROM address WHERE key = ?",
	/* A number of them are kept that nobody asked for; and of all, */
	[PRUNE_PEERS] = "DELETE FROM peer WHERE key IN (SELECT key FROM peer"
			" WHERE NOT asked ORDER BY seen_ms DESC, key"
			" LIMIT -1 OFFSET ?)",
	/* where each was last. */
	[PRUNE_ADDRESSES] = "DELETE FROM address WHERE key NOT IN"
			    " (SELECT key FROM peer) OR (key, host, port) IN"
			    " (SELECT key, host, port FROM (SELECT key, host,"
			    " port, row_number() OVER (PARTITION BY key"
			    " ORDER BY seen_ms DESC, host, port) AS place"
			    " FROM address) WHERE place > ?)",
	[PUT_PAGE] = "UPDATE page SET state = ?",
	[PUT_MARKER] = "INSERT INTO marker (whose, ms) VALUES (?, ?)"
		       " ON CONFLICT (whose) DO UPDATE"
		       " SET ms = max(ms, excluded.ms)",
	[FORGET_MARKERS] = "DELETE FROM marker"
			   " WHERE substr(whose, 1, length(?1)) = ?1",
	[PUT_DRAFT] = ("INSERT INTO draft (number, room, type, nonce, body)"
	               " VALUES (?, ?, ?, ?, ?)"),
	[FORGET_DRAFT] = "DELETE FROM draft WHERE number = ?",
	[PROBE] = "UPDATE probe SET count = count + 1",
};

enum { PEERS_PUT_MAX = 256 }; /* before those too many go */

/* What the commit under way has brought to a room; NULL: nothing. */
struct room_mark {
	const struct qf_keep *last;
	const struct qf_keep *own; /* with our highest sequence number */
};

/* Rooms and authors have numbers, 1, 2, 3..., because they are in every row.
 * Those above the count that is committed are of the commit under way. */
struct qf_store {
	struct qf_db db;
	const struct qf_identity *signer;
	struct qf_idmap rooms;
	struct qf_idmap authors;
	size_t rooms_committed;
	size_t authors_committed;
	uint64_t lsn_committed;
	uint64_t lsn; /* the last one given */
	uint64_t past;
	struct room_mark *marks; /* of room 1, 2, 3... */
	size_t marks_cap;
	struct qf_buf elements; /* of the next row of the log */
	struct qf_buf nonces;
	struct qf_buf proof;
	unsigned peers_put; /* since it was opened */
};

static sqlite3_stmt *statement(struct qf_store *st, enum statement s)
{
	return st->db.statements[s];
}

static void bind_key(sqlite3_stmt *s, int at, const uint8_t key[QF_KEY_BYTES])
{
	sqlite3_bind_blob(s, at, key, QF_KEY_BYTES, SQLITE_STATIC);
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static void bind_u64(sqlite3_stmt *s, int at, uint64_t value)
{
	sqlite3_bind_int64(s, at, (int64_t)value);
}

/* Sign */

static bool is_unsigned(const struct qf_keep *k)
{
	return k->kind == QF_KEEP_ENVELOPE && k->envelope->proof.leaves == 0;
}

size_t qf_store_fit(const struct qf_keep *keeps, size_t n)
{
	size_t to_sign = 0;
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < n && i < QF_COMMIT_KEEPS_MAX; i++) {
		to_sign += is_unsigned(&keeps[i]);
		if (keeps[i].kind == QF_KEEP_ENVELOPE)
			bytes += keeps[i].envelope->head.body_len;
		else if (keeps[i].kind == QF_KEEP_DRAFT)
			bytes += keeps[i].draft.body->len;
		if (to_sign > QF_BATCH_LEAVES_MAX ||
		    bytes > QF_COMMIT_BYTES_MAX)
			break;
	}
	return i;
}

static void sign_own(const struct qf_store *st, struct qf_keep *keeps, size_t n)
{
	struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];
	struct qf_hash ids[QF_BATCH_LEAVES_MAX];
	struct qf_hash root;
	uint8_t sig[QF_SIG_BYTES];
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct qf_envelope *e = keeps[i].envelope;

		if (!is_unsigned(&keeps[i]))
			continue;
		assert(qf_key_equal(&e->head.author, &st->signer->key));
		ids[count] = e->id;
		proofs[count++] = &e->proof;
	}
	if (!count)
		return;
	qf_merkle_prove(ids, count, proofs, &root);
	qf_identity_sign(st->signer, &root, sig);
	for (size_t i = 0; i < count; i++)
		memcpy(proofs[i]->sig, sig, sizeof sig);
}

/* Write */

static int put_log(struct qf_store *st)
{
	sqlite3_stmt *s = statement(st, PUT_LOG);
	int rc;

	if (st->elements.bad || st->nonces.bad)
		return QF_E_NOMEM;
	if (!st->elements.len)
		return QF_OK;
	bind_u64(s, 1, st->lsn);
	sqlite3_bind_blob(s, 2, st->elements.at, (int)st->elements.len,
	                  SQLITE_STATIC);
	if (st->nonces.len)
		sqlite3_bind_blob(s, 3, st->nonces.at, (int)st->nonces.len,
		                  SQLITE_STATIC);
	else
		sqlite3_bind_null(s, 3);
	rc = qf_db_run(&st->db, PUT_LOG);
	qf_buf_clear(&st->elements);
	qf_buf_clear(&st->nonces);
	return rc;
}

/* The envelope has the next lsn. */
static int log_envelope(struct qf_store *st, struct qf_keep *k, uint32_t room)
{
	size_t len = st->elements.len + st->nonces.len + QF_ELEMENT_BYTES +
	             QF_LOG_NONCE_BYTES;
	int rc;

	if (len > QF_LOG_ROW_BYTES_MAX && (rc = put_log(st)))
		return rc;
	k->lsn = ++st->lsn;
	if (k->has_nonce)
		qf_log_nonce_put(&st->nonces,
		                 st->elements.len / QF_ELEMENT_BYTES,
		                 &k->nonce);
	qf_element_put(&st->elements, room, k->envelope);
	return QF_OK;
}

static void mark_room(struct qf_store *st, const struct qf_keep *k,
                      uint32_t room)
{
	struct room_mark *mark = &st->marks[room - 1];
	const struct qf_header *head = &k->envelope->head;

	mark->last = k;
	if (!qf_key_equal(&head->author, &st->signer->key))
		return;
	if (head->seq > QF_SEQ_MAX)
		return;
	if (!mark->own || head->seq > mark->own->envelope->head.seq)
		mark->own = k;
}

static int number_author(struct qf_store *st, const struct qf_key *key,
                         uint64_t *number)
{
	sqlite3_stmt *s = statement(st, PUT_AUTHOR);
	int rc;

	if (qf_idmap_get(&st->authors, key->b, number))
		return QF_OK;
	*number = st->authors.count + 1;
	if ((rc = qf_idmap_set(&st->authors, key->b, *number)))
		return rc;
	bind_u64(s, 1, *number);
	bind_key(s, 2, key->b);
	return qf_db_run(&st->db, PUT_AUTHOR);
}

static int put_envelope(struct qf_store *st, struct qf_keep *k)
{
	const struct qf_header *head = &k->envelope->head;
	uint64_t author, room;
	bool known = qf_idmap_get(&st->rooms, head->room.b, &room);
	int rc;

	assert(known);
	if ((rc = number_author(st, &head->author, &author)) ||
	    (rc = log_envelope(st, k, (uint32_t)room)))
		return rc;
	mark_room(st, k, (uint32_t)room);
	qf_envelope_bind(statement(st, PUT_ENVELOPE), k, (uint32_t)author,
	                 &st->proof);
	rc = st->proof.bad ? QF_E_NOMEM : qf_db_run(&st->db, PUT_ENVELOPE);
	if (rc || !k->draft_number)
		return rc;
	bind_u64(statement(st, FORGET_DRAFT), 1, k->draft_number);
	return qf_db_run(&st->db, FORGET_DRAFT);
}

static int put_draft(struct qf_store *st, const struct qf_draft *d)
{
	sqlite3_stmt *s = statement(st, PUT_DRAFT);
	uint64_t room;
	bool known = qf_idmap_get(&st->rooms, d->room.b, &room);

	assert(known);
	bind_u64(s, 1, d->number);
	bind_u64(s, 2, room);
	sqlite3_bind_int(s, 3, d->type);
	if (d->has_nonce)
		sqlite3_bind_blob(s, 4, d->nonce.b, sizeof d->nonce.b,
		                  SQLITE_STATIC);
	else
		sqlite3_bind_null(s, 4);
	sqlite3_bind_blob(s, 5, d->body->at, (int)d->body->len, SQLITE_STATIC);
	return qf_db_run(&st->db, PUT_DRAFT);
}

/* Room for the marks of one more room. */
static int widen_marks(struct qf_store *st)
{
	size_t cap = st->marks_cap ? st->marks_cap * 2 : 16;
	struct room_mark *marks;

	if (st->rooms.count < st->marks_cap)
		return QF_OK;
	marks = reallocarray(st->marks, cap, sizeof *marks);
	if (!marks)
		return QF_E_NOMEM;
	memset(marks + st->marks_cap, 0, (cap - st->marks_cap) * sizeof *marks);
	st->marks = marks;
	st->marks_cap = cap;
	return QF_OK;
}

static int number_room(struct qf_store *st, const struct qf_room_id *id,
                       uint64_t *number)
{
	int rc;

	if (qf_idmap_get(&st->rooms, id->b, number))
		return QF_OK;
	if ((rc = widen_marks(st)))
		return rc;
	*number = st->rooms.count + 1;
	return qf_idmap_set(&st->rooms, id->b, *number);
}

static int put_room(struct qf_store *st, const struct qf_keep *k)
{
	sqlite3_stmt *s = statement(st, PUT_ROOM);
	uint64_t number;
	int rc = number_room(st, &k->room, &number);

	if (rc)
		return rc;
	bind_u64(s, 1, number);
	bind_key(s, 2, k->room.b);
	bind_text(s, 3, k->name);
	sqlite3_bind_int(s, 4, k->joined);
	return qf_db_run(&st->db, PUT_ROOM);
}

/* Now and then: it looks at all of them. */
static int prune_peers(struct qf_store *st)
{
	int rc;

	if (st->peers_put++ % PEERS_PUT_MAX)
		return QF_OK;
	sqlite3_bind_int(statement(st, PRUNE_PEERS), 1, QF_PEERS_MAX);
	sqlite3_bind_int(statement(st, PRUNE_ADDRESSES), 1,
	                 QF_ADDRESSES_EACH_MAX);
	rc = qf_db_run(&st->db, PRUNE_PEERS);
	return rc ? rc : qf_db_run(&st->db, PRUNE_ADDRESSES);
}

static int put_address(struct qf_store *st, const struct qf_peer *peer)
{
	sqlite3_stmt *s = statement(st, PUT_ADDRESS);

	bind_key(s, 1, peer->key.b);
	bind_text(s, 2, peer->address.host);
	sqlite3_bind_int(s, 3, peer->address.port);
	bind_u64(s, 4, peer->seen_ms);
	return qf_db_run(&st->db, PUT_ADDRESS);
}

static int put_peer(struct qf_store *st, const struct qf_peer *peer)
{
	sqlite3_stmt *s = statement(st, PUT_PEER);
	int rc;

	bind_key(s, 1, peer->key.b);
	bind_text(s, 2, peer->name);
	bind_u64(s, 3, peer->seen_ms);
	sqlite3_bind_int(s, 4, peer->asked);
	if ((rc = qf_db_run(&st->db, PUT_PEER)) ||
	    (*peer->address.host && (rc = put_address(st, peer))))
		return rc;
	return prune_peers(st);
}

static int forget_peer(struct qf_store *st, const struct qf_key *key)
{
	int rc;

	bind_key(statement(st, FORGET_PEER), 1, key->b);
	bind_key(statement(st, FORGET_ADDRESSES), 1, key->b);
	rc = qf_db_run(&st->db, FORGET_PEER);
	return rc ? rc : qf_db_run(&st->db, FORGET_ADDRESSES);
}

static int put_page(struct qf_store *st, uint8_t state)
{
	sqlite3_bind_int(statement(st, PUT_PAGE), 1, state);
	return qf_db_run(&st->db, PUT_PAGE);
}

static int put_marker(struct qf_store *st, const struct qf_marker *m)
{
	int what = m->ms ? PUT_MARKER : FORGET_MARKERS;
	sqlite3_stmt *s = statement(st, what);

	sqlite3_bind_text(s, 1, m->whose, -1, SQLITE_STATIC);
	if (m->ms)
		sqlite3_bind_int64(s, 2, (int64_t)m->ms);
	return qf_db_run(&st->db, what);
}

static int put_keep(struct qf_store *st, struct qf_keep *k)
{
	switch (k->kind) {
	case QF_KEEP_ENVELOPE:
		return put_envelope(st, k);
	case QF_KEEP_ROOM:
		return put_room(st, k);
	case QF_KEEP_PEER:
		return put_peer(st, &k->peer);
	case QF_KEEP_FORGET:
		return forget_peer(st, &k->peer.key);
	case QF_KEEP_DRAFT:
		return put_draft(st, &k->draft);
	case QF_KEEP_PAGE:
		return put_page(st, k->page);
	case QF_KEEP_MARKER:
		return put_marker(st, &k->marker);
	}
	assert(!"a kind of keep");
	return QF_OK;
}

/* Our last envelope in the room. One that came back to us from others counts
 * as qf_replica_returned() says. */
static void bind_own(sqlite3_stmt *s, const struct qf_keep *own)
{
	const struct qf_envelope *e = own ? own->envelope : NULL;

	bind_u64(s, 4, own ? e->head.seq : 0);
	bind_u64(s, 6, own ? e->head.seq : 0);
	if (!own) {
		sqlite3_bind_null(s, 5);
	} else if (own->source) {
		bind_u64(s, 6, e->head.seq + QF_SEQ_MARGIN);
		sqlite3_bind_zeroblob(s, 5, QF_PREV_BYTES);
	} else {
		sqlite3_bind_blob(s, 5, e->id.b, QF_PREV_BYTES, SQLITE_STATIC);
	}
}

static int move_room(struct qf_store *st, size_t number)
{
	const struct room_mark *mark = &st->marks[number - 1];
	sqlite3_stmt *s = statement(st, MOVE_ROOM);

	bind_u64(s, 1, number);
	bind_u64(s, 2, mark->last->room_hlc);
	bind_u64(s, 3, mark->last->lsn);
	bind_own(s, mark->own);
	return qf_db_run(&st->db, MOVE_ROOM);
}

static int put_all(struct qf_store *st, struct qf_keep *keeps, size_t n)
{
	int rc = qf_db_begin(&st->db, BEGIN);

	for (size_t i = 0; i < n && !rc; i++)
		rc = put_keep(st, &keeps[i]);
	if (!rc)
		rc = put_log(st);
	for (size_t room = 1; room <= st->rooms.count && !rc; room++)
		if (st->marks[room - 1].last)
			rc = move_room(st, room);
	return rc ? rc : qf_db_run(&st->db, COMMIT);
}

/* Commit */

static void take_back(struct qf_idmap *numbers, const uint8_t *key,
                      size_t committed)
{
	uint64_t number;

	if (qf_idmap_get(numbers, key, &number) && number > committed)
		qf_idmap_remove(numbers, key);
}

static void take_back_numbers(struct qf_store *st, const struct qf_keep *keeps,
                              size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keeps[i].kind == QF_KEEP_ENVELOPE)
			take_back(&st->authors,
			          keeps[i].envelope->head.author.b,
			          st->authors_committed);
		else if (keeps[i].kind == QF_KEEP_ROOM)
			take_back(&st->rooms, keeps[i].room.b,
			          st->rooms_committed);
}

static void begin_afresh(struct qf_store *st)
{
	st->lsn = st->lsn_committed;
	qf_buf_clear(&st->elements);
	qf_buf_clear(&st->nonces);
	memset(st->marks, 0, st->marks_cap * sizeof *st->marks);
}

static void settle(struct qf_store *st)
{
	st->lsn_committed = st->lsn;
	st->rooms_committed = st->rooms.count;
	st->authors_committed = st->authors.count;
}

int qf_store_commit(struct qf_store *st, struct qf_keep *keeps, size_t n)
{
	int rc;

	assert(qf_store_fit(keeps, n) == n);
	sign_own(st, keeps, n);
	rc = put_all(st, keeps, n);
	if (rc) {
		qf_db_fail(&st->db, rc);
		take_back_numbers(st, keeps, n);
	} else {
		settle(st);
	}
	begin_afresh(st);
	return rc ? QF_E_IO : QF_OK;
}

int qf_store_probe(struct qf_store *st)
{
	if (!qf_db_begin(&st->db, BEGIN) && !qf_db_run(&st->db, PROBE) &&
	    !qf_db_run(&st->db, COMMIT))
		return QF_OK;
	return qf_db_fail(&st->db, QF_E_IO);
}

bool qf_store_damaged(const struct qf_store *st)
{
	return st->db.damaged;
}

uint64_t qf_store_past(const struct qf_store *st)
{
	return st->past;
}

bool qf_store_is_empty(const struct qf_store *st)
{
	return !st->lsn;
}

const char *qf_store_why(const struct qf_store *st)
{
	return st->db.why;
}

/* Open */

/* The query gives numbers, from 1 without gaps, and what they stand for. */
static int learn(struct qf_store *st, const char *query, struct qf_idmap *to)
{
	sqlite3_stmt *s;
	int rc = QF_OK;

	if (sqlite3_prepare_v2(st->db.at, query, -1, &s, NULL))
		return QF_E_IO;
	while (!rc && sqlite3_step(s) == SQLITE_ROW) {
		uint64_t number = (uint64_t)sqlite3_column_int64(s, 0);
		uint8_t key[QF_KEY_BYTES];

		if (number != to->count + 1 ||
		    !qf_column_raw(s, 1, key, sizeof key))
			rc = QF_E_MALFORMED;
		else
			rc = qf_idmap_set(to, key, number);
	}
	return sqlite3_finalize(s) && !rc ? QF_E_IO : rc;
}

static int learn_all(struct qf_store *st)
{
	int64_t lsn, past;
	int rc;

	if ((rc = learn(st, "SELECT number, id FROM room ORDER BY number",
	                &st->rooms)) ||
	    (rc = learn(st, "SELECT number, key FROM author ORDER BY number",
	                &st->authors)) ||
	    (rc = qf_db_integer(&st->db,
	                        "SELECT seq FROM sqlite_sequence"
	                        " WHERE name = 'log'",
	                        &lsn)) ||
	    (rc = qf_db_integer(&st->db, "SELECT seq FROM past", &past)))
		return rc;
	st->lsn = (uint64_t)lsn;
	st->past = (uint64_t)past;
	settle(st);
	st->marks_cap = st->rooms.count;
	st->marks = calloc(st->marks_cap + 1, sizeof *st->marks);
	return st->marks ? QF_OK : QF_E_NOMEM;
}

/* All memory that commits need but for rooms and authors to come. */
static int prepare(struct qf_store *st)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		return QF_E_IO;
	qf_idmap_init(&st->rooms, seed);
	qf_idmap_init(&st->authors, seed);
	qf_buf_init(&st->elements, QF_LOG_ROW_BYTES_MAX);
	qf_buf_init(&st->nonces, QF_LOG_ROW_BYTES_MAX);
	qf_buf_init(&st->proof, QF_PROOF_BYTES_MAX);
	if (!qf_buf_room(&st->elements, QF_LOG_ROW_BYTES_MAX) ||
	    !qf_buf_room(&st->nonces, QF_LOG_ROW_BYTES_MAX) ||
	    !qf_buf_room(&st->proof, QF_PROOF_BYTES_MAX))
		return QF_E_NOMEM;
	return qf_db_prepare(&st->db, texts, sizeof texts / sizeof *texts);
}

static int pass_room(void *ctx, const struct qf_loaded_room *room)
{
	(void)ctx;
	(void)room;
	return QF_OK;
}

static int pass_element(void *ctx, const struct qf_loaded_element *element)
{
	(void)ctx;
	(void)element;
	return QF_OK;
}

static int pass_nonce(void *ctx, const struct qf_nonce *nonce,
                      const struct qf_loaded_element *element)
{
	(void)ctx;
	(void)nonce;
	(void)element;
	return QF_OK;
}

static int pass_draft(void *ctx, const struct qf_draft *draft)
{
	(void)ctx;
	(void)draft;
	return QF_OK;
}

static int pass_peer(void *ctx, const struct qf_peer *peer)
{
	(void)ctx;
	(void)peer;
	return QF_OK;
}

static int pass_page(void *ctx, uint8_t state)
{
	(void)ctx;
	(void)state;
	return QF_OK;
}

static int pass_marker(void *ctx, const struct qf_marker *marker)
{
	(void)ctx;
	(void)marker;
	return QF_OK;
}

/* Damage should show before anybody has begun to use what is whole. */
static int look_through(struct qf_store *st)
{
	static const struct qf_loader nobody = {
		.room = pass_room,
		.element = pass_element,
		.nonce = pass_nonce,
		.draft = pass_draft,
		.peer = pass_peer,
		.page = pass_page,
		.marker = pass_marker,
	};

	return qf_load(&st->db, &nobody);
}

static int open_db(struct qf_store *st, const char *path, uint64_t past)
{
	int rc;

	if ((rc = qf_db_open(&st->db, path, true)) ||
	    (rc = qf_schema_migrate(&st->db, past)))
		return rc;
	if ((rc = prepare(st)) || (rc = learn_all(st)) ||
	    (rc = look_through(st)))
		return qf_db_fail(&st->db, rc);
	qf_db_lengthen_log(&st->db);
	return QF_OK;
}

int qf_store_open(struct qf_store **out, const char *path,
                  const struct qf_identity *signer, uint64_t past, char *why,
                  size_t cap)
{
	struct qf_store *st = calloc(1, sizeof *st);
	int rc;

	if (!st) {
		snprintf(why, cap, "%s", qf_err_text(QF_E_NOMEM));
		return QF_E_NOMEM;
	}
	st->signer = signer;
	if ((rc = open_db(st, path, past))) {
		if (st->db.damaged)
			rc = QF_E_MALFORMED;
		if (rc == QF_E_IO)
			snprintf(why, cap, "%s: %s", st->db.why, path);
		else
			snprintf(why, cap, "%s", st->db.why);
		qf_store_close(st);
		return rc;
	}
	*out = st;
	return QF_OK;
}

void qf_store_close(struct qf_store *st)
{
	if (!st)
		return;
	qf_db_close(&st->db);
	qf_idmap_fini(&st->rooms);
	qf_idmap_fini(&st->authors);
	qf_buf_fini(&st->elements);
	qf_buf_fini(&st->nonces);
	qf_buf_fini(&st->proof);
	free(st->marks);
	free(st);
}

int qf_store_load(struct qf_store *st, const struct qf_loader *to)
{
	int rc = qf_load(&st->db, to);

	return rc ? qf_db_fail(&st->db, rc) : QF_OK;
}
