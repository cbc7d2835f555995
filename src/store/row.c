/* row.c - how things lie in the columns of the database */
#include "row.h"

#include <assert.h>
#include <string.h>

#include "core/err.h"

enum envelope_column {
	AUTHOR,
	TYPE,
	SEQ,
	PREV,
	KEY_ID,
	BODY,
	PROOF,
	SEEN_MS,
	LSN,
};

void qf_element_put(struct qf_buf *to, uint32_t room,
                    const struct qf_envelope *e)
{
	qf_put_u32(to, room);
	qf_put_u8(to, e->head.class);
	qf_put_u64(to, e->head.hlc);
	qf_put_raw(to, e->id.b, sizeof e->id.b);
}

void qf_log_nonce_put(struct qf_buf *to, size_t element,
                      const struct qf_nonce *nonce)
{
	assert(element <= UINT8_MAX);
	qf_put_u8(to, (uint8_t)element);
	qf_put_raw(to, nonce->b, sizeof nonce->b);
}

static struct qf_bytes column_bytes(sqlite3_stmt *s, int column)
{
	const void *at = sqlite3_column_blob(s, column);

	return qf_bytes(at, (size_t)sqlite3_column_bytes(s, column));
}

bool qf_log_row(sqlite3_stmt *s, struct qf_log_row *row)
{
	uint64_t last = (uint64_t)sqlite3_column_int64(s, 0);

	row->elements = column_bytes(s, 1);
	row->nonces = column_bytes(s, 2);
	row->count = row->elements.len / QF_ELEMENT_BYTES;
	row->nonce_count = row->nonces.len / QF_LOG_NONCE_BYTES;
	row->first = last - row->count + 1;
	if (row->elements.len + row->nonces.len > QF_LOG_ROW_BYTES_MAX ||
	    row->elements.len % QF_ELEMENT_BYTES ||
	    row->nonces.len % QF_LOG_NONCE_BYTES)
		return false;
	for (size_t i = 0; i < row->nonce_count; i++)
		if (row->nonces.at[i * QF_LOG_NONCE_BYTES] >= row->count)
			return false;
	return row->count && last <= INT64_MAX && row->count <= last;
}

struct qf_element qf_log_element(const struct qf_log_row *row, size_t i)
{
	struct qf_cursor c = qf_cursor(qf_bytes(
		row->elements.at + i * QF_ELEMENT_BYTES, QF_ELEMENT_BYTES));
	struct qf_element e;

	assert(i < row->count);
	e.room = qf_get_u32(&c);
	e.class = qf_get_u8(&c);
	e.hlc = qf_get_u64(&c);
	qf_get_raw(&c, e.id.b, sizeof e.id.b);
	return e;
}

void qf_log_nonce(const struct qf_log_row *row, size_t i, size_t *element,
                  struct qf_nonce *nonce)
{
	const uint8_t *at = row->nonces.at + i * QF_LOG_NONCE_BYTES;

	assert(i < row->nonce_count);
	*element = at[0];
	memcpy(nonce->b, at + 1, sizeof nonce->b);
}

static void put_proof(struct qf_buf *to, const struct qf_proof *p)
{
	qf_put_u16(to, p->leaf);
	qf_put_u16(to, p->leaves);
	qf_put_raw(to, p->path, p->path_len * sizeof *p->path);
	qf_put_raw(to, p->sig, sizeof p->sig);
}

static bool get_proof(struct qf_proof *p, struct qf_bytes from)
{
	struct qf_cursor c = qf_cursor(from);
	int path_len;

	p->leaf = qf_get_u16(&c);
	p->leaves = qf_get_u16(&c);
	path_len = qf_merkle_path_len(p->leaf, p->leaves);
	if (path_len < 0 || path_len > QF_PATH_MAX)
		return false;
	p->path_len = (uint8_t)path_len;
	qf_get_raw(&c, p->path, (size_t)path_len * sizeof *p->path);
	qf_get_raw(&c, p->sig, sizeof p->sig);
	return qf_cursor_done(&c);
}

/* All zero, as most are, takes no room. */
static void bind_unless_zero(sqlite3_stmt *s, enum envelope_column column,
                             const uint8_t *at, int len)
{
	static const uint8_t zero[QF_PREV_BYTES];

	assert((size_t)len <= sizeof zero);
	if (memcmp(at, zero, (size_t)len))
		sqlite3_bind_blob(s, column + 1, at, len, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, column + 1);
}

static void bind_u64(sqlite3_stmt *s, enum envelope_column column, uint64_t v)
{
	sqlite3_bind_int64(s, column + 1, (int64_t)v);
}

void qf_envelope_bind(sqlite3_stmt *s, const struct qf_keep *k, uint32_t author,
                      struct qf_buf *proof)
{
	const struct qf_envelope *e = k->envelope;

	qf_buf_clear(proof);
	put_proof(proof, &e->proof);
	bind_u64(s, AUTHOR, author);
	bind_u64(s, TYPE, e->head.type);
	bind_u64(s, SEQ, e->head.seq);
	bind_unless_zero(s, PREV, e->head.prev, QF_PREV_BYTES);
	bind_unless_zero(s, KEY_ID, e->head.key_id, QF_KEY_ID_BYTES);
	sqlite3_bind_blob(s, BODY + 1, e->body, (int)e->head.body_len,
	                  SQLITE_STATIC);
	sqlite3_bind_blob(s, PROOF + 1, proof->at, (int)proof->len,
	                  SQLITE_STATIC);
	bind_u64(s, SEEN_MS, k->envelope->seen_ms);
	bind_u64(s, LSN, k->lsn);
}

bool qf_column_raw(sqlite3_stmt *s, int column, void *to, size_t len)
{
	struct qf_bytes from = column_bytes(s, column);

	if (from.len != len)
		return false;
	memcpy(to, from.at, len);
	return true;
}

bool qf_column_text(sqlite3_stmt *s, int column, char *to, size_t cap)
{
	const unsigned char *text = sqlite3_column_text(s, column);
	size_t len = (size_t)sqlite3_column_bytes(s, column);

	if (!text || len >= cap || memchr(text, '\0', len))
		return false;
	memcpy(to, text, len + 1);
	return true;
}

static bool get_unless_zero(sqlite3_stmt *s, enum envelope_column column,
                            uint8_t *to, size_t len)
{
	memset(to, 0, len);
	return sqlite3_column_type(s, (int)column) == SQLITE_NULL ||
	       qf_column_raw(s, (int)column, to, len);
}

int qf_envelope_row(sqlite3_stmt *s, const struct qf_header *begun,
                    const struct qf_hash *id, struct qf_envelope **out)
{
	struct qf_header head = *begun;
	struct qf_bytes body = column_bytes(s, BODY);
	struct qf_proof proof = { 0 };
	struct qf_envelope *e;

	head.type = (uint8_t)sqlite3_column_int64(s, TYPE);
	head.seq = (uint64_t)sqlite3_column_int64(s, SEQ);
	if (head.class > QF_CLASS_CONTENT || head.seq == 0 ||
	    body.len > QF_BODY_BYTES_MAX ||
	    !get_unless_zero(s, PREV, head.prev, sizeof head.prev) ||
	    !get_unless_zero(s, KEY_ID, head.key_id, sizeof head.key_id) ||
	    !get_proof(&proof, column_bytes(s, PROOF)))
		return QF_E_MALFORMED;
	e = qf_envelope_new(&head, body);
	if (!e)
		return QF_E_NOMEM;
	if (memcmp(e->id.b, id->b, sizeof id->b)) {
		qf_envelope_unref(e);
		return QF_E_MALFORMED;
	}
	e->proof = proof;
	e->seen_ms = (uint64_t)sqlite3_column_int64(s, SEEN_MS);
	*out = e;
	return QF_OK;
}
