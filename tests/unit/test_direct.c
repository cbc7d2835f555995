/* test_direct.c - the room of two keys: derived alike, sealed, bound */
#include "test.h"

#include <sodium.h>

#include "core/direct.h"
#include "hex.h"

enum { AROUND_BYTES = 40, LENGTH_BYTES = 4, PADDED_MAX = 65536 - 40 };

/* Three people, and the rooms of two of them as each sees it. */
struct pair {
	struct qf_identity ana, bob, eve;
	struct qf_direct of_ana; /* with bob */
	struct qf_direct of_bob; /* with ana */
	struct qf_direct of_eve; /* with bob */
};

static void pair_init(struct pair *p)
{
	qf_identity_init(&p->ana, (uint8_t[QF_SEED_BYTES]){ 1 });
	qf_identity_init(&p->bob, (uint8_t[QF_SEED_BYTES]){ 2 });
	qf_identity_init(&p->eve, (uint8_t[QF_SEED_BYTES]){ 3 });
	assert_true(qf_direct_init(&p->of_ana, &p->ana, &p->bob.key));
	assert_true(qf_direct_init(&p->of_bob, &p->bob, &p->ana.key));
	assert_true(qf_direct_init(&p->of_eve, &p->eve, &p->bob.key));
}

static struct qf_header head_of(const struct qf_direct *d)
{
	return (struct qf_header){ .room = d->room,
		                   .class = QF_CLASS_CONTENT,
		                   .type = QF_TYPE_TEXT,
		                   .author = d->me,
		                   .hlc = 7,
		                   .seq = 1 };
}

static bool seal(const struct qf_direct *d, struct qf_header *head,
                 struct qf_bytes body, struct qf_buf *to)
{
	qf_buf_init(to, 0);
	return qf_direct_seal(&d->body_key, d->key_id, head, body, to);
}

static struct qf_envelope *sealed(const struct qf_direct *d,
                                  struct qf_bytes body)
{
	struct qf_header head = head_of(d);
	struct qf_envelope *e;
	struct qf_buf bytes;

	assert_true(seal(d, &head, body, &bytes));
	e = qf_envelope_new(&head, qf_buf_bytes(&bytes));
	assert_non_null(e);
	qf_buf_fini(&bytes);
	return e;
}

static bool opens(const struct qf_direct *d, const struct qf_envelope *e,
                  struct qf_buf *to)
{
	qf_buf_init(to, 0);
	return qf_direct_open(&d->body_key, d->key_id, e, to);
}

/* Nothing comes of what does not open. */
static void assert_shut(const struct qf_direct *d, const struct qf_envelope *e)
{
	struct qf_buf body;

	assert_false(opens(d, e, &body));
	assert_int_equal(body.len, 0);
	qf_buf_fini(&body);
}

/* Padded by hand and sealed as the header says: what qf_direct_seal() would
 * not make. */
static struct qf_envelope *sealed_raw(const struct qf_direct *d,
                                      const uint8_t *padded, size_t len)
{
	struct qf_header head = head_of(d);
	uint8_t whole[QF_HEADER_BYTES], out[256] = { 9 };

	assert_true(len + AROUND_BYTES <= sizeof out);
	memcpy(head.key_id, d->key_id, sizeof head.key_id);
	head.body_len = (uint32_t)(len + AROUND_BYTES);
	qf_header_encode(&head, whole);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		out + 24, NULL, padded, len, whole,
		sizeof whole - QF_HASH_BYTES, NULL, out, d->body_key.b);
	return qf_envelope_new(&head, qf_bytes(out, len + AROUND_BYTES));
}

/* What both derive. */

TEST(direct, both_ends_derive_the_same_room_and_keys)
{
	struct pair p;

	pair_init(&p);
	assert_memory_equal(&p.of_ana.room, &p.of_bob.room,
	                    sizeof p.of_ana.room);
	assert_memory_equal(&p.of_ana.tag_key, &p.of_bob.tag_key,
	                    sizeof p.of_ana.tag_key);
	assert_memory_equal(&p.of_ana.body_key, &p.of_bob.body_key,
	                    sizeof p.of_ana.body_key);
	assert_memory_equal(p.of_ana.key_id, p.of_bob.key_id, QF_KEY_ID_BYTES);
	assert_true(qf_key_equal(&p.of_ana.me, &p.ana.key));
	assert_true(qf_key_equal(&p.of_ana.other, &p.bob.key));
	assert_true(qf_key_equal(&p.of_bob.me, &p.bob.key));
}

TEST(direct, each_pair_has_a_room_and_keys_of_its_own)
{
	struct pair p;

	pair_init(&p);
	assert_memory_not_equal(&p.of_ana.room, &p.of_eve.room,
	                        sizeof p.of_ana.room);
	assert_memory_not_equal(&p.of_ana.tag_key, &p.of_eve.tag_key,
	                        sizeof p.of_ana.tag_key);
	assert_memory_not_equal(&p.of_ana.body_key, &p.of_eve.body_key,
	                        sizeof p.of_ana.body_key);
	assert_memory_not_equal(p.of_ana.key_id, p.of_eve.key_id,
	                        QF_KEY_ID_BYTES);
	assert_memory_not_equal(&p.of_ana.tag_key, &p.of_ana.body_key,
	                        sizeof p.of_ana.tag_key);
}

/* Computed by other software from the words of direct.h. */
TEST(direct, rooms_keys_and_seals_are_as_written)
{
	struct qf_header head;
	struct qf_buf bytes;
	struct pair p;

	pair_init(&p);
	assert_hex(p.of_ana.room.b, 32,
	           "c7aa2fc4918b6d8b06f11f89786e356a"
	           "835e8370819c0248647d5cea8d75c45b");
	assert_hex(p.of_ana.tag_key.b, 32,
	           "615da0c3ee82e107c3642448263c1c78"
	           "ae6abed6d452b87958bd0b1ac6d0fe87");
	assert_hex(p.of_ana.body_key.b, 32,
	           "c7fd5ab04958c463271e60dfc5c43df5"
	           "b9953ab6ba9b4a6331cc3adb3caba23b");
	assert_hex(p.of_ana.key_id, 16, "6b4cbd2b8d503de9d244cba70fac1ba1");

	head = head_of(&p.of_ana);
	assert_true(seal(&p.of_ana, &head, qf_bytes("hello", 5), &bytes));
	assert_hex(bytes.at, bytes.len,
	           "d2ccab1f8dbe4a7b315ae10be964d25c8fe3d5ea900edd2c"
	           "2b969086e10c9ad540b76e04eb181bf9d6b6c3d8a791d354"
	           "808bb99d4540e3c95ced83f98cd5d902dc435ef55cd53a27");
	qf_buf_fini(&bytes);
}

TEST(direct, no_secret_is_shared_with_what_is_no_key)
{
	static const struct qf_key bad[] = {
		{ { 0 } },          /* of small order */
		{ { 1 } },          /* the neutral element */
		{ { 2 } },          /* on no curve */
		{ { [31] = 0x80 } } /* not in its one form */
	};
	struct qf_direct d;
	struct pair p;

	pair_init(&p);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(qf_direct_init(&d, &p.ana, &bad[i]));
}

TEST(direct, fini_wipes_the_keys)
{
	static const struct qf_direct nothing;
	struct pair p;

	pair_init(&p);
	qf_direct_fini(&p.of_ana);
	assert_memory_equal(&p.of_ana, &nothing, sizeof nothing);
}

/* Sealing and opening. */

TEST(direct, either_end_opens_what_the_other_sealed)
{
	struct qf_envelope *e;
	struct qf_buf body;
	struct pair p;

	pair_init(&p);
	e = sealed(&p.of_ana, qf_bytes("hello", 5));
	assert_memory_equal(e->head.key_id, p.of_ana.key_id, QF_KEY_ID_BYTES);
	assert_true(opens(&p.of_bob, e, &body));
	assert_int_equal(body.len, 5);
	assert_memory_equal(body.at, "hello", 5);
	qf_buf_fini(&body);
	assert_true(opens(&p.of_ana, e, &body));
	qf_buf_fini(&body);
	qf_envelope_unref(e);
}

TEST(direct, a_body_is_appended_to_what_is_there)
{
	struct qf_envelope *e;
	struct qf_buf to;
	struct pair p;

	pair_init(&p);
	e = sealed(&p.of_ana, qf_bytes("you", 3));
	qf_buf_init(&to, 0);
	qf_put_raw(&to, "hi ", 3);
	assert_true(
		qf_direct_open(&p.of_bob.body_key, p.of_bob.key_id, e, &to));
	assert_int_equal(to.len, 6);
	assert_memory_equal(to.at, "hi you", 6);
	e->body[30] ^= 1;
	assert_false(
		qf_direct_open(&p.of_bob.body_key, p.of_bob.key_id, e, &to));
	assert_int_equal(to.len, 6);
	qf_buf_fini(&to);
	qf_envelope_unref(e);
}

TEST(direct, an_empty_body_comes_back_empty)
{
	struct qf_envelope *e;
	struct qf_buf body;
	struct pair p;

	pair_init(&p);
	e = sealed(&p.of_ana, qf_bytes("", 0));
	assert_true(opens(&p.of_bob, e, &body));
	assert_int_equal(body.len, 0);
	qf_buf_fini(&body);
	qf_envelope_unref(e);
}

TEST(direct, the_same_words_look_different_in_each_envelope)
{
	struct qf_header one, two;
	struct qf_buf a, b;
	struct pair p;

	pair_init(&p);
	one = two = head_of(&p.of_ana);
	two.seq = 2;
	assert_true(seal(&p.of_ana, &one, qf_bytes("hello", 5), &a));
	assert_true(seal(&p.of_ana, &two, qf_bytes("hello", 5), &b));
	assert_int_equal(a.len, b.len);
	assert_memory_not_equal(a.at, b.at, 24);
	assert_memory_not_equal(a.at + 24, b.at + 24, a.len - 24);
	qf_buf_fini(&a);
	qf_buf_fini(&b);
}

/* Sizes. */

TEST(direct, only_a_power_of_two_tells_of_the_length)
{
	static const struct {
		size_t body;
		size_t padded;
	} sizes[] = {
		{ 0, 32 },
		{ 1, 32 },
		{ 28, 32 },
		{ 29, 64 },
		{ 60, 64 },
		{ 61, 128 },
		{ 32764, 32768 },
		{ 32765, PADDED_MAX },
		{ PADDED_MAX - 4, PADDED_MAX },
	};
	static const uint8_t text[QF_BODY_BYTES_MAX];
	struct pair p;

	pair_init(&p);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct qf_envelope *e = sealed(&p.of_ana,
		                               qf_bytes(text, sizes[i].body));
		struct qf_buf body;

		assert_int_equal(e->head.body_len,
		                 sizes[i].padded + AROUND_BYTES);
		assert_true(opens(&p.of_bob, e, &body));
		assert_int_equal(body.len, sizes[i].body);
		qf_buf_fini(&body);
		qf_envelope_unref(e);
	}
}

TEST(direct, a_body_that_does_not_fit_changes_nothing)
{
	static const uint8_t text[QF_BODY_BYTES_MAX];
	struct qf_header head, before;
	struct qf_buf to;
	struct pair p;

	pair_init(&p);
	head = before = head_of(&p.of_ana);
	assert_false(seal(&p.of_ana, &head,
	                  qf_bytes(text, PADDED_MAX - LENGTH_BYTES + 1), &to));
	assert_int_equal(to.len, 0);
	assert_memory_equal(&head, &before, sizeof head);
	qf_buf_fini(&to);
}

TEST(direct, the_longest_text_with_the_longest_name_can_be_sealed)
{
	static char name[QF_USER_NAME_BYTES_MAX], text[QF_TEXT_BYTES_MAX];
	struct qf_body said = { .name = qf_bytes(name, sizeof name),
		                .text = qf_bytes(text, sizeof text) };
	struct qf_envelope *e;
	struct qf_buf clear;
	struct pair p;

	memset(name, 'n', sizeof name);
	memset(text, 't', sizeof text);
	pair_init(&p);
	qf_buf_init(&clear, QF_BODY_BYTES_MAX);
	qf_body_encode(&clear, &said);
	e = sealed(&p.of_ana, qf_buf_bytes(&clear));
	qf_envelope_unref(e);
	qf_buf_fini(&clear);
}

/* What does not open. */

TEST(direct, a_body_with_any_bit_turned_does_not_open)
{
	struct qf_envelope *e;
	struct pair p;

	pair_init(&p);
	e = sealed(&p.of_ana, qf_bytes("hello", 5));
	for (size_t bit = 0; bit < 8 * e->head.body_len; bit++) {
		e->body[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_shut(&p.of_bob, e);
		e->body[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	qf_envelope_unref(e);
}

TEST(direct, a_body_under_another_header_does_not_open)
{
	struct qf_envelope *e;
	struct qf_header head;
	struct pair p;

	pair_init(&p);
	e = sealed(&p.of_ana, qf_bytes("hello", 5));
	head = e->head;
	for (int what = 0; what < 8; what++) {
		e->head = head;
		switch (what) {
		case 0:
			e->head.room = p.of_eve.room;
			break;
		case 1:
			e->head.class = QF_CLASS_CONTROL;
			break;
		case 2:
			e->head.type = QF_TYPE_ACTION;
			break;
		case 3:
			e->head.author = p.bob.key;
			break;
		case 4:
			e->head.hlc++;
			break;
		case 5:
			e->head.seq++;
			break;
		case 6:
			e->head.prev[15] ^= 1;
			break;
		default:
			e->head.key_id[0] ^= 1;
		}
		assert_shut(&p.of_bob, e);
	}
	e->head = head;
	e->head.body_len--;
	assert_shut(&p.of_bob, e);
	qf_envelope_unref(e);
}

TEST(direct, nobody_else_opens_it_even_if_it_names_their_key)
{
	struct qf_envelope *e;
	struct pair p;

	pair_init(&p);
	e = sealed(&p.of_ana, qf_bytes("hello", 5));
	assert_shut(&p.of_eve, e);
	memcpy(e->head.key_id, p.of_eve.key_id, QF_KEY_ID_BYTES);
	assert_shut(&p.of_eve, e);
	qf_envelope_unref(e);
}

TEST(direct, a_body_too_short_to_be_sealed_does_not_open)
{
	static const uint8_t text[AROUND_BYTES + 31];
	struct qf_header head;
	struct pair p;

	pair_init(&p);
	head = head_of(&p.of_ana);
	memcpy(head.key_id, p.of_ana.key_id, QF_KEY_ID_BYTES);
	for (size_t len = 0; len <= sizeof text; len++) {
		struct qf_envelope *e = qf_envelope_new(&head,
		                                        qf_bytes(text, len));

		assert_shut(&p.of_bob, e);
		qf_envelope_unref(e);
	}
}

TEST(direct, a_body_that_claims_more_than_there_is_does_not_open)
{
	uint8_t padded[32] = { 0 };
	struct qf_envelope *e;
	struct qf_buf body;
	struct pair p;

	pair_init(&p);
	padded[3] = 28;
	e = sealed_raw(&p.of_ana, padded, sizeof padded);
	assert_true(opens(&p.of_bob, e, &body));
	assert_int_equal(body.len, 28);
	qf_buf_fini(&body);
	qf_envelope_unref(e);

	padded[3] = 29;
	e = sealed_raw(&p.of_ana, padded, sizeof padded);
	assert_shut(&p.of_bob, e);
	qf_envelope_unref(e);

	memset(padded, 0xff, sizeof padded);
	e = sealed_raw(&p.of_ana, padded, sizeof padded);
	assert_shut(&p.of_bob, e);
	qf_envelope_unref(e);
}
