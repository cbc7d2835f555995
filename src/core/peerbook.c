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

/* Whether a behaved better than b. */
static bool is_better(const struct qf_dial *a, const struct qf_dial *b)
{
	if (a->worked != b->worked)
		return a->worked;
	return a->fails < b->fails;
}

static bool is_needed_more(const struct qf_dial *a, const struct qf_dial *b)
{
	if (a->known != b->known)
		return a->known;
	return is_better(a, b);
}

static bool make_room(struct qf_peerbook *b)
{
	struct qf_dial *worst = NULL;

	if (b->count < QF_PEERS_MAX)
		return true;
	for (size_t i = 0; i < b->count; i++) {
		struct qf_dial *d = &b->dials[i];

		if (!d->asked && !d->wanted &&
		    (d->state == QF_DIAL_WAITING || d->state == QF_DIAL_IDLE) &&
		    (!worst || is_needed_more(worst, d)))
			worst = d;
	}
	if (worst)
		*worst = b->dials[--b->count];
	return worst;
}

struct qf_dial *qf_peerbook_add(struct qf_peerbook *b,
                                const struct qf_address *address,
                                const struct qf_key *expected, uint64_t now_ms)
{
	struct qf_dial *d = find_same(b, address, expected);

	if (d)
		return d;
	if (!make_room(b))
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
	struct qf_dial *best = NULL;

	for (size_t i = 0; i < b->count; i++) {
		struct qf_dial *d = &b->dials[i];

		if (d->state == QF_DIAL_WAITING && d->due_ms <= now_ms &&
		    (!best || is_better(d, best)))
			best = d;
	}
	if (best) {
		best->state = QF_DIAL_TRYING;
		best->tried_ms = now_ms;
	}
	return best;
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
	d->worked = true;
	d->fails = 0;
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

static void wait_longer(struct qf_peerbook *b, struct qf_dial *d,
                        uint64_t now_ms)
{
	d->state = QF_DIAL_WAITING;
	d->due_ms = now_ms + next_random(b) % (d->delay_ms + 1);
	d->delay_ms *= 2;
	if (d->delay_ms > QF_REDIAL_MAX_MS)
		d->delay_ms = QF_REDIAL_MAX_MS;
}

void qf_peerbook_failed(struct qf_peerbook *b, struct qf_dial *d,
                        uint64_t now_ms)
{
	d->fails++;
	wait_longer(b, d, now_ms);
}

void qf_peerbook_lost(struct qf_peerbook *b, struct qf_dial *d, uint64_t now_ms)
{
	d->delay_ms = QF_REDIAL_MIN_MS;
	wait_longer(b, d, now_ms);
}

void qf_peerbook_lost_key(struct qf_peerbook *b, const struct qf_key *key,
                          uint64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->dials[i].state == QF_DIAL_RESTING &&
		    qf_key_equal(&b->dials[i].key, key))
			qf_peerbook_lost(b, &b->dials[i], now_ms);
}

static void stir(struct qf_dial *d, uint64_t now_ms)
{
	uint64_t soonest_ms = d->tried_ms + QF_REDIAL_MIN_MS;

	/* What was never tried is due soon, and not sooner for a reason. */
	if (d->state != QF_DIAL_WAITING || !d->tried_ms)
		return;
	if (soonest_ms < now_ms)
		soonest_ms = now_ms;
	if (soonest_ms < d->due_ms)
		d->due_ms = soonest_ms;
	d->delay_ms = QF_REDIAL_MIN_MS;
}

void qf_peerbook_stir(struct qf_peerbook *b, const struct qf_key *key,
                      uint64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++)
		if (qf_key_equal(&b->dials[i].key, key))
			stir(&b->dials[i], now_ms);
}

void qf_peerbook_stir_all(struct qf_peerbook *b, uint64_t now_ms)
{
	for (size_t i = 0; i < b->count; i++)
		stir(&b->dials[i], now_ms);
}

/* Among QF_FOUND_MAX that were found, the one to give up for another: it does
 * not answer, and was tried least lately. */
static bool make_room_for_found(struct qf_peerbook *b)
{
	struct qf_dial *worst = NULL;
	size_t found = 0;

	for (size_t i = 0; i < b->count; i++) {
		struct qf_dial *d = &b->dials[i];

		if (!d->found || d->state == QF_DIAL_LINKED)
			continue;
		found++;
		if (d->state == QF_DIAL_WAITING && d->tried_ms &&
		    (!worst || d->tried_ms < worst->tried_ms))
			worst = d;
	}
	if (found < QF_FOUND_MAX && b->count < QF_PEERS_MAX)
		return true;
	if (worst)
		*worst = b->dials[--b->count];
	return worst;
}

struct qf_dial *qf_peerbook_found(struct qf_peerbook *b,
                                  const struct qf_address *address,
                                  const struct qf_hint *hint, uint64_t now_ms)
{
	struct qf_dial *d = find_same(b, address, NULL);

	if (d) {
		stir(d, now_ms);
		return d;
	}
	d = make_room_for_found(b) ? qf_peerbook_add(b, address, NULL, now_ms)
	                           : NULL;
	if (d) {
		d->found = true;
		d->quiet = true;
		d->hint = *hint;
	}
	return d;
}

void qf_peerbook_sift(struct qf_peerbook *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct qf_dial *d = &b->dials[i];
		bool is_idle = d->quiet && !d->found && !d->asked &&
		               !d->wanted && !d->worked &&
		               (d->state == QF_DIAL_WAITING ||
		                d->state == QF_DIAL_IDLE);

		if (!is_idle)
			b->dials[kept++] = *d;
	}
	b->count = kept;
}

size_t qf_peerbook_forget(struct qf_peerbook *b, const struct qf_key *key)
{
	size_t kept = 0, before = b->count;

	for (size_t i = 0; i < before; i++) {
		struct qf_dial *d = &b->dials[i];
		bool known = d->expects_key || d->state == QF_DIAL_LINKED ||
		             d->state == QF_DIAL_RESTING;

		if (known && qf_key_equal(&d->key, key))
			continue;
		/* Another key than that may have been meant there. */
		d->known &= d->expects_key;
		b->dials[kept++] = *d;
	}
	b->count = kept;
	return before - kept;
}
