/* test_mend.c - a damaged database is kept aside, and a new one takes over */
#include "loaded.h"
#include "storage.h"

#include <sys/stat.h>

#include "store/mend.h"

enum { LINES = 200, PAGE = 4096 };

static const uint64_t now_ms = 1800000000000; /* 2027-01-15, 08:00 */

static bool there(const struct storage *s, const char *name)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", s->dir, name);
	return !stat(path, &st);
}

static void put(const struct storage *s, const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", s->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static struct qf_mended mend(struct storage *s)
{
	struct qf_mended mended;
	char why[160] = "";

	if (qf_mend(s->path, &s->self, 1000, now_ms, &mended, why, sizeof why))
		fail_msg("%s", why);
	reload(s);
	return mended;
}

static void finish(const struct storage *s)
{
	char why[160] = "";

	if (qf_mend_finish(s->path, now_ms, why, sizeof why))
		fail_msg("%s", why);
}

/* Lines of ours with nonces, and a peer; closed. */
static void fill(struct storage *s)
{
	struct keeps k = { 0 };
	struct qf_keep *keep;

	storage_begin(s);
	for (int i = 0; i < LINES; i++) {
		keep = keeps_say(&k, s, "a line that takes some room");
		keep->has_nonce = true;
		keep->nonce.b[0] = (uint8_t)i;
	}
	keep = keeps_add(&k, QF_KEEP_DRAFT);
	keep->draft = (struct qf_draft){ .number = 1,
		                         .room = s->lobby,
		                         .type = QF_TYPE_TEXT,
		                         .body = qf_shared_new("a", 1) };
	keep = keeps_add(&k, QF_KEEP_PEER);
	keep->peer = (struct qf_peer){ .key = identity("bob").key,
		                       .name = "bob" };
	storage_commit(s, &k);
	keeps_clear(&k);
	storage_close(s);
}

TEST(mend, what_is_no_database_is_kept_and_a_new_one_begins)
{
	struct qf_mended mended;
	char text[16] = "";
	struct storage s;
	FILE *f;

	storage_make(&s);
	put(&s, "store", "no database");
	put(&s, "store-wal", "no log");
	mended = mend(&s);
	assert_int_equal(mended.saved, 0);
	assert_int_equal(loaded.room_count, 0);
	assert_int_equal(qf_store_past(s.store), 1000);
	assert_string_equal(strrchr(mended.aside, '/'),
	                    "/store.damaged-20270115-080000");
	f = fopen(mended.aside, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof text, f));
	assert_string_equal(text, "no database");
	fclose(f);
	assert_true(there(&s, "store.damaged-20270115-080000-wal"));
	assert_false(there(&s, "store.new"));
	storage_remove(&s);
}

TEST(mend, a_second_one_does_not_take_the_name_of_the_first)
{
	struct qf_mended mended;
	struct storage s;

	storage_make(&s);
	put(&s, "store", "no database");
	mend(&s);
	storage_close(&s);
	put(&s, "store", "none again");
	mended = mend(&s);
	assert_string_equal(strrchr(mended.aside, '/'),
	                    "/store.damaged-20270115-080000-2");
	assert_true(there(&s, "store.damaged-20270115-080000"));
	storage_remove(&s);
}

TEST(mend, all_that_is_whole_is_saved)
{
	uint64_t clock;
	struct storage s;

	fill(&s);
	clock = (uint64_t)look(&s, "SELECT hlc FROM room");
	meddle(&s, "UPDATE envelope SET body = x'00' WHERE lsn = 3;"
	           "UPDATE envelope SET proof = (SELECT proof FROM envelope"
	           " WHERE lsn = 5) WHERE lsn = 4;"
	           "DELETE FROM envelope WHERE lsn = 9;"
	           "UPDATE page SET state = 1;");
	assert_int_equal(mend(&s).saved, LINES - 3);
	assert_int_equal(loaded.element_count, LINES - 3);
	assert_int_equal(loaded.nonce_count, LINES - 3);
	assert_int_equal(loaded.nonces[2].b[0], 4);
	assert_int_equal(loaded.rooms[0].hlc, clock);
	assert_int_equal(loaded.rooms[0].own_seq, LINES);
	assert_int_equal(loaded.draft_count, 1);
	assert_int_equal(loaded.peer_count, 1);
	assert_int_equal(loaded.page, 1);
	storage_remove(&s);
}

TEST(mend, no_number_below_one_that_the_damaged_one_knew_is_free)
{
	struct storage s;

	fill(&s);
	meddle(&s, "DELETE FROM envelope; UPDATE room SET own_seq = 5000");
	assert_int_equal(mend(&s).saved, 0);
	assert_int_equal(qf_store_past(s.store), 5000);
	storage_close(&s);
	meddle(&s, "UPDATE past SET seq = 6000");
	mend(&s);
	assert_int_equal(qf_store_past(s.store), 6000);
	storage_remove(&s);
}

static void spoil_a_page(const struct storage *s)
{
	uint8_t noise[PAGE];
	int64_t page;
	FILE *f;

	meddle(s, "PRAGMA wal_checkpoint(TRUNCATE)");
	page = look(s, "SELECT pageno FROM dbstat WHERE name = 'envelope' AND"
	               " pagetype = 'leaf' LIMIT 1 OFFSET 3");
	memset(noise, 0xa5, sizeof noise);
	f = fopen(s->path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, (page - 1) * PAGE, SEEK_SET), 0);
	assert_int_equal(fwrite(noise, sizeof noise, 1, f), 1);
	fclose(f);
}

/* One of an older version cannot be brought to this one then. */
TEST(mend, rows_after_a_page_of_noise_are_saved_too)
{
	for (int is_older = 0; is_older <= 1; is_older++) {
		struct storage s;
		uint64_t saved;

		fill(&s);
		if (is_older)
			meddle(&s, "DROP INDEX standing;"
			           "ALTER TABLE peer DROP COLUMN asked;"
			           "PRAGMA user_version = 5");
		spoil_a_page(&s);
		saved = mend(&s).saved;
		assert_true(saved > LINES / 2 && saved < LINES);
		assert_int_equal(loaded.rooms[0].own_seq, LINES);
		storage_remove(&s);
	}
}

TEST(mend, what_was_interrupted_is_ended_at_the_next_start)
{
	char path[100], fresh[100];
	struct storage s;

	/* After the first rename, and after the second. */
	for (int has_log = 1; has_log >= 0; has_log--) {
		fill(&s);
		snprintf(path, sizeof path, "%s/store", s.dir);
		snprintf(fresh, sizeof fresh, "%s/store.new", s.dir);
		assert_int_equal(rename(path, fresh), 0);
		if (has_log)
			put(&s, "store-wal", "of the damaged one");
		finish(&s);
		assert_false(there(&s, "store-wal"));
		assert_int_equal(there(&s, "store.damaged-20270115-080000-wal"),
		                 has_log);
		storage_open(&s);
		reload(&s);
		assert_int_equal(loaded.element_count, LINES);
		finish(&s); /* and there is nothing left to do */
		storage_remove(&s);
	}
}

TEST(mend, an_empty_file_beside_a_log_was_a_database)
{
	struct storage s;

	storage_make(&s);
	assert_false(qf_mend_needed(s.path));
	put(&s, "store", "");
	assert_false(qf_mend_needed(s.path));
	put(&s, "store-wal", "something");
	assert_true(qf_mend_needed(s.path));
	put(&s, "store", "something");
	assert_false(qf_mend_needed(s.path));
	storage_remove(&s);
}
