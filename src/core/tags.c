/* tags.c - which rooms a link offers, and which it has in common */
#include "tags.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "talk.h"

enum { TAGS_MIN = 8 };

static int compare_tags(const void *a, const void *b)
{
	return memcmp(a, b, QF_TAG_BYTES);
}

static void random_tag(struct qf_session *s, struct qf_tag *out)
{
	s->random++;
	crypto_generichash_blake2b(
		out->b, sizeof out->b, (const unsigned char *)&s->random,
		sizeof s->random, s->exporter, sizeof s->exporter);
}

/* A room of two keys is for the link between them alone. */
static bool may_offer(const struct qf_session *s, const struct qf_carried *room)
{
	return !room->left &&
	       (!room->direct || qf_key_equal(&room->direct->other, &s->peer));
}

/* Padded to a power of two, sorted: only a size bucket leaks (sync.md 4.4). */
void qf_tags_offer(struct qf_session *s)
{
	size_t rooms = 0, n = TAGS_MIN;
	struct qf_tag *tags;

	while (n < s->carry->room_count && n < QF_TAGS_MAX)
		n *= 2;
	tags = calloc(n, sizeof *tags);
	if (!tags) {
		s->carry->bad = true;
		return;
	}
	for (size_t i = 0; i < s->carry->room_count && rooms < n; i++)
		if (may_offer(s, s->carry->rooms[i]))
			qf_room_tag(&s->carry->rooms[i]->tag_key, s->exporter,
			            s->client ? 0 : 1, &tags[rooms++]);
	while (rooms < n)
		random_tag(s, &tags[rooms++]);
	qsort(tags, n, sizeof *tags, compare_tags);
	qf_tags_put(&s->control, tags, n);
	free(tags);
}

struct qf_talk *qf_tags_talk(struct qf_session *s, const struct qf_room_id *id)
{
	for (size_t i = 0; i < s->talk_count; i++)
		if (qf_room_id_equal(&s->talks[i]->room->id, id))
			return s->talks[i];
	return NULL;
}

static bool is_offered(const struct qf_session *s, const struct qf_tag *tag)
{
	return s->peer_tags.len &&
	       bsearch(tag, s->peer_tags.at, s->peer_tags.len / QF_TAG_BYTES,
	               QF_TAG_BYTES, compare_tags);
}

/* NULL: out of memory. */
static struct qf_talk *begin_talk(struct qf_session *s, struct qf_carried *room)
{
	struct qf_talk *t = NULL;

	if (qf_list_room(&s->talks, s->talk_count, &s->talk_cap,
	                 sizeof *s->talks))
		t = qf_talk_new(s, room);
	if (t)
		s->talks[s->talk_count++] = t;
	else
		s->carry->bad = true;
	return t;
}

static void match_room(struct qf_session *s, struct qf_carried *room)
{
	struct qf_tag tag;

	if (qf_tags_talk(s, &room->id) || !may_offer(s, room))
		return;
	qf_room_tag(&room->tag_key, s->exporter, s->client ? 1 : 0, &tag);
	if (is_offered(s, &tag))
		begin_talk(s, room);
}

/* The tag of a room, as we offer it, is that. */
static bool is_tag_of(const struct qf_session *s, const struct qf_carried *room,
                      const struct qf_tag *tag)
{
	struct qf_tag ours;

	qf_room_tag(&room->tag_key, s->exporter, s->client ? 0 : 1, &ours);
	return !memcmp(ours.b, tag->b, sizeof ours.b);
}

struct qf_talk *qf_tags_opened(struct qf_session *s, const struct qf_tag *tag)
{
	for (size_t i = 0; i < s->talk_count; i++)
		if (is_tag_of(s, s->talks[i]->room, tag))
			return s->talks[i];
	for (size_t i = 0; i < s->carry->room_count; i++) {
		struct qf_carried *room = s->carry->rooms[i];

		if (room->left && is_tag_of(s, room, tag))
			return begin_talk(s, room);
	}
	return NULL;
}

/* The peer has something in the room of our two keys, and we are not in it. */
static void match_direct(struct qf_session *s)
{
	if (!s->knows_direct || s->direct_told ||
	    qf_carry_find(s->carry, &s->direct_room) ||
	    !is_offered(s, &s->direct_tag))
		return;
	s->direct_told = true;
	qf_carry_tell(s->carry, QF_EV_DIRECT, s->conn);
}

void qf_tags_match(struct qf_session *s)
{
	for (size_t i = 0; i < s->carry->room_count; i++)
		match_room(s, s->carry->rooms[i]);
	match_direct(s);
}

void qf_tags_got(struct qf_session *s, struct qf_bytes payload)
{
	struct qf_bytes tags;
	size_t n;

	if (!qf_tags_get(payload, &tags, &n)) {
		qf_session_blame(s, "malformed TAGS");
		return;
	}
	qf_buf_clear(&s->peer_tags);
	qf_put_raw(&s->peer_tags, tags.at, tags.len);
	if (s->peer_tags.bad)
		s->carry->bad = true;
	else
		qf_tags_match(s);
}

void qf_tags_direct(struct qf_session *s, const struct qf_direct *d)
{
	s->knows_direct = true;
	s->direct_room = d->room;
	qf_room_tag(&d->tag_key, s->exporter, s->client ? 1 : 0,
	            &s->direct_tag);
	match_direct(s);
}
