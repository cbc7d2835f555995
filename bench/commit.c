/* commit.c - bench: what a commit of the store costs beside bare SQLite
 *
 * usage: commit [SECONDS]    of each measurement, 0.2 if not said
 *
 * The store signs the Merkle root of a batch of own envelopes, writes them and
 * makes them durable. Bare SQLite inserts as many rows of as many bytes into
 * one table, with the same settings of the write-ahead log. The two take turns
 * in the current directory, so its disk is the one that is measured; the
 * medians of five turns are printed, and the ratio of their rows a second.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "core/room.h"
#include "store/store.h"

enum { TURNS = 5, BATCH_MAX = 256, BODY_BYTES = 200 };

/* Beside body and path: element, nonce, columns and signature. */
enum { ROW_BYTES = 45 + 17 + 35 + 68 };

struct rival {
	struct qf_store *store;
	struct qf_identity self;
	struct qf_room_id room;
	uint64_t seq;
	sqlite3 *bare;
	sqlite3_stmt *begin, *insert, *commit;
};

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "commit: %s: %s\n", what, why);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_keeps(struct rival *r, struct qf_keep *keeps, size_t n)
{
	uint8_t body[BODY_BYTES];

	for (size_t i = 0; i < n; i++) {
		struct qf_header head = {
			.room = r->room,
			.class = QF_CLASS_CONTENT,
			.type = QF_TYPE_TEXT,
			.author = r->self.key,
			.hlc = (1ULL << 56) + r->seq,
			.seq = ++r->seq,
			.prev = { 1 },
		};
		if (getrandom(body, sizeof body, 0) != sizeof body)
			die("random bytes", strerror(errno));
		keeps[i] = (struct qf_keep){
			.kind = QF_KEEP_ENVELOPE,
			.envelope = qf_envelope_new(
				&head, qf_bytes(body, sizeof body)),
			.has_nonce = true,
			.room_hlc = head.hlc,
		};
		memcpy(keeps[i].nonce.b, body, sizeof keeps[i].nonce.b);
	}
}

static double store_commit(struct rival *r, size_t n)
{
	struct qf_keep keeps[BATCH_MAX];
	double took;

	make_keeps(r, keeps, n);
	took = now();
	if (qf_store_commit(r->store, keeps, n))
		die("the store", qf_store_why(r->store));
	took = now() - took;
	for (size_t i = 0; i < n; i++)
		qf_envelope_unref(keeps[i].envelope);
	return took;
}

static void step(struct rival *r, sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		die("bare SQLite", sqlite3_errmsg(r->bare));
	sqlite3_reset(s);
}

static size_t path_bytes(size_t n)
{
	size_t depth = 0;

	while ((size_t)1 << depth < n)
		depth++;
	return depth * QF_HASH_BYTES;
}

static double bare_commit(struct rival *r, size_t n)
{
	uint8_t row[BODY_BYTES + ROW_BYTES + QF_PATH_MAX * QF_HASH_BYTES];
	size_t len = BODY_BYTES + ROW_BYTES + path_bytes(n);
	double took;

	if (getrandom(row, sizeof row, 0) < 0)
		die("random bytes", strerror(errno));
	took = now();
	step(r, r->begin);
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_blob(r->insert, 1, row, (int)len, SQLITE_STATIC);
		step(r, r->insert);
	}
	step(r, r->commit);
	return now() - took;
}

static double rows_a_second(struct rival *r, size_t batch, double seconds,
                            double (*commit)(struct rival *r, size_t n))
{
	double took = 0;
	size_t rows = 0;

	while (took < seconds) {
		took += commit(r, batch);
		rows += batch;
	}
	return (double)rows / took;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *of)
{
	qsort(of, TURNS, sizeof *of, compare);
	return of[TURNS / 2];
}

static void race(struct rival *r, size_t batch, double seconds)
{
	double store[TURNS], bare[TURNS];
	double s, b;

	for (int i = 0; i < TURNS; i++) {
		store[i] = rows_a_second(r, batch, seconds, store_commit);
		bare[i] = rows_a_second(r, batch, seconds, bare_commit);
	}
	s = median(store);
	b = median(bare);
	printf("%5zu %12.0f %12.0f %12.0f %12.0f %7.2f\n", batch,
	       s / (double)batch, s, b / (double)batch, b, s / b);
}

static void open_store(struct rival *r)
{
	uint8_t seed[QF_SEED_BYTES] = { 1 };
	struct qf_keep room = {
		.kind = QF_KEEP_ROOM,
		.name = "#bench",
		.joined = true,
	};
	char why[200];

	qf_identity_init(&r->self, seed);
	qf_room_id_open(&r->room, room.name);
	room.room = r->room;
	if (qf_store_open(&r->store, "store", &r->self, 0, why, sizeof why))
		die("the store", why);
	if (qf_store_commit(r->store, &room, 1))
		die("the store", qf_store_why(r->store));
}

static sqlite3_stmt *prepare(struct rival *r, const char *text)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(r->bare, text, -1, &s, NULL))
		die("bare SQLite", sqlite3_errmsg(r->bare));
	return s;
}

static void open_bare(struct rival *r)
{
	if (sqlite3_open("bare", &r->bare) ||
	    sqlite3_exec(r->bare,
	                 "PRAGMA journal_mode = WAL;"
	                 "PRAGMA synchronous = FULL;"
	                 "PRAGMA wal_autocheckpoint = 1000;"
	                 "CREATE TABLE t (lsn INTEGER PRIMARY KEY, b BLOB)",
	                 NULL, NULL, NULL))
		die("bare SQLite", sqlite3_errmsg(r->bare));
	r->begin = prepare(r, "BEGIN IMMEDIATE");
	r->insert = prepare(r, "INSERT INTO t (b) VALUES (?)");
	r->commit = prepare(r, "COMMIT");
}

static void close_both(struct rival *r)
{
	qf_store_close(r->store);
	sqlite3_finalize(r->begin);
	sqlite3_finalize(r->insert);
	sqlite3_finalize(r->commit);
	sqlite3_close(r->bare);
	unlink("store");
	unlink("bare");
}

int main(int argc, char **argv)
{
	static const size_t batches[] = { 1, 16, 256 };
	double seconds = argc > 1 ? atof(argv[1]) : 0.2;
	char dir[] = "bench-commit-XXXXXX";
	struct rival r = { 0 };

	if (!mkdtemp(dir) || chdir(dir))
		die(dir, strerror(errno));
	open_store(&r);
	open_bare(&r);
	printf("%5s %12s %12s %12s %12s %7s\n", "batch", "commits/s", "rows/s",
	       "bare com./s", "bare rows/s", "ratio");
	for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
		race(&r, batches[i], seconds);
	close_both(&r);
	if (chdir("..") || rmdir(dir))
		die(dir, strerror(errno));
	return 0;
}
