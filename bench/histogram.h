/* histogram.h - how long things took, to within three per cent
 *
 * Nanoseconds in buckets, 32 to each power of two. Plain counts, so the
 * histograms of several threads add up.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_FINE = 32, HISTOGRAM_BUCKETS = HISTOGRAM_FINE * 40 };

struct histogram {
	uint64_t count;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t ns);
void histogram_join(struct histogram *h, const struct histogram *other);
/* So much that the share (0 to 1) of all took no longer; 0 of nothing. */
uint64_t histogram_quantile(const struct histogram *h, double share);

#endif
