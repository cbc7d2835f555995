/* beacon.h - the packet that says "a node is here", and how often
 *
 * wire.md 11. A beacon has no name, no room and no key in it: a hint, and the
 * port on which the node takes links. All nodes of a network together send
 * QF_BEACONS_A_SECOND, however many they are, so each goes by how many others
 * it hears.
 *
 * Pure.
 */
#ifndef QF_BEACON_H
#define QF_BEACON_H

#include "bytes.h"
#include "identity.h"

enum { QF_BEACON_BYTES = 23, QF_BEACON_VERSION = 1 };

enum qf_beacon_kind {
	QF_BEACON_HERE, /* a node listens at this packet's source, on port */
	QF_BEACON_ASK, /* the same if port is not 0; whoever hears it answers */
};

struct qf_beacon {
	enum qf_beacon_kind kind;
	uint16_t port;
	struct qf_hint hint;
};

enum qf_beacon_read {
	QF_BEACON_GOOD,
	QF_BEACON_OTHER, /* of a QuickFi that speaks another version */
	QF_BEACON_ALIEN, /* not of QuickFi, or damaged */
};

void qf_beacon_put(const struct qf_beacon *b, uint8_t out[QF_BEACON_BYTES]);
enum qf_beacon_read qf_beacon_get(struct qf_bytes packet,
                                  struct qf_beacon *out);

/* How long to wait for the next of our own when so many others were heard in
 * the last window_ms. */
uint64_t qf_beacon_wait_ms(size_t heard, uint64_t window_ms);

/* How many answers we give in a second, whoever asks: a bucket that fills. */
struct qf_allowance {
	unsigned a_second;
	uint64_t tokens_ms; /* 1000 buy one */
	uint64_t filled_ms; /* mono, when that was so */
};

bool qf_allowance_take(struct qf_allowance *a, uint64_t now_ms);

#endif
