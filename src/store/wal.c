/* wal.c - whether the write-ahead log beside a database was damaged
 *
 * "WAL-mode File Format", sqlite.org/walformat.html: a header of 32 bytes, then
 * frames, each a header of 24 and a page. Checksums go on from frame to frame.
 * A frame that has other salts than the header is left from an older log.
 */
#include "wal.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HEADER = 32,
	HEADER_SUMMED = 24,
	FRAME = 24,
	FRAME_SUMMED = 8,
	SALT = 16, /* where it is in the header */
	FRAME_COMMIT = 4,
	FRAME_SALT = 8,
	FRAME_SUM = 16,
	SALT_BYTES = 8,
	PAGE_MIN = 512,
	PAGE_MAX = 65536,
	MAGIC = 0x377f0682, /* or 1 more: sums are of big-endian words */
};

struct wal {
	int fd;
	bool big_endian;
	uint8_t salt[SALT_BYTES];
	uint32_t sum[2];
	size_t page;
	uint8_t frame[FRAME + PAGE_MAX];
};

static uint32_t word(const uint8_t *at, bool big_endian)
{
	return big_endian ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	                            (uint32_t)at[2] << 8 | at[3]
	                  : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
	                            (uint32_t)at[1] << 8 | at[0];
}

static void add(struct wal *w, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		w->sum[0] += word(at + i, w->big_endian) + w->sum[1];
		w->sum[1] += word(at + i + 4, w->big_endian) + w->sum[0];
	}
}

static bool sum_is(const struct wal *w, const uint8_t *at)
{
	return w->sum[0] == word(at, true) && w->sum[1] == word(at + 4, true);
}

static bool is_zero(const uint8_t *at, size_t len)
{
	return !at[0] && !memcmp(at, at + 1, len - 1);
}

/* False: it is not one that SQLite has written. */
static bool read_header(struct wal *w, const uint8_t header[HEADER])
{
	uint32_t magic = word(header, true);

	w->big_endian = magic & 1;
	w->page = word(header + 8, true);
	memcpy(w->salt, header + SALT, sizeof w->salt);
	add(w, header, HEADER_SUMMED);
	return (magic & ~1u) == MAGIC && w->page >= PAGE_MIN &&
	       w->page <= PAGE_MAX && !(w->page & (w->page - 1)) &&
	       sum_is(w, header + HEADER_SUMMED);
}

/* The n-th frame, from 0. */
static bool read_frame(struct wal *w, size_t n)
{
	size_t len = FRAME + w->page;
	off_t at = HEADER + (off_t)(n * len);

	return pread(w->fd, w->frame, len, at) == (ssize_t)len;
}

static bool is_of_this_log(const struct wal *w)
{
	return !memcmp(w->frame + FRAME_SALT, w->salt, sizeof w->salt);
}

static bool is_right(struct wal *w)
{
	add(w, w->frame, FRAME_SUMMED);
	add(w, w->frame + FRAME, w->page);
	return is_of_this_log(w) && sum_is(w, w->frame + FRAME_SUM);
}

/* From the first frame that is wrong: a commit, and more after it. */
static bool goes_on(struct wal *w, size_t n)
{
	bool committed = false;

	for (; read_frame(w, n); n++) {
		if (!is_of_this_log(w))
			continue;
		if (committed)
			return true;
		committed = !is_zero(w->frame + FRAME_COMMIT, 4);
	}
	return false;
}

static bool look(struct wal *w)
{
	uint8_t header[HEADER];
	size_t n = 0;

	/* A file may have its size before its bytes. */
	if (pread(w->fd, header, sizeof header, 0) != sizeof header ||
	    is_zero(header, sizeof header))
		return false;
	if (!read_header(w, header))
		return true;
	while (read_frame(w, n) && is_right(w))
		n++;
	return goes_on(w, n);
}

bool qf_wal_damaged(const char *path)
{
	struct wal *w = calloc(1, sizeof *w);
	bool damaged = false;

	if (!w)
		return false;
	w->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (w->fd >= 0) {
		damaged = look(w);
		close(w->fd);
	}
	free(w);
	return damaged;
}
