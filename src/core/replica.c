/* replica.c - one room as this node holds it */
#include "replica.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "limits.h"

/* 2004, in Unix milliseconds: a clock before it knows nothing. */
#define PAST_MIN (UINT64_C(1) << 40)

struct qf_replica *qf_replica_new(const struct qf_room_id *id,
                                  const char *folded, unsigned workers)
{
	struct qf_replica *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->told = calloc(workers, sizeof(struct qf_told *));
	if (!r->told) {
		free(r);
		return NULL;
	}
	r->id = *id;
	r->workers = workers;
	memccpy(r->name, folded, 0, sizeof r->name - 1);
	qf_keyset_init(&r->set);
	return r;
}

void qf_replica_free(struct qf_replica *r)
{
	if (!r)
		return;
	for (unsigned w = 0; w < r->workers; w++)
		qf_told_unref(r->told[w]);
	free(r->told);
	qf_snapshot_unref(r->newest);
	qf_keyset_fini(&r->set);
	qf_turn_fini(&r->turn);
	qf_push_fini(&r->push);
	qf_copies_fini(&r->copies);
	if (r->direct)
		qf_direct_fini(r->direct);
	free(r->direct);
	free(r);
}

struct qf_envelope *qf_replica_seal(struct qf_replica *r,
                                    const struct qf_key *author, uint8_t type,
                                    struct qf_bytes body, uint64_t wall_ms)
{
	struct qf_header head = {
		.room = r->id,
		.class = QF_CLASS_CONTENT,
		.type = type,
		.author = *author,
		.hlc = qf_clock_send(r->hlc, wall_ms),
		.seq = r->own_seq + 1,
	};
	struct qf_envelope *e = NULL;
	struct qf_buf sealed;

	if (r->own_seq < r->past)
		head.seq = r->past + 1;
	else
		memcpy(head.prev, r->own_prev, sizeof head.prev);
	qf_buf_init(&sealed, QF_BODY_BYTES_MAX);
	if (!r->direct)
		e = qf_envelope_new(&head, body);
	else if (qf_direct_seal(&r->direct->body_key, r->direct->key_id, &head,
	                        body, &sealed))
		e = qf_envelope_new(&head, qf_buf_bytes(&sealed));
	qf_buf_fini(&sealed);
	if (!e)
		return NULL;
	r->hlc = head.hlc;
	r->own_seq = head.seq;
	memcpy(r->own_prev, e->id.b, sizeof r->own_prev);
	return e;
}

void qf_replica_returned(struct qf_replica *r, uint64_t seq)
{
	if (seq <= r->own_seq || seq > QF_SEQ_MAX)
		return;
	r->own_seq = seq + QF_SEQ_MARGIN;
	memset(r->own_prev, 0, sizeof r->own_prev);
}

uint64_t qf_replica_past(uint64_t wall_ms, uint64_t random)
{
	/* Chance then gives one above all that was ever counted, and below
	 * what a good clock says later. */
	return wall_ms >= PAST_MIN ? wall_ms
	                           : PAST_MIN / 2 + random % (PAST_MIN / 2);
}

int qf_replica_commit(struct qf_replica *r, const struct qf_envelope *e,
                      uint64_t lsn)
{
	struct qf_setkey key = qf_setkey_of(e, lsn);
	int added;

	/* Let go first, or the set copies a block that nobody else holds. */
	qf_snapshot_unref(r->newest);
	r->newest = NULL;
	added = qf_keyset_add(&r->set, &key);
	if (added > 0)
		r->last_lsn = lsn;
	return added;
}

struct qf_snapshot *qf_replica_snapshot(struct qf_replica *r)
{
	if (!r->newest)
		r->newest = qf_snapshot_new(&r->set, r->last_lsn);
	return r->newest ? qf_snapshot_ref(r->newest) : NULL;
}

struct qf_told *qf_replica_told(struct qf_replica *r, unsigned worker)
{
	if (!r->told[worker])
		r->told[worker] = qf_told_new();
	return r->told[worker] ? qf_told_ref(r->told[worker]) : NULL;
}
