/* stock.c - the store of a node that is not running: filled, and weighed
 *
 * usage: stock fill HOME COUNT     the first lines of a long talk in #lobby
 *        stock weigh HOME          bytes of what #lobby holds, in MSG frames
 *
 * Whoever fills two homes fills them with the same lines, by an author of
 * their own, one a second, so the longer talk begins with the shorter one.
 */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/batch.h"
#include "core/room.h"
#include "store/store.h"

enum {
	COMMIT_COUNT = 250,
	READ_COUNT = 4096,
	READ_BYTES = 4 << 20,
};

static const uint64_t BEGUN_MS = 1790000000000;

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "stock: %s: %s\n", what, why);
	exit(1);
}

struct talk {
	struct qf_store *store;
	struct qf_identity author;
	struct qf_room_id room;
	struct qf_hash last;
	uint64_t seq;
};

static void commit(struct talk *t, struct qf_keep *keeps, size_t n)
{
	if (qf_store_commit(t->store, keeps, n))
		die("it is not written", qf_store_why(t->store));
	for (size_t i = 0; i < n; i++)
		if (keeps[i].kind == QF_KEEP_ENVELOPE)
			qf_envelope_unref(keeps[i].envelope);
}

static struct qf_envelope *next_line(struct talk *t)
{
	struct qf_header head = {
		.room = t->room,
		.class = QF_CLASS_CONTENT,
		.type = QF_TYPE_TEXT,
		.author = t->author.key,
		.hlc = (BEGUN_MS + t->seq * 1000) << 16,
		.seq = t->seq + 1,
	};
	struct qf_buf body = { 0 };
	struct qf_envelope *e;
	char text[80];

	memcpy(head.prev, t->last.b, sizeof head.prev);
	snprintf(text, sizeof text, "line %" PRIu64 " of a long talk", t->seq);
	qf_body_encode(&body, &(struct qf_body){
				      .name = qf_bytes("eve", 3),
				      .text = qf_bytes(text, strlen(text)),
			      });
	e = qf_envelope_new(&head, qf_buf_bytes(&body));
	qf_buf_fini(&body);
	if (!e)
		die("a line", "out of memory");
	t->last = e->id;
	t->seq++;
	return e;
}

static void keep_room(struct talk *t)
{
	struct qf_keep room = {
		.kind = QF_KEEP_ROOM,
		.room = t->room,
		.name = "#lobby",
		.joined = QF_JOINED,
	};

	commit(t, &room, 1);
}

static void fill(const char *path, uint64_t count)
{
	uint8_t seed[QF_SEED_BYTES] = { 5 };
	struct qf_keep keeps[COMMIT_COUNT];
	struct talk t = { 0 };
	char why[200];
	size_t n;

	qf_identity_init(&t.author, seed);
	qf_room_id_open(&t.room, "#lobby");
	if (qf_store_open(&t.store, path, &t.author, 0, why, sizeof why))
		die(path, why);
	keep_room(&t);
	while (t.seq < count) {
		for (n = 0; n < COMMIT_COUNT && t.seq < count; n++)
			keeps[n] = (struct qf_keep){
				.kind = QF_KEEP_ENVELOPE,
				.envelope = next_line(&t),
			};
		commit(&t, keeps, n);
	}
	qf_store_close(t.store);
}

static size_t weight(struct qf_envelope **envelopes, size_t n)
{
	struct qf_buf frames = { 0 };
	size_t fit, bytes;

	for (size_t i = 0; i < n; i += fit) {
		fit = qf_batch_fit(envelopes + i, n - i);
		qf_batch_put(&frames, envelopes + i, fit);
	}
	bytes = frames.len;
	qf_buf_fini(&frames);
	return bytes;
}

static size_t weigh(const char *path)
{
	struct qf_envelope *envelopes[READ_COUNT];
	uint64_t lsns[READ_COUNT], after = 0;
	struct qf_room_id room;
	struct qf_reader *reader;
	size_t got, bytes = 0;

	qf_room_id_open(&room, "#lobby");
	if (qf_reader_open(&reader, path))
		die(path, "it can not be read");
	do {
		if (qf_reader_after(reader, &room, after, READ_COUNT,
		                    READ_BYTES, envelopes, lsns, &got))
			die(path, qf_reader_why(reader));
		bytes += weight(envelopes, got);
		for (size_t i = 0; i < got; i++)
			qf_envelope_unref(envelopes[i]);
		if (got)
			after = lsns[got - 1];
	} while (got);
	qf_reader_close(reader);
	return bytes;
}

int main(int argc, char **argv)
{
	char path[4096];

	if (argc < 3 || sodium_init() < 0)
		return 2;
	if (mkdir(argv[2], 0700) && errno != EEXIST)
		die(argv[2], strerror(errno));
	snprintf(path, sizeof path, "%s/store", argv[2]);
	if (argc == 4 && !strcmp(argv[1], "fill"))
		fill(path, strtoull(argv[3], NULL, 10));
	else if (argc == 3 && !strcmp(argv[1], "weigh"))
		printf("%zu\n", weigh(path));
	else
		return 2;
	return 0;
}
