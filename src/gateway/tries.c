/* tries.c - how often a place has tried what others pay for */
#include "tries.h"

#include <arpa/inet.h>
#include <string.h>

enum { NETWORK_BYTES = 8 };

static struct qf_try_place place_of(const char *from)
{
	struct qf_try_place place = { 0 };
	struct in6_addr address;

	if (inet_pton(AF_INET6, from, &address) == 1)
		memcpy(place.b, &address, NETWORK_BYTES);
	else
		inet_pton(AF_INET, from, place.b + sizeof place.b - 4);
	return place;
}

static unsigned find(const struct qf_tries *t, const struct qf_try_place *place)
{
	unsigned i = 0;

	while (i < t->count &&
	       memcmp(&t->all[i].place, place, sizeof *place) != 0)
		i++;
	return i;
}

bool qf_tries_may(const struct qf_tries *t, const char *from, uint64_t now_ms)
{
	struct qf_try_place place = place_of(from);
	unsigned i = find(t, &place);

	return i == t->count || t->all[i].paid_ms < now_ms + QF_TRIES_OWED_MS;
}

static unsigned make_room(struct qf_tries *t)
{
	unsigned least = 0;

	if (t->count < QF_TRIES_MAX)
		return t->count++;
	for (unsigned i = 1; i < t->count; i++)
		if (t->all[i].paid_ms < t->all[least].paid_ms)
			least = i;
	return least;
}

void qf_tries_add(struct qf_tries *t, const char *from, uint64_t now_ms)
{
	struct qf_try_place place = place_of(from);
	unsigned i = find(t, &place);

	if (i == t->count) {
		i = make_room(t);
		t->all[i].place = place;
		t->all[i].paid_ms = now_ms;
	}
	if (t->all[i].paid_ms < now_ms)
		t->all[i].paid_ms = now_ms;
	t->all[i].paid_ms += QF_TRY_MS;
}
