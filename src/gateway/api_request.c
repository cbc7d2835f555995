/* api_request.c - one line from a client of the API, understood or refused */
#include "api_request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "core/address.h"

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

/* An optional string field, borrowed; NULL: absent, null, or refused. */
static const char *get_optional(struct qf_api_request *r, const json_t *o,
                                const char *field)
{
	const json_t *v = json_object_get(o, field);

	return !v || json_is_null(v) ? NULL : get_string(r, o, field);
}

static void get_open_room(struct qf_api_request *r, const char *name)
{
	if (qf_room_name_fold(qf_bytes(name, strlen(name)), r->room)) {
		r->room[0] = '\0';
		refuse(r, "bad-room", "that is not a room's name",
		       "a room is # and 1 to 63 more bytes, without spaces "
		       "or commas, such as #lobby");
		return;
	}
	qf_room_id_open(&r->room_id, r->room);
}

static void get_room(struct qf_api_request *r, const json_t *o)
{
	const char *name = get_string(r, o, "room");

	if (name)
		get_open_room(r, name);
}

/* A room to be looked at, which may be one of two keys. */
static void get_view_room(struct qf_api_request *r, const json_t *o)
{
	const char *name = get_string(r, o, "room");
	struct qf_key key;

	if (!name)
		return;
	if (name[0] != '@') {
		get_open_room(r, name);
		return;
	}
	strcpy(r->room, "@");
	if (qf_key_from_text(&key, name + 1))
		qf_key_text(&key, r->room + 1);
	else if (name[1])
		refuse(r, "bad-room", "that is not a room of two",
		       "it is @ and the other's key");
}

/* All rooms of two can only be followed. */
static void get_one_room(struct qf_api_request *r, const json_t *o)
{
	get_view_room(r, o);
	if (!strcmp(r->room, "@"))
		refuse(r, "bad-room", "which of the rooms of two?",
		       "it is @ and the other's key");
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

static void get_text(struct qf_api_request *r, const json_t *o)
{
	struct qf_command *c = r->command;
	const char *text = get_string(r, o, "text");

	if (!text)
		return;
	if (!*text)
		refuse(r, "bad-text", "there is nothing to say", NULL);
	if (strlen(text) > QF_TEXT_BYTES_MAX)
		refuse(r, "bad-text", "the text is too long",
		       "a message has at most 65,000 bytes");
	c->type = get_type(r, o);
	get_nonce(r, o, c);
	c->text = copy(r, text);
}

/* Who is meant is the core's to find out. */
static void get_whom(struct qf_api_request *r, const json_t *o,
                     const char *field)
{
	const char *whom = get_string(r, o, field);

	if (!whom)
		return;
	if (strlen(whom) > QF_API_WHOM_BYTES_MAX) {
		refuse(r, "bad-name", "nobody has such a long name", NULL);
		return;
	}
	strcpy(r->whom, whom);
	r->command->who = copy(r, whom);
}

static uint16_t get_port(struct qf_api_request *r, const json_t *o,
                         uint16_t absent, uint16_t min)
{
	uint64_t port = get_number(r, o, "port", absent, UINT64_MAX);

	if (port < min || port > UINT16_MAX)
		refuse(r, "bad-address", "that is not a port",
		       "a port is a number from 1 to 65535");
	return (uint16_t)port;
}

static void get_address(struct qf_api_request *r, const json_t *o)
{
	struct qf_address *address = &r->command->address;
	const char *text = get_string(r, o, "address");
	char why[QF_API_SAY_BYTES_MAX];

	if (!text)
		return;
	if (!qf_address_parse(text, address, why, sizeof why))
		refuse(r, "bad-address", why,
		       "such as ana.local, 192.168.1.7:9999 or fe80::1%eth0");
	address->port = get_port(r, o, address->port, 1);
}

static void take_nothing(struct qf_api_request *r, const json_t *o)
{
	(void)r;
	(void)o;
}

static void take_say(struct qf_api_request *r, const json_t *o)
{
	get_room(r, o);
	get_text(r, o);
	r->command->room = copy(r, r->room);
}

static void take_room(struct qf_api_request *r, const json_t *o)
{
	get_room(r, o);
	r->command->room = copy(r, r->room);
}

static void take_msg(struct qf_api_request *r, const json_t *o)
{
	get_whom(r, o, "to");
	get_text(r, o);
}

static void take_who(struct qf_api_request *r, const json_t *o)
{
	if (get_optional(r, o, "room"))
		take_room(r, o);
}

/* What speaks the original's protocol: another command, and the room where its
 * guests are. */
static void get_classic(struct qf_api_request *r, const json_t *o,
                        enum qf_command_kind kind)
{
	const json_t *v = json_object_get(o, "classic");

	if (!v || json_is_false(v))
		return;
	if (!json_is_true(v))
		refuse_field(r, "classic", "true or false");
	r->command->kind = kind;
	if (get_optional(r, o, "room"))
		get_room(r, o);
	else
		get_open_room(r, "#lobby");
	r->command->room = copy(r, r->room);
}

static void take_connect(struct qf_api_request *r, const json_t *o)
{
	get_classic(r, o, QF_CMD_CLASSIC_CALL);
	if (r->command->kind == QF_CMD_CONNECT && get_optional(r, o, "who"))
		get_whom(r, o, "who");
	else
		get_address(r, o);
}

static void take_host(struct qf_api_request *r, const json_t *o)
{
	const json_t *irc = json_object_get(o, "irc");

	get_classic(r, o, QF_CMD_CLASSIC_HOST);
	if (irc && !json_is_boolean(irc))
		refuse_field(r, "irc", "true or false");
	if (json_is_true(irc))
		r->command->kind = QF_CMD_IRC_HOST;
	r->command->address.port = get_port(
		r, o, json_is_true(irc) ? QF_PORT_IRC : QF_PORT_DEFAULT, 0);
}

static void get_name(struct qf_api_request *r, const json_t *o)
{
	char checked[QF_USER_NAME_BYTES_MAX + 1];
	const char *name = get_string(r, o, "name");

	if (!name)
		return;
	if (qf_user_name_check(qf_bytes(name, strlen(name)), checked))
		refuse(r, "bad-name", "that is not a name for a person",
		       "a name has 1 to 32 characters, no spaces, does not "
		       "begin with # or / and is not System");
	else
		r->command->text = copy(r, checked);
}

static void take_away(struct qf_api_request *r, const json_t *o)
{
	const char *why = get_optional(r, o, "why");

	if (why)
		r->command->text = copy(r, why);
}

static void take_contact(struct qf_api_request *r, const json_t *o)
{
	const char *key = get_string(r, o, "key");

	get_name(r, o);
	if (key && !qf_key_from_text(&r->command->key, key))
		refuse(r, "bad-key", "that is not a key",
		       "a key is 52 letters of base32, as contacts shows it");
	if (get_optional(r, o, "address"))
		get_address(r, o);
}

static bool begin_command(struct qf_api_request *r, enum qf_command_kind kind)
{
	r->command = calloc(1, sizeof *r->command);
	if (!r->command) {
		refuse(r, "busy", "the node is out of memory", NULL);
		return false;
	}
	r->command->kind = kind;
	return true;
}

static void take_account(struct qf_api_request *r, const json_t *o)
{
	const char *name = get_string(r, o, "name");
	const char *password = get_optional(r, o, "password");
	const char *typed = get_optional(r, o, "cert");
	char cert[QF_CERT_CHARS + 1];

	if (!name || r->code)
		return;
	if (!qf_nick_is_good(name) ||
	    (password &&
	     (!*password || strlen(password) > QF_PASSWORD_BYTES_MAX)))
		refuse(r, "bad-name", "that is no name or no password",
		       "a name has 1 to 32 characters, a password up to 300 "
		       "bytes");
	else if (typed && !qf_cert_read(typed, cert))
		refuse(r, "bad-name", "that is no fingerprint",
		       "it is the SHA-256 of a certificate: 64 digits of "
		       "hex");
	else if (!begin_command(r, QF_CMD_MSG))
		return;
	r->is_new = json_is_true(json_object_get(o, "new"));
	if (r->code)
		return;
	r->command->to = copy(r, name);
	r->command->text = password ? copy(r, password) : NULL;
	r->command->tags = typed ? copy(r, cert) : NULL;
}

static void take_forget(struct qf_api_request *r, const json_t *o)
{
	const char *who = get_string(r, o, "who");

	if (who)
		r->command->text = copy(r, who);
}

/* A guest's name, and the ticket that makes it known again. The owner has
 * neither: the link was enough. */
static void take_enter(struct qf_api_request *r, const json_t *o)
{
	if (!json_object_get(o, "name"))
		return;
	get_name(r, o);
	get_nonce(r, o, r->command);
	if (!r->command->has_nonce)
		refuse_field(r, "nonce", "32 hexadecimal digits");
}

static void take_remove(struct qf_api_request *r, const json_t *o)
{
	const char *guest = get_string(r, o, "guest");

	if (guest)
		r->command->text = copy(r, guest);
}

static void take_page(struct qf_api_request *r, const json_t *o)
{
	const char *state = get_string(r, o, "state");

	if (state)
		r->command->text = copy(r, state);
}

static void take_follow(struct qf_api_request *r, const json_t *o)
{
	get_view_room(r, o);
	r->last = get_number(r, o, "last", 0, QF_HISTORY_MAX);
	r->has_after = json_object_get(o, "after");
	r->after = get_number(r, o, "after", 0, UINT64_MAX);
}

static void take_history(struct qf_api_request *r, const json_t *o)
{
	get_one_room(r, o);
	r->last = get_number(r, o, "last", QF_API_LAST_DEFAULT, QF_HISTORY_MAX);
}

static const struct {
	const char *name;
	enum qf_api_verb verb;
	enum qf_command_kind kind; /* of a command, which is there to fill in */
	void (*take)(struct qf_api_request *r, const json_t *o);
	bool guests; /* may ask it too */
} verbs[] = {
	{ "say", QF_API_COMMAND, QF_CMD_SAY, take_say, true },
	{ "msg", QF_API_COMMAND, QF_CMD_MSG, take_msg, true },
	{ "join", QF_API_COMMAND, QF_CMD_JOIN, take_room, false },
	{ "part", QF_API_COMMAND, QF_CMD_PART, take_room, false },
	{ "who", QF_API_COMMAND, QF_CMD_WHO, take_who, true },
	{ "map", QF_API_COMMAND, QF_CMD_MAP, take_nothing, true },
	{ "connect", QF_API_COMMAND, QF_CMD_CONNECT, take_connect, false },
	{ "host", QF_API_COMMAND, QF_CMD_HOST, take_host, false },
	{ "disconnect", QF_API_COMMAND, QF_CMD_DISCONNECT, take_nothing,
	  false },
	{ "name", QF_API_COMMAND, QF_CMD_NAME, get_name, false },
	{ "away", QF_API_COMMAND, QF_CMD_AWAY, take_away, false },
	{ "back", QF_API_COMMAND, QF_CMD_BACK, take_nothing, false },
	{ "contacts", QF_API_COMMAND, QF_CMD_CONTACTS, take_nothing, false },
	{ "contact", QF_API_COMMAND, QF_CMD_CONTACT, take_contact, false },
	{ "account", QF_API_ACCOUNT, 0, take_account, false },
	{ "accounts", QF_API_ACCOUNTS, 0, take_nothing, false },
	{ "forget", QF_API_COMMAND, QF_CMD_FORGET, take_forget, false },
	{ "status", QF_API_COMMAND, QF_CMD_STATUS, take_nothing, false },
	{ "doctor", QF_API_COMMAND, QF_CMD_DOCTOR, take_nothing, false },
	{ "enter", QF_API_COMMAND, QF_CMD_ENTER, take_enter, true },
	{ "invite", QF_API_COMMAND, QF_CMD_INVITE, take_room, false },
	{ "gui", QF_API_COMMAND, QF_CMD_GUI, take_nothing, false },
	{ "guests", QF_API_COMMAND, QF_CMD_GUESTS, take_nothing, true },
	{ "remove", QF_API_COMMAND, QF_CMD_REMOVE, take_remove, false },
	{ "page", QF_API_COMMAND, QF_CMD_PAGE, take_page, false },
	{ "follow", QF_API_FOLLOW, 0, take_follow, true },
	{ "unfollow", QF_API_UNFOLLOW, 0, get_view_room, true },
	{ "history", QF_API_HISTORY, 0, take_history, true },
	{ "digest", QF_API_DIGEST, 0, get_one_room, false },
	{ "watch", QF_API_WATCH, 0, take_nothing, true },
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
		r->guests = verbs[i].guests;
		if (r->verb != QF_API_COMMAND ||
		    begin_command(r, verbs[i].kind))
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

bool qf_api_request_blank(struct qf_bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr(" \t\r", line.at[i]) || !line.at[i])
			return false;
	return true;
}
