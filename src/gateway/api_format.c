/* api_format.c - what a client of the API is told, as lines of JSON */
#include "api_format.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

enum { AT_BYTES_MAX = 32, MS_PER_S = 1000 };

/* JSON's numbers end where jansson's do, and strangers choose some of ours. */
static json_t *number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

/* Never NULL for the sake of its bytes: what is not UTF-8 becomes empty. */
static json_t *text(const void *at, size_t len)
{
	json_t *v = json_stringn(at ? at : "", len);

	return v ? v : json_string("");
}

static json_t *string(const char *s)
{
	return text(s, strlen(s));
}

static json_t *optional(const char *s)
{
	return s ? string(s) : json_null();
}

static json_t *hash(const struct qf_hash *h)
{
	char out[QF_KEY_TEXT_BYTES];

	qf_hash_text(h, out);
	return json_string(out);
}

static json_t *key(const struct qf_key *k)
{
	char out[QF_KEY_TEXT_BYTES];

	qf_key_text(k, out);
	return json_string(out);
}

static json_t *key_short(const struct qf_key *k)
{
	char out[QF_SHORT_CHARS + 1];

	qf_key_short(k, out);
	return json_string(out);
}

static json_t *key_words(const struct qf_key *k)
{
	char out[QF_WORDS_BYTES_MAX];

	qf_key_words(k, out);
	return json_string(out);
}

/* Exact, which a number of 64 bits is not for every reader of JSON. */
static json_t *stamp(uint64_t hlc)
{
	char out[AT_BYTES_MAX];

	snprintf(out, sizeof out, "%llu", (unsigned long long)hlc);
	return json_string(out);
}

static json_t *at_ms(uint64_t ms)
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

static json_t *at(uint64_t hlc)
{
	return at_ms(qf_clock_ms(hlc));
}

/* jansson calls this with what it has formatted so far. */
static int dump(const char *from, size_t len, void *to)
{
	qf_put_raw(to, from, len);
	return 0;
}

/* Takes the line; NULL is one that memory did not suffice for. */
static void put(struct qf_buf *to, int64_t re, json_t *line)
{
	if (re >= 0 && json_object_set_new(line, "re", number((uint64_t)re)))
		to->bad = true;
	if (!line || json_dump_callback(line, dump, to, JSON_COMPACT))
		to->bad = true;
	qf_put_u8(to, '\n');
	json_decref(line);
}

/* What every line about a room of two has besides. */
static void add_direct(json_t *line, const struct qf_direct *direct)
{
	if (!direct)
		return;
	json_object_set_new(line, "direct", json_true());
	json_object_set_new(line, "with", key(&direct->other));
}

void qf_format_stored(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_direct *direct, const char *whom,
                      const struct qf_answer *a)
{
	json_t *line = json_pack("{s:s, s:o, s:o, s:o, s:o}", "on", "stored",
	                         "id", hash(&a->id), "room", string(room), "at",
	                         at(a->hlc), "lsn", number(a->lsn));

	add_direct(line, direct);
	if (*whom)
		json_object_set_new(line, "to", string(whom));
	if (a->text)
		json_object_set_new(line, "say", string(a->text));
	put(to, re, line);
}

void qf_format_done(struct qf_buf *to, int64_t re, const char *room)
{
	json_t *line = json_pack("{s:s}", "on", "done");

	if (room && json_object_set_new(line, "room", string(room)))
		to->bad = true;
	put(to, re, line);
}

void qf_format_error(struct qf_buf *to, int64_t re, const char *code,
                     const char *say, const char *hint)
{
	put(to, re,
	    json_pack("{s:s, s:s, s:o, s:o}", "on", "error", "code", code,
	              "say", string(say), "hint", optional(hint)));
}

static json_t *rooms_of(const struct qf_status *s)
{
	json_t *rooms = json_array();

	for (size_t i = 0; i < s->room_count; i++) {
		const struct qf_room_status *r = &s->rooms[i];

		json_array_append_new(rooms,
		                      json_pack("{s:o, s:o, s:o}", "room",
		                                string(r->name), "count",
		                                number(r->count), "last_lsn",
		                                number(r->last_lsn)));
	}
	return rooms;
}

static json_t *links_of(const struct qf_status *s)
{
	json_t *links = json_array();

	for (size_t i = 0; i < s->link_count; i++) {
		const struct qf_link_status *l = &s->links[i];
		uint64_t up_ms = s->now_ms - l->since_ms;

		json_array_append_new(
			links,
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o}",
		                  "key", key(&l->key), "words",
		                  key_words(&l->key), "short",
		                  key_short(&l->key), "name", string(l->name),
		                  "address", string(l->address.host), "port",
		                  l->address.port, "outbound", l->outbound,
		                  "seconds", number(up_ms / MS_PER_S)));
	}
	return links;
}

static json_t *unreachable_of(const struct qf_status *s)
{
	json_t *dials = json_array();

	for (size_t i = 0; i < s->unreachable_count; i++) {
		const struct qf_dial_status *d = &s->unreachable[i];

		json_array_append_new(dials, json_pack("{s:o, s:i, s:o, s:o}",
		                                       "address",
		                                       string(d->address.host),
		                                       "port", d->address.port,
		                                       "name", string(d->name),
		                                       "why", string(d->why)));
	}
	return dials;
}

static json_t *listening(const struct qf_address *a)
{
	if (!a->port)
		return json_null();
	return json_pack("{s:o, s:i}", "address", string(a->host), "port",
	                 a->port);
}

void qf_format_status(struct qf_buf *to, int64_t re, const struct qf_status *s)
{
	put(to, re,
	    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	              "on", "status", "key", key(&s->key), "words",
	              key_words(&s->key), "name", string(s->name), "listening",
	              listening(&s->listening), "rooms", rooms_of(s), "links",
	              links_of(s), "unreachable", unreachable_of(s), "waiting",
	              number(s->keeps_waiting), "trouble",
	              optional(s->store_trouble), "peers_known",
	              number(s->peers_known)));
}

/* Whom nobody could reach has no address, and both are null. */
static json_t *host_of(const struct qf_address *a)
{
	return a->port ? string(a->host) : json_null();
}

static json_t *port_of(const struct qf_address *a)
{
	return a->port ? json_integer(a->port) : json_null();
}

static json_t *person(const struct qf_person_status *p, uint64_t now_ms)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:o}",
		"key", key(&p->key), "name", string(p->name), "short",
		key_short(&p->key), "words", key_words(&p->key), "self",
		p->self, "linked", p->linked, "away", p->away, "why",
		p->away ? string(p->text) : json_null(), "address",
		host_of(&p->address), "port", port_of(&p->address), "seconds",
		number((now_ms - p->since_ms) / MS_PER_S));
}

void qf_format_people(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_answer *a)
{
	json_t *people = json_array();

	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(people, person(&a->people[i], a->now_ms));
	put(to, re,
	    json_pack("{s:s, s:o, s:o}", "on", "people", "room", optional(room),
	              "people", people));
}

static json_t *contact(const struct qf_peer *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name",
	                 string(p->name), "key", key(&p->key), "words",
	                 key_words(&p->key), "address", host_of(&p->address),
	                 "port", port_of(&p->address), "seen",
	                 p->seen_ms ? at_ms(p->seen_ms) : json_null());
}

void qf_format_contacts(struct qf_buf *to, int64_t re,
                        const struct qf_answer *a)
{
	json_t *contacts = json_array();

	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(contacts, contact(&a->contacts[i]));
	put(to, re,
	    json_pack("{s:s, s:o}", "on", "contacts", "contacts", contacts));
}

/* A name that could not be given here, such as System, passes for no one: the
 * short key stands in its place. */
static json_t *proper_name(struct qf_bytes name, const struct qf_key *author)
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];

	if (qf_user_name_check(name, checked))
		return key_short(author);
	return json_string(checked);
}

static json_t *link_news(const char *on, const struct qf_news *n)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:b}", "on", on,
	                 "key", key(&n->key), "words", key_words(&n->key),
	                 "short", key_short(&n->key), "name", string(n->name),
	                 "address", string(n->address.host), "port",
	                 n->address.port, "outbound", n->outbound);
}

static json_t *person_news(const struct qf_news *n)
{
	static const char *const words[] = {
		[QF_CHANGE_CAME] = "came", [QF_CHANGE_LEFT] = "left",
		[QF_CHANGE_LOST] = "lost", [QF_CHANGE_RENAMED] = "renamed",
		[QF_CHANGE_AWAY] = "away", [QF_CHANGE_BACK] = "back",
	};
	const char *detail = n->text ? n->text : "";
	json_t *line = json_pack(
		"{s:s, s:o, s:o, s:o}", "on", words[n->change], "name",
		proper_name(qf_bytes(n->name, strlen(n->name)), &n->key), "key",
		key(&n->key), "short", key_short(&n->key));

	if (n->change == QF_CHANGE_RENAMED)
		json_object_set_new(
			line, "old",
			proper_name(qf_bytes(detail, strlen(detail)), &n->key));
	else if (n->change == QF_CHANGE_AWAY)
		json_object_set_new(line, "why", string(detail));
	return line;
}

static json_t *news(const struct qf_news *n, const char *room)
{
	const char *say = n->text ? n->text : "";
	json_t *line;

	switch (n->kind) {
	case QF_NEWS_LINK_UP:
		return link_news("linked", n);
	case QF_NEWS_LINK_DOWN:
		line = link_news("unlinked", n);
		json_object_set_new(line, "why", string(say));
		return line;
	case QF_NEWS_DIAL_FAILED:
		return json_pack("{s:s, s:o, s:i, s:o}", "on", "unreachable",
		                 "address", string(n->address.host), "port",
		                 n->address.port, "why", string(say));
	case QF_NEWS_TROUBLE:
		return json_pack("{s:s, s:o}", "on", "trouble", "say",
		                 string(say));
	case QF_NEWS_TROUBLE_OVER:
		return json_pack("{s:s}", "on", "trouble-over");
	case QF_NEWS_COPIES:
		return json_pack("{s:s, s:o, s:o, s:o}", "on", "copies", "id",
		                 hash(&n->id), "room", optional(room), "n",
		                 number(n->number));
	case QF_NEWS_PERSON:
		return person_news(n);
	case QF_NEWS_SELF:
		return json_pack("{s:s, s:o}", "on", "self", "name",
		                 string(n->name));
	case QF_NEWS_LISTENING:
		return json_pack("{s:s, s:o, s:i}", "on", "listening",
		                 "address", string(n->address.host), "port",
		                 n->address.port);
	case QF_NEWS_NOTICE:
		return json_pack("{s:s, s:o}", "on", "notice", "say",
		                 string(say));
	}
	return NULL;
}

void qf_format_news(struct qf_buf *to, const struct qf_news *n,
                    const char *room)
{
	put(to, -1, news(n, room));
}

/* What every line about an envelope has. */
static json_t *envelope(const char *on, const char *room, struct qf_bytes name,
                        const struct qf_envelope *e, uint64_t lsn)
{
	const struct qf_header *h = &e->head;

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	                 "on", on, "room", string(room), "id", hash(&e->id),
	                 "name", proper_name(name, &h->author), "key",
	                 key(&h->author), "short", key_short(&h->author), "at",
	                 at(h->hlc), "hlc", stamp(h->hlc), "lsn", number(lsn),
	                 "seq", number(h->seq));
}

static json_t *rename_line(const char *room, const struct qf_body *body,
                           const struct qf_envelope *e, uint64_t lsn)
{
	json_t *line = envelope("rename", room, body->text, e, lsn);

	json_object_set_new(line, "old",
	                    proper_name(body->name, &e->head.author));
	return line;
}

static json_t *text_line(const char *room, const struct qf_body *body,
                         const struct qf_envelope *e, uint64_t lsn)
{
	bool action = e->head.type == QF_TYPE_ACTION;
	json_t *line = envelope("text", room, body->name, e, lsn);

	json_object_set_new(line, "text", text(body->text.at, body->text.len));
	json_object_set_new(line, "kind",
	                    json_string(action ? "action" : "text"));
	if (body->guest.len)
		json_object_set_new(line, "guest",
		                    text(body->guest.at, body->guest.len));
	return line;
}

/* In an open room bodies are clear; one that names a key is not for us. */
static bool is_clear(const struct qf_envelope *e)
{
	static const uint8_t none[QF_KEY_ID_BYTES];

	return !memcmp(e->head.key_id, none, sizeof none);
}

/* The body as it was before it was sealed; `opened` is for its bytes. */
static bool open_body(const struct qf_envelope *e,
                      const struct qf_direct *direct, struct qf_buf *opened,
                      struct qf_body *body)
{
	if (!direct)
		return is_clear(e) && qf_body_decode(body, qf_envelope_body(e));
	return qf_direct_open(&direct->body_key, direct->key_id, e, opened) &&
	       qf_body_decode(body, qf_buf_bytes(opened));
}

static bool is_shown(const struct qf_header *h)
{
	return h->class == QF_CLASS_CONTENT &&
	       (h->type == QF_TYPE_TEXT || h->type == QF_TYPE_ACTION ||
	        h->type == QF_TYPE_RENAME);
}

bool qf_format_envelope(struct qf_buf *to, int64_t re, const char *room,
                        const struct qf_direct *direct,
                        const struct qf_envelope *e, uint64_t lsn)
{
	struct qf_buf opened;
	struct qf_body body;
	json_t *line;
	bool shown;

	qf_buf_init(&opened, QF_BODY_BYTES_MAX);
	shown = is_shown(&e->head) && open_body(e, direct, &opened, &body);
	if (shown) {
		line = e->head.type == QF_TYPE_RENAME
		               ? rename_line(room, &body, e, lsn)
		               : text_line(room, &body, e, lsn);
		add_direct(line, direct);
		put(to, re, line);
	}
	if (opened.bad)
		to->bad = true;
	qf_buf_fini(&opened);
	return shown;
}

void qf_format_reached(struct qf_buf *to, int64_t re, const char *on,
                       const char *room, uint64_t count, uint64_t lsn)
{
	put(to, re,
	    json_pack("{s:s, s:o, s:o, s:o}", "on", on, "room", string(room),
	              "count", number(count), "lsn", number(lsn)));
}

static json_t *author(const struct qf_author_line *a)
{
	uint64_t span = a->last - a->first + 1;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "key",
	                 key(&a->author), "first", number(a->first), "last",
	                 number(a->last), "count", number(a->count), "gaps",
	                 number(span - a->count), "forks", number(a->forked));
}

void qf_format_digest(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_hash *digest, uint64_t count,
                      const struct qf_author_line *authors, size_t author_count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < author_count; i++)
		json_array_append_new(list, author(&authors[i]));
	put(to, re,
	    json_pack("{s:s, s:o, s:o, s:o, s:o}", "on", "digest", "room",
	              string(room), "digest", hash(digest), "count",
	              number(count), "authors", list));
}

void qf_format_missed(struct qf_buf *to, uint64_t count)
{
	put(to, -1,
	    json_pack("{s:s, s:o}", "on", "missed", "count", number(count)));
}
