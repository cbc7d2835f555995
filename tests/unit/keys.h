/* keys.h - keys and sets of them for tests that need no envelopes */
#ifndef QF_KEYS_H
#define QF_KEYS_H

#include <stdlib.h>
#include <string.h>

#include "core/keyset.h"

/* A content key with an id that begins with n and looks like n. */
static inline struct qf_setkey key_at(uint64_t hlc, uint32_t n)
{
	struct qf_setkey key = {
		.hlc = hlc,
		.lsn = n + 1,
		.class = QF_CLASS_CONTENT,
	};

	for (size_t i = 0; i < sizeof key.id.b; i++)
		key.id.b[i] = (uint8_t)(n >> 8 * (3 - i % 4));
	return key;
}

/* Key i of a room where somebody speaks each minute. */
static inline struct qf_setkey key_of_minute(uint32_t i)
{
	return key_at((1700000000000 + (uint64_t)i * 60000) << 16, i);
}

/* Minutes [from, to), without those that are multiples of `but` (0: all). */
static inline struct qf_snapshot *minutes(uint32_t from, uint32_t to,
                                          uint32_t but)
{
	struct qf_snapshot *s;
	struct qf_keyset set;

	qf_keyset_init(&set);
	for (uint32_t i = from; i < to; i++) {
		struct qf_setkey key = key_of_minute(i);

		if ((!but || i % but) && qf_keyset_add(&set, &key) != 1)
			abort();
	}
	s = qf_snapshot_new(&set, to);
	if (!s)
		abort();
	qf_keyset_fini(&set);
	return s;
}

#endif
