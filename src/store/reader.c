/* reader.c - reads envelopes beside the writer, on a connection of its own
 *
 * Envelopes are found by lsn. What the log knows of one lies in a row with its
 * neighbours, so the last row is remembered: who reads a stretch of a room
 * finds most of it there.
 */
#include <stdlib.h>
#include <string.h>

#include "census.h"
#include "row.h"
#include "schema.h"
#include "store.h"

enum statement {
	BEGIN,
	END,
	ROOM_BY_ID,
	ROOMS,
	AUTHORS,
	LOG_FROM,
	LOG_AFTER,
	STANDING,
	ENVELOPE,
	AUTHOR_AND_SEQ,
};

static const char *const texts[] = {
	[BEGIN] = "BEGIN",
	[END] = "COMMIT",
	[ROOM_BY_ID] = "SELECT number, last_lsn FROM room WHERE id = ?",
	[ROOMS] = "SELECT number, id FROM room WHERE number > ?"
		  " ORDER BY number",
	[AUTHORS] = "SELECT number, key FROM author WHERE number > ?"
		    " ORDER BY number",
	[LOG_FROM] = "SELECT lsn, elements, nonces FROM log WHERE lsn >= ?"
		     " ORDER BY lsn LIMIT 1",
	[LOG_AFTER] = "SELECT lsn, elements, nonces FROM log WHERE lsn > ?"
		      " ORDER BY lsn",
	[STANDING] = "SELECT lsn FROM envelope WHERE type IN (5, 7)"
		     " AND lsn > ? ORDER BY lsn",
	[ENVELOPE] = "SELECT " QF_ENVELOPE_COLUMNS
		     " FROM envelope WHERE lsn = ?",
	[AUTHOR_AND_SEQ] = "SELECT author, seq FROM envelope WHERE lsn = ?",
};

/* What numbers stand for: number 1 is the first. Neither rooms nor authors are
 * ever removed. */
struct names {
	struct qf_hash *at; /* ids of rooms, keys of authors */
	size_t count;
	size_t cap;
};

struct qf_reader {
	struct qf_db db;
	struct names rooms;
	struct names authors;
	struct qf_log_row
		row; /* the last one used, in `bytes`; count 0: none */
	uint8_t bytes[QF_LOG_ROW_BYTES_MAX];
};

/* Filled up to its limits, envelope by envelope. */
struct answer {
	struct qf_envelope **out;
	size_t count;
	size_t count_max;
	size_t bytes;
	size_t bytes_max;
};

static int add_name(struct names *names, sqlite3_stmt *row)
{
	size_t cap = names->cap ? names->cap * 2 : 16;
	struct qf_hash *at = names->at;

	if (names->count == names->cap) {
		at = reallocarray(at, cap, sizeof *at);
		if (!at)
			return QF_E_NOMEM;
		names->at = at;
		names->cap = cap;
	}
	if ((uint64_t)sqlite3_column_int64(row, 0) != names->count + 1 ||
	    !qf_column_raw(row, 1, at[names->count].b, sizeof at->b))
		return QF_E_MALFORMED;
	names->count++;
	return QF_OK;
}

/* What a number stands for; read those that are new if need be. */
static int name_of(struct qf_reader *rd, struct names *names,
                   enum statement which, uint64_t number, uint8_t *out)
{
	int rc = 0;

	if (number > names->count) {
		sqlite3_bind_int64(rd->db.statements[which], 1,
		                   (sqlite3_int64)names->count);
		while ((rc = qf_db_row(&rd->db, which)) == 1)
			if ((rc = add_name(names, rd->db.statements[which])))
				return rc;
	}
	if (rc)
		return rc;
	if (number == 0 || number > names->count)
		return QF_E_MALFORMED;
	memcpy(out, names->at[number - 1].b, QF_HASH_BYTES);
	return QF_OK;
}

/* Whoever uses the row resets the statement. QF_E_NOTFOUND: there is none. */
static int row_of(struct qf_reader *rd, enum statement which, uint64_t lsn)
{
	int rc;

	sqlite3_bind_int64(rd->db.statements[which], 1, (sqlite3_int64)lsn);
	rc = qf_db_row(&rd->db, which);
	if (rc < 0)
		return rc;
	return rc ? QF_OK : QF_E_NOTFOUND;
}

static void remember(struct qf_reader *rd, const struct qf_log_row *row)
{
	memcpy(rd->bytes, row->elements.at, row->elements.len);
	rd->row = *row;
	rd->row.elements.at = rd->bytes;
	rd->row.nonce_count = 0;
	rd->row.nonces = qf_bytes(NULL, 0);
}

static bool in_row(const struct qf_log_row *row, uint64_t lsn)
{
	return lsn >= row->first && lsn - row->first < row->count;
}

static int element_of(struct qf_reader *rd, uint64_t lsn,
                      struct qf_element *out)
{
	struct qf_log_row row;
	int rc;

	if (lsn == 0 || lsn > INT64_MAX)
		return QF_E_NOTFOUND;
	if (!in_row(&rd->row, lsn)) {
		if ((rc = row_of(rd, LOG_FROM, lsn)))
			return rc;
		if (!qf_log_row(rd->db.statements[LOG_FROM], &row))
			return QF_E_MALFORMED;
		remember(rd, &row);
		sqlite3_reset(rd->db.statements[LOG_FROM]);
	}
	if (!in_row(&rd->row, lsn))
		return QF_E_NOTFOUND;
	*out = qf_log_element(&rd->row, (size_t)(lsn - rd->row.first));
	return QF_OK;
}

/* What the log lists must be there. */
static int envelope_row(struct qf_reader *rd, enum statement which,
                        uint64_t lsn)
{
	int rc = row_of(rd, which, lsn);

	return rc == QF_E_NOTFOUND ? QF_E_MALFORMED : rc;
}

static int build(struct qf_reader *rd, const struct qf_element *element,
                 struct qf_envelope **out)
{
	sqlite3_stmt *s = rd->db.statements[ENVELOPE];
	struct qf_header head = {
		.class = element->class,
		.hlc = element->hlc,
	};
	uint64_t author = (uint64_t)sqlite3_column_int64(s, 0);
	int rc;

	if ((rc = name_of(rd, &rd->rooms, ROOMS, element->room, head.room.b)) ||
	    (rc = name_of(rd, &rd->authors, AUTHORS, author, head.author.b)))
		return rc;
	return qf_envelope_row(s, &head, &element->id, out);
}

/* Add the envelope, unless that would be too much; then, or if it is full,
 * *more becomes false. */
static int add(struct qf_reader *rd, struct answer *to, uint64_t lsn,
               const struct qf_element *element, bool *more)
{
	struct qf_envelope *e;
	int rc;

	if ((rc = envelope_row(rd, ENVELOPE, lsn)) ||
	    (rc = build(rd, element, &e)))
		return rc;
	sqlite3_reset(rd->db.statements[ENVELOPE]);
	if (to->count && to->bytes + e->head.body_len > to->bytes_max) {
		qf_envelope_unref(e);
		*more = false;
		return QF_OK;
	}
	to->bytes += e->head.body_len;
	to->out[to->count++] = e;
	*more = to->count < to->count_max;
	return QF_OK;
}

/* End of a call: its transaction, and on failure what it had gathered. */
static int finish(struct qf_reader *rd, struct answer *to, int rc, size_t *got)
{
	if (!rc)
		rc = qf_db_run(&rd->db, END);
	if (rc) {
		rc = qf_db_fail(&rd->db, rc);
		while (to->count)
			qf_envelope_unref(to->out[--to->count]);
	}
	*got = to->count;
	return rc;
}

int qf_reader_fetch(struct qf_reader *rd, const uint64_t *lsns, size_t n,
                    size_t bytes_max, struct qf_envelope **out, size_t *got)
{
	struct answer to = { out, 0, n, 0, bytes_max };
	int rc = qf_db_run(&rd->db, BEGIN);
	bool more = n > 0;

	for (size_t i = 0; more && !rc; i++) {
		struct qf_element element;

		rc = element_of(rd, lsns[i], &element);
		if (!rc)
			rc = add(rd, &to, lsns[i], &element, &more);
	}
	return finish(rd, &to, rc, got);
}

/* Takes an element; *more, true before, says whether to go on. */
typedef int take_element(struct qf_reader *rd, void *ctx, uint64_t lsn,
                         const struct qf_element *element, bool *more);

/* Through the elements of a room, ascending by lsn. There is no index (see
 * schema.c): whoever lags behind in one room of many passes over what was said
 * in the others, a million elements in a tenth of a second. */
struct walk {
	uint32_t room;
	uint64_t after;
	uint64_t last; /* of the room, 0: nothing is in it */
	bool more;
	take_element *take;
	void *ctx;
};

static int find_room(struct qf_reader *rd, const struct qf_room_id *room,
                     struct walk *w)
{
	sqlite3_stmt *s = rd->db.statements[ROOM_BY_ID];
	int rc;

	sqlite3_bind_blob(s, 1, room->b, sizeof room->b, SQLITE_STATIC);
	rc = qf_db_row(&rd->db, ROOM_BY_ID);
	if (rc < 1)
		return rc;
	w->room = (uint32_t)sqlite3_column_int64(s, 0);
	w->last = (uint64_t)sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	return QF_OK;
}

static int walk_row(struct qf_reader *rd, struct walk *w)
{
	struct qf_log_row row;
	int rc = QF_OK;

	if (!qf_log_row(rd->db.statements[LOG_AFTER], &row))
		return QF_E_MALFORMED;
	for (size_t i = 0; i < row.count && w->more && !rc; i++) {
		struct qf_element element = qf_log_element(&row, i);
		uint64_t lsn = row.first + i;

		if (element.room == w->room && lsn > w->after)
			rc = w->take(rd, w->ctx, lsn, &element, &w->more);
		if (lsn >= w->last)
			w->more = false;
	}
	return rc;
}

static int walk(struct qf_reader *rd, const struct qf_room_id *room,
                uint64_t after, take_element *take, void *ctx)
{
	struct walk w = { .after = after, .take = take, .ctx = ctx };
	int rc = find_room(rd, room, &w);

	if (rc || after >= w.last)
		return rc;
	w.more = true;
	sqlite3_bind_int64(rd->db.statements[LOG_AFTER], 1,
	                   (sqlite3_int64)after);
	while (w.more && (rc = qf_db_row(&rd->db, LOG_AFTER)) == 1)
		if ((rc = walk_row(rd, &w)))
			return rc;
	sqlite3_reset(rd->db.statements[LOG_AFTER]);
	return rc < 0 ? rc : QF_OK;
}

struct after {
	struct answer to;
	uint64_t *lsns;
};

static int take_after(struct qf_reader *rd, void *ctx, uint64_t lsn,
                      const struct qf_element *element, bool *more)
{
	struct after *a = ctx;

	/* Written over by the next one if this one is too much. */
	a->lsns[a->to.count] = lsn;
	return add(rd, &a->to, lsn, element, more);
}

int qf_reader_after(struct qf_reader *rd, const struct qf_room_id *room,
                    uint64_t after, size_t n, size_t bytes_max,
                    struct qf_envelope **out, uint64_t *lsns, size_t *got)
{
	struct after a = { { out, 0, n, 0, bytes_max }, lsns };
	int rc = qf_db_run(&rd->db, BEGIN);

	if (!rc && n)
		rc = walk(rd, room, after, take_after, &a);
	return finish(rd, &a.to, rc, got);
}

static int walk_standing(struct qf_reader *rd, const struct qf_room_id *room,
                         uint64_t after, struct after *a)
{
	struct walk w = { .more = true };
	int rc = find_room(rd, room, &w);

	if (rc || after >= w.last)
		return rc;
	sqlite3_bind_int64(rd->db.statements[STANDING], 1,
	                   (sqlite3_int64)after);
	while (w.more && (rc = qf_db_row(&rd->db, STANDING)) == 1) {
		uint64_t lsn = (uint64_t)sqlite3_column_int64(
			rd->db.statements[STANDING], 0);
		struct qf_element element;

		rc = element_of(rd, lsn, &element);
		if (!rc && element.room == w.room)
			rc = take_after(rd, a, lsn, &element, &w.more);
		if (rc)
			return rc == QF_E_NOTFOUND ? QF_E_MALFORMED : rc;
	}
	sqlite3_reset(rd->db.statements[STANDING]);
	return rc < 0 ? rc : QF_OK;
}

int qf_reader_standing(struct qf_reader *rd, const struct qf_room_id *room,
                       uint64_t after, size_t n, size_t bytes_max,
                       struct qf_envelope **out, uint64_t *lsns, size_t *got)
{
	struct after a = { { out, 0, n, 0, bytes_max }, lsns };
	int rc = qf_db_run(&rd->db, BEGIN);

	if (!rc && n)
		rc = walk_standing(rd, room, after, &a);
	return finish(rd, &a.to, rc, got);
}

static int take_authored(struct qf_reader *rd, void *ctx, uint64_t lsn,
                         const struct qf_element *element, bool *more)
{
	sqlite3_stmt *s = rd->db.statements[AUTHOR_AND_SEQ];
	int rc = envelope_row(rd, AUTHOR_AND_SEQ, lsn);

	(void)element;
	(void)more; /* always */
	if (rc)
		return rc;
	rc = qf_census_add(ctx, (uint64_t)sqlite3_column_int64(s, 0),
	                   (uint64_t)sqlite3_column_int64(s, 1));
	sqlite3_reset(s);
	return rc;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct qf_author_range *x = a, *y = b;

	return memcmp(x->author.b, y->author.b, sizeof x->author.b);
}

/* The ranges of a census, ascending by key, in memory that the caller frees. */
static int ranges_of(struct qf_reader *rd, struct qf_census *census,
                     struct qf_author_range **out, size_t *count)
{
	struct qf_author_range *ranges;
	int rc = QF_OK;

	*count = qf_census_authors(census);
	*out = ranges = calloc(*count + 1, sizeof *ranges);
	if (!ranges)
		return QF_E_NOMEM;
	for (size_t i = 0; i < *count && !rc; i++) {
		uint64_t author = qf_census_next(census, &ranges[i]);

		rc = name_of(rd, &rd->authors, AUTHORS, author,
		             ranges[i].author.b);
	}
	qsort(ranges, *count, sizeof *ranges, compare_ranges);
	return rc;
}

int qf_reader_authors(struct qf_reader *rd, const struct qf_room_id *room,
                      int (*each)(void *ctx, const struct qf_author_range *r),
                      void *ctx)
{
	struct qf_author_range *ranges = NULL;
	struct qf_census census;
	size_t count = 0;
	int rc = qf_db_run(&rd->db, BEGIN);

	qf_census_init(&census);
	if (!rc)
		rc = walk(rd, room, 0, take_authored, &census);
	if (!rc)
		rc = ranges_of(rd, &census, &ranges, &count);
	if (!rc)
		rc = qf_db_run(&rd->db, END);
	if (rc)
		rc = qf_db_fail(&rd->db, rc);
	for (size_t i = 0; i < count && !rc; i++)
		rc = each(ctx, &ranges[i]);
	free(ranges);
	qf_census_fini(&census);
	return rc;
}

const char *qf_reader_why(const struct qf_reader *rd)
{
	return rd->db.why;
}

bool qf_reader_damaged(const struct qf_reader *rd)
{
	return rd->db.damaged;
}

int qf_reader_open(struct qf_reader **out, const char *path)
{
	struct qf_reader *rd = calloc(1, sizeof *rd);
	int rc;

	if (!rd)
		return QF_E_NOMEM;
	if ((rc = qf_db_open(&rd->db, path, false)) ||
	    (rc = qf_schema_check(&rd->db)))
		goto close;
	if ((rc = qf_db_prepare(&rd->db, texts,
	                        sizeof texts / sizeof *texts))) {
		rc = qf_db_fail(&rd->db, rc);
		goto close;
	}
	*out = rd;
	return QF_OK;

close:
	qf_reader_close(rd);
	return rc;
}

void qf_reader_close(struct qf_reader *rd)
{
	if (!rd)
		return;
	qf_db_close(&rd->db);
	free(rd->rooms.at);
	free(rd->authors.at);
	free(rd);
}
