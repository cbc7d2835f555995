/* beacon.c - the packet that says "a node is here", and how often */
#include "beacon.h"

#include <string.h>

#include "limits.h"

/* Magic, version, kind, port, hint. */
static const uint8_t magic[] = { 'Q', 'F', 'b' };

void qf_beacon_put(const struct qf_beacon *b, uint8_t out[QF_BEACON_BYTES])
{
	memcpy(out, magic, sizeof magic);
	out[3] = QF_BEACON_VERSION;
	out[4] = (uint8_t)b->kind;
	out[5] = (uint8_t)(b->port >> 8);
	out[6] = (uint8_t)b->port;
	memcpy(out + 7, b->hint.b, sizeof b->hint.b);
}

enum qf_beacon_read qf_beacon_get(struct qf_bytes packet, struct qf_beacon *out)
{
	struct qf_cursor c = qf_cursor(packet);
	uint8_t found[sizeof magic], version, kind;

	qf_get_raw(&c, found, sizeof found);
	version = qf_get_u8(&c);
	if (packet.len < sizeof magic + 1 ||
	    memcmp(found, magic, sizeof magic) != 0)
		return QF_BEACON_ALIEN;
	if (version != QF_BEACON_VERSION)
		return QF_BEACON_OTHER;
	kind = qf_get_u8(&c);
	out->port = qf_get_u16(&c);
	qf_get_raw(&c, out->hint.b, sizeof out->hint.b);
	if (!qf_cursor_done(&c) || kind > QF_BEACON_ASK)
		return QF_BEACON_ALIEN;
	out->kind = kind;
	return out->port || kind == QF_BEACON_ASK ? QF_BEACON_GOOD
	                                          : QF_BEACON_ALIEN;
}

/* Where n nodes beacon each w ms, a window of v ms has n * v / w of them. All
 * together keep to the budget if w is 1000 * n / budget, so the next wait
 * follows from the last: the more was heard above the budget, the longer. */
uint64_t qf_beacon_wait_ms(size_t heard, uint64_t window_ms)
{
	uint64_t due = window_ms * QF_BEACONS_A_SECOND / 1000;
	uint64_t wait_ms;

	if (!due)
		return QF_BEACON_MS;
	wait_ms = window_ms * (heard + 1) / due;
	if (wait_ms < QF_BEACON_MS)
		return QF_BEACON_MS;
	return wait_ms < QF_BEACON_MAX_MS ? wait_ms : QF_BEACON_MAX_MS;
}

bool qf_allowance_take(struct qf_allowance *a, uint64_t now_ms)
{
	uint64_t full = 1000 * (uint64_t)a->a_second;

	a->tokens_ms += (now_ms - a->filled_ms) * a->a_second;
	a->filled_ms = now_ms;
	if (a->tokens_ms > full)
		a->tokens_ms = full;
	if (a->tokens_ms < 1000)
		return false;
	a->tokens_ms -= 1000;
	return true;
}
