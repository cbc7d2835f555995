/* fuzz_envelope.c - headers, bodies, multiproofs and names from strangers
 *
 * The first byte chooses the parser, the rest is its input. What is accepted
 * must say the same when it is written and read again.
 */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "core/envelope.h"
#include "core/room.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct qf_hash ids[QF_BATCH_LEAVES_MAX];

int LLVMFuzzerInitialize(__attribute__((unused)) int *argc,
                         __attribute__((unused)) char ***argv)
{
	if (sodium_init() < 0)
		return -1;
	for (size_t i = 0; i < QF_BATCH_LEAVES_MAX; i++) {
		uint8_t byte = (uint8_t)i;

		qf_hash_data(&ids[i], "QF1msg", &byte, 1);
	}
	return 0;
}

static void fuzz_header(struct qf_bytes in)
{
	struct qf_header h;
	uint8_t out[QF_HEADER_BYTES];

	if (!qf_header_decode(&h, in))
		return;
	qf_header_encode(&h, out);
	assert(in.len == sizeof out && !memcmp(in.at, out, sizeof out));
}

static bool same_text(struct qf_bytes a, struct qf_bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

static void fuzz_body(struct qf_bytes in)
{
	struct qf_body body;
	struct qf_body again;
	struct qf_buf out;

	if (!qf_body_decode(&body, in))
		return;
	qf_buf_init(&out, QF_BODY_BYTES_MAX);
	qf_body_encode(&out, &body);
	assert(!out.bad);
	assert(qf_body_decode(&again, qf_buf_bytes(&out)));
	assert(same_text(body.name, again.name));
	assert(same_text(body.text, again.text));
	assert(same_text(body.guest, again.guest));
	qf_buf_fini(&out);
}

/* What verifies under the true root is the true multiproof, byte by byte, and
 * each path read from it stands alone. */
static void check_multiproof(struct qf_bytes hashes, struct qf_proof **proofs,
                             const uint16_t *leaf, size_t n,
                             const struct qf_hash *root)
{
	struct qf_buf out;

	qf_buf_init(&out, 0);
	qf_multiproof_put(&out, (const struct qf_proof *const *)proofs, n);
	assert(same_text(hashes, qf_buf_bytes(&out)));
	qf_buf_fini(&out);
	for (size_t i = 0; i < n; i++) {
		struct qf_hash top;

		assert(qf_merkle_climb(proofs[i], &ids[leaf[i]], &top));
		assert(!memcmp(top.b, root->b, sizeof top.b));
	}
}

/* leaves - 1, n - 1, n leaf numbers, the hashes. */
static void fuzz_multiproof(struct qf_bytes in)
{
	static struct qf_proof proof[QF_BATCH_LEAVES_MAX];
	static struct qf_proof true_proof[QF_BATCH_LEAVES_MAX];
	struct qf_proof *true_proofs[QF_BATCH_LEAVES_MAX];
	struct qf_proof *proofs[QF_BATCH_LEAVES_MAX];
	uint16_t leaf[QF_BATCH_LEAVES_MAX];
	struct qf_hash given[QF_BATCH_LEAVES_MAX];
	struct qf_cursor c = qf_cursor(in);
	unsigned leaves = qf_get_u8(&c) + 1u;
	size_t n = qf_get_u8(&c) + 1u;
	struct qf_bytes hashes;
	struct qf_hash root;
	struct qf_hash truth;

	for (size_t i = 0; i < n; i++) {
		leaf[i] = qf_get_u8(&c);
		given[i] = ids[leaf[i]];
		proofs[i] = &proof[i];
	}
	hashes = qf_bytes(c.at, qf_cursor_left(&c));
	if (!qf_multiproof_get(&c, leaves, leaf, given, n, &root, proofs))
		return;
	for (size_t i = 0; i < leaves; i++)
		true_proofs[i] = &true_proof[i];
	qf_merkle_prove(ids, leaves, true_proofs, &truth);
	if (qf_cursor_done(&c) && !memcmp(root.b, truth.b, sizeof root.b))
		check_multiproof(hashes, proofs, leaf, n, &truth);
}

static void fuzz_name(struct qf_bytes in)
{
	char name[QF_USER_NAME_BYTES_MAX + 1];
	char once[QF_USER_NAME_BYTES_MAX + 1];
	char twice[QF_USER_NAME_BYTES_MAX + 1];
	char room[QF_ROOM_NAME_BYTES_MAX + 1];

	if (!qf_name_fold(in, once, sizeof once)) {
		assert(qf_utf8_valid(in));
		assert(!qf_name_fold(qf_bytes(once, strlen(once)), twice,
		                     sizeof twice));
		assert(!strcmp(once, twice));
	}
	if (!qf_user_name_check(in, name)) {
		assert(!qf_user_name_check(qf_bytes(name, strlen(name)),
		                           twice));
		assert(!strcmp(name, twice));
	}
	if (!qf_room_name_fold(in, room))
		assert(!strcmp(room, once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const fuzz[])(struct qf_bytes) = {
		fuzz_header,
		fuzz_body,
		fuzz_multiproof,
		fuzz_name,
	};

	if (size)
		fuzz[data[0] % 4](qf_bytes(data + 1, size - 1));
	return 0;
}
