/* test_parcel.c - payloads keep their limit, their address and their order */
#include "records.h"

#include "core/parcel.h"

static const struct qf_key ana = { { 'a' } }, bob = { { 'b' } };

static void put_items(struct qf_parcels *ps, size_t n, size_t len)
{
	static const uint8_t item[QF_PARCEL_BYTES_MAX];

	while (n--)
		qf_put_raw(qf_parcels_fit(ps, len), item, len);
}

TEST(parcel, what_does_not_fit_begins_another_like_it)
{
	enum { ITEM = 1000, FIT = (QF_PARCEL_BYTES_MAX - 1) / ITEM };
	struct qf_parcel p;
	struct qf_parcels ps;

	qf_parcels_init(&ps);
	qf_parcels_begin(&ps, QF_PARCEL_TO_OTHERS, &ana, QF_PARCEL_NEWS);
	put_items(&ps, 2 * FIT + 1, ITEM);
	for (size_t i = 0; i < 3; i++) {
		assert_true(qf_parcels_next(&ps, &p));
		assert_int_equal(p.to, QF_PARCEL_TO_OTHERS);
		assert_true(qf_key_equal(&p.key, &ana));
		assert_int_equal(p.payload->at[0], QF_PARCEL_NEWS);
		assert_int_equal(p.payload->len, 1 + ITEM * (i < 2 ? FIT : 1));
		qf_shared_unref(p.payload);
	}
	assert_false(qf_parcels_next(&ps, &p));
	assert_false(ps.bad);
	qf_parcels_fini(&ps);
}

TEST(parcel, a_kind_alone_says_nothing)
{
	struct qf_parcel p;
	struct qf_parcels ps;

	qf_parcels_init(&ps);
	qf_parcels_begin(&ps, QF_PARCEL_TO_ONE, &ana, QF_PARCEL_NEWS);
	qf_parcels_begin(&ps, QF_PARCEL_TO_ONE, &bob, QF_PARCEL_WANT);
	put_items(&ps, 1, 8);
	qf_parcels_begin(&ps, QF_PARCEL_TO_ONE, &ana, QF_PARCEL_NEWS);
	assert_true(qf_parcels_next(&ps, &p));
	assert_true(qf_key_equal(&p.key, &bob));
	assert_int_equal(p.payload->at[0], QF_PARCEL_WANT);
	qf_shared_unref(p.payload);
	assert_false(qf_parcels_next(&ps, &p));
	qf_parcels_fini(&ps);
}

TEST(parcel, what_was_not_sent_goes_with_the_rest)
{
	struct qf_parcels ps;

	qf_parcels_init(&ps);
	qf_parcels_begin(&ps, QF_PARCEL_TO_ONE, &ana, QF_PARCEL_NEWS);
	put_items(&ps, 3, QF_PARCEL_BYTES_MAX / 2);
	assert_int_equal(ps.count, 2);
	qf_parcels_fini(&ps);
	assert_int_equal(ps.count, 0);
}
