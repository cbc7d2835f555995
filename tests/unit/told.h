/* told.h - a node in a test: events in, effects out, a store that waits
 *
 * Keeps are taken out of the effects and lie here until the story commits
 * them: own envelopes are signed then, and lsns go up by one, as in the store.
 * What the step said of presence lies apart, too. After each step `out` has
 * what else that step told, and nothing older.
 */
#ifndef QF_TOLD_H
#define QF_TOLD_H

#include "lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "core/node.h"

enum { TOLD_WORKERS = 2, TOLD_SEED = 7, TOLD_ALL = 1 << 30 };

struct told {
	struct qf_node *node;
	struct qf_identity self;
	struct qf_now now;
	struct qf_effects out;
	struct qf_keep *keeps; /* not committed, oldest first */
	size_t keep_count;
	size_t keep_cap;
	uint64_t lsn;            /* of the newest that is committed */
	struct qf_effects heres; /* HERE, of the last step */
};

static inline qf_conn told_conn(unsigned worker, uint64_t number)
{
	return (qf_conn)worker << 48 | number;
}

static inline struct qf_room_id told_room_id(const char *folded)
{
	struct qf_room_id id;

	qf_room_id_open(&id, folded);
	return id;
}

/* The node's key is that of the author `self`; the store knows its name. */
static inline void told_init_with(struct told *t, uint8_t self,
                                  struct qf_node_options options)
{
	struct qf_peer own = { .name = "me" };

	*t = (struct told){ .now = { 1000, lines_wall_ms } };
	qf_identity_init(&t->self, (uint8_t[QF_SEED_BYTES]){ self });
	options.identity = &t->self;
	options.fallback = "me";
	options.workers = TOLD_WORKERS;
	options.random_seed = TOLD_SEED;
	t->node = qf_node_new(&options, t->now);
	assert_non_null(t->node);
	own.key = t->self.key;
	assert_int_equal(qf_node_load_peer(t->node, &own), QF_OK);
}

static inline void told_init_as(struct told *t, uint8_t self, bool redials)
{
	told_init_with(t, self,
	               (struct qf_node_options){ .dial_remembered = redials });
}

/* Before the first step. */
static inline void told_load_room(struct told *t, const char *folded)
{
	static const uint8_t none[QF_PREV_BYTES];
	struct qf_room_id id = told_room_id(folded);

	assert_int_equal(
		qf_node_load_room(t->node, &id, folded, QF_JOINED, 0, 0, none),
		QF_OK);
}

static inline void told_fini(struct told *t)
{
	for (size_t i = 0; i < t->keep_count; i++)
		qf_keep_fini(&t->keeps[i]);
	free(t->keeps);
	qf_effects_fini(&t->out);
	qf_effects_fini(&t->heres);
	qf_node_free(t->node);
	qf_identity_fini(&t->self);
}

static inline void told_take_keeps(struct told *t)
{
	for (size_t i = 0; i < t->out.count; i++) {
		struct qf_effect *fx = &t->out.list[i];

		if (fx->kind != QF_FX_KEEP)
			continue;
		assert_true(qf_list_room(&t->keeps, t->keep_count, &t->keep_cap,
		                         sizeof *t->keeps));
		t->keeps[t->keep_count++] = fx->keep;
		fx->keep = (struct qf_keep){ 0 };
	}
}

static inline void told_take_heres(struct told *t)
{
	size_t kept = 0;

	qf_effects_clear(&t->heres);
	for (size_t i = 0; i < t->out.count; i++) {
		struct qf_effect *fx = &t->out.list[i];

		if (fx->kind == QF_FX_HERE)
			*qf_effects_add(&t->heres, QF_FX_HERE) = *fx;
		else
			t->out.list[kept++] = *fx;
	}
	t->out.count = kept;
}

/* Takes what the event owns. */
static inline void told_step(struct told *t, struct qf_event *ev)
{
	qf_effects_clear(&t->out);
	qf_node_step(t->node, ev, t->now, &t->out);
	assert_false(t->out.bad);
	qf_event_fini(ev);
	told_take_keeps(t);
	told_take_heres(t);
}

static inline void told_event(struct told *t, struct qf_event ev)
{
	told_step(t, &ev);
}

static inline void told_tick(struct told *t, uint64_t after_ms)
{
	t->now.mono_ms += after_ms;
	t->now.wall_ms += after_ms;
	told_event(t, (struct qf_event){ .kind = QF_EV_TICK });
}

/* In #lobby, its workers know; an author number that others do not use. */
static inline void told_init(struct told *t)
{
	told_init_as(t, 100, false);
	told_load_room(t, "#lobby");
	told_tick(t, 0);
}

/* Strings are literals. */
static inline void told_command(struct told *t, qf_conn client,
                                struct qf_command command)
{
	struct qf_command *c = malloc(sizeof *c);

	assert_non_null(c);
	*c = command;
	c->room = command.room ? strdup(command.room) : NULL;
	c->text = command.text ? strdup(command.text) : NULL;
	c->who = command.who ? strdup(command.who) : NULL;
	c->guest = command.guest ? strdup(command.guest) : NULL;
	c->to = command.to ? strdup(command.to) : NULL;
	c->near = command.near ? strdup(command.near) : NULL;
	c->tags = command.tags ? strdup(command.tags) : NULL;
	told_event(t, (struct qf_event){ .kind = QF_EV_COMMAND,
	                                 .conn = client,
	                                 .command = c });
}

static inline void told_say(struct told *t, qf_conn client, uint64_t request,
                            char *text)
{
	told_command(t, client,
	             (struct qf_command){ .kind = QF_CMD_SAY,
	                                  .request = request,
	                                  .room = "#lobby",
	                                  .type = QF_TYPE_TEXT,
	                                  .text = text });
}

/* The link has carried `number` envelopes with these n. */
static inline void told_arrived(struct told *t, qf_conn link, uint64_t number,
                                struct qf_envelope *const *envelopes, size_t n)
{
	struct qf_event ev = {
		.kind = QF_EV_ARRIVED,
		.conn = link,
		.number = number,
		.room = envelopes[0]->head.room,
		.envelopes = calloc(n, sizeof *ev.envelopes),
		.envelope_count = n,
	};

	for (size_t i = 0; i < n; i++)
		ev.envelopes[i] = qf_envelope_ref(envelopes[i]);
	told_step(t, &ev);
}

static inline void told_sign(struct told *t, struct qf_keep *keeps, size_t n)
{
	struct qf_envelope *own[QF_BATCH_LEAVES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (keeps[i].kind == QF_KEEP_ENVELOPE && !keeps[i].source)
			own[count++] = keeps[i].envelope;
	if (count)
		sign_commit(&t->self, own, count);
}

/* One commit of the oldest n keeps, or of all that there are. */
static inline void told_commit(struct told *t, size_t n)
{
	struct qf_event ev = { .kind = QF_EV_COMMITTED };

	if (n > t->keep_count)
		n = t->keep_count;
	ev.keeps = calloc(n, sizeof *ev.keeps);
	ev.keep_count = n;
	memcpy(ev.keeps, t->keeps, n * sizeof *ev.keeps);
	t->keep_count -= n;
	memmove(t->keeps, t->keeps + n, t->keep_count * sizeof *t->keeps);
	told_sign(t, ev.keeps, n);
	for (size_t i = 0; i < n; i++)
		if (ev.keeps[i].kind == QF_KEEP_ENVELOPE)
			ev.keeps[i].lsn = ++t->lsn;
	told_step(t, &ev);
}

static inline size_t told_count(const struct told *t, enum qf_effect_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < t->out.count; i++)
		count += t->out.list[i].kind == kind;
	return count;
}

/* The effect of that kind, the first is 0. */
static inline struct qf_effect *told_nth(const struct told *t,
                                         enum qf_effect_kind kind, size_t nth)
{
	for (size_t i = 0; i < t->out.count; i++)
		if (t->out.list[i].kind == kind && nth-- == 0)
			return &t->out.list[i];
	fail_msg("there is no such effect");
	return NULL;
}

/* The only effect of that kind. */
static inline struct qf_effect *told_the(const struct told *t,
                                         enum qf_effect_kind kind)
{
	assert_int_equal(told_count(t, kind), 1);
	return told_nth(t, kind, 0);
}

static inline void told_nothing(const struct told *t)
{
	assert_int_equal(t->out.count, 0);
}

/* DONE, the nth that was told: that link, up to that number. */
static inline void told_done(const struct told *t, size_t nth, qf_conn link,
                             uint64_t number)
{
	const struct qf_effect *fx = told_nth(t, QF_FX_DONE, nth);

	assert_int_equal(fx->conn, link);
	assert_int_equal(fx->worker, qf_conn_worker(link));
	assert_int_equal(fx->number, number);
}

/* What that client was answered; it is the only such answer. */
static inline const struct qf_answer *told_answer(const struct told *t,
                                                  qf_conn client,
                                                  uint64_t request,
                                                  enum qf_answer_kind kind)
{
	const struct qf_answer *found = NULL;

	for (size_t i = 0; i < t->out.count; i++) {
		const struct qf_effect *fx = &t->out.list[i];

		if (fx->kind != QF_FX_ANSWER || fx->conn != client ||
		    fx->answer->request != request)
			continue;
		assert_null(found);
		assert_int_equal(fx->worker, qf_conn_worker(client));
		found = fx->answer;
	}
	assert_non_null(found);
	assert_int_equal(found->kind, kind);
	return found;
}

/* A refusal has a sentence, and nothing else came of the command. */
static inline void told_refused(const struct told *t, qf_conn client,
                                uint64_t request, const char *code)
{
	const struct qf_answer *a = told_answer(t, client, request,
	                                        QF_ANS_REFUSED);

	assert_string_equal(a->code, code);
	assert_non_null(a->text);
	assert_int_equal(t->out.count, 1);
}

/* The only news of that kind, which every worker got; NULL: there is none. */
static inline const struct qf_news *told_news(const struct told *t,
                                              enum qf_news_kind kind)
{
	const struct qf_news *found = NULL;
	bool heard[TOLD_WORKERS] = { false };

	for (size_t i = 0; i < t->out.count; i++) {
		const struct qf_effect *fx = &t->out.list[i];

		if (fx->kind != QF_FX_NEWS || fx->news->kind != kind)
			continue;
		assert_false(heard[fx->worker]);
		heard[fx->worker] = true;
		found = fx->news;
	}
	for (size_t w = 0; w < TOLD_WORKERS; w++)
		assert_int_equal(heard[w], found != NULL);
	return found;
}

#endif
