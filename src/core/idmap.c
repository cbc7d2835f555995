/* idmap.c - from 32 bytes that look random to a number */
#include "idmap.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

enum { SLOTS_MIN = 16 };

void qf_idmap_init(struct qf_idmap *m, uint64_t seed)
{
	*m = (struct qf_idmap){ 0 };
	memcpy(m->seed, &seed, sizeof seed);
}

void qf_idmap_fini(struct qf_idmap *m)
{
	free(m->slots);
	m->slots = NULL;
	m->count = 0;
}

static size_t home_of(const struct qf_idmap *m, const uint8_t *key)
{
	uint64_t hash;

	crypto_shorthash_siphash24((unsigned char *)&hash, key,
	                           QF_IDMAP_KEY_BYTES, m->seed);
	return hash & m->mask;
}

/* Where the key is, or the free slot where it would be. */
static size_t place(const struct qf_idmap *m, const uint8_t *key)
{
	size_t i = home_of(m, key);

	while (m->slots[i].used &&
	       memcmp(m->slots[i].key, key, QF_IDMAP_KEY_BYTES))
		i = (i + 1) & m->mask;
	return i;
}

static int grow(struct qf_idmap *m)
{
	size_t size = m->slots ? (m->mask + 1) * 2 : SLOTS_MIN;
	struct qf_idmap next = *m;

	next.slots = calloc(size, sizeof *next.slots);
	if (!next.slots)
		return QF_E_NOMEM;
	next.mask = size - 1;
	for (size_t i = 0; m->slots && i <= m->mask; i++)
		if (m->slots[i].used)
			next.slots[place(&next, m->slots[i].key)] = m->slots[i];
	free(m->slots);
	*m = next;
	return QF_OK;
}

int qf_idmap_set(struct qf_idmap *m, const uint8_t *key, uint64_t value)
{
	size_t i;

	if ((!m->slots || m->count >= (m->mask + 1) / 4 * 3) && grow(m))
		return QF_E_NOMEM;
	i = place(m, key);
	if (!m->slots[i].used) {
		m->slots[i].used = true;
		memcpy(m->slots[i].key, key, QF_IDMAP_KEY_BYTES);
		m->count++;
	}
	m->slots[i].value = value;
	return QF_OK;
}

uint64_t *qf_idmap_at(const struct qf_idmap *m, const uint8_t *key)
{
	size_t i;

	if (!m->slots)
		return NULL;
	i = place(m, key);
	return m->slots[i].used ? &m->slots[i].value : NULL;
}

bool qf_idmap_get(const struct qf_idmap *m, const uint8_t *key, uint64_t *value)
{
	const uint64_t *at = qf_idmap_at(m, key);

	if (at)
		*value = *at;
	return at;
}

/* Close the gap: whoever probed past it moves up (Knuth 6.4, algorithm R). */
void qf_idmap_remove(struct qf_idmap *m, const uint8_t *key)
{
	size_t gap, i;

	if (!m->slots)
		return;
	gap = place(m, key);
	if (!m->slots[gap].used)
		return;
	m->slots[gap].used = false;
	m->count--;
	for (i = (gap + 1) & m->mask; m->slots[i].used; i = (i + 1) & m->mask) {
		size_t home = home_of(m, m->slots[i].key);

		if (((i - home) & m->mask) < ((i - gap) & m->mask))
			continue;
		m->slots[gap] = m->slots[i];
		m->slots[i].used = false;
		gap = i;
	}
}
