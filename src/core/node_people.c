/* node_people.c - who is here: presence, names, and the rooms of two keys */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node_state.h"
#include "ways.h"

/* What others learn of us, from what the node is now. */
static void fill_self(const struct qf_node *n, struct qf_here *h,
                      uint8_t rooms[QF_HERE_ROOMS_MAX * QF_HERE_ROOM_BYTES])
{
	size_t count = 0;

	for (size_t i = 0; i < n->replica_count; i++) {
		const struct qf_replica *r = n->replicas[i];

		if (!r->joined || r->direct || count == QF_HERE_ROOMS_MAX)
			continue;
		memcpy(rooms + QF_HERE_ROOM_BYTES * count++, r->id.b,
		       QF_HERE_ROOM_BYTES);
	}
	*h = (struct qf_here){
		.key = n->id->key,
		.state = n->stopping ? QF_HERE_LEFT
		         : n->away   ? QF_HERE_AWAY
		                     : QF_HERE_HERE,
		.is_hub = n->is_hub && !n->stopping,
		.name = qf_bytes(n->name, strlen(n->name)),
		.port = n->listening.port,
		.addresses = qf_bytes(n->addresses, n->address_bytes),
		.rooms = qf_bytes(rooms, count * QF_HERE_ROOM_BYTES),
	};
	if (n->away)
		h->text = qf_bytes(n->away_text, strlen(n->away_text));
	if (!n->listening.port)
		h->addresses.len = 0;
}

bool qf_node_people_init(struct qf_node *n)
{
	uint8_t rooms[QF_HERE_ROOMS_MAX * QF_HERE_ROOM_BYTES];
	struct qf_here h;

	fill_self(n, &h, rooms);
	return !qf_presence_init(&n->presence, n->id, &h, n->random,
	                         n->now.mono_ms, n->now.wall_ms);
}

void qf_node_self(struct qf_node *n)
{
	uint8_t rooms[QF_HERE_ROOMS_MAX * QF_HERE_ROOM_BYTES];
	struct qf_here h;

	n->mesh_stale = true;
	fill_self(n, &h, rooms);
	qf_presence_self(&n->presence, &h);
}

static void hand_parcel(const struct qf_parcel *parcel, unsigned worker,
                        qf_conn conn, struct qf_effects *out)
{
	struct qf_effect *fx = qf_effects_add(out, QF_FX_HERE);

	if (!fx)
		return;
	fx->worker = worker;
	fx->conn = conn;
	fx->parcel = *parcel;
	qf_shared_ref(parcel->payload);
}

/* What is for one is looked at by nobody else: with 10,000 links, each of which
 * is greeted so, that was most of what they cost. */
static void send_parcel(struct qf_node *n, const struct qf_parcel *parcel,
                        struct qf_effects *out)
{
	bool to_one = parcel->to == QF_PARCEL_TO_ONE;

	for (size_t i = 0; i < n->link_count && to_one; i++)
		if (qf_key_equal(&n->links[i].key, &parcel->key))
			hand_parcel(parcel, qf_conn_worker(n->links[i].conn),
			            n->links[i].conn, out);
	for (unsigned w = 0; w < n->workers && !to_one; w++)
		hand_parcel(parcel, w, 0, out);
	qf_shared_unref(parcel->payload);
}

static bool folds_alike(const char *a, const char *b)
{
	char a_folded[QF_USER_NAME_BYTES_MAX + 8], b_folded[sizeof a_folded];

	return !qf_name_fold(qf_bytes(a, strlen(a)), a_folded,
	                     sizeof a_folded) &&
	       !qf_name_fold(qf_bytes(b, strlen(b)), b_folded,
	                     sizeof b_folded) &&
	       !strcmp(a_folded, b_folded);
}

static bool looks_alike(const char *a, const char *b)
{
	char a_look[QF_USER_NAME_BYTES_MAX + 1], b_look[sizeof a_look];

	return !qf_name_look(qf_bytes(a, strlen(a)), a_look, sizeof a_look) &&
	       !qf_name_look(qf_bytes(b, strlen(b)), b_look, sizeof b_look) &&
	       !strcmp(a_look, b_look);
}

static void tell_clash(struct qf_node *n, const struct qf_person *p,
                       struct qf_effects *out)
{
	char mine[QF_SHORT_CHARS + 1], theirs[QF_SHORT_CHARS + 1];
	bool same = folds_alike(p->name, n->name);

	if (!same && !looks_alike(p->name, n->name))
		return;
	qf_key_short(&n->id->key, mine);
	qf_key_short(&p->key, theirs);
	qf_node_notice(n, out,
	               "%s is %s: you are shown as %s·%s, they are %s·%s; "
	               "/nick NAME takes another",
	               p->name,
	               same ? "the name of another here too"
	                    : "here too and looks like your name",
	               n->name, mine, p->name, theirs);
}

/* Something that we said to them alone has not reached them yet. */
static bool is_awaited(struct qf_node *n, const struct qf_key *key)
{
	for (size_t i = 0; i < n->replica_count; i++) {
		const struct qf_replica *r = n->replicas[i];

		if (r->direct && qf_key_equal(&r->direct->other, key))
			return qf_copies_missing(&r->copies);
	}
	return false;
}

/* Whoever came is dialled wherever they say that they listen, if something
 * waits for them; all others are left to the mesh. */
static void find_way(struct qf_node *n, const struct qf_key *key,
                     struct qf_effects *out)
{
	if (qf_node_is_linked(n, key))
		return;
	if (is_awaited(n, key))
		qf_node_reach(n, key, out);
	else
		qf_peerbook_stir(&n->book, key, n->now.mono_ms);
	qf_node_dial_due(n, out);
}

static void tell_change(struct qf_node *n, const struct qf_change *c,
                        struct qf_effects *out)
{
	const struct qf_person *p = c->person;
	bool came = c->kind == QF_CHANGE_CAME;
	bool with_rooms = came || c->kind == QF_CHANGE_ROOMS;
	char text[QF_HERE_TEXT_BYTES_MAX + 1] = "";
	struct qf_news news = {
		.kind = QF_NEWS_PERSON,
		.change = c->kind,
		.key = p->key,
		.text = text,
		.away = came && p->here.state == QF_HERE_AWAY,
	};

	n->mesh_stale = true;
	memcpy(news.name, p->name, sizeof news.name);
	if (c->kind == QF_CHANGE_RENAMED)
		memccpy(text, c->old_name, 0, sizeof text - 1);
	else if (c->kind == QF_CHANGE_AWAY || came)
		memcpy(text, p->here.text.at, p->here.text.len);
	if (with_rooms)
		news.rooms = qf_shared_new(p->here.rooms.at, p->here.rooms.len);
	if (with_rooms && !news.rooms)
		out->bad = true;
	qf_node_news(n, &news, out);
	qf_shared_unref(news.rooms);
	if (c->kind == QF_CHANGE_CAME)
		find_way(n, &p->key, out);
	if (c->kind == QF_CHANGE_CAME || c->kind == QF_CHANGE_RENAMED)
		qf_node_renamed(n, &p->key, p->name, out);
	if (c->kind == QF_CHANGE_CAME || c->kind == QF_CHANGE_RENAMED)
		tell_clash(n, p, out);
}

void qf_node_people_tick(struct qf_node *n, struct qf_effects *out)
{
	struct qf_parcel parcel;
	struct qf_change change;

	qf_presence_tick(&n->presence, n->now.mono_ms, n->now.wall_ms);
	while (qf_presence_next(&n->presence, &parcel))
		send_parcel(n, &parcel, out);
	while (qf_presence_change(&n->presence, &change))
		tell_change(n, &change, out);
	qf_node_mesh_tick(n, out);
	if (n->presence.bad)
		out->bad = true;
}

/* Who is meant. Several may answer to a name; one key does. */

struct meant {
	const char *who;
	struct qf_key key;
	size_t count;
	char choices[256]; /* for people, when there are several */
};

static bool named_so(const char *name, const struct qf_key *key,
                     const char *who)
{
	char text[QF_USER_NAME_BYTES_MAX + 8];
	char short_key[QF_SHORT_CHARS + 1];

	qf_key_short(key, short_key);
	snprintf(text, sizeof text, "%s·%s", name, short_key);
	return folds_alike(name, who) || folds_alike(text, who);
}

static void consider(struct meant *m, const char *name,
                     const struct qf_key *key)
{
	char short_key[QF_SHORT_CHARS + 1];
	char choice[QF_USER_NAME_BYTES_MAX + 8];
	size_t len = strlen(m->choices);

	if (!named_so(name, key, m->who) ||
	    (m->count && qf_key_equal(&m->key, key)))
		return;
	m->key = *key;
	m->count++;
	qf_key_short(key, short_key);
	snprintf(choice, sizeof choice, "%s%s·%s", len ? ", " : "", name,
	         short_key);
	/* Only whole ones, so it stays UTF-8. */
	if (len + strlen(choice) < sizeof m->choices)
		strcpy(m->choices + len, choice);
}

/* Those who are here come before those who are only remembered. */
static void find_meant(struct qf_node *n, struct meant *m)
{
	const struct qf_person *p;
	size_t at = 0;
	bool here;

	if (qf_key_from_text(&m->key, m->who)) {
		m->count = 1;
		return;
	}
	while ((p = qf_presence_each(&n->presence, NULL, &at)))
		consider(m, p->name, &p->key);
	here = m->count;
	for (size_t i = 0; !here && i < n->peer_count; i++)
		consider(m, n->peers[i].name, &n->peers[i].key);
}

/* One, or it is refused. */
static bool is_one(struct qf_node *n, const struct qf_event *ev,
                   const struct meant *m, struct qf_effects *out)
{
	char *text = NULL;

	if (m->count == 1)
		return true;
	if ((m->count ? asprintf(&text, "%s may be one of: %s", m->who,
	                         m->choices)
	              : asprintf(&text, "%s is not here and not known",
	                         m->who)) < 0)
		out->bad = true;
	else if (m->count)
		qf_node_refuse(n, ev, "ambiguous", text,
		               "use the name with its short key", out);
	else
		qf_node_refuse(n, ev, "unknown-person", text,
		               "see who is here, or connect first", out);
	free(text);
	return false;
}

static bool is_other(struct qf_node *n, const struct qf_event *ev,
                     const struct meant *m, struct qf_key *key,
                     struct qf_effects *out)
{
	if (!is_one(n, ev, m, out))
		return false;
	*key = m->key;
	if (!qf_key_equal(key, &n->id->key) ||
	    qf_guests_at(&n->guests, ev->conn))
		return true;
	qf_node_refuse(n, ev, "bad-name", "that is you", NULL, out);
	return false;
}

bool qf_node_meant(struct qf_node *n, const struct qf_event *ev,
                   struct qf_key *key, struct qf_effects *out)
{
	struct meant m = { .who = ev->command->who ? ev->command->who : "" };

	find_meant(n, &m);
	return is_other(n, ev, &m, key, out);
}

/* Whom a message is for. */

static bool refuse_both(struct qf_node *n, const struct qf_event *ev,
                        const struct meant *person, const char *guest,
                        const char *of, struct qf_effects *out)
{
	char *text = NULL;

	if (asprintf(&text, "%s may be one of: %s, %s@%s", person->who,
	             person->choices, guest, of) < 0)
		out->bad = true;
	else
		qf_node_refuse(n, ev, "ambiguous", text,
		               "use one of those names", out);
	free(text);
	return false;
}

/* Our guest `name`, if it is here. */
static bool is_near(struct qf_node *n, const struct qf_event *ev,
                    const char *name, struct qf_key *key,
                    struct qf_effects *out)
{
	struct qf_command *c = ev->command;
	char *text = NULL;

	*key = n->id->key;
	if (c->near) {
		c->to = c->near;
		c->near = NULL;
		free(c->tags);
		c->tags = c->near_tags;
		c->near_tags = NULL;
		return true;
	}
	if (asprintf(&text, "no guest of this node is called %s", name) < 0)
		out->bad = true;
	else
		qf_node_refuse(n, ev, "unknown-person", text,
		               "see who is in the room", out);
	free(text);
	return false;
}

/* "zoe@ana": a guest has no '@' in its name, a person may. */
static bool meant_at(struct qf_node *n, const struct qf_event *ev,
                     const struct meant *whole, char *at, struct qf_key *key,
                     struct qf_effects *out)
{
	struct qf_command *c = ev->command;
	struct meant node = { .who = at + 1 };
	char name[QF_USER_NAME_BYTES_MAX + 1];

	consider(&node, n->name, &n->id->key);
	find_meant(n, &node);
	if (!node.count ||
	    qf_user_name_check(qf_bytes(c->who, (size_t)(at - c->who)), name) ||
	    strlen(name) > QF_GUEST_ID_BYTES_MAX)
		return is_other(n, ev, whole, key, out);
	if (whole->count)
		return refuse_both(n, ev, whole, name, node.choices, out);
	if (!is_one(n, ev, &node, out))
		return false;
	if (qf_key_equal(&node.key, &n->id->key))
		return is_near(n, ev, name, key, out);
	*key = node.key;
	c->to = strdup(name);
	if (!c->to)
		out->bad = true;
	return c->to;
}

bool qf_node_addressed(struct qf_node *n, const struct qf_event *ev,
                       struct qf_key *key, struct qf_effects *out)
{
	struct qf_command *c = ev->command;
	struct meant m = { .who = c->who };
	char own[QF_USER_NAME_BYTES_MAX + 8], short_key[QF_SHORT_CHARS + 1];
	char *at = c->who ? strchr(c->who, '@') : NULL;

	*key = n->id->key;
	if (!c->who)
		return true;
	/* Its person is nobody whom a guest has met elsewhere. */
	if (qf_guests_at(&n->guests, ev->conn))
		consider(&m, n->name, &n->id->key);
	find_meant(n, &m);
	if (c->to)
		return is_other(n, ev, &m, key, out);
	if (at)
		return meant_at(n, ev, &m, at, key, out);
	if (!m.count && c->near)
		return is_near(n, ev, c->who, key, out);
	if (!m.count || !c->near || c->near_absent)
		return is_other(n, ev, &m, key, out);
	qf_key_short(&n->id->key, short_key);
	snprintf(own, sizeof own, "%s·%s", n->name, short_key);
	return refuse_both(n, ev, &m, c->near, own, out);
}

bool qf_node_name_taken(struct qf_node *n, const char *name)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	size_t at = 0;

	return !qf_name_fold(qf_bytes(name, strlen(name)), folded,
	                     sizeof folded) &&
	       qf_presence_named(&n->presence, folded, &at);
}

const char *qf_node_name_of(struct qf_node *n, const struct qf_key *key)
{
	const struct qf_person *p = qf_presence_find(&n->presence, key);
	const struct qf_peer *known = qf_node_peer(n, key);

	return p ? p->name : known ? known->name : "";
}

bool qf_node_is_hub(const struct qf_node *n, const struct qf_key *key)
{
	const struct qf_person *p = qf_presence_find(&n->presence, key);

	return p && p->here.is_hub;
}

static void fill_person(const struct qf_person *p, const struct qf_way *way,
                        struct qf_person_status *to)
{
	to->hops = way->hops;
	if (way->via)
		to->via = way->via->key;
	to->key = p->key;
	memcpy(to->name, p->name, sizeof to->name);
	to->linked = p->linked;
	to->is_hub = p->here.is_hub;
	to->away = p->here.state == QF_HERE_AWAY;
	memcpy(to->text, p->here.text.at, p->here.text.len);
	to->since_ms = p->since_ms;
	qf_node_address_of(p, 0, &to->address);
}

static void fill_me(const struct qf_node *n, struct qf_person_status *to)
{
	to->key = n->id->key;
	to->self = true;
	to->is_hub = n->is_hub;
	memcpy(to->name, n->name, sizeof to->name);
	to->away = n->away;
	memcpy(to->text, n->away_text, sizeof to->text);
	to->address = n->listening;
	to->since_ms = n->now.mono_ms;
}

/* The place in the answer of each row of the roster, and of all that have
 * none; free() it. NULL: out of memory. */
static size_t *places_of(struct qf_node *n, const uint8_t *room,
                         const struct qf_answer *a)
{
	const struct qf_roster *roster = &n->presence.roster;
	size_t *places = malloc((roster->count + 1) * sizeof *places);
	const struct qf_person *p;
	size_t at = 0, place = a->count;

	for (size_t i = 0; places && i <= roster->count; i++)
		places[i] = SIZE_MAX;
	while (places && (p = qf_presence_each(&n->presence, room, &at)))
		places[at - 1] = place++;
	return places;
}

static size_t row_of(const struct qf_node *n, const struct qf_key *key)
{
	return qf_roster_row(&n->presence.roster, qf_key_prefix(key));
}

/* Of several links to one key any will do. */
static void fill_over(const struct qf_node *n, const size_t *places,
                      struct qf_answer *a)
{
	for (size_t i = 0; i < n->link_count; i++) {
		const struct qf_node_link *l = &n->links[i];
		size_t place = places[row_of(n, &l->key)];

		if (place < a->count &&
		    qf_key_equal(&a->people[place].key, &l->key))
			memcpy(a->people[place].over, l->over, sizeof l->over);
	}
}

static bool list_people(struct qf_node *n, const uint8_t *room,
                        const size_t *places, struct qf_answer *a)
{
	const struct qf_roster *roster = &n->presence.roster;
	struct qf_way *ways = qf_ways_find(roster, n->presence.me);
	const struct qf_person *p;
	size_t at = 0;

	if (!ways)
		return false;
	while ((p = qf_presence_each(&n->presence, room, &at)))
		fill_person(p, &ways[at - 1], &a->people[a->count++]);
	fill_over(n, places, a);
	free(ways);
	return true;
}

/* With the places in it of the roster's rows, which are to be freed. */
static size_t *answer_people(struct qf_node *n, const struct qf_room_id *id,
                             struct qf_answer *a)
{
	const struct qf_replica *mine = id ? qf_node_replica(n, id) : NULL;
	const uint8_t *room = id ? id->b : NULL;
	size_t *places;

	a->people = calloc(n->presence.roster.count + 1, sizeof *a->people);
	if (!a->people)
		return NULL;
	if (!id || (mine && mine->joined))
		fill_me(n, &a->people[a->count++]);
	places = places_of(n, room, a);
	if (places && list_people(n, room, places, a))
		return places;
	free(places);
	return NULL;
}

bool qf_node_people(struct qf_node *n, const struct qf_room_id *id,
                    struct qf_answer *a)
{
	size_t *places = answer_people(n, id, a);

	free(places);
	return places;
}

bool qf_node_map(struct qf_node *n, struct qf_answer *a)
{
	size_t *places = answer_people(n, NULL, a);

	if (!places)
		return false;
	places[row_of(n, &n->id->key)] = 0;
	a->edges = qf_chart_links(&n->presence.roster, n->presence.me,
	                          &a->edge_count);
	for (size_t i = 0; a->edges && i < a->edge_count; i++) {
		a->edges[i].from = (uint32_t)places[a->edges[i].from];
		a->edges[i].to = (uint32_t)places[a->edges[i].to];
	}
	free(places);
	return a->edges;
}

/* The room of two keys. */

struct qf_replica *qf_node_direct(struct qf_node *n, const struct qf_key *other,
                                  size_t most, struct qf_effects *out)
{
	char name[QF_ROOM_NAME_BYTES_MAX + 1] = "@";
	struct qf_room_id id;
	struct qf_direct d;
	struct qf_replica *r;

	if (!qf_direct_init(&d, n->id, other))
		return NULL;
	id = d.room;
	qf_direct_fini(&d);
	r = qf_node_replica(n, &id);
	if (r && r->joined)
		return r;
	/* Guests cannot come in without the room of our key and our key. */
	if (!r && n->replica_count >= most && !qf_key_equal(other, &n->id->key))
		return NULL;
	qf_key_text(other, name + 1);
	return qf_node_join(n, &id, name, QF_JOINED, out);
}
