/* author.c - a member that speaks: its key, and all that it will say */
#include "author.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/batch.h"
#include "core/wire.h"
#include "world.h"

enum { ASK_NS = 250000000 };

void author_seed(uint64_t number, uint8_t seed[QF_SEED_BYTES])
{
	memset(seed, 0x5a, QF_SEED_BYTES);
	memcpy(seed, &number, sizeof number);
}

void author_init(struct author *a, unsigned index, uint64_t number)
{
	uint8_t seed[QF_SEED_BYTES];

	*a = (struct author){ .index = index,
		              .hlc = (uint64_t)time(NULL) * 1000 << 16 };
	author_seed(number, seed);
	qf_identity_init(&a->self, seed);
	qf_buf_init(&a->bytes, 0);
}

void author_fini(struct author *a)
{
	qf_buf_fini(&a->bytes);
	free(a->chunks);
	free(a->sent_ns);
	free(a->keys);
}

static void prepare(struct author *a, unsigned messages, unsigned batch)
{
	a->messages = messages;
	a->chunks = calloc(messages / batch + 1, sizeof *a->chunks);
	a->sent_ns = calloc(messages, sizeof *a->sent_ns);
	a->keys = calloc(messages, sizeof *a->keys);
	if (!a->chunks || !a->sent_ns || !a->keys)
		die("out of memory");
}

static void end_chunk(struct author *a, unsigned count)
{
	if (a->bytes.bad)
		die("out of memory");
	a->chunks[a->chunk_count++] = (struct chunk){ a->bytes.len, count };
}

static void sign(const struct author *a, struct qf_envelope **of, size_t n)
{
	struct qf_hash ids[QF_BATCH_LEAVES_MAX], root;
	struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];

	for (size_t i = 0; i < n; i++) {
		ids[i] = of[i]->id;
		proofs[i] = &of[i]->proof;
	}
	qf_merkle_prove(ids, n, proofs, &root);
	qf_identity_sign(&a->self, &root, proofs[0]->sig);
	for (size_t i = 1; i < n; i++)
		memcpy(proofs[i]->sig, proofs[0]->sig, QF_SIG_BYTES);
}

static void put_msg(struct author *a, struct qf_envelope **of, size_t n)
{
	size_t mark = qf_frame_begin(&a->bytes, QF_FRAME_MSG);

	qf_put_u8(&a->bytes, 0);
	qf_put_varint(&a->bytes, 0); /* its only room */
	qf_batch_put(&a->bytes, of, n);
	qf_frame_end(&a->bytes, mark);
	for (size_t i = 0; i < n; i++)
		qf_envelope_unref(of[i]);
}

static struct qf_bytes make_body(struct qf_buf *to, size_t text_bytes)
{
	char text[QF_TEXT_BYTES_MAX];
	struct qf_body body = { .name = qf_bytes("bench", 5),
		                .text = qf_bytes(text, text_bytes) };

	memset(text, 'x', text_bytes);
	qf_buf_clear(to);
	qf_body_encode(to, &body);
	return qf_buf_bytes(to);
}

void author_sign(struct author *a, const struct qf_room_id *room,
                 unsigned messages, size_t text_bytes, unsigned batch)
{
	struct qf_envelope *of[QF_BATCH_LEAVES_MAX];
	struct qf_buf bytes = { 0 };
	struct qf_bytes body = make_body(&bytes, text_bytes);
	struct qf_header head = {
		.room = *room,
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.author = a->self.key,
		.hlc = a->hlc,
	};
	unsigned n = 0;

	prepare(a, messages, batch);
	a->signs = true;
	while (head.seq < messages) {
		head.seq++;
		head.hlc++;
		of[n] = qf_envelope_new(&head, body);
		if (!of[n])
			die("out of memory");
		a->keys[head.seq - 1] = qf_setkey_of(of[n], 0);
		memcpy(head.prev, of[n]->id.b, sizeof head.prev);
		if (++n < batch && head.seq < messages)
			continue;
		sign(a, of, n);
		put_msg(a, of, n);
		end_chunk(a, n);
		n = 0;
	}
	qf_buf_fini(&bytes);
}

/* u32 author, u32 seq, filling, a newline. */
static void put_line(struct author *a, unsigned seq, size_t line_bytes)
{
	uint8_t *filling;

	qf_put_u32(&a->bytes, a->index);
	qf_put_u32(&a->bytes, seq);
	filling = qf_buf_room(&a->bytes, line_bytes - 8);
	if (!filling)
		die("out of memory");
	memset(filling, 'x', line_bytes - 9);
	filling[line_bytes - 9] = '\n';
	a->bytes.len += line_bytes - 8;
}

void author_draw(struct author *a, unsigned messages, size_t line_bytes,
                 unsigned batch)
{
	unsigned n = 0;

	prepare(a, messages, batch);
	for (unsigned seq = 1; seq <= messages; seq++) {
		put_line(a, seq, line_bytes);
		if (++n < batch && seq < messages)
			continue;
		end_chunk(a, n);
		n = 0;
	}
}

/* For an ACK, as often as a node does. */
static void ask(struct author *a, uint8_t *flags, uint64_t now_ns)
{
	bool asks = now_ns >= a->asked_ns + ASK_NS;

	*flags = asks ? QF_MSG_ASKS_ACK : 0;
	if (asks)
		a->asked_ns = now_ns;
}

static void put_typed(struct author *a, const char *before, const char *after,
                      unsigned seq, size_t text_bytes)
{
	char head[17];

	snprintf(head, sizeof head, "%08x%08x", a->index, seq);
	qf_put_raw(&a->bytes, before, strlen(before));
	qf_put_raw(&a->bytes, head, strlen(head));
	for (size_t i = strlen(head); i < text_bytes; i++)
		qf_put_u8(&a->bytes, 'x');
	qf_put_raw(&a->bytes, after, strlen(after));
}

void author_type(struct author *a, const char *before, const char *after,
                 unsigned messages, size_t text_bytes, unsigned batch)
{
	unsigned n = 0;

	prepare(a, messages, batch);
	for (unsigned seq = 1; seq <= messages; seq++) {
		put_typed(a, before, after, seq, text_bytes);
		if (++n < batch && seq < messages)
			continue;
		end_chunk(a, n);
		n = 0;
	}
}

struct qf_bytes author_say(struct author *a, uint64_t now_ns)
{
	const struct chunk *c = &a->chunks[a->next];
	size_t from = a->next ? c[-1].end : 0;

	if (a->next == a->chunk_count)
		return qf_bytes(NULL, 0);
	for (unsigned i = 0; i < c->count; i++)
		a->sent_ns[a->said++] = now_ns;
	a->next++;
	if (a->signs)
		ask(a, &a->bytes.at[from + QF_FRAME_HEAD_BYTES], now_ns);
	return qf_bytes(a->bytes.at + from, c->end - from);
}
