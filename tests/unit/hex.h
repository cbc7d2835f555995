/* hex.h - bytes that a test writes as hex */
#ifndef QF_HEX_H
#define QF_HEX_H

#include "test.h"

#include <sodium.h>
#include <string.h>

enum { HEX_BYTES_MAX = 4096 };

/* How many bytes the hex says; they go to `to`, which has room for cap. */
static inline size_t hex_read(uint8_t *to, size_t cap, const char *hex)
{
	const char *end = NULL;
	size_t len = 0;

	assert_int_equal(
		sodium_hex2bin(to, cap, hex, strlen(hex), " ", &len, &end), 0);
	assert_int_equal(*end, '\0');
	return len;
}

static inline void assert_hex(const void *data, size_t len, const char *hex)
{
	char text[2 * HEX_BYTES_MAX + 1];

	assert_true(len <= HEX_BYTES_MAX);
	assert_string_equal(sodium_bin2hex(text, sizeof text, data, len), hex);
}

#endif
