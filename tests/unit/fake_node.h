/* fake_node.h - a node with a few rooms and one client of its API, played
 *
 * It is in #lobby, and in rooms of two keys that the test makes. It stands
 * where the worker, the core and the reader stand: the test feeds bytes, says
 * when asks are answered, commits envelopes, and pulls lines. A commit is
 * published as a post, or, as when the worker's queue was full, only told.
 */
#ifndef QF_FAKE_NODE_H
#define QF_FAKE_NODE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyset.h"
#include "gateway/api.h"
#include "signing.h"

enum {
	FAKE_CONN = 1,
	FAKE_LOG_MAX = 8192,
	FAKE_PULL_BYTES = 64 * 1024,
	FAKE_ROOMS_MAX = 8,
	FAKE_SEED = 7, /* of the node's own key */
};

struct fake_room {
	struct qf_room_id id;
	char name[QF_ROOM_NAME_BYTES_MAX + 1];
	struct qf_identity other;
	struct qf_direct direct;
	struct qf_keyset set;
	struct qf_told *told;
	uint64_t last_lsn;
};

struct fake_node {
	struct qf_identity self;
	struct qf_carry carry;
	struct qf_api *api;
	struct qf_room_id lobby;
	bool knows_all; /* any room, and all but those of two are one */
	struct fake_room rooms[FAKE_ROOMS_MAX]; /* #lobby first */
	size_t room_count;
	struct qf_envelope *log[FAKE_LOG_MAX]; /* log[i] has lsn i + 1 */
	uint64_t last_lsn;
	struct qf_command *commands[64]; /* taken from asks, not answered */
	size_t command_count;
	bool answers; /* commands, at once */
	bool store_fails;
	struct qf_buf out;
};

static inline struct fake_room *fake_add_room(struct fake_node *n,
                                              const struct qf_room_id *id,
                                              const char *name)
{
	struct fake_room *room = &n->rooms[n->room_count++];

	assert(n->room_count <= FAKE_ROOMS_MAX);
	*room = (struct fake_room){ .id = *id, .told = qf_told_new() };
	assert(room->told);
	strcpy(room->name, name);
	qf_keyset_init(&room->set);
	return room;
}

/* NULL: it is not known here. */
static inline struct fake_room *fake_room(struct fake_node *n,
                                          const struct qf_room_id *id)
{
	for (size_t i = 0; i < n->room_count; i++)
		if (qf_room_id_equal(&n->rooms[i].id, id))
			return &n->rooms[i];
	return n->knows_all ? &n->rooms[0] : NULL;
}

static inline void fake_begin(struct fake_node *n)
{
	memset(n, 0, sizeof *n);
	qf_identity_init(&n->self, (uint8_t[QF_SEED_BYTES]){ FAKE_SEED });
	qf_carry_init(&n->carry);
	qf_room_id_open(&n->lobby, "#lobby");
	fake_add_room(n, &n->lobby, "#lobby");
	n->answers = true;
	qf_buf_init(&n->out, 0);
	n->api = qf_api_new(FAKE_CONN, &n->carry);
	assert(n->api);
}

static inline void fake_end(struct fake_node *n)
{
	qf_api_free(n->api);
	qf_carry_fini(&n->carry);
	for (size_t i = 0; i < n->room_count; i++) {
		qf_keyset_fini(&n->rooms[i].set);
		qf_told_unref(n->rooms[i].told);
	}
	for (uint64_t i = 0; i < n->last_lsn; i++)
		qf_envelope_unref(n->log[i]);
	for (size_t i = 0; i < n->command_count; i++)
		qf_command_free(n->commands[i]);
	qf_buf_fini(&n->out);
}

static inline void fake_feed(struct fake_node *n, const char *text)
{
	qf_api_bytes(n->api, qf_bytes(text, strlen(text)));
}

static inline void fake_tell(struct fake_node *n, struct qf_effect *fx)
{
	qf_api_told(n->api, fx);
	qf_effect_fini(fx);
}

static inline void fake_answer(struct fake_node *n, const struct qf_answer *a)
{
	struct qf_effect fx = { .kind = QF_FX_ANSWER, .conn = FAKE_CONN };

	fx.answer = malloc(sizeof *fx.answer);
	assert(fx.answer);
	*fx.answer = *a;
	fake_tell(n, &fx);
}

static inline void fake_news(struct fake_node *n, const struct qf_news *news)
{
	struct qf_effect fx = { .kind = QF_FX_NEWS };

	fx.news = malloc(sizeof *fx.news);
	assert(fx.news);
	*fx.news = *news;
	fx.news->text = news->text ? strdup(news->text) : NULL;
	fake_tell(n, &fx);
}

/* Into the log and its room's set; nobody is told. */
static inline void fake_store_by(struct fake_node *n,
                                 const struct qf_identity *author,
                                 struct qf_envelope *e)
{
	struct fake_room *room = fake_room(n, &e->head.room);
	struct qf_setkey key;

	assert(n->last_lsn < FAKE_LOG_MAX);
	sign_commit(author, &e, 1);
	n->log[n->last_lsn++] = e;
	key = qf_setkey_of(e, n->last_lsn);
	assert(qf_keyset_add(&room->set, &key) == 1);
}

static inline void fake_store(struct fake_node *n, struct qf_envelope *e)
{
	fake_store_by(n, &n->self, e);
}

/* What was committed last. */
static inline void fake_publish(struct fake_node *n, bool queue_is_full)
{
	struct qf_posted item = { n->log[n->last_lsn - 1], n->last_lsn };
	struct fake_room *room = fake_room(n, &item.envelope->head.room);
	struct qf_post *post;

	atomic_store(&room->told->lsn, n->last_lsn);
	if (!queue_is_full) {
		post = qf_post_new(&room->id, room->last_lsn, 0, &item, 1);
		assert(post);
		qf_carry_post(&n->carry, post);
	}
	room->last_lsn = n->last_lsn;
}

static inline struct qf_header fake_header(const struct fake_node *n,
                                           uint8_t type, uint64_t hlc)
{
	return (struct qf_header){
		.room = n->lobby,
		.class = QF_CLASS_CONTENT,
		.type = type,
		.author = n->self.key,
		.hlc = hlc,
		.seq = n->last_lsn + 1,
	};
}

static inline struct qf_envelope *fake_envelope(struct fake_node *n,
                                                uint8_t type, uint64_t hlc,
                                                const struct qf_body *body)
{
	struct qf_header h = fake_header(n, type, hlc);
	struct qf_envelope *e;
	struct qf_buf bytes;

	qf_buf_init(&bytes, QF_BODY_BYTES_MAX);
	qf_body_encode(&bytes, body);
	assert(!bytes.bad);
	e = qf_envelope_new(&h, qf_buf_bytes(&bytes));
	qf_buf_fini(&bytes);
	assert(e);
	return e;
}

static inline void fake_commit(struct fake_node *n, uint64_t hlc,
                               const char *text)
{
	struct qf_body body = { .name = qf_bytes("ana", 3),
		                .text = qf_bytes(text, strlen(text)) };

	fake_store(n, fake_envelope(n, QF_TYPE_TEXT, hlc, &body));
}

/* Whoever said the line of that lsn, or another guest, takes it back. */
static inline void fake_take_back(struct fake_node *n, uint64_t hlc,
                                  uint64_t lsn, const char *guest)
{
	char id[QF_KEY_TEXT_BYTES];
	struct qf_body body = { .name = qf_bytes("ana", 3),
		                .guest = qf_bytes(guest, strlen(guest)) };

	qf_hash_text(&n->log[lsn - 1]->id, id);
	body.text = qf_bytes(id, strlen(id));
	fake_store(n, fake_envelope(n, QF_TYPE_REDACT, hlc, &body));
}

/* A room of two with whoever has that seed, told as the core tells it. */
static inline struct fake_room *fake_direct(struct fake_node *n, uint8_t seed)
{
	struct qf_effect fx = { .kind = QF_FX_ROOM };
	struct qf_direct *keys = malloc(sizeof *keys);
	char name[QF_ROOM_NAME_BYTES_MAX + 1] = "@";
	struct qf_identity other;
	struct fake_room *room;

	qf_identity_init(&other, (uint8_t[QF_SEED_BYTES]){ seed });
	assert(keys && qf_direct_init(keys, &n->self, &other.key));
	qf_key_text(&other.key, name + 1);
	room = fake_add_room(n, &keys->room, name);
	room->other = other;
	room->direct = *keys;
	qf_carry_direct(qf_carry_room(&n->carry, &room->id, name), keys);
	fx.room = room->id;
	fake_tell(n, &fx);
	return room;
}

/* One of a room of two has said something, and it is published. */
static inline void fake_body(struct fake_node *n, struct fake_room *room,
                             const struct qf_identity *by, uint64_t hlc,
                             const struct qf_body *body)
{
	struct qf_header h = fake_header(n, QF_TYPE_TEXT, hlc);
	struct qf_buf bytes, sealed;
	struct qf_envelope *e;

	h.room = room->id;
	h.author = by->key;
	qf_buf_init(&bytes, 0);
	qf_buf_init(&sealed, 0);
	qf_body_encode(&bytes, body);
	assert(qf_direct_seal(&room->direct.body_key, room->direct.key_id, &h,
	                      qf_buf_bytes(&bytes), &sealed));
	e = qf_envelope_new(&h, qf_buf_bytes(&sealed));
	assert(e);
	qf_buf_fini(&bytes);
	qf_buf_fini(&sealed);
	fake_store_by(n, by, e);
	fake_publish(n, false);
}

static inline void fake_whisper(struct fake_node *n, struct fake_room *room,
                                uint64_t hlc, const char *text)
{
	struct qf_body body = { .name = qf_bytes("bob", 3),
		                .text = qf_bytes(text, strlen(text)) };

	fake_body(n, room, &room->other, hlc, &body);
}

/* What the core and a reader would do. */

/* Of what that room holds, published or not. */
static inline uint64_t fake_newest(const struct fake_node *n,
                                   const struct qf_room_id *id)
{
	uint64_t lsn = n->last_lsn;

	while (lsn && !qf_room_id_equal(&n->log[lsn - 1]->head.room, id))
		lsn--;
	return lsn;
}

static inline void fake_pair(struct fake_node *n, const struct qf_room_id *id)
{
	struct qf_effect fx = { .kind = QF_FX_PAIR,
		                .conn = FAKE_CONN,
		                .room = *id,
		                .number = n->last_lsn };
	struct fake_room *room = fake_room(n, id);
	struct qf_carried *carried;

	if (room) {
		strcpy(fx.name, room->name);
		fx.snapshot = qf_snapshot_new(&room->set, fake_newest(n, id));
		assert(fx.snapshot);
		carried = qf_carry_room(&n->carry, id, fx.name);
		qf_carry_pair(carried, fx.snapshot->lsn,
		              qf_told_ref(room->told));
	}
	fake_tell(n, &fx);
}

static inline void fake_done(struct fake_node *n, const struct qf_command *c)
{
	struct qf_answer a = { .kind = QF_ANS_DONE, .request = c->request };

	if (c->kind == QF_CMD_SAY) {
		a.kind = QF_ANS_STORED;
		a.room = n->lobby;
		a.id.b[0] = 1;
		a.lsn = 9;
		a.hlc = 1000ull << 16;
	}
	fake_answer(n, &a);
}

static inline void fake_event(struct fake_node *n, struct qf_event *ev)
{
	if (ev->kind == QF_EV_FOLLOW) {
		fake_pair(n, &ev->room);
	} else if (ev->command && n->answers) {
		fake_done(n, ev->command);
	} else if (ev->command) {
		assert(n->command_count < 64);
		n->commands[n->command_count++] = ev->command;
		ev->command = NULL;
	}
	qf_event_fini(ev);
}

static inline void fake_found(struct fake_node *n, struct qf_read *r,
                              uint64_t lsn)
{
	r->envelopes[r->got] = qf_envelope_ref(n->log[lsn - 1]);
	r->lsns[r->got++] = lsn;
}

static inline bool fake_is_asked(struct fake_node *n, const struct qf_read *r,
                                 const struct qf_header *h)
{
	return fake_room(n, &h->room) == fake_room(n, &r->room) &&
	       (r->kind == QF_READ_AFTER || h->type == QF_TYPE_TOPIC ||
	        h->type == QF_TYPE_REDACT);
}

static inline void fake_read(struct fake_node *n, struct qf_read *r)
{
	size_t size = r->count ? r->count : 1;

	if (n->store_fails) {
		r->err = QF_E_IO;
	} else if (r->kind == QF_READ_AUTHORS) {
		r->authors = calloc(1, sizeof *r->authors);
		assert(r->authors);
		r->authors[r->author_count++] = (struct qf_author_line){
			.author = n->self.key,
			.first = 1,
			.last = n->last_lsn,
			.count = n->last_lsn
		};
	} else {
		r->envelopes = calloc(size, sizeof(struct qf_envelope *));
		if (r->kind != QF_READ_LSNS)
			r->lsns = calloc(size, sizeof *r->lsns);
		assert(r->envelopes && r->lsns);
		for (size_t i = 0; r->kind == QF_READ_LSNS && i < r->count; i++)
			fake_found(n, r, r->lsns[i]);
		for (uint64_t lsn = r->after + 1;
		     r->kind != QF_READ_LSNS && r->got < r->count &&
		     lsn <= n->last_lsn;
		     lsn++)
			if (fake_is_asked(n, r, &n->log[lsn - 1]->head))
				fake_found(n, r, lsn);
	}
	qf_api_got(n->api, r);
	qf_read_free(r);
}

/* Move on the oldest ask. False: there was none. */
static inline bool fake_serve_one(struct fake_node *n)
{
	struct qf_ask ask;

	if (!n->carry.ask_count)
		return false;
	ask = n->carry.asks[0];
	n->carry.ask_count--;
	memmove(&n->carry.asks[0], &n->carry.asks[1],
	        n->carry.ask_count * sizeof ask);
	if (ask.kind == QF_ASK_EVENT)
		fake_event(n, &ask.event);
	else
		fake_read(n, ask.read);
	return true;
}

/* Until nothing is asked and nothing is due. All lines are in n->out. */
static inline const char *fake_run(struct fake_node *n)
{
	size_t before;

	do {
		before = n->out.len;
		while (fake_serve_one(n))
			;
		qf_api_pull(n->api, &n->out, n->out.len + FAKE_PULL_BYTES);
	} while (n->out.len > before || n->carry.ask_count);
	qf_put_u8(&n->out, 0);
	n->out.len--;
	assert(!n->out.bad && !n->carry.bad);
	return (const char *)n->out.at;
}

/* Feed, run, and take what came of it alone. */
static inline const char *fake_talk(struct fake_node *n, const char *text)
{
	qf_buf_clear(&n->out);
	fake_feed(n, text);
	return fake_run(n);
}

#endif
