/* test_idmap.c - from ids to numbers, checked against a naive table */
#include "test.h"

#include <string.h>

#include "core/err.h"
#include "core/idmap.h"

enum { SEED = 7, KEYS = 700, OPERATIONS = 100000 };

struct key {
	uint8_t b[QF_IDMAP_KEY_BYTES];
};

/* Keys that differ only at their ends, as nonces do. */
static struct key key_of(size_t number)
{
	struct key k = { 0 };

	k.b[0] = (uint8_t)number;
	k.b[QF_IDMAP_KEY_BYTES - 1] = (uint8_t)(number >> 8);
	return k;
}

static void set(struct qf_idmap *m, size_t number, uint64_t value)
{
	assert_int_equal(qf_idmap_set(m, key_of(number).b, value), QF_OK);
}

static void expect(const struct qf_idmap *m, size_t number, uint64_t value)
{
	uint64_t got;

	assert_true(qf_idmap_get(m, key_of(number).b, &got));
	assert_int_equal(got, value);
}

static void expect_none(const struct qf_idmap *m, size_t number)
{
	uint64_t untouched = 99;

	assert_false(qf_idmap_get(m, key_of(number).b, &untouched));
	assert_int_equal(untouched, 99);
}

TEST(idmap, an_empty_map_has_nothing_and_loses_nothing)
{
	struct qf_idmap m;

	qf_idmap_init(&m, SEED);
	expect_none(&m, 1);
	qf_idmap_remove(&m, key_of(1).b);
	assert_int_equal(m.count, 0);
	qf_idmap_fini(&m);
}

TEST(idmap, what_is_set_again_is_replaced)
{
	struct qf_idmap m;

	qf_idmap_init(&m, SEED);
	set(&m, 1, 10);
	set(&m, 2, 20);
	set(&m, 1, 11);
	expect(&m, 1, 11);
	expect(&m, 2, 20);
	assert_int_equal(m.count, 2);
	qf_idmap_fini(&m);
}

TEST(idmap, what_was_removed_can_come_back)
{
	struct qf_idmap m;

	qf_idmap_init(&m, SEED);
	set(&m, 1, 10);
	qf_idmap_remove(&m, key_of(1).b);
	expect_none(&m, 1);
	qf_idmap_remove(&m, key_of(1).b);
	assert_int_equal(m.count, 0);
	set(&m, 1, 12);
	expect(&m, 1, 12);
	qf_idmap_fini(&m);
}

TEST(idmap, it_grows_before_it_is_full_and_keeps_all)
{
	struct qf_idmap m;

	qf_idmap_init(&m, SEED);
	for (size_t i = 0; i < KEYS; i++) {
		set(&m, i, i);
		assert_true(m.count < m.mask + 1);
	}
	assert_int_equal(m.count, KEYS);
	for (size_t i = 0; i < KEYS; i++)
		expect(&m, i, i);
	qf_idmap_fini(&m);
}

/* So nobody outside can choose keys that collide. */
TEST(idmap, the_seed_decides_where_a_key_lies)
{
	struct qf_idmap a, b;
	size_t apart = 0;

	qf_idmap_init(&a, SEED);
	qf_idmap_init(&b, SEED + 1);
	for (size_t i = 0; i < 100; i++) {
		set(&a, i, i);
		set(&b, i, i);
	}
	assert_int_equal(a.mask, b.mask);
	for (size_t i = 0; i <= a.mask; i++)
		apart += a.slots[i].used != b.slots[i].used ||
		         a.slots[i].value != b.slots[i].value;
	assert_true(apart > 50);
	qf_idmap_fini(&a);
	qf_idmap_fini(&b);
}

/* The naive table: a slot for each key that there can be. */
struct model {
	bool there[KEYS];
	uint64_t value[KEYS];
	size_t count;
};

static void expect_same(const struct qf_idmap *m, const struct model *model)
{
	assert_int_equal(m->count, model->count);
	for (size_t i = 0; i < KEYS; i++)
		if (model->there[i])
			expect(m, i, model->value[i]);
		else
			expect_none(m, i);
}

/* xorshift64 (Marsaglia 2003) */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void operate(struct qf_idmap *m, struct model *model, uint64_t random)
{
	size_t i = random / 16 % KEYS;

	switch (random % 4) {
	case 0:
	case 1:
		set(m, i, random);
		model->count += !model->there[i];
		model->there[i] = true;
		model->value[i] = random;
		break;
	case 2:
		qf_idmap_remove(m, key_of(i).b);
		model->count -= model->there[i];
		model->there[i] = false;
		break;
	default:
		if (model->there[i])
			expect(m, i, model->value[i]);
		else
			expect_none(m, i);
	}
}

TEST(idmap, a_hundred_thousand_operations_agree_with_a_naive_table)
{
	static struct model model;
	struct qf_idmap m;
	uint64_t random = SEED;

	qf_idmap_init(&m, SEED);
	for (size_t i = 0; i < OPERATIONS; i++) {
		operate(&m, &model, next_random(&random));
		if (i % (OPERATIONS / 100) == 0)
			expect_same(&m, &model);
	}
	expect_same(&m, &model);
	for (size_t i = 0; i < KEYS; i++)
		qf_idmap_remove(&m, key_of(i).b);
	assert_int_equal(m.count, 0);
	qf_idmap_fini(&m);
}
