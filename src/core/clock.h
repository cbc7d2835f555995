/* clock.h - hybrid logical stamps: 48 bits of milliseconds, 16 of counter
 *
 * One clock a room. Author time decides order and nothing else (sync.md 2,
 * rules 1, 3 and 6). After Kulkarni et al., "Logical Physical Clocks" (2014).
 */
#ifndef QF_CLOCK_H
#define QF_CLOCK_H

#include <stdint.h>

/* The stamp for a new envelope: later than `last` and not before `wall_ms`
 * (Unix milliseconds). The caller stores it as the new last.
 *
 * Many who show a room know no more of a stamp than its millisecond, so each
 * gets one of its own as long as that is not QF_STAMP_LEAD_MS ahead of the
 * wall; then the counter tells them apart. */
uint64_t qf_clock_send(uint64_t last, uint64_t wall_ms);
/* The new last after seeing `stamp`: merged unless it is more than
 * QF_MERGE_AHEAD_MS ahead of the wall clock. */
uint64_t qf_clock_receive(uint64_t last, uint64_t stamp, uint64_t wall_ms);

/* The stamp that people are shown: of what came at seen_ms (Unix, 0: nobody
 * knows) when, and is still, more than QF_MERGE_AHEAD_MS ahead of the clock,
 * that time; otherwise `stamp` (rule 4). */
uint64_t qf_clock_shown(uint64_t stamp, uint64_t seen_ms, uint64_t wall_ms);

static inline uint64_t qf_clock_ms(uint64_t hlc)
{
	return hlc >> 16;
}

#endif
