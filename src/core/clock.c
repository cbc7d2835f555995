/* clock.c - when an envelope was said, as far as order needs to know */
#include "clock.h"

#include <assert.h>
#include <stdbool.h>

#include "limits.h"

static uint64_t wall_stamp(uint64_t wall_ms)
{
	return (wall_ms < QF_STAMP_MS_MAX ? wall_ms : QF_STAMP_MS_MAX) << 16;
}

uint64_t qf_clock_send(uint64_t last, uint64_t wall_ms)
{
	uint64_t wall = wall_stamp(wall_ms);

	/* Only a wall clock in the year 10889 merges a stamp this high. */
	assert(last < UINT64_MAX);
	if (wall > last)
		return wall;
	if (qf_clock_ms(last) < qf_clock_ms(wall) + QF_STAMP_LEAD_MS &&
	    qf_clock_ms(last) < QF_STAMP_MS_MAX)
		return (qf_clock_ms(last) + 1) << 16;
	/* A full counter carries into the milliseconds, and order is kept. */
	return last + 1;
}

static bool is_ahead(uint64_t stamp, uint64_t wall_ms)
{
	return qf_clock_ms(stamp) >
	       qf_clock_ms(wall_stamp(wall_ms)) + QF_MERGE_AHEAD_MS;
}

uint64_t qf_clock_receive(uint64_t last, uint64_t stamp, uint64_t wall_ms)
{
	/* sync.md 2, rule 3: a stamp from far ahead stays in the set but must
	 * not drag this clock with it. */
	if (is_ahead(stamp, wall_ms))
		return last;
	return stamp > last ? stamp : last;
}

uint64_t qf_clock_shown(uint64_t stamp, uint64_t seen_ms, uint64_t wall_ms)
{
	if (seen_ms && is_ahead(stamp, seen_ms) && is_ahead(stamp, wall_ms))
		return wall_stamp(seen_ms);
	return stamp;
}
