/* load.c - what a node starts from, read once from the database */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "row.h"

struct said {
	struct qf_nonce nonce;
	struct qf_loaded_element element;
};

struct loading {
	struct qf_db *db;
	const struct qf_loader *to;
	struct qf_room_id *rooms; /* number 1 is the first */
	size_t room_count;
	struct said *said; /* the newest QF_NONCES_MAX, a ring */
	size_t said_count; /* of all that there were */
};

/* Gives each row of a query to `take`; -1: no limit. */
static int each_row(struct loading *l, const char *query, int limit,
                    int (*take)(struct loading *l, sqlite3_stmt *row))
{
	sqlite3_stmt *s;
	int rc = QF_OK;

	if (sqlite3_prepare_v2(l->db->at, query, -1, &s, NULL))
		return QF_E_IO;
	sqlite3_bind_int(s, 1, limit);
	while (!rc && sqlite3_step(s) == SQLITE_ROW)
		rc = take(l, s);
	return sqlite3_finalize(s) && !rc ? QF_E_IO : rc;
}

static int take_room(struct loading *l, sqlite3_stmt *row)
{
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_loaded_room room = { .name = name };
	struct qf_room_id *rooms;
	int joined;

	joined = sqlite3_column_int(row, 3);
	room.joined = (enum qf_joined)joined;
	room.hlc = (uint64_t)sqlite3_column_int64(row, 4);
	room.own_seq = (uint64_t)sqlite3_column_int64(row, 5);
	if ((uint64_t)sqlite3_column_int64(row, 0) != l->room_count + 1 ||
	    joined < QF_JOINED_NOT || joined > QF_JOINED_FOR_GUESTS ||
	    !qf_column_raw(row, 1, room.id.b, sizeof room.id.b) ||
	    !qf_column_text(row, 2, name, sizeof name) ||
	    !qf_column_raw(row, 6, room.own_prev, sizeof room.own_prev))
		return QF_E_MALFORMED;
	rooms = reallocarray(l->rooms, l->room_count + 1, sizeof *rooms);
	if (!rooms)
		return QF_E_NOMEM;
	l->rooms = rooms;
	l->rooms[l->room_count++] = room.id;
	return l->to->room(l->to->ctx, &room);
}

/* i < log->count */
static int fill_in(const struct loading *l, const struct qf_log_row *log,
                   size_t i, struct qf_loaded_element *out)
{
	struct qf_element e = qf_log_element(log, i);

	if (e.room == 0 || e.room > l->room_count)
		return QF_E_MALFORMED;
	*out = (struct qf_loaded_element){
		.room = l->rooms[e.room - 1],
		.class = e.class,
		.hlc = e.hlc,
		.lsn = log->first + i,
		.id = e.id,
	};
	return QF_OK;
}

static int take_nonces(struct loading *l, const struct qf_log_row *log)
{
	for (size_t i = 0; i < log->nonce_count; i++) {
		struct said *said = &l->said[l->said_count % QF_NONCES_MAX];
		size_t element;
		int rc;

		qf_log_nonce(log, i, &element, &said->nonce);
		if ((rc = fill_in(l, log, element, &said->element)))
			return rc;
		l->said_count++;
	}
	return QF_OK;
}

static int take_log(struct loading *l, sqlite3_stmt *row)
{
	struct qf_log_row log;

	if (!qf_log_row(row, &log))
		return QF_E_MALFORMED;
	for (size_t i = 0; i < log.count; i++) {
		struct qf_loaded_element element;
		int rc = fill_in(l, &log, i, &element);

		if (rc || (rc = l->to->element(l->to->ctx, &element)))
			return rc;
	}
	return take_nonces(l, &log);
}

static int give_nonces(struct loading *l)
{
	size_t count = l->said_count;
	size_t i = count > QF_NONCES_MAX ? count - QF_NONCES_MAX : 0;
	int rc = QF_OK;

	for (; i < count && !rc; i++) {
		const struct said *said = &l->said[i % QF_NONCES_MAX];

		rc = l->to->nonce(l->to->ctx, &said->nonce, &said->element);
	}
	return rc;
}

static int take_draft(struct loading *l, sqlite3_stmt *row)
{
	int64_t room = sqlite3_column_int64(row, 1);
	size_t len = (size_t)sqlite3_column_bytes(row, 4);
	struct qf_draft draft = {
		.number = (uint64_t)sqlite3_column_int64(row, 0),
		.type = (uint8_t)sqlite3_column_int(row, 2),
		.has_nonce = sqlite3_column_type(row, 3) != SQLITE_NULL,
	};
	int rc;

	if (room < 1 || (uint64_t)room > l->room_count ||
	    len > QF_BODY_BYTES_MAX ||
	    (draft.has_nonce &&
	     !qf_column_raw(row, 3, draft.nonce.b, sizeof draft.nonce.b)))
		return QF_E_MALFORMED;
	draft.room = l->rooms[room - 1];
	draft.body = qf_shared_new(sqlite3_column_blob(row, 4), len);
	if (!draft.body)
		return QF_E_NOMEM;
	rc = l->to->draft(l->to->ctx, &draft);
	qf_draft_fini(&draft);
	return rc;
}

static int take_peer(struct loading *l, sqlite3_stmt *row)
{
	struct qf_peer peer = { 0 };
	int64_t port = sqlite3_column_int64(row, 3);

	if (!qf_column_raw(row, 0, peer.key.b, sizeof peer.key.b) ||
	    !qf_column_text(row, 1, peer.name, sizeof peer.name) ||
	    !qf_column_text(row, 2, peer.address.host,
	                    sizeof peer.address.host) ||
	    port < 0 || port > UINT16_MAX)
		return QF_E_MALFORMED;
	peer.address.port = (uint16_t)port;
	peer.seen_ms = (uint64_t)sqlite3_column_int64(row, 4);
	peer.asked = sqlite3_column_int(row, 5);
	return l->to->peer(l->to->ctx, &peer);
}

static int take_marker(struct loading *l, sqlite3_stmt *row)
{
	struct qf_marker marker;

	if (!qf_column_text(row, 0, marker.whose, sizeof marker.whose))
		return QF_E_MALFORMED;
	marker.ms = (uint64_t)sqlite3_column_int64(row, 1);
	return l->to->marker(l->to->ctx, &marker);
}

static const char rooms[] =
	"SELECT number, id, name, joined, hlc, own_seq, own_prev FROM room"
	" ORDER BY number LIMIT ?";
static const char entries[] =
	"SELECT lsn, elements, nonces FROM log ORDER BY lsn LIMIT ?";
static const char drafts[] = "SELECT number, room, type, nonce, body FROM draft"
			     " ORDER BY number LIMIT ?";
/* First whom a person asked for; and nobody by a second address before all are
 * there by one. */
#define PEERS(asked)                                                           \
	"SELECT key, name, coalesce(host, ''), coalesce(port, 0),"             \
	" coalesce(address.seen_ms, peer.seen_ms) AS seen, " asked ","         \
	" row_number() OVER (PARTITION BY key ORDER BY address.seen_ms DESC)"  \
	" AS place FROM peer LEFT JOIN address USING (key)"                    \
	" ORDER BY 6 DESC, place > 1, seen DESC, key, host, port LIMIT ?"

static const char peers[] = PEERS("asked");
static const char peers_before_asked[] = PEERS("peer.seen_ms = 0");
static const char markers[] = "SELECT whose, ms FROM marker LIMIT ?";

static int load_all(struct loading *l)
{
	int rc;

	if ((rc = each_row(l, rooms, -1, take_room)) ||
	    (rc = each_row(l, entries, -1, take_log)) ||
	    (rc = give_nonces(l)) ||
	    (rc = each_row(l, drafts, QF_DRAFTS_MAX, take_draft)))
		return rc;
	if ((rc = each_row(l, peers, QF_PEERS_MAX, take_peer)) ||
	    (rc = qf_load_page(l->db, l->to)))
		return rc;
	return each_row(l, markers, QF_MARKERS_MAX, take_marker);
}

int qf_load_page(struct qf_db *db, const struct qf_loader *to)
{
	int64_t state;
	int rc = qf_db_integer(db, "SELECT state FROM page", &state);

	if (rc)
		return rc;
	return state < 0 || state > UINT8_MAX
	               ? QF_E_MALFORMED
	               : to->page(to->ctx, (uint8_t)state);
}

int qf_load_rooms(struct qf_db *db, const struct qf_loader *to)
{
	struct loading l = { .db = db, .to = to };
	int rc = each_row(&l, rooms, -1, take_room);

	if (!rc && to->draft)
		rc = each_row(&l, drafts, QF_DRAFTS_MAX, take_draft);
	free(l.rooms);
	return rc;
}

int qf_load_peers(struct qf_db *db, const struct qf_loader *to)
{
	struct loading l = { .db = db, .to = to };
	int64_t has_asked;
	int rc = qf_db_integer(db,
	                       "SELECT count(*) FROM pragma_table_info('peer')"
	                       " WHERE name = 'asked'",
	                       &has_asked);

	return rc ? rc
	          : each_row(&l, has_asked ? peers : peers_before_asked,
	                     QF_PEERS_MAX, take_peer);
}

int qf_load_markers(struct qf_db *db, const struct qf_loader *to)
{
	struct loading l = { .db = db, .to = to };

	return each_row(&l, markers, QF_MARKERS_MAX, take_marker);
}

int qf_load(struct qf_db *db, const struct qf_loader *to)
{
	struct loading l = { .db = db, .to = to };
	int rc = QF_E_NOMEM;

	l.said = calloc(QF_NONCES_MAX, sizeof *l.said);
	if (l.said)
		rc = load_all(&l);
	free(l.said);
	free(l.rooms);
	return rc;
}
