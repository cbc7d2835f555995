/* skew.c - how wrong our clock is, judged by the clocks of others */
#include "skew.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define YEAR_MS   (365 * DAY_MS)

enum { MAJORITY_OF = 3 }; /* fewer can not outvote anyone */

static int compare(const void *a, const void *b)
{
	int64_t x = ((const struct qf_clock *)a)->ahead_ms;
	int64_t y = ((const struct qf_clock *)b)->ahead_ms;

	return (x > y) - (x < y);
}

/* Those of the best quality that are not wrong, ascending. */
static size_t best(const struct qf_clock *others, size_t count,
                   int64_t built_ms, struct qf_clock *out)
{
	uint8_t quality = 0;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!qf_skew_is_wrong(&others[i], built_ms) &&
		    others[i].quality > quality)
			quality = others[i].quality;
	for (size_t i = 0; i < count; i++)
		if (!qf_skew_is_wrong(&others[i], built_ms) &&
		    others[i].quality == quality)
			out[n++] = others[i];
	qsort(out, n, sizeof *out, compare);
	return n;
}

/* The middle of the greatest group that agrees, if it is more than half. */
static const struct qf_clock *majority(const struct qf_clock *clocks, size_t n)
{
	size_t first = 0, most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t end = i;

		while (end < n && !qf_skew_differ(clocks[i].ahead_ms,
		                                  clocks[end].ahead_ms))
			end++;
		if (end - i > most) {
			most = end - i;
			first = i;
		}
	}
	return 2 * most > n ? &clocks[first + most / 2] : NULL;
}

static bool is_absurd(const struct qf_clock *c, int64_t built_ms)
{
	return c->ahead_ms >= built_ms + QF_SKEW_YEARS * YEAR_MS;
}

/* The latest that can be believed, NULL: none. */
static const struct qf_clock *latest(const struct qf_clock *clocks, size_t n,
                                     int64_t built_ms)
{
	while (n > 0 && is_absurd(&clocks[n - 1], built_ms))
		n--;
	return n ? &clocks[n - 1] : NULL;
}

static const struct qf_clock *judge(const struct qf_clock *own,
                                    const struct qf_clock *clocks, size_t n,
                                    int64_t built_ms)
{
	const struct qf_clock *late;

	if (clocks[0].quality < own->quality)
		return own;
	if (n >= MAJORITY_OF)
		return majority(clocks, n);
	late = latest(clocks, n, built_ms);
	if (!late || clocks[0].quality > own->quality)
		return late;
	return late->ahead_ms > own->ahead_ms || is_absurd(own, built_ms) ? late
	                                                                  : own;
}

struct qf_clock qf_skew_judge(const struct qf_clock *own,
                              const struct qf_clock *others, size_t count,
                              int64_t built_ms)
{
	struct qf_clock clocks[QF_CLOCKS_MAX];
	const struct qf_clock *chosen;
	size_t n;

	assert(count <= QF_CLOCKS_MAX);
	n = best(others, count, built_ms, clocks);
	if (!n)
		return *own;
	if (qf_skew_is_wrong(own, built_ms)) {
		chosen = majority(clocks, n);
		if (!chosen)
			chosen = latest(clocks, n, built_ms);
		return chosen ? *chosen : clocks[n / 2];
	}
	chosen = judge(own, clocks, n, built_ms);
	if (!chosen || !qf_skew_differ(chosen->ahead_ms, own->ahead_ms))
		return *own;
	return *chosen;
}

static const struct unit {
	int64_t ms;
	const char *one;
	const char *many;
} units[] = {
	{ YEAR_MS, "a year", "years" },
	{ DAY_MS, "a day", "days" },
	{ HOUR_MS, "an hour", "hours" },
	{ MINUTE_MS, "a minute", "minutes" },
};

void qf_skew_say(int64_t correction_ms, char out[QF_SKEW_TEXT_BYTES])
{
	int64_t ms = correction_ms < 0 ? -correction_ms : correction_ms;
	const struct unit *u = units;
	char span[32];
	long long n;

	while (u->ms > MINUTE_MS && ms < u->ms - u->ms / 10)
		u++;
	n = (ms + u->ms / 2) / u->ms;
	if (n > 1)
		snprintf(span, sizeof span, "%lld %s", n, u->many);
	else
		snprintf(span, sizeof span, "%s", u->one);
	snprintf(out, QF_SKEW_TEXT_BYTES,
	         "Your clock is %s %s the room. Using the room's time.", span,
	         correction_ms < 0 ? "ahead of" : "behind");
}
