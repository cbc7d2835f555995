/* reply.c - the client's side of the API: requests written, replies read */
#include "reply.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/room.h"

enum { NONCE_HEX_BYTES = 2 * QF_NONCE_BYTES };

static int dump(const char *from, size_t len, void *to)
{
	qf_put_raw(to, from, len);
	return 0;
}

/* Takes the request; NULL: a string was not UTF-8, or memory ended. */
static void put(struct qf_buf *to, json_t *request)
{
	if (!request || json_dump_callback(request, dump, to, JSON_COMPACT))
		to->bad = true;
	qf_put_u8(to, '\n');
	json_decref(request);
}

void qf_request_plain(struct qf_buf *to, uint64_t id, const char *verb)
{
	put(to, json_pack("{s:s, s:I}", "do", verb, "id", (json_int_t)id));
}

static json_t *with(uint64_t id, const char *verb, const char *field,
                    const char *value)
{
	return json_pack("{s:s, s:I, s:s}", "do", verb, "id", (json_int_t)id,
	                 field, value);
}

void qf_request_room(struct qf_buf *to, uint64_t id, const char *verb,
                     const char *room)
{
	put(to, with(id, verb, "room", room));
}

void qf_request_last(struct qf_buf *to, uint64_t id, const char *verb,
                     const char *room, uint64_t last)
{
	put(to,
	    json_pack("{s:s, s:I, s:s, s:I}", "do", verb, "id", (json_int_t)id,
	              "room", room, "last", (json_int_t)last));
}

void qf_request_after(struct qf_buf *to, uint64_t id, const char *room,
                      uint64_t after)
{
	put(to, json_pack("{s:s, s:I, s:s, s:I}", "do", "follow", "id",
	                  (json_int_t)id, "room", room, "after",
	                  (json_int_t)after));
}

static void nonce_hex(const struct qf_nonce *nonce,
                      char out[NONCE_HEX_BYTES + 1])
{
	for (size_t i = 0; i < QF_NONCE_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", nonce->b[i]);
}

/* Control characters take six bytes each, so a line has its own limit. */
static int put_short(struct qf_buf *to, json_t *request)
{
	size_t before = to->len;

	put(to, request);
	if (to->len - before <= QF_API_LINE_BYTES_MAX)
		return QF_OK;
	to->len = before;
	return QF_E_LIMIT;
}

static int check(struct qf_bytes text)
{
	if (text.len > QF_TEXT_BYTES_MAX)
		return QF_E_LIMIT;
	if (!text.len)
		return QF_OK;
	if (memchr(text.at, 0, text.len) || !qf_utf8_valid(text))
		return QF_E_MALFORMED;
	return QF_OK;
}

/* jansson wants a pointer even for nothing. */
static const char *text_of(struct qf_bytes field)
{
	return field.len ? (const char *)field.at : "";
}

/* Takes the request, which has all but these; kind may be NULL. */
static int put_text(struct qf_buf *to, json_t *request, struct qf_bytes text,
                    const char *kind, const struct qf_nonce *nonce)
{
	char hex[NONCE_HEX_BYTES + 1];
	int rc = check(text);

	if (rc) {
		json_decref(request);
		return rc;
	}
	nonce_hex(nonce, hex);
	json_object_set_new(request, "text",
	                    json_stringn(text_of(text), text.len));
	if (kind)
		json_object_set_new(request, "kind", json_string(kind));
	json_object_set_new(request, "nonce", json_string(hex));
	return put_short(to, request);
}

int qf_request_say(struct qf_buf *to, uint64_t id, const char *room,
                   struct qf_bytes text, const struct qf_nonce *nonce)
{
	return put_text(to, with(id, "say", "room", room), text, NULL, nonce);
}

int qf_request_act(struct qf_buf *to, uint64_t id, const char *room,
                   struct qf_bytes text, const struct qf_nonce *nonce)
{
	return put_text(to, with(id, "say", "room", room), text, "action",
	                nonce);
}

int qf_request_msg(struct qf_buf *to, uint64_t id, const char *who,
                   struct qf_bytes text, const struct qf_nonce *nonce)
{
	int rc = check(qf_bytes(who, strlen(who)));

	return rc ? rc
	          : put_text(to, with(id, "msg", "to", who), text, NULL, nonce);
}

int qf_request_field(struct qf_buf *to, uint64_t id, const char *verb,
                     const char *field, struct qf_bytes value)
{
	int rc = check(value);

	if (rc)
		return rc;
	return put_short(to, json_pack("{s:s, s:I, s:s%}", "do", verb, "id",
	                               (json_int_t)id, field, text_of(value),
	                               value.len));
}

void qf_request_host(struct qf_buf *to, uint64_t id, uint16_t port)
{
	put(to, json_pack("{s:s, s:I, s:i}", "do", "host", "id", (json_int_t)id,
	                  "port", port));
}

void qf_request_irc_host(struct qf_buf *to, uint64_t id, uint16_t port)
{
	put(to, json_pack("{s:s, s:I, s:b, s:i}", "do", "host", "id",
	                  (json_int_t)id, "irc", 1, "port", port));
}

void qf_request_classic_host(struct qf_buf *to, uint64_t id, uint16_t port,
                             const char *room)
{
	put(to, json_pack("{s:s, s:I, s:b, s:i, s:s}", "do", "host", "id",
	                  (json_int_t)id, "classic", 1, "port", port, "room",
	                  room));
}

void qf_request_classic_call(struct qf_buf *to, uint64_t id,
                             const struct qf_address *address, const char *room)
{
	put(to, json_pack("{s:s, s:I, s:b, s:s, s:i, s:s}", "do", "connect",
	                  "id", (json_int_t)id, "classic", 1, "address",
	                  address->host, "port", address->port, "room", room));
}

int qf_request_account(struct qf_buf *to, uint64_t id, const char *verb,
                       const char *name, const char *word)
{
	json_t *request;
	int rc;

	if ((rc = check(qf_bytes(name, strlen(name)))) ||
	    (word && (rc = check(qf_bytes(word, strlen(word))))))
		return rc;
	request = json_pack("{s:s, s:I, s:s}", "do", "account", "id",
	                    (json_int_t)id, "name", name);
	if (!strcmp(verb, "add"))
		json_object_set_new(request, "new", json_true());
	if (word)
		json_object_set_new(request,
		                    strcmp(verb, "cert") ? "password" : "cert",
		                    json_string(word));
	return put_short(to, request);
}

int qf_request_contact(struct qf_buf *to, uint64_t id,
                       const struct qf_reply_contact *c)
{
	json_t *request;
	int rc;

	if ((rc = check(c->name)) || (rc = check(c->key)) ||
	    (rc = check(c->address)))
		return rc;
	request = json_pack("{s:s, s:I, s:s%, s:s%}", "do", "contact", "id",
	                    (json_int_t)id, "name", text_of(c->name),
	                    c->name.len, "key", text_of(c->key), c->key.len);
	if (c->address.len) {
		json_object_set_new(
			request, "address",
			json_stringn(text_of(c->address), c->address.len));
		json_object_set_new(request, "port",
		                    json_integer((json_int_t)c->port));
	}
	return put_short(to, request);
}

void qf_request_connect(struct qf_buf *to, uint64_t id,
                        const struct qf_address *address)
{
	put(to, json_pack("{s:s, s:I, s:s, s:i}", "do", "connect", "id",
	                  (json_int_t)id, "address", address->host, "port",
	                  address->port));
}

void qf_request_name(struct qf_buf *to, uint64_t id, const char *name)
{
	put(to, with(id, "name", "name", name));
}

/* Replies */

static const char *const kind_names[] = { NULL,
#define X(name, text) text,
	                                  QF_REPLIES(X)
#undef X
};

enum field_type { STRING, NUMBER, NUMBER_TEXT, LENGTH, TRUTH };

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
};

#define FIELD(owner, member, kind)                                             \
	{                                                                      \
#member, kind, offsetof(struct owner, member)                  \
	}

static const struct field reply_fields[] = {
	FIELD(qf_reply, room, STRING),
	FIELD(qf_reply, id, STRING),
	FIELD(qf_reply, name, STRING),
	FIELD(qf_reply, old, STRING),
	FIELD(qf_reply, key, STRING),
	{ "short", STRING, offsetof(struct qf_reply, key_short) },
	FIELD(qf_reply, words, STRING),
	FIELD(qf_reply, text, STRING),
	{ "kind", STRING, offsetof(struct qf_reply, how) },
	FIELD(qf_reply, at, STRING),
	FIELD(qf_reply, guest, STRING),
	FIELD(qf_reply, digest, STRING),
	FIELD(qf_reply, address, STRING),
	FIELD(qf_reply, why, STRING),
	FIELD(qf_reply, code, STRING),
	FIELD(qf_reply, say, STRING),
	FIELD(qf_reply, hint, STRING),
	FIELD(qf_reply, trouble, STRING),
	FIELD(qf_reply, notice, STRING),
	FIELD(qf_reply, with, STRING),
	FIELD(qf_reply, to, STRING),
	FIELD(qf_reply, page, STRING),
	FIELD(qf_reply, hlc, NUMBER_TEXT),
	FIELD(qf_reply, seen_ms, NUMBER),
	FIELD(qf_reply, lsn, NUMBER),
	FIELD(qf_reply, drafts, NUMBER),
	FIELD(qf_reply, draft, NUMBER),
	FIELD(qf_reply, count, NUMBER),
	FIELD(qf_reply, n, NUMBER),
	FIELD(qf_reply, port, NUMBER),
	FIELD(qf_reply, waiting, NUMBER),
	FIELD(qf_reply, peers_known, NUMBER),
	FIELD(qf_reply, files_max, NUMBER),
	FIELD(qf_reply, nodes, NUMBER),
	FIELD(qf_reply, envelopes, NUMBER),
	FIELD(qf_reply, repeated, NUMBER),
	FIELD(qf_reply, quiet, TRUTH),
	FIELD(qf_reply, outbound, TRUTH),
	FIELD(qf_reply, direct, TRUTH),
	{ NULL, STRING, 0 },
};

static const struct field listening_fields[] = {
	{ "address", STRING, offsetof(struct qf_reply, listening) },
	{ "port", NUMBER, offsetof(struct qf_reply, listening_port) },
	{ NULL, STRING, 0 },
};

static const struct field clock_fields[] = {
	FIELD(qf_reply, quality, STRING),
	{ "wrong", TRUTH, offsetof(struct qf_reply, clock_wrong) },
	{ NULL, STRING, 0 },
};

static const struct field room_fields[] = {
	FIELD(qf_reply_room, room, STRING),
	FIELD(qf_reply_room, count, NUMBER),
	FIELD(qf_reply_room, say, STRING),
	FIELD(qf_reply_room, for_guests, TRUTH),
	{ NULL, STRING, 0 },
};

static const struct field link_fields[] = {
	FIELD(qf_reply_link, key, STRING),
	FIELD(qf_reply_link, words, STRING),
	{ "short", STRING, offsetof(struct qf_reply_link, key_short) },
	FIELD(qf_reply_link, name, STRING),
	FIELD(qf_reply_link, address, STRING),
	FIELD(qf_reply_link, link, STRING),
	FIELD(qf_reply_link, over, STRING),
	FIELD(qf_reply_link, network, STRING),
	FIELD(qf_reply_link, from, NUMBER),
	FIELD(qf_reply_link, to, NUMBER),
	FIELD(qf_reply_link, port, NUMBER),
	FIELD(qf_reply_link, outbound, TRUTH),
	FIELD(qf_reply_link, hub, TRUTH),
	FIELD(qf_reply_link, seconds, NUMBER),
	FIELD(qf_reply_link, rooms, NUMBER),
	FIELD(qf_reply_link, lazy, NUMBER),
	FIELD(qf_reply_link, bytes_in, NUMBER),
	FIELD(qf_reply_link, bytes_out, NUMBER),
	FIELD(qf_reply_link, envelopes, NUMBER),
	FIELD(qf_reply_link, repeated, NUMBER),
	{ NULL, STRING, 0 },
};

static const struct field dial_fields[] = {
	FIELD(qf_reply_dial, address, STRING),
	FIELD(qf_reply_dial, name, STRING),
	FIELD(qf_reply_dial, why, STRING),
	FIELD(qf_reply_dial, port, NUMBER),
	{ NULL, STRING, 0 },
};

static const struct field worker_fields[] = {
	FIELD(qf_reply_worker, connections, NUMBER),
	FIELD(qf_reply_worker, asks, NUMBER),
	FIELD(qf_reply_worker, to_core, NUMBER),
	FIELD(qf_reply_worker, from_core, NUMBER),
	FIELD(qf_reply_worker, delivered, NUMBER),
	FIELD(qf_reply_worker, bytes_in, NUMBER),
	FIELD(qf_reply_worker, bytes_out, NUMBER),
	FIELD(qf_reply_worker, lag_us, NUMBER),
	{ NULL, STRING, 0 },
};

static const struct field author_fields[] = {
	FIELD(qf_reply_author, key, STRING),
	FIELD(qf_reply_author, first, NUMBER),
	FIELD(qf_reply_author, last, NUMBER),
	FIELD(qf_reply_author, count, NUMBER),
	FIELD(qf_reply_author, gaps, NUMBER),
	FIELD(qf_reply_author, forks, NUMBER),
	{ NULL, STRING, 0 },
};

static const struct field person_fields[] = {
	FIELD(qf_reply_person, key, STRING),
	FIELD(qf_reply_person, name, STRING),
	{ "short", STRING, offsetof(struct qf_reply_person, key_short) },
	FIELD(qf_reply_person, words, STRING),
	FIELD(qf_reply_person, why, STRING),
	FIELD(qf_reply_person, address, STRING),
	FIELD(qf_reply_person, via, STRING),
	FIELD(qf_reply_person, over, STRING),
	FIELD(qf_reply_person, port, NUMBER),
	FIELD(qf_reply_person, seconds, NUMBER),
	FIELD(qf_reply_person, hops, NUMBER),
	FIELD(qf_reply_person, self, TRUTH),
	FIELD(qf_reply_person, linked, TRUTH),
	FIELD(qf_reply_person, away, TRUTH),
	FIELD(qf_reply_person, hub, TRUTH),
	{ NULL, STRING, 0 },
};

static const struct field finding_fields[] = {
	FIELD(qf_reply_finding, code, STRING),
	FIELD(qf_reply_finding, say, STRING),
	FIELD(qf_reply_finding, seen, STRING),
	{ "do", STRING, offsetof(struct qf_reply_finding, todo) },
	FIELD(qf_reply_finding, likely, TRUTH),
	{ NULL, STRING, 0 },
};

static const struct field apart_fields[] = {
	{ "name", STRING, offsetof(struct qf_reply, apart.name) },
	{ "witness", STRING, offsetof(struct qf_reply, apart.witness) },
	{ "address", STRING, offsetof(struct qf_reply, apart.address) },
	{ "sure", TRUTH, offsetof(struct qf_reply, apart.sure) },
	{ NULL, STRING, 0 },
};

static const struct field contact_fields[] = {
	FIELD(qf_reply_contact, name, STRING),
	FIELD(qf_reply_contact, key, STRING),
	FIELD(qf_reply_contact, words, STRING),
	FIELD(qf_reply_contact, address, STRING),
	FIELD(qf_reply_contact, seen, STRING),
	FIELD(qf_reply_contact, port, NUMBER),
	{ NULL, STRING, 0 },
};

static const struct field classic_fields[] = {
	FIELD(qf_reply_classic, name, STRING),
	FIELD(qf_reply_classic, room, STRING),
	FIELD(qf_reply_classic, address, STRING),
	FIELD(qf_reply_classic, port, NUMBER),
	FIELD(qf_reply_classic, seconds, NUMBER),
	{ NULL, STRING, 0 },
};

static const struct field account_fields[] = {
	FIELD(qf_reply_account, name, STRING),
	FIELD(qf_reply_account, certs, LENGTH),
	{ NULL, STRING, 0 },
};

static uint64_t number_of(const json_t *v)
{
	json_int_t n = json_integer_value(v);

	return n < 0 ? 0 : (uint64_t)n;
}

static struct qf_bytes bytes_of(const json_t *v)
{
	return qf_bytes(json_string_value(v), json_string_length(v));
}

static void fill(void *owner, const struct field *fields, const json_t *from)
{
	for (; fields->name; fields++) {
		const json_t *v = json_object_get(from, fields->name);
		void *member = (char *)owner + fields->offset;

		switch (fields->type) {
		case STRING:
			*(struct qf_bytes *)member = bytes_of(v);
			break;
		case NUMBER:
			*(uint64_t *)member = number_of(v);
			break;
		case NUMBER_TEXT:
			if (json_is_string(v))
				*(uint64_t *)member = strtoull(
					json_string_value(v), NULL, 10);
			break;
		case LENGTH:
			*(uint64_t *)member = json_array_size(v);
			break;
		case TRUTH:
			*(bool *)member = json_is_true(v);
			break;
		}
	}
}

/* An array of objects; *list is NULL when there is none. */
static bool fill_list(void **list, size_t *count, size_t size,
                      const struct field *fields, const json_t *from)
{
	*count = json_array_size(from);
	if (!*count)
		return true;
	*list = calloc(*count, size);
	if (!*list)
		return false;
	for (size_t i = 0; i < *count; i++)
		fill((char *)*list + i * size, fields, json_array_get(from, i));
	return true;
}

static enum qf_reply_kind kind_of(const char *on)
{
	for (int i = 1; i < (int)(sizeof kind_names / sizeof *kind_names); i++)
		if (!strcmp(kind_names[i], on))
			return (enum qf_reply_kind)i;
	return QF_REPLY_OTHER;
}

#define FILL(r, name, list, count, fields)                                     \
	fill_list((void **)&(r)->list, &(r)->count, sizeof *(r)->list, fields, \
	          json_object_get((r)->json, name))

static bool fill_lists(struct qf_reply *r)
{
	return FILL(r, "rooms", rooms, room_count, room_fields) &&
	       FILL(r, "links", links, link_count, link_fields) &&
	       FILL(r, "unreachable", unreachable, unreachable_count,
	            dial_fields) &&
	       FILL(r, "irc", irc, irc_count, dial_fields) &&
	       FILL(r, "workers", workers, worker_count, worker_fields) &&
	       FILL(r, "authors", authors, author_count, author_fields) &&
	       FILL(r, "people", people, person_count, person_fields) &&
	       FILL(r, "findings", findings, finding_count, finding_fields) &&
	       FILL(r, "guests", guests, guest_count, person_fields) &&
	       FILL(r, "contacts", contacts, contact_count, contact_fields) &&
	       FILL(r, "accounts", accounts, account_count, account_fields) &&
	       FILL(r, "classics", classics, classic_count, classic_fields);
}

int qf_reply_parse(struct qf_reply *r, struct qf_bytes line)
{
	const json_t *re;
	const char *on;

	*r = (struct qf_reply){ .line = line };
	r->json = json_loadb((const char *)line.at, line.len,
	                     JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	on = json_string_value(json_object_get(r->json, "on"));
	if (!on) {
		json_decref(r->json);
		return QF_E_MALFORMED;
	}
	r->kind = kind_of(on);
	re = json_object_get(r->json, "re");
	r->has_re = json_is_integer(re);
	r->re = number_of(re);
	fill(r, reply_fields, r->json);
	fill(r, listening_fields, json_object_get(r->json, "listening"));
	fill(r, clock_fields, json_object_get(r->json, "clock"));
	fill(&r->finding, finding_fields, json_object_get(r->json, "finding"));
	fill(r, apart_fields, json_object_get(r->json, "apart"));
	if (fill_lists(r))
		return QF_OK;
	qf_reply_fini(r);
	return QF_E_NOMEM;
}

void qf_reply_fini(struct qf_reply *r)
{
	free(r->rooms);
	free(r->guests);
	free(r->links);
	free(r->unreachable);
	free(r->irc);
	free(r->workers);
	free(r->authors);
	free(r->people);
	free(r->findings);
	free(r->contacts);
	free(r->accounts);
	free(r->classics);
	json_decref(r->json);
	*r = (struct qf_reply){ 0 };
}

bool qf_reply_is(struct qf_bytes field, const char *text)
{
	return field.len == strlen(text) && !memcmp(field.at, text, field.len);
}

bool qf_reply_is_line(const struct qf_reply *r)
{
	return r->kind == QF_REPLY_TEXT || r->kind == QF_REPLY_RENAME ||
	       r->kind == QF_REPLY_TAKEN_BACK;
}

void qf_line_listening(struct qf_buf *to, const struct qf_reply *status)
{
	put(to, json_pack("{s:s, s:s%, s:I}", "on", "listening", "address",
	                  text_of(status->listening), status->listening.len,
	                  "port", (json_int_t)status->listening_port));
}

struct qf_reply_link qf_reply_link(const struct qf_reply *r)
{
	return (struct qf_reply_link){
		.key = r->key,
		.words = r->words,
		.key_short = r->key_short,
		.name = r->name,
		.address = r->address,
		.port = r->port,
		.outbound = r->outbound,
	};
}

void qf_line_linked(struct qf_buf *to, const struct qf_reply_link *link)
{
	put(to,
	    json_pack("{s:s, s:s%, s:s%, s:s%, s:s%, s:s%, s:I, s:b}", "on",
	              "linked", "key", text_of(link->key), link->key.len,
	              "words", text_of(link->words), link->words.len, "short",
	              text_of(link->key_short), link->key_short.len, "name",
	              text_of(link->name), link->name.len, "address",
	              text_of(link->address), link->address.len, "port",
	              (json_int_t)link->port, "outbound", link->outbound));
}

void qf_line_notice(struct qf_buf *to, struct qf_bytes say)
{
	put(to, json_pack("{s:s, s:s%}", "on", "notice", "say", text_of(say),
	                  say.len));
}

void qf_line_unreachable(struct qf_buf *to, const struct qf_reply_dial *dial)
{
	put(to, json_pack("{s:s, s:s%, s:I, s:s%, s:s%}", "on", "unreachable",
	                  "address", text_of(dial->address), dial->address.len,
	                  "port", (json_int_t)dial->port, "name",
	                  text_of(dial->name), dial->name.len, "why",
	                  text_of(dial->why), dial->why.len));
}
