/* row.h - how things lie in the columns of the database
 *
 * A row of the log is for a run of envelopes with consecutive lsns; its own
 * lsn is that of the last. Integers in blobs are big-endian.
 *
 *   elements   each: room number u32, class u8, hlc u64, id 32
 *   nonces     each: which element u8, nonce 16; NULL if there is none
 *
 * A row of envelopes has what makes the rest of its header, its body and
 *
 *   proof      leaf u16, leaves u16, path (each 32), signature 64
 *
 * Nothing read from the disk is believed: a shape that we never write is
 * damage, and the id is computed again.
 */
#ifndef QF_ROW_H
#define QF_ROW_H

#include <sqlite3.h>

#include "core/keep.h"

enum {
	QF_ELEMENT_BYTES = 4 + 1 + 8 + QF_HASH_BYTES,
	QF_LOG_NONCE_BYTES = 1 + QF_NONCE_BYTES,
	/* Elements and nonces; a row never leaves its page of 4,096 bytes. */
	QF_LOG_ROW_BYTES_MAX = 4000,
	QF_PROOF_BYTES_MAX = 2 + 2 + QF_PATH_MAX * QF_HASH_BYTES + QF_SIG_BYTES,
};

struct qf_element {
	uint32_t room;
	uint8_t class;
	uint64_t hlc;
	struct qf_hash id;
};

/* Borrowed from the statement that gave it. */
struct qf_log_row {
	uint64_t first; /* lsn of element 0 */
	size_t count;
	size_t nonce_count;
	struct qf_bytes elements;
	struct qf_bytes nonces;
};

void qf_element_put(struct qf_buf *to, uint32_t room,
                    const struct qf_envelope *e);
void qf_log_nonce_put(struct qf_buf *to, size_t element,
                      const struct qf_nonce *nonce);

/* Of a statement whose columns are lsn, elements and nonces. False: damaged. */
bool qf_log_row(sqlite3_stmt *s, struct qf_log_row *row);
/* i < row->count */
struct qf_element qf_log_element(const struct qf_log_row *row, size_t i);
/* i < row->nonce_count; *element < row->count */
void qf_log_nonce(const struct qf_log_row *row, size_t i, size_t *element,
                  struct qf_nonce *nonce);

/* All columns of the table, in the order in which the following expects
 * them. */
#define QF_ENVELOPE_COLUMNS                                                    \
	"author, type, seq, prev, key_id, body, proof, seen_ms, lsn"

/* Bind an envelope with its author's number; proof is borrowed memory for its
 * encoded proof. All is borrowed until the statement has run. */
void qf_envelope_bind(sqlite3_stmt *s, const struct qf_keep *k, uint32_t author,
                      struct qf_buf *proof);
/* The envelope in a row, one reference, its header begun with what the log
 * knows and the author's key. QF_E_MALFORMED: damaged. */
int qf_envelope_row(sqlite3_stmt *s, const struct qf_header *begun,
                    const struct qf_hash *id, struct qf_envelope **out);

/* A blob of exactly that length. */
bool qf_column_raw(sqlite3_stmt *s, int column, void *to, size_t len);
/* Text of fewer than cap bytes. */
bool qf_column_text(sqlite3_stmt *s, int column, char *to, size_t cap);

#endif
