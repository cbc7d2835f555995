/* far_classic.h - one classic and the node that it is a guest of, played
 *
 * The test is the other side of the wire, by the functions of classic_frame.h,
 * and stands where the core, the store and the worker stand: commands are
 * answered in order when it serves them, lines are committed and posted.
 * Everything that a test feeds can be fed in pieces of any size.
 */
#ifndef QF_FAR_CLASSIC_H
#define QF_FAR_CLASSIC_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyset.h"
#include "gateway/classic.h"
#include "gateway/classic_frame.h"
#include "signing.h"

enum { FAR_CONN = 1, FAR_SAYS_MAX = 2048 };

struct far_say {
	uint8_t type;
	char text[QF_CLASSIC_CHARS_MAX + 1];
	char guest[QF_GUEST_ID_BYTES_MAX + 1];
};

struct far_classic {
	struct qf_identity self, other;
	struct qf_carry carry;
	struct qf_classic *classic;
	struct qf_room_id lobby;
	struct qf_keyset set;
	struct qf_told *told;
	uint64_t lsn, posted;
	uint64_t now_ms;
	size_t piece;      /* bytes fed at a time; 0: all */
	bool holds;        /* says are not answered */
	bool waits;        /* the test pulls */
	const char *takes; /* the name that is given; NULL: as asked */
	struct far_say says[FAR_SAYS_MAX];
	size_t say_count;
	size_t gone;       /* that the classic has */
	struct qf_buf out; /* what the node put out, not yet read */
	unsigned exponent, prime;
	struct qf_classic_key key;
	char theirs[QF_CLASSIC_NAME_CHARS_MAX + 1]; /* the node's name */
};

static inline void far_begin(struct far_classic *f, enum qf_classic_role role)
{
	struct qf_classic_options options = {
		.role = role,
		.conn = FAR_CONN,
		.carry = &f->carry,
		.room = "#lobby",
		.name = "ana",
		.address = { .host = "192.0.2.7", .port = 7 },
		.random = 0x123456789abcdef,
	};

	*f = (struct far_classic){ .exponent = 77 };
	qf_identity_init(&f->self, (uint8_t[QF_SEED_BYTES]){ 7 });
	qf_identity_init(&f->other, (uint8_t[QF_SEED_BYTES]){ 8 });
	qf_carry_init(&f->carry);
	qf_room_id_open(&f->lobby, "#lobby");
	qf_keyset_init(&f->set);
	f->told = qf_told_new();
	assert(f->told);
	f->classic = qf_classic_new(&options);
	assert(f->classic);
}

static inline void far_end(struct far_classic *f)
{
	assert(!f->carry.bad);
	qf_classic_free(f->classic);
	qf_carry_fini(&f->carry);
	qf_keyset_fini(&f->set);
	qf_told_unref(f->told);
	qf_buf_fini(&f->out);
}

static inline void far_tell(struct far_classic *f, struct qf_effect *fx)
{
	qf_classic_told(f->classic, fx);
	qf_effect_fini(fx);
}

static inline void far_pair(struct far_classic *f)
{
	struct qf_effect fx = { .kind = QF_FX_PAIR, .room = f->lobby };

	fx.snapshot = qf_snapshot_new(&f->set, f->lsn);
	assert(fx.snapshot);
	qf_carry_pair(qf_carry_room(&f->carry, &f->lobby, "#lobby"), f->lsn,
	              qf_told_ref(f->told));
	far_tell(f, &fx);
}

static inline void far_note_say(struct far_classic *f,
                                const struct qf_command *c)
{
	struct far_say *say = &f->says[f->say_count];

	if (f->say_count == FAR_SAYS_MAX)
		return;
	f->say_count++;
	say->type = c->type;
	strcpy(say->text, c->text);
	strcpy(say->guest, c->guest);
}

static inline void far_answer(struct far_classic *f, const struct qf_command *c)
{
	struct qf_effect fx = { .kind = QF_FX_ANSWER };
	struct qf_answer *a = calloc(1, sizeof *a);

	assert(a);
	a->request = c->request;
	a->kind = QF_ANS_DONE;
	if (c->kind == QF_CMD_SAY) {
		a->kind = QF_ANS_STORED;
	} else if (c->kind == QF_CMD_CLASSIC) {
		a->kind = QF_ANS_CLASSIC;
		a->key = f->self.key;
		a->text = strdup(f->takes ? f->takes : c->text);
		a->text[strnlen(a->text, QF_CLASSIC_NAME_BYTES_MAX)] = '\0';
	}
	fx.answer = a;
	far_tell(f, &fx);
}

/* Answer all that was asked, and what is asked then. */
static inline void far_serve(struct far_classic *f)
{
	while (f->carry.ask_count) {
		struct qf_ask ask = f->carry.asks[0];

		f->carry.ask_count--;
		memmove(f->carry.asks, f->carry.asks + 1,
		        f->carry.ask_count * sizeof ask);
		if (ask.kind == QF_ASK_READ) {
			qf_classic_got(f->classic, ask.read);
			qf_read_free(ask.read);
			continue;
		}
		if (ask.event.kind == QF_EV_FOLLOW) {
			far_pair(f);
		} else if (ask.event.command->kind == QF_CMD_SAY) {
			far_note_say(f, ask.event.command);
			if (!f->holds)
				far_answer(f, ask.event.command);
		} else {
			far_answer(f, ask.event.command);
		}
		qf_event_fini(&ask.event);
	}
}

/* All that is due, as time goes on. */
static inline void far_pull(struct far_classic *f)
{
	size_t before;

	do {
		before = f->out.len;
		if (qf_classic_wake(f->classic) > f->now_ms &&
		    qf_classic_wake(f->classic) < f->now_ms + 100)
			f->now_ms = qf_classic_wake(f->classic);
		qf_classic_pull(f->classic, &f->out, f->now_ms);
		far_serve(f);
	} while (f->out.len > before);
}

static inline void far_feed(struct far_classic *f, struct qf_bytes in)
{
	size_t piece = f->piece ? f->piece : in.len;

	while (in.len) {
		size_t len = in.len < piece ? in.len : piece;

		qf_classic_bytes(f->classic, qf_bytes(in.at, len));
		far_serve(f);
		in = qf_bytes(in.at + len, in.len - len);
	}
	far_pull(f);
}

static inline void far_feed_text(struct far_classic *f, const char *text)
{
	far_feed(f, qf_bytes(text, strlen(text)));
}

static inline struct qf_bytes far_unread(const struct far_classic *f)
{
	return qf_bytes(f->out.at + f->gone, f->out.len - f->gone);
}

static inline unsigned far_number(struct far_classic *f)
{
	struct qf_bytes in = far_unread(f);
	unsigned number = 0;
	enum qf_classic_got got = qf_classic_get_number(&in, &number);

	assert(got == QF_CLASSIC_GOT);
	f->gone = f->out.len - in.len;
	return number;
}

static inline void far_read_name(struct far_classic *f)
{
	struct qf_bytes in = far_unread(f), name;
	enum qf_classic_got got = qf_classic_get_name(&in, &name);

	assert(got == QF_CLASSIC_GOT);
	memcpy(f->theirs, name.at, name.len);
	f->theirs[name.len] = '\0';
	f->gone = f->out.len - in.len;
}

/* The next frame's text, or what its flag is; NULL: none has come. */
static inline const char *far_hear(struct far_classic *f)
{
	static char text[QF_CLASSIC_CHARS_MAX + 10];
	struct qf_bytes in = far_unread(f);
	struct qf_classic_item item;
	size_t len;

	if (qf_classic_get_item(&in, &item) != QF_CLASSIC_GOT)
		return NULL;
	f->gone = f->out.len - in.len;
	strcpy(text, item.say == QF_CLASSIC_RENAME  ? "-002 "
	             : item.say == QF_CLASSIC_LEAVE ? "-001"
	                                            : "");
	len = strlen(text);
	len += qf_classic_read_bits(&f->key, item.bits, text + len);
	text[len] = '\0';
	return text;
}

/* The greeting, from either side. */
static inline void far_greet(struct far_classic *f, const char *name)
{
	struct qf_buf say;
	unsigned base, theirs;

	qf_buf_init(&say, 0);
	far_pull(f);
	base = far_number(f);
	f->prime = far_number(f);
	theirs = far_number(f);
	qf_classic_put_number(&say,
	                      qf_classic_power(base, f->exponent, f->prime));
	qf_classic_put_field(&say, name);
	qf_classic_key(&f->key,
	               qf_classic_power(theirs, f->exponent, f->prime));
	far_feed(f, qf_buf_bytes(&say));
	far_read_name(f);
	qf_buf_fini(&say);
}

static inline void far_host(struct far_classic *f, unsigned base,
                            unsigned prime, const char *name)
{
	struct qf_buf say;
	unsigned theirs;

	qf_buf_init(&say, 0);
	qf_classic_put_number(&say, base);
	qf_classic_put_number(&say, prime);
	qf_classic_put_number(&say, qf_classic_power(base, f->exponent, prime));
	far_feed(f, qf_buf_bytes(&say));
	theirs = far_number(f);
	qf_classic_key(&f->key, qf_classic_power(theirs, f->exponent, prime));
	far_read_name(f);
	qf_buf_clear(&say);
	qf_classic_put_field(&say, name);
	far_feed(f, qf_buf_bytes(&say));
	qf_buf_fini(&say);
}

static inline void far_say(struct far_classic *f, const char *flag,
                           const char *text)
{
	struct qf_buf say;

	qf_buf_init(&say, 0);
	qf_put_raw(&say, flag, strlen(flag));
	qf_classic_put_frame(&say, &f->key, qf_bytes(text, strlen(text)));
	far_feed(f, qf_buf_bytes(&say));
	qf_buf_fini(&say);
}

/* Somebody says that, and it is posted. */
static inline void far_post(struct far_classic *f,
                            const struct qf_identity *author, uint8_t type,
                            const struct qf_body *body)
{
	struct qf_header h = { .room = f->lobby,
		               .class = QF_CLASS_CONTENT,
		               .type = type,
		               .author = author->key,
		               .hlc = f->lsn,
		               .seq = f->lsn + 1 };
	struct qf_envelope *e;
	struct qf_buf bytes;

	qf_buf_init(&bytes, QF_BODY_BYTES_MAX);
	qf_body_encode(&bytes, body);
	e = qf_envelope_new(&h, qf_buf_bytes(&bytes));
	assert(e && !bytes.bad);
	qf_buf_fini(&bytes);
	sign_commit(author, &e, 1);
	qf_carry_post(&f->carry,
	              qf_post_new(&f->lobby, f->posted, 0,
	                          &(struct qf_posted){ e, ++f->lsn }, 1));
	f->posted = f->lsn;
	qf_envelope_unref(e);
	if (!f->waits)
		far_pull(f);
}

static inline void far_hears_of(struct far_classic *f, const char *name,
                                const char *guest, const char *text)
{
	far_post(f, &f->self, QF_TYPE_TEXT,
	         &(struct qf_body){
			 .name = qf_bytes(name, strlen(name)),
			 .text = qf_bytes(text, strlen(text)),
			 .guest = qf_bytes(guest, strlen(guest)),
		 });
}

#endif
