/* test_room.c - names that mean the same fold alike, others are refused */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "core/err.h"
#include "core/room.h"
#include "hex.h"

static struct qf_bytes text(const char *s)
{
	return qf_bytes(s, strlen(s));
}

TEST(room, names_are_as_they_look)
{
	static const char *const names[][2] = {
		{ "evan", "\u0435van" },    /* Cyrillic ie */
		{ "Bob", "\u0412\u043eb" }, /* Cyrillic ve and o */
		{ "Nina", "\u039dina" },    /* Greek nu */
		{ "node", "\uff4eode" },    /* of full width */
		{ "caf\u00e9", "\u0441af\u0435\u0301" },
	};
	char one[64], other[64];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(
			qf_name_look(text(names[i][0]), one, sizeof one), 0);
		assert_int_equal(
			qf_name_look(text(names[i][1]), other, sizeof other),
			0);
		assert_string_equal(one, other);
	}
	assert_int_equal(qf_name_look(text("1l"), one, sizeof one), 0);
	assert_string_equal(one, "1l"); /* ASCII is told apart as ever */
}

static const struct {
	const char *hex;
	bool good;
} texts[] = {
	{ "", true },          { "00", true },
	{ "616263", true },    { "7f", true },
	{ "c280", true },      { "dfbf", true },
	{ "e0a080", true },    { "ed9fbf", true }, /* U+D7FF */
	{ "ee8080", true },                        /* U+E000 */
	{ "efbfbf", true },                        /* U+FFFF */
	{ "f0908080", true },                      /* U+10000 */
	{ "f48fbfbf", true },                      /* U+10FFFF */
	{ "80", false },                           /* continuation alone */
	{ "c0af", false },                         /* overlong '/' */
	{ "c1bf", false },                         /* overlong, two bytes */
	{ "e09fbf", false },                       /* overlong, three */
	{ "f08fbfbf", false },                     /* overlong, four */
	{ "eda080", false },                       /* U+D800 */
	{ "edbfbf", false },                       /* U+DFFF */
	{ "f4908080", false },                     /* U+110000 */
	{ "f5808080", false }, { "f888808080", false },
	{ "fe", false },       { "ff", false },
	{ "c3", false }, /* cut */
	{ "e282", false },     { "f09f98", false },
	{ "c328", false }, /* no continuation */
	{ "61ff", false },
};

TEST(room, utf8_is_what_unicode_says)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		uint8_t in[8];
		size_t len = hex_read(in, sizeof in, texts[i].hex);

		if (qf_utf8_valid(qf_bytes(in, len)) != texts[i].good)
			fail_msg("%s", texts[i].hex);
	}
}

static const struct {
	const char *name;
	const char *folded;
} folds[] = {
	{ "ana", "ana" },
	{ "ANA", "ana" },
	{ "Stra\u00dfe", "strasse" },
	{ "STRASSE", "strasse" },
	{ "\u00c9mile", "\u00e9mile" },
	{ "E\u0301mile", "\u00e9mile" },
	{ "\u212b", "\u00e5" }, /* ANGSTROM SIGN */
	{ "\u03a3\u03c3\u03c2", "\u03c3\u03c3\u03c3" },
	{ "\u0130", "i\u0307" }, /* Turkish, folded as others do */
	{ "\u0131", "\u0131" },
	{ "\u01f0", "\u01f0" }, /* folds apart, composes again */
	{ "\u1fb4", "\u03ac\u03b9" },
	{ "\u03b1\u0345\u0301", "\u03ac\u03b9" }, /* the same, marks swapped */
	{ "\u03b1\u0301\u0345", "\u03ac\u03b9" },
	{ "\u1e9e", "ss" },
	{ "\u13a0\uab70", "\u13a0\u13a0" }, /* Cherokee folds upwards */
	{ "\u1100\u1161", "\uac00" },       /* Hangul */
	{ "\U0001f600", "\U0001f600" },
	{ "\ufb03", "ffi" },
	{ "\u2460", "\u2460" }, /* NFC, so no compatibility */
};

TEST(room, names_fold_by_meaning)
{
	for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
		char out[64];

		assert_int_equal(
			qf_name_fold(text(folds[i].name), out, sizeof out), 0);
		assert_string_equal(out, folds[i].folded);
	}
}

static const struct {
	const char *hex;
	const char *why;
} refused[] = {
	{ "", "empty" },
	{ "6100", "NUL" },
	{ "610a", "line feed" },
	{ "6109", "tab" },
	{ "617f", "delete" },
	{ "61c285", "next line" },
	{ "2061", "space" },
	{ "61c2a0", "no-break space" },
	{ "61e38080", "ideographic space" },
	{ "61e280a8", "line separator" },
	{ "61e280a9", "paragraph separator" },
	{ "61c2ad", "soft hyphen" },
	{ "61e2808b", "zero width space" },
	{ "61e2808d", "zero width joiner" },
	{ "61e280ae", "right-to-left override" },
	{ "efbbbf61", "byte order mark" },
	{ "f3a08181", "tag character" },
	{ "61ee8080", "private use" },
	{ "61efbfbf", "noncharacter" },
	{ "61cdb8", "U+0378, unassigned" },
	{ "61efb88f", "variation selector" },
	{ "61cd8f", "combining grapheme joiner" },
	{ "61e385a4", "Hangul filler" },
	{ "61e1859f", "Hangul choseong filler" },
	{ "61efbea0", "halfwidth Hangul filler" },
	{ "61e2a080", "Braille blank" },
	{ "61eda080", "surrogate" },
	{ "61c0af", "overlong" },
	{ "61c3", "cut" },
};

TEST(room, names_have_nothing_invisible_or_unknown)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		uint8_t in[8];
		size_t len = hex_read(in, sizeof in, refused[i].hex);
		char out[QF_USER_NAME_BYTES_MAX + 1];

		if (qf_name_fold(qf_bytes(in, len), out, sizeof out) !=
		    QF_E_MALFORMED)
			fail_msg("fold: %s", refused[i].why);
		if (qf_user_name_check(qf_bytes(in, len), out) !=
		    QF_E_MALFORMED)
			fail_msg("user: %s", refused[i].why);
	}
}

TEST(room, every_character_folds_once_and_for_all)
{
	for (int32_t point = 0; point <= 0x10ffff; point++) {
		uint8_t in[4];
		size_t len = (size_t)utf8proc_encode_char(point, in);
		char once[64];
		char twice[64];

		if (qf_name_fold(qf_bytes(in, len), once, sizeof once))
			continue;
		if (qf_name_fold(text(once), twice, sizeof twice) ||
		    strcmp(once, twice) != 0)
			fail_msg("U+%04X", (unsigned)point);
	}
}

/* ASCII has a way of its own, which must not lead elsewhere. */
TEST(room, ascii_is_the_same_alone_and_among_others)
{
	static int (*const ways[])(struct qf_bytes, char *, size_t) = {
		qf_name_fold,
		qf_name_look,
	};

	for (int c = 0; c < 0x80; c++) {
		const char alone[] = { 'x', (char)c, '\0' };
		const char among[] = { 'x', (char)c, "ø"[0], "ø"[1], '\0' };

		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
			char one[16] = "", other[16] = "";
			int rc = ways[i](qf_bytes(alone, 2), one, sizeof one);

			assert_int_equal(
				rc, c > ' ' && c < 0x7f ? 0 : QF_E_MALFORMED);
			assert_int_equal(ways[i](qf_bytes(among, 4), other,
			                         sizeof other),
			                 rc);
			assert_memory_equal(one, other, strlen(one));
			assert_string_equal(other + strlen(one), rc ? "" : "ø");
		}
	}
}

TEST(room, a_fold_needs_its_room)
{
	char out[8];

	assert_int_equal(qf_name_fold(text("abcdefg"), out, 8), 0);
	assert_int_equal(qf_name_fold(text("abcdefgh"), out, 8), QF_E_LIMIT);
	assert_int_equal(qf_name_fold(text("\u1e9e"), out, 3), 0);
	assert_int_equal(qf_name_fold(text("\u1e9e"), out, 2), QF_E_LIMIT);
}

TEST(room, an_endless_name_is_too_long)
{
	static char name[100000];
	char out[QF_USER_NAME_BYTES_MAX + 1];

	memset(name, 'x', sizeof name);
	assert_int_equal(
		qf_name_fold(qf_bytes(name, sizeof name), out, sizeof out),
		QF_E_LIMIT);
	assert_int_equal(qf_user_name_check(qf_bytes(name, sizeof name), out),
	                 QF_E_LIMIT);
}

static const struct {
	const char *name;
	int rc;
	const char *folded;
} rooms[] = {
	{ "#lobby", 0, "#lobby" },
	{ "#Lobby", 0, "#lobby" },
	{ "#\u00c9", 0, "#\u00e9" },
	{ "##", 0, "##" },
	{ "#/", 0, "#/" },
	{ "#", QF_E_MALFORMED, NULL },
	{ "lobby", QF_E_MALFORMED, NULL },
	{ "&lobby", QF_E_MALFORMED, NULL },
	{ "\uff03lobby", QF_E_MALFORMED, NULL }, /* FULLWIDTH NUMBER SIGN */
	{ "#a,b", QF_E_MALFORMED, NULL },
	{ "#a b", QF_E_MALFORMED, NULL },
	{ "", QF_E_MALFORMED, NULL },
};

TEST(room, rooms_begin_with_a_hash)
{
	for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
		char out[QF_ROOM_NAME_BYTES_MAX + 1];

		if (qf_room_name_fold(text(rooms[i].name), out) != rooms[i].rc)
			fail_msg("%s", rooms[i].name);
		if (rooms[i].folded)
			assert_string_equal(out, rooms[i].folded);
	}
}

TEST(room, a_room_name_has_64_bytes_and_no_more)
{
	char name[QF_ROOM_NAME_BYTES_MAX + 2];
	char out[QF_ROOM_NAME_BYTES_MAX + 1];

	memset(name, 'x', sizeof name);
	name[0] = '#';
	assert_int_equal(
		qf_room_name_fold(qf_bytes(name, QF_ROOM_NAME_BYTES_MAX), out),
		0);
	assert_int_equal(strlen(out), QF_ROOM_NAME_BYTES_MAX);
	assert_int_equal(
		qf_room_name_fold(qf_bytes(name, QF_ROOM_NAME_BYTES_MAX + 1),
	                          out),
		QF_E_LIMIT);
}

static const struct {
	const char *name;
	int rc;
	const char *kept;
} users[] = {
	{ "ana", 0, "ana" },
	{ "Ana", 0, "Ana" },
	{ "Ana\u0301", 0, "An\u00e1" },
	{ "a#b/", 0, "a#b/" },
	{ "systems", 0, "systems" },
	{ "\U0001f980", 0, "\U0001f980" },
	{ "#ana", QF_E_MALFORMED, NULL },
	{ "/ana", QF_E_MALFORMED, NULL },
	{ "ana maria", QF_E_MALFORMED, NULL },
	{ "system", QF_E_MALFORMED, NULL },
	{ "SyStEm", QF_E_MALFORMED, NULL },
	{ "\u017fystem", QF_E_MALFORMED, NULL }, /* LONG S folds to s */
	{ "", QF_E_MALFORMED, NULL },
};

TEST(room, people_keep_their_names_as_typed)
{
	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		char out[QF_USER_NAME_BYTES_MAX + 1];

		if (qf_user_name_check(text(users[i].name), out) != users[i].rc)
			fail_msg("%s", users[i].name);
		if (users[i].kept)
			assert_string_equal(out, users[i].kept);
	}
}

static int check_repeated(const char *point, int times)
{
	char name[512] = "";
	char out[QF_USER_NAME_BYTES_MAX + 1];

	while (times-- > 0)
		strcat(name, point);
	return qf_user_name_check(text(name), out);
}

TEST(room, a_persons_name_has_32_characters_and_no_more)
{
	assert_int_equal(check_repeated("x", 32), 0);
	assert_int_equal(check_repeated("x", 33), QF_E_LIMIT);
	assert_int_equal(check_repeated("\U0001f980", 32), 0);
	assert_int_equal(check_repeated("\U0001f980", 33), QF_E_LIMIT);
	assert_int_equal(check_repeated("e\u0301", 32), 0);
	assert_int_equal(check_repeated("e\u0301", 33), QF_E_LIMIT);
	/* Five bytes each when folded: the fold has the same limit. */
	assert_int_equal(check_repeated("\u1fb7", 25), 0);
	assert_int_equal(check_repeated("\u1fb7", 26), QF_E_LIMIT);
}

static struct qf_room_id lobby(void)
{
	struct qf_room_id id;

	qf_room_id_open(&id, "#lobby");
	return id;
}

TEST(room, the_lobby_is_that_of_the_vectors)
{
	struct qf_room_id id = lobby();
	struct qf_room_id other;
	struct qf_hash key;

	assert_hex(id.b, sizeof id.b,
	           "762f8282d0624d2d550df1f5b8ffe556"
	           "f1bd44e3b6f022edf86b606112cb80a5");
	qf_room_tag_key(&id, &key);
	assert_hex(key.b, sizeof key.b,
	           "47d1f3c0254767ff8b4beed4439dd8b6"
	           "ec17f301d524d3dfec5b860b7fb2497e");
	other = lobby();
	assert_true(qf_room_id_equal(&id, &other));
	qf_room_id_open(&other, "#lobbx");
	assert_false(qf_room_id_equal(&id, &other));
}

TEST(room, tags_and_keys_of_a_link_are_those_of_the_vectors)
{
	struct qf_room_id id = lobby();
	uint8_t exporter[QF_EXPORTER_BYTES];
	struct qf_hash key;
	struct qf_tag tag;

	for (size_t i = 0; i < sizeof exporter; i++)
		exporter[i] = (uint8_t)(0x80 + i);
	qf_room_tag_key(&id, &key);
	qf_room_tag(&key, exporter, 0, &tag);
	assert_hex(tag.b, sizeof tag.b, "5b2d81c41e9f5b267a6d15ff4db35ee4");
	qf_room_tag(&key, exporter, 1, &tag);
	assert_hex(tag.b, sizeof tag.b, "e18eca9617a2cbb9199f114b1143fdc9");
	qf_room_recon_key(&id, exporter, &key);
	assert_hex(key.b, sizeof key.b,
	           "963671ab74b1a87d654c0fb550d5d30e"
	           "fab4792f0ea9dadc92757de588d4c55b");
}

TEST(room, every_error_has_its_sentence)
{
	assert_string_equal(qf_err_text(QF_OK), "no error");
	assert_string_equal(qf_err_text(QF_E_NOMEM), "out of memory");
	assert_string_equal(qf_err_text(QF_E_AGAIN), "try again");
	assert_string_equal(qf_err_text(QF_E_AGAIN - 1), "unknown error");
	assert_string_equal(qf_err_text(1), "unknown error");
}
