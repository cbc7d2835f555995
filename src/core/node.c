/* node.c - the one that decides: rooms, order, links, whose turn it is */
#include "node_state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { COPIES_TOLD_MS = 100 };

struct qf_node *qf_node_new(const struct qf_node_options *options,
                            struct qf_now now)
{
	struct qf_node *n = calloc(1, sizeof *n);

	if (!n)
		return NULL;
	n->id = options->identity;
	n->now = now;
	n->named = options->name;
	memccpy(n->name, options->name ? options->name : options->fallback, 0,
	        sizeof n->name - 1);
	n->workers = options->workers;
	n->explains = options->explains;
	n->is_hub = options->is_hub;
	n->dial_remembered = options->dial_remembered;
	n->random = options->random_seed;
	n->built_ms = options->built_ms;
	n->quality = options->quality;
	n->past = options->past;
	qf_peerbook_init(&n->book, options->random_seed);
	qf_mesh_init(&n->mesh, &n->id->key, options->is_hub,
	             options->random_seed);
	qf_idmap_init(&n->by_room, options->random_seed);
	qf_idmap_init(&n->pending, options->random_seed);
	qf_idmap_init(&n->nonces, options->random_seed);
	qf_wants_init(&n->wants, options->random_seed);
	qf_early_init(&n->early, options->random_seed);
	qf_page_init(&n->page, n->id->seed);
	if (!qf_node_people_init(n)) {
		free(n);
		return NULL;
	}
	return n;
}

void qf_node_free(struct qf_node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->replica_count; i++)
		qf_replica_free(n->replicas[i]);
	for (size_t i = n->owed_first; i < n->owed_count; i++)
		qf_answer_free(n->owed[i].answer);
	free(n->replicas);
	for (size_t i = 0; i < n->link_count; i++)
		qf_traffic_unref(n->links[i].traffic);
	free(n->links);
	free(n->peers);
	free(n->owed);
	for (size_t i = 0; i < n->draft_count; i++)
		qf_draft_fini(&n->drafts[i]);
	free(n->drafts);
	free(n->said);
	free(n->classics);
	free(n->trouble);
	qf_idmap_fini(&n->by_room);
	qf_idmap_fini(&n->pending);
	qf_idmap_fini(&n->nonces);
	qf_wants_fini(&n->wants);
	qf_early_fini(&n->early);
	qf_peerbook_fini(&n->book);
	qf_presence_fini(&n->presence);
	qf_answer_free(n->host_answer);
	for (size_t i = 0; i < n->patient_count; i++)
		qf_answer_free(n->patients[i].answer);
	qf_guests_fini(&n->guests);
	qf_buf_fini(&n->marks);
	free(n);
}

struct qf_replica *qf_node_replica(struct qf_node *n,
                                   const struct qf_room_id *id)
{
	uint64_t index;

	return qf_idmap_get(&n->by_room, id->b, &index) ? n->replicas[index]
	                                                : NULL;
}

/* The name of a room of two keys is '@' and the other's. If it is not of our
 * key and that one, this home had another key then. False: out of memory. */
static bool give_keys(struct qf_node *n, struct qf_replica *r)
{
	struct qf_key other;

	if (r->name[0] != '@')
		return true;
	r->direct = malloc(sizeof *r->direct);
	if (!r->direct)
		return false;
	if (qf_key_from_text(&other, r->name + 1) &&
	    qf_direct_init(r->direct, n->id, &other) &&
	    qf_room_id_equal(&r->direct->room, &r->id))
		return true;
	qf_direct_fini(r->direct);
	free(r->direct);
	r->direct = NULL;
	r->rests = true;
	return true;
}

int qf_node_load_room(struct qf_node *n, const struct qf_room_id *id,
                      const char *name, enum qf_joined joined, uint64_t hlc,
                      uint64_t own_seq, const uint8_t own_prev[QF_PREV_BYTES])
{
	struct qf_replica *r = qf_replica_new(id, name, n->workers);

	if (!r || !qf_list_room(&n->replicas, n->replica_count, &n->replica_cap,
	                        sizeof *n->replicas)) {
		qf_replica_free(r);
		return QF_E_NOMEM;
	}
	if (!give_keys(n, r) ||
	    qf_idmap_set(&n->by_room, id->b, n->replica_count)) {
		qf_replica_free(r);
		return QF_E_NOMEM;
	}
	r->joined = r->rests ? QF_JOINED_NOT : joined;
	r->past = n->past;
	r->hlc = hlc;
	r->own_seq = own_seq;
	memcpy(r->own_prev, own_prev, sizeof r->own_prev);
	n->replicas[n->replica_count++] = r;
	return QF_OK;
}

int qf_node_load_element(struct qf_node *n, const struct qf_room_id *room,
                         const struct qf_setkey *key)
{
	struct qf_replica *r = qf_node_replica(n, room);
	int added;

	if (!r)
		return QF_E_NOTFOUND;
	added = qf_keyset_add(&r->set, key);
	if (added < 0)
		return added;
	r->last_lsn = key->lsn;
	return QF_OK;
}

void qf_nonce_key(const struct qf_nonce *nonce, uint8_t out[QF_IDMAP_KEY_BYTES])
{
	memset(out, 0, QF_IDMAP_KEY_BYTES);
	memcpy(out, nonce->b, sizeof nonce->b);
}

struct qf_said *qf_node_said(struct qf_node *n, const struct qf_nonce *nonce)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t at;

	qf_nonce_key(nonce, key);
	return qf_idmap_get(&n->nonces, key, &at) ? &n->said[at] : NULL;
}

struct qf_said *qf_node_add_said(struct qf_node *n,
                                 const struct qf_nonce *nonce)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	struct qf_said *s;

	if (n->said_count < QF_NONCES_MAX) {
		if (!qf_list_room(&n->said, n->said_count, &n->said_cap,
		                  sizeof *n->said))
			return NULL;
		n->said_next = n->said_count++;
	} else {
		n->said_next = (n->said_next + 1) % QF_NONCES_MAX;
		qf_nonce_key(&n->said[n->said_next].nonce, key);
		qf_idmap_remove(&n->nonces, key);
	}
	s = &n->said[n->said_next];
	*s = (struct qf_said){ .nonce = *nonce };
	qf_nonce_key(nonce, key);
	return qf_idmap_set(&n->nonces, key, n->said_next) ? NULL : s;
}

int qf_node_load_nonce(struct qf_node *n, const struct qf_nonce *nonce,
                       const struct qf_room_id *room, uint64_t hlc,
                       uint64_t lsn, const struct qf_hash *id)
{
	struct qf_said *s = qf_node_add_said(n, nonce);

	if (!s)
		return QF_E_NOMEM;
	s->room = *room;
	s->hlc = hlc;
	s->lsn = lsn;
	s->id = *id;
	return QF_OK;
}

struct qf_peer *qf_node_peer(struct qf_node *n, const struct qf_key *key)
{
	for (size_t i = 0; i < n->peer_count; i++)
		if (qf_key_equal(&n->peers[i].key, key))
			return &n->peers[i];
	return NULL;
}

/* Who was seen longest ago, of those whom nobody asked for or of all. */
static struct qf_peer *oldest_peer(struct qf_node *n, bool asked_too)
{
	struct qf_peer *oldest = NULL;

	for (size_t i = 0; i < n->peer_count; i++) {
		struct qf_peer *p = &n->peers[i];

		if ((asked_too || !p->asked) &&
		    (!oldest || p->seen_ms < oldest->seen_ms))
			oldest = p;
	}
	return oldest;
}

void qf_node_add_peer(struct qf_node *n, const struct qf_peer *peer)
{
	struct qf_peer *p = qf_node_peer(n, &peer->key);
	bool asked = peer->asked || (p && p->asked);

	if (!n->peers)
		n->peers = calloc(QF_PEERS_MAX, sizeof *n->peers);
	if (!n->peers)
		return;
	if (!p && n->peer_count < QF_PEERS_MAX)
		p = &n->peers[n->peer_count++];
	if (!p)
		p = oldest_peer(n, false);
	if (!p && asked)
		p = oldest_peer(n, true);
	if (!p)
		return;
	*p = *peer;
	p->asked = asked;
}

int qf_node_load_peer(struct qf_node *n, const struct qf_peer *peer)
{
	struct qf_dial *d;

	if (qf_key_equal(&peer->key, &n->id->key)) {
		if (!n->named)
			memcpy(n->name, peer->name, sizeof n->name);
		n->is_kept = !strcmp(n->name, peer->name);
		return QF_OK;
	}
	if (!qf_node_peer(n, &peer->key))
		qf_node_add_peer(n, peer);
	if (!n->dial_remembered || !peer->address.port)
		return QF_OK;
	d = qf_peerbook_add(&n->book, &peer->address, &peer->key, 0);
	if (d) {
		memcpy(d->name, peer->name, sizeof d->name);
		d->known = peer->asked;
	}
	return QF_OK;
}

struct qf_keep *qf_node_keep(struct qf_node *n, enum qf_keep_kind kind,
                             struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_KEEP);

	if (!fx)
		return NULL;
	fx->keep.kind = kind;
	fx->keep.number = ++n->keep_number;
	return &fx->keep;
}

static void tell(const struct qf_owed_word *w, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, w->answer ? QF_FX_ANSWER
	                                                     : QF_FX_DONE);

	if (!fx) {
		qf_answer_free(w->answer);
		return;
	}
	fx->worker = qf_conn_worker(w->conn);
	fx->conn = w->conn;
	fx->number = w->count;
	fx->event = w->event;
	fx->answer = w->answer;
}

/* The words of links keep their order, so what needs no wait still waits
 * behind what does. */
void qf_node_owe_word(struct qf_node *n, struct qf_owed_word word,
                      struct qf_effects *out)
{
	struct qf_answer *answer = word.answer;
	uint64_t number = word.number;
	size_t i;

	if (number <= n->committed_number &&
	    (answer || n->owed_first == n->owed_count)) {
		tell(&word, out);
		return;
	}
	if (n->owed_first > n->owed_cap / 2) {
		n->owed_count -= n->owed_first;
		memmove(n->owed, n->owed + n->owed_first,
		        n->owed_count * sizeof *n->owed);
		n->owed_first = 0;
	}
	if (!qf_list_room(&n->owed, n->owed_count, &n->owed_cap,
	                  sizeof *n->owed)) {
		qf_answer_free(answer);
		out->bad = true;
		return;
	}
	i = n->owed_count++;
	if (!answer && i > n->owed_first && n->owed[i - 1].number > number)
		word.number = n->owed[i - 1].number;
	while (i > n->owed_first && n->owed[i - 1].number > word.number) {
		n->owed[i] = n->owed[i - 1];
		i--;
	}
	n->owed[i] = word;
}

void qf_node_owe(struct qf_node *n, uint64_t number, qf_conn conn,
                 struct qf_answer *answer, struct qf_effects *out)
{
	qf_node_owe_word(n,
	                 (struct qf_owed_word){ .number = number,
	                                        .conn = conn,
	                                        .answer = answer },
	                 out);
}

static void pay_owed(struct qf_node *n, struct qf_effects *out)
{
	while (n->owed_first < n->owed_count &&
	       n->owed[n->owed_first].number <= n->committed_number)
		tell(&n->owed[n->owed_first++], out);
	if (n->owed_first == n->owed_count)
		n->owed_first = n->owed_count = 0;
}

void qf_node_news(struct qf_node *n, const struct qf_news *news,
                  struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_news *copy = malloc(sizeof *copy);
		struct qf_effect *fx = qf_effects_add(out, QF_FX_NEWS);

		if (!copy || !fx) {
			free(copy);
			out->bad = true;
			return;
		}
		*copy = *news;
		copy->text = news->text ? strdup(news->text) : NULL;
		if (news->rooms)
			qf_shared_ref(news->rooms);
		fx->worker = w;
		fx->news = copy;
	}
}

void qf_node_notice(struct qf_node *n, struct qf_effects *out,
                    const char *format, ...)
{
	struct qf_news news = { .kind = QF_NEWS_NOTICE };
	va_list args;

	va_start(args, format);
	if (vasprintf(&news.text, format, args) < 0)
		news.text = NULL;
	va_end(args);
	qf_node_news(n, &news, out);
	free(news.text);
}

/* Commits: what came back from the store becomes part of the rooms. */

/* One post goes to each worker that joined the room. */
static void publish(struct qf_node *n, struct qf_replica *r,
                    struct qf_post *post, struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx;

		if (!r->told[w])
			continue;
		if (post->backlog)
			atomic_store_explicit(&r->told[w]->backlog,
			                      post->last_lsn,
			                      memory_order_release);
		fx = qf_effects_add(out, QF_FX_POST);
		if (!fx)
			break;
		fx->worker = w;
		fx->room = r->id;
		fx->post = qf_post_ref(post);
		fx->told = qf_told_ref(r->told[w]);
	}
	qf_post_unref(post);
}

/* A run of committed envelopes of one room and source, as few posts as the
 * frame's limits allow. */
static void post_run(struct qf_node *n, struct qf_replica *r,
                     const struct qf_keep *first, uint64_t prev_lsn,
                     const struct qf_posted *run, size_t count,
                     struct qf_effects *out)
{
	struct qf_envelope *envelopes[QF_BATCH_LEAVES_MAX];

	for (size_t i = 0; i < count;) {
		size_t most = count - i, fit;
		struct qf_post *post;

		if (most > QF_BATCH_LEAVES_MAX)
			most = QF_BATCH_LEAVES_MAX;
		for (size_t k = 0; k < most; k++)
			envelopes[k] = run[i + k].envelope;
		fit = qf_batch_fit(envelopes, most);
		post = qf_post_new(&r->id, prev_lsn, first->source, run + i,
		                   fit);
		if (!post) {
			out->bad = true;
			return;
		}
		post->backlog = first->backlog;
		publish(n, r, post, out);
		i += fit;
		prev_lsn = run[i - 1].lsn;
	}
}

static void said_committed(struct qf_node *n, const struct qf_keep *k)
{
	struct qf_said *s = k->has_nonce ? qf_node_said(n, &k->nonce) : NULL;

	if (s)
		s->lsn = k->lsn;
}

/* Whoever waits for this envelope learns its lsn. The words of one commit are
 * few and near the front. */
static void answer_lsn(struct qf_node *n, const struct qf_keep *k)
{
	for (size_t i = n->owed_first; i < n->owed_count; i++) {
		struct qf_owed_word *w = &n->owed[i];

		if (w->number > k->number)
			return;
		if (w->number == k->number && w->answer)
			w->answer->lsn = k->lsn;
	}
}

/* A draft has become a message. */
static void tell_signed(struct qf_node *n, const struct qf_keep *k,
                        struct qf_effects *out)
{
	struct qf_news news = { .kind = QF_NEWS_STORED,
		                .room = k->envelope->head.room,
		                .id = k->envelope->id,
		                .number = k->draft_number,
		                .hlc = k->envelope->head.hlc,
		                .lsn = k->lsn };

	qf_node_news(n, &news, out);
}

/* 1: it is new in its room. */
static int commit_one(struct qf_node *n, struct qf_replica *r,
                      const struct qf_keep *k, struct qf_effects *out)
{
	int added = qf_replica_commit(r, k->envelope, k->lsn);

	qf_idmap_remove(&n->pending, k->envelope->id.b);
	if (added < 0)
		out->bad = true;
	qf_wants_here(&n->wants, &k->envelope->id);
	if (k->source && qf_key_equal(&k->envelope->head.author, &n->id->key))
		qf_replica_returned(r, k->envelope->head.seq);
	if (added <= 0 || k->source)
		return added;
	if (qf_copies_watch(&r->copies, &k->envelope->id, k->lsn))
		out->bad = true;
	said_committed(n, k);
	answer_lsn(n, k);
	if (k->draft_number)
		tell_signed(n, k, out);
	return added;
}

/* Keeps of the run that begins at keeps[i]: one room, one source. */
static size_t commit_run(struct qf_node *n, const struct qf_keep *keeps,
                         size_t count, struct qf_effects *out)
{
	const struct qf_header *head = &keeps[0].envelope->head;
	struct qf_replica *r = qf_node_replica(n, &head->room);
	uint64_t prev_lsn;
	struct qf_posted *run = malloc(count * sizeof *run);
	size_t used = 0, fresh = 0;

	assert(r);
	prev_lsn = r->last_lsn;
	if (!run) {
		out->bad = true;
		return count;
	}
	while (used < count && keeps[used].kind == QF_KEEP_ENVELOPE &&
	       keeps[used].source == keeps[0].source &&
	       keeps[used].backlog == keeps[0].backlog &&
	       qf_room_id_equal(&keeps[used].envelope->head.room, &r->id)) {
		const struct qf_keep *k = &keeps[used++];

		if (commit_one(n, r, k, out) > 0)
			run[fresh++] = (struct qf_posted){ k->envelope,
				                           k->lsn };
	}
	post_run(n, r, &keeps[0], prev_lsn, run, fresh, out);
	free(run);
	return used;
}

static void committed(struct qf_node *n, struct qf_event *ev,
                      struct qf_effects *out)
{
	for (size_t i = 0; i < ev->keep_count;) {
		if (ev->keeps[i].kind == QF_KEEP_ENVELOPE)
			i += commit_run(n, &ev->keeps[i], ev->keep_count - i,
			                out);
		else
			i++;
	}
	if (ev->keep_count)
		n->committed_number = ev->keeps[ev->keep_count - 1].number;
	if (n->trouble) {
		free(n->trouble);
		n->trouble = NULL;
		qf_node_news(n,
		             &(struct qf_news){ .kind = QF_NEWS_TROUBLE_OVER },
		             out);
	}
	pay_owed(n, out);
	qf_node_tell_had(n, out);
}

static void not_committed(struct qf_node *n, struct qf_event *ev,
                          struct qf_effects *out)
{
	free(n->trouble);
	n->trouble = ev->text;
	ev->text = NULL;
	qf_node_news(n,
	             &(struct qf_news){ .kind = QF_NEWS_TROUBLE,
	                                .text = n->trouble },
	             out);
}

uint64_t qf_node_last_lsn(const struct qf_node *n)
{
	uint64_t last = 0;

	for (size_t i = 0; i < n->replica_count; i++)
		if (n->replicas[i]->last_lsn > last)
			last = n->replicas[i]->last_lsn;
	return last;
}

static void follow(struct qf_node *n, const struct qf_event *ev,
                   struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);
	struct qf_effect *fx;

	/* What waits for the room's time is kept before the cursor is taken. */
	if (r)
		qf_node_clock_met(n, r, ev->conn, out);
	fx = qf_effects_add(out, QF_FX_PAIR);
	if (!fx)
		return;
	fx->worker = qf_conn_worker(ev->conn);
	fx->conn = ev->conn;
	fx->room = ev->room;
	fx->number = qf_node_last_lsn(n);
	if (!r)
		return;
	memcpy(fx->name, r->name, sizeof fx->name);
	fx->direct = qf_node_copy_direct(r->direct, out);
	fx->room_ms = qf_node_seen(n, r);
	fx->snapshot = qf_replica_snapshot(r);
	fx->told = qf_replica_told(r, fx->worker);
	if (!fx->snapshot || !fx->told ||
	    (qf_node_link(n, ev->conn) && qf_push_join(&r->push, ev->conn)))
		out->bad = true;
}

static void tell_copies(struct qf_node *n, struct qf_effects *out)
{
	const struct qf_watched *w;

	n->copies_due_ms = 0;
	for (size_t i = 0; i < n->replica_count; i++) {
		struct qf_replica *r = n->replicas[i];

		while ((w = qf_copies_take_changed(&r->copies)))
			qf_node_news(n,
			             &(struct qf_news){ .kind = QF_NEWS_COPIES,
			                                .id = w->id,
			                                .room = r->id,
			                                .number = w->copies },
			             out);
	}
}

static void tick(struct qf_node *n, struct qf_effects *out)
{
	qf_node_dial_due(n, out);
	qf_node_push_tick(n, out);
	qf_node_arrivals_tick(n, out);
	for (size_t i = 0; i < n->replica_count; i++)
		qf_node_next_turns(n, n->replicas[i], out);
	qf_node_guests_tick(n, out);
	if (n->copies_due_ms && n->now.mono_ms >= n->copies_due_ms)
		tell_copies(n, out);
}

static void progress(struct qf_node *n, const struct qf_event *ev,
                     struct qf_effects *out)
{
	struct qf_replica *r = qf_node_replica(n, &ev->room);

	if (!r)
		return;
	if (qf_copies_progress(&r->copies, &ev->key, ev->number))
		out->bad = true;
	if (r->copies.changed && !n->copies_due_ms)
		n->copies_due_ms = n->now.mono_ms + COPIES_TOLD_MS;
}

/* Once everything accepted is stored and answered, the process may go. */
static void maybe_stopped(struct qf_node *n, struct qf_effects *out)
{
	if (!n->stopping || n->stopped || n->committed_number < n->keep_number)
		return;
	tell_copies(n, out);
	n->stopped = qf_effects_add(out, QF_FX_STOPPED);
}

/* The workers learn of the rooms that the store remembered. */
static void begin(struct qf_node *n, struct qf_effects *out)
{
	n->begun = true;
	if (n->named && !n->is_kept)
		qf_node_keep_name(n, out);
	for (size_t i = 0; i < n->replica_count; i++)
		if (n->replicas[i]->joined)
			qf_node_tell_room(n, n->replicas[i], out);
	qf_node_tell_self(n, out);
	qf_node_tell_marks(n, out);
	qf_node_self(n);
}

const char *qf_node_name(const struct qf_node *n)
{
	return n->name;
}

void qf_node_step(struct qf_node *n, struct qf_event *ev, struct qf_now now,
                  struct qf_effects *out)
{
	n->now = now;
	if (ev->kind == QF_EV_QUALITY)
		n->quality = (uint8_t)ev->number;
	qf_node_clock_now(n, out);
	if (!n->begun)
		begin(n, out);
	qf_node_page_tick(n, out);
	switch (ev->kind) {
	case QF_EV_COMMITTED:
		committed(n, ev, out);
		break;
	case QF_EV_NOT_COMMITTED:
		not_committed(n, ev, out);
		break;
	case QF_EV_FOLLOW:
		follow(n, ev, out);
		break;
	case QF_EV_PROGRESS:
		progress(n, ev, out);
		break;
	case QF_EV_COMMAND:
		qf_node_command(n, ev, out);
		break;
	case QF_EV_CLIENT_DOWN:
		qf_node_classic_gone(n, ev->conn, out);
		qf_node_guest_gone(n, ev->conn, out);
		break;
	case QF_EV_QUALITY:
		break;
	case QF_EV_IRC:
		qf_node_irc(n, ev, out);
		break;
	case QF_EV_CLASSIC:
	case QF_EV_CLASSIC_LOST:
		qf_node_classic_event(n, ev, out);
		break;
	case QF_EV_TICK:
		tick(n, out);
		break;
	case QF_EV_LISTENING:
	case QF_EV_NOT_LISTENING:
		qf_node_listening(n, ev, out);
		break;
	case QF_EV_FOUND:
		qf_node_found(n, ev, out);
		break;
	case QF_EV_CHANGED:
		qf_node_changed(n, ev, out);
		break;
	case QF_EV_EXAMINED:
		qf_node_examined(n, ev, out);
		break;
	case QF_EV_STOP:
		n->stopping = true;
		qf_node_self(n);
		break;
	default:
		qf_node_link_event(n, ev, out);
	}
	qf_node_people_tick(n, out);
	qf_node_doctor_tick(n, out);
	maybe_stopped(n, out);
}

uint64_t qf_node_wake(const struct qf_node *n)
{
	uint64_t wake = n->stopping || n->offline ? UINT64_MAX
	                                          : qf_peerbook_wake(&n->book);

	if (qf_presence_wake(&n->presence) < wake)
		wake = qf_presence_wake(&n->presence);
	if (qf_node_mesh_wake(n) < wake)
		wake = qf_node_mesh_wake(n);
	if (qf_wants_wake(&n->wants) < wake)
		wake = qf_wants_wake(&n->wants);
	if (qf_early_wake(&n->early) < wake)
		wake = qf_early_wake(&n->early);
	if (n->alone_ms && n->alone_ms < wake)
		wake = n->alone_ms;
	if (n->copies_due_ms && n->copies_due_ms < wake)
		wake = n->copies_due_ms;
	if (n->guests_due_ms && n->guests_due_ms < wake)
		wake = n->guests_due_ms;
	for (size_t i = 0; i < n->replica_count; i++) {
		uint64_t turn = qf_turn_wake(&n->replicas[i]->turn);

		if (turn < wake)
			wake = turn;
	}
	return wake;
}
