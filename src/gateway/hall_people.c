/* hall_people.c - persons of nodes and visitors, and where guests see them
 *
 * Persons stand in a list without order, and `people` says where: by the key of
 * the node or what else somebody is known by, and by the nick as it folds. It
 * also counts those who have a name, because several may. A person is taken
 * out of it before something of that changes, and put back after.
 */
#include "hall_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"

enum { MARKS_MAX = 4 }; /* of one person */

void qf_hall_people_init(struct qf_hall *h, uint64_t seed)
{
	qf_idmap_init(&h->attended, seed);
	qf_idmap_init(&h->people, seed);
}

static void fini_person(struct qf_hall_person *p)
{
	free(p->away);
	qf_shared_unref(p->rooms);
	qf_shared_unref(p->said);
}

void qf_hall_people_fini(struct qf_hall *h)
{
	for (size_t i = 0; i < h->person_count; i++)
		fini_person(&h->persons[i]);
	free(h->persons);
	qf_idmap_fini(&h->attended);
	qf_idmap_fini(&h->people);
}

/* Who is known by what */

/* As it is compared; what folds to nothing is only itself. */
static void fold(const char *nick, char *out, size_t cap)
{
	if (!qf_nick_fold(nick, out, cap))
		snprintf(out, cap, "%s", nick);
}

static void key_mark(const struct qf_key *key, struct qf_hash *out)
{
	memcpy(out->b, key->b, sizeof out->b);
}

static void conn_mark(qf_conn visitor, struct qf_hash *out)
{
	qf_hash_data(out, "QF1conn", &visitor, sizeof visitor);
}

static void called_mark(const char *name, struct qf_hash *out)
{
	qf_hash_data(out, "QF1call", name, strlen(name));
}

/* By the name as IRC compares it. */
static void far_mark(const struct qf_key *node, const char *guest,
                     struct qf_hash *out)
{
	uint8_t both[QF_KEY_BYTES + QF_USER_NAME_BYTES_MAX + 1];
	char *folded = (char *)both + QF_KEY_BYTES;

	memcpy(both, node->b, QF_KEY_BYTES);
	fold(guest, folded, QF_USER_NAME_BYTES_MAX + 1);
	qf_hash_data(out, "QF1far", both, QF_KEY_BYTES + strlen(folded));
}

static void nick_mark(const char *folded, struct qf_hash *out)
{
	qf_hash_data(out, "QF1nick", folded, strlen(folded));
}

static void name_mark(const char *folded, struct qf_hash *out)
{
	qf_hash_data(out, "QF1name", folded, strlen(folded));
}

static size_t marks_of(const struct qf_hall_person *p,
                       struct qf_hash out[MARKS_MAX])
{
	size_t count = 0;

	if (p->far) {
		far_mark(&p->key, p->name, &out[count++]);
	} else if (p->visitor) {
		conn_mark(p->visitor, &out[count++]);
		called_mark(p->name, &out[count++]);
		if (p->way == QF_VISITOR_PAGE)
			out[count++] = p->mark;
	} else {
		key_mark(&p->key, &out[count++]);
	}
	nick_mark(p->folded, &out[count++]);
	return count;
}

static struct qf_hall_person *person_at(const struct qf_hall *h,
                                        const struct qf_hash *mark)
{
	uint64_t place;

	return qf_idmap_get(&h->people, mark->b, &place) ? &h->persons[place]
	                                                 : NULL;
}

static void set(struct qf_hall *h, const struct qf_hash *mark, uint64_t value)
{
	if (qf_idmap_set(&h->people, mark->b, value))
		h->carry->bad = true;
}

/* How many others than guests elsewhere have the name. */
static void count_name(struct qf_hall *h, const struct qf_hall_person *p,
                       bool more)
{
	char folded[sizeof p->name];
	struct qf_hash mark;
	uint64_t count = 0;

	if (p->far || !qf_nick_fold(p->name, folded, sizeof folded))
		return;
	name_mark(folded, &mark);
	qf_idmap_get(&h->people, mark.b, &count);
	if (more || count > 1)
		set(h, &mark, more ? count + 1 : count - 1);
	else
		qf_idmap_remove(&h->people, mark.b);
}

static void place(struct qf_hall *h, const struct qf_hall_person *p)
{
	struct qf_hash marks[MARKS_MAX];
	size_t count = marks_of(p, marks);

	for (size_t i = 0; i < count; i++)
		set(h, &marks[i], (uint64_t)(p - h->persons));
}

/* What another has by now stays. */
static void displace(struct qf_hall *h, const struct qf_hall_person *p)
{
	struct qf_hash marks[MARKS_MAX];
	size_t count = marks_of(p, marks);

	for (size_t i = 0; i < count; i++)
		if (person_at(h, &marks[i]) == p)
			qf_idmap_remove(&h->people, marks[i].b);
}

struct qf_hall_person *qf_hall_person(const struct qf_hall *h,
                                      const struct qf_key *key)
{
	struct qf_hash mark;

	key_mark(key, &mark);
	return person_at(h, &mark);
}

struct qf_hall_person *qf_hall_visitor(const struct qf_hall *h, qf_conn conn)
{
	struct qf_hash mark;

	conn_mark(conn, &mark);
	return person_at(h, &mark);
}

struct qf_hall_person *qf_hall_visitor_called(const struct qf_hall *h,
                                              const char *name)
{
	struct qf_hash mark;

	called_mark(name, &mark);
	return person_at(h, &mark);
}

struct qf_hall_person *qf_hall_visitor_marked(const struct qf_hall *h,
                                              const struct qf_hash *mark)
{
	return person_at(h, mark);
}

struct qf_hall_person *qf_hall_far(const struct qf_hall *h,
                                   const struct qf_key *node, const char *guest)
{
	struct qf_hash mark;

	far_mark(node, guest, &mark);
	return person_at(h, &mark);
}

static struct qf_hall_person *folded_as(const struct qf_hall *h,
                                        const char *folded)
{
	struct qf_hash mark;

	nick_mark(folded, &mark);
	return person_at(h, &mark);
}

struct qf_hall_person *qf_hall_person_named(const struct qf_hall *h,
                                            const char *nick)
{
	struct qf_hall_person *p;
	char folded[sizeof p->folded];

	fold(nick, folded, sizeof folded);
	return folded_as(h, folded);
}

/* Who somebody is */

bool qf_hall_is_near(const struct qf_hall *h, const struct qf_hall_person *p)
{
	return qf_key_equal(&p->key, &h->key);
}

bool qf_hall_is_self(const struct qf_hall *h, const struct qf_hall_person *p)
{
	return !p->visitor && qf_hall_is_near(h, p);
}

const char *qf_hall_person_user(const struct qf_hall_person *p)
{
	return p->visitor || p->far ? "guest" : "node";
}

static bool is_free(const struct qf_hall *h, const struct qf_hall_person *p)
{
	if (qf_hall_named(h, p->nick) ||
	    (!strcmp(p->folded, h->name_folded) && !qf_hall_is_self(h, p)))
		return false;
	return !folded_as(h, p->folded);
}

/* By the name alone if nobody else is called so; a guest of another node always
 * with that node, which alone vouches for the name. */
static void call(const struct qf_hall *h, struct qf_hall_person *p)
{
	char short_key[QF_SHORT_CHARS + 1];
	char name[QF_USER_NAME_BYTES_MAX + 1];

	qf_nick_show(p->name, name, sizeof name);
	snprintf(p->nick, sizeof p->nick, "%s", name);
	fold(p->nick, p->folded, sizeof p->folded);
	if (!p->far && is_free(h, p))
		return;
	qf_key_short(&p->key, short_key);
	/* All who are at this node have the same. */
	for (unsigned i = 1; i <= h->person_count; i++) {
		snprintf(p->nick, sizeof p->nick, i > 1 ? "%s·%s-%u" : "%s·%s",
		         name, short_key, i);
		fold(p->nick, p->folded, sizeof p->folded);
		if (is_free(h, p))
			return;
	}
}

/* p: who that is already, or NULL: it begins as `new`. */
static struct qf_hall_person *meet(struct qf_hall *h, struct qf_hall_person *p,
                                   struct qf_hall_person new, const char *name)
{
	if (p) {
		displace(h, p);
		count_name(h, p, false);
	} else if (qf_list_room(&h->persons, h->person_count, &h->person_cap,
	                        sizeof *h->persons)) {
		p = &h->persons[h->person_count++];
		*p = new;
	} else {
		h->carry->bad = true;
		return NULL;
	}
	snprintf(p->name, sizeof p->name, "%s", name);
	call(h, p);
	place(h, p);
	count_name(h, p, true);
	return p;
}

struct qf_hall_person *qf_hall_meet(struct qf_hall *h, const struct qf_key *key,
                                    const char *name)
{
	return meet(h, qf_hall_person(h, key),
	            (struct qf_hall_person){ .key = *key }, name);
}

struct qf_hall_person *qf_hall_meet_visitor(struct qf_hall *h, qf_conn conn,
                                            const struct qf_hash *mark,
                                            const char *name)
{
	struct qf_hall_person new = {
		.key = h->key,
		.visitor = conn,
		.way = mark ? QF_VISITOR_PAGE : QF_VISITOR_CLASSIC,
	};

	if (mark)
		new.mark = *mark;
	return meet(h, qf_hall_visitor(h, conn), new, name);
}

/* The person by whose node a guest elsewhere is known, if it is here still. */
static void count_far(struct qf_hall *h, const struct qf_key *node, bool more)
{
	struct qf_hall_person *p = qf_hall_person(h, node);

	h->far_count = more ? h->far_count + 1 : h->far_count - 1;
	if (p)
		p->far_count = more ? p->far_count + 1 : p->far_count - 1;
}

struct qf_hall_person *qf_hall_meet_far(struct qf_hall *h,
                                        const struct qf_key *node,
                                        const char *guest)
{
	struct qf_hall_person *p = qf_hall_far(h, node, guest);
	bool is_new = !p;

	p = meet(h, p, (struct qf_hall_person){ .key = *node, .far = true },
	         guest);
	if (p && is_new)
		count_far(h, node, true);
	return p;
}

/* Where they are seen */

static void room_key(const uint8_t room[QF_HERE_ROOM_BYTES],
                     uint8_t out[QF_IDMAP_KEY_BYTES])
{
	memset(out, 0, QF_IDMAP_KEY_BYTES);
	memcpy(out, room, QF_HERE_ROOM_BYTES);
}

static void attend(struct qf_hall *h, const uint8_t *room, bool more)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t count = 0;

	room_key(room, key);
	qf_idmap_get(&h->attended, key, &count);
	count = more ? count + 1 : count - 1;
	if (!count)
		qf_idmap_remove(&h->attended, key);
	else if (qf_idmap_set(&h->attended, key, count))
		h->carry->bad = true;
}

/* A node may name a room twice, next to each other; it counts once. */
static void attend_all(struct qf_hall *h, const struct qf_shared *rooms,
                       bool more)
{
	const uint8_t *last = NULL;

	for (size_t at = 0; rooms && at + QF_HERE_ROOM_BYTES <= rooms->len;
	     at += QF_HERE_ROOM_BYTES) {
		if (!last || memcmp(last, rooms->at + at, QF_HERE_ROOM_BYTES))
			attend(h, rooms->at + at, more);
		last = rooms->at + at;
	}
}

void qf_hall_see(struct qf_hall *h, struct qf_hall_person *p,
                 struct qf_shared *rooms)
{
	struct qf_shared *before = p->rooms;

	p->rooms = rooms ? qf_shared_ref(rooms) : NULL;
	attend_all(h, p->rooms, true);
	attend_all(h, before, false);
	qf_shared_unref(before);
}

size_t qf_hall_attended(const struct qf_hall *h, const struct qf_room_id *id)
{
	uint8_t key[QF_IDMAP_KEY_BYTES];
	uint64_t count = 0;

	room_key(id->b, key);
	qf_idmap_get(&h->attended, key, &count);
	return count;
}

static void note_absent(struct qf_hall *h, const struct qf_hall_person *p)
{
	struct qf_hall_absent *a = &h->absent[h->absent_next++ % QF_ABSENT_MAX];

	memcpy(a->name, p->name, sizeof a->name);
	a->mark = p->mark;
}

const struct qf_hall_absent *qf_hall_absent(const struct qf_hall *h,
                                            const char *name)
{
	size_t count = h->absent_next < QF_ABSENT_MAX ? h->absent_next
	                                              : QF_ABSENT_MAX;

	for (size_t i = 1; i <= count; i++) {
		const struct qf_hall_absent *a =
			&h->absent[(h->absent_next - i) % QF_ABSENT_MAX];

		if (qf_nick_equal(a->name, name))
			return a;
	}
	return NULL;
}

void qf_hall_part(struct qf_hall *h, struct qf_hall_person *p)
{
	struct qf_hall_person *last = &h->persons[h->person_count - 1];

	if (p->visitor && p->way == QF_VISITOR_PAGE)
		note_absent(h, p);
	qf_hall_see(h, p, NULL);
	displace(h, p);
	count_name(h, p, false);
	if (p->far)
		count_far(h, &p->key, false);
	fini_person(p);
	if (p != last) {
		displace(h, last);
		*p = *last;
		place(h, p);
	}
	h->person_count--;
}

void qf_hall_person_host(const struct qf_hall_person *p,
                         char out[QF_HOST_TEXT_BYTES])
{
	qf_host_of(&p->key, out);
}

void qf_hall_person_mask(const struct qf_hall_person *p,
                         char out[QF_MASK_BYTES])
{
	char host[QF_HOST_TEXT_BYTES];

	qf_hall_person_host(p, host);
	snprintf(out, QF_MASK_BYTES, "%s!%s@%s", p->nick,
	         qf_hall_person_user(p), host);
}

static int compare_rooms(const void *a, const void *b)
{
	return memcmp(a, b, QF_HERE_ROOM_BYTES);
}

bool qf_hall_is_among(const struct qf_shared *rooms,
                      const struct qf_hall_room *r)
{
	return rooms &&
	       bsearch(r->id.b, rooms->at, rooms->len / QF_HERE_ROOM_BYTES,
	               QF_HERE_ROOM_BYTES, compare_rooms);
}

bool qf_hall_is_persons(const struct qf_hall *h, const char *nick)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	const struct qf_hall_person *p;
	struct qf_hash mark;
	uint64_t count;

	if (!qf_nick_fold(nick, folded, sizeof folded))
		return false;
	if (!strcmp(folded, h->name_folded))
		return true;
	p = folded_as(h, folded);
	if (p && !p->far)
		return true;
	name_mark(folded, &mark);
	return qf_idmap_get(&h->people, mark.b, &count);
}
