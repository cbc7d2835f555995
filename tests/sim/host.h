/* host.h - one simulated machine: a real node, its workers, and a disk
 *
 * Between them are the queues of design.md 4. Events go from a worker to the
 * core, and what the core will answer takes a credit. Keeps go to the store,
 * commits come back. Effects go from the core to a worker; a post that finds
 * the queue full becomes "up to lsn N". All that has to be said fits, for it
 * is bounded by the credits.
 *
 * What happens inside is a choice of the scheduler, one host_act at a time, if
 * the host `steps`; otherwise each input runs to its end at once.
 */
#ifndef QF_SIM_HOST_H
#define QF_SIM_HOST_H

#include "core/node.h"
#include "core/session.h"
#include "sim/disk.h"

struct world; /* world.h */
struct end;   /* cable.h */
struct act;   /* world.h */
struct acts;

enum { WORKERS_MAX = 4, HOSTS_MAX = 100 };

/* The wall clock when a world begins: 2026-11-25. */
#define SIM_WALL_MS UINT64_C(1795600000000)
/* The program was built a month before. */
#define SIM_BUILT_MS (SIM_WALL_MS - UINT64_C(30) * 86400000)

struct worker {
	struct host *host;
	unsigned number;
	struct qf_carry carry;
	struct fifo events;  /* to the core: struct qf_event */
	struct fifo effects; /* from the core: struct qf_effect */
	struct fifo asked;   /* of a reader: struct qf_read */
	struct fifo read;    /* by it, on their way back */
	size_t credits;      /* left */
	struct fifo ends;    /* open: struct end */
	uint64_t opened;     /* connections ever */
	qf_conn client;      /* asks for people */
};

struct host {
	struct world *world;
	unsigned number;
	char name[QF_USER_NAME_BYTES_MAX + 1]; /* its address, too */
	struct qf_identity identity;
	struct disk disk;
	int64_t clock_ms; /* how far its wall clock is off */
	bool listens;
	bool steps;

	bool up; /* the rest is lost in a crash */
	uint64_t boots;
	struct qf_node *node;
	struct qf_effects effects;
	struct fifo keeps;   /* to the store: struct qf_keep */
	struct fifo commits; /* from the store: struct qf_event */
	uint64_t retry_ms;   /* the store waits after a failure */
	struct worker workers[WORKERS_MAX];
	unsigned worker_count;
	bool leaves;               /* it was told to stop, */
	bool stopped;              /* and all that it had accepted is stored */
	bool told_here[HOSTS_MAX]; /* its people were told that they are */

	unsigned news[QF_NEWS_NOTICE + 1];   /* how often people were told */
	char *said_last[QF_NEWS_NOTICE + 1]; /* NULL: nothing */
};

/* The number, from 0, makes the key. It is down until it boots. */
struct host *host_new(struct world *world, unsigned number, const char *name,
                      unsigned workers);
void host_free(struct host *h);
void host_boot(struct host *h);
/* Memory is lost; what a failed commit has written may stay. */
void host_crash(struct host *h, bool written_stays);

/* The core is told something; the caller still owns the event. */
void host_tell(struct host *h, struct qf_event *ev);
/* It is to stop: it says farewell and stores what it has accepted. */
void host_leave(struct host *h);
/* The worker that has all the clients, the last. */
struct worker *host_desk(struct host *h);
/* A client asks; takes the command. */
void host_ask(struct host *h, struct qf_command *c);
struct qf_now host_now(const struct host *h);
/* The earliest timer of the node and of the store. */
uint64_t host_wake(const struct host *h);
void host_timers(struct host *h);

/* What may happen inside of it now, the most urgent first. */
void host_acts(struct host *h, struct acts *out);
void host_act(const struct act *a);
/* Until nothing is left, if it does not step. */
void host_settle(struct host *h);

/* Move on what the carry was asked, as far as credits and queues go. */
void worker_pass_on(struct worker *w);
/* What the core has for it; takes the effect. */
void worker_take(struct worker *w, struct qf_effect *fx);
size_t worker_posts(const struct worker *w); /* on their way to it */
/* So much waits for the core that no more frames are read. */
bool worker_full(const struct worker *w);
struct end *worker_end(const struct worker *w, qf_conn conn);
qf_conn worker_conn(struct worker *w);

#endif
