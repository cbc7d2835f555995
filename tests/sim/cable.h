/* cable.h - a link between two simulated machines: bytes, both ways, in order
 *
 * Each end has a real session. What it says takes the world's latency. When the
 * cable is cut, what is on its way is lost, or what lies behind some byte of
 * it, and each end notices in its own time. On a cable that has gone silent
 * both go on talking until they find that nobody answers.
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
	uint8_t bytes[]; /* one frame, or any part of the stream */
};

/* In order. */
struct ids {
	struct qf_hash *list;
	size_t count;
	size_t cap;
	size_t stored; /* of those, found on our disk from the first on */
};

struct end {
	struct cable *cable;
	struct end *other;
	struct worker *worker;
	struct qf_session session;
	struct fifo in; /* on their way here: struct parcel */
	size_t in_bytes;
	size_t credits;        /* of the worker's, taken */
	struct qf_buf partial; /* of a frame that is not whole yet */
	uint64_t pace_ms;      /* between two times that it reads */
	uint64_t reads_ms;     /* not before */
	bool touched;          /* may have something to say */
	bool muted;            /* what it says gets lost on the way */
	bool over;             /* the core was told that it has gone */

	struct ids brought; /* that came by it */
	struct ids named;   /* that IHAVE named */
};

struct cable {
	struct world *world;
	unsigned number;
	bool cut;
	bool torn;          /* what is on its way arrives still */
	bool silent;        /* nothing arrives any more, not even its end */
	struct end ends[2]; /* the first has dialled */
};

/* Connected and shaken hands: both cores are told. */
struct cable *cable_new(struct world *w, struct worker *from, uint64_t dial,
                        struct worker *to);
void cable_free(struct cable *c);

/* Cut it, so that what is on its way either way arrives up to some byte. */
void cable_tear(struct cable *c, uint64_t dice);
void cable_silence(struct cable *c);

/* What may happen on it now. */
void cable_acts(struct cable *c, struct acts *out);
void end_take_bytes(struct end *e);
void end_notice(struct end *e);
/* All that is due and fits goes out; a session that has closed ends. */
void end_pull(struct end *e);
bool end_pulls(const struct end *e);
uint64_t end_wake(const struct end *e);
void end_timers(struct end *e);
/* The worker is gone and tells nobody. */
void end_vanish(struct end *e);

#endif
