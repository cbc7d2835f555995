/* pair.h - two sets that reconcile, frame by frame, in one process
 *
 * A story starts from two sets and takes its snapshots of them. Frames go to
 * and fro at once; what is found is carried over at once too, so at the end
 * the sets are equal if the protocol is right. Needs no seed of its own.
 */
#ifndef QF_PAIR_H
#define QF_PAIR_H

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/reconcile.h"

struct pair_side {
	struct qf_keyset set;
	struct qf_reconcile rec;
	struct qf_found found;
	struct qf_buf out;
};

struct pair {
	struct pair_side side[2]; /* 0 begins */
	size_t max_found;
	const char *fault; /* NULL: all went well */
	/* what it took */
	unsigned flights; /* frames with something in them */
	size_t bytes;     /* in payloads */
	size_t frame_max; /* bytes of the largest */
	size_t wanted;    /* short ids asked for */
	size_t sent;      /* keys that went without being asked for */
	unsigned laters;  /* times that something was kept for later */
};

/* A small generator with a seed: splitmix64, by S. Vigna. */
static inline uint64_t pair_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline void pair_init(struct pair *p)
{
	*p = (struct pair){ .max_found = QF_OWED_MAX };
	for (int i = 0; i < 2; i++) {
		qf_keyset_init(&p->side[i].set);
		qf_found_init(&p->side[i].found);
		qf_buf_init(&p->side[i].out, QF_RECON_BYTES_MAX);
	}
}

static inline void pair_fini(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		qf_reconcile_fini(&p->side[i].rec);
		qf_found_fini(&p->side[i].found);
		qf_buf_fini(&p->side[i].out);
		qf_keyset_fini(&p->side[i].set);
	}
}

/* Every key is carried once: one that is there already is a fault. */
static inline void pair_carry(struct pair *p, struct pair_side *from,
                              struct pair_side *to, size_t rank)
{
	struct qf_setkey key = *qf_snapshot_at(from->rec.mine, rank);

	if (qf_keyset_add(&to->set, &key) != 1)
		p->fault = "a key was carried twice";
}

static inline bool pair_in_order(const struct qf_found *f)
{
	for (size_t i = 0; i < f->their_count; i++)
		if (f->theirs[i].from >= f->theirs[i].to ||
		    (i && f->theirs[i].from < f->theirs[i - 1].to))
			return false;
	return true;
}

static inline void pair_apply(struct pair *p, struct pair_side *me,
                              struct pair_side *peer)
{
	const struct qf_found *f = &me->found;
	size_t max = p->max_found < QF_RECON_FOUND_MIN ? QF_RECON_FOUND_MIN
	                                               : p->max_found;

	if (!pair_in_order(f))
		p->fault = "runs out of order";
	if (f->their_count + f->wanted_count > max)
		p->fault = "more found than was allowed";
	for (size_t i = 0; i < f->their_count; i++) {
		p->sent += f->theirs[i].to - f->theirs[i].from;
		for (size_t k = f->theirs[i].from; k < f->theirs[i].to; k++)
			pair_carry(p, me, peer, k);
	}
	p->wanted += f->wanted_count;
	for (size_t i = 0; i < f->wanted_count; i++) {
		int64_t rank = qf_reconcile_rank(&peer->rec, f->wanted[i]);

		if (rank < 0)
			p->fault = "wanted what was never listed";
		else
			pair_carry(p, peer, me, (size_t)rank);
	}
}

static inline void pair_count(struct pair *p, const struct pair_side *sender)
{
	p->flights += sender->out.len > 0 || sender->found.wanted_count > 0;
	p->laters += sender->rec.kept.len > 0;
	p->bytes += sender->out.len;
	if (sender->out.len > p->frame_max)
		p->frame_max = sender->out.len;
}

static inline void pair_take_snapshots(struct pair *p,
                                       const struct qf_hash *key)
{
	for (int i = 0; i < 2; i++) {
		struct qf_snapshot *s = qf_snapshot_new(&p->side[i].set, 0);

		if (!s || qf_reconcile_init(&p->side[i].rec, s, key))
			abort();
		qf_snapshot_unref(s);
	}
}

/* Frames go to and fro until one side is done and the other was told. */
static inline void pair_run(struct pair *p, const struct qf_hash *key)
{
	struct pair_side *from = &p->side[0], *to = &p->side[1], *next;

	pair_take_snapshots(p, key);
	if (qf_reconcile_begin(&from->rec, &from->out))
		abort();
	pair_count(p, from);
	for (;; next = from, from = to, to = next) {
		qf_buf_clear(&to->out);
		if (qf_reconcile_answer(&to->rec, qf_buf_bytes(&from->out),
		                        p->max_found, &to->out, &to->found)) {
			p->fault = "a frame was refused";
			return;
		}
		pair_count(p, to);
		pair_apply(p, to, from);
		if (p->fault || from->rec.done)
			break;
	}
	if (!p->fault && !to->rec.done)
		p->fault = "one side does not know that it is done";
}

static inline bool pair_equal(struct pair *p)
{
	struct qf_hash digest[2];

	for (int i = 0; i < 2; i++) {
		struct qf_snapshot *s = qf_snapshot_new(&p->side[i].set, 0);

		if (!s)
			abort();
		qf_snapshot_digest(s, &digest[i]);
		qf_snapshot_unref(s);
	}
	return p->side[0].set.count == p->side[1].set.count &&
	       !memcmp(&digest[0], &digest[1], sizeof digest[0]);
}

#endif
