/* node_people.c - who is here: presence, names, and the rooms of two keys */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node_state.h"

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

	fill_self(n, &h, rooms);
	qf_presence_self(&n->presence, &h);
}

static void send_parcel(struct qf_node *n, const struct qf_parcel *parcel,
                        struct qf_effects *out)
{
	for (unsigned w = 0; w < n->workers; w++) {
		struct qf_effect *fx = qf_effects_add(out, QF_FX_HERE);

		if (!fx)
			break;
		fx->worker = w;
		fx->parcel = *parcel;
		qf_shared_ref(parcel->payload);
	}
	qf_shared_unref(parcel->payload);
}

static void tell_clash(struct qf_node *n, const struct qf_person *p,
                       struct qf_effects *out)
{
	char mine[QF_SHORT_CHARS + 1], theirs[QF_SHORT_CHARS + 1];
	char folded[QF_USER_NAME_BYTES_MAX + 1];

	if (qf_name_fold(qf_bytes(n->name, strlen(n->name)), folded,
	                 sizeof folded) ||
	    strcmp(folded, p->folded))
		return;
	qf_key_short(&n->id->key, mine);
	qf_key_short(&p->key, theirs);
	qf_node_notice(n, out,
	               "%s is the name of another here too: you are shown as "
	               "%s·%s, they are %s·%s; /nick NAME takes another",
	               p->name, n->name, mine, p->name, theirs);
}

static void tell_change(struct qf_node *n, const struct qf_change *c,
                        struct qf_effects *out)
{
	const struct qf_person *p = c->person;
	char text[QF_HERE_TEXT_BYTES_MAX + 1] = "";
	struct qf_news news = {
		.kind = QF_NEWS_PERSON,
		.change = c->kind,
		.key = p->key,
		.text = text,
	};

	memcpy(news.name, p->name, sizeof news.name);
	if (c->kind == QF_CHANGE_RENAMED)
		memccpy(text, c->old_name, 0, sizeof text - 1);
	else if (c->kind == QF_CHANGE_AWAY)
		memcpy(text, p->here.text.at, p->here.text.len);
	qf_node_news(n, &news, out);
	if (c->kind == QF_CHANGE_CAME || c->kind == QF_CHANGE_RENAMED)
		tell_clash(n, p, out);
}

void qf_node_people_tick(struct qf_node *n, struct qf_effects *out)
{
	struct qf_parcel parcel;
	struct qf_change change;

	if (n->now.mono_ms < qf_presence_wake(&n->presence))
		return;
	qf_presence_tick(&n->presence, n->now.mono_ms, n->now.wall_ms);
	while (qf_presence_next(&n->presence, &parcel))
		send_parcel(n, &parcel, out);
	while (qf_presence_change(&n->presence, &change))
		tell_change(n, &change, out);
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

static bool folds_alike(const char *a, const char *b)
{
	char a_folded[QF_USER_NAME_BYTES_MAX + 8], b_folded[sizeof a_folded];

	return !qf_name_fold(qf_bytes(a, strlen(a)), a_folded,
	                     sizeof a_folded) &&
	       !qf_name_fold(qf_bytes(b, strlen(b)), b_folded,
	                     sizeof b_folded) &&
	       !strcmp(a_folded, b_folded);
}

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

	if (qf_key_from_text(&m->key, m->who)) {
		m->count = 1;
		return;
	}
	while ((p = qf_presence_each(&n->presence, NULL, &at)))
		consider(m, p->name, &p->key);
	for (size_t i = 0; !m->count && i < n->peer_count; i++)
		consider(m, n->peers[i].name, &n->peers[i].key);
}

bool qf_node_meant(struct qf_node *n, const struct qf_event *ev,
                   struct qf_key *key, struct qf_effects *out)
{
	struct meant m = { .who = ev->command->who ? ev->command->who : "" };
	char *text = NULL;

	find_meant(n, &m);
	*key = m.key;
	if (m.count == 1 && !qf_key_equal(key, &n->id->key))
		return true;
	if (m.count == 1)
		qf_node_refuse(n, ev, "bad-name", "that is you", NULL, out);
	else if ((m.count ? asprintf(&text, "%s may be one of: %s", m.who,
	                             m.choices)
	                  : asprintf(&text, "%s is not here and not known",
	                             m.who)) < 0)
		out->bad = true;
	else if (m.count)
		qf_node_refuse(n, ev, "ambiguous", text,
		               "use the name with its short key", out);
	else
		qf_node_refuse(n, ev, "unknown-person", text,
		               "see who is here, or connect first", out);
	free(text);
	return false;
}

bool qf_node_name_taken(struct qf_node *n, const char *name)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	size_t at = 0;

	return !qf_name_fold(qf_bytes(name, strlen(name)), folded,
	                     sizeof folded) &&
	       qf_presence_named(&n->presence, folded, &at);
}

/* Where a person says that it listens. False: nowhere. */
static bool address_of(const struct qf_person *p, size_t i,
                       struct qf_address *out)
{
	const uint8_t *a = p->here.addresses.at + i * QF_HERE_ADDRESS_BYTES;
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (i >= p->here.addresses.len / QF_HERE_ADDRESS_BYTES)
		return false;
	*out = (struct qf_address){ .port = p->here.port };
	if (!memcmp(a, mapped, sizeof mapped))
		return inet_ntop(AF_INET, a + 12, out->host, sizeof out->host);
	return inet_ntop(AF_INET6, a, out->host, sizeof out->host);
}

static void reach_at(struct qf_node *n, const struct qf_address *address,
                     const struct qf_key *key)
{
	size_t before = n->book.count;
	struct qf_dial *d = qf_peerbook_add(&n->book, address, key,
	                                    n->now.mono_ms);

	if (d && n->book.count > before)
		d->quiet = true;
}

/* Dial whoever is to be told something and is not linked. */
void qf_node_reach(struct qf_node *n, const struct qf_key *key)
{
	const struct qf_person *p = qf_presence_find(&n->presence, key);
	struct qf_address address;

	for (size_t i = 0; p && address_of(p, i, &address); i++)
		reach_at(n, &address, key);
	for (size_t i = 0; i < n->peer_count; i++)
		if (qf_key_equal(&n->peers[i].key, key) &&
		    n->peers[i].address.port)
			reach_at(n, &n->peers[i].address, key);
}

static void fill_person(const struct qf_person *p, struct qf_person_status *to)
{
	to->key = p->key;
	memcpy(to->name, p->name, sizeof to->name);
	to->linked = p->linked;
	to->away = p->here.state == QF_HERE_AWAY;
	memcpy(to->text, p->here.text.at, p->here.text.len);
	to->since_ms = p->since_ms;
	address_of(p, 0, &to->address);
}

static void fill_me(const struct qf_node *n, struct qf_person_status *to)
{
	to->key = n->id->key;
	to->self = true;
	memcpy(to->name, n->name, sizeof to->name);
	to->away = n->away;
	memcpy(to->text, n->away_text, sizeof to->text);
	to->address = n->listening;
	to->since_ms = n->now.mono_ms;
}

bool qf_node_people(struct qf_node *n, const struct qf_room_id *id,
                    struct qf_answer *a)
{
	const struct qf_replica *mine = id ? qf_node_replica(n, id) : NULL;
	const uint8_t *room = id ? id->b : NULL;
	const struct qf_person *p;
	size_t at = 0, count = 1;

	while (qf_presence_each(&n->presence, room, &at))
		count++;
	a->people = calloc(count, sizeof *a->people);
	if (!a->people)
		return false;
	if (!id || (mine && mine->joined))
		fill_me(n, &a->people[a->count++]);
	at = 0;
	while ((p = qf_presence_each(&n->presence, room, &at)))
		fill_person(p, &a->people[a->count++]);
	return true;
}

/* The room of two keys. */

struct qf_replica *qf_node_direct(struct qf_node *n, const struct qf_key *other,
                                  struct qf_effects *out)
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
	if (!r && n->replica_count == QF_ROOMS_MAX)
		return NULL;
	qf_key_text(other, name + 1);
	return qf_node_join(n, &id, name, out);
}
