/* fuzz_reconcile.c - strange payloads, and strange sets
 *
 * The first byte chooses. Even: the rest is a row of payloads, each with a u16
 * length, for one who has a fixed set; whatever they say, answers keep to the
 * rules. Odd: the rest makes two sets, three bytes a key, and they reconcile.
 */
#include <assert.h>
#include <sodium.h>

#include "sim/pair.h"

enum { FIXED_KEYS = 600 };

static const struct qf_hash link_key = { { 7 } };

/* As an id is a hash of the rest, no two keys share one. */
static struct qf_setkey key_of(uint8_t class, uint64_t hlc, uint8_t id)
{
	struct qf_setkey key = {
		.class = class,
		.hlc = hlc,
		.id = { { id, class } },
	};

	for (int i = 0; i < 8; i++)
		key.id.b[31 - i] = (uint8_t)(hlc >> 8 * i);
	return key;
}

/* Who has the fixed set and has not begun. What it has computed of its own keys
 * serves everyone: that took longer than all that a short input made of it. */
static struct qf_reconcile fresh;

/* Gaps of all sizes, and some stamps that are equal. */
static struct qf_snapshot *fixed_set(void)
{
	struct qf_keyset set;
	struct qf_snapshot *s;

	qf_keyset_init(&set);
	for (unsigned i = 0; i < FIXED_KEYS; i++) {
		uint64_t hlc = (uint64_t)(i / 3) << i / 3 % 40;
		struct qf_setkey key = key_of(1, hlc, (uint8_t)i);

		qf_keyset_add(&set, &key);
	}
	s = qf_snapshot_new(&set, 1);
	assert(s);
	qf_keyset_fini(&set);
	return s;
}

static void begin(struct qf_reconcile *r)
{
	if (!fresh.mine) {
		struct qf_snapshot *set = fixed_set();
		int rc = qf_reconcile_init(&fresh, set, &link_key);

		assert(rc == 0);
		qf_snapshot_unref(set);
	}
	*r = fresh;
}

static void end(struct qf_reconcile *r)
{
	if (!fresh.shorts)
		fresh.shorts = r->shorts;
	else if (r->shorts != fresh.shorts)
		free(r->shorts);
	qf_buf_fini(&r->kept);
}

static void check_answer(const struct qf_reconcile *r, const struct qf_buf *out,
                         const struct qf_found *found)
{
	assert(out->len <= QF_RECON_BYTES_MAX);
	assert(r->done == (out->len == 0));
	assert(found->their_count + found->wanted_count <= QF_RECON_FOUND_MIN);
	assert(pair_in_order(found));
	if (found->their_count)
		assert(found->theirs[found->their_count - 1].to <=
		       r->mine->count);
}

/* What was answered is a frame that another one understands. */
static void check_readable(const struct qf_buf *answer)
{
	struct qf_reconcile other;
	struct qf_found found;
	struct qf_buf out;
	int rc;

	begin(&other);
	qf_found_init(&found);
	qf_buf_init(&out, 0);
	rc = qf_reconcile_answer(&other, qf_buf_bytes(answer), QF_OWED_MAX,
	                         &out, &found);
	assert(rc == 0);
	qf_buf_fini(&out);
	qf_found_fini(&found);
	end(&other);
}

static void fuzz_payloads(struct qf_bytes in)
{
	struct qf_cursor c = qf_cursor(in);
	struct qf_reconcile r;
	struct qf_found found;
	struct qf_buf out;
	int rc = 0;

	begin(&r);
	qf_found_init(&found);
	qf_buf_init(&out, 0);
	while (rc == 0 && qf_cursor_left(&c)) {
		size_t len = qf_get_u16(&c);

		if (len > qf_cursor_left(&c))
			len = qf_cursor_left(&c);
		qf_buf_clear(&out);
		rc = qf_reconcile_answer(&r, qf_get_span(&c, len), 1, &out,
		                         &found);
		if (rc == 0) {
			check_answer(&r, &out, &found);
			check_readable(&out);
		}
	}
	qf_buf_fini(&out);
	qf_found_fini(&found);
	end(&r);
}

/* Of three bytes the first says who has the key (of 3, both have it, and it is
 * a control key) and the unit of the second, the step from the hlc before. */
static void fuzz_sets(struct qf_bytes in)
{
	struct qf_cursor c = qf_cursor(in);
	uint64_t hlc = 0;
	struct pair p;

	pair_init(&p);
	p.max_found = 1;
	while (qf_cursor_left(&c) >= 3) {
		uint8_t how = qf_get_u8(&c);
		struct qf_setkey key;

		hlc += (uint64_t)qf_get_u8(&c) << (how >> 2) % 64;
		key = key_of(how % 4 != 3, hlc, qf_get_u8(&c));
		for (unsigned side = 0; side < 2; side++)
			if (how % 4 == side || how % 4 > 1)
				qf_keyset_add(&p.side[side].set, &key);
	}
	pair_run(&p, &link_key);
	assert(!p.fault);
	assert(pair_equal(&p));
	assert(p.frame_max <= QF_RECON_BYTES_MAX);
	pair_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0 || size == 0)
		return 0;
	if (data[0] % 2)
		fuzz_sets(qf_bytes(data + 1, size - 1));
	else
		fuzz_payloads(qf_bytes(data + 1, size - 1));
	return 0;
}
