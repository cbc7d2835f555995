/* hall.c - a room of the run: who speaks when, and what all have heard */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* Authors' keys are numbered through all halls, before those of the links. */
static uint64_t author_number(const struct hall *h, unsigned first,
                              unsigned author)
{
	return ((uint64_t)first + 1) << 32 | (uint64_t)h->index << 16 | author;
}

void hall_init(struct hall *h, struct world *w, unsigned index,
               unsigned authors, unsigned members)
{
	*h = (struct hall){ .world = w, .index = index };
	if (w->hall_count == 1)
		strcpy(h->name, "#lobby");
	else
		snprintf(h->name, sizeof h->name, "#bench%u", index);
	qf_room_id_open(&h->id, h->name);
	h->author_count = authors;
	h->authors = calloc(authors + 1, sizeof *h->authors);
	h->speakers = calloc(authors + 1, sizeof *h->speakers);
	if (!h->authors || !h->speakers)
		die("out of memory");
	for (unsigned i = 0; i < authors; i++) {
		author_init(&h->authors[i], i, author_number(h, w->first, i));
		if (w->hlc)
			h->authors[i].hlc = w->hlc;
	}
	hall_remember(h);
	/* A node does not send back what came; the bare loop does. */
	h->fans = members - (w->kind == WORLD_NODE || is_irc(w) ? 1 : 0);
}

void hall_fini(struct hall *h)
{
	for (unsigned i = 0; i < h->author_count; i++)
		author_fini(&h->authors[i]);
	author_fini(&h->past);
	free(h->authors);
	free(h->speakers);
	qf_snapshot_unref(h->snapshot);
}

static void add_said(const struct author *a, unsigned count,
                     struct qf_keyset *all)
{
	for (unsigned i = 0; i < count; i++)
		if (qf_keyset_add(all, &a->keys[i]) < 0)
			die("out of memory");
}

void hall_remember(struct hall *h)
{
	struct qf_keyset all;

	qf_keyset_init(&all);
	add_said(&h->past, h->past.messages, &all);
	for (unsigned i = 0; i < h->author_count; i++)
		add_said(&h->authors[i], h->authors[i].said, &all);
	qf_snapshot_unref(h->snapshot);
	h->snapshot = qf_snapshot_new(&all, 0);
	qf_keyset_fini(&all);
	if (!h->snapshot)
		die("out of memory");
}

void hall_recall(struct hall *h, unsigned messages, unsigned first,
                 uint64_t hlc, size_t text_bytes)
{
	author_init(&h->past, 0, author_number(h, first, 0));
	h->past.hlc = hlc;
	author_sign(&h->past, &h->id, messages, text_bytes,
	            QF_BATCH_LEAVES_MAX);
	hall_remember(h);
}

static bool is_time(const struct hall *h)
{
	const struct world *w = h->world;

	return !w->rate ||
	       h->said * 1000000000ULL / w->rate <= now_ns() - w->began_ns;
}

static bool may_speak(struct hall *h)
{
	return h->said < h->to_say && is_time(h) &&
	       h->said * h->fans - h->delivered < (uint64_t)h->window * h->fans;
}

void hall_speak(struct hall *h)
{
	while (h->world->speaking && may_speak(h)) {
		struct author *a = &h->authors[h->turn++ % h->author_count];
		unsigned before = a->said;
		struct qf_bytes bytes = author_say(a, now_ns());

		if (!bytes.len)
			continue;
		/* Before it is sent: it may be heard at once. */
		h->said += a->said - before;
		link_say(h->speakers[a->index], bytes, a->said - before);
	}
}

static void tell_owner(struct hall *h)
{
	if (may_speak(h) && !atomic_exchange(&h->ripe, true))
		bell_ring(h->owner->bell);
}

void hall_account(struct hall *h, struct crew *by, unsigned fresh)
{
	uint64_t delivered = atomic_fetch_add(&h->delivered, fresh) + fresh;

	if (delivered >= h->to_say * h->fans &&
	    delivered - fresh < h->to_say * h->fans) {
		if (++h->world->halls_done == h->world->spoken)
			bell_ring(h->world->bell);
	} else if (h->owner == by) {
		hall_speak(h);
	} else {
		tell_owner(h);
	}
}
