/* test_main.c - runs the tests that a file of tests has registered
 *
 * usage: test_NOUN [WORD]    only the tests whose names contain WORD
 *
 * With CMOCKA_MESSAGE_OUTPUT=TAP the results are TAP, which is how meson counts
 * every claim. Exit status: 0 if all hold, 2 if there was nothing to run.
 */
#include "test.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { TESTS_MAX = 256, EXIT_NOTHING = 2 };

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;

void qf_test_register(const char *name, void (*run)(void **state))
{
	assert(test_count < TESTS_MAX);
	tests[test_count].name = name;
	tests[test_count].test_func = run;
	test_count++;
}

static void keep_matching(const char *word)
{
	size_t kept = 0;

	for (size_t i = 0; i < test_count; i++)
		if (strstr(tests[i].name, word))
			tests[kept++] = tests[i];
	test_count = kept;
}

int main(int argc, char **argv)
{
	if (sodium_init() < 0) {
		fprintf(stderr, "libsodium finds no source of randomness\n");
		return EXIT_NOTHING;
	}
	if (argc > 1)
		keep_matching(argv[1]);
	if (test_count == 0) {
		fprintf(stderr, "no test to run\n");
		return EXIT_NOTHING;
	}
	return _cmocka_run_group_tests(argv[0], tests, test_count, NULL, NULL);
}
