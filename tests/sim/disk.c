/* disk.c - what a simulated node remembers, and how its store can fail */
#include "sim/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"

void disk_init(struct disk *d, const struct qf_identity *signer)
{
	*d = (struct disk){ .signer = signer };
	qf_idmap_init(&d->lsns, 0);
}

static void forget_from(struct disk *d, size_t from)
{
	while (d->written > from)
		qf_keep_fini(&d->log[--d->written]);
}

void disk_fini(struct disk *d)
{
	forget_from(d, 0);
	free(d->log);
	qf_idmap_fini(&d->lsns);
}

static bool wants_signature(const struct qf_keep *k)
{
	return k->kind == QF_KEEP_ENVELOPE && !k->source &&
	       !k->envelope->proof.leaves;
}

size_t disk_fit(const struct fifo *keeps, size_t most)
{
	size_t n, own = 0;

	for (n = 0; n < keeps->count && n < most; n++) {
		own += wants_signature(fifo_at(keeps, n));
		if (own > QF_BATCH_LEAVES_MAX)
			break;
	}
	return n;
}

static void sign(struct disk *d, const struct fifo *keeps, size_t n)
{
	struct qf_hash ids[QF_BATCH_LEAVES_MAX], root;
	struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];
	uint8_t sig[QF_SIG_BYTES];
	size_t own = 0;

	for (size_t i = 0; i < n; i++) {
		struct qf_keep *k = fifo_at(keeps, i);

		if (!wants_signature(k))
			continue;
		ids[own] = k->envelope->id;
		proofs[own++] = &k->envelope->proof;
	}
	if (!own)
		return;
	qf_merkle_prove(ids, own, proofs, &root);
	qf_identity_sign(d->signer, &root, sig);
	for (size_t i = 0; i < own; i++)
		memcpy(proofs[i]->sig, sig, sizeof sig);
}

static void write_one(struct disk *d, struct qf_keep *k)
{
	bool fits = qf_list_room(&d->log, d->written, &d->cap, sizeof *d->log);

	assert(fits);
	if (k->kind == QF_KEEP_ENVELOPE) {
		k->lsn = d->written + 1;
		qf_envelope_ref(k->envelope);
	} else if (k->kind == QF_KEEP_DRAFT) {
		qf_shared_ref(k->draft.body);
	}
	d->log[d->written++] = *k;
}

/* What is written becomes what is committed. */
static void confirm(struct disk *d)
{
	for (; d->count < d->written; d->count++) {
		const struct qf_keep *k = &d->log[d->count];
		int rc;

		if (k->kind != QF_KEEP_ENVELOPE)
			continue;
		rc = qf_idmap_set(&d->lsns, k->envelope->id.b, k->lsn);
		assert(!rc);
	}
}

int disk_commit(struct disk *d, const struct fifo *keeps, size_t n)
{
	forget_from(d, d->count);
	sign(d, keeps, n);
	if (d->full)
		return QF_E_IO;
	for (size_t i = 0; i < n; i++)
		write_one(d, fifo_at(keeps, i));
	if (d->failing) {
		d->failing--;
		return QF_E_IO;
	}
	confirm(d);
	return QF_OK;
}

void disk_plant(struct disk *d, struct qf_envelope *e)
{
	struct qf_keep k = {
		.kind = QF_KEEP_ENVELOPE,
		.envelope = e,
		.source = 1,
		.room_hlc = e->head.hlc,
	};

	write_one(d, &k);
	confirm(d);
}

void disk_crash(struct disk *d, bool written_stays)
{
	if (written_stays)
		confirm(d);
	forget_from(d, d->count);
}

static const struct qf_keep *envelope_at(const struct disk *d, uint64_t lsn)
{
	const struct qf_keep *k;

	if (lsn == 0 || lsn > d->count)
		return NULL;
	k = &d->log[lsn - 1];
	return k->kind == QF_KEEP_ENVELOPE ? k : NULL;
}

/* False: this one does not go into the answer any more. */
static bool give(struct qf_read *read, const struct qf_keep *k, size_t *bytes)
{
	*bytes += k->envelope->head.body_len;
	if (read->got == read->count || (read->got && *bytes > read->bytes_max))
		return false;
	read->lsns[read->got] = k->lsn;
	read->envelopes[read->got++] = qf_envelope_ref(k->envelope);
	return true;
}

static void read_lsns(const struct disk *d, struct qf_read *read)
{
	size_t bytes = 0;

	for (size_t i = 0; i < read->count; i++) {
		const struct qf_keep *k = envelope_at(d, read->lsns[i]);

		if (!k)
			read->err = QF_E_NOTFOUND;
		if (!k || !give(read, k, &bytes))
			return;
	}
}

static void read_after(const struct disk *d, struct qf_read *read)
{
	size_t bytes = 0;

	for (uint64_t lsn = read->after + 1; lsn <= d->count; lsn++) {
		const struct qf_keep *k = envelope_at(d, lsn);

		if (!k ||
		    !qf_room_id_equal(&k->envelope->head.room, &read->room))
			continue;
		if (!give(read, k, &bytes))
			return;
	}
}

void disk_read(const struct disk *d, struct qf_read *read)
{
	assert(read->kind != QF_READ_AUTHORS); /* no session asks that */
	read->envelopes = calloc(read->count, sizeof *read->envelopes);
	assert(read->envelopes);
	if (read->kind == QF_READ_LSNS)
		read_lsns(d, read);
	else
		read_after(d, read);
}

static bool newest_of_room(const struct disk *d, size_t at)
{
	for (size_t i = at + 1; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_ROOM &&
		    qf_room_id_equal(&d->log[i].room, &d->log[at].room))
			return false;
	return true;
}

static void load_room(const struct disk *d, const struct qf_keep *room,
                      struct qf_node *node)
{
	uint64_t hlc = 0, seq = 0;
	uint8_t prev[QF_PREV_BYTES] = { 0 };
	int rc;

	for (size_t i = 0; i < d->count; i++) {
		const struct qf_keep *k = &d->log[i];

		if (k->kind != QF_KEEP_ENVELOPE ||
		    !qf_room_id_equal(&k->envelope->head.room, &room->room))
			continue;
		hlc = k->room_hlc;
		if (k->source || k->envelope->head.seq <= seq)
			continue;
		seq = k->envelope->head.seq;
		memcpy(prev, k->envelope->id.b, sizeof prev);
	}
	rc = qf_node_load_room(node, &room->room, room->name, room->joined, hlc,
	                       seq, prev);
	assert(!rc);
}

static void load_envelope(const struct qf_keep *k, struct qf_node *node)
{
	const struct qf_envelope *e = k->envelope;
	struct qf_setkey key = qf_setkey_of(e, k->lsn);
	int rc = qf_node_load_element(node, &e->head.room, &key);

	assert(rc >= 0);
	if (!k->has_nonce)
		return;
	rc = qf_node_load_nonce(node, &k->nonce, &e->head.room, e->head.hlc,
	                        k->lsn, &e->id);
	assert(!rc);
}

static bool is_draft(const struct disk *d, size_t at)
{
	uint64_t number = d->log[at].draft.number;

	if (d->log[at].kind != QF_KEEP_DRAFT)
		return false;
	for (size_t i = at + 1; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_ENVELOPE &&
		    d->log[i].draft_number == number)
			return false;
	return true;
}

static bool newest_of_peer(const struct disk *d, size_t at)
{
	for (size_t i = at + 1; i < d->count; i++)
		if ((d->log[i].kind == QF_KEEP_PEER ||
		     d->log[i].kind == QF_KEEP_FORGET) &&
		    qf_key_equal(&d->log[i].peer.key, &d->log[at].peer.key))
			return false;
	return true;
}

void disk_load(const struct disk *d, struct qf_node *node)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_ROOM && newest_of_room(d, i))
			load_room(d, &d->log[i], node);
	for (size_t i = 0; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_ENVELOPE)
			load_envelope(&d->log[i], node);
	for (size_t i = 0; i < d->count; i++)
		if (is_draft(d, i))
			qf_node_load_draft(node, &d->log[i].draft);
	for (size_t i = 0; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_PEER && newest_of_peer(d, i))
			qf_node_load_peer(node, &d->log[i].peer);
}

bool disk_has(const struct disk *d, const struct qf_hash *id)
{
	uint64_t lsn;

	return qf_idmap_get(&d->lsns, id->b, &lsn);
}
