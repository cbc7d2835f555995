/* api_format.c - what a client of the API is told, as lines of JSON */
#include "api_format.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "api_finding.h"
#include "api_json.h"
#include "api_status.h"
#include "core/clock.h"
#include "qr.h"

enum { AT_BYTES_MAX = 32, MS_PER_S = 1000 };

/* Exact, which a number of 64 bits is not for every reader of JSON. */
static json_t *stamp(uint64_t hlc)
{
	char out[AT_BYTES_MAX];

	snprintf(out, sizeof out, "%llu", (unsigned long long)hlc);
	return json_string(out);
}

static json_t *at(uint64_t hlc)
{
	return qf_json_at_ms(qf_clock_ms(hlc));
}

/* What every line about a room of two has besides. */
static void add_direct(json_t *line, const struct qf_direct *direct)
{
	if (!direct)
		return;
	json_object_set_new(line, "direct", json_true());
	json_object_set_new(line, "with", qf_json_key(&direct->other));
}

void qf_format_stored(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_direct *direct, const char *whom,
                      const struct qf_answer *a)
{
	json_t *line = json_pack("{s:s, s:o, s:o, s:o, s:o}", "on", "stored",
	                         "id", qf_json_hash(&a->id), "room",
	                         qf_json_string(room), "at", at(a->hlc), "lsn",
	                         qf_json_number(a->lsn));

	add_direct(line, direct);
	if (*whom)
		json_object_set_new(line, "to", qf_json_string(whom));
	if (a->text)
		json_object_set_new(line, "say", qf_json_string(a->text));
	qf_json_put(to, re, line);
}

void qf_format_queued(struct qf_buf *to, int64_t re, const char *room,
                      uint64_t draft)
{
	qf_json_put(to, re,
	            json_pack("{s:s, s:o, s:o}", "on", "queued", "room",
	                      qf_json_string(room), "draft",
	                      qf_json_number(draft)));
}

void qf_format_done(struct qf_buf *to, int64_t re, const char *room)
{
	json_t *line = json_pack("{s:s}", "on", "done");

	if (room && json_object_set_new(line, "room", qf_json_string(room)))
		to->bad = true;
	qf_json_put(to, re, line);
}

void qf_format_error(struct qf_buf *to, int64_t re, const char *code,
                     const char *say, const char *hint)
{
	qf_json_put(to, re,
	            json_pack("{s:s, s:s, s:o, s:o}", "on", "error", "code",
	                      code, "say", qf_json_string(say), "hint",
	                      qf_json_optional(hint)));
}

void qf_format_doctor(struct qf_buf *to, int64_t re, const struct qf_answer *a)
{
	qf_json_put(to, re,
	            json_pack("{s:s, s:o, s:o}", "on", "doctor", "nodes",
	                      qf_json_number(a->count), "findings",
	                      qf_findings_json(a->diagnosis)));
}

/* Whom nobody could reach has no address, and both are null. */
static json_t *host_of(const struct qf_address *a)
{
	return a->port ? qf_json_string(a->host) : json_null();
}

static json_t *port_of(const struct qf_address *a)
{
	return a->port ? json_integer(a->port) : json_null();
}

static json_t *person(const struct qf_person_status *p, uint64_t now_ms)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:b, s:b, s:i, s:o, s:o, s:b, s:b, s:o, "
		"s:o, s:o, s:o}",
		"key", qf_json_key(&p->key), "name", qf_json_string(p->name),
		"short", qf_json_short(&p->key), "words",
		qf_json_words(&p->key), "self", p->self, "linked", p->linked,
		"hops", (int)p->hops, "via",
		p->hops ? qf_json_key(&p->via) : json_null(), "over",
		qf_json_filled(p->over), "hub", p->is_hub, "away", p->away,
		"why", p->away ? qf_json_string(p->text) : json_null(),
		"address", host_of(&p->address), "port", port_of(&p->address),
		"seconds", qf_json_number((now_ms - p->since_ms) / MS_PER_S));
}

/* Guests by way of the original's protocol. */
static json_t *classics_of(const struct qf_answer *a)
{
	json_t *classics = json_array();

	for (size_t i = 0; i < a->classic_count; i++) {
		const struct qf_classic_status *c = &a->classics[i];
		uint64_t here_ms = a->now_ms - c->since_ms;

		json_array_append_new(
			classics,
			json_pack("{s:o, s:o, s:o, s:i, s:o}", "name",
		                  qf_json_string(c->name), "room",
		                  qf_json_string(c->room), "address",
		                  qf_json_string(c->address.host), "port",
		                  c->address.port, "seconds",
		                  qf_json_number(here_ms / MS_PER_S)));
	}
	return classics;
}

static json_t *people_of(const struct qf_answer *a)
{
	json_t *people = json_array();

	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(people, person(&a->people[i], a->now_ms));
	return people;
}

void qf_format_map(struct qf_buf *to, int64_t re, const struct qf_answer *a)
{
	qf_json_put(to, re,
	            json_pack("{s:s, s:o, s:o}", "on", "map", "people",
	                      people_of(a), "links", qf_edges_json(a)));
}

void qf_format_people(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_answer *a)
{
	qf_json_put(to, re,
	            json_pack("{s:s, s:o, s:o, s:o, s:o}", "on", "people",
	                      "room", qf_json_optional(room), "people",
	                      people_of(a), "classics", classics_of(a),
	                      "finding", qf_finding_json(a->finding)));
}

static json_t *contact(const struct qf_peer *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name",
	                 qf_json_string(p->name), "key", qf_json_key(&p->key),
	                 "words", qf_json_words(&p->key), "address",
	                 host_of(&p->address), "port", port_of(&p->address),
	                 "seen",
	                 p->seen_ms ? qf_json_at_ms(p->seen_ms) : json_null());
}

void qf_format_contacts(struct qf_buf *to, int64_t re,
                        const struct qf_answer *a)
{
	json_t *contacts = json_array();

	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(contacts, contact(&a->contacts[i]));
	qf_json_put(to, re,
	            json_pack("{s:s, s:o}", "on", "contacts", "contacts",
	                      contacts));
}

static json_t *account(const struct qf_account *a)
{
	json_t *certs = json_array();

	for (size_t i = 0; i < a->cert_count; i++)
		json_array_append_new(certs, json_string(a->certs[i]));
	return json_pack("{s:s, s:o}", "name", a->name, "certs", certs);
}

void qf_format_accounts(struct qf_buf *to, int64_t re, const struct qf_hall *h)
{
	json_t *accounts = json_array();

	for (size_t i = 0; i < h->account_count; i++)
		if (!h->accounts[i].gone)
			json_array_append_new(accounts,
			                      account(&h->accounts[i]));
	qf_json_put(to, re,
	            json_pack("{s:s, s:o}", "on", "accounts", "accounts",
	                      accounts));
}

/* A name that could not be given here, such as System, passes for no one: the
 * short key stands in its place. */
static json_t *proper_name(struct qf_bytes name, const struct qf_key *author)
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];

	if (qf_user_name_check(name, checked))
		return qf_json_short(author);
	return json_string(checked);
}

static json_t *link_news(const char *on, const struct qf_news *n)
{
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:b}", "on", on,
		"key", qf_json_key(&n->key), "words", qf_json_words(&n->key),
		"short", qf_json_short(&n->key), "name",
		qf_json_string(n->name), "address",
		qf_json_string(n->address.host), "port", n->address.port,
		"outbound", n->outbound, "quiet", n->quiet);
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
		qf_json_key(&n->key), "short", qf_json_short(&n->key));

	if (n->change == QF_CHANGE_RENAMED)
		json_object_set_new(
			line, "old",
			proper_name(qf_bytes(detail, strlen(detail)), &n->key));
	else if (n->change == QF_CHANGE_AWAY)
		json_object_set_new(line, "why", qf_json_string(detail));
	return line;
}

static json_t *classic(const struct qf_news *n, const char *text)
{
	bool renamed = n->change == QF_CHANGE_RENAMED;
	const char *on = renamed                       ? "classic-renamed"
	                 : n->change == QF_CHANGE_CAME ? "classic-came"
	                                               : "classic-left";

	return json_pack("{s:s, s:o, s:o, s:o, s:i}", "on", on, "name",
	                 qf_json_string(n->name), renamed ? "old" : "room",
	                 qf_json_string(text), "address",
	                 qf_json_string(n->address.host), "port",
	                 n->address.port);
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
		json_object_set_new(line, "why", qf_json_string(say));
		return line;
	case QF_NEWS_DIAL_FAILED:
		return json_pack(
			"{s:s, s:o, s:i, s:o, s:o}", "on", "unreachable",
			"address", qf_json_string(n->address.host), "port",
			n->address.port, "name", qf_json_string(n->name), "why",
			qf_json_string(say));
	case QF_NEWS_TROUBLE:
		return json_pack("{s:s, s:o}", "on", "trouble", "say",
		                 qf_json_string(say));
	case QF_NEWS_TROUBLE_OVER:
		return json_pack("{s:s}", "on", "trouble-over");
	case QF_NEWS_COPIES:
		return json_pack("{s:s, s:o, s:o, s:o}", "on", "copies", "id",
		                 qf_json_hash(&n->id), "room",
		                 qf_json_optional(room), "n",
		                 qf_json_number(n->number));
	case QF_NEWS_PERSON:
		return person_news(n);
	case QF_NEWS_SELF:
		return json_pack("{s:s, s:o}", "on", "self", "name",
		                 qf_json_string(n->name));
	case QF_NEWS_LISTENING:
		return json_pack("{s:s, s:o, s:i}", "on", "listening",
		                 "address", qf_json_string(n->address.host),
		                 "port", n->address.port);
	case QF_NEWS_IRC:
		return json_pack("{s:s, s:o, s:i}", "on", "irc-listening",
		                 "address", qf_json_string(n->address.host),
		                 "port", n->address.port);
	case QF_NEWS_STORED:
		return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "on",
		                 "stored", "id", qf_json_hash(&n->id), "room",
		                 qf_json_optional(room), "at", at(n->hlc),
		                 "lsn", qf_json_number(n->lsn), "draft",
		                 qf_json_number(n->number));
	case QF_NEWS_CLOCK:
		return json_pack("{s:s, s:o, s:I, s:o}", "on", "clock", "room",
		                 qf_json_optional(room), "correction_ms",
		                 (json_int_t)n->correction_ms, "say",
		                 qf_json_string(say));
	case QF_NEWS_CLASSIC:
		return classic(n, say);
	case QF_NEWS_CLASSICS:
		return json_pack("{s:s, s:o, s:i}", "on", "classic-listening",
		                 "address", qf_json_string(n->address.host),
		                 "port", n->address.port);
	case QF_NEWS_GUEST_CAME:
		return json_pack("{s:s, s:o}", "on", "guest-came", "name",
		                 qf_json_string(n->name));
	case QF_NEWS_GUEST_LEFT:
		return json_pack("{s:s, s:o}", "on", "guest-left", "name",
		                 qf_json_string(n->name));
	case QF_NEWS_GUESTS:
		return json_pack("{s:s, s:o}", "on", "guests-changed", "count",
		                 qf_json_number(n->number));
	case QF_NEWS_NOTICE:
		return json_pack("{s:s, s:o}", "on", "notice", "say",
		                 qf_json_string(say));
	}
	return NULL;
}

static json_t *open_rooms(const struct qf_carry *carry)
{
	json_t *rooms = json_array();

	for (size_t i = 0; i < carry->room_count; i++)
		if (!carry->rooms[i]->direct && !carry->rooms[i]->left)
			json_array_append_new(
				rooms, qf_json_string(carry->rooms[i]->name));
	return rooms;
}

void qf_format_entered(struct qf_buf *to, int64_t re, const struct qf_answer *a,
                       const struct qf_carry *carry)
{
	json_t *line = json_pack("{s:s, s:o, s:o, s:o, s:o}", "on", "entered",
	                         "node", qf_json_string(a->text ? a->text : ""),
	                         "key", qf_json_key(&a->key), "short",
	                         qf_json_short(&a->key), "rooms",
	                         open_rooms(carry));
	char hex[2 * QF_NONCE_BYTES + 1];

	for (size_t i = 0; i < QF_NONCE_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", a->token.b[i]);
	if (carry->fingerprint)
		json_object_set_new(line, "fingerprint",
		                    json_string(carry->fingerprint));
	if (a->has_token)
		json_object_set_new(line, "next", json_string(hex));
	qf_json_put(to, re, line);
}

void qf_format_links(struct qf_buf *to, int64_t re, const struct qf_answer *a)
{
	json_t *links = json_array();

	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(
			links, json_pack("{s:o, s:o}", "link",
		                         qf_json_string(a->links[i].text), "qr",
		                         qf_qr_json(a->links[i].text)));
	qf_json_put(to, re,
	            json_pack("{s:s, s:s, s:o}", "on", "links", "page", a->code,
	                      "links", links));
}

void qf_format_guests(struct qf_buf *to, int64_t re, const struct qf_answer *a)
{
	json_t *guests = json_array();

	for (size_t i = 0; i < a->count; i++)
		json_array_append_new(
			guests,
			json_pack("{s:o, s:o}", "name",
		                  qf_json_string(a->people[i].name), "seconds",
		                  qf_json_number(
					  (a->now_ms - a->people[i].since_ms) /
					  MS_PER_S)));
	qf_json_put(to, re,
	            json_pack("{s:s, s:o}", "on", "guests", "guests", guests));
}

void qf_format_news(struct qf_buf *to, const struct qf_news *n,
                    const char *room)
{
	qf_json_put(to, -1, news(n, room));
}

/* What every line about an envelope has. */
static json_t *envelope(const char *on, const char *room, struct qf_bytes name,
                        const struct qf_envelope *e, uint64_t lsn)
{
	const struct qf_header *h = &e->head;

	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o}",
		"on", on, "room", qf_json_string(room), "id",
		qf_json_hash(&e->id), "name", proper_name(name, &h->author),
		"key", qf_json_key(&h->author), "short",
		qf_json_short(&h->author), "at", at(h->hlc), "hlc",
		stamp(h->hlc), "seen_ms",
		e->seen_ms ? qf_json_number(e->seen_ms) : json_null(), "lsn",
		qf_json_number(lsn), "seq", qf_json_number(h->seq));
}

static json_t *rename_line(const char *room, const struct qf_body *body,
                           const struct qf_envelope *e, uint64_t lsn)
{
	bool guest = body->guest.len;
	json_t *line = envelope("rename", room, guest ? body->name : body->text,
	                        e, lsn);

	/* A guest's new name is no name of its node. */
	json_object_set_new(
		line, "old",
		guest ? qf_json_text(body->guest.at, body->guest.len)
		      : proper_name(body->name, &e->head.author));
	if (guest)
		json_object_set_new(
			line, "guest",
			qf_json_text(body->text.at, body->text.len));
	return line;
}

/* Which guests spoke and were spoken to, if any. */
static void add_guests(json_t *line, const struct qf_body *body)
{
	if (body->guest.len)
		json_object_set_new(
			line, "guest",
			qf_json_text(body->guest.at, body->guest.len));
	if (body->to.len)
		json_object_set_new(line, "to",
		                    qf_json_text(body->to.at, body->to.len));
}

static json_t *text_line(const char *room, const struct qf_body *body,
                         const struct qf_envelope *e, uint64_t lsn)
{
	bool action = e->head.type == QF_TYPE_ACTION;
	json_t *line = envelope("text", room, body->name, e, lsn);

	json_object_set_new(line, "text",
	                    qf_json_text(body->text.at, body->text.len));
	json_object_set_new(line, "kind",
	                    json_string(action ? "action" : "text"));
	add_guests(line, body);
	return line;
}

static bool has_meaning(const struct qf_header *head,
                        const struct qf_body *body)
{
	struct qf_bytes why;
	struct qf_hash of;

	return head->type != QF_TYPE_REDACT || qf_body_redacts(body, &of, &why);
}

static json_t *redact_line(const char *room, const struct qf_body *body,
                           const struct qf_envelope *e, uint64_t lsn)
{
	json_t *line = envelope("taken-back", room, body->name, e, lsn);
	struct qf_bytes why = { 0 };
	struct qf_hash of;

	qf_body_redacts(body, &of, &why);
	json_object_set_new(line, "of", qf_json_hash(&of));
	if (why.len)
		json_object_set_new(line, "why", qf_json_text(why.at, why.len));
	add_guests(line, body);
	return line;
}

static json_t *line_of(const char *room, const struct qf_body *body,
                       const struct qf_envelope *e, uint64_t lsn)
{
	switch (e->head.type) {
	case QF_TYPE_RENAME:
		return rename_line(room, body, e, lsn);
	case QF_TYPE_REDACT:
		return redact_line(room, body, e, lsn);
	default:
		return text_line(room, body, e, lsn);
	}
}

static bool is_shown(const struct qf_header *h)
{
	return h->class == QF_CLASS_CONTENT &&
	       (h->type == QF_TYPE_TEXT || h->type == QF_TYPE_ACTION ||
	        h->type == QF_TYPE_NOTICE || h->type == QF_TYPE_RENAME ||
	        h->type == QF_TYPE_REDACT);
}

/* False: it is not for views. `opened` is for the bytes of its body. */
static bool read_line(const struct qf_envelope *e, uint64_t lsn,
                      const struct qf_direct *direct, const struct qf_viewer *v,
                      struct qf_buf *opened, struct qf_body *body)
{
	return is_shown(&e->head) && qf_direct_body(direct, e, opened, body) &&
	       (!direct ||
	        qf_viewer_sees(v, direct, &e->head.author, body, lsn)) &&
	       has_meaning(&e->head, body);
}

bool qf_format_is_line(const struct qf_direct *direct,
                       const struct qf_viewer *v, const struct qf_envelope *e,
                       uint64_t lsn)
{
	struct qf_buf opened;
	struct qf_body body;
	bool is;

	qf_buf_init(&opened, QF_BODY_BYTES_MAX);
	is = read_line(e, lsn, direct, v, &opened, &body);
	qf_buf_fini(&opened);
	return is;
}

bool qf_format_envelope(struct qf_buf *to, int64_t re, const char *room,
                        const struct qf_direct *direct,
                        const struct qf_viewer *v, const struct qf_envelope *e,
                        uint64_t lsn)
{
	struct qf_buf opened;
	struct qf_body body;
	json_t *line;
	bool shown;

	qf_buf_init(&opened, QF_BODY_BYTES_MAX);
	shown = read_line(e, lsn, direct, v, &opened, &body);
	if (shown) {
		line = line_of(room, &body, e, lsn);
		add_direct(line, direct);
		if (direct && v &&
		    qf_viewer_said(v, direct, &e->head.author, &body))
			json_object_set_new(line, "own", json_true());
		qf_json_put(to, re, line);
	}
	if (opened.bad)
		to->bad = true;
	qf_buf_fini(&opened);
	return shown;
}

void qf_format_reached(struct qf_buf *to, int64_t re, const char *on,
                       const char *room, uint64_t count, uint64_t lsn,
                       bool more)
{
	qf_json_put(to, re,
	            json_pack("{s:s, s:o, s:o, s:o, s:b}", "on", on, "room",
	                      qf_json_string(room), "count",
	                      qf_json_number(count), "lsn", qf_json_number(lsn),
	                      "more", more));
}

static json_t *author(const struct qf_author_line *a)
{
	uint64_t span = a->last - a->first + 1;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "key",
	                 qf_json_key(&a->author), "first",
	                 qf_json_number(a->first), "last",
	                 qf_json_number(a->last), "count",
	                 qf_json_number(a->count), "gaps",
	                 qf_json_number(span - a->count), "forks",
	                 qf_json_number(a->forked));
}

void qf_format_digest(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_hash *digest, uint64_t count,
                      const struct qf_author_line *authors, size_t author_count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < author_count; i++)
		json_array_append_new(list, author(&authors[i]));
	qf_json_put(to, re,
	            json_pack("{s:s, s:o, s:o, s:o, s:o}", "on", "digest",
	                      "room", qf_json_string(room), "digest",
	                      qf_json_hash(digest), "count",
	                      qf_json_number(count), "authors", list));
}

void qf_format_missed(struct qf_buf *to, uint64_t count)
{
	qf_json_put(to, -1,
	            json_pack("{s:s, s:o}", "on", "missed", "count",
	                      qf_json_number(count)));
}

bool qf_news_is_private(const struct qf_news *n, const struct qf_carried *room)
{
	switch (n->kind) {
	case QF_NEWS_COPIES:
	case QF_NEWS_STORED:
		return !room || room->direct;
	case QF_NEWS_PERSON:
	case QF_NEWS_TROUBLE:
	case QF_NEWS_TROUBLE_OVER:
	case QF_NEWS_GUEST_CAME:
	case QF_NEWS_GUEST_LEFT:
	case QF_NEWS_GUESTS:
		return false;
	default:
		return true;
	}
}

void qf_format_answer(struct qf_buf *to, int64_t re, const char *room,
                      const struct qf_answer *a)
{
	switch (a->kind) {
	case QF_ANS_STATUS:
		qf_format_status(to, re, a->status);
		break;
	case QF_ANS_DOCTOR:
		qf_format_doctor(to, re, a);
		break;
	case QF_ANS_PEOPLE:
		qf_format_people(to, re, room, a);
		break;
	case QF_ANS_MAP:
		qf_format_map(to, re, a);
		break;
	case QF_ANS_CONTACTS:
		qf_format_contacts(to, re, a);
		break;
	case QF_ANS_LINKS:
		qf_format_links(to, re, a);
		break;
	case QF_ANS_GUESTS:
		qf_format_guests(to, re, a);
		break;
	default: /* of a command that has no name here */
		break;
	}
}
