/* histogram.c - how long things took, to within three per cent */
#include "histogram.h"

#include <stddef.h>

/* Below HISTOGRAM_FINE a bucket is one nanosecond, above it the five bits
 * after the highest choose among 32. */
static size_t bucket_of(uint64_t ns)
{
	unsigned power;
	size_t bucket;

	if (ns < HISTOGRAM_FINE)
		return (size_t)ns;
	power = 63 - (unsigned)__builtin_clzll(ns);
	bucket = (power - 4) * HISTOGRAM_FINE +
	         (ns >> (power - 5)) % HISTOGRAM_FINE;
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static uint64_t bucket_end(size_t bucket)
{
	uint64_t fine = bucket % HISTOGRAM_FINE;
	size_t power = bucket / HISTOGRAM_FINE;

	if (!power)
		return fine;
	return ((HISTOGRAM_FINE + fine + 1) << (power - 1)) - 1;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
	h->buckets[bucket_of(ns)]++;
	h->count++;
}

void histogram_join(struct histogram *h, const struct histogram *other)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += other->buckets[i];
	h->count += other->count;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
	uint64_t left = (uint64_t)(share * (double)h->count);

	for (size_t i = 0; i < HISTOGRAM_BUCKETS && h->count; i++) {
		if (h->buckets[i] > left)
			return bucket_end(i);
		left -= h->buckets[i];
	}
	return h->count ? bucket_end(HISTOGRAM_BUCKETS - 1) : 0;
}
