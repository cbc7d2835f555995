/* forge.c - what a stranger makes up: envelopes, payloads, mutants */
#include "forge.h"

#include <string.h>
#include <time.h>

#include "signing.h"

enum { LIST = 2, SUMS = 66 }; /* modes of a RECON's ranges, wire.md 6 */

static uint64_t state;

void chance_init(uint64_t seed)
{
	state = seed;
}

/* splitmix64, by S. Vigna. */
uint64_t chance(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void put_chance(struct qf_buf *to, size_t len)
{
	while (len--)
		qf_put_u8(to, (uint8_t)chance());
}

void say(struct stranger *s, struct qf_buf *bytes)
{
	stranger_say(s, qf_buf_bytes(bytes));
	qf_buf_fini(bytes);
}

void say_payload(struct stranger *s, uint8_t type, struct qf_buf *payload)
{
	stranger_say_frame(s, type, qf_buf_bytes(payload));
	qf_buf_fini(payload);
}

void say_number(struct stranger *s, uint8_t type, uint64_t number)
{
	struct qf_buf b = { 0 };

	qf_number_put(&b, type, number);
	say(s, &b);
}

static void put_everything(struct qf_buf *to, uint64_t mode)
{
	struct qf_bound end = { .class = QF_BOUND_END }, last = { 0 };

	qf_put_varint(to, STRANGER_HANDLE);
	qf_put_varint(to, mode);
	qf_bound_put(to, &end, &last);
}

void put_list(struct qf_buf *to, size_t ids)
{
	put_everything(to, LIST + ids);
	put_chance(to, ids * sizeof(uint64_t));
}

void put_sum(struct qf_buf *to)
{
	put_everything(to, SUMS + 1);
	qf_put_u64(to, chance());
}

/* Envelopes. */

static uint64_t stamp_now(void)
{
	return (uint64_t)time(NULL) * 1000 << 16;
}

struct qf_header forge_header(const struct stranger *s)
{
	return (struct qf_header){ .room = s->room,
		                   .class = QF_CLASS_CONTENT,
		                   .type = QF_TYPE_TEXT,
		                   .author = s->me.key,
		                   .hlc = stamp_now() + chance() % 65536,
		                   .seq = chance() % 1000 + 1 };
}

struct qf_envelope *forge_sealed(const struct stranger *s,
                                 const struct qf_header *head,
                                 struct qf_bytes body)
{
	struct qf_envelope *e = qf_envelope_new(head, body);

	sign_commit(&s->me, &e, 1);
	return e;
}

struct qf_envelope *forge_text(const struct stranger *s,
                               const struct qf_header *head, const char *text)
{
	struct qf_body body = { .name = qf_bytes("mallory", 7),
		                .text = qf_bytes(text, strlen(text)) };
	struct qf_buf bytes = { 0 };
	struct qf_envelope *e;

	qf_body_encode(&bytes, &body);
	e = forge_sealed(s, head, qf_buf_bytes(&bytes));
	qf_buf_fini(&bytes);
	return e;
}

void put_msg(struct qf_buf *to, uint8_t flags, struct qf_envelope *e)
{
	qf_put_u8(to, flags);
	qf_put_varint(to, STRANGER_HANDLE);
	qf_batch_put(to, &e, 1);
	qf_envelope_unref(e);
}

void say_msg(struct stranger *s, uint8_t flags, struct qf_envelope *e)
{
	struct qf_buf b = { 0 };

	put_msg(&b, flags, e);
	say_payload(s, QF_FRAME_MSG, &b);
}

/* Payloads that are right, each with something to be changed in it. */

static void put_named(struct qf_buf *to, uint8_t type)
{
	struct qf_named named[4] = { 0 };

	for (int i = 0; i < 4; i++) {
		named[i].range = i % 2;
		named[i].short_id = chance();
		named[i].from.class = QF_CLASS_CONTENT;
		named[i].from.hlc = stamp_now();
		named[i].to.class = QF_BOUND_END;
		named[i].count = type == QF_FRAME_HAVE || !named[i].range;
	}
	qf_named_put(to, type, STRANGER_HANDLE, named, 4);
	qf_buf_drop_front(to, QF_FRAME_HEAD_BYTES);
}

static void put_batch(struct stranger *s, struct qf_buf *to)
{
	struct qf_envelope *commit[5];
	size_t n = chance() % 5 + 1;

	for (size_t i = 0; i < n; i++) {
		struct qf_header head = forge_header(s);

		commit[i] = forge_text(s, &head, "a mutant");
	}
	sign_commit(&s->me, commit, n);
	qf_put_u8(to, chance() % 2 ? QF_MSG_ASKS_ACK : 0);
	qf_put_varint(to, STRANGER_HANDLE);
	qf_batch_put(to, commit, n);
	while (n)
		qf_envelope_unref(commit[--n]);
}

static void put_open(struct stranger *s, struct qf_buf *to)
{
	struct qf_open open = { .handle = chance() % 8,
		                .tag = s->their_tag,
		                .count = chance() % 100 };

	qf_open_put(to, &open);
	qf_buf_drop_front(to, QF_FRAME_HEAD_BYTES);
}

void forge_payload(struct stranger *s, uint8_t type, struct qf_buf *to)
{
	static const uint8_t hello[] = { QF_WIRE_VERSION,
		                         0,
		                         0,
		                         3,
		                         'e',
		                         'v',
		                         'e',
		                         0,
		                         0,
		                         0,
		                         0,
		                         0,
		                         0,
		                         0,
		                         0,
		                         0 };

	switch (type) {
	case QF_FRAME_HELLO:
		qf_put_raw(to, hello, sizeof hello);
		break;
	case QF_FRAME_TAGS:
		qf_put_raw(to, s->my_tag.b, sizeof s->my_tag.b);
		break;
	case QF_FRAME_OPEN:
		put_open(s, to);
		break;
	case QF_FRAME_RECON:
		if (chance() % 2)
			put_sum(to);
		else
			put_list(to, chance() % 4);
		break;
	case QF_FRAME_HAVE:
	case QF_FRAME_WANT:
		put_named(to, type);
		break;
	case QF_FRAME_MSG:
		put_batch(s, to);
		break;
	case QF_FRAME_BYE:
		qf_put_raw(to, "enough", 6);
		break;
	default:
		qf_put_varint(to, type == QF_FRAME_ACK ? 0 : chance());
	}
}

void forge_mutate(struct qf_buf *b)
{
	static const uint8_t edges[] = { 0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xff };
	size_t at = b->len ? chance() % b->len : 0, left = b->len - at;

	if (!b->len || chance() % 8 == 0) {
		put_chance(b, chance() % 40);
		return;
	}
	switch (chance() % 5) {
	case 0:
		b->at[at] ^= (uint8_t)(1u << chance() % 8);
		break;
	case 1:
		b->at[at] = edges[chance() % sizeof edges];
		break;
	case 2:
		b->len = at;
		break;
	case 3:
		memset(b->at + at, 0xff, left < 9 ? left : 9);
		break;
	default:
		memmove(b->at, b->at + at, left);
	}
}
