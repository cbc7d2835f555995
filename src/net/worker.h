/* worker.h - a network thread: its connections, and its ways to the others
 *
 * One turn of its loop: what came from the core, from the reader and from
 * sockets is handed to links and clients; what they ask is moved on
 * (outbox.h); then whoever was touched says what is due.
 */
#ifndef QF_WORKER_H
#define QF_WORKER_H

#include <pthread.h>

#include "checkup.h"
#include "desk.h"
#include "fetcher.h"
#include "gates.h"
#include "gauges.h"
#include "outbox.h"

enum {
	QF_EVENTS_MAX = 1024,  /* on their way to the core */
	QF_EFFECTS_MAX = 4096, /* on their way back */
	/* Slots that posts leave to what cannot be told in another way. */
	QF_EFFECTS_RESERVED = 2048,
};

/* A connected socket looking for a worker. */
struct qf_arrival {
	int fd;
	bool local;
};

struct qf_worker {
	pthread_t thread;
	bool running;
	bool ready; /* init came to its end */
	uv_loop_t loop;
	uv_poll_t ring;       /* of the bell */
	uv_prepare_t prepare; /* the end of each turn */
	uv_idle_t idle;       /* the next turn does not wait */
	uv_timer_t later;     /* the hall has more to do */
	uv_timer_t grace;     /* for those who linger when we end */
	struct qf_bell bell;
	atomic_bool *starved; /* borrowed: memory is out */
	struct qf_desk desk;
	struct qf_outbox outbox;
	struct qf_fetcher fetcher;

	struct qf_mailbox events;   /* struct qf_event, to the core */
	struct qf_mailbox effects;  /* struct qf_effect, from the core */
	struct qf_mailbox accepted; /* struct qf_arrival, by the first worker */
	struct qf_mailbox handed;   /* the same, by the engine's users */

	atomic_bool behind; /* some room's told rose without a post (tail.h) */
	atomic_bool ending; /* finish: the core has said all */
	/* It has ended, and takes no more effects: told to, or by itself, when
	 * memory was out. */
	atomic_bool deaf;
	bool leaving;     /* ending was seen */
	bool greeted;     /* clients that waited for the hall were touched */
	atomic_uint load; /* connections, those on their way included */
	struct qf_gauges gauges;
	atomic_uint irc_unknown; /* the first worker's: of all workers, who
	                          * came by IRC and has not registered */

	struct qf_gates gates;
	struct qf_checkup checkup; /* the first worker's */
	struct qf_worker *all;     /* all workers, this one among them */
	unsigned count;
};

struct qf_worker_options {
	unsigned index;
	const struct qf_tls *tls; /* borrowed */
	const char *store_path;
	struct qf_writer *writer; /* borrowed: told of damage */
	struct qf_bell *core;     /* borrowed */
	atomic_bool *starved;     /* borrowed */
	struct qf_worker *all;
	unsigned count;
	struct qf_aid *aids;      /* borrowed, zeroed: as many */
	const struct qf_key *key; /* this node's; borrowed */
	const char *story;        /* carry.h; borrowed */
	const char *irc_name;     /* of the server, or NULL; borrowed */
	unsigned irc_replay;      /* lines of a room shown at a join */
	unsigned irc_line_ms;     /* what a line costs who types it */
	bool irc_no_plain; /* but by this machine: without TLS nobody is let in
	                    */
	const char *const *irc_trusted; /* addresses; borrowed */
	size_t irc_trusted_count;
};

/* In zeroed memory but for bells whose fd is -1, which fini takes as it is. On
 * an error fini is still due. */
int qf_worker_init(struct qf_worker *w, const struct qf_worker_options *o);
/* Before start: a socket to accept from, taken. At most two. */
int qf_worker_listen(struct qf_worker *w, int fd, bool local);
int qf_worker_start(struct qf_worker *w);
/* Any thread: say goodbye to all, and end. */
void qf_worker_end(struct qf_worker *w);
void qf_worker_join(struct qf_worker *w);
void qf_worker_fini(struct qf_worker *w);

/* The one that carries least, counted as carrying one more. */
struct qf_worker *qf_worker_least(struct qf_worker *all, unsigned count);
/* Give a connected socket to the worker whose mailbox (accepted, handed) this
 * is; one thread at a time. False: it cannot take more, and fd is still the
 * caller's. */
bool qf_worker_hand(struct qf_mailbox *by, int fd, bool local);

#endif
