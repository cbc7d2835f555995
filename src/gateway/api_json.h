/* api_json.h - the values that lines of JSON are made of, and a line's end
 *
 * Each value is the caller's; NULL: out of memory, which json_pack passes on
 * and qf_json_put tells the buffer.
 */
#ifndef QF_API_JSON_H
#define QF_API_JSON_H

#include "core/bytes.h"
#include "core/identity.h"

struct json_t;

/* JSON's numbers end where jansson's do, and strangers choose some of ours. */
struct json_t *qf_json_number(uint64_t n);
/* Never NULL for the sake of its bytes: what is not UTF-8 becomes empty. */
struct json_t *qf_json_text(const void *at, size_t len);
struct json_t *qf_json_string(const char *s);
/* NULL, and for the second what is empty too, is null. */
struct json_t *qf_json_optional(const char *s);
struct json_t *qf_json_filled(const char *s);
struct json_t *qf_json_hash(const struct qf_hash *h);
struct json_t *qf_json_key(const struct qf_key *k);
struct json_t *qf_json_short(const struct qf_key *k);
struct json_t *qf_json_words(const struct qf_key *k);
/* Since 1970, as ISO 8601. */
struct json_t *qf_json_at_ms(uint64_t ms);

/* Append the line, which is taken, with its newline. `re` is the client's id of
 * the request that it answers, -1: none. */
void qf_json_put(struct qf_buf *to, int64_t re, struct json_t *line);

#endif
