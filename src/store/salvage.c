/* salvage.c - what a damaged database still holds, saved into a new one
 *
 * Rooms first, for nothing can be kept of an unknown one, and drafts; then the
 * log, and for each of its elements the envelope; then peers. All but the log
 * is read until the first row that cannot be. In the log a gap is stepped over
 * in growing strides, because a damaged page hides all of its rows.
 */
#include "salvage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/idmap.h"
#include "core/limits.h"
#include "core/step.h"
#include "load.h"
#include "row.h"

enum { ELEMENTS_MAX = QF_LOG_ROW_BYTES_MAX / QF_ELEMENT_BYTES };

struct salvage {
	struct qf_db from;
	struct qf_reader *reader;
	struct qf_store *to;
	uint64_t past;
	struct qf_idmap clocks; /* of the rooms that are kept, by id */
	struct qf_keep keeps[QF_BATCH_LEAVES_MAX];
	size_t count;
	uint64_t saved;
};

/* What is gathered, into the new database. */
static int commit(struct salvage *s)
{
	int rc = QF_OK;

	while (s->count && !rc) {
		size_t fit = qf_store_fit(s->keeps, s->count);

		rc = qf_store_commit(s->to, s->keeps, fit);
		if (rc)
			break;
		for (size_t i = 0; i < fit; i++)
			qf_keep_fini(&s->keeps[i]);
		s->count -= fit;
		memmove(s->keeps, s->keeps + fit, s->count * sizeof *s->keeps);
	}
	return rc;
}

static int keep(struct salvage *s, const struct qf_keep *k)
{
	s->keeps[s->count++] = *k;
	return s->count < sizeof s->keeps / sizeof *s->keeps ? QF_OK
	                                                     : commit(s);
}

/* Rooms, drafts and peers. */

static int raise_past(void *ctx, const struct qf_loaded_room *room)
{
	struct salvage *s = ctx;

	if (room->own_seq > s->past && room->own_seq <= QF_SEQ_MAX)
		s->past = room->own_seq;
	return QF_OK;
}

static int save_room(void *ctx, const struct qf_loaded_room *room)
{
	struct salvage *s = ctx;
	struct qf_keep k = {
		.kind = QF_KEEP_ROOM,
		.room = room->id,
		.joined = room->joined,
	};
	int rc = qf_idmap_set(&s->clocks, room->id.b, room->hlc);

	if (rc)
		return rc;
	memccpy(k.name, room->name, 0, sizeof k.name - 1);
	return keep(s, &k);
}

static int save_draft(void *ctx, const struct qf_draft *draft)
{
	struct qf_keep k = { .kind = QF_KEEP_DRAFT, .draft = *draft };

	qf_shared_ref(draft->body);
	return keep(ctx, &k);
}

static int save_peer(void *ctx, const struct qf_peer *peer)
{
	struct qf_keep k = { .kind = QF_KEEP_PEER, .peer = *peer };

	return keep(ctx, &k);
}

static int save_page(void *ctx, uint8_t state)
{
	struct qf_keep k = { .kind = QF_KEEP_PAGE, .page = state };

	return keep(ctx, &k);
}

static int save_marker(void *ctx, const struct qf_marker *marker)
{
	struct qf_keep k = { .kind = QF_KEEP_MARKER, .marker = *marker };

	return keep(ctx, &k);
}

/* Envelopes. */

/* Takes the envelope. */
static int save_envelope(struct salvage *s, struct qf_envelope *e,
                         const struct qf_nonce *nonce)
{
	struct qf_keep k = {
		.kind = QF_KEEP_ENVELOPE,
		.envelope = e,
		.has_nonce = nonce,
	};

	if (!qf_idmap_get(&s->clocks, e->head.room.b, &k.room_hlc) ||
	    !qf_envelope_proven(e)) {
		qf_envelope_unref(e);
		return QF_OK;
	}
	if (nonce)
		k.nonce = *nonce;
	s->saved++;
	return keep(s, &k);
}

/* Those of one row of the log. */
static int save_row(struct salvage *s, const struct qf_log_row *row)
{
	struct qf_nonce nonces[ELEMENTS_MAX];
	bool has_nonce[ELEMENTS_MAX] = { false };
	int rc = QF_OK;

	for (size_t i = 0; i < row->nonce_count; i++) {
		struct qf_nonce nonce;
		size_t element;

		qf_log_nonce(row, i, &element, &nonce);
		nonces[element] = nonce;
		has_nonce[element] = true;
	}
	for (size_t i = 0; i < row->count && !rc; i++) {
		uint64_t lsn = row->first + i;
		struct qf_envelope *e;
		size_t got;

		if (!qf_reader_fetch(s->reader, &lsn, 1, SIZE_MAX, &e, &got))
			rc = save_envelope(s, e,
			                   has_nonce[i] ? &nonces[i] : NULL);
	}
	return rc;
}

static const char *const next_row[] = {
	"SELECT lsn, elements, nonces FROM log WHERE lsn > ? ORDER BY lsn"
	" LIMIT 1",
};

/* 1: a row; 0: there is none; QF_E_IO: it cannot be read. */
static int read_row(struct salvage *s, uint64_t after, struct qf_log_row *row)
{
	sqlite3_stmt *at = s->from.statements[0];
	int rc;

	sqlite3_reset(at);
	sqlite3_bind_int64(at, 1, (sqlite3_int64)after);
	rc = qf_db_row(&s->from, 0);
	if (rc == 1 && !qf_log_row(at, row))
		return QF_E_IO;
	return rc;
}

static int save_log(struct salvage *s)
{
	uint64_t after = 0, stride = 1;

	/* Doubling, it comes to an end wherever the last row may be. */
	while (after < INT64_MAX / 2) {
		struct qf_log_row row;
		int rc = read_row(s, after, &row);

		if (!rc)
			break;
		if (rc < 0 || row.first + row.count - 1 <= after) {
			after += stride;
			stride *= 2;
			continue;
		}
		if ((rc = save_row(s, &row)))
			return rc;
		after = row.first + row.count - 1;
		stride = 1;
	}
	return QF_OK;
}

/* All errors of the damaged one are overlooked; what remains is of the new. */
static int save_all(struct salvage *s)
{
	struct qf_loader to = {
		.ctx = s,
		.room = save_room,
		.draft = save_draft,
		.peer = save_peer,
		.page = save_page,
		.marker = save_marker,
	};
	int rc;

	qf_load_rooms(&s->from, &to);
	if ((rc = commit(s)) || (rc = save_log(s)) || (rc = commit(s)))
		return rc;
	qf_load_peers(&s->from, &to);
	qf_load_page(&s->from, &to);
	qf_load_markers(&s->from, &to);
	return commit(s);
}

/* False: it is so damaged that nothing can be read. */
static bool open_damaged(struct salvage *s, const char *path)
{
	if (qf_db_open(&s->from, path, false))
		return false;
	qf_db_close_untouched(&s->from, true);
	return !qf_db_prepare(&s->from, next_row, 1) &&
	       !qf_reader_open(&s->reader, path);
}

static void find_past(struct salvage *s)
{
	struct qf_loader to = { .ctx = s, .room = raise_past };
	int64_t past;

	qf_load_rooms(&s->from, &to);
	if (!qf_db_integer(&s->from, "SELECT max(seq) FROM past", &past) &&
	    past > 0 && (uint64_t)past > s->past && past <= QF_SEQ_MAX)
		s->past = (uint64_t)past;
}

static int salvage(struct salvage *s, const char *from, const char *to,
                   const struct qf_identity *signer, char *why, size_t cap)
{
	bool readable = open_damaged(s, from);
	int rc;

	if (readable)
		find_past(s);
	if ((rc = qf_store_open(&s->to, to, signer, s->past, why, cap)))
		return rc;
	if (readable && (rc = save_all(s)))
		snprintf(why, cap, "%s", qf_store_why(s->to));
	return rc;
}

int qf_salvage(const char *from, const char *to,
               const struct qf_identity *signer, uint64_t past, uint64_t now_ms,
               uint64_t *saved, char *why, size_t cap)
{
	struct salvage *s = calloc(1, sizeof *s);
	int rc;

	if (!s) {
		snprintf(why, cap, "%s", qf_err_text(QF_E_NOMEM));
		return QF_E_NOMEM;
	}
	s->past = past;
	qf_idmap_init(&s->clocks, now_ms);
	rc = salvage(s, from, to, signer, why, cap);
	*saved = s->saved;
	for (size_t i = 0; i < s->count; i++)
		qf_keep_fini(&s->keeps[i]);
	qf_store_close(s->to);
	/* The reader first: the last to close would move the log. */
	qf_reader_close(s->reader);
	qf_db_close(&s->from);
	qf_idmap_fini(&s->clocks);
	free(s);
	return rc;
}
