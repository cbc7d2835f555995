/* loaded.h - writes down what a store gives to a node that starts */
#ifndef QF_LOADED_H
#define QF_LOADED_H

#include "storage.h"

enum { LOADED_MAX = 20000 };

/* What a load gave, in order. */
struct loaded {
	struct qf_loaded_room rooms[8];
	char names[8][QF_ROOM_NAME_BYTES_MAX + 1];
	size_t room_count;
	struct qf_loaded_element elements[LOADED_MAX];
	size_t element_count;
	struct qf_nonce nonces[LOADED_MAX];
	uint64_t nonce_lsns[LOADED_MAX];
	size_t nonce_count;
	struct qf_peer peers[QF_PEERS_MAX + 1];
	size_t peer_count;
	uint8_t page;
	struct qf_marker markers[4];
	size_t marker_count;
	struct qf_draft drafts[LOADED_MAX]; /* bodies are not kept */
	size_t draft_count;
	char order[8]; /* r, e, n, d, p: each when it came first */
};

static struct loaded loaded;

static inline void note(char kind)
{
	size_t len = strlen(loaded.order);

	if (!len || loaded.order[len - 1] != kind)
		loaded.order[len] = kind;
}

static inline int load_room(void *ctx, const struct qf_loaded_room *room)
{
	size_t i = loaded.room_count++;

	(void)ctx;
	note('r');
	loaded.rooms[i] = *room;
	strcpy(loaded.names[i], room->name);
	return QF_OK;
}

static inline int load_element(void *ctx,
                               const struct qf_loaded_element *element)
{
	(void)ctx;
	note('e');
	loaded.elements[loaded.element_count++] = *element;
	return QF_OK;
}

static inline int load_nonce(void *ctx, const struct qf_nonce *nonce,
                             const struct qf_loaded_element *element)
{
	(void)ctx;
	note('n');
	loaded.nonce_lsns[loaded.nonce_count] = element->lsn;
	loaded.nonces[loaded.nonce_count++] = *nonce;
	return QF_OK;
}

static inline int load_draft(void *ctx, const struct qf_draft *draft)
{
	(void)ctx;
	note('d');
	loaded.drafts[loaded.draft_count] = *draft;
	loaded.drafts[loaded.draft_count++].body = NULL;
	return QF_OK;
}

static inline int load_peer(void *ctx, const struct qf_peer *peer)
{
	(void)ctx;
	note('p');
	loaded.peers[loaded.peer_count++] = *peer;
	return QF_OK;
}

static inline int load_page(void *ctx, uint8_t page)
{
	(void)ctx;
	loaded.page = page;
	return QF_OK;
}

static inline int load_marker(void *ctx, const struct qf_marker *marker)
{
	(void)ctx;
	loaded.markers[loaded.marker_count++] = *marker;
	return QF_OK;
}

static const struct qf_loader loader = {
	.room = load_room,
	.element = load_element,
	.nonce = load_nonce,
	.draft = load_draft,
	.peer = load_peer,
	.page = load_page,
	.marker = load_marker,
};

/* Close, open again, and load. */
static inline void reload(struct storage *s)
{
	storage_close(s);
	storage_open(s);
	memset(&loaded, 0, sizeof loaded);
	if (qf_store_load(s->store, &loader))
		fail_msg("%s", qf_store_why(s->store));
}

#endif
