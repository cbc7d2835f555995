/* peerbook.c - addresses to dial, when, and whom to expect there */
#include "peerbook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "list.h"

void qf_peerbook_init(struct qf_peerbook *b, uint64_t random)
{
	*b = (struct qf_peerbook){ .random = random | 1 };
}

void qf_peerbook_fini(struct qf_peerbook *b)
{
	free(b->dials);
	*b = (struct qf_peerbook){ 0 };
}

static bool same_address(const struct qf_address *a, const struct qf_address *b)
{
	return a->port == b->port && !strcasecmp(a->host, b->host);
}

static struct qf_dial *find_same(struct qf_peerbook *b,
                                 const struct qf_address *address,
                                 const struct qf_key *expected)
{
	for (size_t i = 0; i < b->count; i++) {
		struct qf_dial *d = &b->dials[i];

		if (same_address(&d->address, address) &&
		    d->expects_key == !!expected &&
		    (!expected || qf_key_equal(&d->key, expected)))
			return d;
	}
	return NULL;
}

struct qf_dial *qf_peerbook_add(struct qf_peerbook *b,
                                const struct qf_address *address,
                                const struct qf_key *expected, uint64_t now_ms)
{
	struct qf_dial *d = find_same(b, address, expected);

	if (d)
		return d;
	if (b->count == QF_PEERS_MAX)
		return NULL;
	if (!qf_list_room(&b->dials, b->count, &b->cap, sizeof *b->dials))
		return NULL;
	d = &b->dials[b->count++];
	*d = (struct qf_dial){
		.number = ++b->last_number,
		.address = *address,
		.expects_key = expected,
		.due_ms = now_ms,
		.delay_ms = QF_REDIAL_MIN_MS,
	};
	if (expected)
		d->key = *expected;
	return d;
}

struct qf_dial *qf_peerbook_find(struct qf_peerbook *b, uint64_t number)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->dials[i].number == number)
			return &b->dials[i];
	return NULL;
}

struct qf_dial *qf_peerbook_due(struct qf_peerbook *b, uint64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++) {
		struct qf_dial *d = &b->dials[i];

		if (d->state == QF_DIAL_WAITING && d->due_ms <= now_ms) {
			d->state = QF_DIAL_TRYING;
			return d;
		}
	}
	return NULL;
}

uint64_t qf_peerbook_wake(const struct qf_peerbook *b)
{
	uint64_t wake = UINT64_MAX;

	for (size_t i = 0; i < b->count; i++)
		if (b->dials[i].state == QF_DIAL_WAITING &&
		    b->dials[i].due_ms < wake)
			wake = b->dials[i].due_ms;
	return wake;
}

void qf_dial_linked(struct qf_dial *d, const struct qf_key *key)
{
	d->state = QF_DIAL_LINKED;
	d->key = *key;
	d->delay_ms = QF_REDIAL_MIN_MS;
	d->heard = false;
	d->why[0] = 0;
}

void qf_dial_rest(struct qf_dial *d, const struct qf_key *key)
{
	d->state = QF_DIAL_RESTING;
	d->key = *key;
}

/* xorshift64 (Marsaglia 2003): jitter needs no secrecy. */
static uint64_t next_random(struct qf_peerbook *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

void qf_peerbook_failed(struct qf_peerbook *b, struct qf_dial *d,
                        uint64_t now_ms)
{
	d->state = QF_DIAL_WAITING;
	d->due_ms = now_ms + next_random(b) % (d->delay_ms + 1);
	d->delay_ms *= 2;
	if (d->delay_ms > QF_REDIAL_MAX_MS)
		d->delay_ms = QF_REDIAL_MAX_MS;
}

void qf_peerbook_lost(struct qf_peerbook *b, struct qf_dial *d, uint64_t now_ms)
{
	d->delay_ms = QF_REDIAL_MIN_MS;
	qf_peerbook_failed(b, d, now_ms);
}

void qf_peerbook_lost_key(struct qf_peerbook *b, const struct qf_key *key,
                          uint64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->dials[i].state == QF_DIAL_RESTING &&
		    qf_key_equal(&b->dials[i].key, key))
			qf_peerbook_lost(b, &b->dials[i], now_ms);
}

void qf_peerbook_stir(struct qf_peerbook *b, uint64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->dials[i].state == QF_DIAL_WAITING) {
			b->dials[i].due_ms = now_ms;
			b->dials[i].delay_ms = QF_REDIAL_MIN_MS;
		}
}

size_t qf_peerbook_forget(struct qf_peerbook *b, const struct qf_key *key)
{
	size_t kept = 0, before = b->count;

	for (size_t i = 0; i < before; i++) {
		struct qf_dial *d = &b->dials[i];
		bool known = d->expects_key || d->state >= QF_DIAL_LINKED;

		if (!(known && qf_key_equal(&d->key, key)))
			b->dials[kept++] = *d;
	}
	b->count = kept;
	return before - kept;
}
