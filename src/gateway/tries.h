/* tries.h - how often a place has tried what others pay for
 *
 * A wrong password costs a hash that is made to be slow, and a new account is
 * kept for ever. Each costs whoever tries it some time, and so much of it may
 * be owed; a connection is made anew for nothing, so the debt is its place's:
 * an address, of IPv6 the network.
 *
 * A bounded table: who owes least makes room. Pure; one worker's.
 */
#ifndef QF_TRIES_H
#define QF_TRIES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	QF_TRIES_MAX = 256,       /* places */
	QF_TRY_MS = 30000,        /* what one costs */
	QF_TRIES_OWED_MS = 300000 /* with more than that, none is allowed */
};

struct qf_try_place {
	uint8_t b[16];
};

struct qf_tries {
	struct {
		struct qf_try_place place;
		uint64_t paid_ms; /* when all will be */
	} all[QF_TRIES_MAX];
	unsigned count;
};

/* from: an address as text. */
bool qf_tries_may(const struct qf_tries *t, const char *from, uint64_t now_ms);
void qf_tries_add(struct qf_tries *t, const char *from, uint64_t now_ms);

#endif
