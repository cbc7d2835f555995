/* seeker.h - the thread that looks for others on the networks of this machine
 *
 * Several ways at once, for each is filtered somewhere: mDNS (herald.h),
 * beacons to everyone (crier.h), and where nothing has come of these for some
 * seconds, a beacon to each address of our networks (sweep.h). All start
 * afresh when the machine's addresses change. What is found is told as
 * QF_EV_FOUND, bounded by qf_sightings; that addresses changed as
 * QF_EV_CHANGED.
 */
#ifndef QF_SEEKER_H
#define QF_SEEKER_H

#include <pthread.h>

#include "bell.h"
#include "core/sightings.h"
#include "crier.h"
#include "herald.h"
#include "sweep.h"

struct qf_seeker_options {
	struct qf_hint hint; /* ours */
	bool sweeps;
	/* From its thread; takes what the event owns if it returns QF_OK. */
	int (*tell)(void *ctx, const struct qf_event *ev);
	void *ctx;
};

struct qf_seeker {
	struct qf_seeker_options options;
	pthread_t thread;
	bool running;
	struct qf_bell bell;
	atomic_bool ending;
	pthread_mutex_t lock; /* of wish */
	struct qf_address wish;

	/* its thread's own */
	struct qf_address at; /* where we listen; port 0: we do not */
	bool silent;          /* we did, and were told to stop */
	struct qf_interfaces all;
	int watch; /* netlink, or -1 */
	struct qf_crier crier;
	struct qf_herald herald;
	struct qf_sightings sightings;
	struct qf_allowance answers;
	uint64_t random;

	uint64_t look_ms;  /* when the interfaces are read again */
	uint64_t ask_ms;   /* the next ASK; UINT64_MAX: none */
	unsigned asked;    /* since the network changed */
	uint64_t beat_ms;  /* the next HERE */
	uint64_t said_ms;  /* the last */
	uint64_t wait_ms;  /* between the two */
	size_t heard;      /* beacons of others since then */
	bool answered;     /* somebody was seen since the network changed */
	uint64_t sweep_ms; /* the next address, or the next sweep */
	unsigned swept;    /* how often, since the network changed */
	bool sweeping;
	struct qf_sweep sweep;
};

/* In zeroed memory but for the bell, whose fd is -1; on an error fini is still
 * due. */
int qf_seeker_init(struct qf_seeker *s,
                   const struct qf_seeker_options *options);
int qf_seeker_start(struct qf_seeker *s);
/* Any thread: we listen there from now on; port 0: nowhere. */
void qf_seeker_publish(struct qf_seeker *s, const struct qf_address *at);
void qf_seeker_stop(struct qf_seeker *s);
void qf_seeker_fini(struct qf_seeker *s);

#endif
