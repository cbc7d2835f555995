/* here.c - records and reports as bytes, and their signatures */
#include "here.h"

#include <assert.h>
#include <string.h>

#include "room.h"

enum {
	GONE_SIGNED_BYTES = QF_GONE_BYTES - QF_SIG_BYTES,
	STATE_BITS = 0x0f,
};

static bool ascends(struct qf_bytes items, size_t size)
{
	for (size_t i = size; i < items.len; i += size)
		if (memcmp(items.at + i - size, items.at + i, size) >= 0)
			return false;
	return true;
}

/* Who has left cannot be reached, and only an absence has a reason. */
static bool state_fits(const struct qf_here *h)
{
	switch (h->state) {
	case QF_HERE_HERE:
		return !h->text.len;
	case QF_HERE_AWAY:
		return true;
	case QF_HERE_LEFT:
		return !h->text.len && !h->is_hub && !h->port &&
		       !h->addresses.len && !h->edges.len && !h->rooms.len;
	default:
		return false;
	}
}

static bool well_formed(const struct qf_here *h)
{
	return h->version && h->version <= QF_HERE_VERSION_MAX &&
	       state_fits(h) && h->name.len && qf_utf8_valid(h->name) &&
	       qf_utf8_valid(h->text) && ascends(h->edges, QF_KEY_BYTES) &&
	       ascends(h->rooms, QF_HERE_ROOM_BYTES) &&
	       qf_here_edge_to(h, &h->key) < 0;
}

static void items_put(struct qf_buf *to, struct qf_bytes items, size_t size,
                      size_t max)
{
	size_t n = items.len / size;

	assert(items.len % size == 0 && n <= max);
	qf_put_u8(to, (uint8_t)n);
	qf_put_raw(to, items.at, items.len);
}

static void items_get(struct qf_cursor *c, struct qf_bytes *items, size_t size,
                      size_t max)
{
	size_t n = qf_get_u8(c);

	if (n > max)
		c->bad = true;
	*items = qf_get_span(c, n * size);
}

void qf_here_put(struct qf_buf *to, const struct qf_here *h,
                 const struct qf_identity *id)
{
	size_t from = to->len;
	uint8_t sig[QF_SIG_BYTES];
	struct qf_hash hash;

	assert(well_formed(h) && qf_key_equal(&h->key, &id->key));
	assert(h->name.len <= QF_USER_NAME_BYTES_MAX);
	assert(h->text.len <= QF_HERE_TEXT_BYTES_MAX);
	qf_put_raw(to, h->key.b, sizeof h->key.b);
	qf_put_u64(to, h->version);
	qf_put_u8(to, (uint8_t)(h->state | (h->is_hub ? QF_HERE_HUB : 0)));
	qf_put_bytes(to, h->name);
	qf_put_bytes(to, h->text);
	qf_put_u16(to, h->port);
	items_put(to, h->addresses, QF_HERE_ADDRESS_BYTES,
	          QF_HERE_ADDRESSES_MAX);
	items_put(to, h->edges, QF_KEY_BYTES, QF_HERE_EDGES_MAX);
	items_put(to, h->rooms, QF_HERE_ROOM_BYTES, QF_HERE_ROOMS_MAX);
	if (to->bad)
		return;
	qf_hash_data(&hash, "QF1here", to->at + from, to->len - from);
	qf_identity_sign(id, &hash, sig);
	qf_put_raw(to, sig, sizeof sig);
}

void qf_here_get(struct qf_cursor *c, struct qf_here *h)
{
	const uint8_t *from = c->at;
	uint8_t state;

	qf_get_raw(c, h->key.b, sizeof h->key.b);
	h->version = qf_get_u64(c);
	state = qf_get_u8(c);
	h->state = state & STATE_BITS;
	h->is_hub = state & QF_HERE_HUB;
	h->name = qf_get_bytes(c, QF_USER_NAME_BYTES_MAX);
	h->text = qf_get_bytes(c, QF_HERE_TEXT_BYTES_MAX);
	h->port = qf_get_u16(c);
	items_get(c, &h->addresses, QF_HERE_ADDRESS_BYTES,
	          QF_HERE_ADDRESSES_MAX);
	items_get(c, &h->edges, QF_KEY_BYTES, QF_HERE_EDGES_MAX);
	items_get(c, &h->rooms, QF_HERE_ROOM_BYTES, QF_HERE_ROOMS_MAX);
	qf_get_span(c, QF_SIG_BYTES);
	if (c->bad || !well_formed(h))
		c->bad = true;
	h->whole = qf_bytes(from, c->bad ? 0 : (size_t)(c->at - from));
}

void qf_here_signed(const struct qf_here *h, struct qf_checked *out)
{
	size_t len = h->whole.len - QF_SIG_BYTES;

	out->author = h->key;
	qf_hash_data(&out->root, "QF1here", h->whole.at, len);
	memcpy(out->sig, h->whole.at + len, sizeof out->sig);
}

bool qf_here_verify(const struct qf_here *h)
{
	struct qf_checked what;

	qf_here_signed(h, &what);
	return qf_key_verify(&what.author, &what.root, what.sig);
}

static bool same_bytes(struct qf_bytes a, struct qf_bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

bool qf_here_same(const struct qf_here *a, const struct qf_here *b)
{
	return qf_key_equal(&a->key, &b->key) && a->state == b->state &&
	       a->is_hub == b->is_hub && a->port == b->port &&
	       same_bytes(a->name, b->name) && same_bytes(a->text, b->text) &&
	       same_bytes(a->addresses, b->addresses) &&
	       same_bytes(a->edges, b->edges) && same_bytes(a->rooms, b->rooms);
}

size_t qf_here_edge_count(const struct qf_here *h)
{
	return h->edges.len / QF_KEY_BYTES;
}

void qf_here_edge(const struct qf_here *h, size_t i, struct qf_key *out)
{
	memcpy(out->b, h->edges.at + i * QF_KEY_BYTES, sizeof out->b);
}

static int item_of(struct qf_bytes items, const uint8_t *item, size_t size)
{
	for (size_t i = 0; i < items.len / size; i++)
		if (!memcmp(items.at + i * size, item, size))
			return (int)i;
	return -1;
}

int qf_here_edge_to(const struct qf_here *h, const struct qf_key *key)
{
	return item_of(h->edges, key->b, QF_KEY_BYTES);
}

bool qf_here_in_room(const struct qf_here *h,
                     const uint8_t room[QF_HERE_ROOM_BYTES])
{
	return item_of(h->rooms, room, QF_HERE_ROOM_BYTES) >= 0;
}

static void gone_put_signed(struct qf_buf *to, const struct qf_gone *g)
{
	qf_put_raw(to, g->reporter.b, sizeof g->reporter.b);
	qf_put_raw(to, g->subject.b, sizeof g->subject.b);
	qf_put_u64(to, g->version);
}

static void gone_hash(const struct qf_gone *g, struct qf_hash *out)
{
	uint8_t bytes[GONE_SIGNED_BYTES];
	struct qf_buf b = { .at = bytes, .cap = sizeof bytes };

	gone_put_signed(&b, g);
	assert(b.len == sizeof bytes);
	qf_hash_data(out, "QF1gone", bytes, sizeof bytes);
}

void qf_gone_sign(struct qf_gone *g, const struct qf_identity *id)
{
	struct qf_hash hash;

	g->reporter = id->key;
	gone_hash(g, &hash);
	qf_identity_sign(id, &hash, g->sig);
}

void qf_gone_put(struct qf_buf *to, const struct qf_gone *g)
{
	gone_put_signed(to, g);
	qf_put_raw(to, g->sig, sizeof g->sig);
}

void qf_gone_get(struct qf_cursor *c, struct qf_gone *g)
{
	qf_get_raw(c, g->reporter.b, sizeof g->reporter.b);
	qf_get_raw(c, g->subject.b, sizeof g->subject.b);
	g->version = qf_get_u64(c);
	qf_get_raw(c, g->sig, sizeof g->sig);
	if (qf_key_equal(&g->reporter, &g->subject))
		c->bad = true;
}

void qf_gone_signed(const struct qf_gone *g, struct qf_checked *out)
{
	out->author = g->reporter;
	gone_hash(g, &out->root);
	memcpy(out->sig, g->sig, sizeof out->sig);
}

bool qf_gone_verify(const struct qf_gone *g)
{
	struct qf_checked what;

	qf_gone_signed(g, &what);
	return qf_key_verify(&what.author, &what.root, what.sig);
}
