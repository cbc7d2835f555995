/* test_store_damage.c - a database that we did not write so is refused */
#include "loaded.h"
#include "storage.h"

static size_t read_file(const char *path, uint8_t *to, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(to, 1, cap, f);
	assert_true(len < cap);
	fclose(f);
	return len;
}

TEST(store, a_database_of_a_later_version_is_refused_and_not_touched)
{
	static uint8_t before[1 << 20], after[1 << 20];
	struct qf_store *store;
	struct qf_reader *rd;
	struct storage s;
	char why[160];
	size_t len;

	storage_begin(&s);
	storage_close(&s);
	meddle(&s, "PRAGMA user_version = 8");
	len = read_file(s.path, before, sizeof before);
	assert_int_equal(
		qf_store_open(&store, s.path, &s.self, 0, why, sizeof why),
		QF_E_NEWER);
	assert_string_equal(why, "the database was made by a newer version of"
	                         " this program");
	assert_int_equal(qf_reader_open(&rd, s.path), QF_E_NEWER);
	assert_int_equal(read_file(s.path, after, sizeof after), len);
	assert_memory_equal(before, after, len);
	storage_remove(&s);
}

TEST(store, a_file_that_is_no_database_is_said_to_be_damaged_and_stays)
{
	char text[5000], after[6000];
	struct storage s;
	char why[160];
	FILE *f;

	storage_make(&s);
	memset(text, 'x', sizeof text);
	f = fopen(s.path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, sizeof text, 1, f), 1);
	fclose(f);
	assert_int_equal(
		qf_store_open(&s.store, s.path, &s.self, 0, why, sizeof why),
		QF_E_MALFORMED);
	assert_string_equal(why, "the database is damaged");
	assert_int_equal(read_file(s.path, (uint8_t *)after, sizeof after),
	                 sizeof text);
	s.store = NULL;
	storage_remove(&s);
}

/* Every way in which rows can be wrong; each must be found by whom it hits. */
static const char *const damages[] = {
	"UPDATE envelope SET body = x'00'",
	"UPDATE envelope SET body = zeroblob(70000)",
	"UPDATE envelope SET seq = seq + 1",
	"UPDATE envelope SET seq = 0",
	"UPDATE envelope SET type = 9",
	"UPDATE envelope SET author = 0",
	"UPDATE envelope SET author = 99",
	"UPDATE envelope SET prev = x'0102'",
	"UPDATE envelope SET proof = x''",
	"UPDATE envelope SET proof = zeroblob(300)",
	"UPDATE envelope SET proof = x'0001' || substr(proof, 3)",
	"DELETE FROM envelope",
	"UPDATE author SET key = x'01'",
	"UPDATE author SET number = 7",
	"UPDATE log SET elements = x''",
	"UPDATE log SET elements = zeroblob(44)",
	"UPDATE log SET elements = zeroblob(45)",
	"UPDATE log SET elements = zeroblob(45000)",
	"UPDATE log SET elements = x'0000000107' || substr(elements, 6)",
	"UPDATE log SET elements = x'00000009' || substr(elements, 5)",
	"UPDATE log SET nonces = x'0102'",
	"UPDATE log SET nonces = x'05' || zeroblob(16)",
	"UPDATE log SET lsn = -5",
	"UPDATE room SET id = x'01'",
};

TEST(store, a_row_that_was_not_written_so_is_damage)
{
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		struct qf_envelope *e;
		struct qf_reader *rd;
		struct keeps k = { 0 };
		uint64_t one = 1;
		struct storage s;
		size_t got = 5;
		int rc;

		storage_begin(&s);
		keeps_say(&k, &s, "hello");
		storage_commit(&s, &k);
		storage_close(&s);
		meddle(&s, damages[i]);
		rd = storage_reader(&s);
		rc = qf_reader_fetch(rd, &one, 1, SIZE_MAX, &e, &got);
		if (rc == QF_OK || got != 0)
			fail_msg("not seen: %s", damages[i]);
		if (rc == QF_E_IO)
			assert_string_equal(qf_reader_why(rd),
			                    "the database is damaged");
		else
			assert_int_equal(rc, QF_E_NOTFOUND);
		qf_reader_close(rd);
		keeps_clear(&k);
		storage_remove(&s);
	}
}

TEST(store, damage_that_is_loaded_is_said)
{
	static const char *const found[] = {
		"UPDATE log SET elements = zeroblob(45)",
		"UPDATE log SET elements = x'00000009' || substr(elements, 5)",
		"UPDATE log SET nonces = x'05' || zeroblob(16)",
		"UPDATE room SET own_prev = x''",
		"INSERT INTO peer VALUES (x'01', 'short', 0, 0)",
	};

	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		struct keeps k = { 0 };
		struct storage s;

		storage_begin(&s);
		keeps_say(&k, &s, "hello");
		storage_commit(&s, &k);
		meddle(&s, found[i]);
		memset(&loaded, 0, sizeof loaded);
		if (qf_store_load(s.store, &loader) != QF_E_IO)
			fail_msg("not seen: %s", found[i]);
		assert_string_equal(qf_store_why(s.store),
		                    "the database is damaged");
		keeps_clear(&k);
		storage_remove(&s);
	}
}
