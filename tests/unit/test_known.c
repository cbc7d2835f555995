/* test_known.c - names that two people have are told apart by their keys */
#include "test.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "ui/known.h"

static struct qf_bytes bytes(const char *text)
{
	return qf_bytes(text, strlen(text));
}

/* A key is its letter 52 times over, its short form three times. */
static void put(struct qf_known *k, char key, const char *name)
{
	char whole[QF_KNOWN_KEY_BYTES], old[QF_USER_NAME_BYTES_MAX + 1];

	setlocale(LC_ALL, "C.UTF-8");
	memset(whole, key, sizeof whole);
	qf_known_put(k, qf_bytes(whole, sizeof whole), qf_bytes(whole, 3),
	             bytes(name), true, old);
}

static void assert_shown(const struct qf_known *k, char key, const char *name,
                         const char *as)
{
	char whole[QF_KNOWN_KEY_BYTES], *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	memset(whole, key, sizeof whole);
	qf_known_print(k, to, qf_bytes(whole, sizeof whole), qf_bytes(whole, 3),
	               bytes(name));
	fclose(to);
	assert_string_equal(text, as);
	free(text);
}

TEST(known, a_name_that_one_person_has_is_shown_as_it_is)
{
	struct qf_known k = { 0 };

	put(&k, 'a', "ana");
	put(&k, 'b', "bob");
	assert_shown(&k, 'a', "ana", "ana");
	assert_shown(&k, 'b', "bob", "bob");
	qf_known_fini(&k);
}

TEST(known, a_name_that_two_have_is_shown_with_the_key_of_each)
{
	struct qf_known k = { 0 };

	put(&k, 'a', "ana");
	put(&k, 'b', "Ana");
	put(&k, 'c', "\xc3\x89va");
	assert_shown(&k, 'a', "ana",
	             "ana\xc2\xb7"
	             "aaa");
	assert_shown(&k, 'b', "Ana",
	             "Ana\xc2\xb7"
	             "bbb");
	assert_shown(&k, 'd', "\xc3\xa9va",
	             "\xc3\xa9va\xc2\xb7"
	             "ddd");
	/* One of them takes another. */
	put(&k, 'b', "bea");
	assert_shown(&k, 'a', "ana", "ana");
	qf_known_fini(&k);
}

TEST(known, names_that_look_alike_are_shown_with_the_key_of_each)
{
	struct qf_known k = { 0 };

	put(&k, 'a', "ana");
	put(&k, 'b', "\xd0\xb0na"); /* a Cyrillic a */
	put(&k, 'c', "an\xd1\x91");
	assert_shown(&k, 'a', "ana",
	             "ana\xc2\xb7"
	             "aaa");
	assert_shown(&k, 'b', "\xd0\xb0na",
	             "\xd0\xb0na\xc2\xb7"
	             "bbb");
	assert_shown(&k, 'c', "an\xd1\x91", "an\xd1\x91");
	/* Who types one of them means that one. */
	assert_int_equal(*qf_known_meant(&k, bytes("ana"))->key, 'a');
	qf_known_fini(&k);
}

TEST(known, a_change_of_name_is_told_once_and_never_by_the_past)
{
	struct qf_known k = { 0 };
	char old[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_bytes key = bytes("kkkkkkkk"), tag = bytes("kkk");

	assert_false(qf_known_put(&k, key, tag, bytes("ana"), true, old));
	assert_true(qf_known_put(&k, key, tag, bytes("eva"), true, old));
	assert_string_equal(old, "ana");
	assert_false(qf_known_put(&k, key, tag, bytes("eva"), true, old));
	assert_false(qf_known_put(&k, key, tag, bytes("old"), false, old));
	assert_string_equal(qf_known_find(&k, key)->name, "eva");
	qf_known_fini(&k);
}

TEST(known, nobody_can_be_taken_for_the_program)
{
	static const char *const doubtful[] = {
		"System:",
		"System.",
		"-System-",
		"ana:",
		"ana\xef\xbc\x9a",
		"S\xd1\x83stem",
		"\xd0\x85ystem",
		"\xef\xbc\xb3ystem",
		"sy\xd1\x95tem",
		"\xd0\x85\xd1\x83\xd1\x95\xd1\x82\xd0\xb5\xd0\xbc",
	};
	static const char *const plain[] = {
		"ana",
		"systems",
		"solar-system",
		"\xe6\x97\xa5\xe6\x9c\xac",
		"\xd0\x9d\xd0\xb0\xd1\x82\xd0\xb0\xd1\x88\xd0\xb0",
	};

	setlocale(LC_ALL, "C.UTF-8");
	for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++)
		assert_true(qf_known_is_doubtful(bytes(doubtful[i])));
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		assert_false(qf_known_is_doubtful(bytes(plain[i])));
	assert_shown(NULL, 'a', "System:",
	             "System:\xc2\xb7"
	             "aaa");
}

TEST(known, a_person_is_not_taken_for_a_guest)
{
	struct qf_known k = { 0 };

	put(&k, 'a', "zoe@ana");
	assert_shown(&k, 'a', "zoe@ana",
	             "zoe@ana\xc2\xb7"
	             "aaa");
	assert_true(qf_known_is_doubtful(bytes("zoe\xef\xbc\xa0"
	                                       "ana")));
	assert_true(qf_known_is_doubtful(bytes("zoe\xef\xb9\xab"
	                                       "ana")));
	qf_known_fini(&k);
}

TEST(known, a_person_is_meant_by_name_by_name_and_key_or_by_key)
{
	struct qf_bytes key = bytes("abcdefgh"), tag = bytes("abc");

	setlocale(LC_ALL, "C.UTF-8");
	assert_true(qf_known_is_meant(bytes("ANA"), key, tag, bytes("ana")));
	assert_true(qf_known_is_meant(bytes("ana\xc2\xb7"
	                                    "abc"),
	                              key, tag, bytes("ana")));
	assert_true(
		qf_known_is_meant(bytes("ABCDEFGH"), key, tag, bytes("ana")));
	assert_false(qf_known_is_meant(bytes("an"), key, tag, bytes("ana")));
	assert_false(qf_known_is_meant(bytes(""), key, tag, bytes("")));
}

TEST(known, a_name_means_someone_only_if_it_means_one)
{
	struct qf_known k = { 0 };

	put(&k, 'a', "ana");
	put(&k, 'b', "bob");
	put(&k, 'c', "Ana");
	assert_int_equal(*qf_known_meant(&k, bytes("BOB"))->key, 'b');
	assert_null(qf_known_meant(&k, bytes("ana")));
	assert_int_equal(*qf_known_meant(&k, bytes("ana\xc2\xb7"
	                                           "ccc"))
	                          ->key,
	                 'c');
	assert_null(qf_known_meant(&k, bytes("eva")));
	qf_known_fini(&k);
}
