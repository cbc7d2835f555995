/* api_json.c - the values that lines of JSON are made of */
#include "api_json.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

enum { AT_BYTES_MAX = 32, MS_PER_S = 1000 };

json_t *qf_json_number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *qf_json_text(const void *at, size_t len)
{
	json_t *v = json_stringn(at ? at : "", len);

	return v ? v : json_string("");
}

json_t *qf_json_string(const char *s)
{
	return qf_json_text(s, strlen(s));
}

json_t *qf_json_optional(const char *s)
{
	return s ? qf_json_string(s) : json_null();
}

json_t *qf_json_filled(const char *s)
{
	return qf_json_optional(*s ? s : NULL);
}

json_t *qf_json_hash(const struct qf_hash *h)
{
	char out[QF_KEY_TEXT_BYTES];

	qf_hash_text(h, out);
	return json_string(out);
}

json_t *qf_json_key(const struct qf_key *k)
{
	char out[QF_KEY_TEXT_BYTES];

	qf_key_text(k, out);
	return json_string(out);
}

json_t *qf_json_short(const struct qf_key *k)
{
	char out[QF_SHORT_CHARS + 1];

	qf_key_short(k, out);
	return json_string(out);
}

json_t *qf_json_words(const struct qf_key *k)
{
	char out[QF_WORDS_BYTES_MAX];

	qf_key_words(k, out);
	return json_string(out);
}

json_t *qf_json_at_ms(uint64_t ms)
{
	char out[AT_BYTES_MAX], whole[AT_BYTES_MAX];
	time_t seconds = (time_t)(ms / MS_PER_S);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, sizeof out, "%.26s.%03uZ", whole,
	         (unsigned)(ms % MS_PER_S));
	return json_string(out);
}

/* jansson calls this with what it has formatted so far. */
static int dump(const char *from, size_t len, void *to)
{
	qf_put_raw(to, from, len);
	return 0;
}

void qf_json_put(struct qf_buf *to, int64_t re, json_t *line)
{
	if (re >= 0 &&
	    json_object_set_new(line, "re", qf_json_number((uint64_t)re)))
		to->bad = true;
	if (!line || json_dump_callback(line, dump, to, JSON_COMPACT))
		to->bad = true;
	qf_put_u8(to, '\n');
	json_decref(line);
}
