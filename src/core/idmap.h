/* idmap.h - from 32 bytes that look random to a number
 *
 * An open-addressed table with linear probing that doubles at three quarters.
 * Keys are hashes, keys of peers, or nonces; the place is chosen by SipHash
 * under a seed of the node's own, so nobody outside can choose collisions.
 */
#ifndef QF_IDMAP_H
#define QF_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QF_IDMAP_KEY_BYTES = 32 };

struct qf_idmap_slot {
	bool used;
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t value;
};

struct qf_idmap {
	struct qf_idmap_slot *slots;
	size_t count;
	size_t mask; /* slots - 1; meaningless while slots is NULL */
	uint8_t seed[16];
};

void qf_idmap_init(struct qf_idmap *m, uint64_t seed);
void qf_idmap_fini(struct qf_idmap *m);
/* Add or replace. QF_E_NOMEM: nothing changed. */
int qf_idmap_set(struct qf_idmap *m, const uint8_t *key, uint64_t value);
bool qf_idmap_get(const struct qf_idmap *m, const uint8_t *key,
                  uint64_t *value);
/* Where its value stands until the next change, or NULL. */
uint64_t *qf_idmap_at(const struct qf_idmap *m, const uint8_t *key);
void qf_idmap_remove(struct qf_idmap *m, const uint8_t *key);

#endif
