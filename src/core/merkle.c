/* merkle.c - one signature for a whole commit: the tree under it
 *
 * A node is known by its place in its level. The one above it is at half that
 * place, and since an odd node at the end is always at an even place, this
 * holds for promoted nodes too.
 */
#include "merkle.h"

#include <assert.h>
#include <string.h>

/* What stands beside a node of a level in which only some nodes are known. */
enum beside {
	BESIDE_NOTHING, /* the node is promoted */
	BESIDE_KNOWN,   /* the next known node is its right sibling */
	BESIDE_MISSING, /* the sibling has to come from the multiproof */
};

static void join(const struct qf_hash *left, const struct qf_hash *right,
                 struct qf_hash *out)
{
	struct qf_hash pair[2] = { *left, *right };

	qf_hash_data(out, "QF1node", pair, sizeof pair);
}

static unsigned width_above(unsigned width)
{
	return (width + 1) / 2;
}

/* Replace a level by the one above it; returns its width. */
static unsigned lift(struct qf_hash *level, unsigned width)
{
	for (unsigned i = 0; i + 1 < width; i += 2)
		join(&level[i], &level[i + 1], &level[i / 2]);
	if (width % 2)
		level[width / 2] = level[width - 1];
	return width_above(width);
}

static void begin_proof(struct qf_proof *proof, unsigned leaf, unsigned leaves)
{
	proof->leaf = (uint16_t)leaf;
	proof->leaves = (uint16_t)leaves;
	proof->path_len = 0;
}

static void lengthen(struct qf_proof *proof, const struct qf_hash *sibling)
{
	proof->path[proof->path_len++] = *sibling;
}

void qf_merkle_prove(const struct qf_hash *ids, size_t n,
                     struct qf_proof *const *proofs, struct qf_hash *root)
{
	struct qf_hash level[QF_BATCH_LEAVES_MAX];
	unsigned width = (unsigned)n;

	assert(n >= 1 && n <= QF_BATCH_LEAVES_MAX);
	memcpy(level, ids, n * sizeof *ids);
	for (unsigned leaf = 0; leaf < n; leaf++)
		begin_proof(proofs[leaf], leaf, (unsigned)n);
	for (unsigned depth = 0; width > 1; depth++) {
		for (unsigned leaf = 0; leaf < n; leaf++) {
			unsigned sibling = leaf >> depth ^ 1;

			if (sibling < width)
				lengthen(proofs[leaf], &level[sibling]);
		}
		width = lift(level, width);
	}
	*root = level[0];
}

static bool shape_possible(unsigned leaf, unsigned leaves)
{
	return leaf < leaves && leaves <= QF_BATCH_LEAVES_MAX;
}

int qf_merkle_path_len(unsigned leaf, unsigned leaves)
{
	int len = 0;

	if (!shape_possible(leaf, leaves))
		return -1;
	for (unsigned width = leaves; width > 1; width = width_above(width)) {
		len += (leaf ^ 1) < width;
		leaf /= 2;
	}
	return len;
}

bool qf_merkle_climb(const struct qf_proof *proof, const struct qf_hash *id,
                     struct qf_hash *root)
{
	unsigned at = proof->leaf;
	unsigned width = proof->leaves;
	const struct qf_hash *sibling = proof->path;

	if (qf_merkle_path_len(at, width) != proof->path_len)
		return false;
	*root = *id;
	for (; width > 1; width = width_above(width), at /= 2) {
		if (at % 2)
			join(sibling++, root, root);
		else if (at + 1 < width)
			join(root, sibling++, root);
	}
	return true;
}

/* `next` is the place of the next known node, or no place of the level. */
static enum beside beside(unsigned at, unsigned next, unsigned width)
{
	unsigned sibling = at ^ 1;

	if (sibling >= width)
		return BESIDE_NOTHING;
	return sibling == next ? BESIDE_KNOWN : BESIDE_MISSING;
}

static bool leaves_possible(unsigned leaves, const uint16_t *leaf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!shape_possible(leaf[i], leaves))
			return false;
		if (i && leaf[i] <= leaf[i - 1])
			return false;
	}
	return n > 0;
}

size_t qf_multiproof_count(unsigned leaves, const uint16_t *leaf, size_t n)
{
	uint16_t at[QF_BATCH_LEAVES_MAX];
	size_t count = 0;

	assert(leaves_possible(leaves, leaf, n));
	memcpy(at, leaf, n * sizeof *leaf);
	for (unsigned width = leaves; width > 1; width = width_above(width)) {
		size_t above = 0;

		for (size_t i = 0; i < n; i++) {
			unsigned next = i + 1 < n ? at[i + 1] : width;
			enum beside is = beside(at[i], next, width);

			at[above++] = at[i] / 2;
			count += is == BESIDE_MISSING;
			i += is == BESIDE_KNOWN;
		}
		n = above;
	}
	return count;
}

/* A known node of the writer, and a proof whose path passes through it: what
 * stands beside the node is the next hash of that path. */
struct put_node {
	unsigned at;
	const struct qf_proof *proof;
	unsigned used; /* of the path, below this node */
};

static size_t put_level(struct qf_buf *to, struct put_node *nodes, size_t n,
                        unsigned width)
{
	size_t above = 0;

	for (size_t i = 0; i < n; i++) {
		struct put_node node = nodes[i];
		unsigned next = i + 1 < n ? nodes[i + 1].at : width;
		enum beside is = beside(node.at, next, width);

		if (is == BESIDE_MISSING)
			qf_put_raw(to, node.proof->path[node.used].b,
			           QF_HASH_BYTES);
		node.at /= 2;
		node.used += is != BESIDE_NOTHING;
		nodes[above++] = node;
		i += is == BESIDE_KNOWN;
	}
	return above;
}

void qf_multiproof_put(struct qf_buf *to, const struct qf_proof *const *proofs,
                       size_t n)
{
	struct put_node nodes[QF_BATCH_LEAVES_MAX];

	assert(n >= 1 && n <= QF_BATCH_LEAVES_MAX);
	for (size_t i = 0; i < n; i++) {
		assert(proofs[i]->leaves == proofs[0]->leaves);
		assert(!i || proofs[i]->leaf > proofs[i - 1]->leaf);
		nodes[i] = (struct put_node){ proofs[i]->leaf, proofs[i], 0 };
	}
	for (unsigned width = proofs[0]->leaves; width > 1;
	     width = width_above(width))
		n = put_level(to, nodes, n, width);
}

/* A known node of the reader, and which of the given leaves are below it. */
struct get_node {
	unsigned at;
	size_t first;
	size_t end;
	struct qf_hash hash;
};

/* `sibling` stands beside the node: part of the path of all that is below. */
static void lengthen_below(struct qf_proof *const *proofs,
                           const struct get_node *node,
                           const struct qf_hash *sibling)
{
	if (!proofs)
		return;
	for (size_t i = node->first; i < node->end; i++)
		lengthen(proofs[i], sibling);
}

static void read_missing(struct qf_cursor *c, struct get_node *node,
                         struct qf_proof *const *proofs)
{
	struct qf_hash sibling;

	qf_get_raw(c, sibling.b, sizeof sibling.b);
	lengthen_below(proofs, node, &sibling);
	if (node->at % 2)
		join(&sibling, &node->hash, &node->hash);
	else
		join(&node->hash, &sibling, &node->hash);
}

static void take_in_next(struct get_node *node, const struct get_node *next,
                         struct qf_proof *const *proofs)
{
	lengthen_below(proofs, node, &next->hash);
	lengthen_below(proofs, next, &node->hash);
	join(&node->hash, &next->hash, &node->hash);
	node->end = next->end;
}

static size_t get_level(struct qf_cursor *c, struct get_node *nodes, size_t n,
                        unsigned width, struct qf_proof *const *proofs)
{
	size_t above = 0;

	for (size_t i = 0; i < n; i++) {
		struct get_node node = nodes[i];
		unsigned next = i + 1 < n ? nodes[i + 1].at : width;
		enum beside is = beside(node.at, next, width);

		if (is == BESIDE_MISSING)
			read_missing(c, &node, proofs);
		else if (is == BESIDE_KNOWN)
			take_in_next(&node, &nodes[++i], proofs);
		node.at /= 2;
		nodes[above++] = node;
	}
	return above;
}

bool qf_multiproof_get(struct qf_cursor *c, unsigned leaves,
                       const uint16_t *leaf, const struct qf_hash *ids,
                       size_t n, struct qf_hash *root,
                       struct qf_proof *const *proofs)
{
	struct get_node nodes[QF_BATCH_LEAVES_MAX];

	if (!leaves_possible(leaves, leaf, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		nodes[i] = (struct get_node){ leaf[i], i, i + 1, ids[i] };
		if (proofs)
			begin_proof(proofs[i], leaf[i], leaves);
	}
	for (unsigned width = leaves; width > 1 && !c->bad;
	     width = width_above(width))
		n = get_level(c, nodes, n, width, proofs);
	*root = nodes[0].hash;
	return !c->bad;
}
