/* irc_sasl.c - AUTHENTICATE and REGISTER: who has an account of this node
 *
 * The happy path of SCRAM-SHA-256: the mechanism is named, the client's first
 * message is answered with salt and nonce, its second proves the password and
 * is answered with our own proof, and its empty third ends it. With PLAIN one
 * message has all, and with EXTERNAL it is the certificate of TLS that counts.
 *
 * It can end early: a mechanism or message that is not understood, a proof
 * that is none, or a client that gives up ("*"). Each is a number, and the
 * client may begin anew; after TRIES_MAX failures it is closed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "irc_state.h"

enum {
	CHUNK_BYTES = 400, /* a full one is followed by another */
	MESSAGE_BYTES = 1024,
	TRIES_MAX = 10,
};

enum stage { NONE, PLAIN, EXTERNAL, SCRAM_FIRST, SCRAM_PROOF, SCRAM_END };

struct qf_irc_sasl {
	enum stage stage;
	unsigned failures;
	char coded[2 * MESSAGE_BYTES]; /* base64, as far as it has come */
	char name[QF_NICK_BYTES_MAX + 1];
	struct qf_scram keys;
	char header[160]; /* of GS2, as the client's proof binds it */
	char nonce[160];  /* the client's and ours */
	char said[3 * MESSAGE_BYTES]; /* AuthMessage, as far as it goes */
};

void qf_irc_sasl_free(struct qf_irc *irc)
{
	free(irc->sasl);
	irc->sasl = NULL;
}

static const char *place_of(const struct qf_irc *irc)
{
	return irc->guest ? irc->guest->from : irc->entrant->from;
}

static bool may_try(const struct qf_irc *irc)
{
	return irc->trusted || qf_tries_may(&irc->hall->tries, place_of(irc),
	                                    irc->hall->now.mono_ms);
}

static void count_try(struct qf_irc *irc)
{
	qf_tries_add(&irc->hall->tries, place_of(irc), irc->hall->now.mono_ms);
}

static void fail(struct qf_irc *irc)
{
	count_try(irc);
	irc->sasl->stage = NONE;
	irc->sasl->coded[0] = '\0';
	qf_irc_numeric(irc, 904, ":SASL authentication failed");
	if (++irc->sasl->failures == TRIES_MAX)
		qf_irc_close(irc, "too many wrong passwords");
}

static void abort_it(struct qf_irc *irc)
{
	irc->sasl->stage = NONE;
	irc->sasl->coded[0] = '\0';
	qf_irc_numeric(irc, 906, ":SASL authentication aborted");
}

void qf_irc_sasl_abort(struct qf_irc *irc)
{
	if (irc->sasl && irc->sasl->stage != NONE)
		abort_it(irc);
}

static void put_logged_in(struct qf_irc *irc, const char *account)
{
	char mask[QF_MASK_BYTES] = "*";

	if (irc->guest)
		qf_hall_mask(irc->hall, irc->guest, mask);
	qf_irc_numeric(irc, 900, "%s %s :You are now logged in as %s", mask,
	               account, account);
}

static void logged_in(struct qf_irc *irc, struct qf_irc_pending *p,
                      struct qf_answer *a)
{
	(void)p;
	(void)a;
	qf_irc_numeric(irc, 903, ":SASL authentication successful");
	qf_irc_sasl_free(irc);
}

static void log_in(struct qf_irc *irc, const char *name)
{
	struct qf_tell t = { .kind = QF_TELL_ACCOUNT,
		             .count = 1,
		             .words = { name } };

	qf_text_set(irc->hall, &irc->account, name);
	irc->sasl->stage = NONE;
	put_logged_in(irc, name);
	if (irc->guest)
		qf_irc_tell(irc, &t, logged_in);
	else
		logged_in(irc, NULL, NULL);
}

/* PLAIN: whom to act for (nobody else than oneself), name, password. */
static void take_plain(struct qf_irc *irc, const char *message, size_t len)
{
	const char *end = message + len;
	const char *name = memchr(message, '\0', len);
	const char *password = name ? memchr(name + 1, '\0',
	                                     (size_t)(end - name - 1))
	                            : NULL;
	const struct qf_account *a;
	bool good;

	if (!password) {
		fail(irc);
		return;
	}
	name++;
	password++;
	a = qf_account_find(irc->hall, name);
	/* Of whom nobody knows it takes as long. */
	good = qf_scram_is(a ? &a->keys : &irc->sasl->keys,
	                   qf_bytes(password, (size_t)(end - password)));
	if (!a || !good || (*message && !qf_nick_equal(message, name)))
		fail(irc);
	else
		log_in(irc, a->name);
}

/* EXTERNAL: the certificate is the proof; the message is empty, or whom to act
 * for. */
static void take_external(struct qf_irc *irc, const char *whom)
{
	const struct qf_account *a = irc->proven
	                                     ? qf_account_of_cert(irc->hall,
	                                                          &irc->proof)
	                                     : NULL;

	if (!a || (*whom && !qf_nick_equal(whom, a->name)))
		fail(irc);
	else
		log_in(irc, a->name);
}

/* SCRAM */

static void say_coded(struct qf_irc *irc, const char *message)
{
	char coded[2 * MESSAGE_BYTES];

	qf_base64(coded, sizeof coded, qf_bytes(message, strlen(message)));
	qf_irc_say(irc, "AUTHENTICATE %s", coded);
}

/* The value of an attribute ("r=..."), up to a comma; false: it is missing. */
static bool attribute(const char *message, char letter, char *out, size_t cap)
{
	while (*message) {
		size_t len = strcspn(message, ",");

		if (len > 2 && message[0] == letter && message[1] == '=') {
			snprintf(out, cap, "%.*s", (int)(len - 2), message + 2);
			return len - 2 < cap;
		}
		message += len + (message[len] == ',');
	}
	return false;
}

/* Of whom nobody knows it looks the same until the proof. */
static void find_keys(struct qf_irc *irc)
{
	struct qf_irc_sasl *s = irc->sasl;
	const struct qf_account *a = qf_account_find(irc->hall, s->name);
	char secret[QF_HASH_BYTES + sizeof s->name] = "";
	struct qf_hash salt;

	if (a) {
		s->keys = a->keys;
		snprintf(s->name, sizeof s->name, "%s", a->name);
		return;
	}
	qf_hall_random(irc->hall, s->keys.stored);
	memcpy(secret, irc->hall->seed, QF_HASH_BYTES);
	strcpy(secret + QF_HASH_BYTES, s->name);
	qf_hash_data(&salt, "QF1nobody", secret, sizeof secret);
	memcpy(s->keys.salt, salt.b, sizeof s->keys.salt);
}

/* "n,," or "y,,", with whom to act for (nobody else than oneself) in it; false:
 * it is none. */
static bool take_header(struct qf_irc_sasl *s, const char *message, size_t len)
{
	char whom[QF_NICK_BYTES_MAX + 1];

	if (len >= sizeof s->header || (*message != 'n' && *message != 'y') ||
	    message[1] != ',')
		return false;
	snprintf(s->header, sizeof s->header, "%.*s", (int)len, message);
	if (len == strlen("n,,"))
		return true;
	return attribute(s->header + 2, 'a', whom, sizeof whom) &&
	       qf_nick_equal(whom, s->name);
}

static void take_first(struct qf_irc *irc, const char *message)
{
	struct qf_irc_sasl *s = irc->sasl;
	const char *bare = strchr(message, ',');
	char salt[32], ours[48], theirs[100], answer[400];
	uint8_t random[QF_HASH_BYTES];

	bare = bare ? strchr(bare + 1, ',') : NULL;
	if (!bare || !attribute(bare + 1, 'n', s->name, sizeof s->name) ||
	    !take_header(s, message, (size_t)(bare + 1 - message)) ||
	    !attribute(bare + 1, 'r', theirs, sizeof theirs)) {
		fail(irc);
		return;
	}
	find_keys(irc);
	qf_hall_random(irc->hall, random);
	qf_base64(ours, sizeof ours, qf_bytes(random, 18));
	qf_base64(salt, sizeof salt,
	          qf_bytes(s->keys.salt, sizeof s->keys.salt));
	snprintf(s->nonce, sizeof s->nonce, "%s%s", theirs, ours);
	snprintf(answer, sizeof answer, "r=%s,s=%s,i=%d", s->nonce, salt,
	         QF_SCRAM_ROUNDS);
	snprintf(s->said, sizeof s->said, "%s,%s", bare + 1, answer);
	s->stage = SCRAM_PROOF;
	say_coded(irc, answer);
}

static void take_proof(struct qf_irc *irc, char *message)
{
	struct qf_irc_sasl *s = irc->sasl;
	char coded[64], nonce[sizeof s->nonce], answer[64] = "v=";
	char bound[2 * sizeof s->header], header[2 * sizeof s->header];
	char *rest = strstr(message, ",p=");
	uint8_t proof[QF_SCRAM_KEY_BYTES], ours[QF_SCRAM_KEY_BYTES];
	size_t len, said = strlen(s->said);

	qf_base64(header, sizeof header,
	          qf_bytes(s->header, strlen(s->header)));
	if (!rest || !attribute(rest + 1, 'p', coded, sizeof coded) ||
	    !attribute(message, 'r', nonce, sizeof nonce) ||
	    strcmp(nonce, s->nonce) ||
	    !attribute(message, 'c', bound, sizeof bound) ||
	    strcmp(bound, header) ||
	    !qf_base64_read(coded, proof, sizeof proof, &len) ||
	    len != sizeof proof) {
		fail(irc);
		return;
	}
	*rest = '\0';
	snprintf(s->said + said, sizeof s->said - said, ",%s", message);
	if (!qf_scram_proven(&s->keys, s->said, proof) ||
	    !qf_account_find(irc->hall, s->name)) {
		fail(irc);
		return;
	}
	qf_scram_sign(&s->keys, s->said, ours);
	qf_base64(answer + 2, sizeof answer - 2, qf_bytes(ours, sizeof ours));
	s->stage = SCRAM_END;
	say_coded(irc, answer);
}

static void take_message(struct qf_irc *irc)
{
	struct qf_irc_sasl *s = irc->sasl;
	char message[MESSAGE_BYTES + 1];
	size_t len;
	bool good = qf_base64_read(s->coded, (uint8_t *)message, MESSAGE_BYTES,
	                           &len);

	s->coded[0] = '\0';
	if (!good) {
		fail(irc);
		return;
	}
	message[len] = '\0';
	if (s->stage == PLAIN)
		take_plain(irc, message, len);
	else if (s->stage == EXTERNAL)
		take_external(irc, message);
	else if (s->stage == SCRAM_FIRST)
		take_first(irc, message);
	else if (s->stage == SCRAM_PROOF)
		take_proof(irc, message);
	else
		log_in(irc, s->name);
}

static void begin(struct qf_irc *irc, const char *mechanism)
{
	if (!strcasecmp(mechanism, "PLAIN")) {
		irc->sasl->stage = PLAIN;
	} else if (!strcasecmp(mechanism, "EXTERNAL")) {
		irc->sasl->stage = EXTERNAL;
	} else if (!strcasecmp(mechanism, "SCRAM-SHA-256")) {
		irc->sasl->stage = SCRAM_FIRST;
	} else {
		qf_irc_numeric(irc, 908,
		               QF_IRC_MECHANISMS
		               " :are available SASL mechanisms");
		fail(irc);
		return;
	}
	qf_irc_say(irc, "AUTHENTICATE +");
}

static void go_on(struct qf_irc *irc, const char *chunk)
{
	struct qf_irc_sasl *s = irc->sasl;
	size_t had = strlen(s->coded), len = strlen(chunk);

	if (len > CHUNK_BYTES || had + len >= sizeof s->coded) {
		s->stage = NONE;
		s->coded[0] = '\0';
		qf_irc_numeric(irc, 905, ":SASL message too long");
		return;
	}
	if (strcmp(chunk, "+"))
		memcpy(s->coded + had, chunk, len + 1);
	if (len < CHUNK_BYTES)
		take_message(irc);
}

void qf_irc_authenticate(struct qf_irc *irc, struct qf_irc_line *l)
{
	if (!irc->sasl)
		irc->sasl = calloc(1, sizeof *irc->sasl);
	if (!irc->sasl)
		irc->hall->carry->bad = true;
	else if (!qf_irc_has(irc, QF_IRC_CAP_SASL))
		fail(irc);
	else if (!strcmp(l->params[0], "*"))
		abort_it(irc);
	else if (irc->sasl->stage == NONE && !may_try(irc))
		qf_irc_numeric(irc, 904,
		               ":SASL authentication failed: too many wrong "
		               "passwords from there, try again later");
	else if (irc->sasl->stage == NONE)
		begin(irc, l->params[0]);
	else
		go_on(irc, l->params[0]);
}

/* REGISTER: an account of the name that one has. */

static void registered(struct qf_irc *irc, struct qf_irc_pending *p,
                       struct qf_answer *a)
{
	struct qf_tell t = { .kind = QF_TELL_ACCOUNT,
		             .count = 1,
		             .words = { p->target } };

	if (a->kind == QF_ANS_REFUSED) {
		qf_irc_fail(irc, "REGISTER TEMPORARILY_UNAVAILABLE %s :%s",
		            p->target, a->text ? a->text : "try again");
		return;
	}
	qf_text_set(irc->hall, &irc->account, p->target);
	qf_irc_say(irc, ":%s REGISTER SUCCESS %s :Account created",
	           irc->hall->server, p->target);
	put_logged_in(irc, p->target);
	if (irc->guest)
		qf_irc_tell(irc, &t, NULL);
}

/* True: it cannot be the name of a new account of this client, and that was
 * said. */
static bool refuses_name(struct qf_irc *irc, const char *name)
{
	const struct qf_guest *g = qf_hall_named(irc->hall, name);

	if (irc->account)
		qf_irc_fail(irc,
		            "REGISTER ALREADY_AUTHENTICATED %s :You have an "
		            "account",
		            name);
	else if (qf_account_find(irc->hall, name))
		qf_irc_fail(irc,
		            "REGISTER ACCOUNT_EXISTS %s :That account is "
		            "somebody's",
		            name);
	else if ((g && g != irc->guest) || qf_hall_is_persons(irc->hall, name))
		qf_irc_fail(irc,
		            "REGISTER USERNAME_EXISTS %s :That name is "
		            "somebody's",
		            name);
	else
		return false;
	return true;
}

void qf_irc_register(struct qf_irc *irc, struct qf_irc_line *l)
{
	const char *nick = irc->guest     ? irc->guest->nick
	                   : irc->entrant ? irc->entrant->nick
	                                  : "";
	const char *name = strcmp(l->params[0], "*") ? l->params[0] : nick;
	char text[QF_ACCOUNT_TEXT_BYTES];
	struct qf_irc_pending *p;

	if (!*nick) {
		qf_irc_fail(irc, "REGISTER NEED_NICK * :Choose a name first");
		return;
	}
	if (!*name || !qf_nick_equal(name, nick)) {
		qf_irc_fail(irc,
		            "REGISTER ACCOUNT_NAME_MUST_BE_NICK %s :It "
		            "is the name that you go by",
		            *name ? name : "*");
		return;
	}
	if (refuses_name(irc, name))
		return;
	if (strlen(l->params[2]) > QF_PASSWORD_BYTES_MAX || !*l->params[2]) {
		qf_irc_fail(irc,
		            "REGISTER UNACCEPTABLE_PASSWORD %s :That is no "
		            "password",
		            name);
		return;
	}
	if (qf_accounts_full(irc->hall) || !may_try(irc)) {
		qf_irc_fail(irc,
		            "REGISTER TEMPORARILY_UNAVAILABLE %s :Too many "
		            "accounts were made",
		            name);
		return;
	}
	count_try(irc);
	p = qf_irc_ask(irc, registered);
	if (!p)
		return;
	snprintf(p->target, sizeof p->target, "%s", nick);
	qf_account_text(irc->hall, l->params[2], text);
	qf_account_keep(irc->hall, irc->conn, p->number, nick, text);
}
