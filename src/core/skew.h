/* skew.h - how wrong our clock is, judged by the clocks of others
 *
 * Chat is ordered by time, and on a network without NTP one clock in three is
 * wrong. So a room goes by a clock that its members agree on (sync.md 2, rule
 * 2). The clock of the system is never set, and nothing is refused for its
 * stamp: this decides order, and what people are told.
 *
 * A clock is told by how far it is ahead of our time since boot. That stays
 * true while the clock of our own system jumps. Pure.
 */
#ifndef QF_SKEW_H
#define QF_SKEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

/* What stands behind a clock, the worst first. These are wire values. */
enum qf_clock_quality {
	QF_CLOCK_NONE, /* nothing: it began somewhere when the machine did */
	QF_CLOCK_RTC,  /* a battery */
	QF_CLOCK_NTP,  /* the kernel says that it is synchronised */
	QF_CLOCK_GPS,  /* reserved */
};

struct qf_clock {
	int64_t ahead_ms; /* Unix time minus our time since boot */
	uint8_t quality;  /* enum qf_clock_quality */
};

/* Two clocks that differ by more do not agree. */
static inline bool qf_skew_differ(int64_t a_ms, int64_t b_ms)
{
	int64_t apart = a_ms > b_ms ? a_ms - b_ms : b_ms - a_ms;

	return apart > QF_SKEW_MS;
}

/* It shows a time before this program was built: `built_ms` is the build's
 * date, ahead of our time since boot as clocks are. */
static inline bool qf_skew_is_wrong(const struct qf_clock *c, int64_t built_ms)
{
	return c->ahead_ms < built_ms;
}

/* The clock to go by, of our own and at most QF_CLOCKS_MAX others:
 *
 * - Ours is wrong: any of theirs that are not, the best of them, the middle.
 * - Only the best quality counts; worse ones are not asked.
 * - Three or more: what a strict majority of them agrees on, unless that is
 *   ours too; without a majority, ours.
 * - Fewer, and we differ: the later clock, for dead batteries point to the
 *   past; but not one that is more than QF_SKEW_YEARS after the build. */
struct qf_clock qf_skew_judge(const struct qf_clock *own,
                              const struct qf_clock *others, size_t count,
                              int64_t built_ms);

enum { QF_SKEW_TEXT_BYTES = 100 };

/* "Your clock is 3 days behind the room. Using the room's time."; correction
 * is what has to be added to ours. */
void qf_skew_say(int64_t correction_ms, char out[QF_SKEW_TEXT_BYTES]);

#endif
