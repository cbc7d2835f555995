/* cable.h - a link between two simulated machines: frames, both ways, in order
 *
 * Each end has a real session. A frame takes the world's latency; what is on
 * its way is lost when the cable is cut, and each end notices in its own time.
 */
#ifndef QF_SIM_CABLE_H
#define QF_SIM_CABLE_H

#include "core/session.h"
#include "sim/fifo.h"

struct worker; /* host.h */
struct host;
struct acts; /* world.h */
struct world;
struct cable;

struct parcel {
	uint64_t due_ms;
	size_t len;
	uint8_t bytes[]; /* one frame */
};

struct end {
	struct cable *cable;
	struct end *other;
	struct worker *worker;
	struct qf_session session;
	struct fifo in; /* on their way here: struct parcel */
	size_t in_bytes;
	size_t credits; /* of the worker's, taken */
	bool touched;   /* may have something to say */
	bool muted;     /* what it says gets lost on the way */
	bool over;      /* the core was told that it has gone */

	struct qf_hash *brought; /* ids that came by it, in order */
	size_t brought_count;
	size_t brought_cap;
	size_t stored; /* of those, found on our disk from the first on */
};

struct cable {
	struct world *world;
	unsigned number;
	bool cut;
	struct end ends[2]; /* the first has dialled */
};

/* Connected and shaken hands: both cores are told. */
struct cable *cable_new(struct world *w, struct worker *from, uint64_t dial,
                        struct worker *to);
void cable_free(struct cable *c);

/* What may happen on it now. */
void cable_acts(struct cable *c, struct acts *out);
void end_take_frame(struct end *e);
void end_notice(struct end *e);
/* All that is due and fits goes out; a session that has closed ends. */
void end_pull(struct end *e);
bool end_pulls(const struct end *e);
uint64_t end_wake(const struct end *e);
void end_timers(struct end *e);
/* The worker is gone and tells nobody. */
void end_vanish(struct end *e);

#endif
