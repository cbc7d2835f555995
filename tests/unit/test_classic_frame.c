/* test_classic_frame.c - fields, frames and flags, in any pieces */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "gateway/classic_frame.h"

static enum qf_classic_got item_of(const char *text, size_t len, size_t *taken,
                                   struct qf_classic_item *item)
{
	struct qf_bytes in = qf_bytes(text, len);
	enum qf_classic_got got = qf_classic_get_item(&in, item);

	*taken = len - in.len;
	return got;
}

TEST(classic_frame, an_item_is_read_when_it_is_all_there_and_not_before)
{
	static const struct {
		const char *text;
		enum qf_classic_say say;
		size_t bits;
	} items[] = {
		{ "00070110100", QF_CLASSIC_TEXT, 7 },
		{ "0000", QF_CLASSIC_TEXT, 0 },
		{ "00100110100011", QF_CLASSIC_TEXT, 10 },
		{ "-001", QF_CLASSIC_LEAVE, 0 },
		{ "-0020021001101110111010000111", QF_CLASSIC_RENAME, 21 },
		{ "-0020000", QF_CLASSIC_RENAME, 0 },
		{ "-0040009127.0.0.1", QF_CLASSIC_OTHER, 0 },
		{ "-000", QF_CLASSIC_OTHER, 0 },
		{ "-003", QF_CLASSIC_OTHER, 0 },
		{ "-999", QF_CLASSIC_OTHER, 0 },
	};

	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		struct qf_classic_item item;
		char text[64];
		size_t len, taken;

		len = (size_t)snprintf(text, sizeof text, "%s0007",
		                       items[i].text) -
		      4;
		for (size_t some = 0; some < len; some++) {
			assert_int_equal(item_of(text, some, &taken, &item),
			                 QF_CLASSIC_MORE);
			assert_int_equal(taken, 0);
		}
		assert_int_equal(item_of(text, len + 4, &taken, &item),
		                 QF_CLASSIC_GOT);
		assert_int_equal(taken, len);
		assert_int_equal(item.say, items[i].say);
		assert_int_equal(item.bits.len, items[i].bits);
	}
}

TEST(classic_frame, what_can_come_to_no_good_is_known_at_once)
{
	static const char *const bad[] = {
		"x",     "00x",   " 007", "+007",  "00072",     "0007011x",
		"-x",    "-01x",  "--01", "-002x", "-00200072", "-0049999",
		"10003", "10010", "9999", "\xff",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct qf_classic_item item;
		size_t taken;
		enum qf_classic_got got = item_of(bad[i], strlen(bad[i]),
		                                  &taken, &item);

		/* 1001 may be the length of 143 characters. */
		if (!strcmp(bad[i], "10010"))
			assert_int_equal(got, QF_CLASSIC_MORE);
		else
			assert_int_equal(got, QF_CLASSIC_BAD);
		assert_int_equal(taken, 0);
	}
}

TEST(classic_frame, a_port_is_five_digits)
{
	static const struct {
		const char *text;
		enum qf_classic_got got;
		uint16_t port;
	} ports[] = {
		{ "37047", QF_CLASSIC_GOT, 37047 },
		{ "01234", QF_CLASSIC_GOT, 1234 },
		{ "65535", QF_CLASSIC_GOT, 65535 },
		{ "0123", QF_CLASSIC_MORE, 0 },
		{ "", QF_CLASSIC_MORE, 0 },
		{ "00000", QF_CLASSIC_BAD, 0 },
		{ "65536", QF_CLASSIC_BAD, 0 },
		{ "1234x", QF_CLASSIC_BAD, 0 },
		{ "-1234", QF_CLASSIC_BAD, 0 },
	};

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		struct qf_bytes in = qf_bytes(ports[i].text,
		                              strlen(ports[i].text));
		uint16_t port = 0;

		assert_int_equal(qf_classic_get_port(&in, &port), ports[i].got);
		if (ports[i].got == QF_CLASSIC_GOT)
			assert_int_equal(port, ports[i].port);
	}
}

TEST(classic_frame, a_number_has_up_to_four_digits)
{
	static const struct {
		const char *text;
		enum qf_classic_got got;
		unsigned number;
	} numbers[] = {
		{ "000250", QF_CLASSIC_GOT, 50 },
		{ "00047919", QF_CLASSIC_GOT, 7919 },
		{ "00010", QF_CLASSIC_GOT, 0 },
		{ "0004791", QF_CLASSIC_MORE, 0 },
		{ "0000", QF_CLASSIC_BAD, 0 },
		{ "000512345", QF_CLASSIC_BAD, 0 },
		{ "9999", QF_CLASSIC_BAD, 0 },
		{ "0004x", QF_CLASSIC_BAD, 0 },
		{ "0002-5", QF_CLASSIC_BAD, 0 },
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct qf_bytes in = qf_bytes(numbers[i].text,
		                              strlen(numbers[i].text));
		unsigned number = 0;

		assert_int_equal(qf_classic_get_number(&in, &number),
		                 numbers[i].got);
		if (numbers[i].got == QF_CLASSIC_GOT)
			assert_int_equal(number, numbers[i].number);
	}
}

TEST(classic_frame, the_length_of_a_name_counts_characters)
{
	static const struct {
		const char *text, *name;
	} names[] = {
		{ "0004Self", "Self" },
		{ "0003Zo\xc3\xab", "Zo\xc3\xab" },
		{ "0000", "" },
		{ "0002\xff\xc3(", "\xff\xc3" },
		{ "0001\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i].text), rest = 0;
		struct qf_bytes in = qf_bytes(names[i].text, len), name;

		if (names[i].name[0] == '\xff')
			rest = 1; /* the bracket is the next thing */
		assert_int_equal(qf_classic_get_name(&in, &name),
		                 QF_CLASSIC_GOT);
		assert_int_equal(in.len, rest);
		assert_int_equal(name.len, strlen(names[i].name));
		if (name.len)
			assert_memory_equal(name.at, names[i].name, name.len);
		for (size_t some = 0; some + 1 + rest < len; some++) {
			in = qf_bytes(names[i].text, some);
			assert_int_equal(qf_classic_get_name(&in, &name),
			                 QF_CLASSIC_MORE);
		}
	}
}

TEST(classic_frame, a_name_that_is_too_long_is_not_waited_for)
{
	struct qf_bytes in = qf_bytes("0201", 4), name;

	assert_int_equal(qf_classic_get_name(&in, &name), QF_CLASSIC_BAD);
}

TEST(classic_frame, a_field_has_its_length_before_it)
{
	struct qf_buf out;

	qf_buf_init(&out, 0);
	qf_classic_put_number(&out, 50);
	qf_classic_put_number(&out, 7919);
	qf_classic_put_field(&out, "Hana");
	qf_classic_put_field(&out, "");
	assert_int_equal(out.len, 26);
	assert_memory_equal(out.at, "000250000479190004Hana0000", 26);
	qf_buf_fini(&out);
}
