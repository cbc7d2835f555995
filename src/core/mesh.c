/* mesh.c - with whom a node has links, so that every room holds together */
#include "mesh.h"

#include <string.h>

/* The look that is being made. */
struct look {
	struct qf_mesh *mesh;
	struct qf_mesh_peer *peers;
	size_t count;
	uint64_t now_ms;
};

/* One room in it. */
struct ring {
	const struct qf_hash *tag;
	uint64_t bit;
	size_t others; /* in it, but for us */
	size_t links;  /* with them, those on their way counted */
	size_t chosen; /* of these, dialled by us but for the successor */
};

void qf_mesh_init(struct qf_mesh *m, const struct qf_key *me, uint64_t random)
{
	*m = (struct qf_mesh){ .me = *me, .random = random | 1 };
}

/* xorshift64 (Marsaglia 2003): others gain nothing by foreseeing it. */
static uint64_t chance(struct qf_mesh *m, uint64_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random % below;
}

static struct qf_mesh_try *try_of(struct qf_mesh *m, const struct qf_key *key)
{
	for (size_t i = 0; i < m->try_count; i++)
		if (qf_key_equal(&m->tries[i].key, key))
			return &m->tries[i];
	return NULL;
}

static bool goes_on(const struct look *l, const struct qf_mesh_try *t)
{
	if (l->now_ms >= t->since_ms + QF_MESH_TRY_MS)
		return false;
	for (size_t i = 0; i < l->count; i++)
		if (qf_key_equal(&l->peers[i].key, &t->key))
			return !l->peers[i].linked && l->peers[i].answers;
	return false;
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
	return is_in(r, p) && !p->linked && !p->wanted && p->answers &&
	       p->degree < QF_MESH_HIGH &&
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

		if (!is_in(r, p) || !(p->linked || p->wanted))
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

static void want_some(struct look *l, struct ring *r)
{
	size_t by_chance = r->others >= QF_MESH_CROWD ? 3 : 2;
	struct qf_mesh_peer *next = successor(l, r);

	if (next)
		next->wanted = true;
	count_links(l, r, next);
	while (r->links < QF_MESH_TARGET &&
	       (r->chosen < by_chance || r->links < QF_MESH_LOW) &&
	       choose(l, r))
		;
}

static void look_at_room(struct look *l, struct ring *r)
{
	for (size_t i = 0; i < l->count; i++)
		r->others += is_in(r, &l->peers[i]);
	if (r->others < QF_MESH_WHOLE)
		want_all(l, r);
	else
		want_some(l, r);
}

/* Our links of chance that no end needs: how many, and one by chance. */
static size_t spares(const struct look *l, struct qf_mesh_peer **one)
{
	size_t seen = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct qf_mesh_peer *p = &l->peers[i];

		if (p->linked && p->dialled && !p->wanted &&
		    p->degree > QF_MESH_LOW && !chance(l->mesh, ++seen))
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

/* One goes when it is time for a change, or when there are too many. */
static void give_up(struct look *l)
{
	struct qf_mesh *m = l->mesh;
	struct qf_mesh_peer *spare = NULL;
	bool is_time = m->swap_ms && l->now_ms >= m->swap_ms;

	if (!spares(l, &spare)) {
		m->swap_ms = 0;
		return;
	}
	if (!m->swap_ms || is_time)
		m->swap_ms = l->now_ms + QF_MESH_SWAP_MS / 2 +
		             chance(m, QF_MESH_SWAP_MS);
	if (!is_time && link_count(l) <= QF_MESH_HIGH)
		return;
	spare->is_extra = true;
	m->swapped = spare->key;
}

void qf_mesh_look(struct qf_mesh *m, struct qf_mesh_peer *peers, size_t count,
                  const struct qf_hash *tags, size_t room_count,
                  uint64_t now_ms)
{
	struct look l = { m, peers, count, now_ms };

	for (size_t i = 0; i < count; i++)
		peers[i].wanted = peers[i].is_extra = false;
	sift_tries(&l);
	for (size_t i = 0; i < room_count; i++) {
		struct ring r = { .tag = &tags[i], .bit = UINT64_C(1) << i };

		look_at_room(&l, &r);
	}
	give_up(&l);
}

uint64_t qf_mesh_wake(const struct qf_mesh *m)
{
	uint64_t wake = m->swap_ms ? m->swap_ms : UINT64_MAX;

	for (size_t i = 0; i < m->try_count; i++)
		if (m->tries[i].since_ms + QF_MESH_TRY_MS < wake)
			wake = m->tries[i].since_ms + QF_MESH_TRY_MS;
	return wake;
}
