/* room.c - names folded and checked, and the hashes that stand for a room */
#include "room.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <utf8proc.h>

#include "err.h"
#include "lookalike.h"

enum {
	/* Before NFC a name may be longer than after it, but not much. */
	NAME_TYPED_BYTES_MAX = 4 * QF_USER_NAME_BYTES_MAX,
	/* A character decomposes into at most four. */
	NAME_POINTS_MAX = 4 * NAME_TYPED_BYTES_MAX,
	BRAILLE_BLANK = 0x2800,
	PERSONAL_BYTES = crypto_generichash_blake2b_PERSONALBYTES,
};

static bool is_ascii(uint32_t point)
{
	return point < 0x80;
}

static bool point_allowed(utf8proc_int32_t point)
{
	const utf8proc_property_t *property;

	if (is_ascii((uint32_t)point))
		return point > ' ' && point < 0x7f;
	property = utf8proc_get_property(point);
	switch (property->category) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		/* Fillers, joiners and selectors are letters and marks to
		 * Unicode, yet nothing is seen of them. */
		return !property->ignorable && point != BRAILLE_BLANK;
	}
}

/* How many characters, or -1 if the text is not UTF-8 or has one that
 * `allowed`, unless NULL, refuses. */
static ptrdiff_t count_points(struct qf_bytes text,
                              bool (*allowed)(utf8proc_int32_t))
{
	ptrdiff_t count = 0;

	for (size_t i = 0; i < text.len; count++) {
		utf8proc_int32_t point = text.at[i];
		utf8proc_ssize_t len = 1;

		if (!is_ascii((uint32_t)point))
			len = utf8proc_iterate(text.at + i,
			                       (utf8proc_ssize_t)(text.len - i),
			                       &point);
		if (len <= 0 || (allowed && !allowed(point)))
			return -1;
		i += (size_t)len;
	}
	return count;
}

/* How much of it is ASCII, up to the first other byte. */
static size_t ascii_len(struct qf_bytes text)
{
	const uint64_t high = 0x8080808080808080;
	uint64_t eight;
	size_t i = 0;

	for (; text.len - i >= sizeof eight; i += sizeof eight) {
		memcpy(&eight, text.at + i, sizeof eight);
		if (eight & high)
			break;
	}
	while (i < text.len && is_ascii(text.at[i]))
		i++;
	return i;
}

bool qf_utf8_valid(struct qf_bytes text)
{
	size_t i = ascii_len(text);

	return i == text.len ||
	       count_points(qf_bytes(text.at + i, text.len - i), NULL) >= 0;
}

/* Most names are, and then all that Unicode has to say is their case. */
static bool all_ascii(struct qf_bytes name)
{
	return ascii_len(name) == name.len;
}

static int map_ascii(struct qf_bytes name, bool fold, char *out, size_t cap)
{
	if (name.len >= cap)
		return QF_E_LIMIT;
	for (size_t i = 0; i < name.len; i++) {
		bool upper = name.at[i] >= 'A' && name.at[i] <= 'Z';

		out[i] = (char)(name.at[i] | (fold && upper ? 0x20 : 0));
	}
	out[name.len] = '\0';
	return QF_OK;
}

/* One pass of utf8proc, in memory of our own: names are short. `each` leaves
 * ASCII as it is. */
static int map(struct qf_bytes name, utf8proc_option_t options,
               utf8proc_custom_func each, char *out, size_t cap)
{
	utf8proc_int32_t points[NAME_POINTS_MAX + 1];
	utf8proc_ssize_t len;

	if (all_ascii(name))
		return map_ascii(name, options & UTF8PROC_CASEFOLD, out, cap);
	len = utf8proc_decompose_custom(name.at, (utf8proc_ssize_t)name.len,
	                                points, NAME_POINTS_MAX, options, each,
	                                NULL);
	if (len < 0)
		return QF_E_MALFORMED;
	if (len > NAME_POINTS_MAX)
		return QF_E_LIMIT;
	len = utf8proc_reencode(points, len, options);
	if (len < 0)
		return QF_E_MALFORMED;
	if ((size_t)len >= cap)
		return QF_E_LIMIT;
	memcpy(out, points, (size_t)len);
	out[len] = '\0';
	return QF_OK;
}

/* The name as it is kept: NFC, with nothing in it that is refused. */
static int compose(struct qf_bytes name, char *out, size_t cap)
{
	if (name.len > NAME_TYPED_BYTES_MAX)
		return QF_E_LIMIT;
	if (count_points(name, point_allowed) <= 0)
		return QF_E_MALFORMED;
	return map(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE, NULL, out, cap);
}

int qf_name_fold(struct qf_bytes name, char *out, size_t cap)
{
	char nfc[NAME_TYPED_BYTES_MAX + 1];
	int rc = compose(name, nfc, sizeof nfc);

	if (rc)
		return rc;
	/* Composed first: marks that were typed in another order would
	 * otherwise fold to another name. */
	return map(qf_bytes(nfc, strlen(nfc)),
	           UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, NULL,
	           out, cap);
}

static utf8proc_int32_t look(utf8proc_int32_t point, void *data)
{
	(void)data;
	return (utf8proc_int32_t)qf_lookalike((uint32_t)point);
}

int qf_name_look(struct qf_bytes name, char *out, size_t cap)
{
	char nfc[NAME_TYPED_BYTES_MAX + 1], plain[NAME_TYPED_BYTES_MAX + 1];
	int rc = compose(name, nfc, sizeof nfc);

	if (rc)
		return rc;
	/* Letters without their marks first: a table of those would be long. */
	rc = map(qf_bytes(nfc, strlen(nfc)),
	         UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, NULL,
	         plain, sizeof plain);
	if (rc)
		return rc;
	return map(qf_bytes(plain, strlen(plain)),
	           UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, look,
	           out, cap);
}

int qf_room_name_fold(struct qf_bytes name,
                      char out[QF_ROOM_NAME_BYTES_MAX + 1])
{
	int rc = qf_name_fold(name, out, QF_ROOM_NAME_BYTES_MAX + 1);

	if (rc)
		return rc;
	if (out[0] != '#' || !out[1] || strchr(out, ','))
		return QF_E_MALFORMED;
	return QF_OK;
}

int qf_user_name_check(struct qf_bytes name, char *out)
{
	char folded[QF_USER_NAME_BYTES_MAX + 1];
	int rc = compose(name, out, QF_USER_NAME_BYTES_MAX + 1);

	if (rc)
		return rc;
	if (count_points(qf_bytes(out, strlen(out)), NULL) >
	    QF_USER_NAME_CHARS_MAX)
		return QF_E_LIMIT;
	/* A middle dot sets a name apart from its short key ("ana·k7f"). */
	if (out[0] == '#' || out[0] == '/' || strstr(out, "·"))
		return QF_E_MALFORMED;
	if ((rc = qf_name_fold(name, folded, sizeof folded)))
		return rc;
	return strcmp(folded, "system") ? QF_OK : QF_E_MALFORMED;
}

void qf_room_id_open(struct qf_room_id *id, const char *folded)
{
	struct qf_hash hash;

	qf_hash_data(&hash, "QF1open", folded, strlen(folded));
	memcpy(id->b, hash.b, sizeof id->b);
}

void qf_room_tag_key(const struct qf_room_id *id, struct qf_hash *key)
{
	qf_hash_data(key, "QF1tagkey", id->b, sizeof id->b);
}

bool qf_room_id_equal(const struct qf_room_id *a, const struct qf_room_id *b)
{
	return !memcmp(a->b, b->b, sizeof a->b);
}

void qf_room_tag(const struct qf_hash *tag_key,
                 const uint8_t exporter[QF_EXPORTER_BYTES], uint8_t role,
                 struct qf_tag *out)
{
	static const char label[] = { 'Q', 'F', ' ', 't', 'a', 'g' };
	uint8_t said[sizeof label + QF_EXPORTER_BYTES + 1];
	int rc;

	memcpy(said, label, sizeof label);
	memcpy(said + sizeof label, exporter, QF_EXPORTER_BYTES);
	said[sizeof said - 1] = role;
	rc = crypto_generichash_blake2b(out->b, sizeof out->b, said,
	                                sizeof said, tag_key->b,
	                                sizeof tag_key->b);
	assert(!rc);
}

void qf_room_recon_key(const struct qf_room_id *id,
                       const uint8_t exporter[QF_EXPORTER_BYTES],
                       struct qf_hash *out)
{
	static const uint8_t pers[PERSONAL_BYTES] = "QF1recon";
	int rc = crypto_generichash_blake2b_salt_personal(
		out->b, sizeof out->b, id->b, sizeof id->b, exporter,
		QF_EXPORTER_BYTES, NULL, pers);

	assert(!rc);
}
