/* test_wal.c - a torn commit is no damage, and a flipped bit before others is
 */
#include "storage.h"

#include <sys/stat.h>

#include "store/wal.h"

enum { COMMITS = 4, LOG_MAX = 1 << 20, FRAME = 24 + 4096 };

/* The log that a few commits leave. */
struct log {
	struct storage s;
	char path[100];
	uint8_t bytes[LOG_MAX];
	size_t len;
	size_t before[COMMITS]; /* its length before each of them */
};

static size_t length(const struct log *l)
{
	struct stat st;

	assert_int_equal(stat(l->path, &st), 0);
	return (size_t)st.st_size;
}

static void begin(struct log *l)
{
	FILE *f;

	storage_begin(&l->s);
	snprintf(l->path, sizeof l->path, "%s-wal", l->s.path);
	for (size_t i = 0; i < COMMITS; i++) {
		struct keeps k = { 0 };

		l->before[i] = length(l);
		keeps_say(&k, &l->s, "a line");
		storage_commit(&l->s, &k);
		keeps_clear(&k);
	}
	f = fopen(l->path, "r");
	assert_non_null(f);
	l->len = fread(l->bytes, 1, sizeof l->bytes, f);
	assert_true(l->len < sizeof l->bytes);
	fclose(f);
	storage_close(&l->s);
}

static bool damaged(const struct log *l, const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(l->path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	return qf_wal_damaged(l->path);
}

TEST(wal, a_log_that_ends_anywhere_is_whole)
{
	static struct log l;

	begin(&l);
	for (size_t len = 0; len <= l.len; len += 61)
		assert_false(damaged(&l, l.bytes, len));
	assert_false(damaged(&l, l.bytes, l.len));
	unlink(l.path);
	assert_false(qf_wal_damaged(l.path));
	storage_remove(&l.s);
}

TEST(wal, a_size_without_bytes_is_whole)
{
	static const uint8_t zeros[10000];
	static struct log l;

	begin(&l);
	assert_false(damaged(&l, zeros, sizeof zeros));
	storage_remove(&l.s);
}

TEST(wal, a_last_commit_with_any_sector_missing_was_cut_short)
{
	static uint8_t torn[LOG_MAX];
	static struct log l;
	size_t last;

	begin(&l);
	last = l.before[COMMITS - 1];
	for (size_t at = last; at < l.len; at += 512) {
		size_t len = l.len - at < 512 ? l.len - at : 512;

		memcpy(torn, l.bytes, l.len);
		memset(torn + at, 0, len);
		assert_false(damaged(&l, torn, l.len));
	}
	storage_remove(&l.s);
}

TEST(wal, any_bit_that_flips_before_the_last_commits_is_seen)
{
	static struct log l;
	size_t end;

	begin(&l);
	end = l.before[COMMITS - 2];
	for (size_t at = 0; at < end; at += at < 200 ? 1 : 97) {
		l.bytes[at] ^= 0x10;
		if (!damaged(&l, l.bytes, l.len))
			fail_msg("not seen: byte %zu", at);
		l.bytes[at] ^= 0x10;
	}
	storage_remove(&l.s);
}

TEST(wal, what_an_older_log_left_behind_does_not_count)
{
	static struct log l;
	size_t at;

	begin(&l);
	/* Other salts from the second commit on. */
	for (at = l.before[1]; at < l.len; at += FRAME)
		l.bytes[at + 8] ^= 1;
	assert_false(damaged(&l, l.bytes, l.len));
	storage_remove(&l.s);
}
