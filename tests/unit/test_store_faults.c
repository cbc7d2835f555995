/* test_store_faults.c - what the disk does wrong, the store says and survives
 *
 * A story for each operation of a commit: it goes wrong there, nothing is seen
 * of the commit, and then either the same keeps are tried again, or the
 * process ends there and another one looks what is left.
 */
#include "faulty_disk.h"
#include "loaded.h"
#include "storage.h"

enum { OPERATIONS_MAX = 1000, BATCH = 6, ENVELOPES = 3 };

/* Beside one line that is stored, a batch with something of every kind. */
struct story {
	struct storage s;
	struct keeps before;
	struct keeps batch;
	struct qf_proof proofs[BATCH]; /* as they were after the first try */
};

static void begin(struct story *t)
{
	struct qf_identity bob = identity("bob");
	struct qf_keep *keep;

	*t = (struct story){ 0 };
	disk_insert();
	storage_begin(&t->s);
	keeps_say(&t->before, &t->s, "before");
	storage_commit(&t->s, &t->before);

	keep = keeps_say(&t->batch, &t->s, "ours");
	keep->has_nonce = true;
	keep->nonce.b[0] = 7;
	keeps_join(&t->batch, "#other");
	keeps_hear(&t->batch, &bob, &t->batch.at[1].room, 5, "of bob");
	keeps_envelope(&t->batch, &t->s.self.key, &t->batch.at[1].room, 1,
	               "ours elsewhere", 14);
	keep = keeps_add(&t->batch, QF_KEEP_PEER);
	keep->peer = (struct qf_peer){
		.key = bob.key,
		.name = "bob",
		.address = { "10.0.0.2", 9999 },
		.seen_ms = 1,
	};
	keep = keeps_add(&t->batch, QF_KEEP_FORGET);
	keep->peer.key = identity("eve").key;
}

static void end(struct story *t)
{
	keeps_clear(&t->before);
	keeps_clear(&t->batch);
	storage_remove(&t->s);
}

static int commit(struct story *t)
{
	return qf_store_commit(t->s.store, t->batch.at, t->batch.count);
}

static void expect_consistent(const struct storage *s)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1,
	                                    &row, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(row, 0), "ok");
	sqlite3_finalize(row);
	sqlite3_close(db);
}

/* Nothing but the line before is there, for a reader. */
static void expect_unseen(const struct story *t)
{
	const struct qf_room_id *rooms[] = { &t->s.lobby,
		                             &t->batch.at[1].room };
	struct qf_reader *rd = storage_reader(&t->s);

	for (size_t i = 0; i < 2; i++) {
		struct qf_envelope *out[4];
		uint64_t lsns[4];
		size_t got;

		assert_int_equal(qf_reader_after(rd, rooms[i], 0, 4, SIZE_MAX,
		                                 out, lsns, &got),
		                 QF_OK);
		assert_int_equal(got, i == 0);
		while (got)
			qf_envelope_unref(out[--got]);
	}
	qf_reader_close(rd);
}

/* What a new process finds. */
static void expect_loaded(struct story *t, bool all)
{
	reload(&t->s);
	assert_int_equal(loaded.element_count, all ? 1 + ENVELOPES : 1);
	assert_int_equal(loaded.room_count, all ? 2 : 1);
	assert_int_equal(loaded.rooms[0].own_seq, all ? 2 : 1);
	assert_int_equal(loaded.nonce_count, all);
	assert_int_equal(loaded.peer_count, all);
	for (size_t i = 0; i < loaded.element_count; i++)
		assert_int_equal(loaded.elements[i].lsn, i + 1);
	expect_consistent(&t->s);
}

/* Once each, ascending, to the byte, and provably ours. */
static void expect_all(struct story *t)
{
	struct qf_reader *rd = storage_reader(&t->s);
	uint64_t lsn = 1;

	for (size_t i = 0; i < t->batch.count; i++) {
		const struct qf_keep *k = &t->batch.at[i];
		struct qf_envelope *e;

		if (k->kind != QF_KEEP_ENVELOPE)
			continue;
		assert_int_equal(k->lsn, ++lsn);
		e = fetch_one(rd, lsn);
		expect_same(e, k->envelope);
		assert_true(qf_envelope_proven(e));
		qf_envelope_unref(e);
	}
	qf_reader_close(rd);
	expect_loaded(t, true);
}

static void remember_proofs(struct story *t)
{
	for (size_t i = 0; i < t->batch.count; i++)
		if (t->batch.at[i].kind == QF_KEEP_ENVELOPE)
			t->proofs[i] = t->batch.at[i].envelope->proof;
}

static void expect_same_proofs(const struct story *t)
{
	for (size_t i = 0; i < t->batch.count; i++)
		if (t->batch.at[i].kind == QF_KEEP_ENVELOPE)
			assert_memory_equal(&t->batch.at[i].envelope->proof,
			                    &t->proofs[i], sizeof t->proofs[i]);
}

/* Fails at the n-th operation, is seen by nobody, is tried again. False: there
 * is no such operation. */
static bool fail_and_try_again(enum disk_fault fault, unsigned n)
{
	struct story t;
	bool hit;
	int rc;

	begin(&t);
	disk_arm(fault, DISK_ANY, n);
	rc = commit(&t);
	hit = disk_disarm();
	if (rc) {
		assert_int_equal(rc, QF_E_IO);
		assert_true(hit);
		assert_true(strlen(qf_store_why(t.s.store)) > 10);
		expect_unseen(&t);
		remember_proofs(&t);
		assert_int_equal(commit(&t), QF_OK);
		expect_same_proofs(&t);
	}
	expect_all(&t);
	end(&t);
	return hit;
}

static void sweep(bool (*story)(enum disk_fault fault, unsigned n),
                  enum disk_fault fault, unsigned at_least)
{
	unsigned n = 1;

	while (story(fault, n)) {
		n++;
		assert_true(n < OPERATIONS_MAX);
	}
	assert_true(n > at_least);
}

TEST(store, a_commit_that_fails_anywhere_succeeds_later_with_the_same_bytes)
{
	sweep(fail_and_try_again, DISK_FAILS, 10);
}

TEST(store, a_commit_that_meets_a_full_disk_succeeds_later)
{
	sweep(fail_and_try_again, DISK_FULL, 10);
}

TEST(store, a_commit_that_is_torn_anywhere_succeeds_later)
{
	sweep(fail_and_try_again, DISK_TEARS, 10);
}

/* The process ends at the n-th operation. What it said was stored is there,
 * and of the rest all or nothing. */
static bool die(unsigned n, bool power_cut)
{
	struct story t;
	bool hit, all;
	int rc;

	begin(&t);
	disk_arm(DISK_DIES, DISK_ANY, n);
	rc = commit(&t);
	if (power_cut)
		disk_power_cut();
	storage_close(&t.s);
	hit = disk_disarm();
	reload(&t.s);
	all = loaded.element_count > 1;
	if (!rc)
		assert_true(all);
	expect_loaded(&t, all);
	if (!all) {
		assert_int_equal(commit(&t), QF_OK);
		expect_all(&t);
	}
	end(&t);
	return hit && rc;
}

static bool be_killed(enum disk_fault fault, unsigned n)
{
	(void)fault;
	return die(n, false);
}

static bool lose_power(enum disk_fault fault, unsigned n)
{
	(void)fault;
	return die(n, true);
}

TEST(store, of_a_commit_in_which_the_process_is_killed_all_or_nothing_is_left)
{
	sweep(be_killed, DISK_DIES, 10);
}

TEST(store, of_a_commit_in_which_the_power_goes_all_or_nothing_is_left)
{
	sweep(lose_power, DISK_DIES, 10);
}

TEST(store, a_failed_last_sync_is_unknown_until_somebody_opens_again)
{
	struct story t;

	begin(&t);
	disk_arm(DISK_FAILS, DISK_SYNC, 1);
	assert_int_equal(commit(&t), QF_E_IO);
	assert_string_equal(qf_store_why(t.s.store),
	                    "the disk failed while syncing");
	assert_true(disk_disarm());
	expect_unseen(&t);
	/* Killed: what was written before the sync is in the system's cache. */
	disk_arm(DISK_DIES, DISK_ANY, 1);
	storage_close(&t.s);
	disk_disarm();
	expect_loaded(&t, true);
	end(&t);
}

TEST(store, a_failed_commit_is_gone_for_good_after_one_without_it)
{
	struct story t;

	for (int by_power_cut = 0; by_power_cut < 2; by_power_cut++) {
		begin(&t);
		disk_arm(DISK_FAILS, DISK_SYNC, 1);
		assert_int_equal(commit(&t), QF_E_IO);
		disk_disarm();
		assert_int_equal(qf_store_probe(t.s.store), QF_OK);
		disk_arm(DISK_DIES, DISK_ANY, 1);
		if (by_power_cut)
			disk_power_cut();
		storage_close(&t.s);
		disk_disarm();
		expect_loaded(&t, false);
		end(&t);
	}
}

TEST(store, what_follows_a_commit_that_was_given_up_knows_nothing_of_it)
{
	struct keeps k = { 0 };
	struct story t;

	begin(&t);
	disk_arm(DISK_FAILS, DISK_SYNC, 1);
	assert_int_equal(commit(&t), QF_E_IO);
	disk_disarm();
	assert_int_equal(qf_store_probe(t.s.store), QF_OK);
	keeps_clear(&t.batch);
	keeps_join(&k, "#third");
	keeps_envelope(&k, &t.s.self.key, &k.at[0].room, 3, "in its place", 12);
	storage_commit(&t.s, &k);
	assert_int_equal(k.at[1].lsn, 2);
	reload(&t.s);
	assert_int_equal(loaded.room_count, 2);
	assert_string_equal(loaded.names[1], "#third");
	assert_int_equal(loaded.rooms[0].own_seq, 1);
	assert_int_equal(loaded.rooms[1].own_seq, 3);
	assert_int_equal(loaded.element_count, 2);
	keeps_clear(&k);
	end(&t);
}

TEST(store, a_full_disk_is_called_full_until_it_is_not)
{
	struct story t;

	begin(&t);
	for (int i = 0; i < 3; i++) {
		disk_arm(DISK_FULL, DISK_WRITE, 1);
		assert_int_equal(commit(&t), QF_E_IO);
		assert_string_equal(qf_store_why(t.s.store),
		                    "the disk is full");
		disk_arm(DISK_FULL, DISK_WRITE, 1);
		assert_int_equal(qf_store_probe(t.s.store), QF_E_IO);
		assert_string_equal(qf_store_why(t.s.store),
		                    "the disk is full");
	}
	disk_disarm();
	assert_int_equal(qf_store_probe(t.s.store), QF_OK);
	assert_int_equal(commit(&t), QF_OK);
	expect_all(&t);
	end(&t);
}

static void *commit_in_thread(void *arg)
{
	return (void *)(intptr_t)commit(arg);
}

TEST(store, nobody_sees_a_commit_while_its_sync_stalls)
{
	pthread_t thread;
	struct story t;
	void *rc;

	begin(&t);
	disk_arm(DISK_STALLS, DISK_SYNC, 1);
	assert_int_equal(pthread_create(&thread, NULL, commit_in_thread, &t),
	                 0);
	disk_wait_until_stalled();
	expect_unseen(&t);
	disk_go_on();
	pthread_join(thread, &rc);
	assert_null(rc);
	disk_disarm();
	expect_all(&t);
	end(&t);
}

/* Opening a new store fails at the n-th operation, and then does not. */
static bool fail_to_open(enum disk_fault fault, unsigned n)
{
	struct keeps k = { 0 };
	struct storage s;
	char why[160] = "";
	bool hit;
	int rc;

	disk_insert();
	storage_make(&s);
	disk_arm(fault, DISK_ANY, n);
	rc = qf_store_open(&s.store, s.path, &s.self, 0, why, sizeof why);
	hit = disk_disarm();
	if (rc) {
		assert_int_equal(rc, QF_E_IO);
		assert_true(hit);
		assert_true(strlen(why) > 10);
		storage_open(&s);
	}
	keeps_join(&k, "#lobby");
	keeps_say(&k, &s, "first");
	storage_commit(&s, &k);
	reload(&s);
	assert_int_equal(loaded.element_count, 1);
	expect_consistent(&s);
	keeps_clear(&k);
	storage_remove(&s);
	return hit;
}

TEST(store, one_that_cannot_be_opened_says_so_and_can_be_opened_later)
{
	sweep(fail_to_open, DISK_FAILS, 20);
}

TEST(store, one_whose_making_was_cut_short_is_made_anew)
{
	sweep(fail_to_open, DISK_DIES, 20);
}

/* Nearly as much as makes SQLite move the log into the database. */
static void fill_log(struct storage *s, uint64_t *seq)
{
	static uint8_t body[QF_BODY_BYTES_MAX];
	struct keeps k = { 0 };

	while (k.count < 55)
		keeps_envelope(&k, &s->self.key, &s->lobby, ++*seq, body,
		               sizeof body);
	storage_commit(s, &k);
	keeps_clear(&k);
}

/* The checkpoint after a commit fails at its n-th operation on the database
 * itself; the commit has succeeded all the same, and lasts. */
static void fail_checkpoint(enum disk_fault fault, unsigned n, bool power_cut)
{
	struct keeps k = { 0 };
	struct storage s;
	uint64_t seq = 0;

	disk_insert();
	storage_begin(&s);
	fill_log(&s, &seq);
	disk.database_only = true;
	disk_arm(fault, DISK_WRITE | DISK_SYNC | DISK_TRUNCATE, n);
	fill_log(&s, &seq);
	assert_true(disk_disarm());
	disk_arm(DISK_DIES, DISK_ANY, 1);
	disk.database_only = false;
	if (power_cut)
		disk_power_cut();
	storage_close(&s);
	disk_disarm();
	reload(&s);
	assert_int_equal(loaded.element_count, seq);
	assert_int_equal(loaded.rooms[0].own_seq, seq);
	expect_consistent(&s);
	keeps_clear(&k);
	storage_remove(&s);
}

TEST(store, a_checkpoint_that_fails_takes_nothing_with_it)
{
	static const unsigned at[] = { 1, 2, 3, 100, 800 };

	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		fail_checkpoint(DISK_FAILS, at[i], false);
		fail_checkpoint(DISK_FULL, at[i], true);
		fail_checkpoint(DISK_TEARS, at[i], true);
		fail_checkpoint(DISK_DIES, at[i], true);
	}
}

/* So does closing, which moves the log too. */
static bool fail_to_close(enum disk_fault fault, unsigned n)
{
	struct story t;
	bool hit;

	begin(&t);
	assert_int_equal(commit(&t), QF_OK);
	disk_arm(fault, DISK_ANY, n);
	storage_close(&t.s);
	hit = disk_disarm();
	expect_loaded(&t, true);
	end(&t);
	return hit;
}

TEST(store, closing_in_trouble_loses_nothing)
{
	sweep(fail_to_close, DISK_FAILS, 5);
	sweep(fail_to_close, DISK_TEARS, 5);
	sweep(fail_to_close, DISK_DIES, 5);
}

TEST(reader, a_read_that_fails_gives_nothing_and_the_next_one_all)
{
	struct story t;
	unsigned n = 0;
	bool hit;

	begin(&t);
	assert_int_equal(commit(&t), QF_OK);
	do {
		struct qf_reader *rd = storage_reader(&t.s);
		struct qf_envelope *out[4];
		uint64_t lsns[4];
		size_t got = 9;
		int rc;

		disk_arm(DISK_FAILS, DISK_READ | DISK_LOCK | DISK_MAP, ++n);
		rc = qf_reader_after(rd, &t.s.lobby, 0, 4, SIZE_MAX, out, lsns,
		                     &got);
		hit = disk_disarm();
		assert_int_equal(got, rc ? 0 : 2);
		while (got)
			qf_envelope_unref(out[--got]);
		if (rc) {
			assert_int_equal(rc, QF_E_IO);
			assert_non_null(
				strstr(qf_reader_why(rd), "the disk failed"));
			assert_int_equal(qf_reader_after(rd, &t.s.lobby, 0, 4,
			                                 SIZE_MAX, out, lsns,
			                                 &got),
			                 QF_OK);
			assert_int_equal(got, 2);
			while (got)
				qf_envelope_unref(out[--got]);
		}
		qf_reader_close(rd);
	} while (hit);
	assert_true(n > 3);
	end(&t);
}
