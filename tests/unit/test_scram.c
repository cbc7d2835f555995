/* test_scram.c - passwords as SCRAM-SHA-256 keeps and proves them */
#include "test.h"

#include <string.h>

#include "core/scram.h"

/* The example of RFC 7677, section 3. */
static const char said[] =
	"n=user,r=rOprNGfwEbeRWgbNEkqO,"
	"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
	"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

static struct qf_scram keys_of(const char *password)
{
	uint8_t salt[QF_SCRAM_SALT_BYTES];
	struct qf_scram s;
	size_t len;

	assert_true(qf_base64_read("W22ZaJ0SNY7soEsUEjb6gQ==", salt,
	                           sizeof salt, &len));
	assert_int_equal(len, sizeof salt);
	qf_scram_init(&s, salt, qf_bytes(password, strlen(password)));
	return s;
}

static void read_key(const char *text, uint8_t out[QF_SCRAM_KEY_BYTES])
{
	size_t len;

	assert_true(qf_base64_read(text, out, QF_SCRAM_KEY_BYTES, &len));
	assert_int_equal(len, QF_SCRAM_KEY_BYTES);
}

TEST(scram, the_example_of_the_rfc_is_proven_both_ways)
{
	struct qf_scram s = keys_of("pencil");
	uint8_t proof[QF_SCRAM_KEY_BYTES], ours[QF_SCRAM_KEY_BYTES];
	uint8_t theirs[QF_SCRAM_KEY_BYTES];

	read_key("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", proof);
	read_key("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", ours);
	assert_true(qf_scram_proven(&s, said, proof));
	qf_scram_sign(&s, said, theirs);
	assert_memory_equal(ours, theirs, sizeof ours);
	proof[0] ^= 1;
	assert_false(qf_scram_proven(&s, said, proof));
}

TEST(scram, another_password_is_none)
{
	struct qf_scram s = keys_of("pencil");

	assert_true(qf_scram_is(&s, qf_bytes("pencil", 6)));
	assert_false(qf_scram_is(&s, qf_bytes("pencils", 7)));
	assert_false(qf_scram_is(&s, qf_bytes("", 0)));
}

TEST(scram, what_is_kept_can_be_read_again)
{
	struct qf_scram s = keys_of("pencil"), back;
	char text[QF_SCRAM_TEXT_BYTES];

	qf_scram_text(&s, text);
	assert_true(qf_scram_from_text(&back, text));
	assert_memory_equal(&s, &back, sizeof s);
	assert_false(qf_scram_from_text(&back, ""));
	assert_false(qf_scram_from_text(&back, "-"));
	assert_false(qf_scram_from_text(&back, "AAAA BBBB CCCC"));
	strcat(text, " x");
	assert_false(qf_scram_from_text(&back, text));
}
