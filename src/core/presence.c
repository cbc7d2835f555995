/* presence.c - who is here, who came, who left and who was lost
 *
 * The happy path: a link comes up, who dialled makes a record that claims it
 * (make_record), passes it on (flood), and the other end takes it (take_here)
 * and passes it on in turn; meanwhile the two compare what else they know
 * (accord.h). Everyone who took something looks at what follows (people.h).
 *
 * The ways it can fail: a link ends (contradict, and a new record), a claim is
 * of a link that is not there (contradict), a claim is reported though the link
 * is there (take's end), our own record comes back newer than it is (take_own).
 */
#include "presence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "list.h"

enum {
	RECORD_BURST_MS = (QF_PRESENCE_RECORDS - 1) * QF_PRESENCE_RECORD_MS,
	NEWS_BURST_MS = (QF_PRESENCE_NEWS - 1) * QF_PRESENCE_NEWS_MS,
};

/* See "Versions" in presence.h. */
#define LEAP_MS (UINT64_C(1) << 32)

static const struct qf_key nobody;

/* What is sent at most once each `every`, but a burst of that long in a row
 * (the generic cell rate algorithm, ITU-T I.371): *pace is when all would have
 * been sent had it kept to the rate. */
static uint64_t pace_due(uint64_t pace_ms, uint64_t burst_ms)
{
	return pace_ms > burst_ms ? pace_ms - burst_ms : 0;
}

static void pace_spend(uint64_t *pace_ms, uint64_t every_ms, uint64_t now_ms)
{
	*pace_ms = (*pace_ms > now_ms ? *pace_ms : now_ms) + every_ms;
}

static struct qf_neighbour *neighbour_of(const struct qf_presence *p,
                                         const struct qf_key *key)
{
	uint64_t i;

	return qf_idmap_get(&p->by_key, key->b, &i) ? &p->neighbours[i] : NULL;
}

/* Our own record. */

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, QF_KEY_BYTES);
}

static int compare_rooms(const void *a, const void *b)
{
	return memcmp(a, b, QF_HERE_ROOM_BYTES);
}

/* A link that we accepted from someone whose record is full without it. */
static bool left_to_us(const struct qf_presence *p,
                       const struct qf_neighbour *n)
{
	const struct qf_person *person = qf_roster_find(&p->roster, &n->key);

	return person &&
	       qf_here_edge_count(&person->here) == QF_HERE_EDGES_MAX &&
	       qf_here_edge_to(&person->here, &p->id->key) < 0;
}

static size_t claim(const struct qf_presence *p,
                    struct qf_key edges[QF_HERE_EDGES_MAX])
{
	size_t n = 0;

	if (p->mine.state == QF_HERE_LEFT)
		return 0;
	for (size_t i = 0; i < p->neighbour_count; i++)
		if (p->neighbours[i].dialled && n < QF_HERE_EDGES_MAX)
			edges[n++] = p->neighbours[i].key;
	for (size_t i = 0; i < p->neighbour_count && n < QF_HERE_EDGES_MAX; i++)
		if (!p->neighbours[i].dialled &&
		    left_to_us(p, &p->neighbours[i]))
			edges[n++] = p->neighbours[i].key;
	qsort(edges, n, sizeof *edges, compare_keys);
	return n;
}

static uint64_t next_version(const struct qf_presence *p, uint64_t wall_ms)
{
	uint64_t version = p->version_min;

	if (wall_ms > version)
		version = wall_ms;
	return version < QF_HERE_VERSION_MAX ? version : QF_HERE_VERSION_MAX;
}

static void keep_own(struct qf_presence *p, struct qf_here *h, uint64_t now_ms)
{
	struct qf_buf bytes;
	int rc = QF_E_NOMEM;

	qf_buf_init(&bytes, QF_HERE_BYTES_MAX);
	qf_here_put(&bytes, h, p->id);
	h->whole = qf_buf_bytes(&bytes);
	if (!bytes.bad)
		rc = qf_roster_put(&p->roster, h, now_ms, &p->me);
	qf_buf_fini(&bytes);
	assert(!rc || rc == QF_E_NOMEM);
	if (rc) {
		p->bad = true;
		return;
	}
	p->version_min = h->version + 1;
	p->stale = true;
	qf_flood_record(&p->flood, p->me, &nobody);
}

static void make_record(struct qf_presence *p, uint64_t now_ms,
                        uint64_t wall_ms)
{
	struct qf_key edges[QF_HERE_EDGES_MAX];
	struct qf_here h = p->mine;
	bool again = p->again;

	p->unsaid = p->again = false;
	h.edges = qf_bytes(edges, claim(p, edges) * sizeof *edges);
	if (p->me && !again && qf_here_same(&h, &p->me->here))
		return;
	h.version = next_version(p, wall_ms);
	if (p->me && h.version <= p->me->here.version)
		return; /* the last that there can be was made */
	pace_spend(&p->record_ms, QF_PRESENCE_RECORD_MS, now_ms);
	keep_own(p, &h, now_ms);
}

static uint64_t record_due(const struct qf_presence *p)
{
	if (!p->unsaid || !p->neighbour_count)
		return UINT64_MAX;
	if (p->mine.state == QF_HERE_LEFT)
		return 0;
	return pace_due(p->record_ms, RECORD_BURST_MS);
}

static void say_again(struct qf_presence *p)
{
	p->unsaid = p->again = true;
}

static void copy(struct qf_bytes *to, uint8_t *at, size_t max,
                 struct qf_bytes from)
{
	assert(from.len <= max);
	if (from.len)
		memmove(at, from.at, from.len);
	*to = qf_bytes(at, from.len);
}

void qf_presence_self(struct qf_presence *p, const struct qf_here *mine)
{
	struct qf_here *h = &p->mine;

	*h = (struct qf_here){ .key = p->id->key, .state = mine->state };
	copy(&h->name, p->name, sizeof p->name, mine->name);
	if (h->state == QF_HERE_AWAY)
		copy(&h->text, p->text, sizeof p->text, mine->text);
	if (h->state != QF_HERE_LEFT) {
		h->is_hub = mine->is_hub;
		h->port = mine->port;
		copy(&h->addresses, p->addresses, sizeof p->addresses,
		     mine->addresses);
		copy(&h->rooms, p->rooms, sizeof p->rooms, mine->rooms);
		qsort(p->rooms, h->rooms.len / QF_HERE_ROOM_BYTES,
		      QF_HERE_ROOM_BYTES, compare_rooms);
	}
	p->unsaid = true;
}

int qf_presence_init(struct qf_presence *p, const struct qf_identity *id,
                     const struct qf_here *mine, uint64_t seed, uint64_t now_ms,
                     uint64_t wall_ms)
{
	*p = (struct qf_presence){
		.id = id,
		.version_min = 1,
		.leap = LEAP_MS + (uint32_t)seed,
		.look_ms = UINT64_MAX,
	};
	qf_roster_init(&p->roster);
	qf_idmap_init(&p->by_key, seed);
	qf_parcels_init(&p->out);
	qf_presence_self(p, mine);
	make_record(p, now_ms, wall_ms);
	if (!p->bad)
		return QF_OK;
	qf_presence_fini(p);
	return QF_E_NOMEM;
}

void qf_presence_fini(struct qf_presence *p)
{
	free(p->neighbours);
	qf_people_fini(&p->people);
	qf_flood_fini(&p->flood);
	qf_parcels_fini(&p->out);
	qf_idmap_fini(&p->by_key);
	qf_roster_fini(&p->roster);
}

/* Who is here. */

static void look(struct qf_presence *p, uint64_t now_ms)
{
	p->look_ms = qf_people_look(&p->people, &p->roster, p->me, &p->flood,
	                            now_ms);
	p->looked_ms = now_ms;
	p->stale = false;
}

static uint64_t look_due(const struct qf_presence *p)
{
	uint64_t due = p->stale ? p->looked_ms + QF_PRESENCE_LOOK_MS
	                        : UINT64_MAX;

	return due < p->look_ms ? due : p->look_ms;
}

/* Links. */

static struct qf_neighbour *neighbour_add(struct qf_presence *p,
                                          const struct qf_key *key)
{
	if (!qf_list_room(&p->neighbours, p->neighbour_count, &p->neighbour_cap,
	                  sizeof *p->neighbours) ||
	    qf_idmap_set(&p->by_key, key->b, p->neighbour_count))
		return NULL;
	p->neighbours[p->neighbour_count] = (struct qf_neighbour){
		.key = *key
	};
	return &p->neighbours[p->neighbour_count++];
}

static void neighbour_remove(struct qf_presence *p, struct qf_neighbour *n)
{
	qf_idmap_remove(&p->by_key, n->key.b);
	*n = p->neighbours[--p->neighbour_count];
	if (n != &p->neighbours[p->neighbour_count])
		qf_idmap_set(&p->by_key, n->key.b,
		             (uint64_t)(n - p->neighbours));
}

void qf_presence_link_up(struct qf_presence *p, const struct qf_key *peer,
                         bool outbound, uint64_t now_ms)
{
	struct qf_neighbour *n = neighbour_of(p, peer);
	struct qf_person *person = qf_roster_find(&p->roster, peer);

	assert(person != p->me);
	if (n && n->disputed == p->me->here.version)
		say_again(p);
	if (!n && !(n = neighbour_add(p, peer))) {
		p->bad = true;
		return;
	}
	if (person)
		person->linked = true;
	p->stale = true;
	if (outbound) {
		n->dialled++;
		p->unsaid = true;
		return;
	}
	if (!n->accepted++ && !p->accepted_count++)
		p->digest_ms = now_ms + QF_PRESENCE_DIGEST_MS;
	qf_accord_digest(&p->roster, QF_PARCEL_TO_ONE, peer, &p->out);
}

/* A link with us that someone claims and that is not there. */
static void contradict(struct qf_presence *p, struct qf_person *person)
{
	struct qf_gone g = { .subject = person->key,
		             .version = person->here.version };
	int edge = qf_here_edge_to(&person->here, &p->id->key);

	if (edge < 0 || person->linked || person->gone & 1u << edge)
		return;
	qf_gone_sign(&g, p->id);
	if (qf_person_report(person, (size_t)edge, g.sig)) {
		p->bad = true;
		return;
	}
	p->stale = true;
	qf_flood_report(&p->flood, person, (size_t)edge, &nobody);
}

/* Our last link with that key has gone. */
static void part(struct qf_presence *p, struct qf_neighbour *n)
{
	struct qf_person *person = qf_roster_find(&p->roster, &n->key);

	/* The other end may have reported what we claim. */
	if (qf_here_edge_to(&p->me->here, &n->key) >= 0)
		say_again(p);
	neighbour_remove(p, n);
	if (!person)
		return;
	person->linked = false;
	contradict(p, person);
}

void qf_presence_link_down(struct qf_presence *p, const struct qf_key *peer,
                           bool outbound)
{
	struct qf_neighbour *n = neighbour_of(p, peer);

	assert(n && (outbound ? n->dialled : n->accepted));
	if (outbound && !--n->dialled)
		p->unsaid = true;
	if (!outbound && !--n->accepted)
		p->accepted_count--;
	if (!n->dialled && !n->accepted)
		part(p, n);
	p->stale = true;
}

/* What comes. */

/* What is over the pace is not taken; a later digest brings it. */
static bool admit(struct qf_neighbour *n, uint64_t now_ms)
{
	if (pace_due(n->news_ms, NEWS_BURST_MS) > now_ms)
		return false;
	pace_spend(&n->news_ms, QF_PRESENCE_NEWS_MS, now_ms);
	return true;
}

/* A record of our own key that we did not make: from before a restart, while
 * our clock stood later, or a copy of this home is running. Whatever it is, the
 * newest must be ours. */
static void take_own(struct qf_presence *p, const struct qf_here *h)
{
	p->version_min = h->version + p->leap;
	say_again(p);
}

static void keep(struct qf_presence *p, const struct qf_here *h,
                 const struct qf_neighbour *from, uint64_t now_ms)
{
	struct qf_person *person;
	int rc = qf_roster_put(&p->roster, h, now_ms, &person);

	if (rc == QF_E_LIMIT &&
	    qf_people_make_room(&p->roster, p->me, &p->flood))
		rc = qf_roster_put(&p->roster, h, now_ms, &person);
	if (rc == QF_E_NOMEM)
		p->bad = true;
	if (rc)
		return;
	person->linked = neighbour_of(p, &h->key);
	p->stale = true;
	qf_flood_record(&p->flood, person, &from->key);
	contradict(p, person);
	if (person->linked && qf_here_edge_count(h) == QF_HERE_EDGES_MAX)
		p->unsaid = true; /* see left_to_us() */
}

static bool is_news(const struct qf_presence *p, const struct qf_here *h)
{
	const struct qf_person *known = qf_roster_find(&p->roster, &h->key);

	if (!known)
		return true;
	if (known == p->me && h->version == known->here.version)
		return h->whole.len != known->here.whole.len ||
		       memcmp(h->whole.at, known->here.whole.at, h->whole.len);
	return h->version > known->here.version;
}

static int take_here(struct qf_presence *p, struct qf_neighbour *from,
                     struct qf_cursor *c, bool verified, uint64_t now_ms)
{
	struct qf_here h;

	qf_here_get(c, &h);
	if (c->bad)
		return QF_E_MALFORMED;
	if (!is_news(p, &h) || !admit(from, now_ms))
		return QF_OK;
	if (!verified && !qf_here_verify(&h))
		return QF_E_MALFORMED;
	if (qf_key_equal(&h.key, &p->id->key))
		take_own(p, &h);
	else
		keep(p, &h, from, now_ms);
	return QF_OK;
}

static int take_gone(struct qf_presence *p, struct qf_neighbour *from,
                     struct qf_cursor *c, bool verified, uint64_t now_ms)
{
	struct qf_neighbour *reporter;
	struct qf_person *person;
	struct qf_gone g;
	int edge;

	qf_gone_get(c, &g);
	if (c->bad)
		return QF_E_MALFORMED;
	person = qf_roster_find(&p->roster, &g.subject);
	if (!person || person->here.version != g.version)
		return QF_OK;
	edge = qf_here_edge_to(&person->here, &g.reporter);
	if (edge < 0 || person->gone & 1u << edge || !admit(from, now_ms))
		return QF_OK;
	if (!verified && !qf_gone_verify(&g))
		return QF_E_MALFORMED;
	if (qf_person_report(person, (size_t)edge, g.sig)) {
		p->bad = true;
		return QF_OK;
	}
	p->stale = true;
	qf_flood_report(&p->flood, person, (size_t)edge, &from->key);
	reporter = neighbour_of(p, &g.reporter);
	if (person == p->me && reporter)
		reporter->disputed = g.version;
	return QF_OK;
}

static int take_news(struct qf_presence *p, struct qf_neighbour *from,
                     struct qf_cursor *c, bool verified, uint64_t now_ms)
{
	int rc;

	do {
		switch (qf_get_u8(c)) {
		case QF_ITEM_HERE:
			rc = take_here(p, from, c, verified, now_ms);
			break;
		case QF_ITEM_GONE:
			rc = take_gone(p, from, c, verified, now_ms);
			break;
		default:
			rc = QF_E_MALFORMED;
		}
	} while (!rc && qf_cursor_left(c));
	return rc;
}

int qf_presence_take(struct qf_presence *p, const struct qf_key *peer,
                     struct qf_bytes payload, bool verified, uint64_t now_ms)
{
	struct qf_neighbour *n = neighbour_of(p, peer);
	struct qf_cursor c = qf_cursor(payload);
	uint8_t kind = qf_get_u8(&c);
	int rc;

	if (!n)
		return QF_OK;
	if (kind == QF_PARCEL_NEWS)
		rc = take_news(p, n, &c, verified, now_ms);
	else
		rc = qf_accord_take(&n->accord, &p->roster, peer, kind, &c,
		                    now_ms, &p->out);
	/* It lives, so what it reported is not so, or no longer. */
	if (n->disputed == p->me->here.version)
		say_again(p);
	return rc;
}

/* The next item; false: it is malformed. */
static bool get_signed(struct qf_cursor *c, struct qf_checked *out)
{
	uint8_t type = qf_get_u8(c);
	struct qf_here h;
	struct qf_gone g;

	if (type == QF_ITEM_HERE)
		qf_here_get(c, &h);
	else if (type == QF_ITEM_GONE)
		qf_gone_get(c, &g);
	else
		return false;
	if (c->bad)
		return false;
	if (type == QF_ITEM_HERE)
		qf_here_signed(&h, out);
	else
		qf_gone_signed(&g, out);
	return true;
}

bool qf_presence_verify(struct qf_bytes payload, struct qf_roots *roots)
{
	struct qf_cursor c = qf_cursor(payload);
	bool good = true;

	if (qf_get_u8(&c) != QF_PARCEL_NEWS)
		return !c.bad;
	do {
		struct qf_checked what;

		good = get_signed(&c, &what) && qf_roots_signed(roots, &what);
	} while (good && qf_cursor_left(&c));
	return good;
}

/* What is due. */

static void digest(struct qf_presence *p, uint64_t now_ms)
{
	/* First what came, so that a digest never is ahead of it. */
	look(p, now_ms);
	qf_flood_send(&p->flood, &p->out, now_ms);
	qf_accord_digest(&p->roster, QF_PARCEL_TO_DIALLERS, &nobody, &p->out);
	p->digest_ms = now_ms + QF_PRESENCE_DIGEST_MS;
}

static uint64_t digest_due(const struct qf_presence *p)
{
	return p->accepted_count ? p->digest_ms : UINT64_MAX;
}

static uint64_t flood_due(const struct qf_presence *p)
{
	bool leaving = p->me->here.state == QF_HERE_LEFT && p->flood.count;

	return leaving ? 0 : qf_flood_due(&p->flood, p->neighbour_count);
}

void qf_presence_tick(struct qf_presence *p, uint64_t now_ms, uint64_t wall_ms)
{
	if (record_due(p) <= now_ms)
		make_record(p, now_ms, wall_ms);
	if (digest_due(p) <= now_ms)
		digest(p, now_ms);
	if (flood_due(p) <= now_ms)
		qf_flood_send(&p->flood, &p->out, now_ms);
	if (look_due(p) <= now_ms)
		look(p, now_ms);
	p->bad |= p->people.bad | p->flood.bad | p->out.bad;
}

uint64_t qf_presence_wake(const struct qf_presence *p)
{
	uint64_t due[] = { record_due(p), digest_due(p), flood_due(p),
		           look_due(p) };
	uint64_t wake = UINT64_MAX;

	for (size_t i = 0; i < sizeof due / sizeof *due; i++)
		if (due[i] < wake)
			wake = due[i];
	return wake;
}

/* Somebody other than who brought it. */
static bool is_for_somebody(const struct qf_presence *p,
                            const struct qf_parcel *parcel)
{
	return parcel->to != QF_PARCEL_TO_OTHERS || p->neighbour_count > 1 ||
	       (p->neighbour_count &&
	        !qf_key_equal(&p->neighbours[0].key, &parcel->key));
}

bool qf_presence_next(struct qf_presence *p, struct qf_parcel *out)
{
	while (qf_parcels_next(&p->out, out)) {
		if (is_for_somebody(p, out))
			return true;
		qf_shared_unref(out->payload);
	}
	return false;
}

bool qf_presence_change(struct qf_presence *p, struct qf_change *out)
{
	return qf_people_next(&p->people, out);
}

/* Looking people up. */

const struct qf_person *qf_presence_find(const struct qf_presence *p,
                                         const struct qf_key *key)
{
	return qf_roster_find(&p->roster, key);
}

const struct qf_person *qf_presence_each(const struct qf_presence *p,
                                         const uint8_t *room, size_t *at)
{
	while (*at < p->roster.count) {
		const struct qf_person *person = p->roster.rows[(*at)++].person;

		if (person->shown &&
		    (!room || qf_here_in_room(&person->here, room)))
			return person;
	}
	return NULL;
}

const struct qf_person *qf_presence_named(const struct qf_presence *p,
                                          const char *folded, size_t *at)
{
	const struct qf_person *person;

	while ((person = qf_presence_each(p, NULL, at)))
		if (!strcmp(person->folded, folded))
			return person;
	return NULL;
}
