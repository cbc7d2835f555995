/* test_err.c - each code has a sentence of its own, and any number has one */
#include "test.h"

#include <string.h>

#include "core/err.h"

TEST(err, each_code_has_a_sentence_of_its_own)
{
	static const int codes[] = { QF_OK,
#define X(name, text) QF_E_##name,
		                     QF_ERRS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(qf_err_text(codes[i]),
			                        qf_err_text(codes[k]));
}

TEST(err, a_number_that_is_no_code_is_said_to_be_none)
{
	assert_string_equal(qf_err_text(1), "unknown error");
	assert_string_equal(qf_err_text(-1000), "unknown error");
}
