/* sightings.c - nodes seen nearby, and which of them are worth telling */
#include "sightings.h"

#include <stdlib.h>
#include <string.h>

#include "limits.h"

enum {
	TOLD_A_SECOND = 64,
	SILENCE_MS = 5000, /* whoever is seen after it is back */
	AGAIN_MS = 1000,
	AGAIN_MAX_MS = 60000,
	OTHER_ADDRESS_MS = 1000,
};

bool qf_sightings_init(struct qf_sightings *s, uint64_t random)
{
	*s = (struct qf_sightings){ .random = random | 1,
		                    .told.a_second = TOLD_A_SECOND };
	s->list = calloc(QF_SIGHTINGS_MAX, sizeof *s->list);
	return s->list;
}

void qf_sightings_fini(struct qf_sightings *s)
{
	free(s->list);
	s->list = NULL;
}

void qf_sightings_clear(struct qf_sightings *s)
{
	s->count = 0;
}

/* xorshift64, as in peerbook.c. */
static size_t chance(struct qf_sightings *s, size_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random % below;
}

static struct qf_sighting *find(struct qf_sightings *s,
                                const struct qf_hint *hint,
                                const struct qf_address *address)
{
	for (size_t i = 0; i < s->count; i++) {
		struct qf_sighting *at = &s->list[i];

		if (at->address.port == address->port &&
		    qf_hint_equal(&at->hint, hint) &&
		    !strcmp(at->address.host, address->host))
			return at;
	}
	return NULL;
}

/* One of the host's own where it has enough of them already, else one that is
 * free, else any. */
static struct qf_sighting *make_room(struct qf_sightings *s, const char *host)
{
	struct qf_sighting *of_host = NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->list[i].address.host, host) != 0)
			continue;
		if (!chance(s, ++count))
			of_host = &s->list[i];
	}
	if (count >= QF_SIGHTINGS_A_HOST)
		return of_host;
	if (s->count < QF_SIGHTINGS_MAX)
		return &s->list[s->count++];
	return &s->list[chance(s, s->count)];
}

/* Another address of the same hint was told just now. */
static bool is_double(const struct qf_sightings *s,
                      const struct qf_sighting *one, uint64_t now_ms)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct qf_sighting *at = &s->list[i];

		if (at != one && at->told_ms &&
		    now_ms - at->told_ms < OTHER_ADDRESS_MS &&
		    qf_hint_equal(&at->hint, &one->hint))
			return true;
	}
	return false;
}

bool qf_sightings_take(struct qf_sightings *s, const struct qf_hint *hint,
                       const struct qf_address *address, uint64_t now_ms)
{
	struct qf_sighting *at = find(s, hint, address);

	if (!at) {
		at = make_room(s, address->host);
		*at = (struct qf_sighting){ .hint = *hint,
			                    .address = *address };
	} else if (now_ms - at->seen_ms > SILENCE_MS) {
		at->told_ms = at->wait_ms = 0;
	}
	at->seen_ms = now_ms;
	if ((at->told_ms && now_ms - at->told_ms < at->wait_ms) ||
	    is_double(s, at, now_ms) || !qf_allowance_take(&s->told, now_ms))
		return false;
	at->told_ms = now_ms;
	at->wait_ms = at->wait_ms ? 2 * at->wait_ms : AGAIN_MS;
	if (at->wait_ms > AGAIN_MAX_MS)
		at->wait_ms = AGAIN_MAX_MS;
	return true;
}
