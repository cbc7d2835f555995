/* test_herald.c - the lines that the child for mDNS writes */
#include "test.h"

#include "net/herald.h"

#define HINT "000102030405060708090a0b0c0d0e0f"

TEST(herald, a_line_names_a_hint_a_port_and_an_address)
{
	struct qf_address address;
	struct qf_hint hint;

	assert_true(qf_herald_line(HINT " 9999 10.0.0.1", &hint, &address));
	assert_int_equal(hint.b[15], 15);
	assert_int_equal(address.port, 9999);
	assert_string_equal(address.host, "10.0.0.1");
	assert_true(qf_herald_line(HINT " 1 fe80::1%lo", &hint, &address));
	assert_string_equal(address.host, "fe80::1%lo");
}

TEST(herald, nothing_else_is_believed)
{
	static const char *const lines[] = {
		"",
		HINT,
		HINT " ",
		HINT " 9999",
		HINT " 9999 ",
		HINT " 0 10.0.0.1",
		HINT " 65536 10.0.0.1",
		HINT " -1 10.0.0.1",
		HINT " +1 10.0.0.1",
		HINT " 9999 example.com",
		HINT " 9999 10.0.0.1 ",
		HINT " 9999  10.0.0.1",
		HINT "0 9999 10.0.0.1",
		"X00102030405060708090a0b0c0d0e0f 9999 10.0.0.1",
		"000102030405060708090A0B0C0D0E0F 9999 10.0.0.1",
	};
	struct qf_address address;
	struct qf_hint hint;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (qf_herald_line(lines[i], &hint, &address))
			fail_msg("it was taken: %s", lines[i]);
}
