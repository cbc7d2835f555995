/* hall.c - guests and the rooms they are in: the same on every worker */
#include "hall.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "hall_people.h"

void qf_hall_is_due(struct qf_hall *h, qf_conn conn)
{
	if (qf_list_room(&h->due, h->due_count, &h->due_cap, sizeof *h->due))
		h->due[h->due_count++] = conn;
	else
		h->carry->bad = true;
}

qf_conn qf_hall_due(struct qf_hall *h)
{
	return h->due_count ? h->due[--h->due_count] : 0;
}

void qf_text_set(struct qf_hall *h, char **to, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		h->carry->bad = true;
	free(*to);
	*to = copy;
}

/* Which names and ids meet in a table nobody outside can know. */
static uint64_t secret(const struct qf_hall *h)
{
	uint64_t seed;

	memcpy(&seed, h->seed, sizeof seed);
	return seed;
}

struct qf_hall *qf_hall_new(struct qf_carry *carry,
                            const struct qf_hall_options *options)
{
	struct qf_hall *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->carry = carry;
	h->worker = options->worker;
	h->workers = options->workers;
	h->replay = options->replay;
	h->line_ms = options->line_ms;
	h->no_plain = options->no_plain;
	h->trusted = options->trusted;
	h->trusted_count = options->trusted_count;
	h->unknown = options->unknown;
	memcpy(h->seed, options->seed, sizeof options->seed);
	/* A count that is 0 is no connection's. */
	h->conn = (qf_conn)options->worker << 48 | 0xffff;
	snprintf(h->server, sizeof h->server, "%s",
	         options->server ? options->server : "quickfi");
	qf_idmap_init(&h->by_name, secret(h));
	qf_idmap_init(&h->by_conn, secret(h));
	qf_idmap_init(&h->by_room, secret(h));
	qf_idmap_init(&h->account_by_name, secret(h));
	qf_hall_people_init(h, secret(h));
	return h;
}

static void free_guest(struct qf_guest *g)
{
	free(g->nick);
	free(g->folded);
	free(g->user);
	free(g->real);
	free(g->from);
	free(g->account);
	free(g->away);
	free(g->rooms);
	free(g);
}

static void free_room(struct qf_hall_room *r)
{
	free(r->members);
	free(r->topic);
	free(r->topic_by);
	qf_idmap_fini(&r->gone);
	qf_spoken_fini(&r->spoken);
	free(r);
}

static void free_was(struct qf_hall_was *w)
{
	free(w->nick);
	free(w->folded);
	free(w->user);
	free(w->real);
}

void qf_hall_free(struct qf_hall *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->guest_count; i++)
		free_guest(h->guests[i]);
	for (size_t i = 0; i < h->room_count; i++)
		free_room(h->rooms[i]);
	qf_hall_people_fini(h);
	for (size_t i = 0; i < QF_WAS_MAX; i++)
		free_was(&h->was[i]);
	for (size_t i = 0; i < h->marker_count; i++)
		free(h->markers[i].whose);
	free(h->trouble);
	free(h->guests);
	free(h->rooms);
	free(h->markers);
	free(h->accounts);
	free(h->lines);
	free(h->due);
	free(h->flush);
	free(h->flush_number);
	qf_idmap_fini(&h->by_name);
	qf_idmap_fini(&h->by_conn);
	qf_idmap_fini(&h->by_room);
	qf_idmap_fini(&h->account_by_name);
	for (size_t i = 0; i < QF_SAYING_WAYS; i++)
		qf_sheet_drop(h->sheets[i]);
	qf_buf_fini(&h->making);
	free(h);
}

void qf_host_of(const struct qf_key *key, char out[QF_HOST_TEXT_BYTES])
{
	char short_key[QF_SHORT_CHARS + 1];

	qf_key_short(key, short_key);
	snprintf(out, QF_HOST_TEXT_BYTES, "%s.quickfi", short_key);
}

void qf_hall_self(struct qf_hall *h, const struct qf_key *key)
{
	h->key = *key;
	qf_host_of(key, h->host);
}

void qf_hall_name(struct qf_hall *h, const char *name)
{
	snprintf(h->name, sizeof h->name, "%s", name);
	if (!qf_nick_fold(name, h->name_folded, sizeof h->name_folded))
		h->name_folded[0] = '\0';
}

/* Guests */

static void conn_key(qf_conn conn, uint8_t out[QF_IDMAP_KEY_BYTES])
{
	memset(out, 0, QF_IDMAP_KEY_BYTES);
	memcpy(out, &conn, sizeof conn);
}

static struct qf_guest *at(const struct qf_idmap *map, const uint8_t *key)
{
	uint64_t place;

	return qf_idmap_get(map, key, &place)
	               ? (struct qf_guest *)(uintptr_t)place
	               : NULL;
}

struct qf_guest *qf_hall_guest(const struct qf_hall *h, qf_conn conn)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];

	conn_key(conn, key);
	return at(&h->by_conn, key);
}

struct qf_guest *qf_hall_named(const struct qf_hall *h, const char *nick)
{
	char folded[QF_NICK_BYTES_MAX + 1];
	struct qf_hash key;

	if (!qf_nick_fold(nick, folded, sizeof folded))
		return NULL;
	qf_nick_key(folded, &key);
	return at(&h->by_name, key.b);
}

static void know_by_name(struct qf_hall *h, struct qf_guest *g)
{
	struct qf_hash key;

	qf_nick_key(g->folded, &key);
	if (qf_idmap_set(&h->by_name, key.b, (uintptr_t)g))
		h->carry->bad = true;
}

static void forget_name(struct qf_hall *h, const struct qf_guest *g)
{
	struct qf_hash key;

	qf_nick_key(g->folded, &key);
	qf_idmap_remove(&h->by_name, key.b);
}

static void set_nick(struct qf_hall *h, struct qf_guest *g, const char *nick)
{
	char folded[QF_NICK_BYTES_MAX + 1] = "";

	qf_nick_fold(nick, folded, sizeof folded);
	qf_text_set(h, &g->nick, nick);
	qf_text_set(h, &g->folded, folded);
	if (!h->carry->bad)
		know_by_name(h, g);
}

void qf_hall_attach(struct qf_hall *h, struct qf_guest *g, qf_conn conn)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];

	conn_key(conn, key);
	if (qf_idmap_set(&h->by_conn, key, (uintptr_t)g))
		h->carry->bad = true;
	else
		g->conns++;
}

void qf_hall_detach(struct qf_hall *h, struct qf_guest *g, qf_conn conn)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];

	conn_key(conn, key);
	qf_idmap_remove(&h->by_conn, key);
	g->conns--;
}

struct qf_guest *qf_hall_add(struct qf_hall *h, qf_conn conn, const char *nick)
{
	struct qf_guest *g = calloc(1, sizeof *g);

	if (!g || !qf_list_room(&h->guests, h->guest_count, &h->guest_cap,
	                        sizeof *h->guests)) {
		free(g);
		h->carry->bad = true;
		return NULL;
	}
	g->conn = conn;
	g->tenure = ++h->tenures;
	set_nick(h, g, nick);
	qf_hall_attach(h, g, conn);
	if (h->carry->bad) {
		free_guest(g);
		return NULL;
	}
	h->guests[h->guest_count++] = g;
	if (h->guest_count > h->guest_max)
		h->guest_max = h->guest_count;
	return g;
}

static void remember(struct qf_hall *h, const struct qf_guest *g)
{
	struct qf_hall_was *w = &h->was[h->was_next++ % QF_WAS_MAX];

	qf_text_set(h, &w->nick, g->nick);
	qf_text_set(h, &w->folded, g->folded);
	qf_text_set(h, &w->user, g->user);
	qf_text_set(h, &w->real, g->real);
	w->until_ms = h->now.wall_ms;
}

void qf_hall_remove(struct qf_hall *h, struct qf_guest *g)
{
	size_t i = 0;

	remember(h, g);
	while (g->room_count)
		qf_hall_leave(g, g->rooms[g->room_count - 1]);
	forget_name(h, g);
	if (g->invisible)
		h->invisible_count--;
	while (h->guests[i] != g)
		i++;
	h->guests[i] = h->guests[--h->guest_count];
	free_guest(g);
}

void qf_hall_rename(struct qf_hall *h, struct qf_guest *g, const char *nick)
{
	if (!qf_nick_equal(g->nick, nick)) {
		remember(h, g);
		g->tenure = ++h->tenures;
	}
	forget_name(h, g);
	set_nick(h, g, nick);
}

void qf_hall_mask(const struct qf_hall *h, const struct qf_guest *g,
                  char out[QF_MASK_BYTES])
{
	static_assert(QF_NICK_BYTES_MAX + QF_USER_BYTES_MAX +
	                              QF_HOST_TEXT_BYTES + 2 <=
	                      QF_MASK_BYTES,
	              "every mask fits");

	/* Without memory either may be missing until this turn ends. */
	out = stpcpy(out, g->nick ? g->nick : "");
	*out++ = '!';
	out = stpcpy(out, g->user ? g->user : "");
	*out++ = '@';
	stpcpy(out, h->host);
}

/* Rooms */

static bool id_of(const char *name, struct qf_room_id *out)
{
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];

	if (qf_room_name_fold(qf_bytes(name, strlen(name)), folded))
		return false;
	qf_room_id_open(out, folded);
	return true;
}

struct qf_hall_room *qf_hall_room(const struct qf_hall *h, const char *name)
{
	struct qf_room_id id;

	return id_of(name, &id) ? qf_hall_room_by_id(h, &id) : NULL;
}

bool qf_hall_has_room(const struct qf_hall *h, const char *name)
{
	const struct qf_hall_room *r = qf_hall_room(h, name);
	const struct qf_carried *c;
	struct qf_room_id id;

	if (r && r->member_count)
		return true;
	c = id_of(name, &id) ? qf_carry_find(h->carry, &id) : NULL;
	return c && !c->direct && !c->left;
}

struct qf_hall_room *qf_hall_room_by_id(const struct qf_hall *h,
                                        const struct qf_room_id *id)
{
	uint64_t place;

	return qf_idmap_get(&h->by_room, id->b, &place)
	               ? (struct qf_hall_room *)(uintptr_t)place
	               : NULL;
}

struct qf_hall_room *qf_hall_new_room(struct qf_hall *h,
                                      const struct qf_room_id *id,
                                      const char *name)
{
	struct qf_hall_room *r = calloc(1, sizeof *r);

	if (!r ||
	    !qf_list_room(&h->rooms, h->room_count, &h->room_cap,
	                  sizeof *h->rooms) ||
	    qf_idmap_set(&h->by_room, id->b, (uintptr_t)r)) {
		free(r);
		h->carry->bad = true;
		return NULL;
	}
	r->id = *id;
	snprintf(r->name, sizeof r->name, "%s", name);
	qf_idmap_init(&r->gone, secret(h));
	h->rooms[h->room_count++] = r;
	return r;
}

struct qf_hall_room *qf_hall_open(struct qf_hall *h, const char *name)
{
	struct qf_hall_room *r = qf_hall_room(h, name);
	char folded[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_room_id id;

	if (r || qf_room_name_fold(qf_bytes(name, strlen(name)), folded))
		return r;
	qf_room_id_open(&id, folded);
	r = qf_hall_new_room(h, &id, name);
	if (r)
		memcpy(r->folded, folded, sizeof r->folded);
	return r;
}

bool qf_hall_is_in(const struct qf_guest *g, const struct qf_hall_room *r)
{
	for (size_t i = 0; i < g->room_count; i++)
		if (g->rooms[i] == r)
			return true;
	return false;
}

void qf_hall_enter(struct qf_hall *h, struct qf_guest *g,
                   struct qf_hall_room *r)
{
	if (!qf_list_room(&g->rooms, g->room_count, &g->room_cap,
	                  sizeof *g->rooms) ||
	    !qf_list_room(&r->members, r->member_count, &r->member_cap,
	                  sizeof *r->members)) {
		h->carry->bad = true;
		return;
	}
	if (!r->member_count)
		r->opener = g->conn;
	g->rooms[g->room_count++] = r;
	r->members[r->member_count++] = g;
}

void qf_hall_leave(struct qf_guest *g, struct qf_hall_room *r)
{
	size_t i = 0;

	while (g->rooms[i] != r)
		i++;
	g->rooms[i] = g->rooms[--g->room_count];
	i = 0;
	while (r->members[i] != g)
		i++;
	r->member_count--;
	memmove(&r->members[i], &r->members[i + 1],
	        (r->member_count - i) * sizeof(struct qf_guest *));
	if (r->opener == g->conn)
		r->opener = 0;
}

/* Markers */

static struct qf_hall_marker *find_marker(const struct qf_hall *h,
                                          const char *whose)
{
	for (size_t i = 0; i < h->marker_count; i++)
		if (!strcmp(h->markers[i].whose, whose))
			return &h->markers[i];
	return NULL;
}

uint64_t qf_hall_marker(const struct qf_hall *h, const char *whose)
{
	const struct qf_hall_marker *m = find_marker(h, whose);

	return m ? m->ms : 0;
}

/* Of one reader: up to the newline in `whose`. */
static size_t count_markers(const struct qf_hall *h, const char *whose)
{
	size_t len = strcspn(whose, "\n") + 1, count = 0;

	for (size_t i = 0; i < h->marker_count; i++)
		count += !strncmp(h->markers[i].whose, whose, len);
	return count;
}

bool qf_hall_may_mark(const struct qf_hall *h, const char *whose)
{
	return find_marker(h, whose) ||
	       (h->marker_count < QF_MARKERS_MAX &&
	        count_markers(h, whose) < QF_MARKERS_EACH_MAX);
}

bool qf_hall_mark(struct qf_hall *h, const char *whose, uint64_t ms)
{
	struct qf_hall_marker *m = find_marker(h, whose);

	if (!ms || (m && m->ms >= ms) || !qf_hall_may_mark(h, whose))
		return false;
	if (!m) {
		if (!qf_list_room(&h->markers, h->marker_count, &h->marker_cap,
		                  sizeof *h->markers)) {
			h->carry->bad = true;
			return false;
		}
		m = &h->markers[h->marker_count++];
		*m = (struct qf_hall_marker){ 0 };
		qf_text_set(h, &m->whose, whose);
	}
	m->ms = ms;
	return true;
}

void qf_hall_unmark(struct qf_hall *h, const char *begin)
{
	for (size_t i = h->marker_count; i-- > 0;) {
		if (strncmp(h->markers[i].whose, begin, strlen(begin)) != 0)
			continue;
		free(h->markers[i].whose);
		h->markers[i] = h->markers[--h->marker_count];
	}
}

void qf_hall_mark_all(struct qf_hall *h, struct qf_bytes list)
{
	struct qf_cursor c = qf_cursor(list);

	while (qf_cursor_left(&c)) {
		struct qf_bytes name = qf_get_bytes(&c, QF_READER_BYTES_MAX);
		uint64_t ms = qf_get_u64(&c);
		char whose[QF_READER_BYTES_MAX + 1];

		snprintf(whose, sizeof whose, "%.*s", (int)name.len,
		         (const char *)name.at);
		qf_hall_mark(h, whose, ms);
	}
}
