/* law.h - what must hold in every simulated world
 *
 * At any moment: nothing of an envelope is sent, acknowledged or said to be
 * stored before it is on that disk, and no copy is counted that is not there.
 * After the network heals: all replicas are equal, what was said to be stored
 * or queued is on each of them once, no author's numbers have a gap, and
 * everyone who is up is shown as here by all others, and nobody else.
 */
#ifndef QF_SIM_LAW_H
#define QF_SIM_LAW_H

#include "core/wire.h"
#include "sim/world.h"

/* The first law that is broken is the one to look at. */
void law_broken(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void law_sent(struct end *from, const struct qf_frame *frame);
void law_came(struct end *to, const struct qf_frame *frame);
/* The core wants that on disk: nothing of ours is given a date that is wrong
 * for certain as long as someone with a better clock is linked, or nobody. */
void law_kept(struct host *h, const struct qf_keep *k);
void law_stored(struct host *h, const struct qf_hash *id, uint64_t lsn);
/* Nobody comes who is here, or goes who is not. */
void law_person(struct host *h, const struct qf_news *n);
void law_copies(struct host *h, const struct qf_news *n);
/* Nothing is stuck in those that are up, and every client was answered. */
void law_quiet(struct world *w);
/* In a world in which no two bodies are to be the same: they are not. */
void law_said_once(struct host *h);
/* Everyone shows all that are up, and nobody else: the others are told. */
bool law_all_are_shown(const struct world *w);
void law_shown(struct world *w);
/* All is up, quiet, and the same: it is worth asking the others. */
bool law_may_hold(struct world *w);
/* True: healed. Otherwise `wrong` says what is missing. */
bool law_healed(struct world *w);

#endif
