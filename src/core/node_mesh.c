/* node_mesh.c - whom to dial, and which links are to spare
 *
 * Records of presence say who is here, in which open rooms, and where each
 * listens. So a newcomer that knows one address has everyone's as soon as its
 * first link has told it of them. The mesh (mesh.h) looks at all that soon
 * after something has changed, and says with whom there should be links.
 *
 * Of two that want a link the one with the smaller key dials at once, the other
 * a little later if nothing has come.
 *
 * A dial is made if a person asked for it, if the mesh wants it, or if whoever
 * it leads to is not here: while there are few links all such are dialled, then
 * one now and then, in the hope of finding a part of the network that we were
 * cut off from.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_state.h"

enum {
	LOOK_MS = 50,          /* between looks, and a millisecond more */
	PERSONS_PER_MS = 2,    /* for so many people */
	NEXT_ADDRESS_MS = 500, /* until another of the same person is tried */
	GREATER_KEY_MS = 600,  /* the other end may dial first */
	SCOUT_MS = 3000,       /* between dials that nobody needs, */
	FOUND_MS = 250,        /* or to whoever was found nearby */
	FAILS = 2,             /* in a row: somebody else may do as well */
	/* Whose word it is that a node is a hub. */
	STANDING_KNOWN = 1, /* we had a link once */
	STANDING_ASKED = 2, /* a person asked for one */
};

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* The i-th of addresses as they are told. False: there are no more. */
static bool nth_address(struct qf_bytes all, size_t i, uint16_t port,
                        struct qf_address *out)
{
	const uint8_t *a = all.at + i * QF_HERE_ADDRESS_BYTES;

	if (i >= all.len / QF_HERE_ADDRESS_BYTES)
		return false;
	*out = (struct qf_address){ .port = port };
	if (!memcmp(a, mapped, sizeof mapped))
		return inet_ntop(AF_INET, a + 12, out->host, sizeof out->host);
	return inet_ntop(AF_INET6, a, out->host, sizeof out->host);
}

bool qf_node_address_of(const struct qf_person *p, size_t i,
                        struct qf_address *out)
{
	return nth_address(p->here.addresses, i, p->here.port, out);
}

bool qf_node_own_address(const struct qf_node *n, size_t i,
                         struct qf_address *out)
{
	return nth_address(qf_bytes(n->addresses, n->address_bytes), i,
	                   n->listening.port, out);
}

static bool is_loopback(const uint8_t *a)
{
	static const uint8_t one[QF_HERE_ADDRESS_BYTES] = { [15] = 1 };

	return memcmp(a, mapped, sizeof mapped) ? !memcmp(a, one, sizeof one)
	                                        : a[12] == 127;
}

/* Loopback is another machine's own business, unless we live there too. */
static bool is_useful(const struct qf_node *n, const struct qf_person *p,
                      size_t i)
{
	const uint8_t *a = p->here.addresses.at + i * QF_HERE_ADDRESS_BYTES;

	return !is_loopback(a) ||
	       (n->address_bytes && is_loopback(n->addresses));
}

static void hurry(struct qf_node *n, struct qf_dial *d, uint64_t hold_ms)
{
	uint64_t soonest_ms = n->now.mono_ms + hold_ms;

	if (d->state != QF_DIAL_WAITING && d->state != QF_DIAL_IDLE)
		return;
	if (d->tried_ms && d->tried_ms + QF_REDIAL_MIN_MS > soonest_ms)
		soonest_ms = d->tried_ms + QF_REDIAL_MIN_MS;
	if (d->state == QF_DIAL_IDLE || soonest_ms < d->due_ms)
		d->due_ms = soonest_ms;
	d->state = QF_DIAL_WAITING;
}

/* An address of someone, in the book from now on; NULL: there is no room. */
static struct qf_dial *learn(struct qf_node *n,
                             const struct qf_address *address,
                             const struct qf_key *key, uint64_t hold_ms)
{
	size_t before = n->book.count;
	struct qf_dial *d = qf_peerbook_add(&n->book, address, key,
	                                    n->now.mono_ms + hold_ms);

	if (d && n->book.count > before) {
		d->quiet = true;
		snprintf(d->name, sizeof d->name, "%s",
		         qf_node_name_of(n, key));
	}
	return d;
}

void qf_node_reach(struct qf_node *n, const struct qf_key *key,
                   struct qf_effects *out)
{
	const struct qf_person *p = qf_presence_find(&n->presence, key);
	const struct qf_peer *known = qf_node_peer(n, key);
	struct qf_address address;

	for (size_t i = 0; p && qf_node_address_of(p, i, &address); i++)
		if (is_useful(n, p, i))
			learn(n, &address, key, 0);
	if (known && known->address.port)
		learn(n, &known->address, key, 0);
	for (size_t i = 0; i < n->book.count; i++) {
		struct qf_dial *d = &n->book.dials[i];

		if (!d->expects_key || !qf_key_equal(&d->key, key))
			continue;
		d->asked = true;
		hurry(n, d, 0);
	}
	qf_peerbook_stir(&n->book, key, n->now.mono_ms);
	qf_node_dial_due(n, out);
}

/* A look. */

struct view {
	struct qf_node *node;
	struct qf_mesh_peer *peers; /* ascending by key */
	const struct qf_person **persons;
	size_t count;
	struct qf_hash tags[QF_MESH_ROOMS_MAX];
	size_t room_count;
};

static int compare_peers(const void *a, const void *b)
{
	const struct qf_mesh_peer *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, sizeof x->key.b);
}

static struct qf_mesh_peer *peer_of(const struct view *v,
                                    const struct qf_key *key)
{
	struct qf_mesh_peer wanted = { .key = *key };

	return v->count ? bsearch(&wanted, v->peers, v->count, sizeof wanted,
	                          compare_peers)
	                : NULL;
}

static void see_people(struct view *v)
{
	const struct qf_person *p;
	size_t at = 0;

	/* The roster's order is that of the keys. */
	while ((p = qf_presence_each(&v->node->presence, NULL, &at))) {
		v->persons[v->count] = p;
		v->peers[v->count++] = (struct qf_mesh_peer){
			.key = p->key,
			.linked = p->linked,
			.is_hub = p->here.is_hub,
		};
	}
}

/* One room of ours; true: all who are here are in it. */
static bool see_room(struct view *v, const struct qf_room_id *id)
{
	uint64_t bit = UINT64_C(1) << v->room_count;
	size_t members = 0;

	qf_room_tag_key(id, &v->tags[v->room_count++]);
	for (size_t i = 0; i < v->count; i++) {
		if (!qf_here_in_room(&v->persons[i]->here, id->b))
			continue;
		v->peers[i].rooms |= bit;
		members++;
	}
	return members == v->count;
}

/* Presence has to reach everyone, so the whole network is a room too, unless
 * one of ours is as large. */
static void see_rooms(struct view *v)
{
	const struct qf_node *n = v->node;
	bool is_whole = false;
	uint64_t bit;

	for (size_t i = 0; i < n->replica_count; i++)
		if (n->replicas[i]->joined && !n->replicas[i]->direct &&
		    v->room_count < QF_MESH_ROOMS_MAX - 1)
			is_whole |= see_room(v, &n->replicas[i]->id);
	if (is_whole)
		return;
	bit = UINT64_C(1) << v->room_count;
	v->tags[v->room_count++] = (struct qf_hash){ { 0 } };
	for (size_t i = 0; i < v->count; i++)
		v->peers[i].rooms |= bit;
}

static void see_edges(struct view *v)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct qf_person *p = v->persons[i];

		for (size_t e = 0; e < qf_here_edge_count(&p->here); e++) {
			struct qf_mesh_peer *other;
			struct qf_key key;

			if (p->gone & 1u << e)
				continue;
			qf_here_edge(&p->here, e, &key);
			other = peer_of(v, &key);
			v->peers[i].degree++;
			if (other)
				other->degree++;
		}
	}
	for (size_t i = 0; i < v->node->presence.neighbour_count; i++) {
		const struct qf_neighbour *at =
			&v->node->presence.neighbours[i];
		struct qf_mesh_peer *p = peer_of(v, &at->key);

		/* What we claim is in no record but ours. */
		if (p && at->dialled)
			p->degree++;
	}
}

static void see_links(struct view *v)
{
	struct qf_node *n = v->node;

	for (size_t i = 0; i < n->link_count; i++) {
		const struct qf_node_link *l = &n->links[i];
		struct qf_mesh_peer *p = peer_of(v, &l->key);
		const struct qf_dial *d = qf_peerbook_find(&n->book, l->dial);

		if (p && l->outbound && d && !d->asked)
			p->dialled = true;
	}
}

static bool has_address(const struct view *v, size_t i)
{
	const struct qf_person *p = v->persons[i];
	size_t count = p->here.addresses.len / QF_HERE_ADDRESS_BYTES;

	for (size_t a = 0; a < count; a++)
		if (is_useful(v->node, p, a))
			return true;
	return false;
}

/* Who listens where we know, and did not fail to answer just now; and what we
 * know of them. */
static void see_addresses(struct view *v)
{
	const struct qf_node *n = v->node;

	for (size_t i = 0; i < v->count; i++)
		v->peers[i].answers = has_address(v, i);
	for (size_t i = 0; i < n->peer_count; i++) {
		struct qf_mesh_peer *p = peer_of(v, &n->peers[i].key);

		if (!p)
			continue;
		p->standing = STANDING_KNOWN;
		if (n->peers[i].address.port)
			p->answers = true;
	}
	for (size_t i = 0; i < n->book.count; i++) {
		const struct qf_dial *d = &n->book.dials[i];
		struct qf_mesh_peer *p = peer_of(v, &d->key);

		if (p && d->expects_key && d->fails >= FAILS &&
		    n->now.mono_ms < d->due_ms)
			p->answers = false;
		if (p && d->asked && (d->expects_key || d->worked))
			p->standing = STANDING_ASKED;
	}
}

/* Who has the smaller key dials first; but a node that does not listen cannot
 * wait for the other. */
static uint64_t hold_ms(const struct qf_node *n, const struct qf_key *key)
{
	bool first = memcmp(n->id->key.b, key->b, sizeof key->b) < 0;

	return first || !n->listening.port ? 0 : GREATER_KEY_MS;
}

static void want(struct view *v, size_t i)
{
	struct qf_node *n = v->node;
	const struct qf_key *key = &v->peers[i].key;
	const struct qf_peer *known = qf_node_peer(n, key);
	uint64_t hold = hold_ms(n, key);
	struct qf_address address;
	struct qf_dial *d;

	if (known && known->address.port &&
	    (d = learn(n, &known->address, key, hold)))
		d->wanted = true;
	for (size_t a = 0; qf_node_address_of(v->persons[i], a, &address); a++)
		if (is_useful(n, v->persons[i], a) &&
		    (d = learn(n, &address, key, hold)))
			d->wanted = true;
}

/* All who were linked with it have lost it at once: when each dials again is
 * the mesh's to say. */
void qf_node_hub_lost(struct qf_node *n, const struct qf_key *key)
{
	for (size_t i = 0; i < n->book.count; i++)
		if (qf_key_equal(&n->book.dials[i].key, key))
			n->book.dials[i].wanted = false;
}

/* The book learns what the mesh said. */
static void tell_book(struct view *v)
{
	struct qf_node *n = v->node;

	for (size_t i = 0; i < n->book.count; i++) {
		struct qf_dial *d = &n->book.dials[i];
		const struct qf_mesh_peer *p = d->expects_key
		                                       ? peer_of(v, &d->key)
		                                       : NULL;
		bool wanted = p && p->wanted;

		if (wanted && !d->wanted && !p->linked)
			hurry(n, d, hold_ms(n, &d->key));
		else if (!p && d->state == QF_DIAL_IDLE)
			d->state = QF_DIAL_WAITING;
		d->wanted = wanted;
	}
	for (size_t i = 0; i < v->count; i++)
		if (v->peers[i].wanted && !v->peers[i].linked)
			want(v, i);
	qf_peerbook_sift(&n->book);
}

static void drop_extra(struct view *v, struct qf_effects *out)
{
	struct qf_node *n = v->node;

	for (size_t i = 0; i < n->link_count; i++) {
		const struct qf_mesh_peer *p = peer_of(v, &n->links[i].key);

		if (p && p->is_extra)
			qf_node_spare(n->links[i].conn, out);
	}
}

static void look(struct qf_node *n, struct qf_effects *out)
{
	struct view v = { .node = n };
	size_t room = n->presence.roster.count + 1;

	v.peers = calloc(room, sizeof *v.peers);
	v.persons = calloc(room, sizeof *v.persons);
	if (v.peers && v.persons) {
		see_people(&v);
		see_rooms(&v);
		see_edges(&v);
		see_links(&v);
		see_addresses(&v);
		qf_mesh_look(&n->mesh, v.peers, v.count, v.tags, v.room_count,
		             n->now.mono_ms);
		tell_book(&v);
		drop_extra(&v, out);
	} else {
		out->bad = true;
	}
	free(v.peers);
	free(v.persons);
	n->mesh_stale = false;
	n->mesh_due_ms = n->now.mono_ms;
	if (v.count)
		n->mesh_due_ms += LOOK_MS + v.count / PERSONS_PER_MS;
}

static uint64_t look_due(const struct qf_node *n)
{
	uint64_t due = n->mesh_stale ? n->mesh_due_ms : qf_mesh_wake(&n->mesh);

	return due > n->mesh_due_ms ? due : n->mesh_due_ms;
}

void qf_node_mesh_tick(struct qf_node *n, struct qf_effects *out)
{
	if (n->stopping || n->offline || look_due(n) > n->now.mono_ms)
		return;
	look(n, out);
	qf_node_dial_due(n, out);
}

uint64_t qf_node_mesh_wake(const struct qf_node *n)
{
	return n->stopping || n->offline ? UINT64_MAX : look_due(n);
}

/* Dials. */

/* Another address of the same person is being tried: one at a time, or two
 * links come up where one will do. But one that is silent is not waited for. */
static bool is_tried(const struct qf_node *n, const struct qf_dial *d)
{
	for (size_t i = 0; i < n->book.count; i++) {
		const struct qf_dial *o = &n->book.dials[i];

		if (o != d && o->expects_key && o->state == QF_DIAL_TRYING &&
		    n->now.mono_ms < o->tried_ms + NEXT_ADDRESS_MS &&
		    qf_key_equal(&o->key, &d->key))
			return true;
	}
	return false;
}

/* Who was found nearby says whose address it is. */
static void learn_key(const struct qf_node *n, struct qf_dial *d)
{
	const struct qf_person *p;
	struct qf_hint hint;
	size_t at = 0;

	while ((p = qf_presence_each(&n->presence, NULL, &at))) {
		qf_key_hint(&p->key, &hint);
		if (!qf_hint_equal(&hint, &d->hint))
			continue;
		d->key = p->key;
		return;
	}
}

static bool is_here(const struct qf_node *n, struct qf_dial *d)
{
	const struct qf_person *p;

	if (d->found && !d->worked)
		learn_key(n, d);
	p = qf_presence_find(&n->presence, &d->key);
	return p && p->shown;
}

static size_t found_count(const struct qf_node *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->book.count; i++)
		count += n->book.dials[i].found &&
		         n->book.dials[i].state == QF_DIAL_TRYING;
	return count;
}

/* Whoever is not here may be of another part of the network. */
static uint64_t scout_from(struct qf_node *n, const struct qf_dial *d)
{
	size_t enough = n->mesh.has_hub ? QF_MESH_LOW : QF_MESH_TARGET;
	bool is_lonely = n->link_count < enough;
	uint64_t now_ms = n->now.mono_ms;
	uint64_t *next_ms = d->found ? &n->found_ms : &n->scout_ms;

	if (is_lonely && (!d->found || found_count(n) <= QF_MESH_TARGET))
		return now_ms;
	if (now_ms < *next_ms)
		return *next_ms;
	*next_ms = now_ms + (d->found ? FOUND_MS : SCOUT_MS);
	return now_ms;
}

static bool wait_until(struct qf_node *n, struct qf_dial *d, uint64_t due_ms)
{
	if (due_ms <= n->now.mono_ms)
		return false;
	d->state = QF_DIAL_WAITING;
	d->due_ms = due_ms;
	return true;
}

/* A dial is due; false: it is not made now. */
static bool is_needed(struct qf_node *n, struct qf_dial *d)
{
	if ((d->expects_key || d->found) && qf_node_is_linked(n, &d->key)) {
		qf_dial_rest(d, &d->key);
		return false;
	}
	if (d->expects_key && is_tried(n, d))
		return !wait_until(n, d, n->now.mono_ms + NEXT_ADDRESS_MS);
	if (d->asked || d->wanted)
		return true;
	if (is_here(n, d) || (d->quiet && !d->worked && !d->found)) {
		d->state = QF_DIAL_IDLE;
		return false;
	}
	return !wait_until(n, d, scout_from(n, d));
}

void qf_node_dial_due(struct qf_node *n, struct qf_effects *out)
{
	struct qf_dial *d;

	if (n->stopping || n->offline)
		return;
	while ((d = qf_peerbook_due(&n->book, n->now.mono_ms))) {
		struct qf_effect *fx;

		if (!is_needed(n, d))
			continue;
		fx = qf_effects_add(out, QF_FX_DIAL);
		if (!fx)
			return;
		fx->worker = n->next_worker++ % n->workers;
		fx->number = d->number;
		fx->address = d->address;
		fx->expects_key = d->expects_key;
		fx->key = d->key;
	}
}
