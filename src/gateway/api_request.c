/* api_request.c - one line from a client of the API, understood or refused */
#include "api_request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ECHOED_BYTES_MAX = 40, HEX_BYTES = 2 * QF_NONCE_BYTES };

/* The first fault is the one that is told. */
static void refuse(struct qf_api_request *r, const char *code, const char *say,
		   const char *hint)
{
	if (r->code)
		return;
	r->code = code;
	snprintf(r->say, sizeof r->say, "%s", say);
	r->hint = hint;
}

static void refuse_field(struct qf_api_request *r, const char *field,
			 const char *kind)
{
	char say[QF_API_SAY_BYTES_MAX];

	snprintf(say, sizeof say, "\"%s\" is missing or is not %s", field,
		 kind);
	refuse(r, "bad-request", say, "docs/api.md lists every request");
}

/* A string field, borrowed, or NULL (refused). */
static const char *get_string(struct qf_api_request *r, const json_t *o,
			      const char *field)
{
	const char *text = json_string_value(json_object_get(o, field));

	if (!text)
		refuse_field(r, field, "a string");
	return text;
}

/* An optional whole number from 0 to max; more than max is max. */
static uint64_t get_number(struct qf_api_request *r, const json_t *o,
			   const char *field, uint64_t absent, uint64_t max)
{
	const json_t *v = json_object_get(o, field);
	json_int_t number = json_integer_value(v);

	if (!v)
		return absent;
	if (!json_is_integer(v) || number < 0) {
		refuse_field(r, field, "a whole number");
		return absent;
	}
	return (uint64_t)number > max ? max : (uint64_t)number;
}

static void get_room(struct qf_api_request *r, const json_t *o)
{
	const char *name = get_string(r, o, "room");

	if (!name)
		return;
	if (qf_room_name_fold(qf_bytes(name, strlen(name)), r->room)) {
		r->room[0] = '\0';
		refuse(r, "bad-room", "that is not a room's name",
		       "a room is # and 1 to 63 more bytes, without spaces "
		       "or commas, such as #lobby");
		return;
	}
	qf_room_id_open(&r->room_id, r->room);
}

/* The command to fill in, or NULL (refused). */
static struct qf_command *command(struct qf_api_request *r,
				  enum qf_command_kind kind)
{
	struct qf_command *c = calloc(1, sizeof *c);

	if (!c) {
		refuse(r, "busy", "the node is out of memory", NULL);
		return NULL;
	}
	c->kind = kind;
	r->command = c;
	return c;
}

static char *copy(struct qf_api_request *r, const char *text)
{
	char *own = strdup(text);

	if (!own)
		refuse(r, "busy", "the node is out of memory", NULL);
	return own;
}

static void get_nonce(struct qf_api_request *r, const json_t *o,
		      struct qf_command *c)
{
	static const char digits[] = "0123456789abcdef";
	const json_t *v = json_object_get(o, "nonce");
	const char *hex = json_string_value(v);

	if (!v)
		return;
	if (!hex || strlen(hex) != HEX_BYTES ||
	    strspn(hex, digits) != HEX_BYTES) {
		refuse_field(r, "nonce", "32 hexadecimal digits");
		return;
	}
	for (size_t i = 0; i < HEX_BYTES; i++) {
		size_t digit = (size_t)(strchr(digits, hex[i]) - digits);

		c->nonce.b[i / 2] = (uint8_t)(c->nonce.b[i / 2] << 4 | digit);
	}
	c->has_nonce = true;
}

static uint8_t get_type(struct qf_api_request *r, const json_t *o)
{
	const json_t *v = json_object_get(o, "kind");
	const char *kind = json_string_value(v);

	if (!v || (kind && !strcmp(kind, "text")))
		return QF_TYPE_TEXT;
	if (!kind || strcmp(kind, "action"))
		refuse_field(r, "kind", "\"text\" or \"action\"");
	return QF_TYPE_ACTION;
}

static void take_say(struct qf_api_request *r, const json_t *o)
{
	struct qf_command *c = command(r, QF_CMD_SAY);
	const char *text = get_string(r, o, "text");

	get_room(r, o);
	if (!c || !text)
		return;
	if (!*text)
		refuse(r, "bad-text", "there is nothing to say", NULL);
	if (strlen(text) > QF_TEXT_BYTES_MAX)
		refuse(r, "bad-text", "the text is too long",
		       "a message has at most 65,000 bytes");
	c->type = get_type(r, o);
	get_nonce(r, o, c);
	c->text = copy(r, text);
	c->room = copy(r, r->room);
}

static void take_join(struct qf_api_request *r, const json_t *o)
{
	struct qf_command *c = command(r, QF_CMD_JOIN);

	get_room(r, o);
	if (c)
		c->room = copy(r, r->room);
}

/* One colon is a port that belongs in a field of its own; more are IPv6. */
static bool is_host(const char *host)
{
	const char *colon = strchr(host, ':');

	return *host && strlen(host) <= QF_HOST_BYTES_MAX &&
	       !strpbrk(host, " /[]@\t\r\n") &&
	       (!colon || strchr(colon + 1, ':'));
}

static void take_connect(struct qf_api_request *r, const json_t *o)
{
	struct qf_command *c = command(r, QF_CMD_CONNECT);
	const char *host = get_string(r, o, "address");
	uint64_t port = get_number(r, o, "port", QF_PORT_DEFAULT, UINT64_MAX);

	if (!c || !host)
		return;
	if (!is_host(host))
		refuse(r, "bad-address", "that is not a host",
		       "give a name or a number in \"address\", such as "
		       "192.168.1.7 or fe80::1%eth0, and the port in "
		       "\"port\"");
	else if (!port || port > UINT16_MAX)
		refuse(r, "bad-address", "that is not a port",
		       "a port is a number from 1 to 65535");
	else
		strcpy(c->address.host, host);
	c->address.port = (uint16_t)port;
}

static void take_name(struct qf_api_request *r, const json_t *o)
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];
	struct qf_command *c = command(r, QF_CMD_NAME);
	const char *name = get_string(r, o, "name");

	if (!c || !name)
		return;
	if (qf_user_name_check(qf_bytes(name, strlen(name)), checked)) {
		refuse(r, "bad-name", "that is not a name for a person",
		       "a name has 1 to 32 characters, no spaces, does not "
		       "begin with # or / and is not System");
		return;
	}
	c->text = copy(r, checked);
}

static void take_forget(struct qf_api_request *r, const json_t *o)
{
	struct qf_command *c = command(r, QF_CMD_FORGET);
	const char *who = get_string(r, o, "who");

	if (c && who)
		c->text = copy(r, who);
}

static void take_status(struct qf_api_request *r, const json_t *o)
{
	(void)o;
	command(r, QF_CMD_STATUS);
}

static void take_follow(struct qf_api_request *r, const json_t *o)
{
	get_room(r, o);
	r->last = get_number(r, o, "last", 0, QF_HISTORY_MAX);
	r->has_after = json_object_get(o, "after");
	r->after = get_number(r, o, "after", 0, UINT64_MAX);
}

static void take_history(struct qf_api_request *r, const json_t *o)
{
	get_room(r, o);
	r->last = get_number(r, o, "last", QF_API_LAST_DEFAULT, QF_HISTORY_MAX);
}

static void take_nothing(struct qf_api_request *r, const json_t *o)
{
	(void)r;
	(void)o;
}

static const struct {
	const char *name;
	enum qf_api_verb verb;
	void (*take)(struct qf_api_request *r, const json_t *o);
} verbs[] = {
	{ "say", QF_API_COMMAND, take_say },
	{ "join", QF_API_COMMAND, take_join },
	{ "connect", QF_API_COMMAND, take_connect },
	{ "name", QF_API_COMMAND, take_name },
	{ "forget", QF_API_COMMAND, take_forget },
	{ "status", QF_API_COMMAND, take_status },
	{ "follow", QF_API_FOLLOW, take_follow },
	{ "unfollow", QF_API_UNFOLLOW, get_room },
	{ "history", QF_API_HISTORY, take_history },
	{ "digest", QF_API_DIGEST, get_room },
	{ "watch", QF_API_WATCH, take_nothing },
};

static void refuse_verb(struct qf_api_request *r, const char *name)
{
	char say[QF_API_SAY_BYTES_MAX] = "there is no such request";

	/* Whole or not at all: a cut could part the bytes of a character. */
	if (strlen(name) <= ECHOED_BYTES_MAX)
		snprintf(say, sizeof say, "there is no request \"%s\"", name);
	refuse(r, "unknown-command", say, "docs/api.md lists every request");
}

static void take_object(struct qf_api_request *r, const json_t *o)
{
	const json_t *id = json_object_get(o, "id");
	const char *name;

	if (json_is_integer(id) && json_integer_value(id) >= 0)
		r->re = json_integer_value(id);
	else if (id)
		refuse_field(r, "id", "a whole number");
	name = get_string(r, o, "do");
	if (!name)
		return;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(verbs[i].name, name))
			continue;
		r->verb = verbs[i].verb;
		verbs[i].take(r, o);
		return;
	}
	refuse_verb(r, name);
}

bool qf_api_request_parse(struct qf_api_request *r, struct qf_bytes line)
{
	json_error_t fault;
	json_t *o;

	*r = (struct qf_api_request){ .re = -1 };
	o = json_loadb((const char *)line.at, line.len, JSON_REJECT_DUPLICATES,
		       &fault);
	if (json_is_object(o)) {
		take_object(r, o);
	} else {
		char say[QF_API_SAY_BYTES_MAX];

		snprintf(say, sizeof say,
			 "this is not a JSON object (seen at byte %d)",
			 o ? 0 : fault.position);
		refuse(r, "bad-json", say,
		       "each line is one object, in UTF-8, with each field "
		       "once");
	}
	json_decref(o);
	return !r->code;
}

void qf_api_request_fini(struct qf_api_request *r)
{
	qf_command_free(r->command);
	r->command = NULL;
}
