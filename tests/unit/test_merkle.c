/* test_merkle.c - every shape of tree, every path, and no forgery
 *
 * The roots are checked against a second definition of the same tree: RFC 6962
 * splits at the largest power of two below n, and promotion comes to the same.
 */
#include <string.h>

#include "core/merkle.h"
#include "hex.h"

enum {
	LEAVES_MAX = QF_BATCH_LEAVES_MAX,
	MULTIPROOF_BYTES_MAX = LEAVES_MAX * QF_HASH_BYTES,
};

static struct qf_hash ids[LEAVES_MAX];
static struct qf_proof proofs[LEAVES_MAX];
static struct qf_proof *proof_at[LEAVES_MAX];

/* The story of randomness is the same in every run. */
static uint64_t dice = 1;

static uint64_t roll(void)
{
	uint64_t z = dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static struct qf_hash make_tree(size_t n)
{
	struct qf_hash root;

	for (size_t i = 0; i < LEAVES_MAX; i++) {
		uint8_t byte = (uint8_t)i;

		qf_hash_data(&ids[i], "QF1msg", &byte, 1);
		proof_at[i] = &proofs[i];
	}
	qf_merkle_prove(ids, n, proof_at, &root);
	return root;
}

static struct qf_hash split_root(const struct qf_hash *from, size_t n)
{
	struct qf_hash pair[2];
	struct qf_hash root;
	size_t half = 1;

	if (n == 1)
		return *from;
	while (half * 2 < n)
		half *= 2;
	pair[0] = split_root(from, half);
	pair[1] = split_root(from + half, n - half);
	qf_hash_data(&root, "QF1node", pair, sizeof pair);
	return root;
}

static void assert_same(const struct qf_hash *a, const struct qf_hash *b)
{
	assert_memory_equal(a->b, b->b, sizeof a->b);
}

static bool same(const struct qf_hash *a, const struct qf_hash *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

static const struct {
	size_t leaves;
	const char *root;
} roots[] = {
	{ 1, "98c97b29c17a1042f29caab3c68ddb0f"
	     "607e184a3e39ed0557b9ce4866341213" },
	{ 2, "3ea15fecc22468bbecf05a2b1a67db88"
	     "ea2200455322e2f4fa8eca9fbfff65e1" },
	{ 3, "9f358f9ad91dc439d8b8e6247886fce0"
	     "6e28abddc0ffccbde0ec3927e3fb76a7" },
	{ 5, "239449bacfae06aa501011ab1be2a4a7"
	     "73a84683949d1ea74c7081c51a93b2c6" },
};

TEST(merkle, roots_are_those_of_the_vectors)
{
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		struct qf_hash root = make_tree(roots[i].leaves);

		assert_hex(root.b, sizeof root.b, roots[i].root);
	}
}

TEST(merkle, every_leaf_of_every_tree_climbs_to_the_root)
{
	for (size_t n = 1; n <= LEAVES_MAX; n++) {
		struct qf_hash got = make_tree(n);
		struct qf_hash want = split_root(ids, n);

		assert_same(&got, &want);
		for (unsigned leaf = 0; leaf < n; leaf++) {
			assert_int_equal(proofs[leaf].leaf, leaf);
			assert_int_equal(proofs[leaf].leaves, n);
			assert_int_equal(proofs[leaf].path_len,
			                 qf_merkle_path_len(leaf, (unsigned)n));
			assert_true(qf_merkle_climb(&proofs[leaf], &ids[leaf],
			                            &got));
			assert_same(&got, &want);
		}
	}
}

TEST(merkle, impossible_shapes_are_refused)
{
	static const struct {
		uint16_t leaf, leaves;
		uint8_t path_len;
	} shapes[] = {
		{ 0, 0, 0 },     { 1, 1, 0 },       { 0, 1, 1 },
		{ 0, 2, 0 },     { 0, 2, 2 },       { 2, 3, 2 },
		{ 3, 3, 1 },     { 256, 256, 8 },   { 0, 257, 9 },
		{ 0, 257, 8 },   { 256, 257, 1 },   { 65535, 65535, 8 },
		{ 0, 65535, 8 }, { 255, 256, 255 },
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct qf_proof p = { .leaf = shapes[i].leaf,
			              .leaves = shapes[i].leaves,
			              .path_len = shapes[i].path_len };
		struct qf_hash root;

		assert_false(qf_merkle_climb(&p, &ids[0], &root));
	}
	assert_int_equal(qf_merkle_path_len(0, 0), -1);
	assert_int_equal(qf_merkle_path_len(0, 1), 0);
	assert_int_equal(qf_merkle_path_len(2, 3), 1);
	assert_int_equal(qf_merkle_path_len(255, 256), QF_PATH_MAX);
	assert_int_equal(qf_merkle_path_len(256, 256), -1);
	assert_int_equal(qf_merkle_path_len(0, 257), -1);
}

TEST(merkle, a_changed_path_or_id_leads_elsewhere)
{
	struct qf_hash root;
	struct qf_hash got;

	make_tree(100);
	root = split_root(ids, 100);
	for (unsigned leaf = 0; leaf < 100; leaf++) {
		struct qf_proof p = proofs[leaf];
		struct qf_hash id = ids[leaf];

		id.b[roll() % sizeof id.b] ^= 0x10;
		assert_true(qf_merkle_climb(&p, &id, &got));
		assert_false(same(&got, &root));
		p.path[roll() % p.path_len].b[roll() % QF_HASH_BYTES] ^= 0x10;
		assert_true(qf_merkle_climb(&p, &ids[leaf], &got));
		assert_false(same(&got, &root));
	}
}

/* A subset of the leaves of one tree, as a frame would carry it. */
struct subset {
	unsigned leaves;
	size_t n;
	uint16_t leaf[LEAVES_MAX];
	struct qf_hash id[LEAVES_MAX];
	const struct qf_proof *proof[LEAVES_MAX];
	struct qf_buf bytes;
};

static void subset_add(struct subset *s, unsigned leaf)
{
	s->leaf[s->n] = (uint16_t)leaf;
	s->id[s->n] = ids[leaf];
	s->proof[s->n] = &proofs[leaf];
	s->n++;
}

static void subset_write(struct subset *s)
{
	qf_buf_init(&s->bytes, MULTIPROOF_BYTES_MAX);
	qf_multiproof_put(&s->bytes, s->proof, s->n);
	assert_false(s->bytes.bad);
	assert_int_equal(s->bytes.len,
	                 QF_HASH_BYTES *
	                         qf_multiproof_count(s->leaves, s->leaf, s->n));
}

/* Each leaf is in with a probability of `in` of 256, at least one is. */
static void subset_random(struct subset *s, unsigned leaves, unsigned in)
{
	unsigned sure = (unsigned)(roll() % leaves);

	s->leaves = leaves;
	s->n = 0;
	for (unsigned leaf = 0; leaf < leaves; leaf++)
		if (leaf == sure || roll() % 256 < in)
			subset_add(s, leaf);
	subset_write(s);
}

static bool subset_leads_to(const struct subset *s, const struct qf_hash *root)
{
	struct qf_cursor c = qf_cursor(qf_buf_bytes(&s->bytes));
	struct qf_hash got;

	return qf_multiproof_get(&c, s->leaves, s->leaf, s->id, s->n, &got,
	                         NULL) &&
	       qf_cursor_done(&c) && same(&got, root);
}

/* Reading gives the root and, for each leaf, the very path it had. */
static void assert_reads_back(const struct subset *s,
                              const struct qf_hash *root)
{
	struct qf_cursor c = qf_cursor(qf_buf_bytes(&s->bytes));
	struct qf_proof read[LEAVES_MAX];
	struct qf_proof *read_at[LEAVES_MAX];
	struct qf_hash got;

	for (size_t i = 0; i < s->n; i++)
		read_at[i] = &read[i];
	assert_true(qf_multiproof_get(&c, s->leaves, s->leaf, s->id, s->n, &got,
	                              read_at));
	assert_true(qf_cursor_done(&c));
	assert_same(&got, root);
	for (size_t i = 0; i < s->n; i++) {
		const struct qf_proof *had = s->proof[i];

		assert_int_equal(read[i].leaf, had->leaf);
		assert_int_equal(read[i].leaves, had->leaves);
		assert_int_equal(read[i].path_len, had->path_len);
		assert_memory_equal(read[i].path, had->path,
		                    had->path_len * sizeof *had->path);
	}
	assert_true(subset_leads_to(s, root));
}

TEST(merkle, a_multiproof_holds_what_cannot_be_computed)
{
	struct subset s = { .leaves = 5 };

	make_tree(5);
	subset_add(&s, 1);
	subset_add(&s, 4);
	subset_write(&s);
	assert_int_equal(s.bytes.len, 2 * QF_HASH_BYTES);
	assert_memory_equal(s.bytes.at, ids[0].b, QF_HASH_BYTES);
	assert_memory_equal(s.bytes.at + QF_HASH_BYTES, proofs[0].path[1].b,
	                    QF_HASH_BYTES);
	qf_buf_fini(&s.bytes);
}

TEST(merkle, every_subset_of_a_small_tree_reads_back)
{
	for (unsigned leaves = 1; leaves <= 11; leaves++) {
		struct qf_hash root;

		make_tree(leaves);
		root = split_root(ids, leaves);
		for (unsigned set = 1; set < 1u << leaves; set++) {
			struct subset s = { .leaves = leaves };

			for (unsigned leaf = 0; leaf < leaves; leaf++)
				if (set >> leaf & 1)
					subset_add(&s, leaf);
			subset_write(&s);
			assert_reads_back(&s, &root);
			qf_buf_fini(&s.bytes);
		}
	}
}

TEST(merkle, random_subsets_of_every_tree_read_back)
{
	for (unsigned leaves = 1; leaves <= LEAVES_MAX; leaves++) {
		static const unsigned in[] = { 0, 8, 64, 128, 240, 256 };
		struct qf_hash root;

		make_tree(leaves);
		root = split_root(ids, leaves);
		for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
			struct subset s;

			subset_random(&s, leaves, in[i]);
			assert_reads_back(&s, &root);
			qf_buf_fini(&s.bytes);
		}
	}
}

TEST(merkle, all_leaves_together_need_no_hashes)
{
	for (unsigned leaves = 1; leaves <= LEAVES_MAX; leaves++) {
		struct subset s;

		make_tree(leaves);
		subset_random(&s, leaves, 256);
		assert_int_equal(s.n, leaves);
		assert_int_equal(s.bytes.len, 0);
		qf_buf_fini(&s.bytes);
	}
}

static void assert_bytes_matter(struct subset *s, const struct qf_hash *root)
{
	for (size_t i = 0; i < s->bytes.len; i++) {
		uint8_t bit = (uint8_t)(1u << roll() % 8);

		s->bytes.at[i] ^= bit;
		assert_false(subset_leads_to(s, root));
		s->bytes.at[i] ^= bit;
	}
	for (size_t len = s->bytes.len, cut = 1; cut <= len; cut++) {
		s->bytes.len = len - cut;
		assert_false(subset_leads_to(s, root));
		s->bytes.len = len;
	}
}

static void assert_ids_matter(struct subset *s, const struct qf_hash *root)
{
	for (size_t i = 0; i < s->n; i++) {
		uint8_t *byte = &s->id[i].b[roll() % QF_HASH_BYTES];

		*byte ^= 0x80;
		assert_false(subset_leads_to(s, root));
		*byte ^= 0x80;
	}
	for (size_t i = 0; i + 1 < s->n; i++) {
		struct qf_hash kept = s->id[i];

		s->id[i] = s->id[i + 1];
		s->id[i + 1] = kept;
		assert_false(subset_leads_to(s, root));
		s->id[i + 1] = s->id[i];
		s->id[i] = kept;
	}
}

static void assert_leaves_matter(struct subset *s, const struct qf_hash *root)
{
	for (size_t i = 0; i < s->n; i++) {
		uint16_t kept = s->leaf[i];

		for (unsigned other = 0; other <= s->leaves; other++) {
			if (other == kept)
				continue;
			s->leaf[i] = (uint16_t)other;
			assert_false(subset_leads_to(s, root));
		}
		s->leaf[i] = kept;
	}
}

TEST(merkle, a_mutated_multiproof_never_verifies)
{
	static const unsigned sizes[] = { 1, 2, 3, 5, 8, 13, 31, 64, 100, 256 };

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct qf_hash root;

		make_tree(sizes[i]);
		root = split_root(ids, sizes[i]);
		for (unsigned in = 0; in <= 32; in += 8) {
			struct subset s;

			subset_random(&s, sizes[i], in);
			assert_bytes_matter(&s, &root);
			assert_ids_matter(&s, &root);
			assert_leaves_matter(&s, &root);
			assert_true(subset_leads_to(&s, &root));
			qf_buf_fini(&s.bytes);
		}
	}
}

TEST(merkle, impossible_multiproofs_are_refused)
{
	static const struct {
		unsigned leaves;
		size_t n;
		uint16_t leaf[3];
	} shapes[] = {
		{ 0, 0, { 0 } },       { 1, 0, { 0 } },
		{ 0, 1, { 0 } },       { 1, 1, { 1 } },
		{ 2, 2, { 0, 0 } },    { 2, 2, { 1, 0 } },
		{ 2, 3, { 0, 1, 2 } }, { 257, 1, { 0 } },
		{ 256, 1, { 256 } },   { 65536, 1, { 65535 } },
	};
	static const uint8_t hashes[9 * QF_HASH_BYTES];

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct qf_cursor c = qf_cursor(qf_bytes(hashes, sizeof hashes));
		struct qf_hash root;

		assert_false(qf_multiproof_get(&c, shapes[i].leaves,
		                               shapes[i].leaf, ids, shapes[i].n,
		                               &root, NULL));
	}
}

TEST(merkle, what_follows_a_multiproof_is_left_unread)
{
	struct subset s;
	struct qf_cursor c;
	struct qf_hash root;

	make_tree(9);
	subset_random(&s, 9, 0);
	s.bytes.max = 0;
	qf_put_u8(&s.bytes, 42);
	c = qf_cursor(qf_buf_bytes(&s.bytes));
	assert_true(qf_multiproof_get(&c, 9, s.leaf, s.id, s.n, &root, NULL));
	assert_int_equal(qf_get_u8(&c), 42);
	assert_true(qf_cursor_done(&c));
	qf_buf_fini(&s.bytes);
}
