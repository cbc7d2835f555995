/* rooms.c - the rooms that a conversation reads, and the one it speaks to */
#include "rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void end(struct qf_rooms_room *room)
{
	if (room->reads)
		qf_reading_end(&room->reading);
	qf_tally_fini(&room->tally);
	free(room);
}

void qf_rooms_fini(struct qf_rooms *r)
{
	while (r->count)
		end(r->list[--r->count]);
	*r = (struct qf_rooms){ 0 };
}

struct qf_rooms_room *qf_rooms_find(const struct qf_rooms *r,
                                    struct qf_bytes name)
{
	for (size_t i = 0; i < r->count; i++) {
		const char *known = r->list[i]->name;

		if (strlen(known) == name.len &&
		    !strncasecmp(known, (const char *)name.at, name.len))
			return r->list[i];
	}
	return NULL;
}

static struct qf_rooms_room *add(struct qf_rooms *r, struct qf_bytes name)
{
	struct qf_rooms_room *room = NULL;

	if (r->count < QF_ROOMS_SHOWN_MAX)
		room = calloc(1, sizeof *room);
	if (!room)
		return NULL;
	snprintf(room->name, sizeof room->name, "%.*s", (int)name.len,
	         (const char *)name.at);
	room->settled = true;
	r->list[r->count++] = room;
	return room;
}

struct qf_rooms_room *qf_rooms_read(struct qf_rooms *r, struct qf_stream *s,
                                    const char *name, uint64_t last)
{
	struct qf_rooms_room *room = NULL;

	if (r->reading_count < QF_ROOMS_READ_MAX)
		room = add(r, qf_bytes(name, strlen(name)));
	if (!room)
		return NULL;
	r->reading_count++;
	room->reads = true;
	room->settled = false;
	qf_reading_begin(&room->reading, s, name, last, true);
	return room;
}

void qf_rooms_drop(struct qf_rooms *r, struct qf_rooms_room *room)
{
	size_t i = 0;

	while (r->list[i] != room)
		i++;
	r->count--;
	memmove(&r->list[i], &r->list[i + 1], (r->count - i) * sizeof *r->list);
	r->reading_count -= room->reads;
	if (r->current == room)
		r->current = NULL;
	end(room);
}

enum qf_reading_word qf_rooms_take(struct qf_rooms *r,
                                   const struct qf_reply *reply,
                                   struct qf_rooms_room **out)
{
	for (size_t i = 0; i < r->count; i++) {
		struct qf_rooms_room *room = r->list[i];
		enum qf_reading_word word;

		if (!room->reads)
			continue;
		word = qf_reading_take(&room->reading, reply);
		if (word == QF_READING_NOT_OURS)
			continue;
		if (word == QF_READING_LIVE || word == QF_READING_REFUSED)
			room->settled = true;
		if (word == QF_READING_LIVE)
			memcpy(room->name, room->reading.room,
			       sizeof room->name);
		*out = room;
		return word;
	}
	return QF_READING_NOT_OURS;
}

void qf_rooms_renew(struct qf_rooms *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i]->reads)
			qf_reading_renew(&r->list[i]->reading);
}

bool qf_rooms_settled(const struct qf_rooms *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->list[i]->settled)
			return false;
	return true;
}

struct qf_rooms_room *qf_rooms_stored(struct qf_rooms *r,
                                      const struct qf_reply *stored)
{
	struct qf_rooms_room *room = qf_rooms_find(r, stored->room);

	if (!room)
		room = add(r, stored->room);
	return room && !qf_tally_stored(&room->tally, stored) ? room : NULL;
}

struct qf_rooms_room *qf_rooms_copies(struct qf_rooms *r,
                                      const struct qf_reply *copies)
{
	for (size_t i = 0; i < r->count; i++)
		if (qf_tally_take(&r->list[i]->tally, copies))
			return r->list[i];
	return NULL;
}

size_t qf_rooms_below(const struct qf_rooms *r, uint64_t copies)
{
	size_t below = 0;

	for (size_t i = 0; i < r->count; i++)
		below += qf_tally_below(&r->list[i]->tally, copies);
	return below;
}

uint64_t qf_rooms_least(const struct qf_rooms *r)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < r->count; i++) {
		uint64_t copies = qf_tally_least(&r->list[i]->tally);

		if (copies < least)
			least = copies;
	}
	return least;
}
