/* penalty.c - who broke the protocol, and how long that is held against them */
#include "penalty.h"

#include <string.h>

enum {
	REFUSED_MS = 1000,       /* after the first offence */
	REFUSED_MAX_MS = 600000, /* and as long after it, it is remembered */
	DOUBLED_MAX = 10,        /* so often that the above is reached */
	APART_MS = 1000,         /* two handshakes with one place */
};

static struct qf_offender *find(struct qf_offenders *o,
                                const uint8_t who[QF_KEY_BYTES])
{
	for (size_t i = 0; i < o->count; i++)
		if (!memcmp(o->all[i].who, who, sizeof o->all[i].who))
			return &o->all[i];
	return NULL;
}

static struct qf_offender *soonest_free(struct qf_offenders *o)
{
	struct qf_offender *soonest = &o->all[0];

	for (size_t i = 1; i < o->count; i++)
		if (o->all[i].until_ms < soonest->until_ms)
			soonest = &o->all[i];
	return soonest;
}

static struct qf_offender *add(struct qf_offenders *o,
                               const uint8_t who[QF_KEY_BYTES], uint64_t now_ms)
{
	struct qf_offender *one = find(o, who);

	if (one && now_ms < one->until_ms + REFUSED_MAX_MS)
		return one;
	if (!one && o->count < QF_OFFENDERS_MAX)
		one = &o->all[o->count++];
	else if (!one)
		one = soonest_free(o);
	*one = (struct qf_offender){ .next_ms = now_ms };
	memcpy(one->who, who, sizeof one->who);
	return one;
}

static void put_place(const struct qf_place *place, uint8_t who[QF_KEY_BYTES])
{
	memset(who, 0, QF_KEY_BYTES);
	memcpy(who, place->b, sizeof place->b);
}

static uint64_t refused_ms(unsigned offences)
{
	uint64_t ms = REFUSED_MS;

	ms <<= offences <= DOUBLED_MAX ? offences - 1 : DOUBLED_MAX;
	return ms < REFUSED_MAX_MS ? ms : REFUSED_MAX_MS;
}

void qf_penalty_add(struct qf_penalties *p, const struct qf_key *key,
                    const struct qf_place *place, uint64_t now_ms)
{
	struct qf_offender *one = add(&p->keys, key->b, now_ms);
	uint8_t who[QF_KEY_BYTES];

	one->until_ms = now_ms + refused_ms(++one->offences);
	put_place(place, who);
	one = add(&p->places, who, now_ms);
	one->offences++;
	one->until_ms = now_ms + REFUSED_MAX_MS;
}

uint64_t qf_penalty_left(struct qf_penalties *p, const struct qf_key *key,
                         uint64_t now_ms)
{
	const struct qf_offender *one = find(&p->keys, key->b);

	return one && now_ms < one->until_ms ? one->until_ms - now_ms : 0;
}

bool qf_penalty_turn(struct qf_penalties *p, const struct qf_place *place,
                     uint64_t now_ms, uint64_t *at_ms)
{
	struct qf_offender *one;
	uint8_t who[QF_KEY_BYTES];

	put_place(place, who);
	one = find(&p->places, who);
	*at_ms = now_ms;
	if (!one || now_ms >= one->until_ms)
		return true;
	if (one->next_ms > now_ms + QF_QUEUE_MS)
		return false;
	if (one->next_ms > now_ms)
		*at_ms = one->next_ms;
	one->next_ms = *at_ms + APART_MS;
	return true;
}
