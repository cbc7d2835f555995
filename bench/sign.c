/* sign.c - bench: messages a second signed and checked, by size of batch
 *
 * usage: sign [SECONDS]    of each measurement, 0.5 if not said
 *
 * Signing is what an author does with a group commit: ids, the Merkle root,
 * one signature, the frame. Checking is what a node does with that frame:
 * envelopes rebuilt and hashed, the root climbed to, the signature verified;
 * no root is met twice. `verify` is the bare signature check of libsodium, the
 * floor of a message that is signed alone. One core; one JSON object.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/batch.h"
#include "core/wire.h"
#include "world.h"

enum { MESSAGES = 4096, TEXT_BYTES = 64 };

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check_chunk(struct qf_bytes chunk, const struct qf_room_id *room,
                        struct qf_roots *roots)
{
	struct qf_batch batch;
	struct qf_cursor c = qf_cursor(chunk);

	qf_get_span(&c, QF_FRAME_HEAD_BYTES + 2); /* flags, handle */
	if (qf_batch_get(&c, room, roots, &batch))
		die("sign: a batch is not what was signed\n");
	qf_batch_clear(&batch);
}

static double sign_rate(const struct qf_room_id *room, unsigned batch,
                        double least)
{
	double began = seconds(), took;
	uint64_t n = 0;

	do {
		struct author a;

		author_init(&a, 0, n);
		author_sign(&a, room, 1024, TEXT_BYTES, batch);
		author_fini(&a);
		n += 1024;
		took = seconds() - began;
	} while (took < least);
	return (double)n / took;
}

static double check_rate(const struct qf_room_id *room, unsigned batch,
                         double least)
{
	struct author a;
	double took = 0;
	uint64_t n = 0;

	author_init(&a, 0, 1);
	author_sign(&a, room, MESSAGES, TEXT_BYTES, batch);
	while (took < least) {
		struct qf_roots roots = { 0 };
		double began = seconds();
		struct qf_bytes chunk;

		a.next = a.said = 0;
		while ((chunk = author_say(&a, 0)).len)
			check_chunk(chunk, room, &roots);
		took += seconds() - began;
		n += MESSAGES;
		qf_roots_fini(&roots);
	}
	author_fini(&a);
	return (double)n / took;
}

static double verify_rate(double least)
{
	struct author a;
	struct qf_hash root = { { 1 } };
	uint8_t sig[QF_SIG_BYTES];
	double began, took;
	uint64_t n = 0;

	author_init(&a, 0, 1);
	qf_identity_sign(&a.self, &root, sig);
	began = seconds();
	do {
		for (int i = 0; i < 256; i++)
			if (!qf_key_verify(&a.self.key, &root, sig))
				die("sign: libsodium denies its own\n");
		n += 256;
		took = seconds() - began;
	} while (took < least);
	author_fini(&a);
	return (double)n / took;
}

int main(int argc, char **argv)
{
	static const unsigned batches[] = { 1, 16, 256 };
	double least = argc > 1 ? atof(argv[1]) : 0.5;
	struct qf_room_id room;

	if (!qf_identity_ready())
		die("sign: there is no randomness\n");
	qf_room_id_open(&room, "#bench");
	printf("{\"verify\": %.0f", verify_rate(least));
	for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
		printf(", \"sign%u\": %.0f, \"check%u\": %.0f", batches[i],
		       sign_rate(&room, batches[i], least), batches[i],
		       check_rate(&room, batches[i], least));
	printf("}\n");
	return 0;
}
