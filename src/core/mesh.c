/* mesh.c - with whom a node has links, so that every room holds together */
#include "mesh.h"

#include <string.h>

/* The look that is being made. */
struct look {
	struct qf_mesh *mesh;
	struct qf_mesh_peer *peers;
	size_t count;
	uint64_t now_ms;
	uint64_t rich; /* rooms with a hub, and with links off it that are over
	                */
};

/* One room in it. */
struct ring {
	const struct qf_hash *tag;
	uint64_t bit;
	size_t others; /* in it, but for us */
	size_t links;  /* with them, those on their way counted, hubs not */
	size_t chosen; /* of these, dialled by us but for the successor */
	size_t hubs;   /* links with hubs, */
	size_t coming; /* and those that will be before long */
};

void qf_mesh_init(struct qf_mesh *m, const struct qf_key *me, bool is_hub,
                  uint64_t random)
{
	*m = (struct qf_mesh){ .me = *me,
		               .is_hub = is_hub,
		               .hubs_ms = UINT64_MAX,
		               .random = random | 1 };
}

/* xorshift64 (Marsaglia 2003): others gain nothing by foreseeing it. */
static uint64_t chance(struct qf_mesh *m, uint64_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random % below;
}

static struct qf_mesh_try *find(struct qf_mesh_try *tries, size_t count,
                                const struct qf_key *key)
{
	for (size_t i = 0; i < count; i++)
		if (qf_key_equal(&tries[i].key, key))
			return &tries[i];
	return NULL;
}

static struct qf_mesh_try *try_of(struct qf_mesh *m, const struct qf_key *key)
{
	return find(m->tries, m->try_count, key);
}

static const struct qf_mesh_peer *peer_of(const struct look *l,
                                          const struct qf_key *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (qf_key_equal(&l->peers[i].key, key))
			return &l->peers[i];
	return NULL;
}

static bool goes_on(const struct look *l, const struct qf_mesh_try *t)
{
	const struct qf_mesh_peer *p;

	if (l->now_ms >= t->since_ms + QF_MESH_TRY_MS)
		return false;
	p = peer_of(l, &t->key);
	return p && !p->linked && p->answers;
}

/* Whoever was chosen and has a link by now, or will have none, is let go. */
static void sift_tries(struct look *l)
{
	struct qf_mesh *m = l->mesh;
	size_t kept = 0;

	for (size_t i = 0; i < m->try_count; i++)
		if (goes_on(l, &m->tries[i]))
			m->tries[kept++] = m->tries[i];
	m->try_count = kept;
	for (size_t i = 0; kept && i < l->count; i++)
		l->peers[i].wanted = try_of(m, &l->peers[i].key);
}

static uint64_t place(const struct ring *r, const struct qf_key *key)
{
	uint8_t bytes[QF_HASH_BYTES + QF_KEY_BYTES];
	struct qf_hash hash;
	uint64_t at = 0;

	memcpy(bytes, r->tag->b, QF_HASH_BYTES);
	memcpy(bytes + QF_HASH_BYTES, key->b, QF_KEY_BYTES);
	qf_hash_data(&hash, "QF1ring", bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof at; i++)
		at = at << 8 | hash.b[i];
	return at;
}

static bool is_in(const struct ring *r, const struct qf_mesh_peer *p)
{
	return p->rooms & r->bit;
}

static bool can_be_linked(const struct qf_mesh_peer *p)
{
	return p->linked || p->answers;
}

/* Hubs. */

/* Those that the room's members believe before all others. */
struct elect {
	struct qf_mesh_peer *peer;
	uint64_t at;
};

static bool comes_before(const struct elect *a, const struct elect *b)
{
	if (a->peer->standing != b->peer->standing)
		return a->peer->standing > b->peer->standing;
	return a->at < b->at;
}

static void believe_some(const struct look *l, const struct ring *r)
{
	struct elect best[QF_MESH_HUBS_OF_HUB + 1];
	size_t most = l->mesh->is_hub ? QF_MESH_HUBS_OF_HUB : QF_MESH_HUBS;
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct elect e = { .peer = &l->peers[i] };
		size_t to;

		if (!e.peer->is_hub || !is_in(r, e.peer) ||
		    !can_be_linked(e.peer))
			continue;
		e.at = place(r, &e.peer->key);
		for (to = n; to && comes_before(&e, &best[to - 1]); to--)
			best[to] = best[to - 1];
		best[to] = e;
		n += n < most;
	}
	for (size_t i = 0; i < n; i++)
		best[i].peer->is_believed = true;
}

uint64_t qf_mesh_hub_hold(struct qf_mesh *m, size_t many)
{
	return chance(m, many * QF_MESH_HUB_EACH_MS + 1);
}

/* When those that are waited for change what a look says. */
static uint64_t hubs_wake(const struct look *l)
{
	uint64_t wake = UINT64_MAX;

	for (size_t i = 0; i < l->mesh->hub_count; i++) {
		uint64_t at_ms = l->mesh->hubs[i].since_ms;

		if (at_ms <= l->now_ms)
			at_ms += QF_MESH_TRY_MS;
		if (at_ms > l->now_ms && at_ms < wake)
			wake = at_ms;
	}
	return wake;
}

/* A hub is waited for as long as it says that it is one, and has no link. */
static void sift_hubs(struct look *l)
{
	struct qf_mesh *m = l->mesh;
	size_t kept = 0;

	for (size_t i = 0; i < m->hub_count; i++) {
		const struct qf_mesh_peer *p = peer_of(l, &m->hubs[i].key);

		if (p && p->is_hub && !p->linked)
			m->hubs[kept++] = m->hubs[i];
	}
	m->hub_count = kept;
}

static const struct qf_mesh_try *awaited(struct qf_mesh *m,
                                         const struct qf_key *key)
{
	return find(m->hubs, m->hub_count, key);
}

static void await(struct look *l, const struct ring *r, struct qf_mesh_peer *p)
{
	struct qf_mesh *m = l->mesh;

	if (awaited(m, &p->key) || m->hub_count == QF_MESH_TRIES_MAX)
		return;
	m->hubs[m->hub_count++] = (struct qf_mesh_try){
		p->key, l->now_ms + qf_mesh_hub_hold(m, r->others)
	};
}

/* It will have a link soon, or it does not come up. */
static bool is_coming(const struct look *l, const struct qf_mesh_peer *p)
{
	const struct qf_mesh_try *t = awaited(l->mesh, &p->key);

	return t && l->now_ms < t->since_ms + QF_MESH_TRY_MS;
}

static void want_hubs(struct look *l, struct ring *r)
{
	for (size_t i = 0; i < l->count; i++) {
		struct qf_mesh_peer *p = &l->peers[i];
		const struct qf_mesh_try *t;

		if (!p->is_believed || !is_in(r, p))
			continue;
		if (!p->linked)
			await(l, r, p);
		t = awaited(l->mesh, &p->key);
		p->wanted |= !t || l->now_ms >= t->since_ms;
		r->hubs += p->linked;
		l->mesh->has_hub |= p->linked;
		r->coming += is_coming(l, p);
	}
}

/* The next on the ring; whoever does not answer is passed over, as whoever
 * stands before it will do. */
static struct qf_mesh_peer *successor(const struct look *l,
                                      const struct ring *r)
{
	uint64_t mine = place(r, &l->mesh->me), nearest = UINT64_MAX;
	struct qf_mesh_peer *next = NULL;

	for (size_t i = 0; i < l->count; i++) {
		struct qf_mesh_peer *p = &l->peers[i];
		uint64_t way;

		if (!is_in(r, p) || !can_be_linked(p))
			continue;
		way = place(r, &p->key) - mine;
		if (way <= nearest) {
			nearest = way;
			next = p;
		}
	}
	return next;
}

static bool may_be_chosen(const struct look *l, const struct ring *r,
                          const struct qf_mesh_peer *p)
{
	return is_in(r, p) && !p->linked && !p->wanted && !p->is_believed &&
	       p->answers && p->degree < QF_MESH_HIGH &&
	       !qf_key_equal(&p->key, &l->mesh->swapped);
}

/* One more of that room by chance; false: there is nobody. */
static bool choose(struct look *l, struct ring *r)
{
	struct qf_mesh *m = l->mesh;
	struct qf_mesh_peer *chosen = NULL;
	size_t seen = 0;

	if (m->try_count == QF_MESH_TRIES_MAX)
		return false;
	for (size_t i = 0; i < l->count; i++)
		if (may_be_chosen(l, r, &l->peers[i]) && !chance(m, ++seen))
			chosen = &l->peers[i];
	if (!chosen)
		return false;
	chosen->wanted = true;
	m->tries[m->try_count++] = (struct qf_mesh_try){ chosen->key,
		                                         l->now_ms };
	r->links++;
	r->chosen++;
	return true;
}

static void count_links(const struct look *l, struct ring *r,
                        const struct qf_mesh_peer *next)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct qf_mesh_peer *p = &l->peers[i];
		bool is_chosen = p->linked ? p->dialled
		                           : try_of(l->mesh, &p->key) != NULL;

		if (!is_in(r, p) || p->is_believed || !(p->linked || p->wanted))
			continue;
		r->links++;
		r->chosen += is_chosen && p != next;
	}
}

static void want_all(const struct look *l, const struct ring *r)
{
	for (size_t i = 0; i < l->count; i++)
		if (is_in(r, &l->peers[i]))
			l->peers[i].wanted = true;
}

static bool needs_more(const struct ring *r)
{
	size_t by_chance = r->others >= QF_MESH_CROWD ? 3 : 2;

	if (r->hubs || r->coming)
		return r->links < QF_MESH_OFF;
	return r->links < QF_MESH_TARGET &&
	       (r->chosen < by_chance || r->links < QF_MESH_LOW);
}

static void want_some(struct look *l, struct ring *r)
{
	struct qf_mesh_peer *next = successor(l, r);

	if (next)
		next->wanted = true;
	want_hubs(l, r);
	count_links(l, r, next);
	while (needs_more(r) && choose(l, r))
		;
	if (r->hubs && r->links > QF_MESH_OFF)
		l->rich |= r->bit;
}

static void see_room(const struct look *l, struct ring *r)
{
	for (size_t i = 0; i < l->count; i++)
		r->others += is_in(r, &l->peers[i]);
	if (r->others >= QF_MESH_WHOLE)
		believe_some(l, r);
}

static void look_at_room(struct look *l, struct ring *r)
{
	if (r->others < QF_MESH_WHOLE)
		want_all(l, r);
	else
		want_some(l, r);
}

/* Our links of chance that no end needs, all, or such as are over because of
 * hubs: how many, and one by chance. */
static size_t spares(const struct look *l, bool all, struct qf_mesh_peer **one)
{
	size_t seen = 0, low = all ? QF_MESH_LOW : QF_MESH_OFF;

	for (size_t i = 0; i < l->count && !all; i++)
		low += l->peers[i].linked && l->peers[i].is_believed;
	for (size_t i = 0; i < l->count; i++) {
		struct qf_mesh_peer *p = &l->peers[i];

		if (p->linked && p->dialled && !p->wanted && p->degree > low &&
		    (all || (l->rich && !(p->rooms & ~l->rich))) &&
		    !chance(l->mesh, ++seen))
			*one = p;
	}
	return seen;
}

static size_t link_count(const struct look *l)
{
	size_t links = 0;

	for (size_t i = 0; i < l->count; i++)
		links += l->peers[i].linked;
	return links;
}

static uint64_t swap_after(struct qf_mesh *m, uint64_t now_ms, uint64_t every)
{
	return now_ms + every / 2 + chance(m, every);
}

/* One goes when it is time for a change, or when there are too many. Whatever
 * leads to a hub is for the others to give up. */
static void give_up(struct look *l)
{
	struct qf_mesh *m = l->mesh;
	struct qf_mesh_peer *spare = NULL;
	bool sheds = spares(l, false, &spare);
	bool is_time = m->swap_ms && l->now_ms >= m->swap_ms;
	uint64_t every = sheds ? QF_MESH_SHED_MS : QF_MESH_SWAP_MS;

	if (m->is_hub || (!sheds && !spares(l, true, &spare))) {
		m->swap_ms = 0;
		return;
	}
	if (!m->swap_ms || is_time || m->swap_ms > l->now_ms + 2 * every)
		m->swap_ms = swap_after(m, l->now_ms, every);
	if (!is_time && link_count(l) <= QF_MESH_HIGH)
		return;
	spare->is_extra = true;
	m->swapped = spare->key;
}

void qf_mesh_look(struct qf_mesh *m, struct qf_mesh_peer *peers, size_t count,
                  const struct qf_hash *tags, size_t room_count,
                  uint64_t now_ms)
{
	struct look l = { m, peers, count, now_ms, 0 };
	struct ring rings[QF_MESH_ROOMS_MAX];

	for (size_t i = 0; i < count; i++)
		peers[i].wanted = peers[i].is_extra = peers[i].is_believed =
			false;
	m->has_hub = false;
	sift_tries(&l);
	sift_hubs(&l);
	for (size_t i = 0; i < room_count; i++) {
		rings[i] = (struct ring){ .tag = &tags[i],
			                  .bit = UINT64_C(1) << i };
		see_room(&l, &rings[i]);
	}
	/* A hub of one room is one of all that it is in. */
	for (size_t i = 0; i < room_count; i++)
		look_at_room(&l, &rings[i]);
	give_up(&l);
	m->hubs_ms = hubs_wake(&l);
}

uint64_t qf_mesh_wake(const struct qf_mesh *m)
{
	uint64_t wake = m->swap_ms ? m->swap_ms : UINT64_MAX;

	if (m->hubs_ms < wake)
		wake = m->hubs_ms;
	for (size_t i = 0; i < m->try_count; i++)
		if (m->tries[i].since_ms + QF_MESH_TRY_MS < wake)
			wake = m->tries[i].since_ms + QF_MESH_TRY_MS;
	return wake;
}
