/* accounts.c - names with a password, of those who come through this node */
#include "accounts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/list.h"
#include "tell.h"

static struct qf_account *find(const struct qf_hall *h, const char *name)
{
	char folded[QF_NICK_BYTES_MAX + 1];
	struct qf_hash key;
	uint64_t at;

	if (!qf_nick_fold(name, folded, sizeof folded))
		return NULL;
	qf_nick_key(folded, &key);
	return qf_idmap_get(&h->account_by_name, key.b, &at) ? &h->accounts[at]
	                                                     : NULL;
}

const struct qf_account *qf_account_find(const struct qf_hall *h,
                                         const char *name)
{
	const struct qf_account *a = find(h, name);

	return a && !a->gone ? a : NULL;
}

bool qf_accounts_full(const struct qf_hall *h)
{
	return h->account_count >= QF_ACCOUNTS_MAX;
}

/* Rooms that were there at the start are told of before our name. */
bool qf_accounts_ready(const struct qf_hall *h)
{
	for (size_t i = 0; i < h->room_count; i++)
		if (h->rooms[i]->own)
			return h->rooms[i]->loaded && h->name[0];
	return h->name[0] && !h->asked;
}

void qf_accounts_ask(struct qf_hall *h)
{
	struct qf_event *ev = qf_carry_tell(h->carry, QF_EV_COMMAND, h->conn);

	if (ev && (ev->command = calloc(1, sizeof *ev->command)))
		ev->command->kind = QF_CMD_ALONE;
	else
		h->carry->bad = true;
	h->asked = true;
	h->ready = qf_accounts_ready(h);
}

static struct qf_account *add(struct qf_hall *h, const char *name)
{
	char folded[QF_NICK_BYTES_MAX + 1] = "";
	struct qf_account *a;
	struct qf_hash key;

	qf_nick_fold(name, folded, sizeof folded);
	qf_nick_key(folded, &key);
	if (!qf_list_room(&h->accounts, h->account_count, &h->account_cap,
	                  sizeof *h->accounts) ||
	    qf_idmap_set(&h->account_by_name, key.b, h->account_count)) {
		h->carry->bad = true;
		return NULL;
	}
	a = &h->accounts[h->account_count++];
	*a = (struct qf_account){ 0 };
	snprintf(a->name, sizeof a->name, "%s", name);
	return a;
}

/* "salt stored server", and perhaps fingerprints. */
static bool from_text(struct qf_account *a, const char *text)
{
	char keys[QF_SCRAM_TEXT_BYTES];
	size_t len = 0;

	for (int word = 0; word < 3; word++)
		len += strcspn(text + len, " ") + (word < 2 && text[len]);
	if (len >= sizeof keys)
		return false;
	snprintf(keys, sizeof keys, "%.*s", (int)len, text);
	a->cert_count = 0;
	for (text += len; *text == ' ' && a->cert_count < QF_CERTS_MAX;
	     text += strcspn(text, " ")) {
		char *cert = a->certs[a->cert_count++];

		text++;
		snprintf(cert, QF_CERT_CHARS + 1, "%.*s",
		         (int)strcspn(text, " "), text);
	}
	return qf_scram_from_text(&a->keys, keys);
}

void qf_account_note(struct qf_hall *h, const struct qf_body *body,
                     uint64_t hlc, uint64_t lsn)
{
	char name[QF_NICK_BYTES_MAX + 1], text[QF_ACCOUNT_TEXT_BYTES];
	struct qf_account *a;

	snprintf(name, sizeof name, "%.*s", (int)body->to.len,
	         body->to.len ? (const char *)body->to.at : "");
	snprintf(text, sizeof text, "%.*s", (int)body->text.len,
	         body->text.len ? (const char *)body->text.at : "");
	if (!qf_nick_is_good(name))
		return;
	a = find(h, name);
	if (!a)
		a = add(h, name);
	if (!a || hlc < a->hlc)
		return;
	if (a->gone || !a->hlc)
		a->since_lsn = lsn;
	a->hlc = hlc;
	snprintf(a->name, sizeof a->name, "%s", name);
	a->gone = !from_text(a, text);
}

void qf_hall_random(struct qf_hall *h, uint8_t out[QF_HASH_BYTES])
{
	struct qf_hash next;

	h->drawn++;
	memcpy(h->seed + QF_HASH_BYTES, &h->drawn, sizeof h->drawn);
	qf_hash_data(&next, "QF1draw", h->seed, sizeof h->seed);
	memcpy(out, next.b, sizeof next.b);
}

bool qf_account_had(const struct qf_hall *h, const char *name, uint64_t lsn)
{
	const struct qf_account *a = qf_account_find(h, name);

	return a && lsn > a->since_lsn;
}

const struct qf_account *qf_account_of_cert(const struct qf_hall *h,
                                            const struct qf_key *sha256)
{
	char hex[QF_CERT_CHARS + 1];

	for (size_t i = 0; i < sizeof sha256->b; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha256->b[i]);
	for (size_t i = 0; i < h->account_count; i++)
		for (size_t k = 0; k < h->accounts[i].cert_count; k++)
			if (!h->accounts[i].gone &&
			    !strcmp(h->accounts[i].certs[k], hex))
				return &h->accounts[i];
	return NULL;
}

bool qf_cert_read(const char *typed, char out[QF_CERT_CHARS + 1])
{
	size_t len = 0;

	for (; *typed && len < QF_CERT_CHARS; typed++)
		if (isxdigit((unsigned char)*typed))
			out[len++] = (char)tolower((unsigned char)*typed);
		else if (*typed != ':')
			return false;
	out[len] = '\0';
	return len == QF_CERT_CHARS && !*typed;
}

void qf_account_text(struct qf_hall *h, const char *password,
                     char out[QF_ACCOUNT_TEXT_BYTES])
{
	uint8_t salt[QF_HASH_BYTES];
	struct qf_scram keys;

	qf_hall_random(h, salt);
	qf_scram_init(&keys, salt, qf_bytes(password, strlen(password)));
	qf_scram_text(&keys, out);
}

bool qf_account_more(const struct qf_account *a, const char *cert,
                     char out[QF_ACCOUNT_TEXT_BYTES])
{
	size_t len;

	if (a->cert_count == QF_CERTS_MAX)
		return false;
	qf_scram_text(&a->keys, out);
	len = strlen(out);
	for (size_t i = 0; i < a->cert_count; i++)
		len += (size_t)snprintf(out + len, QF_ACCOUNT_TEXT_BYTES - len,
		                        " %s", a->certs[i]);
	snprintf(out + len, QF_ACCOUNT_TEXT_BYTES - len, " %s", cert);
	return true;
}

void qf_account_keep(struct qf_hall *h, qf_conn conn, uint64_t request,
                     const char *name, const char *text)
{
	struct qf_event *ev = qf_carry_tell(h->carry, QF_EV_COMMAND, conn);
	struct qf_command *c = ev ? calloc(1, sizeof *c) : NULL;

	if (!c) {
		h->carry->bad = true;
		return;
	}
	c->kind = QF_CMD_MSG;
	c->request = request;
	c->type = QF_TYPE_ACCOUNT;
	c->text = strdup(text);
	c->to = strdup(name);
	if (!c->text || !c->to)
		h->carry->bad = true;
	ev->command = c;
}

void qf_account_unread(struct qf_hall *h, const char *name)
{
	const struct qf_account *a = find(h, name);
	struct qf_tell t = { .kind = QF_TELL_MARK, .count = 2 };
	char begin[QF_NICK_BYTES_MAX + 8];

	if (!a)
		return;
	snprintf(begin, sizeof begin, "a:%s\n", a->name); /* qf_irc_id() */
	t.words[0] = "";
	t.words[1] = begin;
	qf_tell_keep(h->carry, &t, h->conn, 0);
}
