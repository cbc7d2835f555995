/* test_identity.c - keys sign, verify and are read by people */
#include <string.h>

#include "core/identity.h"
#include "hex.h"

static struct qf_identity counting_identity(void)
{
	struct qf_identity id;
	uint8_t seed[QF_SEED_BYTES];

	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (uint8_t)i;
	qf_identity_init(&id, seed);
	return id;
}

static struct qf_hash counting_root(void)
{
	struct qf_hash root;

	for (size_t i = 0; i < sizeof root.b; i++)
		root.b[i] = (uint8_t)(0x20 + i);
	return root;
}

TEST(identity, a_seed_gives_the_key_and_signature_of_the_vector)
{
	struct qf_identity id = counting_identity();
	struct qf_hash root = counting_root();
	uint8_t sig[QF_SIG_BYTES];

	assert_hex(id.key.b, sizeof id.key.b,
	           "03a107bff3ce10be1d70dd18e74bc099"
	           "67e4d6309ba50d5f1ddc8664125531b8");
	qf_identity_sign(&id, &root, sig);
	assert_hex(sig, sizeof sig,
	           "79df6adb6bafb426b777cbc0d9c77da3"
	           "30cdbac792acbd5a472a512e92fbde6e"
	           "ff3b94941e681dab2cc569d035fb8efc"
	           "ceb9ee0dfabdf1eff290b3cac2819001");
	assert_true(qf_key_verify(&id.key, &root, sig));
	qf_identity_fini(&id);
}

TEST(identity, a_changed_bit_anywhere_does_not_verify)
{
	struct qf_identity id = counting_identity();
	struct qf_hash root = counting_root();
	uint8_t sig[QF_SIG_BYTES];

	qf_identity_sign(&id, &root, sig);
	for (unsigned bit = 0; bit < 8 * sizeof sig; bit++) {
		sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(qf_key_verify(&id.key, &root, sig));
		sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * sizeof root.b; bit++) {
		root.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(qf_key_verify(&id.key, &root, sig));
		root.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * sizeof id.key.b; bit++) {
		id.key.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(qf_key_verify(&id.key, &root, sig));
		id.key.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(qf_key_verify(&id.key, &root, sig));
	qf_identity_fini(&id);
}

TEST(identity, a_signature_of_the_bare_root_does_not_verify)
{
	struct qf_identity id = counting_identity();
	struct qf_hash root = counting_root();
	uint8_t sig[QF_SIG_BYTES];

	crypto_sign_detached(sig, NULL, root.b, sizeof root.b, id.secret);
	assert_false(qf_key_verify(&id.key, &root, sig));
	qf_identity_fini(&id);
}

TEST(identity, the_zero_key_verifies_nothing)
{
	static const struct qf_key zero;
	static const uint8_t sig[QF_SIG_BYTES];
	struct qf_hash root = counting_root();

	assert_false(qf_key_verify(&zero, &root, sig));
}

TEST(identity, the_secret_is_wiped)
{
	static const struct qf_identity zero;
	struct qf_identity id = counting_identity();

	qf_identity_fini(&id);
	assert_memory_equal(&id, &zero, sizeof id);
}

TEST(identity, a_key_reads_as_the_vector_says)
{
	struct qf_identity id = counting_identity();
	char shorter[QF_SHORT_CHARS + 1];
	char spoken[QF_WORDS_BYTES_MAX];
	char text[QF_KEY_TEXT_BYTES];

	qf_key_short(&id.key, shorter);
	assert_string_equal(shorter, "6kz");
	qf_key_words(&id.key, spoken);
	assert_string_equal(spoken, "walrus-pelican-lantern-lantern-"
	                            "wolf-spiral-saffron-pelican");
	qf_key_text(&id.key, text);
	assert_string_equal(
		text, "aoqqpp7tzyil4hlq3umoos6atft6jvrqtosq2xy53sdgiesvgg4a");
	qf_identity_fini(&id);
}

TEST(identity, text_leads_back_to_the_key)
{
	for (int i = 0; i < 1000; i++) {
		struct qf_key key;
		struct qf_key back;
		char text[QF_KEY_TEXT_BYTES];

		randombytes_buf_deterministic(
			key.b, sizeof key.b,
			(uint8_t[randombytes_SEEDBYTES]){ (uint8_t)i,
		                                          (uint8_t)(i >> 8) });
		qf_key_text(&key, text);
		assert_true(qf_key_from_text(&back, text));
		assert_true(qf_key_equal(&key, &back));
		key.b[i % 32] ^= 1;
		assert_false(qf_key_equal(&key, &back));
	}
}

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	bool good;
} texts[] = {
	{ A50 "aa", true },
	{ A50 "aq", true },
	{ "777777777777777777777777777777777777777777777777777q", true },
	{ "", false },
	{ A50 "a", false },   /* short */
	{ A50 "aaa", false }, /* long */
	{ A50 "ab", false },  /* a padding bit is set */
	{ A50 "ay", false },
	{ A50 "a7", false },
	{ A50 "aA", false },
	{ "A" A50 "a", false },
	{ A50 "a=", false },
	{ "0" A50 "a", false },
	{ "1" A50 "a", false },
	{ "8" A50 "a", false },
	{ " " A50 "a", false },
	{ "\xff" A50 "a", false },
};

TEST(identity, each_32_bytes_have_one_text)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct qf_hash h;
		char back[QF_KEY_TEXT_BYTES];

		assert_int_equal(qf_hash_from_text(&h, texts[i].text),
		                 texts[i].good);
		if (!texts[i].good)
			continue;
		qf_hash_text(&h, back);
		assert_string_equal(back, texts[i].text);
	}
}

/* Find the word for every byte by reading enough keys aloud. */
TEST(identity, the_words_are_256_and_in_order)
{
	char words[256][8] = { 0 };

	for (unsigned n = 0; n < 4096; n++) {
		struct qf_key key = { { (uint8_t)n, (uint8_t)(n >> 8) } };
		struct qf_hash finger;
		char spoken[QF_WORDS_BYTES_MAX];
		char *rest = spoken;

		qf_hash_data(&finger, "QF1finger", key.b, sizeof key.b);
		qf_key_words(&key, spoken);
		for (int i = 0; i < QF_WORDS; i++) {
			const char *word = strsep(&rest, "-");

			assert_non_null(word);
			assert_in_range(strlen(word), 3, 7);
			strcpy(words[finger.b[i]], word);
		}
		assert_null(rest);
	}
	for (int i = 0; i < 256; i++) {
		assert_int_equal(strspn(words[i], "abcdefghijklmnopqrstuvwxyz"),
		                 strlen(words[i]));
		assert_true(*words[i]);
		assert_true(!i || strcmp(words[i - 1], words[i]) < 0);
	}
}

TEST(identity, the_hint_of_a_key_is_another_hash_than_its_words)
{
	struct qf_key key = { { 1 } };
	struct qf_hash finger;
	struct qf_hint hint, again;

	qf_key_hint(&key, &hint);
	qf_key_hint(&key, &again);
	assert_true(qf_hint_equal(&hint, &again));
	qf_hash_data(&finger, "QF1finger", key.b, sizeof key.b);
	assert_memory_not_equal(hint.b, finger.b, sizeof hint.b);
	key.b[0] = 2;
	qf_key_hint(&key, &again);
	assert_false(qf_hint_equal(&hint, &again));
}
