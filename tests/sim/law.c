/* law.c - what must hold in every simulated world */
#include "sim/law.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/list.h"
#include "core/node_state.h"
#include "core/talk.h"

void law_broken(struct world *w, const char *format, ...)
{
	va_list args;

	if (w->wrong[0])
		return;
	va_start(args, format);
	vsnprintf(w->wrong, sizeof w->wrong, format, args);
	va_end(args);
	w->law = format;
	w->wrong_ms = w->now_ms;
	world_tell(w, "and that breaks the law: %s", w->wrong);
}

static bool contains(struct qf_bytes in, const void *what, size_t len)
{
	return len && memmem(in.at, in.len, what, len);
}

/* The 64 bits by which the id would be named on this link, in the order of the
 * wire. */
static void short_id(const struct end *e, const struct qf_envelope *envelope,
                     uint8_t out[8])
{
	struct qf_hash key;
	uint8_t hash[8];

	qf_room_recon_key(&envelope->head.room, e->session.exporter, &key);
	crypto_shorthash_siphash24(hash, envelope->id.b, QF_HASH_BYTES,
	                           key.b + 16);
	for (int i = 0; i < 8; i++)
		out[i] = hash[7 - i];
}

/* Commit before emit: of what only waits for the store, the frame has neither
 * body nor id. (A WANT may name what is on its way to us twice.) */
static void no_word_of_it(struct end *from, const struct qf_frame *frame,
                          const struct qf_envelope *e)
{
	struct qf_bytes body = qf_envelope_body(e);
	uint8_t name[8];

	short_id(from, e, name);
	if (contains(frame->payload, body.at, body.len) ||
	    contains(frame->payload, e->id.b, sizeof e->id.b) ||
	    contains(frame->payload, name, sizeof name))
		law_broken(from->cable->world,
		           "%s spoke of what it had not stored, in a frame of "
		           "type %d",
		           from->worker->host->name, frame->type);
}

static void no_waiting_keep(struct end *from, const struct qf_frame *frame)
{
	const struct host *h = from->worker->host;

	for (size_t i = 0; i < h->keeps.count; i++) {
		const struct qf_keep *k = fifo_at(&h->keeps, i);

		if (k->kind == QF_KEEP_ENVELOPE)
			no_word_of_it(from, frame, k->envelope);
	}
}

/* The envelopes of a MSG of that talk; false: it is none. */
static bool unpack(struct world *w, const struct qf_talk *t,
                   struct qf_bytes payload, struct qf_batch *batch)
{
	struct qf_cursor c = qf_cursor(payload);

	batch->count = 0;
	qf_get_u8(&c);
	qf_get_varint(&c);
	return t && !qf_batch_get(&c, &t->room->id, &w->roots, batch);
}

static uint64_t handle_of(struct qf_bytes payload)
{
	struct qf_cursor c = qf_cursor(payload);

	qf_get_u8(&c);
	return qf_get_varint(&c);
}

/* Their ids may be in proofs and chains of others, so they are unpacked. */
static void all_are_stored(struct end *from, struct qf_bytes msg)
{
	struct world *w = from->cable->world;
	const struct host *h = from->worker->host;
	uint64_t handle = handle_of(msg);
	const struct qf_talk *t = handle < from->session.talk_count
	                                  ? from->session.talks[handle]
	                                  : NULL;
	struct qf_batch batch;

	if (!unpack(w, t, msg, &batch))
		law_broken(w, "%s sent a MSG that is none", h->name);
	for (size_t i = 0; i < batch.count; i++)
		if (!disk_has(&h->disk, &batch.envelopes[i]->id))
			law_broken(w, "%s sent what it had not stored",
			           h->name);
	qf_batch_clear(&batch);
}

/* How many of these ids are on its disk, from the first on. */
static size_t stored(struct end *e, struct ids *ids)
{
	const struct disk *d = &e->worker->host->disk;

	while (ids->stored < ids->count && disk_has(d, &ids->list[ids->stored]))
		ids->stored++;
	return ids->stored;
}

static void only_stored(struct end *from, const struct qf_frame *frame,
                        struct ids *ids)
{
	uint64_t n;

	if (!qf_number_get(frame->payload, &n) || n > stored(from, ids))
		law_broken(from->cable->world,
		           "%s acknowledged what it had not stored",
		           from->worker->host->name);
}

void law_sent(struct end *from, const struct qf_frame *frame)
{
	if (frame->type == QF_FRAME_MSG)
		all_are_stored(from, frame->payload);
	else if (frame->type != QF_FRAME_WANT && frame->type != QF_FRAME_GRAFT)
		no_waiting_keep(from, frame);
	if (frame->type == QF_FRAME_ACK)
		only_stored(from, frame, &from->brought);
	if (frame->type == QF_FRAME_HAD)
		only_stored(from, frame, &from->named);
}

static const struct qf_talk *talk_of(const struct end *to, uint64_t handle)
{
	for (size_t i = 0; i < to->session.talk_count; i++) {
		const struct qf_talk *t = to->session.talks[i];

		if (t->heard_open && t->theirs == handle)
			return t;
	}
	return NULL;
}

static void remember(struct ids *ids, const struct qf_hash *id)
{
	bool fits = qf_list_room(&ids->list, ids->count, &ids->cap,
	                         sizeof *ids->list);

	assert(fits);
	ids->list[ids->count++] = *id;
}

static void remember_names(struct end *to, struct qf_bytes payload)
{
	struct qf_setkey keys[QF_BATCH_LEAVES_MAX];
	uint64_t handle;
	size_t n;

	if (!qf_ids_get(payload, &handle, keys, &n))
		law_broken(to->cable->world, "%s was sent names that are none",
		           to->worker->host->name);
	for (size_t i = 0; i < n; i++)
		remember(&to->named, &keys[i].id);
}

void law_came(struct end *to, const struct qf_frame *frame)
{
	struct qf_batch batch;

	if (frame->type == QF_FRAME_IHAVE)
		remember_names(to, frame->payload);
	if (frame->type != QF_FRAME_MSG)
		return;
	if (!unpack(to->cable->world, talk_of(to, handle_of(frame->payload)),
	            frame->payload, &batch))
		law_broken(to->cable->world, "%s does not know what for",
		           to->worker->host->name);
	for (size_t i = 0; i < batch.count; i++)
		remember(&to->brought, &batch.envelopes[i]->id);
	qf_batch_clear(&batch);
}

/* Some clock of those that judge ours there shows a time after the build. */
static bool has_better_clock(struct host *h, const struct qf_replica *r)
{
	int64_t built_ms = (int64_t)(SIM_BUILT_MS - h->world->now_ms);

	for (size_t i = 0; i < r->clock_count; i++) {
		const struct qf_node_link *l = qf_node_link(h->node,
		                                            r->clocks[i]);

		if (l && !qf_skew_is_wrong(&l->clock, built_ms))
			return true;
	}
	return r->is_corrected;
}

void law_kept(struct host *h, const struct qf_keep *k)
{
	const struct qf_replica *r;

	if (k->kind != QF_KEEP_ENVELOPE || k->source ||
	    qf_clock_ms(k->envelope->head.hlc) >= SIM_BUILT_MS)
		return;
	r = qf_node_replica(h->node, &k->envelope->head.room);
	if (!r->clock_count || has_better_clock(h, r))
		law_broken(h->world,
		           "%s gives what it says a date before the program "
		           "was built",
		           h->name);
}

void law_stored(struct host *h, const struct qf_hash *id, uint64_t lsn)
{
	uint64_t found;

	if (!qf_idmap_get(&h->disk.lsns, id->b, &found) || found != lsn)
		law_broken(h->world, "%s said stored of what was not", h->name);
}

void law_person(struct host *h, const struct qf_news *n)
{
	struct world *w = h->world;
	bool came = n->change == QF_CHANGE_CAME;
	bool went = n->change == QF_CHANGE_LEFT || n->change == QF_CHANGE_LOST;
	unsigned i = 0;

	if (!came && !went)
		return;
	while (i < w->host_count &&
	       !qf_key_equal(&w->hosts[i]->identity.key, &n->key))
		i++;
	assert(i < w->host_count);
	world_tell(w, "%s is told that %s %s", h->name, w->hosts[i]->name,
	           came ? "is here" : "is not here");
	if (h->told_here[i] == came)
		law_broken(w, "%s was told twice that %s %s", h->name,
		           w->hosts[i]->name, came ? "is here" : "is not here");
	h->told_here[i] = came;
}

void law_copies(struct host *h, const struct qf_news *n)
{
	struct world *w = h->world;
	uint64_t copies = 0;

	for (unsigned i = 0; i < w->host_count; i++)
		copies += w->hosts[i] != h &&
		          disk_has(&w->hosts[i]->disk, &n->id);
	if (n->number > copies)
		law_broken(w, "%s counted %llu copies where there are %llu",
		           h->name, (unsigned long long)n->number,
		           (unsigned long long)copies);
}

/* After the healing. */

struct member {
	struct qf_room_id room;
	struct qf_key author;
	uint64_t seq;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = memcmp(&x->room, &y->room, sizeof x->room);

	if (!c)
		c = memcmp(&x->author, &y->author, sizeof x->author);
	if (!c)
		c = x->seq < y->seq ? -1 : x->seq > y->seq;
	return c;
}

/* Each author's numbers in each room are 1, 2, 3... on this disk; so nothing
 * is there twice, and nothing is missing between. */
static void check_numbers(struct host *h)
{
	const struct disk *d = &h->disk;
	struct member *m = malloc((d->count + 1) * sizeof *m);
	size_t n = 0;

	assert(m);
	for (size_t i = 0; i < d->count; i++) {
		const struct qf_keep *k = &d->log[i];

		if (k->kind == QF_KEEP_ENVELOPE)
			m[n++] = (struct member){ k->envelope->head.room,
				                  k->envelope->head.author,
				                  k->envelope->head.seq };
	}
	qsort(m, n, sizeof *m, compare_members);
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 ||
		             memcmp(&m[i].room, &m[i - 1].room,
		                    sizeof m[i].room) ||
		             !qf_key_equal(&m[i].author, &m[i - 1].author);

		if (m[i].seq != (first ? 1 : m[i - 1].seq + 1))
			law_broken(
				h->world,
				"%s has number %llu of an author after "
				"number %llu",
				h->name, (unsigned long long)m[i].seq,
				(unsigned long long)(first ? 0 : m[i - 1].seq));
	}
	free(m);
}

static void digest(struct qf_replica *r, struct qf_hash *out)
{
	struct qf_snapshot *s = qf_replica_snapshot(r);

	assert(s);
	qf_snapshot_digest(s, out);
	qf_snapshot_unref(s);
}

static struct qf_replica *joined(const struct host *h,
                                 const struct qf_room_id *room)
{
	struct qf_replica *r = qf_node_replica(h->node, room);

	return r && r->joined ? r : NULL;
}

/* What the node believes is what its disk has. */
static void check_disk(struct host *h, const struct qf_replica *r)
{
	size_t on_disk = 0;

	for (size_t i = 0; i < h->disk.count; i++)
		on_disk += h->disk.log[i].kind == QF_KEEP_ENVELOPE &&
		           qf_room_id_equal(&h->disk.log[i].envelope->head.room,
		                            &r->id);
	if (on_disk != r->set.count)
		law_broken(h->world,
		           "%s believes it has %zu, but its disk has %zu",
		           h->name, r->set.count, on_disk);
}

static void check_equal(struct host *a, struct host *b)
{
	for (size_t i = 0; i < a->node->replica_count; i++) {
		struct qf_replica *mine = a->node->replicas[i];
		struct qf_replica *other = joined(b, &mine->id);
		struct qf_hash x, y;

		if (!mine->joined || !other)
			continue;
		check_disk(a, mine);
		digest(mine, &x);
		digest(other, &y);
		if (memcmp(&x, &y, sizeof x))
			law_broken(a->world,
			           "%s has %zu of %s, %s has %zu: not the "
			           "same",
			           a->name, mine->set.count, mine->name,
			           b->name, other->set.count);
	}
}

static void check_said(struct world *w, const struct said *s)
{
	for (unsigned i = 0; i < w->host_count; i++) {
		struct host *h = w->hosts[i];

		if (h->up && joined(h, &s->room) && !disk_has(&h->disk, &s->id))
			law_broken(w, "%s said stored, and %s does not have it",
			           s->host->name, h->name);
	}
}

static bool worker_is_quiet(const struct worker *w)
{
	return !w->carry.ask_count && !w->events.count && !w->effects.count &&
	       !w->asked.count && !w->read.count &&
	       w->credits == w->host->world->options.credits;
}

/* What is not as it is when a host that is up has nothing to do. */
static const char *unrest(const struct host *h)
{
	if (h->keeps.count || h->commits.count || h->node->pending.count)
		return "has something stuck in its store";
	if (!h->node->link_count)
		return "has no link";
	if (h->node->draft_count)
		return "keeps back what is only queued";
	for (unsigned i = 0; i < h->worker_count; i++)
		if (!worker_is_quiet(&h->workers[i]))
			return "has something stuck in a worker";
	return NULL;
}

void law_quiet(struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++) {
		const struct host *h = w->hosts[i];
		const char *why = h->up ? unrest(h) : NULL;

		if (why)
			law_broken(w, "%s %s", h->name, why);
	}
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].state == SAID_ASKED)
			law_broken(w, "a client was never answered");
}

/* The first pair in which someone is shown who is not up, or the reverse. */
static bool misjudged(const struct world *w, const struct host **by,
                      const struct host **whom)
{
	for (unsigned i = 0; i < w->host_count; i++)
		for (unsigned k = 0; k < w->host_count; k++) {
			*by = w->hosts[i];
			*whom = w->hosts[k];
			if (i != k && (*by)->up &&
			    (*by)->told_here[k] != (*whom)->up)
				return true;
		}
	return false;
}

bool law_all_are_shown(const struct world *w)
{
	const struct host *by, *whom;

	return !w->options.presence || !misjudged(w, &by, &whom);
}

void law_shown(struct world *w)
{
	const struct host *by, *whom;

	if (w->options.presence && misjudged(w, &by, &whom))
		law_broken(w, "%s still shows %s as %s", by->name, whom->name,
		           whom->up ? "not here" : "here");
}

static int compare_bodies(const void *a, const void *b)
{
	const struct qf_envelope *x = *(struct qf_envelope *const *)a;
	const struct qf_envelope *y = *(struct qf_envelope *const *)b;

	return memcmp(&x->head.body_hash, &y->head.body_hash,
	              sizeof x->head.body_hash);
}

void law_said_once(struct host *h)
{
	const struct disk *d = &h->disk;
	const struct qf_envelope **all = calloc(d->count + 1, sizeof *all);
	size_t n = 0;

	assert(all);
	for (size_t i = 0; i < d->count; i++)
		if (d->log[i].kind == QF_KEEP_ENVELOPE)
			all[n++] = d->log[i].envelope;
	qsort(all, n, sizeof *all, compare_bodies);
	for (size_t i = 1; i < n; i++)
		if (!compare_bodies(&all[i - 1], &all[i]))
			law_broken(h->world, "%s has a line twice", h->name);
	free(all);
}

static bool sets_differ(struct qf_replica *a, struct qf_replica *b)
{
	struct qf_hash x, y;

	if (a->set.count != b->set.count)
		return true;
	digest(a, &x);
	digest(b, &y);
	return memcmp(&x, &y, sizeof x);
}

/* A room of two hosts that are up holds something else here than there. */
static bool rooms_differ(const struct host *a, const struct host *b)
{
	for (size_t i = 0; i < a->node->replica_count; i++) {
		struct qf_replica *mine = a->node->replicas[i];
		struct qf_replica *other = joined(b, &mine->id);

		if (mine->joined && other && sets_differ(mine, other))
			return true;
	}
	return false;
}

bool law_may_hold(struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++)
		if (!w->hosts[i]->up || unrest(w->hosts[i]) ||
		    (i && rooms_differ(w->hosts[i], w->hosts[0])))
			return false;
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].state == SAID_ASKED)
			return false;
	return law_all_are_shown(w);
}

/* What was queued is stored by now, wherever that was told. */
static void settle_draft(struct world *w, struct said *s)
{
	const struct disk *d = &s->host->disk;

	for (size_t i = 0; i < d->count; i++) {
		const struct qf_keep *k = &d->log[i];

		if (k->kind != QF_KEEP_ENVELOPE || !k->has_nonce ||
		    memcmp(&k->nonce, &s->nonce, sizeof k->nonce))
			continue;
		s->state = SAID_STORED;
		s->room = k->envelope->head.room;
		s->id = k->envelope->id;
		return;
	}
	law_broken(w, "%s said queued, and has lost it", s->host->name);
}

bool law_healed(struct world *w)
{
	for (unsigned i = 0; i < w->host_count; i++) {
		if (!w->hosts[i]->up)
			continue;
		check_numbers(w->hosts[i]);
		for (unsigned k = 0; k < w->host_count; k++)
			if (k != i && w->hosts[k]->up)
				check_equal(w->hosts[i], w->hosts[k]);
	}
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].state == SAID_QUEUED && w->said[i].host->up)
			settle_draft(w, &w->said[i]);
	law_shown(w);
	for (size_t i = 0; i < w->said_count; i++)
		if (w->said[i].kind == QF_CMD_SAY &&
		    w->said[i].state == SAID_STORED)
			check_said(w, &w->said[i]);
	return !w->wrong[0];
}
